/*
 * What the core reports: state moves with their cause, retransmissions with theirs, congestion
 * window changes, zero windows, drops with their reason. One struct per report, handed to the
 * host's `event` function while the connection is consistent; the receiver only reads.
 */
#ifndef VITRO_TCP_EVENT_H
#define VITRO_TCP_EVENT_H

#include "base/drop.h"
#include "tcp/tcp_seq.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_tuple.h"

#define TCP_EVENT_KINDS(X)                                                                         \
    X(STATE, "state")                                                                              \
    X(RETRANSMIT, "retransmit")                                                                    \
    X(TIMEOUT, "retransmission timeout")                                                           \
    X(RECOVERY_BEGIN, "recovery begins")                                                           \
    X(RECOVERY_END, "recovery ends")                                                               \
    X(SPURIOUS, "spurious retransmission undone")                                                  \
    X(CWND, "congestion window")                                                                   \
    X(ZERO_WINDOW, "peer's window is zero")                                                        \
    X(WINDOW_OPEN, "peer's window is open again")                                                  \
    X(PROBE, "window probe")                                                                       \
    X(KEEPALIVE, "keepalive probe")                                                                \
    X(OUR_ZERO_WINDOW, "our window is zero")                                                       \
    X(OUT_OF_ORDER, "data out of order")                                                           \
    X(DUPLICATE, "duplicate data")                                                                 \
    X(CHALLENGE, "challenge ACK")                                                                  \
    X(COOKIE, "SYN cookie")                                                                        \
    X(SOFT_ERROR, "soft error")                                                                    \
    X(PMTU, "path MTU")                                                                            \
    X(DROP, "drop")

enum tcp_event_kind {
#define TCP_EVENT_ENUM(name, text) TCP_EVENT_##name,
    TCP_EVENT_KINDS(TCP_EVENT_ENUM)
#undef TCP_EVENT_ENUM
};

#define TCP_RETRANSMIT_CAUSES(X)                                                                   \
    X(FAST, "duplicate acknowledgements")                                                          \
    X(SACK, "selective acknowledgements")                                                          \
    X(PARTIAL_ACK, "partial acknowledgement")                                                      \
    X(TIMEOUT, "timeout")                                                                          \
    X(PMTU, "path MTU became smaller")                                                             \
    X(WINDOW, "window opened again")                                                               \
    X(SYN, "unanswered SYN")                                                                       \
    X(SYN_ACK, "unanswered SYN-ACK")

enum tcp_retransmit_cause {
#define TCP_RETRANSMIT_ENUM(name, text) TCP_RETRANSMIT_##name,
    TCP_RETRANSMIT_CAUSES(TCP_RETRANSMIT_ENUM)
#undef TCP_RETRANSMIT_ENUM
};

struct tcp_conn;

struct tcp_event {
    enum tcp_event_kind kind;
    uint64_t now_us; /* the time that came in with the call that caused it */
    const struct tcp_tuple *tuple;
    const struct tcp_conn *conn; /* NULL: of a record, or of no connection at all */
    union {
        struct {
            enum tcp_state from, to;
            enum tcp_cause cause;
        } state;
        struct {
            enum tcp_retransmit_cause cause;
            tcp_seq seq;
            uint32_t len_bytes;
            uint32_t count; /* how often this data has been retransmitted, this time included */
        } retransmit;
        struct {
            uint32_t cwnd_bytes, ssthresh_bytes, in_flight_bytes;
        } cwnd;
        struct {
            uint64_t rto_us;
            uint32_t count; /* time-outs in a row */
        } timeout;
        struct {
            tcp_seq seq;
            uint32_t len_bytes;
        } range; /* OUT_OF_ORDER, DUPLICATE */
        struct {
            enum drop_reason reason;
            uint32_t len_bytes;
        } drop;
        int error;          /* SOFT_ERROR: an errno value */
        uint32_t mtu_bytes; /* PMTU */
    };
};

/* The kind in words, a static string. */
const char *tcp_event_kind_text(enum tcp_event_kind kind);
/* The cause of a retransmission in words, a static string. */
const char *tcp_retransmit_cause_text(enum tcp_retransmit_cause cause);

/* Reports a state move (called by tcp_state_set alone). */
void tcp_event_state(const struct tcp_conn *conn, enum tcp_state from, enum tcp_state to,
                     enum tcp_cause cause);
/* Reports a retransmission of `len_bytes` from `seq`, the `count`-th of that data. */
void tcp_event_retransmit(const struct tcp_conn *conn, enum tcp_retransmit_cause cause, tcp_seq seq,
                          uint32_t len_bytes, uint32_t count);
/* Reports the congestion window as it is now; call it when cwnd or ssthresh changed notably. */
void tcp_event_cwnd(const struct tcp_conn *conn);
/* Reports a retransmission time-out, the `count`-th in a row, of an RTO of `rto_us`. */
void tcp_event_timeout(const struct tcp_conn *conn, uint64_t rto_us, uint32_t count);
/* Reports a range of sequence space (OUT_OF_ORDER, DUPLICATE). */
void tcp_event_range(const struct tcp_conn *conn, enum tcp_event_kind kind, tcp_seq seq,
                     uint32_t len_bytes);
/* Reports a kind that carries nothing else. */
void tcp_event_plain(const struct tcp_conn *conn, enum tcp_event_kind kind);
/* Reports a soft error (errno) that was remembered (RFC 9293 3.9.2.2). */
void tcp_event_soft_error(const struct tcp_conn *conn, int error);
/* Reports the path MTU that the connection now works with. */
void tcp_event_pmtu(const struct tcp_conn *conn, uint32_t mtu_bytes);

struct tcp_host;
struct tcp_segment;
/* Counts a dropped segment under its one reason, and reports it; `conn` may be NULL. */
void tcp_event_drop(struct tcp_host *host, const struct tcp_conn *conn,
                    const struct tcp_segment *seg, enum drop_reason reason, uint64_t now_us);

#endif
