/*
 * What records without a connection share: the acceptance test, case by case, and reports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_record.h"
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

static bool acceptable(uint32_t seq, uint32_t len, uint32_t rcv_nxt, uint32_t window)
{
    struct tcp_segment seg = {.seq = tcp_seq_of(seq)};
    seg.payload.len_bytes = len;
    return tcp_record_acceptable(&seg, tcp_seq_of(rcv_nxt), window);
}

/* RFC 9293 3.10.7.4, table 6 */
static void segment_is_acceptable_as_the_table_of_four_cases_says(void **state)
{
    (void)state;
    assert_true(acceptable(100, 0, 100, 0));
    assert_false(acceptable(101, 0, 100, 0));
    assert_false(acceptable(99, 0, 100, 0));
    assert_false(acceptable(100, 1, 100, 0));
    assert_true(acceptable(100, 0, 100, 10));
    assert_true(acceptable(109, 0, 100, 10));
    assert_false(acceptable(110, 0, 100, 10));
    assert_false(acceptable(99, 0, 100, 10));
    assert_true(acceptable(95, 6, 100, 10));
    assert_false(acceptable(95, 5, 100, 10));
    assert_true(acceptable(109, 5, 100, 10));
    assert_false(acceptable(110, 5, 100, 10));
}

static void acceptance_test_works_across_the_wrap(void **state)
{
    (void)state;
    assert_true(acceptable(3, 0, 0xfffffffe, 10));
    assert_false(acceptable(8, 0, 0xfffffffe, 10));
    assert_true(acceptable(0xfffffff0, 15, 0xfffffffe, 10));
    assert_false(acceptable(0xfffffff0, 14, 0xfffffffe, 10));
}

static void report_carries_the_tuple_and_no_connection(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple tuple = passive_tuple(3);
    tcp_record_event_state(&p->host, &tuple, TCP_LISTEN, TCP_SYN_RECEIVED, TCP_CAUSE_SYN, 7);
    tcp_record_challenged(&p->host, &tuple, 8);
    assert_int_equal(p->event_count, 2);
    assert_int_equal(p->events[0].state.to, TCP_SYN_RECEIVED);
    assert_int_equal(p->events[0].now_us, 7);
    assert_null(p->events[0].conn);
    assert_ptr_equal(p->events[0].tuple, &tuple);
    assert_int_equal(p->events[1].kind, TCP_EVENT_CHALLENGE);
    assert_int_equal(p->host.counters.challenges, 1);
}

/* RFC 9293 SHLD-20: an application may do without reports. */
static void report_without_a_watcher_goes_nowhere(void **state)
{
    struct passive *p = *state;
    const struct tcp_tuple tuple = passive_tuple(3);
    struct tcp_host_ops deaf = *p->host.ops;
    deaf.event = NULL;
    const struct tcp_host_ops *before = p->host.ops;
    p->host.ops = &deaf;
    tcp_record_challenged(&p->host, &tuple, 8);
    p->host.ops = before;
    assert_int_equal(p->event_count, 0);
    assert_int_equal(p->host.counters.challenges, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segment_is_acceptable_as_the_table_of_four_cases_says),
        cmocka_unit_test(acceptance_test_works_across_the_wrap),
        cmocka_unit_test_setup_teardown(report_carries_the_tuple_and_no_connection, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(report_without_a_watcher_goes_nowhere, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
