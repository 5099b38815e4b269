/*
 * Pings of the program to other than the gateway's own addresses: sent on by the host's ICMP
 * sockets where the host allows them (net.ipv4.ping_group_range, or CAP_NET_RAW), answered when
 * the answer comes. Where it does not: "communication administratively prohibited", never a lie.
 *
 * Time to live goes through: a reply shows that of the peer, and what routers say on the way is
 * told as they said it, so that ping -t and a traceroute by ICMP work.
 */
#ifndef VITRO_GATEWAY_FORWARD_PING_H
#define VITRO_GATEWAY_FORWARD_PING_H

#include "gateway/gateway.h"

/* A series of pings is over when nothing was sent or answered for so long. */
#define FORWARD_PING_IDLE_US (10u * 1000000u)

/* Makes the catch-all ping socket of the stack and opens the host's, for which it needs what
 * jail_enter() gives up; NULL: no memory. */
WARN_UNUSED struct forward_ping *forward_ping_create(struct gateway *gateway);

/* Forgets what is under way. NULL is ignored. */
void forward_ping_destroy(struct forward_ping *ping);

#endif
