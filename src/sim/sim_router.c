/*
 * The router that says "too big".
 *
 * References: RFC 792, RFC 1191 4, RFC 1812 4.3.2 (whom not to answer), RFC 4443 3.2, RFC 791 3.2.
 */
#include "sim/sim_router.h"

#include <string.h>

#include "sim/sim_kind.h"
#include "wire/eth.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* What an answer quotes, at most: RFC 1812 4.3.2.3, and the smallest MTU of RFC 4443 2.4 (c). */
#define QUOTE_BYTES_V4 548
#define QUOTE_BYTES_V6 (IP6_MTU_BYTES_MIN - IP6_HEADER_BYTES - ICMP6_HEADER_BYTES)
#define ROUTER_TTL     64

static struct span ip_packet(struct span packet, enum frame_link link)
{
    return span_from(packet, sim_ip_offset(packet, link));
}

static bool is_ip4(struct span ip)
{
    return ip.len >= IP4_HEADER_BYTES && ip4_header_version(ip.data) == 4 &&
           ip4_header_len(ip.data) >= IP4_HEADER_BYTES && ip4_header_len(ip.data) <= ip.len;
}

static bool is_ip6(struct span ip)
{
    return ip.len >= IP6_HEADER_BYTES && ip6_header_version(ip.data) == 6;
}

uint32_t sim_router_ip_bytes(struct span packet, enum frame_link link)
{
    const struct span ip = ip_packet(packet, link);
    if (is_ip4(ip)) return ip4_header_total_bytes(ip.data);
    return is_ip6(ip) ? IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(ip.data) : 0;
}

bool sim_router_may_fragment(struct span packet, enum frame_link link)
{
    const struct span ip = ip_packet(packet, link);
    return is_ip4(ip) && (ip4_header_fragment_field(ip.data) & IP4_FLAG_DF) == 0;
}

/* The link header of an answer: from the station that would have received the packet. */
static size_t emit_link(struct span packet, enum frame_link link, uint8_t *out)
{
    if (link == FRAME_LINK_IP) return 0;
    const struct eth_repr eth = {
        .dst = eth_header_src(packet.data),
        .src = eth_header_dst(packet.data),
        .ethertype = eth_header_inner(packet).ethertype,
    };
    eth_emit(&eth, span_mut_of(out, ETH_HEADER_BYTES));
    return ETH_HEADER_BYTES;
}

static size_t answer_ip4(struct span ip, uint32_t mtu_bytes, const struct ip_addr *router,
                         struct span_mut out)
{
    const struct span quote = span_slice(ip, 0, QUOTE_BYTES_V4);
    const bool is_icmp = ip4_header_protocol(ip.data) == IP_PROTO_ICMP4;
    const uint32_t header_bytes = ip4_header_len(ip.data);
    if ((ip4_header_fragment_field(ip.data) & IP4_OFFSET_MASK) != 0) return 0;
    if (is_icmp && ip.len > header_bytes && icmp4_type_is_error(ip.data[header_bytes])) return 0;
    const struct icmp4_repr icmp = {
        .type = ICMP4_UNREACHABLE,
        .code = ICMP4_FRAGMENTATION_NEEDED,
        .mtu_bytes = (uint16_t)mtu_bytes,
        .data = quote,
    };
    const uint32_t icmp_bytes = icmp4_emit_len(&icmp);
    const struct ip4_repr header = {
        .src = *router,
        .dst = ip4_header_src(ip.data),
        .ttl = ROUTER_TTL,
        .protocol = IP_PROTO_ICMP4,
        .payload_bytes = (uint16_t)icmp_bytes,
    };
    ip4_emit(&header, out);
    icmp4_emit(&icmp, span_mut_slice(out, IP4_HEADER_BYTES, icmp_bytes));
    return IP4_HEADER_BYTES + icmp_bytes;
}

static size_t answer_ip6(struct span ip, uint32_t mtu_bytes, const struct ip_addr *router,
                         struct span_mut out)
{
    if (ip6_header_next(ip.data) == IP_PROTO_ICMP6 && ip.len > IP6_HEADER_BYTES &&
        icmp6_type_is_error(ip.data[IP6_HEADER_BYTES])) {
        return 0;
    }
    const struct icmp6_repr icmp = {
        .type = ICMP6_PACKET_TOO_BIG,
        .mtu_bytes = mtu_bytes,
        .data = span_slice(ip, 0, QUOTE_BYTES_V6),
    };
    const uint32_t icmp_bytes = icmp6_emit_len(&icmp);
    const struct ip6_repr header = {
        .src = *router,
        .dst = ip6_header_src(ip.data),
        .hop_limit = ROUTER_TTL,
        .next_header = IP_PROTO_ICMP6,
        .payload_bytes = (uint16_t)icmp_bytes,
    };
    ip6_emit(&header, out);
    icmp6_emit(&icmp, span_mut_slice(out, IP6_HEADER_BYTES, icmp_bytes), &header.src, &header.dst);
    return IP6_HEADER_BYTES + icmp_bytes;
}

size_t sim_router_answer(struct span packet, enum frame_link link, uint32_t mtu_bytes,
                         const struct ip_addr *router4, const struct ip_addr *router6, uint8_t *out)
{
    const struct span ip = ip_packet(packet, link);
    if (!is_ip4(ip) && !is_ip6(ip)) return 0;
    const size_t link_bytes = emit_link(packet, link, out);
    const struct span_mut room = span_mut_of(out + link_bytes, SIM_ROUTER_ANSWER_MAX - link_bytes);
    const size_t ip_bytes = is_ip4(ip) ? answer_ip4(ip, mtu_bytes, router4, room)
                                       : answer_ip6(ip, mtu_bytes, router6, room);
    return ip_bytes == 0 ? 0 : link_bytes + ip_bytes;
}

size_t sim_router_fragment(struct span packet, enum frame_link link, uint32_t mtu_bytes,
                           uint32_t *offset, uint8_t *out)
{
    const size_t link_bytes = sim_ip_offset(packet, link);
    const struct span ip = span_from(packet, link_bytes);
    if (!is_ip4(ip)) return 0;
    const uint32_t header_bytes = ip4_header_len(ip.data);
    const uint32_t total_bytes = u32_min(ip4_header_total_bytes(ip.data), (uint32_t)ip.len);
    if (total_bytes < header_bytes || mtu_bytes < header_bytes + 8) return 0;
    const uint32_t payload_bytes = total_bytes - header_bytes;
    if (*offset >= payload_bytes) return 0;
    const uint32_t room = (mtu_bytes - header_bytes) & ~7u;
    const uint32_t len = u32_min(room, payload_bytes - *offset);
    const bool is_last = *offset + len == payload_bytes;
    const uint16_t field = ip4_header_fragment_field(ip.data);
    const uint32_t place = (field & IP4_OFFSET_MASK) + *offset / 8;
    const uint16_t flags = (uint16_t)((field & IP4_FLAG_MF) | (is_last ? 0 : IP4_FLAG_MF));
    uint8_t *const header = out + link_bytes;
    memcpy(out, packet.data, link_bytes + header_bytes);
    memcpy(header + header_bytes, ip.data + header_bytes + *offset, len);
    put_be16(header + 2, (uint16_t)(header_bytes + len));
    put_be16(header + 6, (uint16_t)(flags | (place & IP4_OFFSET_MASK)));
    put_be16(header + 10, ip4_header_checksum_compute(header, header_bytes));
    *offset += len;
    return link_bytes + header_bytes + len;
}
