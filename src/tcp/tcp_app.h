/*
 * The user's calls of RFC 9293 3.9.1 on a connection: OPEN, SEND, RECEIVE, CLOSE, ABORT, STATUS.
 * Nothing blocks: what cannot be done now is answered with EAGAIN, and ops->ready tells when it is
 * worth trying again. All lengths are bytes; errors are errno values.
 */
#ifndef VITRO_TCP_APP_H
#define VITRO_TCP_APP_H

#include "tcp/tcp_conn.h"

enum tcp_readiness {
    TCP_READABLE = 1, /* data, or the end of the stream, or an error */
    TCP_WRITABLE = 2, /* room in the send buffer */
    TCP_HANGUP = 4,   /* both directions are done, or the connection ended */
    TCP_PEER_FIN = 8, /* the peer has finished sending and all of it was read or is readable */
    TCP_ERROR = 16,   /* tcp_take_error has something to say */
    TCP_URGENT = 32,  /* urgent data ahead (RFC 9293 MUST-32) */
    TCP_CONNECTED = 64,
};

/*
 * Active OPEN to tuple->remote. tuple->local_port 0: a free port is chosen (RFC 6056); tuple->local
 * must be set by the caller. The SYN leaves at once. Returns 0 with the connection in SYN-SENT, or
 * EADDRINUSE, EADDRNOTAVAIL (no free port), ENETUNREACH (no route), ENOBUFS.
 */
WARN_UNUSED int tcp_connect(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t owner,
                            struct tcp_conn **conn, uint64_t now_us);
/* The same, but the SYN waits for tcp_output: for a caller who sets options that the SYN depends
 * on. */
WARN_UNUSED int tcp_connect_prepare(struct tcp_host *host, const struct tcp_tuple *tuple,
                                    uint64_t owner, struct tcp_conn **conn, uint64_t now_us);

/* Queues up to `len` bytes and sends what may go. *taken says how many. EAGAIN: the buffer is full;
 * ENOBUFS: the host's memory is, or others have waited longer for some (both will tell by
 * ops->ready; when the system's memory is out nothing will); EPIPE after shutdown or the
 * connection's end; or the connection's error (taken by this call). */
WARN_UNUSED int tcp_send(struct tcp_conn *conn, const uint8_t *data, uint32_t len, uint32_t *taken,
                         uint64_t now_us);
/* Room to write into directly: up to `len` bytes in up to `parts_max` places; see tcp_sendbuf.h. */
WARN_UNUSED int tcp_send_reserve(struct tcp_conn *conn, uint32_t len, struct span_mut *parts,
                                 uint32_t parts_max, uint32_t *count);
/* The first `len` reserved bytes are written: queue them and send what may go. */
void tcp_send_commit(struct tcp_conn *conn, uint32_t len, uint64_t now_us);
/* As tcp_send, and the urgent pointer points behind the last byte taken (RFC 9293 MUST-30, MUST-31;
 * RFC 6093: new programs should not need it, RFC 9293 SHLD-13). */
WARN_UNUSED int tcp_send_urgent(struct tcp_conn *conn, const uint8_t *data, uint32_t len,
                                uint32_t *taken, uint64_t now_us);
/* Free room in the send buffer. */
uint32_t tcp_send_room_bytes(const struct tcp_conn *conn);
/* Queued and not yet acknowledged (SIOCOUTQ). */
uint32_t tcp_send_queued_bytes(const struct tcp_conn *conn);

/* Copies up to `len` > 0 bytes out. *got 0 with result 0: the peer has finished (end of stream), or
 * the connection has ended and its error was taken. EAGAIN: nothing yet; or the connection's error.
 */
WARN_UNUSED int tcp_receive(struct tcp_conn *conn, uint8_t *to, uint32_t len, uint32_t *got,
                            uint64_t now_us);
/* The readable bytes where they lie; same errors. */
WARN_UNUSED int tcp_receive_peek(struct tcp_conn *conn, struct span *parts, uint32_t parts_max,
                                 uint32_t *count);
/* Done with the first `len` readable bytes: the window may open. */
void tcp_receive_consume(struct tcp_conn *conn, uint32_t len, uint64_t now_us);
uint32_t tcp_receive_queued_bytes(const struct tcp_conn *conn);
/* Bytes from the read point to the urgent mark; false if there is no urgent data (RFC 9293
 * MUST-32). */
bool tcp_receive_urgent(const struct tcp_conn *conn, uint32_t *offset);

/* No more will be sent: FIN after what is queued. 0, or ENOTCONN. Half-close: receiving goes on. */
WARN_UNUSED int tcp_shutdown_send(struct tcp_conn *conn, uint64_t now_us);
/* No more will be read: what is queued and what arrives is acknowledged and thrown away. */
void tcp_shutdown_receive(struct tcp_conn *conn, uint64_t now_us);
/* CLOSE: lets go of the connection. RST if data is unread (RFC 9293 3.10.4 and RFC 2525 2.17) or
 * linger is zero, else FIN after what is queued. `conn` is not the caller's any more. */
void tcp_close(struct tcp_conn *conn, uint64_t now_us);
/* ABORT: RST, everything queued is thrown away; `conn` is not the caller's any more. */
void tcp_abort(struct tcp_conn *conn, uint64_t now_us);

/* What can be done now: TCP_READABLE and so on, or-ed. */
unsigned tcp_conn_readiness(const struct tcp_conn *conn);
/* The pending error, which is cleared; 0: none (SO_ERROR). */
int tcp_take_error(struct tcp_conn *conn);

/* Options take effect at once. */
void tcp_set_nodelay(struct tcp_conn *conn, bool on, uint64_t now_us);
void tcp_set_cork(struct tcp_conn *conn, bool on, uint64_t now_us);
void tcp_set_keepalive(struct tcp_conn *conn, bool on, uint64_t now_us);
/* Seconds of silence before the first probe, between probes, and how many; 0 leaves a value. */
void tcp_set_keepalive_times(struct tcp_conn *conn, uint32_t idle_ms, uint32_t interval_ms,
                             uint8_t probes, uint64_t now_us);
/* 0: R2 decides (RFC 9293 MAY-13; RFC 5482). */
void tcp_set_user_timeout(struct tcp_conn *conn, uint32_t timeout_ms, uint64_t now_us);
void tcp_set_sndbuf(struct tcp_conn *conn, uint32_t bytes);
void tcp_set_rcvbuf(struct tcp_conn *conn, uint32_t bytes);
/* Before data is sent: another congestion control. */
void tcp_set_cc(struct tcp_conn *conn, const struct cc_ops *ops);

#endif
