/*
 * Echo requests for the addresses of others, on an interface that accepts any: one ping of a stack
 * may take them, so that a gateway can ask whom they are for and answer in his name.
 */
#ifndef VITRO_STACK_PING_REQUEST_H
#define VITRO_STACK_PING_REQUEST_H

#include "stack/stack.h"
#include "stack/stack_ping.h"

/* Requests that wait; later ones are dropped. */
#define STACK_PING_REQUESTS_MAX 256u

struct stack_ping_request {
    struct list link;
    struct udp_datagram *datagram; /* from UDP's pools: addresses, zone, time and data; no ports */
    uint16_t id, sequence;
    uint8_t hop_limit; /* as it arrived */
};

/* Makes `ping` the one that takes them. Returns 0; EINVAL: it is that already or has a local
 * address; EADDRINUSE: another is. */
WARN_UNUSED int stack_ping_bind_any(struct stack *stack, struct stack_ping *ping);

/* Takes in a request, its checksum verified, for stack->ping_any, which must exist. */
enum drop_reason stack_ping_request_input(struct stack *stack, const struct stack_packet *packet,
                                          uint64_t now_us);

/* The oldest request, NULL when none waits; good until it is discarded. */
struct stack_ping_request *stack_ping_request_peek(const struct stack_ping *ping);

/* Frees the oldest request, which must exist. */
void stack_ping_request_discard(struct stack *stack, struct stack_ping *ping);

#endif
