/*
 * What the host's kernel knows of a datagram that did not arrive: the error queue of its socket
 * (IP_RECVERR), as what vitro's stack can tell the program.
 */
#ifndef VITRO_GATEWAY_HOST_ERROR_H
#define VITRO_GATEWAY_HOST_ERROR_H

#include "base/span.h"
#include "vitro/unreachable.h"

/* An error about something that was sent. */
struct host_error {
    int error;                    /* positive errno value */
    bool is_local;                /* of the host itself: no packet came back */
    struct vitro_unreachable why; /* `from` is who said so; all zero: not known */
    uint32_t len_bytes;           /* of what came back of the datagram, cut to `quoted` */
    struct vitro_endpoint to;     /* where it was sent */
};

/* Asks for errors of a datagram socket (IPv4: `is_v4`). 0 or an errno value. */
WARN_UNUSED int host_error_ask(int fd, bool is_v4);

/* Takes the oldest error; its datagram's first bytes go to `quoted`. False: there is none. */
WARN_UNUSED bool host_error_take(int fd, struct span_mut quoted, struct host_error *error);

/* What to tell of an errno value of sendmsg() or connect(). */
enum vitro_unreachable_kind host_error_kind(int error);

#endif
