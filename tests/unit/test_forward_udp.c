/*
 * UDP of the program: answers come back from where was asked, errors come back as ICMP, flows end.
 */
#include "support.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/forward_udp.h"
#include "gateway/host_socket.h"
#include "gateway_fixture.h"

struct world {
    struct gateway_fixture fixture;
    int host; /* a UDP socket of the host, on its loopback */
    uint16_t port;
    vitro_socket socket; /* of the program */
    uint8_t buffer[70000];
};

static int host_udp(const char *ip, uint16_t *port)
{
    struct vitro_endpoint local = {.port = 0};
    struct sockaddr_storage address;
    assert_int_equal(vitro_ip_parse(ip, &local.ip), 0);
    const int fd = host_socket_open(&local, SOCK_DGRAM);
    assert_true(fd >= 0);
    socklen_t len = host_address(&local, &address);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_true(host_endpoint(&address, &local));
    *port = local.port;
    return fd;
}

/* Has a socket hear nobody but itself: others are refused, and the port is nobody else's. */
static void hear_nobody(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, len), 0);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    fixture_setup(&w->fixture, NULL);
    w->host = host_udp("127.0.0.1", &w->port);
    assert_int_equal(vitro_udp_open(w->fixture.program, 0, &w->socket), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    fixture_teardown(&w->fixture);
    close(w->host);
    free(w);
    return 0;
}

static struct vitro_flow to(const char *ip, uint16_t port)
{
    struct vitro_flow flow = {.remote = {.port = port}};
    assert_int_equal(vitro_ip_parse(ip, &flow.remote.ip), 0);
    return flow;
}

static void send_to(struct world *w, const char *ip, uint16_t port, const void *data, size_t len)
{
    const struct vitro_flow flow = to(ip, port);
    assert_int_equal(vitro_udp_send(w->fixture.program, w->socket, &flow, data, len, poll_now_us()),
                     len);
}

/* Waits for a datagram at the program; -errno if an error came. */
static int64_t receive(struct world *w, struct vitro_datagram *datagram)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (poll_now_us() < until_us) {
        const int64_t len =
            vitro_udp_receive(w->fixture.program, w->socket, w->buffer, sizeof w->buffer, datagram);
        if (len != -EAGAIN) return len;
        fixture_step(&w->fixture);
    }
    fail_msg("no datagram came");
    return 0;
}

/* Waits for a datagram at the host, and remembers who sent it. */
static ssize_t host_receive(struct world *w, int fd, struct sockaddr_storage *from)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (poll_now_us() < until_us) {
        socklen_t len = sizeof *from;
        const ssize_t n =
            recvfrom(fd, w->buffer, sizeof w->buffer, 0, (struct sockaddr *)from, &len);
        if (n >= 0) return n;
        fixture_step(&w->fixture);
    }
    fail_msg("no datagram came");
    return 0;
}

static void host_send(int fd, const struct sockaddr_storage *peer, const void *data, size_t len)
{
    const socklen_t peer_len =
        peer->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
    assert_int_equal(sendto(fd, data, len, 0, (const struct sockaddr *)peer, peer_len), len);
}

static void test_question_and_answer(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct vitro_datagram datagram;
    send_to(w, "10.0.2.2", w->port, "hello", 5);
    assert_int_equal(host_receive(w, w->host, &from), 5);
    assert_memory_equal(w->buffer, "hello", 5);
    host_send(w->host, &from, "good day", 8);
    assert_int_equal(receive(w, &datagram), 8);
    assert_memory_equal(w->buffer, "good day", 8);
    const struct vitro_flow flow = to("10.0.2.2", w->port);
    assert_true(vitro_ip_equal(&datagram.flow.remote.ip, &flow.remote.ip));
    assert_int_equal(datagram.flow.remote.port, w->port);
    /* The same flow again: the host sees the same socket. */
    struct sockaddr_storage again;
    send_to(w, "10.0.2.2", w->port, "", 0);
    assert_int_equal(host_receive(w, w->host, &again), 0);
    assert_memory_equal(&from, &again, sizeof(struct sockaddr_in));
}

static void test_over_ip6(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct vitro_datagram datagram;
    uint16_t port = 0;
    const int host = host_udp("::1", &port);
    send_to(w, "fd76:6974:726f::2", port, "six", 3);
    assert_int_equal(host_receive(w, host, &from), 3);
    host_send(host, &from, "seven", 5);
    assert_int_equal(receive(w, &datagram), 5);
    assert_int_equal(datagram.flow.remote.port, port);
    /* The longest there is, 20 bytes more than over IPv4: no header counts (RFC 8200 3). */
    static uint8_t data[65527];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + i / 256);
    send_to(w, "fd76:6974:726f::2", port, data, sizeof data);
    assert_int_equal(host_receive(w, host, &from), sizeof data);
    assert_memory_equal(w->buffer, data, sizeof data);
    host_send(host, &from, data, sizeof data);
    assert_int_equal(receive(w, &datagram), sizeof data);
    assert_memory_equal(w->buffer, data, sizeof data);
    close(host);
}

static void test_datagram_of_every_length(void **state)
{
    struct world *w = *state;
    static const size_t lengths[] = {0, 1, 1472, 1473, 9000, 65507};
    static uint8_t data[65507];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7 + i / 256);
    for (uint32_t i = 0; i < ARRAY_COUNT(lengths); i++) {
        struct sockaddr_storage from;
        struct vitro_datagram datagram;
        send_to(w, "10.0.2.2", w->port, data, lengths[i]);
        assert_int_equal(host_receive(w, w->host, &from), lengths[i]);
        assert_memory_equal(w->buffer, data, lengths[i]);
        host_send(w->host, &from, data, lengths[i]);
        assert_int_equal(receive(w, &datagram), lengths[i]);
        assert_memory_equal(w->buffer, data, lengths[i]);
    }
}

static void test_runs_of_several_flows_keep_order_and_place(void **state)
{
    struct world *w = *state;
    uint16_t port = 0;
    const int other = host_udp("127.0.0.1", &port);
    struct sockaddr_storage from;
    send_to(w, "10.0.2.2", w->port, "x", 1); /* few wait for a neighbour not yet known */
    assert_int_equal(host_receive(w, w->host, &from), 1);
    for (uint8_t i = 0; i < 100; i++) {
        const bool is_other = i % 7 < 3;
        send_to(w, "10.0.2.2", is_other ? port : w->port, &i, 1);
    }
    for (uint8_t i = 0; i < 100; i++) {
        assert_int_equal(host_receive(w, i % 7 < 3 ? other : w->host, &from), 1);
        assert_int_equal(w->buffer[0], i);
    }
    for (uint32_t i = 0; i < 2000; i++) host_send(w->host, &from, &i, 4);
    close(other);
}

/* The host cuts runs of equal lengths itself; what arrives must not show it. */
static void test_runs_arrive_as_they_were_sent(void **state)
{
    struct world *w = *state;
    static const size_t lengths[] = {1400, 1400, 1400, 1400, 700, 1400, 0, 5, 5, 5, 6, 5, 5, 5, 5};
    uint8_t data[1400];
    struct sockaddr_storage from;
    send_to(w, "10.0.2.2", w->port, "x", 1); /* few wait for a neighbour not yet known */
    assert_int_equal(host_receive(w, w->host, &from), 1);
    for (uint8_t i = 0; i < 4 * ARRAY_COUNT(lengths); i++) {
        memset(data, i, sizeof data);
        send_to(w, "10.0.2.2", w->port, data, lengths[i % ARRAY_COUNT(lengths)]);
    }
    for (uint8_t i = 0; i < 4 * ARRAY_COUNT(lengths); i++) {
        const size_t len = lengths[i % ARRAY_COUNT(lengths)];
        assert_int_equal(host_receive(w, w->host, &from), len);
        memset(data, i, sizeof data);
        assert_memory_equal(w->buffer, data, len);
    }
}

/* The error a program's connected socket hears of a destination. */
static int error_of(struct world *w, const char *ip, uint16_t port)
{
    const struct vitro_flow flow = to(ip, port);
    vitro_socket socket;
    struct vitro_stack *program = w->fixture.program;
    assert_int_equal(vitro_udp_open(program, 0, &socket), 0);
    assert_int_equal(vitro_udp_connect(program, socket, &flow.remote), 0);
    assert_int_equal(vitro_udp_send(program, socket, NULL, "x", 1, poll_now_us()), 1);
    int error = 0;
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (error == 0 && poll_now_us() < until_us) {
        fixture_step(&w->fixture);
        error = vitro_take_error(program, socket);
    }
    (void)vitro_close(program, socket, poll_now_us());
    return error;
}

static void test_errors_are_told(void **state)
{
    struct world *w = *state;
    uint16_t port = 0;
    const int nobody = host_udp("127.0.0.1", &port);
    hear_nobody(nobody);
    assert_int_equal(error_of(w, "10.0.2.2", port), -ECONNREFUSED);
    close(nobody);
    assert_int_equal(error_of(w, "10.0.2.3", 1000), -ECONNREFUSED);
    assert_int_not_equal(error_of(w, "10.0.2.77", 1000), 0);
    assert_int_equal(w->fixture.gateway->stats.refused_by_policy, 0); /* is nobody's, not closed */
    assert_int_not_equal(error_of(w, "127.0.0.1", w->port), 0);
    assert_int_equal(w->fixture.gateway->stats.refused_by_policy, 1);
    fixture_teardown(&w->fixture);
    assert_int_equal(w->fixture.talk_count, 4);
    assert_int_equal(w->fixture.talks[0].end, TALK_REFUSED);
    assert_int_equal(w->fixture.talks[0].ended_by, TALK_PEER);
    assert_int_equal(w->fixture.talks[0].error, ECONNREFUSED);
    assert_int_equal(w->fixture.talks[1].end, TALK_REFUSED);
    assert_int_equal(w->fixture.talks[1].ended_by, TALK_GATEWAY);
    assert_int_equal(w->fixture.talks[2].error, EHOSTUNREACH);
    assert_int_equal(w->fixture.talks[3].error, EACCES);
    fixture_setup(&w->fixture, NULL);
}

static void test_refused_then_there(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct vitro_datagram datagram;
    struct vitro_endpoint local = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), w->port);
    struct sockaddr_storage address;
    const socklen_t len = host_address(&local, &address);
    const int nobody = w->host, on = 1;
    hear_nobody(nobody);
    send_to(w, "10.0.2.2", w->port, "one", 3);
    fixture_for(&w->fixture, 20000);
    w->host = host_socket_open(&local, SOCK_DGRAM);
    assert_int_equal(setsockopt(nobody, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(setsockopt(w->host, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(w->host, (const struct sockaddr *)&address, len), 0);
    close(nobody);
    send_to(w, "10.0.2.2", w->port, "two", 3);
    assert_int_equal(host_receive(w, w->host, &from), 3);
    host_send(w->host, &from, "yes", 3);
    assert_int_equal(receive(w, &datagram), 3);
    fixture_teardown(&w->fixture);
    assert_int_equal(w->fixture.talk_count, 1);
    const struct talk *talk = &w->fixture.talks[0];
    assert_int_equal(talk->kind, TALK_UDP);
    assert_int_equal(talk->end, TALK_OPEN);
    assert_int_equal(talk->bytes_out, 6);
    assert_int_equal(talk->packets_out, 2);
    assert_int_equal(talk->bytes_in, 3);
    assert_int_equal(talk->packets_in, 1);
    fixture_setup(&w->fixture, NULL);
}

static void test_multicast_is_dropped_without_a_word(void **state)
{
    struct world *w = *state;
    const uint32_t before = w->fixture.frames[GATEWAY_TO_PROGRAM];
    send_to(w, "10.0.2.2", w->port, "x", 1); /* the neighbour is known from here on */
    fixture_for(&w->fixture, 20000);
    const uint32_t known = w->fixture.frames[GATEWAY_TO_PROGRAM];
    assert_true(known > before);
    send_to(w, "224.0.0.251", 5353, "x", 1);
    fixture_for(&w->fixture, 20000);
    assert_int_equal(w->fixture.frames[GATEWAY_TO_PROGRAM], known);
    assert_int_equal(w->fixture.gateway->stats.talks[TALK_UDP], 1);
}

static void test_longest_silent_flow_gives_way(void **state)
{
    struct world *w = *state;
    struct vitro_flow flow = to("10.0.2.77", 0); /* nobody's: needs no socket of the host */
    send_to(w, "10.0.2.2", w->port, "first", 5);
    fixture_for(&w->fixture, 20000);
    send_to(w, "10.0.2.77", 1, "x", 1); /* few wait for a neighbour not yet known */
    fixture_for(&w->fixture, 20000);
    for (uint32_t i = 1; i <= GATEWAY_UDP_MAX; i++) {
        flow.remote.port = (uint16_t)i;
        assert_int_equal(
            vitro_udp_send(w->fixture.program, w->socket, &flow, "x", 1, poll_now_us()), 1);
        if (i % 64 == 0) fixture_step(&w->fixture);
    }
    fixture_for(&w->fixture, 50000);
    assert_int_equal(w->fixture.gateway->stats.talks[TALK_UDP], GATEWAY_UDP_MAX + 1);
    assert_int_equal(w->fixture.talk_count, 1);
    assert_int_equal(w->fixture.talks[0].end, TALK_IDLE);
    assert_int_equal(w->fixture.talks[0].peer.port, w->port);
    assert_int_equal(w->fixture.gateway->stats.refused_by_limit, 0);
}

/* The gateway is a hop: time to live goes down by one, and a datagram with no more dies there. */
static void test_time_to_live_goes_down(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    const int on = 1;
    assert_int_equal(setsockopt(w->host, IPPROTO_IP, IP_RECVTTL, &on, sizeof on), 0);
    static const int lives[] = {64, 2, 40, 40};
    for (uint32_t i = 0; i < ARRAY_COUNT(lives); i++) {
        assert_int_equal(vitro_set_option(w->fixture.program, w->socket, VITRO_OPTION_TTL,
                                          (uint64_t)lives[i], 0),
                         0);
        send_to(w, "10.0.2.2", w->port, "x", 1);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(lives); i++) {
        union {
            struct cmsghdr header;
            uint8_t bytes[64];
        } control;
        struct iovec iov = {.iov_base = w->buffer, .iov_len = 10};
        struct msghdr message = {.msg_iov = &iov,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
        while (recvmsg(w->host, &message, 0) < 0) {
            assert_true(poll_now_us() < until_us);
            fixture_step(&w->fixture);
        }
        int ttl = 0;
        memcpy(&ttl, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof ttl);
        assert_int_equal(ttl, lives[i] - 1);
    }
    assert_int_equal(vitro_set_option(w->fixture.program, w->socket, VITRO_OPTION_TTL, 1, 0), 0);
    const uint32_t before = w->fixture.frames[GATEWAY_TO_PROGRAM];
    send_to(w, "10.0.2.2", w->port, "x", 1);
    fixture_for(&w->fixture, 20000);
    assert_int_equal(w->fixture.frames[GATEWAY_TO_PROGRAM], before + 1); /* time exceeded */
    assert_int_equal(
        recvfrom(w->host, w->buffer, 1, 0, (struct sockaddr *)&from, &(socklen_t){sizeof from}),
        -1);
}

/* A flow without an answer ends 30 s after its last datagram: its timer, asked directly. */
static void test_idle_flow_ends(void **state)
{
    struct world *w = *state;
    send_to(w, "10.0.2.2", 53, "no DNS", 6); /* 10 s, the shortest */
    fixture_for(&w->fixture, 20000);
    assert_int_equal(w->fixture.talk_count, 0);
    struct wheel *wheel = &w->fixture.gateway->poll.wheel;
    const uint64_t later_us = poll_now_us() + FORWARD_UDP_IDLE_US_DNS + 1000000;
    struct wheel_node *node = wheel_expire(wheel, later_us);
    assert_non_null(node);
    struct poll_timer *timer = CONTAINER_OF(node, struct poll_timer, node);
    timer->due(timer, later_us);
    assert_int_equal(w->fixture.talk_count, 1);
    assert_int_equal(w->fixture.talks[0].packets_out, 1);
}

/* All that one endpoint says leaves by one port of the host (RFC 4787 REQ-1). */
static void test_one_endpoint_is_one_to_the_world(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage one, two;
    uint16_t port = 0;
    const int other = host_udp("127.0.0.1", &port);
    send_to(w, "10.0.2.2", w->port, "a", 1);
    assert_int_equal(host_receive(w, w->host, &one), 1);
    send_to(w, "10.0.2.2", port, "b", 1);
    assert_int_equal(host_receive(w, other, &two), 1);
    assert_memory_equal(&one, &two, sizeof(struct sockaddr_in));
    assert_int_equal(w->fixture.gateway->stats.talks[TALK_UDP], 2);
    /* Another endpoint is another. */
    vitro_socket socket = w->socket;
    assert_int_equal(vitro_udp_open(w->fixture.program, 0, &w->socket), 0);
    send_to(w, "10.0.2.2", port, "c", 1);
    assert_int_equal(host_receive(w, other, &two), 1);
    assert_memory_not_equal(&one, &two, sizeof(struct sockaddr_in));
    (void)vitro_close(w->fixture.program, socket, poll_now_us());
    close(other);
}

/* A server of TFTP answers from a new port (RFC 1350 4), which then is a flow of its own. */
static void test_answer_from_another_port(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct vitro_datagram datagram;
    uint16_t port = 0;
    const int other = host_udp("127.0.0.1", &port);
    send_to(w, "10.0.2.2", w->port, "read", 4);
    assert_int_equal(host_receive(w, w->host, &from), 4);
    host_send(other, &from, "data", 4);
    assert_int_equal(receive(w, &datagram), 4);
    const struct vitro_flow flow = to("10.0.2.2", port);
    assert_true(vitro_endpoint_equal(&datagram.flow.remote, &flow.remote));
    send_to(w, "10.0.2.2", port, "ack", 3);
    assert_int_equal(host_receive(w, other, &from), 3);
    close(other);
    fixture_teardown(&w->fixture);
    assert_int_equal(w->fixture.talk_count, 2);
    assert_int_equal(w->fixture.talks[1].packets_in, 1);
    assert_int_equal(w->fixture.talks[1].packets_out, 1);
    fixture_setup(&w->fixture, NULL);
}

/* Nobody gets in whom the program has not spoken to: here 127.0.0.2, which has no name in here. */
static void test_strangers_are_not_heard(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct vitro_datagram datagram;
    uint16_t port = 0;
    const int stranger = host_udp("127.0.0.2", &port);
    send_to(w, "10.0.2.2", w->port, "a", 1);
    assert_int_equal(host_receive(w, w->host, &from), 1);
    host_send(stranger, &from, "forged", 6);
    host_send(w->host, &from, "true", 4);
    assert_int_equal(receive(w, &datagram), 4);
    assert_memory_equal(w->buffer, "true", 4);
    assert_int_equal(w->fixture.gateway->stats.talks[TALK_UDP], 1);
    close(stranger);
}

/* Errors of one destination are told of that one, while others of the same endpoint go on. */
static void test_error_finds_its_flow(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    uint16_t port = 0;
    close(host_udp("127.0.0.1", &port)); /* nobody is there any more */
    for (uint32_t i = 0; i < 20; i++) {
        send_to(w, "10.0.2.2", port, "x", 1);
        send_to(w, "10.0.2.2", w->port, "y", 1);
        assert_int_equal(host_receive(w, w->host, &from), 1);
    }
    fixture_teardown(&w->fixture);
    assert_int_equal(w->fixture.talk_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        const struct talk *talk = &w->fixture.talks[i];
        assert_int_equal(talk->packets_out, 20);
        assert_int_equal(talk->error, talk->peer.port == port ? ECONNREFUSED : 0);
    }
    fixture_setup(&w->fixture, NULL);
}

/* The host has no descriptor left: of the flows that have one, the longest silent gives it up. */
static void test_open_flow_gives_its_descriptor_up(void **state)
{
    struct world *w = *state;
    struct sockaddr_storage from;
    struct rlimit usual;
    uint16_t other_port = 0;
    const int other = host_udp("127.0.0.1", &other_port);
    send_to(w, "10.0.2.77", 9, "a", 1); /* nobody's: a flow without a descriptor */
    fixture_for(&w->fixture, 5000);
    send_to(w, "10.0.2.2", w->port, "b", 1);
    assert_int_equal(host_receive(w, w->host, &from), 1);
    const int next = dup(other);
    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    const struct rlimit none = {.rlim_cur = (rlim_t)next, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    vitro_socket first = w->socket; /* another endpoint: with the same one it would be shared */
    assert_int_equal(vitro_udp_open(w->fixture.program, 0, &w->socket), 0);
    send_to(w, "10.0.2.2", other_port, "c", 1);
    fixture_for(&w->fixture, 20000);
    (void)vitro_close(w->fixture.program, first, poll_now_us());
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    assert_int_equal(host_receive(w, other, &from), 1);
    assert_int_equal(w->fixture.talk_count, 1);
    assert_int_equal(w->fixture.talks[0].peer.port, w->port);
    assert_int_equal(w->fixture.talks[0].end, TALK_IDLE);
    close(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_question_and_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_over_ip6, setup, teardown),
        cmocka_unit_test_setup_teardown(test_datagram_of_every_length, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runs_of_several_flows_keep_order_and_place, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_runs_arrive_as_they_were_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_then_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_multicast_is_dropped_without_a_word, setup, teardown),
        cmocka_unit_test_setup_teardown(test_longest_silent_flow_gives_way, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time_to_live_goes_down, setup, teardown),
        cmocka_unit_test_setup_teardown(test_idle_flow_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_endpoint_is_one_to_the_world, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_from_another_port, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strangers_are_not_heard, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_finds_its_flow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open_flow_gives_its_descriptor_up, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
