/*
 * Packets and conversations for the tests of `vitro run`.
 */
#define _GNU_SOURCE

#include "run_fixture.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "wire/tcp.h"

#define ETHERNET_BYTES 14
#define IP4_BYTES      20
#define TCP_BYTES      20
#define HEADER_BYTES   (ETHERNET_BYTES + IP4_BYTES + TCP_BYTES)

int run_file(void)
{
    const int fd = memfd_create("run", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

const char *run_file_text(int fd)
{
    static char text[1 << 20];
    const ssize_t n = pread(fd, text, sizeof text - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    return text;
}

void run_show_segment(const struct gateway_watcher *watcher, const struct run_segment *segment,
                      uint64_t now_us)
{
    static uint8_t bytes[HEADER_BYTES + 60000];
    uint8_t *ip = bytes + ETHERNET_BYTES;
    uint8_t *tcp = ip + IP4_BYTES;
    const uint32_t program = 0x0a000264, server = 0x0a000204;
    memset(bytes, 0, HEADER_BYTES);
    put_be16(bytes + 12, 0x0800);
    ip[0] = 0x45;
    put_be16(ip + 2, (uint16_t)(IP4_BYTES + TCP_BYTES + segment->len_bytes));
    put_be16(ip + 6, 0x4000);
    ip[8] = 64;
    ip[9] = 6;
    put_be32(ip + 12, segment->is_back ? server : program);
    put_be32(ip + 16, segment->is_back ? program : server);
    put_be16(tcp + 0, segment->is_back ? 80 : 4711);
    put_be16(tcp + 2, segment->is_back ? 4711 : 80);
    put_be32(tcp + 4, segment->seq);
    put_be32(tcp + 8, segment->ack);
    tcp[12] = 0x50;
    tcp[13] = (uint8_t)segment->flags;
    put_be16(tcp + 14, 65535);
    const struct vitro_span spans[] = {{bytes, HEADER_BYTES},
                                       {bytes + HEADER_BYTES, segment->len_bytes}};
    const struct vitro_frame frame = {
        .spans = spans,
        .span_count = segment->len_bytes > 0 ? 2 : 1,
        .len_bytes = HEADER_BYTES + segment->len_bytes,
        .segment_bytes = segment->segment_bytes,
    };
    watcher->frame(watcher->owner, segment->is_back ? GATEWAY_TO_PROGRAM : GATEWAY_FROM_PROGRAM,
                   &frame, now_us);
}

struct talk run_talk_closed(uint64_t begun_us, uint64_t ended_us)
{
    struct talk talk = {
        .kind = TALK_TCP,
        .program = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 100), 4711),
        .peer = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 4), 80),
        .name = "demo.vitro",
        .begun_us = begun_us,
        .ended_us = ended_us,
        .handshake_us = 120,
        .bytes_out = 78,
        .bytes_in = 2700,
        .end = TALK_CLOSED,
        .ended_by = TALK_PROGRAM,
    };
    return talk;
}
