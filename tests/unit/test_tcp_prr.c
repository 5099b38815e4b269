/*
 * Proportional rate reduction: the shares of RFC 9937, its bounds, and a whole reduction played.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tcp/tcp_prr.h"

#define MSS 1000u

static uint32_t on_ack(struct tcp_prr *prr, uint32_t delivered, uint32_t in_flight,
                       uint32_t ssthresh, bool is_safe)
{
    const struct tcp_prr_ack ack = {
        .delivered = delivered,
        .in_flight = in_flight,
        .ssthresh = ssthresh,
        .mss_bytes = MSS,
        .is_safe = is_safe,
    };
    return tcp_prr_on_ack(prr, &ack);
}

static void test_first_ack_always_lets_the_fast_retransmit_out(void **state)
{
    (void)state;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 100 * MSS);
    assert_int_equal(on_ack(&prr, 0, 98 * MSS, 70 * MSS, false), MSS);
    tcp_prr_on_sent(&prr, MSS);
    assert_int_equal(on_ack(&prr, MSS, 98 * MSS, 70 * MSS, false), 0);
}

static void test_above_ssthresh_sends_the_proportional_share(void **state)
{
    (void)state;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 100 * MSS);
    tcp_prr_on_sent(&prr, MSS);
    assert_int_equal(on_ack(&prr, 10 * MSS, 90 * MSS, 70 * MSS, false), 6 * MSS);
    tcp_prr_on_sent(&prr, 6 * MSS);
    assert_int_equal(on_ack(&prr, 1, 89 * MSS, 70 * MSS, false), 1); /* rounded up */
}

static void test_below_ssthresh_sends_what_was_delivered_and_one_more_when_safe(void **state)
{
    (void)state;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 100 * MSS);
    tcp_prr_on_sent(&prr, 5 * MSS);
    assert_int_equal(on_ack(&prr, 5 * MSS, 20 * MSS, 70 * MSS, false), 5 * MSS);
    tcp_prr_on_sent(&prr, 5 * MSS);
    assert_int_equal(on_ack(&prr, 2 * MSS, 20 * MSS, 70 * MSS, true), 3 * MSS);
    assert_int_equal(on_ack(&prr, 50 * MSS, 69 * MSS, 70 * MSS, true), MSS); /* never beyond it */
}

static void test_the_window_is_never_less_than_a_segment(void **state)
{
    (void)state;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 10 * MSS);
    tcp_prr_on_sent(&prr, 4 * MSS);
    assert_int_equal(on_ack(&prr, 100, 0, 5 * MSS, false), MSS);
    assert_int_equal(on_ack(&prr, 0, 400, 5 * MSS, false), MSS - 400);
}

/* One loss in a window of 100 segments, 99 ACKs that each deliver one: 70 leave, evenly. */
static void test_a_whole_reduction_arrives_at_ssthresh_evenly(void **state)
{
    (void)state;
    const uint32_t ssthresh = 70 * MSS;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 100 * MSS);
    uint32_t in_flight = 100 * MSS, sent = 0, silent = 0, silent_max = 0;
    in_flight -= MSS; /* the lost one */
    for (int n = 0; n < 99; n++) {
        in_flight -= MSS;
        const uint32_t leave = on_ack(&prr, MSS, in_flight, ssthresh, false) / MSS * MSS;
        assert_true(leave <= MSS);
        tcp_prr_on_sent(&prr, leave);
        in_flight += leave;
        sent += leave;
        silent = leave > 0 ? 0 : silent + 1;
        if (silent > silent_max) silent_max = silent;
    }
    assert_true(sent >= 69 * MSS && sent <= 71 * MSS);
    assert_true(in_flight >= 69 * MSS && in_flight <= 71 * MSS);
    assert_true(silent_max <= 2);
}

static void test_extremes_do_not_overflow(void **state)
{
    (void)state;
    struct tcp_prr prr;
    tcp_prr_begin(&prr, 0);
    assert_true(on_ack(&prr, UINT32_MAX, UINT32_MAX, UINT32_MAX - 1, true) > 0);
    tcp_prr_on_sent(&prr, UINT32_MAX);
    tcp_prr_on_sent(&prr, UINT32_MAX);
    assert_int_equal(prr.out, UINT32_MAX);
    (void)on_ack(&prr, UINT32_MAX, 0, UINT32_MAX, true);
    assert_int_equal(prr.delivered, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_ack_always_lets_the_fast_retransmit_out),
        cmocka_unit_test(test_above_ssthresh_sends_the_proportional_share),
        cmocka_unit_test(test_below_ssthresh_sends_what_was_delivered_and_one_more_when_safe),
        cmocka_unit_test(test_the_window_is_never_less_than_a_segment),
        cmocka_unit_test(test_a_whole_reduction_arrives_at_ssthresh_evenly),
        cmocka_unit_test(test_extremes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
