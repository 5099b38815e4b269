/*
 * The order of the questions is the order of urgency: a SYN before anything else, a probe when its
 * time has come, what was lost before what is new, data before a bare FIN, then what may have been
 * lost, and an ACK on its own only when nothing that leaves carries it.
 *
 * New data leaves in full segments; a smaller one only when (RFC 9293 3.8.6.2.1, MUST-38)
 *   - it is all there is, and no earlier small segment is unacknowledged (Nagle in Minshall's form,
 *     so that the tail of a write never waits for a full segment's ACK), or Nagle is off, or the
 *     FIN goes with it;
 *   - or it fills at least half of the largest window the peer ever offered.
 * What stays behind for a window that is too small leaves when the persist timer says so.
 */
#include "tcp/tcp_plan.h"

#include "base/base.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_tx.h"

uint32_t tcp_plan_unsent_bytes(const struct tcp_conn *conn)
{
    if (conn->tx == NULL || conn->flags.fin_sent) return 0;
    uint32_t queued = conn->tx->buf.len_bytes;
    if (conn->state < TCP_ESTABLISHED) return queued;
    return queued - tcp_conn_flight_bytes(conn);
}

/* How much more the peer's window takes beyond snd.nxt: RFC 9293 SHLD-15, nothing when it shrank.
 */
static uint32_t usable_window(const struct tcp_conn *conn)
{
    tcp_seq edge = tcp_seq_add(conn->snd.una, conn->snd.wnd);
    return tcp_seq_gt(edge, conn->snd.nxt) ? tcp_seq_diff(edge, conn->snd.nxt) : 0;
}

/* Down to whole segments. RFC 9293 SHLD-27, SHLD-28: what was written in pieces leaves in full
 * ones. */
static uint32_t whole_segments(const struct tcp_conn *conn, uint32_t len)
{
    return len < conn->mss_bytes ? 0 : len - len % conn->mss_bytes;
}

/* Whether the last bytes queued may leave though they do not fill a segment. */
static bool small_may_leave(const struct tcp_conn *conn)
{
    if (conn->flags.fin_queued) return true;
    if (conn->flags.cork) return false;
    if (conn->flags.nodelay) return true;
    return tcp_seq_le(conn->snd.small_end, conn->snd.una);
}

/* How much may be sent again at once: whole segments, as cwnd allows. */
static uint32_t again_len_max(const struct tcp_conn *conn)
{
    return whole_segments(conn, u32_min(tcp_recovery_room_bytes(conn), conn->super_bytes_max));
}

/* A peer that took its window back gets no more than that (RFC 9293 SHLD-16, SHLD-17). */
static bool window_takes_again(const struct tcp_conn *conn, tcp_seq seq)
{
    tcp_seq edge = tcp_seq_add(conn->snd.una, conn->snd.wnd);
    bool is_beyond = tcp_seq_ge(seq, edge) && !tcp_seq_eq(seq, conn->snd.una);
    return !is_beyond && conn->snd.wnd != 0;
}

/* What waits to be sent again: it leaves, or holds back all that is new. */
static bool plan_retransmit(const struct tcp_conn *conn, struct tcp_plan *plan)
{
    uint32_t len_max = again_len_max(conn), len;
    tcp_seq seq;
    bool has_fin;
    plan->limit = TCP_LIMIT_CWND;
    if (len_max == 0 || !tcp_recovery_next(conn, len_max, &seq, &len, &has_fin)) return false;
    plan->limit = TCP_LIMIT_WINDOW;
    if (!window_takes_again(conn, seq)) return false;
    plan->limit = TCP_LIMIT_NONE;
    plan->kind = TCP_PLAN_RETRANSMIT;
    plan->seq = seq;
    plan->len_bytes = len - (has_fin ? 1 : 0);
    plan->has_fin = has_fin;
    uint32_t end = tcp_seq_diff(seq, conn->snd.una) + plan->len_bytes;
    plan->has_psh = plan->len_bytes > 0 && end == conn->tx->buf.len_bytes;
    return true;
}

/* How many of `unsent` bytes leave now; 0 with the limit's name if none. */
static uint32_t new_data_len(const struct tcp_conn *conn, uint32_t unsent, struct tcp_plan *plan)
{
    uint32_t usable = usable_window(conn);
    uint32_t room = tcp_recovery_room_bytes(conn);
    if (tcp_recovery_in_flight(conn) == 0) room = u32_max(room, conn->mss_bytes);
    uint32_t len = u32_min(u32_min(unsent, conn->super_bytes_max), u32_min(usable, room));
    uint32_t whole = whole_segments(conn, len);
    if (len == unsent) {
        if (whole == unsent || small_may_leave(conn)) return unsent;
        plan->limit = TCP_LIMIT_SMALL;
        return whole;
    }
    if (whole > 0) return whole;
    if (len == usable && usable < room) {
        plan->limit = TCP_LIMIT_WINDOW;
        return usable > 0 && usable >= conn->snd.wnd_max / 2 ? usable : 0;
    }
    plan->limit = TCP_LIMIT_CWND;
    return 0;
}

static bool plan_data(const struct tcp_conn *conn, struct tcp_plan *plan)
{
    uint32_t unsent = tcp_plan_unsent_bytes(conn);
    if (unsent == 0) return false;
    if (!tcp_sent_has_room(&conn->tx->sent)) {
        plan->limit = TCP_LIMIT_RECORDS;
        return false;
    }
    uint32_t len = new_data_len(conn, unsent, plan);
    if (len == 0) return false;
    plan->kind = TCP_PLAN_DATA;
    plan->seq = conn->snd.nxt;
    plan->len_bytes = len;
    /* RFC 9293 MUST-60, MUST-61: PSH when nothing is left behind. */
    plan->has_psh = len == unsent;
    /* The FIN needs room of its own: else it waits, or probes. */
    plan->has_fin = len == unsent && conn->flags.fin_queued && usable_window(conn) > len;
    return true;
}

static bool plan_fin(const struct tcp_conn *conn, struct tcp_plan *plan)
{
    if (!conn->flags.fin_queued || conn->flags.fin_sent || conn->tx == NULL) return false;
    if (tcp_plan_unsent_bytes(conn) != 0 || usable_window(conn) == 0) return false;
    if (!tcp_sent_has_room(&conn->tx->sent)) return false;
    plan->kind = TCP_PLAN_FIN;
    plan->seq = conn->snd.nxt;
    plan->has_fin = true;
    return true;
}

/* RFC 6675 4 NextSeg (3): what may be lost is sent again rather than nothing. */
static bool plan_doubtful(const struct tcp_conn *conn, struct tcp_plan *plan)
{
    uint32_t len_max = again_len_max(conn), len;
    tcp_seq seq;
    if (len_max == 0 || !tcp_recovery_next_doubtful(conn, len_max, &seq, &len)) return false;
    if (!window_takes_again(conn, seq)) return false;
    plan->kind = TCP_PLAN_RETRANSMIT;
    plan->seq = seq;
    plan->len_bytes = len;
    return true;
}

/* The kinds that need no data: ACKs and keepalives. */
static bool plan_ack(const struct tcp_conn *conn, uint64_t now_us, struct tcp_plan *plan)
{
    if (conn->flags.keepalive_due) {
        plan->kind = TCP_PLAN_KEEPALIVE;
        return true;
    }
    if (!conn->flags.ack_now && conn->deadline_us[TCP_TIMER_DELAYED_ACK] > now_us) return false;
    plan->kind = TCP_PLAN_ACK;
    return true;
}

struct tcp_plan tcp_plan(const struct tcp_conn *conn, uint64_t now_us)
{
    struct tcp_plan plan = {.kind = TCP_PLAN_NOTHING, .not_before_us = TIME_NEVER};
    if (conn->flags.syn_due) {
        plan.kind = TCP_PLAN_SYN;
        plan.seq = conn->snd.iss;
        return plan;
    }
    if (conn->state >= TCP_ESTABLISHED) {
        if (conn->flags.probe_due) {
            plan.kind = TCP_PLAN_PROBE;
            plan.seq = conn->snd.una;
            return plan;
        }
        if (conn->tx != NULL && conn->state != TCP_TIME_WAIT) {
            bool has_lost = tcp_sent_first_waiting(&conn->tx->sent) != NULL;
            if (has_lost ? plan_retransmit(conn, &plan)
                         : plan_data(conn, &plan) || plan_fin(conn, &plan) ||
                               plan_doubtful(conn, &plan)) {
                return plan;
            }
        }
        if (plan_ack(conn, now_us, &plan)) return plan;
    }
    plan.not_before_us = tcp_timer_next_us(conn);
    return plan;
}
