/*
 * Finding the headers of a frame, and completing a checksum the sender left to others.
 *
 * A partial checksum field holds the folded sum of the pseudo header, uncomplemented, so that a
 * device need only sum from the transport header to the end, field included. Here the field is
 * computed afresh from the addresses: that costs a few nanoseconds and does not depend on what the
 * field holds.
 *
 * References: RFC 1071, RFC 768 (0 means none), virtio 1.2 5.1.6.2.1 (VIRTIO_NET_HDR_F_NEEDS_CSUM).
 */
#include "wire/frame.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"
#include "wire/tcp.h"
#include "wire/udp.h"

static enum wire_status find_ip4(struct frame_layout *layout, struct span packet,
                                 uint32_t packet_bytes)
{
    const enum wire_status status = ip4_header_check(packet, packet_bytes);
    if (status != WIRE_OK) return status;
    const uint8_t *h = packet.data;
    if (ip4_header_is_fragment(h)) return WIRE_UNSUPPORTED;
    layout->is_ip6 = false;
    layout->src = ip4_header_src(h);
    layout->dst = ip4_header_dst(h);
    layout->protocol = ip4_header_protocol(h);
    layout->transport_offset = layout->ip_offset + ip4_header_len(h);
    layout->end_offset = layout->ip_offset + ip4_header_total_bytes(h);
    return WIRE_OK;
}

static enum wire_status find_ip6(struct frame_layout *layout, struct span packet,
                                 uint32_t packet_bytes)
{
    const enum wire_status status = ip6_header_check(packet, packet_bytes);
    if (status != WIRE_OK) return status;
    const uint8_t *h = packet.data;
    const uint32_t end = IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(h);
    struct ip6_ext ext;
    ip6_ext_walk(&ext, packet, end);
    if (ext.verdict == IP6_EXT_TRUNCATED) return WIRE_TRUNCATED;
    if (ext.verdict != IP6_EXT_ACCEPT || ext.has_fragment) return WIRE_UNSUPPORTED;
    layout->is_ip6 = true;
    layout->src = ip6_header_src(h);
    layout->dst = ip6_header_dst(h);
    layout->protocol = ext.protocol;
    layout->transport_offset = layout->ip_offset + ext.offset;
    layout->end_offset = layout->ip_offset + end;
    return WIRE_OK;
}

/* Finds the end of the transport header. */
static enum wire_status find_payload(struct frame_layout *layout, struct span headers)
{
    const uint32_t offset = layout->transport_offset;
    const struct span transport = span_slice(headers, offset, layout->end_offset - offset);
    if (layout->protocol == IP_PROTO_TCP) {
        const enum wire_status status = tcp_header_check(transport);
        if (status == WIRE_OK) layout->payload_offset = offset + tcp_header_len(transport.data);
        return status;
    }
    if (layout->protocol == IP_PROTO_UDP) {
        struct udp_repr repr;
        const enum wire_status status = udp_parse(&repr, transport, layout->end_offset - offset);
        if (status == WIRE_OK) layout->payload_offset = offset + UDP_HEADER_BYTES;
        return status;
    }
    return WIRE_UNSUPPORTED;
}

/* Finds the IP header: behind the Ethernet header and tags, or at the front. */
static enum wire_status find_ip(struct frame_layout *layout, struct span headers,
                                enum frame_link link)
{
    layout->ip_offset = 0;
    if (link == FRAME_LINK_IP) return WIRE_OK;
    struct eth_repr eth;
    const enum wire_status status = eth_parse(&eth, headers, &layout->ip_offset);
    if (status != WIRE_OK) return status;
    const bool is_ip = eth.ethertype == ETH_TYPE_IP4 || eth.ethertype == ETH_TYPE_IP6;
    return is_ip ? WIRE_OK : WIRE_UNSUPPORTED;
}

enum wire_status frame_layout_find(struct frame_layout *layout, const struct frame *frame,
                                   enum frame_link link)
{
    const struct span headers = frame_headers(frame);
    enum wire_status status = find_ip(layout, headers, link);
    if (status != WIRE_OK) return status;
    const struct span packet = span_from(headers, layout->ip_offset);
    const uint32_t packet_bytes = frame->bytes.len_bytes - layout->ip_offset;
    if (packet.len == 0) return WIRE_TRUNCATED;
    const bool is_ip6 = packet.data[0] >> 4 == 6;
    status =
        is_ip6 ? find_ip6(layout, packet, packet_bytes) : find_ip4(layout, packet, packet_bytes);
    return status == WIRE_OK ? find_payload(layout, headers) : status;
}

/* Where the checksum stands in the header of a protocol. */
static uint32_t checksum_offset(uint8_t protocol)
{
    return protocol == IP_PROTO_TCP ? TCP_CHECKSUM_OFFSET : 6;
}

/* The bytes a transport checksum covers: for UDP its own length, which may be less than IP's. */
static uint32_t covered_bytes(const struct frame_layout *layout, const uint8_t *transport)
{
    if (layout->protocol == IP_PROTO_UDP) return udp_header_len(transport);
    return layout->end_offset - layout->transport_offset;
}

/* `from` with its first `header_bytes` replaced by the copy at `headers`; false: too many parts. */
static bool replace_headers(const struct gather *from, const uint8_t *headers,
                            uint32_t header_bytes, struct gather *out)
{
    gather_init(out);
    bool has_room = gather_add(out, span_of(headers, header_bytes));
    has_room = has_room && gather_add(out, span_from(from->part[0], header_bytes));
    for (uint32_t i = 1; i < from->parts; i++) {
        has_room = has_room && gather_add(out, from->part[i]);
    }
    return has_room;
}

/* Computes the transport checksum of `bytes`, whose headers are those at `headers`. */
static void fill_checksum(const struct frame_layout *layout, const struct gather *bytes,
                          uint8_t *headers)
{
    uint8_t *transport = headers + layout->transport_offset;
    uint8_t *field = transport + checksum_offset(layout->protocol);
    const uint32_t len = covered_bytes(layout, transport);
    put_be16(field, 0);
    const uint32_t pseudo = checksum_pseudo(&layout->src, &layout->dst, layout->protocol, len);
    const uint32_t sum = checksum_gather(pseudo, bytes, layout->transport_offset, len);
    const uint16_t checksum = checksum_finish(sum);
    const bool is_udp = layout->protocol == IP_PROTO_UDP;
    put_be16(field, is_udp ? udp_checksum_nonzero(checksum) : checksum);
}

enum wire_status frame_checksum_complete(struct frame *frame, enum frame_link link,
                                         struct span_mut headers)
{
    if (!frame->checksum_partial) return WIRE_OK;
    if (frame->segment_bytes != 0) return WIRE_UNSUPPORTED;
    struct frame_layout layout;
    const enum wire_status status = frame_layout_find(&layout, frame, link);
    if (status != WIRE_OK) return status;
    if (layout.payload_offset > headers.len) return WIRE_UNSUPPORTED;
    struct gather bytes;
    memcpy(headers.data, frame->bytes.part[0].data, layout.payload_offset);
    if (!replace_headers(&frame->bytes, headers.data, layout.payload_offset, &bytes)) {
        return WIRE_UNSUPPORTED;
    }
    fill_checksum(&layout, &bytes, headers.data);
    frame->bytes = bytes;
    frame->checksum_partial = false;
    return WIRE_OK;
}
