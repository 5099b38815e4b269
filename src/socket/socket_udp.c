/*
 * UDP sockets.
 */
#include "socket/socket.h"
#include "socket/socket_unreachable.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

int vitro_udp_open(struct vitro_stack *stack, uint64_t user, vitro_socket *socket)
{
    struct socket *s = socket_make(stack, SOCKET_UDP, user);
    if (s == NULL) return -ENOBUFS;
    s->udp = udp_socket_open(&stack->stack.udp);
    if (s->udp == NULL) {
        socket_free(stack, s);
        return -ENOBUFS;
    }
    s->udp->owner = s;
    *socket = socket_handle(s);
    return 0;
}

/* The UDP socket of a handle; NULL with the error in `*error`. */
static struct udp_socket *udp_get(const struct vitro_stack *stack, vitro_socket socket, int *error)
{
    const struct socket *s = socket_get(stack, socket);
    *error = s == NULL ? -EBADF : -EOPNOTSUPP;
    return s != NULL && s->kind == SOCKET_UDP ? s->udp : NULL;
}

int vitro_udp_bind_any(struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    struct udp_socket *udp = udp_get(stack, socket, &error);
    return udp != NULL ? -udp_socket_bind_any(&stack->stack.udp, udp) : error;
}

int vitro_udp_connect(struct vitro_stack *stack, vitro_socket socket,
                      const struct vitro_endpoint *remote)
{
    int error = 0;
    struct udp_socket *udp = udp_get(stack, socket, &error);
    if (udp == NULL) return error;
    const struct ip_addr addr = socket_addr_in(&remote->ip);
    struct udp_host *host = &stack->stack.udp;
    if (ip_addr_is_unspecified(&addr)) return -udp_socket_disconnect(host, udp);
    return -udp_socket_connect(host, udp, &addr, remote->port, socket_zone(remote));
}

int64_t vitro_udp_send(struct vitro_stack *stack, vitro_socket socket,
                       const struct vitro_flow *flow, const void *data, size_t len, uint64_t now_us)
{
    int error = 0;
    struct udp_socket *udp = udp_get(stack, socket, &error);
    if (udp == NULL) return error;
    if (len > UDP_PAYLOAD_BYTES_MAX) return -EMSGSIZE;
    struct gather payload;
    gather_init(&payload);
    if (!gather_add(&payload, span_of(data, len))) return -EMSGSIZE;
    struct udp_send send = {.payload = &payload};
    if (flow != NULL) {
        send.src = socket_addr_in(&flow->local.ip);
        send.src_port = flow->local.port;
        send.dst = socket_addr_in(&flow->remote.ip);
        send.dst_port = flow->remote.port;
        send.zone = socket_zone(&flow->remote);
    }
    stack_at(&stack->stack, now_us);
    error = udp_socket_send(&stack->stack.udp, udp, &send, now_us);
    return error == 0 ? (int64_t)len : -error;
}

int64_t vitro_udp_receive(struct vitro_stack *stack, vitro_socket socket, void *to, size_t len,
                          struct vitro_datagram *datagram)
{
    int error = 0;
    struct udp_socket *udp = udp_get(stack, socket, &error);
    if (udp == NULL) return error;
    error = udp_socket_take_error(udp);
    if (error != 0) return -error;
    const struct udp_datagram *oldest = udp_socket_peek(udp);
    if (oldest == NULL) return -EAGAIN;
    struct gather bytes;
    udp_datagram_bytes(oldest, &bytes);
    const uint32_t copied = gather_copy(&bytes, 0, to, (uint32_t)size_min(len, bytes.len_bytes));
    if (datagram != NULL) {
        datagram->flow.local = socket_endpoint_out(&oldest->dst, oldest->dst_port, oldest->zone);
        datagram->flow.remote = socket_endpoint_out(&oldest->src, oldest->src_port, oldest->zone);
        datagram->len_bytes = oldest->len_bytes;
        datagram->received_us = oldest->received_us;
        datagram->ttl = oldest->hop_limit;
        datagram->dont_fragment = oldest->dont_fragment;
    }
    udp_socket_discard(&stack->stack.udp, udp);
    return (int64_t)copied;
}

int vitro_udp_unreachable(struct vitro_stack *stack, vitro_socket socket,
                          const struct vitro_flow *flow, size_t len,
                          const struct vitro_unreachable *why, uint64_t now_us)
{
    int error = 0;
    const struct udp_socket *udp = udp_get(stack, socket, &error);
    if (udp == NULL) return error;
    if (!udp->is_catch_all && (!udp->is_bound || udp->tuple.local_port != flow->local.port))
        return -EINVAL;
    if (len > UDP_PAYLOAD_BYTES_MAX) return -EMSGSIZE;
    const struct udp_repr repr = {.src_port = flow->remote.port,
                                  .dst_port = flow->local.port,
                                  .payload_bytes = (uint16_t)len};
    uint8_t header[UDP_HEADER_BYTES];
    udp_emit(&repr, span_mut_of(header, sizeof header));
    struct stack_undelivered packet = {.protocol = IP_PROTO_UDP,
                                       .payload_bytes = UDP_HEADER_BYTES + (uint32_t)len,
                                       .transport = span_of(header, sizeof header)};
    return socket_unreachable(stack, flow, why, &packet, now_us);
}
