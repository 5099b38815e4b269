/*
 * Where TCP meets the rest: its functions for reaching down and up, segments and errors for it.
 */
#ifndef VITRO_STACK_TCP_H
#define VITRO_STACK_TCP_H

#include "stack/stack.h"

/* The functions TCP calls; with or without reports of events. */
const struct tcp_host_ops *stack_tcp_ops(bool has_events);

/* Takes in a segment: the frame's bytes begin with the TCP header. */
void stack_tcp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us);

/* Takes in an ICMP error that quotes TCP. Returns whether it was about something we sent. */
bool stack_tcp_icmp(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone,
                    uint64_t now_us);

/* The path MTU that such an error reported is believed now: what does not fit any more leaves
 * again. */
void stack_tcp_path_changed(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone,
                            uint64_t now_us);

#endif
