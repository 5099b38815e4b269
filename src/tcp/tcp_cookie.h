/*
 * SYN cookies: when there is no room for a record, all that it would hold goes into the initial
 * sequence number, and comes back with the ACK (RFC 4987 3.6).
 */
#ifndef VITRO_TCP_COOKIE_H
#define VITRO_TCP_COOKIE_H

#include "tcp/tcp_listen.h"
#include "tcp/tcp_negotiate.h"

/* A cookie's key is used this long; a cookie is good for one to two of these periods. */
#define TCP_COOKIE_KEY_US 15000000u

/* After the last cookie was sent, ACKs are looked at for cookies this long. */
#define TCP_COOKIE_ACCEPT_US 120000000u

/*
 * Answers a SYN with a cookie. False, and nothing sent, if cookies are off or cannot say what the
 * peer's SYN demands (a tiny MSS).
 */
WARN_UNUSED bool tcp_cookie_send(struct tcp_listener *listener, const struct tcp_segment *syn,
                                 uint64_t now_us);

/*
 * Whether the ACK `seg` completes a handshake that a cookie began; then `agreed` is filled. Always
 * false when no cookie was sent lately.
 */
WARN_UNUSED bool tcp_cookie_check(const struct tcp_listener *listener,
                                  const struct tcp_segment *seg, struct tcp_handshake *agreed,
                                  uint64_t now_us);

/* Whether cookies that were sent may still come back. */
bool tcp_cookie_expected(const struct tcp_host *host, uint64_t now_us);

#endif
