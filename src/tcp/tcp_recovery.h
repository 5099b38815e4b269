/*
 * Loss recovery: what an acknowledgement says about what was sent, what is lost, how much may leave
 * now. With SACK by the scoreboard (RFC 6675), without it NewReno (RFC 6582); limited transmit
 * (RFC 3042); proportional rate reduction (RFC 9937); time-outs; undo of what turns out to have
 * been spurious (RFC 3522, RFC 4015, D-SACK RFC 3708). RACK-TLP will find its place here.
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

/* Duplicate ACKs, or segments SACKed above it, that prove a segment lost (RFC 5681, RFC 6675 2). */
#define TCP_RECOVERY_DUP_THRESH     3u
/* What the threshold grows to at most where the network was seen to reorder by more. */
#define TCP_RECOVERY_DUP_THRESH_MAX 64u

struct tcp_recovery {
    uint8_t state;             /* enum tcp_recovery_state */
    uint8_t cause;             /* enum tcp_retransmit_cause of what is marked lost now */
    uint8_t dup_thresh;        /* TCP_RECOVERY_DUP_THRESH, or more after spurious retransmissions */
    bool can_undo;             /* the last episode may still turn out to have been spurious; until a
                                  round trip after its end */
    bool has_rexmit_ts;        /* rexmit_ts is valid: something was retransmitted in it */
    bool has_timed_out;        /* in it */
    bool hold_dup_acks;        /* without SACK: no fast retransmit until `recover` is passed */
    uint32_t dup_acks;         /* in a row; without SACK each stands for one delivered segment */
    uint32_t dup_bytes;        /* without SACK: bytes that duplicate ACKs say have left */
    tcp_seq recover;           /* the episode (then can_undo) ends with its acknowledgement */
    tcp_seq lost_edge;         /* all before it is SACKed or lost; valid while anything is lost */
    tcp_seq timeout_una;       /* snd.una at the last time-out */
    tcp_seq undo_una;          /* snd.una when the episode began */
    uint32_t undo_retransmits; /* retransmitted in it and not yet reported as duplicate */
    uint32_t rexmit_ts;        /* our TSval at the first retransmission (Eifel, RFC 3522) */
    struct cc cc_before;       /* congestion control as it was when the episode began */
    struct tcp_prr prr;
};

/* Nothing in flight, nothing suspected. */
void tcp_recovery_init(struct tcp_recovery *recovery);

/*
 * Takes an acceptable acknowledgement. Called after snd.una was moved to SEG.ACK (if that is new:
 * `acked` > 0 sequence space) and before the window is updated. Removes acknowledged records,
 * applies SACK blocks, samples RTT, runs congestion control, enters and leaves recovery, undoes.
 * `is_duplicate` is RFC 5681 2's definition. Needs conn->tx.
 */
void tcp_recovery_on_ack(struct tcp_conn *conn, const struct tcp_segment *seg, uint32_t acked,
                         bool is_duplicate, uint64_t now_us);

/*
 * The retransmission timer expired: everything outstanding and not SACKed is taken for lost, the
 * window falls to one segment, ssthresh once per loss (RFC 5681 3.1). Backing the RTO off, counting
 * and reporting the time-out are the timer's business.
 */
void tcp_recovery_on_timeout(struct tcp_conn *conn, uint64_t now_us);

/*
 * ECE arrived on an ECN connection: reduce once per window (RFC 3168 6.1.2). Sets cwr_due. To be
 * called before tcp_recovery_on_ack of the same segment. Needs conn->tx.
 */
void tcp_recovery_on_ecn(struct tcp_conn *conn, uint64_t now_us);

/* The path MTU fell: what is in flight in larger segments is lost, cwnd stays (RFC 1191 6.4). */
void tcp_recovery_on_mtu(struct tcp_conn *conn);

/*
 * The peer's window was zero and is open: what was sent into it (probes) and is not acknowledged
 * was thrown away and may leave again at once; cwnd stays.
 */
void tcp_recovery_on_window_open(struct tcp_conn *conn);

/*
 * What to send again next: the first sequence number and length of data marked lost, at most
 * `len_max` (> 0) bytes of payload, cut at record borders. `*len` is sequence space: with
 * `*has_fin` its last number is the FIN, which adds one to `len_max`. False if nothing waits. Pure.
 */
bool tcp_recovery_next(const struct tcp_conn *conn, uint32_t len_max, tcp_seq *seq, uint32_t *len,
                       bool *has_fin);

/*
 * The same for what SACKs make doubtful but do not prove lost, to be sent when nothing waits and
 * nothing is new (RFC 6675 4 NextSeg (3)). Never with a FIN. Pure.
 */
bool tcp_recovery_next_doubtful(const struct tcp_conn *conn, uint32_t len_max, tcp_seq *seq,
                                uint32_t *len);

/*
 * Notes that this range, as one of the two above gave it, has left again; counts and reports it.
 * Needs a record when it ends inside of one; without, the whole record is taken for sent again.
 */
void tcp_recovery_retransmitted(struct tcp_conn *conn, tcp_seq seq, uint32_t len, uint64_t now_us);

/* Notes that new data has left (PRR, limited transmit). */
void tcp_recovery_sent_new(struct tcp_conn *conn, uint32_t len);

/*
 * Bytes believed to be in the network: what was sent less what is acknowledged, SACKed, lost, or
 * without SACK accounted for by duplicate ACKs (pipe, RFC 6675 4). Pure.
 */
uint32_t tcp_recovery_in_flight(const struct tcp_conn *conn);

/*
 * How many bytes congestion control lets leave now: cwnd (or what PRR allows in recovery) less what
 * is in flight. As duplicate ACKs and SACKs lower the latter, this includes limited transmit
 * (RFC 3042). When something waits to be retransmitted and nothing is in flight, it is a segment at
 * least. Pure.
 */
uint32_t tcp_recovery_room_bytes(const struct tcp_conn *conn);

/* Invariants; compiled away unless VITRO_DEBUG. */
void tcp_recovery_check(const struct tcp_conn *conn);

#endif
