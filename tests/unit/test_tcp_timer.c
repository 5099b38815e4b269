/*
 * What happens at which time while nobody answers, and while somebody does: SYN, data, closed
 * windows, keepalive, closing. The round trip of the fixture's handshake is 10 ms, so that
 * RTO = SRTT + max(variance, 200 ms) = 210 ms (RFC 6298 2.2 with the floor on the variance).
 */
#include "support.h"

#include <errno.h>

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_timer.h"

#define MS        1000ull
#define SECOND_US 1000000ull
#define RTO_US    (210 * MS)

/* When the i-th caught segment left, counted from `from_us`, in milliseconds. */
static uint64_t sent_ms(const struct fixture *f, uint32_t i, uint64_t from_us)
{
    return (fixture_sent(f, i)->now_us - from_us) / MS;
}

/* Passes the time up to the only deadline there is, which must be `us` from now. */
static void pass_to_deadline(struct fixture *f, uint64_t us)
{
    assert_int_equal(fixture_deadline(f) - f->now_us, us);
    fixture_pass(f, us);
}

/*
 * RFC 9293 MUST-20, MUST-22, MUST-23: waits of 1, 2, 4, 8, 16, 32, 64 s put the SYNs at 0, 1, 3, 7,
 * 15, 31, 63 and 127 s; the last wait, 128 s, is cut to rto_us_max = 120 s: the end is at 247 s.
 */
static void syn_sent_silence_until_timeout(void **state)
{
    struct fixture *f = *state;
    static const uint64_t at_s[] = {0, 1, 3, 7, 15, 31, 63, 127};
    fixture_start(f);
    uint64_t start_us = f->now_us;
    fixture_syn_sent(f);
    fixture_pass(f, 247 * SECOND_US - 1);
    assert_int_equal(f->sent_count, ARRAY_COUNT(at_s));
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_int_equal(sent_ms(f, i, start_us), at_s[i] * 1000);
        assert_int_equal(fixture_sent(f, i)->repr.flags, TCP_FLAG_SYN);
        assert_int_equal(fixture_sent(f, i)->seq, 0);
    }
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
    assert_int_equal(f->sent_count, ARRAY_COUNT(at_s));
    assert_int_equal(fixture_events(f, TCP_EVENT_RETRANSMIT), 7);
}

/* 2 retries from a first wait of 0.5 s: SYNs at 0, 0.5 and 1.5 s, the end at 3.5 s. */
static void syn_sent_count_and_first_wait_are_configurable(void **state)
{
    struct fixture *f = *state;
    f->config.syn_retries = 2;
    f->config.syn_first_wait_us = 500 * MS;
    fixture_start(f);
    uint64_t start_us = f->now_us;
    fixture_syn_sent(f);
    fixture_pass(f, 3500 * MS - 1);
    assert_int_equal(f->sent_count, 3);
    assert_int_equal(sent_ms(f, 1, start_us), 500);
    assert_int_equal(sent_ms(f, 2, start_us), 1500);
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_pass(f, 1);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* The SYN-ACK of a simultaneous open counts for itself: 5 retries, 0, 1, 3, 7, 15, 31, end at 63 s.
 */
static void syn_received_silence_until_timeout(void **state)
{
    struct fixture *f = *state;
    static const uint64_t at_s[] = {0, 1, 3, 7, 15, 31};
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_pass(f, 1500 * MS); /* one SYN retransmission, which must not count for the SYN-ACK */
    fixture_clear(f);
    uint64_t start_us = f->now_us;
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535);
    fixture_pass(f, 63 * SECOND_US - 1);
    assert_int_equal(f->sent_count, ARRAY_COUNT(at_s));
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_int_equal(sent_ms(f, i, start_us), at_s[i] * 1000);
        assert_int_equal(fixture_sent(f, i)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    }
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* RFC 9293 MUST-21: the application's limit holds for the SYN, too. */
static void syn_sent_user_timeout(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    tcp_set_user_timeout(f->conn, 2500, f->now_us);
    fixture_pass(f, 2500 * MS - 1);
    assert_int_equal(f->sent_count, 2); /* 0 and 1 s */
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_pass(f, 1);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* 0.2 s doubled: 0.2 (2^10 - 1) = 204.6 s for ten waits up to 102.4 s, then six of 120 s: 924.6 s.
 */
static void retries_as_time(void **state)
{
    (void)state;
    assert_int_equal(tcp_timer_retries_us(15, 200 * MS, 120 * SECOND_US), 924600 * MS);
    assert_int_equal(tcp_timer_retries_us(8, 200 * MS, 120 * SECOND_US), 102200 * MS);
    assert_int_equal(tcp_timer_retries_us(0, 200 * MS, 120 * SECOND_US), 200 * MS);
    assert_int_equal(tcp_timer_retries_us(1, 300 * SECOND_US, 120 * SECOND_US), 240 * SECOND_US);
    assert_int_equal(tcp_timer_retries_us(7, SECOND_US, 120 * SECOND_US), 247 * SECOND_US);
}

/* RFC 9293 MUST-18, MUST-19 (RFC 6298 5.5): 210 ms, doubled each time: sent at 0, 210, 630, 1470
 * ms. */
static void established_rto_backs_off(void **state)
{
    struct fixture *f = *state;
    static const uint64_t at_ms[] = {0, 210, 630, 1470, 3150};
    fixture_start_established(f);
    uint64_t start_us = f->now_us;
    fixture_send(f, 100);
    fixture_pass(f, 3200 * MS);
    assert_int_equal(f->sent_count, ARRAY_COUNT(at_ms));
    for (uint32_t i = 0; i < f->sent_count; i++) {
        assert_int_equal(sent_ms(f, i, start_us), at_ms[i]);
        assert_int_equal(fixture_sent(f, i)->seq, 1);
        assert_int_equal(fixture_sent(f, i)->len, 100);
    }
    assert_int_equal(fixture_events(f, TCP_EVENT_TIMEOUT), 4);
}

/* RFC 6298 5.2, 5.3: an ACK of all stops the timer, an ACK of a part starts it afresh. */
static void established_ack_restarts_or_stops_rto(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 1460);
    fixture_send(f, 1460);
    fixture_pass(f, 10 * MS);
    fixture_ack(f, 1, 1461, 65535);
    uint64_t rto_us = tcp_rtt_rto_us(&f->conn->rtt, 120 * SECOND_US);
    assert_int_equal(f->conn->deadline_us[TCP_TIMER_RETRANSMIT], f->now_us + rto_us);
    fixture_ack(f, 1, 2921, 65535);
    assert_true(f->conn->deadline_us[TCP_TIMER_RETRANSMIT] == TIME_NEVER);
    fixture_clear(f);
    fixture_pass(f, 10 * SECOND_US);
    assert_int_equal(f->sent_count, 0);
}

/*
 * RFC 9293 MUST-18, Karn's rule whole (RFC 6298 5): the ACK of a retransmitted segment is no
 * sample, so the time-out stays backed off, 420 ms here, until data that was sent once is
 * acknowledged.
 */
static void established_backoff_lasts_until_a_sample(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    fixture_pass(f, RTO_US); /* retransmitted; the next time-out would be 420 ms later */
    fixture_pass(f, 10 * MS);
    fixture_ack(f, 1, 101, 65535);
    fixture_send(f, 100);
    assert_int_equal(f->conn->deadline_us[TCP_TIMER_RETRANSMIT], f->now_us + 2 * RTO_US);
    fixture_pass(f, 10 * MS);
    fixture_ack(f, 1, 201, 65535);
    fixture_send(f, 100);
    assert_true(f->conn->deadline_us[TCP_TIMER_RETRANSMIT] < f->now_us + 2 * RTO_US);
}

/*
 * RFC 9293 MUST-20, SHLD-9, SHLD-10, SHLD-11: at the third time-out R1 is reported, the connection
 * stays; R2 is 924.6 s. The waits are 0.21 (2^n - 1) up to 214.83 s (n = 10), then 120 s each:
 * 334.83, 454.83, 574.83, 694.83, 814.83 and 934.83 s, which is the first beyond R2.
 */
static void established_r1_then_r2(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    fixture_pass(f, 630 * MS);
    assert_int_equal(fixture_events(f, TCP_EVENT_SOFT_ERROR), 0);
    fixture_pass(f, 840 * MS);
    assert_int_equal(fixture_events(f, TCP_EVENT_SOFT_ERROR), 1);
    fixture_pass(f, 934830 * MS - 1470 * MS - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(f->sent_count, 1 + 15);
    assert_int_equal(fixture_events(f, TCP_EVENT_SOFT_ERROR), 1);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* R2 counts from the last progress: a trickle of ACKs keeps the connection. */
static void established_progress_starts_r2_anew(void **state)
{
    struct fixture *f = *state;
    f->config.r2_retries = 3; /* 0.2 + 0.4 + 0.8 + 1.6 = 3 s; the time-out at 3.15 s ends it */
    fixture_start_established(f);
    fixture_send(f, 200);
    fixture_pass(f, 3 * SECOND_US);
    fixture_ack(f, 1, 101, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 2900 * MS);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 4 * SECOND_US);
    assert_int_equal(f->conn->state, TCP_CLOSED);
}

/* A low floor of the RTO makes no short patience: 15 retries are at least 100 s (RFC 9293 SHLD-11).
 */
static void established_r2_does_not_follow_a_low_rto_floor(void **state)
{
    struct fixture *f = *state;
    f->config.rto_us_min = 100;
    fixture_start_established(f);
    fixture_send(f, 100);
    fixture_pass(f, 100 * SECOND_US);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
}

/* RFC 9293 MUST-21: the user timeout ends it exactly when it is over, between two time-outs. */
static void established_user_timeout(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_user_timeout(f->conn, 1000, f->now_us);
    fixture_pass(f, 3600 * SECOND_US); /* idle time does not count */
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_send(f, 100);
    fixture_pass(f, 1000 * MS - 1);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

static void soft_icmp(struct fixture *f)
{
    struct tcp_icmp icmp = {.tuple = f->conn->entry.tuple,
                            .seq = f->conn->snd.una,
                            .kind = TCP_ICMP_SOFT,
                            .error = EHOSTUNREACH};
    assert_true(tcp_host_icmp(&f->host, &icmp, f->now_us));
}

/* RFC 9293 MUST-47, MUST-56, SHLD-25: a soft error ends nothing, but names the time-out. */
static void established_soft_error_names_the_timeout(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_user_timeout(f->conn, 1000, f->now_us);
    fixture_send(f, 100);
    soft_icmp(f);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_events(f, TCP_EVENT_SOFT_ERROR), 1);
    fixture_pass(f, SECOND_US);
    assert_int_equal(tcp_take_error(f->conn), EHOSTUNREACH);
}

/* A soft error is over when the peer is heard again: what happens later is not its fault. */
static void established_soft_error_is_forgotten_with_progress(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_user_timeout(f->conn, 1000, f->now_us);
    fixture_send(f, 100);
    soft_icmp(f);
    fixture_ack(f, 1, 101, 65535);
    fixture_send(f, 100);
    fixture_pass(f, SECOND_US);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* A FIN alone comes again as it was: PSH is for data. */
static void fin_wait_1_fin_comes_again(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    fixture_pass(f, 3000 * MS);
    assert_true(f->sent_count >= 2);
    assert_int_equal(fixture_sent(f, 0)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
    assert_int_equal(fixture_sent(f, 1)->repr.flags, TCP_FLAG_FIN | TCP_FLAG_ACK);
}

/*
 * Nobody holds the connection any more: 8 retransmissions, patience 102.2 s. Time-outs are at
 * 0.21 (2^n - 1): the ninth, at 107.31 s, is the first beyond.
 */
static void fin_wait_1_orphan_gives_up_early(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    tcp_close(f->conn, f->now_us);
    f->conn = NULL;
    fixture_pass(f, 107310 * MS - 1);
    assert_int_equal(f->host.conns.in_use, 1);
    fixture_pass(f, 1);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* RFC 9293 3.6: FIN-WAIT-2 waits for ever for an application, 60 s after it has closed. */
static void fin_wait_2_orphan_lingers(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_to_state(f, TCP_FIN_WAIT_2);
    fixture_pass(f, 3600 * SECOND_US);
    assert_int_equal(f->conn->state, TCP_FIN_WAIT_2);
    tcp_close(f->conn, f->now_us);
    fixture_pass(f, 60 * SECOND_US - 1);
    assert_int_equal(f->host.conns.in_use, 1);
    fixture_pass(f, 1);
    assert_int_equal(f->host.conns.in_use, 0);
}

/* Times are those of the deadlines, however late the owner comes: two time-outs, 210 and 630 ms. */
static void established_late_owner_does_not_stretch_backoff(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    uint64_t start_us = f->now_us;
    fixture_send(f, 100);
    fixture_clear(f);
    fixture_pass(f, 700 * MS);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(sent_ms(f, 0, start_us), 210);
    assert_int_equal(sent_ms(f, 1, start_us), 630);
}

/* RFC 9293 MUST-40, SHLD-18: one small segment is acknowledged 40 ms after it came. */
static void established_delayed_ack(void **state)
{
    struct fixture *f = *state;
    f->config.quick_acks = 0;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 100, 65535);
    assert_int_equal(f->sent_count, 0);
    pass_to_deadline(f, 40 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 101);
    fixture_pass(f, SECOND_US);
    assert_int_equal(f->sent_count, 1);
}

/* The delay counts from the first segment that is owed an ACK, not from the last. (Pushed: two
 * segments alike in the middle of a stream would count as full ones.) */
static void established_delayed_ack_is_not_put_off(void **state)
{
    struct fixture *f = *state;
    f->config.quick_acks = 0;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_PSH, 1, 1, 100, 65535);
    fixture_pass(f, 30 * MS);
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_PSH, 101, 1, 100, 65535);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 10 * MS);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 201);
}

/* RFC 9293 MUST-25: by default no keepalive, however long it is quiet. */
static void established_keepalive_is_off_by_default(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_pass(f, 7 * 86400 * SECOND_US);
    assert_int_equal(f->sent_count, 0);
    assert_true(fixture_deadline(f) == TIME_NEVER);
}

/*
 * RFC 9293 MUST-24, MUST-27, MUST-29, SHLD-12, MAY-5: probes after 10 s of silence, then every 2 s;
 * 3 of them, then RST and ETIMEDOUT at 10 + 3 * 2 = 16 s. A probe is empty and one below snd.nxt.
 */
static void established_keepalive_probes_and_gives_up(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    uint64_t start_us = f->now_us;
    tcp_set_keepalive_times(f->conn, 10000, 2000, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_pass(f, 16 * SECOND_US - 1);
    assert_int_equal(f->sent_count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(sent_ms(f, i, start_us), 10000 + 2000 * i);
        assert_int_equal(fixture_sent(f, i)->seq, 0); /* snd.nxt is 1 */
        assert_int_equal(fixture_sent(f, i)->len, 0);
        assert_int_equal(fixture_sent(f, i)->repr.flags, TCP_FLAG_ACK);
    }
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_RST) != 0);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
}

/* An answer starts the idle time afresh: the next probe is 10 s after it. */
static void established_keepalive_answered(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_keepalive_times(f->conn, 10000, 2000, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    for (int i = 0; i < 10; i++) {
        fixture_clear(f);
        fixture_pass(f, 13 * SECOND_US); /* probes at 10 and 12 s */
        assert_int_equal(f->sent_count, 2);
        fixture_ack(f, 1, 1, 65535);
        assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    }
}

/* RFC 9293 MUST-26: not while data is in flight; the retransmission timer is in charge then. */
static void established_keepalive_not_with_data_in_flight(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_keepalive_times(f->conn, 1000, 1000, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_send(f, 100);
    fixture_pass(f, 30 * SECOND_US);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 0);
    fixture_ack(f, 1, 101, 65535);
    fixture_pass(f, SECOND_US);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 1);
}

/* RFC 9293 MUST-28: switched on without more, the first probe is two hours away. */
static void established_keepalive_default_idle(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_pass(f, 7200 * SECOND_US - 1);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 1);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 1);
}

/* Switched on during the handshake, with less patience than the SYN's timer has. */
static void syn_sent_keepalive_waits_for_established(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    tcp_set_keepalive_times(f->conn, 100, 100, 3, f->now_us);
    tcp_set_keepalive(f->conn, true, f->now_us);
    fixture_check_plan(f);
    fixture_pass(f, 500 * MS);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 0);
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    fixture_pass(f, 100 * MS);
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 1);
}

/* The answer to a SYN whose answer was lost leaves 3 s for data (RFC 6298 5.7). */
static void established_rto_after_lost_syn(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_pass(f, 1200 * MS);
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    fixture_send(f, 100);
    assert_int_equal(f->conn->deadline_us[TCP_TIMER_RETRANSMIT], f->now_us + 3 * SECOND_US);
}

/*
 * RFC 9293 MUST-20: R2 counts retransmissions. As a time it must not run out before the first one:
 * RTT 900 ms gives RTO = 900 + 4 * 450 = 2.7 s, and one retry from 200 ms on is 600 ms.
 */
static void established_long_rto_is_no_end_without_a_retransmission(void **state)
{
    struct fixture *f = *state;
    f->config.r2_retries = 1;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_pass(f, 900 * MS);
    f->options = (struct tcp_options){.mss = 1460};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK, 0, 1, 0, 65535);
    fixture_send(f, 100);
    fixture_clear(f);
    fixture_pass(f, 2700 * MS);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_last(f)->seq, 1);
    assert_int_equal(fixture_last(f)->len, 100);
    fixture_pass(f, 5400 * MS);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
    tcp_close(f->conn, f->now_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_long_rto_is_no_end_without_a_retransmission),
        FIXTURE_TEST(syn_sent_silence_until_timeout),
        FIXTURE_TEST(syn_sent_count_and_first_wait_are_configurable),
        FIXTURE_TEST(syn_received_silence_until_timeout),
        FIXTURE_TEST(syn_sent_user_timeout),
        cmocka_unit_test(retries_as_time),
        FIXTURE_TEST(established_rto_backs_off),
        FIXTURE_TEST(established_ack_restarts_or_stops_rto),
        FIXTURE_TEST(established_backoff_lasts_until_a_sample),
        FIXTURE_TEST(established_r1_then_r2),
        FIXTURE_TEST(established_progress_starts_r2_anew),
        FIXTURE_TEST(established_r2_does_not_follow_a_low_rto_floor),
        FIXTURE_TEST(established_user_timeout),
        FIXTURE_TEST(established_soft_error_names_the_timeout),
        FIXTURE_TEST(established_soft_error_is_forgotten_with_progress),
        FIXTURE_TEST(fin_wait_1_fin_comes_again),
        FIXTURE_TEST(fin_wait_1_orphan_gives_up_early),
        FIXTURE_TEST(fin_wait_2_orphan_lingers),
        FIXTURE_TEST(established_late_owner_does_not_stretch_backoff),
        FIXTURE_TEST(established_delayed_ack),
        FIXTURE_TEST(established_delayed_ack_is_not_put_off),
        FIXTURE_TEST(established_keepalive_is_off_by_default),
        FIXTURE_TEST(established_keepalive_probes_and_gives_up),
        FIXTURE_TEST(established_keepalive_answered),
        FIXTURE_TEST(established_keepalive_not_with_data_in_flight),
        FIXTURE_TEST(established_keepalive_default_idle),
        FIXTURE_TEST(syn_sent_keepalive_waits_for_established),
        FIXTURE_TEST(established_rto_after_lost_syn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
