/*
 * Options of a socket. All are numbers, except the congestion control, which goes by name.
 *
 * Options may be set at any time and take effect at once. Those of a listener are inherited by the
 * connections accepted from it.
 */
#ifndef VITRO_OPTIONS_H
#define VITRO_OPTIONS_H

#include "vitro/error.h"
#include "vitro/export.h"

VITRO_BEGIN

/* Value, default; B: also before connect or listen; L: of a listener too; U: UDP and ping too. */
enum vitro_option {
    VITRO_OPTION_NODELAY,          /* 0, 1: no Nagle algorithm (RFC 9293 MUST-17). B L */
    VITRO_OPTION_CORK,             /* 0, 1: only full segments until it is cleared. B */
    VITRO_OPTION_QUICKACK,         /* 0, 1: acknowledge at once, for now. B */
    VITRO_OPTION_KEEPALIVE,        /* 0, 1: probe an idle peer (RFC 9293 MUST-24). B L */
    VITRO_OPTION_KEEP_IDLE_MS,     /* silence before the first probe. B */
    VITRO_OPTION_KEEP_INTERVAL_MS, /* between probes. B */
    VITRO_OPTION_KEEP_PROBES,      /* unanswered ones before the end, 1 to 255. B */
    VITRO_OPTION_USER_TIMEOUT_MS,  /* data unacknowledged for so long: the end; 0: R2. B L */
    VITRO_OPTION_SEND_BUFFER,      /* bytes queued, at most. B L */
    VITRO_OPTION_RECEIVE_BUFFER,   /* bytes: the window, from now on of fixed size. B L */
    VITRO_OPTION_LINGER_ZERO,      /* 0, 1: close sends RST. B */
    VITRO_OPTION_MSS,              /* bytes of payload: an upper limit of what is sent from now on;
                                      before connect, of what is announced to the peer. B */
    VITRO_OPTION_SINK,             /* 0, 1: in-order data goes to the sink callback first. B */
    VITRO_OPTION_TTL,              /* 1 to 255; 0: the stack's. B L U */
    VITRO_OPTION_TRAFFIC_CLASS,    /* DSCP in the upper six bits, the lower two are ECN's. B L U */
    VITRO_OPTION_V6_ONLY,          /* 0, 1: a listener on :: leaves IPv4 alone. B, before listen */
    VITRO_OPTION_COUNT,
};

/*
 * Sets an option. -EINVAL: a value out of range; -EOPNOTSUPP: not an option of such a socket, or
 * not now.
 */
VITRO_API int vitro_set_option(struct vitro_stack *stack, vitro_socket socket,
                               enum vitro_option option, uint64_t value, uint64_t now_us);

/* Reads an option; errors as above. */
VITRO_API int vitro_get_option(const struct vitro_stack *stack, vitro_socket socket,
                               enum vitro_option option, uint64_t *value);

/*
 * Chooses the congestion control of a TCP connection by name, "reno" or "cubic". -ENOENT: no such
 * algorithm; -EOPNOTSUPP: not a TCP socket, or a listener.
 */
VITRO_API int vitro_set_congestion_control(struct vitro_stack *stack, vitro_socket socket,
                                           const char *name);

VITRO_END

#endif
