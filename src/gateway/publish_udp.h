/*
 * Published UDP ports: for every client of the host a socket of the stack, which the program sees
 * as the client.
 *
 * A flow is forgotten after the idle times of forward_udp.h.
 */
#ifndef VITRO_GATEWAY_PUBLISH_UDP_H
#define VITRO_GATEWAY_PUBLISH_UDP_H

#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "gateway/gateway.h"

/* Clients at a time; beyond, the one that was silent longest gives way. */
#define PUBLISH_UDP_MAX     1024
#define PUBLISH_UDP_BUCKETS 1024 /* a power of two */

/* The longest datagram. */
#define PUBLISH_UDP_BYTES_MAX 65535

struct publish_udp {
    struct gateway *gateway;
    struct hash_key key;
    struct pool flows;
    struct list by_age; /* the longest silent first */
    struct poll_timer timer;
    struct list bucket[PUBLISH_UDP_BUCKETS];
    uint8_t data[PUBLISH_UDP_BYTES_MAX];
};

/* A port that is bound. */
struct publish_udp_port {
    struct publish_udp *udp;
    struct poll_fd host;
    struct gateway_turn turn;
    uint16_t port; /* inside */
};

/* Makes it, without ports. 0 or an errno value: no random numbers. */
WARN_UNUSED int publish_udp_init(struct publish_udp *udp, struct gateway *gateway);

/* Begins to receive at `fd`, an IPv4 socket or an IPv6 one, which becomes the port's; all of `port`
 * is zero. 0 or an errno value: nothing has changed. */
WARN_UNUSED int publish_udp_add(struct publish_udp *udp, struct publish_udp_port *port, int fd,
                                bool is_v4, uint16_t port_inside);

/* Closes a port, when all flows are ended. All zero is left alone. */
void publish_udp_remove(struct publish_udp_port *port);

/* Ends all flows and frees them. Before the ports are removed. */
void publish_udp_deinit(struct publish_udp *udp, uint64_t now_us);

#endif
