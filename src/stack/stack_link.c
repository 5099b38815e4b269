/*
 * Ethernet below IP, and the two protocols that find out who is where. ip/ decides; here messages
 * get their headers and leave.
 *
 * A packet whose next hop is not known yet waits in the neighbour cache, as a copy without a link
 * header. It comes back here when the neighbour has answered, or to be reported as undeliverable.
 */
#include "stack/stack_link.h"

#include <string.h>

#include "ip/ip_arp.h"
#include "stack/stack_icmp.h"
#include "stack/stack_input.h"
#include "stack/stack_output.h"
#include "wire/arp.h"
#include "wire/eth.h"
#include "wire/frame_cut.h"
#include "wire/ip6.h"
#include "wire/nd.h"

/* Longest neighbour discovery message that is sent: fixed part and one link address option. */
#define ND_MESSAGE_BYTES_MAX 256u

/* The last step of every frame. */
static void frame_out(struct stack *stack, struct stack_if *iface, const struct frame *frame,
                      uint64_t now_us)
{
    iface->frames_out++;
    iface->bytes_out += frame->bytes.len_bytes;
    stack->counters.frames_out++;
    stack->counters.bytes_out += frame->bytes.len_bytes;
    stack->ops->output(stack, iface->ip.index, frame, now_us);
}

/* Sends a super-segment over an interface that takes none, or none so large. */
static void cut_out(struct stack *stack, struct stack_if *iface, const struct frame *frame,
                    uint64_t now_us)
{
    uint8_t headers[2][FRAME_HEADER_BYTES_MAX];
    struct frame_cut cut;
    if (frame_cut_init(&cut, frame, iface->ip.medium) != WIRE_OK) {
        stack_drop(stack, NULL, DROP_IP_TOO_BIG);
        return;
    }
    /* A piece leaves when the next one is made: its headers, written field by field, have then
     * reached the cache, and whoever copies them need not wait. */
    struct frame piece[2];
    uint32_t made = 0;
    while (
        frame_cut_next(&cut, span_mut_of(headers[made % 2], sizeof headers[0]), &piece[made % 2])) {
        if (made > 0) frame_out(stack, iface, &piece[(made - 1) % 2], now_us);
        made++;
    }
    frame_out(stack, iface, &piece[(made - 1) % 2], now_us);
}

/* Whether the device takes this frame as it is. */
static bool is_super_too_big(const struct stack_if *iface, const struct frame *frame)
{
    const uint32_t max_bytes = iface->ip.super_bytes_max;
    if (frame->segment_bytes == 0) return false;
    return max_bytes == 0 || frame->bytes.len_bytes > max_bytes + FRAME_HEADER_BYTES_MAX;
}

void stack_link_output(struct stack *stack, struct stack_if *iface, const struct eth_addr *to,
                       struct frame *frame, uint64_t now_us)
{
    if (iface->ip.medium == FRAME_LINK_ETHERNET) {
        struct span *front = &frame->bytes.part[0];
        const bool is_v4 = front->data[0] >> 4 == 4;
        const struct eth_repr repr = {
            .dst = *to, .src = iface->ip.mac, .ethertype = is_v4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6};
        /* the room before the header is ours, whatever the span's const says */
        uint8_t *at = (uint8_t *)(uintptr_t)front->data - ETH_HEADER_BYTES;
        eth_emit(&repr, span_mut_of(at, ETH_HEADER_BYTES));
        front->data = at;
        front->len += ETH_HEADER_BYTES;
        frame->bytes.len_bytes += ETH_HEADER_BYTES;
    }
    if (__builtin_expect(is_super_too_big(iface, frame), 0)) {
        cut_out(stack, iface, frame, now_us);
    } else {
        frame_out(stack, iface, frame, now_us);
    }
}

static void arp_out(struct stack *stack, struct stack_if *iface, const struct arp_repr *arp,
                    const struct eth_addr *to, uint64_t now_us)
{
    uint8_t bytes[ETH_HEADER_BYTES + ARP_BYTES];
    const struct eth_repr eth = {.dst = *to, .src = iface->ip.mac, .ethertype = ETH_TYPE_ARP};
    eth_emit(&eth, span_mut_of(bytes, ETH_HEADER_BYTES));
    arp_emit(arp, span_mut_of(bytes + ETH_HEADER_BYTES, ARP_BYTES));
    struct frame frame;
    frame_init(&frame);
    if (gather_add(&frame.bytes, span_of(bytes, sizeof bytes)))
        frame_out(stack, iface, &frame, now_us);
}

static void nd_out(struct stack *stack, struct stack_if *iface, const struct ip_nd_message *message,
                   uint64_t now_us)
{
    const uint32_t len = nd_emit_len(&message->repr);
    uint8_t room[STACK_HEADROOM_BYTES + ND_MESSAGE_BYTES_MAX];
    if (len > ND_MESSAGE_BYTES_MAX) return;
    uint8_t *at = room + STACK_HEADROOM_BYTES;
    nd_emit(&message->repr, span_mut_of(at, len), &message->src, &message->dst);
    const struct stack_ip_header ip = {.src = &message->src,
                                       .dst = &message->dst,
                                       .payload_bytes = len,
                                       .protocol = IP_PROTO_ICMP6,
                                       .hop_limit = ND_HOP_LIMIT};
    const uint8_t *front = stack_ip_emit(&ip, at);
    struct frame frame;
    frame_init(&frame);
    if (!gather_add(&frame.bytes, span_of(front, IP6_HEADER_BYTES + len))) return;
    stack->counters.icmp_out++;
    stack_link_output(stack, iface, &message->link_dst, &frame, now_us);
}

/* Asks for a neighbour: everyone, or at the address it had (`link_addr` not NULL). */
static void ask(struct stack *stack, const struct ip_neighbour *neighbour,
                const struct eth_addr *link_addr, uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, neighbour->if_index);
    if (iface == NULL) return;
    if (ip_addr_is_v4(&neighbour->addr)) {
        const struct eth_addr everyone = eth_addr_broadcast();
        struct arp_repr request;
        if (ip_arp_request(&iface->ip, &neighbour->addr, &request))
            arp_out(stack, iface, &request, link_addr != NULL ? link_addr : &everyone, now_us);
        return;
    }
    struct ip_nd_message message;
    if (ip_nd_solicitation(&iface->ip, &neighbour->addr, link_addr, &message))
        nd_out(stack, iface, &message, now_us);
}

/* A packet that has waited, put behind room for a link header. */
static bool frame_from_waiting(const struct ip_neighbour_packet *packet, struct span_mut room,
                               struct frame *frame)
{
    if (packet->len_bytes > room.len - ETH_HEADER_BYTES) return false;
    memcpy(room.data + ETH_HEADER_BYTES, packet->data, packet->len_bytes);
    frame_init(frame);
    frame->segment_bytes = packet->segment_bytes;
    frame->checksum_partial = packet->checksum_partial;
    return gather_add(&frame->bytes, span_of(room.data + ETH_HEADER_BYTES, packet->len_bytes));
}

/* Room for one packet that waited: as long as config.neighbours lets them be. */
#define WAITING_BYTES_MAX 2048u

/* Sends everything that has waited for a neighbour. */
static void send_waiting(struct stack *stack, struct ip_neighbour *neighbour, uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, neighbour->if_index);
    uint8_t room[ETH_HEADER_BYTES + WAITING_BYTES_MAX];
    struct ip_neighbour_packet *packet;
    while ((packet = ip_neighbour_packet_next(neighbour)) != NULL) {
        struct frame frame;
        if (frame_from_waiting(packet, span_mut_of(room, sizeof room), &frame))
            stack_link_output(stack, iface, &neighbour->link_addr, &frame, now_us);
        ip_neighbour_packet_free(&stack->neighbours, packet);
    }
}

/* Drops everything that has waited; each sender hears of it. */
static void report_waiting(struct stack *stack, struct ip_neighbour *neighbour, uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, neighbour->if_index);
    const struct ip_icmp_report report = {.kind = IP_ICMP_HOST_UNREACHABLE};
    struct ip_neighbour_packet *packet;
    while ((packet = ip_neighbour_packet_next(neighbour)) != NULL) {
        struct gather bytes;
        gather_init(&bytes);
        stack_drop(stack, NULL, DROP_NEIGHBOUR_UNREACHABLE);
        if (gather_add(&bytes, span_of(packet->data, packet->len_bytes)))
            stack_icmp_report_own(stack, iface, &bytes, &report, now_us);
        ip_neighbour_packet_free(&stack->neighbours, packet);
    }
}

/* Does what the neighbour cache says is to be done now. */
static void neighbour_act(struct stack *stack, struct ip_neighbour *neighbour,
                          enum ip_neighbour_action action, uint64_t now_us)
{
    if (neighbour == NULL) return;
    switch (action) {
    case IP_NEIGHBOUR_NOTHING: return;
    case IP_NEIGHBOUR_SOLICIT: ask(stack, neighbour, NULL, now_us); return;
    case IP_NEIGHBOUR_ASK: ask(stack, neighbour, &neighbour->link_addr, now_us); return;
    case IP_NEIGHBOUR_SEND: send_waiting(stack, neighbour, now_us); return;
    case IP_NEIGHBOUR_REPORT: ASSERT(false); return; /* only a timer says so */
    }
}

void stack_link_resolve(struct stack *stack, struct stack_if *iface, struct ip_dest *dest,
                        struct frame *frame, uint64_t now_us)
{
    struct ip_neighbour *neighbour = NULL;
    const enum ip_neighbour_action action =
        ip_neighbour_use(&stack->neighbours, iface->ip.index, &dest->next_hop, &neighbour, now_us);
    if (neighbour == NULL) {
        stack_drop(stack, NULL, DROP_NO_MEMORY);
        return;
    }
    if (ip_neighbour_is_usable(neighbour)) {
        ip_dest_set_link(dest, &neighbour->link_addr);
        stack_link_output(stack, iface, &neighbour->link_addr, frame, now_us);
    } else {
        const enum drop_reason drop = ip_neighbour_wait(&stack->neighbours, neighbour, frame);
        if (drop != DROP_NONE) stack_drop(stack, NULL, drop);
    }
    neighbour_act(stack, neighbour, action, now_us);
}

enum drop_reason stack_arp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    struct stack_if *iface = packet->iface;
    struct arp_repr arp;
    if (arp_parse(&arp, frame_headers(packet->frame)) != WIRE_OK) return DROP_ARP_MALFORMED;
    struct ip_arp_result result;
    ip_arp_input(&iface->ip, &stack->neighbours, &arp, &result, now_us);
    if (result.has_reply) arp_out(stack, iface, &result.reply, &result.reply.target_eth, now_us);
    neighbour_act(stack, result.neighbour, result.action, now_us);
    return result.drop;
}

enum drop_reason stack_nd_input(struct stack *stack, struct stack_packet *packet,
                                struct span message, uint64_t now_us)
{
    struct stack_if *iface = packet->iface;
    struct nd_repr repr;
    if (packet->is_reassembled) return DROP_ICMP_MALFORMED; /* RFC 6980 5 */
    if (nd_parse(&repr, message) != WIRE_OK) return DROP_ICMP_MALFORMED;
    struct ip_nd_result result;
    ip_nd_input(&iface->nd, &repr, &packet->src, &packet->dst, packet->hop_limit, &result, now_us);
    if (result.has_reply) nd_out(stack, iface, &result.reply, now_us);
    neighbour_act(stack, result.neighbour, result.action, now_us);
    return result.drop;
}

void stack_arp_announce(struct stack *stack, struct stack_if *iface, const struct ip_addr *addr,
                        uint64_t now_us)
{
    struct arp_repr request;
    const struct eth_addr everyone = eth_addr_broadcast();
    ip_arp_announcement(&iface->ip, addr, &request);
    arp_out(stack, iface, &request, &everyone, now_us);
}

void stack_neighbour_timer(struct stack *stack, struct ip_timer *timer, uint64_t now_us)
{
    struct ip_neighbour *neighbour = NULL;
    const enum ip_neighbour_action action =
        ip_neighbour_timer(&stack->neighbours, timer, &neighbour, now_us);
    if (action == IP_NEIGHBOUR_REPORT) {
        report_waiting(stack, neighbour, now_us);
    } else {
        neighbour_act(stack, neighbour, action, now_us);
    }
}

void stack_nd_timer(struct stack *stack, struct ip_timer *timer, uint64_t now_us)
{
    struct ip_nd *nd = ip_nd_of(timer);
    struct stack_if *iface = CONTAINER_OF(nd, struct stack_if, nd);
    struct ip_nd_message message;
    while (ip_nd_timer(nd, &message, now_us)) nd_out(stack, iface, &message, now_us);
}
