/*
 * What an acceptable acknowledgement does: snd.una moves, loss recovery learns, the send buffer is
 * freed, the window follows the newest segment (WL1, WL2), and timers start afresh.
 */
#include "base/base.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_tx.h"

/* The peer's window as this segment gives it: a SYN's is never scaled (RFC 7323 2.2);
 * RFC 9293 MUST-1, REC-1: unsigned, always, and of 32 bits. */
static uint32_t segment_window(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (seg->had_syn) return seg->window;
    return (uint32_t)seg->window << conn->snd_shift;
}

/* Whether the segment is not older than the one that gave the present window. One that acknowledges
 * less than another did is, wherever its text lies: what is retransmitted overtakes. */
static bool window_is_news(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (tcp_seq_lt(seg->ack, conn->snd.una)) return false;
    return tcp_seq_lt(conn->snd.wl1, seg->seq) ||
           (tcp_seq_eq(conn->snd.wl1, seg->seq) && tcp_seq_le(conn->snd.wl2, seg->ack));
}

static void update_window(struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (!window_is_news(conn, seg)) return;
    uint32_t before = conn->snd.wnd;
    /* RFC 9293 MUST-34: it may be less than what is in flight; what is beyond simply waits. */
    conn->snd.wnd = segment_window(conn, seg);
    conn->snd.wnd_max = u32_max(conn->snd.wnd_max, conn->snd.wnd);
    conn->snd.wl1 = seg->seq;
    conn->snd.wl2 = seg->ack;
    if ((before == 0) == (conn->snd.wnd == 0)) return;
    if (conn->snd.wnd == 0) {
        tcp_event_plain(conn, TCP_EVENT_ZERO_WINDOW);
        return;
    }
    tcp_event_plain(conn, TCP_EVENT_WINDOW_OPEN);
    /* What was sent into the closed window, and is not acknowledged now, was thrown away. */
    if (conn->tx != NULL && before == 0) tcp_recovery_on_window_open(conn);
}

/* RFC 5681 2: no data, nothing new acknowledged, same window, something outstanding. With a closed
 * window that is a probe, and what repeats itself are the answers to probes. */
static bool is_duplicate_ack(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    return !seg->had_text && !(seg->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) &&
           tcp_seq_eq(seg->ack, conn->snd.una) && tcp_conn_flight_bytes(conn) > 0 &&
           segment_window(conn, seg) == conn->snd.wnd && conn->snd.wnd > 0;
}

/* Frees `acked` of sequence space; the FIN has no byte in the buffer. */
static void release(struct tcp_conn *conn, uint32_t acked)
{
    struct tcp_tx *tx = conn->tx;
    bool acks_fin = conn->flags.fin_sent && tcp_seq_eq(conn->snd.una, conn->snd.nxt);
    uint32_t bytes = acked - (acks_fin ? 1 : 0);
    bool was_full = tx->buf.len_bytes >= conn->sndbuf_bytes_max;
    tcp_sendbuf_release(&tx->buf, &conn->host->chunks, bytes);
    if (conn->flags.urgent_send && tcp_seq_ge(conn->snd.una, conn->snd.up)) {
        conn->flags.urgent_send = false;
    }
    /* Telling a writer of every freed byte would wake it for nothing: it is told when a third is
     * free, or when it found the buffer full. */
    bool has_room = tx->buf.len_bytes <= conn->sndbuf_bytes_max / 3 * 2;
    if ((was_full || has_room) && !conn->flags.fin_queued && conn->host->ops->ready != NULL) {
        conn->host->ops->ready(conn->host, conn);
    }
}

void tcp_input_ack(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    bool is_new = tcp_seq_gt(seg->ack, conn->snd.una);
    uint32_t acked = is_new ? tcp_seq_diff(seg->ack, conn->snd.una) : 0;
    bool is_duplicate = is_duplicate_ack(conn, seg);
    if (is_new) conn->snd.una = seg->ack;
    if (conn->tx != NULL && !tcp_seq_lt(seg->ack, conn->snd.una)) {
        if (conn->flags.ecn && (seg->flags & TCP_FLAG_ECE)) tcp_recovery_on_ecn(conn, now_us);
        tcp_recovery_on_ack(conn, seg, acked, is_duplicate, now_us);
        if (is_new) release(conn, acked);
    }
    update_window(conn, seg);
    if (is_new) {
        if (tcp_seq_lt(conn->snd.small_end, conn->snd.una)) conn->snd.small_end = conn->snd.una;
        tcp_timer_progress(conn, now_us);
    }
    tcp_conn_trim_tx(conn);
}

void tcp_input_establish(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    const struct tcp_config *config = &conn->host->config;
    conn->snd.una = seg->ack;
    conn->snd.small_end = seg->ack;
    conn->snd.wnd = conn->snd.wnd_max = segment_window(conn, seg);
    conn->snd.wl1 = seg->seq;
    conn->snd.wl2 = seg->ack;
    if (conn->flags.simultaneous) {
        /* The SYN left twice, alone and with an ACK: no sample (RFC 9293 MUST-18, Karn). */
    } else if (conn->syn_count == 0) {
        tcp_rtt_sample(&conn->rtt, now_us - conn->last_sent_us, conn->snd.una, conn->snd.nxt,
                       config->rto_us_min, config->rto_us_max);
    } else {
        tcp_rtt_syn_timed_out(&conn->rtt); /* RFC 6298 5.7 */
    }
    conn->deadline_us[TCP_TIMER_RETRANSMIT] = TIME_NEVER;
    conn->progress_us = now_us;
    conn->stats.established_us = now_us;
    conn->soft_error = 0;
    tcp_state_set(conn, TCP_ESTABLISHED,
                  conn->state == TCP_SYN_SENT ? TCP_CAUSE_SYN_ACK : TCP_CAUSE_ACK_OF_SYN);
    if (conn->flags.fin_queued) tcp_state_set(conn, TCP_FIN_WAIT_1, TCP_CAUSE_CLOSE);
    if (conn->host->ops->ready != NULL) conn->host->ops->ready(conn->host, conn);
}
