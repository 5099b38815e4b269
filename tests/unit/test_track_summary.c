/*
 * Opening and closing in every manner: the states of both ends, who closed, and how.
 */
#include "observe/track_summary.h"

#include "support.h"
#include "track_fixture.h"

#define C   TRACK_CLIENT
#define S   TRACK_SERVER
#define SYN TCP_FLAG_SYN
#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RST TCP_FLAG_RST

static struct track_fixture f;

static int setup(void **state)
{
    (void)state;
    track_fixture_init(&f, 16);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    track_fixture_deinit(&f);
    return 0;
}

static void check_states(enum track_state client, enum track_state server)
{
    const struct track_summary summary = track_fixture_summary(&f);
    assert_string_equal(track_state_text(summary.state[C]), track_state_text(client));
    assert_string_equal(track_state_text(summary.state[S]), track_state_text(server));
}

static void check_close(enum track_close close, int by)
{
    const struct track_summary summary = track_fixture_summary(&f);
    assert_string_equal(track_close_code(summary.close), track_close_code(close));
    assert_true(summary.is_closed_by_known);
    assert_int_equal(summary.closed_by, by);
}

static void the_handshake_has_states_and_times(void **state)
{
    (void)state;
    track_fixture_segment(&f, C, SYN, 0, 0, 0);
    check_states(TRACK_STATE_SYN_SENT, TRACK_STATE_LISTEN);
    f.now_us += 1000000;
    assert_int_equal(track_fixture_segment(&f, C, SYN, 0, 0, 0),
                     TRACK_SYN | TRACK_SYN_RETRANSMITTED);
    f.now_us += 300;
    track_fixture_segment(&f, S, SYN | ACK, 0, 1, 0);
    check_states(TRACK_STATE_SYN_SENT, TRACK_STATE_SYN_RECEIVED);
    assert_false(track_fixture_summary(&f).has_handshake);
    f.now_us += 50;
    track_fixture_segment(&f, C, ACK, 1, 1, 0);
    check_states(TRACK_STATE_ESTABLISHED, TRACK_STATE_ESTABLISHED);
    const struct track_summary summary = track_fixture_summary(&f);
    assert_true(summary.has_handshake);
    assert_int_equal(summary.handshake_rtt_us, 350);
    assert_int_equal(summary.answer_us, 300);
    assert_int_equal(summary.open_us, 1000350);
    assert_int_equal(summary.duration_us, 1000350);
    assert_int_equal(summary.retransmissions[C], 1);
    assert_false(summary.is_simultaneous_open);
    assert_int_equal(summary.close, TRACK_CLOSE_NONE);
    assert_false(summary.is_closed_by_known);
}

static void syns_that_cross_open_one_conversation(void **state)
{
    (void)state;
    track_fixture_segment(&f, C, SYN, 0, 0, 0);
    assert_int_equal(track_fixture_segment(&f, S, SYN, 0, 0, 0), TRACK_SYN);
    check_states(TRACK_STATE_SYN_SENT, TRACK_STATE_SYN_SENT);
    assert_int_equal(track_fixture_segment(&f, C, SYN | ACK, 0, 1, 0), TRACK_SYN);
    check_states(TRACK_STATE_SYN_RECEIVED, TRACK_STATE_SYN_SENT);
    assert_int_equal(track_fixture_segment(&f, S, SYN | ACK, 0, 1, 0),
                     TRACK_SYN | TRACK_HANDSHAKE_DONE);
    assert_true(track_fixture_summary(&f).is_simultaneous_open);
    check_states(TRACK_STATE_ESTABLISHED, TRACK_STATE_ESTABLISHED);
}

static void four_segments_close(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_fixture_segment(&f, C, FIN | ACK, 1, 1, 0);
    check_states(TRACK_STATE_FIN_WAIT_1, TRACK_STATE_ESTABLISHED);
    check_close(TRACK_CLOSE_HALF, C);
    track_fixture_segment(&f, S, ACK, 1, 2, 0);
    check_states(TRACK_STATE_FIN_WAIT_2, TRACK_STATE_CLOSE_WAIT);
    track_fixture_segment(&f, S, FIN | ACK, 1, 2, 0);
    check_states(TRACK_STATE_FIN_WAIT_2, TRACK_STATE_LAST_ACK);
    check_close(TRACK_CLOSE_UNFINISHED, C);
    assert_int_equal(track_fixture_segment(&f, C, ACK, 2, 2, 0), TRACK_CLOSE_DONE);
    check_states(TRACK_STATE_TIME_WAIT, TRACK_STATE_CLOSED);
    check_close(TRACK_CLOSE_FOUR, C);
}

static void three_segments_close(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_fixture_segment(&f, S, FIN | ACK, 1, 1, 20);
    track_fixture_segment(&f, C, FIN | ACK, 1, 22, 0);
    track_fixture_segment(&f, S, ACK, 22, 2, 0);
    check_states(TRACK_STATE_CLOSED, TRACK_STATE_TIME_WAIT);
    check_close(TRACK_CLOSE_THREE, S);
    assert_int_equal(track_fixture_summary(&f).bytes[S], 20);
}

static void fins_that_cross_close(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_fixture_segment(&f, S, FIN | ACK, 1, 1, 0);
    track_fixture_segment(&f, C, FIN | ACK, 1, 1, 0);
    check_states(TRACK_STATE_FIN_WAIT_1, TRACK_STATE_FIN_WAIT_1);
    track_fixture_segment(&f, C, ACK, 2, 2, 0);
    check_states(TRACK_STATE_CLOSING, TRACK_STATE_FIN_WAIT_2);
    track_fixture_segment(&f, S, ACK, 2, 2, 0);
    check_states(TRACK_STATE_TIME_WAIT, TRACK_STATE_TIME_WAIT);
    check_close(TRACK_CLOSE_SIMULTANEOUS, S);
}

static void resets_close(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_fixture_segment(&f, C, ACK, 1, 1, 10);
    assert_int_equal(track_fixture_segment(&f, S, RST | ACK, 1, 11, 0),
                     TRACK_RST | TRACK_CLOSE_DONE);
    check_states(TRACK_STATE_CLOSED, TRACK_STATE_CLOSED);
    check_close(TRACK_CLOSE_RESET, S);
    assert_int_equal(track_fixture_segment(&f, C, RST, 11, 0, 0), TRACK_RST);
    check_close(TRACK_CLOSE_RESET, S);
}

static void a_reset_for_a_syn_refuses(void **state)
{
    (void)state;
    track_fixture_segment(&f, C, SYN, 0, 0, 0);
    track_fixture_segment(&f, S, RST | ACK, 0, 1, 0);
    check_close(TRACK_CLOSE_REFUSED, S);
}

static void a_reset_after_both_fins_is_told_apart(void **state)
{
    (void)state;
    track_fixture_open(&f, 100);
    track_fixture_segment(&f, C, FIN | ACK, 1, 1, 0);
    track_fixture_segment(&f, S, FIN | ACK, 1, 2, 0);
    track_fixture_segment(&f, C, ACK, 2, 2, 0);
    assert_int_equal(track_fixture_segment(&f, C, RST, 2, 0, 0), TRACK_RST);
    check_close(TRACK_CLOSE_THREE, C);
    assert_true(track_fixture_summary(&f).has_reset_after_close);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_handshake_has_states_and_times, setup, teardown),
        cmocka_unit_test_setup_teardown(syns_that_cross_open_one_conversation, setup, teardown),
        cmocka_unit_test_setup_teardown(four_segments_close, setup, teardown),
        cmocka_unit_test_setup_teardown(three_segments_close, setup, teardown),
        cmocka_unit_test_setup_teardown(fins_that_cross_close, setup, teardown),
        cmocka_unit_test_setup_teardown(resets_close, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_for_a_syn_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_after_both_fins_is_told_apart, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
