/*
 * Ping: ICMP echo requests and their replies, both versions (RFC 792, RFC 4443 4).
 *
 * Each ping socket has an identifier of its own, which the stack chooses. Requests of others are
 * answered by the stack itself; or, on a gateway's interface, passed to one socket that takes those
 * for all addresses but the interface's own. -EBADF and -EOPNOTSUPP as in tcp.h.
 */
#ifndef VITRO_PING_H
#define VITRO_PING_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"
#include "vitro/unreachable.h"

VITRO_BEGIN

/* A reply, or an error that came instead of one. */
struct vitro_ping_reply {
    struct vitro_ip from; /* who answers: with an error, perhaps a router on the way */
    uint16_t sequence;
    uint8_t ttl;
    int error;          /* 0: an echo reply; else a negative errno value */
    uint32_t len_bytes; /* of the echoed data */
};

/* Opens a ping socket. -ENOBUFS. */
VITRO_API VITRO_MUST_USE int vitro_ping_open(struct vitro_stack *stack, uint64_t user,
                                             vitro_socket *socket);

/* Sends an echo request with `len` bytes of data. Returns `len`,
 * or -ENETUNREACH, -EMSGSIZE, -EINVAL. */
VITRO_API VITRO_MUST_USE int64_t vitro_ping_send(struct vitro_stack *stack, vitro_socket socket,
                                                 const struct vitro_ip *to, uint16_t sequence,
                                                 const void *data, size_t len, uint64_t now_us);

/* Takes the oldest reply; copies up to `len` bytes of its data and says how many. -EAGAIN. */
VITRO_API VITRO_MUST_USE int64_t vitro_ping_receive(struct vitro_stack *stack, vitro_socket socket,
                                                    void *to, size_t len,
                                                    struct vitro_ping_reply *reply);

/* Somebody's echo request for the address of another. */
struct vitro_ping_request {
    struct vitro_flow flow; /* remote: who asks; local: who is asked; ports are 0 */
    uint16_t identifier;    /* the asker's, not this socket's */
    uint16_t sequence;
    uint8_t ttl;          /* as it arrived */
    uint32_t len_bytes;   /* of its data */
    uint64_t received_us; /* when it arrived */
};

/*
 * Makes a socket the one that takes echo requests which arrive on an interface that accepts any,
 * for an address that is not the interface's own: for a gateway. They wait for
 * vitro_ping_next_request(), 256 at most (VITRO_DROP_PING_QUEUE_FULL), and the stack does not
 * answer them itself any more. The socket can send requests of its own as before.
 * -EINVAL: it is that already, or bound; -EADDRINUSE: another socket is.
 */
VITRO_API VITRO_MUST_USE int vitro_ping_bind_any(struct vitro_stack *stack, vitro_socket socket);

/*
 * Takes the oldest request; copies up to `len` bytes of its data, the rest is lost. Returns how
 * many were copied, which may be 0. `request` may be NULL. -EAGAIN: none waits.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_ping_next_request(struct vitro_stack *stack,
                                                         vitro_socket socket, void *to, size_t len,
                                                         struct vitro_ping_request *request);

/*
 * Sends the echo reply to `request`, from the address that was asked, with `len` bytes of data; its
 * TTL is the socket's VITRO_OPTION_TTL. Of `request` the addresses, identifier and sequence number
 * count. Returns `len`; -EINVAL: not the socket that takes requests, or addresses of two versions;
 * -ENETUNREACH, -EMSGSIZE.
 */
VITRO_API VITRO_MUST_USE int64_t vitro_ping_answer(struct vitro_stack *stack, vitro_socket socket,
                                                   const struct vitro_ping_request *request,
                                                   const void *data, size_t len, uint64_t now_us);

/*
 * Says that `request` could not be delivered: the asker gets an ICMP error that quotes it. Returns
 * 0, also when the rate limit held it back; -EINVAL, -ENETUNREACH as vitro_ping_answer().
 */
VITRO_API int vitro_ping_unreachable(struct vitro_stack *stack, vitro_socket socket,
                                     const struct vitro_ping_request *request,
                                     const struct vitro_unreachable *why, uint64_t now_us);

VITRO_END

#endif
