/*
 * Joining segments.
 *
 * How it works: the first frame is looked at in full, once. Each further one is compared with it by
 * runs of bytes: everything must be the same but the fields named below, so no field that some
 * later extension gives a meaning to can be lost.
 *
 *     IPv4   total length (2), identification (4), checksum (10); IPv6 payload length (4)
 *     TCP    sequence number (4), PSH in the flags (13), checksum (16)
 *
 * When the first is joined by a second, its headers are copied, and at the end they get the sum of
 * the lengths. The identifications between are not kept: they mean nothing without fragments
 * (RFC 6864 4.1).
 */
#include "wire/frame_join.h"

#include <string.h>

#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

/* What all IP packets have room for, headers included. */
#define IP_PACKET_BYTES_MAX 65535u

void frame_join_init(struct frame_join *join, enum frame_link link)
{
    join->link = link;
    join->count = 0;
}

static const uint8_t *tcp_of(const struct frame_join *join, const uint8_t *front)
{
    return front + join->layout.transport_offset;
}

/* Whether these are the headers of plain data: nothing but ACK and PSH, no IP options. */
static bool is_plain(const struct frame_layout *layout, const uint8_t *front)
{
    const uint32_t ip_bytes = layout->transport_offset - layout->ip_offset;
    if (ip_bytes != (layout->is_ip6 ? IP6_HEADER_BYTES : IP4_HEADER_BYTES)) return false;
    if (layout->protocol != IP_PROTO_TCP) return false;
    if (layout->payload_offset > FRAME_JOIN_HEADER_BYTES_MAX) return false;
    const uint16_t flags = tcp_header_flags(front + layout->transport_offset);
    return (flags & ~TCP_FLAG_PSH) == TCP_FLAG_ACK;
}

bool frame_join_begin(struct frame_join *join, const struct frame *frame)
{
    ASSERT(join->count == 0);
    if (frame->segment_bytes != 0 || frame->bytes.parts != 1) return false;
    if (frame_layout_find(&join->layout, frame, join->link) != WIRE_OK) return false;
    const uint8_t *front = frame->bytes.part[0].data;
    const struct frame_layout *layout = &join->layout;
    if (layout->end_offset != frame->bytes.len_bytes || !is_plain(layout, front)) return false;
    if (layout->end_offset == layout->payload_offset) return false;
    const uint8_t *tcp = tcp_of(join, front);
    join->first = *frame;
    join->count = 1;
    join->segment_bytes = layout->end_offset - layout->payload_offset;
    join->next_seq = tcp_header_seq(tcp) + join->segment_bytes;
    join->has_psh = (tcp_header_flags(tcp) & TCP_FLAG_PSH) != 0;
    join->is_closed = join->has_psh;
    return true;
}

/* Whether two IP headers differ in nothing but length, identification and checksum. */
static bool ip_is_alike(const struct frame_layout *layout, const uint8_t *a, const uint8_t *b)
{
    if (layout->is_ip6) return memcmp(a, b, 4) == 0 && memcmp(a + 6, b + 6, 34) == 0;
    return memcmp(a, b, 2) == 0 && memcmp(a + 6, b + 6, 4) == 0 && memcmp(a + 12, b + 12, 8) == 0;
}

/* The same for TCP: sequence number, PSH and checksum. */
static bool tcp_is_alike(const uint8_t *a, const uint8_t *b, uint32_t header_bytes)
{
    return memcmp(a, b, 4) == 0 && memcmp(a + 8, b + 8, 5) == 0 &&
           ((a[13] ^ b[13]) & ~TCP_FLAG_PSH) == 0 && memcmp(a + 14, b + 14, 2) == 0 &&
           memcmp(a + 18, b + 18, header_bytes - 18) == 0;
}

/* The length that the IP header of a frame of these headers announces. */
static uint32_t announced_bytes(const struct frame_layout *layout, const uint8_t *front)
{
    const uint8_t *ip = front + layout->ip_offset;
    if (layout->is_ip6) {
        return layout->ip_offset + IP6_HEADER_BYTES + ip6_header_payload_bytes(ip);
    }
    return layout->ip_offset + ip4_header_total_bytes(ip);
}

/* Whether the headers fit on, and are of the same kind; lengths were checked. */
static bool follows(const struct frame_join *join, const struct frame *frame)
{
    const struct frame_layout *layout = &join->layout;
    const uint8_t *front = frame->bytes.part[0].data, *first = join->first.bytes.part[0].data;
    const uint8_t *tcp = tcp_of(join, front);
    return tcp_header_seq(tcp) == join->next_seq && memcmp(front, first, layout->ip_offset) == 0 &&
           ip_is_alike(layout, front + layout->ip_offset, first + layout->ip_offset) &&
           tcp_is_alike(tcp, tcp_of(join, first),
                        layout->payload_offset - layout->transport_offset);
}

/* Both checksums of a frame with these headers. */
static bool checksums_are_good(const struct frame_layout *layout, const struct frame *frame)
{
    const uint8_t *front = frame->bytes.part[0].data;
    if (!layout->is_ip6 &&
        ip4_header_checksum_compute(front + layout->ip_offset, IP4_HEADER_BYTES) !=
            ip4_header_checksum(front + layout->ip_offset)) {
        return false;
    }
    if (frame->checksum_partial) return true;
    const uint32_t bytes = frame->bytes.len_bytes - layout->transport_offset;
    const uint32_t sum = checksum_pseudo(&layout->src, &layout->dst, IP_PROTO_TCP, bytes);
    const struct span transport = span_from(frame->bytes.part[0], layout->transport_offset);
    return checksum_finish(checksum_add(sum, transport)) == 0;
}

/* Makes the joined frame of the first one. */
static void open_joined(struct frame_join *join)
{
    const struct frame_layout *layout = &join->layout;
    const struct span whole = join->first.bytes.part[0];
    memcpy(join->headers, whole.data, layout->payload_offset);
    frame_init(&join->joined);
    const bool has_room =
        gather_add(&join->joined.bytes, span_of(join->headers, layout->payload_offset)) &&
        gather_add(&join->joined.bytes, span_from(whole, layout->payload_offset));
    ASSERT(has_room);
    (void)has_room;
}

bool frame_join_add(struct frame_join *join, const struct frame *frame)
{
    if (join->count == 0 || join->is_closed) return false;
    const struct frame_layout *layout = &join->layout;
    const uint32_t len = frame->bytes.len_bytes;
    if (frame->segment_bytes != 0 || frame->bytes.parts != 1) return false;
    if (len <= layout->payload_offset || len - layout->payload_offset > join->segment_bytes) {
        return false;
    }
    const uint8_t *front = frame->bytes.part[0].data;
    if (announced_bytes(layout, front) != len || !follows(join, frame)) return false;
    const uint32_t joined_bytes =
        join->count == 1 ? join->first.bytes.len_bytes : join->joined.bytes.len_bytes;
    const uint32_t payload_bytes = len - layout->payload_offset;
    if (joined_bytes - layout->ip_offset + payload_bytes > IP_PACKET_BYTES_MAX) return false;
    if (join->count + 1 >= GATHER_PARTS_MAX) return false;
    if (!checksums_are_good(layout, frame)) return false;
    if (join->count == 1) {
        if (!checksums_are_good(layout, &join->first)) return false;
        open_joined(join);
    }
    const bool has_room =
        gather_add(&join->joined.bytes, span_from(frame->bytes.part[0], layout->payload_offset));
    ASSERT(has_room);
    (void)has_room;
    join->count++;
    join->next_seq += payload_bytes;
    join->has_psh = (tcp_header_flags(tcp_of(join, front)) & TCP_FLAG_PSH) != 0;
    join->is_closed = join->has_psh || payload_bytes < join->segment_bytes;
    return true;
}

/* The joined headers get the lengths of the whole. */
static void close_joined(struct frame_join *join)
{
    const struct frame_layout *layout = &join->layout;
    uint8_t *ip = join->headers + layout->ip_offset;
    const uint32_t ip_bytes = join->joined.bytes.len_bytes - layout->ip_offset;
    if (layout->is_ip6) {
        put_be16(ip + 4, (uint16_t)(ip_bytes - IP6_HEADER_BYTES));
    } else {
        put_be16(ip + 2, (uint16_t)ip_bytes);
        put_be16(ip + 10, ip4_header_checksum_compute(ip, IP4_HEADER_BYTES));
    }
    uint8_t *tcp = join->headers + layout->transport_offset;
    if (join->has_psh) tcp[13] = (uint8_t)(tcp[13] | TCP_FLAG_PSH);
    join->joined.segment_bytes = (uint16_t)join->segment_bytes;
    join->joined.checksum_partial = true;
}

struct frame *frame_join_take(struct frame_join *join)
{
    const uint32_t count = join->count;
    join->count = 0;
    if (count == 0) return NULL;
    if (count == 1) return &join->first;
    close_joined(join);
    return &join->joined;
}
