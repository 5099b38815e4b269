/*
 * Headers and fragments on the way down.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_output.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static void headers_end_where_they_are_told(void **state)
{
    (void)state;
    uint8_t room[STACK_ROOM_BYTES];
    const struct ip_addr a4 = ip_addr_from_v4(0x0a000001);
    const struct ip_addr b4 = ip_addr_from_v4(0x0a000002);
    struct stack_ip_header header = {.src = &a4,
                                     .dst = &b4,
                                     .payload_bytes = 100,
                                     .id = 77,
                                     .dont_fragment = true,
                                     .protocol = 6,
                                     .hop_limit = 12,
                                     .traffic_class = 0x2b};
    uint8_t *end = room + STACK_HEADROOM_BYTES;
    assert_ptr_equal(stack_ip_emit(&header, end), end - IP4_HEADER_BYTES);
    const uint8_t *h = end - IP4_HEADER_BYTES;
    assert_int_equal(ip4_header_tos(h), 0x2b);
    assert_int_equal(ip4_header_total_bytes(h), 120);
    assert_int_equal(ip4_header_id(h), 77);
    assert_int_equal(ip4_header_ttl(h), 12);
    assert_int_equal(ip4_header_checksum_compute(h, 20), ip4_header_checksum(h));
    const struct ip_addr a6 = {{0xfd, [15] = 1}};
    const struct ip_addr b6 = {{0xfd, [15] = 2}};
    header.src = &a6;
    header.dst = &b6;
    header.flow_label = 0xabcde;
    assert_ptr_equal(stack_ip_emit(&header, end), end - IP6_HEADER_BYTES);
    h = end - IP6_HEADER_BYTES;
    assert_int_equal(ip6_header_class(h), 0x2b);
    assert_int_equal(ip6_header_flow_label(h), 0xabcde);
    assert_int_equal(ip6_header_payload_bytes(h), 100);
    assert_int_equal(ip6_header_hop_limit(h), 12);
    assert_int_equal(stack_ip_header_bytes(&b4), 20);
    assert_int_equal(stack_ip_header_bytes(&b6), 40);
}

static int output_len(struct pair *p, uint32_t len, bool may_fragment, uint16_t zone)
{
    static uint8_t data[70000];
    struct gather bytes;
    const struct ip_addr src = ip_addr_from_v4(0x0a000001);
    const struct ip_addr dst = ip_addr_from_v4(zone != 0 ? 0xc0000201 : 0x0a000002);
    gather_init(&bytes);
    assert_true(gather_add(&bytes, span_of(data, len)));
    const struct stack_outgoing out = {.src = &src,
                                       .dst = &dst,
                                       .zone = 0,
                                       .protocol = 253,
                                       .may_fragment = may_fragment,
                                       .header_bytes = 8,
                                       .bytes = &bytes};
    const int error = stack_ip_output(&p->stack[0]->stack, &out, p->now_us);
    pair_deliver(p);
    return error;
}

static void what_does_not_fit_is_cut_or_refused(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    assert_int_equal(output_len(&p, 1480, false, 0), 0);
    assert_int_equal(output_len(&p, 1481, false, 0), EMSGSIZE);
    assert_int_equal(output_len(&p, 1481, true, 0), 0);
    assert_int_equal(p.stack[0]->stack.counters.fragments_out, 2);
    assert_int_equal(p.stack[1]->stack.counters.reassembled, 1);
    assert_int_equal(output_len(&p, 65515, true, 0), 0);
    assert_int_equal(p.stack[1]->stack.counters.reassembled, 2);
    assert_int_equal(output_len(&p, 65516, true, 0), EMSGSIZE);
    assert_int_equal(output_len(&p, 100, true, 1), ENETUNREACH);
    assert_int_equal(p.len_max, 1514);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_end_where_they_are_told),
        cmocka_unit_test(what_does_not_fit_is_cut_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
