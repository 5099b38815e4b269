/*
 * Chance by index: the same for the same seed, name and index, and fair.
 */
#include "support.h"

#include "sim/sim_dice.h"

static void seed_name_index_and_draw_decide(void **state)
{
    (void)state;
    const struct sim_dice dice = sim_dice_make(7, "a.loss");
    const uint64_t value = sim_dice_u64(dice, 5, 0);
    assert_true(value == sim_dice_u64(sim_dice_make(7, "a.loss"), 5, 0));
    assert_true(value != sim_dice_u64(sim_dice_make(8, "a.loss"), 5, 0));
    assert_true(value != sim_dice_u64(sim_dice_make(7, "b.loss"), 5, 0));
    assert_true(value != sim_dice_u64(dice, 6, 0));
    assert_true(value != sim_dice_u64(dice, 5, 1));
}

static void chances_are_kept(void **state)
{
    (void)state;
    const struct sim_dice dice = sim_dice_make(1, "test");
    uint32_t count = 0;
    for (uint64_t i = 0; i < 100000; i++) count += sim_dice_chance(dice, i, 0, 30000) ? 1 : 0;
    assert_in_range(count, 2800, 3200);
}

static void a_larger_chance_keeps_what_a_smaller_one_struck(void **state)
{
    (void)state;
    const struct sim_dice dice = sim_dice_make(2, "test");
    for (uint64_t i = 0; i < 10000; i++) {
        if (sim_dice_chance(dice, i, 0, 10000)) assert_true(sim_dice_chance(dice, i, 0, 20000));
        assert_false(sim_dice_chance(dice, i, 0, 0));
        assert_true(sim_dice_chance(dice, i, 0, 1000000));
    }
}

static void below_stays_below(void **state)
{
    (void)state;
    const struct sim_dice dice = sim_dice_make(3, "test");
    uint32_t seen = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        const uint64_t value = sim_dice_below(dice, i, 0, 6);
        assert_true(value < 6);
        seen |= 1u << value;
    }
    assert_int_equal(seen, 0x3f);
    assert_int_equal(sim_dice_below(dice, 1, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seed_name_index_and_draw_decide),
        cmocka_unit_test(chances_are_kept),
        cmocka_unit_test(a_larger_chance_keeps_what_a_smaller_one_struck),
        cmocka_unit_test(below_stays_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
