/*
 * Options of a connection that take effect at once (RFC 9293 3.9.1.1 and 3.9.1.9).
 */
#include "base/base.h"
#include "tcp/tcp_app.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_timer.h"

/* Sends what an option has kept back; nothing in states in which nothing may be sent. */
static void send_what_may_go(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->state != TCP_CLOSED && conn->state != TCP_TIME_WAIT) tcp_output(conn, now_us);
}

void tcp_set_nodelay(struct tcp_conn *conn, bool on, uint64_t now_us)
{
    conn->flags.nodelay = on; /* RFC 9293 MUST-17 */
    if (on) send_what_may_go(conn, now_us);
}

void tcp_set_cork(struct tcp_conn *conn, bool on, uint64_t now_us)
{
    conn->flags.cork = on;
    if (!on) send_what_may_go(conn, now_us);
}

void tcp_set_keepalive(struct tcp_conn *conn, bool on, uint64_t now_us)
{
    conn->flags.keepalive = on; /* RFC 9293 MUST-24 */
    if (conn->state == TCP_CLOSED) return;
    if (on) { /* silence counts from here: before, the peer had nothing to answer */
        conn->last_received_us = now_us;
        conn->probes = 0;
    }
    tcp_timer_settle(conn, now_us);
}

void tcp_set_keepalive_times(struct tcp_conn *conn, uint32_t idle_ms, uint32_t interval_ms,
                             uint8_t probes, uint64_t now_us)
{
    if (idle_ms != 0) conn->keep_idle_ms = idle_ms; /* RFC 9293 MUST-27 */
    if (interval_ms != 0) conn->keep_interval_ms = interval_ms;
    if (probes != 0) conn->keep_probes = probes;
    if (conn->flags.keepalive) tcp_set_keepalive(conn, true, now_us);
}

void tcp_set_user_timeout(struct tcp_conn *conn, uint32_t timeout_ms, uint64_t now_us)
{
    bool is_longer = timeout_ms == 0 || timeout_ms > conn->user_timeout_ms;
    if (conn->user_timeout_ms != 0 && is_longer && conn->state >= TCP_ESTABLISHED) {
        /* The old limit may have cut it short, and would pass for a time-out of the path. */
        conn->deadline_us[TCP_TIMER_RETRANSMIT] = TIME_NEVER;
    }
    conn->user_timeout_ms = timeout_ms; /* RFC 9293 MUST-21 */
    if (conn->state != TCP_CLOSED) tcp_timer_settle(conn, now_us);
    if (timeout_ms == 0) return;
    /* A timer that would outlast the new limit stands at the limit. */
    uint64_t limit_us = conn->progress_us + (uint64_t)timeout_ms * 1000;
    for (int i = TCP_TIMER_RETRANSMIT; i <= TCP_TIMER_PERSIST; i++) {
        if (conn->deadline_us[i] == TIME_NEVER) continue;
        conn->deadline_us[i] = u64_min(conn->deadline_us[i], u64_max(limit_us, now_us));
    }
    if (conn->state != TCP_CLOSED) tcp_timer_settle(conn, now_us);
}

void tcp_set_sndbuf(struct tcp_conn *conn, uint32_t bytes) { conn->sndbuf_bytes_max = bytes; }

void tcp_set_rcvbuf(struct tcp_conn *conn, uint32_t bytes) { conn->rcvbuf_bytes = bytes; }

void tcp_set_cc(struct tcp_conn *conn, const struct cc_ops *ops)
{
    /* RFC 9293 MAY-18 */
    uint32_t cwnd_bytes = conn->cc.cwnd_bytes;
    ops->init(&conn->cc, conn->mss_bytes, cwnd_bytes);
    conn->cc.ops = ops;
}
