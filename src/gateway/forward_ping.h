/*
 * Pings of the program to other than the gateway's own addresses: sent on by the host's ICMP
 * sockets where the host allows them (net.ipv4.ping_group_range, or CAP_NET_RAW), answered when
 * the answer comes. Where it does not: "communication administratively prohibited", never a lie.
 */
#ifndef VITRO_GATEWAY_FORWARD_PING_H
#define VITRO_GATEWAY_FORWARD_PING_H

#include "gateway/gateway.h"

/* Makes the catch-all ping socket of the stack and opens the host's; NULL: no memory. */
WARN_UNUSED struct forward_ping *forward_ping_create(struct gateway *gateway);

/* Forgets what is under way. NULL is ignored. */
void forward_ping_destroy(struct forward_ping *ping);

#endif
