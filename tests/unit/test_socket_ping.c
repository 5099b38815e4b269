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

/* A request for an address that is not the gateway's own is answered by whom the gateway asks. */
static void passed_through(bool is_v4, size_t len)
{
    struct pair p;
    vitro_socket all;
    vitro_socket client;
    struct vitro_ping_request request;
    struct vitro_ping_reply reply;
    uint8_t data[4000];
    uint8_t back[4000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 3);
    struct vitro_ip to = pair_endpoint(1, is_v4, 0).ip;
    to.bytes[15] = 99;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_ping_open(p.stack[1], 9, &all), 0);
    assert_int_equal(vitro_ping_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_ping_next_request(p.stack[1], all, back, sizeof back, NULL), -EAGAIN);
    assert_int_equal(vitro_ping_open(p.stack[0], 1, &client), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], client, &to, 77, data, len, p.now_us), len);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_receive(p.stack[0], client, NULL, 0, NULL), -EAGAIN);
    struct vitro_ready ready;
    assert_true(vitro_ready_next(p.stack[1], &ready));
    assert_int_equal(ready.user, 9);
    assert_true((ready.bits & VITRO_READABLE) != 0);
    assert_int_equal(vitro_ping_next_request(p.stack[1], all, back, sizeof back, &request), len);
    assert_memory_equal(back, data, len);
    assert_true(vitro_ip_equal(&request.flow.local.ip, &to));
    const struct vitro_ip asker = pair_endpoint(0, is_v4, 0).ip;
    assert_true(vitro_ip_equal(&request.flow.remote.ip, &asker));
    assert_int_equal(request.sequence, 77);
    assert_int_equal(request.ttl, 64);
    assert_int_equal(request.len_bytes, len);
    assert_int_equal(vitro_ping_answer(p.stack[1], all, &request, back, len, p.now_us), len);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_receive(p.stack[0], client, back, sizeof back, &reply),
                     len < 1472 ? len : 1472);
    assert_true(vitro_ip_equal(&reply.from, &to));
    assert_int_equal(reply.len_bytes, len);
    pair_teardown(&p);
}

static void requests_for_others_can_be_passed_through(void **state)
{
    (void)state;
    passed_through(true, 0);
    passed_through(true, 56);
    passed_through(false, 56);
    passed_through(true, 4000);
    passed_through(false, 4000);
}

static void own_addresses_are_answered_all_the_same(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket all;
    vitro_socket client;
    const struct vitro_ip own = pair_endpoint(1, true, 0).ip;
    const struct vitro_endpoint any = vitro_endpoint_any(0);
    struct vitro_ping_request request = {.sequence = 1};
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_ping_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_ping_answer(p.stack[1], all, &request, "x", 1, p.now_us), -EINVAL);
    assert_int_equal(vitro_ping_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_ping_bind_any(p.stack[1], all), -EINVAL);
    assert_int_equal(vitro_bind(p.stack[1], all, &any), -EINVAL);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], client, &own, 1, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_next_request(p.stack[1], all, NULL, 0, NULL), -EAGAIN);
    assert_int_equal(vitro_ping_receive(p.stack[0], client, NULL, 0, NULL), 0);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(echo_is_answered),
        cmocka_unit_test(long_echo_goes_in_fragments_both_ways),
        cmocka_unit_test(neighbour_that_is_not_there_is_reported),
        cmocka_unit_test(close_forgets_what_waits),
        cmocka_unit_test(requests_for_others_can_be_passed_through),
        cmocka_unit_test(own_addresses_are_answered_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
