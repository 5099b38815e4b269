/*
 * Bytes, ends and resets between the program's connections and the host's sockets.
 *
 * The program is a stack (gateway_fixture.h), the server a socket of this process on 127.0.0.1.
 */
#define _GNU_SOURCE

#include "gateway/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_fixture.h"

struct scene {
    struct gateway_fixture fixture;
    vitro_socket program;
    int listener, server;
};

static void setup(struct scene *scene)
{
    uint16_t port = 0;
    fixture_setup(&scene->fixture, NULL);
    scene->listener = fixture_host_listen(&port);
    scene->program = fixture_connect(&scene->fixture, "10.0.2.2", port, NULL);
    assert_true(scene->program != VITRO_SOCKET_NONE);
    scene->server = fixture_host_accept(&scene->fixture, scene->listener);
}

static void teardown(struct scene *scene)
{
    if (scene->server >= 0) close(scene->server);
    close(scene->listener);
    fixture_teardown(&scene->fixture);
}

/* Reads from the server's socket until `len` bytes or the end; steps meanwhile. */
static size_t server_reads(struct scene *scene, void *to, size_t cap, int *error)
{
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    size_t len = 0;
    *error = 0;
    while (len < cap) {
        const ssize_t n = read(scene->server, (uint8_t *)to + len, cap - len);
        if (n == 0) break;
        if (n > 0) {
            len += (size_t)n;
            continue;
        }
        if (errno != EAGAIN) {
            *error = errno;
            break;
        }
        if (poll_now_us() > until_us) fail_msg("the server read %zu of %zu bytes", len, cap);
        fixture_step(&scene->fixture);
    }
    return len;
}

static bool a_talk_has_ended(void *context)
{
    const struct gateway_fixture *fixture = context;
    return fixture->talk_count > 0;
}

static const struct talk *the_talk(struct scene *scene)
{
    fixture_until(&scene->fixture, a_talk_has_ended, &scene->fixture);
    assert_int_equal(scene->fixture.talk_count, 1);
    return &scene->fixture.talks[0];
}

static void program_sends_fin(struct scene *scene)
{
    assert_int_equal(
        vitro_tcp_shutdown(scene->fixture.program, scene->program, VITRO_SHUT_SEND, poll_now_us()),
        0);
}

static void fill(uint8_t *bytes, size_t len)
{
    uint32_t x = 1;
    for (size_t i = 0; i < len; i++) {
        x = x * 1103515245u + 12345u;
        bytes[i] = (uint8_t)(x >> 16);
    }
}

/* An idle relay has nothing of the stack's memory: ten thousand would have it all. */
static void an_idle_relay_keeps_no_buffer(void **state)
{
    (void)state;
    struct scene scene;
    struct vitro_memory memory;
    setup(&scene);
    assert_int_equal(write(scene.server, "hello", 5), 5);
    fixture_for(&scene.fixture, 100000);
    assert_int_equal(vitro_tcp_readable_bytes(scene.fixture.program, scene.program), 5);
    vitro_stack_memory(scene.fixture.gateway->stack, &memory);
    assert_int_equal(memory.chunks, 0);
    teardown(&scene);
}

#define MUCH (3u << 20)

/* The server takes nothing for a while: the window closes, and everything comes in the end. */
static void bytes_go_up_through_a_slow_server(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    uint8_t *sent = malloc(MUCH), *got = malloc(MUCH);
    fill(sent, MUCH);
    size_t at = 0;
    while (at < MUCH) { /* as much as everybody's buffers take */
        const int64_t n = vitro_tcp_send(scene.fixture.program, scene.program, sent + at, MUCH - at,
                                         poll_now_us());
        if (n == -EAGAIN) break;
        assert_true(n > 0);
        at += (size_t)n;
    }
    fixture_for(&scene.fixture, 20000);
    int error = 0;
    const size_t first = server_reads(&scene, got, at, &error);
    assert_int_equal(first, at);
    fixture_send_all(&scene.fixture, scene.program, sent + at,
                     MUCH - at < 65536 ? MUCH - at : 65536);
    program_sends_fin(&scene);
    const size_t rest = server_reads(&scene, got + at, MUCH - at + 1, &error);
    assert_int_equal(error, 0);
    assert_memory_equal(got, sent, at + rest);
    close(scene.server);
    scene.server = -1;
    const struct talk *talk = the_talk(&scene);
    assert_int_equal(talk->bytes_out, at + rest);
    assert_int_equal(talk->end, TALK_CLOSED);
    assert_int_equal(talk->ended_by, TALK_PROGRAM);
    teardown(&scene);
    free(sent);
    free(got);
}

/* The program reads nothing for a while: the server's writes are held up, and nothing is lost. */
static void bytes_go_down_through_a_slow_program(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    uint8_t *sent = malloc(MUCH), *got = malloc(MUCH);
    fill(sent, MUCH);
    size_t at = 0;
    const uint64_t until_us = poll_now_us() + 200000;
    while (at < MUCH && poll_now_us() < until_us) {
        const ssize_t n = send(scene.server, sent + at, MUCH - at, MSG_NOSIGNAL);
        if (n > 0) at += (size_t)n;
        fixture_step(&scene.fixture);
    }
    assert_int_equal(shutdown(scene.server, SHUT_WR), 0);
    int error = 0;
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, MUCH, &error), at);
    assert_int_equal(error, 0);
    assert_memory_equal(got, sent, at);
    program_sends_fin(&scene);
    const struct talk *talk = the_talk(&scene);
    assert_int_equal(talk->bytes_in, at);
    assert_int_equal(talk->end, TALK_CLOSED);
    assert_int_equal(talk->ended_by, TALK_PEER);
    assert_true(talk->has_path);
    assert_true(talk->handshake_us > 0);
    teardown(&scene);
    free(sent);
    free(got);
}

static void the_program_may_finish_first_and_still_receive(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[64];
    int error = 0;
    fixture_send_all(&scene.fixture, scene.program, "question", 8);
    program_sends_fin(&scene);
    assert_int_equal(server_reads(&scene, got, sizeof got, &error), 8);
    assert_int_equal(error, 0);
    fixture_for(&scene.fixture, 20000); /* half closed for a while */
    assert_int_equal(write(scene.server, "answer", 6), 6);
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, 6, &error), 6);
    assert_memory_equal(got, "answer", 6);
    close(scene.server);
    scene.server = -1;
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, 1, &error), 0);
    assert_int_equal(error, 0);
    assert_int_equal(the_talk(&scene)->end, TALK_CLOSED);
    teardown(&scene);
}

static void the_server_may_finish_first_and_still_receive(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[64];
    int error = 0;
    assert_int_equal(write(scene.server, "220 ready", 9), 9);
    assert_int_equal(shutdown(scene.server, SHUT_WR), 0);
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, sizeof got, &error), 9);
    assert_int_equal(error, 0);
    fixture_send_all(&scene.fixture, scene.program, "thanks", 6);
    assert_int_equal(server_reads(&scene, got, 6, &error), 6);
    program_sends_fin(&scene);
    assert_int_equal(server_reads(&scene, got, 1, &error), 0);
    assert_int_equal(error, 0);
    assert_int_equal(the_talk(&scene)->ended_by, TALK_PEER);
    teardown(&scene);
}

static void a_reset_of_the_server_reaches_the_program_behind_its_data(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[64];
    int error = 0;
    assert_int_equal(write(scene.server, "last words", 10), 10);
    fixture_for(&scene.fixture, 5000);
    const struct linger linger = {1, 0};
    assert_int_equal(setsockopt(scene.server, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
    close(scene.server);
    scene.server = -1;
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, sizeof got, &error), 10);
    assert_int_equal(error, ECONNRESET);
    const struct talk *talk = the_talk(&scene);
    assert_int_equal(talk->end, TALK_RESET);
    assert_int_equal(talk->ended_by, TALK_PEER);
    teardown(&scene);
}

static void a_reset_of_the_program_reaches_the_server_behind_its_data(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[64];
    int error = 0;
    fixture_send_all(&scene.fixture, scene.program, "goodbye", 7);
    fixture_for(&scene.fixture, 5000);
    assert_int_equal(vitro_tcp_abort(scene.fixture.program, scene.program, poll_now_us()), 0);
    assert_int_equal(server_reads(&scene, got, sizeof got, &error), 7);
    assert_int_equal(error, ECONNRESET);
    const struct talk *talk = the_talk(&scene);
    assert_int_equal(talk->end, TALK_RESET);
    assert_int_equal(talk->ended_by, TALK_PROGRAM);
    teardown(&scene);
}

/* The server has closed whole; what the program sends then is answered by a reset. */
static void writing_to_a_server_that_is_gone_is_a_reset(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[8];
    int error = 0;
    close(scene.server);
    scene.server = -1;
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, 1, &error), 0);
    assert_int_equal(error, 0);
    fixture_send_all(&scene.fixture, scene.program, "hello?", 6);
    const struct talk *talk = the_talk(&scene);
    assert_int_equal(talk->end, TALK_RESET);
    assert_int_equal(talk->ended_by, TALK_PEER);
    teardown(&scene);
}

/* What is open when the run ends is ended and told of. */
static void an_open_relay_is_told_of_at_the_end(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    gateway_destroy(scene.fixture.gateway);
    scene.fixture.gateway = NULL;
    assert_int_equal(scene.fixture.talk_count, 1);
    assert_int_equal(scene.fixture.talks[0].end, TALK_OPEN);
    struct pollfd end = {.fd = scene.server, .events = POLLIN};
    char got[1];
    assert_int_equal(poll(&end, 1, -1), 1);
    assert_int_equal(read(scene.server, got, sizeof got), -1);
    assert_int_equal(errno, ECONNRESET);
    teardown(&scene);
}

/* The program has sent all it had and is gone; its server reads slowly. As behind any program, the
 * host's kernel brings the rest although nobody waits for it. */
static void what_a_program_finished_arrives_though_the_run_ends(void **state)
{
    (void)state;
    enum { LEN = 100000 };
    struct scene scene;
    setup(&scene);
    const int room = 4096; /* so that most of it waits on this side */
    assert_int_equal(setsockopt(scene.server, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    uint8_t *sent = malloc(LEN), *got = malloc(LEN + 1);
    fill(sent, LEN);
    fixture_send_all(&scene.fixture, scene.program, sent, LEN);
    program_sends_fin(&scene);
    fixture_for(&scene.fixture, 50000);
    gateway_destroy(scene.fixture.gateway);
    scene.fixture.gateway = NULL;
    assert_int_equal(scene.fixture.talk_count, 1);
    assert_int_equal(scene.fixture.talks[0].end, TALK_OPEN);
    assert_int_equal(scene.fixture.talks[0].bytes_out, LEN);
    assert_int_equal(fcntl(scene.server, F_SETFL, 0), 0);
    size_t len = 0;
    ssize_t n;
    while ((n = read(scene.server, got + len, LEN + 1 - len)) > 0) len += (size_t)n;
    assert_int_equal(n, 0);
    assert_int_equal(len, LEN);
    assert_memory_equal(got, sent, LEN);
    teardown(&scene);
    free(sent);
    free(got);
}

/* telnet's Synch: without the byte that is marked as urgent the program would wait for it. */
static void urgent_bytes_stay_in_their_place(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[8];
    int error = 0;
    assert_int_equal(send(scene.server, "ab", 2, MSG_OOB), 2); /* "b" is urgent */
    fixture_for(&scene.fixture, 5000);
    assert_int_equal(write(scene.server, "cd", 2), 2);
    close(scene.server);
    scene.server = -1;
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, sizeof got, &error), 4);
    assert_int_equal(error, 0);
    assert_memory_equal(got, "abcd", 4);
    teardown(&scene);
}

/* A read stops at the mark, so that it leaves room does not mean that nothing is left. */
static void bytes_behind_an_urgent_one_follow_at_once(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    char got[6];
    assert_int_equal(write(scene.server, "x", 1), 1);
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, 1, NULL), 1);
    assert_int_equal(send(scene.server, "abc", 3, MSG_OOB), 3); /* "c" is urgent */
    assert_int_equal(write(scene.server, "def", 3), 3);
    assert_int_equal(fixture_receive(&scene.fixture, scene.program, got, sizeof got, NULL), 6);
    assert_memory_equal(got, "abcdef", 6);
    teardown(&scene);
}

static bool find_relay(struct scene *scene, struct relay **relay)
{
    struct vitro_cursor cursor = {.stage = 0};
    struct vitro_tcp_info info;
    while (vitro_stack_conns_next(scene->fixture.gateway->stack, &cursor, &info)) {
        if (info.state == VITRO_TCP_LISTEN || info.user == 0) continue;
        struct gateway_socket *socket = (struct gateway_socket *)(uintptr_t)info.user;
        *relay = CONTAINER_OF(socket, struct relay, socket);
        return true;
    }
    return false;
}

/* The gateway's end of the only connection, as soon as it is accepted. */
static struct relay *the_relay(struct scene *scene)
{
    struct relay *relay = NULL;
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (!find_relay(scene, &relay) && poll_now_us() < until_us) fixture_step(&scene->fixture);
    assert_non_null(relay);
    return relay;
}

static bool is_kept_alive(const struct relay *relay)
{
    int value = -1;
    socklen_t len = sizeof value;
    assert_int_equal(getsockopt(relay->host.fd, SOL_SOCKET, SO_KEEPALIVE, &value, &len), 0);
    return value != 0;
}

/* A program that asks whether its server is there has the host ask: the server is not vitro. */
static void keepalives_of_the_program_become_the_hosts(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    struct relay *relay = the_relay(&scene);
    struct vitro_stack *program = scene.fixture.program;
    relay_keep_alive(relay);
    assert_false(is_kept_alive(relay));
    assert_int_equal(
        vitro_set_option(program, scene.program, VITRO_OPTION_KEEP_IDLE_MS, 20, poll_now_us()), 0);
    assert_int_equal(
        vitro_set_option(program, scene.program, VITRO_OPTION_KEEPALIVE, 1, poll_now_us()), 0);
    const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
    while (!is_kept_alive(relay) && poll_now_us() < until_us) {
        fixture_step(&scene.fixture);
        relay_keep_alive(relay);
    }
    assert_true(is_kept_alive(relay));
    teardown(&scene);
}

/* A kernel forgets what its program has closed; a server that never closes would else keep the
 * connection and its descriptor for ever. */
static void a_program_that_has_finished_is_asked_whether_it_is_there(void **state)
{
    (void)state;
    struct scene scene;
    uint8_t byte;
    int error = 0;
    uint64_t value = 0;
    setup(&scene);
    const struct relay *relay = the_relay(&scene);
    struct vitro_stack *stack = scene.fixture.gateway->stack;
    const vitro_socket handle = relay->socket.handle;
    assert_int_equal(vitro_get_option(stack, handle, VITRO_OPTION_KEEPALIVE, &value), 0);
    assert_int_equal(value, 0);
    program_sends_fin(&scene);
    assert_int_equal(server_reads(&scene, &byte, 1, &error), 0);
    assert_int_equal(vitro_get_option(stack, handle, VITRO_OPTION_KEEPALIVE, &value), 0);
    assert_int_equal(value, 1);
    teardown(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_idle_relay_keeps_no_buffer),
        cmocka_unit_test(bytes_go_up_through_a_slow_server),
        cmocka_unit_test(bytes_go_down_through_a_slow_program),
        cmocka_unit_test(the_program_may_finish_first_and_still_receive),
        cmocka_unit_test(the_server_may_finish_first_and_still_receive),
        cmocka_unit_test(a_reset_of_the_server_reaches_the_program_behind_its_data),
        cmocka_unit_test(a_reset_of_the_program_reaches_the_server_behind_its_data),
        cmocka_unit_test(writing_to_a_server_that_is_gone_is_a_reset),
        cmocka_unit_test(urgent_bytes_stay_in_their_place),
        cmocka_unit_test(bytes_behind_an_urgent_one_follow_at_once),
        cmocka_unit_test(keepalives_of_the_program_become_the_hosts),
        cmocka_unit_test(a_program_that_has_finished_is_asked_whether_it_is_there),
        cmocka_unit_test(an_open_relay_is_told_of_at_the_end),
        cmocka_unit_test(what_a_program_finished_arrives_though_the_run_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
