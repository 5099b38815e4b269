/*
 * The host's sockets for echo requests: a datagram socket of ICMP, which the host may allow to
 * anybody (net.ipv4.ping_group_range), or a raw one, which needs CAP_NET_RAW.
 *
 * One socket for each version serves all destinations: the identifier is the socket's, the
 * sequence number is the caller's to choose.
 *
 * References: RFC 792, RFC 4443 4; Linux: icmp(7), raw(7).
 */
#ifndef VITRO_GATEWAY_HOST_PING_H
#define VITRO_GATEWAY_HOST_PING_H

#include "base/span.h"
#include "gateway/host_error.h"

struct host_ping {
    int fd; /* -1: the host does not allow it; `error` says why */
    int error;
    bool is_v4, is_raw;
    uint16_t identifier; /* of what this socket sends */
};

/* What came back. */
struct host_ping_reply {
    struct vitro_ip from;
    uint16_t sequence;
    uint8_t ttl;      /* as it arrived; 0: not known */
    struct span data; /* of the reply, in the caller's buffer */
};

/* Opens a socket: as a datagram socket, or else, or only if `raw_only`, as a raw one. */
void host_ping_open(struct host_ping *ping, bool is_v4, bool raw_only);

/* Sends an echo request. 0, or a positive errno value. */
WARN_UNUSED int host_ping_send(const struct host_ping *ping, const struct vitro_ip *to,
                               uint16_t sequence, uint8_t ttl, struct span data);

/*
 * Takes what has arrived, into `buffer`. 1: an echo reply to this socket; 0: something else, which
 * is to be ignored; or a negative errno value, -EAGAIN if there is nothing.
 */
WARN_UNUSED int host_ping_receive(const struct host_ping *ping, struct span_mut buffer,
                                  struct host_ping_reply *reply);

/* Takes the oldest error about something this socket sent, and its sequence number. 1; 0: one that
 * is not about this socket; -EAGAIN: there is none. */
WARN_UNUSED int host_ping_error(const struct host_ping *ping, struct host_error *error,
                                uint16_t *sequence);

#endif
