/*
 * Bytes that the application has handed over and the peer has not acknowledged, in chunks from a
 * pool. Offsets count from the first byte not yet released. Nothing moves once written: a frame on
 * its way out refers to the bytes where they lie.
 */
#ifndef VITRO_TCP_SENDBUF_H
#define VITRO_TCP_SENDBUF_H

#include "base/gather.h"
#include "base/pool.h"
#include "base/span.h"

struct tcp_chunk;

struct tcp_sendbuf {
    struct tcp_chunk *head, *tail; /* all but the last are full to the end */
    struct tcp_chunk *spare;       /* reserved, not yet part of the list */
    struct tcp_chunk *hint_new;    /* where the furthest gather ended, or NULL */
    struct tcp_chunk *hint_again;  /* where the last one before that ended, or NULL */
    uint64_t front;                /* stream position of the first byte queued */
    uint32_t len_bytes;            /* queued */
    uint32_t reserved_bytes;       /* promised by the last reserve, in the tail and in `spare` */
};

/* Makes an empty buffer. */
void tcp_sendbuf_init(struct tcp_sendbuf *buf);

/* Throws away what is queued and reserved, and gives all chunks back. The buffer can be used on. */
void tcp_sendbuf_clear(struct tcp_sendbuf *buf, struct pool *chunks);

/* Whether the buffer owns no memory: nothing is queued, nothing reserved. */
static inline bool tcp_sendbuf_is_empty(const struct tcp_sendbuf *buf)
{
    return buf->len_bytes == 0 && buf->reserved_bytes == 0;
}

/* How many bytes can be written without another chunk. */
uint32_t tcp_sendbuf_tail_room(const struct tcp_sendbuf *buf);

/*
 * Appends up to `len` bytes; returns how many were taken, fewer when the pool is exhausted. Forgets
 * what was reserved. The caller keeps the buffer below 2^31 bytes.
 */
uint32_t tcp_sendbuf_write(struct tcp_sendbuf *buf, struct pool *chunks, const uint8_t *data,
                           uint32_t len);
/*
 * Room for the caller to write into, up to `len` bytes in at most `parts_max` places, without any
 * effect until tcp_sendbuf_commit; a second reserve forgets the first. Returns the number of
 * places. The room stays good while the buffer is gathered from and released; who has nothing to
 * write commits 0, so that its memory goes back.
 */
uint32_t tcp_sendbuf_reserve(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len,
                             struct span_mut *parts, uint32_t parts_max);
/* The first `len` bytes of what was reserved have been written; the rest of the room is forgotten.
 * `len` is at most what was reserved. */
void tcp_sendbuf_commit(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len);

/* Sets `out` to the bytes from `offset` (at most len_bytes), up to `len`, cut where the queue ends
 * or `out` is full; references, valid until their release. O(1) when it goes on where the last one
 * ended, or where the furthest one did. */
void tcp_sendbuf_gather(struct tcp_sendbuf *buf, uint32_t offset, uint32_t len, struct gather *out);

/* Lets go of the first `len` bytes, at most len_bytes. */
void tcp_sendbuf_release(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len);

#endif
