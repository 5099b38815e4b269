/*
 * Any two or more frames through the joiner.
 *
 * The input is a list of frames, each behind a length byte pair; the first byte of all chooses the
 * link and whether later frames are made from the first one, with the right number and good
 * checksums, which mutations alone would never find. Properties: no read beyond the bytes; what was
 * joined is cut into exactly the frames that went in, but for IPv4 identifications; a frame that
 * was not joined comes out as it went in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire/frame_cut.h"
#include "wire/frame_join.h"
#include "wire/ip4.h"
#include "wire/tcp.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define FRAMES_MAX    64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Frames in memory of exactly their size, so that the sanitizer sees a read behind one. */
struct batch {
    enum frame_link link;
    bool is_helped;
    uint32_t count;
    uint8_t *bytes[FRAMES_MAX];
    uint32_t len[FRAMES_MAX];
};

static struct frame frame_at(const struct batch *batch, uint32_t i)
{
    struct frame frame;
    frame_init(&frame);
    REQUIRE(gather_add(&frame.bytes, span_of(batch->bytes[i], batch->len[i])));
    return frame;
}

/* Completes the checksums of frame `i` and, if it is not the first, gives it the number that
 * follows the one before. */
static void help(struct batch *batch, uint32_t i, uint32_t *next_seq)
{
    struct frame frame = frame_at(batch, i), done;
    struct frame_layout layout;
    struct frame_cut cut;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    if (frame_layout_find(&layout, &frame, batch->link) != WIRE_OK) return;
    if (layout.protocol != IP_PROTO_TCP) return;
    uint8_t *tcp = batch->bytes[i] + layout.transport_offset;
    if (i > 0) put_be32(tcp + 4, *next_seq);
    *next_seq = tcp_header_seq(tcp) + layout.end_offset - layout.payload_offset;
    if (frame_cut_init(&cut, &frame, batch->link) != WIRE_OK) return;
    if (!frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &done)) return;
    memcpy(batch->bytes[i], headers, layout.payload_offset);
}

static void batch_read(struct batch *batch, const uint8_t *data, size_t size)
{
    uint32_t next_seq = 0;
    batch->link = data[0] & 1 ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
    batch->is_helped = (data[0] & 2) != 0;
    batch->count = 0;
    for (size_t at = 1; at + 2 < size && batch->count < FRAMES_MAX;) {
        const uint32_t len = (uint32_t)size_min(1 + get_be16(data + at) % 2048u, size - at - 2);
        uint8_t *copy = malloc(len);
        REQUIRE(copy != NULL);
        memcpy(copy, data + at + 2, len);
        batch->bytes[batch->count] = copy;
        batch->len[batch->count] = len;
        if (batch->is_helped) help(batch, batch->count, &next_seq);
        batch->count++;
        at += 2 + len;
    }
}

/* Whether two frames are the same but for identification and header checksum of IPv4. */
static void require_same(const struct batch *batch, uint32_t i, const struct frame *piece)
{
    uint8_t bytes[2][2048];
    struct frame original = frame_at(batch, i);
    struct frame_layout layout;
    REQUIRE(frame_layout_find(&layout, &original, batch->link) == WIRE_OK);
    REQUIRE(piece->bytes.len_bytes == batch->len[i]);
    gather_copy(&piece->bytes, 0, bytes[0], sizeof bytes[0]);
    memcpy(bytes[1], batch->bytes[i], batch->len[i]);
    for (int k = 0; k < 2 && !layout.is_ip6; k++) {
        put_be16(bytes[k] + layout.ip_offset + 4, 0);
        put_be16(bytes[k] + layout.ip_offset + 10, 0);
    }
    for (int k = 0; k < 2; k++) { /* 0 and 0xffff are the same sum */
        uint8_t *sum = bytes[k] + layout.transport_offset + TCP_CHECKSUM_OFFSET;
        if (get_be16(sum) == 0xffff) put_be16(sum, 0);
    }
    REQUIRE(memcmp(bytes[0], bytes[1], batch->len[i]) == 0);
}

/* What came out stands for frames `from` to `to`. */
static void require_whole(const struct batch *batch, const struct frame *held, uint32_t from,
                          uint32_t to)
{
    struct frame_cut cut;
    struct frame piece;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    REQUIRE(held != NULL && to > from);
    if (to - from == 1) {
        REQUIRE(held->bytes.part[0].data == batch->bytes[from] && held->segment_bytes == 0);
        REQUIRE(held->bytes.len_bytes == batch->len[from] && !held->checksum_partial);
        return;
    }
    REQUIRE(frame_cut_init(&cut, held, batch->link) == WIRE_OK);
    REQUIRE(frame_cut_count(&cut) == to - from);
    for (uint32_t i = from; i < to; i++) {
        REQUIRE(frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &piece));
        require_same(batch, i, &piece);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct batch batch;
    struct frame_join join;
    uint32_t held_from = 0;
    bool holds = false;
    if (size == 0) return 0;
    batch_read(&batch, data, size);
    frame_join_init(&join, batch.link);
    for (uint32_t i = 0; i < batch.count; i++) {
        const struct frame frame = frame_at(&batch, i);
        if (frame_join_add(&join, &frame)) continue;
        if (holds) require_whole(&batch, frame_join_take(&join), held_from, i);
        holds = frame_join_begin(&join, &frame);
        held_from = i;
    }
    if (holds) require_whole(&batch, frame_join_take(&join), held_from, batch.count);
    for (uint32_t i = 0; i < batch.count; i++) free(batch.bytes[i]);
    return 0;
}
