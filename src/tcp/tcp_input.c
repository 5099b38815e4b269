/*
 * RFC 9293 3.10.7.4, "Otherwise": first the sequence number, then RST, (security), SYN, ACK, URG,
 * text, FIN. Each step is a function; what it finds wrong is dropped under one name.
 *
 * Before the RFC's first step stand the time stamp checks of RFC 7323 5 (PAWS). RST, SYN and ACK
 * follow RFC 5961, which RFC 9293 3.10.7.4 takes in: what is in the window but not exact is
 * challenged, not obeyed.
 */
#include "tcp/tcp_input.h"

#include <errno.h>

#include "base/base.h"
#include "tcp/tcp_app.h"
#include "tcp/tcp_challenge.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_timewait.h"
#include "tcp/tcp_tx.h"
#include "tcp/tcp_window.h"

/* Time stamps older than this prove nothing: the clock may have wrapped (RFC 7323 5.5). */
#define PAWS_STALE_MS (24u * 24u * 3600u * 1000u)

static enum tcp_step drop(struct tcp_conn *conn, const struct tcp_segment *seg,
                          enum drop_reason reason, uint64_t now_us)
{
    tcp_event_drop(conn->host, conn, seg, reason, now_us);
    return TCP_DONE;
}

/* RFC 7323 3.2 and 5.3: R1, R2. */
static enum tcp_step check_timestamp(struct tcp_conn *conn, const struct tcp_segment *seg,
                                     uint64_t now_us)
{
    /* A SYN is challenged whatever it carries: a peer that began anew may have no time stamps. */
    if (!conn->flags.timestamps || (seg->flags & (TCP_FLAG_RST | TCP_FLAG_SYN))) {
        return TCP_CONTINUE;
    }
    if (!seg->options.has_timestamps) return drop(conn, seg, DROP_TCP_NO_TIMESTAMP, now_us);
    uint32_t age_ms = (uint32_t)(now_us / 1000) - conn->ts_recent_ms;
    bool is_older = (int32_t)(seg->options.ts_val - conn->ts_recent) < 0;
    if (!is_older || age_ms > PAWS_STALE_MS) return TCP_CONTINUE;
    if (tcp_segment_len(seg) > 0 || tcp_challenge_may(conn, now_us)) {
        tcp_output_ack(conn, now_us);
    }
    return drop(conn, seg, DROP_TCP_PAWS, now_us);
}

/* RFC 7323 4.3 (2): from segments that begin at or before the last ACK sent. */
static void update_ts_recent(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    if (!conn->flags.timestamps || !seg->options.has_timestamps) return;
    if (tcp_seq_gt(seg->seq, conn->rcv.acked)) return;
    uint32_t now_ms = (uint32_t)(now_us / 1000);
    bool is_older = (int32_t)(seg->options.ts_val - conn->ts_recent) < 0;
    if (is_older && now_ms - conn->ts_recent_ms <= PAWS_STALE_MS) return;
    conn->ts_recent = seg->options.ts_val;
    conn->ts_recent_ms = now_ms;
}

/* The acceptance test of RFC 9293 3.10.7.4, table 6. */
static bool is_acceptable(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    uint32_t len = tcp_segment_len(seg);
    uint32_t window = tcp_conn_receive_window(conn);
    if (len == 0) {
        if (window == 0) return tcp_seq_eq(seg->seq, conn->rcv.nxt);
        return tcp_seq_in(seg->seq, conn->rcv.nxt, tcp_seq_add(conn->rcv.nxt, window));
    }
    if (window == 0) return false;
    tcp_seq edge = tcp_seq_add(conn->rcv.nxt, window);
    tcp_seq last = tcp_seq_add(seg->seq, len - 1);
    return tcp_seq_in(seg->seq, conn->rcv.nxt, edge) || tcp_seq_in(last, conn->rcv.nxt, edge) ||
           (tcp_seq_lt(seg->seq, conn->rcv.nxt) && tcp_seq_ge(last, edge));
}

/* Not acceptable: an ACK says what is expected; for one that carries nothing only now and then, or
 * two ends that disagree would answer each other for ever (RFC 5961 7). */
static enum tcp_step refuse(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    if (seg->flags & TCP_FLAG_RST) return drop(conn, seg, DROP_TCP_OUT_OF_WINDOW, now_us);
    if (seg->flags & TCP_FLAG_SYN) return TCP_CONTINUE; /* the fourth step's, wherever it is */
    uint32_t len = tcp_segment_payload_bytes(seg);
    tcp_seq end = tcp_seq_add(seg->seq, tcp_segment_len(seg));
    bool is_old = tcp_seq_le(end, conn->rcv.nxt);
    bool is_recent = tcp_seq_diff(conn->rcv.nxt, end) <= conn->rcvbuf_bytes;
    if (is_old && is_recent && tcp_segment_len(seg) > 0) {
        /* The ACK was lost: an echo of the first copy would count the time-out as a round trip. */
        update_ts_recent(conn, seg, now_us);
    }
    /* RFC 9293 3.8.4; an empty segment before a window that is closed would be a window probe. */
    bool is_before = end.value == conn->rcv.nxt.value - 1 && tcp_segment_len(seg) == 0;
    if (is_before && tcp_conn_receive_window(conn) > 0) conn->flags.heard_keepalive = true;
    if (is_old && len > 0) {
        /* RFC 2883 4: the duplicate is reported */
        conn->rcv.dup_start = seg->seq;
        conn->rcv.dup_end = tcp_seq_add(seg->seq, len);
        conn->stats.duplicates_in++;
        tcp_event_range(conn, TCP_EVENT_DUPLICATE, seg->seq, len);
    }
    if (tcp_segment_len(seg) > 0 || tcp_challenge_may(conn, now_us)) tcp_output_ack(conn, now_us);
    enum drop_reason reason = DROP_TCP_OUT_OF_WINDOW;
    if (is_old) reason = DROP_TCP_OLD_DUPLICATE;
    return drop(conn, seg, reason, now_us);
}

/* Cuts off what was received before and what lies beyond the window. A FIN alone needs no room: it
 * is taken though the window is closed, or a peer that has nothing more to say would probe for
 * ever.
 */
static void trim(struct tcp_conn *conn, struct tcp_segment *seg)
{
    if (tcp_seq_lt(seg->seq, conn->rcv.nxt)) {
        uint32_t old = tcp_seq_diff(conn->rcv.nxt, seg->seq);
        if (seg->payload.len_bytes > 0) {
            conn->rcv.dup_start = seg->seq;
            conn->rcv.dup_end = conn->rcv.nxt;
            tcp_event_range(conn, TCP_EVENT_DUPLICATE, seg->seq, old);
        }
        gather_drop_front(&seg->payload, old);
        seg->seq = conn->rcv.nxt;
        seg->urgent = (uint16_t)(seg->urgent - u32_min(old, seg->urgent)); /* counts from SEG.SEQ */
    }
    if (seg->payload.len_bytes == 0) return;
    uint32_t room =
        tcp_seq_gt(conn->rcv.edge, seg->seq) ? tcp_seq_diff(conn->rcv.edge, seg->seq) : 0;
    if (tcp_segment_len(seg) <= room) return;
    if (seg->payload.len_bytes >= room) seg->flags = (uint16_t)(seg->flags & ~TCP_FLAG_FIN);
    gather_keep_front(&seg->payload, room);
    seg->is_cut = true;
}

/* RFC 9293 MUST-66: a closed window takes no text, yet "special allowance should be made to accept
 * valid ACKs, URGs, and RSTs" (RFC 9293 3.10.7.4): a window probe's ACK field counts, its octet
 * does not. RFC 9293 SHLD-2: nor does text that a RST carries. */
static bool is_probe(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    return tcp_conn_receive_window(conn) == 0 && tcp_seq_eq(seg->seq, conn->rcv.nxt) &&
           !(seg->flags & TCP_FLAG_SYN);
}

/* first */
static enum tcp_step check_sequence(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    /* RFC 9293 MUST-10: in a simultaneous open the other's SYN-ACK repeats a SYN that we have. */
    if (conn->state == TCP_SYN_RECEIVED && (seg->flags & TCP_FLAG_SYN) &&
        (seg->flags & TCP_FLAG_ACK) && tcp_seq_eq(seg->seq, conn->rcv.irs)) {
        seg->flags = (uint16_t)(seg->flags & ~TCP_FLAG_SYN);
        seg->seq = tcp_seq_add(seg->seq, 1);
    }
    if (check_timestamp(conn, seg, now_us) == TCP_DONE) return TCP_DONE;
    bool is_only_probe = is_probe(conn, seg) && tcp_segment_len(seg) > 0;
    if (!is_only_probe && !is_acceptable(conn, seg)) return refuse(conn, seg, now_us);
    if (seg->flags & (TCP_FLAG_RST | TCP_FLAG_SYN)) return TCP_CONTINUE;
    update_ts_recent(conn, seg, now_us);
    trim(conn, seg);
    return TCP_CONTINUE;
}

/* second: RFC 5961 3.2 */
static enum tcp_step check_reset(struct tcp_conn *conn, const struct tcp_segment *seg,
                                 uint64_t now_us)
{
    if (!(seg->flags & TCP_FLAG_RST)) return TCP_CONTINUE;
    if (!tcp_seq_eq(seg->seq, conn->rcv.nxt)) {
        tcp_challenge_send(conn, now_us);
        return drop(conn, seg, DROP_TCP_BAD_RST, now_us);
    }
    conn->host->counters.reset_in++;
    int error = ECONNRESET;
    if (conn->state == TCP_SYN_RECEIVED) error = ECONNREFUSED;
    /* When only our FIN is unheard, nothing is lost (RFC 9293 3.10.7.4); data would be. */
    bool is_done = conn->state == TCP_CLOSING || conn->state == TCP_LAST_ACK;
    if (is_done && tcp_send_queued_bytes(conn) == 0) error = 0;
    tcp_conn_end(conn, error, TCP_CAUSE_RST, now_us);
    return TCP_DONE;
}

/* fourth: RFC 5961 4.2, irrespective of the sequence number. The third, security, has no place in
 * today's hosts (RFC 9293 3.10.7.4). */
static enum tcp_step check_syn(struct tcp_conn *conn, const struct tcp_segment *seg,
                               uint64_t now_us)
{
    if (!(seg->flags & TCP_FLAG_SYN)) return TCP_CONTINUE;
    tcp_challenge_send(conn, now_us);
    return drop(conn, seg, DROP_TCP_BAD_SYN, now_us);
}

/* Both FINs are acknowledged: a record waits 2MSL and tells of its end; the connection, in no table
 * and without a timer, waits only for its application to let go. */
static enum tcp_step begin_time_wait(struct tcp_conn *conn, enum tcp_cause cause, uint64_t now_us)
{
    tcp_state_set(conn, TCP_TIME_WAIT, cause);
    tcp_output(conn, now_us); /* the ACK of their FIN, while the connection can still say it */
    tcp_timewait_enter(conn, now_us);
    tcp_conn_detach(conn);
    tcp_conn_trim_tx(conn);
    if (conn->flags.closed) {
        tcp_conn_free(conn);
        return TCP_DONE;
    }
    if (conn->host->ops->ready != NULL) conn->host->ops->ready(conn->host, conn);
    return TCP_DONE;
}

/* The ACK covered our FIN. */
static enum tcp_step fin_is_acknowledged(struct tcp_conn *conn, uint64_t now_us)
{
    switch (conn->state) {
    case TCP_FIN_WAIT_1:
        tcp_state_set(conn, TCP_FIN_WAIT_2, TCP_CAUSE_ACK_OF_FIN);
        if (conn->flags.closed) {
            tcp_timer_linger(conn, conn->host->config.fin_wait_2_us, now_us);
        }
        return TCP_CONTINUE;
    case TCP_CLOSING: return begin_time_wait(conn, TCP_CAUSE_ACK_OF_FIN, now_us);
    case TCP_LAST_ACK: tcp_conn_end(conn, 0, TCP_CAUSE_ACK_OF_FIN, now_us); return TCP_DONE;
    default: return TCP_CONTINUE;
    }
}

/* RFC 5961 5.2, RFC 9293 MAY-12: an ACK of what is too old or unsent is challenged, not obeyed. */
static bool ack_is_acceptable(const struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (tcp_seq_gt(seg->ack, conn->snd.nxt)) return false;
    uint32_t age = tcp_seq_lt(seg->ack, conn->snd.una) ? tcp_seq_diff(conn->snd.una, seg->ack) : 0;
    return age <= conn->snd.wnd_max;
}

/* fifth */
static enum tcp_step check_ack(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    if (!(seg->flags & TCP_FLAG_ACK)) return drop(conn, seg, DROP_TCP_NO_ACK_FLAG, now_us);
    if (conn->state == TCP_SYN_RECEIVED) {
        bool acks_syn = tcp_seq_gt(seg->ack, conn->snd.una) && tcp_seq_le(seg->ack, conn->snd.nxt);
        if (!acks_syn) {
            tcp_output_rst_reply(conn->host, seg, now_us);
            return drop(conn, seg, DROP_TCP_BAD_ACK, now_us);
        }
        tcp_input_establish(conn, seg, now_us);
    }
    if (!ack_is_acceptable(conn, seg)) {
        tcp_challenge_send(conn, now_us);
        return drop(conn, seg, DROP_TCP_BAD_ACK, now_us);
    }
    tcp_input_ack(conn, seg, now_us);
    if (conn->flags.fin_sent && tcp_seq_eq(conn->snd.una, conn->snd.nxt)) {
        return fin_is_acknowledged(conn, now_us);
    }
    return TCP_CONTINUE;
}

/* sixth: RFC 9293 3.8.5, RFC 6093 */
static void check_urgent(struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (!(seg->flags & TCP_FLAG_URG) || conn->flags.fin_received) return;
    if (conn->state > TCP_FIN_WAIT_2) return;
    tcp_seq up = tcp_seq_add(seg->seq, seg->urgent);
    if (tcp_seq_le(up, conn->rcv.nxt)) return;
    if (conn->flags.urgent_receive && tcp_seq_le(up, conn->rcv.up)) return;
    conn->rcv.up = up;
    conn->flags.urgent_receive = true;
    /* RFC 9293 MUST-32: the application learns of it at once */
    if (conn->host->ops->ready != NULL) conn->host->ops->ready(conn->host, conn);
}

/* seventh, with what follows from a reader that is gone */
static enum tcp_step take_text(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    if (seg->payload.len_bytes == 0) return TCP_CONTINUE;
    bool receives = conn->state == TCP_ESTABLISHED || conn->state == TCP_FIN_WAIT_1 ||
                    conn->state == TCP_FIN_WAIT_2;
    if (!receives) return TCP_CONTINUE; /* after their FIN there is no text */
    if (conn->flags.fin_seen) {
        bool is_before = tcp_seq_lt(seg->seq, conn->rcv.fin);
        gather_keep_front(&seg->payload, is_before ? tcp_seq_diff(conn->rcv.fin, seg->seq) : 0);
        if (seg->payload.len_bytes == 0) return TCP_CONTINUE;
    }
    if (conn->flags.closed) {
        /* RFC 9293 3.6.1 (SHLD-3): nobody will ever read it, and the peer must know */
        tcp_output_rst(conn, now_us);
        tcp_event_drop(conn->host, conn, seg, DROP_TCP_CLOSED_DATA, now_us);
        tcp_conn_end(conn, 0, TCP_CAUSE_DATA_AFTER_CLOSE, now_us);
        return TCP_DONE;
    }
    tcp_input_text(conn, seg, now_us);
    return TCP_CONTINUE;
}

/* A FIN ahead of missing text is remembered until the text is there. It ends the text: one in front
 * of text that has arrived is not believed, and no text behind it is taken from now on. */
static void note_fin(struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (!(seg->flags & TCP_FLAG_FIN) || conn->flags.fin_received) return;
    bool is_ahead = tcp_seq_gt(seg->seq, conn->rcv.nxt);
    if (is_ahead) conn->flags.ack_now = true; /* RFC 5681 4.2 */
    if (conn->flags.fin_seen) return;
    tcp_seq fin = tcp_seq_add(seg->seq, seg->payload.len_bytes);
    if (conn->rx != NULL) {
        uint64_t end = conn->rx->buf.ready + tcp_seq_diff(fin, conn->rcv.nxt);
        if (tcp_reassembly_end(&conn->rx->reassembly) > end) return;
    }
    conn->flags.fin_seen = true;
    conn->rcv.fin = fin;
    bool is_bare = seg->payload.len_bytes == 0;
    if (is_ahead && is_bare) tcp_event_range(conn, TCP_EVENT_OUT_OF_ORDER, fin, 1);
}

/* eighth */
static enum tcp_step take_fin(struct tcp_conn *conn, uint64_t now_us)
{
    if (!conn->flags.fin_seen || conn->flags.fin_received) return TCP_CONTINUE;
    if (!tcp_seq_eq(conn->rcv.fin, conn->rcv.nxt)) return TCP_CONTINUE;
    conn->rcv.nxt = tcp_seq_add(conn->rcv.nxt, 1);
    conn->rcv.edge = tcp_seq_max(conn->rcv.edge, conn->rcv.nxt);
    conn->flags.fin_received = true;
    /* While the peer is known to expect quick ACKs it gets one; later the FIN's ACK may ride on our
     * own FIN, which makes a close of three segments. */
    if (conn->quick_acks_left > 0 || conn->flags.closed) conn->flags.ack_now = true;
    tcp_timer_ack_owed(conn, now_us);
    tcp_conn_trim_rx(conn);
    switch (conn->state) {
    case TCP_ESTABLISHED: tcp_state_set(conn, TCP_CLOSE_WAIT, TCP_CAUSE_FIN); break;
    case TCP_FIN_WAIT_1:
        if (conn->flags.fin_sent) conn->flags.ack_now = true; /* nothing of ours can carry it */
        tcp_state_set(conn, TCP_CLOSING, TCP_CAUSE_FIN);
        break;
    case TCP_FIN_WAIT_2:
        conn->flags.ack_now = true;
        return begin_time_wait(conn, TCP_CAUSE_FIN, now_us);
    default: break;
    }
    if (conn->host->ops->ready != NULL) conn->host->ops->ready(conn->host, conn);
    return TCP_CONTINUE;
}

static enum tcp_step first_steps(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    if (conn->state == TCP_SYN_SENT) {
        if (tcp_input_synsent(conn, seg, now_us) == TCP_DONE) return TCP_DONE;
        trim(conn, seg);
        return TCP_CONTINUE;
    }
    if (check_sequence(conn, seg, now_us) == TCP_DONE) return TCP_DONE;
    if (check_reset(conn, seg, now_us) == TCP_DONE) return TCP_DONE;
    if (check_syn(conn, seg, now_us) == TCP_DONE) return TCP_DONE;
    return check_ack(conn, seg, now_us);
}

/* What did not fit is said at once; a segment of which nothing fitted counts as dropped. */
static void note_cut(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    if (!seg->is_cut) return;
    conn->flags.ack_now = true;
    if (seg->payload.len_bytes > 0) return;
    tcp_event_drop(conn->host, conn, seg, DROP_TCP_WINDOW_FULL, now_us);
}

/* RFC 9293 SHLD-8, RFC 3168 6.1.3: Congestion Experienced is echoed until the sender says it has
 * slowed down. */
static void note_ecn(struct tcp_conn *conn, const struct tcp_segment *seg)
{
    if (!conn->flags.ecn) return;
    if (seg->flags & TCP_FLAG_CWR) conn->flags.ece_echo = false;
    if (!seg->is_ce) return;
    if (!conn->flags.ece_echo) conn->flags.ack_now = true;
    conn->flags.ece_echo = true;
}

void tcp_input(struct tcp_conn *conn, struct tcp_segment *seg, uint64_t now_us)
{
    tcp_conn_check(conn);
    uint32_t segments = tcp_segment_count(seg);
    conn->stats.segments_in += segments;
    if (first_steps(conn, seg, now_us) == TCP_DONE) return;
    tcp_timer_heard(conn, now_us);
    note_cut(conn, seg, now_us);
    note_ecn(conn, seg);
    check_urgent(conn, seg);
    note_fin(conn, seg);
    if (take_text(conn, seg, now_us) == TCP_DONE) return;
    if (take_fin(conn, now_us) == TCP_DONE) return;
    tcp_output(conn, now_us);
    tcp_conn_check(conn);
}
