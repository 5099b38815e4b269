/*
 * What a SYN offers, and what both sides agreed on once the other's SYN is known: MSS, window
 * scale, time stamps, SACK, ECN (RFC 9293 3.7.1, RFC 7323, RFC 2018, RFC 3168 6.1.1).
 */
#ifndef VITRO_TCP_NEGOTIATE_H
#define VITRO_TCP_NEGOTIATE_H

#include "tcp/tcp_conn.h"

/* The outcome of a handshake, as a SYN record or a cookie knows it. */
struct tcp_handshake {
    struct tcp_tuple tuple;
    tcp_seq iss, irs;
    uint16_t mss_peer;
    bool sack, timestamps, window_scaling, ecn;
    uint8_t snd_shift; /* the peer's */
    uint8_t rcv_shift; /* ours */
    uint32_t ts_recent;
    uint32_t ts_recent_ms;
    uint32_t ts_offset;
    uint16_t window; /* of the completing ACK, unscaled */
    uint64_t rtt_us; /* SYN-ACK to ACK, 0 if it was retransmitted */
    bool syn_timed_out;
};

/* cwnd of a new connection, and after a long pause: the configured segments, within what RFC 6928 2
 * allows for large ones. */
uint32_t tcp_negotiate_initial_cwnd(const struct tcp_config *config, uint32_t mss_bytes);
/* Our offered window scale shift for a receive buffer of up to `rcvbuf_bytes_max` (RFC 7323 2.2).
 */
uint8_t tcp_negotiate_shift(const struct tcp_config *config, uint32_t rcvbuf_bytes_max);
/* Bytes that time stamps take in every segment, padding included (RFC 7323 appendix A). */
#define TCP_TIMESTAMPS_BYTES 12u
/* The smallest MSS worked with: that of IPv4's smallest MTU, 68 (RFC 791 3.2). */
#define TCP_MSS_MIN          28u

/* The MSS of a peer that announced none: 536 for IPv4, 1220 for IPv6 (RFC 9293 MUST-15). */
uint16_t tcp_negotiate_mss_default(const struct tcp_tuple *tuple);
/* What a path takes: MTU less fixed headers (RFC 9293 MUST-67, RFC 6691), within the configured
 * limit and never below TCP_MSS_MIN. */
uint16_t tcp_negotiate_path_mss(const struct tcp_host *host, const struct tcp_tuple *tuple,
                                struct tcp_path path);
/* The MSS to announce to this peer (RFC 9293 MUST-14, SHLD-5). */
uint16_t tcp_negotiate_mss(struct tcp_host *host, const struct tcp_tuple *tuple);
/* The window field of a SYN or SYN-ACK, never scaled (RFC 7323 2.2). */
uint16_t tcp_negotiate_syn_window(uint32_t rcvbuf_bytes);
/* Options of the connection's own SYN, or of its SYN-ACK in a simultaneous open. */
void tcp_negotiate_offer(const struct tcp_conn *conn, struct tcp_options *options, uint64_t now_us);
/* Takes the peer's SYN or SYN-ACK: what both offered is agreed from here on. */
void tcp_negotiate_accept(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us);

/*
 * A connection in ESTABLISHED from a completed passive handshake, in the table, with `listener`'s
 * options; NULL when limits are reached. The caller queues it for accept.
 */
struct tcp_conn *tcp_negotiate_passive_conn(struct tcp_listener *listener,
                                            const struct tcp_handshake *handshake, uint64_t now_us);

#endif
