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
    struct tcp_chunk *head, *tail;
    uint32_t head_skip;  /* released bytes at the front of the first chunk */
    uint32_t len_bytes;  /* queued */
    struct tcp_chunk *hint; /* chunk that holds offset hint_offset, for reading on in order */
    uint32_t hint_offset;
};

void tcp_sendbuf_init(struct tcp_sendbuf *buf);
/* Gives all chunks back. */
void tcp_sendbuf_clear(struct tcp_sendbuf *buf, struct pool *chunks);

/* Appends up to `len` bytes; returns how many were taken, fewer when the pool is exhausted. */
uint32_t tcp_sendbuf_write(struct tcp_sendbuf *buf, struct pool *chunks, const uint8_t *data,
                           uint32_t len);
/*
 * Room for the caller to write into, up to `len` bytes in at most `parts_max` places, without any
 * effect until tcp_sendbuf_commit; a second reserve forgets the first. Returns the number of places.
 */
uint32_t tcp_sendbuf_reserve(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len,
                             struct span_mut *parts, uint32_t parts_max);
/* The first `len` bytes of what was reserved have been written. */
void tcp_sendbuf_commit(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len);

/* The bytes from `offset`, up to `len` (cut where `out` is full); references, valid until release. */
void tcp_sendbuf_gather(struct tcp_sendbuf *buf, uint32_t offset, uint32_t len,
                        struct gather *out);

/* Lets go of the first `len` bytes. */
void tcp_sendbuf_release(struct tcp_sendbuf *buf, struct pool *chunks, uint32_t len);

#endif
