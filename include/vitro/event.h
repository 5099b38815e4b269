/*
 * Events: all that is notable, told while it happens, through the event callback.
 *
 * The callback only looks: it must not call into the same stack. The event and what it points to
 * live until the callback returns. Byte counts are payload; sequence numbers are as on the wire.
 */
#ifndef VITRO_EVENT_H
#define VITRO_EVENT_H

#include "vitro/address.h"
#include "vitro/drop.h"
#include "vitro/export.h"
#include "vitro/state.h"

VITRO_BEGIN

enum vitro_event_kind {
    VITRO_EVENT_STATE,           /* .state: a connection moves */
    VITRO_EVENT_RETRANSMIT,      /* .retransmit: data, SYN or FIN leaves once more */
    VITRO_EVENT_TIMEOUT,         /* .timeout: a retransmission timer ran out */
    VITRO_EVENT_RECOVERY_BEGIN,  /* loss noticed: fast recovery (RFC 5681, RFC 6675) */
    VITRO_EVENT_RECOVERY_END,    /* all that was in flight then is acknowledged */
    VITRO_EVENT_SPURIOUS,        /* nothing was lost after all: the reduction is undone */
    VITRO_EVENT_CWND,            /* .cwnd: the congestion window changed notably */
    VITRO_EVENT_ZERO_WINDOW,     /* the peer's window is zero */
    VITRO_EVENT_WINDOW_OPEN,     /* and open again */
    VITRO_EVENT_PROBE,           /* a window probe leaves */
    VITRO_EVENT_KEEPALIVE,       /* a keepalive probe leaves */
    VITRO_EVENT_OUR_ZERO_WINDOW, /* our window is zero: the reader is slow */
    VITRO_EVENT_OUT_OF_ORDER,    /* .range: data with a hole before it */
    VITRO_EVENT_DUPLICATE,       /* .range: data that was here already */
    VITRO_EVENT_CHALLENGE,       /* a challenge ACK leaves (RFC 5961) */
    VITRO_EVENT_COOKIE,          /* a SYN cookie leaves, or comes back */
    VITRO_EVENT_SOFT_ERROR,      /* .error: an ICMP error that ends nothing */
    VITRO_EVENT_PMTU,            /* .mtu_bytes: the path takes less than was thought */
    VITRO_EVENT_DROP,            /* .drop: a packet was dropped */
    VITRO_EVENT_KIND_COUNT,
};

/* Why something is sent once more. */
enum vitro_retransmit_cause {
    VITRO_RETRANSMIT_FAST,        /* three duplicate acknowledgements */
    VITRO_RETRANSMIT_SACK,        /* selective acknowledgements show a hole */
    VITRO_RETRANSMIT_PARTIAL_ACK, /* the next hole (RFC 6582) */
    VITRO_RETRANSMIT_TIMEOUT,     /* retransmission timeout */
    VITRO_RETRANSMIT_PMTU,        /* the path MTU became smaller */
    VITRO_RETRANSMIT_WINDOW,      /* the peer's window opened again */
    VITRO_RETRANSMIT_SYN,         /* nobody answered the SYN */
    VITRO_RETRANSMIT_SYN_ACK,     /* nobody answered the SYN-ACK */
};

struct vitro_event {
    enum vitro_event_kind kind;
    uint64_t now_us;
    vitro_socket socket;    /* VITRO_SOCKET_NONE: not accepted yet, closed, or no connection */
    uint64_t user;          /* the socket's, else 0 */
    uint32_t interface;     /* of a dropped packet, else 0 */
    struct vitro_flow flow; /* DROP: as far as the packet was understood, else zero */
    union {
        struct {
            enum vitro_tcp_state from, to;
            enum vitro_tcp_cause cause;
        } state;
        struct {
            enum vitro_retransmit_cause cause;
            uint32_t seq;
            uint32_t len_bytes;
            uint32_t count; /* how often this data left again, this time included */
        } retransmit;
        struct {
            uint32_t cwnd_bytes, ssthresh_bytes, in_flight_bytes;
        } cwnd;
        struct {
            uint64_t rto_us;
            uint32_t count; /* in a row */
        } timeout;
        struct {
            uint32_t seq;
            uint32_t len_bytes;
        } range;
        struct {
            enum vitro_drop reason;
            uint32_t len_bytes; /* of the whole packet */
        } drop;
        int error; /* negative errno */
        uint32_t mtu_bytes;
    } as;
};

/* The kind in words; a static string. */
VITRO_API const char *vitro_event_kind_text(enum vitro_event_kind kind);

/* The cause of a retransmission in words; a static string. */
VITRO_API const char *vitro_retransmit_cause_text(enum vitro_retransmit_cause cause);

VITRO_END

#endif
