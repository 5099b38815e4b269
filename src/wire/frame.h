/*
 * One packet on its way, in or out.
 *
 * The bytes may lie in several places; the first part holds all headers whole, so a parser reads
 * them with plain pointers. A frame owns nothing: whoever made it owns the bytes and says for how
 * long they stay.
 *
 * A frame with segment_bytes set is a super-segment (TCP segmentation offload): one TCP header and
 * up to 64 KiB of payload that some one below cuts into segments of that payload size.
 */
#ifndef VITRO_WIRE_FRAME_H
#define VITRO_WIRE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/gather.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

/* Room for the headers of any frame we cut or complete: link, tags, IP, extensions, TCP. */
#define FRAME_HEADER_BYTES_MAX 256

/* What a frame begins with. */
enum frame_link {
    FRAME_LINK_ETHERNET,
    FRAME_LINK_IP, /* nothing: the first byte is the IP header's */
};

struct frame {
    struct gather bytes;    /* part[0] holds all headers (link, IP, transport) whole */
    uint16_t segment_bytes; /* 0: ordinary; else to be cut to this TCP payload size */
    bool checksum_partial;  /* the transport checksum field holds only the folded pseudo-header sum:
                               not to be verified; a device or the cutter completes it */
};

/* Where the pieces of a TCP or UDP frame lie, in bytes from its front. */
struct frame_layout {
    uint32_t ip_offset;
    uint32_t transport_offset;
    uint32_t payload_offset;
    uint32_t end_offset; /* where IP says the packet ends; link padding may follow */
    uint8_t protocol;    /* IP_PROTO_TCP or IP_PROTO_UDP */
    bool is_ip6;
    struct ip_addr src;
    struct ip_addr dst;
};

/* Makes an ordinary frame of no bytes. */
static inline void frame_init(struct frame *frame)
{
    gather_init(&frame->bytes);
    frame->segment_bytes = 0;
    frame->checksum_partial = false;
}

/* The part that holds the headers, and perhaps payload behind them; empty if there is no part. */
static inline struct span frame_headers(const struct frame *frame)
{
    return frame->bytes.parts > 0 ? frame->bytes.part[0] : (struct span){.data = NULL, .len = 0};
}

/*
 * Finds headers and payload of a TCP or UDP packet that is not a fragment.
 * WIRE_UNSUPPORTED: another protocol, or a fragment; else what the parsers say. Header checksums
 * are not looked at.
 */
WARN_UNUSED enum wire_status frame_layout_find(struct frame_layout *layout,
                                               const struct frame *frame, enum frame_link link);

/*
 * Completes the transport checksum of an ordinary frame if it is partial; nothing is done if not.
 * The headers are copied to `headers` (room for FRAME_HEADER_BYTES_MAX), the checksum is filled in
 * there, and `frame` then refers to them; the bytes it referred to stay as they are.
 * Errors, with `frame` unchanged, as frame_layout_find(), and WIRE_UNSUPPORTED: a super-segment,
 * headers beyond FRAME_HEADER_BYTES_MAX, or no part left for them.
 */
WARN_UNUSED enum wire_status frame_checksum_complete(struct frame *frame, enum frame_link link,
                                                     struct span_mut headers);

#endif
