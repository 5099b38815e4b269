/*
 * Heads of requests: what is understood, and what is refused with which status.
 */
#include <stdio.h>

#include "gateway/service_http_head.h"
#include "support.h"

#define HOST "Host: demo.vitro\r\n"

static int parse(const char *text, struct http_head *head)
{
    const struct span bytes = span_of(text, strlen(text));
    assert_int_equal(http_head_find(bytes), bytes.len);
    return http_head_parse(bytes, head);
}

static void check_status(const char *text, int status)
{
    struct http_head head;
    const int is = parse(text, &head);
    if (is != status) fail_msg("%d, not %d: %s", is, status, text);
}

static void test_request_as_curl_sends_it(void **state)
{
    (void)state;
    struct http_head head;
    assert_int_equal(parse("GET /bytes/1k?x=1 HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n", &head), 0);
    assert_int_equal(head.method, HTTP_GET);
    assert_true(http_span_is(head.path, "/bytes/1k"));
    assert_true(http_span_is(head.query, "x=1"));
    assert_true(head.keeps_alive && head.minor == 1);
    assert_false(head.has_length || head.is_chunked || head.expects_continue);
}

static void test_end_of_head(void **state)
{
    (void)state;
    static const char text[] = "\r\n\nGET / HTTP/1.0\r\nA: b\n\nbody";
    const size_t len = sizeof text - 1;
    for (size_t i = 0; i < len - 4; i++) assert_int_equal(http_head_find(span_of(text, i)), 0);
    assert_int_equal(http_head_find(span_of(text, len)), len - 4);
    assert_int_equal(http_head_find(span_of("\r\n\r\n\r\n", 6)), 0);
}

static void test_keep_alive(void **state)
{
    (void)state;
    struct http_head head;
    assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &head), 0);
    assert_false(head.keeps_alive);
    assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &head), 0);
    assert_true(head.keeps_alive && head.minor == 0);
    assert_int_equal(parse("GET / HTTP/1.1\r\n" HOST "connection: foo , CLOSE\r\n\r\n", &head), 0);
    assert_false(head.keeps_alive);
}

static void test_bodies(void **state)
{
    (void)state;
    struct http_head head;
    assert_int_equal(parse("POST / HTTP/1.1\r\n" HOST "Content-Length: 100000000000\r\n"
                           "Expect: 100-continue\r\n\r\n",
                           &head),
                     0);
    assert_true(head.has_length && head.expects_continue);
    assert_int_equal(head.length_bytes, 100000000000);
    assert_int_equal(parse("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n", &head),
                     0);
    assert_true(head.is_chunked && head.method == HTTP_PUT);
    check_status("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 0);
    check_status("POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", 400);
    check_status("POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400);
    check_status("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n", 400);
    check_status(
        "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    check_status("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501);
    check_status("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    check_status("POST / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n", 417);
}

static void test_targets(void **state)
{
    (void)state;
    static const struct {
        const char *target, *path, *query;
    } cases[] = {
        {"http://demo.vitro/hello?a", "/hello", "a"},
        {"HTTP://demo.vitro", "/", ""},
        {"http://x?q", "/", "q"},
        {"*", "*", ""},
        {"/?", "/", ""},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[128];
        struct http_head head;
        snprintf(text, sizeof text, "GET %s HTTP/1.0\r\n\r\n", cases[i].target);
        assert_int_equal(parse(text, &head), 0);
        assert_true(http_span_is(head.path, cases[i].path));
        assert_true(http_span_is(head.query, cases[i].query));
    }
}

static void test_malformed_heads_are_refused(void **state)
{
    (void)state;
    check_status("GET /\r\n\r\n", 400);
    check_status("GET  / HTTP/1.1\r\n" HOST "\r\n", 400);
    check_status("GET / HTTP/1.1\r\n\r\n", 400); /* no host */
    check_status("GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400);
    check_status("GET x HTTP/1.1\r\n" HOST "\r\n", 400);
    check_status("G@T / HTTP/1.1\r\n" HOST "\r\n", 400);
    check_status("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400);
    check_status("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n", 400);
    check_status("GET / HTTP/1.1\r\n" HOST "A: b\x01\r\n\r\n", 400);
    check_status("GET / HTTP/1.1\r\n" HOST "no colon\r\n\r\n", 400);
    check_status("GET / HTTP/2.0\r\n\r\n", 505);
    check_status("PRI * HTTP/2.0\r\n\r\n", 505);
    check_status("BREW / HTTP/1.1\r\n" HOST "\r\n", 501);
    check_status("\x16\x03\x01\r\n\r\n", 400);
}

static void test_too_many_fields(void **state)
{
    (void)state;
    char text[HTTP_HEAD_BYTES_MAX] = "GET / HTTP/1.1\r\n" HOST;
    size_t len = strlen(text);
    for (int i = 0; i < HTTP_FIELDS_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "a: b\r\n");
    }
    snprintf(text + len, sizeof text - len, "\r\n");
    check_status(text, 431);
}

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        enum http_range range;
        uint64_t first, last;
    } cases[] = {
        {"bytes=0-99", HTTP_RANGE_FROM, 0, 99},   {"bytes=5-", HTTP_RANGE_FROM, 5, UINT64_MAX},
        {"Bytes = -7", HTTP_RANGE_SUFFIX, 7, 0},  {"bytes=9-1", HTTP_RANGE_NONE, 0, 0},
        {"bytes=1-2,5-6", HTTP_RANGE_NONE, 0, 0}, {"lines=1-2", HTTP_RANGE_NONE, 0, 0},
        {"bytes=-", HTTP_RANGE_NONE, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[128];
        struct http_head head;
        snprintf(text, sizeof text, "GET / HTTP/1.0\r\nRange: %s\r\n\r\n", cases[i].value);
        assert_int_equal(parse(text, &head), 0);
        assert_int_equal(head.range, cases[i].range);
        if (head.range == HTTP_RANGE_NONE) continue;
        assert_int_equal(head.range_first, cases[i].first);
        if (head.range == HTTP_RANGE_FROM) assert_int_equal(head.range_last, cases[i].last);
    }
}

static void test_query_values(void **state)
{
    (void)state;
    const struct span query = span_of("a=1&time=5s&b&time=6s", 21);
    assert_true(http_span_is(http_query_value(query, "time"), "5s"));
    assert_true(http_span_is(http_query_value(query, "a"), "1"));
    assert_int_equal(http_query_value(query, "b").len, 0);
    assert_int_equal(http_query_value(span_of(NULL, 0), "b").len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_as_curl_sends_it),
        cmocka_unit_test(test_end_of_head),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_malformed_heads_are_refused),
        cmocka_unit_test(test_too_many_fields),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_query_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
