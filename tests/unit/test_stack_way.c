/*
 * The way to a destination: routes, the cache before them, groups, the source address.
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

static void a_way_is_found_once_and_remembered(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    const struct ip_addr there = ip_addr_from_v4(0x0a000002);
    struct ip_dest *dest = stack_way(stack, &there, 0);
    assert_non_null(dest);
    assert_int_equal(dest->if_index, 1);
    assert_true(ip_addr_eq(&dest->next_hop, &there));
    assert_false(dest->has_link);
    assert_ptr_equal(stack_way(stack, &there, 0), dest);
    assert_ptr_equal(ip_dest_find(&stack->dests, &there, 0), dest);
    ip_dests_invalidate(&stack->dests);
    assert_null(ip_dest_find(&stack->dests, &there, 0));
    assert_non_null(stack_way(stack, &there, 0));
    pair_teardown(&p);
}

static void a_gateway_is_the_next_hop(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    const struct ip_addr far = ip_addr_from_v4(0xc0000201);
    const struct ip_addr gateway = ip_addr_from_v4(0x0a000002);
    const struct ip_prefix all = {.addr = ip_addr_from_v4(0), .bits = 96};
    assert_null(stack_way(stack, &far, 0));
    assert_int_equal(stack_route_add(stack, &all, &gateway, 1), 0);
    const struct ip_dest *dest = stack_way(stack, &far, 0);
    assert_non_null(dest);
    assert_true(ip_addr_eq(&dest->next_hop, &gateway));
    pair_teardown(&p);
}

static void groups_need_an_interface_and_no_neighbour(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    const struct ip_addr group = {{0xff, 0x02, [15] = 1}};
    const struct ip_addr everyone = ip_addr_from_v4(UINT32_MAX);
    assert_null(stack_way(stack, &group, 0));
    assert_null(stack_way(stack, &group, 9));
    const struct ip_dest *dest = stack_way(stack, &group, 1);
    assert_non_null(dest);
    assert_true(dest->has_link);
    assert_memory_equal(dest->link_addr.bytes, "\x33\x33\0\0\0\1", 6);
    dest = stack_way(stack, &everyone, 1);
    assert_non_null(dest);
    assert_memory_equal(dest->link_addr.bytes, "\xff\xff\xff\xff\xff\xff", 6);
    pair_teardown(&p);
}

static void bare_links_need_no_link_address(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.is_bare = true});
    const struct ip_addr there = ip_addr_from_v4(0x0a000099);
    const struct ip_dest *dest = stack_way(&p.stack[0]->stack, &there, 0);
    assert_non_null(dest);
    assert_true(dest->has_link);
    pair_teardown(&p);
}

static void the_source_is_of_the_right_version(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    struct ip_addr src;
    const struct ip_addr v4 = ip_addr_from_v4(0x0a000002);
    const struct ip_addr v6 = {{0xfd, [15] = 2}};
    const struct ip_addr far = ip_addr_from_v4(0xc0000201);
    assert_int_equal(stack_way_source(stack, &v4, 0, &src), 0);
    assert_true(ip_addr_is_v4(&src));
    assert_int_equal(stack_way_source(stack, &v6, 0, &src), 0);
    assert_false(ip_addr_is_v4(&src));
    assert_int_equal(stack_way_source(stack, &far, 0, &src), ENETUNREACH);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_way_is_found_once_and_remembered),
        cmocka_unit_test(a_gateway_is_the_next_hop),
        cmocka_unit_test(groups_need_an_interface_and_no_neighbour),
        cmocka_unit_test(bare_links_need_no_link_address),
        cmocka_unit_test(the_source_is_of_the_right_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
