/*
 * TCP as a gateway uses it: SYNs held by the thousand, listeners of its own beside the one for all,
 * connections from the addresses of others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "wire/checksum.h"
#include "wire/tcp.h"

#define HELD_MANY 10000u

static vitro_socket hold_all(struct pair *p, uint32_t backlog)
{
    vitro_socket listener;
    const struct vitro_endpoint any = vitro_endpoint_any(0);
    assert_int_equal(vitro_tcp_open(p->stack[1], 5, &listener), 0);
    assert_int_equal(vitro_bind(p->stack[1], listener, &any), 0);
    assert_int_equal(vitro_tcp_listen_hold(p->stack[1], listener, backlog), 0);
    return listener;
}

/* Lets stack 0 send to 192.0.2.0/24 and 2001:db8::/64 by stack 1. */
static void route_through(struct pair *p)
{
    struct vitro_route route = {.ip = vitro_ip_v4(192, 0, 2, 0),
                                .prefix_bits = 24,
                                .gateway = pair_endpoint(1, true, 0).ip,
                                .interface = (uint32_t)p->interface[0]};
    assert_int_equal(vitro_route_add(p->stack[0], &route), 0);
    assert_int_equal(vitro_ip_parse("2001:db8::", &route.ip), 0);
    route.prefix_bits = 64;
    route.gateway = pair_endpoint(1, false, 0).ip;
    assert_int_equal(vitro_route_add(p->stack[0], &route), 0);
}

/* A segment of stack 0's to 10.0.0.99:80, made by hand. */
static void inject(struct pair *p, uint16_t from_port, uint32_t seq, uint16_t flags)
{
    const struct vitro_ip other = vitro_ip_v4(10, 0, 0, 99);
    const struct ip_addr src = ip_addr_from_v4(0x0a000001);
    const struct ip_addr dst = ip_addr_from_v4(0x0a000063);
    const struct tcp_repr repr = {
        .src_port = from_port, .dst_port = 80, .seq = seq, .flags = flags, .window = 1000};
    uint8_t bytes[TCP_HEADER_BYTES];
    tcp_emit(&repr, span_mut_of(bytes, sizeof bytes));
    const uint32_t sum = checksum_pseudo(&src, &dst, 6, sizeof bytes);
    put_be16(bytes + TCP_CHECKSUM_OFFSET,
             checksum_finish(checksum_add(sum, span_of(bytes, sizeof bytes))));
    pair_inject_ip(p, 6, NULL, &other, bytes, sizeof bytes);
}

/* Makes stack 1 know its neighbour, so that nothing has to wait for ARP. */
static void meet(struct pair *p)
{
    vitro_socket ping;
    const struct vitro_ip to = pair_endpoint(1, true, 0).ip;
    assert_int_equal(vitro_ping_open(p->stack[0], 0, &ping), 0);
    assert_int_equal(vitro_ping_send(p->stack[0], ping, &to, 0, NULL, 0, p->now_us), 0);
    pair_deliver(p);
}

static struct vitro_flow flow_of(uint16_t from_port)
{
    return (struct vitro_flow){.local = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 99), 80),
                               .remote = pair_endpoint(0, true, from_port)};
}

static uint32_t synacks;

/* Counts SYN-ACKs of stack 1, which go nowhere. */
static bool count_synacks(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    if (frame->from != 1 || frame->data[23] != 6) return true;
    if (frame->data[14 + 20 + 13] == (TCP_FLAG_SYN | TCP_FLAG_ACK)) synacks++;
    return false;
}

static void ten_thousand_are_held_and_decided_in_any_order(void **state)
{
    (void)state;
    struct pair p;
    struct vitro_flow flow;
    struct vitro_memory memory;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket listener = hold_all(&p, 16384);
    meet(&p);
    p.filter = count_synacks;
    synacks = 0;
    for (uint32_t i = 0; i < HELD_MANY; i++) inject(&p, (uint16_t)(1000 + i), i, TCP_FLAG_SYN);
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.syn_records, HELD_MANY);
    for (uint32_t i = 0; i < HELD_MANY; i++) {
        assert_int_equal(vitro_tcp_next_held(p.stack[1], listener, &flow), 1);
        assert_int_equal(flow.remote.port, 1000 + i);
    }
    assert_int_equal(vitro_tcp_next_held(p.stack[1], listener, &flow), 0);
    for (uint32_t i = 0; i < HELD_MANY; i++) { /* 7919 is prime to the number of them */
        flow = flow_of((uint16_t)(1000 + i * 7919 % HELD_MANY));
        assert_int_equal(vitro_tcp_decide(p.stack[1], &flow, VITRO_DECIDE_ACCEPT, p.now_us), 0);
    }
    pair_deliver(&p);
    vitro_stack_check(p.stack[1]);
    assert_int_equal(synacks, HELD_MANY);
    flow = flow_of(1000);
    assert_int_equal(vitro_tcp_decide(p.stack[1], &flow, VITRO_DECIDE_ACCEPT, p.now_us), -ENOENT);
    pair_teardown(&p);
}

static void what_is_beyond_the_backlog_is_dropped_by_name(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    hold_all(&p, 4);
    for (uint16_t i = 0; i < 6; i++) inject(&p, 1000 + i, 1, TCP_FLAG_SYN);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_TCP_SYN_CACHE_FULL), 2);
    pair_teardown(&p);
}

static void who_gives_up_is_not_there_any_more(void **state)
{
    (void)state;
    struct pair p;
    struct vitro_flow flow;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket listener = hold_all(&p, 16);
    struct vitro_stack *stack = p.stack[1];
    inject(&p, 1000, 100, TCP_FLAG_SYN);
    inject(&p, 1001, 200, TCP_FLAG_SYN);
    inject(&p, 1002, 300, TCP_FLAG_SYN);
    for (int i = 0; i < 2; i++) assert_int_equal(vitro_tcp_next_held(stack, listener, &flow), 1);
    inject(&p, 1000, 101, TCP_FLAG_RST); /* told already */
    inject(&p, 1002, 301, TCP_FLAG_RST); /* not told yet: it never will be */
    assert_int_equal(vitro_tcp_next_held(stack, listener, &flow), 0);
    flow = flow_of(1000);
    assert_int_equal(vitro_tcp_decide(stack, &flow, VITRO_DECIDE_ACCEPT, p.now_us), -ENOENT);
    pair_run(&p, 74999999);
    inject(&p, 1001, 200, TCP_FLAG_SYN); /* its sender repeats it: told once all the same */
    assert_int_equal(vitro_tcp_next_held(stack, listener, &flow), 0);
    pair_run(&p, 1);
    flow = flow_of(1001);
    assert_int_equal(vitro_tcp_decide(stack, &flow, VITRO_DECIDE_ACCEPT, p.now_us), -ENOENT);
    inject(&p, 1001, 200, TCP_FLAG_SYN); /* now it counts as a new one */
    assert_int_equal(vitro_tcp_next_held(stack, listener, &flow), 1);
    assert_int_equal(flow.remote.port, 1001);
    assert_int_equal(vitro_tcp_decide(stack, &flow, VITRO_DECIDE_REFUSE, p.now_us), 0);
    pair_teardown(&p);
}

/* Connects stack 0 to an endpoint; which listener of stack 1 gets it? 0: accepted by the own one,
 * 1: held. */
static int who_takes(struct pair *p, vitro_socket own, vitro_socket all, const char *to)
{
    vitro_socket client;
    vitro_socket server;
    struct vitro_flow flow;
    struct vitro_endpoint remote;
    assert_int_equal(vitro_endpoint_parse(to, &remote), 0);
    assert_int_equal(vitro_tcp_open(p->stack[0], 1, &client), 0);
    assert_int_equal(vitro_tcp_connect(p->stack[0], client, &remote, p->now_us), 0);
    pair_deliver(p);
    const bool is_own = vitro_tcp_accept(p->stack[1], own, 0, &server, NULL) == 0;
    const bool is_held = vitro_tcp_next_held(p->stack[1], all, &flow) == 1;
    assert_int_not_equal(is_own, is_held);
    return is_held;
}

static void a_listener_of_its_own_wins(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket own;
    const struct vitro_ip service = vitro_ip_v4(10, 0, 0, 4);
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(
        vitro_address_add(p.stack[1], (uint32_t)p.interface[1], &service, 24, p.now_us), 0);
    const vitro_socket all = hold_all(&p, 16);
    const struct vitro_endpoint local = vitro_endpoint_of(service, 80);
    assert_int_equal(vitro_tcp_open(p.stack[1], 0, &own), 0);
    assert_int_equal(vitro_bind(p.stack[1], own, &local), 0);
    assert_int_equal(vitro_tcp_listen(p.stack[1], own, 16), 0);
    assert_int_equal(who_takes(&p, own, all, "10.0.0.4:80"), 0);
    assert_int_equal(who_takes(&p, own, all, "10.0.0.4:81"), 1);
    assert_int_equal(who_takes(&p, own, all, "10.0.0.5:80"), 1);
    assert_int_equal(who_takes(&p, own, all, "10.0.0.2:80"), 1);
    assert_int_equal(who_takes(&p, own, all, "[fd00::2]:80"), 1);
    pair_teardown(&p);
}

/* Connects from the address of another to stack 0, sends a byte each way. */
static void connect_as(struct pair *p, vitro_socket listener, const char *from, bool is_v4,
                       uint16_t port)
{
    vitro_socket client;
    vitro_socket server;
    struct vitro_endpoint local;
    struct vitro_endpoint seen;
    const struct vitro_endpoint remote = pair_endpoint(0, is_v4, port);
    char byte = 0;
    assert_int_equal(vitro_endpoint_parse(from, &local), 0);
    assert_int_equal(vitro_tcp_open(p->stack[1], 1, &client), 0);
    assert_int_equal(vitro_bind(p->stack[1], client, &local), 0);
    assert_int_equal(vitro_tcp_connect(p->stack[1], client, &remote, p->now_us), 0);
    pair_deliver(p);
    assert_int_equal(vitro_tcp_accept(p->stack[0], listener, 2, &server, &seen), 0);
    assert_true(vitro_ip_equal(&seen.ip, &local.ip));
    assert_int_equal(seen.port, local.port);
    assert_int_equal(vitro_tcp_send(p->stack[1], client, "a", 1, p->now_us), 1);
    assert_int_equal(vitro_tcp_send(p->stack[0], server, "b", 1, p->now_us), 1);
    pair_deliver(p);
    assert_int_equal(vitro_tcp_receive(p->stack[0], server, &byte, 1, p->now_us), 1);
    assert_int_equal(byte, 'a');
    assert_int_equal(vitro_tcp_receive(p->stack[1], client, &byte, 1, p->now_us), 1);
    assert_int_equal(byte, 'b');
}

static void connections_come_from_the_addresses_of_others(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket again;
    const struct vitro_endpoint local = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 7), 4711);
    const struct vitro_endpoint remote = pair_endpoint(0, true, 80);
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    route_through(&p);
    hold_all(&p, 16); /* the listener for all takes nothing of this */
    const vitro_socket http = pair_listen(&p, 0, 80);
    const vitro_socket other = pair_listen(&p, 0, 81);
    connect_as(&p, http, "192.0.2.7:4711", true, 80);
    connect_as(&p, other, "192.0.2.7:4711", true, 81); /* the same end, another port */
    connect_as(&p, http, "[2001:db8::7]:4711", false, 80);
    assert_int_equal(vitro_tcp_open(p.stack[1], 1, &again), 0);
    assert_int_equal(vitro_bind(p.stack[1], again, &local), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[1], again, &remote, p.now_us), -EADDRINUSE);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_are_held_and_decided_in_any_order),
        cmocka_unit_test(what_is_beyond_the_backlog_is_dropped_by_name),
        cmocka_unit_test(who_gives_up_is_not_there_any_more),
        cmocka_unit_test(a_listener_of_its_own_wins),
        cmocka_unit_test(connections_come_from_the_addresses_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
