/*
 * Any bytes as what a client says to the HTTP server: once as a head, once as a chunked body, which
 * the first byte says how to cut.
 *
 * Properties: a head ends where it ends, whatever stands behind it; all that is said of a head lies
 * in it; a refusal has a status with a name; a body is read to the same data and the same end
 * however it is cut.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/service_http_answer.h"
#include "gateway/service_http_chunk.h"
#include "gateway/service_http_route.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether `part` lies in `whole`, or is a constant of one byte. */
static void require_inside(struct span part, struct span whole)
{
    if (part.len == 0) return;
    if (part.len == 1 && part.data[0] == '/') return;
    REQUIRE(part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

static void check_head(struct span bytes)
{
    const size_t len = http_head_find(bytes);
    REQUIRE(len <= bytes.len);
    if (len == 0) return;
    const struct span text = span_slice(bytes, 0, len);
    REQUIRE(http_head_find(text) == len);
    REQUIRE(http_head_find(span_slice(bytes, 0, len - 1)) == 0);
    struct http_head head;
    struct http_route route;
    int status = http_head_parse(text, &head);
    require_inside(head.path, text);
    require_inside(head.query, text);
    if (status == 0) {
        REQUIRE(!(head.is_chunked && head.has_length));
        REQUIRE(head.has_length || head.length_bytes == 0);
        REQUIRE(head.path.len > 0);
        status = http_route_find(&head, &route);
        if (status == 0) REQUIRE(route.number <= HTTP_SIZE_BYTES_MAX);
        if (status == 0) REQUIRE(route.time_us <= HTTP_DRIP_US_MAX);
    }
    if (status != 0) REQUIRE(strcmp(http_answer_reason((uint32_t)status), "Status") != 0);
}

struct body {
    struct http_chunk chunk;
    size_t used, data_len;
    uint32_t sum; /* of the data, in order */
};

static struct body read_body(struct span bytes, size_t step, size_t data_max)
{
    struct body body = {.chunk.state = HTTP_CHUNK_SIZE};
    while (body.used < bytes.len && body.chunk.state < HTTP_CHUNK_END) {
        struct span data;
        const struct span part = span_slice(bytes, body.used, step);
        const size_t done = http_chunk_read(&body.chunk, part, data_max, &data);
        REQUIRE(done > 0 && done <= part.len && data.len <= done && data.len <= data_max);
        for (size_t i = 0; i < data.len; i++) body.sum = body.sum * 31 + data.data[i];
        body.used += done;
        body.data_len += data.len;
    }
    return body;
}

static void check_body(struct span bytes, size_t step)
{
    const struct body whole = read_body(bytes, SIZE_MAX, SIZE_MAX);
    const struct body cut = read_body(bytes, step, step);
    REQUIRE(whole.chunk.state == cut.chunk.state && whole.used == cut.used);
    REQUIRE(whole.data_len == cut.data_len && whole.sum == cut.sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const struct span bytes = span_of(data + 1, size - 1);
    check_head(bytes);
    check_body(bytes, 1 + data[0] % 64);
    return 0;
}
