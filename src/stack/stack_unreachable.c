/*
 * Errors about what has gone; see stack_unreachable.h. The quote is written anew: the IP header
 * with the length it had, and behind it as much of the transport header as tells one packet from
 * another. That is all that a host looks at (RFC 792, RFC 1122 3.2.2, RFC 5927 4).
 */
#include "stack/stack_unreachable.h"

#include <errno.h>
#include <string.h>

#include "stack/stack_icmp.h"
#include "stack/stack_output.h"
#include "stack/stack_way.h"
#include "tcp/tcp_listen.h"
#include "tcp/tcp_syn_cache.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* TTL in a quote: the packet had come to its end. */
#define QUOTED_HOP_LIMIT 1

/* Whether an address can be an end of the packet. */
static bool is_one_host(const struct ip_addr *addr)
{
    return !ip_addr_is_unspecified(addr) && !ip_addr_is_multicast(addr) &&
           !ip_addr_is_broadcast(addr);
}

/* Who says it. Returns 0 or ENETUNREACH. */
static int choose_from(struct stack *stack, const struct stack_undelivered *packet,
                       struct ip_addr *from)
{
    *from = packet->from;
    if (!ip_addr_is_unspecified(from)) return 0;
    *from = packet->dst;
    if (stack_way(stack, &packet->src, packet->zone) == NULL) return ENETUNREACH;
    if (packet->report.kind == IP_ICMP_PORT_UNREACHABLE) return 0;
    struct ip_addr own;
    if (stack_way_source(stack, &packet->src, packet->zone, &own) == 0) *from = own;
    return 0;
}

int stack_unreachable_send(struct stack *stack, const struct stack_undelivered *packet,
                           uint64_t now_us)
{
    const bool is_v4 = ip_addr_is_v4(&packet->src);
    if (!is_one_host(&packet->src) || !is_one_host(&packet->dst)) return EINVAL;
    if (ip_addr_is_v4(&packet->dst) != is_v4) return EINVAL;
    if (packet->payload_bytes > IP4_PACKET_BYTES_MAX - (is_v4 ? IP4_HEADER_BYTES : 0))
        return EMSGSIZE;
    struct ip_addr from;
    const int error = choose_from(stack, packet, &from);
    if (error != 0) return error;
    if (ip_addr_is_v4(&from) != is_v4) return EINVAL;
    ASSERT(packet->transport.len <= TCP_HEADER_BYTES);
    uint8_t room[IP6_HEADER_BYTES + TCP_HEADER_BYTES];
    uint8_t *transport = room + IP6_HEADER_BYTES;
    memcpy(transport, packet->transport.data, packet->transport.len);
    const struct stack_ip_header ip = {.src = &packet->src,
                                       .dst = &packet->dst,
                                       .payload_bytes = packet->payload_bytes,
                                       .dont_fragment = true,
                                       .protocol = packet->protocol,
                                       .hop_limit = QUOTED_HOP_LIMIT};
    const uint8_t *front = stack_ip_emit(&ip, transport);
    struct gather bytes;
    gather_init(&bytes);
    if (!gather_add(&bytes, span_of(front, (size_t)(transport - front) + packet->transport.len)))
        return EMSGSIZE;
    stack_icmp_error_send(stack, &bytes, &packet->report, &from, &packet->src, packet->zone,
                          now_us);
    return 0;
}

bool stack_unreachable_syn(struct stack *stack, const struct tcp_tuple *tuple,
                           enum ip_icmp_kind kind, uint64_t now_us)
{
    const struct tcp_entry *entry = tcp_table_find(&stack->tcp.table, tuple);
    if (entry == NULL || entry->kind != TCP_ENTRY_SYN) return false;
    const tcp_seq irs = CONTAINER_OF(entry, const struct tcp_syn, entry)->irs;
    const struct tcp_tuple ends = *tuple;
    if (!tcp_listen_decide(&stack->tcp, &ends, TCP_DECIDE_NOTHING, now_us)) return false;
    /* what a host compares is the sequence number: it must be the SYN's (RFC 5927 4.1) */
    const struct tcp_repr repr = {.src_port = ends.remote_port,
                                  .dst_port = ends.local_port,
                                  .seq = irs.value,
                                  .flags = TCP_FLAG_SYN};
    uint8_t header[TCP_HEADER_BYTES];
    tcp_emit(&repr, span_mut_of(header, sizeof header));
    const struct stack_undelivered packet = {.src = ends.remote,
                                             .dst = ends.local,
                                             .zone = ends.zone,
                                             .protocol = IP_PROTO_TCP,
                                             .payload_bytes = TCP_HEADER_BYTES,
                                             .transport = span_of(header, sizeof header),
                                             .report = {.kind = kind}};
    /* with no way back nothing can be said: the SYN is forgotten all the same */
    if (stack_unreachable_send(stack, &packet, now_us) != 0)
        stack_drop(stack, NULL, DROP_IP_NO_ROUTE);
    return true;
}
