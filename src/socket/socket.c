/*
 * Life of a socket, and what can be done with it now.
 */
#include "socket/socket.h"

#include "tcp/tcp_app.h"

struct socket *socket_make(struct vitro_stack *vs, enum socket_kind kind, uint64_t user)
{
    struct socket *s = socket_table_take(&vs->sockets, kind);
    if (s != NULL) s->user = user;
    return s;
}

void socket_free(struct vitro_stack *vs, struct socket *s) { socket_table_give(&vs->sockets, s); }

static uint32_t listener_readiness(const struct tcp_listener *listener)
{
    uint32_t bits = 0;
    if (listener->accept_head != NULL) bits |= VITRO_ACCEPTABLE | VITRO_READABLE;
    if (!list_is_empty(&listener->held)) bits |= VITRO_HELD | VITRO_READABLE;
    return bits;
}

static uint32_t udp_readiness(const struct udp_socket *udp)
{
    const uint32_t bits = udp_socket_readiness(udp);
    uint32_t ready = 0;
    if (bits & UDP_READABLE) ready |= VITRO_READABLE;
    if (bits & UDP_WRITABLE) ready |= VITRO_WRITABLE;
    if (bits & UDP_ERROR) ready |= VITRO_ERROR | VITRO_READABLE;
    return ready;
}

static uint32_t ping_readiness(const struct stack_ping *ping)
{
    const bool is_readable = ping->reply_count > 0 || ping->request_count > 0;
    return VITRO_WRITABLE | (is_readable ? VITRO_READABLE : 0u);
}

uint32_t socket_readiness(const struct socket *s)
{
    _Static_assert((int)VITRO_READABLE == (int)TCP_READABLE, "bits");
    _Static_assert((int)VITRO_WRITABLE == (int)TCP_WRITABLE, "bits");
    _Static_assert((int)VITRO_HANGUP == (int)TCP_HANGUP, "bits");
    _Static_assert((int)VITRO_PEER_FIN == (int)TCP_PEER_FIN, "bits");
    _Static_assert((int)VITRO_ERROR == (int)TCP_ERROR, "bits");
    _Static_assert((int)VITRO_URGENT == (int)TCP_URGENT, "bits");
    _Static_assert((int)VITRO_CONNECTED == (int)TCP_CONNECTED, "bits");
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_CONN: return tcp_conn_readiness(s->conn);
    case SOCKET_TCP_LISTENER: return listener_readiness(s->listener);
    case SOCKET_UDP: return udp_readiness(s->udp);
    case SOCKET_PING: return ping_readiness(s->ping);
    case SOCKET_TCP_DRAFT:
    case SOCKET_FREE: break;
    }
    return 0;
}

bool vitro_ready_next(struct vitro_stack *stack, struct vitro_ready *ready)
{
    const struct socket *s;
    while ((s = socket_table_next_ready(&stack->sockets)) != NULL) {
        const uint32_t bits = socket_readiness(s);
        if (bits == 0) continue; /* what made it ready has been dealt with already */
        *ready = (struct vitro_ready){.socket = socket_handle(s), .user = s->user, .bits = bits};
        return true;
    }
    return false;
}

bool vitro_ready_pending(const struct vitro_stack *stack)
{
    return stack->sockets.ready_first != 0;
}

int vitro_readiness(const struct vitro_stack *stack, vitro_socket socket)
{
    const struct socket *s = socket_get(stack, socket);
    return s != NULL ? (int)socket_readiness(s) : -EBADF;
}
