/*
 * ICMP of both versions: echo, errors to be sent, errors that arrive and whom they concern.
 */
#ifndef VITRO_STACK_ICMP_H
#define VITRO_STACK_ICMP_H

#include "stack/stack.h"

/* Takes in an ICMP or ICMPv6 message: the frame's bytes begin with its header. */
enum drop_reason stack_icmp_input(struct stack *stack, struct stack_packet *packet,
                                  uint64_t now_us);

/* Answers a packet with an error, if the rules of ICMP and the rate limit allow it. */
void stack_icmp_error(struct stack *stack, struct stack_packet *packet,
                      const struct ip_icmp_report *report, uint64_t now_us);

/* The same about a packet that is not being taken in now: `bytes` from its IP header on. */
void stack_icmp_report(struct stack *stack, const struct gather *bytes,
                       const struct ip_icmp_report *report, uint64_t now_us);

/*
 * Sends the error about the packet `bytes`, or about its beginning, from one address to another, if
 * the rate limit allows it. Whether the packet may be answered at all the caller knows.
 */
void stack_icmp_error_send(struct stack *stack, const struct gather *bytes,
                           const struct ip_icmp_report *report, const struct ip_addr *from,
                           const struct ip_addr *to, uint16_t zone, uint64_t now_us);

/* The same about a packet of our own that could not leave by `iface`: whoever sent it hears of it
 * at once, without a wire in between. */
void stack_icmp_report_own(struct stack *stack, struct stack_if *iface, const struct gather *bytes,
                           const struct ip_icmp_report *report, uint64_t now_us);

#endif
