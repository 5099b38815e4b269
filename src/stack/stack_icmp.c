/*
 * ICMP between IP and those it concerns.
 *
 * An error that arrives is believed only by whom it quotes: TCP, UDP or a ping looks whether it has
 * sent such a packet, and a path MTU is learned only after a yes (RFC 5927 4 and 7).
 *
 * An error that is sent comes from the address the packet was sent to, if that is ours (an
 * interface that accepts any has every address); else from the interface's.
 */
#include "stack/stack_icmp.h"

#include <errno.h>
#include <string.h>

#include "ip/ip_source.h"
#include "stack/stack_input.h"
#include "stack/stack_link.h"
#include "stack/stack_output.h"
#include "stack/stack_ping.h"
#include "stack/stack_ping_request.h"
#include "stack/stack_tcp.h"
#include "stack/stack_udp.h"
#include "stack/stack_way.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* Messages in several pieces are brought together here; longer ones, echo apart, are refused. */
#define ICMP_SCRATCH_BYTES 2048u

/* What both versions have in common, once parsed. */
struct icmp_message {
    struct icmp4_repr v4;
    struct icmp6_repr v6;
    uint8_t scratch[ICMP_SCRATCH_BYTES];
};

/* The whole message in one piece: where it lies, or in the scratch. Empty: too long for that. */
static struct span contiguous(const struct gather *bytes, uint8_t *scratch)
{
    if (bytes->parts == 1) return bytes->part[0];
    if (bytes->len_bytes > ICMP_SCRATCH_BYTES) return span_of(NULL, 0);
    gather_copy(bytes, 0, scratch, bytes->len_bytes);
    return span_of(scratch, bytes->len_bytes);
}

/* Answers an echo request: the same data, from the address that was asked (RFC 1122 3.2.2.6). */
static enum drop_reason echo_reply(struct stack *stack, struct stack_packet *packet,
                                   uint64_t now_us)
{
    const struct gather *request = &packet->frame->bytes;
    if (packet->match == IP_IF_ANY && stack->ping_any != NULL)
        return stack_ping_request_input(stack, packet, now_us);
    if (!stack->config.echo_reply) return DROP_NONE;
    struct ip_addr src = packet->dst;
    if (packet->match > IP_IF_ANY &&
        !ip_source_select(&packet->iface->ip, &packet->src, &src)) /* RFC 4443 4.2 */
        return DROP_IP_NO_ROUTE;
    uint8_t header[ICMP4_HEADER_BYTES];
    ip_icmp_echo_reply(request, &src, &packet->src, span_mut_of(header, sizeof header));
    struct gather data;
    struct gather reply;
    gather_slice(request, ICMP4_HEADER_BYTES, UINT32_MAX, &data);
    gather_init(&reply);
    bool fits = gather_add(&reply, span_of(header, sizeof header));
    for (uint32_t i = 0; i < data.parts; i++) fits = fits && gather_add(&reply, data.part[i]);
    if (!fits) return DROP_NO_MEMORY;
    const struct stack_outgoing out = {
        .src = &src,
        .dst = &packet->src,
        .zone = packet->zone,
        .protocol = packet->protocol,
        .traffic_class = packet->traffic_class & 0xfc,
        .may_fragment = true,
        .header_bytes = ICMP4_HEADER_BYTES,
        .bytes = &reply,
    };
    stack->counters.icmp_out++;
    stack->counters.echo_replies_out++;
    const int error = stack_ip_output(stack, &out, now_us);
    return error == 0 ? DROP_NONE : DROP_IP_NO_ROUTE;
}

/* Remembers a path MTU that somebody we believe has reported. */
static void learn_mtu(struct stack *stack, const struct stack_packet *packet,
                      const struct ip_icmp_error *error, uint64_t now_us)
{
    const struct ip_dest *dest = stack_way(stack, &error->dst, packet->zone);
    if (dest == NULL) return;
    const struct stack_if *iface = stack_if_get(stack, dest->if_index);
    ip_dest_learn_mtu(&stack->dests, &error->dst, packet->zone, error->mtu_bytes,
                      error->packet_bytes, iface->ip.mtu_bytes, now_us);
}

/* An error: to whom it concerns. */
static enum drop_reason error_input(struct stack *stack, struct stack_packet *packet,
                                    const struct ip_icmp_error *error, uint64_t now_us)
{
    bool is_ours = false;
    switch (error->protocol) {
    case IP_PROTO_TCP: is_ours = stack_tcp_icmp(stack, error, packet->zone, now_us); break;
    case IP_PROTO_UDP: is_ours = stack_udp_icmp(stack, error, packet->zone); break;
    case IP_PROTO_ICMP4:
    case IP_PROTO_ICMP6: is_ours = stack_ping_icmp(stack, &packet->src, error); break;
    default: break;
    }
    if (!is_ours) return DROP_ICMP_UNSOLICITED;
    if (error->kind != IP_ICMP_PACKET_TOO_BIG) return DROP_NONE;
    learn_mtu(stack, packet, error, now_us);
    if (error->protocol == IP_PROTO_TCP) stack_tcp_path_changed(stack, error, packet->zone, now_us);
    return DROP_NONE;
}

static enum drop_reason icmp4_input(struct stack *stack, struct stack_packet *packet,
                                    struct icmp_message *m, uint64_t now_us)
{
    const struct span message = contiguous(&packet->frame->bytes, m->scratch);
    const enum wire_status status = icmp4_parse(&m->v4, message);
    if (status == WIRE_BAD_CHECKSUM) return DROP_ICMP_CHECKSUM;
    if (status != WIRE_OK) return DROP_ICMP_MALFORMED;
    stack->counters.icmp_in++;
    if (m->v4.type == ICMP4_ECHO_REPLY) {
        const bool is_ours = stack_ping_input(stack, &packet->src, m->v4.id, m->v4.sequence,
                                              packet->hop_limit, m->v4.data);
        return is_ours ? DROP_NONE : DROP_ICMP_UNSOLICITED;
    }
    struct ip_icmp_error error;
    if (!icmp4_type_is_error(m->v4.type) || !ip_icmp_error_parse4(&error, &m->v4))
        return DROP_NONE; /* RFC 1122 3.2.2: of an unknown type nothing is said */
    return error_input(stack, packet, &error, now_us);
}

static enum drop_reason icmp6_input(struct stack *stack, struct stack_packet *packet,
                                    struct icmp_message *m, uint64_t now_us)
{
    const struct span message = contiguous(&packet->frame->bytes, m->scratch);
    const enum wire_status status = icmp6_parse(&m->v6, message, &packet->src, &packet->dst);
    if (status == WIRE_BAD_CHECKSUM) return DROP_ICMP_CHECKSUM;
    if (status != WIRE_OK) return DROP_ICMP_MALFORMED;
    stack->counters.icmp_in++;
    if (icmp6_type_is_nd(m->v6.type)) return stack_nd_input(stack, packet, message, now_us);
    if (m->v6.type == ICMP6_ECHO_REPLY) {
        const bool is_ours = stack_ping_input(stack, &packet->src, m->v6.id, m->v6.sequence,
                                              packet->hop_limit, m->v6.data);
        return is_ours ? DROP_NONE : DROP_ICMP_UNSOLICITED;
    }
    struct ip_icmp_error error;
    if (!icmp6_type_is_error(m->v6.type) || !ip_icmp_error_parse6(&error, &m->v6))
        return DROP_NONE; /* RFC 4443 2.4 (b) */
    return error_input(stack, packet, &error, now_us);
}

/* Whether the checksum of a message, which may lie in several pieces, is good. */
static bool checksum_is_right(const struct stack_packet *packet)
{
    const struct gather *bytes = &packet->frame->bytes;
    if (packet->protocol == IP_PROTO_ICMP4)
        return checksum_is_good(checksum_gather(0, bytes, 0, bytes->len_bytes));
    return checksum_transport_is_good(&packet->src, &packet->dst, IP_PROTO_ICMP6, bytes, 0,
                                      bytes->len_bytes);
}

enum drop_reason stack_icmp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    const struct span front = frame_headers(packet->frame);
    if (front.len < ICMP4_HEADER_BYTES) return DROP_ICMP_MALFORMED;
    const bool is_v4 = packet->protocol == IP_PROTO_ICMP4;
    if (ip_addr_is_unspecified(&packet->src) && !icmp6_type_is_nd(front.data[0]))
        return DROP_IP_BAD_SOURCE;
    if (front.data[0] == (is_v4 ? (uint8_t)ICMP4_ECHO_REQUEST : (uint8_t)ICMP6_ECHO_REQUEST)) {
        if (!checksum_is_right(packet)) return DROP_ICMP_CHECKSUM;
        stack->counters.icmp_in++;
        return echo_reply(stack, packet, now_us);
    }
    struct icmp_message message;
    return is_v4 ? icmp4_input(stack, packet, &message, now_us)
                 : icmp6_input(stack, packet, &message, now_us);
}

void stack_icmp_error_send(struct stack *stack, const struct gather *bytes,
                           const struct ip_icmp_report *report, const struct ip_addr *from,
                           const struct ip_addr *to, uint16_t zone, uint64_t now_us)
{
    if (!ip_icmp_limit_allow(&stack->icmp_limit, to, now_us)) {
        stack_drop(stack, NULL, DROP_ICMP_RATE_LIMIT);
        return;
    }
    uint8_t message[IP_ICMP_ERROR_BYTES_MAX];
    const uint32_t len =
        ip_icmp_error_emit(bytes, report, from, span_mut_of(message, sizeof message));
    struct gather out_bytes;
    gather_init(&out_bytes);
    if (!gather_add(&out_bytes, span_of(message, len))) return;
    const struct stack_outgoing out = {
        .src = from,
        .dst = to,
        .zone = zone,
        .protocol = ip_addr_is_v4(to) ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6,
        .may_fragment = true,
        .header_bytes = ICMP4_HEADER_BYTES,
        .bytes = &out_bytes,
    };
    stack->counters.icmp_out++;
    if (stack_ip_output(stack, &out, now_us) != 0) stack_drop(stack, NULL, DROP_IP_NO_ROUTE);
}

void stack_icmp_error(struct stack *stack, struct stack_packet *packet,
                      const struct ip_icmp_report *report, uint64_t now_us)
{
    const uint32_t ip_bytes = packet->ip_bytes;
    stack_packet_rewind(packet);
    struct ip_addr from = packet->dst;
    const bool has_source = packet->match == IP_IF_UNICAST || packet->match == IP_IF_ANY ||
                            ip_source_select(&packet->iface->ip, &packet->src, &from);
    if (has_source && ip_icmp_may_answer(&packet->frame->bytes, report, packet->is_link_multicast,
                                         packet->match == IP_IF_BROADCAST))
        stack_icmp_error_send(stack, &packet->frame->bytes, report, &from, &packet->src,
                              packet->zone, now_us);
    stack_packet_advance(packet, ip_bytes);
}

/* Who sent a packet, as its header says; false if there is no whole header. */
static bool packet_source(const struct gather *bytes, struct ip_addr *src)
{
    const struct span front = bytes->parts > 0 ? bytes->part[0] : span_of(NULL, 0);
    if (front.len >= IP4_HEADER_BYTES && ip4_header_version(front.data) == 4) {
        *src = ip4_header_src(front.data);
        return true;
    }
    if (front.len >= IP6_HEADER_BYTES && ip6_header_version(front.data) == 6) {
        *src = ip6_header_src(front.data);
        return true;
    }
    return false;
}

void stack_icmp_report(struct stack *stack, const struct gather *bytes,
                       const struct ip_icmp_report *report, uint64_t now_us)
{
    struct ip_addr to;
    struct ip_addr from;
    if (!packet_source(bytes, &to)) return;
    if (stack_way_source(stack, &to, 0, &from) != 0) return;
    if (ip_icmp_may_answer(bytes, report, false, false))
        stack_icmp_error_send(stack, bytes, report, &from, &to, 0, now_us);
}

void stack_icmp_report_own(struct stack *stack, struct stack_if *iface, const struct gather *bytes,
                           const struct ip_icmp_report *report, uint64_t now_us)
{
    struct ip_addr us;
    if (!packet_source(bytes, &us)) return;
    uint8_t message[IP_ICMP_ERROR_BYTES_MAX];
    const uint32_t len =
        ip_icmp_error_emit(bytes, report, &us, span_mut_of(message, sizeof message));
    struct frame frame;
    frame_init(&frame);
    if (!gather_add(&frame.bytes, span_of(message, len))) return;
    struct stack_packet packet = {.iface = iface, .frame = &frame, .src = us, .dst = us};
    packet.zone = ip_addr_is_link_local(&us) ? iface->ip.index : 0;
    struct ip_icmp_error error;
    bool is_read;
    if (ip_addr_is_v4(&us)) {
        struct icmp4_repr repr;
        is_read = icmp4_parse(&repr, frame_headers(&frame)) == WIRE_OK &&
                  ip_icmp_error_parse4(&error, &repr);
    } else {
        struct icmp6_repr repr;
        is_read = icmp6_parse(&repr, frame_headers(&frame), &us, &us) == WIRE_OK &&
                  ip_icmp_error_parse6(&error, &repr);
    }
    /* whether somebody still waits for an answer or not, the packet has been counted */
    if (is_read) (void)error_input(stack, &packet, &error, now_us);
}
