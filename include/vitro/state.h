/*
 * The states of a TCP connection (RFC 9293 3.3.2), and what moves it from one to the next.
 */
#ifndef VITRO_STATE_H
#define VITRO_STATE_H

#include "vitro/export.h"

VITRO_BEGIN

enum vitro_tcp_state {
    VITRO_TCP_CLOSED,
    VITRO_TCP_LISTEN,
    VITRO_TCP_SYN_SENT,
    VITRO_TCP_SYN_RECEIVED,
    VITRO_TCP_ESTABLISHED,
    VITRO_TCP_FIN_WAIT_1,
    VITRO_TCP_FIN_WAIT_2,
    VITRO_TCP_CLOSE_WAIT,
    VITRO_TCP_CLOSING,
    VITRO_TCP_LAST_ACK,
    VITRO_TCP_TIME_WAIT,
    VITRO_TCP_STATE_COUNT,
};

/* What made a connection move. */
enum vitro_tcp_cause {
    VITRO_CAUSE_OPEN_ACTIVE,
    VITRO_CAUSE_OPEN_PASSIVE,
    VITRO_CAUSE_SYN,              /* SYN arrived */
    VITRO_CAUSE_SYN_ACK,          /* SYN-ACK arrived */
    VITRO_CAUSE_ACK_OF_SYN,       /* our SYN was acknowledged */
    VITRO_CAUSE_ACK_OF_FIN,       /* our FIN was acknowledged */
    VITRO_CAUSE_FIN,              /* FIN arrived */
    VITRO_CAUSE_CLOSE,            /* closed here */
    VITRO_CAUSE_ABORT,            /* aborted here */
    VITRO_CAUSE_RST,              /* RST arrived */
    VITRO_CAUSE_TIMEOUT,          /* nobody answered */
    VITRO_CAUSE_LINGER_TIMEOUT,   /* the peer did not close in time */
    VITRO_CAUSE_TIME_WAIT_OVER,   /* 2MSL passed */
    VITRO_CAUSE_ICMP,             /* ICMP error */
    VITRO_CAUSE_DATA_AFTER_CLOSE, /* data arrived that nobody will read */
    VITRO_CAUSE_NO_MEMORY,
};

/* The state's name as RFC 9293 writes it, "FIN-WAIT-1"; a static string. */
VITRO_API const char *vitro_tcp_state_text(enum vitro_tcp_state state);

/* The cause in words; a static string. */
VITRO_API const char *vitro_tcp_cause_text(enum vitro_tcp_cause cause);

VITRO_END

#endif
