/*
 * One random network, run and judged.
 *
 * What must hold on every network: no wrong, missing or surplus byte before the end of a stream;
 * FIN seen only after all was; an error only where there is a reason for it; nobody waits for ever
 * with something unacknowledged; and when all is over, both stacks hold nothing any more. On a
 * network where everything has to work, nothing but an abort excuses an incomplete stream.
 */
#include "sim_run.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/pool.h"
#include "sim_log.h"
#include "sim_peer.h"
#include "socket/socket.h"

#define STEPS_MAX      4000000u
#define VIRTUAL_US_MAX UINT64_C(360000000000) /* 100 hours */
#define LISTENER_USER  1000u
#define LISTENER_PORT  80
#define CLOSED_PORT    81
#define CLIENT_PORT    2000
#define BOTH_OPEN_PORT 3000

struct run {
    const struct plan *plan;
    struct sim_net *net;
    struct sim_watch watch;
    struct sim_log log;
    struct run_result *result;
    uint64_t repairs; /* times that a stack thought something was lost */
    uint64_t probes;  /* of closed windows */
    vitro_socket listener[SIM_ENDS];
    struct talk {
        struct run *run;
        struct sim_event start;
        uint32_t number;
        struct peer peer[2]; /* client, server */
    } talk[TALKS_MAX];
};

PRINTF_LIKE(2, 3)
static void failed(struct run *run, const char *format, ...)
{
    if (!run->result->passed) return;
    run->result->passed = false;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(run->result->failure, sizeof run->result->failure, format, arguments);
    va_end(arguments);
}

static void watch_seen(struct sim_watch *watch, const struct sim_sighting *sighting)
{
    struct run *run = CONTAINER_OF(watch, struct run, watch);
    const struct hash_key key = {.k0 = run->result->digest, .k1 = sighting->now_us};
    const uint64_t frame = hash_sip13(&key, sighting->bytes.data, sighting->bytes.len);
    run->result->digest =
        frame +
        hash_mix64(sighting->index * 4 + (uint64_t)sighting->from * 2 + (uint64_t)sighting->point) +
        sighting->faults;
    log_sighting(&run->log, sighting);
}

static void on_event(struct sim_host *host, const struct vitro_event *event)
{
    struct run *run = host->app;
    const bool is_retransmission = event->kind == VITRO_EVENT_RETRANSMIT &&
                                   event->as.retransmit.cause != VITRO_RETRANSMIT_WINDOW;
    if (is_retransmission || event->kind == VITRO_EVENT_TIMEOUT ||
        event->kind == VITRO_EVENT_RECOVERY_BEGIN) {
        run->repairs++;
    }
    if (event->kind == VITRO_EVENT_PROBE) run->probes++;
    log_event(&run->log, host->end, event);
}

static struct peer *peer_of(struct run *run, uint64_t user)
{
    const uint64_t number = user - 1;
    if (user == 0 || number / 2 >= run->plan->talk_count) return NULL;
    return &run->talk[number / 2].peer[number % 2];
}

static uint64_t user_of(const struct talk *talk, uint32_t side)
{
    return 1 + (uint64_t)talk->number * 2 + side;
}

static void accept_one(struct run *run, struct sim_host *host, vitro_socket socket,
                       const struct vitro_endpoint *remote, uint64_t now_us)
{
    const uint32_t number = (uint32_t)remote->port - CLIENT_PORT;
    struct peer *peer = number < run->plan->talk_count ? &run->talk[number].peer[1] : NULL;
    if (peer == NULL || peer->host != host) {
        failed(run, "a connection from port %u that nobody opened", remote->port);
        return;
    }
    if (peer->outcome.has_opened) {
        /* An old ACK may hold a cookie: such a connection is a ghost, and reset. */
        if (!run->plan->has_cookies) failed(run, "talk %u was accepted twice", number);
        (void)!vitro_tcp_abort(host->stack, socket, now_us);
        return;
    }
    (void)!vitro_set_user(host->stack, socket, user_of(&run->talk[number], 1));
    peer->outcome.is_connected = true;
    peer_begin(peer, socket, now_us);
}

static void on_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct run *run = host->app;
    if (ready->user != LISTENER_USER) {
        struct peer *peer = peer_of(run, ready->user);
        if (peer != NULL && peer->host == host) peer_ready(peer, ready, now_us);
        return;
    }
    vitro_socket socket;
    struct vitro_endpoint remote;
    while (vitro_tcp_accept(host->stack, ready->socket, 0, &socket, &remote) == 0) {
        accept_one(run, host, socket, &remote, now_us);
    }
}

static uint32_t on_sink(struct sim_host *host, uint64_t user, const struct vitro_span *spans,
                        uint32_t span_count, uint32_t len_bytes, uint64_t now_us)
{
    struct peer *peer = peer_of(host->app, user);
    (void)len_bytes;
    return peer == NULL ? 0 : peer_sink(peer, spans, span_count, now_us);
}

static void connect_one(struct run *run, struct talk *talk, uint32_t side, uint16_t port,
                        const struct vitro_endpoint *remote, uint64_t now_us)
{
    struct peer *peer = &talk->peer[side];
    struct vitro_stack *stack = peer->host->stack;
    const struct vitro_endpoint local = vitro_endpoint_any(port);
    vitro_socket socket;
    int error = vitro_tcp_open(stack, user_of(talk, side), &socket);
    if (error == 0) error = vitro_bind(stack, socket, &local);
    if (error == 0) error = vitro_tcp_connect(stack, socket, remote, now_us);
    if (error != 0) {
        failed(run, "talk %u cannot connect: %s", talk->number, vitro_error_name(error));
        peer_failed(peer, -error);
        return;
    }
    peer_begin(peer, socket, now_us);
}

static struct vitro_ip nobody_ip(bool is_v4)
{
    const uint8_t ip6[16] = {0xfd, [15] = 0x99};
    return is_v4 ? vitro_ip_v4(10, 0, 0, 99) : vitro_ip_v6(ip6);
}

static void talk_start(struct sim_event *event, uint64_t now_us)
{
    struct talk *talk = CONTAINER_OF(event, struct talk, start);
    struct run *run = talk->run;
    const struct talk_plan *plan = &run->plan->talk[talk->number];
    const enum sim_end server = talk->peer[1].host->end;
    const bool is_v4 = run->plan->is_v4;
    struct vitro_ip server_ip = sim_host_ip(&run->plan->net, server, is_v4);
    uint16_t from = (uint16_t)(CLIENT_PORT + talk->number);
    uint16_t to = LISTENER_PORT;
    if (plan->kind == TALK_REFUSED) to = CLOSED_PORT;
    if (plan->kind == TALK_NOBODY) server_ip = nobody_ip(is_v4);
    if (plan->kind == TALK_BOTH_OPEN) from = to = (uint16_t)(BOTH_OPEN_PORT + talk->number);
    const struct vitro_endpoint remote = vitro_endpoint_of(server_ip, to);
    connect_one(run, talk, 0, from, &remote, now_us);
    if (plan->kind != TALK_BOTH_OPEN) return;
    const struct vitro_ip client_ip = sim_host_ip(&run->plan->net, plan->client, is_v4);
    const struct vitro_endpoint back = vitro_endpoint_of(client_ip, from);
    connect_one(run, talk, 1, to, &back, now_us);
}

static void listen_on(struct run *run, struct sim_host *host)
{
    const struct vitro_endpoint local = vitro_endpoint_any(LISTENER_PORT);
    vitro_socket *listener = &run->listener[host->end];
    int error = vitro_tcp_open(host->stack, LISTENER_USER, listener);
    if (error == 0) error = vitro_bind(host->stack, *listener, &local);
    if (error == 0) error = vitro_tcp_listen(host->stack, *listener, run->plan->backlog);
    if (error != 0) failed(run, "cannot listen: %s", vitro_error_name(error));
}

static void setup(struct run *run)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_host *host = &run->net->host[end];
        host->app = run;
        host->on_ready = on_ready;
        host->on_sink = on_sink;
        if (run->log.is_on || run->plan->is_perfect) host->on_event = on_event;
        listen_on(run, host);
    }
    sim_wire_watch(&run->net->wire, &run->watch, watch_seen);
    for (uint32_t i = 0; i < run->plan->talk_count; i++) {
        const struct talk_plan *plan = &run->plan->talk[i];
        struct talk *talk = &run->talk[i];
        talk->run = run;
        talk->number = i;
        for (uint32_t side = 0; side < 2; side++) {
            const uint32_t end = ((uint32_t)plan->client + side) % 2;
            peer_init(&talk->peer[side], &run->net->host[end], run->plan, &plan->side[side],
                      &talk->peer[1 - side], user_of(talk, side));
        }
        sim_event_init(&talk->start, talk_start);
        sim_clock_set(&run->net->clock, &talk->start, plan->start_us);
    }
}

/* Steps until nothing happens any more; false: too long. */
static bool run_to_quiet(struct run *run)
{
    while (run->result->passed && sim_net_step(run->net)) {
        if (run->net->steps > STEPS_MAX) {
            failed(run, "more than %u steps", STEPS_MAX);
        } else if (sim_net_now(run->net) > VIRTUAL_US_MAX) {
            failed(run, "not quiet after 100 hours");
        }
    }
    return run->result->passed;
}

/* Whether a network like this may lose a connection without anybody having done wrong. */
static bool error_is_right(const struct run *run, const struct talk *talk, const struct peer *peer)
{
    const struct outcome *own = &peer->outcome;
    const struct outcome *other = &peer->other->outcome;
    const enum talk_kind kind = run->plan->talk[talk->number].kind;
    const bool is_ethernet = run->plan->net.wire.link == FRAME_LINK_ETHERNET;
    const bool is_lossy = !run->plan->is_strict;
    switch (own->error) {
    case ECONNREFUSED:
        return kind == TALK_REFUSED || (!own->is_connected && (is_lossy || other->has_aborted));
    case EHOSTUNREACH: return is_ethernet && (kind == TALK_NOBODY || is_lossy);
    case ETIMEDOUT: return kind == TALK_NOBODY || is_lossy || other->has_aborted;
    case ECONNRESET:
    case EPIPE:
        return other->has_aborted || other->gave_up ||
               (is_lossy && (other->is_over || !other->has_opened));
    default: return false;
    }
}

static void judge_stream(struct run *run, const struct talk *talk, uint32_t side)
{
    const struct outcome *own = &talk->peer[side].outcome;
    const struct outcome *other = &talk->peer[1 - side].outcome;
    const char *who = side == 0 ? "client" : "server";
    const unsigned long long at = own->failure_at;
    if (own->failure != NULL) {
        failed(run, "talk %u, %s: %s (at %llu)", talk->number, who, own->failure, at);
    }
    if (own->has_eof && (!other->has_shut || own->received != other->sent)) {
        failed(run, "talk %u, %s: end of stream after %llu of %llu bytes", talk->number, who,
               (unsigned long long)own->received, (unsigned long long)other->sent);
    }
    if (own->gave_up_busy) {
        failed(run, "talk %u, %s: unacknowledged for ever", talk->number, who);
    }
    if (own->error != 0 && !error_is_right(run, talk, &talk->peer[side])) {
        failed(run, "talk %u, %s: no reason for %s", talk->number, who,
               vitro_error_name(own->error));
    }
}

static bool is_complete(const struct peer *peer)
{
    const struct outcome *o = &peer->outcome;
    const bool has_all = o->received == peer->other->side->bytes;
    return o->error == 0 && o->has_shut && o->sent == peer->side->bytes && has_all &&
           (o->has_eof || peer->side->closes_early);
}

/* Whether this side knows that something went wrong, or cannot: it let go early, or only waited for
 * one that is gone. */
static bool is_told(const struct peer *peer)
{
    const struct outcome *own = &peer->outcome;
    const struct outcome *other = &peer->other->outcome;
    if (own->error != 0) return true;
    if (own->gave_up) return !other->gave_up && (other->is_over || !other->has_opened);
    return own->has_shut && peer->side->closes_early;
}

static void judge_talk(struct run *run, const struct talk *talk)
{
    const struct talk_plan *plan = &run->plan->talk[talk->number];
    const struct peer *client = &talk->peer[0];
    const struct peer *server = &talk->peer[1];
    const bool is_talk = plan->kind == TALK_NORMAL || plan->kind == TALK_BOTH_OPEN;
    judge_stream(run, talk, 0);
    judge_stream(run, talk, 1);
    if (!client->outcome.is_over || (server->outcome.has_opened && !server->outcome.is_over)) {
        failed(run, "talk %u: not over", talk->number);
    }
    const bool aborted = client->outcome.has_aborted || server->outcome.has_aborted;
    if (!is_talk) {
        if (client->outcome.error == 0 && !aborted) {
            failed(run, "talk %u: nobody is there, and no error", talk->number);
        }
        return;
    }
    run->result->talks++;
    const bool complete = is_complete(client) && is_complete(server);
    if (complete) run->result->complete++;
    if (complete || aborted) return;
    if (!run->plan->is_strict && (is_told(client) || is_told(server))) return;
    failed(run, "talk %u: incomplete (client %s%s, server %s%s)", talk->number,
           vitro_error_name(client->outcome.error), client->outcome.gave_up ? ", gave up" : "",
           vitro_error_name(server->outcome.error), server->outcome.gave_up ? ", gave up" : "");
}

/* Nothing outlives its reason. */
static void judge_memory(struct run *run, const struct sim_host *host)
{
    struct vitro_memory memory;
    vitro_stack_memory(host->stack, &memory);
    const struct tcp_host *tcp = &host->stack->stack.tcp;
    const struct {
        const char *what;
        uint32_t count;
    } left[] = {
        {"sockets", memory.sockets},     {"connections", memory.connections},
        {"listeners", memory.listeners}, {"SYN records", memory.syn_records},
        {"chunks", memory.chunks},       {"TIME-WAIT records", memory.time_wait_records},
        {"tx blocks", tcp->txs.in_use},  {"rx blocks", tcp->rxs.in_use},
        {"ranges", tcp->ranges.in_use},  {"sent records", tcp->records.in_use},
    };
    for (size_t i = 0; i < ARRAY_COUNT(left); i++) {
        if (left[i].count == 0) continue;
        failed(run, "host %c still holds %u %s", 'A' + (int)host->end, left[i].count, left[i].what);
    }
}

/* Where nothing is lost nothing is sent twice, and acknowledgements are no more than data. */
static void judge_manners(struct run *run)
{
    uint64_t acks = 0;
    uint64_t data = 0;
    for (int end = 0; end < SIM_ENDS; end++) {
        const uint64_t *seen = run->net->wire.way[end].fates.seen;
        acks += seen[SIM_KIND_ACK];
        data += seen[SIM_KIND_DATA] + seen[SIM_KIND_FIN];
    }
    /* An ACK behind a refused window probe lies outside the window, and is lost as well. */
    if (run->repairs > 0 && run->probes == 0) {
        failed(run, "%llu repairs where nothing is lost", (unsigned long long)run->repairs);
    }
    if (acks > 2 * data + 20 * (uint64_t)run->plan->talk_count) {
        failed(run, "%llu acknowledgements for %llu segments", (unsigned long long)acks,
               (unsigned long long)data);
    }
}

static void add_totals(struct run *run)
{
    struct run_result *result = run->result;
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_counters counters;
        const struct sim_way_stats *stats = &run->net->wire.way[end].stats;
        vitro_stack_counters(run->net->host[end].stack, &counters);
        result->segments += counters.tcp.segments_out;
        result->retransmits += counters.tcp.retransmits;
        result->packets += stats->packets;
        result->lost += stats->packets - u64_min(stats->packets, stats->arrived);
        if (stats->malformed + stats->no_memory > 0) failed(run, "the wire could not take a frame");
    }
    for (uint32_t i = 0; i < run->plan->talk_count; i++) {
        result->payload_bytes += run->talk[i].peer[0].outcome.received;
        result->payload_bytes += run->talk[i].peer[1].outcome.received;
    }
    result->steps = run->net->steps;
    result->virtual_us = sim_net_now(run->net) - run->plan->net.start_us;
}

static void judge(struct run *run)
{
    if (run_to_quiet(run)) {
        for (uint32_t i = 0; i < run->plan->talk_count; i++) judge_talk(run, &run->talk[i]);
    }
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_host *host = &run->net->host[end];
        const int error = vitro_close(host->stack, run->listener[end], sim_net_now(run->net));
        if (error != 0) failed(run, "cannot close a listener: %s", vitro_error_name(error));
    }
    if (!run_to_quiet(run)) return;
    if (run->plan->is_perfect) judge_manners(run);
    judge_memory(run, &run->net->host[SIM_A]);
    judge_memory(run, &run->net->host[SIM_B]);
    if (sim_wire_in_flight(&run->net->wire) != 0) failed(run, "packets are left on the wire");
}

void run_network(const struct plan *plan, enum run_log log, struct run_result *result)
{
    *result = (struct run_result){.passed = true};
    struct run *run = mem_get(sizeof *run);
    if (run == NULL) return;
    run->plan = plan;
    run->result = result;
    run->log.is_on = log != RUN_LOG_NONE;
    run->log.is_direct = log == RUN_LOG_ALL;
    run->log.start_us = plan->net.start_us;
    run->net = sim_net_create(&plan->net);
    if (run->net == NULL) {
        failed(run, "the stack refuses the configuration");
    } else {
        setup(run);
        judge(run);
        add_totals(run);
        if (log == RUN_LOG_LAST) log_print(&run->log);
    }
    sim_net_destroy(run->net);
    mem_put(run);
}
