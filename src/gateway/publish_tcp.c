/*
 * Published TCP ports.
 *
 * A connection is a relay from its beginning as far as memory goes, but the relay is started only
 * when the program has answered: until then both ends are looked after here, to say what happened.
 */
#define _GNU_SOURCE /* accept4 */

#include "gateway/publish_tcp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway/publish_source.h"
#include "gateway/relay.h"

/* Clients accepted in one turn of a port. */
#define ACCEPTS_PER_TURN 64

/* When to try again where the host has no descriptor or no memory. */
#define RETRY_US 100000u

struct publish_conn {
    struct relay relay;
    struct publish_tcp *tcp;
    struct list link;
    bool is_relaying;
};

static struct publish_conn *of_relay(struct relay *relay)
{
    return CONTAINER_OF(relay, struct publish_conn, relay);
}

/* There is room for one more: ports that wait have their turn. */
static void wake_ports(struct publish_tcp *tcp)
{
    struct list *link = list_pop_front(&tcp->waiting);
    if (link == NULL) return;
    struct publish_tcp_port *port = CONTAINER_OF(link, struct publish_tcp_port, waiting);
    gateway_again(tcp->gateway, &port->turn);
}

static void free_conn(struct poll_fd *host)
{
    struct publish_conn *conn = CONTAINER_OF(host, struct publish_conn, relay.host);
    struct publish_tcp *tcp = conn->tcp;
    pool_put(&tcp->conns, conn);
    wake_ports(tcp);
}

static void relay_ended(struct relay *relay) { list_remove(&of_relay(relay)->link); }

/* Ends what never became a relay: the client is reset. */
static void give_up(struct publish_conn *conn, enum talk_end how, enum talk_party by, int error,
                    uint64_t now_us)
{
    struct gateway *gateway = conn->tcp->gateway;
    list_remove(&conn->link);
    (void)vitro_tcp_abort(gateway->stack, conn->relay.socket.handle, now_us); /* if it is open */
    gateway_talk_end(gateway, &conn->relay.talk, how, by, error, now_us);
    host_socket_set_reset(conn->relay.host.fd);
    poll_close(&gateway->poll, &conn->relay.host);
}

static void connect_failed(struct publish_conn *conn, int error, uint64_t now_us)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET: give_up(conn, TALK_REFUSED, TALK_PROGRAM, error, now_us); break;
    case ETIMEDOUT: give_up(conn, TALK_TIMED_OUT, TALK_NOBODY, error, now_us); break;
    case EHOSTUNREACH:
    case ENETUNREACH: give_up(conn, TALK_UNREACHABLE, TALK_PROGRAM, error, now_us); break;
    default: give_up(conn, TALK_FAILED, TALK_GATEWAY, error, now_us); break;
    }
}

/* The connection inside, until it is made. */
static void connecting_ready(struct gateway_socket *socket, uint32_t bits, uint64_t now_us)
{
    struct relay *relay = CONTAINER_OF(socket, struct relay, socket);
    struct publish_conn *conn = of_relay(relay);
    if ((bits & VITRO_ERROR) != 0) {
        connect_failed(conn, -vitro_take_error(relay->gateway->stack, socket->handle), now_us);
        return;
    }
    if ((bits & VITRO_CONNECTED) == 0) return;
    relay->talk.handshake_us = now_us - relay->talk.begun_us;
    conn->is_relaying = true;
    const int error = relay_start(relay, now_us);
    if (error != 0) relay_abort(relay, TALK_FAILED, TALK_GATEWAY, error, now_us);
}

/* The client, until then: it may have lost patience. */
static void client_ready(struct poll_fd *host, uint32_t bits, uint64_t now_us)
{
    struct publish_conn *conn = CONTAINER_OF(host, struct publish_conn, relay.host);
    if ((bits & POLL_HANGUP) == 0) return;
    const int error = host_socket_error(host->fd);
    give_up(conn, TALK_RESET, TALK_PEER, error, now_us);
}

/* Opens the connection inside, from `inside->local`. 0 or an errno value: nothing is open. */
static int connect_inside(struct publish_conn *conn, const struct vitro_flow *inside,
                          uint64_t now_us)
{
    struct vitro_stack *stack = conn->tcp->gateway->stack;
    struct gateway_socket *socket = &conn->relay.socket;
    int error = vitro_tcp_open(stack, (uint64_t)(uintptr_t)socket, &socket->handle);
    if (error != 0) return -error;
    error = vitro_bind(stack, socket->handle, &inside->local);
    if (error == 0) error = vitro_tcp_connect(stack, socket->handle, &inside->remote, now_us);
    if (error == 0) return 0;
    (void)vitro_close(stack, socket->handle, now_us);
    socket->handle = VITRO_SOCKET_NONE;
    return -error;
}

/* A client is there, and `conn` has its socket. */
static void begin(struct publish_conn *conn, const struct vitro_endpoint *client, uint16_t port,
                  uint64_t now_us)
{
    struct gateway *gateway = conn->tcp->gateway;
    const struct policy *policy = &gateway->config.policy;
    struct vitro_flow inside;
    publish_source(policy, client, &inside);
    inside.remote.port = port;
    int error = connect_inside(conn, &inside, now_us);
    if (error == EADDRINUSE) { /* the same client came by another address of the host */
        publish_source_gateway(policy, &inside);
        error = connect_inside(conn, &inside, now_us);
    }
    if (error == 0) {
        (void)vitro_local_endpoint(gateway->stack, conn->relay.socket.handle, &inside.local);
    }
    gateway_talk_begin(gateway, &conn->relay.talk, TALK_TCP, &inside.remote, &inside.local, now_us);
    conn->relay.talk.is_inbound = true;
    if (error != 0) connect_failed(conn, error, now_us);
}

/* Accepts one. 0, EAGAIN: nobody waits; else there is no room for it now. */
static int accept_one(struct publish_tcp_port *port, uint64_t now_us)
{
    struct publish_tcp *tcp = port->tcp;
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof address;
    struct vitro_endpoint client;
    struct publish_conn *conn = pool_get(&tcp->conns);
    if (conn == NULL) return ENOBUFS;
    const int fd =
        accept4(port->listener.fd, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        const int error = errno;
        pool_put(&tcp->conns, conn);
        return error;
    }
    *conn = (struct publish_conn){
        .relay = {.gateway = tcp->gateway,
                  .socket = {.ready = connecting_ready},
                  .host = {.fd = fd, .ready = client_ready, .free = free_conn},
                  .ended = relay_ended},
        .tcp = tcp,
    };
    if (!host_endpoint(&address, &client) ||
        poll_add(&tcp->gateway->poll, &conn->relay.host) != 0) {
        close(fd);
        pool_put(&tcp->conns, conn);
        return 0;
    }
    list_push_back(&tcp->open, &conn->link);
    begin(conn, &client, port->port, now_us);
    return 0;
}

static void accept_many(struct publish_tcp_port *port, uint64_t now_us)
{
    for (uint32_t i = 0; i < ACCEPTS_PER_TURN; i++) {
        const int error = accept_one(port, now_us);
        if (error == EAGAIN || error == EWOULDBLOCK) return;
        if (error == ENOBUFS && pool_room(&port->tcp->conns) == 0) {
            list_remove(&port->waiting);
            list_push_back(&port->tcp->waiting, &port->waiting);
            return;
        }
        if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
            poll_timer_arm(&port->tcp->gateway->poll, &port->retry, now_us + RETRY_US);
            return;
        }
        /* Other errors are those of the one client: it is gone, others are not (accept(2)). */
    }
    gateway_again(port->tcp->gateway, &port->turn);
}

static void listener_ready(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    if ((bits & POLL_READABLE) == 0) return;
    accept_many(CONTAINER_OF(self, struct publish_tcp_port, listener), now_us);
}

static void take_turn(struct gateway_turn *turn, uint64_t now_us)
{
    accept_many(CONTAINER_OF(turn, struct publish_tcp_port, turn), now_us);
}

static void retry(struct poll_timer *timer, uint64_t now_us)
{
    accept_many(CONTAINER_OF(timer, struct publish_tcp_port, retry), now_us);
}

void publish_tcp_init(struct publish_tcp *tcp, struct gateway *gateway)
{
    tcp->gateway = gateway;
    pool_init(&tcp->conns, "published connections", sizeof(struct publish_conn), PUBLISH_TCP_MAX);
    list_init(&tcp->open);
    list_init(&tcp->waiting);
}

int publish_tcp_add(struct publish_tcp *tcp, struct publish_tcp_port *port, int fd,
                    uint16_t port_inside)
{
    *port = (struct publish_tcp_port){
        .tcp = tcp,
        .listener = {.fd = fd, .ready = listener_ready},
        .retry = {.due = retry},
        .turn = {.take = take_turn},
        .port = port_inside,
    };
    list_init(&port->waiting);
    const int error = poll_add(&tcp->gateway->poll, &port->listener);
    if (error != 0) port->tcp = NULL;
    return error;
}

void publish_tcp_remove(struct publish_tcp_port *port)
{
    if (port->tcp == NULL) return;
    struct gateway *gateway = port->tcp->gateway;
    poll_timer_cancel(&gateway->poll, &port->retry);
    gateway_cancel(&port->turn);
    list_remove(&port->waiting);
    poll_close(&gateway->poll, &port->listener);
}

void publish_tcp_deinit(struct publish_tcp *tcp, uint64_t now_us)
{
    for (struct list *link; (link = list_first(&tcp->open)) != NULL;) {
        struct publish_conn *conn = CONTAINER_OF(link, struct publish_conn, link);
        if (conn->is_relaying) {
            relay_leave(&conn->relay, now_us);
        } else {
            give_up(conn, TALK_OPEN, TALK_NOBODY, 0, now_us);
        }
    }
    poll_flush(&tcp->gateway->poll); /* the last of them are freed now */
    pool_deinit(&tcp->conns);
}

bool publish_tcp_is_busy(const struct publish_tcp *tcp)
{
    for (const struct list *link = tcp->open.next; link != &tcp->open; link = link->next) {
        const struct publish_conn *conn = CONTAINER_OF(link, struct publish_conn, link);
        if (conn->is_relaying && relay_is_busy(&conn->relay)) return true;
    }
    return false;
}
