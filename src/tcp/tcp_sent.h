/*
 * What has been sent and not yet acknowledged: one record per segment or super-segment, in sequence
 * order without gaps from snd.una to snd.nxt. A record is split when a part of it is SACKed, lost,
 * retransmitted or acknowledged on its own.
 *
 * The counts below are kept with every change, so that `pipe` (RFC 6675 4) costs nothing:
 *
 *     in flight = total - sacked - lost + retransmitted
 */
#ifndef VITRO_TCP_SENT_H
#define VITRO_TCP_SENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pool.h"
#include "tcp/tcp_seq.h"

/* Records of one connection, at most: the sender waits for acknowledgements beyond. */
#define TCP_SENT_RECORDS_MAX 8192u

enum tcp_sent_flag {
    TCP_SENT_SACKED = 1,        /* the peer has it, though not cumulatively */
    TCP_SENT_LOST = 2,          /* taken for lost */
    TCP_SENT_RETRANSMITTED = 4, /* at least once, ever (Karn) */
    TCP_SENT_REXMIT_OUT = 8,    /* lost, retransmitted, and that copy counts as in flight */
    TCP_SENT_FIN = 16,          /* the last sequence number is the FIN */
    TCP_SENT_APP_LIMITED = 32,  /* delivery rate: sent while the application had nothing more */
};

struct tcp_sent_record {
    struct tcp_sent_record *next, *prev;
    tcp_seq seq;
    uint32_t len;           /* sequence space; FIN counts one */
    uint16_t segment_bytes; /* payload per segment of the wire when it was sent */
    uint8_t flags;          /* TCP_SENT_* */
    uint8_t transmissions;  /* saturates at 255 */
    uint64_t sent_us;       /* last transmission */
    /* delivery rate estimation: the connection's state when this was sent (for a later BBR) */
    uint64_t delivered_bytes;
    uint64_t delivered_us;
    uint64_t first_sent_us;
};

struct tcp_sent {
    struct tcp_sent_record *head, *tail;
    struct tcp_sent_record *retransmit_hint; /* no record before it waits to be retransmitted */
    uint32_t records;
    uint32_t total, sacked, lost, retransmitted; /* sequence space in records with these marks;
                                                    `retransmitted` = REXMIT_OUT */
    uint64_t delivered_bytes;                    /* of the connection while tx lives */
    uint64_t delivered_us;
    uint64_t first_sent_us;
};

/* The end of a record's sequence space. */
static inline tcp_seq tcp_sent_end(const struct tcp_sent_record *record)
{
    return tcp_seq_add(record->seq, record->len);
}

/* Sequence space believed to be in the network (pipe, RFC 6675 4). */
static inline uint32_t tcp_sent_in_flight(const struct tcp_sent *sent)
{
    return sent->total - sent->sacked - sent->lost + sent->retransmitted;
}

void tcp_sent_init(struct tcp_sent *sent);
/* Gives all records back to the pool. */
void tcp_sent_clear(struct tcp_sent *sent, struct pool *records);

/*
 * Notes that `len` of sequence space from `seq` (the end of the last record) left at `now_us`.
 * Extends the last record instead when it was sent at the same time and continues it. False when no
 * record is to be had; ask tcp_sent_has_room first.
 */
WARN_UNUSED bool tcp_sent_add(struct tcp_sent *sent, struct pool *records, tcp_seq seq,
                              uint32_t len, uint16_t segment_bytes, bool has_fin, uint64_t now_us);

/* Whether one more record fits the limit. */
static inline bool tcp_sent_has_room(const struct tcp_sent *sent)
{
    return sent->records < TCP_SENT_RECORDS_MAX;
}

/*
 * Splits `record` so that a record begins at `at` (inside it); returns that record, or NULL when
 * none is to be had (the caller then acts on the whole record).
 */
struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent, struct pool *records,
                                       struct tcp_sent_record *record, tcp_seq at);

/* Marks: each keeps the counts. A record already so marked is left alone. */
void tcp_sent_mark_sacked(struct tcp_sent *sent, struct tcp_sent_record *record);
void tcp_sent_mark_lost(struct tcp_sent *sent, struct tcp_sent_record *record);
void tcp_sent_unmark_lost(struct tcp_sent *sent, struct tcp_sent_record *record);
/* `record` was lost and leaves again at `now_us`. */
void tcp_sent_mark_retransmitted(struct tcp_sent *sent, struct tcp_sent_record *record,
                                 uint64_t now_us);

/* Recounts everything; compiled away unless VITRO_DEBUG. */
void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt);

#endif
