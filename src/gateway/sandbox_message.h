/*
 * What the front and inner tell each other: small messages over a SOCK_SEQPACKET pair, so that each
 * arrives whole, in order, and with the descriptors that belong to it.
 */
#ifndef VITRO_GATEWAY_SANDBOX_MESSAGE_H
#define VITRO_GATEWAY_SANDBOX_MESSAGE_H

#include "base/assert.h"

enum sandbox_message_kind {
    /* from inner */
    SANDBOX_NEEDS_MAP,     /* write all ids into my user namespace */
    SANDBOX_FAILED,        /* value: step, other: errno; inner has ended */
    SANDBOX_WARNED,        /* value: step, other: errno */
    SANDBOX_READY,         /* value: enum link_kind, other: has IPv6; the device, the namespace */
    SANDBOX_STARTED,       /* value: pid of the program */
    SANDBOX_STOPPED,       /* the program has been stopped */
    SANDBOX_CONTINUED,     /* and goes on */
    SANDBOX_PROGRAM_ENDED, /* value: wait status, other: processes still inside */
    SANDBOX_ALL_ENDED,     /* nothing is left; inner ends */
    /* to inner */
    SANDBOX_MAPPED,     /* value: errno */
    SANDBOX_GO,         /* start the program */
    SANDBOX_SIGNAL,     /* value: for the program */
    SANDBOX_SIGNAL_ALL, /* value: for all inside */
    SANDBOX_CONTINUE,   /* the program, if it is stopped */
};

struct sandbox_message {
    enum sandbox_message_kind kind;
    int value;
    int other;
};

/* Descriptors that a message carries, at most. */
#define SANDBOX_MESSAGE_FDS 2

/* Makes the pair, closed on exec. 0 or an errno value. */
WARN_UNUSED int sandbox_message_pair(int fds[2]);

/* Sends a message with `fd_count` descriptors, which stay the caller's. 0 or an errno value: EPIPE
 * if the other side is gone. */
int sandbox_message_send(int socket, const struct sandbox_message *message, const int *fds,
                         uint32_t fd_count);

/*
 * Waits for a message (with `is_waiting`, else takes one that is there). `fds` gets the descriptors
 * that came with it, -1 where there is none; they are closed on exec; NULL: none are expected, what
 * comes is closed. Returns 0, EPIPE when the other side is gone, EAGAIN, or another errno value.
 */
WARN_UNUSED int sandbox_message_receive(int socket, bool is_waiting,
                                        struct sandbox_message *message,
                                        int fds[SANDBOX_MESSAGE_FDS]);

#endif
