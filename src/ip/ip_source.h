/*
 * Which of our addresses a packet leaves from, when the application has not said.
 *
 * References: RFC 6724 5, rules 1, 2, 3, 6 (with the labels of unique local addresses) and 8;
 * RFC 1122 3.3.4.3 for IPv4, where scope and prefix decide in the same way.
 */
#ifndef VITRO_IP_SOURCE_H
#define VITRO_IP_SOURCE_H

#include "base/base.h"
#include "ip/ip_if.h"

/*
 * Chooses among the usable addresses of `iface`, through which packets to `dst` leave. False, with
 * `src` untouched, when it has none of dst's version.
 */
WARN_UNUSED bool ip_source_select(const struct ip_if *iface, const struct ip_addr *dst,
                                  struct ip_addr *src);

/* How far an address reaches, as a multicast scope value: 2 link, 5 site, 14 global (RFC 6724
 * 3.1). */
uint8_t ip_addr_scope(const struct ip_addr *addr);

/* How many leading bits two addresses share, 0 to 128. */
uint32_t ip_addr_common_bits(const struct ip_addr *a, const struct ip_addr *b);

#endif
