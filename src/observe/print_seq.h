/*
 * The bases of relative sequence numbers, one pair for each connection.
 *
 * tcpdump's rule: a segment with ACK looks its connection up. If it is not there, or the segment
 * has SYN too, the segment's own numbers become the bases and it is printed with absolute numbers;
 * otherwise both its numbers are printed less their bases. Segments without ACK are left alone.
 *
 * Where tcpdump remembers every connection for ever, here the number is limited: the one that was
 * entered first makes room. It is then printed as if its capture began anew.
 */
#ifndef VITRO_OBSERVE_PRINT_SEQ_H
#define VITRO_OBSERVE_PRINT_SEQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/hash.h"

#define PRINT_SEQ_FLOWS_MAX 65536 /* connections remembered unless asked otherwise; 4 MiB */

/* A connection without direction: the end with the lower port is first. */
struct print_seq_key {
    uint8_t address[2][16]; /* network order; IPv4 in the first four bytes, the rest zero */
    uint16_t port[2];
    uint32_t version; /* 4 or 6 */
};

struct print_seq_flow {
    struct print_seq_key key;
    uint32_t base[2]; /* first and second end */
    uint32_t next;    /* flow with the same hash, as index + 1; 0 ends the chain */
};

struct print_seq {
    struct hash_key key;
    uint32_t flows_max;
    uint32_t mask; /* of buckets */
    uint32_t count;
    uint32_t oldest;  /* once all flows are in use: the one to go */
    uint32_t recent;  /* the flow found last, as index + 1 */
    uint32_t *bucket; /* first flow of each chain, as index + 1 */
    struct print_seq_flow *flow;
};

/* What to subtract from the numbers of one segment. */
struct print_seq_bases {
    uint32_t seq;  /* from the sequence number */
    uint32_t ack;  /* from the acknowledgment number */
    uint32_t sack; /* from both edges of SACK blocks */
};

/* Makes ready for `flows_max` connections (at least 1). False without memory. */
WARN_UNUSED bool print_seq_init(struct print_seq *table, uint32_t flows_max, struct hash_key key);

/* Frees the table. */
void print_seq_deinit(struct print_seq *table);

/* Forgets all connections. */
void print_seq_clear(struct print_seq *table);

/*
 * Looks up the connection of a segment that has ACK, enters or updates it, and tells what to
 * subtract. `src` and `dst` are addresses of 4 or 16 bytes, as `version` says.
 */
struct print_seq_bases print_seq_update(struct print_seq *table, uint32_t version,
                                        const uint8_t *src, const uint8_t *dst, uint16_t src_port,
                                        uint16_t dst_port, uint32_t seq, uint32_t ack,
                                        bool has_syn);

#endif
