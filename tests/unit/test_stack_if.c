/*
 * Interfaces, addresses and routes, seen from inside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_if.h"
#include "stack/stack_way.h"

static void an_address_brings_the_route_to_its_network(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    const struct ip_addr addr = ip_addr_from_v4(0x0a090001);
    const struct ip_addr second = ip_addr_from_v4(0x0a090002);
    const struct ip_addr there = ip_addr_from_v4(0x0a090077);
    assert_null(stack_way(stack, &there, 0));
    assert_int_equal(stack_addr_add(stack, 1, &addr, 96 + 24, p.now_us), 0);
    assert_int_equal(stack_addr_add(stack, 1, &second, 96 + 24, p.now_us), 0);
    assert_non_null(stack_way(stack, &there, 0));
    assert_true(stack_addr_is_local(stack, &addr));
    assert_false(stack_addr_is_local(stack, &there));
    assert_int_equal(stack_addr_remove(stack, 1, &addr), 0);
    assert_non_null(stack_way(stack, &there, 0)); /* the other is in the same network */
    assert_int_equal(stack_addr_remove(stack, 1, &second), 0);
    assert_null(stack_way(stack, &there, 0));
    assert_int_equal(stack_addr_remove(stack, 1, &second), ENOENT);
    pair_teardown(&p);
}

static void an_interface_takes_everything_along(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_true(stack->neighbours.entries.in_use > 0);
    assert_int_equal(stack_if_remove(stack, 1), 0);
    assert_int_equal(stack_if_remove(stack, 1), ENOENT);
    assert_int_equal(stack->neighbours.entries.in_use, 0);
    assert_int_equal(stack->routes.count, 0);
    /* the connection stays, and what it sends is lost by name until there is a route again */
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "x", 1, p.now_us), 1);
    assert_true(pair_drops(&p, 0, VITRO_DROP_IP_NO_ROUTE) > 0);
    pair_teardown(&p);
}

static void tentative_addresses_are_checked_first(void **state) /* RFC 4862 5.4 */
{
    (void)state;
    struct pair p;
    struct vitro_config config;
    struct vitro_interface_info info;
    vitro_config_default(&config);
    config.ip.dad = true;
    pair_setup(&p, &(struct pair_options){.config = {&config, &config}});
    assert_int_equal(vitro_interface_get(p.stack[0], 1, &info), 0);
    assert_true(info.address[1].is_tentative);
    pair_run(&p, 3000000);
    assert_int_equal(vitro_interface_get(p.stack[0], 1, &info), 0);
    assert_false(info.address[1].is_tentative);
    /* a second host with the same address is found out */
    const struct vitro_ip taken = pair_endpoint(0, false, 0).ip;
    assert_int_equal(vitro_address_add(p.stack[1], 1, &taken, 64, p.now_us), 0);
    pair_run(&p, 3000000);
    const struct ip_addr addr = ip_addr_from_v6(taken.bytes);
    assert_false(ip_if_owns(&p.stack[1]->stack.ifs[1]->ip, &addr));
    assert_true(ip_if_owns(&p.stack[0]->stack.ifs[1]->ip, &addr));
    pair_teardown(&p);
}

static void an_interface_that_accepts_any_has_every_address(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const struct ip_addr any = ip_addr_from_v4(0x08080808);
    assert_true(stack_addr_is_local(&p.stack[1]->stack, &any));
    assert_false(stack_addr_is_local(&p.stack[0]->stack, &any));
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_brings_the_route_to_its_network),
        cmocka_unit_test(an_interface_takes_everything_along),
        cmocka_unit_test(tentative_addresses_are_checked_first),
        cmocka_unit_test(an_interface_that_accepts_any_has_every_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
