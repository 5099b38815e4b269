/*
 * Completing the checksums of frames that are saved or printed.
 */
#include "observe/capture_checksum.h"

#include "observe/print.h"
#include "wire/frame.h"

uint32_t capture_checksum_complete(uint16_t link_type, const struct span *pieces, uint32_t count,
                                   uint8_t headers[CAPTURE_HEADER_BYTES_MAX])
{
    const enum frame_link link =
        link_type == PRINT_LINK_ETHERNET ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
    struct frame frame;
    frame_init(&frame);
    for (uint32_t i = 0; i < count; i++) {
        if (!gather_add(&frame.bytes, pieces[i])) return 0;
    }
    frame.checksum_partial = true;
    const struct span_mut room = span_mut_of(headers, CAPTURE_HEADER_BYTES_MAX);
    if (frame_checksum_complete(&frame, link, room) != WIRE_OK) return 0;
    return (uint32_t)frame.bytes.part[0].len;
}
