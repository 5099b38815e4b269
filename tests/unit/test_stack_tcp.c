/*
 * TCP's floor and ceiling: path, segments on the way down, drops and errors on the way up.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_tcp.h"
#include "wire/checksum.h"

static void the_path_tells_what_the_interface_can(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){
                       .mtu_bytes = 1400, .super_bytes_max = 30000, .checksum_offload = true});
    struct stack *stack = &p.stack[0]->stack;
    struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000001),
                              .remote = ip_addr_from_v4(0x0a000002)};
    struct tcp_path path = stack_tcp_ops(true)->path(&stack->tcp, &tuple);
    assert_int_equal(path.mtu_bytes, 1400);
    assert_int_equal(path.super_bytes_max, 30000);
    assert_true(path.checksum_offload);
    tuple.remote = ip_addr_from_v4(0xc0000201);
    path = stack_tcp_ops(true)->path(&stack->tcp, &tuple);
    assert_int_equal(path.mtu_bytes, 0);
    assert_null(stack_tcp_ops(false)->event);
    pair_teardown(&p);
}

static bool every_checksum_is_right(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    if (frame->data[12] != 0x08 || frame->data[13] != 0x00) return true;
    struct gather bytes;
    gather_init(&bytes);
    assert_true(gather_add(&bytes, span_of(frame->data + 14, frame->len - 14)));
    const struct ip_addr src = ip_addr_from_v4(get_be32(frame->data + 26));
    const struct ip_addr dst = ip_addr_from_v4(get_be32(frame->data + 30));
    assert_true(checksum_transport_is_good(&src, &dst, 6, &bytes, 20, bytes.len_bytes - 20));
    return true;
}

static void checksums_are_complete_without_offload(void **state) /* RFC 9293 MUST-2 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    static uint8_t data[9999];
    pair_setup(&p, NULL);
    p.filter = every_checksum_is_right;
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, data, sizeof data, p.now_us), sizeof data);
    pair_run(&p, 1000000);
    assert_int_equal(vitro_tcp_readable_bytes(p.stack[1], server), sizeof data);
    assert_int_equal(p.partial_sent, 0);
    pair_teardown(&p);
}

static bool spoil_data(struct pair *pair, struct pair_frame *frame)
{
    if (frame->len == 14 + 20 + 32 + 5) {
        frame->data[frame->len - 1] ^= 0x40;
        pair->filter = NULL;
    }
    return true;
}

static void a_spoilt_segment_is_dropped_and_sent_again(void **state) /* RFC 9293 MUST-3 */
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    char text[8];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    p.filter = spoil_data;
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "hello", 5, p.now_us), 5);
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_TCP_CHECKSUM), 1);
    assert_int_equal(p.last_event.as.drop.reason, VITRO_DROP_TCP_CHECKSUM);
    pair_run(&p, 3000000);
    assert_int_equal(vitro_tcp_receive(p.stack[1], server, text, sizeof text, p.now_us), 5);
    pair_teardown(&p);
}

static void errors_that_quote_too_little_are_nobodys(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    const struct ip_icmp_error error = {.kind = IP_ICMP_PORT_UNREACHABLE, .has_ports = true};
    assert_false(stack_tcp_icmp(&p.stack[0]->stack, &error, 0, p.now_us));
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_path_tells_what_the_interface_can),
        cmocka_unit_test(checksums_are_complete_without_offload),
        cmocka_unit_test(a_spoilt_segment_is_dropped_and_sent_again),
        cmocka_unit_test(errors_that_quote_too_little_are_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
