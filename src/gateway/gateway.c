/*
 * The gateway's loop, and what joins stack, link and modules.
 *
 * A round: wait; timers of the modules and descriptors of the host (poll_run); the stack's timers;
 * a batch of frames; the sockets of the stack that became ready; those who asked for another turn.
 * Whoever has more to do than a round allows is found by link_is_readable or in `turns`, and then
 * the next wait is none.
 *
 * Time is read once when a round's waiting is over and once when a batch of frames has been read.
 */
#define _GNU_SOURCE

#include "gateway/gateway.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "gateway/dns.h"
#include "gateway/forward_ping.h"
#include "gateway/forward_tcp.h"
#include "gateway/forward_udp.h"
#include "gateway/publish.h"
#include "gateway/sandbox_net.h"
#include "gateway/services.h"

/* Rounds of frames that are read before others get their turn. */
#define BATCHES_PER_ROUND 4

/* How often to look whether a run that is over is done. */
#define OVER_STEP_US 2000u

/* Bytes of one connection that may wait, each way; and of all together, in chunks of 16 KiB: what
 * the gateway's memory can grow to is 256 MiB and what the records take. */
#define BUFFER_BYTES_MAX (1u << 20)
#define CHUNKS_MAX       16384u

/* The largest TCP payload that fits 65535 bytes of IPv6 with options. */
#define SUPER_BYTES_MAX (65535u - 40u - 60u)

static struct gateway_socket *socket_of(uint64_t user)
{
    return (struct gateway_socket *)(uintptr_t)user; /* set so by every module; 0: none */
}

/* A frame leaves the stack. */
static void output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                   uint64_t now_us)
{
    (void)interface;
    struct gateway *gateway = owner;
    const struct gateway_watcher *watcher = &gateway->config.watcher;
    if (watcher->frame != NULL) {
        watcher->frame(watcher->owner, GATEWAY_TO_PROGRAM, frame, now_us);
    }
    link_send(&gateway->link, frame);
}

static uint32_t sink(void *owner, vitro_socket handle, uint64_t user,
                     const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                     uint64_t now_us)
{
    (void)owner;
    (void)handle;
    struct gateway_socket *socket = socket_of(user);
    if (socket == NULL || socket->sink == NULL) return 0;
    return socket->sink(socket, spans, span_count, len_bytes, now_us);
}

void gateway_again(struct gateway *gateway, struct gateway_turn *turn)
{
    if (turn->link.next == NULL) list_init(&turn->link);
    if (list_is_empty(&turn->link)) list_push_back(&gateway->turns, &turn->link);
}

void gateway_cancel(struct gateway_turn *turn)
{
    if (turn->link.next != NULL) list_remove(&turn->link);
}

void gateway_talk_begin(struct gateway *gateway, struct talk *talk, enum talk_kind kind,
                        const struct vitro_endpoint *program, const struct vitro_endpoint *peer,
                        uint64_t now_us)
{
    talk_begin(talk, kind, program, peer, now_us);
    const char *name = names_find(gateway->names, &peer->ip);
    if (name != NULL) (void)snprintf(talk->name, sizeof talk->name, "%s", name);
    gateway->stats.talks[kind]++;
}

void gateway_talk_end(struct gateway *gateway, struct talk *talk, enum talk_end end,
                      enum talk_party by, int error, uint64_t now_us)
{
    talk->end = end;
    talk->ended_by = by;
    talk->error = error;
    talk->ended_us = now_us;
    const struct gateway_watcher *watcher = &gateway->config.watcher;
    if (watcher->talk != NULL) watcher->talk(watcher->owner, talk);
}

static void is_over(struct gateway *gateway, uint64_t until_us)
{
    gateway->is_over = true;
    gateway->over_us = until_us;
    gateway->over_bytes = gateway->stats.bytes_to_host;
}

static void link_ready(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    (void)now_us;
    struct gateway *gateway = CONTAINER_OF(self, struct gateway, link_fd);
    if ((bits & POLL_READABLE) != 0) gateway->link_is_readable = true;
    if ((bits & POLL_HANGUP) != 0) is_over(gateway, 0); /* the device is gone */
}

/* The host has other name servers. Questions under way go on with those they were asked of. */
static void take_resolvers(struct gateway *gateway, const struct gateway_resolvers *resolvers)
{
    struct gateway_config *config = &gateway->config;
    ASSERT(resolvers->count >= 1 && resolvers->count <= GATEWAY_RESOLVERS_MAX);
    memcpy(config->resolver, resolvers->server, sizeof config->resolver);
    config->resolver_count = resolvers->count;
}

/* A byte: the last process inside has ended. Another, or the end: at once. */
static void control_ready(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    (void)bits;
    struct gateway *gateway = CONTAINER_OF(self, struct gateway, control_fd);
    for (;;) {
        struct gateway_resolvers message;
        const ssize_t n = read(self->fd, &message, sizeof message);
        if (n < 0 && errno == EAGAIN) return;
        if (n == (ssize_t)sizeof message) {
            take_resolvers(gateway, &message);
            continue;
        }
        const bool is_first = n == 1 && !gateway->is_over;
        is_over(gateway, is_first ? now_us + GATEWAY_LINGER_US : 0);
        gateway->close_us = now_us + GATEWAY_CLOSE_US;
        if (n != 1) return;
    }
}

/* Takes frames until there are none, or others should have their turn. */
static void read_link(struct gateway *gateway)
{
    const struct gateway_watcher *watcher = &gateway->config.watcher;
    for (int i = 0; i < BATCHES_PER_ROUND && gateway->link_is_readable; i++) {
        struct vitro_frame frames[LINK_BATCH];
        const int count = link_receive(&gateway->link, frames, LINK_BATCH);
        const uint64_t now_us = poll_now_us();
        if (gateway->link.is_drained || count < 0) gateway->link_is_readable = false;
        if (count < 0) is_over(gateway, 0); /* the device is gone */
        if (count <= 0) return;
        if (gateway->is_over) gateway->close_us = now_us + GATEWAY_CLOSE_US;
        for (int k = 0; watcher->frame != NULL && k < count; k++) {
            watcher->frame(watcher->owner, GATEWAY_FROM_PROGRAM, &frames[k], now_us);
        }
        vitro_stack_tick(gateway->stack, now_us);
        vitro_stack_input_many(gateway->stack, gateway->interface, frames, (uint32_t)count, now_us);
    }
}

static void serve_ready(struct gateway *gateway, uint64_t now_us)
{
    struct vitro_ready ready;
    while (vitro_ready_next(gateway->stack, &ready)) {
        struct gateway_socket *socket = socket_of(ready.user);
        if (socket != NULL) socket->ready(socket, ready.bits, now_us);
    }
}

/* Those who wait now get a turn; who asks again meanwhile waits for the next round. */
static void give_turns(struct gateway *gateway, uint64_t now_us)
{
    struct list waiting;
    list_init(&waiting);
    while (!list_is_empty(&gateway->turns)) {
        struct list *link = gateway->turns.next;
        list_remove(link);
        list_push_back(&waiting, link);
    }
    while (!list_is_empty(&waiting)) {
        struct list *link = waiting.next;
        list_remove(link);
        struct gateway_turn *turn = CONTAINER_OF(link, struct gateway_turn, link);
        turn->take(turn, now_us);
    }
}

static uint64_t next_wake(struct gateway *gateway, uint64_t until_us)
{
    if (gateway->link_is_readable || !list_is_empty(&gateway->turns) ||
        vitro_ready_pending(gateway->stack)) {
        return 0;
    }
    const struct gateway_watcher *watcher = &gateway->config.watcher;
    if (watcher->deadline != NULL) until_us = u64_min(until_us, watcher->deadline(watcher->owner));
    return u64_min(until_us, vitro_stack_deadline(gateway->stack));
}

void gateway_step(struct gateway *gateway, uint64_t until_us)
{
    const uint64_t wake_us = next_wake(gateway, until_us);
    const struct gateway_watcher *watcher = &gateway->config.watcher;
    if (wake_us > 0 && watcher->idle != NULL) watcher->idle(watcher->owner, poll_now_us());
    const uint64_t now_us = poll_run(&gateway->poll, wake_us);
    vitro_stack_tick(gateway->stack, now_us);
    read_link(gateway);
    const uint64_t read_us = poll_now_us();
    serve_ready(gateway, read_us);
    give_turns(gateway, read_us);
    serve_ready(gateway, read_us);
}

/* The last segments of closes may be under way; with each frame that comes there is more time. */
static bool is_closing(const struct gateway *gateway, uint64_t now_us)
{
    struct vitro_memory held;
    vitro_stack_memory(gateway->stack, &held);
    return held.connections > 0 && now_us < gateway->close_us;
}

/* The run is over; has all been done that the program had asked for? */
static bool is_done(struct gateway *gateway, uint64_t now_us)
{
    if (!gateway->is_over) return false;
    if (gateway->over_us == 0) return true;
    const bool is_busy = forward_tcp_is_busy(gateway->tcp) || publish_is_busy(gateway->publish);
    if (!is_busy && !is_closing(gateway, now_us)) return true;
    if (gateway->stats.bytes_to_host != gateway->over_bytes) {
        is_over(gateway, now_us + GATEWAY_LINGER_US);
    }
    return now_us >= gateway->over_us;
}

void gateway_run(struct gateway *gateway, int control_fd)
{
    gateway->control_fd = (struct poll_fd){.fd = control_fd, .ready = control_ready};
    if (poll_add(&gateway->poll, &gateway->control_fd) != 0) return;
    /* The time before a round counts: who was held up for long has not seen what lies waiting. */
    for (uint64_t began_us = poll_now_us(); !is_done(gateway, began_us);) {
        began_us = poll_now_us();
        gateway_step(gateway, gateway->is_over ? began_us + OVER_STEP_US : TIME_NEVER);
    }
}

/* Limits of a stack that serves one machine with many connections; memory is bounded by chunks. */
static void configure_stack(struct vitro_config *config)
{
    config->sockets_max = GATEWAY_TCP_MAX + GATEWAY_UDP_MAX;
    config->tcp.conns_max = GATEWAY_TCP_MAX + 1024;
    config->tcp.backlog_max = GATEWAY_TCP_MAX;
    config->tcp.syn_cache_max = GATEWAY_TCP_MAX + 1024;
    config->tcp.syn_cookies = false; /* a held SYN needs its record */
    /* The link has no length: what is in flight on it is little, and buffers beyond that only keep
     * the two ends of a relay from feeling each other. */
    config->tcp.sndbuf_bytes = BUFFER_BYTES_MAX;
    config->tcp.rcvbuf_bytes_max = BUFFER_BYTES_MAX;
    config->tcp.chunks_max = CHUNKS_MAX;
    config->udp.sockets_max = GATEWAY_UDP_MAX;
    /* The program's kernel is the only destination there is. */
    config->ip.icmp_errors_per_destination = 0;
    config->ip.icmp_errors_per_second = 0;
}

static int add_address(struct gateway *gateway, const struct vitro_ip pair[2], uint64_t now_us)
{
    const struct policy_addresses *ours = &gateway->config.policy.addresses;
    for (int v = 0; v < (ours->has_ip6 ? 2 : 1); v++) {
        const int status = vitro_address_add(gateway->stack, gateway->interface, &pair[v],
                                             ours->prefix_bits[v], now_us);
        if (status != 0) return -status;
    }
    return 0;
}

static int make_interface(struct gateway *gateway, uint64_t now_us)
{
    struct vitro_interface_config config = vitro_interface_default(sandbox_mac_gateway);
    config.mtu_bytes = gateway->config.mtu_bytes;
    config.super_bytes_max = SUPER_BYTES_MAX;
    config.checksum_offload = true;
    config.accepts_any = true;
    const int interface = vitro_interface_add(gateway->stack, &config, now_us);
    if (interface < 0) return -interface;
    gateway->interface = (uint32_t)interface;
    const struct policy_addresses *ours = &gateway->config.policy.addresses;
    int error = add_address(gateway, ours->gateway, now_us);
    if (error == 0) error = add_address(gateway, ours->dns, now_us);
    if (error == 0) error = add_address(gateway, ours->demo, now_us);
    return error;
}

static int make_stack(struct gateway *gateway, uint64_t now_us)
{
    struct vitro_config config = gateway->config.stack;
    configure_stack(&config);
    const struct vitro_callbacks callbacks = {.owner = gateway, .output = output, .sink = sink};
    gateway->stack = vitro_stack_create(&config, &callbacks, now_us);
    if (gateway->stack == NULL) return ENOMEM;
    return make_interface(gateway, now_us);
}

static int make_modules(struct gateway *gateway)
{
    gateway->names = names_create();
    if (gateway->names == NULL) return ENOMEM;
    gateway->tcp = forward_tcp_create(gateway);
    gateway->udp = forward_udp_create(gateway);
    gateway->ping = forward_ping_create(gateway);
    gateway->dns = dns_create(gateway);
    gateway->services = services_create(gateway);
    gateway->publish = publish_create(gateway);
    const bool is_whole = gateway->tcp != NULL && gateway->udp != NULL && gateway->ping != NULL &&
                          gateway->dns != NULL && gateway->services != NULL &&
                          gateway->publish != NULL;
    return is_whole ? 0 : ENOMEM;
}

static int watch_link(struct gateway *gateway)
{
    const int error = link_init(&gateway->link, gateway->config.link_kind, gateway->config.link_fd);
    if (error != 0) return error;
    gateway->link_fd = (struct poll_fd){.fd = gateway->link.fd, .ready = link_ready};
    gateway->link_is_readable = true;
    return poll_add(&gateway->poll, &gateway->link_fd);
}

struct gateway *gateway_create(const struct gateway_config *config, int *error)
{
    const uint64_t now_us = poll_now_us();
    *error = ENOMEM;
    struct gateway *gateway = mem_get(sizeof *gateway);
    if (gateway == NULL) return NULL;
    gateway->config = *config;
    list_init(&gateway->turns);
    *error = poll_init(&gateway->poll, now_us);
    if (*error != 0) {
        mem_put(gateway);
        return NULL;
    }
    *error = watch_link(gateway); /* the interface announces its addresses as they are added */
    if (*error == 0) *error = make_stack(gateway, now_us);
    if (*error == 0) *error = make_modules(gateway);
    if (*error == 0) return gateway;
    gateway_destroy(gateway);
    return NULL;
}

void gateway_destroy(struct gateway *gateway)
{
    if (gateway == NULL) return;
    publish_destroy(gateway->publish);
    services_destroy(gateway->services);
    dns_destroy(gateway->dns);
    forward_ping_destroy(gateway->ping);
    forward_udp_destroy(gateway->udp);
    forward_tcp_destroy(gateway->tcp);
    names_destroy(gateway->names);
    vitro_stack_destroy(gateway->stack);
    link_deinit(&gateway->link);
    poll_deinit(&gateway->poll);
    mem_put(gateway);
}
