/*
 * Pings.
 *
 * All requests leave by one socket of the host for each version. The sequence number they get there
 * is a running number of ours, which finds what was asked again when a reply or an error comes; the
 * last PINGS_WAITING requests are remembered.
 *
 * A series, for the table, is what one program asks one address under one identifier.
 */
#include "gateway/forward_ping.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "gateway/host_ping.h"

/* Requests whose replies are recognised; a power of two. */
#define PINGS_WAITING 1024

/* Replies and errors that are read in one turn. */
#define READS_MAX 64

/* Echo data of one request, at most; and what a raw socket puts before it. */
#define DATA_BYTES_MAX 65535
#define HEADERS_MAX    128

struct series {
    struct forward_ping *ping;
    struct list age; /* in forward_ping.series */
    struct vitro_flow flow;
    uint16_t identifier; /* the program's */
    struct poll_timer timer;
    struct talk talk;
    uint64_t last_us;
    int error;          /* positive errno value said last; a reply takes it back */
    bool is_error_ours; /* nobody outside said it */
};

/* A request that was sent on. */
struct waiting {
    struct series *series; /* NULL: none, or answered */
    struct vitro_ping_request request;
    uint16_t number; /* its sequence number outside */
    uint64_t sent_us;
};

/* A socket of the host and its place in the loop. */
struct outside {
    struct forward_ping *ping;
    struct host_ping host;
    struct poll_fd fd;
    struct gateway_turn turn;
};

struct forward_ping {
    struct gateway *gateway;
    struct gateway_socket socket;
    struct outside outside[2]; /* IPv4, IPv6 */
    struct pool series_pool;
    struct list series; /* the longest silent first */
    uint16_t next_number;
    struct waiting waiting[PINGS_WAITING];
    uint8_t data[DATA_BYTES_MAX + HEADERS_MAX];
};

/* Series. */

static void end_series(struct series *series, uint64_t now_us, bool is_shutdown)
{
    struct forward_ping *ping = series->ping;
    struct talk *talk = &series->talk;
    for (uint32_t i = 0; i < PINGS_WAITING; i++) {
        if (ping->waiting[i].series == series) ping->waiting[i].series = NULL;
    }
    enum talk_end end = is_shutdown ? TALK_OPEN : TALK_TIMED_OUT;
    enum talk_party by = TALK_NOBODY;
    if (talk->packets_in > 0) {
        end = TALK_ANSWERED;
        by = TALK_PEER;
    } else if (series->error != 0) {
        end = TALK_UNREACHABLE;
        by = series->is_error_ours ? TALK_GATEWAY : TALK_PEER;
    }
    poll_timer_cancel(&ping->gateway->poll, &series->timer);
    gateway_talk_end(ping->gateway, talk, end, by, series->error, now_us);
    list_remove(&series->age);
    pool_put(&ping->series_pool, series);
}

static void touch_series(struct series *series, uint64_t now_us)
{
    series->last_us = now_us;
    list_remove(&series->age);
    list_push_back(&series->ping->series, &series->age);
}

static void on_idle(struct poll_timer *timer, uint64_t now_us)
{
    struct series *series = CONTAINER_OF(timer, struct series, timer);
    const uint64_t until_us = series->last_us + FORWARD_PING_IDLE_US;
    if (until_us > now_us) {
        poll_timer_arm(&series->ping->gateway->poll, timer, until_us);
    } else {
        end_series(series, now_us, false);
    }
}

static struct series *find_series(struct forward_ping *ping,
                                  const struct vitro_ping_request *request)
{
    /* There are GATEWAY_PING_MAX at most, and pings are rare: a walk from the newest will do. */
    for (struct list *l = list_last(&ping->series); l != NULL;) {
        struct series *series = CONTAINER_OF(l, struct series, age);
        if (series->identifier == request->identifier &&
            vitro_ip_equal(&series->flow.local.ip, &request->flow.local.ip) &&
            vitro_ip_equal(&series->flow.remote.ip, &request->flow.remote.ip)) {
            return series;
        }
        l = l->prev == &ping->series ? NULL : l->prev;
    }
    return NULL;
}

static struct series *open_series(struct forward_ping *ping,
                                  const struct vitro_ping_request *request, uint64_t now_us)
{
    if (pool_room(&ping->series_pool) == 0) {
        struct list *oldest = list_first(&ping->series);
        if (oldest != NULL) end_series(CONTAINER_OF(oldest, struct series, age), now_us, false);
    }
    struct series *series = pool_get(&ping->series_pool);
    if (series == NULL) return NULL;
    *series = (struct series){
        .ping = ping,
        .flow = request->flow,
        .identifier = request->identifier,
        .timer = {.due = on_idle},
        .last_us = now_us,
    };
    list_init(&series->age);
    list_push_back(&ping->series, &series->age);
    gateway_talk_begin(ping->gateway, &series->talk, TALK_PING, &request->flow.remote,
                       &request->flow.local, now_us);
    poll_timer_arm(&ping->gateway->poll, &series->timer, now_us + FORWARD_PING_IDLE_US);
    return series;
}

/* From the stack. */

static void refuse(struct series *series, const struct vitro_ping_request *request,
                   const struct vitro_unreachable *why, int error, uint64_t now_us)
{
    struct forward_ping *ping = series->ping;
    series->error = error;
    series->is_error_ours = true;
    (void)vitro_ping_unreachable(ping->gateway->stack, ping->socket.handle, request, why, now_us);
}

static void refuse_kind(struct series *series, const struct vitro_ping_request *request,
                        enum vitro_unreachable_kind kind, int error, uint64_t now_us)
{
    const struct vitro_unreachable why = {.kind = kind, .mtu_bytes = 1280};
    refuse(series, request, &why, error, now_us);
}

/* Sends a request on. 0 or a positive errno value. */
static int send_on(struct series *series, const struct vitro_ping_request *request,
                   const struct vitro_ip *to, struct span data, uint64_t now_us)
{
    struct forward_ping *ping = series->ping;
    const struct host_ping *host = &ping->outside[vitro_ip_is_v4(to) ? 0 : 1].host;
    if (host->fd < 0) {
        ping->gateway->stats.refused_by_policy++;
        return host->error == EPERM ? EACCES : host->error;
    }
    const uint16_t number = ping->next_number++;
    ping->waiting[number % PINGS_WAITING] = (struct waiting){
        .series = series, .request = *request, .number = number, .sent_us = now_us};
    const uint8_t ttl = (uint8_t)(request->ttl - 1u);
    int error = host_ping_send(host, to, number, ttl, data);
    /* An error of an earlier request is told once by whatever comes next; the queue has it too. */
    if (error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH) {
        error = host_ping_send(host, to, number, ttl, data);
    }
    if (error != 0) ping->waiting[number % PINGS_WAITING].series = NULL;
    return error;
}

static void take_request(struct forward_ping *ping, const struct vitro_ping_request *request,
                         struct span data, uint64_t now_us)
{
    struct series *series = find_series(ping, request);
    if (series == NULL) series = open_series(ping, request, now_us);
    if (series == NULL) {
        ping->gateway->stats.refused_by_limit++;
        return;
    }
    touch_series(series, now_us);
    series->talk.packets_out++;
    series->talk.bytes_out += data.len;
    struct vitro_endpoint to;
    switch (policy_place(&ping->gateway->config.policy, &request->flow.local, &to)) {
    case POLICY_WORLD:
    case POLICY_LOOPBACK: break;
    case POLICY_FORBIDDEN:
        ping->gateway->stats.refused_by_policy++;
        refuse_kind(series, request, VITRO_UNREACHABLE_ADMIN, EACCES, now_us);
        return;
    default: refuse_kind(series, request, VITRO_UNREACHABLE_HOST, EHOSTUNREACH, now_us); return;
    }
    if (request->ttl <= 1) {
        refuse_kind(series, request, VITRO_UNREACHABLE_TTL, EHOSTUNREACH, now_us);
        return;
    }
    const int error = send_on(series, request, &to.ip, data, now_us);
    if (error == 0 || error == EAGAIN || error == ENOBUFS) return; /* sent, or lost */
    refuse_kind(series, request, host_error_kind(error), error, now_us);
}

static void on_stack(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct forward_ping *ping = CONTAINER_OF(self, struct forward_ping, socket);
    (void)bits;
    for (;;) {
        struct vitro_ping_request request;
        const int64_t len = vitro_ping_next_request(ping->gateway->stack, self->handle, ping->data,
                                                    DATA_BYTES_MAX, &request);
        if (len < 0) return;
        take_request(ping, &request, span_of(ping->data, (size_t)len), now_us);
    }
}

/* From the host. */

/* What was asked with this number; NULL: nothing, or it is too long ago. */
static struct waiting *find_waiting(struct forward_ping *ping, uint16_t number)
{
    struct waiting *waiting = &ping->waiting[number % PINGS_WAITING];
    return waiting->series != NULL && waiting->number == number ? waiting : NULL;
}

static void note_rtt(struct talk *talk, uint64_t rtt_us)
{
    const uint64_t before = talk->packets_in - 1;
    talk->path_rtt_us = (talk->path_rtt_us * before + rtt_us) / talk->packets_in;
    if (!talk->has_path || rtt_us < talk->path_rtt_us_min) talk->path_rtt_us_min = rtt_us;
    talk->has_path = true;
}

static void take_reply(struct forward_ping *ping, const struct host_ping_reply *reply,
                       uint64_t now_us)
{
    const struct waiting *waiting = find_waiting(ping, reply->sequence);
    if (waiting == NULL) return;
    struct series *series = waiting->series;
    struct vitro_endpoint to;
    const struct vitro_endpoint *asked = &waiting->request.flow.local;
    (void)policy_place(&ping->gateway->config.policy, asked, &to);
    if (!vitro_ip_equal(&to.ip, &reply->from)) return; /* nobody we asked */
    touch_series(series, now_us);
    struct vitro_stack *stack = ping->gateway->stack;
    (void)vitro_set_option(stack, ping->socket.handle, VITRO_OPTION_TTL, reply->ttl, now_us);
    const int64_t sent = vitro_ping_answer(stack, ping->socket.handle, &waiting->request,
                                           reply->data.data, reply->data.len, now_us);
    if (sent < 0) return;
    series->error = 0;
    series->talk.packets_in++;
    series->talk.bytes_in += reply->data.len;
    note_rtt(&series->talk, now_us - waiting->sent_us);
}

static bool take_error(struct outside *outside, uint64_t now_us)
{
    struct forward_ping *ping = outside->ping;
    struct host_error error;
    uint16_t number = 0;
    const int kind = host_ping_error(&outside->host, &error, &number);
    if (kind < 0) return false;
    struct waiting *waiting = kind == 1 ? find_waiting(ping, number) : NULL;
    if (waiting == NULL || !vitro_ip_equal(&error.to.ip, &waiting->request.flow.local.ip)) {
        return true;
    }
    struct series *series = waiting->series;
    waiting->series = NULL;
    refuse(series, &waiting->request, &error.why, error.error, now_us);
    series->is_error_ours = false;
    return true;
}

static void read_host(struct outside *outside, uint64_t now_us)
{
    struct forward_ping *ping = outside->ping;
    for (uint32_t i = 0; i < READS_MAX; i++) {
        struct host_ping_reply reply;
        const int kind =
            host_ping_receive(&outside->host, span_mut_of(ping->data, sizeof ping->data), &reply);
        if (kind == 1) take_reply(ping, &reply, now_us);
        const bool was_error = take_error(outside, now_us);
        if (kind == -EAGAIN && !was_error) return;
    }
    gateway_again(ping->gateway, &outside->turn);
}

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    (void)bits;
    read_host(CONTAINER_OF(self, struct outside, fd), now_us);
}

static void on_turn(struct gateway_turn *turn, uint64_t now_us)
{
    read_host(CONTAINER_OF(turn, struct outside, turn), now_us);
}

/* Beginning and end. */

static void open_outside(struct forward_ping *ping, struct outside *outside, bool is_v4)
{
    outside->ping = ping;
    outside->turn.take = on_turn;
    host_ping_open(&outside->host, is_v4, false);
    outside->fd = (struct poll_fd){.fd = outside->host.fd, .ready = on_host};
    list_init(&outside->fd.dead);
    if (outside->host.fd < 0) return;
    outside->host.error = poll_add(&ping->gateway->poll, &outside->fd);
    if (outside->host.error == 0) return;
    close(outside->host.fd);
    outside->host.fd = -1;
}

struct forward_ping *forward_ping_create(struct gateway *gateway)
{
    struct forward_ping *ping = mem_get(sizeof *ping);
    if (ping == NULL) return NULL;
    ping->gateway = gateway;
    ping->socket.ready = on_stack;
    list_init(&ping->series);
    pool_init(&ping->series_pool, "pings", sizeof(struct series), GATEWAY_PING_MAX);
    if (vitro_ping_open(gateway->stack, (uintptr_t)&ping->socket, &ping->socket.handle) != 0) {
        pool_deinit(&ping->series_pool);
        mem_put(ping);
        return NULL;
    }
    open_outside(ping, &ping->outside[0], true);
    open_outside(ping, &ping->outside[1], false);
    if (vitro_ping_bind_any(gateway->stack, ping->socket.handle) == 0) return ping;
    forward_ping_destroy(ping);
    return NULL;
}

void forward_ping_destroy(struct forward_ping *ping)
{
    if (ping == NULL) return;
    const uint64_t now_us = poll_now_us();
    for (struct list *l; (l = list_first(&ping->series)) != NULL;) {
        end_series(CONTAINER_OF(l, struct series, age), now_us, true);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(ping->outside); i++) {
        gateway_cancel(&ping->outside[i].turn);
        if (ping->outside[i].host.fd >= 0) close(ping->outside[i].host.fd);
    }
    (void)vitro_close(ping->gateway->stack, ping->socket.handle, now_us);
    pool_deinit(&ping->series_pool);
    mem_put(ping);
}
