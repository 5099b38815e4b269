/*
 * Reports and the acceptance test for records that have no connection. Reports carry the tuple
 * alone; without a watcher they cost one test.
 *
 * References: RFC 9293 3.10.7.4 (first check), 3.4 (the four cases).
 */
#include "tcp/tcp_record.h"

void tcp_record_event(struct tcp_host *host, struct tcp_event *event, const struct tcp_tuple *tuple,
                      uint64_t now_us)
{
    if (host->ops->event == NULL) return;
    event->now_us = now_us;
    event->tuple = tuple;
    event->conn = NULL;
    host->ops->event(host, event);
}

void tcp_record_event_state(struct tcp_host *host, const struct tcp_tuple *tuple,
                            enum tcp_state from, enum tcp_state to, enum tcp_cause cause,
                            uint64_t now_us)
{
    struct tcp_event event = {.kind = TCP_EVENT_STATE, .state = {from, to, cause}};
    tcp_record_event(host, &event, tuple, now_us);
}

void tcp_record_challenged(struct tcp_host *host, const struct tcp_tuple *tuple, uint64_t now_us)
{
    struct tcp_event event = {.kind = TCP_EVENT_CHALLENGE};
    host->counters.challenges++;
    tcp_record_event(host, &event, tuple, now_us);
}

bool tcp_record_acceptable(const struct tcp_segment *seg, tcp_seq rcv_nxt, uint32_t window_bytes)
{
    const uint32_t len = tcp_segment_len(seg);
    if (window_bytes == 0) return len == 0 && tcp_seq_eq(seg->seq, rcv_nxt);
    const tcp_seq edge = tcp_seq_add(rcv_nxt, window_bytes);
    if (tcp_seq_in(seg->seq, rcv_nxt, edge)) return true;
    return len > 0 && tcp_seq_in(tcp_seq_add(seg->seq, len - 1), rcv_nxt, edge);
}
