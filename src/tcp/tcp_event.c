/*
 * Builds the reports of tcp_event.h and hands them to whoever watches. Without a watcher a report
 * costs one test. The time is that of the call being served (tcp_host.now_us, set at every entry).
 */
#include "tcp/tcp_event.h"

#include "base/base.h"
#include "base/name_of.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_host.h"
#include "tcp/tcp_segment.h"
#include "tcp/tcp_tx.h"

const char *tcp_event_kind_text(enum tcp_event_kind kind)
{
    static const char *const texts[] = {TCP_EVENT_KINDS(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), kind);
}

const char *tcp_retransmit_cause_text(enum tcp_retransmit_cause cause)
{
    static const char *const texts[] = {TCP_RETRANSMIT_CAUSES(NAME_SECOND)};
    return name_of(texts, ARRAY_COUNT(texts), cause);
}

/* RFC 9293 SHLD-20: who does not want reports gets none, and pays for none. */
static inline bool is_watched(const struct tcp_conn *conn)
{
    return conn->host->ops->event != NULL;
}

static void report(const struct tcp_conn *conn, struct tcp_event *event)
{
    event->now_us = conn->host->now_us;
    event->tuple = &conn->entry.tuple;
    event->conn = conn;
    conn->host->ops->event(conn->host, event);
}

void tcp_event_state(const struct tcp_conn *conn, enum tcp_state from, enum tcp_state to,
                     enum tcp_cause cause)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = TCP_EVENT_STATE, .state = {from, to, cause}});
}

void tcp_event_retransmit(const struct tcp_conn *conn, enum tcp_retransmit_cause cause, tcp_seq seq,
                          uint32_t len_bytes, uint32_t count)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = TCP_EVENT_RETRANSMIT,
                                     .retransmit = {cause, seq, len_bytes, count}});
}

void tcp_event_cwnd(const struct tcp_conn *conn)
{
    if (!is_watched(conn)) return;
    uint32_t in_flight = conn->tx != NULL ? tcp_sent_in_flight(&conn->tx->sent) : 0;
    report(conn,
           &(struct tcp_event){.kind = TCP_EVENT_CWND,
                               .cwnd = {conn->cc.cwnd_bytes, conn->cc.ssthresh_bytes, in_flight}});
}

void tcp_event_timeout(const struct tcp_conn *conn, uint64_t rto_us, uint32_t count)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = TCP_EVENT_TIMEOUT, .timeout = {rto_us, count}});
}

void tcp_event_range(const struct tcp_conn *conn, enum tcp_event_kind kind, tcp_seq seq,
                     uint32_t len_bytes)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = kind, .range = {seq, len_bytes}});
}

void tcp_event_plain(const struct tcp_conn *conn, enum tcp_event_kind kind)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = kind});
}

void tcp_event_soft_error(const struct tcp_conn *conn, int error)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = TCP_EVENT_SOFT_ERROR, .error = error});
}

void tcp_event_pmtu(const struct tcp_conn *conn, uint32_t mtu_bytes)
{
    if (!is_watched(conn)) return;
    report(conn, &(struct tcp_event){.kind = TCP_EVENT_PMTU, .mtu_bytes = mtu_bytes});
}

void tcp_event_drop(struct tcp_host *host, const struct tcp_conn *conn,
                    const struct tcp_segment *seg, enum drop_reason reason, uint64_t now_us)
{
    if (host->ops->drop != NULL) host->ops->drop(host, reason);
    if (host->ops->event == NULL) return;
    struct tcp_event event = {.kind = TCP_EVENT_DROP,
                              .now_us = now_us,
                              .tuple = &seg->tuple,
                              .conn = conn,
                              .drop = {reason, tcp_segment_payload_bytes(seg)}};
    host->ops->event(host, &event);
}
