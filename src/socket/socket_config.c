/*
 * The configuration's defaults are the parts' defaults: each is written down once, in its part, and
 * read out of it here.
 */
#include "socket/socket_config.h"

#include <errno.h>
#include <string.h>

#include "base/rng.h"
#include "socket/socket_table.h"
#include "tcp/tcp_cc.h"

_Static_assert(VITRO_WINDOW_SHIFT_AUTO == TCP_WINDOW_SHIFT_AUTO, "the same name for both");
_Static_assert((int)VITRO_ECN_OFF == (int)TCP_ECN_OFF, "the same order");
_Static_assert((int)VITRO_ECN_ACCEPT == (int)TCP_ECN_ACCEPT, "the same order");
_Static_assert((int)VITRO_ECN_ASK == (int)TCP_ECN_ASK, "the same order");

/* Sockets of one stack, unless the owner says otherwise: no limit that matters. */
#define SOCKETS_MAX_DEFAULT (1u << 24)

/* Fields that have the same name and meaning on both sides. */
#define TCP_FIELDS(X)                                                                              \
    X(syn_retries)                                                                                 \
    X(synack_retries)                                                                              \
    X(syn_first_wait_us)                                                                           \
    X(syn_cache_max)                                                                               \
    X(backlog_max)                                                                                 \
    X(syn_cookies)                                                                                 \
    X(sack)                                                                                        \
    X(timestamps)                                                                                  \
    X(window_scaling)                                                                              \
    X(window_shift)                                                                                \
    X(mss_bytes_max)                                                                               \
    X(sndbuf_bytes)                                                                                \
    X(rcvbuf_bytes)                                                                                \
    X(rcvbuf_bytes_max)                                                                            \
    X(rto_us_initial)                                                                              \
    X(rto_us_min)                                                                                  \
    X(rto_us_max)                                                                                  \
    X(r1_retries)                                                                                  \
    X(r2_retries)                                                                                  \
    X(user_timeout_us)                                                                             \
    X(persist_us_max)                                                                              \
    X(delayed_ack_us)                                                                              \
    X(quick_acks)                                                                                  \
    X(keepalive)                                                                                   \
    X(keepalive_idle_us)                                                                           \
    X(keepalive_interval_us)                                                                       \
    X(keepalive_probes)                                                                            \
    X(time_wait_us)                                                                                \
    X(time_wait_max)                                                                               \
    X(time_wait_reuse)                                                                             \
    X(fin_wait_2_us)                                                                               \
    X(orphan_retries)                                                                              \
    X(nagle)                                                                                       \
    X(initial_cwnd_segments)                                                                       \
    X(challenge_interval_us)                                                                       \
    X(rst_per_second_max)                                                                          \
    X(conns_max)                                                                                   \
    X(chunks_max)                                                                                  \
    X(ephemeral_port_first)                                                                        \
    X(ephemeral_port_last)

#define COPY(field) to->field = from->field;

static void tcp_out(const struct tcp_config *from, struct vitro_tcp_config *to)
{
    TCP_FIELDS(COPY)
    to->ecn = (enum vitro_ecn)from->ecn;
    to->congestion_control = from->cc->name;
}

static int tcp_in(const struct vitro_tcp_config *from, struct tcp_config *to)
{
    TCP_FIELDS(COPY)
    to->ecn = (uint8_t)from->ecn;
    to->cc = from->congestion_control != NULL ? cc_find(from->congestion_control) : NULL;
    return to->cc != NULL ? 0 : EINVAL;
}

static void ip_out(const struct stack_config *from, struct vitro_ip_config *to)
{
    to->ttl = from->hop_limit;
    to->echo_reply = from->echo_reply;
    to->icmp_errors_per_second = from->icmp_limit.per_second;
    to->icmp_errors_per_destination = from->icmp_limit.destination_per_second;
    to->dad = from->nd.dad_probes > 0;
    to->accept_router_advertisements = from->nd.accept_advertisements;
    to->neighbours_max = from->neighbours.entries_max;
    to->destinations_max = from->destinations_max;
    to->reassembly_max = from->reassembly.datagrams_max;
    to->reassembly_bytes_max = from->reassembly.bytes_max;
    to->reassembly_us_v4 = from->reassembly.timeout_v4_us;
    to->reassembly_us_v6 = from->reassembly.timeout_v6_us;
}

static void ip_in(const struct vitro_ip_config *from, struct stack_config *to)
{
    to->hop_limit = from->ttl;
    to->echo_reply = from->echo_reply;
    to->icmp_limit.per_second = from->icmp_errors_per_second;
    to->icmp_limit.destination_per_second = from->icmp_errors_per_destination;
    to->nd.dad_probes = from->dad ? 1 : 0;
    to->nd.accept_advertisements = from->accept_router_advertisements;
    to->nd.autoconfigure = from->accept_router_advertisements;
    to->nd.router_solicitations = from->accept_router_advertisements ? 3 : 0;
    to->neighbours.entries_max = from->neighbours_max;
    to->destinations_max = from->destinations_max;
    to->reassembly.datagrams_max = from->reassembly_max;
    to->reassembly.bytes_max = from->reassembly_bytes_max;
    to->reassembly.timeout_v4_us = from->reassembly_us_v4;
    to->reassembly.timeout_v6_us = from->reassembly_us_v6;
}

void vitro_config_default(struct vitro_config *config)
{
    struct stack_config inner;
    stack_config_default(&inner);
    memset(config, 0, sizeof *config);
    tcp_out(&inner.tcp, &config->tcp);
    ip_out(&inner, &config->ip);
    config->udp.sockets_max = inner.udp.sockets_max;
    config->udp.rcvbuf_bytes = inner.udp.queue_bytes_max;
    config->udp.datagrams_max = inner.udp.datagrams_max;
    config->sockets_max = SOCKETS_MAX_DEFAULT;
}

void vitro_config_seed(struct vitro_config *config, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < sizeof config->secret; i += 8)
        put_le64(config->secret + i, rng_u64(&rng));
}

int socket_config_in(const struct vitro_config *from, struct stack_config *to)
{
    stack_config_default(to);
    memcpy(to->secret, from->secret, sizeof to->secret);
    ip_in(&from->ip, to);
    to->udp.sockets_max = from->udp.sockets_max;
    to->udp.queue_bytes_max = from->udp.rcvbuf_bytes;
    to->udp.datagrams_max = from->udp.datagrams_max;
    to->udp.ephemeral_port_first = from->tcp.ephemeral_port_first;
    to->udp.ephemeral_port_last = from->tcp.ephemeral_port_last;
    if (from->sockets_max == 0 || from->sockets_max > SOCKETS_MAX) return EINVAL;
    return tcp_in(&from->tcp, &to->tcp);
}
