/*
 * What all kinds of sockets have in common: bind, close, both ends, the pending error, the owner's
 * number.
 */
#include "socket/socket.h"
#include "stack/stack_if.h"
#include "tcp/tcp_app.h"

static int bind_draft(struct socket_draft *draft, const struct ip_addr *addr, uint16_t port,
                      uint16_t zone)
{
    if (draft->is_bound) return -EINVAL;
    draft->local = *addr;
    draft->port = port;
    draft->zone = zone;
    draft->is_bound = true;
    return 0;
}

static int bind_ping(struct stack_ping *ping, const struct ip_addr *addr, uint16_t port)
{
    if (port != 0 || !ip_addr_is_unspecified(&ping->local)) return -EINVAL;
    ping->local = *addr;
    return 0;
}

int vitro_bind(struct vitro_stack *stack, vitro_socket socket, const struct vitro_endpoint *local)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    const struct ip_addr addr = socket_addr_in(&local->ip);
    const uint16_t zone = socket_zone(local);
    if (!stack_addr_is_local(&stack->stack, &addr)) return -EADDRNOTAVAIL;
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_DRAFT: return bind_draft(s->draft, &addr, local->port, zone);
    case SOCKET_UDP: return -udp_socket_bind(&stack->stack.udp, s->udp, &addr, local->port, zone);
    case SOCKET_PING:
        if (s->ping == stack->stack.ping_any) return -EINVAL;
        return bind_ping(s->ping, &addr, local->port);
    case SOCKET_TCP_CONN:
    case SOCKET_TCP_LISTENER:
    case SOCKET_FREE: break;
    }
    return -EINVAL;
}

int vitro_close(struct vitro_stack *stack, vitro_socket socket, uint64_t now_us)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    stack_at(&stack->stack, now_us);
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_DRAFT: pool_put(&stack->drafts, s->draft); break;
    case SOCKET_TCP_CONN: tcp_close(s->conn, now_us); break;
    case SOCKET_TCP_LISTENER: tcp_listen_close(s->listener, now_us); break;
    case SOCKET_UDP: udp_socket_close(&stack->stack.udp, s->udp); break;
    case SOCKET_PING: stack_ping_close(&stack->stack, s->ping); break;
    case SOCKET_FREE: break;
    }
    socket_free(stack, s);
    return 0;
}

int vitro_local_endpoint(const struct vitro_stack *stack, vitro_socket socket,
                         struct vitro_endpoint *local)
{
    const struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_DRAFT:
        *local = socket_endpoint_out(&s->draft->local, s->draft->port, s->draft->zone);
        break;
    case SOCKET_TCP_CONN: *local = socket_flow_out(&s->conn->entry.tuple).local; break;
    case SOCKET_TCP_LISTENER:
        *local = socket_endpoint_out(&s->listener->addr, s->listener->port, s->listener->zone);
        break;
    case SOCKET_UDP:
        *local =
            socket_endpoint_out(&s->udp->tuple.local, s->udp->tuple.local_port, s->udp->tuple.zone);
        break;
    case SOCKET_PING: *local = socket_endpoint_out(&s->ping->local, 0, 0); break;
    case SOCKET_FREE: break;
    }
    return 0;
}

int vitro_remote_endpoint(const struct vitro_stack *stack, vitro_socket socket,
                          struct vitro_endpoint *remote)
{
    const struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if (s->kind == SOCKET_TCP_CONN) {
        *remote = socket_flow_out(&s->conn->entry.tuple).remote;
        return 0;
    }
    if (s->kind == SOCKET_UDP && s->udp->is_connected) {
        const struct udp_tuple *tuple = &s->udp->tuple;
        *remote = socket_endpoint_out(&tuple->remote, tuple->remote_port, tuple->zone);
        return 0;
    }
    return -ENOTCONN;
}

int vitro_take_error(struct vitro_stack *stack, vitro_socket socket)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if (s->kind == SOCKET_TCP_CONN) return -tcp_take_error(s->conn);
    if (s->kind == SOCKET_UDP) return -udp_socket_take_error(s->udp);
    return 0;
}

uint64_t vitro_user(const struct vitro_stack *stack, vitro_socket socket)
{
    const struct socket *s = socket_get(stack, socket);
    return s != NULL ? s->user : 0;
}

int vitro_set_user(struct vitro_stack *stack, vitro_socket socket, uint64_t user)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    s->user = user;
    return 0;
}
