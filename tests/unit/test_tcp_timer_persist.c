/*
 * The persist timer: probes of a window that is closed, or open and too small (RFC 9293 3.8.6.1,
 * 3.8.6.2.1). The RTO after the fixture's handshake is 210 ms.
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"

#define MS        1000ull
#define SECOND_US 1000000ull

/* An established connection whose peer has closed its window before any data. */
static void closed_window(struct fixture *f)
{
    fixture_start(f);
    fixture_established(f);
    fixture_ack(f, 1, 1, 0);
    assert_int_equal(fixture_events(f, TCP_EVENT_ZERO_WINDOW), 1);
    fixture_clear(f);
}

static uint64_t sent_ms(const struct fixture *f, uint32_t i, uint64_t from_us)
{
    return (fixture_sent(f, i)->now_us - from_us) / MS;
}

/*
 * RFC 9293 MUST-36, SHLD-29, SHLD-30: the first probe after an RTO, the intervals doubled: 210,
 * 630, 1470, 3150 ms after the data was queued. Each is the same octet.
 */
static void established_zero_window_probe_after_rto(void **state)
{
    struct fixture *f = *state;
    static const uint64_t at_ms[] = {210, 630, 1470, 3150};
    closed_window(f);
    uint64_t start_us = f->now_us;
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 0);
    fixture_check_plan(f);
    fixture_pass(f, 3200 * MS);
    assert_int_equal(f->sent_count, ARRAY_COUNT(at_ms));
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_int_equal(sent_ms(f, i, start_us), at_ms[i]);
        assert_int_equal(fixture_sent(f, i)->seq, 1);
        assert_int_equal(fixture_sent(f, i)->len, 1);
        assert_int_equal(fixture_sent(f, i)->first_byte, fixture_byte(0));
    }
    assert_int_equal(fixture_events(f, TCP_EVENT_PROBE), 4);
    assert_int_equal(fixture_events(f, TCP_EVENT_TIMEOUT), 0); /* and no congestion is suspected */
}

/* Nothing to send: nothing to probe for. */
static void established_zero_window_without_data_is_quiet(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_pass(f, 3600 * SECOND_US);
    assert_int_equal(f->sent_count, 0);
}

/* RFC 9293 MUST-37: a day of probes, all answered "still closed"; no interval above 120 s. */
static void established_zero_window_never_gives_up_on_answering_peer(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_send(f, 100);
    uint64_t end_us = f->now_us + 86400 * SECOND_US;
    uint64_t last_us = f->now_us;
    while (f->now_us < end_us) {
        fixture_clear(f);
        assert_true(fixture_deadline(f) <= last_us + 120 * SECOND_US);
        fixture_pass(f, fixture_deadline(f) - f->now_us);
        assert_int_equal(f->conn->state, TCP_ESTABLISHED);
        if (f->sent_count == 0) continue;
        last_us = f->now_us;
        fixture_pass(f, 10 * MS);
        fixture_ack(f, 1, 1, 0);
        fixture_check_plan(f);
    }
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_clear(f);
    fixture_ack(f, 1, 1, 65535);
    assert_true(f->sent_count > 0);
}

/*
 * A silent peer is given up like one that does not acknowledge: the probes leave when RTOs would,
 * the first time beyond 924.6 s is 934.83 s (see test_tcp_timer.c). A RST tells it.
 */
static void established_zero_window_gives_up_on_silent_peer(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_pass(f, 100 * SECOND_US); /* silence before there was data does not count */
    fixture_send(f, 100);
    fixture_pass(f, 934830 * MS - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* The window opens after two probes: the octet that was thrown away and all the rest leave now. */
static void established_window_opens_resends_at_once(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_send(f, 3000);
    fixture_pass(f, 700 * MS);
    assert_int_equal(f->sent_count, 2);
    fixture_clear(f);
    fixture_ack(f, 1, 1, 65535);
    assert_int_equal(fixture_events(f, TCP_EVENT_WINDOW_OPEN), 1);
    uint32_t next = 1;
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_int_equal(fixture_sent(f, i)->now_us, f->now_us);
        assert_int_equal(fixture_sent(f, i)->seq, next);
        next += fixture_sent(f, i)->len;
    }
    assert_int_equal(next, 3001);
    fixture_check_plan(f);
    assert_true(f->conn->deadline_us[TCP_TIMER_PERSIST] == TIME_NEVER);
    fixture_ack(f, 1, 3001, 65535);
    assert_null(f->conn->tx);
}

/* RFC 9293 MUST-34, MUST-35: the window shrinks to nothing with data in flight; its head is probed,
 * and when the window opens it is resent at once. */
static void established_window_shrinks_to_zero_in_flight(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 2920);
    fixture_clear(f);
    fixture_ack(f, 1, 1, 0);
    uint64_t start_us = f->now_us;
    fixture_pass(f, 300 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(sent_ms(f, 0, start_us), 210);
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 1);
    fixture_clear(f);
    fixture_ack(f, 1, 1, 65535);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 1460);
    assert_int_equal(fixture_sent(f, 1)->seq, 1461);
}

/* The peer takes the octets one by one, its window still closed: each probe brings the next. */
static void established_zero_window_probe_is_taken(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_send(f, 3);
    for (uint32_t i = 0; i < 3; i++) {
        fixture_clear(f);
        fixture_pass(f, fixture_deadline(f) - f->now_us);
        assert_int_equal(f->sent_count, 1);
        assert_int_equal(fixture_sent(f, 0)->seq, 1 + i);
        assert_int_equal(fixture_sent(f, 0)->len, 1);
        fixture_ack(f, 1, 2 + i, 0);
        fixture_check_plan(f);
    }
    fixture_pass(f, 3600 * SECOND_US);
    assert_int_equal(f->sent_count, 1);
    assert_null(f->conn->tx);
}

/* With nothing else to send, the FIN is the octet; an ACK of it closes as ever. */
static void fin_wait_1_zero_window_fin_is_the_probe(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    uint64_t start_us = f->now_us;
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 700 * MS);
    assert_int_equal(f->sent_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(sent_ms(f, i, start_us), i == 0 ? 210 : 630);
        assert_int_equal(fixture_sent(f, i)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
        assert_int_equal(fixture_sent(f, i)->seq, 1);
        assert_int_equal(fixture_sent(f, i)->len, 0);
    }
    fixture_ack(f, 1, 2, 0);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
    assert_true(fixture_deadline(f) == TIME_NEVER || fixture_deadline(f) >= f->now_us);
}

/* RFC 9293 MUST-38, 3.8.6.2.1: a window of 100 for 1000 bytes is silly (largest seen: 65535) and
 * used only after 0.1 to 1 s: 200 ms here. */
static void established_silly_window_is_overridden(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_ack(f, 1, 1, 100);
    fixture_clear(f);
    uint64_t start_us = f->now_us;
    fixture_send(f, 1000);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 210 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(sent_ms(f, 0, start_us), 200);
    assert_int_equal(fixture_sent(f, 0)->len, 100);
}

/* A corked connection waits for a full segment, not for a window: that one is overridden as well.
 */
static void established_corked_silly_window_is_overridden(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_ack(f, 1, 1, 100);
    tcp_set_cork(f->conn, true, f->now_us);
    fixture_clear(f);
    fixture_send(f, 5000);
    fixture_pass(f, 210 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->len, 100);
}

/* RFC 9293 MUST-21: the user timeout counts from when the data began to wait, not from when the
 * peer was last heard. */
static void established_zero_window_user_timeout(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    tcp_set_user_timeout(f->conn, 5000, f->now_us);
    fixture_pass(f, 3600 * SECOND_US);
    fixture_send(f, 100);
    fixture_pass(f, 5 * SECOND_US - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_events(f, TCP_EVENT_PROBE), 4); /* 0.21, 0.63, 1.47, 3.15 s */
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* The application closes after an hour of a closed window: the orphan has its 102.2 s from then,
 * even with a peer that answers, and not longer. */
static void fin_wait_1_zero_window_orphan(void **state)
{
    struct fixture *f = *state;
    closed_window(f);
    fixture_send(f, 100);
    uint64_t close_us = f->now_us + 3600 * SECOND_US;
    while (f->now_us < close_us) {
        fixture_pass(f, u64_min(fixture_deadline(f), close_us) - f->now_us);
        fixture_ack(f, 1, 1, 0);
        fixture_clear(f);
    }
    tcp_close(f->conn, f->now_us);
    fixture_pass(f, 101 * SECOND_US);
    assert_int_equal(f->host.conns.in_use, 1);
    fixture_ack(f, 1, 1, 0);
    fixture_pass(f, 240 * SECOND_US); /* the probe after the limit: at most 120 s later */
    assert_int_equal(f->host.conns.in_use, 0);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
}

/* RFC 9293 SHLD-15, SHLD-16: the window shrinks to half of what is in flight. Nothing new is sent;
 * what is lost inside it is, what lies beyond its edge is not. */
static void established_window_shrinks_in_flight(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 5840);
    fixture_ack(f, 1, 1, 2920);
    fixture_clear(f);
    fixture_send(f, 1460);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 230 * MS); /* time-out: cwnd is one segment */
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    fixture_clear(f);
    fixture_ack(f, 1, 1461, 1460); /* cwnd is two segments, the edge still 2921 */
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_sent(f, 0)->seq, 1461);
    fixture_check_plan(f);
}

/* RFC 9293 SHLD-17: what lies beyond the edge is acknowledged late, yet the connection stays while
 * the peer answers what is inside. */
static void established_data_beyond_shrunken_window_does_not_time_out(void **state)
{
    struct fixture *f = *state;
    f->config.r2_retries = 3; /* 3 s */
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 2920);
    fixture_ack(f, 1, 1461, 0); /* one segment taken; the other is beyond the edge now */
    for (int i = 0; i < 100; i++) {
        fixture_pass(f, SECOND_US);
        fixture_ack(f, 1, 1461, 0);
        fixture_clear(f);
    }
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_zero_window_probe_after_rto),
        FIXTURE_TEST(established_zero_window_without_data_is_quiet),
        FIXTURE_TEST(established_zero_window_never_gives_up_on_answering_peer),
        FIXTURE_TEST(established_zero_window_gives_up_on_silent_peer),
        FIXTURE_TEST(established_window_opens_resends_at_once),
        FIXTURE_TEST(established_window_shrinks_to_zero_in_flight),
        FIXTURE_TEST(established_zero_window_probe_is_taken),
        FIXTURE_TEST(fin_wait_1_zero_window_fin_is_the_probe),
        FIXTURE_TEST(established_silly_window_is_overridden),
        FIXTURE_TEST(established_corked_silly_window_is_overridden),
        FIXTURE_TEST(established_zero_window_user_timeout),
        FIXTURE_TEST(fin_wait_1_zero_window_orphan),
        FIXTURE_TEST(established_window_shrinks_in_flight),
        FIXTURE_TEST(established_data_beyond_shrunken_window_does_not_time_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
