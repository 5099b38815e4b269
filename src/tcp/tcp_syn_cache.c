/*
 * A record knows what was agreed on, and which SYN-ACK is on its way. Whatever can be had otherwise
 * is not in it: the listener has the window and the IP options, the tuple gives the time stamp
 * offset, the timer's deadline and the number of time-outs say when the SYN-ACK left.
 *
 *     SYN ----> tcp_syn_open ----------------------> SYN-ACK, timer 1, 2, 4 ... s
 *     SYN ----> tcp_syn_hold .. tcp_syn_accept ----> SYN-ACK, timer
 *                            .. tcp_syn_refuse ----> RST
 *     ACK ----> tcp_listen_establish: the connection takes the record's place
 *
 * An arriving segment meets the checks of RFC 9293 3.10.7.4 in their order. One thing comes before
 * them: the peer's own SYN once more, which is answered by the SYN-ACK once more instead of by an
 * ACK, since the first SYN-ACK has evidently not arrived.
 *
 * When the accept queue is full, the ACK is dropped and the record stays: the SYN-ACK is repeated
 * by the timer, each answer is another chance, and so is each segment of data.
 *
 * References: RFC 9293 3.10.7.4, RFC 4987 3.3 (SYN cache), RFC 5961, RFC 7323 5.3 (PAWS),
 * RFC 6298 5.7, RFC 3168 6.1.1.1 (a SYN repeated without ECN).
 */
#include "tcp/tcp_syn_cache.h"

#include "tcp/tcp_isn.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_record.h"
#include "tcp/tcp_synack.h"

_Static_assert(sizeof(struct tcp_syn) <= 96, "budget of a SYN-RECEIVED record");

enum verdict { GO_ON, DONE };

/* How long to wait for the answer to the SYN-ACK that left last. */
static uint64_t wait_us(const struct tcp_host *host, const struct tcp_syn *syn)
{
    return host->config.syn_first_wait_us << syn->timeouts;
}

static void timer_arm(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    syn->challenged = false;
    wheel_arm(host->wheel, &syn->entry.timer, now_us + wait_us(host, syn));
}

static tcp_seq rcv_nxt_of(const struct tcp_syn *syn) { return tcp_seq_add(syn->irs, 1); }

/* Fills the record from what a SYN offers. */
static void take_offer(struct tcp_syn *syn, const struct tcp_segment *seg)
{
    struct tcp_handshake agreed;
    tcp_synack_agree(syn->listener, seg, &agreed);
    syn->irs = agreed.irs;
    syn->ts_recent = agreed.ts_recent;
    syn->mss_peer = agreed.mss_peer;
    syn->snd_shift = agreed.snd_shift & 0xfu;
    syn->sack = agreed.sack;
    syn->timestamps = agreed.timestamps;
    syn->window_scaling = agreed.window_scaling;
    syn->ecn = agreed.ecn;
}

/* What the record says, as the SYN-ACK and the connection need it. */
static void handshake_of(const struct tcp_syn *syn, struct tcp_handshake *out)
{
    const struct tcp_host *host = syn->listener->host;
    const struct tcp_config *config = &host->config;
    *out = (struct tcp_handshake){
        .tuple = syn->entry.tuple,
        .iss = syn->iss,
        .irs = syn->irs,
        .mss_peer = syn->mss_peer,
        .sack = syn->sack,
        .timestamps = syn->timestamps,
        .window_scaling = syn->window_scaling,
        .ecn = syn->ecn,
        .snd_shift = syn->snd_shift,
        .rcv_shift =
            syn->window_scaling ? tcp_negotiate_shift(config, config->rcvbuf_bytes_max) : 0,
        .ts_recent = syn->ts_recent,
        .ts_offset = tcp_isn_ts_offset(host, &syn->entry.tuple),
        .syn_timed_out = syn->timeouts > 0,
    };
}

static void synack_send(struct tcp_syn *syn, uint64_t now_us)
{
    struct tcp_handshake agreed;
    handshake_of(syn, &agreed);
    const uint32_t ts_val = (uint32_t)(now_us / 1000) + agreed.ts_offset;
    tcp_synack_send(syn->listener, &agreed, ts_val, now_us);
}

static void synack_send_again(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    syn->resent = true;
    host->counters.retransmits++;
    struct tcp_event event = {
        .kind = TCP_EVENT_RETRANSMIT,
        .retransmit = {TCP_RETRANSMIT_SYN_ACK, syn->iss, 0, syn->timeouts},
    };
    tcp_record_event(host, &event, &syn->entry.tuple, now_us);
    synack_send(syn, now_us);
}

/* An empty ACK; the peer's answer to it tells whether the segment before was its own. */
static void challenge(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    if (syn->challenged) return;
    syn->challenged = true;
    struct tcp_handshake agreed;
    handshake_of(syn, &agreed);
    const uint32_t unit = 1u << agreed.rcv_shift;
    struct tcp_repr repr = {
        .src_port = agreed.tuple.local_port,
        .dst_port = agreed.tuple.remote_port,
        .seq = syn->iss.value + 1,
        .ack = rcv_nxt_of(syn).value,
        .flags = TCP_FLAG_ACK,
        /* rounded up: what the SYN-ACK promised is not taken back */
        .window = (uint16_t)((tcp_synack_window(syn->listener) + unit - 1) >> agreed.rcv_shift),
    };
    repr.options.has_timestamps = syn->timestamps;
    repr.options.ts_val = (uint32_t)(now_us / 1000) + agreed.ts_offset;
    repr.options.ts_ecr = syn->ts_recent;
    tcp_record_challenged(host, &agreed.tuple, now_us);
    tcp_output_raw(host, &agreed.tuple, &repr, syn->listener->traffic_class, syn->listener->ttl,
                   now_us);
}

/* A record of `seg`, in the table; NULL at one of the limits. */
static struct tcp_syn *record_new(struct tcp_listener *listener, const struct tcp_segment *seg)
{
    struct tcp_host *host = listener->host;
    if (listener->syn_count >= listener->backlog) return NULL;
    if (host->syn_count >= host->config.syn_cache_max) return NULL;
    struct tcp_syn *syn = pool_get(&host->syns);
    if (syn == NULL) return NULL;
    *syn = (struct tcp_syn){.entry = {.tuple = seg->tuple, .kind = TCP_ENTRY_SYN},
                            .listener = listener};
    wheel_node_init(&syn->entry.timer);
    take_offer(syn, seg);
    listener->syn_count++;
    host->syn_count++;
    tcp_table_add(&host->table, &syn->entry);
    return syn;
}

/* Ends the wait for a decision: the record's link is its timer's again. */
static void unhold(struct tcp_syn *syn)
{
    syn->held = false;
    list_remove(&syn->entry.timer.link);
    wheel_node_init(&syn->entry.timer);
    tcp_listen_hold_clock_set(syn->listener);
}

/* Gives back a record that is not in the table. */
static void record_put(struct tcp_host *host, struct tcp_syn *syn)
{
    struct tcp_listener *listener = syn->listener;
    if (syn->held) unhold(syn);
    wheel_cancel(host->wheel, &syn->entry.timer);
    host->syn_count--;
    pool_put(&host->syns, syn);
    tcp_listen_syn_gone(listener);
}

void tcp_syn_free(struct tcp_host *host, struct tcp_syn *syn)
{
    tcp_table_remove(&host->table, &syn->entry);
    record_put(host, syn);
}

/* Back to LISTEN for this reason. */
static void give_up(struct tcp_host *host, struct tcp_syn *syn, enum tcp_cause cause,
                    uint64_t now_us)
{
    if (!syn->held) {
        tcp_record_event_state(host, &syn->entry.tuple, TCP_SYN_RECEIVED, TCP_LISTEN, cause,
                               now_us);
    }
    tcp_syn_free(host, syn);
}

static void answer(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    tcp_record_event_state(host, &syn->entry.tuple, TCP_LISTEN, TCP_SYN_RECEIVED, TCP_CAUSE_SYN,
                           now_us);
    synack_send(syn, now_us);
    timer_arm(host, syn, now_us);
}

static tcp_seq choose_iss(const struct tcp_host *host, const struct tcp_tuple *tuple,
                          const tcp_seq *last, uint64_t now_us)
{
    return last != NULL ? tcp_isn_beyond(host, tuple, *last, now_us) : tcp_isn(host, tuple, now_us);
}

bool tcp_syn_open(struct tcp_listener *listener, const struct tcp_segment *seg, const tcp_seq *last,
                  uint64_t now_us)
{
    struct tcp_syn *syn = record_new(listener, seg);
    if (syn == NULL) return false;
    syn->iss = choose_iss(listener->host, &seg->tuple, last, now_us);
    answer(listener->host, syn, now_us);
    return true;
}

bool tcp_syn_hold(struct tcp_listener *listener, const struct tcp_segment *seg, const tcp_seq *last,
                  uint64_t now_us)
{
    struct tcp_syn *syn = record_new(listener, seg);
    if (syn == NULL) return false;
    syn->held = true;
    syn->reopened = last != NULL;
    if (last != NULL) syn->iss = *last;
    syn->entry.timer.deadline_us = now_us + TCP_SYN_HOLD_US_MAX;
    list_push_back(&listener->held, &syn->entry.timer.link);
    tcp_listen_hold_clock_set(listener);
    return true;
}

void tcp_syn_accept(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    ASSERT(syn->held);
    unhold(syn);
    const tcp_seq last = syn->iss;
    syn->iss = choose_iss(host, &syn->entry.tuple, syn->reopened ? &last : NULL, now_us);
    answer(host, syn, now_us);
}

void tcp_syn_refuse(struct tcp_host *host, struct tcp_syn *syn, uint64_t now_us)
{
    ASSERT(syn->held);
    const struct tcp_tuple tuple = syn->entry.tuple;
    struct tcp_repr repr = {
        .src_port = tuple.local_port,
        .dst_port = tuple.remote_port,
        .ack = rcv_nxt_of(syn).value,
        .flags = TCP_FLAG_RST | TCP_FLAG_ACK, /* RFC 9293 3.10.7.1 */
    };
    host->counters.refused++;
    tcp_output_raw(host, &tuple, &repr, syn->listener->traffic_class, syn->listener->ttl, now_us);
    tcp_syn_free(host, syn);
}

static bool is_syn_only(const struct tcp_segment *seg)
{
    return (seg->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST)) == TCP_FLAG_SYN;
}

/*
 * Nothing was sent for a held record, so it is as good as in LISTEN: a SYN counts as it now is,
 * even with another sequence number, a RST that continues the SYN ends it, an ACK is wrong.
 */
static void input_held(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_segment *seg,
                       uint64_t now_us)
{
    enum drop_reason reason = DROP_TCP_SYN_HELD;
    if ((seg->flags & TCP_FLAG_RST) != 0) {
        if (tcp_seq_eq(seg->seq, rcv_nxt_of(syn))) {
            host->counters.reset_in++;
            give_up(host, syn, TCP_CAUSE_RST, now_us);
            return;
        }
        reason = DROP_TCP_BAD_RST;
    } else if ((seg->flags & TCP_FLAG_ACK) != 0) {
        tcp_output_rst_reply(host, seg, now_us);
        reason = DROP_TCP_BAD_ACK;
    } else if ((seg->flags & TCP_FLAG_SYN) != 0) {
        take_offer(syn, seg);
    } else {
        reason = DROP_TCP_NO_ACK_FLAG;
    }
    tcp_event_drop(host, NULL, seg, reason, now_us);
}

/* The peer's listener has gone: the segment is one for whoever stands there now. */
static void input_orphan(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_segment *seg,
                         uint64_t now_us)
{
    give_up(host, syn, TCP_CAUSE_CLOSE, now_us);
    struct tcp_listener *listener = is_syn_only(seg) ? tcp_listen_find(host, &seg->tuple) : NULL;
    if (listener != NULL) {
        tcp_listen_input(listener, seg, now_us);
        return;
    }
    tcp_output_rst_reply(host, seg, now_us);
    tcp_event_drop(host, NULL, seg, DROP_TCP_NO_CONNECTION, now_us);
}

/* Before all checks: the SYN that made this record, again. */
static enum verdict check_repeated_syn(struct tcp_host *host, struct tcp_syn *syn,
                                       const struct tcp_segment *seg, uint64_t now_us)
{
    if (!is_syn_only(seg) || !tcp_seq_eq(seg->seq, syn->irs)) return GO_ON;
    const struct tcp_options *options = &seg->options;
    if (syn->timestamps && options->has_timestamps &&
        tcp_seq_gt(tcp_seq_of(options->ts_val), tcp_seq_of(syn->ts_recent))) {
        syn->ts_recent = options->ts_val;
    }
    /* RFC 3168 6.1.1.1: the peer has given ECN up, since something on the way seems to mind. */
    if ((seg->flags & (TCP_FLAG_ECE | TCP_FLAG_CWR)) == 0) syn->ecn = false;
    synack_send_again(host, syn, now_us);
    return DONE;
}

/* RFC 7323 5.3 R1; then RFC 9293 3.10.7.4, first: check sequence number. */
static enum verdict check_sequence(struct tcp_host *host, struct tcp_syn *syn,
                                   const struct tcp_segment *seg, uint64_t now_us)
{
    const bool is_rst = (seg->flags & TCP_FLAG_RST) != 0;
    enum drop_reason reason;
    if (syn->timestamps && !is_rst && !seg->options.has_timestamps) {
        tcp_event_drop(host, NULL, seg, DROP_TCP_NO_TIMESTAMP, now_us);
        return DONE;
    }
    if (syn->timestamps && !is_rst &&
        tcp_seq_lt(tcp_seq_of(seg->options.ts_val), tcp_seq_of(syn->ts_recent))) {
        reason = DROP_TCP_PAWS;
    } else if (!tcp_record_acceptable(seg, rcv_nxt_of(syn), tcp_synack_window(syn->listener))) {
        reason = (seg->flags & TCP_FLAG_SYN) ? DROP_TCP_BAD_SYN : DROP_TCP_OUT_OF_WINDOW;
    } else {
        return GO_ON;
    }
    if (!is_rst) challenge(host, syn, now_us);
    tcp_event_drop(host, NULL, seg, is_rst ? DROP_TCP_BAD_RST : reason, now_us);
    return DONE;
}

/* Second: check the RST bit, as RFC 5961 3.2 has it: only the exact number resets. */
static enum verdict check_reset(struct tcp_host *host, struct tcp_syn *syn,
                                const struct tcp_segment *seg, uint64_t now_us)
{
    if ((seg->flags & TCP_FLAG_RST) == 0) return GO_ON;
    if (tcp_seq_eq(seg->seq, rcv_nxt_of(syn))) {
        host->counters.reset_in++;
        give_up(host, syn, TCP_CAUSE_RST, now_us); /* return to LISTEN; the user is not told */
        return DONE;
    }
    challenge(host, syn, now_us);
    tcp_event_drop(host, NULL, seg, DROP_TCP_BAD_RST, now_us);
    return DONE;
}

/* Fourth: check the SYN bit. RFC 9293 MUST-11: what is in this cache was opened passively,
 * SYN-RECEIVED after an active open is a connection's. So a SYN in the window returns to LISTEN,
 * where it finds itself welcome: the peer has begun anew. */
static enum verdict check_syn(struct tcp_host *host, struct tcp_syn *syn,
                              const struct tcp_segment *seg, uint64_t now_us)
{
    if ((seg->flags & TCP_FLAG_SYN) == 0) return GO_ON;
    if (!is_syn_only(seg)) {
        challenge(host, syn, now_us);
        tcp_event_drop(host, NULL, seg, DROP_TCP_BAD_SYN, now_us);
        return DONE;
    }
    struct tcp_listener *listener = syn->listener;
    give_up(host, syn, TCP_CAUSE_SYN, now_us);
    tcp_listen_input(listener, seg, now_us);
    return DONE;
}

/* Fifth: check the ACK field. Only iss + 1 is acceptable: nothing but the SYN was sent. */
static enum verdict check_ack(struct tcp_host *host, struct tcp_syn *syn,
                              const struct tcp_segment *seg, uint64_t now_us)
{
    if ((seg->flags & TCP_FLAG_ACK) == 0) {
        tcp_event_drop(host, NULL, seg, DROP_TCP_NO_ACK_FLAG, now_us);
        return DONE;
    }
    if (!tcp_seq_eq(seg->ack, tcp_seq_add(syn->iss, 1))) {
        tcp_output_rst_reply(host, seg, now_us);
        tcp_event_drop(host, NULL, seg, DROP_TCP_BAD_ACK, now_us);
        return DONE;
    }
    return GO_ON;
}

/* The handshake is complete: the connection takes the record's place, or the ACK did not arrive. */
static void establish(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_segment *seg,
                      uint64_t now_us)
{
    struct tcp_handshake agreed;
    handshake_of(syn, &agreed);
    agreed.window = seg->window;
    agreed.ts_recent_ms = (uint32_t)(now_us / 1000);
    /* RFC 7323 4.3: Last.ACK.sent is the end of the peer's SYN. */
    if (syn->timestamps && tcp_seq_le(seg->seq, rcv_nxt_of(syn))) {
        agreed.ts_recent = seg->options.ts_val;
    }
    if (!syn->resent) {
        const uint64_t sent_us = syn->entry.timer.deadline_us - wait_us(host, syn);
        agreed.rtt_us = u64_max(now_us - sent_us, 1);
    }
    enum drop_reason reason = DROP_NONE;
    tcp_table_remove(&host->table, &syn->entry);
    if (tcp_listen_establish(syn->listener, &agreed, seg, &reason, now_us)) {
        record_put(host, syn);
        return;
    }
    tcp_table_add(&host->table, &syn->entry);
    tcp_event_drop(host, NULL, seg, reason, now_us);
}

void tcp_syn_input(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_segment *seg,
                   uint64_t now_us)
{
    if (syn->held) {
        input_held(host, syn, seg, now_us);
        return;
    }
    if (syn->listener->closed) {
        input_orphan(host, syn, seg, now_us);
        return;
    }
    if (check_repeated_syn(host, syn, seg, now_us) == DONE) return;
    if (check_sequence(host, syn, seg, now_us) == DONE) return;
    if (check_reset(host, syn, seg, now_us) == DONE) return;
    if (check_syn(host, syn, seg, now_us) == DONE) return;
    if (check_ack(host, syn, seg, now_us) == DONE) return;
    establish(host, syn, seg, now_us);
}

void tcp_syn_timer(struct tcp_host *host, struct tcp_syn *syn, uint64_t deadline_us)
{
    ASSERT(!syn->held);
    const uint32_t retries = u32_min(host->config.synack_retries, TCP_SYN_TIMEOUTS_MAX);
    if (syn->listener->closed || syn->timeouts >= retries) {
        give_up(host, syn, syn->listener->closed ? TCP_CAUSE_CLOSE : TCP_CAUSE_TIMEOUT,
                deadline_us);
        return;
    }
    syn->timeouts = (syn->timeouts + 1u) & 0xf;
    host->counters.timeouts++;
    synack_send_again(host, syn, deadline_us);
    timer_arm(host, syn, deadline_us);
}

bool tcp_syn_icmp(struct tcp_host *host, struct tcp_syn *syn, const struct tcp_icmp *icmp,
                  uint64_t now_us)
{
    if (syn->held || !tcp_seq_eq(icmp->seq, syn->iss)) return false;
    /* RFC 9293 3.9.2.2: hard errors end what is not established; soft ones leave it to the timer.
     */
    if (icmp->kind == TCP_ICMP_HARD) give_up(host, syn, TCP_CAUSE_ICMP, now_us);
    return true;
}
