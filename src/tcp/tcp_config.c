/*
 * The defaults of everything that can be tuned, each with where it comes from, and what makes a
 * configuration impossible.
 */
#include <errno.h>
#include <string.h>

#include "tcp/tcp_host.h"

#define SECONDS_US      1000000ull
#define MILLISECONDS_US 1000ull

void tcp_config_default(struct tcp_config *config)
{
    *config = (struct tcp_config){
        /* SYNs at 0, 1, 3, 7, 15, 31, 63 and 127 s, the end at 247 s: RFC 9293 MUST-23 wants at
         * least three minutes for a SYN. */
        .syn_retries = 7,
        .synack_retries = 5,
        .syn_first_wait_us = 1 * SECONDS_US,
        .syn_cache_max = 65536,
        .backlog_max = 65536,
        .syn_cookies = true,
        .sack = true,
        .timestamps = true,
        .window_scaling = true,
        .window_shift = TCP_WINDOW_SHIFT_AUTO,
        .ecn = TCP_ECN_ACCEPT,
        .sndbuf_bytes = 4u << 20,
        .rcvbuf_bytes = 128u << 10,
        .rcvbuf_bytes_max = 6u << 20,
        .rto_us_min = 200 * MILLISECONDS_US,
        .rto_us_max = 120 * SECONDS_US,
        .rto_us_initial = 1 * SECONDS_US, /* RFC 6298 2.1 */
        .r1_retries = 3,                  /* RFC 9293 SHLD-10 */
        .r2_retries = 15,                 /* about 924.6 s: RFC 9293 SHLD-11 asks for 100 s */
        .persist_us_max = 120 * SECONDS_US,
        .delayed_ack_us = 40 * MILLISECONDS_US, /* RFC 9293 MUST-40: less than 0.5 s */
        .quick_acks = 16,
        .keepalive = false,                       /* RFC 9293 MUST-25 */
        .keepalive_idle_us = 7200 * SECONDS_US,   /* RFC 9293 MUST-28 */
        .keepalive_interval_us = 75 * SECONDS_US, /* as most systems do */
        .keepalive_probes = 9,
        .time_wait_us = 60 * SECONDS_US,
        .time_wait_max = 1u << 18,
        .time_wait_reuse = true,
        .fin_wait_2_us = 60 * SECONDS_US,
        .orphan_retries = 8,
        .nagle = true,               /* RFC 9293 SHLD-7 */
        .initial_cwnd_segments = 10, /* RFC 6928 */
        .cc = &cc_cubic,
        .challenge_interval_us = 500 * MILLISECONDS_US,
        .rst_per_second_max = 1000,
        .conns_max = 1u << 24,
        .chunks_max = 1u << 16,
        .ephemeral_port_first = 49152,
        .ephemeral_port_last = 65535,
    };
}

/* Times that a connection keeps in milliseconds of 32 bits. */
static bool fits_milliseconds(uint64_t time_us)
{
    return time_us >= MILLISECONDS_US && time_us / MILLISECONDS_US <= UINT32_MAX;
}

int tcp_config_check(const struct tcp_config *config)
{
    if (config->cc == NULL) return EINVAL;
    if (config->syn_retries > UINT8_MAX || config->synack_retries > UINT8_MAX) return EINVAL;
    if (config->keepalive_probes == 0) return EINVAL;
    if (!fits_milliseconds(config->keepalive_idle_us)) return EINVAL;
    if (!fits_milliseconds(config->keepalive_interval_us)) return EINVAL;
    if (config->user_timeout_us != 0 && !fits_milliseconds(config->user_timeout_us)) return EINVAL;
    if (config->delayed_ack_us >= 500 * MILLISECONDS_US) return EINVAL; /* RFC 9293 MUST-40 */
    if (config->window_shift != TCP_WINDOW_SHIFT_AUTO && config->window_shift > 14) return EINVAL;
    if (config->rto_us_initial == 0 || config->rto_us_max < config->rto_us_initial) return EINVAL;
    if (config->rto_us_min > config->rto_us_max) return EINVAL;
    if (config->rto_us_max > UINT32_MAX) return EINVAL;
    if (config->syn_first_wait_us == 0 || config->persist_us_max == 0) return EINVAL;
    if (config->rcvbuf_bytes == 0 || config->sndbuf_bytes == 0) return EINVAL;
    if (config->rcvbuf_bytes_max < config->rcvbuf_bytes) return EINVAL;
    /* RFC 7323 2.2: no window above 2^30 - 1, whatever the buffers */
    if (config->rcvbuf_bytes_max >= 1u << 30 || config->sndbuf_bytes >= 1u << 30) return EINVAL;
    if (config->mss_bytes_max != 0 && config->mss_bytes_max < 28) return EINVAL;
    if (config->initial_cwnd_segments == 0 || config->conns_max == 0) return EINVAL;
    if (config->ephemeral_port_first == 0) return EINVAL;
    if (config->ephemeral_port_first > config->ephemeral_port_last) return EINVAL;
    return 0;
}
