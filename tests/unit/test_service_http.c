/*
 * The HTTP server, asked through a whole gateway.
 */
#include "gateway/service_http.h"

#include <errno.h>
#include <stdio.h>

#include "gateway/service_pattern.h"
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

static void test_hello(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /hello HTTP/1.1\r\n" HOST "\r\n", 200);
    check_begins(http_client_body(client), "hello from vitro\nYou are 10.0.2.100:");
    http_client_until_talks(client, 1);
    const struct talk *talk = &client->fixture.talks[0];
    assert_int_equal(talk->kind, TALK_TCP);
    assert_int_equal(talk->end, TALK_CLOSED);
    assert_int_equal(talk->ended_by, TALK_PROGRAM); /* its FIN came with the request */
    assert_int_equal(talk->peer.port, 80);
    assert_int_equal(talk->bytes_in, client->len);
    assert_true(talk->bytes_out > 20 && talk->handshake_us > 0);
    assert_true(talk->ended_us >= talk->begun_us);
}

static void test_bytes(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /bytes/1500k HTTP/1.1\r\n" HOST "\r\n", 200);
    http_client_check_bytes(client, 0, 1500000);
    check_status(client, "GET /bytes/0 HTTP/1.1\r\n" HOST "\r\n", 200);
    http_client_check_bytes(client, 0, 0);
}

/* How often `text` stands in the answer. */
static int times(const struct http_client *client, const char *text)
{
    int count = 0;
    for (const char *at = client->answer; (at = strstr(at, text)) != NULL; at++) count++;
    return count;
}

static void test_pipelining(void **state)
{
    struct http_client *client = *state;
    check_status(client,
                 "GET /hello HTTP/1.1\r\n" HOST "\r\n\r\nGET /nothing HTTP/1.1\r\n" HOST "\r\n"
                 "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 9\r\n\r\n123456789"
                 "GET /bytes/5 HTTP/1.1\r\n" HOST "\r\nGET /hello HTTP/1.0\r\n\r\n"
                 "GET /hello HTTP/1.0\r\n\r\n",
                 200);
    assert_int_equal(times(client, "HTTP/1.1 200 OK"), 4); /* after HTTP/1.0 nothing more */
    assert_int_equal(times(client, "HTTP/1.1 404 "), 1);
    assert_int_equal(times(client, "\"crc32\": \"cbf43926\""), 1);
    assert_int_equal(times(client, "Connection: close"), 1);
}

static void test_keep_alive_of_old_clients(void **state)
{
    struct http_client *client = *state;
    check_status(client,
                 "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
                 "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
                 200);
    assert_int_equal(times(client, "Connection: keep-alive\r\n"), 2);
}

static void test_refusals(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /nothing HTTP/1.1\r\n" HOST "\r\n", 404);
    check_status(client, "DELETE /hello HTTP/1.1\r\n" HOST "\r\n", 405);
    assert_non_null(strstr(client->answer, "Allow: GET, HEAD, OPTIONS\r\n"));
    check_status(client, "POST /upload HTTP/1.1\r\n" HOST "\r\n", 411);
    check_status(client, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 2000000000000\r\n\r\n",
                 413);
    check_status(client, "BREW /hello HTTP/1.1\r\n" HOST "\r\n", 501);
    check_status(client, "GET /hello HTTP/3.0\r\n\r\n", 505);
    check_status(client, "GET /hel", 400);
    check_status(client, "nonsense\r\n\r\n", 400);
}

static void test_heads_that_are_too_long(void **state)
{
    struct http_client *client = *state;
    static char request[10000] = "GET / HTTP/1.1\r\n" HOST "A: ";
    memset(request + strlen(request), 'a', 9000);
    check_status(client, request, 431);
    memset(request, 'b', 9000);
    check_status(client, request, 414);
}

static void test_reset(void **state)
{
    struct http_client *client = *state;
    check_status(client, "GET /reset HTTP/1.1\r\n" HOST "\r\n", 200);
    assert_int_equal(client->error, ECONNRESET);
    http_client_check_bytes(client, 0, 1000);
    http_client_until_talks(client, 1);
    assert_int_equal(client->fixture.talks[0].end, TALK_RESET);
    assert_int_equal(client->fixture.talks[0].ended_by, TALK_PEER);
}

static void test_close_without_answer(void **state)
{
    struct http_client *client = *state;
    assert_string_equal(http_client_ask(client, "GET /close HTTP/1.1\r\n" HOST "\r\n"), "");
    assert_int_equal(client->error, 0);
}

static void test_server_closes_first(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V6, 80, NULL);
    fixture_send_all(fixture, socket, "GET /hello HTTP/1.0\r\n\r\n", 23);
    client->len = fixture_receive(fixture, socket, client->answer, 100000, &client->error);
    assert_int_equal(client->error, 0);
    (void)vitro_close(fixture->program, socket, poll_now_us());
    http_client_until_talks(client, 1);
    assert_int_equal(fixture->talks[0].ended_by, TALK_PEER);
    assert_int_equal(fixture->talks[0].state, VITRO_TCP_TIME_WAIT);
}

static void test_program_that_vanishes(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 80, NULL);
    fixture_send_all(fixture, socket, "GET /bytes/1G HTTP/1.1\r\n" HOST "\r\n", 44);
    (void)fixture_receive(fixture, socket, client->answer, 100000, NULL);
    (void)vitro_tcp_abort(fixture->program, socket, poll_now_us());
    http_client_until_talks(client, 1);
    assert_int_equal(fixture->talks[0].end, TALK_RESET);
    assert_int_equal(fixture->talks[0].ended_by, TALK_PROGRAM);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hello),
        TEST(test_bytes),
        TEST(test_pipelining),
        TEST(test_keep_alive_of_old_clients),
        TEST(test_refusals),
        TEST(test_heads_that_are_too_long),
        TEST(test_reset),
        TEST(test_close_without_answer),
        TEST(test_server_closes_first),
        TEST(test_program_that_vanishes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
