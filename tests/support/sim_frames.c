/*
 * Raw packets, written by the emitters of wire/.
 */
#include "sim_frames.h"

#include <string.h>

#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

static size_t emit_link(enum frame_link link, uint16_t ethertype, uint8_t *out)
{
    if (link == FRAME_LINK_IP) return 0;
    const struct eth_repr eth = {
        .dst = {{2, 0, 0, 0, 0, 2}}, .src = {{2, 0, 0, 0, 0, 1}}, .ethertype = ethertype};
    eth_emit(&eth, span_mut_of(out, ETH_HEADER_BYTES));
    return ETH_HEADER_BYTES;
}

static size_t emit_ip(const struct sim_frame_spec *spec, uint32_t payload_bytes,
                      struct ip_addr *src, struct ip_addr *dst, uint8_t *out)
{
    const struct span_mut room = span_mut_of(out, IP6_HEADER_BYTES);
    if (!spec->is_v6) {
        *src = ip_addr_from_v4(0x0a000001);
        *dst = ip_addr_from_v4(0x0a000002);
        const struct ip4_repr ip = {
            .src = *src,
            .dst = *dst,
            .ecn = spec->ecn,
            .ttl = 64,
            .protocol = IP_PROTO_TCP,
            .id = 77,
            .has_dont_fragment = !spec->may_fragment,
            .payload_bytes = (uint16_t)payload_bytes,
        };
        ip4_emit(&ip, room);
        return IP4_HEADER_BYTES;
    }
    const uint8_t net[16] = {0xfd, [15] = 1};
    *src = ip_addr_from_v6(net);
    *dst = ip_addr_from_v6(net);
    dst->bytes[15] = 2;
    const struct ip6_repr ip = {
        .src = *src,
        .dst = *dst,
        .ecn = spec->ecn,
        .hop_limit = 64,
        .next_header = IP_PROTO_TCP,
        .payload_bytes = (uint16_t)payload_bytes,
    };
    ip6_emit(&ip, room);
    return IP6_HEADER_BYTES;
}

size_t sim_frame_tcp(const struct sim_frame_spec *spec, uint8_t *out)
{
    const struct tcp_repr tcp = {
        .src_port = 1000,
        .dst_port = 80,
        .seq = spec->seq,
        .ack = 9,
        .flags = spec->flags,
        .window = 1024,
    };
    const uint32_t tcp_bytes = tcp_emit_len(&tcp) + spec->payload_bytes;
    struct ip_addr src;
    struct ip_addr dst;
    size_t len = emit_link(spec->link, spec->is_v6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4, out);
    len += emit_ip(spec, tcp_bytes, &src, &dst, out + len);
    uint8_t *const header = out + len;
    tcp_emit(&tcp, span_mut_of(header, TCP_HEADER_BYTES));
    for (uint32_t i = 0; i < spec->payload_bytes; i++) {
        header[TCP_HEADER_BYTES + i] = (uint8_t)(spec->seq + i);
    }
    const uint32_t pseudo = checksum_pseudo(&src, &dst, IP_PROTO_TCP, tcp_bytes);
    const uint32_t sum = checksum_add(pseudo, span_of(header, tcp_bytes));
    put_be16(header + TCP_CHECKSUM_OFFSET,
             spec->checksum_partial ? checksum_fold(pseudo) : checksum_finish(sum));
    return len + tcp_bytes;
}

size_t sim_frame_arp(uint8_t *out)
{
    const size_t link_bytes = emit_link(FRAME_LINK_ETHERNET, ETH_TYPE_ARP, out);
    memset(out + link_bytes, 0, 28);
    return link_bytes + 28;
}

struct frame sim_frame_of(const uint8_t *bytes, size_t len)
{
    struct frame frame;
    frame_init(&frame);
    (void)!gather_add(&frame.bytes, span_of(bytes, len));
    return frame;
}

bool sim_frame_is_intact(struct span packet, enum frame_link link)
{
    const struct frame frame = sim_frame_of(packet.data, packet.len);
    struct frame_layout layout;
    if (frame_layout_find(&layout, &frame, link) != WIRE_OK) return false;
    const uint8_t *ip = packet.data + layout.ip_offset;
    if (!layout.is_ip6 &&
        ip4_header_checksum_compute(ip, ip4_header_len(ip)) != ip4_header_checksum(ip)) {
        return false;
    }
    return checksum_transport_is_good(&layout.src, &layout.dst, layout.protocol, &frame.bytes,
                                      layout.transport_offset,
                                      layout.end_offset - layout.transport_offset);
}
