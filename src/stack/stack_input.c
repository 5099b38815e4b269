/*
 * The way up, from the link header to the door of a protocol.
 *
 * A frame is parsed in place: what has been read is taken off the front of its first part, and put
 * back on when an ICMP error has to quote the packet.
 */
#include "stack/stack_input.h"

#include <string.h>

#include "stack/stack_icmp.h"
#include "stack/stack_link.h"
#include "stack/stack_tcp.h"
#include "stack/stack_udp.h"
#include "wire/eth.h"
#include "wire/ip_proto.h"

/* Reads the Ethernet header and hands on what is behind it. */
static enum drop_reason ethernet_input(struct stack *stack, struct stack_packet *packet,
                                       uint64_t now_us)
{
    const struct span front = frame_headers(packet->frame);
    if (front.len < ETH_HEADER_BYTES) return DROP_LINK_TRUNCATED;
    const uint8_t *h = front.data;
    if (memcmp(h, packet->iface->ip.mac.bytes, ETH_ADDR_BYTES) != 0) {
        if ((h[0] & 1) == 0) return DROP_LINK_NOT_FOR_US;
        packet->is_link_multicast = true;
    }
    uint16_t type = eth_header_type(h);
    uint32_t header_bytes = ETH_HEADER_BYTES;
    if (__builtin_expect(eth_type_is_tag(type), 0)) {
        const struct eth_inner inner = eth_header_inner(front);
        if (!inner.is_whole) return DROP_LINK_TRUNCATED;
        type = inner.ethertype;
        header_bytes = inner.header_bytes;
    }
    stack_packet_advance(packet, header_bytes);
    packet->ip_bytes = 0;
    switch (type) {
    case ETH_TYPE_IP4: return stack_ip4_input(stack, packet, now_us);
    case ETH_TYPE_IP6: return stack_ip6_input(stack, packet, now_us);
    case ETH_TYPE_ARP: return stack_arp_input(stack, packet, now_us);
    default: return DROP_LINK_UNKNOWN_PROTOCOL;
    }
}

/* A frame without a link header: the version says what it is. */
static enum drop_reason bare_input(struct stack *stack, struct stack_packet *packet,
                                   uint64_t now_us)
{
    const struct span front = frame_headers(packet->frame);
    if (front.len == 0) return DROP_LINK_TRUNCATED;
    switch (front.data[0] >> 4) {
    case 4: return stack_ip4_input(stack, packet, now_us);
    case 6: return stack_ip6_input(stack, packet, now_us);
    default: return DROP_LINK_UNKNOWN_PROTOCOL;
    }
}

void stack_input(struct stack *stack, uint32_t if_index, struct frame *frame, uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, if_index);
    stack->now_us = now_us;
    if (iface == NULL) {
        stack_drop(stack, NULL, DROP_LINK_NOT_FOR_US);
        return;
    }
    iface->frames_in++;
    iface->bytes_in += frame->bytes.len_bytes;
    stack->counters.frames_in++;
    stack->counters.bytes_in += frame->bytes.len_bytes;
    struct stack_packet packet = {.iface = iface, .frame = frame};
    stack->current = &packet;
    const enum drop_reason drop = iface->ip.medium == FRAME_LINK_ETHERNET
                                      ? ethernet_input(stack, &packet, now_us)
                                      : bare_input(stack, &packet, now_us);
    if (__builtin_expect(drop != DROP_NONE, 0)) stack_drop(stack, &packet, drop);
    stack->current = NULL;
}

void stack_batch_begin(struct stack *stack, struct stack_batch *batch, uint32_t if_index)
{
    const struct stack_if *iface = stack_if_get(stack, if_index);
    batch->if_index = if_index;
    frame_join_init(&batch->join, iface != NULL ? iface->ip.medium : FRAME_LINK_IP);
}

void stack_batch_add(struct stack *stack, struct stack_batch *batch, struct frame *frame,
                     uint64_t now_us)
{
    if (frame_join_add(&batch->join, frame)) return;
    stack_batch_end(stack, batch, now_us);
    if (!frame_join_begin(&batch->join, frame)) stack_input(stack, batch->if_index, frame, now_us);
}

void stack_batch_end(struct stack *stack, struct stack_batch *batch, uint64_t now_us)
{
    struct frame *held = frame_join_take(&batch->join);
    if (held != NULL) stack_input(stack, batch->if_index, held, now_us);
}

enum drop_reason stack_addresses_check(struct stack_packet *packet)
{
    const struct ip_if *ip = &packet->iface->ip;
    packet->match = (uint8_t)ip_if_classify(ip, &packet->dst);
    if (packet->match == IP_IF_NOT_OURS) return DROP_IP_NOT_FOR_US;
    /* a host that has no address yet asks whether one is free (RFC 4862 5.4.2) */
    const bool is_probe =
        packet->protocol == IP_PROTO_ICMP6 && ip_addr_is_unspecified(&packet->src);
    if (!is_probe && !ip_if_source_is_acceptable(ip, &packet->src)) return DROP_IP_BAD_SOURCE;
    if (ip_addr_is_link_local(&packet->src) || ip_addr_is_link_local(&packet->dst))
        packet->zone = ip->index;
    return DROP_NONE;
}

enum drop_reason stack_fragment_drops(struct stack *stack, struct stack_packet *packet,
                                      const struct ip_reassembly_result *result)
{
    for (uint32_t i = 0; i < result->evicted_packets; i++)
        stack_drop(stack, NULL, DROP_FRAGMENT_LIMIT);
    if (result->drop == DROP_NONE) return DROP_NONE;
    for (uint32_t i = 1; i < result->drop_packets; i++) stack_drop(stack, packet, result->drop);
    return result->drop;
}

/* Nobody here speaks this protocol: RFC 1122 3.2.2.1, RFC 4443 3.4. */
static enum drop_reason unknown_protocol(struct stack *stack, struct stack_packet *packet,
                                         uint64_t now_us)
{
    struct ip_icmp_report report = {.kind = IP_ICMP_PROTOCOL_UNREACHABLE};
    if (!ip_addr_is_v4(&packet->dst)) report.pointer = 6; /* offset of the next header field */
    stack_icmp_error(stack, packet, &report, now_us);
    return DROP_IP_UNKNOWN_PROTOCOL;
}

enum drop_reason stack_deliver(struct stack *stack, struct stack_packet *packet,
                               uint32_t header_bytes, uint64_t now_us)
{
    const bool is_v4 = ip_addr_is_v4(&packet->dst);
    stack_packet_advance(packet, header_bytes);
    switch (packet->protocol) {
    case IP_PROTO_TCP:
        if (packet->match > IP_IF_ANY) return DROP_TCP_BAD_ADDRESS; /* RFC 9293 MUST-57 */
        stack_tcp_input(stack, packet, now_us);
        return DROP_NONE;
    case IP_PROTO_UDP: stack_udp_input(stack, packet, now_us); return DROP_NONE;
    case IP_PROTO_ICMP4:
        if (is_v4) return stack_icmp_input(stack, packet, now_us);
        break;
    case IP_PROTO_ICMP6:
        if (!is_v4) return stack_icmp_input(stack, packet, now_us);
        break;
    default: break;
    }
    return unknown_protocol(stack, packet, now_us);
}
