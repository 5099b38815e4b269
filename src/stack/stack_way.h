/*
 * The way to a destination: through which interface, to which next hop, from which address. Answers
 * come from the destination cache; a miss asks the routes.
 */
#ifndef VITRO_STACK_WAY_H
#define VITRO_STACK_WAY_H

#include "stack/stack.h"

/* Finds the way anew and remembers it: the slow part of stack_way(). */
struct ip_dest *stack_way_find(struct stack *stack, const struct ip_addr *remote, uint16_t zone);

/* The way to `remote`, NULL when there is none. Good until the next call that may learn a way. */
static inline struct ip_dest *stack_way(struct stack *stack, const struct ip_addr *remote,
                                        uint16_t zone)
{
    struct ip_dest *dest = ip_dest_find(&stack->dests, remote, zone);
    return __builtin_expect(dest != NULL, 1) ? dest : stack_way_find(stack, remote, zone);
}

/* The address of ours that packets to `remote` leave from. Returns 0, or ENETUNREACH when there is
 * no route or no address. */
WARN_UNUSED int stack_way_source(struct stack *stack, const struct ip_addr *remote, uint16_t zone,
                                 struct ip_addr *src);

#endif
