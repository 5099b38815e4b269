/*
 * Reno: doubling, then a segment per round trip, halving; nothing while cwnd is not the limit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tcp/tcp_cc.h"

#define MSS 1000u

static void reno(struct cc *cc, uint32_t cwnd)
{
    *cc = (struct cc){.ops = &cc_reno};
    cc->ops->init(cc, MSS, cwnd);
}

static void ack(struct cc *cc, uint32_t bytes, bool is_limited)
{
    const struct cc_ack a = {.bytes_acked = bytes, .is_cwnd_limited = is_limited};
    cc->ops->on_ack(cc, &a);
}

static void lose(struct cc *cc, uint32_t flight, bool is_timeout, bool is_repeated)
{
    const struct cc_loss loss = {
        .bytes_in_flight = flight, .is_timeout = is_timeout, .is_repeated = is_repeated};
    cc->ops->on_loss(cc, &loss);
}

/* RFC 9293 MUST-19: slow start and congestion avoidance. */
static void test_rfc9293_MUST_19_slow_start_doubles_avoidance_adds_one(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 10 * MSS);
    for (int n = 0; n < 10; n++) ack(&cc, MSS, true);
    assert_int_equal(cc.cwnd_bytes, 20 * MSS);
    lose(&cc, 20 * MSS, false, false);
    assert_int_equal(cc.cwnd_bytes, 10 * MSS);
    for (uint32_t round = 1; round <= 5; round++) {
        for (uint32_t n = 0; n < 9 + round; n++) ack(&cc, MSS, true);
        assert_int_equal(cc.cwnd_bytes, (10 + round) * MSS);
    }
}

static void test_divided_acks_gain_nothing(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 10 * MSS);
    lose(&cc, 10 * MSS, false, false);
    for (int n = 0; n < 5000; n++) ack(&cc, 1, true);
    assert_int_equal(cc.cwnd_bytes, 6 * MSS);
}

static void test_no_growth_when_not_cwnd_limited(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 10 * MSS);
    for (int n = 0; n < 100; n++) ack(&cc, MSS, false);
    assert_int_equal(cc.cwnd_bytes, 10 * MSS);
    lose(&cc, 10 * MSS, false, false);
    for (int n = 0; n < 100; n++) ack(&cc, MSS, false);
    assert_int_equal(cc.cwnd_bytes, 5 * MSS);
}

static void test_timeout_leaves_one_segment_and_repeated_ones_keep_ssthresh(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 40 * MSS);
    const struct cc before = cc;
    lose(&cc, 40 * MSS, true, false);
    assert_int_equal(cc.cwnd_bytes, MSS);
    assert_int_equal(cc.ssthresh_bytes, 20 * MSS);
    lose(&cc, MSS, true, true);
    lose(&cc, MSS, true, true);
    assert_int_equal(cc.ssthresh_bytes, 20 * MSS);
    cc.ops->on_spurious_loss(&cc, &before);
    assert_int_equal(cc.cwnd_bytes, 40 * MSS);
    assert_int_equal(cc.ssthresh_bytes, CC_SSTHRESH_INFINITE);
}

static void test_flight_counts_not_an_unused_window(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 40 * MSS);
    lose(&cc, 8 * MSS, false, false);
    assert_int_equal(cc.ssthresh_bytes, 4 * MSS);
}

static void test_idle_and_segment_size_reach_the_window(void **state)
{
    (void)state;
    struct cc cc;
    reno(&cc, 40 * MSS);
    cc.ops->on_idle(&cc, 150, 100, 10 * MSS);
    assert_int_equal(cc.cwnd_bytes, 20 * MSS);
    cc.ops->on_mss(&cc, 2 * MSS);
    assert_int_equal(cc.mss_bytes, 2 * MSS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc9293_MUST_19_slow_start_doubles_avoidance_adds_one),
        cmocka_unit_test(test_divided_acks_gain_nothing),
        cmocka_unit_test(test_no_growth_when_not_cwnd_limited),
        cmocka_unit_test(test_timeout_leaves_one_segment_and_repeated_ones_keep_ssthresh),
        cmocka_unit_test(test_flight_counts_not_an_unused_window),
        cmocka_unit_test(test_idle_and_segment_size_reach_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
