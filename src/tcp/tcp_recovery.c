/*
 * Loss recovery.
 *
 *     OPEN, DISORDER, CWR --- a loss shows --------------> FAST
 *     OPEN, DISORDER -------- ECE -----------------------> CWR
 *     any ------------------- RTO -----------------------> LOSS
 *     FAST, LOSS ------------ it proves spurious --------> OPEN
 *     CWR, FAST, LOSS ------- recover is acknowledged ---> OPEN
 *
 * CWR, FAST and LOSS are episodes: from the first sign of loss until all that was in flight then
 * (up to `recover`) is acknowledged, the window is reduced once. Where OPEN is written DISORDER may
 * be meant: it says that something is SACKed, or duplicate ACKs were counted.
 *
 * Each ACK goes through the same steps: take_in (records, SACK blocks, duplicate ACKs), sample_rtt,
 * undo, end of the episode, detection of losses, and last the window: by proportional rate
 * reduction while it is being reduced, else by congestion control.
 *
 * Losses. With SACK: everything below DupThresh SACKed segments is lost (RFC 6675 IsLost). Since a
 * run of SACKed data is one record and lost_edge says how far the marking has got, an ACK costs
 * what it newly marks and little more. With less SACKed above, it is in doubt, and sent again when
 * nothing else is left to send (NextSeg (3)), lest a tail take a round trip for each segment.
 * Without SACK three duplicate ACKs mean the first segment (RFC 5681 3.2), and a partial ACK the
 * next (RFC 6582). A retransmission that is lost again is found by time-out.
 *
 * Undo. An episode was spurious if an ACK echoes a time stamp older than its first retransmission
 * (RFC 3522), or if every retransmission was reported as duplicate (RFC 3708): then the windows go
 * back to what they were (RFC 4015), and as the network evidently reorders, the threshold doubles.
 *
 * References: RFC 5681, RFC 6582, RFC 6675, RFC 3042, RFC 3168 6.1.2, RFC 3522, RFC 4015, RFC 9937.
 */
#include "tcp/tcp_recovery.h"

#include "tcp/tcp_event.h"
#include "tcp/tcp_sack.h"
#include "tcp/tcp_tx.h"

/* Records that are looked at for one in doubt. */
#define DOUBTFUL_STEPS_MAX 128u

/* The acknowledgement in hand and what it did. */
struct ack {
    const struct tcp_segment *seg;
    uint64_t now_us;
    uint32_t acked;     /* snd.una moved by this */
    uint32_t delivered; /* newly known, or without SACK believed, to have arrived */
    uint32_t in_flight_before;
    bool shows_loss;     /* more was marked lost */
    bool ends_reduction; /* the window has just been set to ssthresh */
    bool answers_again;  /* the first of what it acknowledges was sent again, last at ... */
    uint64_t again_us;   /* ... this time */
    struct tcp_sent_news news;
    struct tcp_sack_result sack;
};

void tcp_recovery_init(struct tcp_recovery *recovery)
{
    *recovery = (struct tcp_recovery){
        .state = TCP_RECOVERY_OPEN,
        .dup_thresh = TCP_RECOVERY_DUP_THRESH,
    };
}

uint32_t tcp_recovery_in_flight(const struct tcp_conn *conn)
{
    const uint32_t in_flight = tcp_sent_in_flight(&conn->tx->sent);
    return in_flight - u32_min(conn->tx->recovery.dup_bytes, in_flight);
}

/* Whether PRR rules the window. */
static bool is_reducing(const struct tcp_recovery *recovery)
{
    return recovery->state == TCP_RECOVERY_FAST || recovery->state == TCP_RECOVERY_CWR;
}

/* Whether the window was reduced for what is in flight. */
static bool in_episode(const struct tcp_recovery *recovery)
{
    return is_reducing(recovery) || recovery->state == TCP_RECOVERY_LOSS;
}

/*
 * Taking the ACK in.
 */

/* Without SACK: the hole took a segment, and what is beyond was announced by duplicate ACKs. */
static void settle_dup_acks(struct tcp_conn *conn, struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const uint32_t beyond = ack->acked - u32_min(ack->acked, conn->mss_bytes);
    const uint32_t announced = u32_min(recovery->dup_bytes, beyond);
    ack->delivered -= u32_min(announced, ack->delivered);
    recovery->dup_acks = 0;
    recovery->dup_bytes = is_reducing(recovery) ? recovery->dup_bytes - announced : 0;
}

/*
 * Without SACK: another segment has arrived, somewhere behind the first. Made-up duplicate ACKs
 * deliver no more than was in flight when they began to count (RFC 9937 6.2).
 */
static void count_dup_ack(struct tcp_conn *conn, struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const bool is_fast = recovery->state == TCP_RECOVERY_FAST;
    if (recovery->state == TCP_RECOVERY_LOSS || (recovery->hold_dup_acks && !is_fast)) return;
    recovery->dup_acks++;
    const uint32_t total = conn->tx->sent.total;
    const uint32_t behind = total - u32_min(total, conn->mss_bytes);
    uint32_t room = behind - u32_min(recovery->dup_bytes, behind);
    if (is_reducing(recovery)) {
        const struct tcp_prr *prr = &recovery->prr;
        room = u32_min(room, prr->recover_fs - u32_min(prr->delivered, prr->recover_fs));
    }
    ack->delivered = u32_min(conn->mss_bytes, room);
    recovery->dup_bytes += ack->delivered;
}

static void take_in_sack(struct tcp_conn *conn, struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const uint32_t before = ack->news.delivered;
    const struct tcp_sack_input input = {
        .options = &ack->seg->options,
        .ack = ack->seg->ack,
        .una = conn->snd.una,
        .nxt = conn->snd.nxt,
        .wnd_max = conn->snd.wnd_max,
        .now_us = ack->now_us,
    };
    ack->sack = tcp_sack_apply(&conn->tx->sent, &conn->host->records, &input, &ack->news);
    /* RFC 6675 2: a duplicate ACK is one that SACKs something new. */
    if (ack->acked == 0 && ack->news.delivered > before) recovery->dup_acks++;
}

static void take_in(struct tcp_conn *conn, struct ack *ack, bool is_duplicate)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (ack->acked > 0) {
        const struct tcp_sent_record *head = conn->tx->sent.head;
        ack->answers_again = head != NULL && head->transmissions > 1;
        if (ack->answers_again) ack->again_us = head->sent_us;
        tcp_sent_release(&conn->tx->sent, &conn->host->records, conn->snd.una, ack->now_us,
                         &ack->news);
        if (recovery->hold_dup_acks && tcp_seq_gt(conn->snd.una, recovery->recover))
            recovery->hold_dup_acks = false;
    }
    if (conn->flags.sack) {
        if (ack->acked > 0) recovery->dup_acks = 0;
        if (ack->seg->options.sack_count > 0) take_in_sack(conn, ack);
        ack->delivered = ack->news.delivered;
        return;
    }
    ack->delivered = ack->news.delivered;
    if (ack->acked > 0) {
        settle_dup_acks(conn, ack);
    } else if (is_duplicate) {
        count_dup_ack(conn, ack);
    }
}

/*
 * RTT.
 */

/* What the echoed time stamp says (RFC 7323 4.1); only for what moves snd.una. */
static bool echoed_rtt(const struct tcp_conn *conn, const struct ack *ack, uint64_t *rtt_us)
{
    const struct tcp_options *options = &ack->seg->options;
    if (ack->acked == 0 || !conn->flags.timestamps || !options->has_timestamps) return false;
    const int32_t elapsed_ms = (int32_t)(tcp_conn_ts_now(conn, ack->now_us) - options->ts_ecr);
    if (options->ts_ecr == 0 || elapsed_ms < 0) return false;
    *rtt_us = u64_max((uint64_t)elapsed_ms, 1) * 1000;
    return true;
}

/*
 * One sample per ACK, from the newest data it delivered. Not if any of that had been retransmitted
 * (Karn, RFC 9293 MUST-18): what arrived before a hole was filled is acknowledged only after, and
 * would count the whole recovery. A time stamp knows better.
 */
static void sample_rtt(struct tcp_conn *conn, const struct ack *ack)
{
    const struct tcp_sent_news *news = &ack->news;
    uint64_t rtt_us;
    if (news->has_sample && !news->has_retransmitted && ack->now_us >= news->sample_sent_us) {
        rtt_us = ack->now_us - news->sample_sent_us;
    } else if (!echoed_rtt(conn, ack, &rtt_us)) {
        return;
    }
    tcp_rtt_sample(&conn->rtt, rtt_us, conn->snd.una, conn->snd.nxt, conn->host->config.rto_us_min,
                   conn->host->config.rto_us_max);
}

/*
 * Episodes.
 */

/* Neither is anything in doubt, nor is the window being reduced; or at most the former. */
static void settle(struct tcp_conn *conn)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const bool in_doubt = conn->tx->sent.sacked > 0 || recovery->dup_acks > 0;
    recovery->state = in_doubt ? TCP_RECOVERY_DISORDER : TCP_RECOVERY_OPEN;
}

/* An episode begins that further ACKs may prove wrong, unless it also answers for something else.
 */
static void begin_undo(struct tcp_conn *conn, bool can_undo)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    recovery->can_undo = can_undo;
    recovery->undo_una = conn->snd.una;
    recovery->undo_retransmits = 0;
    recovery->has_rexmit_ts = false;
}

static void end_episode(struct tcp_conn *conn, struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (!in_episode(recovery) || tcp_seq_lt(conn->snd.una, recovery->recover)) return;
    /* RFC 9937 6: the flight has come down to ssthresh; from here on that is the window. */
    ack->ends_reduction = is_reducing(recovery);
    if (ack->ends_reduction) conn->cc.cwnd_bytes = conn->cc.ssthresh_bytes;
    if (recovery->state != TCP_RECOVERY_CWR) tcp_event_plain(conn, TCP_EVENT_RECOVERY_END);
    recovery->has_timed_out = false;
    recovery->dup_acks = 0;
    recovery->dup_bytes = 0;
    /* D-SACKs of its retransmissions come within a round trip, if they come. */
    if (!conn->flags.sack) recovery->can_undo = false;
    if (recovery->can_undo) recovery->recover = conn->snd.nxt;
    settle(conn);
    tcp_event_cwnd(conn);
}

/* From `flight_bytes` unacknowledged (FlightSize, RFC 5681 2) the window is to be reduced to what
 * congestion control says, by PRR, of which RecoverFS is `recover_fs`. */
static void begin_reduction(struct tcp_conn *conn, uint32_t flight_bytes, uint32_t recover_fs,
                            bool is_ecn, uint64_t now_us)
{
    const struct cc_loss loss = {
        .bytes_in_flight = flight_bytes,
        .now_us = now_us,
        .is_ecn = is_ecn,
    };
    conn->tx->recovery.cc_before = conn->cc;
    conn->cc.ops->on_loss(&conn->cc, &loss);
    tcp_prr_begin(&conn->tx->recovery.prr, recover_fs);
    if (conn->flags.ecn) conn->flags.cwr_due = true; /* RFC 3168 6.1.2 */
}

/* Fast recovery begins: something is marked lost (RFC 6675 5 (4), RFC 6582 3.2 2). */
static void enter_fast(struct tcp_conn *conn, const struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const struct tcp_sent *sent = &conn->tx->sent;
    /* What ECN has reduced for is not reduced again in the same window. */
    const bool is_reduced = recovery->state == TCP_RECOVERY_CWR;
    begin_undo(conn, !is_reduced);
    if (!is_reduced) {
        const uint32_t delivered = conn->flags.sack ? ack->delivered : 0;
        const uint32_t recover_fs = sent->total - sent->sacked + delivered;
        begin_reduction(conn, sent->total + ack->acked, recover_fs, false, ack->now_us);
    }
    recovery->state = TCP_RECOVERY_FAST;
    recovery->recover = conn->snd.nxt;
    recovery->hold_dup_acks = !conn->flags.sack;
    recovery->has_timed_out = false;
    conn->host->counters.fast_recoveries++;
    tcp_event_plain(conn, TCP_EVENT_RECOVERY_BEGIN);
    tcp_event_cwnd(conn);
}

/*
 * Undo.
 */

/*
 * RFC 3522: the ACK answers the original, for it echoes what the original carried. Where episodes
 * follow each other closely it may answer what the last one sent again: that is older than what
 * this one sent again, and yet no original.
 */
static bool echo_is_older(const struct tcp_conn *conn, const struct ack *ack)
{
    const struct tcp_recovery *recovery = &conn->tx->recovery;
    const struct tcp_options *options = &ack->seg->options;
    if (!in_episode(recovery) || !recovery->has_rexmit_ts || ack->acked == 0) return false;
    if (!conn->flags.timestamps || !options->has_timestamps || options->ts_ecr == 0) return false;
    const uint32_t again = tcp_conn_ts_now(conn, ack->again_us);
    if (ack->answers_again && (int32_t)(options->ts_ecr - again) >= 0) return false;
    return (int32_t)(options->ts_ecr - recovery->rexmit_ts) < 0;
}

/* RFC 3708: the peer had it all twice. Counts the D-SACK; true when it was the last one missing. */
static bool is_all_duplicate(struct tcp_conn *conn, const struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    const struct tcp_sack_result *sack = &ack->sack;
    if (!sack->has_dsack || recovery->undo_retransmits == 0) return false;
    if (tcp_seq_lt(sack->dsack_start, recovery->undo_una)) return false;
    const uint32_t len = tcp_seq_diff(sack->dsack_end, sack->dsack_start);
    recovery->undo_retransmits -= u32_min(len, recovery->undo_retransmits);
    return recovery->undo_retransmits == 0;
}

/* Takes the episode back if this ACK shows that nothing had been lost. */
static void undo_if_spurious(struct tcp_conn *conn, const struct ack *ack)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (!recovery->can_undo) return;
    if (!is_all_duplicate(conn, ack) && !echo_is_older(conn, ack)) return;
    conn->cc.ops->on_spurious_loss(&conn->cc, &recovery->cc_before);
    tcp_sent_unmark_lost(&conn->tx->sent);
    if (recovery->has_timed_out) {
        tcp_rtt_backoff_reset(&conn->rtt);
    } else {
        recovery->dup_thresh =
            (uint8_t)u32_min(recovery->dup_thresh * 2u, TCP_RECOVERY_DUP_THRESH_MAX);
    }
    begin_undo(conn, false);
    recovery->has_timed_out = false;
    recovery->dup_acks = 0;
    recovery->dup_bytes = 0;
    settle(conn);
    conn->host->counters.spurious++;
    tcp_event_plain(conn, TCP_EVENT_SPURIOUS);
    tcp_event_cwnd(conn);
}

/* After the round trip that follows an episode nothing will be heard of it any more. */
static void forget_episode(struct tcp_conn *conn)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (!recovery->can_undo || in_episode(recovery)) return;
    if (tcp_seq_ge(conn->snd.una, recovery->recover)) recovery->can_undo = false;
}

/*
 * Losses.
 */

/* Up to where all is known to be SACKed or lost. With nothing lost there is nothing to skip. */
static tcp_seq lost_edge(const struct tcp_conn *conn)
{
    if (conn->tx->sent.lost == 0) return conn->snd.una;
    return tcp_seq_max(conn->tx->recovery.lost_edge, conn->snd.una);
}

/*
 * DupThresh as it is in force: where reordering has raised it, it still asks no more than half of
 * the flight to overtake, since a threshold that the flight cannot reach means a time-out.
 */
static uint32_t dup_thresh(const struct tcp_conn *conn)
{
    const uint32_t half_segments = conn->tx->sent.total / conn->mss_bytes / 2;
    return u32_min(conn->tx->recovery.dup_thresh, u32_max(half_segments, TCP_RECOVERY_DUP_THRESH));
}

/* The first segment of the wire not yet acknowledged is lost. False if that is no news. */
static bool mark_first_lost(struct tcp_conn *conn, enum tcp_retransmit_cause cause)
{
    struct tcp_sent *sent = &conn->tx->sent;
    struct tcp_sent_record *head = sent->head;
    if (head == NULL || (head->flags & (TCP_SENT_SACKED | TCP_SENT_LOST))) return false;
    const uint32_t payload = head->len - ((head->flags & TCP_SENT_FIN) ? 1 : 0);
    /* Without a record to split with, all of it is taken for lost: sent twice, but sent. */
    if (payload > head->segment_bytes)
        (void)tcp_sent_split(sent, &conn->host->records, head,
                             tcp_seq_add(head->seq, head->segment_bytes));
    const tcp_seq edge = lost_edge(conn);
    tcp_sent_mark_lost(sent, head);
    conn->tx->recovery.lost_edge = edge;
    conn->tx->recovery.cause = (uint8_t)cause;
    return true;
}

/*
 * RFC 6675 4 IsLost, from the top: finds the highest record above which (itself included) enough is
 * SACKED, and marks what is below. Looks at nothing below lost_edge.
 */
static bool mark_overtaken_lost(struct tcp_conn *conn)
{
    struct tcp_sent *sent = &conn->tx->sent;
    const tcp_seq done = lost_edge(conn);
    const uint32_t thresh = dup_thresh(conn);
    uint32_t runs = 0, sacked = 0;
    struct tcp_sent_record *record = sent->sack_high;
    for (; record != NULL && tcp_seq_gt(record->seq, done); record = record->prev) {
        if (!(record->flags & TCP_SENT_SACKED)) continue;
        runs++;
        sacked += record->len;
        if (runs >= thresh || sacked > (thresh - 1) * conn->mss_bytes) break;
    }
    if (record == NULL || tcp_seq_le(record->seq, done)) return false;
    const tcp_seq edge = record->seq;
    const uint32_t lost_before = sent->lost;
    for (record = record->prev; record != NULL && tcp_seq_ge(record->seq, done);
         record = record->prev) {
        if (!(record->flags & (TCP_SENT_SACKED | TCP_SENT_LOST))) tcp_sent_mark_lost(sent, record);
    }
    if (sent->lost == lost_before) return false;
    conn->tx->recovery.lost_edge = edge;
    conn->tx->recovery.cause = TCP_RETRANSMIT_SACK;
    return true;
}

/* All that was sent and is not SACKed; copies in flight with it. */
static void mark_all_lost(struct tcp_conn *conn)
{
    struct tcp_sent *sent = &conn->tx->sent;
    for (struct tcp_sent_record *record = sent->head; record != NULL; record = record->next) {
        if (!(record->flags & TCP_SENT_SACKED)) tcp_sent_mark_lost(sent, record);
    }
    conn->tx->recovery.lost_edge = conn->snd.nxt;
}

/* Marks what this ACK proves lost. After a time-out everything is marked already. */
static bool mark_losses(struct tcp_conn *conn, const struct ack *ack)
{
    const struct tcp_recovery *recovery = &conn->tx->recovery;
    if (recovery->state == TCP_RECOVERY_LOSS || conn->tx->sent.head == NULL) return false;
    if (conn->tx->sent.sacked > 0 && mark_overtaken_lost(conn)) return true;
    if (recovery->state != TCP_RECOVERY_FAST) {
        /* RFC 5681 3.2, RFC 6675 5 (2). */
        return recovery->dup_acks >= dup_thresh(conn) && mark_first_lost(conn, TCP_RETRANSMIT_FAST);
    }
    /* A partial ACK: what follows the hole just filled is a hole too (RFC 6582 3.2 3; RFC 6675 4
     * NextSeg (3)). With SACK only if it was sent before the retransmission that is now answered:
     * that may be one of the last episode, and then what follows is just under way. */
    const bool may_be_under_way =
        !ack->answers_again || conn->tx->sent.head->sent_us > ack->again_us;
    if (conn->flags.sack && may_be_under_way) return false;
    return ack->acked > 0 && mark_first_lost(conn, TCP_RETRANSMIT_PARTIAL_ACK);
}

static void detect_losses(struct tcp_conn *conn, struct ack *ack)
{
    const struct tcp_recovery *recovery = &conn->tx->recovery;
    ack->shows_loss = mark_losses(conn, ack);
    if (recovery->state == TCP_RECOVERY_LOSS || recovery->state == TCP_RECOVERY_FAST) return;
    if (conn->tx->sent.lost > 0) {
        enter_fast(conn, ack);
    } else if (recovery->state != TCP_RECOVERY_CWR) {
        settle(conn);
    }
}

/*
 * The window.
 */

/* PRR says how much more than is in flight may be. */
static void reduce_window(struct tcp_conn *conn, const struct ack *ack)
{
    const struct tcp_prr_ack prr_ack = {
        .delivered = ack->delivered,
        .in_flight = tcp_recovery_in_flight(conn),
        .ssthresh = conn->cc.ssthresh_bytes,
        .mss_bytes = conn->mss_bytes,
        .is_safe = ack->acked > 0 && !ack->shows_loss,
    };
    conn->cc.cwnd_bytes = prr_ack.in_flight + tcp_prr_on_ack(&conn->tx->recovery.prr, &prr_ack);
}

/* Congestion control may grow the window, for new data acknowledged (RFC 5681 3.1). */
static void grow_window(struct tcp_conn *conn, const struct ack *ack)
{
    if (ack->acked == 0 || ack->delivered == 0 || ack->ends_reduction) return;
    struct cc_ack cc_ack = {
        .bytes_acked = ack->delivered,
        .bytes_in_flight = ack->in_flight_before,
        .srtt_us = tcp_rtt_srtt_us(&conn->rtt),
        .now_us = ack->now_us,
        .is_cwnd_limited = conn->flags.cwnd_limited,
    };
    if (conn->tx->recovery.state == TCP_RECOVERY_LOSS) {
        /* Without SACK one retransmission may uncover a window's worth (RFC 3465 2.3). */
        if (!conn->flags.sack) cc_ack.bytes_acked = u32_min(ack->delivered, conn->mss_bytes);
        cc_ack.is_cwnd_limited |= tcp_sent_first_waiting(&conn->tx->sent) != NULL;
    }
    conn->cc.ops->on_ack(&conn->cc, &cc_ack);
}

void tcp_recovery_on_ack(struct tcp_conn *conn, const struct tcp_segment *seg, uint32_t acked,
                         bool is_duplicate, uint64_t now_us)
{
    ASSERT(conn->tx != NULL);
    struct ack ack = {
        .seg = seg,
        .now_us = now_us,
        .acked = acked,
        .in_flight_before = tcp_recovery_in_flight(conn),
    };
    take_in(conn, &ack, is_duplicate);
    sample_rtt(conn, &ack);
    undo_if_spurious(conn, &ack);
    end_episode(conn, &ack);
    forget_episode(conn);
    detect_losses(conn, &ack);
    if (is_reducing(&conn->tx->recovery)) {
        reduce_window(conn, &ack);
    } else {
        grow_window(conn, &ack);
    }
    tcp_recovery_check(conn);
}

/*
 * Whether a time-out now is for a loss that the window was already reduced for: in an episode that
 * began otherwise, or again for the same segment. One for another segment is a new loss, whatever
 * `recover` says (RFC 5681 3.1).
 */
static bool is_repeated_timeout(const struct tcp_conn *conn)
{
    const struct tcp_recovery *recovery = &conn->tx->recovery;
    if (recovery->state != TCP_RECOVERY_LOSS) return is_reducing(recovery);
    return recovery->has_timed_out && tcp_seq_eq(recovery->timeout_una, conn->snd.una);
}

void tcp_recovery_on_timeout(struct tcp_conn *conn, uint64_t now_us)
{
    ASSERT(conn->tx != NULL);
    struct tcp_recovery *recovery = &conn->tx->recovery;
    struct tcp_sent *sent = &conn->tx->sent;
    if (sent->head == NULL) return;
    const struct cc_loss loss = {
        .bytes_in_flight = sent->total,
        .now_us = now_us,
        .is_timeout = true,
        .is_repeated = is_repeated_timeout(conn),
    };
    if (!loss.is_repeated) recovery->cc_before = conn->cc;
    conn->cc.ops->on_loss(&conn->cc, &loss);
    if (!loss.is_repeated) begin_undo(conn, true);
    if (conn->flags.ecn) conn->flags.cwr_due = true;

    if (tcp_sack_is_reneging(sent)) tcp_sent_unmark_sacked(sent);
    mark_all_lost(conn);
    recovery->state = TCP_RECOVERY_LOSS;
    recovery->cause = TCP_RETRANSMIT_TIMEOUT;
    recovery->recover = conn->snd.nxt;
    recovery->has_timed_out = true;
    recovery->timeout_una = conn->snd.una;
    recovery->hold_dup_acks = !conn->flags.sack;
    recovery->dup_acks = 0;
    recovery->dup_bytes = 0;
    tcp_event_cwnd(conn);
    tcp_recovery_check(conn);
}

void tcp_recovery_on_ecn(struct tcp_conn *conn, uint64_t now_us)
{
    ASSERT(conn->tx != NULL);
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (in_episode(recovery)) return;
    const uint32_t in_flight = tcp_recovery_in_flight(conn);
    if (in_flight == 0) return;
    begin_reduction(conn, conn->tx->sent.total, in_flight, true, now_us);
    begin_undo(conn, false);
    recovery->state = TCP_RECOVERY_CWR;
    recovery->recover = conn->snd.nxt;
    tcp_event_cwnd(conn);
}

/* What is marked lost is sent again as after a time-out, but the network is not to blame: the
 * window stays as it is. */
static void begin_blameless(struct tcp_conn *conn, enum tcp_retransmit_cause cause)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    recovery->cause = (uint8_t)cause;
    if (!is_reducing(recovery)) {
        begin_undo(conn, false);
        recovery->state = TCP_RECOVERY_LOSS;
        recovery->recover = conn->snd.nxt;
        recovery->has_timed_out = false;
        recovery->hold_dup_acks = !conn->flags.sack;
        recovery->dup_acks = 0;
        recovery->dup_bytes = 0;
    }
    tcp_recovery_check(conn);
}

/* Marks what of `record` left in segments that are too large now: all but a short one at its end,
 * which fits the path. False if that is nothing. */
static bool mark_too_large(struct tcp_conn *conn, struct tcp_sent_record *record)
{
    struct tcp_sent *sent = &conn->tx->sent;
    const uint32_t payload = record->len - ((record->flags & TCP_SENT_FIN) ? 1 : 0);
    const uint32_t short_end = payload % record->segment_bytes;
    if (u32_min(payload, record->segment_bytes) <= conn->mss_bytes) return false;
    if (record->flags & TCP_SENT_SACKED) return false;
    if (payload > short_end && short_end > 0 && short_end <= conn->mss_bytes)
        (void)tcp_sent_split(sent, &conn->host->records, record,
                             tcp_seq_add(record->seq, payload - short_end));
    tcp_sent_mark_lost(sent, record);
    return true;
}

void tcp_recovery_on_mtu(struct tcp_conn *conn)
{
    if (conn->tx == NULL) return;
    const tcp_seq edge = lost_edge(conn);
    bool is_any = false;
    struct tcp_sent_record *record = conn->tx->sent.head;
    for (; record != NULL; record = record->next) is_any |= mark_too_large(conn, record);
    if (!is_any) return;
    conn->tx->recovery.lost_edge = edge;
    begin_blameless(conn, TCP_RETRANSMIT_PMTU);
}

void tcp_recovery_on_window_open(struct tcp_conn *conn)
{
    if (conn->tx == NULL || tcp_recovery_in_flight(conn) == 0) return;
    mark_all_lost(conn);
    begin_blameless(conn, TCP_RETRANSMIT_WINDOW);
}

/*
 * What the sender asks and reports.
 */

bool tcp_recovery_next(const struct tcp_conn *conn, uint32_t len_max, tcp_seq *seq, uint32_t *len,
                       bool *has_fin)
{
    ASSERT(len_max > 0);
    if (conn->tx == NULL) return false;
    const struct tcp_sent_record *record = tcp_sent_first_waiting(&conn->tx->sent);
    if (record == NULL) return false;
    const uint32_t fin = (record->flags & TCP_SENT_FIN) ? 1 : 0;
    const bool is_whole = record->len - fin <= len_max;
    *seq = record->seq;
    *len = is_whole ? record->len : len_max;
    *has_fin = is_whole && fin != 0;
    return true;
}

/*
 * The first record that is neither SACKed nor lost and has SACKed data above it. Few are above
 * lost_edge, or enough would be SACKed to call it lost; else nothing is found.
 */
static struct tcp_sent_record *first_doubtful(const struct tcp_conn *conn)
{
    const tcp_seq done = lost_edge(conn);
    struct tcp_sent_record *record = conn->tx->sent.sack_high, *found = NULL;
    for (uint32_t steps = 0; record != NULL && tcp_seq_ge(record->seq, done); steps++) {
        if (steps == DOUBTFUL_STEPS_MAX) return NULL;
        if (!(record->flags & (TCP_SENT_SACKED | TCP_SENT_LOST))) found = record;
        record = record->prev;
    }
    return found;
}

bool tcp_recovery_next_doubtful(const struct tcp_conn *conn, uint32_t len_max, tcp_seq *seq,
                                uint32_t *len)
{
    ASSERT(len_max > 0);
    if (conn->tx == NULL || conn->tx->recovery.state != TCP_RECOVERY_FAST) return false;
    if (tcp_sent_first_waiting(&conn->tx->sent) != NULL) return false;
    const struct tcp_sent_record *record = first_doubtful(conn);
    if (record == NULL) return false;
    *seq = record->seq;
    *len = u32_min(record->len, len_max);
    return true;
}

/*
 * Takes the first `len` that are in doubt for lost, as they are about to leave again. RFC 6675 4
 * counts both copies in flight: here one is, and for the other cwnd, which the next ACK sets
 * anew, is less.
 */
static struct tcp_sent_record *take_doubtful(struct tcp_conn *conn, uint32_t len)
{
    struct tcp_sent *sent = &conn->tx->sent;
    struct tcp_sent_record *record = first_doubtful(conn);
    ASSERT(record != NULL && len <= record->len && tcp_recovery_room_bytes(conn) >= len);
    if (len < record->len)
        (void)tcp_sent_split(sent, &conn->host->records, record, tcp_seq_add(record->seq, len));
    const tcp_seq edge = lost_edge(conn);
    tcp_sent_mark_lost(sent, record);
    conn->tx->recovery.lost_edge = edge;
    conn->tx->recovery.cause = TCP_RETRANSMIT_SACK;
    conn->cc.cwnd_bytes -= len;
    return record;
}

void tcp_recovery_retransmitted(struct tcp_conn *conn, tcp_seq seq, uint32_t len, uint64_t now_us)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    struct tcp_sent *sent = &conn->tx->sent;
    struct tcp_sent_record *record = tcp_sent_first_waiting(sent);
    if (record == NULL) record = take_doubtful(conn, len);
    ASSERT(tcp_seq_eq(record->seq, seq) && len <= record->len);
    if (len < record->len)
        (void)tcp_sent_split(sent, &conn->host->records, record, tcp_seq_add(seq, len));
    tcp_sent_mark_retransmitted(sent, record, conn->mss_bytes, now_us);
    const uint32_t payload = len - ((record->flags & TCP_SENT_FIN) ? 1 : 0);
    recovery->undo_retransmits += payload; /* all that a D-SACK is sure to report */
    if (!recovery->has_rexmit_ts) {
        recovery->has_rexmit_ts = true;
        recovery->rexmit_ts = tcp_conn_ts_now(conn, now_us);
    }
    if (is_reducing(recovery)) tcp_prr_on_sent(&recovery->prr, len);
    const uint32_t segments = u32_max((payload + conn->mss_bytes - 1) / conn->mss_bytes, 1);
    conn->stats.retransmits += segments;
    conn->host->counters.retransmits += segments;
    tcp_event_retransmit(conn, (enum tcp_retransmit_cause)recovery->cause, seq, len,
                         record->transmissions - 1u);
}

void tcp_recovery_sent_new(struct tcp_conn *conn, uint32_t len)
{
    struct tcp_recovery *recovery = &conn->tx->recovery;
    if (is_reducing(recovery)) tcp_prr_on_sent(&recovery->prr, len);
}

uint32_t tcp_recovery_room_bytes(const struct tcp_conn *conn)
{
    if (conn->tx == NULL) return conn->cc.cwnd_bytes;
    const uint32_t in_flight = tcp_recovery_in_flight(conn);
    const uint32_t cwnd = conn->cc.cwnd_bytes;
    const uint32_t room = cwnd > in_flight ? cwnd - in_flight : 0;
    const struct tcp_sent *sent = &conn->tx->sent;
    if (in_flight == 0 && sent->lost > sent->retransmitted) return u32_max(room, conn->mss_bytes);
    return room;
}

#ifdef VITRO_DEBUG

void tcp_recovery_check(const struct tcp_conn *conn)
{
    const struct tcp_recovery *recovery = &conn->tx->recovery;
    const struct tcp_sent *sent = &conn->tx->sent;
    tcp_sent_check(sent, conn->snd.una, conn->snd.nxt);
    ASSERT(recovery->state <= TCP_RECOVERY_LOSS);
    ASSERT(!in_episode(recovery) || tcp_seq_lt(conn->snd.una, recovery->recover));
    ASSERT(!in_episode(recovery) || tcp_seq_le(recovery->recover, conn->snd.nxt));
    ASSERT(in_episode(recovery) || sent->lost == 0);
    ASSERT(!conn->flags.sack || recovery->dup_bytes == 0);
    ASSERT(conn->flags.sack || sent->sacked == 0);
    ASSERT(conn->cc.cwnd_bytes > 0 && conn->cc.ssthresh_bytes > 0);
    if (sent->lost == 0) return;
    for (const struct tcp_sent_record *record = sent->head; record != NULL; record = record->next) {
        if (recovery->cause == TCP_RETRANSMIT_PMTU) break; /* marks by size, not by place */
        if (tcp_seq_ge(record->seq, recovery->lost_edge)) break;
        ASSERT(record->flags & (TCP_SENT_SACKED | TCP_SENT_LOST));
    }
}

#else

void tcp_recovery_check(const struct tcp_conn *conn) { (void)conn; }

#endif
