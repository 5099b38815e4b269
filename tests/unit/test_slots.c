/*
 * Handles: live ones find their object, stale ones find nothing, against a plain list of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/rng.h"
#include "base/slots.h"

#define OBJECTS_MAX 10000u /* several blocks */
#define HANDLES_MAX 60000u

struct model {
    struct slots slots;
    uint64_t objects[HANDLES_MAX]; /* handle number n stands for the address of objects[n] */
    uint64_t handle[HANDLES_MAX];
    bool live[HANDLES_MAX];
    uint32_t handles;
    uint32_t count;
};

static void model_add(struct model *m)
{
    uint32_t n = m->handles;
    uint64_t handle = slots_add(&m->slots, &m->objects[n]);
    assert_int_equal(handle != 0, m->count < m->slots.count_max);
    if (handle == 0) return;
    m->handle[n] = handle;
    m->live[n] = true;
    m->handles++;
    m->count++;
}

static void model_remove(struct model *m, uint32_t n)
{
    void *expected = m->live[n] ? &m->objects[n] : NULL;
    assert_ptr_equal(slots_remove(&m->slots, m->handle[n]), expected);
    if (m->live[n]) m->count--;
    m->live[n] = false;
}

static void model_check_all(const struct model *m)
{
    uint32_t cursor = 0, walked = 0;
    for (uint32_t n = 0; n < m->handles; n++) {
        const void *expected = m->live[n] ? &m->objects[n] : NULL;
        assert_ptr_equal(slots_get(&m->slots, m->handle[n]), expected);
    }
    for (uint64_t *object; (object = slots_next(&m->slots, &cursor)) != NULL; walked++)
        assert_true(m->live[object - m->objects]);
    assert_int_equal(walked, m->count);
    assert_int_equal(m->slots.count, m->count);
}

static void test_random_operations_match_a_list(void **state)
{
    (void)state;
    struct model *m = mem_get(sizeof(*m));
    struct rng rng;
    assert_non_null(m);
    slots_init(&m->slots, OBJECTS_MAX);
    rng_seed(&rng, 1);
    for (uint32_t step = 0; m->handles < HANDLES_MAX; step++) {
        bool grow = step / 15000 % 2 == 0;
        if (rng_chance_ppm(&rng, grow ? 900000 : 300000)) {
            model_add(m);
        } else if (m->handles > 0) {
            uint32_t back = u32_min(m->handles, 2 * OBJECTS_MAX);
            model_remove(m, m->handles - 1 - (uint32_t)rng_below(&rng, back));
        }
        if (step % 10000 == 0) model_check_all(m);
    }
    model_check_all(m);
    slots_deinit(&m->slots);
    mem_put(m);
}

static void test_limit_refuses(void **state)
{
    (void)state;
    struct slots s;
    int object[3];
    slots_init(&s, 2);
    assert_true(slots_add(&s, &object[0]) != 0);
    uint64_t second = slots_add(&s, &object[1]);
    assert_true(second != 0);
    assert_int_equal(slots_add(&s, &object[2]), 0);
    assert_ptr_equal(slots_remove(&s, second), &object[1]);
    assert_true(slots_add(&s, &object[2]) != 0);
    assert_int_equal(slots_add(&s, &object[1]), 0);
    slots_deinit(&s);

    slots_init(&s, 0);
    assert_int_equal(slots_add(&s, &object[0]), 0);
    slots_deinit(&s);
}

static void test_stale_handle_finds_nothing_after_reuse(void **state)
{
    (void)state;
    struct slots s;
    int object[2];
    slots_init(&s, 10);
    uint64_t old = slots_add(&s, &object[0]);
    assert_ptr_equal(slots_get(&s, old), &object[0]);
    assert_ptr_equal(slots_remove(&s, old), &object[0]);
    assert_null(slots_get(&s, old));
    assert_null(slots_remove(&s, old));
    uint64_t anew = slots_add(&s, &object[1]);
    assert_int_equal((uint32_t)anew, (uint32_t)old); /* the same slot */
    assert_int_not_equal(anew, old);
    assert_null(slots_get(&s, old));
    assert_null(slots_remove(&s, old));
    assert_ptr_equal(slots_get(&s, anew), &object[1]);
    slots_deinit(&s);
}

static void test_what_is_no_handle_finds_nothing(void **state)
{
    (void)state;
    struct slots s;
    int object;
    struct rng rng;
    slots_init(&s, 10);
    assert_null(slots_get(&s, 0));
    assert_null(slots_get(&s, UINT64_MAX));
    uint64_t handle = slots_add(&s, &object);
    assert_null(slots_get(&s, 0));
    assert_null(slots_get(&s, handle + 1));
    assert_null(slots_get(&s, handle + ((uint64_t)1 << 32)));
    rng_seed(&rng, 2);
    for (int i = 0; i < 10000; i++) {
        uint64_t any = rng_u64(&rng) >> rng_below(&rng, 64);
        if (any != handle) assert_null(slots_get(&s, any));
    }
    slots_deinit(&s);
}

static void test_objects_may_be_removed_during_a_walk(void **state)
{
    (void)state;
    struct slots s;
    uint64_t handle[100];
    slots_init(&s, 100);
    for (size_t i = 0; i < 100; i++) handle[i] = slots_add(&s, &handle[i]);
    uint32_t cursor = 0, walked = 0;
    for (uint64_t *at; (at = slots_next(&s, &cursor)) != NULL; walked++)
        assert_ptr_equal(slots_remove(&s, *at), at);
    assert_int_equal(walked, 100);
    assert_int_equal(s.count, 0);
    slots_deinit(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_match_a_list),
        cmocka_unit_test(test_limit_refuses),
        cmocka_unit_test(test_stale_handle_finds_nothing_after_reuse),
        cmocka_unit_test(test_what_is_no_handle_finds_nothing),
        cmocka_unit_test(test_objects_may_be_removed_during_a_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
