/*
 * Options take effect at once: also in the middle of a wait, after a long silence, before the
 * handshake is complete. What they do in the long run is in the tests of plan, timer and window.
 */
#include "support.h"

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"

#define MS        1000ull
#define SECOND_US 1000000ull

/* RFC 9293 MUST-17: Nagle's algorithm can be off from the start, by the host's configuration. */
static void established_nodelay_by_configuration(void **state)
{
    struct fixture *f = *state;
    f->config.nagle = false;
    fixture_start_established(f);
    fixture_send(f, 1);
    fixture_send(f, 1);
    assert_int_equal(f->sent_count, 2);
}

/* Switched on in the handshake it holds for what is queued there. */
static void syn_sent_nodelay(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    tcp_set_nodelay(f->conn, true, f->now_us);
    fixture_send(f, 1);
    assert_int_equal(f->sent_count, 1); /* the SYN */
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    fixture_send(f, 1);
    assert_int_equal(f->sent_count, 3);
}

/* Nodelay does not uncork, and the uncorked rest obeys Nagle no more. */
static void established_cork_and_nodelay(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 1); /* small, in flight */
    tcp_set_cork(f->conn, true, f->now_us);
    tcp_set_nodelay(f->conn, true, f->now_us);
    fixture_send(f, 1);
    assert_int_equal(f->sent_count, 1);
    tcp_set_cork(f->conn, false, f->now_us);
    assert_int_equal(f->sent_count, 2);
}

/* Uncorked with nothing queued: nothing happens. */
static void established_cork_without_data(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_cork(f->conn, true, f->now_us);
    tcp_set_cork(f->conn, false, f->now_us);
    assert_int_equal(f->sent_count, 0);
    assert_null(f->conn->tx);
    fixture_check_plan(f);
}

/* RFC 9293 MUST-24: switched on after hours of silence, keepalive still waits its idle time, and
 * each of its intervals: the peer had no chance to answer before. */
static void established_keepalive_switched_on_after_long_silence(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_pass(f, 36000 * SECOND_US);
    tcp_set_keepalive_times(f->conn, 10000, 1000, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_check_plan(f);
    fixture_pass(f, 10 * SECOND_US - 1);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 0);
    fixture_pass(f, 1);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 1);
    fixture_pass(f, 3 * SECOND_US - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 3);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
}

/* Times changed while it is on, and long after the peer was heard, count from now as well. */
static void established_keepalive_times_changed(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_pass(f, 3600 * SECOND_US);
    tcp_set_keepalive_times(f->conn, 5000, 0, 0, f->now_us);
    assert_int_equal(f->conn->keep_interval_ms, 75000); /* 0 leaves a value */
    assert_int_equal(f->conn->keep_probes, 9);
    fixture_pass(f, 5 * SECOND_US - 1);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 1);
    assert_int_equal(f->sent_count, 1);
}

/* RFC 9293 MUST-24: switched off between two probes, no more come, and the connection stays. */
static void established_keepalive_switched_off(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_keepalive_times(f->conn, 1000, 1000, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_pass(f, 1500 * MS);
    assert_int_equal(f->sent_count, 1);
    tcp_set_keepalive(f->conn, false, f->now_us);
    fixture_pass(f, 3600 * SECOND_US);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
}

/* RFC 9293 MUST-21: set in the middle of a wait that is longer, it cuts the wait short; set when it
 * is over already, the end is now. */
static void established_user_timeout_set_while_waiting(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    fixture_pass(f, 2 * SECOND_US); /* the next time-out is at 3.15 s */
    tcp_set_user_timeout(f->conn, 2500, f->now_us);
    fixture_check_plan(f);
    fixture_pass(f, 500 * MS - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
}

static void established_user_timeout_already_over(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    fixture_pass(f, 2 * SECOND_US);
    tcp_set_user_timeout(f->conn, 1000, f->now_us);
    assert_int_equal(f->conn->state,
                     TCP_ESTABLISHED); /* no call ends a connection under its caller */
    fixture_pass(f, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
}

/* Taken back, R2 decides again; and the time-out that was cut short is no time-out of the path. */
static void established_user_timeout_taken_back(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    tcp_set_user_timeout(f->conn, 100, f->now_us);
    tcp_set_user_timeout(f->conn, 0, f->now_us);
    fixture_clear(f);
    fixture_pass(f, 210 * MS - 1);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->sent_count, 1);
}

/* A longer limit than R2 holds too (RFC 5482 3): 1000 s, beyond 924.6 s. */
static void established_user_timeout_beyond_r2(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_user_timeout(f->conn, 1000000, f->now_us);
    fixture_send(f, 100);
    fixture_pass(f, 1000 * SECOND_US - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
}

/* A send buffer made smaller than what is queued has no room; made larger it has. */
static void established_send_buffer_resized(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 5000);
    tcp_set_sndbuf(f->conn, 4000);
    assert_int_equal(tcp_send_room_bytes(f->conn), 0);
    tcp_set_sndbuf(f->conn, 6000);
    assert_int_equal(tcp_send_room_bytes(f->conn), 1000);
}

/* RFC 9293 MAY-18: another congestion control, with the window as it was. */
static void established_other_congestion_control(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    assert_ptr_equal(f->conn->cc.ops, &cc_cubic);
    tcp_set_cc(f->conn, &cc_reno);
    assert_ptr_equal(f->conn->cc.ops, &cc_reno);
    assert_int_equal(f->conn->cc.cwnd_bytes, 14600);
    fixture_send(f, 20000);
    assert_int_equal(f->sent_count, 10);
    fixture_ack(f, 1, 14601, 65535);
    assert_int_equal(f->conn->cc.cwnd_bytes, 29200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_nodelay_by_configuration),
        FIXTURE_TEST(syn_sent_nodelay),
        FIXTURE_TEST(established_cork_and_nodelay),
        FIXTURE_TEST(established_cork_without_data),
        FIXTURE_TEST(established_keepalive_switched_on_after_long_silence),
        FIXTURE_TEST(established_keepalive_times_changed),
        FIXTURE_TEST(established_keepalive_switched_off),
        FIXTURE_TEST(established_user_timeout_set_while_waiting),
        FIXTURE_TEST(established_user_timeout_already_over),
        FIXTURE_TEST(established_user_timeout_taken_back),
        FIXTURE_TEST(established_user_timeout_beyond_r2),
        FIXTURE_TEST(established_send_buffer_resized),
        FIXTURE_TEST(established_other_congestion_control),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
