/*
 * TCP's floor and ceiling: where its segments get their IP header and leave, and where arriving
 * ones and ICMP errors are handed over.
 *
 * A segment goes down with its headers written once, in one small buffer on the C stack, behind
 * room for what comes before; the payload is never touched except by the checksum:
 *
 *     | room | link | IP | TCP with options |  ->  payload spans in the send buffer
 */
#include "stack/stack_tcp.h"

#include <string.h>

#include "stack/stack_output.h"
#include "stack/stack_way.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

static struct stack *stack_of(struct tcp_host *host)
{
    return CONTAINER_OF(host, struct stack, tcp);
}

/* TCP always sends super-segments: what the device does not take is cut in stack_link.c, which
 * costs less than deciding and building each segment on its own. */
#define SUPER_BYTES_MAX   64000u
/* The length field of IP, less its longest header and TCP's. */
#define SUPER_BYTES_LIMIT (65535u - IP4_HEADER_BYTES_MAX - TCP_HEADER_BYTES_MAX)

static struct tcp_path ops_path(struct tcp_host *host, const struct tcp_tuple *tuple)
{
    struct stack *stack = stack_of(host);
    const struct ip_dest *dest = stack_way(stack, &tuple->remote, tuple->zone);
    if (dest == NULL) return (struct tcp_path){.mtu_bytes = 0};
    const struct ip_if *ip = &stack_if_get(stack, dest->if_index)->ip;
    return (struct tcp_path){.mtu_bytes = ip_dest_mtu(dest, ip->mtu_bytes, stack->now_us),
                             .super_bytes_max =
                                 ip->super_bytes_max != 0
                                     ? u32_min(ip->super_bytes_max, SUPER_BYTES_LIMIT)
                                     : SUPER_BYTES_MAX,
                             .checksum_offload = ip->checksum_offload};
}

/*
 * Writes the TCP checksum, of every segment (RFC 9293 MUST-2). Of a super-segment, and where the
 * device completes it, only the pseudo header's part (returns true); else all of it.
 */
static bool checksum_emit(const struct tcp_outgoing *out, const struct ip_if *ip,
                          struct span_mut header, uint32_t payload_bytes)
{
    const uint32_t total_bytes = (uint32_t)header.len + payload_bytes;
    uint32_t sum =
        checksum_pseudo(&out->tuple->local, &out->tuple->remote, IP_PROTO_TCP, total_bytes);
    if (ip->checksum_offload || out->segment_bytes != 0) {
        put_be16(header.data + TCP_CHECKSUM_OFFSET, checksum_fold(sum));
        return true;
    }
    sum = checksum_add(sum, span_from_mut(header));
    if (payload_bytes != 0) sum = checksum_gather(sum, out->payload, 0, payload_bytes);
    put_be16(header.data + TCP_CHECKSUM_OFFSET, checksum_finish(sum));
    return false;
}

/* How many segments of the wire this one stands for. */
static uint32_t wire_segments(const struct tcp_outgoing *out, uint32_t payload_bytes)
{
    if (out->segment_bytes == 0 || payload_bytes <= out->segment_bytes) return 1;
    return (payload_bytes + out->segment_bytes - 1) / out->segment_bytes;
}

/* Writes the IP header before the TCP header at `tcp`; returns where it begins. */
static uint8_t *header_emit(struct stack *stack, const struct tcp_outgoing *out,
                            struct ip_dest *dest, const struct ip_if *ip, uint8_t *tcp,
                            uint32_t header_bytes, uint32_t payload_bytes)
{
    const struct tcp_tuple *tuple = out->tuple;
    struct stack_ip_header header = {.src = &tuple->local,
                                     .dst = &tuple->remote,
                                     .payload_bytes = header_bytes + payload_bytes,
                                     .dont_fragment = true,
                                     .protocol = IP_PROTO_TCP,
                                     .hop_limit = out->ttl != 0 ? out->ttl : ip->hop_limit,
                                     .traffic_class = out->traffic_class};
    if (ip_addr_is_v4(&tuple->remote)) {
        header.id = ip_dest_take_ids(dest, wire_segments(out, payload_bytes));
    } else {
        header.flow_label = ip_flow_label(&stack->flow_key, &tuple->local, &tuple->remote,
                                          tuple->local_port, tuple->remote_port, IP_PROTO_TCP);
    }
    return stack_ip_emit(&header, tcp);
}

static void ops_output(struct tcp_host *host, const struct tcp_outgoing *out, uint64_t now_us)
{
    struct stack *stack = stack_of(host);
    struct ip_dest *dest = stack_way(stack, &out->tuple->remote, out->tuple->zone);
    if (dest == NULL) {
        stack_drop(stack, NULL, DROP_IP_NO_ROUTE);
        return;
    }
    const struct ip_if *ip = &stack_if_get(stack, dest->if_index)->ip;
    const uint32_t header_bytes = tcp_emit_len(&out->repr);
    const uint32_t payload_bytes = out->payload != NULL ? out->payload->len_bytes : 0;
    const uint32_t wire_bytes = out->segment_bytes != 0 ? out->segment_bytes : payload_bytes;
    if (stack_ip_header_bytes(&out->tuple->remote) + header_bytes + wire_bytes >
        ip_dest_mtu(dest, ip->mtu_bytes, now_us)) {
        stack_drop(stack, NULL, DROP_IP_TOO_BIG); /* sent for a path that has just shrunk */
        return;
    }
    uint8_t room[STACK_ROOM_BYTES];
    uint8_t *tcp = room + STACK_HEADROOM_BYTES;
    const struct span_mut header = span_mut_of(tcp, header_bytes);
    struct frame frame;
    frame_init(&frame);
    tcp_emit(&out->repr, header);
    frame.segment_bytes = out->segment_bytes;
    frame.checksum_partial = checksum_emit(out, ip, header, payload_bytes);
    const uint8_t *front = header_emit(stack, out, dest, ip, tcp, header_bytes, payload_bytes);
    bool fits = gather_add(&frame.bytes, span_of(front, (size_t)(tcp + header_bytes - front)));
    for (uint32_t i = 0; out->payload != NULL && i < out->payload->parts; i++)
        fits = fits && gather_add(&frame.bytes, out->payload->part[i]);
    if (fits) {
        stack_way_output(stack, dest, &frame, now_us);
    } else {
        stack_drop(stack, NULL, DROP_NO_MEMORY);
    }
}

static void ops_ready(struct tcp_host *host, struct tcp_conn *conn)
{
    struct stack *stack = stack_of(host);
    if (stack->ops->tcp_ready != NULL) stack->ops->tcp_ready(stack, conn);
}

static void ops_listener_ready(struct tcp_host *host, struct tcp_listener *listener)
{
    struct stack *stack = stack_of(host);
    if (stack->ops->listener_ready != NULL) stack->ops->listener_ready(stack, listener);
}

static uint32_t ops_sink(struct tcp_host *host, struct tcp_conn *conn, const struct gather *payload,
                         uint64_t now_us)
{
    struct stack *stack = stack_of(host);
    return stack->ops->sink != NULL ? stack->ops->sink(stack, conn, payload, now_us) : 0;
}

static void ops_event(struct tcp_host *host, const struct tcp_event *event)
{
    struct stack *stack = stack_of(host);
    const uint16_t if_index = stack->current != NULL ? stack->current->iface->ip.index : 0;
    stack->ops->event(stack, event, if_index);
}

static void ops_drop(struct tcp_host *host, enum drop_reason reason)
{
    struct stack *stack = stack_of(host);
    /* TCP reports the drops of segments that it could read itself */
    if (reason == DROP_TCP_MALFORMED || reason == DROP_TCP_CHECKSUM) {
        stack_drop(stack, stack->current, reason);
    } else {
        stack_drop_count(stack, stack->current, reason);
    }
}

const struct tcp_host_ops *stack_tcp_ops(bool has_events)
{
    static const struct tcp_host_ops watched = {
        .path = ops_path,
        .output = ops_output,
        .ready = ops_ready,
        .listener_ready = ops_listener_ready,
        .sink = ops_sink,
        .event = ops_event,
        .drop = ops_drop,
    };
    static const struct tcp_host_ops unwatched = {
        .path = ops_path,
        .output = ops_output,
        .ready = ops_ready,
        .listener_ready = ops_listener_ready,
        .sink = ops_sink,
        .drop = ops_drop,
    };
    return has_events ? &watched : &unwatched;
}

void stack_tcp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    const struct tcp_packet segment = {.src = packet->src,
                                       .dst = packet->dst,
                                       .zone = packet->zone,
                                       .ecn = packet->traffic_class & 3,
                                       .segment_bytes = packet->frame->segment_bytes,
                                       .checksum_partial = packet->frame->checksum_partial,
                                       .bytes = &packet->frame->bytes};
    tcp_host_input(&stack->tcp, &segment, now_us);
}

/* How TCP takes an error, by RFC 9293 3.9.2.2. */
static enum tcp_icmp_kind icmp_kind(const struct ip_icmp_error *error)
{
    if (error->kind == IP_ICMP_PACKET_TOO_BIG) return TCP_ICMP_PACKET_TOO_BIG;
    return error->is_hard ? TCP_ICMP_HARD : TCP_ICMP_SOFT;
}

bool stack_tcp_icmp(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone,
                    uint64_t now_us)
{
    if (!error->has_ports || !error->has_seq) return false;
    const struct tcp_icmp icmp = {.tuple = {.local = error->src,
                                            .remote = error->dst,
                                            .local_port = error->src_port,
                                            .remote_port = error->dst_port,
                                            .zone = zone},
                                  .seq = tcp_seq_of(error->seq),
                                  .kind = icmp_kind(error),
                                  .error = error->error,
                                  .mtu_bytes = error->mtu_bytes};
    return tcp_host_icmp(&stack->tcp, &icmp, now_us);
}

void stack_tcp_path_changed(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone,
                            uint64_t now_us)
{
    const struct tcp_tuple tuple = {.local = error->src,
                                    .remote = error->dst,
                                    .local_port = error->src_port,
                                    .remote_port = error->dst_port,
                                    .zone = zone};
    tcp_host_path_changed(&stack->tcp, &tuple, now_us);
}
