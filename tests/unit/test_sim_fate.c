/*
 * Fates: independent of each other, of the same seed always the same, and as likely as asked for.
 */
#include "support.h"

#include "sim/sim_fate.h"

#define PACKETS 20000u
#define DATA    (1u << SIM_KIND_PACKET | 1u << SIM_KIND_SEGMENT | 1u << SIM_KIND_DATA)

static const struct sim_chances everything = {
    .loss_ppm = 30000,
    .burst_enter_ppm = 10000,
    .burst_leave_ppm = 300000,
    .burst_loss_ppm = 800000,
    .reorder_ppm = 50000,
    .reorder_us = 700,
    .duplicate_ppm = 20000,
    .corrupt_ppm = 10000,
    .mark_ppm = 15000,
    .jitter_us = 90,
};

/* Decides on all packets; faults[i] and jitter of packet i + 1. */
static void decide_all(uint64_t seed, enum sim_end from, const struct sim_chances *chances,
                       uint32_t *faults, uint64_t *jitter_us)
{
    struct sim_fates fates;
    sim_fates_init(&fates, seed, from, chances);
    for (uint32_t i = 0; i < PACKETS; i++) {
        const struct sim_fate fate = sim_fates_decide(&fates, i + 1, DATA);
        faults[i] = fate.faults;
        if (jitter_us != NULL) jitter_us[i] = fate.jitter_us;
    }
}

/* The chances with only one fault switched on. */
static struct sim_chances only(enum sim_fault fault)
{
    struct sim_chances one = {0};
    if (fault == SIM_FAULT_LOSS) one.loss_ppm = everything.loss_ppm;
    if (fault == SIM_FAULT_REORDER) one.reorder_ppm = everything.reorder_ppm;
    if (fault == SIM_FAULT_DUPLICATE) one.duplicate_ppm = everything.duplicate_ppm;
    if (fault == SIM_FAULT_CORRUPT) one.corrupt_ppm = everything.corrupt_ppm;
    if (fault == SIM_FAULT_MARK) one.mark_ppm = everything.mark_ppm;
    if (fault == SIM_FAULT_BURST) {
        one.burst_enter_ppm = everything.burst_enter_ppm;
        one.burst_leave_ppm = everything.burst_leave_ppm;
        one.burst_loss_ppm = everything.burst_loss_ppm;
    }
    return one;
}

/* design.md: "one random stream per fault and direction, so adding one fault does not move the
 * others": with all faults on, each strikes the packets it strikes alone. */
static void one_fault_does_not_move_another(void **state)
{
    (void)state;
    static const enum sim_fault kinds[] = {SIM_FAULT_LOSS,    SIM_FAULT_BURST,
                                           SIM_FAULT_REORDER, SIM_FAULT_DUPLICATE,
                                           SIM_FAULT_CORRUPT, SIM_FAULT_MARK};
    static uint32_t all[PACKETS];
    static uint32_t alone[PACKETS];
    decide_all(42, SIM_A, &everything, all, NULL);
    for (size_t k = 0; k < ARRAY_COUNT(kinds); k++) {
        const struct sim_chances one = only(kinds[k]);
        uint32_t count = 0;
        decide_all(42, SIM_A, &one, alone, NULL);
        for (uint32_t i = 0; i < PACKETS; i++) {
            assert_int_equal(all[i] & 1u << kinds[k], alone[i]);
            count += alone[i] != 0 ? 1 : 0;
        }
        assert_in_range(count, PACKETS / 200, PACKETS / 10);
    }
}

static void directions_and_seeds_differ(void **state)
{
    (void)state;
    static uint32_t a[PACKETS];
    static uint32_t b[PACKETS];
    decide_all(42, SIM_A, &everything, a, NULL);
    decide_all(42, SIM_A, &everything, b, NULL);
    assert_memory_equal(a, b, sizeof a);
    decide_all(42, SIM_B, &everything, b, NULL);
    assert_memory_not_equal(a, b, sizeof a);
    decide_all(43, SIM_A, &everything, b, NULL);
    assert_memory_not_equal(a, b, sizeof a);
}

static void jitter_is_bounded_and_bursts_are_bursts(void **state)
{
    (void)state;
    static uint32_t faults[PACKETS];
    static uint64_t jitter_us[PACKETS];
    uint32_t bursts = 0;
    uint32_t pairs = 0;
    uint64_t most = 0;
    decide_all(3, SIM_B, &everything, faults, jitter_us);
    for (uint32_t i = 1; i < PACKETS; i++) {
        most = u64_max(most, jitter_us[i]);
        const bool is_lost = (faults[i] & SIM_FAULT_BIT(BURST)) != 0;
        bursts += is_lost ? 1 : 0;
        pairs += is_lost && (faults[i - 1] & SIM_FAULT_BIT(BURST)) != 0 ? 1 : 0;
    }
    assert_int_equal(most, everything.jitter_us);
    assert_true(pairs * 3 > bursts); /* independent losses would be neighbours one time in 40 */
}

static void rules_strike_beside_chance(void **state)
{
    (void)state;
    struct sim_fates fates;
    struct sim_rule rule;
    const struct sim_chances none = {0};
    sim_fates_init(&fates, 1, SIM_A, &none);
    assert_true(sim_fault_parse("drop data 2", &rule));
    assert_true(sim_fates_add(&fates, &rule));
    assert_true(sim_fault_parse("delay 5ms packet 4", &rule));
    assert_true(sim_fates_add(&fates, &rule));
    assert_true(sim_fault_parse("reorder packet 4", &rule));
    assert_true(sim_fates_add(&fates, &rule));
    const uint32_t packet = 1u << SIM_KIND_PACKET;
    assert_int_equal(sim_fates_decide(&fates, 1, DATA).faults, 0);
    assert_int_equal(sim_fates_decide(&fates, 2, packet).faults, 0);
    const struct sim_fate third = sim_fates_decide(&fates, 3, DATA);
    assert_int_equal(third.faults, SIM_FAULT_BIT(DROP));
    assert_string_equal(third.rule, "drop data 2");
    const struct sim_fate fourth = sim_fates_decide(&fates, 4, packet);
    assert_int_equal(fourth.faults, SIM_FAULT_BIT(DELAY) | SIM_FAULT_BIT(REORDER));
    assert_string_equal(fourth.rule, "delay 5ms packet 4");
    assert_true(fourth.swaps && fourth.late_us == 5000);
}

static void rules_are_limited(void **state)
{
    (void)state;
    struct sim_fates fates;
    struct sim_rule rule;
    const struct sim_chances none = {0};
    sim_fates_init(&fates, 1, SIM_A, &none);
    assert_true(sim_fault_parse("drop data 2", &rule));
    for (uint32_t i = 0; i < SIM_RULES_MAX; i++) assert_true(sim_fates_add(&fates, &rule));
    assert_false(sim_fates_add(&fates, &rule));
}

static void corruption_changes_one_byte_behind_the_offset(void **state)
{
    (void)state;
    struct sim_fates fates;
    sim_fates_init(&fates, 5, SIM_A, &everything);
    for (uint64_t index = 1; index < 2000; index++) {
        uint8_t bytes[40] = {0};
        sim_fates_corrupt(&fates, index, span_mut_of(bytes, sizeof bytes), 14);
        uint32_t changed = 0;
        for (size_t i = 0; i < sizeof bytes; i++) {
            changed += bytes[i] != 0 ? 1 : 0;
            if (i < 14) assert_int_equal(bytes[i], 0);
        }
        assert_int_equal(changed, 1);
    }
    uint8_t none[4] = {0};
    sim_fates_corrupt(&fates, 1, span_mut_of(none, 4), 4);
    assert_int_equal(none[0] | none[1] | none[2] | none[3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_fault_does_not_move_another),
        cmocka_unit_test(directions_and_seeds_differ),
        cmocka_unit_test(jitter_is_bounded_and_bursts_are_bursts),
        cmocka_unit_test(rules_strike_beside_chance),
        cmocka_unit_test(rules_are_limited),
        cmocka_unit_test(corruption_changes_one_byte_behind_the_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
