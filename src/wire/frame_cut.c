/*
 * Cutting super-segments.
 *
 * How it works: frame_cut_init() settles everything that could go wrong and sums what all headers
 * have in common, so frame_cut_next() only copies the headers, sets the fields that differ, adds
 * those to the sums, and sums the payload. The headers in the super-segment serve as the template
 * and are never written. Nothing that was just written is read again in another width: the CPU
 * would have to wait for every store before it.
 *
 *     seq            += done_bytes
 *     IPv4 total, id  = this frame's, += index; IPv6 payload length = this frame's
 *     FIN, PSH        only on the last; CWR only on the first (RFC 3168 6.1.2: once is enough)
 *     URG, pointer    counted from this frame's seq; gone behind the urgent data
 *     checksums       what is common, and what differs; the payload must be summed anyway
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

/* A 16-bit word of a sum taken out of it again: its complement is its negative (RFC 1071 2). */
static uint32_t without(uint16_t word) { return (uint16_t)~word; }

/* Sums what the headers of all frames have in common. */
static void sum_headers(struct frame_cut *cut)
{
    const struct frame_layout *layout = &cut->layout;
    const uint8_t *ip = cut->from->bytes.part[0].data + layout->ip_offset;
    const uint8_t *tcp = cut->from->bytes.part[0].data + layout->transport_offset;
    const uint32_t tcp_header_bytes = layout->payload_offset - layout->transport_offset;
    cut->ip_sum = 0;
    if (!layout->is_ip6) {
        cut->ip_sum = checksum_add(0, span_of(ip, ip4_header_len(ip)));
        cut->ip_sum += without(ip4_header_total_bytes(ip)) + without(ip4_header_id(ip)) +
                       without(ip4_header_checksum(ip));
    }
    cut->tcp_sum = checksum_pseudo(&layout->src, &layout->dst, IP_PROTO_TCP, 0);
    cut->tcp_sum = checksum_add(cut->tcp_sum, span_of(tcp, 4));
    cut->tcp_sum = checksum_add(cut->tcp_sum, span_of(tcp + 8, 4));
    cut->tcp_sum += tcp_header_window(tcp);
    cut->tcp_sum = checksum_add(
        cut->tcp_sum, span_of(tcp + TCP_HEADER_BYTES, tcp_header_bytes - TCP_HEADER_BYTES));
}

/* Sets the place of the first payload byte: behind the headers, or in the next part. */
static void find_payload(struct frame_cut *cut)
{
    const uint32_t header_bytes = cut->layout.payload_offset;
    const bool has_payload_in_first = cut->from->bytes.part[0].len > header_bytes;
    cut->part = has_payload_in_first ? 0 : 1;
    cut->part_offset = has_payload_in_first ? header_bytes : 0;
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
    sum_headers(cut);
    find_payload(cut);
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
static void adapt_ip(const struct frame_cut *cut, const uint8_t *from, uint8_t *ip,
                     uint32_t ip_bytes)
{
    if (cut->layout.is_ip6) {
        put_be16(ip + 4, (uint16_t)(ip_bytes - IP6_HEADER_BYTES));
        return;
    }
    const uint16_t id = (uint16_t)(ip4_header_id(from) + cut->index);
    put_be16(ip + 2, (uint16_t)ip_bytes);
    put_be16(ip + 4, id);
    put_be16(ip + 10, checksum_finish(cut->ip_sum + ip_bytes + id));
}

/* Sets sequence number, flags and urgent pointer; returns the sum of the header and its pseudo
 * header but for the length. */
static uint32_t adapt_tcp(const struct frame_cut *cut, const uint8_t *from, uint8_t *tcp,
                          bool is_last)
{
    const bool is_first = cut->done_bytes == 0;
    const uint32_t seq = tcp_header_seq(from) + cut->done_bytes;
    uint32_t offset_and_flags = get_be16(from + 12);
    uint32_t urgent = tcp_header_urgent(from);
    if (!is_last) offset_and_flags &= ~(uint32_t)(TCP_FLAG_FIN | TCP_FLAG_PSH);
    if (!is_first) offset_and_flags &= ~(uint32_t)TCP_FLAG_CWR;
    if ((offset_and_flags & TCP_FLAG_URG) != 0 && !is_first) {
        const bool is_urgent = urgent > cut->done_bytes;
        if (!is_urgent) offset_and_flags &= ~(uint32_t)TCP_FLAG_URG;
        urgent = is_urgent ? urgent - cut->done_bytes : 0;
    }
    put_be32(tcp + 4, seq);
    put_be16(tcp + 12, (uint16_t)offset_and_flags);
    put_be16(tcp + 18, (uint16_t)urgent);
    return cut->tcp_sum + (seq >> 16) + (seq & 0xffff) + offset_and_flags + urgent;
}

/* Appends the next `len` bytes of payload, by reference. */
static void take_payload(struct frame_cut *cut, uint32_t len, struct gather *out)
{
    size_t left = len;
    bool has_room = true;
    while (left > 0) {
        const struct span part = cut->from->bytes.part[cut->part];
        const struct span piece = span_slice(part, cut->part_offset, left);
        has_room = gather_add(out, piece) && has_room;
        left -= piece.len;
        cut->part_offset += piece.len;
        if (cut->part_offset < part.len) continue;
        cut->part++;
        cut->part_offset = 0;
    }
    ASSERT(has_room); /* parts_needed() saw to it */
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
    const bool is_last = cut->done_bytes + payload_bytes == cut->payload_bytes;
    const uint8_t *from = cut->from->bytes.part[0].data;
    uint8_t *tcp = headers.data + layout->transport_offset;
    memcpy(headers.data, from, header_bytes);
    adapt_ip(cut, from + layout->ip_offset, headers.data + layout->ip_offset,
             header_bytes - layout->ip_offset + payload_bytes);
    uint32_t sum = adapt_tcp(cut, from + layout->transport_offset, tcp, is_last);

    frame_init(out);
    const bool has_room = gather_add(&out->bytes, span_of(headers.data, header_bytes));
    ASSERT(has_room);
    (void)has_room;
    take_payload(cut, payload_bytes, &out->bytes);
    sum += header_bytes - layout->transport_offset + payload_bytes;
    sum = checksum_gather(sum, &out->bytes, header_bytes, payload_bytes);
    put_be16(tcp + TCP_CHECKSUM_OFFSET, checksum_finish(sum));

    cut->done_bytes += payload_bytes;
    cut->index++;
    cut->is_done = is_last;
    return true;
}
