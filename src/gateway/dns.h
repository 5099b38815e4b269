/*
 * The name server of the program's network (port 53 of policy_addresses.dns, UDP and TCP): answers
 * for names below "vitro." itself and asks the host's own resolvers everything else, as the program
 * asked it. Never anybody else. Answers teach names.h what addresses are called.
 *
 *     dns          the sockets of the stack, what arrives by UDP
 *     dns_tcp      what arrives by TCP, and is asked by TCP
 *     dns_forward  asks the host's resolvers by UDP
 *     dns_local    names below "vitro."
 *     dns_talk     a question as a line of the table
 *     dns_message  reading and writing messages
 *     dns_conf     resolv.conf and nsswitch.conf
 */
#ifndef VITRO_GATEWAY_DNS_H
#define VITRO_GATEWAY_DNS_H

#include "gateway/dns_conf.h"
#include "gateway/gateway.h"

/* Begins to serve; NULL: no memory. */
WARN_UNUSED struct dns *dns_create(struct gateway *gateway);

/* Forgets what is under way. NULL is ignored. */
void dns_destroy(struct dns *dns);

#endif
