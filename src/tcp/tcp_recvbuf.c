/*
 * The receive buffer: a sparse list of chunks, each at a multiple of TCP_CHUNK_BYTES of the stream.
 *
 *      |  chunk   |  chunk   |  absent  |  chunk   |
 *      |---#######|#####.....|..........|..###.....|
 *          ^          ^                      ^
 *         read      ready                out of order           end: right after the last #
 *
 * Data in order goes to the tail chunk, which is looked at first; data that fills a hole is as a
 * rule near the hole filled before it, which `hint` remembers. A search that starts elsewhere
 * steps over at most as many chunks as the receive window spans.
 *
 * Which bytes between ready and end are there is the business of tcp_reassembly; here their place
 * exists, and that is all. Bytes written but then not noted there (no range left) are harmless:
 * they are written once more when they come again.
 *
 * What holds: read <= ready, read <= end unless skipped; starts ascend; no chunk ends at or before
 * `read`; without anything written beyond `read` there is no chunk.
 */
#include "tcp/tcp_recvbuf.h"

#include <string.h>

#include "tcp/tcp_chunk.h"

void tcp_recvbuf_init(struct tcp_recvbuf *buf) { *buf = (struct tcp_recvbuf){.read = 0}; }

/* Gives the first chunk back. */
static void head_drop(struct tcp_recvbuf *buf, struct pool *chunks)
{
    struct tcp_chunk *head = buf->head;
    buf->head = head->next;
    if (buf->tail == head) buf->tail = NULL;
    if (buf->hint == head) buf->hint = NULL;
    pool_put(chunks, head);
}

void tcp_recvbuf_clear(struct tcp_recvbuf *buf, struct pool *chunks)
{
    while (buf->head != NULL) head_drop(buf, chunks);
    buf->read = buf->ready;
    buf->end = buf->ready;
}

/* The last chunk that begins at or before `offset`, NULL when none does. */
static struct tcp_chunk *chunk_before(const struct tcp_recvbuf *buf, uint64_t offset)
{
    struct tcp_chunk *chunk = buf->tail;
    if (chunk != NULL && chunk->start <= offset) return chunk;
    chunk = buf->hint;
    if (chunk == NULL || chunk->start > offset) chunk = buf->head;
    if (chunk == NULL || chunk->start > offset) return NULL;
    while (chunk->next != NULL && chunk->next->start <= offset) chunk = chunk->next;
    return chunk;
}

/* A new chunk for `offset`, behind `before` (NULL: in front); NULL when the pool is exhausted. */
static struct tcp_chunk *chunk_insert(struct tcp_recvbuf *buf, struct pool *chunks,
                                      struct tcp_chunk *before, uint64_t offset)
{
    struct tcp_chunk *chunk = pool_get(chunks);
    if (chunk == NULL) return NULL;
    struct tcp_chunk **link = before != NULL ? &before->next : &buf->head;
    chunk->start = offset - offset % TCP_CHUNK_BYTES;
    chunk->next = *link;
    *link = chunk;
    if (chunk->next == NULL) buf->tail = chunk;
    return chunk;
}

/* The chunk that holds `offset`, made if it is not there; NULL when the pool is exhausted. */
static struct tcp_chunk *chunk_at(struct tcp_recvbuf *buf, struct pool *chunks, uint64_t offset)
{
    struct tcp_chunk *chunk = buf->tail;
    if (chunk != NULL && tcp_chunk_covers(chunk, offset)) return chunk;
    chunk = chunk_before(buf, offset);
    if (chunk == NULL || !tcp_chunk_covers(chunk, offset)) {
        chunk = chunk_insert(buf, chunks, chunk, offset);
    }
    if (chunk != NULL) buf->hint = chunk;
    return chunk;
}

uint32_t tcp_recvbuf_write(struct tcp_recvbuf *buf, struct pool *chunks, uint64_t offset,
                           const struct gather *data, uint32_t from)
{
    ASSERT(offset >= buf->read);
    const uint32_t len = data->len_bytes - u32_min(from, data->len_bytes);
    uint32_t done = 0;
    while (done < len) {
        struct tcp_chunk *chunk = chunk_at(buf, chunks, offset + done);
        if (chunk == NULL) break;
        const uint32_t skip = (uint32_t)(offset + done - chunk->start);
        const uint32_t room = TCP_CHUNK_BYTES - skip;
        done += gather_copy(data, from + done, chunk->bytes + skip, u32_min(room, len - done));
    }
    if (done > 0) buf->end = u64_max(buf->end, offset + done);
    return done;
}

void tcp_recvbuf_cut(struct tcp_recvbuf *buf, struct pool *chunks, uint64_t offset)
{
    ASSERT(offset >= buf->ready);
    struct tcp_chunk **link = &buf->head;
    buf->tail = NULL;
    buf->hint = NULL;
    for (; *link != NULL && (*link)->start < offset; link = &(*link)->next) buf->tail = *link;
    struct tcp_chunk *chunk = *link;
    *link = NULL;
    while (chunk != NULL) {
        struct tcp_chunk *next = chunk->next;
        pool_put(chunks, chunk);
        chunk = next;
    }
    buf->end = u64_min(buf->end, offset);
}

void tcp_recvbuf_skip(struct tcp_recvbuf *buf, struct pool *chunks, uint32_t len)
{
    ASSERT(buf->read == buf->ready);
    buf->ready += len;
    tcp_recvbuf_consume(buf, chunks, len);
}

uint32_t tcp_recvbuf_peek(const struct tcp_recvbuf *buf, struct span *parts, uint32_t parts_max)
{
    uint32_t count = 0;
    uint64_t offset = buf->read;
    const struct tcp_chunk *chunk = buf->head;
    while (offset < buf->ready && count < parts_max) {
        const uint64_t end = u64_min(buf->ready, tcp_chunk_end(chunk));
        parts[count++] = span_of(chunk->bytes + (offset - chunk->start), (size_t)(end - offset));
        offset = end;
        chunk = chunk->next;
    }
    return count;
}

uint32_t tcp_recvbuf_copy(const struct tcp_recvbuf *buf, uint8_t *to, uint32_t len)
{
    const uint32_t all = u32_min(len, tcp_recvbuf_ready_bytes(buf));
    const struct tcp_chunk *chunk = buf->head;
    uint32_t done = 0;
    while (done < all) {
        const uint32_t skip = (uint32_t)(buf->read + done - chunk->start);
        const uint32_t n = u32_min(all - done, TCP_CHUNK_BYTES - skip);
        memcpy(to + done, chunk->bytes + skip, n);
        done += n;
        chunk = chunk->next;
    }
    return done;
}

void tcp_recvbuf_consume(struct tcp_recvbuf *buf, struct pool *chunks, uint32_t len)
{
    ASSERT(len <= tcp_recvbuf_ready_bytes(buf));
    buf->read += len;
    while (buf->head != NULL && (tcp_chunk_end(buf->head) <= buf->read || buf->end <= buf->read))
        head_drop(buf, chunks);
}
