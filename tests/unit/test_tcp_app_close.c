/*
 * The ways a connection ends: in four segments, in three, from both sides at once, by halves, by
 * reset, and what the peer is told when data was lost.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_timewait.h"

#define MS        1000ull
#define SECOND_US 1000000ull
#define FIN_ACK   (TCP_FLAG_FIN | TCP_FLAG_ACK)

/* The peer's FIN is acknowledged without delay. */
static void no_quick_acks(struct fixture *f)
{
    f->config.quick_acks = 0;
    fixture_start_established(f);
}

/* RFC 9293 MUST-13, 3.6 case 1: FIN, ACK, FIN, ACK. We closed first: a record waits 2MSL, the
 * connection and all its memory are gone at once. */
static void close_in_four_segments_active(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_1);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
    fixture_ack(f, 1, 2, 65535);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
    fixture_input(f, FIN_ACK, 1, 2, 0, 65535);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_ACK);
    assert_int_equal(fixture_last(f)->ack, 2);
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 1);
    fixture_pass(f, 60 * SECOND_US - 1);
    assert_int_equal(f->host.time_waits.in_use, 1);
    fixture_pass(f, 1);
    assert_int_equal(f->host.time_waits.in_use, 0);
}

/* RFC 9293 3.6 case 2: the peer closes first, we after it: no TIME-WAIT here. */
static void close_in_four_segments_passive(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, FIN_ACK, 1, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    fixture_pass(f, 50 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 2);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->conn->state, TCP_LAST_ACK);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
    assert_int_equal(fixture_last(f)->ack, 2);
    fixture_ack(f, 2, 2, 65535);
    f->conn = NULL;
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 0);
}

/* RFC 9293 MUST-58: the application closes before the ACK of the peer's FIN is due: our FIN carries
 * it, three segments in all. */
static void close_in_three_segments(void **state)
{
    struct fixture *f = *state;
    no_quick_acks(f);
    fixture_input(f, FIN_ACK, 1, 1, 0, 65535);
    assert_int_equal(f->sent_count, 0);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
    assert_int_equal(fixture_last(f)->ack, 2);
    fixture_ack(f, 2, 2, 65535);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* The peer's answer to our FIN carries its own: FIN-WAIT-1 to TIME-WAIT in one step. */
static void fin_wait_1_fin_and_ack_of_fin(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_close(f->conn, f->now_us);
    fixture_input(f, FIN_ACK, 1, 2, 0, 65535);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_last(f)->ack, 2);
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 1);
}

/* RFC 9293 3.6 case 3, figure 13: both FINs cross. */
static void close_simultaneously(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_close(f->conn, f->now_us);
    fixture_input(f, FIN_ACK, 1, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSING);
    assert_int_equal(fixture_last(f)->ack, 2);
    fixture_ack(f, 2, 2, 65535);
    f->conn = NULL;
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.time_waits.in_use, 1);
}

/* RFC 9293 MAY-1's counterpart: we have finished, the peer goes on for an hour, and is heard. */
static void fin_wait_2_data_flows_to_us(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_to_state(f, TCP_FIN_WAIT_2);
    uint8_t bytes[1000];
    uint32_t got;
    for (uint32_t i = 0; i < 60; i++) {
        fixture_pass(f, 60 * SECOND_US);
        fixture_input(f, TCP_FLAG_ACK, 1 + 1000 * i, 2, 1000, 65535);
        assert_int_equal(tcp_receive(f->conn, bytes, 1000, &got, f->now_us), 0);
        assert_int_equal(got, 1000);
    }
    fixture_input(f, FIN_ACK, 60001, 2, 0, 65535);
    assert_int_equal(f->conn->state, TCP_TIME_WAIT);
    assert_int_equal(tcp_receive(f->conn, bytes, 1, &got, f->now_us), 0);
    assert_int_equal(got, 0);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* The peer has finished, we go on: data leaves, is lost, is sent again, and the FIN ends it (a FIN
 * that was never sent from CLOSE-WAIT was a bug elsewhere). */
static void close_wait_data_flows_from_us(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_to_state(f, TCP_CLOSE_WAIT);
    fixture_send(f, 1000);
    assert_int_equal(fixture_last(f)->len, 1000);
    fixture_pass(f, 250 * MS);
    assert_int_equal(fixture_last(f)->seq, 1);
    fixture_ack(f, 2, 1001, 65535);
    fixture_pass(f, 3600 * SECOND_US);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    fixture_send(f, 500);
    fixture_ack(f, 2, 1501, 65535);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
    assert_int_equal(fixture_last(f)->seq, 1501);
    assert_int_equal(f->conn->state, TCP_LAST_ACK);
    fixture_ack(f, 2, 1502, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), 0);
}

/* Shut down, then closed: one FIN. */
static void fin_wait_1_close_sends_no_second_fin(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->sent_count, 1);
}

/* The FIN is lost and sent again like data. */
static void fin_wait_1_fin_is_retransmitted(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 10);
    fixture_ack(f, 1, 11, 65535);
    tcp_close(f->conn, f->now_us);
    fixture_clear(f);
    fixture_pass(f, 250 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.flags & TCP_FLAG_FIN, TCP_FLAG_FIN);
    assert_int_equal(fixture_last(f)->seq, 11);
    fixture_ack(f, 1, 12, 65535);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
}

/* What was queued before the close still goes, all of it, with the FIN behind. */
static void close_flushes_what_is_queued(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 30000);
    tcp_close(f->conn, f->now_us);
    uint32_t next = 1;
    bool has_fin = false;
    for (int round = 0; round < 10 && !has_fin; round++) {
        for (uint32_t i = 0; i < f->sent_count; i++) {
            assert_int_equal(fixture_sent(f, i)->seq, next);
            next += fixture_sent(f, i)->len;
            has_fin = (fixture_sent(f, i)->repr.flags & TCP_FLAG_FIN) != 0;
        }
        fixture_clear(f);
        fixture_ack(f, 1, next + has_fin, 65535);
    }
    assert_true(has_fin);
    assert_int_equal(next, 30001);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
}

/* RFC 9293 SHLD-3, RFC 2525 2.17: closed with data unread. */
static void established_close_with_unread_data_resets(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 10, 65535);
    fixture_clear(f);
    tcp_close(f->conn, f->now_us);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_RST | TCP_FLAG_ACK);
    assert_int_equal(fixture_last(f)->seq, 1);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* Not when the application has said before that it reads no more. */
static void established_close_after_shutdown_receive_is_orderly(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 10, 65535);
    tcp_shutdown_receive(f->conn, f->now_us);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
}

/* RFC 9293 SHLD-3: data for an application that is gone, in each state in which it may come. */
static void closed_data_after_close_resets(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    for (int after_ack = 0; after_ack < 2; after_ack++) {
        f->our_port++;
        fixture_established(f);
        tcp_close(f->conn, f->now_us);
        if (after_ack) fixture_ack(f, 1, 2, 65535);
        fixture_clear(f);
        fixture_input(f, TCP_FLAG_ACK, 1, after_ack ? 2 : 1, 10, 65535);
        assert_int_equal(f->sent_count, 1);
        assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
        assert_int_equal(fixture_last(f)->seq, 2);
        assert_int_equal(f->host.conns.in_use, 0);
        assert_int_equal(f->drops[DROP_TCP_CLOSED_DATA], after_ack + 1);
    }
    f->conn = NULL;
}

/* SO_LINGER with zero: RST in the place of FIN; unsent data is gone. */
static void established_close_with_linger_zero_resets(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_ack(f, 1, 1, 0);
    fixture_send(f, 100);
    fixture_clear(f);
    f->conn->flags.linger_zero = true;
    tcp_close(f->conn, f->now_us);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 1);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
    assert_int_equal(f->host.conns.in_use, 0);
    assert_int_equal(f->host.chunks.in_use, 0);
}

/* RFC 9293 3.10.5: ABORT sends a RST where the peer may think that the connection lives; not in
 * SYN-SENT, and not when both have closed and only ACKs are missing. */
static void each_state_abort(void **state)
{
    struct fixture *f = *state;
    static const struct {
        enum tcp_state state;
        bool resets;
    } cases[] = {{TCP_ESTABLISHED, true}, {TCP_FIN_WAIT_1, true}, {TCP_FIN_WAIT_2, true},
                 {TCP_CLOSE_WAIT, true},  {TCP_CLOSING, false},   {TCP_LAST_ACK, false}};
    fixture_start(f);
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        f->our_port++;
        fixture_established(f);
        fixture_to_state(f, cases[i].state);
        tcp_abort(f->conn, f->now_us);
        assert_int_equal(f->sent_count, cases[i].resets ? 1 : 0);
        if (cases[i].resets) {
            assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
        }
        assert_int_equal(f->host.conns.in_use, 0);
        fixture_clear(f);
    }
    f->our_port++;
    fixture_syn_sent(f);
    fixture_clear(f);
    tcp_abort(f->conn, f->now_us);
    assert_int_equal(f->sent_count, 0);
    f->our_port++;
    fixture_syn_sent(f);
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535); /* SYN-RECEIVED */
    fixture_clear(f);
    tcp_abort(f->conn, f->now_us);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
    f->conn = NULL;
    assert_int_equal(f->host.conns.in_use, 0);
}

/* With data still queued in LAST-ACK the peer is told that it will not come. */
static void last_ack_abort_with_unsent_data_resets(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_to_state(f, TCP_CLOSE_WAIT);
    fixture_ack(f, 2, 1, 0);
    fixture_send(f, 100);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->conn->state, TCP_LAST_ACK);
    fixture_clear(f);
    tcp_abort(f->conn, f->now_us);
    f->conn = NULL;
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
}

/* RFC 9293 3.10.4: a CLOSE in SYN-SENT deletes the connection, without a word. */
static void syn_sent_close(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    tcp_close(f->conn, f->now_us);
    f->conn = NULL;
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* Shut down before the handshake is complete: the FIN follows it, behind what was queued. */
static void syn_sent_shutdown_sends_fin_when_established(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_send(f, 5);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    fixture_clear(f);
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_1);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->len, 5);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_FIN) != 0);
    fixture_check_plan(f);
}

/* RFC 9293 3.10.4: a CLOSE in SYN-RECEIVED of a simultaneous open waits for the handshake. */
static void syn_received_close(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535);
    tcp_close(f->conn, f->now_us);
    fixture_clear(f);
    fixture_ack(f, 1, 1, 65535);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_1);
    assert_int_equal(fixture_last(f)->repr.flags, FIN_ACK);
    fixture_input(f, FIN_ACK, 1, 2, 0, 65535);
    f->conn = NULL;
    assert_int_equal(f->host.conns.in_use, 0);
}

/* An application that holds on to a finished connection: its calls do no harm in TIME-WAIT. */
static void time_wait_calls_do_no_harm(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_to_state(f, TCP_FIN_WAIT_2);
    fixture_input(f, FIN_ACK, 1, 2, 0, 65535);
    assert_int_equal(f->conn->state, TCP_TIME_WAIT);
    fixture_clear(f);
    uint32_t taken;
    assert_int_equal(tcp_send(f->conn, (const uint8_t *)"x", 1, &taken, f->now_us), EPIPE);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    tcp_shutdown_receive(f->conn, f->now_us);
    tcp_set_nodelay(f->conn, true, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    tcp_set_keepalive_times(f->conn, 10, 10, 1, f->now_us);
    tcp_set_user_timeout(f->conn, 10, f->now_us);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 60 * SECOND_US); /* the record ends; the connection waits for its application */
    assert_int_equal(tcp_take_error(f->conn), 0);
    assert_true(fixture_deadline(f) == TIME_NEVER);
    tcp_close(f->conn, f->now_us);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* The same after a reset. */
static void closed_calls_do_no_harm(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_RST, 1, 0, 0, 0);
    fixture_clear(f);
    tcp_shutdown_receive(f->conn, f->now_us);
    tcp_set_nodelay(f->conn, true, f->now_us);
    tcp_set_cork(f->conn, false, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    tcp_set_keepalive_times(f->conn, 10, 10, 1, f->now_us);
    tcp_set_user_timeout(f->conn, 10, f->now_us);
    fixture_pass(f, SECOND_US);
    assert_int_equal(f->sent_count, 0);
    assert_true(fixture_deadline(f) == TIME_NEVER);
    assert_int_equal(tcp_take_error(f->conn), ECONNRESET);
    tcp_abort(f->conn, f->now_us);
    assert_int_equal(f->host.conns.in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(close_in_four_segments_active),
        FIXTURE_TEST(close_in_four_segments_passive),
        FIXTURE_TEST(close_in_three_segments),
        FIXTURE_TEST(fin_wait_1_fin_and_ack_of_fin),
        FIXTURE_TEST(close_simultaneously),
        FIXTURE_TEST(fin_wait_2_data_flows_to_us),
        FIXTURE_TEST(close_wait_data_flows_from_us),
        FIXTURE_TEST(fin_wait_1_close_sends_no_second_fin),
        FIXTURE_TEST(fin_wait_1_fin_is_retransmitted),
        FIXTURE_TEST(close_flushes_what_is_queued),
        FIXTURE_TEST(established_close_with_unread_data_resets),
        FIXTURE_TEST(established_close_after_shutdown_receive_is_orderly),
        FIXTURE_TEST(closed_data_after_close_resets),
        FIXTURE_TEST(established_close_with_linger_zero_resets),
        FIXTURE_TEST(each_state_abort),
        FIXTURE_TEST(last_ack_abort_with_unsent_data_resets),
        FIXTURE_TEST(syn_sent_close),
        FIXTURE_TEST(syn_sent_shutdown_sends_fin_when_established),
        FIXTURE_TEST(syn_received_close),
        FIXTURE_TEST(time_wait_calls_do_no_harm),
        FIXTURE_TEST(closed_calls_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
