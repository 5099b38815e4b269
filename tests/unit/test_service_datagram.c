/*
 * Echo, discard and daytime by UDP.
 */
#include "gateway/service_datagram.h"

#include <errno.h>

#include "http_client.h"

static vitro_socket open_udp(struct http_client *client, uint16_t port)
{
    vitro_socket socket;
    const struct vitro_endpoint local =
        vitro_endpoint_of(client->fixture.gateway->config.policy.addresses.program[0], port);
    assert_int_equal(vitro_udp_open(client->fixture.program, 0, &socket), 0);
    assert_int_equal(vitro_bind(client->fixture.program, socket, &local), 0);
    return socket;
}

static void say(struct http_client *client, vitro_socket socket, uint16_t port, const void *data,
                size_t len)
{
    const struct vitro_flow flow = {
        .remote = {.ip = client->fixture.gateway->config.policy.addresses.demo[0], .port = port}};
    assert_int_equal(
        vitro_udp_send(client->fixture.program, socket, &flow, data, len, poll_now_us()), len);
}

/* The answer's length; -EAGAIN if none comes in a tenth of a second. */
static int64_t hear(struct http_client *client, vitro_socket socket)
{
    for (int i = 0; i < 100; i++) {
        const int64_t len = vitro_udp_receive(client->fixture.program, socket, client->answer,
                                              sizeof client->answer, NULL);
        if (len != -EAGAIN) return len;
        fixture_for(&client->fixture, 1000);
    }
    return -EAGAIN;
}

static void test_echo_and_its_record(void **state)
{
    struct http_client *client = *state;
    const vitro_socket socket = open_udp(client, 5000);
    static char large[9000];
    say(client, socket, 7, "hello", 5);
    assert_int_equal(hear(client, socket), 5);
    assert_memory_equal(client->answer, "hello", 5);
    memset(large, 'x', sizeof large);
    say(client, socket, 7, large, sizeof large);
    assert_int_equal(hear(client, socket), sizeof large);
    assert_memory_equal(client->answer, large, sizeof large);
    service_datagram_end_all(client->fixture.gateway->services, poll_now_us());
    assert_int_equal(client->fixture.talk_count, 1);
    const struct talk *talk = &client->fixture.talks[0];
    assert_int_equal(talk->kind, TALK_UDP);
    assert_int_equal(talk->packets_in, 2);
    assert_int_equal(talk->bytes_out, 5 + sizeof large);
    assert_int_equal(talk->end, TALK_OPEN);
}

static void test_daytime_and_discard(void **state)
{
    struct http_client *client = *state;
    const vitro_socket socket = open_udp(client, 5000);
    say(client, socket, 13, "", 0);
    const int64_t len = hear(client, socket);
    assert_true(len > 30);
    assert_memory_equal(client->answer + len - 6, "-UTC\r\n", 6);
    say(client, socket, 9, "x", 1);
    assert_int_equal(hear(client, socket), -EAGAIN);
}

static void test_services_do_not_talk_to_each_other(void **state)
{
    struct http_client *client = *state;
    const vitro_socket socket = open_udp(client, 19);
    say(client, socket, 7, "x", 1);
    assert_int_equal(hear(client, socket), -EAGAIN);
}

static void test_flows_are_bounded(void **state)
{
    struct http_client *client = *state;
    for (uint16_t i = 0; i < SERVICE_FLOWS_MAX + 10; i++) {
        const vitro_socket socket = open_udp(client, (uint16_t)(20000 + i));
        say(client, socket, 9, "x", 1);
        fixture_step(&client->fixture);
        (void)vitro_close(client->fixture.program, socket, poll_now_us());
    }
    fixture_for(&client->fixture, 50000);
    assert_int_equal(client->fixture.talk_count, 10);
    assert_int_equal(client->fixture.talks[0].program.port, 20000);
    assert_int_equal(client->fixture.talks[0].end, TALK_IDLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_echo_and_its_record),
        TEST(test_daytime_and_discard),
        TEST(test_services_do_not_talk_to_each_other),
        TEST(test_flows_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
