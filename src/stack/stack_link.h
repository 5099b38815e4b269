/*
 * The link below IP: frames of an interface, ARP and neighbour discovery.
 */
#ifndef VITRO_STACK_LINK_H
#define VITRO_STACK_LINK_H

#include "stack/stack.h"

/*
 * Sends an IP packet to a link address (ignored on a bare IP medium). The first part of `frame`
 * begins with the IP header, before which ETH_HEADER_BYTES are free to write.
 */
void stack_link_output(struct stack *stack, struct stack_if *iface, const struct eth_addr *to,
                       struct frame *frame, uint64_t now_us);

/* Makes `frame`, as for stack_link_output(), wait until the neighbour `next_hop` is known, asking
 * for it; sends it at once if it is known. */
void stack_link_resolve(struct stack *stack, struct stack_if *iface, struct ip_dest *dest,
                        struct frame *frame, uint64_t now_us);

/* Takes in an ARP packet. Returns why it was dropped, or DROP_NONE. */
enum drop_reason stack_arp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us);

/* Takes in a neighbour discovery message, whose ICMPv6 checksum was good. */
enum drop_reason stack_nd_input(struct stack *stack, struct stack_packet *packet,
                                struct span message, uint64_t now_us);

/* Broadcasts that `addr`, an IPv4 address of ours, is in use now. */
void stack_arp_announce(struct stack *stack, struct stack_if *iface, const struct ip_addr *addr,
                        uint64_t now_us);

/* An expired timer of a neighbour. */
void stack_neighbour_timer(struct stack *stack, struct ip_timer *timer, uint64_t now_us);

/* An expired timer of an interface's discovery. */
void stack_nd_timer(struct stack *stack, struct ip_timer *timer, uint64_t now_us);

#endif
