/*
 * Sending: carries out what tcp_plan decides, segment by segment, and arms the timer for when it
 * has to be asked again. Resets and ACKs without a connection are built here too.
 */
#ifndef VITRO_TCP_OUTPUT_H
#define VITRO_TCP_OUTPUT_H

#include "tcp/tcp_conn.h"

/* Sends everything that may leave now; then the timer stands at the next deadline. */
void tcp_output(struct tcp_conn *conn, uint64_t now_us);
/* An ACK at once, whatever the plan says (challenges, duplicates). */
void tcp_output_ack(struct tcp_conn *conn, uint64_t now_us);
/* RST for a connection in a synchronised state: seq = snd.nxt, ACK set. */
void tcp_output_rst(struct tcp_conn *conn, uint64_t now_us);
/*
 * RST in answer to `seg`, which belongs to no connection (RFC 9293 3.10.7.1). False: the rate limit
 * held it back. Never in answer to a RST, which is no failure.
 */
bool tcp_output_rst_reply(struct tcp_host *host, const struct tcp_segment *seg, uint64_t now_us);
/* Counts and hands down a segment that the caller has built whole (SYN cache, TIME-WAIT). */
void tcp_output_raw(struct tcp_host *host, const struct tcp_tuple *tuple, struct tcp_repr *repr,
                    uint8_t traffic_class, uint8_t ttl, uint64_t now_us);

#endif
