/*
 * Options: one table says of each which values it takes and which kinds of sockets have it; then
 * each kind sets and reads its own.
 *
 * A draft only remembers. When it becomes a connection its options are put into force as if they
 * were set then, those first on which the SYN depends.
 */
#include "socket/socket.h"
#include "tcp/tcp_app.h"

/* Kinds that have an option, as bits. */
enum {
    FOR_DRAFT = 1 << SOCKET_TCP_DRAFT,
    FOR_CONN = 1 << SOCKET_TCP_CONN,
    FOR_LISTENER = 1 << SOCKET_TCP_LISTENER,
    FOR_UDP = 1 << SOCKET_UDP,
    FOR_PING = 1 << SOCKET_PING,
    FOR_OPENING = FOR_DRAFT | FOR_CONN,
    FOR_TCP = FOR_OPENING | FOR_LISTENER,
    FOR_ALL = FOR_TCP | FOR_UDP | FOR_PING,
};

/* RFC 7323 2.2 bounds windows, and so useful buffers. */
#define BUFFER_BYTES_MAX ((1u << 30) - 1)

static const struct option_rule {
    uint32_t min, max;
    uint8_t kinds;
} rules[VITRO_OPTION_COUNT] = {
    [VITRO_OPTION_NODELAY] = {0, 1, FOR_TCP},
    [VITRO_OPTION_CORK] = {0, 1, FOR_OPENING},
    [VITRO_OPTION_QUICKACK] = {0, 1, FOR_OPENING},
    [VITRO_OPTION_KEEPALIVE] = {0, 1, FOR_TCP},
    [VITRO_OPTION_KEEP_IDLE_MS] = {1, UINT32_MAX, FOR_OPENING},
    [VITRO_OPTION_KEEP_INTERVAL_MS] = {1, UINT32_MAX, FOR_OPENING},
    [VITRO_OPTION_KEEP_PROBES] = {1, UINT8_MAX, FOR_OPENING},
    [VITRO_OPTION_USER_TIMEOUT_MS] = {0, UINT32_MAX, FOR_TCP},
    [VITRO_OPTION_SEND_BUFFER] = {1, BUFFER_BYTES_MAX, FOR_TCP},
    [VITRO_OPTION_RECEIVE_BUFFER] = {1, BUFFER_BYTES_MAX, FOR_TCP | FOR_UDP},
    [VITRO_OPTION_LINGER_ZERO] = {0, 1, FOR_OPENING},
    [VITRO_OPTION_MSS] = {28, UINT16_MAX, FOR_OPENING},
    [VITRO_OPTION_SINK] = {0, 1, FOR_OPENING},
    [VITRO_OPTION_TTL] = {0, UINT8_MAX, FOR_ALL},
    [VITRO_OPTION_TRAFFIC_CLASS] = {0, UINT8_MAX, FOR_ALL},
    [VITRO_OPTION_V6_ONLY] = {0, 1, FOR_DRAFT | FOR_UDP},
};

/* Whether this kind of socket has the option. */
static bool has_option(const struct socket *s, enum vitro_option option)
{
    return (rules[option].kinds >> s->kind & 1) != 0;
}

static int set_draft(struct socket_draft *draft, enum vitro_option option, uint64_t value)
{
    draft->value[option] = value;
    draft->set |= 1u << option;
    return 0;
}

/* The bits that the application may set: ECN's are TCP's own (RFC 3168 6.1). */
static uint8_t dscp_of(uint64_t value) { return (uint8_t)(value & 0xfc); }

/* An upper limit for segments sent: as if the peer had asked for it. */
static void set_conn_mss(struct tcp_conn *conn, uint16_t mss_bytes)
{
    if (conn->state == TCP_SYN_SENT) {
        conn->mss_announced = (uint16_t)u32_min(conn->mss_announced, mss_bytes);
        return;
    }
    conn->mss_peer = (uint16_t)u32_min(conn->mss_peer, mss_bytes);
    tcp_conn_mss_update(conn);
}

static int set_conn(struct tcp_conn *conn, enum vitro_option option, uint64_t value,
                    uint64_t now_us)
{
    const uint32_t number = (uint32_t)value;
    const bool on = value != 0;
    switch (option) {
    case VITRO_OPTION_NODELAY: tcp_set_nodelay(conn, on, now_us); break;
    case VITRO_OPTION_CORK: tcp_set_cork(conn, on, now_us); break;
    case VITRO_OPTION_QUICKACK: conn->flags.quickack = on; break;
    case VITRO_OPTION_KEEPALIVE: tcp_set_keepalive(conn, on, now_us); break;
    case VITRO_OPTION_KEEP_IDLE_MS: tcp_set_keepalive_times(conn, number, 0, 0, now_us); break;
    case VITRO_OPTION_KEEP_INTERVAL_MS: tcp_set_keepalive_times(conn, 0, number, 0, now_us); break;
    case VITRO_OPTION_KEEP_PROBES:
        tcp_set_keepalive_times(conn, 0, 0, (uint8_t)number, now_us);
        break;
    case VITRO_OPTION_USER_TIMEOUT_MS: tcp_set_user_timeout(conn, number, now_us); break;
    case VITRO_OPTION_SEND_BUFFER: tcp_set_sndbuf(conn, number); break;
    case VITRO_OPTION_RECEIVE_BUFFER: tcp_set_rcvbuf(conn, number); break;
    case VITRO_OPTION_LINGER_ZERO: conn->flags.linger_zero = on; break;
    case VITRO_OPTION_MSS: set_conn_mss(conn, (uint16_t)number); break;
    case VITRO_OPTION_SINK: conn->flags.has_sink = on; break;
    case VITRO_OPTION_TTL: conn->ttl = (uint8_t)number; break;
    case VITRO_OPTION_TRAFFIC_CLASS: conn->traffic_class = dscp_of(value); break;
    default: return -EOPNOTSUPP;
    }
    return 0;
}

static int set_listener(struct tcp_listener *listener, enum vitro_option option, uint64_t value)
{
    const uint32_t number = (uint32_t)value;
    switch (option) {
    case VITRO_OPTION_NODELAY: listener->nodelay = value != 0; break;
    case VITRO_OPTION_KEEPALIVE: listener->keepalive = value != 0; break;
    case VITRO_OPTION_USER_TIMEOUT_MS: listener->user_timeout_ms = number; break;
    case VITRO_OPTION_SEND_BUFFER: listener->sndbuf_bytes_max = number; break;
    case VITRO_OPTION_RECEIVE_BUFFER: listener->rcvbuf_bytes = number; break;
    case VITRO_OPTION_TTL: listener->ttl = (uint8_t)number; break;
    case VITRO_OPTION_TRAFFIC_CLASS: listener->traffic_class = dscp_of(value); break;
    default: return -EOPNOTSUPP;
    }
    return 0;
}

static int set_udp(struct udp_socket *udp, enum vitro_option option, uint64_t value)
{
    switch (option) {
    case VITRO_OPTION_RECEIVE_BUFFER: udp->queue_bytes_max = (uint32_t)value; break;
    case VITRO_OPTION_TTL: udp->hop_limit = (uint8_t)value; break;
    case VITRO_OPTION_TRAFFIC_CLASS: udp->traffic_class = (uint8_t)value; break;
    case VITRO_OPTION_V6_ONLY:
        if (udp->is_bound) return -EOPNOTSUPP;
        udp->is_v6_only = value != 0;
        break;
    default: return -EOPNOTSUPP;
    }
    return 0;
}

static int set_ping(struct stack_ping *ping, enum vitro_option option, uint64_t value)
{
    if (option == VITRO_OPTION_TTL) ping->hop_limit = (uint8_t)value;
    if (option == VITRO_OPTION_TRAFFIC_CLASS) ping->traffic_class = (uint8_t)value;
    return 0;
}

int vitro_set_option(struct vitro_stack *stack, vitro_socket socket, enum vitro_option option,
                     uint64_t value, uint64_t now_us)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if ((uint32_t)option >= VITRO_OPTION_COUNT) return -EINVAL;
    if (!has_option(s, option)) return -EOPNOTSUPP;
    if (value < rules[option].min || value > rules[option].max) return -EINVAL;
    if (option == VITRO_OPTION_SINK && value != 0 && stack->callbacks.sink == NULL) return -EINVAL;
    stack_at(&stack->stack, now_us);
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_DRAFT: return set_draft(s->draft, option, value);
    case SOCKET_TCP_CONN: return set_conn(s->conn, option, value, now_us);
    case SOCKET_TCP_LISTENER: return set_listener(s->listener, option, value);
    case SOCKET_UDP: return set_udp(s->udp, option, value);
    case SOCKET_PING: return set_ping(s->ping, option, value);
    case SOCKET_FREE: break;
    }
    return -EOPNOTSUPP;
}

void socket_options_apply(struct socket *s, const struct socket_draft *draft, uint64_t now_us)
{
    /* first what the SYN depends on: some of the others send it */
    static const enum vitro_option first[] = {VITRO_OPTION_TTL, VITRO_OPTION_TRAFFIC_CLASS,
                                              VITRO_OPTION_MSS, VITRO_OPTION_RECEIVE_BUFFER};
    for (size_t i = 0; i < ARRAY_COUNT(first); i++) {
        if (draft->set >> first[i] & 1)
            (void)set_conn(s->conn, first[i], draft->value[first[i]], now_us);
    }
    if (draft->cc != NULL) tcp_set_cc(s->conn, draft->cc);
    for (uint32_t option = 0; option < VITRO_OPTION_COUNT; option++) {
        if (draft->set >> option & 1)
            (void)set_conn(s->conn, (enum vitro_option)option, draft->value[option], now_us);
    }
}

void socket_options_inherit(struct tcp_listener *listener, const struct socket_draft *draft)
{
    for (uint32_t option = 0; option < VITRO_OPTION_COUNT; option++) {
        if (draft->set >> option & 1)
            (void)set_listener(listener, (enum vitro_option)option, draft->value[option]);
    }
    if (draft->set >> VITRO_OPTION_V6_ONLY & 1)
        listener->v6_only = draft->value[VITRO_OPTION_V6_ONLY] != 0;
}

static uint64_t get_conn(const struct tcp_conn *conn, enum vitro_option option)
{
    switch (option) {
    case VITRO_OPTION_NODELAY: return conn->flags.nodelay;
    case VITRO_OPTION_CORK: return conn->flags.cork;
    case VITRO_OPTION_QUICKACK: return conn->flags.quickack;
    case VITRO_OPTION_KEEPALIVE: return conn->flags.keepalive;
    case VITRO_OPTION_KEEP_IDLE_MS: return conn->keep_idle_ms;
    case VITRO_OPTION_KEEP_INTERVAL_MS: return conn->keep_interval_ms;
    case VITRO_OPTION_KEEP_PROBES: return conn->keep_probes;
    case VITRO_OPTION_USER_TIMEOUT_MS: return conn->user_timeout_ms;
    case VITRO_OPTION_SEND_BUFFER: return conn->sndbuf_bytes_max;
    case VITRO_OPTION_RECEIVE_BUFFER: return conn->rcvbuf_bytes;
    case VITRO_OPTION_LINGER_ZERO: return conn->flags.linger_zero;
    case VITRO_OPTION_MSS: return conn->mss_bytes;
    case VITRO_OPTION_SINK: return conn->flags.has_sink;
    case VITRO_OPTION_TTL: return conn->ttl;
    case VITRO_OPTION_TRAFFIC_CLASS: return conn->traffic_class;
    default: return 0;
    }
}

static uint64_t get_listener(const struct tcp_listener *listener, enum vitro_option option)
{
    switch (option) {
    case VITRO_OPTION_NODELAY: return listener->nodelay;
    case VITRO_OPTION_KEEPALIVE: return listener->keepalive;
    case VITRO_OPTION_USER_TIMEOUT_MS: return listener->user_timeout_ms;
    case VITRO_OPTION_SEND_BUFFER: return listener->sndbuf_bytes_max;
    case VITRO_OPTION_RECEIVE_BUFFER: return listener->rcvbuf_bytes;
    case VITRO_OPTION_TTL: return listener->ttl;
    case VITRO_OPTION_TRAFFIC_CLASS: return listener->traffic_class;
    default: return 0;
    }
}

static uint64_t get_udp(const struct udp_socket *udp, enum vitro_option option)
{
    switch (option) {
    case VITRO_OPTION_RECEIVE_BUFFER: return udp->queue_bytes_max;
    case VITRO_OPTION_TTL: return udp->hop_limit;
    case VITRO_OPTION_TRAFFIC_CLASS: return udp->traffic_class;
    case VITRO_OPTION_V6_ONLY: return udp->is_v6_only;
    default: return 0;
    }
}

int vitro_get_option(const struct vitro_stack *stack, vitro_socket socket, enum vitro_option option,
                     uint64_t *value)
{
    const struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if ((uint32_t)option >= VITRO_OPTION_COUNT) return -EINVAL;
    if (!has_option(s, option)) return -EOPNOTSUPP;
    switch ((enum socket_kind)s->kind) {
    case SOCKET_TCP_DRAFT: *value = s->draft->value[option]; break;
    case SOCKET_TCP_CONN: *value = get_conn(s->conn, option); break;
    case SOCKET_TCP_LISTENER: *value = get_listener(s->listener, option); break;
    case SOCKET_UDP: *value = get_udp(s->udp, option); break;
    case SOCKET_PING:
        *value = option == VITRO_OPTION_TTL ? s->ping->hop_limit : s->ping->traffic_class;
        break;
    case SOCKET_FREE: break;
    }
    return 0;
}

int vitro_set_congestion_control(struct vitro_stack *stack, vitro_socket socket, const char *name)
{
    struct socket *s = socket_get(stack, socket);
    if (s == NULL) return -EBADF;
    if (s->kind != SOCKET_TCP_DRAFT && s->kind != SOCKET_TCP_CONN) return -EOPNOTSUPP;
    const struct cc_ops *cc = cc_find(name);
    if (cc == NULL) return -ENOENT;
    if (s->kind == SOCKET_TCP_DRAFT) {
        s->draft->cc = cc;
    } else {
        tcp_set_cc(s->conn, cc);
    }
    return 0;
}
