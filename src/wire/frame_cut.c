/*
 * Cutting super-segments.
 *
 * How it works: frame_cut_init() settles everything that could go wrong, so frame_cut_next() only
 * copies the headers, adapts the fields that differ, and sums. The headers in the super-segment
 * serve as the template and are never written.
 *
 *     seq            += done_bytes
 *     IPv4 total, id  = this frame's, += index; IPv6 payload length = this frame's
 *     FIN, PSH        only on the last; CWR only on the first (RFC 3168 6.1.2: once is enough)
 *     URG, pointer    counted from this frame's seq; gone behind the urgent data
 *     checksums       from scratch, for the payload must be summed anyway
 *
 * The part list of a frame has room for a header and as many payload parts as the super-segment
 * has, which is checked once; a segment never touches more.
 *
 * References: RFC 9293 3.8.5 and RFC 6093 (urgent pointer), RFC 6864 4.1, RFC 1071.
 */
#include "wire/frame_cut.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

/* Parts a cut frame may need: the headers, and every part that holds payload. */
static uint32_t parts_needed(const struct frame *from, uint32_t header_bytes)
{
    const bool has_payload_in_first = from->bytes.part[0].len > header_bytes;
    return from->bytes.parts + (has_payload_in_first ? 1 : 0);
}

enum wire_status frame_cut_init(struct frame_cut *cut, const struct frame *from,
                                enum frame_link link)
{
    struct frame_layout *layout = &cut->layout;
    const enum wire_status status = frame_layout_find(layout, from, link);
    if (status != WIRE_OK) return status;
    if (layout->protocol != IP_PROTO_TCP) return WIRE_UNSUPPORTED;
    if (layout->payload_offset > FRAME_HEADER_BYTES_MAX) return WIRE_UNSUPPORTED;
    if (parts_needed(from, layout->payload_offset) > GATHER_PARTS_MAX) return WIRE_UNSUPPORTED;
    cut->from = from;
    cut->payload_bytes = layout->end_offset - layout->payload_offset;
    cut->segment_bytes = from->segment_bytes;
    if (cut->segment_bytes == 0) cut->segment_bytes = u32_max(cut->payload_bytes, 1);
    cut->done_bytes = 0;
    cut->index = 0;
    cut->is_done = false;
    cut->pseudo_sum = checksum_pseudo(&layout->src, &layout->dst, IP_PROTO_TCP, 0);
    /* SYN takes a sequence number before the data, and no one sends a reset in many pieces. */
    const uint8_t *tcp = from->bytes.part[0].data + layout->transport_offset;
    const bool is_lone = (tcp_header_flags(tcp) & (TCP_FLAG_SYN | TCP_FLAG_RST)) != 0;
    return is_lone && frame_cut_count(cut) > 1 ? WIRE_BAD_VALUE : WIRE_OK;
}

uint32_t frame_cut_count(const struct frame_cut *cut)
{
    if (cut->payload_bytes == 0) return 1;
    return (cut->payload_bytes + cut->segment_bytes - 1) / cut->segment_bytes;
}

/* Sets the fields of the IP header that depend on the place in the super-segment. */
static void adapt_ip(const struct frame_cut *cut, uint8_t *headers, uint32_t payload_bytes)
{
    const struct frame_layout *layout = &cut->layout;
    uint8_t *ip = headers + layout->ip_offset;
    const uint32_t ip_bytes = layout->payload_offset - layout->ip_offset + payload_bytes;
    if (layout->is_ip6) {
        put_be16(ip + 4, (uint16_t)(ip_bytes - IP6_HEADER_BYTES));
        return;
    }
    put_be16(ip + 2, (uint16_t)ip_bytes);
    put_be16(ip + 4, (uint16_t)(ip4_header_id(ip) + cut->index));
    put_be16(ip + 10, ip4_header_checksum_compute(ip, ip4_header_len(ip)));
}

/* Sets sequence number, flags and urgent pointer; the checksum field becomes 0. */
static void adapt_tcp(const struct frame_cut *cut, uint8_t *headers, uint32_t payload_bytes)
{
    uint8_t *tcp = headers + cut->layout.transport_offset;
    const bool is_first = cut->done_bytes == 0;
    const bool is_last = cut->done_bytes + payload_bytes == cut->payload_bytes;
    const uint32_t urgent = tcp_header_urgent(tcp);
    uint32_t flags = tcp_header_flags(tcp);
    if (!is_last) flags &= ~(uint32_t)(TCP_FLAG_FIN | TCP_FLAG_PSH);
    if (!is_first) flags &= ~(uint32_t)TCP_FLAG_CWR;
    if ((flags & TCP_FLAG_URG) != 0 && !is_first) {
        const bool is_urgent = urgent > cut->done_bytes;
        if (!is_urgent) flags &= ~(uint32_t)TCP_FLAG_URG;
        put_be16(tcp + 18, (uint16_t)(is_urgent ? urgent - cut->done_bytes : 0));
    }
    put_be32(tcp + 4, tcp_header_seq(tcp) + cut->done_bytes);
    put_be16(tcp + 12, (uint16_t)((get_be16(tcp + 12) & 0xfe00u) | flags));
    put_be16(tcp + TCP_CHECKSUM_OFFSET, 0);
}

/* Appends `len` bytes of payload from `offset` on, by reference. */
static void add_payload(const struct gather *from, uint32_t offset, uint32_t len,
                        struct gather *out)
{
    size_t skip = offset;
    size_t left = len;
    bool has_room = true;
    for (uint32_t i = 0; i < from->parts && left > 0; i++) {
        const struct span piece = span_slice(from->part[i], skip, left);
        skip -= size_min(skip, from->part[i].len);
        left -= piece.len;
        has_room = gather_add(out, piece) && has_room;
    }
    ASSERT(has_room && left == 0); /* parts_needed() saw to it */
    (void)has_room;
}

bool frame_cut_next(struct frame_cut *cut, struct span_mut headers, struct frame *out)
{
    if (cut->is_done) return false;
    const struct frame_layout *layout = &cut->layout;
    const uint32_t header_bytes = layout->payload_offset;
    const uint32_t payload_bytes =
        u32_min(cut->segment_bytes, cut->payload_bytes - cut->done_bytes);
    ASSERT(headers.len >= header_bytes);
    memcpy(headers.data, cut->from->bytes.part[0].data, header_bytes);
    adapt_ip(cut, headers.data, payload_bytes);
    adapt_tcp(cut, headers.data, payload_bytes);

    frame_init(out);
    const bool has_room = gather_add(&out->bytes, span_of(headers.data, header_bytes));
    ASSERT(has_room);
    (void)has_room;
    add_payload(&cut->from->bytes, header_bytes + cut->done_bytes, payload_bytes, &out->bytes);
    const uint32_t tcp_bytes = header_bytes - layout->transport_offset + payload_bytes;
    uint8_t *tcp = headers.data + layout->transport_offset;
    const uint32_t sum = checksum_gather(cut->pseudo_sum + tcp_bytes, &out->bytes,
                                         layout->transport_offset, tcp_bytes);
    put_be16(tcp + TCP_CHECKSUM_OFFSET, checksum_finish(sum));

    cut->done_bytes += payload_bytes;
    cut->index++;
    cut->is_done = cut->done_bytes == cut->payload_bytes;
    return true;
}
