/*
 * Counters and memory as the owner sees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void traffic_is_counted(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    vitro_socket udp;
    struct vitro_counters counters;
    const struct vitro_flow to = {.remote = pair_endpoint(1, true, 9)};
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "hello", 5, p.now_us), 5);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &udp), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], udp, &to, "x", 1, p.now_us), 1);
    pair_run(&p, 100000);
    vitro_stack_counters(p.stack[0], &counters);
    assert_int_equal(counters.frames_out, p.sent[0]);
    assert_int_equal(counters.frames_in, p.sent[1]);
    assert_int_equal(counters.tcp.opened_active, 1);
    assert_int_equal(counters.tcp.segments_out, 3);
    assert_int_equal(counters.tcp.bytes_out, 5);
    assert_int_equal(counters.udp.datagrams_out, 1);
    assert_int_equal(counters.ip.icmp_in, 1);
    vitro_stack_counters(p.stack[1], &counters);
    assert_int_equal(counters.tcp.opened_passive, 1);
    assert_int_equal(counters.tcp.bytes_in, 5);
    assert_int_equal(counters.ip.icmp_out, 1);
    assert_int_equal(counters.drops[VITRO_DROP_UDP_NO_SOCKET], 1);
    pair_teardown(&p);
}

static void memory_follows_what_is_held(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_memory memory;
    pair_setup(&p, NULL);
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.sockets + memory.connections + memory.listeners, 0);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.sockets, 2);
    assert_int_equal(memory.connections, 1);
    assert_int_equal(memory.listeners, 1);
    assert_int_equal(memory.chunks, 0);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "hello", 5, p.now_us), 5);
    pair_deliver(&p);
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.chunks, 1);
    assert_true(memory.bytes > 16384);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_is_counted),
        cmocka_unit_test(memory_follows_what_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
