/*
 * IPv4 on its way up: header, addresses, reassembly (RFC 791, RFC 1122 3.2.1). Options are
 * permitted and have no effect (RFC 9293 MUST-50); a source route is not followed.
 */
#include "stack/stack_input.h"
#include "wire/ip4.h"

/* Reads the header that the frame begins with, and cuts off what is behind the packet. */
static enum drop_reason header_input(struct stack_packet *packet, struct ip4_repr *ip,
                                     uint32_t *header_bytes)
{
    struct gather *bytes = &packet->frame->bytes;
    const enum wire_status status =
        ip4_parse(ip, frame_headers(packet->frame), bytes->len_bytes, header_bytes);
    if (status == WIRE_BAD_CHECKSUM) return DROP_IP_CHECKSUM;
    if (status != WIRE_OK) return DROP_IP_MALFORMED;
    const uint32_t total_bytes = *header_bytes + ip->payload_bytes;
    if (bytes->len_bytes > total_bytes) gather_keep_front(bytes, total_bytes);
    packet->src = ip->src;
    packet->dst = ip->dst;
    packet->protocol = ip->protocol;
    packet->hop_limit = ip->ttl;
    packet->dont_fragment = ip->has_dont_fragment && !packet->is_reassembled;
    packet->traffic_class = (uint8_t)(ip->dscp << 2 | ip->ecn);
    return DROP_NONE;
}

/* Takes a fragment; if it completes a packet, delivers that. */
static enum drop_reason fragment_input(struct stack *stack, struct stack_packet *packet,
                                       const struct ip4_repr *ip, uint64_t now_us)
{
    struct ip_reassembly_result result;
    stack->counters.fragments_in++;
    ip_reassembly_input4(&stack->reassembly, ip, &packet->frame->bytes, &result, now_us);
    enum drop_reason drop = stack_fragment_drops(stack, packet, &result);
    if (result.verdict != IP_REASSEMBLY_COMPLETE) return drop;
    stack->counters.reassembled++;
    frame_init(packet->frame);
    packet->is_reassembled = true;
    struct ip4_repr whole;
    uint32_t header_bytes = 0;
    drop = gather_add(&packet->frame->bytes, span_from_mut(result.packet))
               ? header_input(packet, &whole, &header_bytes)
               : DROP_FRAGMENT_MALFORMED;
    if (drop == DROP_NONE) drop = stack_deliver(stack, packet, header_bytes, now_us);
    ip_reassembly_release(&stack->reassembly, result.datagram);
    return drop;
}

enum drop_reason stack_ip4_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    struct ip4_repr ip;
    uint32_t header_bytes = 0;
    enum drop_reason drop = header_input(packet, &ip, &header_bytes);
    if (drop != DROP_NONE) return drop;
    drop = stack_addresses_check(packet);
    if (drop != DROP_NONE) return drop;
    if (__builtin_expect(ip4_repr_is_fragment(&ip), 0))
        return fragment_input(stack, packet, &ip, now_us);
    return stack_deliver(stack, packet, header_bytes, now_us);
}
