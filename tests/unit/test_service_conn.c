/*
 * Connections to the services: their limit, their time-outs, and how they are recorded.
 */
#include "gateway/service_conn.h"

#include <errno.h>

#include "gateway/services.h"
#include "http_client.h"

static struct services *services_of(struct http_client *client)
{
    return client->fixture.gateway->services;
}

/* The only connection there is. */
static struct service_conn *only(struct http_client *client)
{
    struct list *link = list_first(&services_of(client)->open);
    assert_non_null(link);
    return CONTAINER_OF(link, struct service_conn, link);
}

static void test_idle_connection_is_closed(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 80, NULL);
    fixture_send_all(fixture, socket, "GET /status/204 HTTP/1.1\r\n" HOST "\r\n", 46);
    assert_int_equal(fixture_receive(fixture, socket, client->answer, 12, NULL), 12);
    struct service_conn *conn = only(client);
    assert_true(conn->deadline_us > poll_now_us() + 60000000);
    service_conn_deadline(conn, poll_now_us());
    int error = -1;
    (void)fixture_receive(fixture, socket, client->answer, 100000, &error);
    assert_int_equal(error, 0);
    (void)vitro_close(fixture->program, socket, poll_now_us());
    http_client_until_talks(client, 1);
    assert_int_equal(fixture->talks[0].end, TALK_CLOSED);
    assert_int_equal(fixture->talks[0].ended_by, TALK_PEER);
}

static void test_half_a_head_is_told_of_its_time_out(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 80, NULL);
    fixture_send_all(fixture, socket, "GET /", 5);
    fixture_for(fixture, 50000);
    service_conn_deadline(only(client), poll_now_us());
    client->len = fixture_receive(fixture, socket, client->answer, 100000, NULL);
    client->answer[client->len] = '\0';
    assert_non_null(strstr(client->answer, "HTTP/1.1 408 "));
    (void)vitro_close(fixture->program, socket, poll_now_us());
}

static void test_program_that_never_closes(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 13, NULL);
    (void)fixture_receive(fixture, socket, client->answer, 100000, NULL);
    fixture_for(fixture, 50000);
    assert_int_equal(fixture->talk_count, 0); /* its FIN may still come */
    service_conn_deadline(only(client), poll_now_us());
    http_client_until_talks(client, 1);
    assert_int_equal(fixture->talks[0].end, TALK_CLOSED);
    (void)vitro_close(fixture->program, socket, poll_now_us());
}

static void test_deadline_may_move_both_ways(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    const vitro_socket socket = fixture_connect(fixture, DEMO_V4, 80, NULL);
    fixture_for(fixture, 20000);
    struct service_conn *conn = only(client);
    service_conn_deadline(conn, poll_now_us() + 10000);
    service_conn_deadline(conn, poll_now_us() + 5000000);
    fixture_for(fixture, 50000);
    assert_int_equal(vitro_readiness(fixture->program, socket) & VITRO_PEER_FIN, 0);
    (void)vitro_tcp_abort(fixture->program, socket, poll_now_us());
    http_client_until_talks(client, 1);
}

static void test_one_more_than_the_limit_is_reset(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    services_of(client)->conns.objects_max = 1;
    const vitro_socket first = fixture_connect(fixture, DEMO_V4, 7, NULL);
    fixture_for(fixture, 20000);
    const vitro_socket second = fixture_connect(fixture, DEMO_V4, 7, NULL);
    int error = 0;
    (void)fixture_receive(fixture, second, client->answer, 10, &error);
    assert_int_equal(error, ECONNRESET);
    assert_int_equal(fixture->gateway->stats.refused_by_limit, 1);
    (void)vitro_close(fixture->program, second, poll_now_us());
    (void)vitro_close(fixture->program, first, poll_now_us());
}

struct crowd {
    struct gateway_fixture *fixture;
    vitro_socket sockets[3];
};

static bool all_have_failed(void *context)
{
    const struct crowd *crowd = context;
    for (size_t i = 0; i < ARRAY_COUNT(crowd->sockets); i++) {
        if ((vitro_readiness(crowd->fixture->program, crowd->sockets[i]) & VITRO_ERROR) == 0) {
            return false;
        }
    }
    return true;
}

/* They come in one batch, of which the stack tells once. */
static void test_many_more_than_the_limit_are_reset(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    struct crowd crowd = {.fixture = fixture};
    struct vitro_ip ip;
    assert_int_equal(vitro_ip_parse(DEMO_V4, &ip), 0);
    const struct vitro_endpoint echo = vitro_endpoint_of(ip, 7);
    services_of(client)->conns.objects_max = 1;
    const vitro_socket first = fixture_connect(fixture, DEMO_V4, 7, NULL);
    for (size_t i = 0; i < ARRAY_COUNT(crowd.sockets); i++) {
        assert_int_equal(vitro_tcp_open(fixture->program, 0, &crowd.sockets[i]), 0);
        assert_int_equal(
            vitro_tcp_connect(fixture->program, crowd.sockets[i], &echo, poll_now_us()), 0);
    }
    fixture_until(fixture, all_have_failed, &crowd);
    assert_int_equal(fixture->gateway->stats.refused_by_limit, ARRAY_COUNT(crowd.sockets));
    (void)vitro_close(fixture->program, first, poll_now_us());
}

/* What is still open when the run ends is recorded as such. */
static void test_open_at_the_end(void **state)
{
    struct http_client *client = *state;
    struct gateway_fixture *fixture = &client->fixture;
    (void)fixture_connect(fixture, DEMO_V4, 7, NULL);
    fixture_for(fixture, 20000);
    service_conn_end_all(services_of(client), poll_now_us());
    assert_int_equal(fixture->talk_count, 1);
    assert_int_equal(fixture->talks[0].end, TALK_OPEN);
    assert_int_equal(fixture->talks[0].state, VITRO_TCP_ESTABLISHED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, http_client_setup, http_client_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_idle_connection_is_closed),
        TEST(test_half_a_head_is_told_of_its_time_out),
        TEST(test_program_that_never_closes),
        TEST(test_deadline_may_move_both_ways),
        TEST(test_one_more_than_the_limit_is_reset),
        TEST(test_many_more_than_the_limit_are_reset),
        TEST(test_open_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
