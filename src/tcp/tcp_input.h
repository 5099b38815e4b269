/*
 * An arriving segment: RFC 9293 3.10.7, step by step, in the RFC's order.
 */
#ifndef VITRO_TCP_INPUT_H
#define VITRO_TCP_INPUT_H

#include "tcp/tcp_conn.h"

/* Whether the steps go on. */
enum tcp_step {
    TCP_CONTINUE,
    TCP_DONE, /* the segment is dealt with; the connection may be gone */
};

/*
 * Takes a segment for `conn` (SYN-SENT and all later states but TIME-WAIT, which is a record).
 * Trims `seg`. Sends what the segment calls for. `conn` may be freed by this.
 */
void tcp_input(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us);

/* 3.10.7.3, SYN-SENT. Goes on with TCP_CONTINUE at the sixth step if the segment has more to say.
 */
enum tcp_step tcp_input_synsent(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us);

/*
 * The fifth step's part for states in which data flows: advances snd.una, frees what was
 * acknowledged, updates the window (RFC 9293 3.10.7.4). SEG.ACK is acceptable.
 */
void tcp_input_ack(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us);

/* SEG.ACK has acknowledged our SYN: ESTABLISHED, with the window of `seg`. */
void tcp_input_establish(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us);

/* Seventh step: the text, in order or not. `conn` stays. */
void tcp_input_text(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us);

#endif
