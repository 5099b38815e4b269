/*
 * Handles and the ready queue.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"

static void a_socket_is_small(void **state)
{
    (void)state;
    assert_true(sizeof(struct socket) <= 32);
}

static void a_closed_handle_is_stale_for_ever(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket first;
    vitro_socket second;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 1, &first), 0);
    assert_int_equal(vitro_close(p.stack[0], first, p.now_us), 0);
    assert_int_equal(vitro_udp_open(p.stack[0], 2, &second), 0);
    assert_true(first != second);
    assert_int_equal(vitro_close(p.stack[0], first, p.now_us), -EBADF);
    assert_int_equal(vitro_readiness(p.stack[0], first), -EBADF);
    assert_int_equal(vitro_user(p.stack[0], second), 2);
    pair_teardown(&p);
}

static void a_socket_is_in_the_ready_queue_once(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_ready ready;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    while (vitro_ready_next(p.stack[1], &ready)) continue;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vitro_tcp_send(p.stack[0], client, "x", 1, p.now_us), 1);
        pair_deliver(&p);
    }
    assert_true(vitro_ready_pending(p.stack[1]));
    assert_true(vitro_ready_next(p.stack[1], &ready));
    assert_int_equal(ready.socket, server);
    assert_int_equal(ready.user, 8);
    assert_true((ready.bits & VITRO_READABLE) != 0);
    assert_false(vitro_ready_next(p.stack[1], &ready));
    /* an edge: nothing new, nothing told, though there still is something to read */
    assert_true((vitro_readiness(p.stack[1], server) & VITRO_READABLE) != 0);
    pair_teardown(&p);
}

static void closing_leaves_the_ready_queue(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_ready ready;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    while (vitro_ready_next(p.stack[1], &ready)) continue;
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "x", 1, p.now_us), 1);
    pair_deliver(&p);
    assert_int_equal(vitro_close(p.stack[1], server, p.now_us), 0);
    assert_false(vitro_ready_pending(p.stack[1]));
    pair_teardown(&p);
}

static void a_listener_is_ready_while_somebody_waits(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    const struct vitro_endpoint remote = pair_endpoint(1, true, 80);
    assert_int_equal(vitro_readiness(p.stack[1], listener), 0);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_readiness(p.stack[0], client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &remote, p.now_us), 0);
    pair_deliver(&p);
    assert_true((vitro_readiness(p.stack[1], listener) & VITRO_ACCEPTABLE) != 0);
    assert_int_equal(vitro_tcp_accept(p.stack[1], listener, 0, &server, NULL), 0);
    struct vitro_ready ready;
    assert_true(vitro_ready_next(p.stack[1], &ready)); /* the listener's turn has passed */
    assert_int_equal(ready.socket, server);
    pair_teardown(&p);
}

static void sockets_have_a_limit(void **state)
{
    (void)state;
    struct pair p;
    struct vitro_config config;
    vitro_config_default(&config);
    config.sockets_max = 2;
    vitro_socket s;
    pair_setup(&p, &(struct pair_options){.config = {&config, NULL}});
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &s), 0);
    vitro_socket third;
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &third), -ENOBUFS);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &third), -ENOBUFS);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &third), -ENOBUFS);
    assert_int_equal(vitro_close(p.stack[0], s, p.now_us), 0);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &third), 0);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_is_small),
        cmocka_unit_test(a_closed_handle_is_stale_for_ever),
        cmocka_unit_test(a_socket_is_in_the_ready_queue_once),
        cmocka_unit_test(closing_leaves_the_ready_queue),
        cmocka_unit_test(a_listener_is_ready_while_somebody_waits),
        cmocka_unit_test(sockets_have_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
