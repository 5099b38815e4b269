/*
 * The host's resolv.conf and nsswitch.conf, and what the program finds in their place.
 *
 * References: resolv.conf(5), nsswitch.conf(5).
 */
#ifndef VITRO_GATEWAY_DNS_CONF_H
#define VITRO_GATEWAY_DNS_CONF_H

#include "gateway/gateway.h"

/*
 * Reads a resolv.conf (a text; NULL: there is none) and takes the name servers, the first
 * GATEWAY_RESOLVERS_MAX of them; returns their number. None is named: 127.0.0.1, as the C library
 * would have it, so at least 1 is returned. Zones of link-local servers are read.
 */
uint32_t dns_read_resolv_conf(const char *text,
                              struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX]);

/*
 * Writes the resolv.conf of the program's network: our name server, and the search list and
 * options of the host's (NULL: it has none). Returns its length without the final NUL, cut to
 * `cap` - 1; `cap` is at least 1.
 */
size_t dns_write_resolv_conf(const char *host_text, const struct policy_addresses *addresses,
                             char *out, size_t cap);

/*
 * Writes the host's nsswitch.conf (NULL: it has none) without what would ask others behind our back
 * (resolve, mymachines, mdns and the like) in its line `hosts:`, which always ends in asking the
 * name server. Length as above.
 */
size_t dns_write_nsswitch(const char *host_text, char *out, size_t cap);

#endif
