/*
 * A client of the services.
 */
#include "http_client.h"

#include "gateway/service_pattern.h"
#include "gateway_fixture.h"

int http_client_setup(void **state)
{
    struct http_client *client = calloc(1, sizeof *client);
    assert_non_null(client);
    fixture_setup(&client->fixture, NULL);
    *state = client;
    return 0;
}

int http_client_teardown(void **state)
{
    struct http_client *client = *state;
    fixture_teardown(&client->fixture);
    free(client);
    return 0;
}

const char *http_client_say(struct http_client *client, uint16_t port, const void *data, size_t len)
{
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, port, NULL);
    assert_int_not_equal(socket, VITRO_SOCKET_NONE);
    fixture_send_all(fixture, socket, data, len);
    (void)vitro_tcp_shutdown(fixture->program, socket, VITRO_SHUT_SEND, poll_now_us());
    client->len =
        fixture_receive(fixture, socket, client->answer, sizeof client->answer - 1, &client->error);
    client->answer[client->len] = '\0';
    (void)vitro_close(fixture->program, socket, poll_now_us());
    return client->answer;
}

const char *http_client_ask(struct http_client *client, const char *request)
{
    return http_client_say(client, 80, request, strlen(request));
}

const char *http_client_body(const struct http_client *client)
{
    const char *end = strstr(client->answer, "\r\n\r\n");
    assert_non_null(end);
    return end + 4;
}

void http_client_until_talks(struct http_client *client, uint32_t count)
{
    struct gateway_fixture *fixture = &client->fixture;
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (fixture->talk_count < count) {
        assert_true(poll_now_us() < until_us);
        fixture_step(fixture);
    }
}

void http_client_check_bytes(const struct http_client *client, uint64_t offset, size_t len)
{
    static struct service_pattern pattern;
    const char *body = http_client_body(client);
    assert_int_equal(client->len - (size_t)(body - client->answer), len);
    uint8_t *want = malloc(len + 1);
    assert_non_null(want);
    service_pattern_bytes(&pattern);
    service_pattern_copy(&pattern, offset, want, len);
    assert_memory_equal(body, want, len);
    free(want);
}
