/*
 * IPv4 on its way up: checksum, lengths, options, fragments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/udp.h"

#define HEADERS (ETH_HEADER_BYTES + IP4_HEADER_BYTES)

/* An Ethernet frame with an IPv4 packet from stack 0 to stack 1; returns its length. */
static size_t packet(uint8_t *out, struct ip4_repr ip, const void *payload, size_t len)
{
    const struct eth_repr eth = {
        .dst = {{2, 0, 0, 0, 0, 2}}, .src = {{2, 0, 0, 0, 0, 1}}, .ethertype = ETH_TYPE_IP4};
    ip.src = ip_addr_from_v4(0x0a000001);
    ip.dst = ip_addr_from_v4(0x0a000002);
    ip.ttl = 64;
    ip.payload_bytes = (uint16_t)len;
    const uint32_t ip_bytes = ip4_emit_len(&ip);
    eth_emit(&eth, span_mut_of(out, ETH_HEADER_BYTES));
    ip4_emit(&ip, span_mut_of(out + ETH_HEADER_BYTES, ip_bytes));
    memcpy(out + ETH_HEADER_BYTES + ip_bytes, payload, len);
    return ETH_HEADER_BYTES + ip_bytes + len;
}

static vitro_socket receiver(struct pair *p)
{
    vitro_socket s;
    const struct vitro_endpoint any = vitro_endpoint_any(9);
    assert_int_equal(vitro_udp_open(p->stack[1], 0, &s), 0);
    assert_int_equal(vitro_bind(p->stack[1], s, &any), 0);
    return s;
}

/* A UDP datagram without a checksum to port 9. */
static size_t datagram(uint8_t *out, size_t len)
{
    const struct udp_repr udp = {.src_port = 1000, .dst_port = 9, .payload_bytes = (uint16_t)len};
    udp_emit(&udp, span_mut_of(out, UDP_HEADER_BYTES));
    for (size_t i = 0; i < len; i++) out[UDP_HEADER_BYTES + i] = (uint8_t)i;
    return UDP_HEADER_BYTES + len;
}

static void a_bad_checksum_is_named(void **state)
{
    (void)state;
    struct pair p;
    uint8_t udp[64];
    uint8_t bytes[200];
    pair_setup(&p, NULL);
    const size_t len = packet(bytes, (struct ip4_repr){.protocol = 17}, udp, datagram(udp, 10));
    bytes[ETH_HEADER_BYTES + 10] ^= 1;
    pair_inject(&p, 1, bytes, len);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_CHECKSUM), 1);
    bytes[ETH_HEADER_BYTES + 10] ^= 1;
    pair_inject(&p, 1, bytes, len - 1);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 1);
    pair_teardown(&p);
}

static void padding_behind_the_packet_is_cut_off(void **state)
{
    (void)state;
    struct pair p;
    uint8_t udp[64];
    uint8_t bytes[200] = {0};
    pair_setup(&p, NULL);
    const vitro_socket s = receiver(&p);
    packet(bytes, (struct ip4_repr){.protocol = 17}, udp, datagram(udp, 3));
    pair_inject(&p, 1, bytes, 60);
    assert_int_equal(vitro_udp_receive(p.stack[1], s, bytes, sizeof bytes, NULL), 3);
    pair_teardown(&p);
}

static void options_have_no_effect(void **state) /* RFC 9293 MUST-50 */
{
    (void)state;
    struct pair p;
    uint8_t udp[64];
    uint8_t bytes[200] = {0};
    static const uint8_t options[8] = {68, 5, 1, 2, 3, 200, 3, 9};
    pair_setup(&p, NULL);
    const vitro_socket s = receiver(&p);
    const struct ip4_repr ip = {.protocol = 17, .options = {options, sizeof options}};
    pair_inject(&p, 1, bytes, packet(bytes, ip, udp, datagram(udp, 5)));
    assert_int_equal(vitro_udp_receive(p.stack[1], s, bytes, sizeof bytes, NULL), 5);
    pair_teardown(&p);
}

static void fragments_in_any_order_make_a_packet(void **state)
{
    (void)state;
    struct pair p;
    uint8_t udp[200];
    uint8_t bytes[300];
    struct vitro_counters counters;
    pair_setup(&p, NULL);
    const vitro_socket s = receiver(&p);
    const size_t len = datagram(udp, 100);
    struct ip4_repr ip = {.protocol = 17, .id = 3, .fragment_offset_bytes = 48};
    pair_inject(&p, 1, bytes, packet(bytes, ip, udp + 48, len - 48));
    assert_int_equal(vitro_udp_receive(p.stack[1], s, bytes, sizeof bytes, NULL), -EAGAIN);
    ip.fragment_offset_bytes = 0;
    ip.has_more_fragments = true;
    pair_inject(&p, 1, bytes, packet(bytes, ip, udp, 48));
    assert_int_equal(vitro_udp_receive(p.stack[1], s, bytes, sizeof bytes, NULL), 100);
    assert_memory_equal(bytes, udp + UDP_HEADER_BYTES, 100);
    vitro_stack_counters(p.stack[1], &counters);
    assert_int_equal(counters.ip.fragments_in, 2);
    assert_int_equal(counters.ip.reassembled, 1);
    pair_teardown(&p);
}

static void overlapping_fragments_are_all_dropped(void **state) /* RFC 5722 */
{
    (void)state;
    struct pair p;
    uint8_t udp[200];
    uint8_t bytes[300];
    pair_setup(&p, NULL);
    datagram(udp, 100);
    struct ip4_repr ip = {.protocol = 17, .id = 3, .has_more_fragments = true};
    pair_inject(&p, 1, bytes, packet(bytes, ip, udp, 48));
    ip.fragment_offset_bytes = 40;
    pair_inject(&p, 1, bytes, packet(bytes, ip, udp + 40, 48));
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_FRAGMENT_OVERLAP), 2);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_checksum_is_named),
        cmocka_unit_test(padding_behind_the_packet_is_cut_off),
        cmocka_unit_test(options_have_no_effect),
        cmocka_unit_test(fragments_in_any_order_make_a_packet),
        cmocka_unit_test(overlapping_fragments_are_all_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
