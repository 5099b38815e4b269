/*
 * Loss recovery, ACK by ACK: what is taken for lost, what may leave, when an episode begins and
 * ends, and what is taken back. Invariants are checked after every call.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sender_fixture.h"
#include "tcp/tcp_event.h"

#define MSS SENDER_MSS

static const struct sender_setup with_sack = {.sack = true};
static const struct sender_setup plain = {.sack = false};

/* A full window of ten segments, 10 ms old. */
static void in_flight(struct sender *s, const struct sender_setup *setup)
{
    sender_init(s, setup);
    assert_int_equal(sender_fill(s), setup->cwnd_segments != 0 ? setup->cwnd_segments : 10);
    s->now_us += 10000;
}

static uint32_t pipe(const struct sender *s) { return tcp_recovery_in_flight(&s->conn); }

/* The fast path. */

static void test_ack_without_loss_grows_the_window_and_samples_rtt(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &plain);
    sender_ack(&s, 2 * MSS);
    assert_int_equal(s.conn.cc.cwnd_bytes, 12 * MSS);
    assert_int_equal(tcp_rtt_srtt_us(&s.conn.rtt), 10000);
    assert_int_equal(pipe(&s), 8 * MSS);
    assert_int_equal(sender_fill(&s), 4);
    sender_ack(&s, 14 * MSS);
    assert_int_equal(pipe(&s), 0);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    sender_deinit(&s);
}

/* Pitfall 10: cwnd growth when not cwnd-limited. */
static void test_no_growth_when_not_cwnd_limited(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &plain);
    for (uint32_t n = 1; n <= 50; n++) {
        sender_send(&s, MSS);
        s.conn.flags.cwnd_limited = false;
        s.now_us += 10000;
        sender_ack(&s, n * MSS);
    }
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    sender_deinit(&s);
}

/* Fast retransmit with SACK. */

static void test_sack_of_three_segments_marks_what_is_below_lost(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, 2 * MSS, 3 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_DISORDER);
    sender_sack(&s, 0, 2 * MSS, 4 * MSS); /* two segments are not more than two */
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_DISORDER);
    sender_sack(&s, 0, 2 * MSS, 5 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.tx.sent.lost, 2 * MSS);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 5 * MSS);
    assert_int_equal(sender_retransmit(&s, 1), 0);
    assert_int_equal(s.cause, TCP_RETRANSMIT_SACK);
    assert_int_equal(s.events[TCP_EVENT_RECOVERY_BEGIN], 1);
    sender_deinit(&s);
}

static void test_three_runs_of_small_segments_mark_lost_too(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &with_sack);
    for (int n = 0; n < 10; n++, s.now_us++) sender_send(&s, 100);
    sender_sack(&s, 0, 200, 300);
    sender_take(&s, &(struct sender_ack){.sack_count = 2, .sack = {{400, 500}, {200, 300}}});
    assert_int_equal(s.tx.sent.lost, 0);
    sender_take(&s, &(struct sender_ack){.sack_count = 2, .sack = {{600, 700}, {400, 500}}});
    assert_int_equal(s.tx.sent.lost, 200);
    sender_deinit(&s);
}

static void test_three_duplicate_acks_with_too_little_sacked_mean_the_first(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &with_sack);
    for (int n = 0; n < 10; n++, s.now_us++) sender_send(&s, 100);
    for (uint32_t n = 2; n < 5; n++) sender_sack(&s, 0, 100, n * 100);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.tx.sent.lost, 100);
    sender_deinit(&s);
}

static void test_limited_transmit_sends_new_data_on_the_first_two(void **state)
{
    (void)state;
    static const struct sender_setup *const setups[] = {&plain, &with_sack};
    for (int i = 0; i < 2; i++) {
        struct sender s;
        in_flight(&s, setups[i]);
        sender_sack(&s, 0, MSS, 2 * MSS);
        assert_int_equal(sender_fill(&s), 1);
        sender_sack(&s, 0, MSS, 3 * MSS);
        assert_int_equal(sender_fill(&s), 1);
        assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
        sender_sack(&s, 0, MSS, 4 * MSS);
        assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
        assert_int_equal(sender_retransmit(&s, 9), 0);
        sender_deinit(&s);
    }
}

/* One loss of twenty: PRR brings the flight down to half, and the end finds cwnd at ssthresh. */
static void test_one_loss_costs_one_reduction_and_no_silence(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .cwnd_segments = 20});
    uint32_t sent = 0;
    for (uint32_t n = 2; n <= 20; n++) {
        sender_sack(&s, 0, MSS, n * MSS);
        sent += sender_retransmit(&s, 9) != UINT32_MAX ? 1 : 0;
        sent += sender_fill(&s);
    }
    assert_in_range(sent, 10, 13);
    assert_in_range(pipe(&s), 9 * MSS, 10 * MSS);
    assert_int_equal(s.conn.stats.retransmits, 1);
    sender_ack(&s, 22 * MSS); /* limited transmit's two belong to the episode */
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 10 * MSS);
    assert_int_equal(s.host.counters.fast_recoveries, 1);
    assert_int_equal(s.events[TCP_EVENT_RECOVERY_END], 1);
    sender_deinit(&s);
}

static void test_partial_ack_with_sack_repairs_the_next_hole(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    /* 0 and 6 are lost; only 7 to 9 could tell of 6, and 8 and 9 are lost too */
    sender_sack(&s, 0, MSS, 6 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 0);
    sender_take(&s, &(struct sender_ack){.sack_count = 1, .sack = {{7 * MSS, 8 * MSS}}});
    assert_int_equal(s.tx.sent.lost, MSS);
    sender_sack(&s, 6 * MSS, 7 * MSS, 8 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(sender_retransmit(&s, 9), 6 * MSS);
    assert_int_equal(s.cause, TCP_RETRANSMIT_PARTIAL_ACK);
    sender_ack(&s, 8 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 8 * MSS);
    sender_deinit(&s);
}

/* Pitfall 10: recovery ended on residual SACKs. */
static void test_sacks_above_do_not_end_recovery_and_its_end_does_not_wait_for_them(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    for (uint32_t n = 2; n <= 10; n++) { /* 0 is lost, the rest SACKed, more is sent */
        sender_sack(&s, 0, MSS, n * MSS);
        (void)sender_retransmit(&s, 9);
        (void)sender_fill(&s);
    }
    const uint32_t nxt = sender_nxt(&s);
    assert_true(nxt >= 12 * MSS);
    /* a partial ACK, everything above SACKed: still recovering */
    sender_sack(&s, 5 * MSS, 6 * MSS, nxt);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    /* all of the episode acknowledged, with a hole and SACKs above: it is over, the window is what
     * it came to, and what remains SACKed is remembered */
    (void)sender_fill(&s);
    const uint32_t recover = tcp_seq_diff(s.tx.recovery.recover, tcp_seq_of(SENDER_BASE));
    sender_ack(&s, recover);
    assert_int_not_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.conn.cc.cwnd_bytes, s.conn.cc.ssthresh_bytes);
    sender_deinit(&s);
}

static void test_a_loss_after_the_episode_is_a_new_one(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .cwnd_segments = 40});
    sender_sack(&s, 0, MSS, 5 * MSS);
    (void)sender_retransmit(&s, 9);
    for (uint32_t n = 6; n <= 40; n++) {
        sender_sack(&s, 0, MSS, n * MSS);
        (void)sender_fill(&s);
    }
    assert_int_equal(s.conn.cc.ssthresh_bytes, 20 * MSS);
    /* of what was sent meanwhile the first is lost: SACKs show it while the first episode lasts */
    sender_take(
        &s, &(struct sender_ack){.sack_count = 2, .sack = {{41 * MSS, 45 * MSS}, {MSS, 40 * MSS}}});
    assert_int_equal(s.host.counters.fast_recoveries, 1);
    sender_sack(&s, 40 * MSS, 41 * MSS, 46 * MSS);
    assert_int_equal(s.host.counters.fast_recoveries, 2);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_true(s.conn.cc.ssthresh_bytes <= 10 * MSS);
    sender_deinit(&s);
}

static void test_super_segment_is_split_only_where_it_is_lost(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &(struct sender_setup){.sack = true, .cwnd_segments = 100});
    sender_send(&s, 44 * MSS);
    s.now_us += 10000;
    sender_sack(&s, 0, 10 * MSS, 44 * MSS);
    assert_int_equal(s.tx.sent.lost, 10 * MSS);
    assert_int_equal(s.tx.sent.records, 2);
    sender_deinit(&s);

    sender_init(&s, &(struct sender_setup){.cwnd_segments = 100});
    sender_send(&s, 44 * MSS);
    for (int n = 0; n < 3; n++) sender_ack(&s, 0);
    assert_int_equal(s.tx.sent.lost, MSS); /* without SACK the first segment of the wire only */
    assert_int_equal(s.tx.sent.records, 2);
    sender_deinit(&s);
}

/* Without SACK: NewReno. */

static void test_newreno_repairs_a_hole_per_partial_ack(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &plain); /* 0, 3 and 6 are lost */
    for (int n = 0; n < 3; n++) sender_ack(&s, 0);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(sender_retransmit(&s, 9), 0);
    assert_int_equal(s.cause, TCP_RETRANSMIT_FAST);
    for (int n = 0; n < 4; n++) sender_ack(&s, 0);
    assert_int_equal(sender_retransmit(&s, 9), UINT32_MAX);
    sender_ack(&s, 3 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 3 * MSS);
    assert_int_equal(s.cause, TCP_RETRANSMIT_PARTIAL_ACK);
    sender_ack(&s, 6 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 6 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    sender_ack(&s, sender_nxt(&s));
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_int_equal(s.conn.cc.cwnd_bytes, 5 * MSS);
    assert_int_equal(s.host.counters.fast_recoveries, 1);
    sender_deinit(&s);
}

static void test_newreno_ignores_duplicate_acks_of_its_own_retransmissions(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &plain);
    sender_time_out(&s);
    for (uint32_t una = 0; una < 10 * MSS; una += MSS) {
        (void)sender_retransmit(&s, 9);
        sender_ack(&s, una + MSS); /* all had arrived; some are now sent a second time */
    }
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    (void)sender_fill(&s);
    for (int n = 0; n < 5; n++) sender_ack(&s, 10 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    sender_ack(&s, 11 * MSS); /* beyond what was in flight then: they count again */
    for (int n = 0; n < 3; n++) sender_ack(&s, 11 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    sender_deinit(&s);
}

static void test_made_up_duplicate_acks_open_nothing(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &plain);
    uint32_t sent = 0;
    for (int n = 0; n < 1000; n++) {
        sender_ack(&s, 0);
        (void)sender_retransmit(&s, 9);
        sent += sender_fill(&s);
    }
    assert_true(sent <= 12);
    sender_deinit(&s);
}

/* RTT. */

static void test_rfc9293_MUST_18_no_sample_from_what_was_retransmitted(void **state)
{
    (void)state; /* RFC 9293 MUST-18 */
    struct sender s;
    in_flight(&s, &plain);
    for (int n = 0; n < 3; n++) sender_ack(&s, 0);
    (void)sender_retransmit(&s, 9);
    s.now_us += 500000;
    sender_ack(&s, 10 * MSS); /* the nine behind waited for the first: no measure of the path */
    assert_int_equal(tcp_rtt_srtt_us(&s.conn.rtt), 0);
    sender_deinit(&s);
}

static void test_time_stamps_measure_retransmissions(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.timestamps = true});
    sender_time_out(&s);
    (void)sender_retransmit(&s, 9);
    const uint32_t ts = sender_ts(&s);
    s.now_us += 30000;
    sender_take(&s, &(struct sender_ack){.una = MSS, .ts_ecr = ts});
    assert_int_equal(tcp_rtt_srtt_us(&s.conn.rtt), 30000);
    assert_int_equal(s.conn.rtt.backoff, 0);
    sender_deinit(&s);
}

static void test_sack_gives_a_sample_while_the_front_is_missing(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, MSS, 2 * MSS);
    assert_int_equal(tcp_rtt_srtt_us(&s.conn.rtt), 10000);
    sender_deinit(&s);
}

/* Time-outs. */

static void test_timeout_sends_the_head_and_slow_starts(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_time_out(&s);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_LOSS);
    assert_int_equal(pipe(&s), 0);
    assert_int_equal(s.conn.cc.cwnd_bytes, MSS);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 5 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 0);
    assert_int_equal(pipe(&s), MSS);
    assert_int_equal(s.cause, TCP_RETRANSMIT_TIMEOUT);
    sender_ack(&s, MSS);
    assert_int_equal(s.conn.cc.cwnd_bytes, 2 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), MSS);
    assert_int_equal(pipe(&s), 2 * MSS);
    sender_ack(&s, 10 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_true(s.conn.cc.cwnd_bytes > 2 * MSS); /* slow start goes on through the end */
    sender_deinit(&s);
}

/* Pitfall 10: ssthresh reduced on every RTO. */
static void test_repeated_timeouts_reduce_ssthresh_once(void **state)
{
    (void)state;
    static const struct cc_ops *const algorithms[] = {&cc_reno, &cc_cubic};
    for (int i = 0; i < 2; i++) {
        struct sender s;
        in_flight(&s, &(struct sender_setup){.sack = true, .cc = algorithms[i]});
        sender_time_out(&s);
        const uint32_t ssthresh = s.conn.cc.ssthresh_bytes;
        assert_true(ssthresh >= 5 * MSS);
        for (int n = 0; n < 6; n++) {
            (void)sender_retransmit(&s, 9);
            s.now_us += 1000000;
            sender_time_out(&s);
            assert_int_equal(s.conn.cc.ssthresh_bytes, ssthresh);
            assert_int_equal(s.conn.cc.cwnd_bytes, MSS);
        }
        sender_deinit(&s);
    }
}

/* Pitfall 10: flight accounting on repeated RTO. */
static void test_repeated_timeouts_count_the_flight_once(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, 4 * MSS, 6 * MSS);
    for (int n = 0; n < 5; n++) {
        sender_time_out(&s);
        assert_int_equal(pipe(&s), 0);
        assert_int_equal(s.tx.sent.sacked, 2 * MSS);
        assert_int_equal(s.tx.sent.lost, 8 * MSS);
        assert_int_equal(s.tx.sent.retransmitted, 0);
        assert_int_equal(tcp_recovery_room_bytes(&s.conn), MSS);
        assert_int_equal(sender_retransmit(&s, 9), 0);
        assert_int_equal(pipe(&s), MSS);
        assert_int_equal(s.cause_count, n + 1);
    }
    sender_sack(&s, MSS, 4 * MSS, 6 * MSS);
    assert_int_equal(pipe(&s), 0);
    assert_int_equal(s.tx.sent.lost, 7 * MSS);
    sender_deinit(&s);
}

static void test_timeout_in_fast_recovery_keeps_its_ssthresh(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, MSS, 5 * MSS);
    (void)sender_retransmit(&s, 9);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 5 * MSS);
    sender_time_out(&s);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 5 * MSS);
    assert_int_equal(s.conn.cc.cwnd_bytes, MSS);
    sender_deinit(&s);
}

/* RFC 5681 3.1: a segment that no time-out had resent yet is another loss. */
static void test_timeout_after_progress_reduces_again(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_time_out(&s);
    (void)sender_retransmit(&s, 9);
    sender_ack(&s, MSS);
    (void)sender_retransmit(&s, 9);
    sender_time_out(&s);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 2 * MSS);
    sender_deinit(&s);
}

static void test_timeout_keeps_the_scoreboard_unless_the_peer_reneged(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, 2 * MSS, 4 * MSS);
    sender_time_out(&s);
    assert_int_equal(s.tx.sent.sacked, 2 * MSS);
    sender_ack(&s, 2 * MSS); /* and not what it SACKed: it has thrown that away */
    sender_time_out(&s);
    assert_int_equal(s.tx.sent.sacked, 0);
    assert_int_equal(s.tx.sent.lost, 8 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 2 * MSS);
    sender_deinit(&s);
}

static void test_one_ack_of_a_window_after_a_timeout_without_sack_is_no_burst(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.cwnd_segments = 40});
    sender_time_out(&s);
    (void)sender_retransmit(&s, 9);
    sender_ack(&s, 39 * MSS);
    assert_int_equal(s.conn.cc.cwnd_bytes, 2 * MSS);
    sender_deinit(&s);
}

/* Undo. */

/* Pitfall 2: Eifel detection with its response. */
static void test_eifel_after_a_timeout_restores_everything(void **state)
{
    (void)state;
    static const struct cc_ops *const algorithms[] = {&cc_reno, &cc_cubic};
    for (int i = 0; i < 2; i++) {
        struct sender s;
        in_flight(&s,
                  &(struct sender_setup){.timestamps = true, .sack = i == 0, .cc = algorithms[i]});
        const uint32_t ts = sender_ts(&s) - 10;
        s.now_us += 1000000;
        sender_time_out(&s);
        (void)sender_retransmit(&s, 9);
        s.now_us += 5000;
        sender_take(&s, &(struct sender_ack){.una = MSS, .ts_ecr = ts});
        assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
        assert_int_equal(s.tx.sent.lost, 0);
        assert_in_range(s.conn.cc.cwnd_bytes, 10 * MSS, 11 * MSS);
        assert_int_equal(s.conn.cc.ssthresh_bytes, CC_SSTHRESH_INFINITE);
        assert_int_equal(pipe(&s), 9 * MSS);
        assert_int_equal(s.conn.rtt.backoff, 0);
        assert_int_equal(s.host.counters.spurious, 1);
        assert_int_equal(s.events[TCP_EVENT_SPURIOUS], 1);
        sender_deinit(&s);
    }
}

static void test_eifel_in_fast_recovery_restores_and_raises_the_threshold(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.timestamps = true, .sack = true, .cwnd_segments = 40});
    const uint32_t ts = sender_ts(&s) - 10;
    for (uint32_t n = 2; n <= 5; n++)
        sender_take(&s,
                    &(struct sender_ack){.ts_ecr = ts, .sack_count = 1, .sack = {{MSS, n * MSS}}});
    (void)sender_retransmit(&s, 9);
    s.now_us += 1000;
    sender_take(&s, &(struct sender_ack){.una = 5 * MSS, .ts_ecr = ts});
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_true(s.conn.cc.cwnd_bytes >= 40 * MSS);
    /* the same again is not taken for a loss any more */
    for (uint32_t n = 7; n <= 10; n++)
        sender_take(
            &s, &(struct sender_ack){
                    .una = 5 * MSS, .ts_ecr = ts, .sack_count = 1, .sack = {{6 * MSS, n * MSS}}});
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_DISORDER);
    sender_deinit(&s);
}

static void test_echo_of_the_retransmission_undoes_nothing(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.timestamps = true, .sack = true});
    sender_time_out(&s);
    (void)sender_retransmit(&s, 9);
    const uint32_t ts = sender_ts(&s);
    s.now_us += 10000;
    sender_take(&s, &(struct sender_ack){.una = MSS, .ts_ecr = ts});
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_LOSS);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 5 * MSS);
    sender_deinit(&s);
}

/* One episode follows the other while retransmissions of the first are still under way: the ACKs of
 * those echo less than the first retransmission of the second. */
static void test_echo_of_the_last_episodes_retransmission_undoes_nothing(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.timestamps = true, .sack = true, .cwnd_segments = 20});
    const uint32_t first = sender_ts(&s) - 10;
    sender_take(&s,
                &(struct sender_ack){.ts_ecr = first, .sack_count = 1, .sack = {{MSS, 5 * MSS}}});
    assert_int_equal(sender_retransmit(&s, 9), 0);
    sender_send(&s, 5 * MSS); /* of which 20 will be lost */
    s.now_us += 10000;
    sender_take(&s, &(struct sender_ack){.ts_ecr = first,
                                         .sack_count = 2,
                                         .sack = {{21 * MSS, 25 * MSS}, {MSS, 20 * MSS}}});
    const uint32_t again = sender_ts(&s);
    assert_int_equal(sender_retransmit(&s, 9), 20 * MSS);
    sender_send(&s, 5 * MSS); /* of which 25 will be lost */
    s.now_us += 10000;
    sender_take(&s, &(struct sender_ack){.una = 20 * MSS,
                                         .ts_ecr = again - 10,
                                         .sack_count = 2,
                                         .sack = {{26 * MSS, 30 * MSS}, {21 * MSS, 25 * MSS}}});
    assert_int_equal(s.host.counters.fast_recoveries, 2);
    assert_int_equal(sender_retransmit(&s, 9), 25 * MSS);
    s.now_us += 10000;
    sender_take(
        &s, &(struct sender_ack){
                .una = 25 * MSS, .ts_ecr = again, .sack_count = 1, .sack = {{26 * MSS, 30 * MSS}}});
    assert_int_equal(s.host.counters.spurious, 0);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.tx.recovery.dup_thresh, TCP_RECOVERY_DUP_THRESH);
    sender_deinit(&s);
}

/* What follows the hole of the last episode was sent after its retransmission: it is under way. */
static void test_partial_ack_of_the_last_episodes_hole_means_no_other(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .cwnd_segments = 20});
    sender_sack(&s, 0, MSS, 5 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 0);
    sender_send(&s, 5 * MSS); /* of which 20 will be lost */
    s.now_us += 10000;
    sender_take(
        &s, &(struct sender_ack){.sack_count = 2, .sack = {{21 * MSS, 25 * MSS}, {MSS, 20 * MSS}}});
    assert_int_equal(sender_retransmit(&s, 9), 20 * MSS);
    s.now_us += 1000;
    sender_send(&s, 5 * MSS);
    s.now_us += 9000;
    sender_sack(&s, 20 * MSS, 21 * MSS, 25 * MSS);
    assert_int_equal(s.host.counters.fast_recoveries, 2);
    sender_ack(&s, 25 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.tx.sent.lost, 0);
    sender_ack(&s, 27 * MSS); /* nor does an ACK of what was sent once */
    assert_int_equal(s.tx.sent.lost, 0);
    sender_deinit(&s);
}

static void test_dsack_of_every_retransmission_undoes_after_the_end(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .cwnd_segments = 20});
    sender_sack(&s, 0, 2 * MSS, 6 * MSS); /* 0 and 1 are late */
    assert_int_equal(sender_retransmit(&s, 9), 0);
    assert_int_equal(s.conn.stats.retransmits, 2);
    (void)sender_fill(&s);
    sender_send(&s, MSS);
    const uint32_t recover = 20 * MSS; /* and a segment remains in flight */
    sender_ack(&s, recover);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    sender_sack(&s, recover, 0, MSS);
    assert_int_equal(s.host.counters.spurious, 0);
    sender_sack(&s, recover, MSS, 2 * MSS);
    assert_int_equal(s.host.counters.spurious, 1);
    assert_int_equal(s.conn.cc.cwnd_bytes, 20 * MSS);
    assert_int_equal(s.conn.cc.ssthresh_bytes, CC_SSTHRESH_INFINITE);
    sender_deinit(&s);
}

static void test_undo_is_forgotten_a_round_trip_after_the_end(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    sender_sack(&s, 0, MSS, 5 * MSS);
    (void)sender_retransmit(&s, 9);
    sender_ack(&s, 10 * MSS);
    assert_false(s.tx.recovery.can_undo); /* nothing in flight: nothing more will be heard */
    (void)sender_fill(&s);
    sender_sack(&s, 10 * MSS, 0, MSS);
    assert_int_equal(s.host.counters.spurious, 0);
    sender_deinit(&s);
}

/* ECN, MTU, window. */

static void test_ecn_reduces_once_a_window(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .ecn = true, .cwnd_segments = 20});
    for (uint32_t n = 1; n <= 19; n++) {
        tcp_recovery_on_ecn(&s.conn, s.now_us);
        sender_ack(&s, n * MSS);
        (void)sender_fill(&s);
    }
    assert_true(s.conn.flags.cwr_due);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 10 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_CWR);
    assert_in_range(pipe(&s), 9 * MSS, 11 * MSS);
    sender_ack(&s, 20 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    assert_int_equal(s.conn.stats.retransmits, 0);
    sender_deinit(&s);
}

static void test_loss_in_a_window_reduced_for_ecn_reduces_no_more(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &(struct sender_setup){.sack = true, .ecn = true, .cwnd_segments = 20});
    tcp_recovery_on_ecn(&s.conn, s.now_us);
    sender_ack(&s, MSS);
    sender_sack(&s, MSS, 2 * MSS, 6 * MSS);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_FAST);
    assert_int_equal(s.conn.cc.ssthresh_bytes, 10 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), MSS);
    sender_deinit(&s);
}

static void test_smaller_mtu_resends_what_was_larger_and_leaves_the_window(void **state)
{
    (void)state;
    struct sender s;
    in_flight(&s, &with_sack);
    s.now_us++;
    sender_send(&s, 300);
    s.conn.mss_bytes = 400;
    s.conn.cc.ops->on_mss(&s.conn.cc, 400);
    tcp_recovery_on_mtu(&s.conn);
    assert_int_equal(s.tx.sent.lost, 10 * MSS); /* the small one went through */
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    assert_int_equal(sender_retransmit(&s, 1), 0);
    assert_int_equal(s.cause, TCP_RETRANSMIT_PMTU);
    assert_int_equal(s.tx.sent.head->segment_bytes, 400);
    sender_ack(&s, sender_nxt(&s));
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    assert_true(s.conn.cc.cwnd_bytes >= 10 * MSS);
    assert_int_equal(s.host.counters.fast_recoveries, 0);
    sender_deinit(&s);
}

/* RFC 1191 6.4: only what was too big; the end of a super-segment was not. */
static void test_smaller_mtu_leaves_the_short_segment_of_a_record(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &with_sack);
    sender_send(&s, 2 * MSS + 300);
    s.conn.mss_bytes = 400;
    tcp_recovery_on_mtu(&s.conn);
    assert_int_equal(s.tx.sent.lost, 2 * MSS);
    assert_int_equal(pipe(&s), 300);
    sender_deinit(&s);
}

static void test_open_window_resends_the_probe_without_blame(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &with_sack);
    tcp_recovery_on_window_open(&s.conn);
    sender_send(&s, 1);
    tcp_recovery_on_window_open(&s.conn);
    assert_int_equal(s.conn.cc.cwnd_bytes, 10 * MSS);
    assert_int_equal(sender_retransmit(&s, 9), 0);
    assert_int_equal(s.cause, TCP_RETRANSMIT_WINDOW);
    sender_ack(&s, 1);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    sender_deinit(&s);
}

/* The FIN. */

static void test_fin_is_offered_with_its_payload_and_alone(void **state)
{
    (void)state;
    struct sender s;
    sender_init(&s, &with_sack);
    assert_true(
        tcp_sent_add(&s.tx.sent, &s.host.records, s.conn.snd.nxt, MSS + 1, MSS, true, s.now_us));
    s.conn.snd.nxt = tcp_seq_add(s.conn.snd.nxt, MSS + 1);
    sender_time_out(&s);
    tcp_seq seq;
    uint32_t len;
    bool has_fin;
    assert_true(tcp_recovery_next(&s.conn, MSS, &seq, &len, &has_fin));
    assert_true(has_fin && len == MSS + 1);
    assert_true(tcp_recovery_next(&s.conn, MSS - 1, &seq, &len, &has_fin));
    assert_true(!has_fin && len == MSS - 1);
    sender_ack(&s, MSS);
    assert_true(tcp_recovery_next(&s.conn, MSS, &seq, &len, &has_fin));
    assert_true(has_fin && len == 1);
    tcp_recovery_retransmitted(&s.conn, seq, len, s.now_us);
    sender_ack(&s, MSS + 1);
    assert_int_equal(s.tx.recovery.state, TCP_RECOVERY_OPEN);
    sender_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ack_without_loss_grows_the_window_and_samples_rtt),
        cmocka_unit_test(test_no_growth_when_not_cwnd_limited),
        cmocka_unit_test(test_sack_of_three_segments_marks_what_is_below_lost),
        cmocka_unit_test(test_three_runs_of_small_segments_mark_lost_too),
        cmocka_unit_test(test_three_duplicate_acks_with_too_little_sacked_mean_the_first),
        cmocka_unit_test(test_limited_transmit_sends_new_data_on_the_first_two),
        cmocka_unit_test(test_one_loss_costs_one_reduction_and_no_silence),
        cmocka_unit_test(test_partial_ack_with_sack_repairs_the_next_hole),
        cmocka_unit_test(test_sacks_above_do_not_end_recovery_and_its_end_does_not_wait_for_them),
        cmocka_unit_test(test_a_loss_after_the_episode_is_a_new_one),
        cmocka_unit_test(test_super_segment_is_split_only_where_it_is_lost),
        cmocka_unit_test(test_newreno_repairs_a_hole_per_partial_ack),
        cmocka_unit_test(test_newreno_ignores_duplicate_acks_of_its_own_retransmissions),
        cmocka_unit_test(test_made_up_duplicate_acks_open_nothing),
        cmocka_unit_test(test_rfc9293_MUST_18_no_sample_from_what_was_retransmitted),
        cmocka_unit_test(test_time_stamps_measure_retransmissions),
        cmocka_unit_test(test_sack_gives_a_sample_while_the_front_is_missing),
        cmocka_unit_test(test_timeout_sends_the_head_and_slow_starts),
        cmocka_unit_test(test_repeated_timeouts_reduce_ssthresh_once),
        cmocka_unit_test(test_repeated_timeouts_count_the_flight_once),
        cmocka_unit_test(test_timeout_in_fast_recovery_keeps_its_ssthresh),
        cmocka_unit_test(test_timeout_after_progress_reduces_again),
        cmocka_unit_test(test_timeout_keeps_the_scoreboard_unless_the_peer_reneged),
        cmocka_unit_test(test_one_ack_of_a_window_after_a_timeout_without_sack_is_no_burst),
        cmocka_unit_test(test_eifel_after_a_timeout_restores_everything),
        cmocka_unit_test(test_eifel_in_fast_recovery_restores_and_raises_the_threshold),
        cmocka_unit_test(test_echo_of_the_retransmission_undoes_nothing),
        cmocka_unit_test(test_echo_of_the_last_episodes_retransmission_undoes_nothing),
        cmocka_unit_test(test_partial_ack_of_the_last_episodes_hole_means_no_other),
        cmocka_unit_test(test_dsack_of_every_retransmission_undoes_after_the_end),
        cmocka_unit_test(test_undo_is_forgotten_a_round_trip_after_the_end),
        cmocka_unit_test(test_ecn_reduces_once_a_window),
        cmocka_unit_test(test_loss_in_a_window_reduced_for_ecn_reduces_no_more),
        cmocka_unit_test(test_smaller_mtu_resends_what_was_larger_and_leaves_the_window),
        cmocka_unit_test(test_smaller_mtu_leaves_the_short_segment_of_a_record),
        cmocka_unit_test(test_open_window_resends_the_probe_without_blame),
        cmocka_unit_test(test_fin_is_offered_with_its_payload_and_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
