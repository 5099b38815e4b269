/*
 * Answers of each route.
 */
#include "gateway/service_http_reply.h"

#include <stdio.h>

#include "http_client.h"

static void check_begins(const char *answer, const char *begin)
{
    if (strncmp(answer, begin, strlen(begin)) != 0) fail_msg("not %s: %.200s", begin, answer);
}

static void check_status(struct http_client *client, const char *request, int status)
{
    char begin[32];
    snprintf(begin, sizeof begin, "HTTP/1.1 %d ", status);
    check_begins(http_client_ask(client, request), begin);
}

/* How often `text` stands in the answer. */
static int times(const struct http_client *client, const char *text)
{
    int count = 0;
    for (const char *at = client->answer; (at = strstr(at, text)) != NULL; at++) count++;
    return count;
}

static void test_page_and_head(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET / HTTP/1.0\r\n\r\n", 200);
    assert_non_null(strstr(client->answer, "</html>"));
    assert_non_null(strstr(client->answer, "\r\nDate: "));
    check_status(client, "HEAD / HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_string_equal(http_client_body(client), "");
    assert_non_null(strstr(client->answer, "Content-Length: "));
    check_status(client, "HEAD /bytes/1G HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_string_equal(http_client_body(client), "");
    assert_non_null(strstr(client->answer, "Content-Length: 1000000000\r\n"));
}

static void test_ranges(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /bytes/100G HTTP/1.1\r\n" HOST "Range: bytes=99999990000-\r\n\r\n",
                 206);
    http_client_check_bytes(client, 99999990000, 10000);
    assert_non_null(
        strstr(client->answer, "Content-Range: bytes 99999990000-99999999999/100000000000\r\n"));
    check_status(client, "GET /bytes/1k HTTP/1.1\r\n" HOST "Range: bytes=-100\r\n\r\n", 206);
    http_client_check_bytes(client, 900, 100);
    check_status(client, "GET /bytes/1k HTTP/1.1\r\n" HOST "Range: bytes=10-19\r\n\r\n", 206);
    http_client_check_bytes(client, 10, 10);
    check_status(client, "GET /bytes/1k HTTP/1.1\r\n" HOST "Range: bytes=1000-\r\n\r\n", 416);
}

static void test_statuses(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /status/503 HTTP/1.1\r\n" HOST "\r\n", 503);
    assert_string_equal(http_client_body(client), "503 Service Unavailable\n");
    check_status(client, "GET /status/204 HTTP/1.1\r\n" HOST "\r\n", 204);
    assert_string_equal(http_client_body(client), "");
    check_status(client, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 204);
}

static void test_head_comes_back(void **state)
{
    struct http_client *client = *state;
    static const char request[] = "POST /headers HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                                  "GET /hello HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n";
    check_status(client, request, 200);
    check_begins(http_client_body(client), "POST /headers HTTP/1.1\r\n" HOST);
    assert_int_equal(times(client, "hello from vitro"), 1);
}

static void test_delay(void **state)
{
    struct http_client *client = *state;
    const uint64_t begun_us = poll_now_us();
    check_status(client, "GET /delay/200ms HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_in_range(poll_now_us() - begun_us, 200000, 10000000);
}

static void test_drip(void **state)
{
    struct http_client *client = *state;
    const uint64_t begun_us = poll_now_us();
    check_status(client, "GET /drip/1000?time=200ms HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_in_range(poll_now_us() - begun_us, 200000, 10000000);
    http_client_check_bytes(client, 0, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_page_and_head),   TEST(test_ranges), TEST(test_statuses),
        TEST(test_head_comes_back), TEST(test_delay),  TEST(test_drip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
