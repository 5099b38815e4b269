/*
 * The sockets of the services: on which addresses and ports, and not where they are not.
 */
#include "gateway/services.h"

#include <errno.h>

#include "http_client.h"

static const uint16_t ports[] = {80, 7, 9, 13, 19};

static void test_all_ports_of_both_versions(void **state)
{
    struct http_client *client = *state;
    for (size_t i = 0; i < ARRAY_COUNT(ports); i++) {
        assert_true(fixture_connect(&client->fixture, DEMO_V4, ports[i], NULL) != 0);
        assert_true(fixture_connect(&client->fixture, DEMO_V6, ports[i], NULL) != 0);
    }
}

static void test_other_ports_are_refused(void **state)
{
    struct http_client *client = *state;
    int error = 0;
    assert_int_equal(fixture_connect(&client->fixture, DEMO_V4, 81, &error), 0);
    assert_int_equal(error, ECONNREFUSED);
    assert_int_equal(fixture_connect(&client->fixture, "10.0.2.3", 80, &error), 0);
    assert_int_equal(error, ECONNREFUSED);
}

static void test_many_at_a_time(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    enum { MANY = 500 };
    vitro_socket sockets[MANY];
    static const char request[] = "GET /hello HTTP/1.0\r\n\r\n";
    for (int i = 0; i < MANY; i++) {
        const struct vitro_endpoint demo =
            vitro_endpoint_of(fixture->gateway->config.policy.addresses.demo[0], 80);
        assert_int_equal(vitro_tcp_open(fixture->program, 0, &sockets[i]), 0);
        assert_int_equal(vitro_tcp_connect(fixture->program, sockets[i], &demo, poll_now_us()), 0);
        assert_int_equal(vitro_tcp_send(fixture->program, sockets[i], request, sizeof request - 1,
                                        poll_now_us()),
                         sizeof request - 1);
    }
    for (int i = 0; i < MANY; i++) {
        int error = -1;
        client->len = fixture_receive(fixture, sockets[i], client->answer, 10000, &error);
        client->answer[client->len] = '\0';
        assert_int_equal(error, 0);
        assert_non_null(strstr(client->answer, "hello from vitro"));
        (void)vitro_close(fixture->program, sockets[i], poll_now_us());
    }
    http_client_until_talks(client, MANY);
}

static void test_without_ip6(void **state)
{
    (void)state;
    struct gateway_config config;
    struct gateway_fixture fixture;
    fixture_config(&config);
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&config.policy.addresses, &network, false);
    fixture_setup(&fixture, &config);
    assert_true(fixture_connect(&fixture, DEMO_V4, 80, NULL) != 0);
    fixture_teardown(&fixture);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_all_ports_of_both_versions),
        TEST(test_other_ports_are_refused),
        TEST(test_many_at_a_time),
        cmocka_unit_test(test_without_ip6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
