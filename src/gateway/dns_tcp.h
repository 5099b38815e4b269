/*
 * The name server by TCP: for answers that did not fit a datagram, for zone transfers, and for
 * programs that prefer it. What came by TCP is asked by TCP.
 *
 * References: RFC 7766, RFC 1035 4.2.2 (two bytes of length before each message).
 */
#ifndef VITRO_GATEWAY_DNS_TCP_H
#define VITRO_GATEWAY_DNS_TCP_H

#include "gateway/dns_message.h"
#include "gateway/gateway.h"

/* Connections at a time; more are reset and counted. */
#define DNS_TCP_MAX 64

/* The longest question. */
#define DNS_TCP_QUERY_BYTES_MAX 4096

/* One resolver has so long to be connected and to answer, a program to ask or to read. */
#define DNS_TCP_PATIENCE_US (5u * 1000000u)
#define DNS_TCP_IDLE_US     (30u * 1000000u)

struct dns_tcp;

/* Begins to listen; NULL: no memory. */
WARN_UNUSED struct dns_tcp *dns_tcp_create(struct gateway *gateway);

/* Ends all connections. NULL is ignored. */
void dns_tcp_destroy(struct dns_tcp *tcp);

#endif
