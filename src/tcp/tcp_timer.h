/*
 * Named deadlines. Each event that matters to a timer has a function here; tcp_timer_settle puts
 * the timers that follow from the connection's state in force and arms the wheel.
 *
 * The wheel holds one node per connection. A deadline that moves later leaves the node where it is:
 * it fires early once, finds nothing due, and is armed anew. So the usual case, an ACK that
 * restarts the retransmission timer, does not touch the wheel.
 */
#ifndef VITRO_TCP_TIMER_H
#define VITRO_TCP_TIMER_H

#include "tcp/tcp_conn.h"

/* The earliest deadline of all, TIME_NEVER if there is none. Pure. */
uint64_t tcp_timer_next_us(const struct tcp_conn *conn);
/* Arms, stops or keeps the retransmission and persist timers as what is in flight and the peer's
 * window require, and the wheel for the earliest deadline. */
void tcp_timer_settle(struct tcp_conn *conn, uint64_t now_us);
/* A SYN left: its answer is due within the first wait, doubled for each one before. */
void tcp_timer_syn_sent(struct tcp_conn *conn, uint64_t now_us);
/* New data was acknowledged: the retransmission timer starts afresh (RFC 6298 5.3). */
void tcp_timer_progress(struct tcp_conn *conn, uint64_t now_us);
/* An acceptable segment arrived: the peer is there, and silence counts from here. */
void tcp_timer_heard(struct tcp_conn *conn, uint64_t now_us);
/* In-order data arrived that need not be acknowledged at once. */
void tcp_timer_ack_owed(struct tcp_conn *conn, uint64_t now_us);
/* An ACK left. */
void tcp_timer_ack_sent(struct tcp_conn *conn);
/* The connection waits for the peer's FIN, or in TIME-WAIT, for at most this long. */
void tcp_timer_linger(struct tcp_conn *conn, uint64_t wait_us, uint64_t now_us);
/* Everything that was due at `deadline_us` happens now. May free the connection. */
void tcp_timer_expire(struct tcp_conn *conn, uint64_t deadline_us);

/*
 * For how long `retries` retransmissions with exponential back-off from `rto_us_min` up to
 * `rto_us_max` last, from the first transmission to giving up: R1 and R2 as times (RFC 9293 3.8.3).
 */
uint64_t tcp_timer_retries_us(uint32_t retries, uint64_t rto_us_min, uint64_t rto_us_max);

#endif
