/*
 * Loss recovery: what an acknowledgement says about what was sent, what is lost, how much may leave
 * now. With SACK by the scoreboard (RFC 6675), without it NewReno (RFC 6582); limited transmit
 * (RFC 3042); proportional rate reduction (RFC 9937); time-outs; undo of what turns out to have been
 * spurious (RFC 3522, RFC 4015, D-SACK RFC 3708). RACK-TLP will find its place here.
 *
 * The rest of the sender asks only three things: what an ACK did (tcp_recovery_on_ack), what is to
 * be sent again next (tcp_recovery_next), and how much the congestion window allows
 * (tcp_recovery_room_bytes).
 */
#ifndef VITRO_TCP_RECOVERY_H
#define VITRO_TCP_RECOVERY_H

#include "tcp/tcp_conn.h"
#include "tcp/tcp_prr.h"
#include "tcp/tcp_seq.h"

enum tcp_recovery_state {
    TCP_RECOVERY_OPEN,     /* nothing is suspected */
    TCP_RECOVERY_DISORDER, /* duplicate ACKs or SACKs, below the threshold */
    TCP_RECOVERY_CWR,      /* ECN: the window is being reduced, nothing was lost */
    TCP_RECOVERY_FAST,     /* fast recovery */
    TCP_RECOVERY_LOSS,     /* after a retransmission time-out */
};

struct tcp_recovery {
    uint8_t state; /* enum tcp_recovery_state */
    bool can_undo; /* the episode may still turn out to have been spurious */
    uint8_t cause; /* enum tcp_retransmit_cause of what is marked lost now */
    uint32_t dup_acks;      /* in a row; without SACK each stands for one delivered segment */
    uint32_t dup_bytes;     /* without SACK: bytes that duplicate ACKs say have left */
    tcp_seq recover;        /* the episode ends when this is acknowledged (RFC 6582) */
    tcp_seq undo_una;       /* snd.una when the episode began */
    uint32_t undo_retransmits; /* retransmitted in it and not yet reported as duplicate */
    uint32_t rexmit_ts;     /* our TSval at the first retransmission (Eifel, RFC 3522) */
    tcp_seq high_sacked;    /* end of the highest SACKed byte, valid while sent.sacked > 0 */
    struct tcp_prr prr;
};

void tcp_recovery_init(struct tcp_recovery *recovery);

/*
 * Takes an acceptable acknowledgement. Called after snd.una was moved to SEG.ACK (if that is new:
 * `acked` > 0 sequence space) and before the window is updated. Removes acknowledged records,
 * applies SACK blocks, samples RTT, runs congestion control, enters and leaves recovery, undoes.
 * `is_duplicate` is RFC 5681 2's definition. Needs conn->tx.
 */
void tcp_recovery_on_ack(struct tcp_conn *conn, const struct tcp_segment *seg, uint32_t acked,
                         bool is_duplicate, uint64_t now_us);

/* The retransmission timer expired: everything outstanding and not SACKed is taken for lost. */
void tcp_recovery_on_timeout(struct tcp_conn *conn, uint64_t now_us);

/* ECE arrived on an ECN connection: reduce once per window (RFC 3168 6.1.2). Sets cwr_due. */
void tcp_recovery_on_ecn(struct tcp_conn *conn, uint64_t now_us);

/* The path MTU fell: what is in flight in larger segments is lost, cwnd stays (RFC 1191 6.5). */
void tcp_recovery_on_mtu(struct tcp_conn *conn);

/*
 * What to send again next: the first sequence number and length of data marked lost, at most
 * `len_max` bytes, cut at record borders. False if nothing waits. Pure.
 */
bool tcp_recovery_next(const struct tcp_conn *conn, uint32_t len_max, tcp_seq *seq, uint32_t *len,
                       bool *has_fin);

/* Notes that this range, as tcp_recovery_next gave it, has left again; reports the event. */
void tcp_recovery_retransmitted(struct tcp_conn *conn, tcp_seq seq, uint32_t len, uint64_t now_us);

/* Notes that new data has left (PRR, limited transmit). */
void tcp_recovery_sent_new(struct tcp_conn *conn, uint32_t len);

/*
 * How many bytes congestion control lets leave now: cwnd (or what PRR allows in recovery, or
 * limited transmit's two segments more in disorder) less what is in flight. Pure.
 */
uint32_t tcp_recovery_room_bytes(const struct tcp_conn *conn);

/* Invariants; compiled away unless VITRO_DEBUG. */
void tcp_recovery_check(const struct tcp_conn *conn);

#endif
