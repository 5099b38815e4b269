/*
 * A UDP socket: an address and port of ours, perhaps one peer, and a bounded queue of datagrams.
 *
 * Unbound, bound, connected: bind and connect move it forward and enter it in the host's table, in
 * which a datagram finds its socket with at most four lookups: exact pair of ends, exact local
 * address, any local address of the version, any at all. What none of these takes goes to the
 * host's catch-all socket, if there is one (udp_socket_bind_any).
 *
 * Errors are positive errno values, 0 is success.
 *
 * References: RFC 768, RFC 1122 4.1, RFC 6056 3.3.1 (ports), RFC 8085.
 */
#ifndef VITRO_UDP_SOCKET_H
#define VITRO_UDP_SOCKET_H

#include "base/base.h"
#include "base/gather.h"
#include "base/list.h"
#include "udp/udp_datagram.h"
#include "wire/ip_addr.h"

struct udp_host;

/* Both ends as seen from this host; a wildcard is the unspecified address or port 0. */
struct udp_tuple {
    struct ip_addr local;
    struct ip_addr remote;
    uint16_t local_port;
    uint16_t remote_port;
    uint16_t zone; /* interface index for link-local addresses, else 0 */
};

struct udp_socket {
    struct udp_socket *next; /* in its bucket */
    struct list link;        /* in udp_host.sockets */
    struct udp_tuple tuple;
    void *owner;       /* the floor above's, untouched here */
    struct list queue; /* of udp_datagram.link, oldest first */
    uint32_t queue_packets;
    uint32_t queue_bytes; /* payload */
    uint32_t queue_packets_max;
    uint32_t queue_bytes_max;
    uint64_t dropped;      /* datagrams that found the queue full */
    int error;             /* pending, from ICMP; see udp_socket_take_error() */
    uint8_t hop_limit;     /* of what is sent; 0: the interface's */
    uint8_t traffic_class; /* DSCP and ECN of what is sent */
    bool is_bound;         /* has a local port, or is the catch-all */
    bool is_connected;
    bool is_catch_all;
    bool is_v6_only;     /* bound to :: it takes no IPv4; set before binding */
    bool is_read_closed; /* takes no more datagrams */
    bool may_fragment;   /* datagrams may be cut to the path's MTU; true at first */
};

/* What udp_socket_readiness() tells, as bits. */
#define UDP_READABLE 1u
#define UDP_WRITABLE 2u /* always, while the socket is open */
#define UDP_ERROR    4u

/* Makes a socket that is not bound. NULL at the host's limit. Set `owner` and the options above
 * directly. */
WARN_UNUSED struct udp_socket *udp_socket_open(struct udp_host *host);

/* Closes and frees the socket with all that is queued. */
void udp_socket_close(struct udp_host *host, struct udp_socket *socket);

/*
 * Binds to a local address (unspecified 0.0.0.0: any IPv4; ::, any of both versions unless
 * is_v6_only) and port (0: an ephemeral one). Whether the address is ours is for the caller to
 * check. EINVAL: bound already; EADDRINUSE: taken, or no ephemeral port is free.
 */
WARN_UNUSED int udp_socket_bind(struct udp_host *host, struct udp_socket *socket,
                                const struct ip_addr *local, uint16_t port, uint16_t zone);

/* Makes it the catch-all: it receives what no other socket takes, whatever address and port it was
 * sent to, and sends from any. EINVAL: bound already; EADDRINUSE: there is one. */
WARN_UNUSED int udp_socket_bind_any(struct udp_host *host, struct udp_socket *socket);

/*
 * Sets the peer: only its datagrams are received from now on (those queued before stay), and ICMP
 * errors about what is sent to it are reported. Binds first if needed, to the source address that
 * leads there. May be called again for another peer. EINVAL: port 0, the catch-all, or a version
 * the local address is not of; EADDRINUSE: another socket has this very pair; and what ops->source
 * says.
 */
WARN_UNUSED int udp_socket_connect(struct udp_host *host, struct udp_socket *socket,
                                   const struct ip_addr *remote, uint16_t port, uint16_t zone);

/* Forgets the peer; the local address and port stay. EINVAL: not connected; EADDRINUSE: the local
 * end alone is taken by another (the socket stays connected). */
WARN_UNUSED int udp_socket_disconnect(struct udp_host *host, struct udp_socket *socket);

/* A datagram to be sent. */
struct udp_send {
    struct ip_addr dst;           /* unspecified: the peer */
    uint16_t dst_port;            /* 0: the peer's */
    struct ip_addr src;           /* unspecified: the socket's, or what the way suggests */
    uint16_t src_port;            /* 0: the socket's; another only from the catch-all */
    uint16_t zone;                /* 0: the socket's */
    const struct gather *payload; /* read before the call returns; at most 18 parts; NULL: empty */
};

/*
 * Sends one datagram, binding an ephemeral port if there is none. Returns 0, a pending error (which
 * is then forgotten, as for POSIX sockets), EDESTADDRREQ: no peer; EMSGSIZE: too long for the
 * version, or for the path while may_fragment is off; EINVAL: versions of the addresses differ, a
 * wrong src_port, or too many parts; or what ops->source and ops->output say.
 */
WARN_UNUSED int udp_socket_send(struct udp_host *host, struct udp_socket *socket,
                                const struct udp_send *send, uint64_t now_us);

/* The oldest datagram that waits, still owned by the socket; NULL when there is none. */
struct udp_datagram *udp_socket_peek(const struct udp_socket *socket);

/* Frees the oldest datagram, which must exist. */
void udp_socket_discard(struct udp_host *host, struct udp_socket *socket);

/* Takes the pending error; 0 when there is none. */
int udp_socket_take_error(struct udp_socket *socket);

/* Which of UDP_READABLE, UDP_WRITABLE, UDP_ERROR hold. */
uint32_t udp_socket_readiness(const struct udp_socket *socket);

#endif
