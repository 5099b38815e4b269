/*
 * Data, acknowledgements, windows: what must be seen.
 */
#include "support.h"

#include "lab_fixture.h"

static void lines_go_there_and_back(void **state)
{
    (void)state;
    lab_must_show("telnet", ">S <S. >. >P. <. <P. >. >F. <. <F. >.");
}

static void acks_wait_and_ride(void **state)
{
    (void)state;
    lab_must_note("delayed-ack", LAB_NOTE_BIT(ACK_WAITED) | LAB_NOTE_BIT(ACK_RIDES), 0);
}

static void a_window_closes_and_opens(void **state)
{
    (void)state;
    lab_must_note("zero-window",
                  LAB_NOTE_BIT(ZERO_WINDOW) | LAB_NOTE_BIT(PROBE) | LAB_NOTE_BIT(WINDOW_UPDATE), 0);
}

static void a_router_tells_the_size(void **state)
{
    (void)state;
    lab_must_note("mtu",
                  LAB_NOTE_BIT(TOO_BIG) | LAB_NOTE_BIT(ROUTER) | LAB_NOTE_BIT(PMTU) |
                      LAB_NOTE_BIT(RESENT_PMTU),
                  0);
}

static void an_idle_peer_is_probed(void **state)
{
    (void)state;
    lab_must_note("keepalive", LAB_NOTE_BIT(KEEPALIVE) | LAB_NOTE_BIT(RST), 0);
}

static void all_is_said_before_the_end(void **state)
{
    (void)state;
    assert_int_equal(lab_play("http", false).report.fate[SIM_A].received_bytes, 5064);
    assert_int_equal(lab_play("upload", false).report.fate[SIM_B].received_bytes, 20000);
    assert_int_equal(lab_play("window-scale", true).report.retransmits, 0);
}

/* The ACK that told of it was lost; the answer to the next probe tells, and takes its octet. */
static void a_probe_finds_the_window_open(void **state)
{
    (void)state;
    const struct lab_seen seen = lab_play_fault("zero-window", "drop ack 7 from b");
    assert_true(seen.notes[SIM_A] & LAB_NOTE_BIT(WINDOW_UPDATE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_go_there_and_back),
        cmocka_unit_test(acks_wait_and_ride),
        cmocka_unit_test(a_window_closes_and_opens),
        cmocka_unit_test(a_router_tells_the_size),
        cmocka_unit_test(an_idle_peer_is_probed),
        cmocka_unit_test(all_is_said_before_the_end),
        cmocka_unit_test(a_probe_finds_the_window_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
