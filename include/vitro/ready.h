/*
 * Readiness: what can be done with a socket now, and a queue of sockets for which that changed.
 *
 * The queue is edge-triggered: a socket enters it when something happened (data arrived, room or
 * memory became free, the connection was made, ended or failed), at most once, whatever its
 * readiness was before. So serve a socket until -EAGAIN or -ENOBUFS, or remember that there is
 * more. Taking one out costs the same however many sockets there are.
 */
#ifndef VITRO_READY_H
#define VITRO_READY_H

#include "vitro/export.h"

VITRO_BEGIN

/* Or-ed together. */
enum vitro_readiness {
    VITRO_READABLE = 1,     /* data, a datagram, the end of the stream, or an error */
    VITRO_WRITABLE = 2,     /* room in the send buffer */
    VITRO_HANGUP = 4,       /* both directions are done, or the connection ended */
    VITRO_PEER_FIN = 8,     /* the peer has finished sending; what is left can be read */
    VITRO_ERROR = 16,       /* vitro_take_error() has something to say */
    VITRO_URGENT = 32,      /* urgent data lies ahead (RFC 6093) */
    VITRO_CONNECTED = 64,   /* the handshake is done */
    VITRO_ACCEPTABLE = 128, /* listener: a connection waits to be accepted */
    VITRO_HELD = 256,       /* holding listener: a SYN waits for a decision */
};

struct vitro_ready {
    vitro_socket socket;
    uint64_t user; /* the owner's number for this socket */
    uint32_t bits; /* its readiness now: enum vitro_readiness */
};

/* Takes the next socket off the ready queue. False: there is none. */
VITRO_API bool vitro_ready_next(struct vitro_stack *stack, struct vitro_ready *ready);

/* Whether the ready queue holds anything. */
VITRO_API bool vitro_ready_pending(const struct vitro_stack *stack);

/* What can be done with a socket now: enum vitro_readiness, or -EBADF. */
VITRO_API int vitro_readiness(const struct vitro_stack *stack, vitro_socket socket);

VITRO_END

#endif
