/*
 * Pools: what is handed out is separate, aligned, limited and counted; blocks are zeroed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/rng.h"

#include <string.h>

#define OBJECTS_MAX 3000u

struct object {
    uint64_t mark[3];
};

static void test_sizes_are_rounded_and_aligned(void **state)
{
    (void)state;
    const uint32_t sizes[] = {1, 8, 13, 16, 24, 48, 100, 4096, 65536, 100000};
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct pool pool;
        pool_init(&pool, "any", sizes[i], 100);
        assert_true(pool.object_bytes >= sizes[i] && pool.object_bytes < sizes[i] + 8);
        uintptr_t align = pool.object_bytes % 16 == 0 ? 16 : 8;
        for (uint32_t n = 0; n < 20; n++) {
            void *object = pool_get(&pool);
            assert_non_null(object);
            assert_int_equal((uintptr_t)object % align, 0);
            memset(object, 0xff, sizes[i]);
        }
        pool_deinit(&pool);
    }
}

static void test_objects_are_packed(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, "packed", 24, 100);
    uint8_t *first = pool_get(&pool);
    uint8_t *second = pool_get(&pool);
    assert_ptr_equal(second, first + 24);
    pool_deinit(&pool);
}

static void test_limit_refuses_and_counts(void **state)
{
    (void)state;
    struct pool pool;
    void *object[10];
    pool_init(&pool, "ten", 32, 10);
    assert_int_equal(pool_room(&pool), 10);
    for (int i = 0; i < 10; i++) assert_non_null(object[i] = pool_get(&pool));
    assert_null(pool_get(&pool));
    assert_null(pool_get(&pool));
    assert_int_equal(pool.failures, 2);
    assert_int_equal(pool_room(&pool), 0);
    pool_put(&pool, object[4]);
    pool_put(&pool, NULL);
    assert_int_equal(pool.in_use, 9);
    assert_ptr_equal(pool_get(&pool), object[4]);
    assert_int_equal(pool.peak, 10);
    pool_deinit(&pool);

    pool_init(&pool, "none", 32, 0);
    assert_null(pool_get(&pool));
    pool_deinit(&pool);
}

static void test_no_memory_until_needed(void **state)
{
    (void)state;
    struct pool pool;
    pool_init(&pool, "lazy", 64, UINT32_MAX);
    assert_int_equal(pool.objects_made, 0);
    assert_non_null(pool_get(&pool));
    assert_in_range(pool.objects_made * pool.object_bytes, 60000, 65536);
    pool_deinit(&pool);
    assert_int_equal(pool.objects_made, 0);
    assert_int_equal(pool.in_use, 0);
    assert_non_null(pool_get(&pool)); /* it can be used on */
    pool_deinit(&pool);
}

/* Random gets and puts; each object carries a mark that any overlap would destroy. */
static void test_random_use_keeps_objects_apart(void **state)
{
    (void)state;
    struct pool pool;
    struct rng rng;
    struct object **held = mem_get(OBJECTS_MAX * sizeof(*held));
    assert_non_null(held);
    uint32_t count = 0, peak = 0;
    pool_init(&pool, "random", sizeof(struct object), OBJECTS_MAX);
    rng_seed(&rng, 1);
    for (uint64_t step = 0; step < 100000; step++) {
        bool grow = step / 8000 % 2 == 0;
        if (rng_chance_ppm(&rng, grow ? 700000 : 300000)) {
            struct object *object = pool_get(&pool);
            assert_int_equal(object != NULL, count < OBJECTS_MAX);
            if (object == NULL) continue;
            for (int i = 0; i < 3; i++) object->mark[i] = (uintptr_t)object + (unsigned)i;
            held[count++] = object;
            peak = u32_max(peak, count);
        } else if (count > 0) {
            uint32_t i = (uint32_t)rng_below(&rng, count);
            for (int k = 0; k < 3; k++)
                assert_int_equal(held[i]->mark[k], (uintptr_t)held[i] + (unsigned)k);
            pool_put(&pool, held[i]);
            held[i] = held[--count];
        }
        assert_int_equal(pool.in_use, count);
    }
    assert_int_equal(pool.peak, peak);
    assert_int_equal(peak, OBJECTS_MAX);
    assert_true(pool.failures > 0);
    pool_deinit(&pool);
    mem_put(held);
}

static void test_blocks_are_zeroed_and_grow(void **state)
{
    (void)state;
    uint8_t *block = mem_get(100);
    assert_non_null(block);
    for (int i = 0; i < 100; i++) assert_int_equal(block[i], 0);
    memset(block, 7, 100);
    uint8_t *grown = mem_grow(block, 100, 10000);
    assert_non_null(grown);
    for (int i = 0; i < 10000; i++) assert_int_equal(grown[i], i < 100 ? 7 : 0);
    mem_put(grown);
    uint8_t *anew = mem_grow(NULL, 0, 10);
    assert_non_null(anew);
    assert_int_equal(anew[9], 0);
    mem_put(anew);
    mem_put(NULL);
    void *empty = mem_get(0);
    assert_non_null(empty);
    mem_put(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_rounded_and_aligned),
        cmocka_unit_test(test_objects_are_packed),
        cmocka_unit_test(test_limit_refuses_and_counts),
        cmocka_unit_test(test_no_memory_until_needed),
        cmocka_unit_test(test_random_use_keeps_objects_apart),
        cmocka_unit_test(test_blocks_are_zeroed_and_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
