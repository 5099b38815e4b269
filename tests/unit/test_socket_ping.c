/*
 * Ping sockets between two whole stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void answered(bool is_v4, size_t len)
{
    struct pair p;
    vitro_socket ping;
    struct vitro_ping_reply reply;
    uint8_t data[4000];
    uint8_t back[4000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)i;
    pair_setup(&p, NULL);
    const struct vitro_ip to = pair_endpoint(1, is_v4, 0).ip;
    assert_int_equal(vitro_ping_open(p.stack[0], 1, &ping), 0);
    assert_int_equal(vitro_ping_receive(p.stack[0], ping, back, sizeof back, &reply), -EAGAIN);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 77, data, len, p.now_us), len);
    pair_deliver(&p);
    assert_true((vitro_readiness(p.stack[0], ping) & VITRO_READABLE) != 0);
    const int64_t got = vitro_ping_receive(p.stack[0], ping, back, sizeof back, &reply);
    assert_int_equal(got, len < 1472 ? len : 1472);
    assert_memory_equal(data, back, (size_t)got);
    assert_int_equal(reply.len_bytes, len);
    assert_int_equal(reply.sequence, 77);
    assert_int_equal(reply.error, 0);
    assert_int_equal(reply.ttl, 64);
    assert_true(vitro_ip_equal(&reply.from, &to));
    pair_teardown(&p);
}

static void echo_is_answered(void **state) /* RFC 1122 3.2.2.6 */
{
    (void)state;
    answered(true, 0);
    answered(true, 56);
    answered(false, 56);
}

static void long_echo_goes_in_fragments_both_ways(void **state)
{
    (void)state;
    answered(true, 4000);
    answered(false, 4000);
}

static void neighbour_that_is_not_there_is_reported(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket ping;
    struct vitro_ping_reply reply;
    const struct vitro_ip nobody = vitro_ip_v4(10, 0, 0, 200);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_ping_open(p.stack[0], 1, &ping), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &nobody, 1, "x", 1, p.now_us), 1);
    pair_run(&p, 10000000);
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_NEIGHBOUR_UNREACHABLE), 1);
    assert_int_equal(vitro_ping_receive(p.stack[0], ping, NULL, 0, &reply), 0);
    assert_int_equal(reply.error, -EHOSTUNREACH);
    pair_teardown(&p);
}

static void close_forgets_what_waits(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket ping;
    const struct vitro_ip to = pair_endpoint(1, true, 0).ip;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_ping_open(p.stack[0], 1, &ping), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 1, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(vitro_close(p.stack[0], ping, p.now_us), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 1, "x", 1, p.now_us), -EBADF);
    assert_false(vitro_ready_pending(p.stack[0]));
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_is_answered),
        cmocka_unit_test(long_echo_goes_in_fragments_both_ways),
        cmocka_unit_test(neighbour_that_is_not_there_is_reported),
        cmocka_unit_test(close_forgets_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
