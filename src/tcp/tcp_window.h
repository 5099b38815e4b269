/*
 * The receive window: what is advertised, when it may open, and how the buffer behind it grows with
 * the reader's speed (RFC 9293 3.8.6).
 */
#ifndef VITRO_TCP_WINDOW_H
#define VITRO_TCP_WINDOW_H

#include "tcp/tcp_conn.h"

/* Sets the window that the SYN or SYN-ACK has advertised, once the peer's SYN is known. */
void tcp_window_open(struct tcp_conn *conn);

/*
 * The window field of the segment about to leave. Moves rcv.edge to what the field promises; never
 * to the left (RFC 9293 SHLD-14).
 */
uint16_t tcp_window_select(struct tcp_conn *conn);

/*
 * Whether the window could now open far enough to be worth telling the peer on its own: by two
 * segments or half the buffer, or from zero (RFC 9293 3.8.6.2.2).
 */
bool tcp_window_should_tell(const struct tcp_conn *conn);

/* The application has read `len` bytes: the buffer may grow (dynamic right-sizing). */
void tcp_window_on_read(struct tcp_conn *conn, uint32_t len, uint64_t now_us);

#endif
