/*
 * What networks do to packets: what must be seen.
 */
#include "support.h"

#include "lab_fixture.h"

static void a_hole_is_repaired_fast(void **state)
{
    (void)state;
    lab_must_note("loss",
                  LAB_NOTE_BIT(RECOVERY) | LAB_NOTE_BIT(RESENT_FAST) | LAB_NOTE_BIT(LOST) |
                      LAB_NOTE_BIT(REPORTS_HOLE),
                  LAB_NOTE_BIT(HOLE));
}

static void a_lost_tail_waits_for_the_timer(void **state)
{
    (void)state;
    lab_must_note("rto", LAB_NOTE_BIT(RESENT_TIMEOUT), 0);
}

static void reordering_is_no_loss(void **state)
{
    (void)state;
    lab_must_note("reorder", LAB_NOTE_BIT(REORDERED), LAB_NOTE_BIT(HOLE));
    assert_int_equal(lab_play("reorder", false).report.retransmits, 0);
}

static void a_duplicate_is_reported(void **state)
{
    (void)state;
    lab_must_note("duplicate", LAB_NOTE_BIT(DUPLICATED) | LAB_NOTE_BIT(DSACK), LAB_NOTE_BIT(OLD));
}

static void a_checksum_catches_damage(void **state)
{
    (void)state;
    lab_must_note("corrupt", LAB_NOTE_BIT(RESENT_FAST), LAB_NOTE_BIT(BAD_CHECKSUM));
}

static void cwnd_is_shown(void **state)
{
    (void)state;
    lab_must_note("congestion", LAB_NOTE_BIT(CWND) | LAB_NOTE_BIT(LOST) | LAB_NOTE_BIT(RECOVERY),
                  0);
}

/* The phases that the notes tell of. */
struct phases {
    bool is_fast, ends, times_out, is_fast_after_timeout;
};

static void see_phase(void *owner, const struct lab_sight *sight)
{
    struct phases *phases = owner;
    if ((sight->notes & LAB_NOTE_BIT(CWND)) == 0) return;
    if (phases->is_fast && !sight->is_recovering) phases->ends = true;
    phases->is_fast = sight->is_recovering;
    if ((sight->notes & LAB_NOTE_BIT(RESENT_TIMEOUT)) == 0) return;
    phases->times_out = true;
    phases->is_fast_after_timeout |= sight->is_recovering;
}

static struct phases phases_with(const char *fault)
{
    struct phases phases = {0};
    struct lab_config config;
    const struct lab_watcher watcher = {&phases, see_phase};
    const struct lab_scene *scene = lab_scene_find("congestion");
    lab_config_default(&config, scene, false, 1);
    assert_true(sim_fault_parse(fault, &config.rule[config.rule_count++]));
    struct lab *lab = lab_create(scene, &config, &watcher);
    assert_non_null(lab);
    while (lab_step(lab)) continue;
    lab_destroy(lab);
    return phases;
}

/* RFC 5681 3.1: after a time-out it is slow start, not fast recovery, whose end is told as well. */
static void cwnd_phases_are_told(void **state)
{
    (void)state;
    const struct phases usual = phases_with("drop rst");
    assert_true(usual.ends && !usual.times_out);
    const struct phases timeout = phases_with("drop data 30-60 from a");
    assert_true(timeout.times_out && !timeout.is_fast_after_timeout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_is_repaired_fast),
        cmocka_unit_test(a_lost_tail_waits_for_the_timer),
        cmocka_unit_test(reordering_is_no_loss),
        cmocka_unit_test(a_duplicate_is_reported),
        cmocka_unit_test(a_checksum_catches_damage),
        cmocka_unit_test(cwnd_is_shown),
        cmocka_unit_test(cwnd_phases_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
