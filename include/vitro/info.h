/*
 * What a connection is doing, in numbers; and a walk over all of them, for netstat.
 */
#ifndef VITRO_INFO_H
#define VITRO_INFO_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"
#include "vitro/state.h"

VITRO_BEGIN

/* Sequence space is bytes; fields that a state or record has no meaning for are 0. */
struct vitro_tcp_info {
    struct vitro_flow flow;
    vitro_socket socket; /* VITRO_SOCKET_NONE: not accepted yet, closed, or only a record */
    uint64_t user;
    enum vitro_tcp_state state;
    /* agreed in the handshake */
    bool has_sack, has_timestamps, has_window_scaling, has_ecn;
    bool is_kept_alive;                /* the peer has sent keepalive probes (RFC 9293 3.8.4) */
    uint8_t send_shift, receive_shift; /* window scale (RFC 7323 2.2) */
    uint32_t mss_bytes;                /* payload of a full segment as sent now */
    uint32_t mss_peer_bytes;           /* what the peer announced */
    /* round trip and retransmission (RFC 6298) */
    uint64_t rtt_us_smoothed; /* 0: not measured yet */
    uint64_t rtt_us_variance;
    uint64_t rtt_us_min;
    uint64_t rto_us;
    uint32_t retransmits; /* segments */
    uint8_t timeouts;     /* in a row */
    uint8_t probes;       /* unanswered window or keepalive probes in a row */
    /* congestion */
    const char *congestion_control; /* a static string */
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes; /* UINT32_MAX: infinite */
    uint32_t in_flight_bytes;
    bool is_recovering;
    /* windows and buffers */
    uint32_t send_window_bytes;    /* the peer's */
    uint32_t receive_window_bytes; /* ours, as the peer knows it */
    uint32_t send_queued_bytes;    /* queued or not acknowledged */
    uint32_t receive_queued_bytes; /* in order, not read */
    uint32_t send_buffer_bytes;    /* limits */
    uint32_t receive_buffer_bytes;
    /* sequence numbers: snd.una, snd.nxt, rcv.nxt, iss, irs */
    uint32_t send_unacked, send_next, receive_next, send_initial, receive_initial;
    /* totals */
    uint64_t bytes_sent, bytes_received; /* payload, each byte once */
    uint32_t segments_sent, segments_received;
    uint32_t duplicates_received;
    uint64_t established_us;  /* when; 0: not yet */
    uint64_t deadline_us;     /* its next timer; VITRO_TIME_NEVER */
    int32_t error;            /* pending, a negative errno value; 0: none */
    uint32_t backlog_waiting; /* listener: connections to be accepted */
    uint32_t backlog_syns;    /* listener: SYN-RECEIVED records */
};

/* Tells about one socket; a listener has state LISTEN. -EBADF, or -EOPNOTSUPP: not TCP. */
VITRO_API int vitro_tcp_info(const struct vitro_stack *stack, vitro_socket socket,
                             struct vitro_tcp_info *info);

/* A place in the walk; begin with all zero. */
struct vitro_cursor {
    uint32_t stage;
    const void *at;
};

/*
 * The next listener, connection, SYN-RECEIVED or TIME-WAIT record, in no particular order. False at
 * the end. Nothing may be called that changes the stack until the walk is over.
 */
VITRO_API bool vitro_stack_conns_next(const struct vitro_stack *stack, struct vitro_cursor *cursor,
                                      struct vitro_tcp_info *info);

VITRO_END

#endif
