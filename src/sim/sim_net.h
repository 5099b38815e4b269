/*
 * A network of two hosts: a whole stack with one interface at each end of a simulated wire.
 *
 *     struct sim_net_config config;
 *     sim_net_config_default(&config, seed);
 *     struct sim_net *net = sim_net_create(&config);
 *     ... open sockets on net->host[SIM_A].stack, set on_ready ...
 *     sim_net_run(net, TIME_NEVER);
 *     sim_net_destroy(net);
 *
 * Everything happens in steps, one at a time and at its exact virtual time: a stack's deadline, a
 * packet's arrival, or an event that somebody set. A step never runs inside another: what a stack
 * sends goes onto the wire and arrives in a later step. After each step the applications are called
 * for what became ready, until nothing is.
 *
 * Applications may call the stacks from on_ready, from events of `clock`, and between steps; in the
 * last case they call sim_net_serve() afterwards, or let the next step do it.
 */
#ifndef VITRO_SIM_NET_H
#define VITRO_SIM_NET_H

#include "sim/sim_clock.h"
#include "sim/sim_wire.h"
#include <vitro.h>

struct sim_net;

struct sim_host_config {
    struct vitro_config stack; /* its secret is made from the net's seed */
    struct vitro_interface_config interface;
    struct vitro_ip ip4, ip6; /* all zero (::): none of this version */
    uint8_t ip4_bits, ip6_bits;
};

struct sim_net_config {
    uint64_t start_us;           /* what the clock shows first */
    struct sim_wire_config wire; /* with the seed of all; `link` is as the interfaces have it */
    struct sim_host_config host[SIM_ENDS];
};

struct sim_host {
    struct sim_net *net;
    enum sim_end end;
    struct vitro_stack *stack;
    uint32_t interface;
    void *app; /* the application's own */
    /* A socket became ready. NULL: nobody cares, and the ready queue is emptied. */
    void (*on_ready)(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us);
    /* Data for a socket with VITRO_OPTION_SINK: vitro/stack.h. NULL: nothing is taken. */
    uint32_t (*on_sink)(struct sim_host *host, uint64_t user, const struct vitro_span *spans,
                        uint32_t span_count, uint32_t len_bytes, uint64_t now_us);
    /* The stack tells what is notable; must not call the stack. NULL: nobody listens. */
    void (*on_event)(struct sim_host *host, const struct vitro_event *event);
};

struct sim_net {
    struct sim_clock clock;
    struct sim_wire wire;
    struct sim_host host[SIM_ENDS];
    uint64_t steps;
    bool checks; /* vitro_stack_check() on both stacks after every step; true at first */
};

/*
 * Two hosts with default stacks on an ideal wire of bare IP, MTU 1500: A is 10.0.0.1 and fd00::1, B
 * is 10.0.0.2 and fd00::2. The seed is that of faults and of both secrets.
 */
void sim_net_config_default(struct sim_net_config *config, uint64_t seed);

/* Changes both interfaces and the wire to Ethernet, with a station address each. */
void sim_net_config_ethernet(struct sim_net_config *config);

/* Makes the network; NULL: a configuration that the stack refuses, or no memory. */
WARN_UNUSED struct sim_net *sim_net_create(const struct sim_net_config *config);

/* Frees all of it, silently. NULL is ignored. */
void sim_net_destroy(struct sim_net *net);

/* When the next step is due; TIME_NEVER: never, all is quiet. */
uint64_t sim_net_next(struct sim_net *net);

/* Goes to the time of the next step and does it. False: there is none. */
bool sim_net_step(struct sim_net *net);

/*
 * Does all steps up to and including `until_us`, and leaves the clock there; TIME_NEVER: until all
 * is quiet, the clock staying at the last step.
 */
void sim_net_run(struct sim_net *net, uint64_t until_us);

/* Calls the applications for what is ready now. */
void sim_net_serve(struct sim_net *net);

/* The time now. */
static inline uint64_t sim_net_now(const struct sim_net *net) { return net->clock.now_us; }

/* The host's address of a version, as configured by its end: 10.0.0.x or fd00::x by default. */
struct vitro_ip sim_host_ip(const struct sim_net_config *config, enum sim_end end, bool is_v4);

#endif
