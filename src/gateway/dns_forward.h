/*
 * Asks the host's resolvers by UDP what the program asked.
 *
 * Each question leaves from a socket of its own, with a source port and an ID that nobody can guess
 * (RFC 5452 9.2), and is else the same bytes. An answer must come from the resolver that was asked,
 * with that ID and the same question. Who does not answer in DNS_PATIENCE_US is not forgotten, but
 * the next resolver is asked as well; one that refuses or fails makes room for the next at once.
 */
#ifndef VITRO_GATEWAY_DNS_FORWARD_H
#define VITRO_GATEWAY_DNS_FORWARD_H

#include "gateway/dns_message.h"
#include "gateway/gateway.h"

/* Questions under way at most; the oldest gives way. */
#define DNS_ASKS_MAX 1024

/* The longest question that is forwarded. */
#define DNS_QUERY_BYTES_MAX 4096

/* One resolver has so long before the next is asked; all of them have so long together. */
#define DNS_PATIENCE_US (2u * 1000000u)
#define DNS_GIVE_UP_US  (10u * 1000000u)

struct dns_forward;

/* Nothing under way yet; NULL: no memory. */
WARN_UNUSED struct dns_forward *dns_forward_create(struct gateway *gateway);

/* Forgets what is under way. NULL is ignored. */
void dns_forward_destroy(struct dns_forward *forward);

/*
 * Asks; the answer, or SERVFAIL, goes by the stack's UDP socket `socket` to where the query came
 * from, `flow`. `query` is at most DNS_QUERY_BYTES_MAX and its question has been read.
 */
void dns_forward_ask(struct dns_forward *forward, vitro_socket socket,
                     const struct vitro_flow *flow, struct span query,
                     const struct dns_question *question, uint64_t now_us);

#endif
