/*
 * What all congestion controls share: lookup by name, slow start, reduction, undo, idle decay.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tcp/tcp_cc.h"

#define MSS 1000u

static void test_found_by_name(void **state)
{
    (void)state;
    assert_ptr_equal(cc_find("reno"), &cc_reno);
    assert_ptr_equal(cc_find("cubic"), &cc_cubic);
    assert_null(cc_find("vegas"));
    assert_null(cc_find(""));
}

static void test_slow_start_stops_at_ssthresh_and_gives_back_the_rest(void **state)
{
    (void)state;
    struct cc cc = {0};
    cc_window_init(&cc, MSS, 10 * MSS);
    assert_true(cc_in_slow_start(&cc));
    assert_int_equal(cc_slow_start(&cc, 4 * MSS), 0);
    assert_int_equal(cc.cwnd_bytes, 14 * MSS);
    cc.ssthresh_bytes = 16 * MSS;
    assert_int_equal(cc_slow_start(&cc, 5 * MSS), 3 * MSS);
    assert_false(cc_in_slow_start(&cc));
}

static void test_growth_ends_at_the_largest_window_there_is(void **state)
{
    (void)state;
    struct cc cc = {0};
    cc_window_init(&cc, MSS, 10 * MSS);
    for (int n = 0; n < 4; n++) cc_window_grow(&cc, UINT32_MAX);
    assert_int_equal(cc.cwnd_bytes, CC_CWND_BYTES_MAX);
}

static void test_reduction_is_never_below_two_segments_and_can_be_taken_back(void **state)
{
    (void)state;
    struct cc cc = {0};
    cc_window_init(&cc, MSS, 10 * MSS);
    const struct cc before = cc;
    cc_window_reduce(&cc, 100, false);
    assert_int_equal(cc.ssthresh_bytes, 2 * MSS);
    assert_int_equal(cc.cwnd_bytes, 2 * MSS);
    cc_window_restore(&cc, &before);
    assert_int_equal(cc.cwnd_bytes, 10 * MSS);
    assert_int_equal(cc.ssthresh_bytes, CC_SSTHRESH_INFINITE);
    cc_window_reduce(&cc, 5 * MSS, true);
    assert_int_equal(cc.cwnd_bytes, MSS);
    cc.cwnd_bytes = 20 * MSS; /* grown further since: an undo lowers nothing */
    cc_window_restore(&cc, &before);
    assert_int_equal(cc.cwnd_bytes, 20 * MSS);
}

static void test_idle_halves_per_rto_down_to_the_initial_window(void **state)
{
    (void)state;
    struct cc cc = {0};
    cc_window_init(&cc, MSS, 80 * MSS);
    cc.ssthresh_bytes = 20 * MSS;
    cc_window_decay(&cc, 250, 100, 10 * MSS);
    assert_int_equal(cc.cwnd_bytes, 20 * MSS);
    assert_int_equal(cc.ssthresh_bytes, 60 * MSS); /* known to fit: slow start goes back there */
    cc_window_decay(&cc, 1000000, 100, 10 * MSS);
    assert_int_equal(cc.cwnd_bytes, 10 * MSS);
    cc_window_decay(&cc, UINT64_MAX, 0, 10 * MSS);
    assert_int_equal(cc.cwnd_bytes, 10 * MSS);
    cc.cwnd_bytes = 3 * MSS;
    cc_window_decay(&cc, 1000000, 100, 10 * MSS);
    assert_int_equal(cc.cwnd_bytes, 3 * MSS);
}

static void test_larger_segments_still_fit_the_window(void **state)
{
    (void)state;
    struct cc cc = {0};
    cc_window_init(&cc, MSS, MSS);
    cc_window_mss(&cc, 9000);
    assert_int_equal(cc.cwnd_bytes, 9000);
    cc_window_mss(&cc, 500);
    assert_int_equal(cc.cwnd_bytes, 9000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_found_by_name),
        cmocka_unit_test(test_slow_start_stops_at_ssthresh_and_gives_back_the_rest),
        cmocka_unit_test(test_growth_ends_at_the_largest_window_there_is),
        cmocka_unit_test(test_reduction_is_never_below_two_segments_and_can_be_taken_back),
        cmocka_unit_test(test_idle_halves_per_rto_down_to_the_initial_window),
        cmocka_unit_test(test_larger_segments_still_fit_the_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
