/*
 * What a router does with an IP packet too large for its next link: it answers "fragmentation
 * needed" (RFC 1191) or "packet too big" (RFC 4443), or fragments an IPv4 packet that allows it.
 *
 * Packets are as on the wire, with an Ethernet header or without. Answers go back to the station
 * they came from, as if the other station had sent them.
 */
#ifndef VITRO_SIM_ROUTER_H
#define VITRO_SIM_ROUTER_H

#include "base/span.h"
#include "wire/frame.h"
#include "wire/ip_addr.h"

/* Room for the longest answer: the smallest MTU of IPv6 and an Ethernet header with tags. */
#define SIM_ROUTER_ANSWER_MAX 1312

/* The length of the IP packet that a packet holds; 0 if it holds none. */
uint32_t sim_router_ip_bytes(struct span packet, enum frame_link link);

/* Whether the router may cut this packet: IPv4 without "don't fragment". */
bool sim_router_may_fragment(struct span packet, enum frame_link link);

/*
 * Writes the answer to a packet of more than `mtu_bytes` from a router with these addresses to
 * `out`, of SIM_ROUTER_ANSWER_MAX bytes. Returns its length; 0: to this one there is no answer (it
 * is an ICMP error itself, or no IP packet).
 */
size_t sim_router_answer(struct span packet, enum frame_link link, uint32_t mtu_bytes,
                         const struct ip_addr *router4, const struct ip_addr *router6,
                         uint8_t *out);

/*
 * Writes the fragment that begins `*offset` bytes into the packet's payload to `out`, with room for
 * `mtu_bytes` and the link header, and moves `*offset` on. Begin with 0. Returns its length; 0: the
 * packet is done, or `mtu_bytes` leaves no room for data.
 */
size_t sim_router_fragment(struct span packet, enum frame_link link, uint32_t mtu_bytes,
                           uint32_t *offset, uint8_t *out);

#endif
