/*
 * Two stacks on a wire: steps, virtual time, quiet, and the same run from the same seed.
 */
#include "support.h"

#include "base/hash.h"
#include "sim/sim_net.h"

#define PORT        80
#define BYTES_MAX   100000u
#define CLIENT_USER 1
#define SERVER_USER 2

/* A client that sends all and closes, and a server that reads all and closes. */
struct talk {
    struct sim_net *net;
    struct sim_watch watch;
    uint32_t bytes, sent, received;
    int client_error;
    uint64_t client_over_us;
    uint64_t digest, packets;
    uint32_t events;
};

static void client_ready(struct talk *talk, struct vitro_stack *stack,
                         const struct vitro_ready *ready, uint64_t now_us)
{
    static uint8_t zeros[BYTES_MAX];
    if ((ready->bits & VITRO_ERROR) != 0) {
        talk->client_error = vitro_take_error(stack, ready->socket);
        talk->client_over_us = now_us;
        (void)vitro_close(stack, ready->socket, now_us);
        return;
    }
    while (talk->sent < talk->bytes) {
        const int64_t n =
            vitro_tcp_send(stack, ready->socket, zeros, talk->bytes - talk->sent, now_us);
        if (n < 0) return;
        talk->sent += (uint32_t)n;
    }
    (void)vitro_close(stack, ready->socket, now_us);
    talk->client_over_us = now_us;
}

static void server_ready(struct talk *talk, struct vitro_stack *stack,
                         const struct vitro_ready *ready, uint64_t now_us)
{
    static uint8_t buffer[BYTES_MAX];
    vitro_socket socket = ready->socket;
    if ((ready->bits & VITRO_ACCEPTABLE) != 0 &&
        vitro_tcp_accept(stack, ready->socket, SERVER_USER, &socket, NULL) != 0) {
        return;
    }
    for (;;) {
        const int64_t n = vitro_tcp_receive(stack, socket, buffer, sizeof buffer, now_us);
        if (n == 0) (void)vitro_close(stack, socket, now_us);
        if (n <= 0) return;
        talk->received += (uint32_t)n;
    }
}

static void on_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct talk *talk = host->app;
    if (ready->user == CLIENT_USER) {
        client_ready(talk, host->stack, ready, now_us);
    } else {
        server_ready(talk, host->stack, ready, now_us);
    }
}

static void on_event(struct sim_host *host, const struct vitro_event *event)
{
    struct talk *talk = host->app;
    talk->events += event->kind == VITRO_EVENT_STATE ? 1 : 0;
}

static void on_sighting(struct sim_watch *watch, const struct sim_sighting *sighting)
{
    struct talk *talk = CONTAINER_OF(watch, struct talk, watch);
    const struct hash_key key = {.k0 = talk->digest, .k1 = sighting->now_us};
    talk->digest = hash_sip13(&key, sighting->bytes.data, sighting->bytes.len);
    talk->packets++;
}

static void talk_start(struct talk *talk, const struct sim_net_config *config, bool is_v4,
                       uint16_t port)
{
    talk->net = sim_net_create(config);
    assert_non_null(talk->net);
    for (int end = 0; end < SIM_ENDS; end++) {
        talk->net->host[end].app = talk;
        talk->net->host[end].on_ready = on_ready;
        talk->net->host[end].on_event = on_event;
    }
    sim_wire_watch(&talk->net->wire, &talk->watch, on_sighting);
    struct vitro_stack *server = talk->net->host[SIM_B].stack;
    struct vitro_stack *client = talk->net->host[SIM_A].stack;
    const struct vitro_endpoint any = vitro_endpoint_any(PORT);
    const struct vitro_endpoint to = vitro_endpoint_of(sim_host_ip(config, SIM_B, is_v4), port);
    vitro_socket socket;
    assert_int_equal(vitro_tcp_open(server, SERVER_USER, &socket), 0);
    assert_int_equal(vitro_bind(server, socket, &any), 0);
    assert_int_equal(vitro_tcp_listen(server, socket, 5), 0);
    assert_int_equal(vitro_tcp_open(client, CLIENT_USER, &socket), 0);
    assert_int_equal(vitro_tcp_connect(client, socket, &to, sim_net_now(talk->net)), 0);
}

static void data_arrives_by_either_version_and_link(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        struct sim_net_config config;
        struct talk talk = {.bytes = BYTES_MAX};
        sim_net_config_default(&config, 1);
        if ((shape & 1) != 0) sim_net_config_ethernet(&config);
        config.wire.way[SIM_A].delay_us = 10000;
        config.wire.way[SIM_B].delay_us = 10000;
        talk_start(&talk, &config, (shape & 2) != 0, PORT);
        sim_net_run(talk.net, TIME_NEVER);
        assert_int_equal(talk.sent, BYTES_MAX);
        assert_int_equal(talk.received, BYTES_MAX);
        assert_int_equal(sim_wire_in_flight(&talk.net->wire), 0);
        assert_true(sim_net_next(talk.net) == TIME_NEVER);
        assert_false(sim_net_step(talk.net));
        assert_true(talk.events > 5);
        sim_net_destroy(talk.net);
    }
}

static void time_is_exact_and_steps_are_single(void **state)
{
    (void)state;
    struct sim_net_config config;
    struct talk talk = {.bytes = 1};
    sim_net_config_default(&config, 1);
    config.wire.way[SIM_A].delay_us = 1000;
    config.wire.way[SIM_B].delay_us = 500;
    talk_start(&talk, &config, true, PORT);
    const uint64_t start_us = sim_net_now(talk.net);
    assert_int_equal(talk.packets, 1); /* the SYN, at the sender */
    assert_int_equal(sim_net_next(talk.net), start_us + 1000);
    assert_true(sim_net_step(talk.net));
    assert_int_equal(sim_net_now(talk.net), start_us + 1000);
    assert_int_equal(talk.packets, 3); /* it arrived, and the SYN-ACK left */
    sim_net_run(talk.net, start_us + 1499);
    assert_int_equal(sim_net_now(talk.net), start_us + 1499);
    assert_int_equal(talk.packets, 3);
    assert_int_equal(talk.client_over_us, 0);
    sim_net_run(talk.net, start_us + 1500);
    assert_int_equal(talk.client_over_us, start_us + 1500);
    sim_net_run(talk.net, TIME_NEVER);
    assert_int_equal(talk.received, 1);
    sim_net_destroy(talk.net);
}

static void errors_reach_the_application(void **state)
{
    (void)state;
    struct sim_net_config config;
    struct talk refused = {.bytes = 1};
    struct talk silent = {.bytes = 1};
    sim_net_config_default(&config, 1);
    talk_start(&refused, &config, true, PORT + 1);
    sim_net_run(refused.net, TIME_NEVER);
    assert_int_equal(refused.client_error, -ECONNREFUSED);
    sim_net_destroy(refused.net);
    config.wire.way[SIM_A].chances.loss_ppm = 1000000;
    talk_start(&silent, &config, true, PORT);
    sim_net_run(silent.net, TIME_NEVER);
    assert_int_equal(silent.client_error, -ETIMEDOUT);
    sim_net_destroy(silent.net);
}

static void the_same_seed_gives_the_same_packets(void **state)
{
    (void)state;
    uint64_t digests[3];
    for (uint64_t i = 0; i < 3; i++) {
        struct sim_net_config config;
        struct talk talk = {.bytes = BYTES_MAX};
        sim_net_config_default(&config, i == 2 ? 8 : 7);
        config.wire.way[SIM_A].chances.loss_ppm = 50000;
        config.wire.way[SIM_A].delay_us = 3000;
        talk_start(&talk, &config, true, PORT);
        sim_net_run(talk.net, TIME_NEVER);
        assert_int_equal(talk.received, BYTES_MAX);
        digests[i] = talk.digest;
        sim_net_destroy(talk.net);
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
}

static void an_impossible_stack_makes_no_net(void **state)
{
    (void)state;
    struct sim_net_config config;
    sim_net_config_default(&config, 1);
    config.host[SIM_B].interface.mtu_bytes = 10;
    assert_null(sim_net_create(&config));
    sim_net_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_arrives_by_either_version_and_link),
        cmocka_unit_test(time_is_exact_and_steps_are_single),
        cmocka_unit_test(errors_reach_the_application),
        cmocka_unit_test(the_same_seed_gives_the_same_packets),
        cmocka_unit_test(an_impossible_stack_makes_no_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
