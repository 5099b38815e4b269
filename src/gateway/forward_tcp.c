/*
 * TCP connections of the program.
 *
 * A SYN that the stack holds is looked up by its flow. What is new gets a record and a connect() of
 * the host; what that brings is the answer to the SYN. Between the answer and the program's ACK the
 * record waits with the connected socket (ACCEPT_US); after it, it is a relay.
 *
 * The program may be hostile: flows are found by a keyed hash, and there are never more than
 * GATEWAY_TCP_MAX.
 */
#define _GNU_SOURCE

#include "gateway/forward_tcp.h"

#include <errno.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "gateway/host_socket.h"
#include "gateway/relay.h"

/* SYNs held, and connections that wait to be accepted. */
#define HELD_MAX 16384

/* The SYN-ACK is sent six times, with waits of 1 to 32 s: after that nobody comes any more. */
#define ACCEPT_US (64u * 1000000u)

/* How often to look which connections are kept alive by the program's kernel. */
#define KEEP_ALIVE_US (15u * 1000000u)

#define TABLE_SLOTS 16384u /* a power of 2 */

/* From the SYN to the end. */
struct forward {
    struct relay relay; /* relay.host: the host's socket, from connect() on */
    struct forward_tcp *tcp;
    struct vitro_flow flow; /* local: where the program wants to go */
    struct poll_timer timer;
    struct list in_slot; /* while it is found by its flow: until it is accepted */
    struct list in_all;
    bool is_decided;  /* the SYN has its SYN-ACK */
    bool is_relaying; /* accepted */
};

struct forward_tcp {
    struct gateway *gateway;
    struct gateway_socket listener;
    struct pool pool;
    struct hash_key key;
    struct poll_timer keep_alive; /* armed while there is a relay that is not kept alive yet */
    struct list all;
    struct list *slots; /* TABLE_SLOTS */
};

static struct list *slot_of(const struct forward_tcp *tcp, const struct vitro_flow *flow)
{
    return &tcp->slots[hash_sip13(&tcp->key, flow, sizeof *flow) & (TABLE_SLOTS - 1)];
}

static struct forward *find(const struct forward_tcp *tcp, const struct vitro_flow *flow)
{
    const struct list *head = slot_of(tcp, flow);
    for (struct list *link = head->next; link != head; link = link->next) {
        struct forward *forward = CONTAINER_OF(link, struct forward, in_slot);
        if (vitro_endpoint_equal(&forward->flow.local, &flow->local) &&
            vitro_endpoint_equal(&forward->flow.remote, &flow->remote)) {
            return forward;
        }
    }
    return NULL;
}

static void forget(struct forward *forward)
{
    poll_timer_cancel(&forward->tcp->gateway->poll, &forward->timer);
    list_remove(&forward->in_slot);
    list_remove(&forward->in_all);
}

static void free_forward(struct poll_fd *host)
{
    struct forward *forward = CONTAINER_OF(host, struct forward, relay.host);
    pool_put(&forward->tcp->pool, forward);
}

static void relay_ended(struct relay *relay)
{
    /* Its memory goes when the loop is done with the host's descriptor (free_forward). */
    forget(CONTAINER_OF(relay, struct forward, relay));
}

static void decide(struct forward_tcp *tcp, const struct vitro_flow *flow,
                   enum vitro_decision decision, uint64_t now_us)
{
    /* -ENOENT: its sender has given up meanwhile, and there is nobody to answer. */
    (void)vitro_tcp_decide(tcp->gateway->stack, flow, decision, now_us);
}

/* Ends a record whose connection never came to be; a server that was connected to hears a reset. */
static void give_up(struct forward *forward, enum talk_end how, enum talk_party by, int error,
                    uint64_t now_us)
{
    struct gateway *gateway = forward->tcp->gateway;
    forget(forward);
    gateway_talk_end(gateway, &forward->relay.talk, how, by, error, now_us);
    host_socket_set_reset(forward->relay.host.fd);
    poll_close(&gateway->poll, &forward->relay.host);
}

/* The run is over before anybody has answered: silence until the end, and no reset behind it. */
static void give_up_at_end(struct forward *forward, uint64_t now_us)
{
    const bool is_open = forward->is_decided; /* only the program's ACK is missing */
    if (!is_open) decide(forward->tcp, &forward->flow, VITRO_DECIDE_NOTHING, now_us);
    give_up(forward, is_open ? TALK_OPEN : TALK_TIMED_OUT, TALK_NOBODY, 0, now_us);
}

/* What to tell the program when the host could not connect. */
static enum vitro_decision decision_of(int error)
{
    switch (error) {
    case ECONNREFUSED:
    case ECONNRESET: return VITRO_DECIDE_REFUSE;
    case ETIMEDOUT: return VITRO_DECIDE_NOTHING;
    case EMFILE: /* the program asks again, and others may have ended by then */
    case ENFILE:
    case ENOBUFS:
    case ENOMEM: return VITRO_DECIDE_NOTHING;
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL: return VITRO_DECIDE_NET_UNREACHABLE; /* no address to come from */
    case EACCES:
    case EPERM: return VITRO_DECIDE_PROHIBITED;
    default: return VITRO_DECIDE_UNREACHABLE;
    }
}

static void connect_failed(struct forward *forward, int error, uint64_t now_us)
{
    decide(forward->tcp, &forward->flow, decision_of(error), now_us);
    give_up(forward, talk_end_of_error(error), TALK_PEER, error, now_us);
}

static void never_accepted(struct poll_timer *timer, uint64_t now_us)
{
    struct forward *forward = CONTAINER_OF(timer, struct forward, timer);
    give_up(forward, TALK_TIMED_OUT, TALK_PROGRAM, ETIMEDOUT, now_us);
}

static void connected(struct forward *forward, uint64_t now_us)
{
    struct forward_tcp *tcp = forward->tcp;
    forward->is_decided = true;
    const int status =
        vitro_tcp_decide(tcp->gateway->stack, &forward->flow, VITRO_DECIDE_ACCEPT, now_us);
    if (status != 0) {
        give_up(forward, TALK_TIMED_OUT, TALK_PROGRAM, -status, now_us);
        return;
    }
    poll_timer_arm(&tcp->gateway->poll, &forward->timer, now_us + ACCEPT_US);
}

/* The host's socket while it connects, and until the program has answered. */
static void connecting_ready(struct poll_fd *host, uint32_t bits, uint64_t now_us)
{
    struct forward *forward = CONTAINER_OF(host, struct forward, relay.host);
    if (forward->is_decided || (bits & (POLL_WRITABLE | POLL_HANGUP)) == 0) return;
    const int error = host_socket_error(host->fd);
    if (error != 0)
        connect_failed(forward, error, now_us);
    else
        connected(forward, now_us);
}

/* Starts the host's connection. 0, or an errno value and nothing is left. */
static int start_connect(struct forward *forward, const struct vitro_endpoint *target)
{
    struct poll_fd *host = &forward->relay.host;
    const int fd = host_socket_open(target, SOCK_STREAM);
    if (fd < 0) return -fd;
    struct sockaddr_storage address;
    const socklen_t len = host_address(target, &address);
    int error = 0;
    if (connect(fd, (const struct sockaddr *)&address, len) != 0 && errno != EINPROGRESS) {
        error = errno;
    }
    *host = (struct poll_fd){.fd = fd, .ready = connecting_ready, .free = free_forward};
    if (error == 0) error = poll_add(&forward->tcp->gateway->poll, host);
    if (error != 0) {
        close(fd);
        host->fd = -1;
    }
    return error;
}

static void refuse(struct forward_tcp *tcp, const struct vitro_flow *flow,
                   enum vitro_decision decision, int error, uint64_t now_us)
{
    struct gateway *gateway = tcp->gateway;
    struct talk talk;
    gateway_talk_begin(gateway, &talk, TALK_TCP, &flow->remote, &flow->local, now_us);
    decide(tcp, flow, decision, now_us);
    const enum talk_end end = talk_end_of_error(error);
    if (end == TALK_FAILED) gateway->stats.refused_by_limit++;
    gateway_talk_end(gateway, &talk, end, TALK_GATEWAY, error, now_us);
}

static void begin(struct forward_tcp *tcp, const struct vitro_flow *flow,
                  const struct vitro_endpoint *target, uint64_t now_us)
{
    struct gateway *gateway = tcp->gateway;
    struct forward *forward = pool_get(&tcp->pool);
    if (forward == NULL) {
        refuse(tcp, flow, VITRO_DECIDE_NOTHING, ENOBUFS, now_us);
        return;
    }
    *forward = (struct forward){
        .tcp = tcp,
        .flow = *flow,
        .relay = {.gateway = gateway, .ended = relay_ended},
        .timer = {.due = never_accepted},
    };
    const int error = start_connect(forward, target);
    if (error != 0) {
        pool_put(&tcp->pool, forward);
        refuse(tcp, flow, decision_of(error), error, now_us);
        return;
    }
    gateway_talk_begin(gateway, &forward->relay.talk, TALK_TCP, &flow->remote, &flow->local,
                       now_us);
    list_push_back(slot_of(tcp, flow), &forward->in_slot);
    list_push_back(&tcp->all, &forward->in_all);
}

/* A SYN waits for its answer. */
static void held(struct forward_tcp *tcp, const struct vitro_flow *flow, uint64_t now_us)
{
    struct forward *before = find(tcp, flow);
    if (before != NULL && !before->is_decided) return; /* it came again while the host connects */
    /* That one had its answer, so this SYN is another: the program has begun anew. */
    if (before != NULL) give_up(before, TALK_TIMED_OUT, TALK_PROGRAM, ECONNRESET, now_us);
    struct gateway *gateway = tcp->gateway;
    struct vitro_endpoint target;
    switch (policy_place(&gateway->config.policy, &flow->local, &target)) {
    case POLICY_WORLD:
    case POLICY_LOOPBACK: begin(tcp, flow, &target, now_us); return;
    case POLICY_DNS:
    case POLICY_CLOSED: refuse(tcp, flow, VITRO_DECIDE_REFUSE, ECONNREFUSED, now_us); return;
    case POLICY_NOWHERE: refuse(tcp, flow, VITRO_DECIDE_UNREACHABLE, EHOSTUNREACH, now_us); return;
    case POLICY_FORBIDDEN:
        gateway->stats.refused_by_policy++;
        refuse(tcp, flow, VITRO_DECIDE_PROHIBITED, EACCES, now_us);
        return;
    }
}

static void look_who_is_kept_alive(struct poll_timer *timer, uint64_t now_us)
{
    struct forward_tcp *tcp = CONTAINER_OF(timer, struct forward_tcp, keep_alive);
    bool has_more = false;
    for (const struct list *link = tcp->all.next; link != &tcp->all; link = link->next) {
        struct forward *forward = CONTAINER_OF(link, struct forward, in_all);
        if (!forward->is_relaying) continue;
        relay_keep_alive(&forward->relay);
        has_more = has_more || !forward->relay.is_kept_alive;
    }
    if (has_more) poll_timer_arm(&tcp->gateway->poll, timer, now_us + KEEP_ALIVE_US);
}

/* A connection whose handshake is done: the record that waits for it becomes its relay. */
static void accepted(struct forward_tcp *tcp, vitro_socket socket,
                     const struct vitro_endpoint *remote, uint64_t now_us)
{
    struct gateway *gateway = tcp->gateway;
    struct vitro_flow flow = {.remote = *remote};
    (void)vitro_local_endpoint(gateway->stack, socket, &flow.local); /* just accepted: it is open */
    struct forward *forward = find(tcp, &flow);
    if (forward == NULL || !forward->is_decided) { /* too late: the program has begun anew, even */
        (void)vitro_tcp_abort(gateway->stack, socket, now_us);
        return;
    }
    list_remove(&forward->in_slot);
    poll_timer_cancel(&gateway->poll, &forward->timer);
    forward->is_relaying = true;
    forward->relay.socket.handle = socket;
    forward->relay.talk.handshake_us = now_us - forward->relay.talk.begun_us;
    if (!wheel_node_is_armed(&tcp->keep_alive.node)) {
        poll_timer_arm(&gateway->poll, &tcp->keep_alive, now_us + KEEP_ALIVE_US);
    }
    const int error = relay_start(&forward->relay, now_us);
    if (error != 0) relay_abort(&forward->relay, TALK_FAILED, TALK_GATEWAY, error, now_us);
}

static void listener_ready(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    (void)bits;
    struct forward_tcp *tcp = CONTAINER_OF(self, struct forward_tcp, listener);
    struct vitro_stack *stack = tcp->gateway->stack;
    struct vitro_flow flow;
    while (vitro_tcp_next_held(stack, self->handle, &flow) == 1) held(tcp, &flow, now_us);
    vitro_socket socket;
    struct vitro_endpoint remote;
    while (vitro_tcp_accept(stack, self->handle, 0, &socket, &remote) == 0) {
        accepted(tcp, socket, &remote, now_us);
    }
}

static bool listen_to_all(struct forward_tcp *tcp)
{
    struct vitro_stack *stack = tcp->gateway->stack;
    struct gateway_socket *listener = &tcp->listener;
    listener->ready = listener_ready;
    const uint64_t user = (uint64_t)(uintptr_t)listener;
    if (vitro_tcp_open(stack, user, &listener->handle) != 0) return false;
    const struct vitro_endpoint any = vitro_endpoint_any(0);
    return vitro_bind(stack, listener->handle, &any) == 0 &&
           vitro_tcp_listen_hold(stack, listener->handle, HELD_MAX) == 0;
}

struct forward_tcp *forward_tcp_create(struct gateway *gateway)
{
    struct forward_tcp *tcp = mem_get(sizeof *tcp);
    if (tcp == NULL) return NULL;
    tcp->gateway = gateway;
    tcp->keep_alive.due = look_who_is_kept_alive;
    list_init(&tcp->all);
    pool_init(&tcp->pool, "forward_tcp", sizeof(struct forward), GATEWAY_TCP_MAX);
    tcp->slots = mem_get(TABLE_SLOTS * sizeof *tcp->slots);
    if (tcp->slots == NULL || getrandom(&tcp->key, sizeof tcp->key, 0) != sizeof tcp->key ||
        !listen_to_all(tcp)) {
        forward_tcp_destroy(tcp);
        return NULL;
    }
    for (size_t i = 0; i < TABLE_SLOTS; i++) list_init(&tcp->slots[i]);
    return tcp;
}

void forward_tcp_destroy(struct forward_tcp *tcp)
{
    if (tcp == NULL) return;
    const uint64_t now_us = poll_now_us();
    while (!list_is_empty(&tcp->all)) {
        struct forward *forward = CONTAINER_OF(tcp->all.next, struct forward, in_all);
        if (forward->is_relaying)
            relay_leave(&forward->relay, now_us);
        else
            give_up_at_end(forward, now_us);
    }
    poll_timer_cancel(&tcp->gateway->poll, &tcp->keep_alive);
    poll_flush(&tcp->gateway->poll);
    (void)vitro_close(tcp->gateway->stack, tcp->listener.handle, now_us); /* if it was opened */
    mem_put(tcp->slots);
    pool_deinit(&tcp->pool);
    mem_put(tcp);
}

bool forward_tcp_is_busy(const struct forward_tcp *tcp)
{
    for (const struct list *link = tcp->all.next; link != &tcp->all; link = link->next) {
        const struct forward *forward = CONTAINER_OF(link, struct forward, in_all);
        if (forward->is_relaying && relay_is_busy(&forward->relay)) return true;
    }
    return false;
}
