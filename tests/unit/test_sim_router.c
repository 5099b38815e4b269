/*
 * The router that says "too big": its answers are read back by the parsers, its fragments put
 * together again.
 */
#include "support.h"

#include "sim/sim_router.h"
#include "sim_frames.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmp_quote.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

static uint8_t packet[SIM_FRAME_BYTES_MAX];
static uint8_t out[SIM_FRAME_BYTES_MAX];

static struct ip_addr addr(const char *text)
{
    struct ip_addr parsed;
    assert_true(ip_addr_parse(text, &parsed));
    return parsed;
}

static size_t make(enum frame_link link, bool is_v6, uint32_t payload_bytes, bool may_fragment)
{
    const struct sim_frame_spec spec = {.is_v6 = is_v6,
                                        .link = link,
                                        .flags = TCP_FLAG_ACK,
                                        .seq = 1234,
                                        .payload_bytes = payload_bytes,
                                        .may_fragment = may_fragment};
    return sim_frame_tcp(&spec, packet);
}

static size_t answer(enum frame_link link, size_t len)
{
    const struct ip_addr router4 = addr("192.0.2.254");
    const struct ip_addr router6 = addr("2001:db8::fe");
    return sim_router_answer(span_of(packet, len), link, 1300, &router4, &router6, out);
}

static void assert_quotes_packet(struct span data)
{
    struct icmp_quote quote;
    uint32_t seq = 0;
    assert_int_equal(icmp_quote_parse(&quote, data), WIRE_OK);
    assert_true(icmp_quote_tcp_seq(&quote, &seq));
    assert_int_equal(seq, 1234);
}

static void ip4_answer(void **state)
{
    (void)state;
    const size_t len = answer(FRAME_LINK_ETHERNET, make(FRAME_LINK_ETHERNET, false, 1460, false));
    struct ip4_repr ip;
    struct icmp4_repr icmp;
    uint32_t header_bytes;
    const struct span bytes = span_of(out, len);
    const struct eth_addr a = eth_header_dst(out);
    assert_int_equal(a.bytes[5], 1); /* back to the sender */
    const struct span inner = span_from(bytes, ETH_HEADER_BYTES);
    assert_int_equal(ip4_parse(&ip, inner, (uint32_t)inner.len, &header_bytes), WIRE_OK);
    assert_int_equal(icmp4_parse(&icmp, span_from(inner, header_bytes)), WIRE_OK);
    assert_int_equal(icmp.type, ICMP4_UNREACHABLE);
    assert_int_equal(icmp.code, ICMP4_FRAGMENTATION_NEEDED);
    assert_int_equal(icmp.mtu_bytes, 1300);
    assert_quotes_packet(icmp.data);
    assert_true(len <= SIM_ROUTER_ANSWER_MAX);
}

static void ip6_answer(void **state)
{
    (void)state;
    const size_t len = answer(FRAME_LINK_IP, make(FRAME_LINK_IP, true, 1440, false));
    struct ip6_repr ip;
    struct icmp6_repr icmp;
    const struct span bytes = span_of(out, len);
    assert_int_equal(len, IP6_MTU_BYTES_MIN);
    assert_int_equal(ip6_parse(&ip, bytes, (uint32_t)len), WIRE_OK);
    assert_int_equal(icmp6_parse(&icmp, span_from(bytes, IP6_HEADER_BYTES), &ip.src, &ip.dst),
                     WIRE_OK);
    assert_int_equal(icmp.type, ICMP6_PACKET_TOO_BIG);
    assert_int_equal(icmp.mtu_bytes, 1300);
    assert_quotes_packet(icmp.data);
}

/* RFC 1812 4.3.2.7, RFC 4443 2.4 (e): no error about an error, nor about what is no IP packet. */
static void no_answer(void **state)
{
    (void)state;
    const struct ip_addr any = {{0}};
    size_t len = answer(FRAME_LINK_IP, make(FRAME_LINK_IP, false, 1460, false));
    memcpy(packet, out, len);
    assert_int_equal(answer(FRAME_LINK_IP, len), 0);
    len = answer(FRAME_LINK_IP, make(FRAME_LINK_IP, true, 1460, false));
    memcpy(packet, out, len);
    assert_int_equal(answer(FRAME_LINK_IP, len), 0);
    len = sim_frame_arp(packet);
    assert_int_equal(answer(FRAME_LINK_ETHERNET, len), 0);
    assert_int_equal(sim_router_answer(span_of(packet, 3), FRAME_LINK_IP, 1300, &any, &any, out),
                     0);
}

static void fragments_are_the_whole(void **state)
{
    (void)state;
    static uint8_t whole[SIM_FRAME_BYTES_MAX];
    const size_t len = make(FRAME_LINK_ETHERNET, false, 3001, true);
    const struct span bytes = span_of(packet, len);
    assert_true(sim_router_may_fragment(bytes, FRAME_LINK_ETHERNET));
    assert_int_equal(sim_router_ip_bytes(bytes, FRAME_LINK_ETHERNET), len - ETH_HEADER_BYTES);
    uint32_t offset = 0;
    uint32_t total = 0;
    size_t piece;
    bool was_last = false;
    while ((piece = sim_router_fragment(bytes, FRAME_LINK_ETHERNET, 577, &offset, out)) > 0) {
        struct ip4_repr ip;
        uint32_t header_bytes;
        const struct span inner = span_from(span_of(out, piece), ETH_HEADER_BYTES);
        assert_true(inner.len <= 577 && !was_last);
        assert_int_equal(ip4_parse(&ip, inner, (uint32_t)inner.len, &header_bytes), WIRE_OK);
        assert_int_equal(ip.fragment_offset_bytes, total);
        assert_int_equal(ip.id, 77);
        memcpy(whole + total, inner.data + header_bytes, ip.payload_bytes);
        total += ip.payload_bytes;
        was_last = !ip.has_more_fragments;
    }
    assert_true(was_last);
    assert_int_equal(total, 3001 + TCP_HEADER_BYTES);
    assert_memory_equal(whole, packet + ETH_HEADER_BYTES + IP4_HEADER_BYTES, total);
}

static void who_may_be_fragmented(void **state)
{
    (void)state;
    uint32_t offset = 0;
    size_t len = make(FRAME_LINK_IP, false, 1460, false);
    assert_false(sim_router_may_fragment(span_of(packet, len), FRAME_LINK_IP));
    len = make(FRAME_LINK_IP, true, 1460, true);
    assert_false(sim_router_may_fragment(span_of(packet, len), FRAME_LINK_IP));
    assert_int_equal(sim_router_fragment(span_of(packet, len), FRAME_LINK_IP, 577, &offset, out),
                     0);
    len = make(FRAME_LINK_IP, false, 1460, true);
    assert_int_equal(sim_router_fragment(span_of(packet, len), FRAME_LINK_IP, 27, &offset, out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ip4_answer),
        cmocka_unit_test(ip6_answer),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(fragments_are_the_whole),
        cmocka_unit_test(who_may_be_fragmented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
