/*
 * Published UDP ports: each client is another to the program and gets its own answers.
 */
#include "gateway/publish_udp.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "publish_fixture.h"

static vitro_socket server_udp(struct publish_fixture *p)
{
    vitro_socket socket;
    const struct vitro_endpoint any = vitro_endpoint_any(PUBLISHED_PORT);
    assert_int_equal(vitro_udp_open(p->fixture.program, 0, &socket), 0);
    assert_int_equal(vitro_bind(p->fixture.program, socket, &any), 0);
    return socket;
}

/* Waits for a datagram at the server. */
static int64_t receive(struct publish_fixture *p, vitro_socket server,
                       struct vitro_datagram *datagram)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    for (;;) {
        const int64_t len =
            vitro_udp_receive(p->fixture.program, server, p->buffer, sizeof p->buffer, datagram);
        if (len != -EAGAIN) return len;
        assert_true(poll_now_us() < until_us);
        fixture_step(&p->fixture);
    }
}

static void test_answers_find_their_client(void **state)
{
    struct publish_fixture *p = *state;
    const vitro_socket server = server_udp(p);
    struct vitro_datagram from[2];
    int clients[2];
    for (int i = 0; i < 2; i++) {
        clients[i] = publish_fixture_client(p, PUBLISHED_UDP_V4);
        const char question[2] = {'q', (char)('0' + i)};
        assert_int_equal(send(clients[i], question, 2, 0), 2);
        assert_int_equal(receive(p, server, &from[i]), 2);
        assert_memory_equal(p->buffer, question, 2);
    }
    assert_int_not_equal(from[0].flow.remote.port, from[1].flow.remote.port);
    for (int i = 1; i >= 0; i--) {
        const char answer[2] = {'a', (char)('0' + i)};
        int error;
        assert_int_equal(
            vitro_udp_send(p->fixture.program, server, &from[i].flow, answer, 2, poll_now_us()), 2);
        assert_int_equal(publish_fixture_hear(p, clients[i], p->buffer, 2, &error), 2);
        assert_memory_equal(p->buffer, answer, 2);
        close(clients[i]);
    }
    fixture_teardown(&p->fixture);
    assert_int_equal(p->fixture.talk_count, 2);
    assert_true(p->fixture.talks[0].is_inbound);
    assert_int_equal(p->fixture.talks[0].packets_in, 1);
    assert_int_equal(p->fixture.talks[0].packets_out, 1);
    assert_int_equal(p->fixture.talks[0].end, TALK_OPEN);
    free(p);
}

static void test_nobody_listens_inside(void **state)
{
    struct publish_fixture *p = *state;
    const int client = publish_fixture_client(p, PUBLISHED_UDP_V4);
    assert_int_equal(send(client, "q", 1, 0), 1);
    fixture_for(&p->fixture, 100000);
    close(client);
    fixture_teardown(&p->fixture);
    assert_int_equal(p->fixture.talk_count, 1);
    assert_int_equal(p->fixture.talks[0].end, TALK_REFUSED);
    assert_int_equal(p->fixture.talks[0].error, ECONNREFUSED);
    free(p);
}

#define TEST(name) cmocka_unit_test_setup(name, publish_fixture_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_find_their_client),
        TEST(test_nobody_listens_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
