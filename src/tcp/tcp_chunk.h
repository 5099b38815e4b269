/*
 * A piece of buffer memory: what send and receive buffers are strung together from. One pool per
 * host holds them all, so `chunks_max` bounds the buffers of the whole host.
 *
 * A chunk knows which stretch of its stream it holds, from `start` on; that makes the place of any
 * stream offset a subtraction, and lets a buffer point into the middle of its list without
 * bookkeeping when the front of the list goes away.
 */
#ifndef VITRO_TCP_CHUNK_H
#define VITRO_TCP_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of payload in one buffer chunk; a chunk with its header is 16 KiB. */
#define TCP_CHUNK_BYTES (16384u - 16u)

struct tcp_chunk {
    struct tcp_chunk *next; /* the one behind it in its buffer, or NULL */
    uint64_t start;         /* stream offset of bytes[0] */
    uint8_t bytes[TCP_CHUNK_BYTES];
};

_Static_assert(sizeof(struct tcp_chunk) <= 16384, "a chunk takes four pages");

/* Whether stream offset `offset` lies in `chunk`. */
static inline bool tcp_chunk_covers(const struct tcp_chunk *chunk, uint64_t offset)
{
    return offset - chunk->start < TCP_CHUNK_BYTES;
}

/* The first stream offset behind `chunk`. */
static inline uint64_t tcp_chunk_end(const struct tcp_chunk *chunk)
{
    return chunk->start + TCP_CHUNK_BYTES;
}

#endif
