/*
 * Ethernet headers and VLAN tags.
 *
 * A tag's type field stands where the frame's own type would, so the walk over tags only moves the
 * end of the header: `header_bytes` is always just behind the type field last read.
 *
 * References: IEEE 802.1Q 9.3, IEEE 802.1ad, IEEE 802.3 3.2.6 (values up to 1500 are lengths).
 */
#include "wire/eth.h"

#define ETH_LENGTH_MAX 1500 /* a type field up to this is an 802.3 length */

struct eth_inner eth_header_inner(struct span frame)
{
    struct eth_inner inner = {eth_header_type(frame.data), ETH_HEADER_BYTES, true};
    for (int tags = 0; eth_type_is_tag(inner.ethertype); tags++) {
        if (tags == ETH_TAGS_MAX || frame.len < inner.header_bytes + (size_t)ETH_TAG_BYTES) {
            inner.is_whole = false;
            break;
        }
        inner.header_bytes = (uint16_t)(inner.header_bytes + ETH_TAG_BYTES);
        inner.ethertype = get_be16(frame.data + inner.header_bytes - 2);
    }
    return inner;
}

/* The rare case, kept out of the way of frames without tags. */
static enum wire_status skip_tags(struct span frame, uint16_t *ethertype, uint32_t *header_len)
{
    const struct eth_inner inner = eth_header_inner(frame);
    *ethertype = inner.ethertype;
    *header_len = inner.header_bytes;
    if (inner.is_whole) return WIRE_OK;
    const bool has_room = frame.len >= inner.header_bytes + (size_t)ETH_TAG_BYTES;
    return has_room ? WIRE_UNSUPPORTED : WIRE_TRUNCATED;
}

enum wire_status eth_parse(struct eth_repr *repr, struct span frame, uint32_t *header_len)
{
    if (frame.len < ETH_HEADER_BYTES) return WIRE_TRUNCATED;
    uint16_t ethertype = eth_header_type(frame.data);
    *header_len = ETH_HEADER_BYTES;
    if (eth_type_is_tag(ethertype)) {
        const enum wire_status status = skip_tags(frame, &ethertype, header_len);
        if (status != WIRE_OK) return status;
    }
    if (ethertype <= ETH_LENGTH_MAX) return WIRE_UNSUPPORTED;
    memcpy(repr->dst.bytes, frame.data, ETH_ADDR_BYTES);
    memcpy(repr->src.bytes, frame.data + 6, ETH_ADDR_BYTES);
    repr->ethertype = ethertype;
    return WIRE_OK;
}

void eth_emit(const struct eth_repr *repr, struct span_mut out)
{
    ASSERT(out.len >= ETH_HEADER_BYTES);
    memcpy(out.data, repr->dst.bytes, ETH_ADDR_BYTES);
    memcpy(out.data + 6, repr->src.bytes, ETH_ADDR_BYTES);
    put_be16(out.data + 12, repr->ethertype);
}

struct eth_addr eth_addr_for_multicast(const struct ip_addr *group)
{
    const uint8_t *low = group->bytes + 12;
    if (ip_addr_is_v4(group)) {
        return (struct eth_addr){{0x01, 0x00, 0x5e, low[1] & 0x7f, low[2], low[3]}};
    }
    return (struct eth_addr){{0x33, 0x33, low[0], low[1], low[2], low[3]}};
}
