/*
 * Life and time of a stack, seen from inside: configuration, keys, the two wheels as one, drops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "ip/ip_reassembly.h"
#include "socket/socket.h"
#include "wire/ip4.h"

static void output_nowhere(struct stack *stack, uint16_t if_index, const struct frame *frame,
                           uint64_t now_us)
{
    (void)stack;
    (void)if_index;
    (void)frame;
    (void)now_us;
}

static const struct stack_ops quiet = {.output = output_nowhere};

static void a_stack_is_made_and_unmade(void **state)
{
    (void)state;
    struct stack *stack = calloc(1, sizeof *stack);
    struct stack_config config;
    stack_config_default(&config);
    assert_int_equal(stack_init(stack, &config, &quiet, 10), 0);
    assert_true(stack_deadline(stack) == TIME_NEVER);
    assert_null(stack_if_get(stack, 1));
    assert_null(stack_if_get(stack, UINT32_MAX));
    stack_check(stack);
    stack_deinit(stack);
    free(stack);
}

static void what_cannot_work_is_refused_without_a_trace(void **state)
{
    (void)state;
    struct stack *stack = calloc(1, sizeof *stack);
    struct stack_config config;
    stack_config_default(&config);
    config.hop_limit = 0;
    assert_int_equal(stack_init(stack, &config, &quiet, 0), EINVAL);
    stack_config_default(&config);
    config.reassembly.datagrams_max = 0;
    assert_int_equal(stack_init(stack, &config, &quiet, 0), EINVAL);
    stack_config_default(&config);
    config.udp.ephemeral_port_first = 0;
    assert_int_equal(stack_init(stack, &config, &quiet, 0), EINVAL);
    stack_config_default(&config);
    config.tcp.conns_max = 0;
    assert_int_equal(stack_init(stack, &config, &quiet, 0), EINVAL);
    stack_config_default(&config);
    config.pings_max = 70000;
    assert_int_equal(stack_init(stack, &config, &quiet, 0), EINVAL);
    free(stack);
}

static void keys_differ_and_follow_the_secret(void **state)
{
    (void)state;
    struct stack *a = calloc(1, sizeof *a);
    struct stack *b = calloc(1, sizeof *b);
    struct stack_config config;
    stack_config_default(&config);
    assert_int_equal(stack_init(a, &config, &quiet, 0), 0);
    config.secret[31] = 1;
    assert_int_equal(stack_init(b, &config, &quiet, 0), 0);
    assert_true(a->dests.key.k0 != a->neighbours.key.k0);
    assert_true(a->dests.key.k0 != a->flow_key.k0);
    assert_true(a->dests.key.k1 != b->dests.key.k1);
    stack_deinit(a);
    stack_deinit(b);
    free(a);
    free(b);
}

static void each_drop_counts_once_and_is_reported_once(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    const uint32_t before = p.events[VITRO_EVENT_DROP];
    stack_drop(&p.stack[0]->stack, NULL, DROP_NO_MEMORY);
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_NO_MEMORY), 1);
    assert_int_equal(p.events[VITRO_EVENT_DROP], before + 1);
    stack_drop_count(&p.stack[0]->stack, NULL, DROP_NO_MEMORY);
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_NO_MEMORY), 2);
    assert_int_equal(p.events[VITRO_EVENT_DROP], before + 1);
    pair_teardown(&p);
}

/* A first fragment whose rest never comes: RFC 1122 3.3.2, RFC 792 code 1. */
static void reassembly_that_times_out_is_reported_to_the_sender(void **state)
{
    (void)state;
    struct pair p;
    uint8_t bytes[14 + 20 + 16] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
    pair_setup(&p, NULL);
    const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000001),
                                .dst = ip_addr_from_v4(0x0a000002),
                                .ttl = 64,
                                .protocol = 17,
                                .id = 9,
                                .has_more_fragments = true,
                                .payload_bytes = 16};
    ip4_emit(&ip, span_mut_of(bytes + 14, 20));
    pair_inject(&p, 1, bytes, sizeof bytes);
    const uint64_t due_us = vitro_stack_deadline(p.stack[1]);
    assert_true(due_us == p.now_us + 30000000);
    pair_run(&p, 31000000);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_FRAGMENT_TIMEOUT), 1);
    struct vitro_counters counters;
    vitro_stack_counters(p.stack[1], &counters);
    assert_int_equal(counters.ip.icmp_out, 1);
    assert_int_equal(counters.ip.fragments_in, 1);
    pair_teardown(&p);
}

static void the_two_wheels_run_as_one(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    const struct vitro_endpoint nobody = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 77), 80);
    pair_setup(&p, NULL);
    struct stack *inner = &p.stack[0]->stack;
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &nobody, p.now_us), 0);
    assert_true(wheel_next_deadline(&inner->ip_wheel) != TIME_NEVER);
    assert_true(wheel_next_deadline(&inner->tcp_wheel) != TIME_NEVER);
    stack_tick(inner, p.now_us + 10000000);
    assert_true(stack_deadline(inner) > p.now_us + 10000000);
    assert_true(inner->now_us == p.now_us + 10000000);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_is_made_and_unmade),
        cmocka_unit_test(what_cannot_work_is_refused_without_a_trace),
        cmocka_unit_test(keys_differ_and_follow_the_secret),
        cmocka_unit_test(each_drop_counts_once_and_is_reported_once),
        cmocka_unit_test(reassembly_that_times_out_is_reported_to_the_sender),
        cmocka_unit_test(the_two_wheels_run_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
