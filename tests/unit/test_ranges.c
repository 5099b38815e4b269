/*
 * Sets of ranges against a bitmap.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/ranges.h"
#include "base/rng.h"

#include <string.h>

#define SPACE 400u /* the model knows the numbers below this */

struct fixture {
    struct pool pool;
    struct ranges set;
    bool in[SPACE];
};

static void fixture_init(struct fixture *f, uint32_t pool_max, uint32_t limit)
{
    memset(f->in, 0, sizeof(f->in));
    pool_init(&f->pool, "range", sizeof(struct range), pool_max);
    ranges_init(&f->set, &f->pool, limit);
}

static void fixture_deinit(struct fixture *f)
{
    ranges_clear(&f->set);
    assert_true(ranges_is_empty(&f->set));
    assert_int_equal(f->set.count, 0);
    assert_int_equal(f->pool.in_use, 0);
    pool_deinit(&f->pool);
}

/* How many runs of numbers the model holds. */
static uint32_t model_runs(const bool *in)
{
    uint32_t runs = 0;
    for (uint32_t i = 0; i < SPACE; i++) runs += in[i] && (i == 0 || !in[i - 1]);
    return runs;
}

/* The set is well-formed and says the same as the model. */
static void check_same(struct fixture *f)
{
    bool in[SPACE] = {false};
    uint32_t count = 0;
    const struct range *prev = NULL;
    for (struct range *r = ranges_first(&f->set); r != NULL; r = ranges_next(r)) {
        assert_ptr_equal(r->prev, prev);
        assert_true(r->start < r->end && r->end <= SPACE);
        if (prev != NULL) assert_true(prev->end < r->start);
        for (uint64_t i = r->start; i < r->end; i++) in[i] = true;
        prev = r;
        count++;
    }
    assert_ptr_equal(ranges_last(&f->set), prev);
    assert_int_equal(f->set.count, count);
    assert_int_equal(f->pool.in_use, count);
    assert_memory_equal(in, f->in, sizeof(in));
}

static void check_lookup(struct fixture *f, struct rng *rng)
{
    uint32_t point = (uint32_t)rng_below(rng, SPACE);
    const struct range *found = ranges_find(&f->set, point);
    assert_int_equal(found != NULL, f->in[point]);
    if (found != NULL) assert_true(found->start <= point && point < found->end);

    uint32_t next = point;
    while (next < SPACE && !f->in[next]) next++;
    const struct range *sought = ranges_seek(&f->set, point);
    assert_int_equal(sought != NULL, next < SPACE);
    if (sought != NULL) assert_true(sought->start <= next && next < sought->end);

    uint32_t end = (uint32_t)rng_range(rng, point, u32_min(point + 20, SPACE));
    bool all = true;
    for (uint32_t i = point; i < end; i++) all = all && f->in[i];
    assert_int_equal(ranges_contains(&f->set, point, end), all);
}

static void random_add(struct fixture *f, struct rng *rng)
{
    uint32_t start = (uint32_t)rng_below(rng, SPACE);
    uint32_t end = (uint32_t)rng_range(rng, start, u32_min(start + 12, SPACE));
    bool after[SPACE];
    memcpy(after, f->in, sizeof(after));
    for (uint32_t i = start; i < end; i++) after[i] = true;
    bool fits = model_runs(after) <= f->set.limit;
    assert_int_equal(ranges_add(&f->set, start, end), fits);
    if (fits) memcpy(f->in, after, sizeof(after));
}

static void run_random(uint32_t pool_max, uint32_t limit, uint64_t seed)
{
    struct fixture f;
    struct rng rng;
    fixture_init(&f, pool_max, limit);
    rng_seed(&rng, seed);
    for (uint32_t step = 0; step < 20000; step++) {
        if (step % 500 == 499) {
            ranges_clear(&f.set);
            memset(f.in, 0, sizeof(f.in));
        }
        if (rng_chance_ppm(&rng, 30000)) {
            uint32_t point = (uint32_t)rng_below(&rng, SPACE);
            ranges_remove_below(&f.set, point);
            for (uint32_t i = 0; i < point; i++) f.in[i] = false;
        } else {
            random_add(&f, &rng);
        }
        check_same(&f);
        check_lookup(&f, &rng);
    }
    fixture_deinit(&f);
}

static void test_random_operations_match_a_bitmap(void **state)
{
    (void)state;
    run_random(1000, 1000, 1);
    run_random(1000, 10, 2);
}

static void test_touching_ranges_become_one(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 10, 10);
    assert_true(ranges_add(&f.set, 10, 20));
    assert_true(ranges_add(&f.set, 30, 40));
    assert_int_equal(f.set.count, 2);
    assert_true(ranges_add(&f.set, 20, 30));
    assert_int_equal(f.set.count, 1);
    assert_int_equal(ranges_first(&f.set)->start, 10);
    assert_int_equal(ranges_first(&f.set)->end, 40);
    fixture_deinit(&f);
}

static void test_empty_range_changes_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 10, 0);
    assert_true(ranges_add(&f.set, 5, 5));
    assert_true(ranges_is_empty(&f.set));
    assert_true(ranges_contains(&f.set, 7, 7));
    assert_null(ranges_find(&f.set, 5));
    ranges_remove_below(&f.set, 100);
    fixture_deinit(&f);
}

static void test_limit_refuses_new_ranges_but_takes_merges(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 10, 2);
    assert_true(ranges_add(&f.set, 0, 1));
    assert_true(ranges_add(&f.set, 10, 11));
    assert_false(ranges_add(&f.set, 5, 6));
    assert_true(ranges_add(&f.set, 1, 3));
    assert_true(ranges_add(&f.set, 3, 10));
    assert_int_equal(f.set.count, 1);
    assert_true(ranges_add(&f.set, 20, 21));
    fixture_deinit(&f);
}

static void test_exhausted_pool_refuses(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 1, 10);
    assert_true(ranges_add(&f.set, 0, 1));
    assert_false(ranges_add(&f.set, 5, 6));
    assert_int_equal(f.set.count, 1);
    assert_int_equal(f.pool.failures, 1);
    fixture_deinit(&f);
}

static void test_whole_number_space(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 10, 10);
    assert_true(ranges_add(&f.set, UINT64_MAX - 5, UINT64_MAX));
    assert_true(ranges_add(&f.set, 0, 5));
    assert_non_null(ranges_find(&f.set, UINT64_MAX - 1));
    assert_null(ranges_find(&f.set, UINT64_MAX));
    assert_true(ranges_add(&f.set, 0, UINT64_MAX));
    assert_int_equal(f.set.count, 1);
    ranges_remove_below(&f.set, UINT64_MAX);
    assert_true(ranges_is_empty(&f.set));
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_match_a_bitmap),
        cmocka_unit_test(test_touching_ranges_become_one),
        cmocka_unit_test(test_empty_range_changes_nothing),
        cmocka_unit_test(test_limit_refuses_new_ranges_but_takes_merges),
        cmocka_unit_test(test_exhausted_pool_refuses),
        cmocka_unit_test(test_whole_number_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
