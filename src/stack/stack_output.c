/*
 * From a transport message to frames. TCP's segments take their own short way (stack_tcp.c) and
 * meet the others in stack_way_output().
 */
#include "stack/stack_output.h"

#include <errno.h>
#include <string.h>

#include "ip/ip_fragment.h"
#include "stack/stack_link.h"
#include "stack/stack_way.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

uint8_t *stack_ip_emit(const struct stack_ip_header *ip, uint8_t *end)
{
    if (ip_addr_is_v4(ip->dst)) {
        const struct ip4_repr repr = {.src = *ip->src,
                                      .dst = *ip->dst,
                                      .dscp = ip->traffic_class >> 2,
                                      .ecn = ip->traffic_class & 3,
                                      .ttl = ip->hop_limit,
                                      .protocol = ip->protocol,
                                      .id = ip->id,
                                      .has_dont_fragment = ip->dont_fragment,
                                      .payload_bytes = (uint16_t)ip->payload_bytes};
        uint8_t *at = end - IP4_HEADER_BYTES;
        ip4_emit(&repr, span_mut_of(at, IP4_HEADER_BYTES));
        return at;
    }
    const struct ip6_repr repr = {.src = *ip->src,
                                  .dst = *ip->dst,
                                  .flow_label = ip->flow_label,
                                  .dscp = ip->traffic_class >> 2,
                                  .ecn = ip->traffic_class & 3,
                                  .hop_limit = ip->hop_limit,
                                  .next_header = ip->protocol,
                                  .payload_bytes = (uint16_t)ip->payload_bytes};
    uint8_t *at = end - IP6_HEADER_BYTES;
    ip6_emit(&repr, span_mut_of(at, IP6_HEADER_BYTES));
    return at;
}

void stack_way_output(struct stack *stack, struct ip_dest *dest, struct frame *frame,
                      uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, dest->if_index);
    if (__builtin_expect(dest->has_link, 1)) {
        stack_link_output(stack, iface, &dest->link_addr, frame, now_us);
    } else {
        stack_link_resolve(stack, iface, dest, frame, now_us);
    }
}

/* What the header of a whole packet, or of its pieces, says. */
static void header_fill(struct stack *stack, const struct stack_outgoing *out,
                        const struct stack_if *iface, struct stack_ip_header *ip)
{
    *ip = (struct stack_ip_header){
        .src = out->src,
        .dst = out->dst,
        .payload_bytes = out->bytes->len_bytes,
        .dont_fragment = !out->may_fragment,
        .protocol = out->protocol,
        .hop_limit = out->hop_limit != 0 ? out->hop_limit : iface->ip.hop_limit,
        .traffic_class = out->traffic_class,
    };
    if (ip_addr_is_v4(out->dst) && out->may_fragment) {
        ip->id = (uint16_t)ip_id_next(&stack->ids, out->src, out->dst, out->protocol);
    }
}

/* Prepares the cut; IPv4 pieces share the id that the header was given. */
static int cut_init(struct stack *stack, struct ip_fragment_cut *cut,
                    const struct stack_ip_header *ip, const struct gather *bytes,
                    uint32_t mtu_bytes)
{
    if (ip_addr_is_v4(ip->dst)) {
        const struct ip4_repr repr = {.src = *ip->src,
                                      .dst = *ip->dst,
                                      .dscp = ip->traffic_class >> 2,
                                      .ecn = ip->traffic_class & 3,
                                      .ttl = ip->hop_limit,
                                      .protocol = ip->protocol,
                                      .id = ip->id,
                                      .payload_bytes = (uint16_t)bytes->len_bytes};
        return ip_fragment_init4(cut, &repr, bytes, mtu_bytes);
    }
    const struct ip6_repr repr = {.src = *ip->src,
                                  .dst = *ip->dst,
                                  .dscp = ip->traffic_class >> 2,
                                  .ecn = ip->traffic_class & 3,
                                  .hop_limit = ip->hop_limit,
                                  .next_header = ip->protocol,
                                  .payload_bytes = (uint16_t)bytes->len_bytes};
    const uint32_t id = ip_id_next(&stack->ids, ip->src, ip->dst, ip->protocol);
    return ip_fragment_init6(cut, &repr, id, bytes, mtu_bytes);
}

static int output_fragments(struct stack *stack, struct ip_dest *dest,
                            const struct stack_ip_header *ip, const struct gather *bytes,
                            uint32_t mtu_bytes, uint64_t now_us)
{
    struct ip_fragment_cut cut;
    const int error = cut_init(stack, &cut, ip, bytes, mtu_bytes);
    if (error != 0) return EMSGSIZE;
    uint8_t room[ETH_HEADER_BYTES + IP_FRAGMENT_HEADER_BYTES];
    const struct span_mut header =
        span_mut_of(room + ETH_HEADER_BYTES, sizeof room - ETH_HEADER_BYTES);
    struct frame piece;
    frame_init(&piece);
    while (ip_fragment_next(&cut, header, &piece.bytes)) {
        stack->counters.fragments_out++;
        stack_way_output(stack, dest, &piece, now_us);
        frame_init(&piece);
    }
    return 0;
}

int stack_ip_output(struct stack *stack, const struct stack_outgoing *out, uint64_t now_us)
{
    struct ip_dest *dest = stack_way(stack, out->dst, out->zone);
    if (dest == NULL) return ENETUNREACH;
    const struct stack_if *iface = stack_if_get(stack, dest->if_index);
    const uint32_t mtu_bytes = ip_dest_mtu(dest, iface->ip.mtu_bytes, now_us);
    const uint32_t ip_bytes = stack_ip_header_bytes(out->dst);
    /* RFC 791 3.1 counts the header, RFC 8200 3 does not. */
    const uint32_t counted = ip_bytes == IP6_HEADER_BYTES ? 0 : ip_bytes;
    if (out->bytes->len_bytes > UINT16_MAX - counted) return EMSGSIZE;
    struct stack_ip_header ip;
    header_fill(stack, out, iface, &ip);
    if (out->bytes->len_bytes + ip_bytes > mtu_bytes) {
        if (!out->may_fragment) return EMSGSIZE;
        return output_fragments(stack, dest, &ip, out->bytes, mtu_bytes, now_us);
    }
    uint8_t room[STACK_ROOM_BYTES];
    ASSERT(out->header_bytes <= sizeof room - STACK_HEADROOM_BYTES);
    gather_copy(out->bytes, 0, room + STACK_HEADROOM_BYTES, out->header_bytes);
    const uint8_t *front = stack_ip_emit(&ip, room + STACK_HEADROOM_BYTES);
    struct frame frame;
    frame_init(&frame);
    struct gather rest;
    gather_slice(out->bytes, out->header_bytes, UINT32_MAX, &rest);
    bool fits = gather_add(&frame.bytes, span_of(front, ip_bytes + out->header_bytes));
    for (uint32_t i = 0; i < rest.parts; i++) fits = fits && gather_add(&frame.bytes, rest.part[i]);
    if (!fits) return EMSGSIZE;
    stack_way_output(stack, dest, &frame, now_us);
    return 0;
}
