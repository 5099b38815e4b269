/*
 * Any bytes through every parser of wire/.
 *
 * The first byte chooses the parser, the rest is the packet. Properties: no read beyond the bytes
 * (the sanitizer watches; each run has its own exact-size copy); whatever a parser accepts is
 * written and read again to the same value; accessors and repr agree; and the frames cut from a
 * super-segment carry its payload, in order, with right checksums.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame_cut.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmp_quote.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"
#include "wire/nd.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define OUT_BYTES     70000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct ip_addr src6 = {{0xfe, 0x80, [15] = 1}};
static const struct ip_addr dst6 = {{0xfe, 0x80, [15] = 2}};

static bool same_addr(const struct ip_addr *a, const struct ip_addr *b) { return ip_addr_eq(a, b); }

static bool same_bytes(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static void try_eth(struct span in, uint8_t *out)
{
    struct eth_repr repr;
    struct eth_repr back;
    uint32_t len = 0;
    if (eth_parse(&repr, in, &len) != WIRE_OK) return;
    REQUIRE(len <= in.len && !eth_type_is_tag(repr.ethertype));
    eth_emit(&repr, span_mut_of(out, OUT_BYTES));
    REQUIRE(eth_parse(&back, span_of(out, ETH_HEADER_BYTES), &len) == WIRE_OK);
    REQUIRE(memcmp(&repr, &back, sizeof repr) == 0);
}

static void try_arp(struct span in, uint8_t *out)
{
    struct arp_repr repr;
    if (arp_parse(&repr, in) != WIRE_OK) return;
    arp_emit(&repr, span_mut_of(out, OUT_BYTES));
    REQUIRE(memcmp(out, in.data, ARP_BYTES) == 0);
}

static void try_ip4(struct span in, uint8_t *out)
{
    struct ip4_repr repr;
    uint32_t len = 0;
    const uint32_t packet_bytes = (uint32_t)in.len + 1000;
    if (ip4_header_check(in, packet_bytes) != WIRE_OK) return;
    /* A checksum is hard to guess: help. */
    memcpy(out, in.data, ip4_header_len(in.data));
    const struct span header = span_of(out, ip4_header_len(in.data));
    put_be16(out + 10, ip4_header_checksum_compute(out, (uint32_t)header.len));
    if (ip4_parse(&repr, header, packet_bytes, &len) != WIRE_OK) return;
    REQUIRE(len == header.len && len == ip4_emit_len(&repr));
    REQUIRE(repr.protocol == ip4_header_protocol(in.data));
    REQUIRE(ip4_repr_is_fragment(&repr) == ip4_header_is_fragment(in.data));
    uint8_t *again = out + 100;
    ip4_emit(&repr, span_mut_of(again, OUT_BYTES - 100));
    out[6] &= 0x7f; /* the reserved flag is not kept */
    put_be16(out + 10, ip4_header_checksum_compute(out, len));
    REQUIRE(memcmp(again, out, len) == 0);

    struct span options = repr.options;
    struct ip4_option option;
    for (size_t steps = 0; ip4_option_next(&options, &option); steps++) {
        REQUIRE(steps < IP4_OPTIONS_BYTES_MAX);
        REQUIRE(option.data.len <= IP4_OPTIONS_BYTES_MAX);
    }
}

static void try_ip6(struct span in, uint8_t *out)
{
    struct ip6_repr repr;
    struct ip6_ext ext;
    if (ip6_parse(&repr, in, (uint32_t)in.len) != WIRE_OK) return;
    ip6_emit(&repr, span_mut_of(out, OUT_BYTES));
    REQUIRE(memcmp(out, in.data, IP6_HEADER_BYTES) == 0);
    const uint32_t packet_bytes = IP6_HEADER_BYTES + (uint32_t)repr.payload_bytes;
    ip6_ext_walk(&ext, in, packet_bytes);
    REQUIRE(ext.offset >= IP6_HEADER_BYTES && ext.offset <= packet_bytes);
    REQUIRE(ext.protocol_offset < ext.offset && in.data[ext.protocol_offset] == ext.protocol);
    if (ext.verdict >= IP6_EXT_PROBLEM) REQUIRE(ext.problem_pointer < packet_bytes);
    if (ext.has_fragment) {
        const uint8_t *h = in.data + ext.fragment_header_offset;
        REQUIRE(ip6_fragment_offset(h) == ext.fragment_offset_bytes);
        ip6_fragment_emit(span_mut_of(out, 8), ip6_fragment_next(h), ext.fragment_offset_bytes,
                          ext.has_more_fragments, ext.fragment_id);
        REQUIRE(memcmp(out + 4, h + 4, 4) == 0 &&
                ip6_fragment_offset(out) == ip6_fragment_offset(h));
    }
}

static void try_icmp4(struct span in, uint8_t *out)
{
    struct icmp4_repr repr;
    struct icmp4_repr back;
    if (in.len < ICMP4_HEADER_BYTES) return;
    memcpy(out, in.data, in.len);
    put_be16(out + 2, 0);
    put_be16(out + 2, checksum_finish(checksum_add(0, span_of(out, in.len))));
    REQUIRE(icmp4_parse(&repr, span_of(out, in.len)) == WIRE_OK);
    uint8_t *again = out + OUT_BYTES / 2;
    icmp4_emit(&repr, span_mut_of(again, OUT_BYTES / 2));
    REQUIRE(icmp4_emit_len(&repr) == in.len);
    REQUIRE(icmp4_parse(&back, span_of(again, in.len)) == WIRE_OK);
    REQUIRE(repr.type == back.type && repr.code == back.code && repr.id == back.id);
    REQUIRE(repr.sequence == back.sequence && repr.mtu_bytes == back.mtu_bytes);
    REQUIRE(repr.pointer == back.pointer && same_addr(&repr.gateway, &back.gateway));
    REQUIRE(same_bytes(repr.data, back.data));
}

static void try_icmp6(struct span in, uint8_t *out)
{
    struct icmp6_repr repr;
    struct icmp6_repr back;
    if (in.len < ICMP6_HEADER_BYTES) return;
    memcpy(out, in.data, in.len);
    put_be16(out + 2, 0);
    const uint32_t pseudo = checksum_pseudo(&src6, &dst6, IP_PROTO_ICMP6, (uint32_t)in.len);
    put_be16(out + 2, checksum_finish(checksum_add(pseudo, span_of(out, in.len))));
    REQUIRE(icmp6_parse(&repr, span_of(out, in.len), &src6, &dst6) == WIRE_OK);
    uint8_t *again = out + OUT_BYTES / 2;
    icmp6_emit(&repr, span_mut_of(again, OUT_BYTES / 2), &src6, &dst6);
    REQUIRE(icmp6_emit_len(&repr) == in.len);
    REQUIRE(icmp6_parse(&back, span_of(again, in.len), &src6, &dst6) == WIRE_OK);
    REQUIRE(repr.type == back.type && repr.code == back.code && repr.id == back.id);
    REQUIRE(repr.sequence == back.sequence && repr.mtu_bytes == back.mtu_bytes);
    REQUIRE(repr.pointer == back.pointer && same_bytes(repr.data, back.data));
}

static void try_nd(struct span in, uint8_t *out)
{
    struct nd_repr repr;
    struct nd_repr back;
    if (nd_parse(&repr, in) != WIRE_OK) return;
    (void)nd_check(&repr, &src6, &dst6, ND_HOP_LIMIT);
    const uint32_t len = nd_emit_len(&repr);
    REQUIRE(len <= OUT_BYTES);
    nd_emit(&repr, span_mut_of(out, OUT_BYTES), &src6, &dst6);
    REQUIRE(nd_parse(&back, span_of(out, len)) == WIRE_OK);
    REQUIRE(repr.type == back.type && same_addr(&repr.target, &back.target));
    REQUIRE(repr.is_router == back.is_router && repr.is_solicited == back.is_solicited);
    REQUIRE(repr.is_override == back.is_override && repr.lifetime_s == back.lifetime_s);
    REQUIRE(repr.reachable_ms == back.reachable_ms && repr.retrans_ms == back.retrans_ms);
    REQUIRE(repr.options.mtu_bytes == back.options.mtu_bytes);
    REQUIRE(repr.options.has_source_lladdr == back.options.has_source_lladdr);
    REQUIRE(repr.options.has_target_lladdr == back.options.has_target_lladdr);
    REQUIRE(repr.options.prefix_count == back.options.prefix_count);
    for (uint32_t i = 0; i < repr.options.prefix_count; i++) {
        const struct nd_prefix *a = &repr.options.prefix[i];
        const struct nd_prefix *b = &back.options.prefix[i];
        REQUIRE(a->prefix.bits == b->prefix.bits && same_addr(&a->prefix.addr, &b->prefix.addr));
        REQUIRE(a->valid_s == b->valid_s && a->preferred_s == b->preferred_s);
        REQUIRE(a->is_on_link == b->is_on_link && a->is_autonomous == b->is_autonomous);
    }
}

static void try_udp(struct span in, uint8_t *out)
{
    struct udp_repr repr;
    struct udp_repr back;
    if (udp_parse(&repr, in, (uint32_t)in.len) != WIRE_OK) return;
    REQUIRE(repr.payload_bytes + 8u == udp_header_len(in.data));
    udp_emit(&repr, span_mut_of(out, OUT_BYTES));
    REQUIRE(udp_parse(&back, span_of(out, 8), (uint32_t)in.len) == WIRE_OK);
    REQUIRE(memcmp(out, in.data, 6) == 0);
}

static void try_quote(struct span in)
{
    struct icmp_quote quote;
    uint16_t ports[2];
    uint32_t seq;
    if (icmp_quote_parse(&quote, in) != WIRE_OK) return;
    REQUIRE(quote.transport.len <= in.len);
    if (icmp_quote_tcp_seq(&quote, &seq)) REQUIRE(icmp_quote_ports(&quote, &ports[0], &ports[1]));
}

static void try_text(struct span in, uint8_t *out)
{
    struct ip_addr addr;
    struct ip_addr back;
    struct ip_prefix prefix;
    char text[IP_ADDR_TEXT_MAX];
    const size_t len = size_min(in.len, 100);
    memcpy(out, in.data, len);
    out[len] = '\0';
    if (ip_prefix_parse((const char *)out, &prefix)) {
        REQUIRE(ip_prefix_contains(&prefix, &prefix.addr));
    }
    if (!ip_addr_parse((const char *)out, &addr)) return;
    REQUIRE(ip_addr_format(&addr, text) < IP_ADDR_TEXT_MAX);
    REQUIRE(ip_addr_parse(text, &back) && ip_addr_eq(&addr, &back));
}

/* Splits the bytes behind the headers into parts, as payload in chunks would be. */
static void split(struct frame *frame, struct span in, uint32_t headers, uint32_t part_bytes)
{
    frame_init(frame);
    bool has_room = gather_add(&frame->bytes, span_slice(in, 0, headers));
    for (size_t at = headers; at < in.len && has_room; at += part_bytes) {
        const bool is_last = frame->bytes.parts == GATHER_PARTS_MAX - 1;
        has_room = gather_add(&frame->bytes, span_slice(in, at, is_last ? in.len : part_bytes));
        if (is_last) break;
    }
}

static void check_cut_frame(const struct frame *frame, enum frame_link link, struct span payload,
                            uint32_t *done)
{
    struct frame_layout layout;
    uint8_t bytes[64];
    REQUIRE(!frame->checksum_partial && frame->segment_bytes == 0);
    REQUIRE(frame_layout_find(&layout, frame, link) == WIRE_OK);
    REQUIRE(layout.end_offset == frame->bytes.len_bytes);
    REQUIRE(checksum_transport_is_good(&layout.src, &layout.dst, IP_PROTO_TCP, &frame->bytes,
                                       layout.transport_offset,
                                       layout.end_offset - layout.transport_offset));
    if (!layout.is_ip6) {
        struct ip4_repr ip;
        uint32_t len;
        const struct span packet = span_from(frame_headers(frame), layout.ip_offset);
        REQUIRE(ip4_parse(&ip, packet, frame->bytes.len_bytes - layout.ip_offset, &len) == WIRE_OK);
    }
    for (uint32_t at = layout.payload_offset; at < layout.end_offset; at += sizeof bytes) {
        const uint32_t len = gather_copy(&frame->bytes, at, bytes, sizeof bytes);
        REQUIRE(*done + len <= payload.len && memcmp(bytes, payload.data + *done, len) == 0);
        *done += len;
    }
}

static void try_cut(struct span in, enum frame_link link)
{
    struct frame_layout layout;
    struct frame_cut cut;
    struct frame super;
    struct frame frame;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    if (in.len < 3) return;
    const uint16_t segment_bytes = get_be16(in.data);
    const uint32_t part_bytes = in.data[2] + 1u;
    in = span_from(in, 3);
    frame_init(&super);
    REQUIRE(gather_add(&super.bytes, in));
    if (frame_layout_find(&layout, &super, link) != WIRE_OK) return;
    REQUIRE(layout.ip_offset < layout.transport_offset);
    REQUIRE(layout.transport_offset < layout.payload_offset);
    REQUIRE(layout.payload_offset <= layout.end_offset && layout.end_offset <= in.len);

    split(&super, in, layout.payload_offset + part_bytes % 3, part_bytes);
    super.checksum_partial = true;
    frame = super;
    const struct span_mut room = span_mut_of(headers, sizeof headers);
    if (frame_checksum_complete(&frame, link, room) == WIRE_OK) {
        const uint32_t offset = layout.transport_offset;
        const uint32_t len = layout.protocol == IP_PROTO_UDP ? udp_header_len(in.data + offset)
                                                             : layout.end_offset - offset;
        REQUIRE(checksum_transport_is_good(&layout.src, &layout.dst, layout.protocol, &frame.bytes,
                                           offset, len));
    }
    super.segment_bytes = segment_bytes;
    if (frame_cut_init(&cut, &super, link) != WIRE_OK) return;
    const uint32_t payload_bytes = layout.end_offset - layout.payload_offset;
    const struct span payload = span_slice(in, layout.payload_offset, payload_bytes);
    uint32_t count = 0;
    uint32_t done = 0;
    for (; frame_cut_next(&cut, room, &frame); count++) {
        check_cut_frame(&frame, link, payload, &done);
    }
    REQUIRE(done == payload_bytes && count == frame_cut_count(&cut));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[OUT_BYTES];
    if (size < 2 || size > 30000) return 0;
    const struct span in = span_of(data + 1, size - 1);
    switch (data[0] % 12) {
    case 0: try_eth(in, out); break;
    case 1: try_arp(in, out); break;
    case 2: try_ip4(in, out); break;
    case 3: try_ip6(in, out); break;
    case 4: try_icmp4(in, out); break;
    case 5: try_icmp6(in, out); break;
    case 6: try_nd(in, out); break;
    case 7: try_udp(in, out); break;
    case 8: try_quote(in); break;
    case 9: try_text(in, out); break;
    case 10: try_cut(in, FRAME_LINK_ETHERNET); break;
    default: try_cut(in, FRAME_LINK_IP); break;
    }
    return 0;
}
