/*
 * Ping: echo requests of ours and a bounded queue of what came back.
 */
#ifndef VITRO_STACK_PING_H
#define VITRO_STACK_PING_H

#include "stack/stack.h"

#define STACK_PING_DATA_BYTES 1472u /* of a reply that are kept: what MTU 1500 carries */
#define STACK_PING_QUEUE_MAX  16u   /* replies that wait on one socket; later ones are dropped */

struct stack_ping_reply {
    struct list link;
    struct ip_addr from;
    int error; /* 0: a reply; else an errno value that an ICMP error means */
    uint32_t len_bytes;
    uint16_t sequence;
    uint8_t hop_limit;
    uint8_t data[STACK_PING_DATA_BYTES];
};

struct stack_ping {
    struct list link;     /* in stack.pings */
    struct list replies;  /* oldest first */
    struct list requests; /* of stack_ping_request.link, oldest first; of stack.ping_any only */
    uint32_t reply_count, request_count;
    uint16_t id;
    uint8_t hop_limit; /* of requests; 0: the interface's */
    uint8_t traffic_class;
    struct ip_addr local; /* unspecified: what the way suggests */
    void *owner;
};

/* Makes a ping with an identifier of its own, NULL at the limit. */
WARN_UNUSED struct stack_ping *stack_ping_open(struct stack *stack);

/* Frees it with all that waits. */
void stack_ping_close(struct stack *stack, struct stack_ping *ping);

/* An echo message on its way down. */
struct stack_echo {
    bool is_reply;
    const struct ip_addr *src, *dst;
    uint16_t zone, id, sequence;
    uint8_t hop_limit; /* 0: the interface's */
    uint8_t traffic_class;
    struct span data;
};

/* Sends one. Returns 0, ENETUNREACH, EMSGSIZE, or EINVAL: addresses of two versions. */
WARN_UNUSED int stack_echo_output(struct stack *stack, const struct stack_echo *echo,
                                  uint64_t now_us);

/* Sends a request. Returns 0, ENETUNREACH, EMSGSIZE, EINVAL. */
WARN_UNUSED int stack_ping_send(struct stack *stack, struct stack_ping *ping,
                                const struct ip_addr *dst, uint16_t zone, uint16_t sequence,
                                struct span data, uint64_t now_us);

/* The oldest reply, NULL when none waits; good until it is discarded. */
struct stack_ping_reply *stack_ping_peek(const struct stack_ping *ping);

/* Frees the oldest reply, which must exist. */
void stack_ping_discard(struct stack *stack, struct stack_ping *ping);

/* Takes in an echo reply. Returns whether some ping had this identifier. */
bool stack_ping_input(struct stack *stack, const struct ip_addr *from, uint16_t id,
                      uint16_t sequence, uint8_t hop_limit, struct span data);

/* Takes in an error about a request of ours, from `from`. Returns whether it was ours. */
bool stack_ping_icmp(struct stack *stack, const struct ip_addr *from,
                     const struct ip_icmp_error *error);

#endif
