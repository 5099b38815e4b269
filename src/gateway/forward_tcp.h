/*
 * TCP connections of the program: each SYN is held until the host has connected to where it wants
 * to go.
 *
 *     SYN held -> policy -> connect() of the host -> connected: SYN-ACK, and a relay
 *                                                 -> refused: RST
 *                                                 -> unreachable: ICMP
 *                                                 -> timed out: silence
 *                                                 -> no descriptor, no memory: silence, so that the
 *                                                    program asks again
 */
#ifndef VITRO_GATEWAY_FORWARD_TCP_H
#define VITRO_GATEWAY_FORWARD_TCP_H

#include "gateway/gateway.h"

/* Makes the listener for every destination; NULL: no memory. */
WARN_UNUSED struct forward_tcp *forward_tcp_create(struct gateway *gateway);

/* Ends all connections. NULL is ignored. */
void forward_tcp_destroy(struct forward_tcp *tcp);

/* Whether a connection of the program still has something to bring to the host. */
bool forward_tcp_is_busy(const struct forward_tcp *tcp);

#endif
