/*
 * Frames: one packet on its way into a stack or out of it, in one or several pieces.
 *
 * A frame owns nothing. Going in, its bytes must stay until vitro_stack_input() returns; going out,
 * they may be read until the output callback returns, and not longer.
 *
 * A super-segment is one TCP packet with up to 64 KiB of payload that stands for several on the
 * wire, each with `segment_bytes` of payload (the last perhaps with less). It is what a TAP device
 * with IFF_VNET_HDR gives and takes (virtio-net: gso_size), or two stacks in one process.
 */
#ifndef VITRO_FRAME_H
#define VITRO_FRAME_H

#include "vitro/export.h"

/* Pieces of a frame, at most: the stack sends no more and takes no more. */
#define VITRO_FRAME_SPANS_MAX 48

VITRO_BEGIN

/* Bytes to be read. */
struct vitro_span {
    const uint8_t *data;
    size_t len;
};

/* Room to be written. */
struct vitro_span_mut {
    uint8_t *data;
    size_t len;
};

struct vitro_frame {
    const struct vitro_span *spans; /* none is empty; the first holds all headers whole */
    uint32_t span_count;
    uint32_t len_bytes;     /* of all spans together */
    uint16_t segment_bytes; /* 0: an ordinary packet; else a super-segment */
    /*
     * The transport checksum field holds only the folded sum of the pseudo header. Out: a device
     * has to complete it (VIRTIO_NET_HDR_F_NEEDS_CSUM). In: the bytes never were on a wire and are
     * not verified.
     */
    bool checksum_partial;
};

/* Copies the frame's bytes to `to`, which has room for `len`; returns how many were copied. */
VITRO_API size_t vitro_frame_copy(const struct vitro_frame *frame, void *to, size_t len);

VITRO_END

#endif
