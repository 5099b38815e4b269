/*
 * The send queue: a list of chunks, each filled to its end before the next is begun.
 *
 *      head                                      tail
 *      +-----------+   +-----------+   +-----------+        +-----------+
 *      |---#########|->|############|->|#######    |        |   spare   | -> ...
 *      +-----------+   +-----------+   +-----------+        +-----------+
 *          front            hint         front + len_bytes
 *
 * Positions count all bytes ever queued, in 64 bits, and a chunk knows the position of its first
 * byte. So letting the front go changes no other number, and a pointer to any chunk of the list
 * is a place to read on from. Two such places are remembered: `hint_new` where the sending of new
 * data stands, `hint_again` where retransmission does, so that neither sends the other back to
 * walk from the head.
 *
 * Reserved chunks wait in `spare` and join the list when bytes are committed to them. While room in
 * the tail is promised, release keeps the tail even if all its bytes are acknowledged.
 *
 * What holds: the chunks from head to tail adjoin. tail holds at least one queued byte, or part of
 * what is reserved. Without bytes and reservation there is no chunk.
 */
#include "tcp/tcp_sendbuf.h"

#include <string.h>

#include "tcp/tcp_chunk.h"

void tcp_sendbuf_init(struct tcp_sendbuf *buf) { *buf = (struct tcp_sendbuf){.front = 0}; }

/* The position where the next byte goes. */
static uint64_t end_of(const struct tcp_sendbuf *buf) { return buf->front + buf->len_bytes; }

uint32_t tcp_sendbuf_tail_room(const struct tcp_sendbuf *buf)
{
    return buf->tail == NULL ? 0 : (uint32_t)(tcp_chunk_end(buf->tail) - end_of(buf));
}

/* Where in the tail the next byte goes. */
static uint8_t *tail_place(const struct tcp_sendbuf *buf)
{
    return buf->tail->bytes + (end_of(buf) - buf->tail->start);
}

/* Makes `chunk` the tail, to be filled from its first byte; the old tail is full. */
static void chunk_append(struct tcp_sendbuf *buf, struct tcp_chunk *chunk)
{
    ASSERT(tcp_sendbuf_tail_room(buf) == 0);
    chunk->next = NULL;
    chunk->start = end_of(buf);
    if (buf->tail != NULL) {
        buf->tail->next = chunk;
    } else {
        buf->head = chunk;
    }
    buf->tail = chunk;
}

/* Gives the first chunk back. */
static void head_drop(struct tcp_sendbuf *buf, struct pool *chunks)
{
    struct tcp_chunk *head = buf->head;
    buf->head = head->next;
    if (buf->tail == head) buf->tail = NULL;
    if (buf->hint_new == head) buf->hint_new = NULL;
    if (buf->hint_again == head) buf->hint_again = NULL;
    pool_put(chunks, head);
}

/* Takes the reservation back. */
static void reserved_drop(struct tcp_sendbuf *buf, struct pool *chunks)
{
    while (buf->spare != NULL) {
        struct tcp_chunk *chunk = buf->spare;
        buf->spare = chunk->next;
        pool_put(chunks, chunk);
    }
    buf->reserved_bytes = 0;
    if (buf->len_bytes == 0 && buf->head != NULL) head_drop(buf, chunks);
}

void tcp_sendbuf_clear(struct tcp_sendbuf *buf, struct pool *chunks)
{
    while (buf->head != NULL) head_drop(buf, chunks);
    buf->front += buf->len_bytes;
    buf->len_bytes = 0;
    reserved_drop(buf, chunks);
}

uint32_t tcp_sendbuf_write(struct tcp_sendbuf *buf, struct pool *chunks, const uint8_t *data,
                           uint32_t len)
{
    if (buf->reserved_bytes > 0) reserved_drop(buf, chunks);
    uint32_t done = 0;
    while (done < len) {
        if (tcp_sendbuf_tail_room(buf) == 0) {
            struct tcp_chunk *chunk = pool_get(chunks);
            if (chunk == NULL) break;
            chunk_append(buf, chunk);
        }
        const uint32_t n = u32_min(len - done, tcp_sendbuf_tail_room(buf));
        memcpy(tail_place(buf), data + done, n);
        buf->len_bytes += n;
        done += n;
    }
    return done;
}

uint32_t tcp_sendbuf_reserve(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len,
                             struct span_mut *parts, uint32_t parts_max)
{
    if (buf->reserved_bytes > 0) reserved_drop(buf, chunks);
    if (parts_max == 0) return 0;
    uint32_t count = 0;
    uint32_t reserved = u32_min(len, tcp_sendbuf_tail_room(buf));
    if (reserved > 0) parts[count++] = span_mut_of(tail_place(buf), reserved);
    struct tcp_chunk **link = &buf->spare;
    while (reserved < len && count < parts_max) {
        struct tcp_chunk *chunk = pool_get(chunks);
        if (chunk == NULL) break;
        chunk->next = NULL;
        *link = chunk;
        link = &chunk->next;
        const uint32_t n = u32_min(len - reserved, TCP_CHUNK_BYTES);
        parts[count++] = span_mut_of(chunk->bytes, n);
        reserved += n;
    }
    buf->reserved_bytes = reserved;
    return count;
}

void tcp_sendbuf_commit(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len)
{
    ASSERT(len <= buf->reserved_bytes);
    uint32_t left = len;
    while (left > 0) {
        if (tcp_sendbuf_tail_room(buf) == 0) {
            struct tcp_chunk *chunk = buf->spare;
            buf->spare = chunk->next;
            chunk_append(buf, chunk);
        }
        const uint32_t n = u32_min(left, tcp_sendbuf_tail_room(buf));
        buf->len_bytes += n;
        left -= n;
    }
    reserved_drop(buf, chunks);
}

/* The chunk that holds `position`, which is queued: found from the nearest known one before it. */
static struct tcp_chunk *chunk_at(const struct tcp_sendbuf *buf, uint64_t position)
{
    struct tcp_chunk *const known[] = {buf->hint_again, buf->hint_new, buf->tail};
    struct tcp_chunk *chunk = buf->head;
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (known[i] == NULL || known[i]->start > position) continue;
        if (known[i]->start > chunk->start) chunk = known[i];
    }
    while (!tcp_chunk_covers(chunk, position)) chunk = chunk->next;
    return chunk;
}

/* Remembers where reading ended: as the place of new data when it is the furthest ever. */
static void hint_set(struct tcp_sendbuf *buf, struct tcp_chunk *chunk)
{
    if (buf->hint_new == NULL || chunk->start >= buf->hint_new->start) {
        buf->hint_new = chunk;
    } else {
        buf->hint_again = chunk;
    }
}

void tcp_sendbuf_gather(struct tcp_sendbuf *buf, uint32_t offset, uint32_t len, struct gather *out)
{
    ASSERT(offset <= buf->len_bytes);
    gather_init(out);
    uint32_t left = u32_min(len, buf->len_bytes - offset);
    if (left == 0) return;
    uint64_t position = buf->front + offset;
    struct tcp_chunk *chunk = chunk_at(buf, position);
    for (;;) {
        const uint32_t skip = (uint32_t)(position - chunk->start);
        const uint32_t n = u32_min(left, TCP_CHUNK_BYTES - skip);
        if (!gather_add(out, span_of(chunk->bytes + skip, n))) break;
        left -= n;
        position += n;
        if (left == 0) break;
        chunk = chunk->next;
    }
    hint_set(buf, chunk);
}

void tcp_sendbuf_release(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len)
{
    ASSERT(len <= buf->len_bytes);
    buf->front += len;
    buf->len_bytes -= len;
    while (buf->head != NULL && tcp_chunk_end(buf->head) <= buf->front) head_drop(buf, chunks);
    if (tcp_sendbuf_is_empty(buf) && buf->head != NULL) head_drop(buf, chunks);
}
