/*
 * Received bytes, each at its final place: the stream is cut into chunks at fixed offsets, and data
 * that arrives out of order is written where it belongs, so filling a hole moves nothing. A chunk
 * exists while it holds data, so memory is bounded by the receive window plus a chunk at each end.
 *
 * Offsets are 64-bit counts of stream bytes since this buffer was made: 0 is the rcv.nxt of that
 * moment. `read` <= `ready`; between them lies what the application can read.
 */
#ifndef VITRO_TCP_RECVBUF_H
#define VITRO_TCP_RECVBUF_H

#include "base/gather.h"
#include "base/pool.h"
#include "base/span.h"

struct tcp_chunk;

struct tcp_recvbuf {
    struct tcp_chunk *head, *tail; /* ascending; chunks that hold nothing are absent */
    struct tcp_chunk *hint;        /* where the last write out of order ended, or NULL */
    uint64_t read;                 /* consumed by the application */
    uint64_t ready;                /* in order up to here (rcv.nxt, FIN not counted) */
    uint64_t end;                  /* nothing was ever written at or beyond this offset */
};

/* Makes an empty buffer at offset 0. */
void tcp_recvbuf_init(struct tcp_recvbuf *buf);

/* Throws away everything unread and out of order, and gives all chunks back. The buffer can be used
 * on from `ready`. */
void tcp_recvbuf_clear(struct tcp_recvbuf *buf, struct pool *chunks);

/* In-order bytes not yet read. */
static inline uint32_t tcp_recvbuf_ready_bytes(const struct tcp_recvbuf *buf)
{
    return (uint32_t)(buf->ready - buf->read);
}

/*
 * Writes `data` at stream offset `offset` (>= read), `from` bytes into the gather; returns how many
 * bytes from the front were written, fewer when the pool is exhausted. Does not move `ready`: the
 * caller sets it when the bytes written, alone or with what the reassembly knows, continue it.
 * Bytes that were there already are overwritten.
 */
uint32_t tcp_recvbuf_write(struct tcp_recvbuf *buf, struct pool *chunks, uint64_t offset,
                           const struct gather *data, uint32_t from);

/* Throws away what was written at or beyond `offset` (>= ready), but for the rest of the chunk that
 * ends what is kept; the other chunks go back. */
void tcp_recvbuf_cut(struct tcp_recvbuf *buf, struct pool *chunks, uint64_t offset);

/* `len` bytes at `ready` went to the application without coming here. Nothing may wait to be read.
 * Moves `read` and `ready`; chunks passed go back. */
void tcp_recvbuf_skip(struct tcp_recvbuf *buf, struct pool *chunks, uint32_t len);

/* The in-order bytes, as up to `parts_max` spans from the first unread; returns how many spans. */
uint32_t tcp_recvbuf_peek(const struct tcp_recvbuf *buf, struct span *parts, uint32_t parts_max);

/* Copies up to `len` in-order bytes out without consuming; returns how many. */
uint32_t tcp_recvbuf_copy(const struct tcp_recvbuf *buf, uint8_t *to, uint32_t len);

/* The application is done with the first `len` bytes, at most tcp_recvbuf_ready_bytes; chunks that
 * are read whole go back, and all do when nothing is left. */
void tcp_recvbuf_consume(struct tcp_recvbuf *buf, struct pool *chunks, uint32_t len);

#endif
