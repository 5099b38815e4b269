/*
 * Sockets: handles for what the protocols know as connections, listeners, datagram ends and pings;
 * and the library's root, `struct vitro_stack`, which is a stack with sockets on it.
 *
 *     vitro_socket --table--> struct socket --> tcp_conn, tcp_listener, udp_socket, stack_ping,
 *                                  ^            or a draft: a TCP socket that is none of these yet
 *                                  |____________________ owner ___|
 *
 * A socket (socket_table.h) is 32 bytes and adds a handle, the owner's number, and a place in the
 * ready queue to what is below. A connection that was not accepted has none. What the owner sets
 * before there is a connection or listener is kept in the draft, which goes when they come.
 *
 * The functions of include/vitro are here, one file a topic: socket_stack.c, socket_if.c,
 * socket_tcp.c, socket_stream.c, socket_udp.c, socket_ping.c, socket_unreachable.c,
 * socket_option.c, socket_common.c, socket_info.c, socket_counters.c, socket_config.c,
 * socket_event.c, socket_text.c, socket_address.c.
 */
#ifndef VITRO_SOCKET_SOCKET_H
#define VITRO_SOCKET_SOCKET_H

#include <errno.h>

#include "base/base.h"
#include "socket/socket_table.h"
#include "stack/stack.h"
#include "stack/stack_ping.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_listen.h"
#include "udp/udp_socket.h"
#include "vitro.h"

/* A TCP socket before it is a connection or a listener. */
struct socket_draft {
    struct ip_addr local;
    uint16_t port;
    uint16_t zone;
    bool is_bound;
    const struct cc_ops *cc;            /* NULL: the stack's */
    uint32_t set;                       /* bit per option that has a value */
    uint64_t value[VITRO_OPTION_COUNT]; /* of those */
};

struct vitro_stack {
    struct stack stack;
    struct vitro_callbacks callbacks;
    struct socket_table sockets;
    struct pool drafts;
};

/* The functions the stack calls; `has_events`: somebody watches. */
const struct stack_ops *socket_stack_ops(bool has_events);

/* The library's stack around a stack. */
static inline struct vitro_stack *socket_root(struct stack *stack)
{
    return CONTAINER_OF(stack, struct vitro_stack, stack);
}

/* The socket of a handle, NULL when it is of none. */
static inline struct socket *socket_get(const struct vitro_stack *vs, vitro_socket handle)
{
    return socket_table_get(&vs->sockets, handle);
}

/* What a connection or listener keeps as its owner. */
static inline uint64_t socket_owner(const struct socket *s) { return (uint64_t)(uintptr_t)s; }

/* And back. */
static inline struct socket *socket_of_owner(uint64_t owner)
{
    return (struct socket *)(uintptr_t)owner;
}

/* Makes a socket with a handle; the caller sets what it stands for. NULL at a limit. */
struct socket *socket_make(struct vitro_stack *vs, enum socket_kind kind, uint64_t user);

/* Takes the handle back and frees the socket; what it stood for is the caller's business. */
void socket_free(struct vitro_stack *vs, struct socket *s);

/* Something happened: puts the socket into the ready queue, unless it is there. */
static inline void socket_mark(struct vitro_stack *vs, struct socket *s)
{
    socket_table_mark(&vs->sockets, s);
}

/* What can be done with the socket now: enum vitro_readiness. */
uint32_t socket_readiness(const struct socket *s);

/* Puts the options that a draft has collected into force on the connection it becomes: those of the
 * SYN first. `s` is the connection's socket. */
void socket_options_apply(struct socket *s, const struct socket_draft *draft, uint64_t now_us);

/* Those that a listener hands on. */
void socket_options_inherit(struct tcp_listener *listener, const struct socket_draft *draft);

/* The private form of an address. */
static inline struct ip_addr socket_addr_in(const struct vitro_ip *ip)
{
    return ip_addr_from_v6(ip->bytes);
}

/* The public form of an address. */
static inline struct vitro_ip socket_addr_out(const struct ip_addr *addr)
{
    struct vitro_ip ip;
    memcpy(ip.bytes, addr->bytes, sizeof ip.bytes);
    return ip;
}

/* The public form of one end. */
static inline struct vitro_endpoint socket_endpoint_out(const struct ip_addr *addr, uint16_t port,
                                                        uint16_t zone)
{
    return (struct vitro_endpoint){.ip = socket_addr_out(addr), .port = port, .zone = zone};
}

/* The public form of both ends. */
static inline struct vitro_flow socket_flow_out(const struct tcp_tuple *tuple)
{
    return (struct vitro_flow){
        .local = socket_endpoint_out(&tuple->local, tuple->local_port, tuple->zone),
        .remote = socket_endpoint_out(&tuple->remote, tuple->remote_port, tuple->zone),
    };
}

/* The zone that counts for an end: its interface if the address is link-local, else 0. */
static inline uint16_t socket_zone(const struct vitro_endpoint *endpoint)
{
    const struct ip_addr addr = socket_addr_in(&endpoint->ip);
    return ip_addr_is_link_local(&addr) || ip_addr_is_multicast(&addr) ? endpoint->zone : 0;
}

#endif
