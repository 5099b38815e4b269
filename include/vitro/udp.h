/*
 * UDP: datagrams (RFC 768, RFC 1122 4.1).
 *
 * A datagram is sent and received whole. What arrives waits in the socket's queue up to the
 * configured size; beyond, it is dropped and counted. A socket that is connected receives only from
 * its peer, and hears of ICMP errors by vitro_take_error().
 *
 * -EBADF and -EOPNOTSUPP as in tcp.h.
 */
#ifndef VITRO_UDP_H
#define VITRO_UDP_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"
#include "vitro/unreachable.h"

VITRO_BEGIN

/* What came with a datagram. */
struct vitro_datagram {
    struct vitro_flow flow; /* local is where it was sent to */
    uint32_t len_bytes;     /* its whole length, also if the buffer was shorter */
    uint64_t received_us;   /* when it arrived */
    uint8_t ttl;            /* as it arrived */
    bool dont_fragment;     /* IPv4: in one packet, which its sender forbade to cut (DF) */
};

/* Opens a socket that is not bound. -ENOBUFS. */
VITRO_API VITRO_MUST_USE int vitro_udp_open(struct vitro_stack *stack, uint64_t user,
                                            vitro_socket *socket);

/*
 * Makes a socket that is not bound the catch-all of the stack: it receives what no other takes,
 * whatever address and port it was sent to, and may send from any. For a gateway, on an interface
 * that accepts any. -EINVAL: bound already; -EADDRINUSE: there is one.
 */
VITRO_API VITRO_MUST_USE int vitro_udp_bind_any(struct vitro_stack *stack, vitro_socket socket);

/*
 * Sets the peer and, if it is not set, the local end; the all-zero address undoes it. No packet
 * leaves. -EINVAL, -ENETUNREACH, -EADDRNOTAVAIL, -EADDRINUSE.
 */
VITRO_API VITRO_MUST_USE int vitro_udp_connect(struct vitro_stack *stack, vitro_socket socket,
                                               const struct vitro_endpoint *remote);

/*
 * Sends one datagram, `len` bytes of payload, fragmented if the path asks for it. `flow` NULL: to
 * the peer. Else to flow->remote, from flow->local as far as it is not zero: a gateway answers from
 * the address that was asked. Returns `len`. -EDESTADDRREQ, -EMSGSIZE, -ENETUNREACH,
 * -EADDRNOTAVAIL, or a pending error of the socket, once.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_udp_send(struct vitro_stack *stack, vitro_socket socket,
                                                const struct vitro_flow *flow, const void *data,
                                                size_t len, uint64_t now_us);

/*
 * Takes the oldest datagram; copies up to `len` bytes of it, the rest is lost. Returns how many
 * were copied, which may be 0. `datagram` may be NULL. -EAGAIN: none waits; or a pending error,
 * once.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_udp_receive(struct vitro_stack *stack, vitro_socket socket,
                                                   void *to, size_t len,
                                                   struct vitro_datagram *datagram);

/*
 * Says that a datagram which was received could not be delivered: its sender, flow->remote, gets an
 * ICMP error that quotes it as sent to flow->local, `len` bytes of payload. `flow` is the
 * datagram's. Returns 0, also when the rate limit held it back; -EINVAL: a flow of no datagram, or
 * one for another port than the socket's (the catch-all has all); -EMSGSIZE; -ENETUNREACH: no route
 * to the sender.
 */
VITRO_API int vitro_udp_unreachable(struct vitro_stack *stack, vitro_socket socket,
                                    const struct vitro_flow *flow, size_t len,
                                    const struct vitro_unreachable *why, uint64_t now_us);

VITRO_END

#endif
