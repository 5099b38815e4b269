/*
 * Ping sockets.
 */
#include "socket/socket.h"
#include "socket/socket_unreachable.h"
#include "stack/stack_ping_request.h"
#include "wire/ip_proto.h"

int vitro_ping_open(struct vitro_stack *stack, uint64_t user, vitro_socket *socket)
{
    struct socket *s = socket_make(stack, SOCKET_PING, user);
    if (s == NULL) return -ENOBUFS;
    s->ping = stack_ping_open(&stack->stack);
    if (s->ping == NULL) {
        socket_free(stack, s);
        return -ENOBUFS;
    }
    s->ping->owner = s;
    *socket = socket_handle(s);
    return 0;
}

/* The ping of a handle; NULL with the error in `*error`. */
static struct stack_ping *ping_get(const struct vitro_stack *stack, vitro_socket socket, int *error)
{
    const struct socket *s = socket_get(stack, socket);
    *error = s == NULL ? -EBADF : -EOPNOTSUPP;
    return s != NULL && s->kind == SOCKET_PING ? s->ping : NULL;
}

int64_t vitro_ping_send(struct vitro_stack *stack, vitro_socket socket, const struct vitro_ip *to,
                        uint16_t sequence, const void *data, size_t len, uint64_t now_us)
{
    int error = 0;
    struct stack_ping *ping = ping_get(stack, socket, &error);
    if (ping == NULL) return error;
    const struct ip_addr dst = socket_addr_in(to);
    stack_at(&stack->stack, now_us);
    error = stack_ping_send(&stack->stack, ping, &dst, 0, sequence, span_of(data, len), now_us);
    return error == 0 ? (int64_t)len : -error;
}

int64_t vitro_ping_receive(struct vitro_stack *stack, vitro_socket socket, void *to, size_t len,
                           struct vitro_ping_reply *reply)
{
    int error = 0;
    struct stack_ping *ping = ping_get(stack, socket, &error);
    if (ping == NULL) return error;
    const struct stack_ping_reply *oldest = stack_ping_peek(ping);
    if (oldest == NULL) return -EAGAIN;
    const size_t kept = size_min(oldest->len_bytes, sizeof oldest->data);
    const size_t copied = size_min(len, kept);
    if (copied > 0) memcpy(to, oldest->data, copied);
    if (reply != NULL) {
        *reply = (struct vitro_ping_reply){.from = socket_addr_out(&oldest->from),
                                           .sequence = oldest->sequence,
                                           .ttl = oldest->hop_limit,
                                           .error = -oldest->error,
                                           .len_bytes = oldest->len_bytes};
    }
    stack_ping_discard(&stack->stack, ping);
    return (int64_t)copied;
}

int vitro_ping_bind_any(struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    struct stack_ping *ping = ping_get(stack, socket, &error);
    return ping != NULL ? -stack_ping_bind_any(&stack->stack, ping) : error;
}

int64_t vitro_ping_next_request(struct vitro_stack *stack, vitro_socket socket, void *to,
                                size_t len, struct vitro_ping_request *request)
{
    int error = 0;
    struct stack_ping *ping = ping_get(stack, socket, &error);
    if (ping == NULL) return error;
    const struct stack_ping_request *oldest = stack_ping_request_peek(ping);
    if (oldest == NULL) return -EAGAIN;
    const struct udp_datagram *datagram = oldest->datagram;
    struct gather bytes;
    udp_datagram_bytes(datagram, &bytes);
    const uint32_t copied = gather_copy(&bytes, 0, to, (uint32_t)size_min(len, bytes.len_bytes));
    if (request != NULL) {
        *request = (struct vitro_ping_request){
            .flow = {.local = socket_endpoint_out(&datagram->dst, 0, datagram->zone),
                     .remote = socket_endpoint_out(&datagram->src, 0, datagram->zone)},
            .identifier = oldest->id,
            .sequence = oldest->sequence,
            .ttl = oldest->hop_limit,
            .len_bytes = datagram->len_bytes,
            .received_us = datagram->received_us};
    }
    stack_ping_request_discard(&stack->stack, ping);
    return (int64_t)copied;
}

/* The ping that takes requests; NULL with the error in `*error`. */
static struct stack_ping *taker_get(const struct vitro_stack *stack, vitro_socket socket,
                                    int *error)
{
    struct stack_ping *ping = ping_get(stack, socket, error);
    if (ping == NULL || ping == stack->stack.ping_any) return ping;
    *error = -EINVAL;
    return NULL;
}

int64_t vitro_ping_answer(struct vitro_stack *stack, vitro_socket socket,
                          const struct vitro_ping_request *request, const void *data, size_t len,
                          uint64_t now_us)
{
    int error = 0;
    const struct stack_ping *ping = taker_get(stack, socket, &error);
    if (ping == NULL) return error;
    const struct ip_addr src = socket_addr_in(&request->flow.local.ip);
    const struct ip_addr dst = socket_addr_in(&request->flow.remote.ip);
    const struct stack_echo echo = {
        .is_reply = true,
        .src = &src,
        .dst = &dst,
        .zone = socket_zone(&request->flow.remote),
        .id = request->identifier,
        .sequence = request->sequence,
        .hop_limit = ping->hop_limit,
        .traffic_class = ping->traffic_class,
        .data = span_of(data, len),
    };
    stack_at(&stack->stack, now_us);
    error = stack_echo_output(&stack->stack, &echo, now_us);
    return error == 0 ? (int64_t)len : -error;
}

int vitro_ping_unreachable(struct vitro_stack *stack, vitro_socket socket,
                           const struct vitro_ping_request *request,
                           const struct vitro_unreachable *why, uint64_t now_us)
{
    int error = 0;
    if (taker_get(stack, socket, &error) == NULL) return error;
    if (request->len_bytes > UDP_PAYLOAD_BYTES_MAX) return -EMSGSIZE;
    const bool is_v4 = vitro_ip_is_v4(&request->flow.remote.ip);
    uint8_t header[ICMP4_HEADER_BYTES] = {is_v4 ? (uint8_t)ICMP4_ECHO_REQUEST
                                                : (uint8_t)ICMP6_ECHO_REQUEST};
    put_be16(header + 4, request->identifier);
    put_be16(header + 6, request->sequence);
    struct stack_undelivered packet = {
        .protocol = is_v4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6,
        .payload_bytes = ICMP4_HEADER_BYTES + request->len_bytes,
        .transport = span_of(header, sizeof header),
    };
    return socket_unreachable(stack, &request->flow, why, &packet, now_us);
}
