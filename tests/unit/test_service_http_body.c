/*
 * Bodies: uploads by both codings, their checksums, echoes, and what goes wrong.
 */
#include "gateway/service_http_body.h"

#include <stdio.h>

#include "http_client.h"

#define BODY_BYTES 1000000u

static uint8_t *make_body(uint32_t *crc32)
{
    static struct service_crc crc;
    uint8_t *body = malloc(BODY_BYTES);
    assert_non_null(body);
    for (uint32_t i = 0; i < BODY_BYTES; i++) body[i] = (uint8_t)(i * 2654435761u >> 17);
    service_crc_init(&crc);
    *crc32 = service_crc_add(&crc, 0, body, BODY_BYTES);
    return body;
}

/* A request with this head, and the body in chunks of `chunk` bytes, or as it is if that is 0. */
static char *make_request(const char *head, const uint8_t *body, size_t chunk, size_t *len)
{
    const size_t cap = 2 * BODY_BYTES + 1000;
    char *request = malloc(cap);
    assert_non_null(request);
    *len = (size_t)snprintf(request, cap, "%s", head);
    for (size_t at = 0; at < BODY_BYTES;) {
        const size_t n = chunk == 0 ? BODY_BYTES : size_min(chunk, BODY_BYTES - at);
        if (chunk > 0) *len += (size_t)snprintf(request + *len, cap - *len, "%zx\r\n", n);
        memcpy(request + *len, body + at, n);
        *len += n;
        if (chunk > 0) *len += (size_t)snprintf(request + *len, cap - *len, "\r\n");
        at += n;
    }
    if (chunk > 0) *len += (size_t)snprintf(request + *len, cap - *len, "0\r\n\r\n");
    return request;
}

static void upload(struct http_client *client, const char *head, size_t chunk, const char *want)
{
    uint32_t crc;
    size_t len;
    char text[64];
    uint8_t *body = make_body(&crc);
    char *request = make_request(head, body, chunk, &len);
    snprintf(text, sizeof text, want, crc);
    const char *answer = http_client_say(client, 80, request, len);
    if (strstr(answer, text) == NULL) fail_msg("no %s in %.300s", text, answer);
    free(request);
    free(body);
}

static void test_upload_of_known_length(void **state)
{
    upload(*state, "PUT /upload/x HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n", 0,
           "{\"bytes\": 1000000, \"crc32\": \"%08x\"");
}

static void test_upload_in_chunks(void **state)
{
    static const size_t chunks[] = {7, 1460, 1000, 65536, BODY_BYTES};
    for (size_t i = 0; i < ARRAY_COUNT(chunks); i++) {
        upload(*state, "POST /upload HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n",
               chunks[i], "{\"bytes\": 1000000, \"crc32\": \"%08x\"");
    }
}

static void test_upload_without_checksum(void **state)
{
    upload(*state, "POST /upload?check=no HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n", 0,
           "{\"bytes\": 1000000, \"seconds\": ");
}

static void test_upload_waits_for_100(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    static const char head[] =
        "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 80, NULL);
    fixture_send_all(fixture, socket, head, sizeof head - 1);
    assert_int_equal(fixture_receive(fixture, socket, client->answer, 25, NULL), 25);
    assert_memory_equal(client->answer, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    fixture_send_all(fixture, socket, "123456789", 9);
    assert_int_equal(fixture_receive(fixture, socket, client->answer, 15, NULL), 15);
    assert_memory_equal(client->answer, "HTTP/1.1 200 OK", 15);
    (void)vitro_close(fixture->program, socket, poll_now_us());
}

static void echo(struct http_client *client, const char *head, size_t chunk)
{
    uint32_t crc;
    size_t len;
    uint8_t *body = make_body(&crc);
    char *request = make_request(head, body, chunk, &len);
    (void)http_client_say(client, 80, request, len);
    const char *back = http_client_body(client);
    const size_t back_len = client->len - (size_t)(back - client->answer);
    if (chunk == 0) {
        assert_int_equal(back_len, BODY_BYTES);
        assert_memory_equal(back, body, BODY_BYTES);
    } else {
        struct http_chunk state = {.state = HTTP_CHUNK_SIZE};
        size_t at = 0, got = 0;
        while (at < back_len) {
            struct span data;
            at += http_chunk_read(&state, span_of(back + at, back_len - at), SIZE_MAX, &data);
            assert_true(state.state != HTTP_CHUNK_BAD && got + data.len <= BODY_BYTES);
            if (data.len > 0) assert_memory_equal(data.data, body + got, data.len);
            got += data.len;
        }
        assert_int_equal(got, BODY_BYTES);
        assert_int_equal(state.state, HTTP_CHUNK_END);
    }
    free(request);
    free(body);
}

static void test_echo(void **state)
{
    echo(*state, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 1000000\r\n\r\n", 0);
    echo(*state, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 999);
    echo(*state, "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 100000);
}

static void test_bodies_that_end_early(void **state)
{
    struct http_client *client = *state;
    const char *answer =
        http_client_ask(client, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    assert_non_null(strstr(answer, "HTTP/1.1 400 "));
    answer = http_client_ask(client, "POST /upload HTTP/1.1\r\n" HOST
                                     "Transfer-Encoding: chunked\r\n\r\nx");
    assert_non_null(strstr(answer, "HTTP/1.1 400 "));
}

static void test_refused_body_is_not_taken_for_a_request(void **state)
{
    struct http_client *client = *state;
    const char *answer =
        http_client_ask(client, "POST /nothing HTTP/1.1\r\n" HOST "Content-Length: 23\r\n\r\n"
                                "GET /hello HTTP/1.0\r\n\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 404 "));
    assert_null(strstr(answer, "hello from vitro"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_upload_of_known_length),
        TEST(test_upload_in_chunks),
        TEST(test_upload_without_checksum),
        TEST(test_upload_waits_for_100),
        TEST(test_echo),
        TEST(test_bodies_that_end_early),
        TEST(test_refused_body_is_not_taken_for_a_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
