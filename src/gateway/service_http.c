/*
 * The HTTP server.
 *
 * http_serve() goes from phase to phase until one of them has to wait. What a phase returns:
 * SERVICE_AGAIN, the phase has changed; SERVICE_GO_ON, it waits; else the connection is to end.
 *
 * Two ends of a request are different things: when its answer is queued the connection may go on to
 * the next one; when the program has closed its sending side the answer still goes to it.
 *
 * References: RFC 9110, RFC 9112.
 */
#include "gateway/service_http.h"

#include <errno.h>
#include <string.h>

#include "gateway/service_conn.h"
#include "gateway/service_http_body.h"
#include "gateway/service_http_reply.h"

/* How often /drip sends something, at most, and when to try again where memory was short. */
#define DRIP_US  20000u
#define RETRY_US 10000u

/* What of the answer to /reset comes, and how long that may take to arrive. */
#define RESET_SENT_BYTES 1000u
#define RESET_US         50000u

#define PLACES 16u

/* The status that refuses a request, 0: none does. */
static int judge(struct service_conn *conn, const struct http_head *head, int status)
{
    struct service_http *http = &conn->http;
    if (status == 0) status = http_route_find(head, &http->route);
    const bool has_body = head->is_chunked || head->length_bytes > 0;
    const bool wants_body =
        http->route.kind == HTTP_ROUTE_UPLOAD || http->route.kind == HTTP_ROUTE_ECHO;
    if (status == 0 && wants_body && !head->is_chunked && !head->has_length) status = 411;
    if (status == 0 && head->length_bytes > HTTP_BODY_BYTES_MAX) status = 413;
    /* A path that is wrong does no harm to what comes behind the request; all else might. */
    const bool is_harmless = status == 404 || status == 405;
    if (status != 0 && (has_body || !is_harmless)) http->keeps_alive = false;
    return status;
}

/* A head is there. */
static enum service_verdict begin_request(struct service_conn *conn, struct span bytes,
                                          uint64_t now_us)
{
    struct service_http *http = &conn->http;
    struct http_head head;
    const int malformed = http_head_parse(bytes, &head);
    *http = (struct service_http){
        .phase = HTTP_PHASE_HEAD,
        .minor = head.minor,
        .keeps_alive = head.keeps_alive,
        .is_head = head.method == HTTP_HEAD,
        .is_chunked = head.is_chunked,
        .left_bytes = head.length_bytes,
        .begun_us = now_us,
    };
    const int status = judge(conn, &head, malformed);
    if (status != 0) return http_reply_refuse(conn, status, now_us);
    if (!http_reply_early(conn, &head, bytes, now_us)) return SERVICE_RESET;
    if (!head.is_chunked && head.length_bytes == 0) return http_reply(conn, &head, now_us);
    http->phase = http->route.kind == HTTP_ROUTE_ECHO ? HTTP_PHASE_ECHO : HTTP_PHASE_BODY;
    http_body_begin(conn, now_us);
    return SERVICE_AGAIN;
}

/* The beginning of what is queued, in one piece: as it lies there, or copied together. */
static struct span gather(struct services *services, const struct vitro_span *spans, int count)
{
    if (count == 1 || http_head_find(span_of(spans[0].data, spans[0].len)) != 0) {
        return span_of(spans[0].data, size_min(spans[0].len, HTTP_HEAD_BYTES_MAX));
    }
    size_t len = 0;
    for (int i = 0; i < count && len < sizeof services->head; i++) {
        const size_t part = size_min(spans[i].len, sizeof services->head - len);
        memcpy(services->head + len, spans[i].data, part);
        len += part;
    }
    return span_of(services->head, len);
}

/* The head is not whole. */
static enum service_verdict wait_for_head(struct service_conn *conn, struct span bytes,
                                          uint64_t now_us)
{
    struct service_http *http = &conn->http;
    http->keeps_alive = http->is_head = false;
    if (bytes.len >= HTTP_HEAD_BYTES_MAX) {
        const bool has_line = memchr(bytes.data, '\n', bytes.len) != NULL;
        return http_reply_refuse(conn, has_line ? 431 : 414, now_us);
    }
    if (service_conn_has_fin(conn)) return http_reply_refuse(conn, 400, now_us);
    if (!http->has_partial_head) service_conn_deadline(conn, now_us + HTTP_HEAD_US_MAX);
    http->has_partial_head = true;
    return SERVICE_GO_ON;
}

static enum service_verdict read_head(struct service_conn *conn, uint64_t now_us)
{
    struct vitro_stack *stack = service_conn_stack(conn);
    struct vitro_span spans[PLACES];
    if (service_conn_room(conn) < SERVICE_SCRATCH_BYTES) return SERVICE_GO_ON;
    const int count = vitro_tcp_peek(stack, conn->socket.handle, spans, PLACES);
    if (count == -EAGAIN) {
        if (conn->deadline_us == TIME_NEVER) service_conn_deadline(conn, now_us + HTTP_HEAD_US_MAX);
        return SERVICE_GO_ON;
    }
    if (count <= 0) return SERVICE_FINISH;
    struct span bytes = gather(conn->services, spans, count);
    bytes.len = size_min(bytes.len, HTTP_HEAD_BYTES_MAX);
    const size_t len = http_head_find(bytes);
    if (len == 0) return wait_for_head(conn, bytes, now_us);
    const enum service_verdict verdict = begin_request(conn, span_slice(bytes, 0, len), now_us);
    (void)vitro_tcp_consume(stack, conn->socket.handle, len, now_us);
    return verdict;
}

/* A body was read, as far as it goes. */
static enum service_verdict end_body(struct service_conn *conn, enum http_body_result result,
                                     uint64_t now_us)
{
    struct service_http *http = &conn->http;
    if (result == HTTP_BODY_WAIT) return SERVICE_GO_ON;
    if (result == HTTP_BODY_STUCK) return SERVICE_RESET;
    if (result == HTTP_BODY_DONE) {
        return service_conn_room(conn) < SERVICE_SCRATCH_BYTES && !http->is_answered &&
                       http->phase == HTTP_PHASE_BODY
                   ? SERVICE_GO_ON
                   : http_reply(conn, NULL, now_us);
    }
    http->keeps_alive = false;
    /* In the middle of an answer nothing else can be said. */
    const bool can_say = http->phase == HTTP_PHASE_BODY && !http->is_answered;
    return can_say ? http_reply_refuse(conn, 400, now_us) : SERVICE_FINISH;
}

static void uncork(struct service_conn *conn, uint64_t now_us)
{
    (void)vitro_set_option(service_conn_stack(conn), conn->socket.handle, VITRO_OPTION_CORK, 0,
                           now_us);
}

static enum service_verdict go_on_sending(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    const int64_t sent =
        service_conn_send_text(conn, &conn->services->bytes, http->left_bytes, now_us);
    if (sent == -ENOBUFS) service_conn_deadline(conn, now_us + RETRY_US);
    if (sent > 0) http->left_bytes -= (uint64_t)sent;
    uncork(conn, now_us);
    return http->left_bytes > 0 ? SERVICE_GO_ON : http_reply_done(conn, now_us);
}

/* Sends what is due by now. */
static enum service_verdict go_on_dripping(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    const uint64_t size = http->route.number, time_us = http->route.time_us;
    const uint64_t past_us = now_us - http->begun_us;
    /* Doubles are exact enough to drip by. */
    const uint64_t due =
        past_us >= time_us ? size : (uint64_t)((double)size * ((double)past_us / (double)time_us));
    if (due > conn->offset) {
        const int64_t sent =
            service_conn_send_text(conn, &conn->services->bytes, due - conn->offset, now_us);
        if (sent > 0) http->left_bytes -= (uint64_t)sent;
    }
    uncork(conn, now_us);
    if (http->left_bytes == 0) return http_reply_done(conn, now_us);
    const uint64_t step_us = size > 0 ? time_us / size : 0;
    service_conn_deadline(conn, now_us + u64_max(step_us, DRIP_US));
    return SERVICE_GO_ON;
}

static enum service_verdict go_on_resetting(struct service_conn *conn, uint64_t now_us)
{
    if (conn->offset == 0) {
        (void)service_conn_send_text(conn, &conn->services->bytes, RESET_SENT_BYTES, now_us);
        service_conn_deadline(conn, now_us + RESET_US);
    }
    uncork(conn, now_us);
    return SERVICE_GO_ON;
}

static enum service_verdict http_serve(struct service_conn *conn, uint64_t now_us)
{
    enum service_verdict verdict = SERVICE_AGAIN;
    while (verdict == SERVICE_AGAIN) {
        switch (conn->http.phase) {
        case HTTP_PHASE_HEAD: verdict = read_head(conn, now_us); break;
        case HTTP_PHASE_BODY: verdict = end_body(conn, http_body_read(conn, now_us), now_us); break;
        case HTTP_PHASE_ECHO: verdict = end_body(conn, http_body_echo(conn, now_us), now_us); break;
        case HTTP_PHASE_SENDING: verdict = go_on_sending(conn, now_us); break;
        case HTTP_PHASE_DRIP: verdict = go_on_dripping(conn, now_us); break;
        case HTTP_PHASE_RESET: verdict = go_on_resetting(conn, now_us); break;
        case HTTP_PHASE_DELAY: verdict = SERVICE_GO_ON; break;
        }
    }
    return verdict;
}

/* A request did not come, or not to its end. */
static enum service_verdict time_out(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    const bool has_begun = http->phase == HTTP_PHASE_BODY || http->has_partial_head;
    const bool can_say = has_begun && !http->is_answered && http->phase != HTTP_PHASE_ECHO;
    http->keeps_alive = false;
    return can_say ? http_reply_refuse(conn, 408, now_us) : SERVICE_FINISH;
}

static enum service_verdict http_due(struct service_conn *conn, uint64_t now_us)
{
    enum service_verdict verdict = SERVICE_AGAIN;
    service_conn_deadline(conn, TIME_NEVER);
    switch (conn->http.phase) {
    case HTTP_PHASE_HEAD:
    case HTTP_PHASE_BODY:
    case HTTP_PHASE_ECHO: verdict = time_out(conn, now_us); break;
    case HTTP_PHASE_RESET: verdict = SERVICE_RESET; break;
    case HTTP_PHASE_DELAY: verdict = http_reply_hello(conn, now_us); break;
    case HTTP_PHASE_SENDING:
    case HTTP_PHASE_DRIP: break;
    }
    return verdict == SERVICE_AGAIN ? http_serve(conn, now_us) : verdict;
}

const struct service_kind service_http_kind = {
    .port = 80, .serve = http_serve, .due = http_due, .sink = http_body_sink};
