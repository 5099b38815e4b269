/*
 * What has been sent and not yet acknowledged: records in sequence order without gaps from snd.una
 * to snd.nxt. A record stands for whatever left at one time: one segment, a super-segment, or
 * several in a row. It is split only where something becomes known about a part of it:
 * acknowledged, SACKed, lost, sent again. Neighbours that are both SACKed become one, so a run of
 * SACKed data is one record however long it is.
 *
 *     snd.una                                                      snd.nxt
 *        |  lost  |      SACKed run      | lost |  SACKed  |  in flight  |
 *
 * The counts below are kept with every change, so that `pipe` (RFC 6675 4) costs nothing:
 *
 *     in flight = total - sacked - lost + retransmitted
 *
 * SACKed and lost exclude each other; REXMIT_OUT is only on what is lost.
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
    uint16_t segment_bytes; /* payload per segment of the wire when it was sent; not 0 */
    uint8_t flags;          /* TCP_SENT_* */
    uint8_t transmissions;  /* saturates at 255; of a SACKed run the most of any part */
    uint64_t sent_us;       /* last transmission */
    /* delivery rate estimation: the connection's state when this was sent (for a later BBR) */
    uint64_t delivered_bytes;
    uint64_t delivered_us;
    uint64_t first_sent_us;
};

struct tcp_sent {
    struct tcp_sent_record *head, *tail;
    struct tcp_sent_record *retransmit_hint; /* no record before it waits to be retransmitted */
    struct tcp_sent_record *sack_hint;       /* where the last SACK block was applied; or NULL */
    struct tcp_sent_record *sack_high;       /* the highest SACKed record; NULL: none */
    uint32_t records;
    uint32_t total, sacked, lost, retransmitted; /* sequence space in records with these marks;
                                                    `retransmitted` = REXMIT_OUT */
    uint64_t delivered_bytes;                    /* of the connection while tx lives */
    uint64_t delivered_us;
    uint64_t first_sent_us;
};

/* What became known to be delivered with one acknowledgement, collected over its parts. */
struct tcp_sent_news {
    uint32_t delivered;      /* sequence space not known to be delivered before */
    bool has_sample;         /* something of it was never retransmitted, ... */
    bool has_retransmitted;  /* something of it was */
    uint64_t sample_sent_us; /* ... and the newest such was sent then */
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

/* Lost, and not sent again since. */
static inline bool tcp_sent_waits(const struct tcp_sent_record *record)
{
    return (record->flags & (TCP_SENT_LOST | TCP_SENT_REXMIT_OUT)) == TCP_SENT_LOST;
}

/* No record. */
void tcp_sent_init(struct tcp_sent *sent);
/* Gives all records back to the pool. */
void tcp_sent_clear(struct tcp_sent *sent, struct pool *records);

/*
 * Notes that `len` > 0 of sequence space from `seq` (the end of the last record) left at `now_us`,
 * cut on the wire into segments of `segment_bytes` payload. Extends the last record instead when it
 * was sent at the same time and continues it at a segment's border. False when no record is to be
 * had; ask tcp_sent_has_room first.
 */
WARN_UNUSED bool tcp_sent_add(struct tcp_sent *sent, struct pool *records, tcp_seq seq,
                              uint32_t len, uint16_t segment_bytes, bool has_fin, uint64_t now_us);

/* Whether one more record fits the limit. */
static inline bool tcp_sent_has_room(const struct tcp_sent *sent)
{
    return sent->records < TCP_SENT_RECORDS_MAX;
}

/*
 * Everything before `una` is acknowledged: its records go; one that reaches beyond keeps the rest.
 * What that delivered is added to `news`.
 */
void tcp_sent_release(struct tcp_sent *sent, struct pool *records, tcp_seq una, uint64_t now_us,
                      struct tcp_sent_news *news);

/*
 * Splits `record` so that a record begins at `at` (inside it); returns that record, or NULL when
 * none is to be had (the caller then acts on the whole record, or leaves it).
 */
struct tcp_sent_record *tcp_sent_split(struct tcp_sent *sent, struct pool *records,
                                       struct tcp_sent_record *record, tcp_seq at);

/*
 * Marks: each keeps the counts.
 *
 * SACKed: no longer lost; joins its SACKed neighbours. Returns the record that holds it from now on
 * (`record` itself may be gone) and adds what that delivered to `news`.
 */
struct tcp_sent_record *tcp_sent_mark_sacked(struct tcp_sent *sent, struct pool *records,
                                             struct tcp_sent_record *record, uint64_t now_us,
                                             struct tcp_sent_news *news);
/* The peer has reneged (RFC 2018 8): nothing is SACKed. */
void tcp_sent_unmark_sacked(struct tcp_sent *sent);
/* Lost: the copy sent last, whichever that is. Not for SACKed records. */
void tcp_sent_mark_lost(struct tcp_sent *sent, struct tcp_sent_record *record);
/* Nothing is lost after all: of everything the first copy is in flight. */
void tcp_sent_unmark_lost(struct tcp_sent *sent);
/* `record`, which waited, leaves again at `now_us` in segments of `segment_bytes`. */
void tcp_sent_mark_retransmitted(struct tcp_sent *sent, struct tcp_sent_record *record,
                                 uint16_t segment_bytes, uint64_t now_us);

/* The first byte left again at `now_us` to probe a closed window: Karn's rule applies to it. */
void tcp_sent_probe_again(struct tcp_sent *sent, uint64_t now_us);

/* The first record that waits to be sent again, or NULL. */
struct tcp_sent_record *tcp_sent_first_waiting(const struct tcp_sent *sent);

/* Recounts everything; compiled away unless VITRO_DEBUG. */
void tcp_sent_check(const struct tcp_sent *sent, tcp_seq una, tcp_seq nxt);

#endif
