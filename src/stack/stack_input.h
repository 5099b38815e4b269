/*
 * The way up: from a frame to the protocol it is for. Each function returns why the packet was
 * dropped, DROP_NONE if it was taken or if a floor above has counted it.
 */
#ifndef VITRO_STACK_INPUT_H
#define VITRO_STACK_INPUT_H

#include "stack/stack.h"

/* An IPv4 packet: the frame's bytes begin with its header. */
enum drop_reason stack_ip4_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us);

/* An IPv6 packet. */
enum drop_reason stack_ip6_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us);

/* Hands a whole packet to its protocol; its headers take `header_bytes`. */
enum drop_reason stack_deliver(struct stack *stack, struct stack_packet *packet,
                               uint32_t header_bytes, uint64_t now_us);

/* Checks both addresses and notes what the destination is to us. */
enum drop_reason stack_addresses_check(struct stack_packet *packet);

/* Counts what reassembly says it dropped, this packet not included; returns the reason for this
 * one. */
enum drop_reason stack_fragment_drops(struct stack *stack, struct stack_packet *packet,
                                      const struct ip_reassembly_result *result);

/* Takes `len` bytes off the front, all of which lie in the first part. */
static inline void stack_packet_advance(struct stack_packet *packet, uint32_t len)
{
    struct gather *bytes = &packet->frame->bytes;
    packet->ip_bytes += len;
    bytes->part[0].data += len;
    bytes->part[0].len -= len;
    bytes->len_bytes -= len;
}

/* Makes the frame begin with the IP header again, for those who quote it. */
static inline void stack_packet_rewind(struct stack_packet *packet)
{
    struct gather *bytes = &packet->frame->bytes;
    bytes->part[0].data -= packet->ip_bytes;
    bytes->part[0].len += packet->ip_bytes;
    bytes->len_bytes += packet->ip_bytes;
    packet->ip_bytes = 0;
}

#endif
