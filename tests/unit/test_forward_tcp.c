/*
 * SYNs of the program and what the host's connect() answers them with.
 */
#define _GNU_SOURCE

#include "gateway/forward_tcp.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/host_socket.h"
#include "gateway_fixture.h"

static bool a_talk_has_ended(void *context)
{
    const struct gateway_fixture *fixture = context;
    return fixture->talk_count > 0;
}

static const struct talk *the_talk(struct gateway_fixture *fixture)
{
    fixture_until(fixture, a_talk_has_ended, fixture);
    return &fixture->talks[0];
}

/* A port of the host's loopback where nobody listens: bound, and never listened on. */
static int closed_port(uint16_t *port)
{
    const struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 0);
    struct sockaddr_storage address;
    socklen_t len = host_address(&to, &address);
    const int fd = host_socket_open(&to, SOCK_STREAM);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    struct vitro_endpoint bound;
    assert_true(host_endpoint(&address, &bound));
    *port = bound.port;
    return fd;
}

static void refused_by_the_server_is_refused(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    int error = 0;
    const int holder = closed_port(&port);
    assert_true(fixture_connect(&fixture, "10.0.2.2", port, &error) == VITRO_SOCKET_NONE);
    assert_int_equal(error, ECONNREFUSED);
    const struct talk *talk = the_talk(&fixture);
    assert_int_equal(talk->end, TALK_REFUSED);
    assert_int_equal(talk->ended_by, TALK_PEER);
    assert_int_equal(talk->error, ECONNREFUSED);
    close(holder);
    fixture_teardown(&fixture);
}

/* What the policy says is said at once, by the gateway. */
static void what_the_policy_refuses_never_reaches_the_host(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        uint16_t port;
        enum talk_end end;
    } cases[] = {{"10.0.2.4", 81, TALK_REFUSED},
                 {"10.0.2.77", 80, TALK_UNREACHABLE},
                 {"fd76:6974:726f::77", 80, TALK_UNREACHABLE},
                 {"0.1.2.3", 80, TALK_UNREACHABLE}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct gateway_fixture fixture;
        fixture_setup(&fixture, NULL);
        vitro_socket socket;
        struct vitro_ip ip;
        assert_int_equal(vitro_ip_parse(cases[i].ip, &ip), 0);
        const struct vitro_endpoint to = vitro_endpoint_of(ip, cases[i].port);
        assert_int_equal(vitro_tcp_open(fixture.program, 0, &socket), 0);
        if (vitro_tcp_connect(fixture.program, socket, &to, poll_now_us()) == 0) {
            const struct talk *talk = the_talk(&fixture);
            assert_int_equal(talk->end, cases[i].end);
            assert_int_equal(talk->ended_by, TALK_GATEWAY);
        }
        fixture_teardown(&fixture);
    }
}

/* The listener's queue is full, so that the host's SYN is answered by nobody: nor is the program's,
 * and when the program gives up nothing is left but the record's end. */
static void silence_stays_silence(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    assert_int_equal(listen(listener, 0), 0);
    const struct vitro_endpoint to = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), port);
    struct sockaddr_storage address;
    const socklen_t len = host_address(&to, &address);
    int fillers[4];
    for (size_t i = 0; i < ARRAY_COUNT(fillers); i++) {
        fillers[i] = host_socket_open(&to, SOCK_STREAM);
        (void)connect(fillers[i], (const struct sockaddr *)&address, len);
    }
    vitro_socket socket;
    const struct vitro_endpoint asked = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 2), port);
    assert_int_equal(vitro_tcp_open(fixture.program, 0, &socket), 0);
    assert_int_equal(vitro_tcp_connect(fixture.program, socket, &asked, poll_now_us()), 0);
    fixture_for(&fixture, 100000);
    struct vitro_tcp_info info;
    assert_int_equal(vitro_tcp_info(fixture.program, socket, &info), 0);
    assert_int_equal(info.state, VITRO_TCP_SYN_SENT);
    assert_int_equal(fixture.talk_count, 0);
    for (size_t i = 0; i < ARRAY_COUNT(fillers); i++) close(fillers[i]);
    close(listener);
    fixture_teardown(&fixture);
    assert_int_equal(fixture.talk_count, 1);
    assert_int_equal(fixture.talks[0].end, TALK_TIMED_OUT);
}

static void ip6_is_the_same(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    int error = 0;
    /* Port 1 of ::1 is nobody's. */
    assert_true(fixture_connect(&fixture, "fd76:6974:726f::2", 1, &error) == VITRO_SOCKET_NONE);
    assert_int_equal(error, ECONNREFUSED);
    fixture_teardown(&fixture);
}

#define MANY 300

static void many_connections_at_a_time(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    static vitro_socket sockets[MANY];
    static int servers[MANY];
    for (int i = 0; i < MANY; i++) {
        sockets[i] = fixture_connect(&fixture, "10.0.2.2", port, NULL);
        assert_true(sockets[i] != VITRO_SOCKET_NONE);
        servers[i] = fixture_host_accept(&fixture, listener);
    }
    for (int i = 0; i < MANY; i++) assert_int_equal(write(servers[i], &i, sizeof i), sizeof i);
    for (int i = 0; i < MANY; i++) {
        int got = -1;
        assert_int_equal(fixture_receive(&fixture, sockets[i], &got, sizeof got, NULL), sizeof got);
        assert_int_equal(got, i);
    }
    for (int i = 0; i < MANY; i++) close(servers[i]);
    close(listener);
    fixture_teardown(&fixture);
    assert_int_equal(fixture.talk_count, MANY);
}

/* One round of the gateway alone: what it sends waits for the program. */
static void only_the_gateway(struct gateway_fixture *fixture, int rounds)
{
    for (int i = 0; i < rounds; i++) gateway_step(fixture->gateway, poll_now_us() + 1000);
}

static vitro_socket begin_from(struct gateway_fixture *fixture, uint16_t from, uint16_t to)
{
    const struct vitro_endpoint local =
        vitro_endpoint_of(fixture->gateway->config.policy.addresses.program[0], from);
    const struct vitro_endpoint remote = vitro_endpoint_of(vitro_ip_v4(10, 0, 2, 2), to);
    vitro_socket socket;
    assert_int_equal(vitro_tcp_open(fixture->program, 0, &socket), 0);
    assert_int_equal(vitro_bind(fixture->program, socket, &local), 0);
    assert_int_equal(vitro_tcp_connect(fixture->program, socket, &remote, poll_now_us()), 0);
    return socket;
}

struct attempt {
    struct gateway_fixture *fixture;
    vitro_socket socket;
};

static bool is_settled(void *context)
{
    const struct attempt *attempt = context;
    const int bits = vitro_readiness(attempt->fixture->program, attempt->socket);
    return (bits & (VITRO_CONNECTED | VITRO_ERROR)) != 0;
}

/* A program gives up while the SYN-ACK is under way and tries again from the same port: its second
 * SYN is not taken for the first one come again. */
static void a_second_try_from_the_same_port_is_answered(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    const vitro_socket first = begin_from(&fixture, 5000, port);
    fixture_step(&fixture); /* the neighbour's address, and the SYN */
    only_the_gateway(&fixture, 10);
    assert_int_equal(vitro_tcp_abort(fixture.program, first, poll_now_us()), 0);
    fixture_for(&fixture, 20000); /* the SYN-ACK is answered by a reset */
    struct attempt attempt = {&fixture, begin_from(&fixture, 5000, port)};
    fixture_until(&fixture, is_settled, &attempt);
    assert_int_equal(vitro_take_error(fixture.program, attempt.socket), 0);
    assert_int_equal(fixture.talk_count, 1); /* of the first */
    close(listener);
    fixture_teardown(&fixture);
}

/* The end of the handshake, a reset and a new SYN come in one batch. */
static void a_connection_that_was_reset_at_once_is_not_the_next_one(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    struct attempt attempt = {&fixture, begin_from(&fixture, 5000, port)};
    fixture_until(&fixture, is_settled, &attempt);
    assert_int_equal(vitro_tcp_abort(fixture.program, attempt.socket, poll_now_us()), 0);
    attempt.socket = begin_from(&fixture, 5000, port);
    fixture_until(&fixture, is_settled, &attempt);
    assert_int_equal(vitro_take_error(fixture.program, attempt.socket), 0);
    fixture_send_all(&fixture, attempt.socket, "x", 1);
    close(fixture_host_accept(&fixture, listener)); /* of the first */
    const int server = fixture_host_accept(&fixture, listener);
    fixture_for(&fixture, 20000);
    char got;
    assert_int_equal(read(server, &got, 1), 1);
    assert_int_equal(fixture.talk_count, 1);
    close(server);
    close(listener);
    fixture_teardown(&fixture);
}

/* The host has no descriptor left for this process: the program hears nothing and asks again, and
 * by then there is one. */
static void without_descriptors_a_connection_waits(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    uint16_t port = 0;
    const int listener = fixture_host_listen(&port);
    struct rlimit usual, none;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = (struct rlimit){.rlim_cur = 3, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct attempt attempt = {&fixture, begin_from(&fixture, 5000, port)};
    fixture_until(&fixture, a_talk_has_ended, &fixture);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_false(is_settled(&attempt));
    assert_int_equal(fixture.talk_count, 1);
    assert_int_equal(fixture.talks[0].end, TALK_FAILED);
    assert_int_equal(fixture.talks[0].ended_by, TALK_GATEWAY);
    assert_int_equal(fixture.talks[0].error, EMFILE);
    assert_int_equal(fixture.gateway->stats.refused_by_limit, 1);
    fixture_until(&fixture, is_settled, &attempt);
    assert_int_equal(vitro_take_error(fixture.program, attempt.socket), 0);
    close(listener);
    fixture_teardown(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refused_by_the_server_is_refused),
        cmocka_unit_test(what_the_policy_refuses_never_reaches_the_host),
        cmocka_unit_test(silence_stays_silence),
        cmocka_unit_test(ip6_is_the_same),
        cmocka_unit_test(many_connections_at_a_time),
        cmocka_unit_test(a_second_try_from_the_same_port_is_answered),
        cmocka_unit_test(a_connection_that_was_reset_at_once_is_not_the_next_one),
        cmocka_unit_test(without_descriptors_a_connection_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
