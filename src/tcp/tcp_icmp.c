/*
 * ICMP errors about our segments (RFC 9293 MUST-54, MUST-56; RFC 9293 3.9.2.2; RFC 5927).
 *
 * Anyone can forge one, so it counts only if the sequence number it quotes is one that is in flight
 * (RFC 5927 4.1). In SYN-SENT and SYN-RECEIVED a hard error ends the attempt. Once data flows no
 * ICMP error ends a connection: what is really dead stops acknowledging, and the error, remembered,
 * is then what the time-out is called (RFC 5927 5.2, RFC 9293 SHLD-25).
 */
#include "base/base.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_recovery.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp/tcp_tx.h"

static bool quotes_what_is_in_flight(const struct tcp_conn *conn, tcp_seq seq)
{
    return tcp_seq_in(seq, conn->snd.una, conn->snd.nxt);
}

static bool conn_icmp(struct tcp_conn *conn, const struct tcp_icmp *icmp, uint64_t now_us)
{
    if (!quotes_what_is_in_flight(conn, icmp->seq)) return false;
    if (icmp->kind == TCP_ICMP_PACKET_TOO_BIG) return true;
    /* RFC 9293 MUST-47, MUST-56, SHLD-26: a hard error ends an attempt, a soft one is remembered.
     */
    bool is_opening = conn->state == TCP_SYN_SENT || conn->state == TCP_SYN_RECEIVED;
    if (icmp->kind == TCP_ICMP_HARD && is_opening) {
        tcp_conn_end(conn, icmp->error, TCP_CAUSE_ICMP, now_us);
        return true;
    }
    conn->soft_error = (int16_t)icmp->error;
    tcp_event_soft_error(conn, icmp->error);
    return true;
}

bool tcp_host_icmp(struct tcp_host *host, const struct tcp_icmp *icmp, uint64_t now_us)
{
    host->now_us = now_us;
    struct tcp_entry *entry = tcp_table_find(&host->table, &icmp->tuple);
    if (entry == NULL) return false;
    switch ((enum tcp_entry_kind)entry->kind) {
    case TCP_ENTRY_CONN: return conn_icmp(tcp_conn_of(entry), icmp, now_us);
    case TCP_ENTRY_SYN: return tcp_syn_icmp(host, tcp_syn_of(entry), icmp, now_us);
    case TCP_ENTRY_TIME_WAIT:
    case TCP_ENTRY_LISTENER: break;
    }
    return false;
}

void tcp_conn_path_changed(struct tcp_conn *conn, uint64_t now_us)
{
    uint16_t before = conn->mss_bytes;
    tcp_conn_mss_update(conn);
    if (conn->mss_bytes == before) return;
    tcp_event_pmtu(conn, conn->host->ops->path(conn->host, &conn->entry.tuple).mtu_bytes);
    if (conn->mss_bytes < before && conn->tx != NULL && conn->state >= TCP_ESTABLISHED) {
        tcp_recovery_on_mtu(conn);
        tcp_output(conn, now_us);
    }
}

void tcp_host_path_changed(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us)
{
    host->now_us = now_us;
    struct tcp_entry *entry = tcp_table_find(&host->table, tuple);
    if (entry == NULL || entry->kind != TCP_ENTRY_CONN) return;
    tcp_conn_path_changed(tcp_conn_of(entry), now_us);
}
