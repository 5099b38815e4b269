/*
 * TCP sockets coming to be: drafts that become listeners or connections, connections taken off a
 * listener's queue, SYNs that are held until the owner decides.
 */
#include "socket/socket.h"
#include "stack/stack_unreachable.h"
#include "stack/stack_way.h"
#include "tcp/tcp_app.h"
#include "tcp/tcp_output.h"

int vitro_tcp_open(struct vitro_stack *stack, uint64_t user, vitro_socket *socket)
{
    struct socket_draft *draft = pool_get(&stack->drafts);
    if (draft == NULL) return -ENOBUFS;
    struct socket *s = socket_make(stack, SOCKET_TCP_DRAFT, user);
    if (s == NULL) {
        pool_put(&stack->drafts, draft);
        return -ENOBUFS;
    }
    *draft = (struct socket_draft){.is_bound = false};
    s->draft = draft;
    *socket = socket_handle(s);
    return 0;
}

/* Makes a draft a listener; `listener->holds_syns` is still false. */
static int listen(struct vitro_stack *stack, struct socket *s, uint32_t backlog, bool holds)
{
    struct socket_draft *draft = s->draft;
    struct tcp_listener *listener;
    const int error = tcp_listen(&stack->stack.tcp, &draft->local, draft->port, draft->zone,
                                 backlog, socket_owner(s), &listener);
    if (error != 0) return -error;
    listener->holds_syns = holds;
    socket_options_inherit(listener, draft);
    pool_put(&stack->drafts, draft);
    s->kind = SOCKET_TCP_LISTENER;
    s->listener = listener;
    return 0;
}

/* Whether a socket may become a listener. */
static int check_listen(const struct socket *s, bool needs_port)
{
    if (s == NULL) return -EBADF;
    if (s->kind == SOCKET_TCP_CONN || s->kind == SOCKET_TCP_LISTENER) return -EINVAL;
    if (s->kind != SOCKET_TCP_DRAFT) return -EOPNOTSUPP;
    return s->draft->is_bound && (s->draft->port != 0 || !needs_port) ? 0 : -EINVAL;
}

int vitro_tcp_listen(struct vitro_stack *stack, vitro_socket socket, uint32_t backlog)
{
    struct socket *s = socket_get(stack, socket);
    const int error = check_listen(s, true);
    return error != 0 ? error : listen(stack, s, backlog, false);
}

int vitro_tcp_listen_hold(struct vitro_stack *stack, vitro_socket socket, uint32_t backlog)
{
    struct socket *s = socket_get(stack, socket);
    const int error = check_listen(s, false);
    return error != 0 ? error : listen(stack, s, backlog, true);
}

/* The listener of a handle; NULL with the error in `*error`. */
static struct tcp_listener *listener_get(const struct vitro_stack *stack, vitro_socket socket,
                                         int *error)
{
    const struct socket *s = socket_get(stack, socket);
    *error = s == NULL ? -EBADF : -EOPNOTSUPP;
    return s != NULL && s->kind == SOCKET_TCP_LISTENER ? s->listener : NULL;
}

int vitro_tcp_next_held(struct vitro_stack *stack, vitro_socket listener, struct vitro_flow *flow)
{
    int error = 0;
    struct tcp_listener *l = listener_get(stack, listener, &error);
    if (l == NULL) return error;
    struct tcp_tuple tuple;
    if (!tcp_listen_next_held(l, &tuple)) return 0;
    *flow = socket_flow_out(&tuple);
    return 1;
}

int vitro_tcp_decide(struct vitro_stack *stack, const struct vitro_flow *flow,
                     enum vitro_decision decision, uint64_t now_us)
{
    const struct tcp_tuple tuple = {.local = socket_addr_in(&flow->local.ip),
                                    .remote = socket_addr_in(&flow->remote.ip),
                                    .local_port = flow->local.port,
                                    .remote_port = flow->remote.port,
                                    .zone = flow->local.zone};
    struct stack *inner = &stack->stack;
    bool is_held = false;
    stack_at(inner, now_us);
    switch (decision) {
    case VITRO_DECIDE_ACCEPT:
        is_held = tcp_listen_decide(&inner->tcp, &tuple, TCP_DECIDE_ACCEPT, now_us);
        break;
    case VITRO_DECIDE_REFUSE:
        is_held = tcp_listen_decide(&inner->tcp, &tuple, TCP_DECIDE_REFUSE, now_us);
        break;
    case VITRO_DECIDE_UNREACHABLE:
        is_held = stack_unreachable_syn(inner, &tuple, IP_ICMP_HOST_UNREACHABLE, now_us);
        break;
    case VITRO_DECIDE_NET_UNREACHABLE:
        is_held = stack_unreachable_syn(inner, &tuple, IP_ICMP_NET_UNREACHABLE, now_us);
        break;
    case VITRO_DECIDE_PROHIBITED:
        is_held = stack_unreachable_syn(inner, &tuple, IP_ICMP_PROHIBITED, now_us);
        break;
    case VITRO_DECIDE_NOTHING:
        is_held = tcp_listen_decide(&inner->tcp, &tuple, TCP_DECIDE_NOTHING, now_us);
        break;
    default: return -EINVAL;
    }
    return is_held ? 0 : -ENOENT;
}

int vitro_tcp_accept(struct vitro_stack *stack, vitro_socket listener, uint64_t user,
                     vitro_socket *socket, struct vitro_endpoint *remote)
{
    int error = 0;
    struct tcp_listener *l = listener_get(stack, listener, &error);
    if (l == NULL) return error;
    if (l->accept_head == NULL) return -EAGAIN;
    struct socket *s = socket_make(stack, SOCKET_TCP_CONN, user);
    if (s == NULL) return -ENOBUFS;
    s->conn = tcp_listen_accept(l);
    s->conn->owner = socket_owner(s);
    socket_mark(stack, s); /* it may be readable already, and can be written to in any case */
    if (remote != NULL) *remote = socket_flow_out(&s->conn->entry.tuple).remote;
    *socket = socket_handle(s);
    return 0;
}

/* The tuple of a new connection: what is not bound is found out. */
static int connect_tuple(struct vitro_stack *stack, const struct socket_draft *draft,
                         const struct vitro_endpoint *remote, struct tcp_tuple *tuple)
{
    *tuple = (struct tcp_tuple){.local = draft->local,
                                .remote = socket_addr_in(&remote->ip),
                                .local_port = draft->port,
                                .remote_port = remote->port,
                                .zone = socket_zone(remote)};
    if (tuple->zone == 0) tuple->zone = draft->zone;
    if (remote->port == 0 || ip_addr_is_unspecified(&tuple->remote)) return -EINVAL;
    if (ip_addr_is_unspecified(&tuple->local)) {
        const int error =
            stack_way_source(&stack->stack, &tuple->remote, tuple->zone, &tuple->local);
        if (error != 0) return -error;
    }
    return ip_addr_is_v4(&tuple->local) == ip_addr_is_v4(&tuple->remote) ? 0 : -EINVAL;
}

/* Why a socket that is no draft cannot be connected. */
static int connect_refusal(const struct socket *s)
{
    if (s->kind == SOCKET_TCP_LISTENER) return -EINVAL;
    if (s->kind != SOCKET_TCP_CONN) return -EOPNOTSUPP;
    return s->conn->state == TCP_SYN_SENT ? -EALREADY : -EISCONN;
}

int vitro_tcp_connect(struct vitro_stack *stack, vitro_socket socket,
                      const struct vitro_endpoint *remote, uint64_t now_us)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if (s->kind != SOCKET_TCP_DRAFT) return connect_refusal(s);
    stack_at(&stack->stack, now_us);
    struct socket_draft *draft = s->draft;
    struct tcp_tuple tuple;
    int error = connect_tuple(stack, draft, remote, &tuple);
    if (error != 0) return error;
    struct tcp_conn *conn;
    error = tcp_connect_prepare(&stack->stack.tcp, &tuple, socket_owner(s), &conn, now_us);
    if (error != 0) return -error;
    s->kind = SOCKET_TCP_CONN;
    s->conn = conn;
    socket_options_apply(s, draft, now_us);
    pool_put(&stack->drafts, draft);
    tcp_output(conn, now_us);
    return 0;
}
