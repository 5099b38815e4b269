/*
 * Echo, discard, daytime and chargen by TCP.
 */
#include "gateway/service_plain.h"

#include "http_client.h"

#define BYTES 1000000u

static void test_echo_sends_all_back(void **state)
{
    struct http_client *client = *state;
    char *data = malloc(BYTES);
    assert_non_null(data);
    for (uint32_t i = 0; i < BYTES; i++) data[i] = (char)(i * 2654435761u >> 21);
    (void)http_client_say(client, 7, data, BYTES);
    assert_int_equal(client->len, BYTES);
    assert_memory_equal(client->answer, data, BYTES);
    http_client_until_talks(client, 1);
    const struct talk *talk = &client->fixture.talks[0];
    assert_int_equal(talk->end, TALK_CLOSED);
    assert_int_equal(talk->bytes_in, BYTES);
    assert_int_equal(talk->bytes_out, BYTES);
    free(data);
}

/* A program that sends and does not read is stopped by its window, not by the gateway's memory. */
static void test_echo_waits_for_its_reader(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    static const char data[65536];
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 7, NULL);
    uint64_t sent = 0, quiet_since_us = poll_now_us();
    while (poll_now_us() - quiet_since_us < 300000) {
        const int64_t n =
            vitro_tcp_send(fixture->program, socket, data, sizeof data, poll_now_us());
        if (n > 0) {
            sent += (uint64_t)n;
            quiet_since_us = poll_now_us();
        }
        fixture_step(fixture);
        assert_true(sent < 100u << 20);
    }
    uint64_t received = 0;
    while (received < sent) {
        const size_t want = (size_t)u64_min(sent - received, 1 << 20);
        received += fixture_receive(fixture, socket, client->answer, want, NULL);
    }
    assert_int_equal(received, sent);
    (void)vitro_close(fixture->program, socket, poll_now_us());
}

static void test_discard_says_nothing(void **state)
{
    struct http_client *client = *state;
    char *data = calloc(1, BYTES);
    assert_non_null(data);
    assert_string_equal(http_client_say(client, 9, data, BYTES), "");
    http_client_until_talks(client, 1);
    assert_int_equal(client->fixture.talks[0].bytes_out, BYTES);
    free(data);
}

static void test_daytime_says_a_line(void **state)
{
    struct http_client *client = *state;
    const char *line = http_client_say(client, 13, "", 0);
    assert_true(client->len > 30);
    assert_string_equal(line + client->len - 6, "-UTC\r\n");
}

static void test_chargen_goes_on_until_fin(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 19, NULL);
    const size_t len = fixture_receive(fixture, socket, client->answer, 1500000, NULL);
    assert_int_equal(len, 1500000);
    for (size_t i = 0; i + SERVICE_CHARGEN_PERIOD < len; i++) {
        assert_int_equal(client->answer[i], client->answer[i + SERVICE_CHARGEN_PERIOD]);
    }
    (void)vitro_tcp_shutdown(fixture->program, socket, VITRO_SHUT_SEND, poll_now_us());
    int error = -1;
    while (fixture_receive(fixture, socket, client->answer, 1500000, &error) > 0) continue;
    assert_int_equal(error, 0);
    (void)vitro_close(fixture->program, socket, poll_now_us());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_echo_sends_all_back),       TEST(test_echo_waits_for_its_reader),
        TEST(test_discard_says_nothing),      TEST(test_daytime_says_a_line),
        TEST(test_chargen_goes_on_until_fin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
