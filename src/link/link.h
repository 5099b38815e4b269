/*
 * A network device as frames: a TAP, or a packet socket on one end of a veth pair.
 *
 * Both carry a virtio-net header before each frame (IFF_VNET_HDR, PACKET_VNET_HDR), so that a frame
 * may be a super-segment of 64 KiB with its segment size beside it, and its checksum may be left to
 * whoever puts it on a real wire. The kernel at the other end is told so (TUNSETOFFLOAD, ethtool).
 *
 * A link owns the buffers that frames are read into and the descriptor it was given. It never
 * blocks. Opening the devices is another's business: it happens in another network namespace.
 */
#ifndef VITRO_LINK_LINK_H
#define VITRO_LINK_LINK_H

#include "base/assert.h"
#include "vitro/frame.h"

/* Frames that one call reads, at most. */
#define LINK_BATCH 16

/* The largest frame with its virtio-net header: 65535 bytes of IP behind Ethernet and a tag. */
#define LINK_FRAME_BYTES_MAX 65600

enum link_kind {
    LINK_TAP,
    LINK_PACKET,
};

/* What a link has done and could not do. */
struct link_stats {
    uint64_t frames_in, frames_out;
    uint64_t malformed_in; /* a header that no device writes: dropped */
    uint64_t refused_out;  /* the device had no room, or was down: dropped */
};

struct link {
    int fd;
    enum link_kind kind;
    bool is_drained; /* the last link_receive() saw that nothing was left: no need to ask again
                        before the descriptor becomes readable (its edge will come) */
    bool is_large;   /* packet sockets: frames come large just now */
    uint8_t *memory; /* the block that buffer lies in */
    uint8_t *buffer; /* room for LINK_BATCH frames, at the beginning of a page */
    struct vitro_span span[LINK_BATCH];
    struct link_stats stats;
};

/*
 * Makes a link of an open device, which becomes the link's and is set not to block. 0, or ENOMEM,
 * or the error of fcntl (the descriptor is then still the caller's).
 */
WARN_UNUSED int link_init(struct link *link, enum link_kind kind, int fd);

/* Closes the device and frees the buffers. All zero is left alone. */
void link_deinit(struct link *link);

/*
 * Reads what has arrived, up to `frames_max` (at most LINK_BATCH) frames, fewer when they are
 * large. They stay until the next call. Returns their number; 0: nothing is there now, or (where
 * is_drained is false) nothing but malformed frames so far; or a negative errno value: the device
 * is gone.
 */
int link_receive(struct link *link, struct vitro_frame *frames, uint32_t frames_max);

/* Sends an Ethernet frame of this stack. What the device does not take is lost, as on any wire, and
 * counted. */
void link_send(struct link *link, const struct vitro_frame *frame);

#endif
