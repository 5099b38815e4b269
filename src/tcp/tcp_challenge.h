/*
 * Challenge ACKs: the answer to a RST, SYN or ACK that might be forged (RFC 5961). Each connection
 * has its own throttle, so that no counter tells one peer what another is doing.
 */
#ifndef VITRO_TCP_CHALLENGE_H
#define VITRO_TCP_CHALLENGE_H

#include "tcp/tcp_conn.h"

/*
 * Whether the connection may send a challenge ACK now; if so, the caller sends it, and the next may
 * follow config.challenge_interval_us later.
 */
bool tcp_challenge_may(struct tcp_conn *conn, uint64_t now_us);

/* Sends a challenge ACK if the throttle lets it; counts and reports it. */
void tcp_challenge_send(struct tcp_conn *conn, uint64_t now_us);

#endif
