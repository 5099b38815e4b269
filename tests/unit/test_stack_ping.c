/*
 * Ping inside the stack: identifiers, the bounded queue, errors in place of replies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_ping.h"

static void identifiers_are_not_shared(void **state)
{
    (void)state;
    struct pair p;
    struct stack_ping *pings[256];
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    for (int i = 0; i < 256; i++) {
        pings[i] = stack_ping_open(stack);
        assert_non_null(pings[i]);
        for (int k = 0; k < i; k++) assert_true(pings[k]->id != pings[i]->id);
    }
    assert_null(stack_ping_open(stack));
    for (int i = 0; i < 256; i++) stack_ping_close(stack, pings[i]);
    assert_int_equal(stack->ping_pool.in_use, 0);
    pair_teardown(&p);
}

static void the_queue_is_bounded_and_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    const struct ip_addr from = ip_addr_from_v4(0x0a000002);
    assert_false(stack_ping_input(stack, &from, (uint16_t)(ping->id + 1), 0, 64, span_of("", 0)));
    for (uint16_t i = 0; i < STACK_PING_QUEUE_MAX + 3; i++)
        assert_true(stack_ping_input(stack, &from, ping->id, i, 64, span_of("ab", 2)));
    assert_int_equal(stack->counters.drops[DROP_NO_MEMORY], 3);
    for (uint16_t i = 0; i < STACK_PING_QUEUE_MAX; i++) {
        assert_int_equal(stack_ping_peek(ping)->sequence, i);
        stack_ping_discard(stack, ping);
    }
    assert_null(stack_ping_peek(ping));
    stack_ping_close(stack, ping);
    pair_teardown(&p);
}

static void errors_come_in_place_of_replies(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    const struct ip_addr router = ip_addr_from_v4(0x0a0000fe);
    struct ip_icmp_error error = {.kind = IP_ICMP_TTL_EXCEEDED, .error = EHOSTUNREACH};
    assert_false(stack_ping_icmp(stack, &router, &error)); /* quotes too little */
    error.has_ports = true;
    error.src_port = ping->id;
    assert_true(stack_ping_icmp(stack, &router, &error));
    assert_int_equal(stack_ping_peek(ping)->error, EHOSTUNREACH);
    assert_true(ip_addr_eq(&stack_ping_peek(ping)->from, &router));
    stack_ping_close(stack, ping);
    pair_teardown(&p);
}

static void impossible_requests_are_refused(void **state)
{
    (void)state;
    struct pair p;
    static uint8_t data[65536];
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    const struct ip_addr none = ip_addr_any_v6();
    const struct ip_addr far = ip_addr_from_v4(0xc0000201);
    const struct ip_addr there = ip_addr_from_v4(0x0a000002);
    const struct span empty = span_of(NULL, 0);
    assert_int_equal(stack_ping_send(stack, ping, &none, 0, 0, empty, p.now_us), EINVAL);
    assert_int_equal(stack_ping_send(stack, ping, &far, 0, 0, empty, p.now_us), ENETUNREACH);
    assert_int_equal(
        stack_ping_send(stack, ping, &there, 0, 0, span_of(data, sizeof data), p.now_us), EMSGSIZE);
    ping->local = (struct ip_addr){{0xfd, [15] = 1}};
    assert_int_equal(stack_ping_send(stack, ping, &there, 0, 0, empty, p.now_us), EINVAL);
    stack_ping_close(stack, ping);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_not_shared),
        cmocka_unit_test(the_queue_is_bounded_and_in_order),
        cmocka_unit_test(errors_come_in_place_of_replies),
        cmocka_unit_test(impossible_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
