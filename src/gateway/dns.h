/*
 * The name server of the program's network (port 53 of policy_addresses.dns, UDP and TCP): answers
 * for names below "vitro." itself and asks the host's own resolvers everything else, as the program
 * asked it. Never anybody else. Answers teach names.h what addresses are called.
 *
 * Where the host's resolver truncates, the program is told so, comes again by TCP, and is connected
 * through to the same resolver.
 */
#ifndef VITRO_GATEWAY_DNS_H
#define VITRO_GATEWAY_DNS_H

#include "gateway/gateway.h"

/* Begins to serve; NULL: no memory. */
WARN_UNUSED struct dns *dns_create(struct gateway *gateway);

/* Forgets what is under way. NULL is ignored. */
void dns_destroy(struct dns *dns);

/*
 * Reads a resolv.conf (a text) and takes the name servers; returns their number, none if there is
 * none: then it is 127.0.0.1, as the C library would have it. Zones of link-local servers are read.
 */
uint32_t dns_read_resolv_conf(const char *text,
                              struct vitro_endpoint resolver[GATEWAY_RESOLVERS_MAX]);

/*
 * Writes the resolv.conf of the program's network: our name server, and the search list and
 * options of the host's. Returns its length, cut to `cap`.
 */
size_t dns_write_resolv_conf(const char *host_text, const struct policy_addresses *addresses,
                             char *out, size_t cap);

/* The host's nsswitch.conf without what would ask the host behind our back (resolve, mymachines,
 * mdns), for its line `hosts:`. Returns the length, cut to `cap`. */
size_t dns_write_nsswitch(const char *host_text, char *out, size_t cap);

#endif
