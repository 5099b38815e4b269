/*
 * Joining segments.
 *
 * How it works: the first frame is looked at in full, once. Each further one is compared with it
 * bit by bit under a mask: everything must be the same but the fields named below, so no field that
 * some later extension gives a meaning to can be lost. What the comparison has shown to be the same
 * needs no second look: lengths stay in their places, and the sums of it are carried over.
 *
 *     IPv4   total length (2), identification (4), checksum (10); IPv6 payload length (4)
 *     TCP    sequence number (4), PSH in the flags (13), checksum (16)
 *
 * When the first is joined by a second, its headers are copied, and at the end they get the sum of
 * the lengths. Mask and sums are made when a frame comes that may be the second, so that one alone
 * costs little. The identifications between are not kept: they mean nothing without fragments
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

/* The headers of the first frame where it lies. */
static const uint8_t *first_front(const struct frame_join *join)
{
    return join->first.bytes.part[0].data;
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
    frame_init(&join->first);
    join->first.checksum_partial = frame->checksum_partial;
    if (!gather_add(&join->first.bytes, frame->bytes.part[0])) return false;
    const uint8_t *tcp = front + layout->transport_offset;
    join->count = 1;
    join->segment_bytes = layout->end_offset - layout->payload_offset;
    join->next_seq = tcp_header_seq(tcp) + join->segment_bytes;
    join->has_psh = (tcp_header_flags(tcp) & TCP_FLAG_PSH) != 0;
    join->is_closed = join->has_psh;
    join->is_compared = false;
    return true;
}

/* Prepares comparing: the mask, and the sums of what is the same. */
static void prepare(struct frame_join *join)
{
    const struct frame_layout *layout = &join->layout;
    uint8_t *same_ip = join->same + layout->ip_offset;
    uint8_t *same_tcp = join->same + layout->transport_offset;
    memcpy(join->headers, first_front(join), layout->payload_offset);
    memset(join->same, 0xff, layout->payload_offset);
    if (layout->is_ip6) {
        put_be16(same_ip + 4, 0);
    } else {
        const uint8_t *ip = join->headers + layout->ip_offset;
        put_be32(same_ip + 2, 0);
        put_be16(same_ip + 10, 0);
        /* a word's complement takes it out of a sum again */
        join->ip_sum = checksum_add(0, span_of(ip, IP4_HEADER_BYTES)) +
                       (uint16_t)~ip4_header_total_bytes(ip) + (uint16_t)~ip4_header_id(ip) +
                       (uint16_t)~ip4_header_checksum(ip);
    }
    put_be32(same_tcp + 4, 0);
    same_tcp[13] = (uint8_t)~TCP_FLAG_PSH;
    put_be16(same_tcp + TCP_CHECKSUM_OFFSET, 0);
    join->pseudo_sum = checksum_pseudo(&layout->src, &layout->dst, IP_PROTO_TCP, 0);
    join->is_compared = true;
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Whether the headers at `front` are the first's but for the fields named above. */
static bool is_alike(const struct frame_join *join, const uint8_t *front)
{
    const uint32_t last = join->layout.payload_offset - 8; /* a last word may overlap */
    uint64_t differing =
        (word_at(front + last) ^ word_at(join->headers + last)) & word_at(join->same + last);
    for (uint32_t i = 0; i < last; i += 8) {
        differing |= (word_at(front + i) ^ word_at(join->headers + i)) & word_at(join->same + i);
    }
    return differing == 0;
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

/* Both checksums of a frame whose headers are alike: RFC 9293 MUST-3, RFC 1122 3.2.1.2. */
static bool checksums_are_good(const struct frame_join *join, const struct frame *frame)
{
    const struct frame_layout *layout = &join->layout;
    const uint8_t *ip = frame->bytes.part[0].data + layout->ip_offset;
    if (!layout->is_ip6) {
        const uint32_t differing =
            ip4_header_total_bytes(ip) + ip4_header_id(ip) + (uint32_t)ip4_header_checksum(ip);
        if (!checksum_is_good(join->ip_sum + differing)) return false;
    }
    if (frame->checksum_partial) return true;
    const struct span transport = span_from(frame->bytes.part[0], layout->transport_offset);
    return checksum_is_good(checksum_add(join->pseudo_sum + (uint32_t)transport.len, transport));
}

/* Whether a frame continues what is held, by its size and number alone. */
static bool may_follow(const struct frame_join *join, const struct frame *frame)
{
    const struct frame_layout *layout = &join->layout;
    const uint32_t len = frame->bytes.len_bytes;
    if (join->count == 0 || join->is_closed) return false;
    if (frame->segment_bytes != 0 || frame->bytes.parts != 1) return false;
    if (len <= layout->payload_offset || len > layout->payload_offset + join->segment_bytes) {
        return false;
    }
    const uint8_t *front = frame->bytes.part[0].data;
    if (tcp_header_seq(front + layout->transport_offset) != join->next_seq) return false;
    return announced_bytes(layout, front) == len;
}

/* Whether one more of this payload fits. */
static bool has_room(const struct frame_join *join, uint32_t payload_bytes)
{
    const uint32_t joined_bytes =
        join->count == 1 ? join->first.bytes.len_bytes : join->joined.bytes.len_bytes;
    return joined_bytes - join->layout.ip_offset + payload_bytes <= IP_PACKET_BYTES_MAX &&
           join->count + 1 < GATHER_PARTS_MAX;
}

/* Appends bytes for which has_room() has seen to it that there is room. */
static void append(struct frame_join *join, struct span bytes)
{
    const bool was_added = gather_add(&join->joined.bytes, bytes);
    ASSERT(was_added);
    (void)was_added;
}

bool frame_join_add(struct frame_join *join, const struct frame *frame)
{
    if (!may_follow(join, frame)) return false;
    if (!join->is_compared) prepare(join);
    const struct frame_layout *layout = &join->layout;
    const struct span bytes = frame->bytes.part[0];
    const struct span payload = span_from(bytes, layout->payload_offset);
    if (!is_alike(join, bytes.data) || !has_room(join, (uint32_t)payload.len)) return false;
    if (!checksums_are_good(join, frame)) return false;
    if (join->count == 1) {
        if (!checksums_are_good(join, &join->first)) return false;
        frame_init(&join->joined);
        append(join, span_of(join->headers, layout->payload_offset));
        append(join, span_from(join->first.bytes.part[0], layout->payload_offset));
    }
    append(join, payload);
    join->count++;
    join->next_seq += (uint32_t)payload.len;
    join->has_psh = (tcp_header_flags(bytes.data + layout->transport_offset) & TCP_FLAG_PSH) != 0;
    join->is_closed = join->has_psh || payload.len < join->segment_bytes;
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
