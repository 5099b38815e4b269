/*
 * The user's calls (RFC 9293 3.9.1). Each sets the host's time, judges the state, changes the
 * buffers, and lets tcp_output find out what follows.
 */
#include "tcp/tcp_app.h"

#include <errno.h>

#include "base/base.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_port.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_starved.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_timewait.h"
#include "tcp/tcp_tx.h"
#include "tcp/tcp_window.h"

/* Finds or checks the local port; `iss` is set when a TIME-WAIT record made room. */
static int claim_port(struct tcp_host *host, struct tcp_tuple *tuple, tcp_seq *iss, uint64_t now_us)
{
    *iss = tcp_isn(host, tuple, now_us);
    if (tuple->local_port == 0) {
        int error = tcp_port_choose(host, tuple);
        *iss = tcp_isn(host, tuple, now_us);
        return error;
    }
    struct tcp_entry *entry = tcp_table_find(&host->table, tuple);
    if (entry == NULL) return 0;
    if (entry->kind != TCP_ENTRY_TIME_WAIT) return EADDRINUSE;
    tcp_seq last;
    if (!tcp_timewait_yield(host, tcp_timewait_of(entry), &last, now_us)) return EADDRINUSE;
    *iss = tcp_isn_beyond(host, tuple, last, now_us);
    return 0;
}

int tcp_connect(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t owner,
                struct tcp_conn **conn, uint64_t now_us)
{
    int error = tcp_connect_prepare(host, tuple, owner, conn, now_us);
    if (error == 0) tcp_output(*conn, now_us);
    return error;
}

int tcp_connect_prepare(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t owner,
                        struct tcp_conn **conn, uint64_t now_us)
{
    host->now_us = now_us;
    /* RFC 9293 MUST-46: no OPEN to a group of hosts */
    if (ip_addr_is_multicast(&tuple->remote) || ip_addr_is_broadcast(&tuple->remote) ||
        ip_addr_is_unspecified(&tuple->remote) || tuple->remote_port == 0) {
        return EADDRNOTAVAIL;
    }
    if (host->ops->path(host, tuple).mtu_bytes == 0) return ENETUNREACH;
    struct tcp_tuple actual = *tuple;
    tcp_seq iss;
    int error = claim_port(host, &actual, &iss, now_us);
    if (error != 0) return error;
    struct tcp_conn *made = tcp_conn_new(host, &actual, now_us);
    if (made == NULL) return ENOBUFS;
    made->owner = owner;
    made->snd.iss = made->snd.una = made->snd.nxt = made->snd.small_end = iss;
    made->ts_offset = tcp_isn_ts_offset(host, &actual);
    made->mss_announced = tcp_negotiate_mss(host, &actual);
    uint32_t rcvbuf_max = u32_max(host->config.rcvbuf_bytes_max, made->rcvbuf_bytes);
    made->rcv_shift = tcp_negotiate_shift(&host->config, rcvbuf_max);
    tcp_table_add(&host->table, &made->entry);
    made->flags.in_table = true;
    made->flags.syn_due = true;
    host->counters.opened_active++;
    tcp_state_set(made, TCP_SYN_SENT, TCP_CAUSE_OPEN_ACTIVE);
    *conn = made;
    return 0;
}

/* Whether the application may still hand over bytes; the error if not. */
static int check_may_send(struct tcp_conn *conn)
{
    int error = tcp_take_error(conn);
    if (error != 0) return error;
    /* RFC 9293 3.10.2: "connection closing" */
    if (conn->state == TCP_CLOSED || conn->flags.fin_queued) return EPIPE;
    return 0;
}

/* How much a writer may queue before others who wait for memory have had their turn. */
static uint32_t in_turn_bytes(const struct tcp_conn *conn)
{
    return tcp_starved_must_wait(conn) ? tcp_sendbuf_tail_room(&conn->tx->buf) : UINT32_MAX;
}

/* A writer got `bytes` of room; without any it waits for its turn. */
static int end_of_turn(struct tcp_conn *conn, uint32_t bytes)
{
    if (bytes > 0) {
        tcp_starved_served(conn);
        return 0;
    }
    tcp_conn_trim_tx(conn);
    tcp_starved_writer(conn);
    return ENOBUFS;
}

/* Waits for room: the next ready tells. */
static int queue_bytes(struct tcp_conn *conn, const uint8_t *data, uint32_t len, uint32_t *taken)
{
    *taken = 0;
    int error = check_may_send(conn);
    if (error != 0) return error;
    uint32_t room = tcp_send_room_bytes(conn);
    if (len == 0) return 0;
    if (room == 0) return EAGAIN;
    if (!tcp_conn_need_tx(conn)) return ENOBUFS;
    struct tcp_sendbuf *buf = &conn->tx->buf;
    uint32_t max = u32_min(u32_min(len, room), in_turn_bytes(conn));
    *taken = tcp_sendbuf_write(buf, &conn->host->chunks, data, max);
    return end_of_turn(conn, *taken);
}

int tcp_send(struct tcp_conn *conn, const uint8_t *data, uint32_t len, uint32_t *taken,
             uint64_t now_us)
{
    conn->host->now_us = now_us;
    int error = queue_bytes(conn, data, len, taken);
    if (error == 0 && *taken > 0) tcp_output(conn, now_us);
    return error;
}

int tcp_send_urgent(struct tcp_conn *conn, const uint8_t *data, uint32_t len, uint32_t *taken,
                    uint64_t now_us)
{
    conn->host->now_us = now_us;
    int error = queue_bytes(conn, data, len, taken);
    if (error != 0 || *taken == 0) return error;
    tcp_seq first = conn->state < TCP_ESTABLISHED ? tcp_seq_add(conn->snd.iss, 1) : conn->snd.una;
    conn->snd.up = tcp_seq_add(first, conn->tx->buf.len_bytes);
    conn->flags.urgent_send = true;
    tcp_output(conn, now_us);
    return 0;
}

int tcp_send_reserve(struct tcp_conn *conn, uint32_t len, struct span_mut *parts,
                     uint32_t parts_max, uint32_t *count)
{
    *count = 0;
    int error = check_may_send(conn);
    if (error != 0) return error;
    uint32_t room = tcp_send_room_bytes(conn);
    if (room == 0) return EAGAIN;
    if (!tcp_conn_need_tx(conn)) return ENOBUFS;
    struct tcp_sendbuf *buf = &conn->tx->buf;
    uint32_t max = u32_min(u32_min(len, room), in_turn_bytes(conn));
    *count = tcp_sendbuf_reserve(buf, &conn->host->chunks, max, parts, parts_max);
    return end_of_turn(conn, *count);
}

void tcp_send_commit(struct tcp_conn *conn, uint32_t len, uint64_t now_us)
{
    if (conn->tx == NULL) return;
    if (conn->flags.fin_queued) len = 0; /* nothing goes behind the FIN */
    tcp_sendbuf_commit(&conn->tx->buf, &conn->host->chunks, len);
    if (len > 0) {
        tcp_output(conn, now_us);
    } else {
        tcp_conn_trim_tx(conn);
    }
}

uint32_t tcp_send_queued_bytes(const struct tcp_conn *conn)
{
    return conn->tx != NULL ? conn->tx->buf.len_bytes : 0;
}

uint32_t tcp_send_room_bytes(const struct tcp_conn *conn)
{
    uint32_t queued = tcp_send_queued_bytes(conn);
    return queued < conn->sndbuf_bytes_max ? conn->sndbuf_bytes_max - queued : 0;
}

uint32_t tcp_receive_queued_bytes(const struct tcp_conn *conn)
{
    return conn->rx != NULL ? tcp_recvbuf_ready_bytes(&conn->rx->buf) : 0;
}

/* Nothing is queued: is it the end, an error, or only not yet? */
static int nothing_to_read(struct tcp_conn *conn)
{
    int error = tcp_take_error(conn);
    if (error != 0) return error;
    bool is_end = conn->flags.fin_received || conn->flags.receive_closed;
    return is_end || conn->state == TCP_CLOSED ? 0 : EAGAIN;
}

int tcp_receive(struct tcp_conn *conn, uint8_t *to, uint32_t len, uint32_t *got, uint64_t now_us)
{
    *got = 0;
    if (tcp_receive_queued_bytes(conn) == 0) return nothing_to_read(conn);
    *got = tcp_recvbuf_copy(&conn->rx->buf, to, len);
    tcp_receive_consume(conn, *got, now_us);
    return 0;
}

int tcp_receive_peek(struct tcp_conn *conn, struct span *parts, uint32_t parts_max, uint32_t *count)
{
    *count = 0;
    if (tcp_receive_queued_bytes(conn) == 0) return nothing_to_read(conn);
    *count = tcp_recvbuf_peek(&conn->rx->buf, parts, parts_max);
    return 0;
}

void tcp_receive_consume(struct tcp_conn *conn, uint32_t len, uint64_t now_us)
{
    if (conn->rx == NULL || len == 0) return;
    conn->host->now_us = now_us;
    tcp_recvbuf_consume(&conn->rx->buf, &conn->host->chunks, len);
    bool receives = conn->state == TCP_ESTABLISHED || conn->state == TCP_FIN_WAIT_1 ||
                    conn->state == TCP_FIN_WAIT_2;
    uint32_t offset;
    if (conn->flags.urgent_receive && !tcp_receive_urgent(conn, &offset)) {
        conn->flags.urgent_receive = false; /* the mark was passed */
    }
    if (receives) {
        tcp_window_on_read(conn, len, now_us);
        if (tcp_window_should_tell(conn)) conn->flags.ack_now = true;
        if (tcp_conn_receive_window(conn) < conn->rcv_segment_bytes) tcp_starved_receiver(conn);
    }
    tcp_conn_trim_rx(conn);
    if (receives && conn->flags.ack_now) tcp_output(conn, now_us);
}

bool tcp_receive_urgent(const struct tcp_conn *conn, uint32_t *offset)
{
    /* RFC 9293 MUST-33: how much urgent data there is left to read */
    if (!conn->flags.urgent_receive) return false;
    uint32_t unread = tcp_receive_queued_bytes(conn) + (conn->flags.fin_received ? 1 : 0);
    tcp_seq read = tcp_seq_add(conn->rcv.nxt, 0u - unread);
    if (tcp_seq_le(conn->rcv.up, read)) return false;
    *offset = tcp_seq_diff(conn->rcv.up, read);
    return true;
}

/* RFC 9293 3.10.4: half-close; the FIN follows what is queued. */
int tcp_shutdown_send(struct tcp_conn *conn, uint64_t now_us)
{
    conn->host->now_us = now_us;
    if (conn->state == TCP_CLOSED) return ENOTCONN;
    if (conn->flags.fin_queued) return 0;
    if (!tcp_conn_need_tx(conn)) return ENOBUFS;
    conn->flags.fin_queued = true;
    if (conn->state == TCP_ESTABLISHED) tcp_state_set(conn, TCP_FIN_WAIT_1, TCP_CAUSE_CLOSE);
    if (conn->state == TCP_CLOSE_WAIT) tcp_state_set(conn, TCP_LAST_ACK, TCP_CAUSE_CLOSE);
    if (conn->state >= TCP_ESTABLISHED) tcp_output(conn, now_us);
    return 0;
}

void tcp_shutdown_receive(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->flags.receive_closed) return;
    conn->flags.receive_closed = true;
    if (conn->rx != NULL) tcp_receive_consume(conn, tcp_receive_queued_bytes(conn), now_us);
}

void tcp_abort(struct tcp_conn *conn, uint64_t now_us)
{
    conn->host->now_us = now_us;
    conn->flags.closed = true;
    conn->owner = 0;
    if (conn->state == TCP_CLOSED) {
        tcp_conn_free(conn);
        return;
    }
    /* RFC 9293 3.10.5: RST in the states where the peer may think that the connection lives; in
     * CLOSING and LAST-ACK only when something was still to be said. */
    bool both_closed = conn->state == TCP_CLOSING || conn->state == TCP_LAST_ACK;
    bool is_over = conn->state == TCP_TIME_WAIT || (both_closed && conn->flags.fin_sent);
    if (!is_over) tcp_output_rst(conn, now_us);
    tcp_conn_end(conn, 0, TCP_CAUSE_ABORT, now_us);
}

void tcp_close(struct tcp_conn *conn, uint64_t now_us)
{
    conn->host->now_us = now_us;
    /* RFC 9293 SHLD-3, RFC 2525 2.17: unread data is lost, and the peer must not think otherwise */
    bool loses_data = tcp_receive_queued_bytes(conn) > 0 && !conn->flags.receive_closed;
    bool is_over = conn->state == TCP_CLOSED || conn->state == TCP_TIME_WAIT;
    if (conn->state == TCP_SYN_SENT || (!is_over && (loses_data || conn->flags.linger_zero))) {
        tcp_abort(conn, now_us);
        return;
    }
    conn->flags.closed = true;
    conn->owner = 0;
    conn->flags.has_sink = false;
    /* An orphan's patience with a closed window begins now, however long it has been closed. */
    bool is_probing = conn->deadline_us[TCP_TIMER_PERSIST] != TIME_NEVER;
    if (is_probing && conn->user_timeout_ms == 0) conn->progress_us = now_us;
    if (is_over) {
        tcp_conn_free(conn);
        return;
    }
    if (conn->state == TCP_FIN_WAIT_2) {
        tcp_timer_linger(conn, conn->host->config.fin_wait_2_us, now_us);
        tcp_timer_settle(conn, now_us);
        return;
    }
    if (tcp_shutdown_send(conn, now_us) != 0) tcp_abort(conn, now_us);
}

unsigned tcp_conn_readiness(const struct tcp_conn *conn)
{
    unsigned ready = 0;
    bool is_over = conn->state == TCP_CLOSED;
    bool is_open = conn->state == TCP_ESTABLISHED || conn->state == TCP_CLOSE_WAIT;
    if (conn->error != 0) ready |= TCP_ERROR | TCP_READABLE | TCP_WRITABLE;
    if (is_over) ready |= TCP_READABLE | TCP_WRITABLE | TCP_HANGUP;
    if (conn->state >= TCP_ESTABLISHED) ready |= TCP_CONNECTED;
    if (tcp_receive_queued_bytes(conn) > 0 || conn->flags.receive_closed) ready |= TCP_READABLE;
    if (conn->flags.fin_received) ready |= TCP_READABLE | TCP_PEER_FIN;
    if (conn->flags.fin_received && conn->flags.fin_queued) ready |= TCP_HANGUP;
    if (is_open && !conn->flags.fin_queued && !conn->flags.chunk_to_send &&
        tcp_send_room_bytes(conn) >= conn->sndbuf_bytes_max / 3) {
        ready |= TCP_WRITABLE;
    }
    if (conn->flags.urgent_receive) ready |= TCP_URGENT;
    return ready;
}

int tcp_take_error(struct tcp_conn *conn)
{
    int error = conn->error;
    conn->error = 0;
    return error;
}
