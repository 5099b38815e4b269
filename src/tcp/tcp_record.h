/*
 * What the small records share: SYN-RECEIVED and TIME-WAIT live without a connection, yet they
 * judge segments and report like one.
 */
#ifndef VITRO_TCP_RECORD_H
#define VITRO_TCP_RECORD_H

#include "tcp/tcp_host.h"

/* Hands an event about `tuple`, with no connection behind it, to whoever watches the host. */
void tcp_record_event(struct tcp_host *host, struct tcp_event *event, const struct tcp_tuple *tuple,
                      uint64_t now_us);

/* Reports that a record has moved from one state to another. */
void tcp_record_event_state(struct tcp_host *host, const struct tcp_tuple *tuple,
                            enum tcp_state from, enum tcp_state to, enum tcp_cause cause,
                            uint64_t now_us);

/* Counts and reports a challenge ACK that a record has sent (RFC 5961). */
void tcp_record_challenged(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us);

/*
 * Whether `seg` passes the acceptance test of a receiver that expects `rcv_nxt` and offers
 * `window_bytes` (RFC 9293 3.10.7.4, first check).
 */
bool tcp_record_acceptable(const struct tcp_segment *seg, tcp_seq rcv_nxt, uint32_t window_bytes);

#endif
