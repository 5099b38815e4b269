/* wire/icmp_quote: what an error tells about the packet that caused it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/icmp_quote.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* The IP header of a large packet and the first eight bytes of its TCP header. */
static size_t make_quote4(uint8_t out[28], uint16_t fragment_offset_bytes)
{
    const struct ip4_repr repr = {
        .src = ip_addr_from_v4(0x0a000202),
        .dst = ip_addr_from_v4(0x0a000264),
        .ttl = 1,
        .protocol = IP_PROTO_TCP,
        .payload_bytes = 1480,
        .fragment_offset_bytes = fragment_offset_bytes,
    };
    ip4_emit(&repr, span_mut_of(out, 20));
    put_be16(out + 20, 80);
    put_be16(out + 22, 41822);
    put_be32(out + 24, 0x11223344);
    return 28;
}

static void test_ip4_quote(void **state)
{
    (void)state;
    uint8_t bytes[28];
    struct icmp_quote quote;
    uint16_t src_port = 0;
    uint16_t dst_port = 0;
    uint32_t seq = 0;
    const size_t len = make_quote4(bytes, 0);
    bytes[10] ^= 0xff; /* a router may leave any checksum behind */
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, len)), WIRE_OK);
    assert_int_equal(ip_addr_v4(&quote.src), 0x0a000202);
    assert_int_equal(ip_addr_v4(&quote.dst), 0x0a000264);
    assert_true(icmp_quote_ports(&quote, &src_port, &dst_port));
    assert_int_equal(src_port, 80);
    assert_int_equal(dst_port, 41822);
    assert_true(icmp_quote_tcp_seq(&quote, &seq));
    assert_int_equal(seq, 0x11223344);
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t bytes[28];
    struct icmp_quote quote;
    uint16_t port;
    uint32_t seq;
    make_quote4(bytes, 0);
    for (size_t len = 0; len < 28; len++) {
        const enum wire_status want = len < 20 ? WIRE_TRUNCATED : WIRE_OK;
        assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, len)), want);
        if (len < 20) continue;
        assert_int_equal(icmp_quote_ports(&quote, &port, &port), len >= 24);
        assert_false(icmp_quote_tcp_seq(&quote, &seq));
    }
}

static void test_what_cannot_be_matched(void **state)
{
    (void)state;
    uint8_t bytes[28];
    struct icmp_quote quote;
    make_quote4(bytes, 8);
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_UNSUPPORTED);
    bytes[0] = 0x44;
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_BAD_LENGTH);
    bytes[0] = 0x4f;
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_TRUNCATED);
    bytes[0] = 0x55;
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_BAD_VERSION);
}

static void test_no_ports_in_other_protocols(void **state)
{
    (void)state;
    uint8_t bytes[28];
    struct icmp_quote quote;
    uint16_t port;
    uint32_t seq;
    make_quote4(bytes, 0);
    bytes[9] = IP_PROTO_ICMP4;
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_OK);
    assert_false(icmp_quote_ports(&quote, &port, &port));
    bytes[9] = IP_PROTO_UDP;
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 28)), WIRE_OK);
    assert_true(icmp_quote_ports(&quote, &port, &port));
    assert_false(icmp_quote_tcp_seq(&quote, &seq));
}

static void test_ip6_quote_behind_extensions(void **state)
{
    (void)state;
    uint8_t bytes[56] = {0};
    struct icmp_quote quote;
    uint16_t src_port = 0;
    uint16_t dst_port = 0;
    struct ip6_repr repr = {.next_header = IP_PROTO_DESTINATION, .payload_bytes = 1440};
    assert_true(ip_addr_parse("fd00::2", &repr.src));
    assert_true(ip_addr_parse("fd00::100", &repr.dst));
    ip6_emit(&repr, span_mut_of(bytes, 40));
    bytes[40] = IP_PROTO_UDP;
    bytes[42] = 1; /* PadN over the six bytes */
    bytes[43] = 4;
    put_be16(bytes + 48, 53);
    put_be16(bytes + 50, 999);
    assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, 56)), WIRE_OK);
    assert_int_equal(quote.protocol, IP_PROTO_UDP);
    assert_true(ip_addr_eq(&quote.src, &repr.src) && ip_addr_eq(&quote.dst, &repr.dst));
    assert_true(icmp_quote_ports(&quote, &src_port, &dst_port));
    assert_int_equal(src_port, 53);
    assert_int_equal(dst_port, 999);
    for (size_t len = 1; len < 48; len++) {
        assert_int_equal(icmp_quote_parse(&quote, span_of(bytes, len)), WIRE_TRUNCATED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ip4_quote),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_what_cannot_be_matched),
        cmocka_unit_test(test_no_ports_in_other_protocols),
        cmocka_unit_test(test_ip6_quote_behind_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
