/*
 * Bytes through a TCP connection, and its two ends.
 *
 * A socket that is not connected yet answers -ENOTCONN; while the handshake is under way bytes may
 * be queued already.
 */
#include "socket/socket.h"
#include "tcp/tcp_app.h"

_Static_assert(sizeof(struct span) == sizeof(struct vitro_span), "one is copied to the other");

/* Places handed out at a time by reserve and peek. */
#define PLACES_MAX 64u

/* The connection of a handle; NULL with the error in `*error`. */
static struct tcp_conn *conn_get(const struct vitro_stack *stack, vitro_socket socket, int *error)
{
    const struct socket *s = socket_get(stack, socket);
    if (__builtin_expect(s != NULL && s->kind == SOCKET_TCP_CONN, 1)) return s->conn;
    *error = s == NULL ? -EBADF : s->kind == SOCKET_TCP_DRAFT ? -ENOTCONN : -EOPNOTSUPP;
    return NULL;
}

/* Lengths inside are 32 bits; more than fits is taken in a second call. */
static uint32_t len_in(size_t len) { return (uint32_t)size_min(len, UINT32_MAX / 2); }

int64_t vitro_tcp_send(struct vitro_stack *stack, vitro_socket socket, const void *data, size_t len,
                       uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    stack_at(&stack->stack, now_us);
    uint32_t taken = 0;
    error = tcp_send(conn, data, len_in(len), &taken, now_us);
    return error == 0 ? (int64_t)taken : -error;
}

int64_t vitro_tcp_send_urgent(struct vitro_stack *stack, vitro_socket socket, const void *data,
                              size_t len, uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    stack_at(&stack->stack, now_us);
    uint32_t taken = 0;
    error = tcp_send_urgent(conn, data, len_in(len), &taken, now_us);
    return error == 0 ? (int64_t)taken : -error;
}

int vitro_tcp_reserve(struct vitro_stack *stack, vitro_socket socket, size_t len,
                      struct vitro_span_mut *spans, uint32_t spans_max)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    if (len == 0 || spans_max == 0) return -EINVAL;
    struct span_mut parts[PLACES_MAX];
    uint32_t count = 0;
    error = tcp_send_reserve(conn, len_in(len), parts, u32_min(spans_max, PLACES_MAX), &count);
    if (error != 0) return -error;
    for (uint32_t i = 0; i < count; i++)
        spans[i] = (struct vitro_span_mut){parts[i].data, parts[i].len};
    return (int)count;
}

int vitro_tcp_commit(struct vitro_stack *stack, vitro_socket socket, size_t len, uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    stack_at(&stack->stack, now_us);
    tcp_send_commit(conn, len_in(len), now_us);
    return 0;
}

int64_t vitro_tcp_receive(struct vitro_stack *stack, vitro_socket socket, void *to, size_t len,
                          uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    stack_at(&stack->stack, now_us);
    uint32_t got = 0;
    error = tcp_receive(conn, to, len_in(len), &got, now_us);
    return error == 0 ? (int64_t)got : -error;
}

int vitro_tcp_peek(struct vitro_stack *stack, vitro_socket socket, struct vitro_span *spans,
                   uint32_t spans_max)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    struct span parts[PLACES_MAX];
    uint32_t count = 0;
    error = tcp_receive_peek(conn, parts, u32_min(spans_max, PLACES_MAX), &count);
    if (error != 0) return -error;
    for (uint32_t i = 0; i < count; i++)
        spans[i] = (struct vitro_span){parts[i].data, parts[i].len};
    return (int)count;
}

int vitro_tcp_consume(struct vitro_stack *stack, vitro_socket socket, size_t len, uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    if (len > tcp_receive_queued_bytes(conn)) return -EINVAL;
    stack_at(&stack->stack, now_us);
    tcp_receive_consume(conn, (uint32_t)len, now_us);
    return 0;
}

int64_t vitro_tcp_readable_bytes(const struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    const struct tcp_conn *conn = conn_get(stack, socket, &error);
    return conn != NULL ? (int64_t)tcp_receive_queued_bytes(conn) : error;
}

int64_t vitro_tcp_writable_bytes(const struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    const struct tcp_conn *conn = conn_get(stack, socket, &error);
    return conn != NULL ? (int64_t)tcp_send_room_bytes(conn) : error;
}

int64_t vitro_tcp_unacked_bytes(const struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    const struct tcp_conn *conn = conn_get(stack, socket, &error);
    return conn != NULL ? (int64_t)tcp_send_queued_bytes(conn) : error;
}

int64_t vitro_tcp_urgent_offset(const struct vitro_stack *stack, vitro_socket socket)
{
    int error = 0;
    const struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    uint32_t offset;
    return tcp_receive_urgent(conn, &offset) ? (int64_t)offset : -EAGAIN;
}

int vitro_tcp_shutdown(struct vitro_stack *stack, vitro_socket socket, uint32_t how,
                       uint64_t now_us)
{
    int error = 0;
    struct tcp_conn *conn = conn_get(stack, socket, &error);
    if (conn == NULL) return error;
    if (how == 0 || how > VITRO_SHUT_BOTH) return -EINVAL;
    stack_at(&stack->stack, now_us);
    if (how & VITRO_SHUT_RECEIVE) tcp_shutdown_receive(conn, now_us);
    return how & VITRO_SHUT_SEND ? -tcp_shutdown_send(conn, now_us) : 0;
}

int vitro_tcp_abort(struct vitro_stack *stack, vitro_socket socket, uint64_t now_us)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if (s->kind == SOCKET_TCP_DRAFT) return vitro_close(stack, socket, now_us);
    if (s->kind != SOCKET_TCP_CONN) return -EOPNOTSUPP;
    stack_at(&stack->stack, now_us);
    tcp_abort(s->conn, now_us);
    socket_free(stack, s);
    return 0;
}
