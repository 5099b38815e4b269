/*
 * The state machine: the table of moves against RFC 9293 figure 5 written out by hand, and every
 * way through a close, with TIME-WAIT.
 */
#include "tcp/tcp_state.h"

#include "tcp/tcp_timewait.h"
#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RST TCP_FLAG_RST

#define SECOND_US 1000000u

struct edge {
    enum tcp_state from, to;
};

/* RFC 9293 figure 5, without the edges that LISTEN and records have, and with those to CLOSED that
 * RST, ABORT and time-outs make. SYN-RECEIVED to FIN-WAIT-1 goes by way of ESTABLISHED here. */
static const struct edge legal[] = {
    {TCP_CLOSED, TCP_SYN_SENT},          {TCP_SYN_SENT, TCP_SYN_RECEIVED},
    {TCP_SYN_SENT, TCP_ESTABLISHED},     {TCP_SYN_SENT, TCP_CLOSED},
    {TCP_SYN_RECEIVED, TCP_ESTABLISHED}, {TCP_SYN_RECEIVED, TCP_CLOSED},
    {TCP_ESTABLISHED, TCP_FIN_WAIT_1},   {TCP_ESTABLISHED, TCP_CLOSE_WAIT},
    {TCP_ESTABLISHED, TCP_CLOSED},       {TCP_FIN_WAIT_1, TCP_FIN_WAIT_2},
    {TCP_FIN_WAIT_1, TCP_CLOSING},       {TCP_FIN_WAIT_1, TCP_TIME_WAIT},
    {TCP_FIN_WAIT_1, TCP_CLOSED},        {TCP_FIN_WAIT_2, TCP_TIME_WAIT},
    {TCP_FIN_WAIT_2, TCP_CLOSED},        {TCP_CLOSE_WAIT, TCP_LAST_ACK},
    {TCP_CLOSE_WAIT, TCP_CLOSED},        {TCP_CLOSING, TCP_TIME_WAIT},
    {TCP_CLOSING, TCP_CLOSED},           {TCP_LAST_ACK, TCP_CLOSED},
    {TCP_TIME_WAIT, TCP_CLOSED},
};

static bool is_legal(enum tcp_state from, enum tcp_state to)
{
    for (size_t i = 0; i < ARRAY_COUNT(legal); i++) {
        if (legal[i].from == from && legal[i].to == to) return true;
    }
    return false;
}

static void only_the_moves_of_the_figure_are_legal(void **state)
{
    (void)state;
    for (int from = 0; from < TCP_STATE_COUNT; from++) {
        for (int to = 0; to < TCP_STATE_COUNT; to++) {
            assert_int_equal(tcp_state_may_move((enum tcp_state)from, (enum tcp_state)to),
                             is_legal((enum tcp_state)from, (enum tcp_state)to));
        }
    }
}

static void names_are_the_rfcs(void **state)
{
    (void)state;
    assert_string_equal(tcp_state_text(TCP_SYN_RECEIVED), "SYN-RECEIVED");
    assert_string_equal(tcp_state_text(TCP_FIN_WAIT_2), "FIN-WAIT-2");
    assert_string_equal(tcp_state_text(TCP_TIME_WAIT), "TIME-WAIT");
    assert_string_equal(tcp_state_text(TCP_STATE_COUNT), "unknown");
    assert_string_equal(tcp_cause_text(TCP_CAUSE_FIN), "FIN arrived");
    assert_string_equal(tcp_cause_text((enum tcp_cause)999), "unknown");
}

/* RFC 9293 3.6, figure 12, our side closes first: FIN, ACK, FIN, ACK, 2MSL. */
static void close_in_four_segments_ends_in_time_wait(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    tcp_close(f->conn, f->now_us);
    assert_move(f, 0, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_CAUSE_CLOSE);
    assert_answer(f, ACK | FIN, 1, 1);
    fixture_clear(f);
    fixture_input(f, ACK, 1, 2, 0, 65535);
    assert_move(f, 0, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CAUSE_ACK_OF_FIN);
    assert_int_equal(f->sent_count, 0);
    fixture_input(f, ACK | FIN, 1, 2, 0, 65535);
    assert_move(f, 1, TCP_FIN_WAIT_2, TCP_TIME_WAIT, TCP_CAUSE_FIN);
    assert_answer(f, ACK, 2, 2);
    assert_int_equal(f->host.conns.in_use, 0); /* only the record is left */
    assert_int_equal(f->host.time_waits.in_use, 1);
    fixture_free(f);
}

/* RFC 9293 MUST-13: 2MSL, here 60 s, from the FIN; and a FIN again starts it anew. */
static void time_wait_lasts_twice_the_msl(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_FIN_WAIT_2);
    tcp_close(f->conn, f->now_us);
    fixture_input(f, ACK | FIN, 1, 2, 0, 65535);
    fixture_clear(f);
    fixture_pass(f, 30 * SECOND_US);
    fixture_input(f, ACK | FIN, 1, 2, 0, 65535); /* our ACK was lost */
    assert_answer(f, ACK, 2, 2);
    fixture_pass(f, 60 * SECOND_US - 1);
    assert_int_equal(f->host.time_waits.in_use, 1);
    fixture_pass(f, 1);
    assert_int_equal(f->host.time_waits.in_use, 0);
    assert_move(f, 0, TCP_TIME_WAIT, TCP_CLOSED, TCP_CAUSE_TIME_WAIT_OVER);
    fixture_free(f);
}

/* The application still holds the connection: it reads what came, and the record waits beside it.
 */
static void time_wait_is_handed_over_while_the_application_holds_on(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_FIN_WAIT_2);
    fixture_input(f, ACK | FIN, 1, 2, 100, 65535);
    assert_int_equal(f->conn->state, TCP_TIME_WAIT);
    assert_answer(f, ACK, 2, 102);
    assert_int_equal(f->host.time_waits.in_use, 1);
    assert_false(f->conn->flags.in_table);
    fixture_clear(f);
    fixture_input(f, ACK | FIN, 101, 2, 0, 65535); /* answered by the record */
    assert_answer(f, ACK, 2, 102);
    fixture_input(f, RST, 102, 0, 0, 0); /* RFC 1337: ignored */
    assert_int_equal(f->host.time_waits.in_use, 1);
    assert_reads(f, 1, 100);
    uint8_t byte;
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, &byte, 1, &got, f->now_us), 0); /* the end */
    assert_int_equal(got, 0);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 1);
    fixture_pass(f, 61 * SECOND_US);
    assert_int_equal(f->host.time_waits.in_use, 0);
    fixture_free(f);
}

/* The end of 2MSL is reported once, by the record; the connection waits for its application only.
 */
static void time_wait_of_a_held_connection_ends_once(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_FIN_WAIT_2);
    fixture_input(f, ACK | FIN, 1, 2, 0, 65535);
    assert_true(f->ready_count > 0);
    fixture_clear(f);
    fixture_pass(f, 61 * SECOND_US);
    assert_int_equal(fixture_events(f, TCP_EVENT_STATE), 1);
    assert_move(f, 0, TCP_TIME_WAIT, TCP_CLOSED, TCP_CAUSE_TIME_WAIT_OVER);
    assert_int_equal(f->conn->state, TCP_TIME_WAIT);
    assert_true(tcp_conn_readiness(f->conn) & TCP_HANGUP);
    assert_int_equal(tcp_take_error(f->conn), 0);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->host.conns.in_use, 0);
    fixture_free(f);
}

/* No room for a record: the oldest gives way. */
static void time_wait_without_room_takes_the_oldest_place(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    f->config.time_wait_max = 1;
    fixture_start(f);
    for (int i = 0; i < 3; i++) {
        fixture_established(f);
        tcp_close(f->conn, f->now_us);
        fixture_input(f, ACK | FIN, 1, 2, 0, 65535);
        assert_int_equal(f->host.time_waits.in_use, 1);
        assert_int_equal(f->host.conns.in_use, 0);
        f->our_port++;
    }
    fixture_free(f);
}

/* Our FIN's ACK and their FIN in one segment: three segments in all. */
static void fin_wait_1_fin_with_ack_enters_time_wait(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_FIN_WAIT_1);
    tcp_close(f->conn, f->now_us);
    fixture_input(f, ACK | FIN, 1, 2, 0, 65535);
    assert_move(f, 0, TCP_FIN_WAIT_1, TCP_FIN_WAIT_2, TCP_CAUSE_ACK_OF_FIN);
    assert_move(f, 1, TCP_FIN_WAIT_2, TCP_TIME_WAIT, TCP_CAUSE_FIN);
    assert_answer(f, ACK, 2, 2);
    fixture_free(f);
}

/* RFC 9293 3.6, figure 13: both at once. */
static void close_from_both_sides_goes_through_closing(void **state)
{
    (void)state;
    for (int is_held = 0; is_held < 2; is_held++) {
        struct fixture *f = states_in(TCP_FIN_WAIT_1);
        if (!is_held) tcp_close(f->conn, f->now_us);
        fixture_input(f, ACK | FIN, 1, 1, 0, 65535);
        assert_move(f, 0, TCP_FIN_WAIT_1, TCP_CLOSING, TCP_CAUSE_FIN);
        assert_answer(f, ACK, 2, 2);
        fixture_clear(f);
        fixture_input(f, ACK, 2, 1, 0, 65535); /* not of our FIN */
        assert_int_equal(f->event_count, 0);
        fixture_input(f, ACK, 2, 2, 0, 65535);
        assert_move(f, 0, TCP_CLOSING, TCP_TIME_WAIT, TCP_CAUSE_ACK_OF_FIN);
        assert_int_equal(f->host.time_waits.in_use, 1);
        assert_int_equal(f->host.conns.in_use, is_held);
        fixture_free(f);
    }
}

/* The peer first: no TIME-WAIT on this side. Quick ACKs are over, so FIN and ACK go together. */
static void close_wait_close_ends_by_way_of_last_ack(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_CLOSE_WAIT);
    tcp_close(f->conn, f->now_us);
    assert_move(f, 0, TCP_CLOSE_WAIT, TCP_LAST_ACK, TCP_CAUSE_CLOSE);
    assert_answer(f, ACK | FIN, 1, 2);
    fixture_input(f, ACK, 2, 1, 0, 65535);
    assert_int_equal(f->host.conns.in_use, 1);
    fixture_input(f, ACK, 2, 2, 0, 65535);
    assert_move(f, 1, TCP_LAST_ACK, TCP_CLOSED, TCP_CAUSE_ACK_OF_FIN);
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 0);
    fixture_free(f);
}

/* Pitfall 10: half-close, data goes on the other way, and then the FIN. */
static void close_wait_sends_data_and_then_its_fin(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_CLOSE_WAIT);
    fixture_send(f, 2000);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(fixture_last(f)->repr.flags & FIN, FIN);
    fixture_input(f, ACK, 2, 2001, 0, 65535);
    assert_int_equal(f->conn->state, TCP_LAST_ACK);
    fixture_input(f, ACK, 2, 2002, 0, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), 0);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* Half-close the other way, as long as the application likes: text is taken in FIN-WAIT-1 and -2.
 */
static void fin_wait_text_is_taken_while_the_application_holds_on(void **state)
{
    (void)state;
    const enum tcp_state waits[] = {TCP_FIN_WAIT_1, TCP_FIN_WAIT_2};
    for (size_t i = 0; i < ARRAY_COUNT(waits); i++) {
        struct fixture *f = states_in(waits[i]);
        fixture_pass(f, 300 * SECOND_US * (uint64_t)i); /* FIN-WAIT-2 has no limit then */
        fixture_input(f, ACK, 1, 2, 100, 65535);
        fixture_input(f, ACK, 101, 2, 100, 65535);
        assert_reads(f, 1, 200);
        assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
        fixture_free(f);
    }
}

/* RFC 9293 SHLD-3, RFC 2525 2.17: nobody will read it, and the peer must know. */
static void fin_wait_text_after_close_is_answered_by_rst(void **state)
{
    (void)state;
    const enum tcp_state waits[] = {TCP_FIN_WAIT_1, TCP_FIN_WAIT_2};
    for (size_t i = 0; i < ARRAY_COUNT(waits); i++) {
        struct fixture *f = states_in(waits[i]);
        tcp_close(f->conn, f->now_us);
        fixture_input(f, ACK, 1, 2, 10, 65535);
        assert_answer(f, RST | ACK, 2, 1);
        const uint32_t last = fixture_events(f, TCP_EVENT_STATE) - 1;
        assert_move(f, last, TCP_FIN_WAIT_2, TCP_CLOSED, TCP_CAUSE_DATA_AFTER_CLOSE);
        assert_int_equal(f->host.conns.in_use, 0);
        assert_int_equal(f->drops[DROP_TCP_CLOSED_DATA], 1);
        assert_int_equal(f->host.counters.reset_out, 1);
        fixture_free(f);
    }
}

/* A peer that never closes: config.fin_wait_2_us is 60 s, from the ACK of the FIN or the close. */
static void fin_wait_2_of_a_closed_connection_ends_in_time(void **state)
{
    (void)state;
    for (int closes_first = 0; closes_first < 2; closes_first++) {
        struct fixture *f = states_in(closes_first ? TCP_FIN_WAIT_1 : TCP_FIN_WAIT_2);
        tcp_close(f->conn, f->now_us);
        if (closes_first) fixture_input(f, ACK, 1, 2, 0, 65535);
        fixture_clear(f);
        fixture_pass(f, 60 * SECOND_US - 1);
        assert_int_equal(f->host.conns.in_use, 1);
        fixture_pass(f, 1);
        assert_move(f, 0, TCP_FIN_WAIT_2, TCP_CLOSED, TCP_CAUSE_LINGER_TIMEOUT);
        assert_int_equal(f->host.conns.in_use, 0);
        fixture_free(f);
    }
}

/* RFC 9293 3.10.7.4, eighth: a FIN in states that have it already changes nothing. */
static void fin_again_is_acknowledged_in_every_state_that_has_it(void **state)
{
    (void)state;
    const enum tcp_state have[] = {TCP_CLOSE_WAIT, TCP_CLOSING, TCP_LAST_ACK};
    for (size_t i = 0; i < ARRAY_COUNT(have); i++) {
        struct fixture *f = states_in(have[i]);
        fixture_input(f, ACK | FIN, 1, 1, 0, 65535);
        assert_int_equal(f->conn->state, have[i]);
        assert_answer(f, ACK, our_next(have[i]), 2);
        fixture_input(f, ACK | FIN, 2, 1, 10, 65535); /* text and another one behind it */
        assert_int_equal(f->conn->state, have[i]);
        assert_int_equal(f->conn->stats.bytes_received, 0);
        fixture_free(f);
    }
}

/* The FIN is data to the timers: sent again until acknowledged. */
static void fin_lost_is_sent_again(void **state)
{
    (void)state;
    const enum tcp_state have[] = {TCP_FIN_WAIT_1, TCP_CLOSING, TCP_LAST_ACK};
    for (size_t i = 0; i < ARRAY_COUNT(have); i++) {
        struct fixture *f = states_in(have[i]);
        fixture_pass(f, 2 * SECOND_US);
        assert_true(f->sent_count >= 1);
        assert_int_equal(f->sent[0].repr.flags & FIN, FIN);
        assert_int_equal(f->sent[0].seq, 1);
        const struct tcp_event *event = states_event(f, TCP_EVENT_RETRANSMIT, 0);
        assert_int_equal(event->retransmit.cause, TCP_RETRANSMIT_TIMEOUT);
        assert_int_equal(event->retransmit.len_bytes, 1);
        fixture_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_moves_of_the_figure_are_legal),
        cmocka_unit_test(names_are_the_rfcs),
        cmocka_unit_test(close_in_four_segments_ends_in_time_wait),
        cmocka_unit_test(time_wait_lasts_twice_the_msl),
        cmocka_unit_test(time_wait_is_handed_over_while_the_application_holds_on),
        cmocka_unit_test(time_wait_of_a_held_connection_ends_once),
        cmocka_unit_test(time_wait_without_room_takes_the_oldest_place),
        cmocka_unit_test(fin_wait_1_fin_with_ack_enters_time_wait),
        cmocka_unit_test(close_from_both_sides_goes_through_closing),
        cmocka_unit_test(close_wait_close_ends_by_way_of_last_ack),
        cmocka_unit_test(close_wait_sends_data_and_then_its_fin),
        cmocka_unit_test(fin_wait_text_is_taken_while_the_application_holds_on),
        cmocka_unit_test(fin_wait_text_after_close_is_answered_by_rst),
        cmocka_unit_test(fin_wait_2_of_a_closed_connection_ends_in_time),
        cmocka_unit_test(fin_again_is_acknowledged_in_every_state_that_has_it),
        cmocka_unit_test(fin_lost_is_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
