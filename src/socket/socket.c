/*
 * Life of a socket, and the ready queue: an intrusive list, so that a socket is in it at most once
 * and leaves it at no cost when it is closed.
 */
#include "socket/socket.h"

#include "tcp/tcp_app.h"

struct socket *socket_make(struct vitro_stack *vs, enum socket_kind kind, uint64_t user)
{
    struct socket *s = pool_get(&vs->sockets);
    if (s == NULL) return NULL;
    *s = (struct socket){.user = user, .kind = (uint8_t)kind};
    list_init(&s->ready);
    s->handle = slots_add(&vs->slots, s);
    if (s->handle == 0) {
        pool_put(&vs->sockets, s);
        return NULL;
    }
    return s;
}

void socket_free(struct vitro_stack *vs, struct socket *s)
{
    list_remove(&s->ready);
    slots_remove(&vs->slots, s->handle);
    pool_put(&vs->sockets, s);
}

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
    case SOCKET_PING: return VITRO_WRITABLE | (s->ping->reply_count > 0 ? VITRO_READABLE : 0);
    case SOCKET_TCP_DRAFT: break;
    }
    return 0;
}

bool vitro_ready_next(struct vitro_stack *stack, struct vitro_ready *ready)
{
    struct list *link;
    while ((link = list_pop_front(&stack->ready)) != NULL) {
        const struct socket *s = CONTAINER_OF(link, struct socket, ready);
        const uint32_t bits = socket_readiness(s);
        if (bits == 0) continue; /* what made it ready has been dealt with already */
        *ready = (struct vitro_ready){.socket = s->handle, .user = s->user, .bits = bits};
        return true;
    }
    return false;
}

bool vitro_ready_pending(const struct vitro_stack *stack) { return !list_is_empty(&stack->ready); }

int vitro_readiness(const struct vitro_stack *stack, vitro_socket socket)
{
    const struct socket *s = socket_get(stack, socket);
    return s != NULL ? (int)socket_readiness(s) : -EBADF;
}
