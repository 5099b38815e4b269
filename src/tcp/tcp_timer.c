/*
 * What happens at each deadline, and when each is set. All handlers get the time at which they were
 * due, not the time at which somebody got round to calling: a late owner does not distort RTO
 * back-off or time-outs.
 */
#include "tcp/tcp_timer.h"

#include <errno.h>

#include "base/base.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_plan.h"
#include "tcp/tcp_tx.h"

/* How long data may wait for a window that is open but too small (RFC 9293 3.8.6.2.1: 0.1 to 1 s).
 */
#define SILLY_WINDOW_OVERRIDE_US 200000u
/* R2 as a time counts with this RTO at least: a lower floor would make the patience too short. */
#define PATIENCE_RTO_US_MIN      200000u
/* Beyond this the persist interval is at its maximum anyway. */
#define PERSIST_BACKOFF_MAX      20u

uint64_t tcp_timer_retries_us(uint32_t retries, uint64_t rto_us_min, uint64_t rto_us_max)
{
    uint64_t total_us = 0, wait_us = u64_max(rto_us_min, 1);
    uint32_t i = 0;
    for (; i <= retries && wait_us < rto_us_max; i++, wait_us *= 2) total_us += wait_us;
    return total_us + (uint64_t)(retries + 1 - i) * rto_us_max;
}

/* How long the head of the send queue may wait for an acknowledgement; TIME_NEVER is never meant.
 */
static uint64_t patience_us(const struct tcp_conn *conn)
{
    const struct tcp_config *config = &conn->host->config;
    uint32_t retries = conn->flags.closed ? u32_min(config->orphan_retries, config->r2_retries)
                                          : config->r2_retries;
    uint64_t rto_us = u64_max(config->rto_us_min, PATIENCE_RTO_US_MIN);
    uint64_t limit_us = tcp_timer_retries_us(retries, rto_us, config->rto_us_max);
    if (conn->user_timeout_ms == 0) return limit_us;
    uint64_t user_us = (uint64_t)conn->user_timeout_ms * 1000;
    return conn->flags.closed ? u64_min(limit_us, user_us) : user_us;
}

/*
 * When the peer's silence is to be looked into: after the idle time, and after an interval for each
 * probe since; RFC 9293 MUST-26, MAY-5: only on an idle connection. Since all of it is known from
 * elsewhere no deadline is kept.
 */
static uint64_t keepalive_us(const struct tcp_conn *conn)
{
    if (!conn->flags.keepalive || conn->state < TCP_ESTABLISHED) return TIME_NEVER;
    if (conn->state == TCP_TIME_WAIT) return TIME_NEVER;
    if (tcp_conn_flight_bytes(conn) > 0 || tcp_plan_unsent_bytes(conn) > 0) return TIME_NEVER;
    uint64_t quiet_ms = conn->keep_idle_ms + (uint64_t)conn->probes * conn->keep_interval_ms;
    return conn->last_received_us + quiet_ms * 1000;
}

uint64_t tcp_timer_next_us(const struct tcp_conn *conn)
{
    uint64_t first_us = keepalive_us(conn);
    for (int i = 0; i < TCP_TIMER_COUNT; i++) first_us = u64_min(first_us, conn->deadline_us[i]);
    return first_us;
}

/* The wheel's node moves only when an earlier deadline needs it. */
static void arm(struct tcp_conn *conn)
{
    uint64_t first_us = tcp_timer_next_us(conn);
    struct wheel_node *node = &conn->entry.timer;
    if (first_us == TIME_NEVER) return;
    if (wheel_node_is_armed(node) && node->deadline_us <= first_us) return;
    wheel_arm(conn->host->wheel, node, first_us);
}

/* The user timeout cuts a wait short (RFC 5482 3). */
static uint64_t no_later_than_patience(const struct tcp_conn *conn, uint64_t due_us)
{
    if (conn->user_timeout_ms == 0) return due_us;
    return u64_min(due_us, conn->progress_us + (uint64_t)conn->user_timeout_ms * 1000);
}

static void start_retransmit(struct tcp_conn *conn, uint64_t now_us)
{
    uint64_t rto_us = tcp_rtt_rto_us(&conn->rtt, conn->host->config.rto_us_max);
    conn->deadline_us[TCP_TIMER_RETRANSMIT] = no_later_than_patience(conn, now_us + rto_us);
}

static void start_persist(struct tcp_conn *conn, uint64_t wait_us, uint64_t now_us)
{
    conn->deadline_us[TCP_TIMER_PERSIST] = no_later_than_patience(conn, now_us + wait_us);
}

/* RFC 9293 SHLD-29, SHLD-30: the first probe after an RTO, then back off exponentially. */
static uint64_t persist_wait_us(const struct tcp_conn *conn)
{
    uint64_t wait_us = (uint64_t)conn->rtt.rto_us << conn->persist_backoff;
    return u64_min(wait_us, conn->host->config.persist_us_max);
}

static void settle_sending(struct tcp_conn *conn, uint64_t now_us)
{
    bool in_flight = tcp_conn_flight_bytes(conn) > 0;
    bool fin_waits = conn->flags.fin_queued && !conn->flags.fin_sent;
    bool waits = tcp_plan_unsent_bytes(conn) > 0 || fin_waits;
    uint64_t *retransmit_us = &conn->deadline_us[TCP_TIMER_RETRANSMIT];
    uint64_t *persist_us = &conn->deadline_us[TCP_TIMER_PERSIST];
    if (in_flight && conn->snd.wnd > 0) {
        *persist_us = TIME_NEVER;
        conn->persist_backoff = 0;
        if (*retransmit_us == TIME_NEVER) start_retransmit(conn, now_us); /* RFC 6298 5.1 */
        return;
    }
    *retransmit_us = TIME_NEVER; /* RFC 6298 5.2 */
    bool corked = conn->flags.cork && !fin_waits && conn->snd.wnd > 0 &&
                  tcp_plan_unsent_bytes(conn) < conn->mss_bytes;
    if (!in_flight && (!waits || corked)) {
        *persist_us = TIME_NEVER;
        conn->persist_backoff = 0;
        return;
    }
    if (*persist_us != TIME_NEVER) return;
    if (!in_flight) conn->progress_us = now_us; /* the data begins to wait */
    uint64_t wait_us = conn->snd.wnd > 0 ? SILLY_WINDOW_OVERRIDE_US : persist_wait_us(conn);
    start_persist(conn, wait_us, now_us);
}

void tcp_timer_settle(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->state >= TCP_ESTABLISHED && conn->state != TCP_TIME_WAIT) {
        settle_sending(conn, now_us);
    }
    arm(conn);
}

void tcp_timer_syn_sent(struct tcp_conn *conn, uint64_t now_us)
{
    const struct tcp_config *config = &conn->host->config;
    uint32_t doublings = u32_min(conn->syn_count, 31);
    uint64_t wait_us = u64_min(config->syn_first_wait_us << doublings,
                               u64_max(config->rto_us_max, config->syn_first_wait_us));
    conn->deadline_us[TCP_TIMER_RETRANSMIT] = no_later_than_patience(conn, now_us + wait_us);
}

void tcp_timer_progress(struct tcp_conn *conn, uint64_t now_us)
{
    /* The back-off stays until there is an RTT sample: Karn's rule, RFC 6298 5. */
    conn->progress_us = now_us;
    conn->flags.r1_reached = false;
    conn->flags.retried = false;
    if (conn->deadline_us[TCP_TIMER_RETRANSMIT] == TIME_NEVER) return;
    if (tcp_conn_flight_bytes(conn) == 0) {
        conn->deadline_us[TCP_TIMER_RETRANSMIT] = TIME_NEVER; /* RFC 6298 5.2 */
    } else {
        start_retransmit(conn, now_us); /* RFC 6298 5.3 */
    }
}

void tcp_timer_heard(struct tcp_conn *conn, uint64_t now_us)
{
    conn->last_received_us = now_us;
    conn->probes = 0;
    conn->soft_error = 0; /* whatever it was about, it is over */
}

void tcp_timer_ack_owed(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->deadline_us[TCP_TIMER_DELAYED_ACK] != TIME_NEVER) return;
    /* RFC 9293 MUST-40: less than half a second (tcp_config_check). */
    conn->deadline_us[TCP_TIMER_DELAYED_ACK] = now_us + conn->host->config.delayed_ack_us;
}

void tcp_timer_ack_sent(struct tcp_conn *conn)
{
    conn->deadline_us[TCP_TIMER_DELAYED_ACK] = TIME_NEVER;
}

void tcp_timer_linger(struct tcp_conn *conn, uint64_t wait_us, uint64_t now_us)
{
    conn->deadline_us[TCP_TIMER_LINGER] = now_us + wait_us;
}

/* What the application is told when nobody answers: the last soft error explains it better
 * (RFC 9293 3.9.2.2). */
static int timeout_error(const struct tcp_conn *conn)
{
    return conn->soft_error != 0 ? conn->soft_error : ETIMEDOUT;
}

/* The handlers return false when the connection is gone. */

static bool syn_is_due(struct tcp_conn *conn, uint64_t now_us)
{
    const struct tcp_config *config = &conn->host->config;
    uint32_t retries =
        conn->state == TCP_SYN_RECEIVED ? config->synack_retries : config->syn_retries;
    bool user_timed_out = conn->user_timeout_ms != 0 &&
                          now_us - conn->progress_us >= (uint64_t)conn->user_timeout_ms * 1000;
    if (conn->syn_count >= retries || user_timed_out) {
        /* RFC 9293 MUST-20, MUST-22, MUST-23: R2 is reached */
        tcp_conn_end(conn, timeout_error(conn), TCP_CAUSE_TIMEOUT, now_us);
        return false;
    }
    conn->syn_count++;
    conn->flags.syn_due = true;
    conn->host->counters.timeouts++;
    return true;
}

static bool retransmit_is_due(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->state < TCP_ESTABLISHED) return syn_is_due(conn, now_us);
    const struct tcp_config *config = &conn->host->config;
    /* RFC 9293 MUST-20, MUST-21: R2, as a time, or the application's own limit */
    bool has_tried = conn->flags.retried || conn->user_timeout_ms != 0;
    if (has_tried && now_us - conn->progress_us >= patience_us(conn)) {
        tcp_conn_end(conn, timeout_error(conn), TCP_CAUSE_TIMEOUT, now_us);
        return false;
    }
    conn->flags.retried = true; /* a long RTO alone, without a second try, is no end */
    uint64_t rto_us = tcp_rtt_rto_us(&conn->rtt, config->rto_us_max);
    conn->host->counters.timeouts++;
    tcp_conn_mss_update(conn); /* the path's MTU may be known better by now */
    tcp_recovery_on_timeout(conn, now_us);
    tcp_rtt_backoff(&conn->rtt); /* RFC 6298 5.5, RFC 9293 MUST-18 */
    tcp_event_timeout(conn, rto_us, conn->rtt.backoff);
    if (conn->rtt.backoff >= config->r1_retries && !conn->flags.r1_reached) {
        /* RFC 9293 SHLD-9, MUST-20: R1 is passed: whoever watches, and IP below, hear of it */
        conn->flags.r1_reached = true;
        tcp_event_soft_error(conn, timeout_error(conn));
    }
    start_retransmit(conn, now_us); /* RFC 6298 5.6 */
    return true;
}

static bool persist_is_due(struct tcp_conn *conn, uint64_t now_us)
{
    /* RFC 9293 MUST-37: a peer that answers probes keeps the connection, however long its window
     * stays closed; one that does not answer is given up like one that does not acknowledge. */
    uint64_t since_us = u64_max(conn->progress_us, conn->last_received_us);
    bool user_timed_out = conn->user_timeout_ms != 0 &&
                          now_us - conn->progress_us >= (uint64_t)conn->user_timeout_ms * 1000;
    bool unanswered = conn->probes > 0 && now_us - since_us >= patience_us(conn);
    bool orphan_waited = conn->flags.closed && now_us - conn->progress_us >= patience_us(conn);
    if (user_timed_out || unanswered || orphan_waited) {
        tcp_output_rst(conn, now_us);
        tcp_conn_end(conn, timeout_error(conn), TCP_CAUSE_TIMEOUT, now_us);
        return false;
    }
    if (conn->probes < UINT8_MAX) conn->probes++;
    if (conn->persist_backoff < PERSIST_BACKOFF_MAX) conn->persist_backoff++;
    conn->deadline_us[TCP_TIMER_PERSIST] = TIME_NEVER;
    start_persist(conn, persist_wait_us(conn), now_us);
    conn->flags.probe_due = true; /* RFC 9293 MUST-35, MUST-36 */
    return true;
}

static bool keepalive_is_due(struct tcp_conn *conn, uint64_t now_us)
{
    /* RFC 9293 MUST-29: one unanswered probe says nothing */
    if (conn->probes >= conn->keep_probes) {
        tcp_output_rst(conn, now_us);
        tcp_conn_end(conn, timeout_error(conn), TCP_CAUSE_TIMEOUT, now_us);
        return false;
    }
    conn->probes++;
    conn->flags.keepalive_due = true;
    return true;
}

static bool linger_is_due(struct tcp_conn *conn, uint64_t now_us)
{
    tcp_conn_end(conn, 0, TCP_CAUSE_LINGER_TIMEOUT, now_us);
    return false;
}

static bool timer_is_due(struct tcp_conn *conn, enum tcp_timer timer, uint64_t now_us)
{
    switch (timer) {
    case TCP_TIMER_RETRANSMIT: return retransmit_is_due(conn, now_us);
    case TCP_TIMER_PERSIST: return persist_is_due(conn, now_us);
    case TCP_TIMER_DELAYED_ACK: return true; /* the plan sees that it is due */
    case TCP_TIMER_LINGER: return linger_is_due(conn, now_us);
    case TCP_TIMER_COUNT: break;
    }
    return true;
}

void tcp_timer_expire(struct tcp_conn *conn, uint64_t deadline_us)
{
    /* the wheel's node has just left the wheel: the invariants hold again after tcp_output */
    for (int i = 0; i < TCP_TIMER_COUNT; i++) {
        if (conn->deadline_us[i] > deadline_us) continue;
        if (!timer_is_due(conn, (enum tcp_timer)i, deadline_us)) return;
    }
    if (keepalive_us(conn) <= deadline_us && !keepalive_is_due(conn, deadline_us)) return;
    tcp_output(conn, deadline_us);
    tcp_conn_check(conn);
}
