/*
 * The states of RFC 9293 3.3.2, the moves between them, and the one function that makes a move.
 * LISTEN is a listener's and TIME-WAIT also a small record's; see tcp_listen.h and tcp_timewait.h.
 */
#ifndef VITRO_TCP_STATE_H
#define VITRO_TCP_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define TCP_STATES(X)                                                                              \
    X(CLOSED, "CLOSED")                                                                            \
    X(LISTEN, "LISTEN")                                                                            \
    X(SYN_SENT, "SYN-SENT")                                                                        \
    X(SYN_RECEIVED, "SYN-RECEIVED")                                                                \
    X(ESTABLISHED, "ESTABLISHED")                                                                  \
    X(FIN_WAIT_1, "FIN-WAIT-1")                                                                    \
    X(FIN_WAIT_2, "FIN-WAIT-2")                                                                    \
    X(CLOSE_WAIT, "CLOSE-WAIT")                                                                    \
    X(CLOSING, "CLOSING")                                                                          \
    X(LAST_ACK, "LAST-ACK")                                                                        \
    X(TIME_WAIT, "TIME-WAIT")

enum tcp_state {
#define TCP_STATE_ENUM(name, text) TCP_##name,
    TCP_STATES(TCP_STATE_ENUM)
#undef TCP_STATE_ENUM
        TCP_STATE_COUNT,
};

#define TCP_CAUSES(X)                                                                              \
    X(OPEN_ACTIVE, "active open")                                                                  \
    X(OPEN_PASSIVE, "passive open")                                                                \
    X(SYN, "SYN arrived")                                                                          \
    X(SYN_ACK, "SYN-ACK arrived")                                                                  \
    X(ACK_OF_SYN, "our SYN was acknowledged")                                                      \
    X(ACK_OF_FIN, "our FIN was acknowledged")                                                      \
    X(FIN, "FIN arrived")                                                                          \
    X(CLOSE, "closed here")                                                                        \
    X(ABORT, "aborted here")                                                                       \
    X(RST, "RST arrived")                                                                          \
    X(TIMEOUT, "timed out")                                                                        \
    X(LINGER_TIMEOUT, "peer did not close in time")                                                \
    X(TIME_WAIT_OVER, "2MSL passed")                                                               \
    X(ICMP, "ICMP error")                                                                          \
    X(DATA_AFTER_CLOSE, "data arrived after close")                                                \
    X(NO_MEMORY, "out of memory")

enum tcp_cause {
#define TCP_CAUSE_ENUM(name, text) TCP_CAUSE_##name,
    TCP_CAUSES(TCP_CAUSE_ENUM)
#undef TCP_CAUSE_ENUM
};

struct tcp_conn;

/* The state's name as RFC 9293 writes it, a static string. */
const char *tcp_state_text(enum tcp_state state);
/* The cause in words, a static string. */
const char *tcp_cause_text(enum tcp_cause cause);
/* Whether a connection may move from `from` to `to`. */
bool tcp_state_may_move(enum tcp_state from, enum tcp_state to);
/* The state a new connection is born in, without a report: CLOSED, or SYN-RECEIVED when its record
 * of the SYN cache has already told of that. */
void tcp_state_init(struct tcp_conn *conn, enum tcp_state state);
/* Moves the connection and reports the move; the move must be legal. */
void tcp_state_set(struct tcp_conn *conn, enum tcp_state to, enum tcp_cause cause);

#endif
