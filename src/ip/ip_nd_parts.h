/*
 * What the files of neighbour discovery share among themselves; not for others.
 */
#ifndef VITRO_IP_ND_PARTS_H
#define VITRO_IP_ND_PARTS_H

#include "ip/ip_nd.h"

/* The link address a multicast `dst` is sent to; zero for unicast and on a bare IP medium. */
struct eth_addr ip_nd_link_dst(const struct ip_if *iface, const struct ip_addr *dst);

/* Adds our own link address to a solicitation, on media that have one. */
void ip_nd_add_source_lladdr(const struct ip_if *iface, struct ip_nd_message *message);

/* Takes in what the router at `src` announces (ip_nd_router.c). */
void ip_nd_router_take(struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                       uint64_t now_us);

/* A neighbour has ceased to be a router: its routes go (RFC 4861 7.3.3). */
void ip_nd_router_gone(struct ip_nd *nd, const struct ip_addr *router);

/* Forgets what has lived long enough; returns when the next thing will have, or TIME_NEVER. */
uint64_t ip_nd_router_expire(struct ip_nd *nd, uint64_t now_us);

/* Arms the interface's timer for whatever is due first (ip_nd_timer.c). */
void ip_nd_arm(struct ip_nd *nd, uint64_t now_us);

#endif
