/*
 * Counters and memory of the whole, gathered from where they are kept.
 */
#include "socket/socket.h"

void vitro_stack_counters(const struct vitro_stack *stack, struct vitro_counters *counters)
{
    const struct stack *inner = &stack->stack;
    const struct stack_counters *from = &inner->counters;
    const struct tcp_counters *tcp = &inner->tcp.counters;
    memset(counters, 0, sizeof *counters);
    counters->frames_in = from->frames_in;
    counters->frames_out = from->frames_out;
    counters->bytes_in = from->bytes_in;
    counters->bytes_out = from->bytes_out;
    for (uint32_t i = 0; i < DROP_REASON_COUNT; i++) counters->drops[i] = from->drops[i];
    counters->tcp.segments_in = tcp->segments_in;
    counters->tcp.segments_out = tcp->segments_out;
    counters->tcp.bytes_in = tcp->bytes_in;
    counters->tcp.bytes_out = tcp->bytes_out;
    counters->tcp.retransmits = tcp->retransmits;
    counters->tcp.timeouts = tcp->timeouts;
    counters->tcp.fast_recoveries = tcp->fast_recoveries;
    counters->tcp.spurious = tcp->spurious;
    counters->tcp.opened_active = tcp->opened_active;
    counters->tcp.opened_passive = tcp->opened_passive;
    counters->tcp.refused = tcp->refused;
    counters->tcp.resets_in = tcp->reset_in;
    counters->tcp.resets_out = tcp->reset_out;
    counters->tcp.cookies_sent = tcp->cookies_sent;
    counters->tcp.cookies_taken = tcp->cookies_taken;
    counters->tcp.challenges = tcp->challenges;
    counters->udp.datagrams_in = inner->udp.counters.datagrams_in;
    counters->udp.datagrams_out = inner->udp.counters.datagrams_out;
    counters->ip.fragments_in = from->fragments_in;
    counters->ip.reassembled = from->reassembled;
    counters->ip.fragments_out = from->fragments_out;
    counters->ip.icmp_in = from->icmp_in;
    counters->ip.icmp_out = from->icmp_out;
    counters->ip.echo_replies_out = from->echo_replies_out;
}

/* What a pool has taken from the system. */
static uint64_t pool_bytes(const struct pool *pool)
{
    return (uint64_t)pool->objects_made * pool->object_bytes;
}

void vitro_stack_memory(const struct vitro_stack *stack, struct vitro_memory *memory)
{
    const struct tcp_host *tcp = &stack->stack.tcp;
    const struct udp_host *udp = &stack->stack.udp;
    const struct pool *const pools[] = {
        &stack->drafts,
        &stack->stack.ping_pool,
        &stack->stack.ping_replies,
        &stack->stack.neighbours.entries,
        &stack->stack.neighbours.packets,
        &stack->stack.reassembly.datagrams,
        &stack->stack.reassembly.range_nodes,
        &tcp->conns,
        &tcp->txs,
        &tcp->rxs,
        &tcp->records,
        &tcp->chunks,
        &tcp->ranges,
        &tcp->syns,
        &tcp->time_waits,
        &tcp->listener_pool,
        &udp->socket_pool,
        &udp->datagrams,
        &udp->chunks,
    };
    memset(memory, 0, sizeof *memory);
    memory->sockets = stack->sockets.count;
    memory->connections = tcp->conns.in_use;
    memory->listeners = tcp->listener_pool.in_use;
    memory->syn_records = tcp->syns.in_use;
    memory->time_wait_records = tcp->time_waits.in_use;
    memory->chunks = tcp->chunks.in_use;
    memory->bytes =
        (uint64_t)stack->sockets.blocks_made * SOCKET_BLOCK_SIZE * sizeof(struct socket);
    for (size_t i = 0; i < ARRAY_COUNT(pools); i++) memory->bytes += pool_bytes(pools[i]);
}
