/*
 * The answer to a SYN: what is agreed on, and the segment that says so. Records of the SYN cache
 * and SYN cookies share it.
 */
#ifndef VITRO_TCP_SYNACK_H
#define VITRO_TCP_SYNACK_H

#include "tcp/tcp_listen.h"
#include "tcp/tcp_negotiate.h"

/* Fills `agreed` from the peer's SYN and our configuration; iss and the ACK's fields stay zero. */
void tcp_synack_agree(const struct tcp_listener *listener, const struct tcp_segment *syn,
                      struct tcp_handshake *agreed);

/* Sends the SYN-ACK of `agreed`. `ts_val` is its TSval, used if time stamps are agreed on. */
void tcp_synack_send(struct tcp_listener *listener, const struct tcp_handshake *agreed,
                     uint32_t ts_val, uint64_t now_us);

/* The receive window that a SYN-ACK of this listener offers. */
uint16_t tcp_synack_window(const struct tcp_listener *listener);

/* Our TSval of this tuple at `now_us`. */
uint32_t tcp_synack_ts_now(const struct tcp_host *host, const struct tcp_tuple *tuple,
                           uint64_t now_us);

#endif
