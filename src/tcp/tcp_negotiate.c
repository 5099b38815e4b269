/*
 * Offers and agreements of the handshake. An option is in force only if both SYNs carried it
 * (RFC 7323 2.2, 3.2; RFC 2018 2); the MSS needs no agreement, each side says what it takes
 * (RFC 9293 3.7.1).
 */
#include "tcp/tcp_negotiate.h"

#include "base/base.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_listen.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_window.h"

/* RFC 6928 2: ten segments of this size, 14,600 bytes, bound the initial window of larger ones. */
#define USUAL_MSS_BYTES       1460u
#define IP4_TCP_HEADERS_BYTES 40u
#define IP6_TCP_HEADERS_BYTES 60u

uint32_t tcp_negotiate_initial_cwnd(const struct tcp_config *config, uint32_t mss_bytes)
{
    uint32_t segments = config->initial_cwnd_segments;
    return u32_min(segments * mss_bytes, u32_max(2 * mss_bytes, segments * USUAL_MSS_BYTES));
}

uint8_t tcp_negotiate_shift(const struct tcp_config *config, uint32_t rcvbuf_bytes_max)
{
    if (config->window_shift != TCP_WINDOW_SHIFT_AUTO) return config->window_shift;
    uint8_t shift = 0;
    while (shift < 14 && (rcvbuf_bytes_max >> shift) > UINT16_MAX) shift++;
    return shift;
}

uint16_t tcp_negotiate_mss_default(const struct tcp_tuple *tuple)
{
    return ip_addr_is_v4(&tuple->remote) ? 536 : 1220;
}

uint16_t tcp_negotiate_path_mss(const struct tcp_host *host, const struct tcp_tuple *tuple,
                                struct tcp_path path)
{
    uint32_t headers =
        ip_addr_is_v4(&tuple->remote) ? IP4_TCP_HEADERS_BYTES : IP6_TCP_HEADERS_BYTES;
    uint32_t mss = path.mtu_bytes > headers ? path.mtu_bytes - headers : 0;
    if (host->config.mss_bytes_max != 0) mss = u32_min(mss, host->config.mss_bytes_max);
    return (uint16_t)u32_max(u32_min(mss, UINT16_MAX - headers), TCP_MSS_MIN);
}

uint16_t tcp_negotiate_mss(struct tcp_host *host, const struct tcp_tuple *tuple)
{
    /* RFC 9293 MUST-67, SHLD-6: from the interface's MTU, options not subtracted (RFC 6691). */
    return tcp_negotiate_path_mss(host, tuple, host->ops->path(host, tuple));
}

uint16_t tcp_negotiate_syn_window(uint32_t rcvbuf_bytes)
{
    return (uint16_t)u32_min(rcvbuf_bytes, UINT16_MAX);
}

void tcp_negotiate_offer(const struct tcp_conn *conn, struct tcp_options *options, uint64_t now_us)
{
    const struct tcp_config *config = &conn->host->config;
    /* In a simultaneous open the SYN-ACK carries only what the other SYN offered too. */
    bool is_answer = conn->state == TCP_SYN_RECEIVED;
    options->mss = conn->mss_announced; /* RFC 9293 MUST-14, MUST-65, MAY-3: on each SYN */
    options->has_sack_permitted = is_answer ? conn->flags.sack : config->sack;
    options->has_timestamps = is_answer ? conn->flags.timestamps : config->timestamps;
    options->has_wscale = is_answer ? conn->flags.window_scaling : config->window_scaling;
    options->wscale = conn->rcv_shift;
    options->ts_val = tcp_conn_ts_now(conn, now_us);
    options->ts_ecr = is_answer ? conn->ts_recent : 0;
}

void tcp_negotiate_accept(struct tcp_conn *conn, const struct tcp_segment *seg, uint64_t now_us)
{
    const struct tcp_config *config = &conn->host->config;
    const struct tcp_options *options = &seg->options;
    if (options->mss != 0) conn->mss_peer = (uint16_t)u32_max(options->mss, TCP_MSS_MIN);
    conn->flags.sack = config->sack && options->has_sack_permitted;
    conn->flags.timestamps = config->timestamps && options->has_timestamps;
    conn->flags.window_scaling = config->window_scaling && options->has_wscale;
    if (conn->flags.window_scaling) {
        conn->snd_shift = (uint8_t)u32_min(options->wscale, 14); /* RFC 7323 2.3 */
    } else {
        conn->rcv_shift = 0;
    }
    if (conn->flags.timestamps) {
        conn->ts_recent = options->ts_val;
        conn->ts_recent_ms = (uint32_t)(now_us / 1000);
    }
    /* RFC 3168 6.1.1: a SYN-ACK accepts with ECE alone; a SYN asks with both. */
    uint16_t ecn = seg->flags & (TCP_FLAG_ECE | TCP_FLAG_CWR);
    uint16_t accepted = (seg->flags & TCP_FLAG_ACK) ? TCP_FLAG_ECE : TCP_FLAG_ECE | TCP_FLAG_CWR;
    conn->flags.ecn = config->ecn == TCP_ECN_ASK && ecn == accepted;
    tcp_conn_mss_update(conn);
    conn->rcv_segment_bytes = (uint16_t)u32_min(conn->mss_bytes, 536);
    uint32_t initial = tcp_negotiate_initial_cwnd(config, conn->mss_bytes);
    /* RFC 5681 3.1: one segment if the SYN was lost */
    if (conn->syn_count > 0) initial = conn->mss_bytes;
    conn->cc.ops->init(&conn->cc, conn->mss_bytes, initial);
}

static void take_handshake(struct tcp_conn *conn, const struct tcp_handshake *hs, uint64_t now_us)
{
    conn->snd.iss = hs->iss;
    conn->snd.una = conn->snd.nxt = conn->snd.small_end = tcp_seq_add(hs->iss, 1);
    conn->rcv.irs = hs->irs;
    conn->rcv.nxt = conn->rcv.acked = tcp_seq_add(hs->irs, 1);
    conn->rcv.dup_start = conn->rcv.dup_end = conn->rcv.nxt;
    conn->flags.sack = hs->sack;
    conn->flags.timestamps = hs->timestamps;
    conn->flags.window_scaling = hs->window_scaling;
    conn->flags.ecn = hs->ecn;
    conn->snd_shift = hs->snd_shift;
    conn->rcv_shift = hs->rcv_shift;
    conn->ts_recent = hs->ts_recent;
    conn->ts_recent_ms = hs->ts_recent_ms;
    conn->ts_offset = hs->ts_offset;
    conn->mss_peer = (uint16_t)u32_max(hs->mss_peer, TCP_MSS_MIN);
    conn->snd.wl1 = conn->rcv.nxt;
    conn->snd.wl2 = conn->snd.una;
    conn->snd.wnd = conn->snd.wnd_max = (uint32_t)hs->window << hs->snd_shift;
    conn->drs_round_start_ms = (uint32_t)(now_us / 1000);
}

struct tcp_conn *tcp_negotiate_passive_conn(struct tcp_listener *listener,
                                            const struct tcp_handshake *handshake, uint64_t now_us)
{
    struct tcp_host *host = listener->host;
    const struct tcp_config *config = &host->config;
    struct tcp_conn *conn = tcp_conn_new(host, &handshake->tuple, now_us);
    if (conn == NULL) return NULL;
    take_handshake(conn, handshake, now_us);
    if (listener->rcvbuf_bytes != 0) conn->rcvbuf_bytes = listener->rcvbuf_bytes;
    if (listener->sndbuf_bytes_max != 0) conn->sndbuf_bytes_max = listener->sndbuf_bytes_max;
    if (listener->user_timeout_ms != 0) conn->user_timeout_ms = listener->user_timeout_ms;
    if (listener->nodelay) conn->flags.nodelay = true;
    if (listener->keepalive) conn->flags.keepalive = true;
    conn->ttl = listener->ttl;
    conn->traffic_class = listener->traffic_class;
    conn->mss_announced = tcp_negotiate_mss(host, &handshake->tuple);
    tcp_conn_mss_update(conn);
    conn->rcv_segment_bytes = (uint16_t)u32_min(conn->mss_bytes, 536);
    uint32_t initial = tcp_negotiate_initial_cwnd(config, conn->mss_bytes);
    if (handshake->syn_timed_out) initial = conn->mss_bytes; /* RFC 5681 3.1 */
    conn->cc.ops->init(&conn->cc, conn->mss_bytes, initial);
    if (handshake->rtt_us != 0) {
        tcp_rtt_sample(&conn->rtt, handshake->rtt_us, conn->snd.una, conn->snd.nxt,
                       config->rto_us_min, config->rto_us_max);
    } else if (handshake->syn_timed_out) {
        tcp_rtt_syn_timed_out(&conn->rtt);
    }
    tcp_window_open(conn);
    tcp_state_init(conn, TCP_SYN_RECEIVED);
    tcp_table_add(&host->table, &conn->entry);
    conn->flags.in_table = true;
    conn->stats.established_us = now_us;
    host->counters.opened_passive++;
    tcp_state_set(conn, TCP_ESTABLISHED, TCP_CAUSE_ACK_OF_SYN);
    tcp_timer_heard(conn, now_us);
    tcp_timer_settle(conn, now_us);
    return conn;
}
