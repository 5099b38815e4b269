/*
 * What all kinds of sockets have in common: bind, close, ends, the owner's number.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void bind_judges_address_and_kind(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket udp;
    vitro_socket ping;
    vitro_socket second;
    const struct vitro_endpoint ours = pair_endpoint(0, true, 99);
    const struct vitro_endpoint theirs = pair_endpoint(1, true, 99);
    const struct vitro_endpoint no_port = pair_endpoint(0, true, 0);
    pair_setup(&p, NULL);
    struct vitro_stack *s = p.stack[0];
    assert_int_equal(vitro_udp_open(s, 0, &udp), 0);
    assert_int_equal(vitro_udp_open(s, 0, &second), 0);
    assert_int_equal(vitro_ping_open(s, 0, &ping), 0);
    assert_int_equal(vitro_bind(s, udp, &theirs), -EADDRNOTAVAIL);
    assert_int_equal(vitro_bind(s, udp, &ours), 0);
    assert_int_equal(vitro_bind(s, udp, &ours), -EINVAL);
    assert_int_equal(vitro_bind(s, second, &ours), -EADDRINUSE);
    assert_int_equal(vitro_bind(s, ping, &ours), -EINVAL);
    assert_int_equal(vitro_bind(s, ping, &no_port), 0);
    assert_int_equal(vitro_bind(s, ping, &no_port), -EINVAL);
    const vitro_socket listener = pair_listen(&p, 0, 80);
    assert_int_equal(vitro_bind(s, listener, &ours), -EINVAL);
    assert_int_equal(vitro_bind(s, 4711, &ours), -EBADF);
    pair_teardown(&p);
}

static void both_ends_are_told(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    vitro_socket udp;
    vitro_socket ping;
    struct vitro_endpoint end;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    assert_int_equal(vitro_local_endpoint(p.stack[1], listener, &end), 0);
    assert_int_equal(end.port, 80);
    assert_int_equal(vitro_remote_endpoint(p.stack[1], listener, &end), -ENOTCONN);
    pair_connect(&p, listener, false, 80, &client, &server);
    const struct vitro_endpoint expected = pair_endpoint(1, false, 80);
    assert_int_equal(vitro_remote_endpoint(p.stack[0], client, &end), 0);
    assert_true(vitro_ip_equal(&end.ip, &expected.ip));
    assert_int_equal(end.port, 80);
    assert_int_equal(vitro_local_endpoint(p.stack[0], client, &end), 0);
    assert_true(end.port >= 49152);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &udp), 0);
    assert_int_equal(vitro_remote_endpoint(p.stack[0], udp, &end), -ENOTCONN);
    assert_int_equal(vitro_udp_connect(p.stack[0], udp, &expected), 0);
    assert_int_equal(vitro_remote_endpoint(p.stack[0], udp, &end), 0);
    assert_int_equal(end.port, 80);
    assert_int_equal(vitro_local_endpoint(p.stack[0], udp, &end), 0);
    assert_true(end.port >= 49152);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &ping), 0);
    assert_int_equal(vitro_local_endpoint(p.stack[0], ping, &end), 0);
    pair_teardown(&p);
}

static void the_owners_number_can_be_changed(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_tcp_open(p.stack[0], 5, &s), 0);
    assert_int_equal(vitro_user(p.stack[0], s), 5);
    assert_int_equal(vitro_set_user(p.stack[0], s, UINT64_MAX), 0);
    assert_true(vitro_user(p.stack[0], s) == UINT64_MAX);
    assert_int_equal(vitro_take_error(p.stack[0], s), 0);
    assert_int_equal(vitro_close(p.stack[0], s, p.now_us), 0);
    assert_int_equal(vitro_user(p.stack[0], s), 0);
    assert_int_equal(vitro_set_user(p.stack[0], s, 1), -EBADF);
    pair_teardown(&p);
}

static void closing_a_listener_resets_who_waits(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    const struct vitro_endpoint remote = pair_endpoint(1, true, 80);
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &remote, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_close(p.stack[1], listener, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_take_error(p.stack[0], client), -ECONNRESET);
    struct vitro_memory memory;
    vitro_stack_memory(p.stack[1], &memory);
    assert_int_equal(memory.listeners + memory.connections + memory.sockets, 0);
    pair_teardown(&p);
}

static void closing_while_connecting_is_quiet(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    const struct vitro_endpoint remote = pair_endpoint(1, true, 80);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &remote, p.now_us), 0);
    assert_int_equal(vitro_close(p.stack[0], client, p.now_us), 0);
    pair_run(&p, 10000000);
    struct vitro_memory memory;
    vitro_stack_memory(p.stack[0], &memory);
    assert_int_equal(memory.connections, 0);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bind_judges_address_and_kind),
        cmocka_unit_test(both_ends_are_told),
        cmocka_unit_test(the_owners_number_can_be_changed),
        cmocka_unit_test(closing_a_listener_resets_who_waits),
        cmocka_unit_test(closing_while_connecting_is_quiet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
