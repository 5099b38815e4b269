/*
 * Reading the quoted packet of an ICMP error.
 *
 * Only what identifies the packet is taken. Lengths in the quoted header speak of the packet as it
 * was, not of the quote, so they are not compared with anything; routers also may have changed TTL
 * and checksum before they quoted.
 *
 * References: RFC 1122 3.2.2, RFC 1812 4.3.2.3, RFC 4443 2.4 (c).
 */
#include "wire/icmp_quote.h"

#include "base/bytes.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

static enum wire_status parse_ip4(struct icmp_quote *quote, struct span quoted)
{
    const uint8_t *h = quoted.data;
    if (quoted.len < IP4_HEADER_BYTES) return WIRE_TRUNCATED;
    const uint32_t len = ip4_header_len(h);
    if (len < IP4_HEADER_BYTES) return WIRE_BAD_LENGTH;
    if (len > quoted.len) return WIRE_TRUNCATED;
    if (ip4_header_fragment_offset(h) != 0) return WIRE_UNSUPPORTED;
    quote->src = ip4_header_src(h);
    quote->dst = ip4_header_dst(h);
    quote->protocol = ip4_header_protocol(h);
    quote->transport = span_from(quoted, len);
    return WIRE_OK;
}

static enum wire_status parse_ip6(struct icmp_quote *quote, struct span quoted)
{
    const uint8_t *h = quoted.data;
    struct ip6_ext ext;
    if (quoted.len < IP6_HEADER_BYTES) return WIRE_TRUNCATED;
    /* The walk may look at all of the quote, but must not take its end for the packet's. */
    ip6_ext_walk(&ext, quoted, IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(h));
    if (ext.verdict == IP6_EXT_TRUNCATED) return WIRE_TRUNCATED;
    if (ext.verdict != IP6_EXT_ACCEPT) return WIRE_UNSUPPORTED;
    if (ext.has_fragment && ext.fragment_offset_bytes != 0) return WIRE_UNSUPPORTED;
    quote->src = ip6_header_src(h);
    quote->dst = ip6_header_dst(h);
    /* An IPv4-mapped address would be taken for IPv4 (see ip6.c). */
    if (ip_addr_is_v4(&quote->src) || ip_addr_is_v4(&quote->dst)) return WIRE_UNSUPPORTED;
    quote->protocol = ext.protocol;
    quote->transport = span_from(quoted, ext.offset);
    return WIRE_OK;
}

enum wire_status icmp_quote_parse(struct icmp_quote *quote, struct span quoted)
{
    if (quoted.len == 0) return WIRE_TRUNCATED;
    switch (quoted.data[0] >> 4) {
    case 4: return parse_ip4(quote, quoted);
    case 6: return parse_ip6(quote, quoted);
    default: return WIRE_BAD_VERSION;
    }
}

bool icmp_quote_ports(const struct icmp_quote *quote, uint16_t *src_port, uint16_t *dst_port)
{
    const bool has_ports = quote->protocol == IP_PROTO_TCP || quote->protocol == IP_PROTO_UDP;
    if (!has_ports || quote->transport.len < 4) return false;
    *src_port = get_be16(quote->transport.data);
    *dst_port = get_be16(quote->transport.data + 2);
    return true;
}

bool icmp_quote_tcp_seq(const struct icmp_quote *quote, uint32_t *seq)
{
    if (quote->protocol != IP_PROTO_TCP || quote->transport.len < 8) return false;
    *seq = get_be32(quote->transport.data + 4);
    return true;
}
