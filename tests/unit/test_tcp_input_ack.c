/*
 * What an acceptable ACK does: snd.una, the window by WL1 and WL2 (RFC 9293 3.10.7.4, fifth),
 * duplicate ACKs (RFC 5681 2), ECN (RFC 3168 6.1), and whose time RTT is taken by.
 */
#include "tcp/tcp_input.h"

#include "tcp/tcp_tx.h"
#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define ECE TCP_FLAG_ECE
#define CWR TCP_FLAG_CWR

static void ack_frees_what_it_covers_and_no_more(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 3000); /* 1448... the peer's MSS is 1460: 1460, 1460, 80 */
    assert_int_equal(f->sent_count, 3);
    fixture_input(f, ACK, 1, 1000, 0, 65535);
    assert_int_equal(tcp_seq_diff(f->conn->snd.una, f->conn->snd.iss), 1000);
    assert_int_equal(tcp_send_queued_bytes(f->conn), 3000 - 999);
    fixture_input(f, ACK, 1, 3001, 0, 65535);
    assert_int_equal(tcp_conn_flight_bytes(f->conn), 0);
    assert_null(f->conn->tx);
    assert_true(fixture_deadline(f) == TIME_NEVER ||
                f->conn->deadline_us[TCP_TIMER_RETRANSMIT] == TIME_NEVER); /* RFC 6298 5.2 */
    fixture_free(f);
}

/* RFC 9293 3.10.7.4: "If the ACK is a duplicate (SEG.ACK =< SND.UNA), it can be ignored"; its text
 * is taken all the same. */
static void old_ack_moves_nothing_but_its_text_is_taken(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 1000);
    fixture_input(f, ACK, 1, 1001, 0, 65535);
    fixture_input(f, ACK, 1, 500, 10, 65535);
    assert_int_equal(tcp_seq_diff(f->conn->snd.una, f->conn->snd.iss), 1001);
    assert_int_equal(f->conn->stats.bytes_received, 10);
    assert_int_equal(states_drops(f), 0);
    fixture_free(f);
}

/* Pitfall 3. WL1 is the number of the last segment that gave the window, WL2 its ACK. */
static void window_follows_wl1_and_wl2(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 1000);
    fixture_input(f, ACK, 1, 501, 10, 1000); /* newer number and ACK */
    assert_int_equal(f->conn->snd.wnd, 1000);
    fixture_input(f, ACK, 11, 501, 10, 2000); /* newer number, same ACK */
    assert_int_equal(f->conn->snd.wnd, 2000);
    fixture_input(f, ACK, 21, 501, 0, 3000); /* text of WL1 is 11: newer */
    assert_int_equal(f->conn->snd.wnd, 3000);
    fixture_input(f, ACK, 21, 501, 0, 2500); /* same number, same ACK: as good as newer */
    assert_int_equal(f->conn->snd.wnd, 2500);
    fixture_input(f, ACK, 21, 701, 0, 4000); /* same number, newer ACK */
    assert_int_equal(f->conn->snd.wnd, 4000);
    fixture_input(f, ACK, 21, 501, 0, 9000); /* same number, older ACK */
    assert_int_equal(f->conn->snd.wnd, 4000);
    fixture_free(f);
}

/*
 * Text ahead of a hole with a newer window, then the hole is filled by what was sent before with an
 * older window: its number, 1, is below WL1, 11.
 */
static void window_is_not_taken_from_an_older_segment(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 11, 1, 10, 1000);
    fixture_input(f, ACK, 1, 1, 10, 9000);
    assert_int_equal(f->conn->snd.wnd, 1000);
    assert_int_equal(f->conn->stats.bytes_received, 20);
    fixture_free(f);
}

/*
 * RFC 9293 3.10.7.4: only if SND.UNA =< SEG.ACK. The peer sent 11..20 with ACK 1, then
 * repeated 1..10 with ACK 501; the latter overtook. WL1 is 1 < 11, but the ACK tells which was
 * first.
 */
static void window_is_not_taken_from_an_older_ack_with_newer_text(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 1000);
    fixture_input(f, ACK, 1, 501, 10, 1000);
    fixture_input(f, ACK, 11, 1, 10, 9000);
    assert_int_equal(f->conn->snd.wnd, 1000);
    assert_int_equal(f->conn->stats.bytes_received, 20);
    fixture_free(f);
}

/* RFC 9293 MUST-1: 65535 with a shift of 14 is 1073725440, not negative. RFC 9293 REC-1. */
static void window_is_unsigned_and_of_32_bits(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    fixture_start(f);
    f->peer_shift = 14;
    fixture_established(f);
    fixture_input(f, ACK, 1, 1, 0, 65535);
    assert_int_equal(f->conn->snd.wnd, 1073725440u);
    fixture_send(f, 10000);
    assert_int_equal(f->sent_count, 7); /* 6 of 1460 and 1240 */
    fixture_free(f);
}

/* RFC 9293 MUST-34: the peer takes its promise back; what is in flight beyond is neither lost nor
 * forgotten. */
static void window_that_shrinks_below_the_flight_is_survived(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_send(f, 10000);
    assert_int_equal(f->sent_count, 7);
    fixture_clear(f);
    fixture_input(f, ACK, 1, 1461, 0, 1000);
    assert_int_equal(f->conn->snd.wnd, 1000);
    assert_int_equal(tcp_conn_flight_bytes(f->conn), 10000 - 1460);
    assert_int_equal(f->sent_count, 0);
    fixture_input(f, ACK, 1, 10001, 0, 65535);
    assert_int_equal(tcp_conn_flight_bytes(f->conn), 0);
    fixture_free(f);
}

static void zero_window_and_its_end_are_reported_once(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 0, 0);
    fixture_input(f, ACK, 1, 1, 0, 0);
    assert_int_equal(fixture_events(f, TCP_EVENT_ZERO_WINDOW), 1);
    fixture_input(f, ACK, 1, 1, 0, 500);
    fixture_input(f, ACK, 1, 1, 0, 600);
    assert_int_equal(fixture_events(f, TCP_EVENT_WINDOW_OPEN), 1);
    fixture_free(f);
}

/* Without SACK: five in flight. */
static struct fixture *five_in_flight(void)
{
    struct fixture *f = states_new();
    f->config.sack = false;
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 5 * 1460);
    assert_int_equal(f->sent_count, 5);
    fixture_clear(f);
    return f;
}

/* RFC 5681 2, 3.2: the third duplicate starts a fast retransmit. */
static void third_duplicate_ack_starts_a_fast_retransmit(void **state)
{
    (void)state;
    struct fixture *f = five_in_flight();
    fixture_input(f, ACK, 1, 1, 0, 65535);
    fixture_input(f, ACK, 1, 1, 0, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_RETRANSMIT), 0);
    fixture_input(f, ACK, 1, 1, 0, 65535);
    const struct tcp_event *event = states_event(f, TCP_EVENT_RETRANSMIT, 0);
    assert_int_equal(event->retransmit.cause, TCP_RETRANSMIT_FAST);
    assert_int_equal(tcp_seq_diff(event->retransmit.seq, f->conn->snd.iss), 1);
    assert_int_equal(event->retransmit.len_bytes, 1460);
    assert_int_equal(event->retransmit.count, 1);
    fixture_free(f);
}

/* RFC 5681 2: text, another window, a FIN: not duplicates. */
static void ack_with_text_or_another_window_is_no_duplicate(void **state)
{
    (void)state;
    struct fixture *f = five_in_flight();
    for (uint32_t i = 0; i < 4; i++) fixture_input(f, ACK, 1 + 10 * i, 1, 10, 65535);
    for (uint16_t i = 0; i < 4; i++) fixture_input(f, ACK, 41, 1, 0, 60000 + i);
    assert_int_equal(fixture_events(f, TCP_EVENT_RETRANSMIT), 0);
    fixture_free(f);
}

/* RFC 5681 2 (b): the octet of a window probe is text, though our closed window takes none. */
static void window_probes_are_no_duplicate_acks(void **state)
{
    (void)state;
    struct fixture *f = five_in_flight();
    fixture_input(f, ACK, 1, 1, 1460, 65535);
    fixture_input(f, ACK, 1461, 1, 1460, 65535);
    fixture_input(f, ACK, 2921, 1, 1176, 65535); /* 4096: closed */
    for (int i = 0; i < 5; i++) fixture_input(f, ACK, STATES_EDGE, 1, 1, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_RETRANSMIT), 0);
    fixture_free(f);
}

/* Pitfall 1. The ACK arrived 20 ms after the segment left; that it is looked at later than other
 * things that happened is of no concern. RFC 6298 2.3: SRTT 10 ms -> 7/8 * 10 + 1/8 * 20 = 11.25
 * ms. */
static void rtt_is_taken_by_the_time_of_arrival(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    assert_int_equal(tcp_rtt_srtt_us(&f->conn->rtt), 10000);
    const uint64_t sent_us = f->now_us;
    fixture_send(f, 100);
    f->now_us = sent_us + 20000;
    fixture_input(f, ACK, 1, 101, 0, 65535);
    assert_int_equal(tcp_rtt_srtt_us(&f->conn->rtt), 11250);
    assert_true(f->conn->last_received_us == sent_us + 20000);
    fixture_free(f);
}

/* ECN */

static struct fixture *with_ecn(bool accepts)
{
    struct fixture *f = states_new();
    f->config.ecn = TCP_ECN_ASK;
    fixture_start(f);
    fixture_syn_sent(f);
    /* RFC 3168 6.1.1: the SYN asks with both bits, the SYN-ACK says yes with ECE alone */
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_SYN | ECE | CWR);
    f->now_us += 10000;
    f->options = (struct tcp_options){.mss = 1460, .has_sack_permitted = true};
    const uint16_t yes = accepts ? ECE : 0;
    fixture_input(f, (uint16_t)(TCP_FLAG_SYN | ACK | yes), 0, 1, 0, 65535);
    assert_int_equal(f->conn->flags.ecn, accepts);
    fixture_clear(f);
    return f;
}

/* RFC 9293 SHLD-8; RFC 3168 6.1.3: CE -> ECE on every ACK until CWR. */
static void ce_is_echoed_until_cwr(void **state)
{
    (void)state;
    struct fixture *f = with_ecn(true);
    f->segment_is_ce = true;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(fixture_last(f)->repr.flags, ACK | ECE);
    fixture_input(f, ACK, 11, 1, 10, 65535);
    assert_int_equal(fixture_last(f)->repr.flags, ACK | ECE);
    fixture_input(f, ACK | CWR, 21, 1, 10, 65535);
    assert_int_equal(fixture_last(f)->repr.flags, ACK);
    /* both at once: the peer slowed down, and it is congested again */
    f->segment_is_ce = true;
    fixture_input(f, ACK | CWR, 31, 1, 10, 65535);
    assert_int_equal(fixture_last(f)->repr.flags, ACK | ECE);
    fixture_free(f);
}

/* RFC 3168 6.1.2: once for a window, and CWR on the next new data. CUBIC: 0.7 (RFC 9438 4.6). */
static void ece_reduces_once_a_window_and_is_answered_by_cwr(void **state)
{
    (void)state;
    struct fixture *f = with_ecn(true);
    fixture_send(f, 10 * 1460);
    assert_int_equal(f->sent_count, 10);
    for (uint32_t i = 0; i < 10; i++) assert_int_equal(f->sent[i].traffic_class, 2); /* ECT(0) */
    fixture_clear(f);
    fixture_input(f, ACK | ECE, 1, 1461, 0, 65535);
    const uint32_t ssthresh = f->conn->cc.ssthresh_bytes;
    assert_int_equal(ssthresh, 10220); /* 14600 * 0.7 */
    fixture_input(f, ACK | ECE, 1, 2921, 0, 65535);
    assert_int_equal(f->conn->cc.ssthresh_bytes, ssthresh);
    fixture_input(f, ACK | ECE, 1, 14601, 0, 65535); /* the window's end */
    assert_int_equal(f->conn->cc.ssthresh_bytes, ssthresh);
    fixture_clear(f);
    fixture_send(f, 2920);
    assert_true(fixture_sent(f, 0)->repr.flags & CWR);
    assert_false(fixture_sent(f, 1)->repr.flags & CWR);
    fixture_input(f, ACK | ECE, 1, 16061, 0, 65535); /* the next window */
    assert_true(f->conn->cc.ssthresh_bytes < ssthresh);
    fixture_free(f);
}

static void ecn_that_was_not_agreed_on_is_ignored(void **state)
{
    (void)state;
    struct fixture *f = with_ecn(false);
    f->segment_is_ce = true;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(fixture_last(f)->repr.flags, ACK);
    fixture_clear(f);
    fixture_send(f, 2920);
    assert_int_equal(fixture_last(f)->traffic_class, 0);
    const uint32_t ssthresh = f->conn->cc.ssthresh_bytes;
    fixture_input(f, ACK | ECE, 11, 1461, 0, 65535);
    assert_int_equal(f->conn->cc.ssthresh_bytes, ssthresh);
    fixture_free(f);
}

/* Refused window probes are answered by ACKs that repeat number and window: without SACK they look
 * like duplicates (RFC 5681 2), and yet say nothing about loss. */
static void answers_to_window_probes_are_no_duplicates(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    f->config.sack = false;
    fixture_start(f);
    fixture_established(f);
    fixture_input(f, ACK, 1, 1, 0, 0);
    fixture_send(f, 100);
    for (int probes = 0; probes < 5; probes++) {
        fixture_pass(f, fixture_deadline(f) - f->now_us);
        fixture_input(f, ACK, 1, 1, 0, 0);
    }
    assert_true(fixture_events(f, TCP_EVENT_PROBE) >= 4);
    assert_int_equal(fixture_events(f, TCP_EVENT_RECOVERY_BEGIN), 0);
    assert_int_equal(f->host.counters.fast_recoveries, 0);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_to_window_probes_are_no_duplicates),
        cmocka_unit_test(ack_frees_what_it_covers_and_no_more),
        cmocka_unit_test(old_ack_moves_nothing_but_its_text_is_taken),
        cmocka_unit_test(window_follows_wl1_and_wl2),
        cmocka_unit_test(window_is_not_taken_from_an_older_segment),
        cmocka_unit_test(window_is_not_taken_from_an_older_ack_with_newer_text),
        cmocka_unit_test(window_is_unsigned_and_of_32_bits),
        cmocka_unit_test(window_that_shrinks_below_the_flight_is_survived),
        cmocka_unit_test(zero_window_and_its_end_are_reported_once),
        cmocka_unit_test(third_duplicate_ack_starts_a_fast_retransmit),
        cmocka_unit_test(ack_with_text_or_another_window_is_no_duplicate),
        cmocka_unit_test(window_probes_are_no_duplicate_acks),
        cmocka_unit_test(rtt_is_taken_by_the_time_of_arrival),
        cmocka_unit_test(ce_is_echoed_until_cwr),
        cmocka_unit_test(ece_reduces_once_a_window_and_is_answered_by_cwr),
        cmocka_unit_test(ecn_that_was_not_agreed_on_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
