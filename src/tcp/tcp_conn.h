/*
 * The connection: RFC 9293's transmission control block, in its names.
 *
 *        snd.una        snd.nxt        snd.una + snd.wnd
 *   --------|--------------|------------------|-----------
 *   acked      in flight      may be sent       not yet
 *
 *        rcv.nxt                        rcv.edge
 *   --------|------------------------------|--------------
 *   acked      window: may arrive             not yet
 *
 * What an idle connection does not need is elsewhere and comes from a pool while it is needed:
 * `tx` (queued and unacknowledged data, loss recovery) and `rx` (data received and not yet read).
 * Both are NULL on an idle connection, which with its table entry, timer and socket stays under
 * 512 bytes.
 *
 * What always holds is written down in one place, tcp_conn_check().
 */
#ifndef VITRO_TCP_CONN_H
#define VITRO_TCP_CONN_H

#include "tcp/tcp_cc.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_rtt.h"
#include "tcp/tcp_seq.h"
#include "tcp/tcp_state.h"
#include "tcp/tcp_tuple.h"

struct tcp_tx;
struct tcp_rx;

/* Named deadlines, each TIME_NEVER while off; tcp_timer.h says who sets and clears them. */
enum tcp_timer {
    TCP_TIMER_RETRANSMIT,  /* the RTO of what is in flight, SYN and FIN included */
    TCP_TIMER_PERSIST,     /* next probe of a closed window; never together with RETRANSMIT */
    TCP_TIMER_DELAYED_ACK, /* the ACK that is owed must leave by then */
    TCP_TIMER_LINGER,      /* FIN-WAIT-2 of a closed connection */
    TCP_TIMER_COUNT,
};

struct tcp_conn {
    struct tcp_entry entry; /* table link, timer, addresses; first member */
    struct tcp_host *host;
    struct tcp_tx *tx; /* NULL: nothing queued, nothing in flight */
    struct tcp_rx *rx; /* NULL: nothing received and unread, no hole */
    uint64_t owner;    /* the layer above: its handle, 0: none */
    union {
        struct tcp_conn *accept_next; /* in a listener's queue, while flags.waits_for_accept */
        uint64_t last_sent_us;        /* data: idle time for the congestion window */
    };

    struct {
        tcp_seq una;      /* oldest unacknowledged */
        tcp_seq nxt;      /* next to send; never moves back */
        tcp_seq wl1, wl2; /* segment that last updated wnd: its seq and ack */
        tcp_seq up;       /* urgent pointer; valid while flags.urgent_send */
        tcp_seq iss;
        tcp_seq small_end; /* end of the last segment sent below full size (Minshall) */
        uint32_t wnd;      /* scaled, in bytes */
        uint32_t wnd_max;  /* largest window the peer ever offered */
    } snd;
    struct {
        tcp_seq nxt;
        tcp_seq edge;  /* right edge of the window as advertised; never moves left */
        tcp_seq acked; /* last acknowledgement number sent (Last.ACK.sent, RFC 7323 4.3) */
        tcp_seq up;    /* receive urgent pointer; valid while flags.urgent_receive */
        tcp_seq fin;   /* where the peer's FIN is; valid while flags.fin_seen */
        tcp_seq irs;
        tcp_seq dup_start, dup_end; /* D-SACK to report with the next ACK, empty if equal */
    } rcv;
    uint32_t challenge_ms; /* last challenge ACK */

    uint64_t deadline_us[TCP_TIMER_COUNT];
    struct list starved; /* in tcp_host.starved, while a flag below says so */

    struct tcp_rtt rtt;
    struct cc cc;

    /* time stamps (RFC 7323) */
    uint32_t ts_recent;
    uint32_t ts_recent_ms; /* when ts_recent was taken, in our milliseconds */
    uint32_t ts_offset;    /* our TSval is now in ms plus this */

    /* negotiated and configured */
    uint16_t mss_peer;  /* from the peer's SYN, or the default (RFC 9293 MUST-15) */
    uint16_t mss_full;  /* what one packet of the path and the peer take: options and payload */
    uint16_t mss_bytes; /* payload of a full segment as sent now: mss_full less time stamps */
    uint16_t mss_announced;
    uint16_t super_bytes_max; /* payload of one super-segment on this path; at least mss_bytes */
    uint8_t snd_shift, rcv_shift; /* window scale (RFC 7323 2.2) */
    uint8_t traffic_class;
    uint8_t ttl;             /* 0: default */
    uint8_t state;           /* enum tcp_state; written by tcp_state_set alone */
    uint8_t probes;          /* unanswered window or keepalive probes in a row */
    uint8_t persist_backoff; /* the persist interval is the RTO times 2 to this */
    uint8_t syn_count;       /* SYNs sent beyond the first */
    uint8_t quick_acks_left; /* segments still to be acknowledged at once */
    int16_t error;           /* errno for the application, 0: none; taken once */
    int16_t soft_error;      /* last soft ICMP error: what a time-out will be called */

    /* receive window (RFC 9293 3.8.6, and growth with the reader's speed) */
    uint32_t sndbuf_bytes_max;
    uint32_t rcvbuf_bytes;      /* what the window may cover now */
    uint32_t ack_pending_bytes; /* received since the last ACK left */
    uint16_t rcv_segment_bytes; /* the peer's full segment, as far as it has shown */
    uint16_t rcv_last_bytes;    /* the last segment received */
    uint32_t drs_read_bytes;    /* read by the application in this measuring round */
    uint32_t drs_round_start_ms;
    uint32_t user_timeout_ms; /* the application's limit; 0: R2 */

    uint64_t last_received_us; /* any acceptable segment: idle time for keepalive */
    uint64_t progress_us; /* since when the head of the send queue waits, for R2 and user timeout */

    /* the application's options */
    uint32_t keep_idle_ms, keep_interval_ms;
    uint8_t keep_probes;

    struct {
        bool sack : 1, timestamps : 1, window_scaling : 1, ecn : 1; /* agreed */
        bool nodelay : 1, keepalive : 1, cork : 1, quickack : 1;    /* options */
        bool ack_now : 1;                                           /* an ACK is owed at once */
        bool fin_queued : 1;     /* the application has finished sending */
        bool fin_sent : 1;       /* FIN occupies snd.nxt - 1 */
        bool fin_seen : 1;       /* peer's FIN arrived, perhaps ahead of data */
        bool fin_received : 1;   /* and everything before it: it is at rcv.nxt - 1 */
        bool receive_closed : 1; /* the application reads no more: data means RST after close */
        bool closed : 1;         /* the application has let go: free when done */
        bool has_sink : 1;       /* in-order data goes to ops->sink first */
        bool urgent_send : 1, urgent_receive : 1;
        bool simultaneous : 1; /* SYN-RECEIVED was reached from SYN-SENT */
        bool in_table : 1;
        bool heard_keepalive : 1;  /* the peer has asked whether we are still there */
        bool ece_echo : 1;         /* CE seen: ECE on every ACK until CWR (RFC 3168 6.1.3) */
        bool cwr_due : 1;          /* CWR on the next new data segment (RFC 3168 6.1.2) */
        bool cwnd_limited : 1;     /* the last sending round was stopped by cwnd */
        bool syn_due : 1;          /* a SYN or SYN-ACK has to be sent now */
        bool probe_due : 1;        /* a window probe has to be sent now */
        bool keepalive_due : 1;    /* a keepalive probe has to be sent now */
        bool waits_for_accept : 1; /* in a listener's accept queue */
        bool r1_reached : 1;
        bool retried : 1;     /* a retransmission time-out since the last progress */
        bool linger_zero : 1; /* close sends RST (SO_LINGER 0) */
        bool chunk_to_send : 1, chunk_to_receive : 1; /* waits for memory (tcp_starved.h) */
        bool chunk_granted : 1;                       /* it is its turn to take some */
    } flags;

    struct {
        uint64_t bytes_sent, bytes_received; /* payload, each byte once */
        uint32_t segments_out, segments_in, retransmits, duplicates_in;
        uint64_t established_us;
    } stats;
};

/* The connection whose entry this is. */
static inline struct tcp_conn *tcp_conn_of(struct tcp_entry *entry)
{
    return CONTAINER_OF(entry, struct tcp_conn, entry);
}

/* Sequence space in flight: SYN, data, FIN. */
static inline uint32_t tcp_conn_flight_bytes(const struct tcp_conn *conn)
{
    return tcp_seq_diff(conn->snd.nxt, conn->snd.una);
}

/* The receive window as the peer knows it, in bytes. */
static inline uint32_t tcp_conn_receive_window(const struct tcp_conn *conn)
{
    return tcp_seq_gt(conn->rcv.edge, conn->rcv.nxt) ? tcp_seq_diff(conn->rcv.edge, conn->rcv.nxt)
                                                     : 0;
}

/*
 * A connection in CLOSED, not in the table, with the host's defaults as its options; NULL when
 * conns_max is reached or memory is out. The caller makes it live, or frees it.
 */
struct tcp_conn *tcp_conn_new(struct tcp_host *host, const struct tcp_tuple *tuple,
                              uint64_t now_us);

/* Takes the connection out of the table and stops all its timers. */
void tcp_conn_detach(struct tcp_conn *conn);

/* Detaches it and gives all its memory back. */
void tcp_conn_free(struct tcp_conn *conn);

/*
 * The end: CLOSED with this errno (0: regular). Buffers for sending go, unread data stays readable
 * unless `error` is a reset's. Frees the connection if the application has let go of it; the
 * caller must not touch `conn` afterwards unless it holds a handle.
 */
void tcp_conn_end(struct tcp_conn *conn, int error, enum tcp_cause cause, uint64_t now_us);

/* Makes sure that `tx` (`rx`) is there; false when memory is out. */
WARN_UNUSED bool tcp_conn_need_tx(struct tcp_conn *conn);
WARN_UNUSED bool tcp_conn_need_rx(struct tcp_conn *conn);
/* Gives `tx` (`rx`) back if nothing needs it now. */
void tcp_conn_trim_tx(struct tcp_conn *conn);
void tcp_conn_trim_rx(struct tcp_conn *conn);

/* Our time stamp clock: 1 ms, offset per connection (RFC 7323 5.4). */
static inline uint32_t tcp_conn_ts_now(const struct tcp_conn *conn, uint64_t now_us)
{
    return (uint32_t)(now_us / 1000) + conn->ts_offset;
}

/* Puts the effective segment size in force: peer's MSS, path MTU and options (RFC 9293 MUST-16). */
void tcp_conn_mss_update(struct tcp_conn *conn);
/* The same, and if segments became smaller, what is in flight in larger ones is sent again. */
void tcp_conn_path_changed(struct tcp_conn *conn, uint64_t now_us);

/* Walks every invariant; compiled away unless VITRO_DEBUG. */
void tcp_conn_check(const struct tcp_conn *conn);

#endif
