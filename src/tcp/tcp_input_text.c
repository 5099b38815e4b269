/*
 * The seventh step: segment text. What is next in order goes to the application, directly if it
 * takes data where it lies in the frame, else into the receive buffer; what is ahead of a hole is
 * kept at its place and reported by SACK. And when the ACK for it leaves (RFC 9293 3.8.6.3,
 * RFC 5681 4.2).
 */
#include "base/base.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_window.h"

/* Offers in-order bytes to an application that takes them directly; one that reads no more
 * "takes" everything. Returns how many bytes from the front are dealt with. */
static uint32_t hand_over(struct tcp_conn *conn, const struct gather *text, uint64_t now_us)
{
    if (conn->flags.receive_closed) return text->len_bytes; /* RFC 9293 MAY-1 */
    if (!conn->flags.has_sink) return 0;
    uint32_t taken = conn->host->ops->sink(conn->host, conn, text, now_us);
    ASSERT(taken <= text->len_bytes);
    if (taken > 0) tcp_window_on_read(conn, taken, now_us);
    return taken;
}

/* The same for bytes that had to wait in the buffer, as far as they are taken. */
static void hand_over_queued(struct tcp_conn *conn, uint64_t now_us)
{
    struct tcp_recvbuf *buf = &conn->rx->buf;
    uint32_t taken = UINT32_MAX, offered = UINT32_MAX;
    while (tcp_recvbuf_ready_bytes(buf) > 0 && taken == offered) {
        struct gather text;
        gather_init(&text);
        struct span parts[GATHER_PARTS_MAX];
        uint32_t count = tcp_recvbuf_peek(buf, parts, GATHER_PARTS_MAX);
        for (uint32_t i = 0; i < count; i++) {
            if (!gather_add(&text, parts[i])) break;
        }
        offered = text.len_bytes;
        taken = hand_over(conn, &text, now_us);
        tcp_recvbuf_consume(buf, &conn->host->chunks, taken);
    }
}

static void advance(struct tcp_conn *conn, uint32_t len)
{
    conn->rcv.nxt = tcp_seq_add(conn->rcv.nxt, len);
    conn->stats.bytes_received += len;
    conn->ack_pending_bytes += len;
    if (conn->flags.urgent_receive && conn->rx == NULL && tcp_seq_ge(conn->rcv.nxt, conn->rcv.up)) {
        conn->flags.urgent_receive = false;
    }
}

/*
 * What was kept beyond `offset` of the stream makes room for what is next in order. RFC 2018 8: a
 * receiver may take back what it has reported by SACK; kept at any price, it could fill the pool
 * and stop the very connection that it belongs to.
 */
static void forget_out_of_order(struct tcp_conn *conn, uint64_t offset)
{
    struct tcp_rx *rx = conn->rx;
    const struct range *range = ranges_first(&rx->reassembly.ranges);
    struct tcp_segment lost = {.tuple = conn->entry.tuple};
    for (; range != NULL; range = ranges_next(range)) {
        lost.payload.len_bytes += (uint32_t)(range->end - range->start);
    }
    tcp_reassembly_clear(&rx->reassembly);
    tcp_recvbuf_cut(&rx->buf, &conn->host->chunks, offset);
    conn->flags.ack_now = true;
    tcp_event_drop(conn->host, conn, &lost, DROP_NO_MEMORY, conn->host->now_us);
}

/* Writes in-order text from `from` on; returns how much found memory. */
static uint32_t write_in_order(struct tcp_conn *conn, const struct gather *text, uint32_t from)
{
    struct tcp_recvbuf *buf = &conn->rx->buf;
    struct pool *chunks = &conn->host->chunks;
    uint32_t written = tcp_recvbuf_write(buf, chunks, buf->ready, text, from);
    if (written == text->len_bytes - from) return written;
    if (tcp_reassembly_is_empty(&conn->rx->reassembly)) return written;
    forget_out_of_order(conn, buf->ready + written);
    return written + tcp_recvbuf_write(buf, chunks, buf->ready + written, text, from + written);
}

/* Queues in-order text from `from` on. False if not all of it found memory. */
static bool queue(struct tcp_conn *conn, const struct gather *text, uint32_t from)
{
    if (!tcp_conn_need_rx(conn)) return false;
    struct tcp_recvbuf *buf = &conn->rx->buf;
    uint32_t written = write_in_order(conn, text, from);
    uint64_t ready = buf->ready + written;
    if (!tcp_reassembly_is_empty(&conn->rx->reassembly)) {
        ready = tcp_reassembly_advance(&conn->rx->reassembly, ready);
        conn->flags.ack_now = true; /* RFC 5681 4.2: a hole was filled, all or part */
    }
    uint32_t gained = (uint32_t)(ready - buf->ready);
    buf->ready = ready;
    advance(conn, gained);
    return written == text->len_bytes - from;
}

/*
 * RFC 2883 4: what arrives twice is reported once, the first stretch of it if there are several.
 * `start` is the stream offset of the segment; returns the length of that stretch.
 */
static uint32_t note_duplicate(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t start)
{
    uint64_t from, to, end = start + seg->payload.len_bytes;
    if (!tcp_reassembly_overlap(&conn->rx->reassembly, start, end, &from, &to)) return 0;
    uint32_t len = (uint32_t)(to - from);
    conn->rcv.dup_start = tcp_seq_add(seg->seq, (uint32_t)(from - start));
    conn->rcv.dup_end = tcp_seq_add(conn->rcv.dup_start, len);
    conn->stats.duplicates_in++;
    tcp_event_range(conn, TCP_EVENT_DUPLICATE, conn->rcv.dup_start, len);
    return len;
}

static void take_in_order(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    uint32_t taken = 0;
    bool was_empty = conn->rx == NULL;
    if (was_empty) {
        taken = hand_over(conn, &seg->payload, now_us);
        advance(conn, taken);
    } else {
        (void)note_duplicate(conn, seg, conn->rx->buf.ready);
    }
    if (taken == seg->payload.len_bytes) return;
    if (!queue(conn, &seg->payload, taken)) {
        conn->flags.ack_now = true;
        tcp_event_drop(conn->host, conn, seg, DROP_NO_MEMORY, now_us);
    }
    if (conn->rx == NULL) return;
    if (!was_empty) hand_over_queued(conn, now_us);
    if (tcp_recvbuf_ready_bytes(&conn->rx->buf) > 0 && conn->host->ops->ready != NULL) {
        conn->host->ops->ready(conn->host, conn);
    }
    tcp_conn_trim_rx(conn);
}

/* RFC 9293 SHLD-31: ahead of a hole; kept, and acknowledged at once (RFC 5681 4.2). */
static void take_out_of_order(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    conn->flags.ack_now = true;
    if (!tcp_conn_need_rx(conn)) {
        tcp_event_drop(conn->host, conn, seg, DROP_NO_MEMORY, now_us);
        return;
    }
    struct tcp_rx *rx = conn->rx;
    uint64_t start = rx->buf.ready + tcp_seq_diff(seg->seq, conn->rcv.nxt);
    uint64_t end = start + seg->payload.len_bytes;
    if (note_duplicate(conn, seg, start) == seg->payload.len_bytes) {
        /* already there, so this only makes its range the most recent: the block after the D-SACK
         */
        bool ok = tcp_reassembly_add(&rx->reassembly, start, end);
        ASSERT(ok);
        (void)ok;
        return;
    }
    uint32_t written = tcp_recvbuf_write(&rx->buf, &conn->host->chunks, start, &seg->payload, 0);
    if (written == 0 || !tcp_reassembly_add(&rx->reassembly, start, start + written)) {
        enum drop_reason reason = written == 0 ? DROP_NO_MEMORY : DROP_TCP_WINDOW_FULL;
        tcp_event_drop(conn->host, conn, seg, reason, now_us);
        tcp_conn_trim_rx(conn);
        return;
    }
    tcp_event_range(conn, TCP_EVENT_OUT_OF_ORDER, seg->seq, written);
}

/* The peer's segment size, as far as it has shown: what "every second full segment" means. */
static void observe_size(struct tcp_conn *conn, const struct tcp_segment *seg)
{
    uint32_t size = seg->segment_bytes != 0 ? seg->segment_bytes : seg->payload.len_bytes;
    bool is_pushed = (seg->flags & TCP_FLAG_PSH) != 0;
    /* Two alike in the middle of a stream are full, however small: the path may have changed. */
    bool is_full = size == conn->rcv_last_bytes && !is_pushed;
    if (size > conn->rcv_segment_bytes || is_full) {
        conn->rcv_segment_bytes = (uint16_t)u32_min(size, UINT16_MAX);
    }
    conn->rcv_last_bytes = (uint16_t)u32_min(size, UINT16_MAX);
}

/* RFC 9293 MUST-40, MUST-58, MUST-59, SHLD-18, SHLD-19: an ACK for every second full segment at
 * least, and for the rest within the delay; at once while the peer is still finding its speed, or
 * when asked to. */
static void owe_ack(struct tcp_conn *conn, uint64_t now_us)
{
    bool at_once = conn->quick_acks_left > 0 || conn->flags.quickack ||
                   conn->ack_pending_bytes >= 2u * conn->rcv_segment_bytes ||
                   (conn->rx != NULL && !tcp_reassembly_is_empty(&conn->rx->reassembly)) ||
                   tcp_conn_receive_window(conn) < conn->rcv_segment_bytes;
    if (at_once) {
        conn->flags.ack_now = true;
    } else {
        tcp_timer_ack_owed(conn, now_us);
    }
}

void tcp_input_text(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    uint32_t len = seg->payload.len_bytes;
    observe_size(conn, seg);
    conn->host->counters.bytes_in += len;
    if (tcp_seq_eq(seg->seq, conn->rcv.nxt)) {
        take_in_order(conn, seg, now_us);
        owe_ack(conn, now_us);
    } else {
        take_out_of_order(conn, seg, now_us);
    }
}
