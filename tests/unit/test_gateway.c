/*
 * The gateway's loop: turns, records, and how a run comes to its end.
 */
#define _GNU_SOURCE

#include "gateway/gateway.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway_fixture.h"

struct counted_turn {
    struct gateway_turn turn;
    struct gateway *gateway;
    int taken, again;
};

static void take(struct gateway_turn *turn, uint64_t now_us)
{
    (void)now_us;
    struct counted_turn *counted = CONTAINER_OF(turn, struct counted_turn, turn);
    counted->taken++;
    if (counted->again-- > 0) gateway_again(counted->gateway, turn);
}

static void a_turn_is_taken_once_a_round(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    struct counted_turn counted = {.turn.take = take, .gateway = fixture.gateway, .again = 2};
    gateway_again(fixture.gateway, &counted.turn);
    gateway_again(fixture.gateway, &counted.turn); /* waits already */
    for (int round = 1; round <= 5; round++) {
        gateway_step(fixture.gateway, 0);
        assert_int_equal(counted.taken, round < 3 ? round : 3);
    }
    gateway_again(fixture.gateway, &counted.turn);
    gateway_cancel(&counted.turn);
    gateway_step(fixture.gateway, 0);
    assert_int_equal(counted.taken, 3);
    fixture_teardown(&fixture);
}

static void pings_of_its_own_addresses_are_answered(void **state)
{
    (void)state;
    static const char *const addresses[] = {"10.0.2.2", "10.0.2.4", "fd76:6974:726f::3"};
    struct gateway_fixture fixture;
    fixture_setup(&fixture, NULL);
    vitro_socket ping;
    assert_int_equal(vitro_ping_open(fixture.program, 0, &ping), 0);
    for (uint16_t i = 0; i < ARRAY_COUNT(addresses); i++) {
        struct vitro_ip ip;
        struct vitro_ping_reply reply;
        char data[16];
        assert_int_equal(vitro_ip_parse(addresses[i], &ip), 0);
        assert_int_equal(vitro_ping_send(fixture.program, ping, &ip, i, "hello", 5, poll_now_us()),
                         5);
        const uint64_t until_us = poll_now_us() + FIXTURE_PATIENCE_US;
        while (vitro_ping_receive(fixture.program, ping, data, sizeof data, &reply) == -EAGAIN) {
            assert_true(poll_now_us() < until_us);
            fixture_step(&fixture);
        }
        assert_int_equal(reply.error, 0);
        assert_int_equal(reply.sequence, i);
    }
    fixture_teardown(&fixture);
}

/* The front says that all inside have ended: with nothing under way the gateway ends at once. */
static void the_run_ends_when_the_front_says_so(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    int pair[2];
    fixture_setup(&fixture, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(write(pair[0], ".", 1), 1);
    gateway_run(fixture.gateway, pair[1]);
    assert_true(fixture.gateway->is_over);
    close(pair[0]);
    close(pair[1]);
    fixture_teardown(&fixture);
}

static void the_front_tells_of_other_resolvers(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    struct gateway_resolvers told = {.count = 2};
    told.server[0] = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 1), 53);
    told.server[1] = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 2), 53);
    int pair[2];
    fixture_setup(&fixture, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(write(pair[0], &told, sizeof told), sizeof told);
    assert_int_equal(write(pair[0], ".", 1), 1);
    gateway_run(fixture.gateway, pair[1]);
    const struct gateway_config *config = &fixture.gateway->config;
    assert_int_equal(config->resolver_count, 2);
    assert_memory_equal(config->resolver, told.server, sizeof told.server);
    close(pair[0]);
    close(pair[1]);
    fixture_teardown(&fixture);
}

static void the_run_ends_when_the_front_is_gone(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    int pair[2];
    uint16_t port = 0;
    fixture_setup(&fixture, NULL);
    const int listener = fixture_host_listen(&port);
    assert_true(fixture_connect(&fixture, "10.0.2.2", port, NULL) != VITRO_SOCKET_NONE);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    close(pair[0]);
    gateway_run(fixture.gateway, pair[1]); /* with a connection open: it does not wait */
    close(pair[1]);
    close(listener);
    fixture_teardown(&fixture);
    assert_int_equal(fixture.talk_count, 1);
}

static void the_run_ends_when_the_device_is_gone(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    int pair[2];
    fixture_setup(&fixture, NULL);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    link_deinit(&fixture.link);
    gateway_run(fixture.gateway, pair[1]);
    close(pair[0]);
    close(pair[1]);
    fixture_teardown(&fixture);
}

/* Two connections to a service; the second is closed when the first one's FIN is seen, and not
 * before the time for closes is over. */
struct late {
    struct gateway_fixture fixture;
    vitro_socket first, second;
    uint32_t frames;
};

static void is_held_up(void *owner, enum gateway_way way, const struct vitro_frame *frame,
                       uint64_t now_us)
{
    (void)frame;
    (void)now_us;
    struct late *late = owner;
    if (way != GATEWAY_FROM_PROGRAM || late->frames++ > 0) return;
    (void)usleep(GATEWAY_CLOSE_US + 100000);
    assert_int_equal(vitro_close(late->fixture.program, late->second, poll_now_us()), 0);
}

static void what_has_come_is_read_however_late_it_is(void **state)
{
    (void)state;
    struct late late = {.frames = 0};
    struct gateway_fixture *fixture = &late.fixture;
    int pair[2];
    fixture_setup(fixture, NULL);
    late.first = fixture_connect(fixture, "10.0.2.4", 7, NULL);
    late.second = fixture_connect(fixture, "10.0.2.4", 7, NULL);
    fixture_for(fixture, 50000);
    fixture->gateway->config.watcher.owner = &late;
    fixture->gateway->config.watcher.frame = is_held_up;
    fixture->gateway->config.watcher.talk = NULL;
    assert_int_equal(vitro_close(fixture->program, late.first, poll_now_us()), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(write(pair[0], ".", 1), 1);
    gateway_run(fixture->gateway, pair[1]);
    assert_int_equal(late.frames, 2);
    close(pair[0]);
    close(pair[1]);
    fixture_teardown(fixture);
}

/* Its addresses are announced while it is made: on the link, and not on descriptor 0. */
static void what_it_announces_goes_to_the_link(void **state)
{
    (void)state;
    struct gateway_fixture fixture;
    struct vitro_frame frames[LINK_BATCH];
    fixture_setup(&fixture, NULL);
    const uint64_t announced = fixture.gateway->link.stats.frames_out;
    assert_int_equal(announced, 3); /* gateway, dns, demo */
    assert_int_equal(link_receive(&fixture.link, frames, LINK_BATCH), (int)announced);
    fixture_teardown(&fixture);
}

static void a_link_that_is_none_is_refused(void **state)
{
    (void)state;
    struct gateway_config config;
    int error = 0;
    fixture_config(&config);
    config.link_fd = -1;
    assert_null(gateway_create(&config, &error));
    assert_int_equal(error, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_is_taken_once_a_round),
        cmocka_unit_test(pings_of_its_own_addresses_are_answered),
        cmocka_unit_test(the_run_ends_when_the_front_says_so),
        cmocka_unit_test(the_front_tells_of_other_resolvers),
        cmocka_unit_test(the_run_ends_when_the_front_is_gone),
        cmocka_unit_test(the_run_ends_when_the_device_is_gone),
        cmocka_unit_test(what_has_come_is_read_however_late_it_is),
        cmocka_unit_test(what_it_announces_goes_to_the_link),
        cmocka_unit_test(a_link_that_is_none_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
