/*
 * UDP's floor and ceiling. A datagram for a port where nobody listens is answered with "port
 * unreachable" (RFC 1122 4.1.3.1), never if it was sent to more than one host.
 */
#include "stack/stack_udp.h"

#include "stack/stack_icmp.h"
#include "stack/stack_output.h"
#include "stack/stack_way.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

static struct stack *stack_of(struct udp_host *host)
{
    return CONTAINER_OF(host, struct stack, udp);
}

static int ops_source(struct udp_host *host, const struct ip_addr *dst, uint16_t zone,
                      struct ip_addr *src)
{
    return stack_way_source(stack_of(host), dst, zone, src);
}

static int ops_output(struct udp_host *host, const struct udp_outgoing *udp, uint64_t now_us)
{
    const struct stack_outgoing out = {
        .src = &udp->src,
        .dst = &udp->dst,
        .zone = udp->zone,
        .protocol = IP_PROTO_UDP,
        .hop_limit = udp->hop_limit,
        .traffic_class = udp->traffic_class,
        .may_fragment = udp->may_fragment,
        .header_bytes = UDP_HEADER_BYTES,
        .bytes = udp->bytes,
    };
    return stack_ip_output(stack_of(host), &out, now_us);
}

static void ops_ready(struct udp_host *host, struct udp_socket *socket)
{
    struct stack *stack = stack_of(host);
    if (stack->ops->udp_ready != NULL) stack->ops->udp_ready(stack, socket);
}

static void ops_drop(struct udp_host *host, enum drop_reason reason)
{
    struct stack *stack = stack_of(host);
    stack_drop(stack, stack->current, reason);
}

const struct udp_host_ops stack_udp_ops = {
    .source = ops_source, .output = ops_output, .ready = ops_ready, .drop = ops_drop};

void stack_udp_input(struct stack *stack, struct stack_packet *packet, uint64_t now_us)
{
    const struct udp_packet datagram = {.src = packet->src,
                                        .dst = packet->dst,
                                        .zone = packet->zone,
                                        .hop_limit = packet->hop_limit,
                                        .dont_fragment = packet->dont_fragment,
                                        .checksum_partial = packet->frame->checksum_partial,
                                        .bytes = &packet->frame->bytes};
    if (udp_host_input(&stack->udp, &datagram, now_us) != UDP_NO_PORT) return;
    if (packet->match > IP_IF_ANY) return;
    const struct ip_icmp_report report = {.kind = IP_ICMP_PORT_UNREACHABLE};
    stack_icmp_error(stack, packet, &report, now_us);
}

bool stack_udp_icmp(struct stack *stack, const struct ip_icmp_error *error, uint16_t zone)
{
    if (!error->has_ports) return false;
    const struct udp_icmp icmp = {.tuple = {.local = error->src,
                                            .remote = error->dst,
                                            .local_port = error->src_port,
                                            .remote_port = error->dst_port,
                                            .zone = zone},
                                  .error = error->error,
                                  .is_packet_too_big = error->kind == IP_ICMP_PACKET_TOO_BIG};
    return udp_host_icmp(&stack->udp, &icmp);
}
