/*
 * UDP of the program: flows (program's endpoint, destination), forgotten when nothing was said for
 * a while. All that one endpoint of the program says leaves by one address and port of the host; to
 * it may answer who was spoken to, from any port. What the host learns by ICMP (port unreachable,
 * too big) is told the program by ICMP.
 *
 * A destination that policy.h refuses has a flow too, without a socket: what was tried shows in the
 * table, once and not once per datagram. Multicast and broadcast go nowhere, without a word.
 */
#ifndef VITRO_GATEWAY_FORWARD_UDP_H
#define VITRO_GATEWAY_FORWARD_UDP_H

#include "gateway/gateway.h"

/* A flow is forgotten after so long: one that was never answered, one that was, one to port 53. */
#define FORWARD_UDP_IDLE_US_NEW      (30u * 1000000u)
#define FORWARD_UDP_IDLE_US_ANSWERED (180u * 1000000u)
#define FORWARD_UDP_IDLE_US_DNS      (10u * 1000000u)

/* Makes the catch-all UDP socket of the stack; NULL: no memory. */
WARN_UNUSED struct forward_udp *forward_udp_create(struct gateway *gateway);

/* Ends all flows. NULL is ignored. */
void forward_udp_destroy(struct forward_udp *udp);

#endif
