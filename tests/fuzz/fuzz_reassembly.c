/*
 * Fuzz target: the receiving half of a connection, recvbuf and reassembly as tcp_input drives them,
 * against a flat model.
 *
 * The input is a list of operations of six bytes: what, its place and length, and a small number.
 * Every byte of the stream has a value that follows from its offset, so data that overlaps agrees,
 * and the model is one flag a byte: whether it has arrived and was kept. The pools are small: both
 * run out now and then.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_reassembly.h"
#include "tcp/tcp_recvbuf.h"

#define STREAM_BYTES    (10u * TCP_CHUNK_BYTES)
#define WINDOW_BYTES    (4u * TCP_CHUNK_BYTES)
#define OPERATIONS_MAX  2000u
#define OPERATION_BYTES 6u
#define BLOCKS_MAX      6u

#define REQUIRE(expr) ((expr) ? (void)0 : abort())

struct world {
    struct tcp_recvbuf buf;
    struct tcp_reassembly reassembly;
    struct pool chunks, ranges;
    uint64_t added; /* start of the range noted last */
    uint8_t there[STREAM_BYTES + 1];
    uint8_t stream[STREAM_BYTES];
    uint8_t copy[WINDOW_BYTES];
};

struct operation {
    uint8_t what;
    uint32_t place; /* 0 to 2^16 - 1 */
    uint32_t len;   /* 0 to 2^16 - 1 */
    uint8_t small;
};

static bool all_there(const struct world *w, uint64_t start, uint64_t end)
{
    return memchr(w->there + start, 0, (size_t)(end - start)) == NULL;
}

/* Whether [start, end) is a whole run: all there, and nothing next to it. */
static void require_run(const struct world *w, uint64_t start, uint64_t end)
{
    REQUIRE(start > w->buf.ready && start < end && end <= STREAM_BYTES);
    REQUIRE(all_there(w, start, end));
    REQUIRE(!w->there[start - 1] && !w->there[end]);
}

/* `len` bytes of the stream at `offset`, with `from` others before them, in up to three parts. */
static void make_segment(const struct world *w, uint64_t offset, uint32_t from, uint32_t len,
                         struct gather *out)
{
    static const uint8_t others[256] = {0xa5};
    gather_init(out);
    const uint32_t cut = len / 3;
    REQUIRE(gather_add(out, span_of(others, from)));
    REQUIRE(gather_add(out, span_of(w->stream + offset, cut)));
    REQUIRE(gather_add(out, span_of(w->stream + offset + cut, len - cut)));
}

/* `ready` has moved in the code; the model must have come to the same. */
static void check_ready(const struct world *w, uint64_t before)
{
    REQUIRE(w->buf.ready >= before && w->buf.ready <= STREAM_BYTES);
    REQUIRE(all_there(w, before, w->buf.ready));
    REQUIRE(!w->there[w->buf.ready]);
}

static void segment_arrives(struct world *w, const struct operation *op)
{
    /* In order, near, or anywhere in the window. */
    const uint32_t reach = (op->what & 16) ? op->place * 2 : op->place % 4096;
    const uint64_t edge = u64_min(w->buf.read + WINDOW_BYTES, STREAM_BYTES);
    const uint64_t offset = u64_min(w->buf.ready + ((op->what & 32) ? reach : 0), edge);
    const uint32_t len_wanted = (op->what & 64) ? op->len : op->len % 2000;
    const uint32_t len = (uint32_t)u64_min(len_wanted, edge - offset);
    struct gather data;
    make_segment(w, offset, op->small, len, &data);
    const uint32_t done = tcp_recvbuf_write(&w->buf, &w->chunks, offset, &data, op->small);
    REQUIRE(done <= len);
    REQUIRE(done == len || w->chunks.in_use == w->chunks.objects_max);
    if (done == 0) return;
    const uint64_t ready = w->buf.ready;
    if (offset == ready) {
        memset(w->there + offset, 1, done);
        w->buf.ready = tcp_reassembly_advance(&w->reassembly, ready + done);
        check_ready(w, ready);
    } else if (tcp_reassembly_add(&w->reassembly, offset, offset + done)) {
        memset(w->there + offset, 1, done);
        w->added = offset;
    } else {
        REQUIRE(w->ranges.in_use == w->ranges.objects_max ||
                w->reassembly.ranges.count == TCP_REASSEMBLY_RANGES_MAX);
        REQUIRE(memchr(w->there + offset, 1, done) == NULL);
    }
}

static void application_reads(struct world *w, const struct operation *op)
{
    const uint32_t ready = tcp_recvbuf_ready_bytes(&w->buf);
    const uint32_t len = u32_min(op->len * 4, ready);
    REQUIRE(tcp_recvbuf_copy(&w->buf, w->copy, len) == len);
    REQUIRE(memcmp(w->copy, w->stream + w->buf.read, len) == 0);
    struct span parts[3];
    const uint32_t count = tcp_recvbuf_peek(&w->buf, parts, 1 + op->small % ARRAY_COUNT(parts));
    uint64_t at = w->buf.read;
    for (uint32_t i = 0; i < count; i++) {
        REQUIRE(parts[i].len > 0 && parts[i].len <= w->buf.ready - at);
        REQUIRE(memcmp(parts[i].data, w->stream + at, parts[i].len) == 0);
        at += parts[i].len;
    }
    REQUIRE(count > 0 || ready == 0);
    tcp_recvbuf_consume(&w->buf, &w->chunks, len);
    if (w->buf.read == w->buf.ready && tcp_reassembly_is_empty(&w->reassembly) &&
        w->buf.end <= w->buf.read) {
        REQUIRE(w->chunks.in_use == 0);
    }
}

/* In-order data goes to the application at once, and around the buffer. */
static void sink_takes(struct world *w, const struct operation *op)
{
    if (tcp_recvbuf_ready_bytes(&w->buf) > 0) return;
    const uint64_t before = w->buf.ready;
    const uint32_t len = (uint32_t)u64_min(op->len % 6000, STREAM_BYTES - before);
    memset(w->there + before, 1, len);
    tcp_recvbuf_skip(&w->buf, &w->chunks, len);
    w->buf.ready = tcp_reassembly_advance(&w->reassembly, w->buf.ready);
    check_ready(w, before);
}

static void check_blocks(struct world *w, const struct operation *op)
{
    struct tcp_sack_block blocks[BLOCKS_MAX];
    const uint8_t max = (uint8_t)(op->small % (BLOCKS_MAX + 1));
    const tcp_seq nxt = tcp_seq_of(op->len << 16 | op->place);
    const uint64_t ready = w->buf.ready;
    const uint8_t count = tcp_reassembly_blocks(&w->reassembly, nxt, ready, blocks, max);
    REQUIRE(count == u32_min(max, w->reassembly.ranges.count));
    for (uint8_t i = 0; i < count; i++) {
        const uint64_t start = ready + (uint32_t)(blocks[i].start - nxt.value);
        const uint64_t end = ready + (uint32_t)(blocks[i].end - nxt.value);
        require_run(w, start, end);
        for (uint8_t j = 0; j < i; j++) REQUIRE(blocks[j].start != blocks[i].start);
        if (i == 0 && w->added > ready) REQUIRE(w->added >= start && w->added < end);
    }
}

static void check_overlap(struct world *w, const struct operation *op)
{
    const uint64_t start = u64_min(w->buf.ready + 1 + op->place, STREAM_BYTES - 1);
    const uint64_t end = u64_min(start + 1 + op->len % 3000, STREAM_BYTES);
    if (start <= w->buf.ready) return;
    uint64_t from = end, to = end;
    const bool is_any = tcp_reassembly_overlap(&w->reassembly, start, end, &from, &to);
    REQUIRE(is_any == (from < end) && from >= start && to <= end);
    if (is_any) REQUIRE(all_there(w, from, to));
    REQUIRE(memchr(w->there + start, 1, (size_t)(from - start)) == NULL);
}

/* Nothing out of order is in the code that is not in the model, and the other way round. */
static void check_ranges(const struct world *w)
{
    uint64_t at = w->buf.ready;
    const struct range *range = ranges_first(&w->reassembly.ranges);
    for (; range != NULL; range = ranges_next(range)) {
        require_run(w, range->start, range->end);
        REQUIRE(memchr(w->there + at, 1, (size_t)(range->start - at)) == NULL);
        at = range->end;
    }
    REQUIRE(memchr(w->there + at, 1, (size_t)(STREAM_BYTES - at)) == NULL);
}

static void run_operation(struct world *w, const struct operation *op)
{
    switch (op->what % 8) {
    case 0: application_reads(w, op); break;
    case 1: check_blocks(w, op); break;
    case 2: check_overlap(w, op); break;
    case 3: sink_takes(w, op); break;
    case 4: w->chunks.objects_max = u32_max(w->chunks.objects_made, op->small % 8); break;
    default: segment_arrives(w, op); break;
    }
}

static struct world *world_new(uint8_t limits)
{
    struct world *w = calloc(1, sizeof(*w));
    REQUIRE(w != NULL);
    for (uint32_t i = 0; i < STREAM_BYTES; i++) w->stream[i] = (uint8_t)((i * 0x9e3779b1u) >> 24);
    pool_init(&w->chunks, "chunks", sizeof(struct tcp_chunk), 2 + limits % 6);
    pool_init(&w->ranges, "ranges", sizeof(struct range), 4u << (limits / 32));
    tcp_recvbuf_init(&w->buf);
    tcp_reassembly_init(&w->reassembly, &w->ranges);
    return w;
}

static void world_free(struct world *w)
{
    tcp_recvbuf_clear(&w->buf, &w->chunks);
    tcp_reassembly_clear(&w->reassembly);
    REQUIRE(w->chunks.in_use == 0 && w->ranges.in_use == 0);
    pool_deinit(&w->chunks);
    pool_deinit(&w->ranges);
    free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct world *w = world_new(data[0]);
    const size_t count = size_min((size - 1) / OPERATION_BYTES, OPERATIONS_MAX);
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = data + 1 + i * OPERATION_BYTES;
        const struct operation op = {
            .what = at[0], .place = get_be16(at + 1), .len = get_be16(at + 3), .small = at[5]};
        run_operation(w, &op);
        REQUIRE(w->chunks.in_use <= WINDOW_BYTES / TCP_CHUNK_BYTES + 2);
    }
    check_ranges(w);
    world_free(w);
    return 0;
}
