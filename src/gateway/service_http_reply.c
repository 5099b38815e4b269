/*
 * What is answered, route by route.
 *
 * An answer that is short is put together in the scratch, head and body, and sent in one piece:
 * there is room for it, or the request would not have been begun. One that takes time begins with
 * its head here and changes to the phase in which service_http.c goes on with it.
 *
 * References: RFC 9110, RFC 9112.
 */
#include "gateway/service_http_reply.h"

#include <inttypes.h>
#include <string.h>

#include "gateway/service_clock.h"
#include "gateway/service_http_answer.h"

#define TYPE_TEXT  "text/plain; charset=utf-8"
#define TYPE_HTML  "text/html; charset=utf-8"
#define TYPE_JSON  "application/json"
#define TYPE_BYTES "application/octet-stream"

/* What /reset announces and never keeps. */
#define RESET_BYTES 1000000u

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
enum service_verdict http_reply_done(struct service_conn *conn, uint64_t now_us)
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
    return send_answer(conn, answer, body, len, now_us) ? http_reply_done(conn, now_us)
                                                        : SERVICE_RESET;
}

/* Refuses a request. What comes behind it cannot be found for certain, or is not worth it. */
enum service_verdict http_reply_refuse(struct service_conn *conn, int status, uint64_t now_us)
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
    if (http->is_head) return http_reply_done(conn, now_us);
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

enum service_verdict http_reply_hello(struct service_conn *conn, uint64_t now_us)
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
enum service_verdict http_reply(struct service_conn *conn, const struct http_head *head,
                                uint64_t now_us)
{
    static const struct http_head plain = {.range = HTTP_RANGE_NONE};
    const struct http_answer page = {.status = 200, .type = TYPE_HTML};
    const struct http_answer options = {.status = 204, .allow = conn->http.route.methods};
    if (conn->http.is_answered) return http_reply_done(conn, now_us);
    switch (conn->http.route.kind) {
    case HTTP_ROUTE_PAGE:
        return answer_text(conn, page, http_answer_page, strlen(http_answer_page), now_us);
    case HTTP_ROUTE_HELLO: return http_reply_hello(conn, now_us);
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
    return http_reply_done(conn, now_us);
}

/* What has to be said before the body is read. False: no room. */
bool http_reply_early(struct service_conn *conn, const struct http_head *head, struct span bytes,
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
