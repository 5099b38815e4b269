/*
 * Joins TCP segments that follow each other into one super-segment: what frame_cut takes apart.
 *
 *     | headers | payload 1 |   | headers | payload 2 |   ...
 *     joined: | headers' | payload 1 | payload 2 | ...
 *
 * Only what loses nothing is joined: frames of one flow whose headers are alike but for length,
 * identification, sequence number, PSH and checksums, each with its sequence number where the one
 * before ended, all with the same payload size but the last. Cutting the result gives them back.
 * Checksums are verified before they are left behind.
 *
 *     frame_join_init(&join, link);
 *     for each frame:
 *         if (frame_join_add(&join, frame)) continue;
 *         if ((held = frame_join_take(&join)) != NULL) input(held);
 *         if (!frame_join_begin(&join, frame)) input(frame);
 *     if ((held = frame_join_take(&join)) != NULL) input(held);
 *
 * The bytes of all frames added must stay until the joined frame has been used.
 *
 * References: RFC 9293 MUST-58, MUST-59 (process what is queued before acknowledging).
 */
#ifndef VITRO_WIRE_FRAME_JOIN_H
#define VITRO_WIRE_FRAME_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "wire/frame.h"

/* Headers of frames that are joined: link, IP without options or extensions, TCP. */
#define FRAME_JOIN_HEADER_BYTES_MAX 128

/* Frames on their way into one. */
struct frame_join {
    enum frame_link link;
    struct frame_layout layout; /* of the first frame */
    uint32_t count;             /* frames held, 0: none */
    uint32_t next_seq;
    uint32_t segment_bytes; /* payload of the first, which no other exceeds */
    bool is_closed;         /* the last one ended a run: nothing more is added */
    bool has_psh;
    bool is_compared;    /* the fields below are set: another frame had the right number */
    uint32_t ip_sum;     /* IPv4 header without total length, identification and checksum */
    uint32_t pseudo_sum; /* without the length */
    uint8_t headers[FRAME_JOIN_HEADER_BYTES_MAX]; /* those of the first; of the joined one, later */
    uint8_t same[FRAME_JOIN_HEADER_BYTES_MAX];    /* bits that all headers must have alike */
    struct frame first;                           /* as it came, in one part */
    struct frame joined;                          /* begins with `headers`; valid with count > 1 */
};

/* Holds nothing yet. */
void frame_join_init(struct frame_join *join, enum frame_link link);

/* Begins with this frame, if it may be joined at all; nothing must be held. */
WARN_UNUSED bool frame_join_begin(struct frame_join *join, const struct frame *frame);

/* Adds a frame that continues what is held; false, with nothing changed, if it does not. */
WARN_UNUSED bool frame_join_add(struct frame_join *join, const struct frame *frame);

/*
 * What is held, which is then forgotten: the first frame itself if nothing was added, else the
 * joined one, with checksum_partial set since all was verified. NULL: nothing is held. The frame
 * lives in `join` until the next frame_join_begin; it may be changed.
 */
struct frame *frame_join_take(struct frame_join *join);

#endif
