/*
 * The throttle of challenge ACKs: one per interval and connection, and none shared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_challenge.h"
#include "tcp_passive.h"

static int setup(void **state)
{
    *state = passive_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    passive_free(*state);
    return 0;
}

static void challenge_again_within_the_interval_is_not_sent(void **state)
{
    struct passive *p = *state;
    struct tcp_conn *conn = passive_connect(p, passive_listen(p, 8), 1);
    const uint32_t before = p->out_count;
    tcp_challenge_send(conn, p->now_us);
    tcp_challenge_send(conn, p->now_us);
    tcp_challenge_send(conn, p->now_us + 499000);
    assert_int_equal(p->out_count, before + 1);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_ACK);
    tcp_challenge_send(conn, p->now_us + 500000);
    assert_int_equal(p->out_count, before + 2);
    assert_int_equal(p->host.counters.challenges, 2);
    assert_int_equal(passive_events(p, TCP_EVENT_CHALLENGE), 2);
    tcp_conn_free(conn);
}

/* pitfall 11 (CVE-2016-5696): no counter tells one peer what another is doing */
static void challenges_of_one_connection_do_not_use_up_anothers(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_conn *a = passive_connect(p, listener, 1);
    struct tcp_conn *b = passive_connect(p, listener, 2);
    for (int i = 0; i < 1000; i++) (void)tcp_challenge_may(a, p->now_us);
    assert_false(tcp_challenge_may(a, p->now_us));
    assert_true(tcp_challenge_may(b, p->now_us));
    tcp_conn_free(a);
    tcp_conn_free(b);
}

static void first_challenge_may_leave_at_time_zero(void **state)
{
    struct passive *p = *state;
    struct tcp_conn conn = {.host = &p->host};
    assert_true(tcp_challenge_may(&conn, 0));
    assert_false(tcp_challenge_may(&conn, 400000));
    assert_true(tcp_challenge_may(&conn, 501000));
}

static void challenge_clock_wraps_after_49_days(void **state)
{
    struct passive *p = *state;
    struct tcp_conn conn = {.host = &p->host};
    const uint64_t wrap_us = 4294967296000u;
    assert_true(tcp_challenge_may(&conn, wrap_us - 100000));
    assert_false(tcp_challenge_may(&conn, wrap_us + 100000));
    assert_true(tcp_challenge_may(&conn, wrap_us + 400000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(challenge_again_within_the_interval_is_not_sent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(challenges_of_one_connection_do_not_use_up_anothers, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(first_challenge_may_leave_at_time_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(challenge_clock_wraps_after_49_days, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
