/*
 * TCP sockets coming to be: listen, connect, accept, SYNs held for a decision, and what goes wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#define PORT 80

static void connect_starts(struct pair *p, uint16_t port, vitro_socket *client)
{
    const struct vitro_endpoint remote = pair_endpoint(1, true, port);
    assert_int_equal(vitro_tcp_open(p->stack[0], 1, client), 0);
    assert_int_equal(vitro_tcp_connect(p->stack[0], *client, &remote, p->now_us), 0);
}

static void connect_without_listener_is_refused(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    pair_setup(&p, NULL);
    connect_starts(&p, PORT, &client);
    pair_deliver(&p);
    const int bits = vitro_readiness(p.stack[0], client);
    assert_true((bits & (VITRO_ERROR | VITRO_HANGUP)) == (VITRO_ERROR | VITRO_HANGUP));
    assert_int_equal(vitro_take_error(p.stack[0], client), -ECONNREFUSED);
    assert_int_equal(vitro_close(p.stack[0], client, p.now_us), 0);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_TCP_NO_CONNECTION), 1);
    pair_teardown(&p);
}

static bool drop_all(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    return frame->data[12] == 0x08 && frame->data[13] == 0x06; /* only ARP passes */
}

static void connect_to_silence_times_out(void **state) /* RFC 9293 MUST-23 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    pair_setup(&p, NULL);
    p.filter = drop_all;
    connect_starts(&p, PORT, &client);
    pair_run(&p, 200000000);
    assert_int_equal(vitro_take_error(p.stack[0], client), 0);
    pair_run(&p, 50000000);
    assert_int_equal(vitro_take_error(p.stack[0], client), -ETIMEDOUT);
    assert_int_equal(p.events[VITRO_EVENT_RETRANSMIT], 7);
    pair_teardown(&p);
}

static void connect_says_what_is_wrong(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    struct vitro_endpoint remote = pair_endpoint(1, true, PORT);
    pair_setup(&p, NULL);
    struct vitro_stack *s = p.stack[0];
    assert_int_equal(vitro_tcp_open(s, 0, &client), 0);
    remote.port = 0;
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), -EINVAL);
    remote.port = PORT;
    remote.ip = vitro_ip_v4(192, 0, 2, 1);
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), -ENETUNREACH);
    remote = vitro_endpoint_any(PORT);
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), -EINVAL);
    remote = pair_endpoint(1, true, PORT);
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), 0);
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), -EALREADY);
    assert_int_equal(vitro_tcp_listen(s, client, 1), -EINVAL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    pair_deliver(&p);
    (void)listener;
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), -EISCONN);
    pair_teardown(&p);
}

static void listen_says_what_is_wrong(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket first;
    vitro_socket second;
    vitro_socket got;
    const struct vitro_endpoint any = vitro_endpoint_any(PORT);
    const struct vitro_endpoint foreign = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 77), PORT);
    pair_setup(&p, NULL);
    struct vitro_stack *s = p.stack[0];
    assert_int_equal(vitro_tcp_open(s, 0, &first), 0);
    assert_int_equal(vitro_tcp_open(s, 0, &second), 0);
    assert_int_equal(vitro_tcp_listen(s, first, 1), -EINVAL);
    assert_int_equal(vitro_bind(s, first, &foreign), -EADDRNOTAVAIL);
    assert_int_equal(vitro_bind(s, first, &any), 0);
    assert_int_equal(vitro_bind(s, first, &any), -EINVAL);
    assert_int_equal(vitro_bind(s, second, &any), 0);
    assert_int_equal(vitro_tcp_listen(s, first, 1), 0);
    assert_int_equal(vitro_tcp_listen(s, second, 1), -EADDRINUSE);
    assert_int_equal(vitro_tcp_listen(s, first, 1), -EINVAL);
    assert_int_equal(vitro_tcp_accept(s, first, 0, &got, NULL), -EAGAIN);
    assert_int_equal(vitro_tcp_accept(s, second, 0, &got, NULL), -EOPNOTSUPP);
    assert_int_equal(vitro_close(s, first, p.now_us), 0);
    assert_int_equal(vitro_tcp_listen(s, second, 1), 0);
    pair_teardown(&p);
}

static void accept_tells_who_came(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_endpoint remote;
    struct vitro_endpoint local;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, PORT);
    connect_starts(&p, PORT, &client);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_accept(p.stack[1], listener, 42, &server, &remote), 0);
    assert_int_equal(vitro_local_endpoint(p.stack[0], client, &local), 0);
    assert_true(vitro_ip_equal(&remote.ip, &local.ip));
    assert_int_equal(remote.port, local.port);
    assert_int_equal(vitro_user(p.stack[1], server), 42);
    pair_teardown(&p);
}

static vitro_socket hold_all(struct pair *p)
{
    vitro_socket listener;
    const struct vitro_endpoint any = vitro_endpoint_any(0);
    assert_int_equal(vitro_tcp_open(p->stack[1], 5, &listener), 0);
    assert_int_equal(vitro_bind(p->stack[1], listener, &any), 0);
    assert_int_equal(vitro_tcp_listen_hold(p->stack[1], listener, 8), 0);
    return listener;
}

static void held_syn_is_silent_until_accepted(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_flow flow;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket listener = hold_all(&p);
    connect_starts(&p, 4321, &client);
    pair_deliver(&p);
    const uint32_t sent = p.sent[1];
    assert_true((vitro_readiness(p.stack[1], listener) & VITRO_HELD) != 0);
    assert_int_equal(vitro_tcp_next_held(p.stack[1], listener, &flow), 1);
    assert_int_equal(flow.local.port, 4321);
    assert_int_equal(vitro_tcp_next_held(p.stack[1], listener, &flow), 0);
    pair_run(&p, 500000);
    assert_int_equal(p.sent[1], sent);
    assert_int_equal(vitro_tcp_decide(p.stack[1], &flow, VITRO_DECIDE_ACCEPT, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_accept(p.stack[1], listener, 0, &server, NULL), 0);
    assert_true((vitro_readiness(p.stack[0], client) & VITRO_CONNECTED) != 0);
    assert_int_equal(vitro_tcp_decide(p.stack[1], &flow, VITRO_DECIDE_REFUSE, p.now_us), -ENOENT);
    pair_teardown(&p);
}

static int error_after(enum vitro_decision decision, bool is_v4)
{
    struct pair p;
    vitro_socket client;
    struct vitro_flow flow;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const vitro_socket listener = hold_all(&p);
    const struct vitro_endpoint remote = pair_endpoint(1, is_v4, 9);
    assert_int_equal(vitro_tcp_open(p.stack[0], 1, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &remote, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_tcp_next_held(p.stack[1], listener, &flow), 1);
    assert_int_equal(vitro_tcp_decide(p.stack[1], &flow, decision, p.now_us), 0);
    pair_deliver(&p);
    const int error = vitro_take_error(p.stack[0], client);
    struct vitro_memory memory;
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.syn_records, 0);
    if (decision == VITRO_DECIDE_UNREACHABLE || decision == VITRO_DECIDE_NET_UNREACHABLE) {
        const bool is_host = decision == VITRO_DECIDE_UNREACHABLE;
        assert_int_equal(p.events[VITRO_EVENT_SOFT_ERROR], 1);
        assert_int_equal(p.last_event.as.error, is_host ? -EHOSTUNREACH : -ENETUNREACH);
    }
    pair_teardown(&p);
    return error;
}

static void held_syn_is_refused_unreachable_or_forgotten(void **state)
{
    (void)state;
    assert_int_equal(error_after(VITRO_DECIDE_REFUSE, true), -ECONNREFUSED);
    assert_int_equal(error_after(VITRO_DECIDE_REFUSE, false), -ECONNREFUSED);
    /* RFC 9293 MUST-56: a soft error ends nothing by itself */
    assert_int_equal(error_after(VITRO_DECIDE_UNREACHABLE, true), 0);
    assert_int_equal(error_after(VITRO_DECIDE_UNREACHABLE, false), 0);
    assert_int_equal(error_after(VITRO_DECIDE_NET_UNREACHABLE, true), 0);
    assert_int_equal(error_after(VITRO_DECIDE_NET_UNREACHABLE, false), 0);
    assert_int_equal(error_after(VITRO_DECIDE_PROHIBITED, true), -EHOSTUNREACH);
    assert_int_equal(error_after(VITRO_DECIDE_PROHIBITED, false), -EACCES);
    assert_int_equal(error_after(VITRO_DECIDE_NOTHING, true), 0);
}

static void simultaneous_open_makes_one_connection(void **state) /* RFC 9293 MUST-10 */
{
    (void)state;
    struct pair p;
    vitro_socket end[2];
    pair_setup(&p, NULL);
    for (int side = 0; side < 2; side++) {
        const struct vitro_endpoint local = pair_endpoint(side, true, 5000);
        const struct vitro_endpoint remote = pair_endpoint(1 - side, true, 5000);
        assert_int_equal(vitro_tcp_open(p.stack[side], 0, &end[side]), 0);
        assert_int_equal(vitro_bind(p.stack[side], end[side], &local), 0);
        assert_int_equal(vitro_tcp_connect(p.stack[side], end[side], &remote, p.now_us), 0);
    }
    pair_run(&p, 3000000);
    for (int side = 0; side < 2; side++)
        assert_true((vitro_readiness(p.stack[side], end[side]) & VITRO_CONNECTED) != 0);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connect_without_listener_is_refused),
        cmocka_unit_test(connect_to_silence_times_out),
        cmocka_unit_test(connect_says_what_is_wrong),
        cmocka_unit_test(listen_says_what_is_wrong),
        cmocka_unit_test(accept_tells_who_came),
        cmocka_unit_test(held_syn_is_silent_until_accepted),
        cmocka_unit_test(held_syn_is_refused_unreachable_or_forgotten),
        cmocka_unit_test(simultaneous_open_makes_one_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
