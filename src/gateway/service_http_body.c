/*
 * Bodies of requests.
 *
 * A body that is only counted is read in the sink, where it lies in the frames: never copied. The
 * sink may not call the stack, so it leaves the last byte of the body (or all that is no data of a
 * chunk) to be queued, which makes the connection ready, and the rest is done from there.
 */
#include "gateway/service_http_body.h"

#include <errno.h>

#include "base/text.h"

#define PLACES 16u

/* Room that the framing of a chunk takes: sixteen digits and two line ends. */
#define CHUNK_FRAME_BYTES 20u

/* Data of one chunk that is sent back: it is put together in the scratch. */
#define CHUNK_DATA_BYTES 16384u

void http_body_begin(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    http->body_bytes = 0;
    http->crc = 0;
    http->chunk = (struct http_chunk){.state = HTTP_CHUNK_SIZE};
    service_conn_deadline(conn, now_us + HTTP_BODY_US_MAX);
    if (http->phase == HTTP_PHASE_BODY) service_conn_sink(conn, true, now_us);
}

static void count(struct service_conn *conn, const uint8_t *data, size_t len)
{
    struct service_http *http = &conn->http;
    http->body_bytes += len;
    if (http->route.checks) http->crc = service_crc_add(&conn->services->crc, http->crc, data, len);
}

/* How much of `len` bytes the sink takes: data, and never the last of all. */
static uint64_t sink_share(struct service_http *http, uint32_t len)
{
    if (http->phase != HTTP_PHASE_BODY) return 0;
    if (http->is_chunked) {
        return http->chunk.state == HTTP_CHUNK_DATA ? u64_min(len, http->chunk.left_bytes) : 0;
    }
    return http->left_bytes > len ? len : http->left_bytes > 0 ? http->left_bytes - 1 : 0;
}

uint32_t http_body_sink(struct service_conn *conn, const struct vitro_span *spans,
                        uint32_t span_count, uint32_t len_bytes, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    const uint32_t share = (uint32_t)sink_share(http, len_bytes);
    uint32_t left = share;
    for (uint32_t i = 0; i < span_count && left > 0; i++) {
        const uint32_t len = u32_min(left, (uint32_t)spans[i].len);
        count(conn, spans[i].data, len);
        left -= len;
    }
    if (http->is_chunked) {
        /* Reads nothing but data, so that none of it is looked at: its place does not matter. */
        http->chunk.left_bytes -= share;
        if (share > 0) http->chunk.overhead_bytes = 0;
        if (share > 0 && http->chunk.left_bytes == 0) http->chunk.state = HTTP_CHUNK_DATA_END;
    } else {
        http->left_bytes -= share;
    }
    if (share > 0) conn->deadline_us = now_us + HTTP_BODY_US_MAX; /* the timer may be too early */
    return share;
}

/* Looks at what is queued. More than 0: there is `span`. */
static int peek(struct service_conn *conn, struct vitro_span *span)
{
    return vitro_tcp_peek(service_conn_stack(conn), conn->socket.handle, span, 1);
}

static void consume(struct service_conn *conn, size_t len, uint64_t now_us)
{
    (void)vitro_tcp_consume(service_conn_stack(conn), conn->socket.handle, len, now_us);
}

/* Whether the body is over, one way or the other. */
static bool is_over(const struct service_http *http)
{
    if (http->body_bytes > HTTP_BODY_BYTES_MAX) return true;
    return http->is_chunked ? http->chunk.state >= HTTP_CHUNK_END : http->left_bytes == 0;
}

static enum http_body_result over(struct service_conn *conn, uint64_t now_us)
{
    const struct service_http *http = &conn->http;
    service_conn_sink(conn, false, now_us);
    if (http->body_bytes > HTTP_BODY_BYTES_MAX) return HTTP_BODY_BAD;
    return http->is_chunked && http->chunk.state == HTTP_CHUNK_BAD ? HTTP_BODY_BAD : HTTP_BODY_DONE;
}

/* Takes the next data of the body out of what is queued, up to `max` bytes of it: `data`, and how
 * many bytes are done with. */
static size_t next_data(struct service_http *http, struct vitro_span from, size_t max,
                        struct span *data)
{
    const struct span bytes = span_of(from.data, from.len);
    if (http->is_chunked) return http_chunk_read(&http->chunk, bytes, max, data);
    const uint64_t len = u64_min(u64_min(bytes.len, max), http->left_bytes);
    *data = span_slice(bytes, 0, (size_t)len);
    http->left_bytes -= len;
    return data->len;
}

enum http_body_result http_body_read(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    while (!is_over(http)) {
        struct vitro_span span;
        struct span data;
        const int places = peek(conn, &span);
        if (places == -EAGAIN) return HTTP_BODY_WAIT;
        if (places <= 0) return HTTP_BODY_SHORT;
        const size_t done = next_data(http, span, SIZE_MAX, &data);
        if (data.len > 0) count(conn, data.data, data.len);
        consume(conn, done, now_us);
        service_conn_deadline(conn, now_us + HTTP_BODY_US_MAX);
    }
    return over(conn, now_us);
}

/* Sends data back, as a chunk if it came in chunks. The room is there. */
static bool send_data(struct service_conn *conn, struct span data, uint64_t now_us)
{
    if (!conn->http.is_chunked) return service_conn_send(conn, data.data, data.len, now_us);
    struct text text;
    text_init(&text, conn->services->scratch, sizeof conn->services->scratch);
    text_addf(&text, "%zx\r\n", data.len);
    text_add_bytes(&text, (const char *)data.data, data.len);
    text_add(&text, "\r\n");
    return service_conn_send(conn, text.data, text.len, now_us);
}

enum http_body_result http_body_echo(struct service_conn *conn, uint64_t now_us)
{
    struct service_http *http = &conn->http;
    while (!is_over(http)) {
        struct vitro_span span;
        struct span data;
        const uint64_t room = service_conn_room(conn);
        if (room < 4 * CHUNK_FRAME_BYTES) return HTTP_BODY_WAIT;
        const int places = peek(conn, &span);
        if (places == -EAGAIN) return HTTP_BODY_WAIT;
        if (places <= 0) return HTTP_BODY_SHORT;
        const size_t max = (size_t)u64_min(room - 2 * CHUNK_FRAME_BYTES, CHUNK_DATA_BYTES);
        const size_t done = next_data(http, span, max, &data);
        if (data.len > 0 && !send_data(conn, data, now_us)) return HTTP_BODY_STUCK;
        http->body_bytes += data.len;
        consume(conn, done, now_us);
        service_conn_deadline(conn, now_us + HTTP_BODY_US_MAX);
    }
    const enum http_body_result result = over(conn, now_us);
    if (result != HTTP_BODY_DONE || !http->is_chunked) return result;
    static const char last[] = "0\r\n\r\n";
    return service_conn_send(conn, last, sizeof last - 1, now_us) ? result : HTTP_BODY_STUCK;
}
