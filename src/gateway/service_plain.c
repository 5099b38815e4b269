/*
 * Echo, discard, daytime, chargen.
 *
 * References: RFC 862, RFC 863, RFC 864, RFC 867.
 */
#include "gateway/service_plain.h"

#include <errno.h>

#include "gateway/service_clock.h"

#define PLACES 16u

/* When to try again where memory was short. */
#define RETRY_US 10000u

/* Throws away what is queued; whether the program has finished. */
static bool drain(struct service_conn *conn, uint64_t now_us)
{
    struct vitro_stack *stack = service_conn_stack(conn);
    const vitro_socket handle = conn->socket.handle;
    const int64_t len = vitro_tcp_readable_bytes(stack, handle);
    if (len > 0) (void)vitro_tcp_consume(stack, handle, (size_t)len, now_us);
    return service_conn_has_fin(conn);
}

static uint32_t sink_all(struct service_conn *conn, const struct vitro_span *spans, uint32_t count,
                         uint32_t len_bytes, uint64_t now_us)
{
    (void)conn, (void)spans, (void)count, (void)now_us;
    return len_bytes;
}

/* Sends back what lies there; returns what became of the last place: 0 or an error. */
static int64_t send_back(struct service_conn *conn, const struct vitro_span *spans, int count,
                         uint64_t now_us)
{
    struct vitro_stack *stack = service_conn_stack(conn);
    const vitro_socket handle = conn->socket.handle;
    size_t done = 0;
    int64_t result = 0;
    for (int i = 0; i < count && result == 0; i++) {
        const int64_t sent = vitro_tcp_send(stack, handle, spans[i].data, spans[i].len, now_us);
        if (sent > 0) done += (size_t)sent;
        if (sent != (int64_t)spans[i].len) result = sent < 0 ? sent : -EAGAIN;
    }
    (void)vitro_tcp_consume(stack, handle, done, now_us);
    return result;
}

static enum service_verdict echo_serve(struct service_conn *conn, uint64_t now_us)
{
    struct vitro_span spans[PLACES];
    for (;;) {
        const int count =
            vitro_tcp_peek(service_conn_stack(conn), conn->socket.handle, spans, PLACES);
        if (count == -EAGAIN) return SERVICE_GO_ON;
        if (count <= 0) return SERVICE_FINISH;
        const int64_t result = send_back(conn, spans, count, now_us);
        if (result == -ENOBUFS) service_conn_deadline(conn, now_us + RETRY_US);
        if (result != 0) return SERVICE_GO_ON;
    }
}

static enum service_verdict discard_serve(struct service_conn *conn, uint64_t now_us)
{
    return drain(conn, now_us) ? SERVICE_FINISH : SERVICE_GO_ON;
}

static enum service_verdict daytime_serve(struct service_conn *conn, uint64_t now_us)
{
    char line[64];
    struct text text;
    text_init(&text, line, sizeof line);
    service_clock_daytime(&text, service_clock_now());
    text_add(&text, "\r\n");
    return service_conn_send(conn, line, text.len, now_us) ? SERVICE_FINISH : SERVICE_RESET;
}

static enum service_verdict chargen_serve(struct service_conn *conn, uint64_t now_us)
{
    if (drain(conn, now_us)) return SERVICE_FINISH;
    const struct service_pattern *pattern = &conn->services->chargen;
    const int64_t sent = service_conn_send_text(conn, pattern, service_conn_room(conn), now_us);
    if (sent == -ENOBUFS) service_conn_deadline(conn, now_us + RETRY_US);
    return SERVICE_GO_ON;
}

/* The deadline was for trying again, and is none any more. */
static enum service_verdict echo_due(struct service_conn *conn, uint64_t now_us)
{
    service_conn_deadline(conn, TIME_NEVER);
    return echo_serve(conn, now_us);
}

static enum service_verdict chargen_due(struct service_conn *conn, uint64_t now_us)
{
    service_conn_deadline(conn, TIME_NEVER);
    return chargen_serve(conn, now_us);
}

const struct service_kind service_echo_kind = {.port = 7, .serve = echo_serve, .due = echo_due};

const struct service_kind service_discard_kind = {
    .port = 9, .sinks = true, .serve = discard_serve, .sink = sink_all};

const struct service_kind service_daytime_kind = {.port = 13, .serve = daytime_serve};

const struct service_kind service_chargen_kind = {
    .port = 19, .sinks = true, .serve = chargen_serve, .due = chargen_due, .sink = sink_all};
