/*
 * IPv6 headers.
 *
 * The fixed header has no checksum and no length to doubt but one, so little can be wrong with it.
 * Addresses of the form ::ffff:a.b.c.d mean IPv4 inside this program (see ip_addr.h) and may not
 * be on the wire as source or destination of a packet; refusing them here keeps an IPv6 packet from
 * passing for an IPv4 one everywhere above.
 *
 * References: RFC 8200 3, RFC 4291 2.5.5.2, RFC 6890 (::ffff:0:0/96 is on no wire).
 */
#include "wire/ip6.h"

enum wire_status ip6_header_check(struct span header, uint32_t packet_bytes)
{
    const uint8_t *h = header.data;
    if (header.len < IP6_HEADER_BYTES || packet_bytes < IP6_HEADER_BYTES) return WIRE_TRUNCATED;
    if (ip6_header_version(h) != 6) return WIRE_BAD_VERSION;
    if (ip6_header_payload_bytes(h) > packet_bytes - IP6_HEADER_BYTES) return WIRE_TRUNCATED;
    return WIRE_OK;
}

enum wire_status ip6_parse(struct ip6_repr *repr, struct span header, uint32_t packet_bytes)
{
    const enum wire_status status = ip6_header_check(header, packet_bytes);
    if (status != WIRE_OK) return status;
    const uint8_t *h = header.data;
    repr->src = ip6_header_src(h);
    repr->dst = ip6_header_dst(h);
    if (ip_addr_is_v4(&repr->src) || ip_addr_is_v4(&repr->dst)) return WIRE_BAD_VALUE;
    repr->flow_label = ip6_header_flow_label(h);
    repr->dscp = ip6_header_dscp(h);
    repr->ecn = ip6_header_ecn(h);
    repr->hop_limit = ip6_header_hop_limit(h);
    repr->next_header = ip6_header_next(h);
    repr->payload_bytes = ip6_header_payload_bytes(h);
    return WIRE_OK;
}

void ip6_emit(const struct ip6_repr *repr, struct span_mut out)
{
    ASSERT(out.len >= IP6_HEADER_BYTES);
    ASSERT(repr->dscp < 64 && repr->ecn < 4 && repr->flow_label <= 0xfffff);
    ASSERT(!ip_addr_is_v4(&repr->src) && !ip_addr_is_v4(&repr->dst));
    const uint32_t class = (uint32_t)repr->dscp << 2 | repr->ecn;
    put_be32(out.data, UINT32_C(6) << 28 | class << 20 | repr->flow_label);
    put_be16(out.data + 4, repr->payload_bytes);
    out.data[6] = repr->next_header;
    out.data[7] = repr->hop_limit;
    memcpy(out.data + 8, repr->src.bytes, sizeof repr->src.bytes);
    memcpy(out.data + 24, repr->dst.bytes, sizeof repr->dst.bytes);
}
