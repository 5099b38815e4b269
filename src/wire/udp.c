/*
 * UDP headers.
 *
 * The length field may be smaller than what IP carries, and then the rest is not ours (RFC 768 does
 * not forbid it); it may not be larger. A length of 0, which RFC 2675 gives to jumbograms, is an
 * error here as in every other packet.
 *
 * References: RFC 768, RFC 1122 4.1.3.
 */
#include "wire/udp.h"

enum wire_status udp_parse(struct udp_repr *repr, struct span header, uint32_t datagram_bytes)
{
    const uint8_t *h = header.data;
    if (header.len < UDP_HEADER_BYTES || datagram_bytes < UDP_HEADER_BYTES) return WIRE_TRUNCATED;
    const uint32_t len = udp_header_len(h);
    if (len < UDP_HEADER_BYTES) return WIRE_BAD_LENGTH;
    if (len > datagram_bytes) return WIRE_TRUNCATED;
    repr->src_port = udp_header_src_port(h);
    repr->dst_port = udp_header_dst_port(h);
    repr->payload_bytes = (uint16_t)(len - UDP_HEADER_BYTES);
    repr->has_checksum = udp_header_checksum(h) != 0;
    return WIRE_OK;
}

void udp_emit(const struct udp_repr *repr, struct span_mut out)
{
    ASSERT(out.len >= UDP_HEADER_BYTES);
    ASSERT(repr->payload_bytes <= UINT16_MAX - UDP_HEADER_BYTES);
    put_be16(out.data, repr->src_port);
    put_be16(out.data + 2, repr->dst_port);
    put_be16(out.data + 4, (uint16_t)(UDP_HEADER_BYTES + repr->payload_bytes));
    put_be16(out.data + 6, 0);
}
