/*
 * What the name server knows itself: the names below "vitro." and those of the addresses of the
 * program's network.
 *
 *     gateway.vitro  demo.vitro  dns.vitro  program.vitro    A, AAAA
 *     100.2.0.10.in-addr.arpa and the like                   PTR
 *
 * All that is below "vitro." and in the network is answered here, if only with "no such name": it
 * would make no sense to anybody else.
 */
#ifndef VITRO_GATEWAY_DNS_LOCAL_H
#define VITRO_GATEWAY_DNS_LOCAL_H

#include "gateway/dns_message.h"
#include "gateway/policy.h"

/* How long the answers hold. */
#define DNS_LOCAL_TTL_S 60

/*
 * Answers `query`, whose question has been read, into `out`. Returns the length of the answer;
 * 0: the question is for others.
 */
WARN_UNUSED size_t dns_local_answer(const struct policy_addresses *addresses, struct span query,
                                    const struct dns_question *question, uint8_t *out, size_t cap);

/* The name of an address of ours, "gateway.vitro"; NULL: it is none. */
const char *dns_local_name(const struct policy_addresses *addresses, const struct vitro_ip *ip);

/* Reads "7.2.0.192.in-addr.arpa" or its long like for IPv6. False: not all of an address. */
WARN_UNUSED bool dns_local_reverse(const char *name, struct vitro_ip *ip);

#endif
