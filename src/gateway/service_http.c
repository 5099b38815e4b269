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
#include <inttypes.h>
#include <string.h>

#include "gateway/service_clock.h"
#include "gateway/service_conn.h"
#include "gateway/service_http_answer.h"
#include "gateway/service_http_body.h"

#define TYPE_TEXT  "text/plain; charset=utf-8"
#define TYPE_HTML  "text/html; charset=utf-8"
#define TYPE_JSON  "application/json"
#define TYPE_BYTES "application/octet-stream"

/* How often /drip sends something, at most, and when to try again where memory was short. */
#define DRIP_US  20000u
#define RETRY_US 10000u

/* What /reset announces, what of it comes, and how long that may take to arrive. */
#define RESET_BYTES      1000000u
#define RESET_SENT_BYTES 1000u
#define RESET_US         50000u

#define PLACES 16u

/* Begins a text in the scratch. */
static struct text begin_text(struct service_conn *conn)
{
    struct text text;
    text_init(&text, conn->services->scratch, sizeof conn->services->scratch);
    return text;
}

static void add_head(struct service_conn *conn, struct text *out, const struct http_answer *answer)
{
    struct services *services = conn->services;
    const uint64_t seconds = service_clock_now();
    if (seconds != services->date_seconds || services->date[0] == '\0') {
        struct text date;
        text_init(&date, services->date, sizeof services->date);
        service_clock_http(&date, seconds);
        services->date_seconds = seconds;
    }
    const struct http_manners manners = {
        .minor = conn->http.minor,
        .keeps_alive = conn->http.keeps_alive,
        .date = services->date,
    };
    http_answer_head(out, answer, &manners);
}

/* The answer is queued: the next request, or the end. */
static enum service_verdict answered(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    if (!http->keeps_alive) return SERVICE_FINISH;
    http->phase = HTTP_PHASE_HEAD;
    http->has_partial_head = false;
    service_conn_deadline(conn, now_us + HTTP_IDLE_US_MAX);
    return SERVICE_AGAIN;
}

/* Sends a whole answer; its body is left out where the request was HEAD. */
static bool send_answer(struct service_conn *conn, struct http_answer answer, const char *body,
                        size_t len, uint64_t now_us)
{
    struct text text = begin_text(conn);
    answer.length_bytes = len;
    add_head(conn, &text, &answer);
    if (!conn->http.is_head && answer.type != NULL) text_add_bytes(&text, body, len);
    return !text.truncated && service_conn_send(conn, text.data, text.len, now_us);
}

static enum service_verdict answer_text(struct service_conn *conn, struct http_answer answer,
                                        const char *body, size_t len, uint64_t now_us)
{
    return send_answer(conn, answer, body, len, now_us) ? answered(conn, now_us) : SERVICE_RESET;
}

/* Refuses a request. What comes behind it cannot be found for certain, or is not worth it. */
static enum service_verdict refuse(struct service_conn *conn, int status, uint64_t now_us)
{
    char body[256];
    struct text text;
    text_init(&text, body, sizeof body);
    text_addf(&text, "%s\n", http_answer_refusal((uint32_t)status));
    const struct http_answer answer = {
        .status = status, .type = TYPE_TEXT, .allow = status == 405 ? conn->http.route.methods : 0};
    return answer_text(conn, answer, body, text.len, now_us);
}

/* Sends the first part of an answer whose rest follows, and changes to the phase that sends it. */
static enum service_verdict begin_sending(struct service_conn *conn, struct http_answer answer,
                                          enum http_phase phase, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    struct text text = begin_text(conn);
    add_head(conn, &text, &answer);
    /* Corked, so that head and body share segments. */
    (void)vitro_set_option(service_conn_stack(conn), conn->socket.handle, VITRO_OPTION_CORK,
                           !http->is_head, now_us);
    if (!service_conn_send(conn, text.data, text.len, now_us)) return SERVICE_RESET;
    if (http->is_head) return answered(conn, now_us);
    http->phase = phase;
    http->begun_us = now_us;
    service_conn_deadline(conn, TIME_NEVER);
    return SERVICE_AGAIN;
}

/* RFC 9110 14: which part of the bytes is wanted. False: none that exists. */
static bool apply_range(const struct http_head *head, struct http_answer *answer)
{
    const uint64_t size = answer->size_bytes;
    uint64_t first = head->range_first, last = head->range_last;
    if (head->range == HTTP_RANGE_NONE) return true;
    if (head->range == HTTP_RANGE_SUFFIX) {
        first = size - u64_min(size, head->range_first);
        last = UINT64_MAX;
    }
    if (first >= size) return false;
    answer->status = 206;
    answer->has_range = true;
    answer->first = first;
    answer->last = u64_min(last, size - 1);
    answer->length_bytes = answer->last - first + 1;
    return true;
}

static enum service_verdict answer_bytes(struct service_conn *conn, const struct http_head *head,
                                         uint64_t now_us)
{
    struct http_answer answer = {.status = 200,
                                 .type = TYPE_BYTES,
                                 .length_bytes = conn->http.route.number,
                                 .size_bytes = conn->http.route.number};
    if (!apply_range(head, &answer)) {
        answer = (struct http_answer){
            .status = 416, .type = TYPE_TEXT, .has_range = true, .size_bytes = answer.size_bytes};
        return answer_text(conn, answer, "", 0, now_us);
    }
    conn->offset = answer.first;
    conn->http.left_bytes = answer.length_bytes;
    return begin_sending(conn, answer, HTTP_PHASE_SENDING, now_us);
}

static enum service_verdict answer_drip(struct service_conn *conn, uint64_t now_us)
{
    const struct http_answer answer = {
        .status = 200, .type = TYPE_BYTES, .length_bytes = conn->http.route.number};
    conn->offset = 0;
    conn->http.left_bytes = conn->http.route.number;
    return begin_sending(conn, answer, HTTP_PHASE_DRIP, now_us);
}

static enum service_verdict answer_reset(struct service_conn *conn, uint64_t now_us)
{
    const struct http_answer answer = {
        .status = 200, .type = TYPE_BYTES, .length_bytes = RESET_BYTES};
    conn->offset = 0;
    return begin_sending(conn, answer, HTTP_PHASE_RESET, now_us);
}

static enum service_verdict answer_hello(struct service_conn *conn, uint64_t now_us)
{
    static const struct http_answer answer = {.status = 200, .type = TYPE_TEXT};
    char body[256];
    char program[VITRO_ENDPOINT_TEXT_MAX], here[VITRO_ENDPOINT_TEXT_MAX];
    struct text text;
    (void)vitro_endpoint_format(&conn->talk.program, program);
    (void)vitro_endpoint_format(&conn->talk.peer, here);
    text_init(&text, body, sizeof body);
    text_addf(&text,
              "hello from vitro\nYou are %s, this is %s, and between us is vitro's own TCP.\n",
              program, here);
    return answer_text(conn, answer, body, text.len, now_us);
}

static enum service_verdict answer_status(struct service_conn *conn, uint64_t now_us)
{
    const int status = (int)conn->http.route.number;
    const bool has_body = status != 204 && status != 304;
    const struct http_answer answer = {.status = status, .type = has_body ? TYPE_TEXT : NULL};
    char body[64];
    struct text text;
    text_init(&text, body, sizeof body);
    text_addf(&text, "%d %s\n", status, http_answer_reason((uint32_t)status));
    return answer_text(conn, answer, body, text.len, now_us);
}

/* What came of an upload, in JSON. */
static enum service_verdict answer_upload(struct service_conn *conn, uint64_t now_us)
{
    static const struct http_answer answer = {.status = 200, .type = TYPE_JSON};
    const struct service_http *http = &conn->http;
    const uint64_t ms = (now_us - http->begun_us) / 1000;
    char body[128];
    struct text text;
    text_init(&text, body, sizeof body);
    text_addf(&text, "{\"bytes\": %" PRIu64, http->body_bytes);
    if (http->route.checks) text_addf(&text, ", \"crc32\": \"%08" PRIx32 "\"", http->crc);
    text_addf(&text, ", \"seconds\": %" PRIu64 ".%03" PRIu64 "}\n", ms / 1000, ms % 1000);
    return answer_text(conn, answer, body, text.len, now_us);
}

static enum service_verdict begin_delay(struct service_conn *conn, uint64_t now_us)
{
    conn->http.phase = HTTP_PHASE_DELAY;
    service_conn_deadline(conn, now_us + conn->http.route.time_us);
    return SERVICE_GO_ON;
}

/* Answers a request whose body, if it had one, is read. `head` NULL: it is gone by now. */
static enum service_verdict answer(struct service_conn *conn, const struct http_head *head,
                                   uint64_t now_us)
{
    static const struct http_head plain = {.range = HTTP_RANGE_NONE};
    const struct http_answer page = {.status = 200, .type = TYPE_HTML};
    const struct http_answer options = {.status = 204, .allow = conn->http.route.methods};
    if (conn->http.is_answered) return answered(conn, now_us);
    switch (conn->http.route.kind) {
    case HTTP_ROUTE_PAGE:
        return answer_text(conn, page, http_answer_page, strlen(http_answer_page), now_us);
    case HTTP_ROUTE_HELLO: return answer_hello(conn, now_us);
    case HTTP_ROUTE_BYTES: return answer_bytes(conn, head != NULL ? head : &plain, now_us);
    case HTTP_ROUTE_UPLOAD: return answer_upload(conn, now_us);
    case HTTP_ROUTE_STATUS: return answer_status(conn, now_us);
    case HTTP_ROUTE_DELAY: return begin_delay(conn, now_us);
    case HTTP_ROUTE_DRIP: return answer_drip(conn, now_us);
    case HTTP_ROUTE_RESET: return answer_reset(conn, now_us);
    case HTTP_ROUTE_OPTIONS: return answer_text(conn, options, "", 0, now_us);
    case HTTP_ROUTE_CLOSE: return SERVICE_FINISH;
    case HTTP_ROUTE_ECHO: /* answered while it was read */
    case HTTP_ROUTE_HEADERS: /* answered while its head was there */ break;
    }
    return answered(conn, now_us);
}

/* What has to be said before the body is read. False: no room. */
static bool answer_early(struct service_conn *conn, const struct http_head *head, struct span bytes,
                         uint64_t now_us)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct service_http *http = &conn->http;
    if (head->expects_continue && !service_conn_send(conn, go_on, sizeof go_on - 1, now_us)) {
        return false;
    }
    if (http->route.kind == HTTP_ROUTE_HEADERS) {
        http->is_answered = true;
        const struct http_answer answer = {.status = 200, .type = TYPE_TEXT};
        return send_answer(conn, answer, (const char *)bytes.data, bytes.len, now_us);
    }
    if (http->route.kind != HTTP_ROUTE_ECHO) return true;
    const struct http_answer answer = {.status = 200,
                                       .type = TYPE_BYTES,
                                       .is_chunked = http->is_chunked,
                                       .length_bytes = http->left_bytes};
    struct text text = begin_text(conn);
    add_head(conn, &text, &answer);
    return service_conn_send(conn, text.data, text.len, now_us);
}

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
    if (status != 0) return refuse(conn, status, now_us);
    if (!answer_early(conn, &head, bytes, now_us)) return SERVICE_RESET;
    if (!head.is_chunked && head.length_bytes == 0) return answer(conn, &head, now_us);
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
        return refuse(conn, has_line ? 431 : 414, now_us);
    }
    if (service_conn_has_fin(conn)) return refuse(conn, 400, now_us);
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
                   : answer(conn, NULL, now_us);
    }
    http->keeps_alive = false;
    /* In the middle of an answer nothing else can be said. */
    const bool can_say = http->phase == HTTP_PHASE_BODY && !http->is_answered;
    return can_say ? refuse(conn, 400, now_us) : SERVICE_FINISH;
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
    return http->left_bytes > 0 ? SERVICE_GO_ON : answered(conn, now_us);
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
    if (http->left_bytes == 0) return answered(conn, now_us);
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
    return can_say ? refuse(conn, 408, now_us) : SERVICE_FINISH;
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
    case HTTP_PHASE_DELAY: verdict = answer_hello(conn, now_us); break;
    case HTTP_PHASE_SENDING:
    case HTTP_PHASE_DRIP: break;
    }
    return verdict == SERVICE_AGAIN ? http_serve(conn, now_us) : verdict;
}

const struct service_kind service_http_kind = {
    .port = 80, .serve = http_serve, .due = http_due, .sink = http_body_sink};
