/*
 * Published TCP ports: bytes both ways, ends, refusals, and what waits.
 */
#include "gateway/publish_tcp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/publish.h"
#include "publish_fixture.h"

static void exchange(struct publish_fixture *p, enum publish_fixture_port port, const char *peer)
{
    struct gateway_fixture *fixture = &p->fixture;
    struct vitro_endpoint remote;
    char text[VITRO_IP_TEXT_MAX];
    int error;
    const vitro_socket listener = publish_fixture_listen(p);
    const int client = publish_fixture_client(p, port);
    assert_int_equal(send(client, "early", 5, MSG_NOSIGNAL), 5);
    const vitro_socket server = publish_fixture_accept(p, listener, &remote);
    vitro_ip_format(&remote.ip, text);
    assert_string_equal(text, peer);
    assert_int_equal(fixture_receive(fixture, server, p->buffer, 5, NULL), 5);
    assert_memory_equal(p->buffer, "early", 5);
    memset(p->buffer, 'x', 1000000);
    assert_int_equal(shutdown(client, SHUT_WR), 0); /* half-closed: the answer still comes */
    fixture_send_all(fixture, server, p->buffer, 1000000);
    assert_int_equal(publish_fixture_hear(p, client, p->buffer, 1000000, &error), 1000000);
    assert_int_equal(fixture_receive(fixture, server, p->buffer, 10, &error), 0);
    assert_int_equal(error, 0);
    assert_true(publish_is_busy(fixture->gateway->publish));
    (void)vitro_close(fixture->program, server, poll_now_us());
    assert_int_equal(publish_fixture_hear(p, client, p->buffer, 10, &error), 0);
    assert_int_equal(error, 0);
    close(client);
    publish_fixture_until_talks(p, 1);
    assert_false(publish_is_busy(fixture->gateway->publish));
    const struct talk *talk = &fixture->talks[0];
    assert_true(talk->is_inbound && talk->end == TALK_CLOSED);
    assert_int_equal(talk->program.port, PUBLISHED_PORT);
    assert_int_equal(talk->bytes_in, 5);
    assert_int_equal(talk->bytes_out, 1000000);
}

static void test_ip4(void **state) { exchange(*state, PUBLISHED_TCP_V4, "10.0.2.2"); }

static void test_ip6(void **state) { exchange(*state, PUBLISHED_TCP_V6, "fd76:6974:726f::2"); }

static void test_ip6_client_where_there_is_none_inside(void **state)
{
    (void)state;
    void *p = publish_fixture_make(false);
    exchange(p, PUBLISHED_TCP_V6, "10.0.2.2");
    publish_fixture_teardown(&p);
}

static void test_refused_inside_resets_the_client(void **state)
{
    struct publish_fixture *p = *state;
    int error;
    const int client = publish_fixture_client(p, PUBLISHED_TCP_V4);
    assert_int_equal(publish_fixture_hear(p, client, p->buffer, 10, &error), 0);
    assert_int_equal(error, ECONNRESET);
    close(client);
    publish_fixture_until_talks(p, 1);
    assert_int_equal(p->fixture.talks[0].end, TALK_REFUSED);
    assert_int_equal(p->fixture.talks[0].ended_by, TALK_PROGRAM);
}

static void test_reset_by_the_server_reaches_the_client(void **state)
{
    struct publish_fixture *p = *state;
    int error;
    const vitro_socket listener = publish_fixture_listen(p);
    const int client = publish_fixture_client(p, PUBLISHED_TCP_V4);
    const vitro_socket server = publish_fixture_accept(p, listener, NULL);
    (void)vitro_tcp_abort(p->fixture.program, server, poll_now_us());
    assert_int_equal(publish_fixture_hear(p, client, p->buffer, 10, &error), 0);
    assert_int_equal(error, ECONNRESET);
    close(client);
}

/* They come at once and are all served. */
static void test_many_clients(void **state)
{
    struct publish_fixture *p = *state;
    struct gateway_fixture *fixture = &p->fixture;
    enum { CLIENTS = 20 };
    int clients[CLIENTS];
    const vitro_socket listener = publish_fixture_listen(p);
    for (int i = 0; i < CLIENTS; i++) clients[i] = publish_fixture_client(p, PUBLISHED_TCP_V4);
    for (int i = 0; i < CLIENTS; i++) {
        const vitro_socket server = publish_fixture_accept(p, listener, NULL);
        fixture_send_all(fixture, server, "x", 1);
        (void)vitro_close(fixture->program, server, poll_now_us());
    }
    for (int i = 0; i < CLIENTS; i++) {
        int error;
        assert_int_equal(publish_fixture_hear(p, clients[i], p->buffer, 10, &error), 1);
        assert_int_equal(error, 0);
        close(clients[i]);
    }
    publish_fixture_until_talks(p, CLIENTS);
}

/* Those for whom there is no room wait until another has gone. */
static void test_limit_makes_clients_wait(void **state)
{
    struct publish_fixture *p = *state;
    struct gateway_fixture *fixture = &p->fixture;
    static struct publish_tcp tcp;
    static struct publish_tcp_port port;
    uint16_t number;
    const int listening = fixture_host_listen(&number);
    publish_tcp_init(&tcp, fixture->gateway);
    tcp.conns.objects_max = 1;
    assert_int_equal(publish_tcp_add(&tcp, &port, listening, PUBLISHED_PORT), 0);
    p->publish[PUBLISHED_TCP_V4].host.port = number;
    const vitro_socket listener = publish_fixture_listen(p);
    int clients[3];
    for (int i = 0; i < 3; i++) clients[i] = publish_fixture_client(p, PUBLISHED_TCP_V4);
    for (int i = 0; i < 3; i++) {
        int error;
        const vitro_socket server = publish_fixture_accept(p, listener, NULL);
        fixture_for(fixture, 20000);
        vitro_socket other;
        assert_int_equal(vitro_tcp_accept(fixture->program, listener, 0, &other, NULL), -EAGAIN);
        (void)vitro_close(fixture->program, server, poll_now_us());
        assert_int_equal(publish_fixture_hear(p, clients[i], p->buffer, 10, &error), 0);
        assert_int_equal(error, 0);
        close(clients[i]);
    }
    publish_fixture_until_talks(p, 3);
    publish_tcp_remove(&port);
    publish_tcp_deinit(&tcp, poll_now_us());
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, publish_fixture_setup, publish_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ip4),
        TEST(test_ip6),
        cmocka_unit_test(test_ip6_client_where_there_is_none_inside),
        TEST(test_refused_inside_resets_the_client),
        TEST(test_reset_by_the_server_reaches_the_client),
        TEST(test_many_clients),
        TEST(test_limit_makes_clients_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
