/*
 * Cutting datagrams; see ip_fragment.h.
 */
#include "ip/ip_fragment.h"

#include <errno.h>

enum {
    FRAGMENT_UNIT_BYTES = 8, /* every piece but the last is a multiple (RFC 791 2.3) */
    IP6_PAYLOAD_BYTES_MAX = 65535,
};

/* The data bytes of a full piece, which no link makes longer than a packet can be. */
static uint32_t piece_bytes(uint32_t mtu_bytes, uint32_t packet_bytes_max, uint32_t header_bytes)
{
    return (u32_min(mtu_bytes, packet_bytes_max) - header_bytes) / FRAGMENT_UNIT_BYTES *
           FRAGMENT_UNIT_BYTES;
}

int ip_fragment_init4(struct ip_fragment_cut *cut, const struct ip4_repr *ip,
                      const struct gather *payload, uint32_t mtu_bytes)
{
    if (ip->options.len != 0 || mtu_bytes < IP4_HEADER_BYTES + FRAGMENT_UNIT_BYTES) return EINVAL;
    if (payload->parts == GATHER_PARTS_MAX) return EINVAL;
    if (ip->has_dont_fragment) return EMSGSIZE;
    if (payload->len_bytes > IP4_PACKET_BYTES_MAX - IP4_HEADER_BYTES) return EMSGSIZE;
    *cut = (struct ip_fragment_cut){
        .is_v4 = true,
        .ip4 = *ip,
        .piece_bytes = piece_bytes(mtu_bytes, IP4_PACKET_BYTES_MAX, IP4_HEADER_BYTES),
        .payload = payload,
    };
    return 0;
}

int ip_fragment_init6(struct ip_fragment_cut *cut, const struct ip6_repr *ip, uint32_t id,
                      const struct gather *payload, uint32_t mtu_bytes)
{
    if (mtu_bytes < IP_FRAGMENT_HEADER_BYTES + FRAGMENT_UNIT_BYTES) return EINVAL;
    if (payload->parts == GATHER_PARTS_MAX) return EINVAL;
    if (payload->len_bytes > IP6_PAYLOAD_BYTES_MAX) return EMSGSIZE;
    *cut = (struct ip_fragment_cut){
        .ip6 = *ip,
        .id = id,
        .next_header = ip->next_header,
        .piece_bytes = piece_bytes(mtu_bytes, IP6_HEADER_BYTES + IP6_PAYLOAD_BYTES_MAX,
                                   IP_FRAGMENT_HEADER_BYTES),
        .payload = payload,
    };
    return 0;
}

/* Writes the header of the piece that is cut next, and returns its length. */
static uint32_t emit_header(struct ip_fragment_cut *cut, struct span_mut header, uint32_t len,
                            bool has_more)
{
    if (cut->is_v4) {
        cut->ip4.fragment_offset_bytes = (uint16_t)cut->offset;
        cut->ip4.has_more_fragments = has_more;
        cut->ip4.payload_bytes = (uint16_t)len;
        ip4_emit(&cut->ip4, header);
        return IP4_HEADER_BYTES;
    }
    cut->ip6.next_header = IP_PROTO_FRAGMENT;
    cut->ip6.payload_bytes = (uint16_t)(IP6_FRAGMENT_BYTES + len);
    ip6_emit(&cut->ip6, header);
    ip6_fragment_emit(span_mut_slice(header, IP6_HEADER_BYTES, IP6_FRAGMENT_BYTES),
                      cut->next_header, cut->offset, has_more, cut->id);
    return IP_FRAGMENT_HEADER_BYTES;
}

bool ip_fragment_next(struct ip_fragment_cut *cut, struct span_mut header, struct gather *packet)
{
    const uint32_t left = cut->payload->len_bytes - cut->offset;
    if (left == 0) return false;
    const uint32_t len = u32_min(left, cut->piece_bytes);
    const uint32_t header_len = emit_header(cut, header, len, len < left);

    struct gather data;
    gather_slice(cut->payload, cut->offset, len, &data);
    gather_init(packet);
    bool fits = gather_add(packet, span_of(header.data, header_len));
    for (uint32_t i = 0; i < data.parts; i++) {
        fits = fits && gather_add(packet, data.part[i]);
    }
    ASSERT(fits);
    (void)fits;
    cut->offset += len;
    return true;
}
