/*
 * Which bytes beyond rcv.nxt have arrived: the ranges, their limit, and the SACK blocks that tell
 * the peer (RFC 2018 4: first the block that holds the segment which caused the ACK, then the most
 * recently reported ones).
 */
#ifndef VITRO_TCP_REASSEMBLY_H
#define VITRO_TCP_REASSEMBLY_H

#include "base/ranges.h"
#include "tcp/tcp_seq.h"
#include "wire/tcp.h"

/* Holes of one connection, at most: data that would open one more is dropped. */
#define TCP_REASSEMBLY_RANGES_MAX 256u
#define TCP_REASSEMBLY_RECENT     8u

struct tcp_reassembly {
    struct ranges ranges; /* stream offsets, as tcp_recvbuf counts them; all beyond `ready` */
    uint64_t
        recent[TCP_REASSEMBLY_RECENT]; /* a point in each recently changed range, newest first */
    uint8_t recent_count;
};

/* Makes it empty; nodes come from `ranges`, a pool of struct range. */
void tcp_reassembly_init(struct tcp_reassembly *reassembly, struct pool *ranges);

/* Forgets all ranges and gives their nodes back. It can be used on. */
void tcp_reassembly_clear(struct tcp_reassembly *reassembly);

/*
 * Notes that [start, end) is there, start < end; false, and nothing changed, when that needs one
 * range too many. The range that holds it is the first to be reported from now on; so call this for
 * a duplicate, too.
 */
WARN_UNUSED bool tcp_reassembly_add(struct tcp_reassembly *reassembly, uint64_t start,
                                    uint64_t end);

/* In-order data reached `ready`: returns how far it reaches now, with the ranges that adjoin, which
 * are forgotten. */
uint64_t tcp_reassembly_advance(struct tcp_reassembly *reassembly, uint64_t ready);

/* Whether there is no range beyond rcv.nxt. */
static inline bool tcp_reassembly_is_empty(const struct tcp_reassembly *reassembly)
{
    return ranges_is_empty(&reassembly->ranges);
}

/* Where the last range ends; 0 when there is none. */
static inline uint64_t tcp_reassembly_end(const struct tcp_reassembly *reassembly)
{
    const struct range *last = ranges_last(&reassembly->ranges);
    return last != NULL ? last->end : 0;
}

/* The first stretch of [start, end) that is there already, in *from and *to; false if none is. */
WARN_UNUSED bool tcp_reassembly_overlap(struct tcp_reassembly *reassembly, uint64_t start,
                                        uint64_t end, uint64_t *from, uint64_t *to);

/*
 * Fills up to `max` SACK blocks, the most recently changed first; `nxt` is the sequence number of
 * stream offset `ready`. Returns their number: `max`, or all ranges there are.
 */
uint8_t tcp_reassembly_blocks(struct tcp_reassembly *reassembly, tcp_seq nxt, uint64_t ready,
                              struct tcp_sack_block *blocks, uint8_t max);

#endif
