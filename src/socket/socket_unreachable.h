/*
 * What UDP and ping sockets have in common when they say that something was not delivered.
 */
#ifndef VITRO_SOCKET_UNREACHABLE_H
#define VITRO_SOCKET_UNREACHABLE_H

#include "socket/socket.h"
#include "stack/stack_unreachable.h"

/* Sends the error `why` about `packet`, of which protocol, length and transport header are set; the
 * rest is filled in here. Returns 0 or a negative errno value, as vitro_udp_unreachable(). */
int socket_unreachable(struct vitro_stack *stack, const struct vitro_flow *flow,
                       const struct vitro_unreachable *why, struct stack_undelivered *packet,
                       uint64_t now_us);

#endif
