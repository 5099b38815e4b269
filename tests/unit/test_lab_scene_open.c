/*
 * How connections begin: the very segments (RFC 9293 3.5).
 */
#include "support.h"

#include "lab_fixture.h"

static void three_segments_open(void **state)
{
    (void)state;
    lab_must_show("handshake", ">S <S. >.");
    lab_must_note("handshake", LAB_NOTE_BIT(SYN) | LAB_NOTE_BIT(SYN_ACK) | LAB_NOTE_BIT(OPEN), 0);
}

static void syns_may_cross(void **state)
{
    (void)state;
    lab_must_show("open-both", ">S <S >S. <S. >F. <F. >. <.");
}

static void a_refusal_is_rst(void **state)
{
    (void)state;
    lab_must_show("refused", ">S <R.");
    lab_must_note("refused", LAB_NOTE_BIT(REFUSED), 0);
    assert_true(lab_play("refused", false).report.fate[SIM_B].is_absent);
}

static void a_syn_is_sent_eight_times(void **state)
{
    (void)state;
    lab_must_show("timeout", ">S >S >S >S >S >S >S >S");
    lab_must_note("timeout", LAB_NOTE_BIT(RESENT_SYN) | LAB_NOTE_BIT(LOST), 0);
}

/* Not for want of an answer: no timer has run out. */
static void a_syn_that_comes_again_is_answered_again(void **state)
{
    (void)state;
    const struct lab_seen seen = lab_play_fault("handshake", "duplicate syn 1 from a");
    assert_true(seen.notes[SIM_A] & LAB_NOTE_BIT(RESENT_ANSWER));
    assert_false(seen.notes[SIM_A] & LAB_NOTE_BIT(RESENT_SYN));
}

static void a_flood_is_answered_by_cookies(void **state)
{
    (void)state;
    lab_must_note("syn-flood", LAB_NOTE_BIT(SPOOFED) | LAB_NOTE_BIT(COOKIE), 0);
    assert_true(lab_play("syn-flood", false).report.fate[SIM_A].was_open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_segments_open),
        cmocka_unit_test(syns_may_cross),
        cmocka_unit_test(a_refusal_is_rst),
        cmocka_unit_test(a_syn_is_sent_eight_times),
        cmocka_unit_test(a_syn_that_comes_again_is_answered_again),
        cmocka_unit_test(a_flood_is_answered_by_cookies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
