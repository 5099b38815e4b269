/*
 * The timer wheel against a plain array of deadlines.
 *
 * The model keeps for each timer its deadline and the count of armings at which it got it, and
 * finds the earliest by looking at all. Random operations run on both; whatever leaves the wheel
 * must be the model's earliest, at each step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/pool.h"
#include "base/rng.h"
#include "base/wheel.h"

#define NODES_MAX 600u

struct model {
    struct wheel wheel;
    struct rng rng;
    uint64_t now_us;
    uint64_t armings;
    uint32_t nodes;
    struct wheel_node node[NODES_MAX];
    bool armed[NODES_MAX];
    uint64_t deadline_us[NODES_MAX];
    uint64_t order[NODES_MAX];
};

static struct model *model_new(uint32_t nodes, uint64_t now_us, uint64_t seed)
{
    struct model *m = mem_get(sizeof(*m));
    m->nodes = nodes;
    m->now_us = now_us;
    rng_seed(&m->rng, seed);
    wheel_init(&m->wheel, now_us);
    return m;
}

static struct wheel_node *model_first(struct model *m)
{
    struct wheel_node *first = NULL;
    uint32_t best = 0;
    for (uint32_t i = 0; i < m->nodes; i++) {
        if (!m->armed[i]) continue;
        bool earlier = first == NULL || m->deadline_us[i] < m->deadline_us[best] ||
                       (m->deadline_us[i] == m->deadline_us[best] && m->order[i] < m->order[best]);
        if (!earlier) continue;
        first = &m->node[i];
        best = i;
    }
    return first;
}

static void model_check(struct model *m)
{
    const struct wheel_node *first = model_first(m);
    uint64_t expected_us = first == NULL ? TIME_NEVER : m->deadline_us[first - m->node];
    assert_int_equal(wheel_next_deadline(&m->wheel), expected_us);
}

static void model_arm(struct model *m, uint32_t i, uint64_t deadline_us)
{
    wheel_arm(&m->wheel, &m->node[i], deadline_us);
    if (deadline_us == TIME_NEVER) {
        m->armed[i] = false;
    } else if (!m->armed[i] || m->deadline_us[i] != deadline_us) {
        m->armed[i] = true;
        m->deadline_us[i] = deadline_us;
        m->order[i] = m->armings++;
    }
    assert_int_equal(wheel_node_is_armed(&m->node[i]), m->armed[i]);
}

static void model_cancel(struct model *m, uint32_t i)
{
    wheel_cancel(&m->wheel, &m->node[i]);
    m->armed[i] = false;
    assert_false(wheel_node_is_armed(&m->node[i]));
}

/* Lets everything out that is due, comparing each. */
static void model_expire(struct model *m)
{
    for (;;) {
        struct wheel_node *first = model_first(m);
        if (first != NULL && m->deadline_us[first - m->node] > m->now_us) first = NULL;
        struct wheel_node *got = wheel_expire(&m->wheel, m->now_us);
        assert_ptr_equal(got, first);
        if (first == NULL) return;
        m->armed[first - m->node] = false;
        assert_false(wheel_node_is_armed(first));
    }
}

/* A deadline at any distance: the number of bits is drawn first, then the bits; at times past. */
static uint64_t any_deadline(struct model *m, unsigned bits_max)
{
    uint64_t away_us = rng_u64(&m->rng) >> (64 - rng_range(&m->rng, 1, bits_max));
    if (rng_chance_ppm(&m->rng, 100000)) return m->now_us - u64_min(away_us, m->now_us);
    return away_us > TIME_NEVER - m->now_us ? TIME_NEVER : m->now_us + away_us;
}

static void model_step(struct model *m, unsigned bits_max)
{
    uint32_t i = (uint32_t)rng_below(&m->rng, m->nodes);
    switch (rng_below(&m->rng, 8)) {
    case 0: model_cancel(m, i); break;
    case 1: /* the deadline of another, to have equals */
        model_arm(m, i, m->deadline_us[rng_below(&m->rng, m->nodes)]);
        break;
    case 2:
        m->now_us = u64_max(m->now_us, u64_min(wheel_next_deadline(&m->wheel), UINT64_MAX / 2));
        model_expire(m);
        break;
    case 3:
        m->now_us += rng_u64(&m->rng) >> (64 - rng_range(&m->rng, 1, bits_max / 2));
        model_expire(m);
        break;
    default: model_arm(m, i, any_deadline(m, bits_max)); break;
    }
    if (rng_chance_ppm(&m->rng, 500000)) model_check(m);
}

static void run_random(uint32_t nodes, uint64_t start_us, unsigned bits_max, uint32_t steps)
{
    struct model *m = model_new(nodes, start_us, nodes * 100 + bits_max);
    for (uint32_t i = 0; i < steps; i++) model_step(m, bits_max);
    m->now_us = UINT64_MAX - 1;
    model_expire(m);
    assert_int_equal(wheel_next_deadline(&m->wheel), TIME_NEVER);
    assert_int_equal(m->wheel.armed, 0);
    mem_put(m);
}

static void test_random_operations_match_the_model(void **state)
{
    (void)state;
    run_random(3, 0, 12, 20000);
    run_random(20, 1000000, 24, 20000);
    run_random(100, 1700000000000000, 30, 20000);
    run_random(NODES_MAX, 5, 10, 10000);
    run_random(NODES_MAX, 1700000000000000, 40, 20000);
    run_random(50, 1700000000000000, 64, 20000);
}

/* A crowd of like timers each put off in turn, as retransmission timers are by ACKs, while a few
 * short ones come and go before them. */
static void test_crowds_take_turns(void **state)
{
    (void)state;
    struct model *m = model_new(NODES_MAX, 1000, 1);
    for (uint32_t i = 0; i < 20000; i++) {
        m->now_us += rng_below(&m->rng, 20);
        model_expire(m);
        uint32_t crowd = NODES_MAX - 20;
        model_arm(m, i % crowd, m->now_us + 200000 + rng_below(&m->rng, 5));
        uint64_t short_us = i % 4000 < 2000 ? 5000 : 40;
        model_arm(m, crowd + i % 20, m->now_us + 1 + rng_below(&m->rng, short_us));
        if (i % 3 == 0) model_cancel(m, crowd + (uint32_t)rng_below(&m->rng, 20));
        model_check(m);
    }
    mem_put(m);
}

static void test_equals_leave_in_order_of_arming(void **state)
{
    (void)state;
    struct wheel w;
    struct wheel_node node[100] = {0};
    wheel_init(&w, 0);
    for (unsigned i = 0; i < 100; i++) wheel_arm(&w, &node[(i * 37) % 100], 123456);
    wheel_arm(&w, &node[37], 123456); /* unchanged: keeps its place, the second */
    wheel_arm(&w, &node[0], 5);       /* armed anew: from first ... */
    wheel_arm(&w, &node[0], 123456);  /* ... to last */
    assert_null(wheel_expire(&w, 123455));
    for (unsigned i = 1; i < 100; i++)
        assert_ptr_equal(wheel_expire(&w, 123456), &node[(i * 37) % 100]);
    assert_ptr_equal(wheel_expire(&w, 123456), &node[0]);
    assert_null(wheel_expire(&w, 123456));
}

static void test_past_deadline_is_due_at_once(void **state)
{
    (void)state;
    struct wheel w;
    struct wheel_node late = {0}, later = {0};
    wheel_init(&w, 1000000);
    assert_null(wheel_expire(&w, 1000000));
    wheel_arm(&w, &later, 999999);
    wheel_arm(&w, &late, 3);
    assert_int_equal(wheel_next_deadline(&w), 3);
    assert_ptr_equal(wheel_expire(&w, 1000000), &late);
    assert_ptr_equal(wheel_expire(&w, 1000000), &later);
    assert_null(wheel_expire(&w, 1000000));
}

static void test_far_deadlines_are_exact(void **state)
{
    (void)state;
    struct wheel w;
    struct wheel_node far = {0}, farther = {0}, farthest = {0};
    wheel_init(&w, 77);
    wheel_arm(&w, &farthest, UINT64_MAX - 1);
    wheel_arm(&w, &far, (uint64_t)1 << 60);
    wheel_arm(&w, &farther, ((uint64_t)1 << 60) + 1);
    assert_int_equal(wheel_next_deadline(&w), (uint64_t)1 << 60);
    assert_null(wheel_expire(&w, ((uint64_t)1 << 60) - 1));
    assert_ptr_equal(wheel_expire(&w, (uint64_t)1 << 60), &far);
    assert_ptr_equal(wheel_expire(&w, UINT64_MAX), &farther);
    assert_ptr_equal(wheel_expire(&w, UINT64_MAX), &farthest);
    assert_null(wheel_expire(&w, UINT64_MAX));
}

static void test_never_cancels_and_cancel_is_idempotent(void **state)
{
    (void)state;
    struct wheel w;
    struct wheel_node node;
    wheel_init(&w, 0);
    wheel_node_init(&node);
    assert_false(wheel_node_is_armed(&node));
    wheel_cancel(&w, &node);
    wheel_arm(&w, &node, TIME_NEVER);
    assert_false(wheel_node_is_armed(&node));
    wheel_arm(&w, &node, 10);
    assert_true(wheel_node_is_armed(&node));
    wheel_arm(&w, &node, TIME_NEVER);
    assert_false(wheel_node_is_armed(&node));
    wheel_cancel(&w, &node);
    assert_int_equal(wheel_next_deadline(&w), TIME_NEVER);
    assert_null(wheel_expire(&w, UINT64_MAX));
}

static void test_timer_may_be_armed_while_expiring(void **state)
{
    (void)state;
    struct wheel w;
    struct wheel_node node = {0};
    wheel_init(&w, 0);
    wheel_arm(&w, &node, 10);
    for (uint64_t due_us = 10; due_us <= 1000; due_us += 10) {
        assert_ptr_equal(wheel_expire(&w, 1000), &node);
        wheel_arm(&w, &node, due_us + 10);
    }
    assert_null(wheel_expire(&w, 1000));
    assert_int_equal(wheel_next_deadline(&w), 1010);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_match_the_model),
        cmocka_unit_test(test_crowds_take_turns),
        cmocka_unit_test(test_equals_leave_in_order_of_arming),
        cmocka_unit_test(test_past_deadline_is_due_at_once),
        cmocka_unit_test(test_far_deadlines_are_exact),
        cmocka_unit_test(test_never_cancels_and_cancel_is_idempotent),
        cmocka_unit_test(test_timer_may_be_armed_while_expiring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
