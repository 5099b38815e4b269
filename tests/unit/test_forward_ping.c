/*
 * Pings of the program. The program is a stack whose ping socket asks; the host answers for its own
 * loopback, or the test stands in for the host.
 */
#include "support.h"

#include <errno.h>
#include <ifaddrs.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/forward_ping.h"
#include "gateway/host_ping.h"
#include "gateway/host_socket.h"
#include "gateway_fixture.h"

struct stage {
    struct gateway_fixture fixture;
    vitro_socket socket;
};

static int setup(void **state)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    fixture_setup(&s->fixture, NULL);
    assert_int_equal(vitro_ping_open(s->fixture.program, 0, &s->socket), 0);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct stage *s = *state;
    fixture_teardown(&s->fixture);
    free(s);
    return 0;
}

static void ping(struct stage *s, const char *ip, uint16_t sequence)
{
    struct vitro_ip to;
    assert_int_equal(vitro_ip_parse(ip, &to), 0);
    assert_int_equal(
        vitro_ping_send(s->fixture.program, s->socket, &to, sequence, "data", 4, poll_now_us()), 4);
}

/* Waits for a reply or an error; false: nothing came. */
static bool hear(struct stage *s, struct vitro_ping_reply *reply, uint64_t wait_us)
{
    const uint64_t until_us = poll_now_us() + wait_us;
    uint8_t data[64];
    do {
        if (vitro_ping_receive(s->fixture.program, s->socket, data, sizeof data, reply) >= 0) {
            return true;
        }
        fixture_step(&s->fixture);
    } while (poll_now_us() < until_us);
    return false;
}

static void test_our_own_addresses_answer_themselves(void **state)
{
    struct stage *s = *state;
    static const char *const ours[] = {"10.0.2.2", "10.0.2.3", "10.0.2.4", "fd76:6974:726f::2"};
    for (uint16_t i = 0; i < ARRAY_COUNT(ours); i++) {
        struct vitro_ping_reply reply;
        ping(s, ours[i], i);
        assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
        assert_int_equal(reply.error, 0);
        assert_int_equal(reply.sequence, i);
    }
    assert_int_equal(s->fixture.gateway->stats.talks[TALK_PING], 0);
}

static void test_nobody_and_the_forbidden(void **state)
{
    struct stage *s = *state;
    struct vitro_ping_reply reply;
    ping(s, "10.0.2.77", 1);
    assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    assert_int_equal(reply.error, -EHOSTUNREACH);
    ping(s, "127.0.0.1", 2);
    assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    assert_int_not_equal(reply.error, 0);
    ping(s, "127.0.0.1", 3);
    assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    fixture_teardown(&s->fixture);
    assert_int_equal(s->fixture.talk_count, 2);
    const struct talk *talk = s->fixture.talks;
    assert_int_equal(talk[0].kind, TALK_PING);
    assert_int_equal(talk[0].end, TALK_UNREACHABLE);
    assert_int_equal(talk[0].error, EHOSTUNREACH);
    assert_int_equal(talk[1].error, EACCES);
    assert_int_equal(talk[1].packets_out, 2);
    fixture_setup(&s->fixture, NULL);
}

/* An address of this host that is not its loopback: packets to it stay here just so, and policy
 * takes it for the world's. False: there is none. */
static bool find_world(bool is_v4, char out[VITRO_IP_TEXT_MAX])
{
    struct ifaddrs *all = NULL;
    bool is_found = false;
    assert_int_equal(getifaddrs(&all), 0);
    for (const struct ifaddrs *i = all; i != NULL && !is_found; i = i->ifa_next) {
        struct sockaddr_storage address = {0};
        struct vitro_endpoint endpoint;
        const struct policy policy = {.opens_loopback = false};
        struct vitro_endpoint target;
        if (i->ifa_addr == NULL) continue;
        const sa_family_t family = i->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        memcpy(&address, i->ifa_addr, family == AF_INET ? 16 : 28);
        if (!host_endpoint(&address, &endpoint)) continue;
        is_found = vitro_ip_is_v4(&endpoint.ip) == is_v4 &&
                   policy_place(&policy, &endpoint, &target) == POLICY_WORLD;
        (void)vitro_ip_format(&endpoint.ip, out);
    }
    freeifaddrs(all);
    return is_found;
}

static bool host_allows(bool is_v4)
{
    struct host_ping host;
    host_ping_open(&host, is_v4, false);
    if (host.fd >= 0) close(host.fd);
    return host.fd >= 0;
}

static void check_world(struct stage *s, bool is_v4)
{
    struct vitro_ping_reply reply;
    char ip[VITRO_IP_TEXT_MAX];
    if (!find_world(is_v4, ip)) return;
    const bool is_allowed = host_allows(is_v4);
    for (uint16_t i = 0; i < 20; i++) {
        ping(s, ip, i);
        assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
        if (!is_allowed) {
            assert_int_not_equal(reply.error, 0);
            continue;
        }
        assert_int_equal(reply.error, 0);
        assert_int_equal(reply.sequence, i);
        assert_int_equal(reply.len_bytes, 4);
    }
    fixture_teardown(&s->fixture);
    const struct talk *talk = &s->fixture.talks[0];
    assert_int_equal(s->fixture.talk_count, 1);
    assert_int_equal(talk->packets_out, 20);
    assert_int_equal(talk->bytes_out, 80);
    assert_int_equal(talk->packets_in, is_allowed ? 20 : 0);
    assert_int_equal(talk->end, is_allowed ? TALK_ANSWERED : TALK_UNREACHABLE);
    assert_int_equal(talk->error, is_allowed ? 0 : EACCES);
    assert_true(talk->has_path == is_allowed && talk->path_rtt_us_min <= talk->path_rtt_us);
    fixture_setup(&s->fixture, NULL);
    assert_int_equal(vitro_ping_open(s->fixture.program, 0, &s->socket), 0);
}

static void test_the_world_answers_or_the_host_forbids(void **state)
{
    check_world(*state, true);
    check_world(*state, false);
}

/* The gateway is the first hop: a request that lives no longer dies there. */
static void test_time_to_live_ends_at_the_gateway(void **state)
{
    struct stage *s = *state;
    struct vitro_ping_reply reply;
    char ip[VITRO_IP_TEXT_MAX];
    if (!find_world(true, ip)) return;
    assert_int_equal(vitro_set_option(s->fixture.program, s->socket, VITRO_OPTION_TTL, 1, 0), 0);
    ping(s, ip, 1);
    assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    assert_int_equal(reply.error, -EHOSTUNREACH);
    const struct vitro_ip gateway = vitro_ip_v4(10, 0, 2, 2);
    assert_true(vitro_ip_equal(&reply.from, &gateway));
}

/* The wheel's next timer is that of the series: 10 s of silence later it is over. */
static void test_series_ends_when_idle(void **state)
{
    struct stage *s = *state;
    struct vitro_ping_reply reply;
    ping(s, "10.0.2.77", 1);
    assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    const uint64_t later_us = poll_now_us() + FORWARD_PING_IDLE_US + 1000000;
    struct wheel_node *node = wheel_expire(&s->fixture.gateway->poll.wheel, later_us);
    assert_non_null(node);
    struct poll_timer *timer = CONTAINER_OF(node, struct poll_timer, node);
    timer->due(timer, later_us);
    assert_int_equal(s->fixture.talk_count, 1);
}

static void test_oldest_series_gives_way(void **state)
{
    struct stage *s = *state;
    struct vitro_ping_reply reply;
    char ip[VITRO_IP_TEXT_MAX];
    for (uint32_t i = 0; i <= GATEWAY_PING_MAX; i++) {
        const struct vitro_ip to = vitro_ip_v4(127, 1, (uint8_t)(i >> 8), (uint8_t)i);
        (void)vitro_ip_format(&to, ip);
        ping(s, ip, 1);
        assert_true(hear(s, &reply, FIXTURE_PATIENCE_US));
    }
    assert_int_equal(s->fixture.talk_count, 1);
    assert_int_equal(s->fixture.gateway->stats.talks[TALK_PING], GATEWAY_PING_MAX + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_our_own_addresses_answer_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_and_the_forbidden, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_world_answers_or_the_host_forbids, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_time_to_live_ends_at_the_gateway, setup, teardown),
        cmocka_unit_test_setup_teardown(test_series_ends_when_idle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oldest_series_gives_way, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
