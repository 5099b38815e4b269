/*
 * TCP: listeners, connections, and the bytes that go through them.
 *
 *     open -- connect --------------------> connection <-- accept -- listener <-- listen -- open
 *
 * The calls are those of RFC 9293 3.9.1. A connection's two directions end one by one: after
 * vitro_tcp_shutdown() of the sending side data is received as long as the peer likes.
 *
 * Every function answers -EBADF to a handle of no open socket, and -EOPNOTSUPP to a socket that is
 * not TCP or not the right kind of TCP; that is not repeated below.
 */
#ifndef VITRO_TCP_H
#define VITRO_TCP_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"
#include "vitro/frame.h"

VITRO_BEGIN

/* Opens a socket, neither bound nor connected. `user` comes back with every event. -ENOBUFS. */
VITRO_API VITRO_MUST_USE int vitro_tcp_open(struct vitro_stack *stack, uint64_t user,
                                            vitro_socket *socket);

/*
 * Makes a bound socket a listener, which completes handshakes for up to `backlog` connections (at
 * least 1) that wait to be accepted. Further SYNs are answered with cookies, or dropped.
 * -EINVAL: not bound to a port, or connected; -EADDRINUSE; -ENOBUFS.
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_listen(struct vitro_stack *stack, vitro_socket socket,
                                              uint32_t backlog);

/*
 * The same, but the owner decides on each SYN before it is answered: for a gateway, which knows
 * only after a connect of its own what to say. Up to `backlog` SYNs are held. Port 0: every port
 * without a listener of its own. Errors as vitro_tcp_listen(), except for port 0.
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_listen_hold(struct vitro_stack *stack, vitro_socket socket,
                                                   uint32_t backlog);

/*
 * The oldest held SYN that was not told yet: who wants to talk to whom. 1 with `flow` filled in, or
 * 0: none. Each is told once; it stays held until decided, or until its sender gives up.
 */
VITRO_API int vitro_tcp_next_held(struct vitro_stack *stack, vitro_socket listener,
                                  struct vitro_flow *flow);

/* What to do with a held SYN. */
enum vitro_decision {
    VITRO_DECIDE_ACCEPT,          /* SYN-ACK; the connection comes by vitro_tcp_accept() */
    VITRO_DECIDE_REFUSE,          /* RST: connection refused */
    VITRO_DECIDE_UNREACHABLE,     /* ICMP host unreachable, and forgotten: EHOSTUNREACH */
    VITRO_DECIDE_NOTHING,         /* silence: forgotten, as if it had been lost */
    VITRO_DECIDE_NET_UNREACHABLE, /* ICMP network unreachable, and forgotten: ENETUNREACH */
    VITRO_DECIDE_PROHIBITED,      /* ICMP prohibited: EHOSTUNREACH of IPv4, EACCES of IPv6 */
};

/* Decides on a held SYN. 0, or -ENOENT: it is not held any more. */
VITRO_API int vitro_tcp_decide(struct vitro_stack *stack, const struct vitro_flow *flow,
                               enum vitro_decision decision, uint64_t now_us);

/*
 * Takes the oldest completed connection off a listener's queue. `user` becomes the connection's
 * number; `remote` gets the peer, unless NULL. -EAGAIN: none waits; -ENOBUFS: it keeps waiting.
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_accept(struct vitro_stack *stack, vitro_socket listener,
                                              uint64_t user, vitro_socket *socket,
                                              struct vitro_endpoint *remote);

/*
 * Starts a connection to `remote`: the SYN leaves at once. 0: under way, and VITRO_CONNECTED or
 * VITRO_ERROR will follow. Data may be sent already; it leaves when the handshake is done.
 * -EINVAL: no address or port; -EISCONN, -EALREADY: connected or connecting; -EADDRINUSE: this very
 * pair exists; -EADDRNOTAVAIL: no free port; -ENETUNREACH: no route, or no address of ours to use;
 * -ENOBUFS.
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_connect(struct vitro_stack *stack, vitro_socket socket,
                                               const struct vitro_endpoint *remote,
                                               uint64_t now_us);

/*
 * Queues up to `len` bytes and sends what may go. Returns how many were taken, at least 1 of a
 * `len` above 0. -EAGAIN: the send buffer is full; -ENOBUFS: no buffer chunk of the stack is left,
 * or others have waited longer for one: VITRO_WRITABLE comes when it is this socket's turn; -EPIPE:
 * after shutdown; -ENOTCONN; or the connection's error, once.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_tcp_send(struct vitro_stack *stack, vitro_socket socket,
                                                const void *data, size_t len, uint64_t now_us);

/* The same, and the last byte taken is marked urgent (RFC 9293 3.8.5, RFC 6093). */
VITRO_API VITRO_MUST_USE int64_t vitro_tcp_send_urgent(struct vitro_stack *stack,
                                                       vitro_socket socket, const void *data,
                                                       size_t len, uint64_t now_us);

/*
 * Sending without a copy: room in the send buffer to write into, up to `len` bytes in up to
 * `spans_max` places. Returns the number of places, at least 1. The room is lent until
 * vitro_tcp_commit() or any other call for this socket; a second reserve forgets the first. Errors
 * as vitro_tcp_send().
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_reserve(struct vitro_stack *stack, vitro_socket socket,
                                               size_t len, struct vitro_span_mut *spans,
                                               uint32_t spans_max);

/* The first `len` bytes of what was reserved are written: queues them and sends what may go. 0. */
VITRO_API int vitro_tcp_commit(struct vitro_stack *stack, vitro_socket socket, size_t len,
                               uint64_t now_us);

/*
 * Copies up to `len` received bytes out and returns how many; 0: the peer has finished sending.
 * -EAGAIN: nothing is there yet; -ENOTCONN; or the connection's error, once, after all that was
 * received before it.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_tcp_receive(struct vitro_stack *stack, vitro_socket socket,
                                                   void *to, size_t len, uint64_t now_us);

/*
 * Receiving without a copy: the readable bytes where they lie, in up to `spans_max` places. Returns
 * the number of places; 0: the peer has finished. They stay until consumed. Errors as
 * vitro_tcp_receive().
 */
VITRO_API VITRO_MUST_USE int vitro_tcp_peek(struct vitro_stack *stack, vitro_socket socket,
                                            struct vitro_span *spans, uint32_t spans_max);

/* Done with the first `len` readable bytes: the window may open. 0, or -EINVAL: not so many. */
VITRO_API int vitro_tcp_consume(struct vitro_stack *stack, vitro_socket socket, size_t len,
                                uint64_t now_us);

/* Bytes that can be read now (FIONREAD). */
VITRO_API int64_t vitro_tcp_readable_bytes(const struct vitro_stack *stack, vitro_socket socket);

/* Free room in the send buffer. */
VITRO_API int64_t vitro_tcp_writable_bytes(const struct vitro_stack *stack, vitro_socket socket);

/* Bytes queued and not yet acknowledged (SIOCOUTQ). */
VITRO_API int64_t vitro_tcp_unacked_bytes(const struct vitro_stack *stack, vitro_socket socket);

/*
 * How many bytes lie between the next one to be read and the urgent mark (RFC 9293 MUST-32). What
 * SIOCATMARK asks is whether this is 0. -EAGAIN: there is no urgent data.
 */
VITRO_API int64_t vitro_tcp_urgent_offset(const struct vitro_stack *stack, vitro_socket socket);

/* Or-ed together. */
enum vitro_shutdown {
    VITRO_SHUT_RECEIVE = 1, /* what is queued and what arrives is thrown away */
    VITRO_SHUT_SEND = 2,    /* FIN after what is queued */
    VITRO_SHUT_BOTH = 3,
};

/* Ends one direction or both; the socket stays. 0, -ENOTCONN, or -EINVAL: nothing to shut. */
VITRO_API int vitro_tcp_shutdown(struct vitro_stack *stack, vitro_socket socket, uint32_t how,
                                 uint64_t now_us);

/* Resets the connection, throws away what is queued, and closes the socket (RFC 9293 3.9.1.6). */
VITRO_API int vitro_tcp_abort(struct vitro_stack *stack, vitro_socket socket, uint64_t now_us);

VITRO_END

#endif
