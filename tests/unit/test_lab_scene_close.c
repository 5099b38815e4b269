/*
 * How connections end: the very segments (RFC 9293 3.6).
 */
#include "support.h"

#include "lab_fixture.h"

static void four_segments_close(void **state)
{
    (void)state;
    lab_must_show("close", ">S <S. >. >F. <. <F. >.");
    lab_must_note("close", LAB_NOTE_BIT(FIN) | LAB_NOTE_BIT(FIN_ACK), LAB_NOTE_BIT(FIN_ACK));
}

static void three_do_when_the_fin_carries_the_ack(void **state)
{
    (void)state;
    lab_must_show("close-three", ">S <S. >. >F. <F. >.");
}

static void fins_may_cross(void **state)
{
    (void)state;
    lab_must_show("close-both", ">S <S. >. >F. <F. >. <.");
}

static void data_flows_after_half_a_close(void **state)
{
    (void)state;
    lab_must_show("half-close", ">S <S. >. >P. >F. <. <. <. >. <. >. <P. >. <F. >.");
}

static void an_abort_is_one_rst(void **state)
{
    (void)state;
    lab_must_show("reset", ">S <S. >. >P. <. >R.");
}

/* RFC 9293 3.10.7.1: what comes for a connection that is no more is answered by a RST; that ends
 * nothing. */
static void a_stray_ack_finds_no_connection(void **state)
{
    (void)state;
    const struct lab_seen seen = lab_play_fault("close", "duplicate fin 1 from b");
    assert_true(seen.notes[SIM_A] & LAB_NOTE_BIT(NO_CONN));
    assert_false(seen.notes[SIM_A] & LAB_NOTE_BIT(RST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_segments_close),
        cmocka_unit_test(three_do_when_the_fin_carries_the_ack),
        cmocka_unit_test(fins_may_cross),
        cmocka_unit_test(data_flows_after_half_a_close),
        cmocka_unit_test(an_abort_is_one_rst),
        cmocka_unit_test(a_stray_ack_finds_no_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
