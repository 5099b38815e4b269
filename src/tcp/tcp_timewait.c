/*
 * In TIME-WAIT there is nothing left to send or to receive. A segment is one of these:
 *
 *     RST             ignored, or it would end TIME-WAIT early (RFC 1337)
 *     SYN             opens the tuple anew if it is surely newer than all that was before
 *                     (RFC 6191), else it is challenged
 *     FIN again       acknowledged again, and 2MSL begins again
 *     anything else   dropped; what lies outside the window is challenged
 *
 * Challenge ACKs are throttled per record. Two hosts in TIME-WAIT on both ends do not answer each
 * other for ever: an ACK that is where it should be is never answered.
 *
 * What holds: host->time_wait_order is ordered by deadline, since each record enters or enters
 * again at its end with the same 2MSL; time_wait_clock is armed for its first record, or not at
 * all.
 *
 * References: RFC 9293 3.10.7.4 and 3.6.1 (MUST-13, MAY-2), RFC 1337, RFC 6191, RFC 7323 5.3.
 */
#include "tcp/tcp_timewait.h"

#include "tcp/tcp_listen.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_record.h"

_Static_assert(sizeof(struct tcp_timewait) <= 96, "budget of a TIME-WAIT record");

/* An active open may take the tuple of a record this old: a TSval of ours has surely moved on. */
#define YIELD_AGE_US 1000000u

#define CHALLENGE_MS_MASK 0xffffffu

static struct tcp_timewait *from_link(struct list *link)
{
    struct wheel_node *node = CONTAINER_OF(link, struct wheel_node, link);
    return tcp_timewait_of(CONTAINER_OF(node, struct tcp_entry, timer));
}

static void clock_set(struct tcp_host *host)
{
    struct list *first = list_first(&host->time_wait_order);
    const uint64_t at_us = first != NULL ? from_link(first)->entry.timer.deadline_us : TIME_NEVER;
    wheel_arm(host->wheel, &host->time_wait_clock.timer, at_us);
}

/* 2MSL begins, or begins again. The record is in no list. */
static void start(struct tcp_host *host, struct tcp_timewait *tw, uint64_t now_us)
{
    tw->entry.timer.deadline_us = now_us + host->config.time_wait_us; /* RFC 9293 MUST-13 */
    list_push_back(&host->time_wait_order, &tw->entry.timer.link);
    clock_set(host);
}

/* The record is over. The clock is the caller's to set. */
static void end(struct tcp_host *host, struct tcp_timewait *tw, enum tcp_cause cause,
                uint64_t now_us)
{
    tcp_record_event_state(host, &tw->entry.tuple, TCP_TIME_WAIT, TCP_CLOSED, cause, now_us);
    tcp_table_remove(&host->table, &tw->entry);
    list_remove(&tw->entry.timer.link);
    pool_put(&host->time_waits, tw);
}

void tcp_timewait_init(struct tcp_host *host)
{
    list_init(&host->time_wait_order);
    host->time_wait_clock = (struct tcp_entry){.kind = TCP_ENTRY_TIME_WAIT};
    wheel_node_init(&host->time_wait_clock.timer);
}

static bool evict_oldest(struct tcp_host *host, uint64_t now_us)
{
    struct list *oldest = list_first(&host->time_wait_order);
    if (oldest == NULL) return false;
    end(host, from_link(oldest), TCP_CAUSE_NO_MEMORY, now_us);
    clock_set(host);
    return true;
}

/* Memory for a record, if need be the oldest one's. NULL counts as a failure of the pool. */
static struct tcp_timewait *record_get(struct tcp_host *host, uint64_t now_us)
{
    if (pool_room(&host->time_waits) == 0) (void)evict_oldest(host, now_us);
    struct tcp_timewait *tw = pool_get(&host->time_waits);
    if (tw == NULL && evict_oldest(host, now_us)) tw = pool_get(&host->time_waits);
    return tw;
}

void tcp_timewait_enter(struct tcp_conn *conn, uint64_t now_us)
{
    struct tcp_host *host = conn->host;
    ASSERT(conn->flags.in_table);
    struct tcp_timewait *tw = record_get(host, now_us);
    conn->flags.in_table = false;
    if (tw == NULL) {
        tcp_table_remove(&host->table, &conn->entry);
        return;
    }
    const uint32_t window = tcp_conn_receive_window(conn) >> conn->rcv_shift;
    *tw = (struct tcp_timewait){
        .entry = {.tuple = conn->entry.tuple, .kind = TCP_ENTRY_TIME_WAIT},
        .snd_nxt = conn->snd.nxt,
        .rcv_nxt = conn->rcv.nxt,
        .ts_recent = conn->ts_recent,
        .ts_offset = conn->ts_offset,
        .timestamps = conn->flags.timestamps,
        .window = (uint16_t)u32_min(window, UINT16_MAX),
        .ttl = conn->ttl,
        .traffic_class = conn->traffic_class,
    };
    tcp_table_replace(&host->table, &conn->entry, &tw->entry);
    start(host, tw, now_us);
}

static void send_ack(struct tcp_host *host, const struct tcp_timewait *tw, uint64_t now_us)
{
    struct tcp_repr repr = {
        .src_port = tw->entry.tuple.local_port,
        .dst_port = tw->entry.tuple.remote_port,
        .seq = tw->snd_nxt.value,
        .ack = tw->rcv_nxt.value,
        .flags = TCP_FLAG_ACK,
        .window = tw->window,
    };
    if (tw->timestamps) {
        repr.options.has_timestamps = true;
        repr.options.ts_val = (uint32_t)(now_us / 1000) + tw->ts_offset;
        repr.options.ts_ecr = tw->ts_recent;
    }
    tcp_output_raw(host, &tw->entry.tuple, &repr, tw->traffic_class, tw->ttl, now_us);
}

/* As tcp_challenge_may, with a clock of 24 bits: 4.6 hours, far longer than a record lives. */
static void challenge(struct tcp_host *host, struct tcp_timewait *tw, uint64_t now_us)
{
    const uint32_t now_ms = u32_max((uint32_t)(now_us / 1000) & CHALLENGE_MS_MASK, 1);
    const uint32_t since_ms = (now_ms - tw->challenge_ms) & CHALLENGE_MS_MASK;
    const uint64_t interval_ms = host->config.challenge_interval_us / 1000;
    if (tw->challenge_ms != 0 && since_ms < interval_ms) return;
    tw->challenge_ms = now_ms & CHALLENGE_MS_MASK;
    tcp_record_challenged(host, &tw->entry.tuple, now_us);
    send_ack(host, tw, now_us);
}

/* RFC 6191 2 (RFC 9293 SHLD-4): whether this SYN cannot be an old duplicate. */
static bool is_newer(const struct tcp_host *host, const struct tcp_timewait *tw,
                     const struct tcp_segment *seg)
{
    const bool timestamps = host->config.timestamps && seg->options.has_timestamps;
    const bool is_beyond = tcp_seq_gt(seg->seq, tw->rcv_nxt);
    if (!timestamps) return is_beyond;
    if (!tw->timestamps) return true;
    const tcp_seq ts_val = tcp_seq_of(seg->options.ts_val);
    const tcp_seq ts_recent = tcp_seq_of(tw->ts_recent);
    return tcp_seq_gt(ts_val, ts_recent) || (tcp_seq_eq(ts_val, ts_recent) && is_beyond);
}

/* Hands a SYN to its listener in the record's place; false if it has to stay outside. */
static bool reopen(struct tcp_host *host, struct tcp_timewait *tw, const struct tcp_segment *seg,
                   uint64_t now_us)
{
    if (!host->config.time_wait_reuse || !is_newer(host, tw, seg)) return false;
    struct tcp_listener *listener = tcp_listen_find(host, &seg->tuple);
    if (listener == NULL || !tcp_listen_has_room(listener)) return false;
    const tcp_seq last = tw->snd_nxt;
    end(host, tw, TCP_CAUSE_SYN, now_us);
    clock_set(host);
    /* RFC 9293 MAY-2: our new sequence numbers begin beyond those of the last connection. */
    tcp_listen_reopen(listener, seg, last, now_us);
    return true;
}

static void input_syn(struct tcp_host *host, struct tcp_timewait *tw, const struct tcp_segment *seg,
                      uint64_t now_us)
{
    if ((seg->flags & TCP_FLAG_ACK) == 0 && reopen(host, tw, seg, now_us)) return;
    challenge(host, tw, now_us); /* RFC 9293 3.10.7.4, fourth */
    tcp_event_drop(host, NULL, seg, DROP_TCP_BAD_SYN, now_us);
}

/* Why the segment cannot be the peer's FIN once more; DROP_NONE if it can, by its time stamp. */
static enum drop_reason paws(const struct tcp_timewait *tw, const struct tcp_segment *seg)
{
    if (!tw->timestamps) return DROP_NONE;
    if (!seg->options.has_timestamps) return DROP_TCP_NO_TIMESTAMP;
    const tcp_seq ts_val = tcp_seq_of(seg->options.ts_val);
    return tcp_seq_lt(ts_val, tcp_seq_of(tw->ts_recent)) ? DROP_TCP_PAWS : DROP_NONE;
}

static bool is_fin_again(const struct tcp_timewait *tw, const struct tcp_segment *seg)
{
    return (seg->flags & TCP_FLAG_FIN) != 0 &&
           tcp_seq_eq(tcp_seq_add(seg->seq, tcp_segment_len(seg)), tw->rcv_nxt);
}

void tcp_timewait_input(struct tcp_host *host, struct tcp_timewait *tw,
                        const struct tcp_segment *seg, uint64_t now_us)
{
    enum drop_reason reason = DROP_TCP_TIME_WAIT;
    if ((seg->flags & TCP_FLAG_RST) != 0) { /* RFC 1337 */
        tcp_event_drop(host, NULL, seg, DROP_TCP_TIME_WAIT, now_us);
        return;
    }
    if ((seg->flags & TCP_FLAG_SYN) != 0) {
        input_syn(host, tw, seg, now_us);
        return;
    }
    const enum drop_reason stale = paws(tw, seg);
    if (stale != DROP_NONE) {
        reason = stale;
        if (stale == DROP_TCP_PAWS) challenge(host, tw, now_us);
    } else if ((seg->flags & TCP_FLAG_ACK) == 0) {
        reason = DROP_TCP_NO_ACK_FLAG;
    } else if (tcp_seq_gt(seg->ack, tw->snd_nxt)) {
        reason = DROP_TCP_BAD_ACK;
        challenge(host, tw, now_us);
    } else if (is_fin_again(tw, seg)) {
        /* Our last ACK was lost: repeat it, and wait as long again (RFC 9293 3.10.7.4, eighth). */
        if (tw->timestamps) tw->ts_recent = seg->options.ts_val;
        send_ack(host, tw, now_us);
        list_remove(&tw->entry.timer.link);
        start(host, tw, now_us);
    } else if (!tcp_record_acceptable(seg, tw->rcv_nxt, tw->window)) {
        challenge(host, tw, now_us);
    }
    tcp_event_drop(host, NULL, seg, reason, now_us);
}

void tcp_timewait_timer(struct tcp_host *host, uint64_t deadline_us)
{
    for (;;) {
        struct list *first = list_first(&host->time_wait_order);
        if (first == NULL || from_link(first)->entry.timer.deadline_us > deadline_us) break;
        end(host, from_link(first), TCP_CAUSE_TIME_WAIT_OVER, deadline_us);
    }
    clock_set(host);
}

bool tcp_timewait_yield(struct tcp_host *host, struct tcp_timewait *tw, tcp_seq *last,
                        uint64_t now_us)
{
    const uint64_t entered_us = tw->entry.timer.deadline_us - host->config.time_wait_us;
    if (!host->config.time_wait_reuse || !tw->timestamps) return false;
    if (now_us < entered_us + YIELD_AGE_US) return false;
    *last = tw->snd_nxt;
    end(host, tw, TCP_CAUSE_OPEN_ACTIVE, now_us);
    clock_set(host);
    return true;
}
