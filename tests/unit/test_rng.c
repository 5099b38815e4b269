/*
 * Random numbers: the stream is the published one, and draws are fair.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"

/* xoshiro256** from the state 1, 2, 3, 4: the first outputs follow from its definition. */
static void test_stream_is_xoshiro256(void **state)
{
    (void)state;
    struct rng r = {.state = {1, 2, 3, 4}};
    const uint64_t expected[] = {
        11520u,
        0u,
        1509978240u,
        1215971899390074240u,
        1216172134540287360u,
        607988272756665600u,
        16172922978634559625u,
        8476171486693032832u,
        10595114339597558777u,
        2904607092377533576u,
    };
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++) assert_int_equal(rng_u64(&r), expected[i]);
}

static void test_same_seed_same_stream(void **state)
{
    (void)state;
    struct rng a, b, c;
    rng_seed(&a, 7);
    rng_seed(&b, 7);
    rng_seed(&c, 8);
    bool differs = false;
    for (int i = 0; i < 100; i++) {
        uint64_t x = rng_u64(&a);
        assert_int_equal(x, rng_u64(&b));
        differs |= x != rng_u64(&c);
    }
    assert_true(differs);
    rng_seed(&a, 0);
    assert_true((rng_u64(&a) | rng_u64(&a)) != 0);
}

static void test_below_is_in_range_and_even(void **state)
{
    (void)state;
    struct rng r;
    uint32_t seen[7] = {0};
    rng_seed(&r, 1);
    for (int i = 0; i < 70000; i++) seen[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++) assert_in_range(seen[i], 9500, 10500);
    for (int i = 0; i < 100; i++) assert_int_equal(rng_below(&r, 1), 0);
    /* Three quarters of all numbers: a plain remainder would favour the lower third. */
    uint64_t n = (uint64_t)3 << 62;
    uint32_t low = 0;
    for (int i = 0; i < 30000; i++) {
        uint64_t x = rng_below(&r, n);
        assert_true(x < n);
        low += x < (uint64_t)1 << 62;
    }
    assert_in_range(low, 9500, 10500);
}

static void test_range_includes_both_ends(void **state)
{
    (void)state;
    struct rng r;
    bool lo = false, hi = false;
    rng_seed(&r, 2);
    for (int i = 0; i < 1000; i++) {
        uint64_t x = rng_range(&r, 10, 13);
        assert_in_range(x, 10, 13);
        lo |= x == 10;
        hi |= x == 13;
    }
    assert_true(lo && hi);
    assert_int_equal(rng_range(&r, 5, 5), 5);
    assert_int_not_equal(rng_range(&r, 0, UINT64_MAX), rng_range(&r, 0, UINT64_MAX));
}

static void test_chance_is_in_millionths(void **state)
{
    (void)state;
    struct rng r, same;
    uint32_t hits = 0;
    rng_seed(&r, 3);
    for (int i = 0; i < 1000000; i++) hits += rng_chance_ppm(&r, 20000);
    assert_in_range(hits, 19500, 20500);
    for (int i = 0; i < 1000; i++) {
        assert_false(rng_chance_ppm(&r, 0));
        assert_true(rng_chance_ppm(&r, 1000000));
    }
    /* The position in the stream does not depend on the chance. */
    same = r;
    (void)rng_chance_ppm(&r, 0);
    (void)rng_chance_ppm(&same, 500000);
    assert_int_equal(rng_u64(&r), rng_u64(&same));
    assert_true(rng_u32(&r) != rng_u32(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_is_xoshiro256),
        cmocka_unit_test(test_same_seed_same_stream),
        cmocka_unit_test(test_below_is_in_range_and_even),
        cmocka_unit_test(test_range_includes_both_ends),
        cmocka_unit_test(test_chance_is_in_millionths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
