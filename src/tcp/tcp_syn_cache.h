/*
 * SYN-RECEIVED in 96 bytes: all that is kept of a passive open until its handshake is complete.
 *
 * A record is in the table under its tuple. It holds its listener: a closed listener stays in
 * memory until the last of its records has gone.
 *
 * A held record waits for its listener's owner to decide. It has sent nothing, so in the RFC's
 * terms it is still in LISTEN. While held it is not in the timer wheel: entry.timer.link puts it
 * into listener->held or listener->deciding, and the listener's hold_clock watches over both.
 */
#ifndef VITRO_TCP_SYN_CACHE_H
#define VITRO_TCP_SYN_CACHE_H

#include "tcp/tcp_listen.h"

/* How long a held SYN waits for a decision: as long as a patient peer keeps asking. */
#define TCP_SYN_HOLD_US_MAX 75000000u

/* Limit of config.synack_retries, so that the count fits its field. */
#define TCP_SYN_TIMEOUTS_MAX 10u

struct tcp_syn {
    struct tcp_entry entry; /* first member */
    struct tcp_listener *listener;
    tcp_seq iss; /* chosen when the SYN-ACK is sent first */
    tcp_seq irs;
    uint32_t ts_recent; /* the peer's latest TSval */
    uint16_t mss_peer;
    uint8_t snd_shift : 4; /* the peer's window scale */
    uint8_t timeouts : 4;  /* SYN-ACKs sent again because nothing came */
    bool sack : 1, timestamps : 1, window_scaling : 1, ecn : 1; /* agreed */
    bool held : 1;
    bool resent : 1;     /* the SYN-ACK left more than once: its round trip is not known (Karn) */
    bool challenged : 1; /* a challenge ACK left since the timer was last armed (RFC 5961 7) */
    bool reopened : 1;   /* held, from TIME-WAIT: `iss` is where the last connection ended */
};

/* The record whose entry this is. */
static inline struct tcp_syn *tcp_syn_of(struct tcp_entry *entry)
{
    return CONTAINER_OF(entry, struct tcp_syn, entry);
}

/*
 * Takes a SYN for `listener` into the cache and answers it. `last` is NULL, or where the sequence
 * numbers of an earlier connection ended, beyond which ours must begin. False when there is no room
 * for another record; nothing has happened then. The tuple must not be in the table.
 */
WARN_UNUSED bool tcp_syn_open(struct tcp_listener *listener, const struct tcp_segment *seg,
                              const tcp_seq *last, uint64_t now_us);

/* As tcp_syn_open, but the answer waits for tcp_syn_accept or tcp_syn_refuse. */
WARN_UNUSED bool tcp_syn_hold(struct tcp_listener *listener, const struct tcp_segment *seg,
                              const tcp_seq *last, uint64_t now_us);

/* A held record is accepted: its SYN-ACK leaves. */
void tcp_syn_accept(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us);

/* A held record is refused: RST to the peer, and the record is gone. */
void tcp_syn_refuse(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us);

/* Forgets a record, silently. Frees its listener if that is closed and this was the last record. */
void tcp_syn_free(struct tcp_host *host, struct tcp_syn *syn);

/* A segment for the record's tuple: RFC 9293 3.10.7.4 in SYN-RECEIVED. `syn` may be gone after. */
void tcp_syn_input(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_segment *seg,
                   uint64_t now_us);

/* The SYN-ACK has not been answered in time: send it again, or give up. */
void tcp_syn_timer(struct tcp_host *host, struct tcp_syn *syn, uint64_t deadline_us);

/* An ICMP error; returns whether the quoted sequence number is the SYN-ACK's (RFC 5927 4.1). */
bool tcp_syn_icmp(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_icmp *icmp,
                  uint64_t now_us);

#endif
