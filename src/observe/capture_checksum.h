/*
 * Checksums of frames that leave theirs to a device (virtio-net: NEEDS_CSUM), for saving and
 * printing them.
 *
 * On the link between the program's kernel and the gateway no wire ever corrupts a frame, so both
 * leave the transport checksum undone, and a capture would show it as incorrect. Ordinary frames
 * are completed here: some tens of nanoseconds. Super-segments are left as they are, as a capture
 * on any host with offload shows them: their checksum would never be on a wire, for they are cut
 * into segments that have their own, and summing 64 KiB costs as much as sending them.
 *
 * References: virtio 1.2 5.1.6.2.1 (VIRTIO_NET_HDR_F_NEEDS_CSUM).
 */
#ifndef VITRO_OBSERVE_CAPTURE_CHECKSUM_H
#define VITRO_OBSERVE_CAPTURE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"

/* Room for the headers of any frame that is completed. */
#define CAPTURE_HEADER_BYTES_MAX 256

/*
 * Completes the checksum of an ordinary frame of `count` pieces, the first of which holds all
 * headers: writes the headers with it to `headers` and returns their length, by which the caller
 * replaces as many bytes of the first piece. 0: leave the frame as it is (no TCP or UDP, a
 * fragment, broken, too many pieces). Not to be called for super-segments and for frames whose
 * checksum is done. `link_type` is PRINT_LINK_ETHERNET or PRINT_LINK_RAW.
 */
WARN_UNUSED uint32_t capture_checksum_complete(uint16_t link_type, const struct span *pieces,
                                               uint32_t count,
                                               uint8_t headers[CAPTURE_HEADER_BYTES_MAX]);

#endif
