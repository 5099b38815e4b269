/*
 * The way down: IP and link headers are written into the room before the transport header, and the
 * payload is referred to where it lies.
 *
 *     room:  |  ... link | IP | transport header |      payload spans elsewhere
 *                             ^ room + STACK_HEADROOM_BYTES
 */
#ifndef VITRO_STACK_OUTPUT_H
#define VITRO_STACK_OUTPUT_H

#include "stack/stack.h"
#include "wire/ip6_ext.h"
#include "wire/tcp.h"

/* Ethernet, IPv6 and a fragment header, rounded up. */
#define STACK_HEADROOM_BYTES 64u

/* Headroom and the longest transport header. */
#define STACK_ROOM_BYTES (STACK_HEADROOM_BYTES + TCP_HEADER_BYTES_MAX + 4u)

/* A packet of UDP or ICMP on its way down. */
struct stack_outgoing {
    const struct ip_addr *src, *dst;
    uint16_t zone;
    uint8_t protocol;
    uint8_t hop_limit; /* 0: the interface's */
    uint8_t traffic_class;
    bool may_fragment;
    uint32_t header_bytes;      /* of the transport header, at most 60 */
    const struct gather *bytes; /* header, checksum complete, and payload */
};

/*
 * Sends a packet, in fragments if it is too long for the way and may be cut. Returns 0;
 * ENETUNREACH: no route; EMSGSIZE. What is lost behind that is dropped and counted.
 */
WARN_UNUSED int stack_ip_output(struct stack *stack, const struct stack_outgoing *out,
                                uint64_t now_us);

/* What stack_ip_emit() needs to know for one header. */
struct stack_ip_header {
    const struct ip_addr *src, *dst;
    uint32_t payload_bytes;
    uint32_t flow_label; /* IPv6 */
    uint16_t id;         /* IPv4 */
    bool dont_fragment;  /* IPv4 */
    uint8_t protocol;
    uint8_t hop_limit;
    uint8_t traffic_class;
};

/* Writes the IP header so that it ends at `end`; returns where it begins. */
uint8_t *stack_ip_emit(const struct stack_ip_header *ip, uint8_t *end);

/* Length of the IP header that stack_ip_emit() writes. */
static inline uint32_t stack_ip_header_bytes(const struct ip_addr *dst)
{
    return ip_addr_is_v4(dst) ? IP4_HEADER_BYTES : IP6_HEADER_BYTES;
}

/*
 * Sends an IP packet by the way `dest`. The first part of `frame` begins with the IP header, before
 * which ETH_HEADER_BYTES are free to write, and holds all headers. Waits for the neighbour's
 * address if need be.
 */
void stack_way_output(struct stack *stack, struct ip_dest *dest, struct frame *frame,
                      uint64_t now_us);

#endif
