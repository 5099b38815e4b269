/*
 * One host's TCP: set up and taken down, and where its packets, timers and ICMP errors find the
 * connection or record that they are about.
 */
#include "tcp/tcp_host.h"

#include <errno.h>
#include <string.h>

#include "base/base.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_input.h"
#include "tcp/tcp_listen.h"
#include "tcp/tcp_output.h"
#include "tcp/tcp_rx.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp/tcp_timer.h"
#include "tcp/tcp_timewait.h"
#include "tcp/tcp_tx.h"
#include "wire/checksum.h"
#include "wire/ip_proto.h"

/* Records and ranges of all connections together, per chunk of buffer: a generous bound. */
#define RECORDS_PER_CHUNK 16u
#define RANGES_PER_CHUNK  4u
#define ECN_CE            0x03u /* RFC 3168 5 */

static void init_pools(struct tcp_host *host)
{
    const struct tcp_config *config = &host->config;
    uint32_t conns = config->conns_max;
    uint32_t records = u32_max(conns, config->chunks_max) + config->chunks_max * RECORDS_PER_CHUNK;
    pool_init(&host->conns, "connections", sizeof(struct tcp_conn), conns);
    pool_init(&host->txs, "sending halves", sizeof(struct tcp_tx), conns);
    pool_init(&host->rxs, "receiving halves", sizeof(struct tcp_rx), conns);
    pool_init(&host->records, "sent records", sizeof(struct tcp_sent_record), records);
    pool_init(&host->chunks, "buffer chunks", sizeof(struct tcp_chunk), config->chunks_max);
    pool_init(&host->ranges, "ranges", sizeof(struct range), config->chunks_max * RANGES_PER_CHUNK);
    pool_init(&host->syns, "SYN records", sizeof(struct tcp_syn), config->syn_cache_max);
    pool_init(&host->time_waits, "TIME-WAIT records", sizeof(struct tcp_timewait),
              config->time_wait_max);
    pool_init(&host->listener_pool, "listeners", sizeof(struct tcp_listener), UINT16_MAX);
}

/* Independent keys from one secret. */
static void derive_key(struct hash_key *key, const uint8_t secret[32], uint8_t purpose)
{
    uint8_t block[33];
    memcpy(block, secret, 32);
    block[32] = purpose;
    struct hash_key from;
    memcpy(&from, secret, sizeof from);
    key->k0 = hash_sip24(&from, block, sizeof block);
    block[32] = (uint8_t)(purpose | 0x80);
    key->k1 = hash_sip24(&from, block, sizeof block);
}

int tcp_host_init(struct tcp_host *host, const struct tcp_host_ops *ops,
                  const struct tcp_config *config, struct wheel *wheel, const uint8_t secret[32],
                  uint64_t now_us)
{
    int error = tcp_config_check(config);
    if (error != 0) return error;
    memset(host, 0, sizeof *host);
    host->ops = ops;
    host->config = *config;
    host->wheel = wheel;
    host->now_us = host->rst_last_us = now_us;
    host->rst_tokens_us = 1000000; /* the bucket begins full */
    struct hash_key table_key, seed;
    derive_key(&host->isn_key, secret, 1);
    derive_key(&host->port_key, secret, 2);
    derive_key(&host->cookie_key, secret, 3);
    derive_key(&table_key, secret, 4);
    derive_key(&seed, secret, 5);
    rng_seed(&host->rng, seed.k0);
    list_init(&host->listeners);
    list_init(&host->starved);
    host->listener_hash = mem_get(TCP_LISTENER_BUCKETS * sizeof *host->listener_hash);
    if (host->listener_hash == NULL) return ENOMEM;
    error = tcp_table_init(&host->table, &table_key);
    if (error != 0) {
        mem_put(host->listener_hash);
        return error;
    }
    init_pools(host);
    tcp_timewait_init(host);
    return 0;
}

/* Timers first: the wheel outlives the host. */
static void cancel_timers(struct tcp_host *host)
{
    struct tcp_entry *entry = tcp_table_first(&host->table);
    while (entry != NULL) {
        struct tcp_entry *next = tcp_table_next(&host->table, entry);
        bool is_held = entry->kind == TCP_ENTRY_SYN && tcp_syn_of(entry)->held;
        if (entry->kind != TCP_ENTRY_TIME_WAIT && !is_held) {
            wheel_cancel(host->wheel, &entry->timer);
        }
        entry = next;
    }
    tcp_listen_clocks_stop(host);
    wheel_cancel(host->wheel, &host->time_wait_clock.timer);
}

void tcp_host_deinit(struct tcp_host *host)
{
    cancel_timers(host);
    struct pool *const pools[] = {&host->conns,   &host->txs,        &host->rxs,
                                  &host->records, &host->chunks,     &host->ranges,
                                  &host->syns,    &host->time_waits, &host->listener_pool};
    for (size_t i = 0; i < ARRAY_COUNT(pools); i++) pool_deinit(pools[i]);
    tcp_table_deinit(&host->table);
    mem_put(host->listener_hash);
}

/* RFC 9293 MUST-57, MUST-63: no connection with a group of hosts, nor with nobody. */
static bool address_is_bad(const struct tcp_packet *packet)
{
    return ip_addr_is_multicast(&packet->src) || ip_addr_is_multicast(&packet->dst) ||
           ip_addr_is_broadcast(&packet->src) || ip_addr_is_broadcast(&packet->dst) ||
           ip_addr_is_unspecified(&packet->src);
}

/* RFC 9293 MUST-3: the checksum of every segment is checked. */
static bool checksum_is_right(const struct tcp_packet *packet)
{
    if (packet->checksum_partial) return true;
    uint32_t len = packet->bytes->len_bytes;
    uint32_t sum = checksum_pseudo(&packet->src, &packet->dst, IP_PROTO_TCP, len);
    return checksum_finish(checksum_gather(sum, packet->bytes, 0, len)) == 0;
}

/* Makes a segment of the packet; the reason if it is none. */
static enum drop_reason parse(const struct tcp_packet *packet, struct tcp_segment *seg)
{
    struct tcp_repr repr;
    uint32_t header_len;
    if (packet->bytes->parts == 0) return DROP_TCP_MALFORMED;
    if (tcp_parse(&repr, packet->bytes->part[0], &header_len) != WIRE_OK) {
        return DROP_TCP_MALFORMED;
    }
    seg->tuple = (struct tcp_tuple){.local = packet->dst,
                                    .remote = packet->src,
                                    .local_port = repr.dst_port,
                                    .remote_port = repr.src_port,
                                    .zone = packet->zone};
    seg->seq = tcp_seq_of(repr.seq);
    seg->ack = tcp_seq_of(repr.ack);
    seg->flags = repr.flags;
    seg->window = repr.window;
    seg->urgent = repr.urgent;
    seg->segment_bytes = packet->segment_bytes;
    seg->is_ce = packet->ecn == ECN_CE;
    seg->is_cut = false;
    seg->options = repr.options;
    gather_slice(packet->bytes, header_len, packet->bytes->len_bytes - header_len, &seg->payload);
    seg->had_syn = (repr.flags & TCP_FLAG_SYN) != 0;
    seg->had_text = seg->payload.len_bytes > 0;
    if (!checksum_is_right(packet)) return DROP_TCP_CHECKSUM;
    return address_is_bad(packet) ? DROP_TCP_BAD_ADDRESS : DROP_NONE;
}

/* RFC 9293 3.10.7.1, CLOSED: everything but a RST is answered by one. */
static void input_closed(struct tcp_host *host, const struct tcp_segment *seg, uint64_t now_us)
{
    bool is_answered = tcp_output_rst_reply(host, seg, now_us);
    tcp_event_drop(host, NULL, seg, is_answered ? DROP_TCP_NO_CONNECTION : DROP_TCP_RST_RATE_LIMIT,
                   now_us);
}

static void dispatch(struct tcp_host *host, struct tcp_segment *seg, uint64_t now_us)
{
    /* RFC 9293 MUST-45: by both addresses, which a connection keeps */
    struct tcp_entry *entry = tcp_table_find(&host->table, &seg->tuple);
    if (entry == NULL) {
        struct tcp_listener *listener = tcp_listen_find(host, &seg->tuple);
        if (listener != NULL) {
            tcp_listen_input(listener, seg, now_us);
        } else {
            input_closed(host, seg, now_us);
        }
        return;
    }
    switch ((enum tcp_entry_kind)entry->kind) {
    case TCP_ENTRY_CONN: tcp_input(tcp_conn_of(entry), seg, now_us); return;
    case TCP_ENTRY_SYN: tcp_syn_input(host, tcp_syn_of(entry), seg, now_us); return;
    case TCP_ENTRY_TIME_WAIT: tcp_timewait_input(host, tcp_timewait_of(entry), seg, now_us); return;
    case TCP_ENTRY_LISTENER: return; /* never in the table */
    }
}

void tcp_host_input(struct tcp_host *host, const struct tcp_packet *packet, uint64_t now_us)
{
    struct tcp_segment seg;
    host->now_us = now_us;
    enum drop_reason reason = parse(packet, &seg);
    if (reason == DROP_TCP_MALFORMED) {
        if (host->ops->drop != NULL) host->ops->drop(host, reason);
        return;
    }
    host->counters.segments_in += tcp_segment_count(&seg);
    if (reason != DROP_NONE) {
        tcp_event_drop(host, NULL, &seg, reason, now_us);
        return;
    }
    dispatch(host, &seg, now_us);
}

void tcp_host_timer(struct tcp_host *host, struct wheel_node *node, uint64_t deadline_us)
{
    struct tcp_entry *entry = CONTAINER_OF(node, struct tcp_entry, timer);
    host->now_us = deadline_us;
    switch ((enum tcp_entry_kind)entry->kind) {
    case TCP_ENTRY_CONN: tcp_timer_expire(tcp_conn_of(entry), deadline_us); return;
    case TCP_ENTRY_SYN: tcp_syn_timer(host, tcp_syn_of(entry), deadline_us); return;
    case TCP_ENTRY_TIME_WAIT: tcp_timewait_timer(host, deadline_us); return;
    case TCP_ENTRY_LISTENER: tcp_listen_timer(entry, deadline_us); return;
    }
}
