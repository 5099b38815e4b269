/*
 * Requests for others: who takes them, how many wait, and that nothing of them stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_ping_request.h"
#include "wire/icmp4.h"

/* Gives stack 1 a request of stack 0 for 10.0.0.99, `len` bytes of data. */
static void inject_request(struct pair *p, uint16_t sequence, size_t len)
{
    static const uint8_t data[1400];
    const struct vitro_ip other = vitro_ip_v4(10, 0, 0, 99);
    const struct icmp4_repr repr = {
        .type = ICMP4_ECHO_REQUEST, .id = 7, .sequence = sequence, .data = {data, len}};
    uint8_t bytes[1500];
    const uint32_t emitted = icmp4_emit_len(&repr);
    icmp4_emit(&repr, span_mut_of(bytes, emitted));
    pair_inject_ip(p, 1, NULL, &other, bytes, emitted);
}

static void one_ping_takes_them(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    struct stack *stack = &p.stack[1]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    struct stack_ping *other = stack_ping_open(stack);
    assert_int_equal(stack_ping_bind_any(stack, ping), 0);
    assert_int_equal(stack_ping_bind_any(stack, ping), EINVAL);
    assert_int_equal(stack_ping_bind_any(stack, other), EADDRINUSE);
    assert_null(stack_ping_request_peek(ping));
    stack_ping_close(stack, ping);
    other->local = ip_addr_from_v4(0x0a000002);
    assert_int_equal(stack_ping_bind_any(stack, other), EINVAL);
    other->local = ip_addr_any_v6();
    assert_int_equal(stack_ping_bind_any(stack, other), 0);
    stack_ping_close(stack, other);
    assert_null(stack->ping_any);
    pair_teardown(&p);
}

static void the_queue_is_bounded_and_in_order(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    struct stack *stack = &p.stack[1]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    assert_int_equal(stack_ping_bind_any(stack, ping), 0);
    for (uint16_t i = 0; i < STACK_PING_REQUESTS_MAX + 3; i++) inject_request(&p, i, i);
    assert_int_equal(stack->counters.drops[DROP_PING_QUEUE_FULL], 3);
    assert_int_equal(stack->counters.echo_replies_out, 0);
    for (uint16_t i = 0; i < 10; i++) {
        const struct stack_ping_request *request = stack_ping_request_peek(ping);
        assert_int_equal(request->sequence, i);
        assert_int_equal(request->id, 7);
        assert_int_equal(request->hop_limit, 64);
        assert_int_equal(request->datagram->len_bytes, i);
        stack_ping_request_discard(stack, ping);
    }
    stack_ping_close(stack, ping);
    assert_int_equal(stack->ping_requests.in_use, 0);
    assert_int_equal(stack->udp.datagrams.in_use, 0);
    assert_int_equal(stack->udp.chunks.in_use, 0);
    inject_request(&p, 1, 1); /* nobody takes them any more: the stack answers again */
    assert_int_equal(stack->counters.echo_replies_out, 1);
    pair_teardown(&p);
}

static void memory_can_run_out(void **state)
{
    (void)state;
    struct pair p;
    struct vitro_config config;
    vitro_config_default(&config);
    config.udp.datagrams_max = 2;
    pair_setup(&p, &(struct pair_options){.accepts_any = true, .config = {NULL, &config}});
    struct stack *stack = &p.stack[1]->stack;
    struct stack_ping *ping = stack_ping_open(stack);
    assert_int_equal(stack_ping_bind_any(stack, ping), 0);
    for (uint16_t i = 0; i < 3; i++) inject_request(&p, i, 5);
    assert_int_equal(stack->counters.drops[DROP_NO_MEMORY], 1);
    assert_int_equal(ping->request_count, 2);
    assert_int_equal(stack->ping_requests.in_use, 2);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_ping_takes_them),
        cmocka_unit_test(the_queue_is_bounded_and_in_order),
        cmocka_unit_test(memory_can_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
