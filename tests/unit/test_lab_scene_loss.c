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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_is_repaired_fast),
        cmocka_unit_test(a_lost_tail_waits_for_the_timer),
        cmocka_unit_test(reordering_is_no_loss),
        cmocka_unit_test(a_duplicate_is_reported),
        cmocka_unit_test(a_checksum_catches_damage),
        cmocka_unit_test(cwnd_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
