/*
 * Life of a connection's memory: made, given its halves while they are needed, ended, freed; and
 * the list of what always holds.
 *
 * Ending and freeing are two things. tcp_conn_end moves to CLOSED and takes the connection out of
 * the table and off the wheel; an application that still holds it reads what is left and the
 * error. It is freed when the protocol and the application are both done with it.
 */
#include "tcp/tcp_conn.h"

#include <string.h>

#include "base/base.h"
#include "tcp/tcp_listen.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_starved.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_tx.h"

struct tcp_conn *tcp_conn_new(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us)
{
    struct tcp_conn *conn = pool_get(&host->conns);
    if (conn == NULL) return NULL;
    memset(conn, 0, sizeof *conn);
    const struct tcp_config *config = &host->config;
    conn->entry.kind = TCP_ENTRY_CONN;
    conn->entry.tuple = *tuple;
    wheel_node_init(&conn->entry.timer);
    list_init(&conn->starved);
    conn->host = host;
    tcp_state_init(conn, TCP_CLOSED);
    for (int i = 0; i < TCP_TIMER_COUNT; i++) conn->deadline_us[i] = TIME_NEVER;
    tcp_rtt_init(&conn->rtt, config->rto_us_initial);
    conn->mss_peer = tcp_negotiate_mss_default(tuple);
    tcp_conn_mss_update(conn);
    conn->cc.ops = config->cc;
    config->cc->init(&conn->cc, conn->mss_bytes,
                     tcp_negotiate_initial_cwnd(config, conn->mss_bytes));
    conn->sndbuf_bytes_max = config->sndbuf_bytes;
    conn->rcvbuf_bytes = config->rcvbuf_bytes;
    conn->rcv_segment_bytes = (uint16_t)u32_min(conn->mss_bytes, 536);
    conn->quick_acks_left = (uint8_t)u32_min(config->quick_acks, UINT8_MAX);
    conn->user_timeout_ms = (uint32_t)(config->user_timeout_us / 1000);
    conn->keep_idle_ms = (uint32_t)(config->keepalive_idle_us / 1000);
    conn->keep_interval_ms = (uint32_t)(config->keepalive_interval_us / 1000);
    conn->keep_probes = (uint8_t)u32_min(config->keepalive_probes, UINT8_MAX);
    conn->flags.nodelay = !config->nagle;
    conn->flags.keepalive = config->keepalive;
    conn->last_received_us = conn->last_sent_us = conn->progress_us = now_us;
    return conn;
}

static void drop_tx(struct tcp_conn *conn)
{
    if (conn->tx == NULL) return;
    tcp_sendbuf_clear(&conn->tx->buf, &conn->host->chunks);
    tcp_sent_clear(&conn->tx->sent, &conn->host->records);
    pool_put(&conn->host->txs, conn->tx);
    conn->tx = NULL;
}

static void drop_rx(struct tcp_conn *conn)
{
    if (conn->rx == NULL) return;
    tcp_recvbuf_clear(&conn->rx->buf, &conn->host->chunks);
    tcp_reassembly_clear(&conn->rx->reassembly);
    pool_put(&conn->host->rxs, conn->rx);
    conn->rx = NULL;
}

void tcp_conn_detach(struct tcp_conn *conn)
{
    if (conn->flags.in_table) tcp_table_remove(&conn->host->table, &conn->entry);
    conn->flags.in_table = false;
    tcp_starved_forget(conn);
    for (int i = 0; i < TCP_TIMER_COUNT; i++) conn->deadline_us[i] = TIME_NEVER;
    wheel_cancel(conn->host->wheel, &conn->entry.timer);
}

void tcp_conn_free(struct tcp_conn *conn)
{
    ASSERT(!conn->flags.waits_for_accept);
    tcp_conn_detach(conn);
    drop_tx(conn);
    drop_rx(conn);
    pool_put(&conn->host->conns, conn);
}

void tcp_conn_end(struct tcp_conn *conn, int error, enum tcp_cause cause, uint64_t now_us)
{
    (void)now_us;
    tcp_conn_detach(conn);
    drop_tx(conn);
    /* RFC 9293 3.10.7.4, second: after a reset all queues are flushed. Not when all had been said
     * and it did no harm: then a reader that is told of no error must find all that came. */
    bool is_flushed = cause == TCP_CAUSE_RST && error != 0;
    if (is_flushed || conn->flags.closed) drop_rx(conn);
    /* RFC 9293 MUST-12: the application can tell an abort (an error) from an orderly end */
    if (error != 0) conn->error = (int16_t)error;
    if (conn->state != TCP_CLOSED) tcp_state_set(conn, TCP_CLOSED, cause);
    if (conn->flags.closed) {
        tcp_conn_free(conn);
    } else if (conn->host->ops->ready != NULL) {
        conn->host->ops->ready(conn->host, conn);
    }
}

bool tcp_conn_need_tx(struct tcp_conn *conn)
{
    if (conn->tx != NULL) return true;
    struct tcp_tx *tx = pool_get(&conn->host->txs);
    if (tx == NULL) return false;
    tcp_sendbuf_init(&tx->buf);
    tcp_sent_init(&tx->sent);
    tcp_recovery_init(&tx->recovery);
    conn->tx = tx;
    return true;
}

bool tcp_conn_need_rx(struct tcp_conn *conn)
{
    if (conn->rx != NULL) return true;
    struct tcp_rx *rx = pool_get(&conn->host->rxs);
    if (rx == NULL) return false;
    tcp_recvbuf_init(&rx->buf);
    tcp_reassembly_init(&rx->reassembly, &conn->host->ranges);
    conn->rx = rx;
    return true;
}

void tcp_conn_trim_tx(struct tcp_conn *conn)
{
    const struct tcp_tx *tx = conn->tx;
    if (tx == NULL || !tcp_sendbuf_is_empty(&tx->buf) || tx->sent.records != 0) return;
    if (conn->flags.fin_queued && !conn->flags.fin_sent) return;
    if (tx->recovery.state != TCP_RECOVERY_OPEN || tx->recovery.can_undo) return;
    drop_tx(conn);
}

void tcp_conn_trim_rx(struct tcp_conn *conn)
{
    const struct tcp_rx *rx = conn->rx;
    if (rx == NULL || tcp_recvbuf_ready_bytes(&rx->buf) != 0) return;
    if (!tcp_reassembly_is_empty(&rx->reassembly)) return;
    drop_rx(conn);
}

void tcp_conn_mss_update(struct tcp_conn *conn)
{
    struct tcp_host *host = conn->host;
    struct tcp_path path = host->ops->path(host, &conn->entry.tuple);
    if (path.mtu_bytes == 0 && conn->mss_bytes != 0) return; /* no route now: nothing is known */
    uint32_t full = u32_min(conn->mss_peer, tcp_negotiate_path_mss(host, &conn->entry.tuple, path));
    uint32_t options = conn->flags.timestamps ? TCP_TIMESTAMPS_BYTES : 0;
    conn->mss_full = (uint16_t)full;
    /* RFC 9293 MUST-16: Eff.snd.MSS counts the options that every segment carries. */
    uint16_t mss_bytes = (uint16_t)(full - options);
    conn->super_bytes_max = (uint16_t)u32_max(u32_min(path.super_bytes_max, UINT16_MAX), mss_bytes);
    if (mss_bytes == conn->mss_bytes) return;
    conn->mss_bytes = mss_bytes;
    if (conn->cc.ops != NULL) conn->cc.ops->on_mss(&conn->cc, mss_bytes);
}

#ifdef VITRO_DEBUG

static void check_send_half(const struct tcp_conn *conn)
{
    ASSERT(tcp_seq_le(conn->snd.una, conn->snd.nxt));
    const struct tcp_tx *tx = conn->tx;
    if (tx == NULL) {
        bool handshake = conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED;
        ASSERT(handshake || tcp_conn_flight_bytes(conn) == 0);
        return;
    }
    if (conn->state < TCP_ESTABLISHED) return;
    uint32_t fin = conn->flags.fin_sent && tcp_conn_flight_bytes(conn) > 0 ? 1 : 0;
    ASSERT(tcp_conn_flight_bytes(conn) - fin <= tx->buf.len_bytes);
    ASSERT(tx->sent.total == tcp_conn_flight_bytes(conn));
    ASSERT(!conn->flags.fin_sent || conn->flags.fin_queued);
    tcp_sent_check(&tx->sent, conn->snd.una, conn->snd.nxt);
    tcp_recovery_check(conn);
}

static void check_receive_half(const struct tcp_conn *conn)
{
    if (conn->state < TCP_ESTABLISHED) return;
    ASSERT(tcp_seq_le(conn->rcv.acked, conn->rcv.nxt));
    ASSERT(!conn->flags.fin_received || conn->flags.fin_seen);
    const struct tcp_rx *rx = conn->rx;
    if (rx == NULL) return;
    ASSERT(rx->buf.read <= rx->buf.ready);
    ASSERT(!conn->flags.fin_received || tcp_reassembly_is_empty(&rx->reassembly));
}

static void check_timers(const struct tcp_conn *conn)
{
    bool retransmit = conn->deadline_us[TCP_TIMER_RETRANSMIT] != TIME_NEVER;
    bool persist = conn->deadline_us[TCP_TIMER_PERSIST] != TIME_NEVER;
    ASSERT(!(retransmit && persist));
    uint64_t first_us = tcp_timer_next_us(conn);
    if (first_us == TIME_NEVER) return;
    ASSERT(wheel_node_is_armed(&conn->entry.timer));
    ASSERT(conn->entry.timer.deadline_us <= first_us);
}

void tcp_conn_check(const struct tcp_conn *conn)
{
    ASSERT(conn->state < TCP_STATE_COUNT && conn->state != TCP_LISTEN);
    ASSERT(conn->mss_bytes > 0 && conn->mss_bytes <= conn->mss_full);
    ASSERT(conn->cc.cwnd_bytes > 0);
    ASSERT(conn->snd_shift <= 14 && conn->rcv_shift <= 14);
    if (conn->state == TCP_CLOSED) {
        ASSERT(!conn->flags.in_table && conn->tx == NULL);
        ASSERT(!conn->flags.chunk_to_send && !conn->flags.chunk_to_receive);
        ASSERT(!wheel_node_is_armed(&conn->entry.timer));
        return;
    }
    check_send_half(conn);
    check_receive_half(conn);
    check_timers(conn);
}

#else

void tcp_conn_check(const struct tcp_conn *conn) { (void)conn; }

#endif
