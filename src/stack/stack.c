/*
 * Life and time of a stack: made from its parts in the order in which they lean on each other, and
 * driven by two timer wheels as if they were one.
 *
 * One secret is stretched into as many keys as there are users, each by its own label, so that no
 * two modules hash with the same key.
 */
#include "stack/stack.h"

#include <errno.h>
#include <string.h>

#include "stack/stack_if.h"
#include "stack/stack_icmp.h"
#include "stack/stack_input.h"
#include "stack/stack_link.h"
#include "stack/stack_ping.h"
#include "stack/stack_ping_request.h"
#include "stack/stack_tcp.h"
#include "stack/stack_udp.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_starved.h"
#include "wire/eth.h"

/* Labels of the keys that are drawn from the secret. */
enum stack_key {
    STACK_KEY_DESTINATIONS = 1,
    STACK_KEY_NEIGHBOURS,
    STACK_KEY_REASSEMBLY,
    STACK_KEY_ICMP_LIMIT,
    STACK_KEY_IDS,
    STACK_KEY_FLOW_LABEL,
    STACK_KEY_PING,
};

void stack_config_default(struct stack_config *config)
{
    memset(config, 0, sizeof *config);
    tcp_config_default(&config->tcp);
    udp_config_default(&config->udp);
    ip_neighbours_config_default(&config->neighbours);
    ip_reassembly_config_default(&config->reassembly);
    ip_icmp_limit_config_default(&config->icmp_limit);
    ip_nd_config_default(&config->nd);
    config->nd.dad_probes = 0;
    config->destinations_max = 4096;
    config->pings_max = 256;
    config->hop_limit = IP_IF_HOP_LIMIT;
    config->echo_reply = true;
}

/* The key of one label. */
static struct hash_key key_of(const uint8_t secret[32], enum stack_key label)
{
    const struct hash_key first = {get_le64(secret), get_le64(secret + 8)};
    const struct hash_key second = {get_le64(secret + 16), get_le64(secret + 24)};
    const uint8_t name = (uint8_t)label;
    return (struct hash_key){hash_sip24(&first, &name, 1), hash_sip24(&second, &name, 1)};
}

static int init_ip(struct stack *stack, uint64_t now_us)
{
    const struct stack_config *config = &stack->config;
    const uint8_t *secret = config->secret;
    struct hash_key key = key_of(secret, STACK_KEY_DESTINATIONS);
    int error = ip_dests_init(&stack->dests, config->destinations_max, &key);
    if (error != 0) return error;
    ip_routes_init(&stack->routes, &stack->dests.generation);
    key = key_of(secret, STACK_KEY_NEIGHBOURS);
    error = ip_neighbours_init(&stack->neighbours, &config->neighbours, &stack->ip_wheel,
                               &stack->dests.generation, &key);
    if (error != 0) goto no_neighbours;
    key = key_of(secret, STACK_KEY_REASSEMBLY);
    error = ip_reassembly_init(&stack->reassembly, &config->reassembly, &stack->ip_wheel, &key);
    if (error != 0) goto no_reassembly;
    key = key_of(secret, STACK_KEY_ICMP_LIMIT);
    ip_icmp_limit_init(&stack->icmp_limit, &config->icmp_limit, &key, now_us);
    key = key_of(secret, STACK_KEY_IDS);
    ip_ids_init(&stack->ids, &key);
    stack->flow_key = key_of(secret, STACK_KEY_FLOW_LABEL);
    return 0;

no_reassembly:
    ip_neighbours_deinit(&stack->neighbours);
no_neighbours:
    ip_dests_deinit(&stack->dests);
    return error;
}

static void deinit_ip(struct stack *stack)
{
    ip_reassembly_deinit(&stack->reassembly);
    ip_neighbours_deinit(&stack->neighbours);
    ip_dests_deinit(&stack->dests);
}

static void init_pings(struct stack *stack)
{
    list_init(&stack->pings);
    pool_init(&stack->ping_pool, "pings", sizeof(struct stack_ping), stack->config.pings_max);
    pool_init(&stack->ping_replies, "ping replies", sizeof(struct stack_ping_reply),
              stack->config.pings_max * STACK_PING_QUEUE_MAX);
    pool_init(&stack->ping_requests, "ping requests", sizeof(struct stack_ping_request),
              STACK_PING_REQUESTS_MAX);
    stack->ping_id = (uint16_t)key_of(stack->config.secret, STACK_KEY_PING).k0;
}

int stack_init(struct stack *stack, const struct stack_config *config, const struct stack_ops *ops,
               uint64_t now_us)
{
    if (config->hop_limit == 0 || config->destinations_max == 0 || config->pings_max == 0 ||
        config->pings_max > UINT16_MAX / STACK_PING_QUEUE_MAX)
        return EINVAL;
    memset(stack, 0, sizeof *stack);
    stack->ops = ops;
    stack->config = *config;
    stack->now_us = now_us;
    wheel_init(&stack->ip_wheel, now_us);
    wheel_init(&stack->tcp_wheel, now_us);
    int error = init_ip(stack, now_us);
    if (error != 0) return error;
    error = udp_host_init(&stack->udp, &stack_udp_ops, &config->udp, config->secret);
    if (error != 0) goto no_udp;
    error = tcp_host_init(&stack->tcp, stack_tcp_ops(ops->event != NULL), &config->tcp,
                          &stack->tcp_wheel, config->secret, now_us);
    if (error != 0) goto no_tcp;
    init_pings(stack);
    return 0;

no_tcp:
    udp_host_deinit(&stack->udp);
no_udp:
    deinit_ip(stack);
    return error;
}

void stack_deinit(struct stack *stack)
{
    pool_deinit(&stack->ping_requests);
    pool_deinit(&stack->ping_replies);
    pool_deinit(&stack->ping_pool);
    tcp_host_deinit(&stack->tcp);
    udp_host_deinit(&stack->udp);
    for (uint32_t i = 1; i <= STACK_IFS_MAX; i++) {
        if (stack->ifs[i] == NULL) continue;
        ip_nd_deinit(&stack->ifs[i]->nd);
        mem_put(stack->ifs[i]);
    }
    deinit_ip(stack);
}

void stack_drop_count(struct stack *stack, const struct stack_packet *packet,
                      enum drop_reason reason)
{
    stack->counters.drops[reason]++;
    if (packet != NULL) packet->iface->drops++;
}

void stack_drop(struct stack *stack, const struct stack_packet *packet, enum drop_reason reason)
{
    stack_drop_count(stack, packet, reason);
    if (stack->ops->event == NULL) return;
    struct tcp_tuple tuple = {0};
    struct tcp_event event = {.kind = TCP_EVENT_DROP, .now_us = stack->now_us, .tuple = &tuple};
    event.drop.reason = reason;
    uint16_t if_index = 0;
    if (packet != NULL) {
        tuple.local = packet->dst;
        tuple.remote = packet->src;
        tuple.zone = packet->zone;
        event.drop.len_bytes = packet->frame->bytes.len_bytes + packet->ip_bytes;
        if_index = packet->iface->ip.index;
    }
    stack->ops->event(stack, &event, if_index);
}

uint64_t stack_deadline(struct stack *stack)
{
    const uint64_t wheels_us =
        u64_min(wheel_next_deadline(&stack->ip_wheel), wheel_next_deadline(&stack->tcp_wheel));
    return u64_min(wheels_us, u64_max(tcp_starved_deadline(&stack->tcp), stack->now_us));
}

/* A datagram whose fragments did not all come: RFC 792, RFC 8200 4.5. */
static void reassembly_timer(struct stack *stack, struct ip_timer *timer, uint64_t now_us)
{
    struct span quote;
    struct ip_datagram *datagram = ip_reassembly_timer(&stack->reassembly, timer, &quote);
    for (uint32_t i = 0; i < datagram->fragments; i++)
        stack_drop(stack, NULL, DROP_FRAGMENT_TIMEOUT);
    if (quote.len > 0) {
        const struct ip_icmp_report report = {.kind = IP_ICMP_REASSEMBLY_EXCEEDED};
        struct gather bytes;
        gather_init(&bytes);
        if (gather_add(&bytes, quote)) stack_icmp_report(stack, &bytes, &report, now_us);
    }
    ip_reassembly_release(&stack->reassembly, datagram);
}

static void ip_timer_expired(struct stack *stack, struct wheel_node *node, uint64_t deadline_us)
{
    struct ip_timer *timer = ip_timer_of(node);
    switch ((enum ip_timer_kind)timer->kind) {
    case IP_TIMER_NEIGHBOUR: stack_neighbour_timer(stack, timer, deadline_us); return;
    case IP_TIMER_REASSEMBLY: reassembly_timer(stack, timer, deadline_us); return;
    case IP_TIMER_ND: stack_nd_timer(stack, timer, deadline_us); return;
    }
}

void stack_tick(struct stack *stack, uint64_t now_us)
{
    for (;;) {
        const uint64_t ip_us = wheel_next_deadline(&stack->ip_wheel);
        const uint64_t tcp_us = wheel_next_deadline(&stack->tcp_wheel);
        const uint64_t due_us = u64_min(ip_us, tcp_us);
        if (due_us > now_us || due_us == TIME_NEVER) break;
        /* a timer that was armed for the past happens now, not before what has happened since */
        const uint64_t at_us = u64_max(due_us, stack->now_us);
        stack->now_us = u64_min(at_us, now_us);
        if (ip_us <= tcp_us) {
            struct wheel_node *node = wheel_expire(&stack->ip_wheel, due_us);
            if (node != NULL) ip_timer_expired(stack, node, stack->now_us);
        } else {
            struct wheel_node *node = wheel_expire(&stack->tcp_wheel, due_us);
            if (node != NULL) tcp_host_timer(&stack->tcp, node, stack->now_us);
        }
    }
    stack->now_us = u64_max(stack->now_us, now_us);
    if (tcp_starved_deadline(&stack->tcp) <= now_us) tcp_starved_wake(&stack->tcp, now_us);
}

void stack_check(const struct stack *stack)
{
#ifdef VITRO_DEBUG
    const struct tcp_table *table = &stack->tcp.table;
    for (struct tcp_entry *entry = tcp_table_first(table); entry != NULL;
         entry = tcp_table_next(table, entry)) {
        if (entry->kind == TCP_ENTRY_CONN) tcp_conn_check(tcp_conn_of(entry));
    }
#else
    (void)stack;
#endif
}
