/*
 * Ping sockets.
 */
#include "socket/socket.h"

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
