/*
 * Packets into blocks of pcapng.
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include "cli/run_capture.h"

#include <stdio.h>
#include <string.h>

#include "gateway/sandbox_net.h"
#include "observe/pcapng_write.h"
#include "observe/print.h"

/* Gathered before it is written: several super-segments. */
#define CAPTURE_BUFFER_BYTES 262144

bool run_capture_init(struct run_capture *capture, int fd, const char *comment)
{
    *capture = (struct run_capture){.packets = 0};
    if (!run_out_init(&capture->out, fd, CAPTURE_BUFFER_BYTES)) return false;
    uint8_t block[PCAPNG_BLOCK_BYTES_MAX];
    const struct span_mut room = {block, sizeof block};
    const struct pcapng_section section = {
        .application = "vitro run", .system = "Linux", .comment = comment};
    run_out_add(&capture->out, block, pcapng_write_section(room, &section));
    const struct pcapng_interface interface = {
        .link_type = PRINT_LINK_ETHERNET,
        .name = SANDBOX_INTERFACE,
        .description = "the program's network interface; outbound is what the program sent",
    };
    run_out_add(&capture->out, block, pcapng_write_interface(room, &interface));
    run_out_flush(&capture->out);
    return true;
}

void run_capture_frame(struct run_capture *capture, enum gateway_way way,
                       const struct vitro_frame *frame, uint64_t real_us)
{
    if (capture->out.fd < 0) return;
    char comment[64] = "";
    if (frame->segment_bytes > 0) {
        (void)snprintf(comment, sizeof comment, "super-segment, cut to %u bytes of data each",
                       frame->segment_bytes);
    }
    const struct pcapng_packet packet = {
        .time_us = real_us,
        .captured_bytes = frame->len_bytes,
        .wire_bytes = frame->len_bytes,
        .way = way == GATEWAY_FROM_PROGRAM ? PCAPNG_WAY_OUTBOUND : PCAPNG_WAY_INBOUND,
        .comment = comment[0] != '\0' ? comment : NULL,
    };
    uint8_t header[PCAPNG_PACKET_HEADER_BYTES];
    uint8_t trailer[PCAPNG_TRAILER_BYTES_MAX];
    const struct span_mut room = {trailer, sizeof trailer};
    const size_t trailer_len = pcapng_write_packet_trailer(room, &packet);
    pcapng_write_packet_header(header, &packet);
    run_out_make_room(&capture->out, sizeof header + frame->len_bytes + trailer_len);
    run_out_add(&capture->out, header, sizeof header);
    for (uint32_t i = 0; i < frame->span_count; i++) {
        run_out_add(&capture->out, frame->spans[i].data, frame->spans[i].len);
    }
    run_out_add(&capture->out, trailer, trailer_len);
    if (capture->packets == 0) capture->first_us = real_us;
    capture->last_us = real_us;
    capture->packets++;
}

void run_capture_name(struct run_capture *capture, const struct vitro_ip *ip, const char *name)
{
    if (capture->out.fd < 0) return;
    uint8_t block[PCAPNG_BLOCK_BYTES_MAX];
    struct pcapng_name entry = {.name = name};
    memcpy(entry.addr.bytes, ip->bytes, sizeof entry.addr.bytes);
    uint32_t taken = 0;
    const size_t len =
        pcapng_write_names((struct span_mut){block, sizeof block}, &entry, 1, &taken);
    run_out_add(&capture->out, block, len);
}

int run_capture_deinit(struct run_capture *capture)
{
    if (capture->out.fd < 0) return 0;
    uint8_t block[PCAPNG_BLOCK_BYTES_MAX];
    const struct pcapng_statistics statistics = {
        .first_us = capture->first_us,
        .last_us = capture->last_us,
        .received = capture->packets,
        .delivered = capture->packets,
    };
    run_out_add(&capture->out, block,
                pcapng_write_statistics((struct span_mut){block, sizeof block}, &statistics));
    run_out_deinit(&capture->out);
    return capture->out.error;
}
