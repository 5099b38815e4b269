/*
 * Published UDP ports.
 *
 *     host's socket -> flow of (port, client) -> its own socket of the stack -> program
 *
 * Each flow has a socket inside, bound to the client's address and port where it can keep them,
 * else to a free port of the gateway: so answers find their client, and each client is another to
 * the program. What cannot be sent at once is lost, as on any wire.
 *
 * All flows share one timer, which stands at the end of the one that was silent longest; whoever
 * was answered may be silent for longer, and is looked at then.
 */
#define _GNU_SOURCE

#include "gateway/publish_udp.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "gateway/forward_udp.h"
#include "gateway/publish_packet.h"
#include "gateway/publish_source.h"

/* Datagrams of one port in one turn. */
#define DATAGRAMS_PER_TURN 64

struct publish_flow {
    struct publish_udp_port *port;
    struct vitro_endpoint client;
    struct vitro_ip here; /* the host's address that the client sends to */
    struct list in_bucket;
    struct list by_age;
    struct gateway_socket socket;
    struct talk talk;
    uint64_t last_us;
    int error; /* positive errno value said last by the program's kernel; an answer takes it back */
};

static struct list *bucket_of(struct publish_udp *udp, const struct publish_udp_port *port,
                              const struct vitro_endpoint *client)
{
    uint8_t bytes[sizeof client->ip.bytes + sizeof client->port + sizeof port];
    memcpy(bytes, client->ip.bytes, sizeof client->ip.bytes);
    memcpy(bytes + sizeof client->ip.bytes, &client->port, sizeof client->port);
    memcpy(bytes + sizeof client->ip.bytes + sizeof client->port, &port, sizeof port);
    const uint64_t hash = hash_sip13(&udp->key, bytes, sizeof bytes);
    return &udp->bucket[hash & (PUBLISH_UDP_BUCKETS - 1)];
}

static struct publish_flow *find_flow(struct publish_udp *udp, const struct publish_udp_port *port,
                                      const struct vitro_endpoint *client)
{
    const struct list *head = bucket_of(udp, port, client);
    for (struct list *link = head->next; link != head; link = link->next) {
        struct publish_flow *flow = CONTAINER_OF(link, struct publish_flow, in_bucket);
        if (flow->port == port && vitro_endpoint_equal(&flow->client, client)) {
            return flow;
        }
    }
    return NULL;
}

static void end_flow(struct publish_flow *flow, enum talk_end how, uint64_t now_us)
{
    struct publish_udp *udp = flow->port->udp;
    enum talk_party by = TALK_NOBODY;
    if (flow->error != 0) {
        how = talk_end_of_error(flow->error);
        by = TALK_PROGRAM;
    }
    (void)vitro_close(udp->gateway->stack, flow->socket.handle, now_us);
    gateway_talk_end(udp->gateway, &flow->talk, how, by, flow->error, now_us);
    list_remove(&flow->in_bucket);
    list_remove(&flow->by_age);
    pool_put(&udp->flows, flow);
}

static void touch(struct publish_flow *flow, uint64_t now_us)
{
    struct publish_udp *udp = flow->port->udp;
    flow->last_us = now_us;
    list_remove(&flow->by_age);
    list_push_back(&udp->by_age, &flow->by_age);
    if (wheel_node_is_armed(&udp->timer.node)) return;
    poll_timer_arm(&udp->gateway->poll, &udp->timer, now_us + FORWARD_UDP_IDLE_US_NEW);
}

/* Ends the flows whose time is over. */
static void on_due(struct poll_timer *timer, uint64_t now_us)
{
    struct publish_udp *udp = CONTAINER_OF(timer, struct publish_udp, timer);
    uint64_t next_us = TIME_NEVER;
    for (struct list *link = udp->by_age.next; link != &udp->by_age;) {
        struct publish_flow *flow = CONTAINER_OF(link, struct publish_flow, by_age);
        link = link->next;
        const bool is_answered = flow->talk.packets_out > 0;
        const uint64_t due_us =
            flow->last_us + (is_answered ? FORWARD_UDP_IDLE_US_ANSWERED : FORWARD_UDP_IDLE_US_NEW);
        if (due_us <= now_us) {
            end_flow(flow, TALK_IDLE, now_us);
        } else {
            next_us = u64_min(next_us, due_us);
        }
    }
    poll_timer_arm(&udp->gateway->poll, timer, next_us);
}

/* From the program to the client. */

static void send_to_client(struct publish_flow *flow, size_t len, uint64_t now_us)
{
    flow->talk.bytes_out += len;
    flow->talk.packets_out++;
    flow->error = 0;
    touch(flow, now_us);
    /* Lost if the host does not take it: UDP promises no more. */
    (void)publish_packet_send(flow->port->host.fd, flow->port->udp->data, len, &flow->client,
                              &flow->here);
}

static void flow_ready(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct publish_flow *flow = CONTAINER_OF(self, struct publish_flow, socket);
    struct publish_udp *udp = flow->port->udp;
    struct vitro_stack *stack = udp->gateway->stack;
    if ((bits & VITRO_ERROR) != 0) {
        const int error = -vitro_take_error(stack, self->handle);
        if (error != 0) flow->error = error;
    }
    for (;;) {
        const int64_t len =
            vitro_udp_receive(stack, self->handle, udp->data, sizeof udp->data, NULL);
        if (len == -EAGAIN || len == -EBADF) return;
        if (len >= 0) {
            send_to_client(flow, (size_t)len, now_us);
        } else {
            flow->error = (int)-len;
        }
    }
}

/* From the client to the program. */

/* Opens the flow's socket inside. 0 or a negative errno value, with nothing open. */
static int open_inside(struct publish_flow *flow, const struct vitro_flow *inside, uint64_t now_us)
{
    struct vitro_stack *stack = flow->port->udp->gateway->stack;
    vitro_socket *handle = &flow->socket.handle;
    int error = vitro_udp_open(stack, (uint64_t)(uintptr_t)&flow->socket, handle);
    if (error != 0) return error;
    error = vitro_bind(stack, *handle, &inside->local);
    if (error == 0) error = vitro_udp_connect(stack, *handle, &inside->remote);
    if (error != 0) (void)vitro_close(stack, *handle, now_us);
    return error;
}

static struct publish_flow *flow_get(struct publish_udp *udp, uint64_t now_us)
{
    struct list *oldest = list_first(&udp->by_age);
    if (pool_room(&udp->flows) == 0 && oldest != NULL) {
        end_flow(CONTAINER_OF(oldest, struct publish_flow, by_age), TALK_IDLE, now_us);
    }
    return pool_get(&udp->flows);
}

/* Makes the flow of a client that is new; NULL: a limit. */
static struct publish_flow *make_flow(struct publish_udp_port *port,
                                      const struct vitro_endpoint *client, uint64_t now_us)
{
    struct publish_udp *udp = port->udp;
    struct gateway *gateway = udp->gateway;
    const struct policy *policy = &gateway->config.policy;
    struct vitro_flow inside;
    struct publish_flow *flow = flow_get(udp, now_us);
    if (flow == NULL) return NULL;
    *flow = (struct publish_flow){.port = port, .client = *client, .socket = {.ready = flow_ready}};
    publish_source(policy, client, &inside);
    inside.remote.port = port->port;
    int error = open_inside(flow, &inside, now_us);
    if (error == -EADDRINUSE) { /* the same client comes to two ports */
        publish_source_gateway(policy, &inside);
        error = open_inside(flow, &inside, now_us);
    }
    if (error != 0) {
        gateway->stats.refused_by_limit++;
        pool_put(&udp->flows, flow);
        return NULL;
    }
    (void)vitro_local_endpoint(gateway->stack, flow->socket.handle, &inside.local);
    gateway_talk_begin(gateway, &flow->talk, TALK_UDP, &inside.remote, &inside.local, now_us);
    flow->talk.is_inbound = true;
    list_init(&flow->by_age);
    list_push_back(bucket_of(udp, port, client), &flow->in_bucket);
    return flow;
}

/* Receives one datagram from the host. False: there is none. */
static bool receive_one(struct publish_udp_port *port, uint64_t now_us)
{
    struct publish_udp *udp = port->udp;
    struct vitro_endpoint client;
    struct vitro_ip here;
    const ssize_t len =
        publish_packet_receive(port->host.fd, udp->data, sizeof udp->data, &client, &here);
    /* Any other error is that of a datagram sent before. */
    if (len < 0) return len != -EAGAIN && len != -EWOULDBLOCK;
    if (client.port == 0) return true; /* nobody could be answered there */
    struct publish_flow *flow = find_flow(udp, port, &client);
    if (flow == NULL) flow = make_flow(port, &client, now_us);
    if (flow == NULL) return true;
    touch(flow, now_us);
    flow->here = here;
    flow->talk.bytes_in += (uint64_t)len;
    flow->talk.packets_in++;
    const int64_t sent = vitro_udp_send(udp->gateway->stack, flow->socket.handle, NULL, udp->data,
                                        (size_t)len, now_us);
    if (sent < 0) flow->error = (int)-sent;
    return true;
}

static void receive_many(struct publish_udp_port *port, uint64_t now_us)
{
    for (uint32_t i = 0; i < DATAGRAMS_PER_TURN; i++) {
        if (!receive_one(port, now_us)) return;
    }
    gateway_again(port->udp->gateway, &port->turn);
}

static void host_ready(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    if ((bits & POLL_READABLE) == 0) return;
    receive_many(CONTAINER_OF(self, struct publish_udp_port, host), now_us);
}

static void take_turn(struct gateway_turn *turn, uint64_t now_us)
{
    receive_many(CONTAINER_OF(turn, struct publish_udp_port, turn), now_us);
}

int publish_udp_init(struct publish_udp *udp, struct gateway *gateway)
{
    udp->gateway = gateway;
    udp->timer = (struct poll_timer){.due = on_due};
    pool_init(&udp->flows, "published flows", sizeof(struct publish_flow), PUBLISH_UDP_MAX);
    list_init(&udp->by_age);
    for (size_t i = 0; i < PUBLISH_UDP_BUCKETS; i++) list_init(&udp->bucket[i]);
    return getrandom(&udp->key, sizeof udp->key, 0) == sizeof udp->key ? 0 : EIO;
}

int publish_udp_add(struct publish_udp *udp, struct publish_udp_port *port, int fd, bool is_v4,
                    uint16_t port_inside)
{
    *port = (struct publish_udp_port){
        .udp = udp,
        .host = {.fd = fd, .ready = host_ready},
        .turn = {.take = take_turn},
        .port = port_inside,
    };
    publish_packet_ask(fd, is_v4);
    const int error = poll_add(&udp->gateway->poll, &port->host);
    if (error != 0) port->udp = NULL;
    return error;
}

void publish_udp_remove(struct publish_udp_port *port)
{
    if (port->udp == NULL) return;
    gateway_cancel(&port->turn);
    poll_close(&port->udp->gateway->poll, &port->host);
}

void publish_udp_deinit(struct publish_udp *udp, uint64_t now_us)
{
    for (struct list *link; (link = list_first(&udp->by_age)) != NULL;) {
        end_flow(CONTAINER_OF(link, struct publish_flow, by_age), TALK_OPEN, now_us);
    }
    poll_timer_cancel(&udp->gateway->poll, &udp->timer);
    pool_deinit(&udp->flows);
}
