/*
 * Cuts a TCP super-segment into the frames that go on the wire.
 *
 *     super   | headers | payload ........................................ |
 *     cut     | headers'| segment_bytes |  | headers''| segment_bytes |  ...
 *
 * Each cut frame has the headers in the caller's buffer, adapted, and refers to the payload where
 * it lies. Sequence number, IP length and, for IPv4, identification (one more each) follow the
 * position; FIN and PSH stand only on the last, CWR only on the first; URG where the urgent data
 * is; both checksums are complete.
 *
 *     struct frame_cut cut;
 *     if (frame_cut_init(&cut, &super, FRAME_LINK_ETHERNET) == WIRE_OK) {
 *         while (frame_cut_next(&cut, header_buffer, &frame)) {
 *             send(&frame);
 *         }
 *     }
 *
 * References: RFC 9293 3.4 and 3.8.5, RFC 3168 6.1.2 (CWR), RFC 6864 (identification).
 */
#ifndef VITRO_WIRE_FRAME_CUT_H
#define VITRO_WIRE_FRAME_CUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"
#include "wire/frame.h"
#include "wire/status.h"

/* A cut in progress. */
struct frame_cut {
    const struct frame *from;
    struct frame_layout layout;
    uint32_t payload_bytes;
    uint32_t segment_bytes; /* at least 1 */
    uint32_t done_bytes;    /* payload already handed out */
    uint16_t index;         /* frames already handed out */
    bool is_done;
    uint32_t part;      /* where the next payload byte lies: in this part of `from` ... */
    size_t part_offset; /* ... at this offset */
    uint32_t ip_sum;    /* IPv4 header without total length, identification and checksum */
    uint32_t tcp_sum;   /* pseudo header without the length; TCP header without what differs */
};

/*
 * Starts on `from`, which must stay as it is until the last frame has been taken. An ordinary frame
 * (segment_bytes 0) comes out as one frame with its checksums complete.
 * WIRE_UNSUPPORTED: not TCP, a fragment, headers beyond FRAME_HEADER_BYTES_MAX or bytes in too many
 * parts; WIRE_BAD_VALUE: SYN or RST on what would become several segments; else as the parsers say.
 */
WARN_UNUSED enum wire_status frame_cut_init(struct frame_cut *cut, const struct frame *from,
                                            enum frame_link link);

/* Frames the cut yields in all, at least 1. */
uint32_t frame_cut_count(const struct frame_cut *cut);

/*
 * Makes the next frame, its headers in `headers` (room for FRAME_HEADER_BYTES_MAX), and refers to
 * the payload in the super-segment. False when all have been taken.
 */
WARN_UNUSED bool frame_cut_next(struct frame_cut *cut, struct span_mut headers, struct frame *out);

#endif
