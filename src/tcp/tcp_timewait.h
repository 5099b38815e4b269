/*
 * TIME-WAIT in 96 bytes: what is left of a connection that has closed first, so that its last ACK
 * can be repeated and its old duplicates find no new connection (RFC 9293 3.6.1).
 *
 * All records live equally long, so the order in which they end is the order of one list,
 * host->time_wait_order. entry.timer.link is a record's place in that list, entry.timer.deadline_us
 * its end, and only host->time_wait_clock is in the timer wheel, for the first of them.
 */
#ifndef VITRO_TCP_TIMEWAIT_H
#define VITRO_TCP_TIMEWAIT_H

#include "tcp/tcp_conn.h"

struct tcp_timewait {
    struct tcp_entry entry; /* first member */
    tcp_seq snd_nxt;
    tcp_seq rcv_nxt;
    uint32_t ts_recent;
    uint32_t ts_offset;
    uint32_t challenge_ms : 24; /* the last challenge ACK, in our milliseconds; 0: none yet */
    uint32_t timestamps : 1;
    uint16_t window; /* as it was last on the wire */
    uint8_t ttl;
    uint8_t traffic_class;
};

/* The record whose entry this is. */
static inline struct tcp_timewait *tcp_timewait_of(struct tcp_entry *entry)
{
    return CONTAINER_OF(entry, struct tcp_timewait, entry);
}

/* Makes the host's list and clock. */
void tcp_timewait_init(struct tcp_host *host);

/*
 * Puts a record in the connection's place in the table; conn->flags.in_table is false afterwards,
 * and the caller ends the connection. At the limit the oldest record gives way; if there is no
 * memory at all, the tuple is free at once.
 */
void tcp_timewait_enter(struct tcp_conn *conn, uint64_t now_us);

/*
 * A segment for the record's tuple: RFC 9293 3.10.7.4 in TIME-WAIT. A SYN may open the tuple anew
 * (RFC 6191). `tw` may be gone afterwards.
 */
void tcp_timewait_input(struct tcp_host *host, struct tcp_timewait *tw,
                        const struct tcp_segment *seg, uint64_t now_us);

/* The clock has fired: ends all records that are due at `deadline_us`. */
void tcp_timewait_timer(struct tcp_host *host, uint64_t deadline_us);

/*
 * An active open wants the record's tuple. Where time stamps make that safe (RFC 6191 3, and a
 * second has passed), the record goes, `*last` is the end of what it has sent, for tcp_isn_beyond,
 * and true comes back.
 */
WARN_UNUSED bool tcp_timewait_yield(struct tcp_host *host, struct tcp_timewait *tw, tcp_seq *last,
                                    uint64_t now_us);

#endif
