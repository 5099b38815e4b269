/*
 * Where UDP meets the rest: its functions for reaching down and up, datagrams and errors for it.
 */
#ifndef VITRO_STACK_UDP_H
#define VITRO_STACK_UDP_H

#include "stack/stack.h"

/* The functions UDP calls. */
extern const struct udp_host_ops stack_udp_ops;

/* Takes in a datagram: the frame's bytes begin with the UDP header. */
void stack_udp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us);

/* Takes in an ICMP error that quotes UDP. Returns whether it was about something we may have sent.
 */
bool stack_udp_icmp(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone);

#endif
