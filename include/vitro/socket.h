/*
 * Sockets: what all kinds have in common. Opening and moving data is in tcp.h, udp.h and ping.h,
 * options are in options.h, readiness is in ready.h.
 *
 * Nothing blocks. What cannot be done now is answered with -EAGAIN, and the ready queue tells when
 * it is worth trying again.
 *
 * Every function takes any handle and answers -EBADF when it is of no open socket; that is not
 * repeated below.
 */
#ifndef VITRO_SOCKET_H
#define VITRO_SOCKET_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"

VITRO_BEGIN

/*
 * Sets the local end before listen, connect or the first datagram. `local->ip` all zero (::): every
 * address of both versions; 0.0.0.0: every IPv4 address. `local->port` 0: a free port is chosen
 * when one is needed. A ping socket has no port to choose: 0.
 * -EINVAL: bound or connected already; -EADDRNOTAVAIL: the address is not ours (unless an interface
 * accepts any); -EADDRINUSE: taken by another UDP socket (of TCP ports, listen and connect say so).
 */
VITRO_API VITRO_MUST_USE int vitro_bind(struct vitro_stack *stack, vitro_socket socket,
                                        const struct vitro_endpoint *local);

/*
 * Lets go of a socket; the handle is stale from now on.
 *
 * A TCP connection is closed in order: FIN after what is queued, and the rest is the stack's
 * business; or RST, if data was received and not read (RFC 9293 3.10.4, RFC 2525 2.17) or
 * VITRO_OPTION_LINGER_ZERO is set. Connections that wait in a listener's queue are reset.
 */
VITRO_API int vitro_close(struct vitro_stack *stack, vitro_socket socket, uint64_t now_us);

/* The local end, as far as it is known. */
VITRO_API int vitro_local_endpoint(const struct vitro_stack *stack, vitro_socket socket,
                                   struct vitro_endpoint *local);

/* The remote end. -ENOTCONN: there is none. */
VITRO_API int vitro_remote_endpoint(const struct vitro_stack *stack, vitro_socket socket,
                                    struct vitro_endpoint *remote);

/*
 * The pending error as a negative errno value, which is cleared by asking (SO_ERROR); 0: none. When
 * VITRO_ERROR came where VITRO_CONNECTED was waited for, this is why.
 */
VITRO_API int vitro_take_error(struct vitro_stack *stack, vitro_socket socket);

/* The number the owner gave the socket when it was made; 0 for a handle of no socket. */
VITRO_API uint64_t vitro_user(const struct vitro_stack *stack, vitro_socket socket);

/* Gives the socket another number. */
VITRO_API int vitro_set_user(struct vitro_stack *stack, vitro_socket socket, uint64_t user);

VITRO_END

#endif
