/*
 * What connections are doing: read out of the control block, never stored twice.
 */
#include "socket/socket.h"
#include "tcp/tcp_app.h"
#include "tcp/tcp_rtt.h"
#include "tcp/tcp_timewait.h"
#include "tcp/tcp_tx.h"

/* Handle and number of who owns a connection or listener. */
static void owner_out(uint64_t owner, struct vitro_tcp_info *info)
{
    if (owner == 0) return;
    const struct socket *s = socket_of_owner(owner);
    info->socket = socket_handle(s);
    info->user = s->user;
}

/* Sending: round trip, congestion, what is under way. */
static void sender_out(const struct tcp_conn *conn, struct vitro_tcp_info *info)
{
    const struct tcp_rtt *rtt = &conn->rtt;
    info->rtt_us_smoothed = tcp_rtt_srtt_us(rtt);
    if (info->rtt_us_smoothed != 0) {
        info->rtt_us_variance = rtt->rttvar_us_x4 >> 2;
        info->rtt_us_min = rtt->rtt_us_min;
    }
    info->rto_us = tcp_rtt_rto_us(rtt, conn->host->config.rto_us_max);
    info->timeouts = rtt->backoff;
    info->retransmits = conn->stats.retransmits;
    info->congestion_control = conn->cc.ops->name;
    info->cwnd_bytes = conn->cc.cwnd_bytes;
    info->ssthresh_bytes = conn->cc.ssthresh_bytes;
    if (conn->tx != NULL) {
        info->in_flight_bytes = tcp_sent_in_flight(&conn->tx->sent);
        info->is_recovering = conn->tx->recovery.state >= TCP_RECOVERY_CWR;
    }
    info->send_window_bytes = conn->snd.wnd;
    info->send_queued_bytes = tcp_send_queued_bytes(conn);
    info->send_buffer_bytes = conn->sndbuf_bytes_max;
    info->send_unacked = conn->snd.una.value;
    info->send_next = conn->snd.nxt.value;
    info->send_initial = conn->snd.iss.value;
    info->bytes_sent = conn->stats.bytes_sent;
    info->segments_sent = conn->stats.segments_out;
}

/* Receiving. */
static void receiver_out(const struct tcp_conn *conn, struct vitro_tcp_info *info)
{
    info->receive_window_bytes = tcp_conn_receive_window(conn);
    info->receive_queued_bytes = tcp_receive_queued_bytes(conn);
    info->receive_buffer_bytes = conn->rcvbuf_bytes;
    info->receive_next = conn->rcv.nxt.value;
    info->receive_initial = conn->rcv.irs.value;
    info->bytes_received = conn->stats.bytes_received;
    info->segments_received = conn->stats.segments_in;
    info->duplicates_received = conn->stats.duplicates_in;
}

static void conn_out(const struct tcp_conn *conn, struct vitro_tcp_info *info)
{
    memset(info, 0, sizeof *info);
    info->flow = socket_flow_out(&conn->entry.tuple);
    owner_out(conn->owner, info);
    info->state = (enum vitro_tcp_state)conn->state;
    info->has_sack = conn->flags.sack;
    info->has_timestamps = conn->flags.timestamps;
    info->has_window_scaling = conn->flags.window_scaling;
    info->has_ecn = conn->flags.ecn;
    info->is_kept_alive = conn->flags.heard_keepalive;
    info->send_shift = conn->snd_shift;
    info->receive_shift = conn->rcv_shift;
    info->mss_bytes = conn->mss_bytes;
    info->mss_peer_bytes = conn->mss_peer;
    info->probes = conn->probes;
    info->established_us = conn->stats.established_us;
    info->error = -conn->error;
    info->deadline_us = VITRO_TIME_NEVER;
    for (int i = 0; i < TCP_TIMER_COUNT; i++)
        info->deadline_us = u64_min(info->deadline_us, conn->deadline_us[i]);
    sender_out(conn, info);
    receiver_out(conn, info);
}

static void listener_out(const struct tcp_listener *listener, struct vitro_tcp_info *info)
{
    memset(info, 0, sizeof *info);
    info->flow.local = socket_endpoint_out(&listener->addr, listener->port, listener->zone);
    owner_out(listener->owner, info);
    info->state = VITRO_TCP_LISTEN;
    info->deadline_us = VITRO_TIME_NEVER;
    info->backlog_waiting = listener->accept_count;
    info->backlog_syns = listener->syn_count;
    info->send_buffer_bytes = listener->sndbuf_bytes_max;
    info->receive_buffer_bytes = listener->rcvbuf_bytes;
}

static void record_out(const struct tcp_entry *entry, struct vitro_tcp_info *info)
{
    memset(info, 0, sizeof *info);
    info->flow = socket_flow_out(&entry->tuple);
    info->state = entry->kind == TCP_ENTRY_SYN ? VITRO_TCP_SYN_RECEIVED : VITRO_TCP_TIME_WAIT;
    info->deadline_us = entry->timer.deadline_us;
}

int vitro_tcp_info(const struct vitro_stack *stack, vitro_socket socket,
                   struct vitro_tcp_info *info)
{
    const struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_CONN: conn_out(s->conn, info); return 0;
    case SOCKET_TCP_LISTENER: listener_out(s->listener, info); return 0;
    case SOCKET_TCP_DRAFT:
        memset(info, 0, sizeof *info);
        info->flow.local = socket_endpoint_out(&s->draft->local, s->draft->port, s->draft->zone);
        info->socket = socket_handle(s);
        info->user = s->user;
        info->deadline_us = VITRO_TIME_NEVER;
        return 0;
    case SOCKET_UDP:
    case SOCKET_PING:
    case SOCKET_FREE: break;
    }
    return -EOPNOTSUPP;
}

/* Stages of the walk. */
enum {
    WALK_BEGIN,
    WALK_LISTENERS,
    WALK_TABLE,
    WALK_END,
};

/* The next listener; false when the table's turn has come. */
static bool walk_listeners(const struct tcp_host *tcp, struct vitro_cursor *cursor,
                           struct vitro_tcp_info *info)
{
    const struct list *link = cursor->stage == WALK_BEGIN ? list_first(&tcp->listeners)
                                                          : list_next(&tcp->listeners, cursor->at);
    cursor->stage = link != NULL ? WALK_LISTENERS : WALK_TABLE;
    cursor->at = link;
    if (link == NULL) return false;
    listener_out(CONTAINER_OF(link, const struct tcp_listener, link), info);
    return true;
}

bool vitro_stack_conns_next(const struct vitro_stack *stack, struct vitro_cursor *cursor,
                            struct vitro_tcp_info *info)
{
    const struct tcp_host *tcp = &stack->stack.tcp;
    if (cursor->stage >= WALK_END) return false;
    if (cursor->stage < WALK_TABLE && walk_listeners(tcp, cursor, info)) return true;
    struct tcp_entry *entry =
        cursor->at == NULL ? tcp_table_first(&tcp->table) : tcp_table_next(&tcp->table, cursor->at);
    cursor->at = entry;
    if (entry == NULL) {
        cursor->stage = WALK_END;
        return false;
    }
    if (entry->kind == TCP_ENTRY_CONN) {
        conn_out(tcp_conn_of(entry), info);
    } else {
        record_out(entry, info);
    }
    return true;
}
