/*
 * UDP sockets between two whole stacks: exchange, errors, fragments, the catch-all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#define PORT 53

static vitro_socket open_bound(struct pair *p, int side, uint16_t port)
{
    vitro_socket s;
    const struct vitro_endpoint any = vitro_endpoint_any(port);
    assert_int_equal(vitro_udp_open(p->stack[side], 3, &s), 0);
    assert_int_equal(vitro_bind(p->stack[side], s, &any), 0);
    return s;
}

static void exchange(bool is_v4, size_t len)
{
    struct pair p;
    struct vitro_datagram got;
    uint8_t data[6000];
    uint8_t back[6000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
    pair_setup(&p, NULL);
    const vitro_socket server = open_bound(&p, 1, PORT);
    const vitro_socket client = open_bound(&p, 0, 0);
    const struct vitro_flow to = {.remote = pair_endpoint(1, is_v4, PORT)};
    assert_int_equal(vitro_udp_send(p.stack[0], client, &to, data, len, p.now_us), len);
    pair_deliver(&p);
    struct vitro_ready ready;
    assert_true(vitro_ready_next(p.stack[1], &ready));
    assert_int_equal(ready.socket, server);
    assert_true((ready.bits & VITRO_READABLE) != 0);
    assert_int_equal(vitro_udp_receive(p.stack[1], server, back, sizeof back, &got), len);
    assert_memory_equal(data, back, len);
    assert_int_equal(got.len_bytes, len);
    assert_int_equal(got.flow.local.port, PORT);
    assert_int_equal(got.ttl, 64);
    const struct vitro_endpoint asked = pair_endpoint(1, is_v4, PORT);
    assert_true(vitro_ip_equal(&got.flow.local.ip, &asked.ip));
    assert_int_equal(vitro_udp_receive(p.stack[1], server, back, sizeof back, &got), -EAGAIN);
    assert_int_equal(vitro_udp_send(p.stack[1], server, &got.flow, "yes", 3, p.now_us), 3);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[0], client, back, 2, &got), 2);
    assert_int_equal(got.len_bytes, 3);
    pair_teardown(&p);
}

static void datagrams_go_both_ways(void **state)
{
    (void)state;
    exchange(true, 100);
    exchange(false, 100);
    exchange(true, 1472);
    exchange(false, 1452);
}

static void long_datagrams_go_in_fragments(void **state)
{
    (void)state;
    exchange(true, 1473);
    exchange(true, 6000);
    exchange(false, 1453);
    exchange(false, 6000);
}

static void closed_port_refuses(bool is_v4)
{
    struct pair p;
    vitro_socket client;
    const struct vitro_endpoint remote = pair_endpoint(1, is_v4, PORT);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_udp_connect(p.stack[0], client, &remote), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], client, NULL, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 1);
    assert_true((vitro_readiness(p.stack[0], client) & VITRO_ERROR) != 0);
    assert_int_equal(vitro_take_error(p.stack[0], client), -ECONNREFUSED);
    pair_teardown(&p);
}

static void port_unreachable_reaches_the_sender(void **state) /* RFC 1122 4.1.3.1 */
{
    (void)state;
    closed_port_refuses(true);
    closed_port_refuses(false);
}

static void catch_all_hears_every_address_and_answers_from_it(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket all;
    struct vitro_datagram got;
    char text[8];
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket client = open_bound(&p, 0, 0);
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_udp_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_udp_bind_any(p.stack[1], all), -EINVAL);
    const struct vitro_flow to = {.remote = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 99), 1234)};
    assert_int_equal(vitro_udp_send(p.stack[0], client, &to, "hi", 2, p.now_us), 2);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[1], all, text, sizeof text, &got), 2);
    assert_true(vitro_ip_equal(&got.flow.local.ip, &to.remote.ip));
    assert_int_equal(vitro_udp_send(p.stack[1], all, &got.flow, "ho", 2, p.now_us), 2);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[0], client, text, sizeof text, &got), 2);
    assert_true(vitro_ip_equal(&got.flow.remote.ip, &to.remote.ip));
    assert_int_equal(got.flow.remote.port, 1234);
    pair_teardown(&p);
}

static void datagrams_come_from_the_addresses_of_others(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket all;
    struct vitro_datagram got;
    char text[8];
    const struct vitro_route route = {.ip = vitro_ip_v4(192, 0, 2, 0),
                                      .prefix_bits = 24,
                                      .gateway = pair_endpoint(1, true, 0).ip,
                                      .interface = 1};
    const struct vitro_flow flow = {.local = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 7), 4711),
                                    .remote = pair_endpoint(0, true, PORT)};
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_route_add(p.stack[0], &route), 0);
    const vitro_socket server = open_bound(&p, 0, PORT);
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_udp_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_udp_send(p.stack[1], all, &flow, "hi", 2, p.now_us), 2);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[0], server, text, sizeof text, &got), 2);
    assert_true(vitro_ip_equal(&got.flow.remote.ip, &flow.local.ip));
    assert_int_equal(got.flow.remote.port, 4711);
    assert_int_equal(vitro_udp_send(p.stack[0], server, &got.flow, "ho", 2, p.now_us), 2);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[1], all, text, sizeof text, &got), 2);
    assert_true(vitro_ip_equal(&got.flow.local.ip, &flow.local.ip));
    assert_int_equal(got.flow.local.port, 4711);
    pair_teardown(&p);
}

static void a_bound_socket_wins_over_the_catch_all(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket all;
    vitro_socket own;
    struct vitro_flow to = {.remote = pair_endpoint(1, true, PORT)};
    const struct vitro_endpoint local = pair_endpoint(1, true, PORT);
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket client = open_bound(&p, 0, 0);
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_udp_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &own), 0);
    assert_int_equal(vitro_bind(p.stack[1], own, &local), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], client, &to, "1", 1, p.now_us), 1);
    to.remote.port = PORT + 1;
    assert_int_equal(vitro_udp_send(p.stack[0], client, &to, "22", 2, p.now_us), 2);
    to.remote = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 99), PORT);
    assert_int_equal(vitro_udp_send(p.stack[0], client, &to, "333", 3, p.now_us), 3);
    pair_deliver(&p);
    char text[8];
    assert_int_equal(vitro_udp_receive(p.stack[1], own, text, sizeof text, NULL), 1);
    assert_int_equal(vitro_udp_receive(p.stack[1], own, text, sizeof text, NULL), -EAGAIN);
    assert_int_equal(vitro_udp_receive(p.stack[1], all, text, sizeof text, NULL), 2);
    assert_int_equal(vitro_udp_receive(p.stack[1], all, text, sizeof text, NULL), 3);
    pair_teardown(&p);
}

static void errors_have_names(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    static const uint8_t big[66000];
    const struct vitro_flow nowhere = {.remote =
                                           vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 1), PORT)};
    const struct vitro_flow there = {.remote = pair_endpoint(1, true, PORT)};
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], s, NULL, "x", 1, p.now_us), -EDESTADDRREQ);
    assert_int_equal(vitro_udp_send(p.stack[0], s, &nowhere, "x", 1, p.now_us), -ENETUNREACH);
    assert_int_equal(vitro_udp_send(p.stack[0], s, &there, big, sizeof big, p.now_us), -EMSGSIZE);
    assert_int_equal(vitro_close(p.stack[0], s, p.now_us), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], s, &there, "x", 1, p.now_us), -EBADF);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_go_both_ways),
        cmocka_unit_test(long_datagrams_go_in_fragments),
        cmocka_unit_test(port_unreachable_reaches_the_sender),
        cmocka_unit_test(catch_all_hears_every_address_and_answers_from_it),
        cmocka_unit_test(datagrams_come_from_the_addresses_of_others),
        cmocka_unit_test(a_bound_socket_wins_over_the_catch_all),
        cmocka_unit_test(errors_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
