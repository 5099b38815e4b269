/*
 * Initial sequence numbers and time stamp offsets: for each pair of endpoints a clock that ticks
 * every 64 ns, started at a place that only this host can compute (RFC 6528).
 */
#ifndef VITRO_TCP_ISN_H
#define VITRO_TCP_ISN_H

#include "tcp/tcp_host.h"

/* The initial sequence number of a connection of `tuple` that opens now. */
tcp_seq tcp_isn(const struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us);

/*
 * As tcp_isn, but beyond `last`: the end of what an earlier connection of this tuple has sent
 * (RFC 9293 MAY-2, RFC 6191).
 */
tcp_seq tcp_isn_beyond(const struct tcp_host *host, const struct tcp_tuple *tuple, tcp_seq last,
                       uint64_t now_us);

/*
 * What is added to our milliseconds to give the TSvals of `tuple`: always the same for one tuple,
 * so that its time stamps grow from one connection to the next (RFC 7323 5.4, RFC 6191).
 */
uint32_t tcp_isn_ts_offset(const struct tcp_host *host, const struct tcp_tuple *tuple);

/* Bytes that tcp_tuple_bytes writes. */
#define TCP_TUPLE_BYTES 38u

/* The tuple as bytes to be hashed, the same on every machine. */
void tcp_tuple_bytes(const struct tcp_tuple *tuple, uint8_t out[TCP_TUPLE_BYTES]);

#endif
