/*
 * A DNS question and its answer as a conversation of the table, and what can be learnt from it.
 */
#ifndef VITRO_GATEWAY_DNS_TALK_H
#define VITRO_GATEWAY_DNS_TALK_H

#include "gateway/dns_message.h"
#include "gateway/gateway.h"

/* Begins the record of a question of `len_bytes` that came by `flow` (local: the name server). */
void dns_talk_begin(struct gateway *gateway, struct talk *talk, const struct vitro_flow *flow,
                    const struct dns_question *question, uint32_t len_bytes, uint64_t now_us);

/* Ends it with this answer, which the program has been sent; names.h learns what it says. */
void dns_talk_answered(struct gateway *gateway, struct talk *talk, struct span answer,
                       uint64_t now_us);

/*
 * Ends it with an answer of our own, SERVFAIL: no resolver did better. `error` is a positive errno
 * value, ETIMEDOUT if nobody answered.
 */
void dns_talk_failed(struct gateway *gateway, struct talk *talk, struct span answer, int error,
                     uint64_t now_us);

#endif
