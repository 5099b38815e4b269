/* ip/ip_icmp: what may be answered, what an answer holds, what an error that arrives means. */
#include "ip_text.h"

#include <errno.h>

#include "ip/ip_icmp.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip_proto.h"

static uint8_t bytes[2048];
static struct gather packet;

/* An IPv4 packet of `payload` bytes behind the header; its first payload byte is `first`. */
static void make4(const char *src, const char *dst, uint8_t protocol, uint8_t first,
                  uint32_t payload, uint16_t offset)
{
    const struct ip4_repr ip = {.src = addr_of(src),
                                .dst = addr_of(dst),
                                .ttl = 64,
                                .protocol = protocol,
                                .fragment_offset_bytes = offset,
                                .payload_bytes = (uint16_t)payload};
    for (uint32_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    ip4_emit(&ip, span_mut_of(bytes, sizeof bytes));
    bytes[IP4_HEADER_BYTES] = first;
    gather_init(&packet);
    assert_true(gather_add(&packet, span_of(bytes, IP4_HEADER_BYTES + payload)));
}

static void make6(const char *src, const char *dst, uint8_t protocol, uint8_t first,
                  uint32_t payload)
{
    const struct ip6_repr ip = {.src = addr_of(src),
                                .dst = addr_of(dst),
                                .hop_limit = 64,
                                .next_header = protocol,
                                .payload_bytes = (uint16_t)payload};
    for (uint32_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    ip6_emit(&ip, span_mut_of(bytes, sizeof bytes));
    bytes[IP6_HEADER_BYTES] = first;
    gather_init(&packet);
    assert_true(gather_add(&packet, span_of(bytes, IP6_HEADER_BYTES + payload)));
}

static bool may(enum ip_icmp_kind kind, uint8_t code, bool link_multicast)
{
    const struct ip_icmp_report report = {.kind = kind, .code = code};
    return ip_icmp_may_answer(&packet, &report, link_multicast, false);
}

static bool may4(const char *src, const char *dst, uint8_t protocol, uint8_t first, uint16_t offset)
{
    make4(src, dst, protocol, first, 100, offset);
    return may(IP_ICMP_PORT_UNREACHABLE, 0, false);
}

static void ipv4_packets_that_may_be_answered(void **state)
{
    (void)state;
    assert_true(may4("10.0.0.2", "10.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_true(may4("10.0.0.2", "10.0.0.1", IP_PROTO_ICMP4, ICMP4_ECHO_REQUEST, 0));
    assert_false(may4("10.0.0.2", "10.0.0.1", IP_PROTO_ICMP4, ICMP4_UNREACHABLE, 0));
    assert_false(may4("10.0.0.2", "10.0.0.1", IP_PROTO_ICMP4, ICMP4_REDIRECT, 0));
    assert_false(may4("10.0.0.2", "10.0.0.1", IP_PROTO_UDP, 0, 8)); /* not the first fragment */
    assert_false(may4("0.0.0.0", "10.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_false(may4("127.0.0.1", "10.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_false(may4("224.0.0.1", "10.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_false(may4("240.0.0.1", "10.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_false(may4("10.0.0.2", "224.0.0.1", IP_PROTO_UDP, 0, 0));
    assert_false(may4("10.0.0.2", "255.255.255.255", IP_PROTO_UDP, 0, 0));
    make4("10.0.0.2", "10.0.0.1", IP_PROTO_UDP, 0, 100, 0);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, true)); /* came as a broadcast of the link */
    gather_keep_front(&packet, 19);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make4("10.0.0.2", "10.0.0.1", IP_PROTO_ICMP4, 0, 0, 0);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false)); /* no type to be seen */
}

static void ipv6_packets_that_may_be_answered(void **state)
{
    (void)state;
    make6("fd00::2", "fd00::1", IP_PROTO_UDP, 0, 100);
    assert_true(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make6("fd00::2", "fd00::1", IP_PROTO_ICMP6, ICMP6_ECHO_REQUEST, 100);
    assert_true(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make6("fd00::2", "fd00::1", IP_PROTO_ICMP6, ICMP6_REDIRECT, 100);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make6("fd00::2", "fd00::1", IP_PROTO_ICMP6, 127, 100);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make6("::", "fd00::1", IP_PROTO_UDP, 0, 100);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    make6("fd00::2", "ff02::1", IP_PROTO_UDP, 0, 100);
    assert_false(may(IP_ICMP_PORT_UNREACHABLE, 0, false));
    assert_true(may(IP_ICMP_PACKET_TOO_BIG, 0, false)); /* RFC 4443 2.4 (e.3) */
    assert_true(may(IP_ICMP_PARAMETER_PROBLEM, ICMP6_BAD_OPTION, true));
    assert_false(may(IP_ICMP_PARAMETER_PROBLEM, ICMP6_BAD_FIELD, false));
}

static void ipv4_errors_quote_as_much_as_fits(void **state)
{
    (void)state;
    uint8_t out[IP_ICMP_ERROR_BYTES_MAX];
    const struct ip_addr src = addr_of("10.0.0.1");
    struct ip_icmp_report report = {.kind = IP_ICMP_PACKET_TOO_BIG, .mtu_bytes = 1400};
    struct icmp4_repr icmp;
    make4("10.0.0.2", "10.0.0.1", IP_PROTO_UDP, 0, 1000, 0);
    uint32_t len = ip_icmp_error_emit(&packet, &report, &src, span_mut_of(out, sizeof out));
    assert_int_equal(len, 576 - 20);
    assert_int_equal(icmp4_parse(&icmp, span_of(out, len)), WIRE_OK);
    assert_int_equal(icmp.type, ICMP4_UNREACHABLE);
    assert_int_equal(icmp.code, ICMP4_FRAGMENTATION_NEEDED);
    assert_int_equal(icmp.mtu_bytes, 1400);
    assert_memory_equal(icmp.data.data, bytes, icmp.data.len);

    make4("10.0.0.2", "10.0.0.1", IP_PROTO_UDP, 0, 10, 0);
    assert_true(gather_add(&packet, span_of(bytes, 16))); /* padding of the link is not quoted */
    report = (struct ip_icmp_report){.kind = IP_ICMP_PARAMETER_PROBLEM, .pointer = 9};
    len = ip_icmp_error_emit(&packet, &report, &src, span_mut_of(out, sizeof out));
    assert_int_equal(len, 8 + 30);
    assert_int_equal(icmp4_parse(&icmp, span_of(out, len)), WIRE_OK);
    assert_int_equal(icmp.pointer, 9);
}

static void ipv6_errors_fill_1280_bytes(void **state)
{
    (void)state;
    uint8_t out[IP_ICMP_ERROR_BYTES_MAX];
    const struct ip_addr src = addr_of("fd00::1");
    const struct ip_addr dst = addr_of("fd00::2");
    struct ip_icmp_report report = {.kind = IP_ICMP_PACKET_TOO_BIG, .mtu_bytes = 65575};
    struct icmp6_repr icmp;
    make6("fd00::2", "fd00::1", IP_PROTO_UDP, 0, 1400);
    uint32_t len = ip_icmp_error_emit(&packet, &report, &src, span_mut_of(out, sizeof out));
    assert_int_equal(len, 1240);
    assert_int_equal(icmp6_parse(&icmp, span_of(out, len), &src, &dst), WIRE_OK);
    assert_int_equal(icmp.type, ICMP6_PACKET_TOO_BIG);
    assert_int_equal(icmp.mtu_bytes, 65575);
    report = (struct ip_icmp_report){.kind = IP_ICMP_PROTOCOL_UNREACHABLE, .pointer = 6};
    len = ip_icmp_error_emit(&packet, &report, &src, span_mut_of(out, sizeof out));
    assert_int_equal(icmp6_parse(&icmp, span_of(out, len), &src, &dst), WIRE_OK);
    assert_int_equal(icmp.code, ICMP6_BAD_NEXT_HEADER);
    assert_int_equal(icmp.pointer, 6);
}

static void echo_replies_return_what_was_sent(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"10.0.0.1", "10.0.0.2"}, {"fd00::1", "fd00::2"}};
    static uint8_t request[57], reply[57];
    for (size_t v = 0; v < 2; v++) {
        for (uint32_t i = 0; i < sizeof request; i++) request[i] = (uint8_t)(i * 3);
        struct gather message;
        gather_init(&message);
        assert_true(gather_add(&message, span_of(request, 11)));
        assert_true(gather_add(&message, span_of(request + 11, sizeof request - 11)));
        const struct ip_addr src = addr_of(pairs[v][0]);
        const struct ip_addr dst = addr_of(pairs[v][1]);
        memcpy(reply, request, sizeof reply);
        ip_icmp_echo_reply(&message, &src, &dst, span_mut_of(reply, 8));
        struct icmp4_repr icmp4;
        struct icmp6_repr icmp6;
        if (v == 0) {
            assert_int_equal(icmp4_parse(&icmp4, span_of(reply, sizeof reply)), WIRE_OK);
            assert_int_equal(icmp4.type, ICMP4_ECHO_REPLY);
        } else {
            assert_int_equal(icmp6_parse(&icmp6, span_of(reply, sizeof reply), &src, &dst),
                             WIRE_OK);
            assert_int_equal(icmp6.type, ICMP6_ECHO_REPLY);
        }
        assert_memory_equal(reply + 4, request + 4, sizeof reply - 4);
    }
}

static struct ip_icmp_error read4(uint8_t type, uint8_t code, bool expected)
{
    const struct icmp4_repr icmp = {
        .type = type, .code = code, .mtu_bytes = 1400, .data = packet.part[0]};
    struct ip_icmp_error error = {.error = -1};
    assert_int_equal(ip_icmp_error_parse4(&error, &icmp), expected);
    return error;
}

/* RFC 9293 MUST-55: a source quench is none of them. */
static void ipv4_errors_are_understood(void **state)
{
    (void)state;
    make4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0, 8, 0);
    put_be16(bytes + 20, 1234);
    put_be16(bytes + 22, 80);
    put_be32(bytes + 24, 0x01020304);
    (void)read4(ICMP4_SOURCE_QUENCH, 0, false);
    struct ip_icmp_error error = read4(ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, true);
    assert_int_equal(error.kind, IP_ICMP_PORT_UNREACHABLE);
    assert_int_equal(error.error, ECONNREFUSED);
    assert_true(error.is_hard && error.has_ports && error.has_seq);
    assert_addr(&error.src, "10.0.0.1");
    assert_int_equal(error.src_port, 1234);
    assert_int_equal(error.dst_port, 80);
    assert_int_equal(error.seq, 0x01020304);
    assert_int_equal(error.mtu_bytes, 0);
    error = read4(ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, true);
    assert_int_equal(error.mtu_bytes, 1400);
    assert_int_equal(error.packet_bytes, 28);
    assert_false(error.is_hard);
    assert_int_equal(read4(ICMP4_UNREACHABLE, 250, true).error, EHOSTUNREACH);
    assert_int_equal(read4(ICMP4_TIME_EXCEEDED, 1, true).kind, IP_ICMP_REASSEMBLY_EXCEEDED);
    assert_true(read4(ICMP4_UNREACHABLE, ICMP4_FILTER_PROHIBITED, true).is_hard);
    (void)read4(ICMP4_SOURCE_QUENCH, 0, false);
    (void)read4(ICMP4_REDIRECT, 1, false);
    (void)read4(ICMP4_ECHO_REPLY, 0, false);
}

static void quotes_that_tell_too_little_are_refused(void **state)
{
    (void)state;
    make4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0, 8, 0);
    gather_keep_front(&packet, 19);
    (void)read4(ICMP4_UNREACHABLE, 3, false);
    make4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0, 8, 16);
    (void)read4(ICMP4_UNREACHABLE, 3, false);
    make6("fd00::1", "fd00::2", IP_PROTO_TCP, 0, 8);
    (void)read4(ICMP4_UNREACHABLE, 3, false); /* of the other version */
    make4("10.0.0.1", "10.0.0.2", IP_PROTO_TCP, 0, 8, 0);
    gather_keep_front(&packet, 22);
    assert_false(read4(ICMP4_UNREACHABLE, 3, true).has_ports);
}

static void ipv6_errors_are_understood(void **state)
{
    (void)state;
    make6("fd00::1", "fd00::2", IP_PROTO_ICMP6, ICMP6_ECHO_REQUEST, 8);
    struct icmp6_repr icmp = {.type = ICMP6_PACKET_TOO_BIG, .mtu_bytes = 1300};
    icmp.data = packet.part[0];
    struct ip_icmp_error error;
    assert_true(ip_icmp_error_parse6(&error, &icmp));
    assert_int_equal(error.kind, IP_ICMP_PACKET_TOO_BIG);
    assert_int_equal(error.mtu_bytes, 1300);
    assert_int_equal(error.packet_bytes, 48);
    assert_true(error.has_ports); /* the echo identifier */
    assert_int_equal(error.src_port, get_be16(bytes + 44));
    icmp.type = ICMP6_PARAMETER_PROBLEM;
    icmp.code = ICMP6_BAD_NEXT_HEADER;
    assert_true(ip_icmp_error_parse6(&error, &icmp));
    assert_int_equal(error.kind, IP_ICMP_PROTOCOL_UNREACHABLE);
    icmp.type = ICMP6_UNREACHABLE;
    icmp.code = 99;
    assert_true(ip_icmp_error_parse6(&error, &icmp));
    assert_int_equal(error.kind, IP_ICMP_NET_UNREACHABLE);
    icmp.type = ICMP6_ECHO_REPLY;
    assert_false(ip_icmp_error_parse6(&error, &icmp));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_packets_that_may_be_answered),
        cmocka_unit_test(ipv6_packets_that_may_be_answered),
        cmocka_unit_test(ipv4_errors_quote_as_much_as_fits),
        cmocka_unit_test(ipv6_errors_fill_1280_bytes),
        cmocka_unit_test(echo_replies_return_what_was_sent),
        cmocka_unit_test(ipv4_errors_are_understood),
        cmocka_unit_test(quotes_that_tell_too_little_are_refused),
        cmocka_unit_test(ipv6_errors_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
