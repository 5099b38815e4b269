/*
 * From the public words for what went wrong to ICMP's.
 *
 * Of a datagram "no route" is said over IPv4 in its hard form, network unknown: it is what a host's
 * own kernel says at once (ENETUNREACH), and the soft form would not reach a connected UDP socket
 * on Linux. Pings and SYNs need no such help.
 */
#include "socket/socket_unreachable.h"

#include "wire/ip_proto.h"

/* What each kind is called below. */
static bool kind_in(enum vitro_unreachable_kind kind, bool is_udp, enum ip_icmp_kind *to)
{
    switch (kind) {
    case VITRO_UNREACHABLE_NET:
        *to = is_udp ? IP_ICMP_NET_UNKNOWN : IP_ICMP_NET_UNREACHABLE;
        return true;
    case VITRO_UNREACHABLE_HOST: *to = IP_ICMP_HOST_UNREACHABLE; return true;
    case VITRO_UNREACHABLE_PORT: *to = IP_ICMP_PORT_UNREACHABLE; return true;
    case VITRO_UNREACHABLE_ADMIN: *to = IP_ICMP_PROHIBITED; return true;
    case VITRO_UNREACHABLE_TOO_BIG: *to = IP_ICMP_PACKET_TOO_BIG; return true;
    case VITRO_UNREACHABLE_TTL: *to = IP_ICMP_TTL_EXCEEDED; return true;
    }
    return false;
}

int socket_unreachable(struct vitro_stack *stack, const struct vitro_flow *flow,
                       const struct vitro_unreachable *why, struct stack_undelivered *packet,
                       uint64_t now_us)
{
    packet->report = (struct ip_icmp_report){.mtu_bytes = why->mtu_bytes};
    if (!kind_in(why->kind, packet->protocol == IP_PROTO_UDP, &packet->report.kind)) return -EINVAL;
    packet->src = socket_addr_in(&flow->remote.ip);
    packet->dst = socket_addr_in(&flow->local.ip);
    packet->zone = socket_zone(&flow->remote);
    packet->from = socket_addr_in(&why->from);
    stack_at(&stack->stack, now_us);
    return -stack_unreachable_send(&stack->stack, packet, now_us);
}
