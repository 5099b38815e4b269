/*
 * Errors: every function that can fail returns 0 or a count (>= 0) when it worked, and else a
 * negative errno value.
 *
 *   -EBADF          the handle is of no socket, or of one that has been closed
 *   -EINVAL         an argument makes no sense, or not in the socket's present state
 *   -EOPNOTSUPP     not for this kind of socket
 *   -EAGAIN         cannot be done now; the ready queue (ready.h) will tell when
 *   -ENOBUFS        a configured limit is reached, or memory is out
 *   -EADDRINUSE     address and port are taken
 *   -EADDRNOTAVAIL  the address is not ours, or no port is free
 *   -ENETUNREACH    no route to the destination
 *   -EHOSTUNREACH   ICMP says so, or the neighbour does not answer
 *   -ECONNREFUSED   the peer answered the SYN with RST, or a port is unreachable
 *   -ECONNRESET     the peer reset the connection
 *   -ECONNABORTED   the connection was aborted here
 *   -ETIMEDOUT      nobody answered: SYN retries, R2, user timeout, or keepalive (RFC 9293 3.8.3)
 *   -EPIPE          sending after shutdown of the sending side
 *   -ENOTCONN       the socket is not connected
 *   -EISCONN        the socket is connected already
 *   -EALREADY       the socket is being connected already
 *   -EDESTADDRREQ   a datagram without a destination
 *   -EMSGSIZE       the datagram is larger than can be sent
 *   -ENOENT         there is no such interface, address, route or held SYN
 *   -EEXIST         that address or route is there already
 */
#ifndef VITRO_ERROR_H
#define VITRO_ERROR_H

#include <errno.h>

#include "vitro/export.h"

VITRO_BEGIN

/*
 * The name of an errno value, for example "ECONNREFUSED"; positive and negative values are taken
 * alike, 0 is "OK", and one that this library never returns is "unknown error". A static string.
 */
VITRO_API const char *vitro_error_name(int error);

/* What it means, in a few words: "connection refused". As above; a static string. */
VITRO_API const char *vitro_error_text(int error);

VITRO_END

#endif
