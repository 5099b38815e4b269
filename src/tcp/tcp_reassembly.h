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
#define TCP_REASSEMBLY_RECENT 8u

struct tcp_reassembly {
    struct ranges ranges; /* stream offsets, as tcp_recvbuf counts them; all beyond `ready` */
    uint64_t recent[TCP_REASSEMBLY_RECENT]; /* a point in each recently changed range, newest first */
    uint8_t recent_count;
};

void tcp_reassembly_init(struct tcp_reassembly *reassembly, struct pool *ranges);
void tcp_reassembly_clear(struct tcp_reassembly *reassembly);
/* Notes that [start, end) is there; false when that needs one range too many. */
WARN_UNUSED bool tcp_reassembly_add(struct tcp_reassembly *reassembly, uint64_t start,
                                    uint64_t end);
/* In-order data reached `ready`: returns how far it reaches now, with the ranges that adjoin. */
uint64_t tcp_reassembly_advance(struct tcp_reassembly *reassembly, uint64_t ready);
/* Whether there is any range beyond rcv.nxt. */
bool tcp_reassembly_is_empty(const struct tcp_reassembly *reassembly);
/* The range that holds [start, end) whole, if any: it all is a duplicate then. */
bool tcp_reassembly_has(const struct tcp_reassembly *reassembly, uint64_t start, uint64_t end,
                        uint64_t *range_start, uint64_t *range_end);
/*
 * Fills up to `max` SACK blocks, the most recent first; `nxt` is the sequence number of stream
 * offset `ready`. Returns their number.
 */
uint8_t tcp_reassembly_blocks(const struct tcp_reassembly *reassembly, tcp_seq nxt, uint64_t ready,
                              struct tcp_sack_block *blocks, uint8_t max);

#endif
