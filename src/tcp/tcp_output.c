/*
 * Every segment of a connection is built here: header fields from the connection, payload as
 * references into the send buffer, then down to the host. Nothing here decides; tcp_plan does.
 *
 * Each segment carries an ACK, so sending anything settles what was owed to the peer.
 */
#include "tcp/tcp_output.h"

#include "base/base.h"
#include "tcp/tcp_event.h"
#include "tcp/tcp_negotiate.h"
#include "tcp/tcp_plan.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_tx.h"
#include "tcp/tcp_window.h"

#define SACK_HEADER_BYTES  4u /* NOP, NOP, kind, length */
#define SACK_BLOCK_BYTES   8u
#define ECT_0              0x02u /* RFC 3168 5 */
/* With this much payload the longest headers of IPv4 and TCP still leave a packet that IP can tell
 * the length of. */
#define PAYLOAD_BYTES_SAFE (65535u - 60u - 60u)
#define MICROSECONDS       1000000u

/* RFC 2018 3: a block ends behind the last sequence number that it reports, a FIN's as well. */
static void cover_fin(struct tcp_sack_block *blocks, uint8_t count, tcp_seq fin)
{
    for (uint8_t i = 0; i < count; i++) {
        if (blocks[i].end == fin.value) blocks[i].end++;
    }
}

/* RFC 2018 4, RFC 2883 4: what arrived beyond rcv.nxt, a duplicate first. */
static void fill_sack(const struct tcp_conn *conn, struct tcp_options *options)
{
    bool has_dup = !tcp_seq_eq(conn->rcv.dup_start, conn->rcv.dup_end);
    if (!conn->flags.sack || (!has_dup && conn->rx == NULL)) return;
    uint32_t taken = options->has_timestamps ? TCP_TIMESTAMPS_BYTES : 0;
    /* RFC 9293 3.2: 40 bytes of options at most; and a segment that holds more than its path does
     * not arrive. */
    uint32_t room = u32_min(40, conn->mss_full) - taken;
    if (room < SACK_HEADER_BYTES + SACK_BLOCK_BYTES) return;
    uint8_t max = (uint8_t)((room - SACK_HEADER_BYTES) / SACK_BLOCK_BYTES);
    uint8_t count = 0;
    if (has_dup) {
        options->sack[count++] =
            (struct tcp_sack_block){conn->rcv.dup_start.value, conn->rcv.dup_end.value};
    }
    if (conn->rx != NULL && !conn->flags.fin_received) {
        struct tcp_sack_block *blocks = options->sack + count;
        const uint8_t kept =
            tcp_reassembly_blocks(&conn->rx->reassembly, conn->rcv.nxt, conn->rx->buf.ready, blocks,
                                  (uint8_t)(max - count));
        if (conn->flags.fin_seen) cover_fin(blocks, kept, conn->rcv.fin);
        count = (uint8_t)(count + kept);
    }
    options->sack_count = count;
}

/* What all segments of a synchronised connection have in common. */
static void fill_common(struct tcp_conn *conn, struct tcp_repr *repr, tcp_seq seq, uint16_t flags,
                        uint64_t now_us)
{
    *repr = (struct tcp_repr){
        .src_port = conn->entry.tuple.local_port,
        .dst_port = conn->entry.tuple.remote_port,
        .seq = seq.value,
        .ack = conn->rcv.nxt.value,
        .flags = (uint16_t)(flags | TCP_FLAG_ACK),
    };
    repr->window = tcp_window_select(conn);
    if (conn->flags.timestamps) { /* RFC 7323 3.2 */
        repr->options.has_timestamps = true;
        repr->options.ts_val = tcp_conn_ts_now(conn, now_us);
        repr->options.ts_ecr = conn->ts_recent;
    }
    fill_sack(conn, &repr->options);
    if (conn->flags.ece_echo) repr->flags |= TCP_FLAG_ECE; /* RFC 3168 6.1.3 */
    if (conn->flags.urgent_send && tcp_seq_lt(seq, conn->snd.up)) {
        /* RFC 9293 MUST-30, MUST-31, MUST-62; RFC 6093: the pointer points behind the last octet */
        repr->flags |= TCP_FLAG_URG;
        repr->urgent = (uint16_t)u32_min(tcp_seq_diff(conn->snd.up, seq), UINT16_MAX);
    }
}

/* Hands the segment down and notes what it has told the peer. */
static void emit(struct tcp_conn *conn, const struct tcp_outgoing *out, uint32_t segments,
                 uint64_t now_us)
{
    struct tcp_host *host = conn->host;
    host->counters.segments_out += segments;
    conn->stats.segments_out += segments;
    bool was_open = tcp_seq_gt(conn->rcv.edge, conn->rcv.acked); /* as the last segment said */
    conn->rcv.acked = conn->rcv.nxt;
    conn->rcv.dup_end = conn->rcv.dup_start;
    conn->ack_pending_bytes = 0;
    conn->flags.ack_now = false;
    tcp_timer_ack_sent(conn);
    bool closes = was_open && tcp_conn_receive_window(conn) == 0;
    if (closes && !conn->flags.fin_received) tcp_event_plain(conn, TCP_EVENT_OUR_ZERO_WINDOW);
    host->ops->output(host, out, now_us);
}

/* Bytes of SACK blocks in front of the payload: every segment of a super-segment repeats them. */
static uint32_t sack_bytes(const struct tcp_options *options)
{
    if (options->sack_count == 0) return 0;
    return SACK_HEADER_BYTES + SACK_BLOCK_BYTES * options->sack_count;
}

/* Payload of each segment of the wire; SACK blocks that leave no room for it are left out, and
 * those that would make the packet longer than IP can say. */
static uint16_t fit_options(const struct tcp_conn *conn, struct tcp_options *options,
                            uint32_t payload_bytes)
{
    if (payload_bytes > PAYLOAD_BYTES_SAFE) options->sack_count = 0;
    if (sack_bytes(options) >= conn->mss_bytes / 2) options->sack_count = 0;
    return (uint16_t)(conn->mss_bytes - sack_bytes(options));
}

/* Sends up to `len` bytes from `seq`; returns how many the buffer gave. */
static uint32_t send_text(struct tcp_conn *conn, const struct tcp_plan *plan, uint32_t len,
                          bool is_new, uint64_t now_us)
{
    struct gather payload;
    gather_init(&payload);
    if (len > 0) {
        uint32_t offset = tcp_seq_diff(plan->seq, conn->snd.una);
        tcp_sendbuf_gather(&conn->tx->buf, offset, len, &payload);
    }
    bool is_whole = payload.len_bytes == len;
    uint16_t flags = 0;
    if (plan->has_psh && is_whole) flags |= TCP_FLAG_PSH; /* RFC 9293 MUST-61 */
    if (plan->has_fin && is_whole) flags |= TCP_FLAG_FIN;
    /* RFC 9293 MUST-48, MUST-49, SHLD-21, SHLD-22: as the application has set them */
    struct tcp_outgoing out = {.tuple = &conn->entry.tuple,
                               .payload = &payload,
                               .traffic_class = conn->traffic_class,
                               .ttl = conn->ttl};
    fill_common(conn, &out.repr, plan->seq, flags, now_us);
    uint32_t segment_bytes = fit_options(conn, &out.repr.options, payload.len_bytes);
    if (payload.len_bytes > segment_bytes) out.segment_bytes = (uint16_t)segment_bytes;
    if (is_new && conn->flags.ecn && payload.len_bytes > 0) {
        out.traffic_class |= ECT_0; /* RFC 3168 6.1.2: new data only */
        if (conn->flags.cwr_due) out.repr.flags |= TCP_FLAG_CWR;
        conn->flags.cwr_due = false;
    }
    uint32_t segments = 1;
    if (out.segment_bytes != 0) segments = (payload.len_bytes + segment_bytes - 1) / segment_bytes;
    if (conn->ack_pending_bytes > 0 && is_new) conn->quick_acks_left = 0; /* a conversation */
    emit(conn, &out, segments, now_us);
    conn->host->counters.bytes_out += payload.len_bytes;
    return payload.len_bytes;
}

static bool carry_data(struct tcp_conn *conn, const struct tcp_plan *plan, uint64_t now_us)
{
    bool was_idle = tcp_conn_flight_bytes(conn) == 0;
    struct tcp_tx *tx = conn->tx;
    uint32_t len = plan->len_bytes + (plan->has_fin ? 1 : 0);
    if (!tcp_sent_add(&tx->sent, &conn->host->records, conn->snd.nxt, len, conn->mss_bytes,
                      plan->has_fin, now_us)) {
        return false;
    }
    tcp_recovery_sent_new(conn, len);
    conn->snd.nxt = tcp_seq_add(conn->snd.nxt, len);
    if (plan->has_fin) conn->flags.fin_sent = true;
    if (was_idle && plan->kind != TCP_PLAN_PROBE) conn->progress_us = now_us;
    /* A probe is small because of the peer's window, not of the application's writes. */
    bool is_small = plan->kind != TCP_PLAN_PROBE && plan->len_bytes % conn->mss_bytes != 0;
    if (is_small) conn->snd.small_end = conn->snd.nxt;
    conn->last_sent_us = now_us;
    conn->stats.bytes_sent += plan->len_bytes;
    uint32_t sent = send_text(conn, plan, plan->len_bytes, true, now_us);
    ASSERT(sent == plan->len_bytes);
    (void)sent;
    return true;
}

static void carry_retransmit(struct tcp_conn *conn, const struct tcp_plan *plan, uint64_t now_us)
{
    uint32_t len = plan->len_bytes + (plan->has_fin ? 1 : 0);
    tcp_recovery_retransmitted(conn, plan->seq, len, now_us);
    conn->last_sent_us = now_us;
    uint32_t sent = send_text(conn, plan, plan->len_bytes, false, now_us);
    ASSERT(sent == plan->len_bytes);
    (void)sent;
}

/* RFC 9293 3.8.6.1: one octet of sequence space beyond what the window allows; the same one again
 * while it is unacknowledged, else a new one, be it the FIN. With a window that is open but was
 * held to be silly, as much as fits. */
static bool carry_probe(struct tcp_conn *conn, uint64_t now_us)
{
    conn->flags.probe_due = false;
    if (conn->tx == NULL) return true;
    struct tcp_plan probe = {.kind = TCP_PLAN_PROBE, .seq = conn->snd.una, .len_bytes = 1};
    uint32_t unsent = tcp_plan_unsent_bytes(conn);
    tcp_event_plain(conn, TCP_EVENT_PROBE);
    if (tcp_conn_flight_bytes(conn) > 0) {
        tcp_sent_probe_again(&conn->tx->sent, now_us);
        probe.has_fin = conn->tx->buf.len_bytes == 0;
        if (probe.has_fin) probe.len_bytes = 0;
        conn->last_sent_us = now_us;
        (void)send_text(conn, &probe, probe.len_bytes, false, now_us);
        return true;
    }
    if (unsent == 0 && !conn->flags.fin_queued) return true;
    uint32_t fits = u32_min(u32_min(unsent, conn->mss_bytes), u32_max(conn->snd.wnd, 1));
    probe.len_bytes = fits;
    probe.has_psh = fits > 0 && fits == unsent;
    probe.has_fin =
        unsent == 0 || (fits == unsent && fits < conn->snd.wnd && conn->flags.fin_queued);
    return carry_data(conn, &probe, now_us);
}

static void carry_syn(struct tcp_conn *conn, uint64_t now_us)
{
    conn->flags.syn_due = false;
    bool is_answer = conn->state == TCP_SYN_RECEIVED;
    struct tcp_repr repr = {
        .src_port = conn->entry.tuple.local_port,
        .dst_port = conn->entry.tuple.remote_port,
        .seq = conn->snd.iss.value,
        .ack = is_answer ? conn->rcv.nxt.value : 0,
        .flags = TCP_FLAG_SYN | (is_answer ? TCP_FLAG_ACK : 0),
        .window = tcp_negotiate_syn_window(conn->rcvbuf_bytes),
    };
    tcp_negotiate_offer(conn, &repr.options, now_us);
    /* RFC 3168 6.1.1: ask with both bits; 6.1.1.1: after a lost SYN without, it may be why */
    bool asks_ecn = conn->host->config.ecn == TCP_ECN_ASK && conn->syn_count == 0;
    if (asks_ecn && !is_answer) repr.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
    if (is_answer && conn->flags.ecn) repr.flags |= TCP_FLAG_ECE; /* granted */
    if (conn->syn_count > 0) {
        enum tcp_retransmit_cause cause = is_answer ? TCP_RETRANSMIT_SYN_ACK : TCP_RETRANSMIT_SYN;
        tcp_event_retransmit(conn, cause, conn->snd.iss, 1, conn->syn_count);
        conn->host->counters.retransmits++;
        conn->stats.retransmits++;
    }
    conn->snd.nxt = tcp_seq_add(conn->snd.iss, 1);
    conn->last_sent_us = now_us;
    conn->stats.segments_out++;
    tcp_timer_syn_sent(conn, now_us);
    tcp_output_raw(conn->host, &conn->entry.tuple, &repr, conn->traffic_class, conn->ttl, now_us);
}

static void send_bare(struct tcp_conn *conn, tcp_seq seq, uint16_t flags, uint64_t now_us)
{
    struct tcp_outgoing out = {
        .tuple = &conn->entry.tuple, .traffic_class = conn->traffic_class, .ttl = conn->ttl};
    fill_common(conn, &out.repr, seq, flags, now_us);
    if (conn->quick_acks_left > 0) conn->quick_acks_left--;
    emit(conn, &out, 1, now_us);
}

/*
 * Where a segment without text stands: at snd.nxt, unless that lies beyond what the peer takes.
 * Then only its right edge is acceptable (RFC 9293 3.10.7.4), and an ACK that is not would be no
 * answer to a keepalive, nor a RST an end. A window probe does that once its answer has refused it
 * (before it may have been taken); less than a unit of the window scale does not, for it is only
 * rounding.
 */
static tcp_seq bare_seq(const struct tcp_conn *conn)
{
    tcp_seq edge = tcp_seq_add(conn->snd.una, conn->snd.wnd);
    if (conn->state < TCP_ESTABLISHED || tcp_seq_ge(edge, conn->snd.nxt)) return conn->snd.nxt;
    uint32_t beyond = tcp_seq_diff(conn->snd.nxt, edge);
    bool is_answered = conn->host->now_us - conn->last_sent_us > conn->rtt.rto_us;
    bool is_refused = conn->snd.wnd == 0 && beyond == 1 && conn->probes == 0 && is_answered;
    return is_refused || beyond >= 1u << conn->snd_shift ? edge : conn->snd.nxt;
}

/* RFC 9293 3.8.4 (SHLD-12): below the window and empty, so that an ACK is the only answer. */
static void carry_keepalive(struct tcp_conn *conn, uint64_t now_us)
{
    conn->flags.keepalive_due = false;
    tcp_event_plain(conn, TCP_EVENT_KEEPALIVE);
    send_bare(conn, tcp_seq_add(conn->snd.nxt, UINT32_MAX), 0, now_us);
}

/* False when memory for it is out: the persist timer asks again. */
static bool carry_out(struct tcp_conn *conn, const struct tcp_plan *plan, uint64_t now_us)
{
    switch (plan->kind) {
    case TCP_PLAN_SYN: carry_syn(conn, now_us); return true;
    case TCP_PLAN_RETRANSMIT: carry_retransmit(conn, plan, now_us); return true;
    case TCP_PLAN_DATA:
    case TCP_PLAN_FIN: return carry_data(conn, plan, now_us);
    case TCP_PLAN_PROBE: return carry_probe(conn, now_us);
    case TCP_PLAN_KEEPALIVE: carry_keepalive(conn, now_us); return true;
    case TCP_PLAN_ACK: send_bare(conn, bare_seq(conn), 0, now_us); return true;
    case TCP_PLAN_NOTHING: break;
    }
    return false;
}

/* RFC 5681 4.1: after a pause longer than an RTO what was learnt about the path is stale. */
static void restart_if_idle(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->tx == NULL || tcp_conn_flight_bytes(conn) > 0) return;
    if (conn->state < TCP_ESTABLISHED || conn->tx->buf.len_bytes == 0) return;
    uint64_t idle_us = now_us - conn->last_sent_us;
    if (idle_us <= conn->rtt.rto_us) return;
    uint32_t initial = tcp_negotiate_initial_cwnd(&conn->host->config, conn->mss_bytes);
    conn->cc.ops->on_idle(&conn->cc, idle_us, conn->rtt.rto_us, initial);
    conn->last_sent_us = now_us;
}

void tcp_output(struct tcp_conn *conn, uint64_t now_us)
{
    conn->host->now_us = now_us;
    restart_if_idle(conn, now_us);
    /* Every round spends window, room or a flag, so this ends. */
    struct tcp_plan plan = tcp_plan(conn, now_us);
    while (plan.kind != TCP_PLAN_NOTHING) {
        if (!carry_out(conn, &plan, now_us)) break;
        plan = tcp_plan(conn, now_us);
    }
    conn->flags.cwnd_limited = plan.limit == TCP_LIMIT_CWND;
    tcp_timer_settle(conn, now_us);
}

void tcp_output_ack(struct tcp_conn *conn, uint64_t now_us)
{
    send_bare(conn, bare_seq(conn), 0, now_us);
}

void tcp_output_rst(struct tcp_conn *conn, uint64_t now_us)
{
    if (conn->state < TCP_SYN_RECEIVED) return; /* nobody to reset: RFC 9293 3.10.5 */
    conn->host->counters.reset_out++;
    send_bare(conn, bare_seq(conn), TCP_FLAG_RST, now_us);
}

static bool rst_is_allowed(struct tcp_host *host, uint64_t now_us)
{
    uint32_t per_second = host->config.rst_per_second_max;
    if (per_second == 0) return true;
    uint64_t cost_us = MICROSECONDS / per_second;
    uint64_t credit_us = host->rst_tokens_us + (now_us - host->rst_last_us);
    host->rst_last_us = now_us;
    host->rst_tokens_us = u64_min(credit_us, MICROSECONDS); /* a burst of a second's worth */
    if (host->rst_tokens_us < cost_us) return false;
    host->rst_tokens_us -= cost_us;
    return true;
}

bool tcp_output_rst_reply(struct tcp_host *host, const struct tcp_segment *seg, uint64_t now_us)
{
    if (seg->flags & TCP_FLAG_RST) return true;
    if (!rst_is_allowed(host, now_us)) return false;
    struct tcp_repr repr = {.src_port = seg->tuple.local_port, .dst_port = seg->tuple.remote_port};
    if (seg->flags & TCP_FLAG_ACK) {
        repr.seq = seg->ack.value;
        repr.flags = TCP_FLAG_RST;
    } else {
        repr.ack = tcp_seq_add(seg->seq, tcp_segment_len(seg)).value;
        repr.flags = TCP_FLAG_RST | TCP_FLAG_ACK;
    }
    host->counters.reset_out++;
    tcp_output_raw(host, &seg->tuple, &repr, 0, 0, now_us);
    return true;
}

void tcp_output_raw(struct tcp_host *host, const struct tcp_tuple *tuple, struct tcp_repr *repr,
                    uint8_t traffic_class, uint8_t ttl, uint64_t now_us)
{
    struct tcp_outgoing out = {
        .tuple = tuple, .repr = *repr, .traffic_class = traffic_class, .ttl = ttl};
    host->counters.segments_out++;
    host->ops->output(host, &out, now_us);
}
