/*
 * A timer of the IP layer: a node of the stack's wheel that says whose it is.
 *
 * The owner of the wheel hands an expired timer to the module its kind names. Timers of other
 * layers must not be in the same wheel, unless their owner can tell them apart.
 */
#ifndef VITRO_IP_TIMER_H
#define VITRO_IP_TIMER_H

#include "base/base.h"
#include "base/wheel.h"

enum ip_timer_kind {
    IP_TIMER_NEIGHBOUR,  /* ip_neighbour_timer() */
    IP_TIMER_REASSEMBLY, /* ip_reassembly_timer() */
    IP_TIMER_ND,         /* ip_nd_timer() */
};

struct ip_timer {
    struct wheel_node node;
    uint8_t kind; /* enum ip_timer_kind */
};

/* Makes a timer of `kind` that is not armed. */
static inline void ip_timer_init(struct ip_timer *timer, enum ip_timer_kind kind)
{
    wheel_node_init(&timer->node);
    timer->kind = (uint8_t)kind;
}

/* The timer whose node wheel_expire() returned. */
static inline struct ip_timer *ip_timer_of(struct wheel_node *node)
{
    return CONTAINER_OF(node, struct ip_timer, node);
}

#endif
