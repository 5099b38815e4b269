/*
 * Reading a packet's headers for the tracker.
 *
 * Headers are read in order and each sets its fields, so whatever breaks off leaves what was read
 * before. The lengths that count are IP's own; where IP says 0, as on a host that captures its own
 * super-segments, the packet's length stands in.
 */
#include "observe/track_packet.h"

#include "observe/print.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define SLL_BYTES       16
#define SLL_TYPE_OFFSET 14
#define SLL2_BYTES      20
#define NULL_BYTES      4

/* The option area of nearly every segment: two NOPs and time stamps. There is no SACK in it. */
#define TIMESTAMPS_AREA_BYTES 12
#define TIMESTAMPS_AREA_FRONT UINT32_C(0x0101080a)

/* Where the IP header begins; 0xffffffff if there is none. */
static uint32_t find_ip(uint16_t link_type, struct span bytes)
{
    uint16_t type = ETH_TYPE_IP4;
    uint32_t offset = 0;
    switch (link_type) {
    case PRINT_LINK_ETHERNET: {
        if (bytes.len < ETH_HEADER_BYTES) return UINT32_MAX;
        const struct eth_inner inner = eth_header_inner(bytes);
        type = inner.ethertype;
        offset = inner.header_bytes;
        break;
    }
    case PRINT_LINK_SLL:
        if (bytes.len < SLL_BYTES) return UINT32_MAX;
        type = get_be16(bytes.data + SLL_TYPE_OFFSET);
        offset = SLL_BYTES;
        break;
    case PRINT_LINK_SLL2:
        if (bytes.len < SLL2_BYTES) return UINT32_MAX;
        type = get_be16(bytes.data);
        offset = SLL2_BYTES;
        break;
    case PRINT_LINK_NULL:
    case PRINT_LINK_LOOP: offset = NULL_BYTES; break;
    default: break;
    }
    return type == ETH_TYPE_IP4 || type == ETH_TYPE_IP6 ? offset : UINT32_MAX;
}

/* What follows the IP header: `at` its offset in `ip`, `end` where IP says the packet ends. */
struct transport {
    struct span ip;
    uint32_t at;
    uint32_t end;
};

/* Reads an IPv4 header; false if there is none. */
static bool read_ip4(struct track_packet *packet, struct transport *t, uint32_t ip_bytes)
{
    if (t->ip.len < IP4_HEADER_BYTES) return false;
    const uint8_t *h = t->ip.data;
    const uint32_t total = ip4_header_total_bytes(h);
    t->at = ip4_header_len(h);
    t->end = total == 0 ? ip_bytes : u32_min(total, ip_bytes);
    if (t->at < IP4_HEADER_BYTES || t->at > t->end) return false;
    packet->src = ip4_header_src(h);
    packet->dst = ip4_header_dst(h);
    packet->protocol = ip4_header_protocol(h);
    packet->ecn = ip4_header_ecn(h);
    packet->is_fragment = ip4_header_is_fragment(h);
    return true;
}

/* The same for IPv6 and its extension headers. */
static bool read_ip6(struct track_packet *packet, struct transport *t, uint32_t ip_bytes)
{
    if (t->ip.len < IP6_HEADER_BYTES || ip_bytes < IP6_HEADER_BYTES) return false;
    const uint8_t *h = t->ip.data;
    const uint32_t payload_bytes = ip6_header_payload_bytes(h);
    t->at = IP6_HEADER_BYTES;
    t->end = payload_bytes == 0 ? ip_bytes : u32_min(IP6_HEADER_BYTES + payload_bytes, ip_bytes);
    packet->is_ip6 = true;
    packet->src = ip6_header_src(h);
    packet->dst = ip6_header_dst(h);
    packet->protocol = ip6_header_next(h);
    packet->ecn = ip6_header_ecn(h);
    if (packet->protocol == IP_PROTO_TCP || packet->protocol == IP_PROTO_UDP) return true;
    struct ip6_ext ext;
    ip6_ext_walk(&ext, t->ip, t->end);
    packet->is_fragment = ext.has_fragment && (ext.has_more_fragments || ext.fragment_offset_bytes);
    if (ext.verdict != IP6_EXT_ACCEPT) return true;
    packet->protocol = ext.protocol;
    t->at = u32_min(ext.offset, t->end);
    return true;
}

/* True when the options of a segment that is no SYN say nothing we want to know. */
static bool is_only_timestamps(struct span area)
{
    return area.len == TIMESTAMPS_AREA_BYTES && get_be32(area.data) == TIMESTAMPS_AREA_FRONT;
}

/* Reads a TCP header; false if it is broken or cut. */
static bool read_tcp(struct track_packet *packet, const struct transport *t)
{
    const struct span tcp = span_slice(t->ip, t->at, t->end - t->at);
    if (tcp_header_check(tcp) != WIRE_OK) return false;
    const uint8_t *h = tcp.data;
    const uint32_t header_bytes = tcp_header_len(h);
    packet->src_port = tcp_header_src_port(h);
    packet->dst_port = tcp_header_dst_port(h);
    packet->seq = tcp_header_seq(h);
    packet->ack = tcp_header_ack(h);
    packet->flags = tcp_header_flags(h);
    packet->window = tcp_header_window(h);
    packet->payload_offset = packet->transport_offset + header_bytes;
    packet->payload_bytes = t->end - t->at - header_bytes;
    packet->kind = TRACK_KIND_TCP;
    const struct span area = span_slice(tcp, TCP_HEADER_BYTES, header_bytes - TCP_HEADER_BYTES);
    if (area.len == 0) return true;
    if ((packet->flags & TCP_FLAG_SYN) == 0 && is_only_timestamps(area)) return true;
    tcp_options_parse(&packet->options, area);
    return true;
}

/* Reads a UDP header; false if it is broken or cut. */
static bool read_udp(struct track_packet *packet, const struct transport *t)
{
    const struct span udp = span_slice(t->ip, t->at, t->end - t->at);
    if (udp.len < UDP_HEADER_BYTES) return false;
    packet->src_port = udp_header_src_port(udp.data);
    packet->dst_port = udp_header_dst_port(udp.data);
    packet->payload_offset = packet->transport_offset + UDP_HEADER_BYTES;
    packet->payload_bytes = t->end - t->at - UDP_HEADER_BYTES;
    packet->kind = TRACK_KIND_UDP;
    return true;
}

/* Reads what IP carries, as far as we know it. */
static void read_transport(struct track_packet *packet, const struct transport *t)
{
    packet->kind = TRACK_KIND_IP;
    packet->transport_offset = packet->ip_offset + t->at;
    packet->payload_bytes = t->end - t->at;
    if (packet->is_fragment) return;
    switch (packet->protocol) {
    case IP_PROTO_TCP: packet->is_broken = !read_tcp(packet, t); break;
    case IP_PROTO_UDP: packet->is_broken = !read_udp(packet, t); break;
    case IP_PROTO_ICMP4:
    case IP_PROTO_ICMP6:
        if (t->ip.len > t->at) packet->icmp_type = t->ip.data[t->at];
        break;
    default: break;
    }
}

/* Sets everything to nothing; the SACK blocks, which sack_count covers, are left alone. */
static void packet_clear(struct track_packet *packet)
{
    packet->kind = TRACK_KIND_OTHER;
    packet->is_ip6 = false;
    packet->is_fragment = false;
    packet->is_broken = false;
    packet->protocol = 0;
    packet->ecn = 0;
    packet->icmp_type = 0;
    packet->src = ip_addr_any_v6();
    packet->dst = ip_addr_any_v6();
    packet->src_port = 0;
    packet->dst_port = 0;
    packet->ip_offset = 0;
    packet->transport_offset = 0;
    packet->payload_offset = 0;
    packet->payload_bytes = 0;
    packet->wire_segments = 1;
    packet->flags = 0;
    packet->window = 0;
    packet->seq = 0;
    packet->ack = 0;
    tcp_options_clear(&packet->options);
}

void track_packet_read(struct track_packet *packet, uint16_t link_type, struct span headers,
                       uint32_t wire_bytes, uint16_t segment_bytes)
{
    packet_clear(packet);
    wire_bytes = u32_min(wire_bytes, PRINT_PACKET_BYTES_MAX);
    const uint32_t offset = find_ip(link_type, headers);
    if (offset >= headers.len || offset >= wire_bytes) return;
    struct transport t = {.ip = span_from(headers, offset)};
    const uint32_t ip_bytes = wire_bytes - offset;
    const uint8_t version = t.ip.data[0] >> 4;
    if (version != 4 && version != 6) return;
    if (!(version == 4 ? read_ip4(packet, &t, ip_bytes) : read_ip6(packet, &t, ip_bytes))) return;
    packet->ip_offset = offset;
    read_transport(packet, &t);
    if (segment_bytes == 0 || packet->kind != TRACK_KIND_TCP) return;
    packet->wire_segments = u32_max((packet->payload_bytes + segment_bytes - 1) / segment_bytes, 1);
}
