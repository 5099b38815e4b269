/*
 * Ping: ICMP echo requests and their replies, both versions (RFC 792, RFC 4443 4).
 *
 * Each ping socket has an identifier of its own, which the stack chooses. Requests of others are
 * answered by the stack itself. -EBADF and -EOPNOTSUPP as in tcp.h.
 */
#ifndef VITRO_PING_H
#define VITRO_PING_H

#include "vitro/address.h"
#include "vitro/error.h"
#include "vitro/export.h"

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

VITRO_END

#endif
