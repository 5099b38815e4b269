/*
 * The composition root: one IP, one TCP, one UDP and the interfaces they share, with no I/O.
 *
 *                 socket/                       (reached through struct stack_ops)
 *     ---------------------------------------
 *      tcp_host     udp_host     ping
 *          \           |          /
 *           stack_deliver  stack_ip_output     demultiplexing; headers
 *                 |            |
 *      reassembly, ICMP   destination cache, routes, neighbours, fragments
 *                 |            |
 *            stack_input   ops->output          frames
 *
 * Frames come in by stack_input() and leave by ops->output, both within one call and without
 * memory of their own. Timers live in two wheels, TCP's and IP's, since each layer recognises only
 * its own; stack_tick() merges them in the order of their deadlines.
 *
 * Every packet that is dropped goes through stack_drop() exactly once.
 *
 * The files: stack.c life and time; stack_if.c interfaces, addresses, routes; stack_input.c,
 * stack_ip4.c, stack_ip6.c, stack_icmp.c the way up; stack_way.c the next hop; stack_output.c the
 * way down; stack_link.c Ethernet, ARP and ND; stack_tcp.c, stack_udp.c, stack_ping.c what IP
 * carries; stack_ping_request.c, stack_unreachable.c what only a gateway needs.
 */
#ifndef VITRO_STACK_STACK_H
#define VITRO_STACK_STACK_H

#include "base/base.h"
#include "base/drop.h"
#include "ip/ip_dest.h"
#include "ip/ip_icmp.h"
#include "ip/ip_icmp_limit.h"
#include "ip/ip_id.h"
#include "ip/ip_if.h"
#include "ip/ip_nd.h"
#include "ip/ip_neighbour.h"
#include "ip/ip_reassembly.h"
#include "ip/ip_route.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_listen.h"
#include "udp/udp_host.h"
#include "wire/frame.h"
#include "wire/frame_join.h"

#define STACK_IFS_MAX 16u

struct stack;
struct stack_ping;

/* An interface: what IP knows of it, and what went through it. */
struct stack_if {
    struct ip_if ip;
    struct ip_nd nd;
    uint64_t frames_in, frames_out; /* super-segments count once */
    uint64_t bytes_in, bytes_out;   /* with link headers */
    uint64_t drops;
};

/* What the floor above provides. Each may be NULL except `output`. None may call back into the
 * stack, but for reading. */
struct stack_ops {
    /* A frame leaves; everything is read before this returns. */
    void (*output)(struct stack *, uint16_t if_index, const struct frame *, uint64_t now_us);
    /* Something notable; `if_index` is that of the packet being taken in, 0 if none is. */
    void (*event)(struct stack *, const struct tcp_event *, uint16_t if_index);
    /* See struct tcp_host_ops. */
    void (*tcp_ready)(struct stack *, struct tcp_conn *);
    void (*listener_ready)(struct stack *, struct tcp_listener *);
    uint32_t (*sink)(struct stack *, struct tcp_conn *, const struct gather *, uint64_t now_us);
    void (*udp_ready)(struct stack *, struct udp_socket *);
    void (*ping_ready)(struct stack *, struct stack_ping *);
};

struct stack_config {
    uint8_t secret[32];
    struct tcp_config tcp;
    struct udp_config udp;
    struct ip_neighbours_config neighbours;
    struct ip_reassembly_config reassembly;
    struct ip_icmp_limit_config icmp_limit;
    struct ip_nd_config nd;
    uint32_t destinations_max;
    uint32_t pings_max;
    uint8_t hop_limit;
    bool echo_reply;
};

struct stack_counters {
    uint64_t frames_in, frames_out, bytes_in, bytes_out;
    uint64_t drops[DROP_REASON_COUNT];
    uint64_t fragments_in, reassembled, fragments_out;
    uint64_t icmp_in, icmp_out, echo_replies_out;
};

/* An IP packet on its way up. */
struct stack_packet {
    struct stack_if *iface;
    struct frame *frame;   /* its bytes begin where the parsing has come to */
    uint32_t ip_bytes;     /* bytes of IP headers taken off the front so far */
    uint16_t zone;         /* the interface, if one of the addresses is link-local; else 0 */
    uint8_t protocol;      /* of the payload */
    uint8_t hop_limit;     /* as it arrived */
    uint8_t traffic_class; /* DSCP and ECN */
    uint8_t match;         /* enum ip_if_match of dst */
    bool is_link_multicast;
    bool is_reassembled;
    bool dont_fragment;      /* IPv4: DF was set on it as a whole */
    struct ip_addr src, dst; /* all zero until they are known */
};

struct stack {
    const struct stack_ops *ops;
    struct stack_config config;
    struct stack_counters counters;
    uint64_t now_us;                         /* of the call being served */
    const struct stack_packet *current;      /* being taken in, for reports; NULL: none */
    struct stack_if *ifs[STACK_IFS_MAX + 1]; /* by index, from 1; NULL: none */
    struct ip_dests dests;
    struct ip_routes routes;
    struct ip_neighbours neighbours;
    struct ip_reassembly reassembly;
    struct ip_icmp_limit icmp_limit;
    struct ip_ids ids;
    struct hash_key flow_key; /* of IPv6 flow labels */
    struct wheel ip_wheel, tcp_wheel;
    struct tcp_host tcp;
    struct udp_host udp;
    struct list pings;           /* of stack_ping.link */
    struct stack_ping *ping_any; /* takes what others are asked; NULL: none */
    struct pool ping_pool, ping_replies, ping_requests;
    uint16_t ping_id; /* the next identifier to try */
};

/* Every default; the secret is zero. */
void stack_config_default(struct stack_config *config);

/* Makes a stack without interfaces in `stack`, which must stay where it is. `ops` must outlive it.
 * Returns 0, EINVAL for a configuration that cannot work, or ENOMEM. */
WARN_UNUSED int stack_init(struct stack *stack, const struct stack_config *config,
                           const struct stack_ops *ops, uint64_t now_us);

/* Frees everything at once and silently. */
void stack_deinit(struct stack *stack);

/*
 * Takes a frame that arrived on an interface. `frame` is used up: its parts are changed, the bytes
 * are not. Nothing refers to it when this returns.
 */
void stack_input(struct stack *stack, uint32_t if_index, struct frame *frame, uint64_t now_us);

/* Frames that arrived together: segments that continue each other go up as one. */
struct stack_batch {
    struct frame_join join;
    uint32_t if_index;
};

/* Begins a batch of an interface's frames. */
void stack_batch_begin(struct stack *stack, struct stack_batch *batch, uint32_t if_index);
/* Takes a frame, now or with those that follow; its bytes must stay until stack_batch_end. */
void stack_batch_add(struct stack *stack, struct stack_batch *batch, struct frame *frame,
                     uint64_t now_us);
/* Nothing more arrived: what is held goes up. */
void stack_batch_end(struct stack *stack, struct stack_batch *batch, uint64_t now_us);

/* When stack_tick() has to be called, exactly; TIME_NEVER: not at all. */
uint64_t stack_deadline(struct stack *stack);

/* Runs every timer due at `now_us`, each at its own deadline, in order; of two at the same moment
 * IP's goes first. */
void stack_tick(struct stack *stack, uint64_t now_us);

/* Notes the time of a call from above, before it. */
static inline void stack_at(struct stack *stack, uint64_t now_us) { stack->now_us = now_us; }

/* The interface of this index, or NULL. */
static inline struct stack_if *stack_if_get(const struct stack *stack, uint32_t if_index)
{
    return if_index <= STACK_IFS_MAX ? stack->ifs[if_index] : NULL;
}

/* Counts a packet that was dropped for `reason`, for a caller that reports it itself. */
void stack_drop_count(struct stack *stack, const struct stack_packet *packet,
                      enum drop_reason reason);

/* Counts a packet that was dropped for `reason`, and reports it. `packet` NULL: one on its way out,
 * or none that is known. */
void stack_drop(struct stack *stack, const struct stack_packet *packet, enum drop_reason reason);

/* Walks the invariants of every connection; compiled away unless VITRO_DEBUG. */
void stack_check(const struct stack *stack);

#endif
