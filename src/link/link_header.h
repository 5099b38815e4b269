/*
 * The virtio-net header before each frame of a TAP or packet socket (virtio 1.2, 5.1.6): which
 * checksum is still to be done, and how a super-segment is to be cut.
 *
 * What is read comes from a program that may be hostile, by way of its kernel or a packet socket of
 * its own: nothing in it is believed that the frame does not bear out.
 */
#ifndef VITRO_LINK_LINK_HEADER_H
#define VITRO_LINK_LINK_HEADER_H

#include "base/assert.h"
#include "base/span.h"
#include "vitro/frame.h"

/* The short form of the header, without num_buffers; fields are in the machine's byte order. */
#define LINK_HEADER_BYTES 10

/* Writes the header that belongs to `frame`, an Ethernet frame of this stack: untagged, its headers
 * whole in the first span. */
void link_header_emit(const struct vitro_frame *frame, uint8_t out[LINK_HEADER_BYTES]);

/*
 * Reads a header and says in `frame` (segment_bytes, checksum_partial) what it means for the
 * Ethernet frame behind it, which the caller has put into frame->spans already. False: they do not
 * fit each other (a segment size without TCP or without its checksum left open, a checksum that is
 * not where TCP or UDP has it, headers that are not whole).
 */
WARN_UNUSED bool link_header_parse(const uint8_t header[LINK_HEADER_BYTES],
                                   struct vitro_frame *frame);

#endif
