/*
 * An option is agreed on when the SYN offered it and the configuration wants it; the SYN-ACK then
 * carries it too (RFC 7323 1.3, RFC 2018 2). What the SYN brings besides, data or a FIN, is neither
 * kept nor acknowledged: the peer sends it again once the handshake is complete.
 *
 * References: RFC 9293 3.10.7.2 (LISTEN), 3.7.1 (MSS), RFC 7323 2 and 3.2, RFC 3168 6.1.1 (ECN).
 */
#include "tcp/tcp_synack.h"

#include "tcp/tcp_isn.h"
#include "tcp/tcp_output.h"

#define WINDOW_SHIFT_MAX 14u /* RFC 7323 2.3 */

/* RFC 3168 6.1.1: a SYN with both flags asks for ECN. Also one with AE does (RFC 9768 3.1.2). */
static bool asks_for_ecn(const struct tcp_segment *syn)
{
    const uint16_t both = TCP_FLAG_ECE | TCP_FLAG_CWR;
    return (syn->flags & both) == both;
}

void tcp_synack_agree(const struct tcp_listener *listener, const struct tcp_segment *syn,
                      struct tcp_handshake *agreed)
{
    const struct tcp_config *config = &listener->host->config;
    const struct tcp_options *options = &syn->options;
    *agreed = (struct tcp_handshake){.tuple = syn->tuple, .irs = syn->seq};
    /* RFC 9293 MUST-15: without the option a default counts. */
    agreed->mss_peer = options->mss != 0 ? options->mss : tcp_negotiate_mss_default(&syn->tuple);
    agreed->sack = config->sack && options->has_sack_permitted;
    agreed->timestamps = config->timestamps && options->has_timestamps;
    agreed->window_scaling = config->window_scaling && options->has_wscale;
    agreed->ecn = config->ecn >= TCP_ECN_ACCEPT && asks_for_ecn(syn);
    if (agreed->window_scaling) {
        agreed->snd_shift = (uint8_t)u32_min(options->wscale, WINDOW_SHIFT_MAX);
        agreed->rcv_shift = tcp_negotiate_shift(config, config->rcvbuf_bytes_max);
    }
    if (agreed->timestamps) agreed->ts_recent = options->ts_val;
}

uint16_t tcp_synack_window(const struct tcp_listener *listener)
{
    const uint32_t own = listener->rcvbuf_bytes;
    return tcp_negotiate_syn_window(own != 0 ? own : listener->host->config.rcvbuf_bytes);
}

uint32_t tcp_synack_ts_now(const struct tcp_host *host, const struct tcp_tuple *tuple,
                           uint64_t now_us)
{
    return (uint32_t)(now_us / 1000) + tcp_isn_ts_offset(host, tuple);
}

void tcp_synack_send(struct tcp_listener *listener, const struct tcp_handshake *agreed,
                     uint32_t ts_val, uint64_t now_us)
{
    const struct tcp_tuple *tuple = &agreed->tuple;
    struct tcp_repr repr = {
        .src_port = tuple->local_port,
        .dst_port = tuple->remote_port,
        .seq = agreed->iss.value,
        .ack = agreed->irs.value + 1,
        .flags = TCP_FLAG_SYN | TCP_FLAG_ACK,
        .window = tcp_synack_window(listener),
    };
    if (agreed->ecn) repr.flags |= TCP_FLAG_ECE;
    repr.options.mss = tcp_negotiate_mss(listener->host, tuple); /* RFC 9293 MUST-14 */
    repr.options.has_sack_permitted = agreed->sack;
    repr.options.has_wscale = agreed->window_scaling;
    repr.options.wscale = agreed->rcv_shift;
    if (agreed->timestamps) {
        repr.options.has_timestamps = true;
        repr.options.ts_val = ts_val;
        repr.options.ts_ecr = agreed->ts_recent;
    }
    tcp_output_raw(listener->host, tuple, &repr, listener->traffic_class, listener->ttl, now_us);
}
