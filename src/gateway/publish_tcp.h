/*
 * Published TCP ports: accept on the host, connect inside, relay.
 *
 *     accept -> connection of the stack to the program -> connected: relay.h
 *                                                      -> refused, unreachable: the client is reset
 *
 * What the client sends meanwhile waits in the host's socket.
 */
#ifndef VITRO_GATEWAY_PUBLISH_TCP_H
#define VITRO_GATEWAY_PUBLISH_TCP_H

#include "base/list.h"
#include "base/pool.h"
#include "gateway/gateway.h"

/* Connections at a time; beyond, clients wait in the backlog of the host's socket. */
#define PUBLISH_TCP_MAX 8192

struct publish_tcp {
    struct gateway *gateway;
    struct pool conns;
    struct list open;
    struct list waiting; /* ports that had more to accept than there was room */
};

/* A port that is listened at. */
struct publish_tcp_port {
    struct publish_tcp *tcp;
    struct poll_fd listener;
    struct poll_timer retry; /* the host has no descriptor left */
    struct gateway_turn turn;
    struct list waiting;
    uint16_t port; /* inside */
};

/* Makes it, without ports. */
void publish_tcp_init(struct publish_tcp *tcp, struct gateway *gateway);

/* Begins to accept at `fd`, which becomes the port's; all of `port` is zero. 0 or an errno value:
 * nothing has changed. */
WARN_UNUSED int publish_tcp_add(struct publish_tcp *tcp, struct publish_tcp_port *port, int fd,
                                uint16_t port_inside);

/* Closes a port; connections stay. All zero is left alone. */
void publish_tcp_remove(struct publish_tcp_port *port);

/* Ends all connections and frees them. */
void publish_tcp_deinit(struct publish_tcp *tcp, uint64_t now_us);

/* Whether the program has something to bring to a client. */
bool publish_tcp_is_busy(const struct publish_tcp *tcp);

#endif
