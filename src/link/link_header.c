/*
 * The virtio-net header, written for our own frames and read from strangers.
 *
 *      0       1          2         4          6            8             10
 *     +-------+----------+---------+----------+------------+-------------+
 *     | flags | GSO type | hdr_len | gso_size | csum_start | csum_offset |
 *     +-------+----------+---------+----------+------------+-------------+
 *
 * How it works: almost all that is read is either a header of zeros (nothing is left to be done) or
 * the sum and perhaps the cutting of a TCP or UDP packet. Those are held against the headers that
 * the frame really has. Whoever sends is believed only where the frame says the same.
 *
 * "Data valid" is not looked at: it claims that somebody has verified a checksum that is complete,
 * so the stack can verify it, too. An unfinished checksum of another protocol (SCTP, which sums
 * otherwise) harms nobody here, for the stack speaks none that could have one: the frame is an
 * ordinary one, and its sender hears that the protocol is not spoken.
 *
 * References: virtio 1.2 5.1.6, RFC 3168 6.1.2 (CWR).
 */
#include "link/link_header.h"

#include <linux/virtio_net.h>
#include <string.h>

#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

_Static_assert(sizeof(struct virtio_net_hdr) == LINK_HEADER_BYTES, "the short form");

#define UDP_CHECKSUM_OFFSET 6

/* Where the headers of a frame of this stack end and lie: no tags, no extension headers. */
struct own_layout {
    uint16_t transport_offset;
    uint8_t protocol;
    bool is_v4;
};

/* False: neither TCP nor UDP, or the headers are not whole. */
static bool own_layout_find(struct span front, struct own_layout *own)
{
    if (front.len < ETH_HEADER_BYTES + IP4_HEADER_BYTES) return false;
    const uint8_t *ip = front.data + ETH_HEADER_BYTES;
    const uint16_t type = eth_header_type(front.data);
    own->is_v4 = type == ETH_TYPE_IP4;
    if (own->is_v4) {
        own->protocol = ip4_header_protocol(ip);
        own->transport_offset = (uint16_t)(ETH_HEADER_BYTES + ip4_header_len(ip));
    } else {
        if (type != ETH_TYPE_IP6 || front.len < ETH_HEADER_BYTES + IP6_HEADER_BYTES) return false;
        own->protocol = ip6_header_next(ip);
        own->transport_offset = ETH_HEADER_BYTES + IP6_HEADER_BYTES;
    }
    if (own->protocol == IP_PROTO_TCP)
        return front.len >= (size_t)own->transport_offset + TCP_HEADER_BYTES;
    return own->protocol == IP_PROTO_UDP &&
           front.len >= (size_t)own->transport_offset + UDP_HEADER_BYTES;
}

/* The kind of cutting that a TCP super-segment asks for. */
static uint8_t own_gso_type(const struct own_layout *own, const uint8_t *tcp)
{
    const uint8_t type = own->is_v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
    const bool has_cwr = (tcp_header_flags(tcp) & TCP_FLAG_CWR) != 0;
    return has_cwr ? type | VIRTIO_NET_HDR_GSO_ECN : type;
}

void link_header_emit(const struct vitro_frame *frame, uint8_t out[LINK_HEADER_BYTES])
{
    struct virtio_net_hdr header = {.gso_type = VIRTIO_NET_HDR_GSO_NONE};
    struct own_layout own;
    const struct span front = span_of(frame->spans[0].data, frame->spans[0].len);
    if (frame->checksum_partial && own_layout_find(front, &own)) {
        const bool is_tcp = own.protocol == IP_PROTO_TCP;
        const uint8_t *transport = front.data + own.transport_offset;
        const uint32_t header_bytes = is_tcp ? tcp_header_len(transport) : UDP_HEADER_BYTES;
        header.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
        header.csum_start = own.transport_offset;
        header.csum_offset = is_tcp ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET;
        header.hdr_len = (uint16_t)(own.transport_offset + header_bytes);
        if (is_tcp && frame->segment_bytes != 0) {
            header.gso_type = own_gso_type(&own, transport);
            header.gso_size = frame->segment_bytes;
        }
    }
    memcpy(out, &header, sizeof header);
}

/* Whether the checksum that is to be done is that of the frame's own transport header. */
static bool checksum_fits(const struct virtio_net_hdr *header, const struct frame_layout *layout)
{
    const uint16_t offset =
        layout->protocol == IP_PROTO_TCP ? TCP_CHECKSUM_OFFSET : UDP_CHECKSUM_OFFSET;
    return header->csum_start == layout->transport_offset && header->csum_offset == offset;
}

/* Whether the cutting that is asked for is that of the frame's own TCP segment. */
static bool cutting_fits(const struct virtio_net_hdr *header, const struct frame_layout *layout)
{
    const uint8_t type = header->gso_type & (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
    const uint8_t wanted = layout->is_ip6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
    return type == wanted && layout->protocol == IP_PROTO_TCP && header->gso_size != 0;
}

bool link_header_parse(const uint8_t header[LINK_HEADER_BYTES], struct vitro_frame *frame)
{
    struct virtio_net_hdr h;
    memcpy(&h, header, sizeof h);
    frame->segment_bytes = 0;
    frame->checksum_partial = false;
    const bool is_super = h.gso_type != VIRTIO_NET_HDR_GSO_NONE;
    if ((h.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == 0) return !is_super;

    struct frame whole;
    struct frame_layout layout;
    frame_init(&whole);
    for (uint32_t i = 0; i < frame->span_count; i++) {
        const struct vitro_span *part = &frame->spans[i];
        if (!gather_add(&whole.bytes, span_of(part->data, part->len))) return false;
    }
    const enum wire_status status = frame_layout_find(&layout, &whole, FRAME_LINK_ETHERNET);
    if (status == WIRE_UNSUPPORTED) return !is_super;
    if (status != WIRE_OK || !checksum_fits(&h, &layout)) return false;
    if (is_super) {
        if (!cutting_fits(&h, &layout)) return false;
        const uint32_t payload_bytes = layout.end_offset - layout.payload_offset;
        if (payload_bytes > h.gso_size) frame->segment_bytes = h.gso_size;
    }
    frame->checksum_partial = true;
    return true;
}
