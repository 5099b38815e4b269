/*
 * Connections to the services.
 *
 * Deadlines move with every request, but timers need not: a timer that goes off before the deadline
 * is armed anew. So a deadline that moves away costs a store.
 */
#include "gateway/service_conn.h"

#include <errno.h>

/* How long the program may take to close its side when all it was sent has arrived. */
#define FINISH_US_MAX (5u * 1000000u)

/* Places asked for at a time: 512 KiB of chunks. */
#define PLACES 32u

void service_conn_deadline(struct service_conn *conn, uint64_t deadline_us)
{
    const struct wheel_node *node = &conn->timer.node;
    conn->deadline_us = deadline_us;
    if (wheel_node_is_armed(node) && node->deadline_us <= deadline_us) return;
    poll_timer_arm(&conn->services->gateway->poll, &conn->timer, deadline_us);
}

void service_conn_sink(struct service_conn *conn, bool on, uint64_t now_us)
{
    /* Where it cannot be set the bytes are queued, and read as usual. */
    (void)vitro_set_option(service_conn_stack(conn), conn->socket.handle, VITRO_OPTION_SINK, on,
                           now_us);
}

bool service_conn_send(struct service_conn *conn, const void *data, size_t len, uint64_t now_us)
{
    return vitro_tcp_send(service_conn_stack(conn), conn->socket.handle, data, len, now_us) ==
           (int64_t)len;
}

int64_t service_conn_send_text(struct service_conn *conn, const struct service_pattern *pattern,
                               uint64_t len, uint64_t now_us)
{
    struct vitro_stack *stack = service_conn_stack(conn);
    struct vitro_span_mut places[PLACES];
    uint64_t sent = 0;
    while (sent < len) {
        const size_t want = (size_t)u64_min(len - sent, PLACES * SERVICE_RUN_BYTES);
        const int count = vitro_tcp_reserve(stack, conn->socket.handle, want, places, PLACES);
        if (count == -ENOBUFS && sent == 0) return -ENOBUFS;
        if (count <= 0) break; /* full; or over, which the next event tells */
        size_t filled = 0;
        for (int i = 0; i < count; i++) {
            const size_t run = size_min(places[i].len, want - filled);
            service_pattern_copy(pattern, conn->offset + filled, places[i].data, run);
            filled += run;
        }
        if (vitro_tcp_commit(stack, conn->socket.handle, filled, now_us) != 0) break;
        conn->offset += filled;
        sent += filled;
    }
    return (int64_t)sent;
}

uint64_t service_conn_room(const struct service_conn *conn)
{
    const int64_t room = vitro_tcp_writable_bytes(service_conn_stack(conn), conn->socket.handle);
    return room > 0 ? (uint64_t)room : 0;
}

bool service_conn_has_fin(const struct service_conn *conn)
{
    const int bits = vitro_readiness(service_conn_stack(conn), conn->socket.handle);
    return bits >= 0 && ((uint32_t)bits & VITRO_PEER_FIN) != 0;
}

/* What TCP counted. */
static void complete_talk(struct service_conn *conn)
{
    struct vitro_tcp_info info;
    struct talk *talk = &conn->talk;
    if (vitro_tcp_info(service_conn_stack(conn), conn->socket.handle, &info) != 0) return;
    talk->state = info.state;
    talk->bytes_out = info.bytes_received;
    talk->bytes_in = info.bytes_sent;
    talk->retransmits_out = info.duplicates_received;
    talk->retransmits_in = info.retransmits;
}

/* The connection is over, or left to the stack. The object is gone afterwards. */
static void end(struct service_conn *conn, enum talk_end how, enum talk_party by, uint64_t now_us)
{
    struct services *services = conn->services;
    complete_talk(conn);
    poll_timer_cancel(&services->gateway->poll, &conn->timer);
    if (how == TALK_CLOSED) {
        (void)vitro_close(services->gateway->stack, conn->socket.handle, now_us);
    } else {
        (void)vitro_tcp_abort(services->gateway->stack, conn->socket.handle, now_us);
    }
    gateway_talk_end(services->gateway, &conn->talk, how, by, 0, now_us);
    list_remove(&conn->link);
    pool_put(&services->conns, conn);
}

/* The connection failed by itself. */
static void end_by_error(struct service_conn *conn, int error, uint64_t now_us)
{
    if (error == -ETIMEDOUT) {
        end(conn, TALK_TIMED_OUT, TALK_NOBODY, now_us);
    } else {
        end(conn, TALK_RESET, TALK_PROGRAM, now_us);
    }
}

/* Our FIN is said: waits until both FINs have arrived, or the program takes too long. */
static void go_on_finishing(struct service_conn *conn, bool is_due, uint64_t now_us)
{
    struct vitro_tcp_info info;
    if (vitro_tcp_info(service_conn_stack(conn), conn->socket.handle, &info) != 0) return;
    const bool is_over = info.state == VITRO_TCP_CLOSED || info.state == VITRO_TCP_TIME_WAIT;
    /* A program that reads slowly, or is stopped, is not late: time counts from the last byte. */
    if (is_over || (is_due && info.send_queued_bytes == 0)) {
        end(conn, TALK_CLOSED, conn->finished_by, now_us);
    } else if (is_due) {
        service_conn_deadline(conn, now_us + FINISH_US_MAX);
    }
}

static void act(struct service_conn *conn, enum service_verdict verdict, uint64_t now_us)
{
    if (verdict == SERVICE_RESET) end(conn, TALK_RESET, TALK_PEER, now_us);
    if (verdict != SERVICE_FINISH) return;
    conn->is_finishing = true;
    conn->finished_by = service_conn_has_fin(conn) ? TALK_PROGRAM : TALK_PEER;
    service_conn_deadline(conn, now_us + FINISH_US_MAX);
    if (vitro_tcp_shutdown(service_conn_stack(conn), conn->socket.handle, VITRO_SHUT_BOTH,
                           now_us) != 0) {
        end(conn, TALK_RESET, TALK_PEER, now_us);
        return;
    }
    go_on_finishing(conn, false, now_us);
}

static void on_ready(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct service_conn *conn = CONTAINER_OF(self, struct service_conn, socket);
    if ((bits & VITRO_ERROR) != 0) {
        end_by_error(conn, vitro_take_error(service_conn_stack(conn), self->handle), now_us);
    } else if (conn->is_finishing) {
        go_on_finishing(conn, false, now_us);
    } else {
        act(conn, conn->kind->serve(conn, now_us), now_us);
    }
}

static void on_due(struct poll_timer *timer, uint64_t now_us)
{
    struct service_conn *conn = CONTAINER_OF(timer, struct service_conn, timer);
    if (now_us < conn->deadline_us) {
        poll_timer_arm(&conn->services->gateway->poll, timer, conn->deadline_us);
    } else if (conn->is_finishing) {
        go_on_finishing(conn, true, now_us);
    } else {
        act(conn, conn->kind->due(conn, now_us), now_us);
    }
}

static uint32_t on_sink(struct gateway_socket *self, const struct vitro_span *spans,
                        uint32_t span_count, uint32_t len_bytes, uint64_t now_us)
{
    struct service_conn *conn = CONTAINER_OF(self, struct service_conn, socket);
    return conn->kind->sink(conn, spans, span_count, len_bytes, now_us);
}

/* The record begins with the SYN, which was a round trip before the handshake's end. */
static void begin_talk(struct service_conn *conn, const struct vitro_endpoint *local,
                       const struct vitro_endpoint *remote, uint64_t now_us)
{
    struct vitro_tcp_info info;
    uint64_t begun_us = now_us, handshake_us = 0;
    if (vitro_tcp_info(service_conn_stack(conn), conn->socket.handle, &info) == 0) {
        handshake_us = info.rtt_us_smoothed;
        if (info.established_us > handshake_us) begun_us = info.established_us - handshake_us;
    }
    gateway_talk_begin(conn->services->gateway, &conn->talk, TALK_TCP, remote, local, begun_us);
    conn->talk.handshake_us = handshake_us;
}

static struct service_conn *make(struct service_socket *listener, uint64_t now_us)
{
    struct services *services = listener->services;
    struct service_conn *conn = pool_get(&services->conns);
    if (conn == NULL) return NULL;
    *conn = (struct service_conn){
        .services = services,
        .kind = listener->kind,
        .socket = {.ready = on_ready, .sink = on_sink},
        .timer = {.due = on_due},
        .deadline_us = TIME_NEVER,
        .http = {.begun_us = now_us},
    };
    list_push_back(&services->open, &conn->link);
    return conn;
}

/* More than the limit: all that wait are told at once. */
static void refuse_all(struct gateway *gateway, vitro_socket listener, uint64_t now_us)
{
    vitro_socket handle;
    while (vitro_tcp_accept(gateway->stack, listener, 0, &handle, NULL) == 0) {
        (void)vitro_tcp_abort(gateway->stack, handle, now_us);
        gateway->stats.refused_by_limit++;
    }
}

void service_conn_accept(struct service_socket *listener, uint64_t now_us)
{
    struct services *services = listener->services;
    struct gateway *gateway = services->gateway;
    for (;;) {
        struct vitro_endpoint remote;
        struct service_conn *conn = make(listener, now_us);
        if (conn == NULL) {
            refuse_all(gateway, listener->socket.handle, now_us);
            return;
        }
        const int error =
            vitro_tcp_accept(gateway->stack, listener->socket.handle,
                             (uint64_t)(uintptr_t)&conn->socket, &conn->socket.handle, &remote);
        if (error != 0) {
            list_remove(&conn->link);
            pool_put(&services->conns, conn);
            return;
        }
        begin_talk(conn, &listener->local, &remote, now_us);
        if (conn->kind->sinks) service_conn_sink(conn, true, now_us);
        /* The stack says that it is ready in any case: `serve` is called from there. */
    }
}

void service_conn_end_all(struct services *services, uint64_t now_us)
{
    for (struct list *link; (link = list_first(&services->open)) != NULL;) {
        end(CONTAINER_OF(link, struct service_conn, link), TALK_OPEN, TALK_NOBODY, now_us);
    }
}
