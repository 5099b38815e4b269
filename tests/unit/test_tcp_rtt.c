/*
 * Round-trip time and RTO: the numbers of RFC 6298, the floor on the variance, decay once a round,
 * back-off.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tcp/tcp_rtt.h"

#define FLOOR_US 200000u
#define MAX_US   120000000u

/* A connection that gets one sample per round trip. */
struct path {
    struct tcp_rtt rtt;
    tcp_seq una;
};

static void path_init(struct path *path)
{
    tcp_rtt_init(&path->rtt, 1000000);
    path->una = tcp_seq_of(0xfffff000); /* the numbers wrap on the way */
}

static void path_sample(struct path *path, uint64_t rtt_us)
{
    path->una = tcp_seq_add(path->una, 1000);
    tcp_rtt_sample(&path->rtt, rtt_us, path->una, tcp_seq_add(path->una, 900), FLOOR_US, MAX_US);
}

static void test_before_any_sample_the_rto_is_the_initial_one(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 1000000);
    assert_int_equal(tcp_rtt_srtt_us(&path.rtt), 0);
    assert_int_equal(path.rtt.rtt_us_min, UINT32_MAX);
}

static void test_first_sample_gives_three_times_itself(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    path_sample(&path, 400000);
    assert_int_equal(tcp_rtt_srtt_us(&path.rtt), 400000);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 1200000);
}

/* RFC 6298 2.3, worked by hand: SRTT 800 ms, RTTVAR 400 ms, then a sample of 1600 ms. */
static void test_rfc9293_MUST_18_second_sample_is_smoothed_as_rfc6298_says(void **state)
{
    (void)state; /* RFC 9293 MUST-18 */
    struct path path;
    path_init(&path);
    path_sample(&path, 800000);
    path_sample(&path, 1600000);
    /* RTTVAR = 3/4 400 + 1/4 800 = 500 ms; SRTT = 7/8 800 + 1/8 1600 = 900 ms */
    assert_int_equal(path.rtt.mdev_us_x4, 2000000);
    assert_int_equal(tcp_rtt_srtt_us(&path.rtt), 900000);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 2900000);
}

static void test_floor_is_on_the_variance_not_on_the_rto(void **state)
{
    (void)state;
    static const uint64_t rtts_us[] = {50, 20000, 200000, 250000, 3000000};
    for (unsigned i = 0; i < sizeof(rtts_us) / sizeof(rtts_us[0]); i++) {
        struct path path;
        path_init(&path);
        for (int n = 0; n < 200; n++) path_sample(&path, rtts_us[i]);
        const uint64_t rto_us = tcp_rtt_rto_us(&path.rtt, MAX_US);
        assert_true(rto_us >= rtts_us[i] + FLOOR_US);
        assert_true(rto_us <= rtts_us[i] + FLOOR_US + 10);
    }
}

static void test_rising_rtt_raises_the_rto_at_once(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    for (int n = 0; n < 100; n++) path_sample(&path, 100000);
    path_sample(&path, 1100000);
    /* the deviation moved by a quarter of a second, and counts four times */
    assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) > 1100000);
}

static void test_falling_rtt_does_not_raise_the_rto(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    for (int n = 0; n < 100; n++) path_sample(&path, 1000000);
    const uint64_t before_us = tcp_rtt_rto_us(&path.rtt, MAX_US);
    for (int n = 0; n < 100; n++) {
        path_sample(&path, 10000);
        assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) <= before_us);
    }
    assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) < 300000);
}

static void test_variance_decays_once_a_round_not_once_a_sample(void **state)
{
    (void)state;
    struct tcp_rtt rtt;
    tcp_rtt_init(&rtt, 1000000);
    const tcp_seq una = tcp_seq_of(1), nxt = tcp_seq_of(100000);
    tcp_rtt_sample(&rtt, 1000000, una, nxt, FLOOR_US, MAX_US);
    const uint32_t rttvar = rtt.rttvar_us_x4;
    for (int n = 0; n < 50; n++) tcp_rtt_sample(&rtt, 1000000, una, nxt, FLOOR_US, MAX_US);
    assert_int_equal(rtt.rttvar_us_x4, rttvar);
    for (uint32_t n = 1; n < 30; n++)
        tcp_rtt_sample(&rtt, 1000000, tcp_seq_add(nxt, n * 2), tcp_seq_add(nxt, n * 2 + 1),
                       FLOOR_US, MAX_US);
    assert_true(rtt.rttvar_us_x4 < rttvar / 2);
}

static void test_extremes_do_not_overflow(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    for (int n = 0; n < 20; n++) {
        path_sample(&path, n % 2 == 0 ? 0 : UINT64_MAX);
        assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) <= MAX_US);
        assert_true(tcp_rtt_srtt_us(&path.rtt) <= 1u << 28);
        assert_true(path.rtt.srtt_us_x8 > 0);
    }
    assert_int_equal(path.rtt.rtt_us_min, 1);
}

static void test_rfc9293_MUST_19_backoff_doubles_until_a_sample(void **state)
{
    (void)state; /* RFC 9293 MUST-19 */
    struct path path;
    path_init(&path);
    path_sample(&path, 100000);
    const uint64_t rto_us = tcp_rtt_rto_us(&path.rtt, MAX_US);
    tcp_rtt_backoff(&path.rtt);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 2 * rto_us);
    tcp_rtt_backoff(&path.rtt);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 4 * rto_us);
    for (int n = 0; n < 300; n++) tcp_rtt_backoff(&path.rtt);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), MAX_US);
    path_sample(&path, 100000);
    assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) <= rto_us);
    tcp_rtt_backoff(&path.rtt);
    tcp_rtt_backoff_reset(&path.rtt);
    assert_true(tcp_rtt_rto_us(&path.rtt, MAX_US) <= rto_us);
}

static void test_lost_syn_means_three_seconds_until_a_sample(void **state)
{
    (void)state;
    struct path path;
    path_init(&path);
    tcp_rtt_syn_timed_out(&path.rtt);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 3000000);
    path_sample(&path, 1000);
    tcp_rtt_syn_timed_out(&path.rtt);
    assert_int_equal(tcp_rtt_rto_us(&path.rtt, MAX_US), 1000 + FLOOR_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_any_sample_the_rto_is_the_initial_one),
        cmocka_unit_test(test_first_sample_gives_three_times_itself),
        cmocka_unit_test(test_rfc9293_MUST_18_second_sample_is_smoothed_as_rfc6298_says),
        cmocka_unit_test(test_floor_is_on_the_variance_not_on_the_rto),
        cmocka_unit_test(test_rising_rtt_raises_the_rto_at_once),
        cmocka_unit_test(test_falling_rtt_does_not_raise_the_rto),
        cmocka_unit_test(test_variance_decays_once_a_round_not_once_a_sample),
        cmocka_unit_test(test_extremes_do_not_overflow),
        cmocka_unit_test(test_rfc9293_MUST_19_backoff_doubles_until_a_sample),
        cmocka_unit_test(test_lost_syn_means_three_seconds_until_a_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
