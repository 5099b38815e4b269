/*
 * Each kind of report that an arriving segment, a call or a silence causes, with what it says.
 */
#include "tcp/tcp_event.h"

#include "tcp_states.h"

#define ACK TCP_FLAG_ACK

static void words_exist_for_all(void **state)
{
    (void)state;
    for (int i = 0; i <= TCP_EVENT_DROP; i++) {
        assert_string_not_equal(tcp_event_kind_text((enum tcp_event_kind)i), "unknown");
    }
    for (int i = 0; i <= TCP_RETRANSMIT_SYN_ACK; i++) {
        const enum tcp_retransmit_cause cause = (enum tcp_retransmit_cause)i;
        assert_string_not_equal(tcp_retransmit_cause_text(cause), "unknown");
    }
    assert_string_equal(tcp_event_kind_text(TCP_EVENT_STATE), "state");
    assert_string_equal(tcp_event_kind_text((enum tcp_event_kind)999), "unknown");
    assert_string_equal(tcp_retransmit_cause_text(TCP_RETRANSMIT_TIMEOUT), "timeout");
    assert_string_equal(tcp_retransmit_cause_text((enum tcp_retransmit_cause)999), "unknown");
}

/* Whose it is, when it is: the time of the call, not of the event before. */
static void report_says_whose_and_when(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    f->now_us += 12345;
    fixture_input(f, ACK | TCP_FLAG_FIN, 1, 1, 0, 65535);
    const struct tcp_event *event = states_event(f, TCP_EVENT_STATE, 0);
    assert_true(event->now_us == f->now_us);
    assert_ptr_equal(event->conn, f->conn);
    assert_true(tcp_tuple_eq(event->tuple, &f->conn->entry.tuple));
    assert_int_equal(event->tuple->local_port, 40000);
    assert_int_equal(event->tuple->remote_port, 80);
    fixture_free(f);
}

static void open_and_abort_are_reported_with_their_cause(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_syn_sent(f);
    assert_move(f, 0, TCP_CLOSED, TCP_SYN_SENT, TCP_CAUSE_OPEN_ACTIVE);
    tcp_abort(f->conn, f->now_us);
    assert_move(f, 1, TCP_SYN_SENT, TCP_CLOSED, TCP_CAUSE_ABORT);
    fixture_free(f);
}

static void syn_retransmission_is_counted(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_pass(f, 3000000); /* at 1 s and 3 s */
    for (uint32_t i = 0; i < 2; i++) {
        const struct tcp_event *event = states_event(f, TCP_EVENT_RETRANSMIT, i);
        assert_int_equal(event->retransmit.cause, TCP_RETRANSMIT_SYN);
        assert_int_equal(event->retransmit.seq.value, f->our_iss);
        assert_int_equal(event->retransmit.count, i + 1);
        assert_int_equal(event->retransmit.len_bytes, 1);
    }
    fixture_free(f);
}

/* SRTT 10 ms and the floor of 200 ms: RTO 210 ms, then twice that. */
static void time_out_and_retransmission_say_which_and_how_often(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 100);
    fixture_pass(f, 210000 + 420000);
    const uint64_t rto_us[] = {210000, 420000};
    for (uint32_t i = 0; i < 2; i++) {
        const struct tcp_event *timeout = states_event(f, TCP_EVENT_TIMEOUT, i);
        assert_true(timeout->timeout.rto_us == rto_us[i]);
        assert_int_equal(timeout->timeout.count, i + 1);
        const struct tcp_event *again = states_event(f, TCP_EVENT_RETRANSMIT, i);
        assert_int_equal(again->retransmit.cause, TCP_RETRANSMIT_TIMEOUT);
        assert_int_equal(again->retransmit.seq.value, f->our_iss + 1);
        assert_int_equal(again->retransmit.len_bytes, 100);
        assert_int_equal(again->retransmit.count, i + 1);
    }
    /* a time-out leaves a window of one segment (RFC 5681 3.1) */
    const struct tcp_event *cwnd = states_event(f, TCP_EVENT_CWND, 0);
    assert_int_equal(cwnd->cwnd.cwnd_bytes, 1460);
    assert_int_equal(cwnd->cwnd.in_flight_bytes, 0); /* all taken for lost */
    fixture_free(f);
}

static void ranges_say_what_was_early_and_what_came_twice(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 101, 1, 50, 65535);
    const struct tcp_event *early = states_event(f, TCP_EVENT_OUT_OF_ORDER, 0);
    assert_int_equal(early->range.seq.value - f->peer_iss, 101);
    assert_int_equal(early->range.len_bytes, 50);
    fixture_input(f, ACK, 111, 1, 20, 65535);
    const struct tcp_event *twice = states_event(f, TCP_EVENT_DUPLICATE, 0);
    assert_int_equal(twice->range.seq.value - f->peer_iss, 111);
    assert_int_equal(twice->range.len_bytes, 20);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUT_OF_ORDER), 1);
    fixture_free(f);
}

static void drop_says_why_and_how_much(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, STATES_EDGE, 1, 77, 65535);
    const struct tcp_event *drop = states_event(f, TCP_EVENT_DROP, 0);
    assert_int_equal(drop->drop.reason, DROP_TCP_OUT_OF_WINDOW);
    assert_int_equal(drop->drop.len_bytes, 77);
    assert_ptr_equal(drop->conn, f->conn);
    f->peer_port++;
    fixture_input(f, ACK, 1, 1, 5, 65535);
    drop = states_event(f, TCP_EVENT_DROP, 1);
    assert_int_equal(drop->drop.reason, DROP_TCP_NO_CONNECTION);
    assert_null(drop->conn);
    fixture_free(f);
}

/* Our window: 4096 bytes that nobody reads. Theirs: closed, probed, open. */
static void windows_that_close_are_reported(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 1460, 65535);
    fixture_input(f, ACK, 1461, 1, 1460, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUR_ZERO_WINDOW), 0);
    fixture_input(f, ACK, 2921, 1, 1176, 0);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUR_ZERO_WINDOW), 1);
    assert_int_equal(fixture_events(f, TCP_EVENT_ZERO_WINDOW), 1);
    fixture_send(f, 10);
    fixture_pass(f, 1000000);
    assert_true(fixture_events(f, TCP_EVENT_PROBE) >= 1);
    fixture_input(f, ACK, 4097, 1, 0, 1000);
    assert_int_equal(fixture_events(f, TCP_EVENT_WINDOW_OPEN), 1);
    fixture_free(f);
}

/* Three segments SACKed above a hole (RFC 6675). */
static void recovery_is_reported_from_its_begin_to_its_end(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 5 * 1460);
    f->options.sack_count = 1;
    f->options.sack[0] = (struct tcp_sack_block){f->our_iss + 1461, f->our_iss + 5841};
    fixture_input(f, ACK, 1, 1, 0, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_RECOVERY_BEGIN), 1);
    assert_int_equal(states_event(f, TCP_EVENT_RETRANSMIT, 0)->retransmit.cause,
                     TCP_RETRANSMIT_SACK);
    assert_int_equal(fixture_events(f, TCP_EVENT_RECOVERY_END), 0);
    fixture_input(f, ACK, 1, 7301, 0, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_RECOVERY_END), 1);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_exist_for_all),
        cmocka_unit_test(report_says_whose_and_when),
        cmocka_unit_test(open_and_abort_are_reported_with_their_cause),
        cmocka_unit_test(syn_retransmission_is_counted),
        cmocka_unit_test(time_out_and_retransmission_say_which_and_how_often),
        cmocka_unit_test(ranges_say_what_was_early_and_what_came_twice),
        cmocka_unit_test(drop_says_why_and_how_much),
        cmocka_unit_test(windows_that_close_are_reported),
        cmocka_unit_test(recovery_is_reported_from_its_begin_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
