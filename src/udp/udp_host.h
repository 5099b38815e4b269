/*
 * UDP of one host: its sockets, pools, limits and counters, and the small table of functions
 * through which it reaches what lies below (IP) and above (sockets). There is no other state.
 *
 * References: RFC 768, RFC 1122 4.1, RFC 8200 8.1, RFC 6935 (which we do not use: over IPv6 a zero
 * checksum is refused).
 */
#ifndef VITRO_UDP_HOST_H
#define VITRO_UDP_HOST_H

#include "base/base.h"
#include "base/drop.h"
#include "base/gather.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "udp/udp_socket.h"
#include "udp/udp_table.h"
#include "wire/ip_addr.h"

/* A datagram on its way down: `bytes` is the UDP header, checksum complete, and the payload. All is
 * read before the call it is passed to returns. */
struct udp_outgoing {
    struct ip_addr src, dst;
    uint16_t zone;
    uint8_t hop_limit;     /* 0: the interface's */
    uint8_t traffic_class; /* DSCP and ECN bits */
    bool may_fragment;     /* false: EMSGSIZE when it does not fit the path */
    const struct gather *bytes;
};

struct udp_host_ops {
    /* The source address for packets to `dst`: 0, or ENETUNREACH. */
    int (*source)(struct udp_host *, const struct ip_addr *dst, uint16_t zone, struct ip_addr *src);
    /* Sends a datagram, cut if need be: 0, EMSGSIZE, ENETUNREACH, ENOBUFS... What is lost after
     * that is dropped and counted below. */
    int (*output)(struct udp_host *, const struct udp_outgoing *, uint64_t now_us);
    /* A socket's readiness (udp_socket_readiness) may have changed. NULL: nobody asks. The socket
     * must not be closed from inside. */
    void (*ready)(struct udp_host *, struct udp_socket *);
    /* A datagram was dropped for this reason; counted above. */
    void (*drop)(struct udp_host *, enum drop_reason);
};

struct udp_config {
    uint32_t sockets_max;          /* 65536 */
    uint32_t datagrams_max;        /* 4096 waiting in all queues */
    uint32_t chunks_max;           /* 4096 chunks of 4 KiB for what is longer than a record */
    uint32_t queue_packets_max;    /* 512 in one socket, at first */
    uint32_t queue_bytes_max;      /* 256 KiB of payload in one socket, at first */
    uint16_t ephemeral_port_first; /* 49152 to 65535 (RFC 6056 2.1) */
    uint16_t ephemeral_port_last;
};

struct udp_counters {
    uint64_t datagrams_in, datagrams_out; /* delivered to a queue; handed to IP */
    uint64_t bytes_in, bytes_out;         /* payload */
};

struct udp_host {
    const struct udp_host_ops *ops;
    struct udp_config config;
    struct udp_counters counters;
    struct udp_table table;
    struct udp_socket *catch_all; /* NULL: none */
    struct list sockets;          /* all, of udp_socket.link */
    struct pool socket_pool, datagrams, chunks;
    struct hash_key port_key;
    uint64_t ports_drawn; /* counts what the key is applied to */
};

/* A packet for UDP: `bytes` begins with the UDP header, whole in its first part. */
struct udp_packet {
    struct ip_addr src, dst;
    uint16_t zone;
    uint8_t hop_limit;     /* as it arrived */
    bool dont_fragment;    /* IPv4: it arrived whole, with DF */
    bool checksum_partial; /* do not verify: never completed, or verified below */
    const struct gather *bytes;
};

/* What became of a packet. */
enum udp_verdict {
    UDP_TAKEN,   /* queued */
    UDP_DROPPED, /* dropped, and counted through ops->drop */
    UDP_NO_PORT, /* dropped and counted: nobody listens. Port unreachable is due, by the rules of
                    ICMP; never in answer to multicast or broadcast */
};

/* What an ICMP error says about a datagram of ours. */
struct udp_icmp {
    struct udp_tuple tuple; /* of the quoted datagram, local = its source */
    int error;              /* errno for the application */
    bool is_packet_too_big; /* nothing is reported then: the next datagram will be cut */
};

/* Fills in the values named above. */
void udp_config_default(struct udp_config *config);

/*
 * Makes an empty host. `secret` keys table and ports; the floor below is reached through `ops`.
 * Returns 0, EINVAL for a configuration that cannot work, or ENOMEM.
 */
WARN_UNUSED int udp_host_init(struct udp_host *host, const struct udp_host_ops *ops,
                              const struct udp_config *config, const uint8_t secret[32]);

/* Frees everything at once and silently. */
void udp_host_deinit(struct udp_host *host);

/* Takes one packet, as it arrived at `now_us`. Multicast and broadcast go to one socket only, the
 * best match. */
enum udp_verdict udp_host_input(struct udp_host *host, const struct udp_packet *packet,
                                uint64_t now_us);

/*
 * Takes an ICMP error. Returns whether the quoted datagram is one that some socket here may have
 * sent; only then may the caller believe a new path MTU. Hard and soft errors are reported to
 * connected sockets only (RFC 1122 4.1.3.3).
 */
bool udp_host_icmp(struct udp_host *host, const struct udp_icmp *icmp);

#endif
