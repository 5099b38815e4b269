/*
 * IPv6 on its way up: header, addresses, extension headers, reassembly (RFC 8200).
 */
#include "stack/stack_icmp.h"
#include "stack/stack_input.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

/* What the walk over the headers found wrong. */
static enum drop_reason ext_trouble(struct stack *stack, struct stack_packet *packet,
                                    const struct ip6_ext *ext, uint64_t now_us)
{
    const bool is_problem =
        ext->verdict == IP6_EXT_PROBLEM ||
        (ext->verdict == IP6_EXT_PROBLEM_UCAST && !ip_addr_is_multicast(&packet->dst));
    if (is_problem) {
        const struct ip_icmp_report report = {.kind = IP_ICMP_PARAMETER_PROBLEM,
                                              .code = ext->problem_code,
                                              .pointer = ext->problem_pointer};
        stack_icmp_error(stack, packet, &report, now_us);
    }
    return DROP_IP_MALFORMED;
}

/* Reads the header that the frame begins with, cuts off what is behind the packet, and walks to the
 * payload: its offset is ext->offset. */
static enum drop_reason header_input(struct stack_packet *packet, struct ip6_repr *ip,
                                     struct ip6_ext *ext)
{
    struct gather *bytes = &packet->frame->bytes;
    const struct span front = frame_headers(packet->frame);
    if (ip6_parse(ip, front, bytes->len_bytes) != WIRE_OK) return DROP_IP_MALFORMED;
    const uint32_t total_bytes = IP6_HEADER_BYTES + ip->payload_bytes;
    if (bytes->len_bytes > total_bytes) gather_keep_front(bytes, total_bytes);
    packet->src = ip->src;
    packet->dst = ip->dst;
    packet->hop_limit = ip->hop_limit;
    packet->traffic_class = (uint8_t)(ip->dscp << 2 | ip->ecn);
    ext->has_fragment = false;
    ext->verdict = IP6_EXT_ACCEPT;
    ext->offset = IP6_HEADER_BYTES;
    ext->protocol = ip->next_header;
    if (ip->next_header != IP_PROTO_TCP && ip->next_header != IP_PROTO_UDP)
        ip6_ext_walk(ext, frame_headers(packet->frame), total_bytes);
    packet->protocol = ext->protocol;
    return DROP_NONE;
}

/* Takes a fragment; if it completes a packet, delivers that. */
static enum drop_reason fragment_input(struct stack *stack, struct stack_packet *packet,
                                       const struct ip6_repr *ip, const struct ip6_ext *ext,
                                       uint64_t now_us)
{
    struct ip_reassembly_result result;
    stack->counters.fragments_in++;
    ip_reassembly_input6(&stack->reassembly, ip, ext, &packet->frame->bytes, &result, now_us);
    enum drop_reason drop = stack_fragment_drops(stack, packet, &result);
    if (result.verdict == IP_REASSEMBLY_PROBLEM) {
        const struct ip_icmp_report report = {.kind = IP_ICMP_PARAMETER_PROBLEM,
                                              .code = result.problem_code,
                                              .pointer = result.problem_pointer};
        stack_icmp_error(stack, packet, &report, now_us);
    }
    if (result.verdict != IP_REASSEMBLY_COMPLETE) return drop;
    stack->counters.reassembled++;
    frame_init(packet->frame);
    packet->is_reassembled = true;
    struct ip6_repr whole;
    struct ip6_ext whole_ext;
    drop = gather_add(&packet->frame->bytes, span_from_mut(result.packet))
               ? header_input(packet, &whole, &whole_ext)
               : DROP_FRAGMENT_MALFORMED;
    if (drop == DROP_NONE && whole_ext.verdict != IP6_EXT_ACCEPT)
        drop = ext_trouble(stack, packet, &whole_ext, now_us);
    if (drop == DROP_NONE) drop = stack_deliver(stack, packet, whole_ext.offset, now_us);
    ip_reassembly_release(&stack->reassembly, result.datagram);
    return drop;
}

enum drop_reason stack_ip6_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    struct ip6_repr ip;
    struct ip6_ext ext;
    enum drop_reason drop = header_input(packet, &ip, &ext);
    if (drop != DROP_NONE) return drop;
    drop = stack_addresses_check(packet);
    if (drop != DROP_NONE) return drop;
    if (__builtin_expect(ext.has_fragment, 0))
        return fragment_input(stack, packet, &ip, &ext, now_us);
    if (__builtin_expect(ext.verdict != IP6_EXT_ACCEPT, 0))
        return ext_trouble(stack, packet, &ext, now_us);
    return stack_deliver(stack, packet, ext.offset, now_us);
}
