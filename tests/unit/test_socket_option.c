/*
 * Options: what each kind of socket has, what values they take, and that they do something.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static uint64_t option_of(struct vitro_stack *s, vitro_socket socket, enum vitro_option option)
{
    uint64_t value = UINT64_MAX;
    assert_int_equal(vitro_get_option(s, socket, option, &value), 0);
    return value;
}

static void every_option_of_a_connection_reads_back(void **state)
{
    (void)state;
    static const struct {
        enum vitro_option option;
        uint64_t value;
    } cases[] = {
        {VITRO_OPTION_NODELAY, 1},
        {VITRO_OPTION_CORK, 1},
        {VITRO_OPTION_CORK, 0},
        {VITRO_OPTION_QUICKACK, 1},
        {VITRO_OPTION_KEEPALIVE, 1},
        {VITRO_OPTION_KEEP_IDLE_MS, 5000},
        {VITRO_OPTION_KEEP_INTERVAL_MS, 700},
        {VITRO_OPTION_KEEP_PROBES, 3},
        {VITRO_OPTION_USER_TIMEOUT_MS, 9000},
        {VITRO_OPTION_SEND_BUFFER, 5000},
        {VITRO_OPTION_RECEIVE_BUFFER, 6000},
        {VITRO_OPTION_LINGER_ZERO, 1},
        {VITRO_OPTION_SINK, 1},
        {VITRO_OPTION_TTL, 9},
        {VITRO_OPTION_TRAFFIC_CLASS, 0x28},
        {VITRO_OPTION_MSS, 500},
    };
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    struct vitro_stack *s = p.stack[0];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(vitro_set_option(s, client, cases[i].option, cases[i].value, p.now_us), 0);
        const uint64_t expected =
            cases[i].option == VITRO_OPTION_MSS ? 488 : cases[i].value; /* less time stamps */
        assert_int_equal(option_of(s, client, cases[i].option), expected);
    }
    pair_teardown(&p);
}

static bool first_syn_is_marked(struct pair *pair, struct pair_frame *frame)
{
    const uint8_t *ip = frame->data + 14;
    if (frame->data[12] != 0x08 || frame->data[13] != 0x00 || pair->events[0] > 1) return true;
    assert_int_equal(ip[1], 0x48);
    assert_int_equal(ip[8], 5);
    assert_int_equal(ip[20 + 13], 0x02);
    const uint8_t *options = ip + 40;
    assert_int_equal(options[0], 2);
    assert_int_equal(options[2] << 8 | options[3], 700);
    pair->filter = NULL;
    return true;
}

static void options_before_connect_mark_the_syn(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    struct vitro_config config;
    const struct vitro_endpoint remote = pair_endpoint(1, true, 80);
    vitro_config_default(&config);
    config.tcp.ecn = VITRO_ECN_OFF;
    pair_setup(&p, &(struct pair_options){.config = {&config, NULL}});
    struct vitro_stack *s = p.stack[0];
    assert_int_equal(vitro_tcp_open(s, 0, &client), 0);
    assert_int_equal(vitro_set_option(s, client, VITRO_OPTION_TTL, 5, p.now_us), 0);
    assert_int_equal(vitro_set_option(s, client, VITRO_OPTION_TRAFFIC_CLASS, 0x4b, p.now_us), 0);
    assert_int_equal(vitro_set_option(s, client, VITRO_OPTION_MSS, 700, p.now_us), 0);
    assert_int_equal(vitro_set_option(s, client, VITRO_OPTION_NODELAY, 1, p.now_us), 0);
    assert_int_equal(option_of(s, client, VITRO_OPTION_TTL), 5);
    assert_int_equal(vitro_set_congestion_control(s, client, "reno"), 0);
    p.filter = first_syn_is_marked;
    assert_int_equal(vitro_tcp_connect(s, client, &remote, p.now_us), 0);
    pair_deliver(&p);
    assert_null(p.filter);
    struct vitro_tcp_info info;
    assert_int_equal(vitro_tcp_info(s, client, &info), 0);
    assert_string_equal(info.congestion_control, "reno");
    assert_int_equal(option_of(s, client, VITRO_OPTION_NODELAY), 1);
    pair_teardown(&p);
}

static void a_listeners_options_are_inherited(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    struct vitro_stack *s = p.stack[1];
    assert_int_equal(vitro_set_option(s, listener, VITRO_OPTION_NODELAY, 1, p.now_us), 0);
    assert_int_equal(vitro_set_option(s, listener, VITRO_OPTION_TTL, 33, p.now_us), 0);
    assert_int_equal(vitro_set_option(s, listener, VITRO_OPTION_SEND_BUFFER, 7777, p.now_us), 0);
    assert_int_equal(option_of(s, listener, VITRO_OPTION_TTL), 33);
    assert_int_equal(vitro_set_option(s, listener, VITRO_OPTION_CORK, 1, p.now_us), -EOPNOTSUPP);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(option_of(s, server, VITRO_OPTION_NODELAY), 1);
    assert_int_equal(option_of(s, server, VITRO_OPTION_TTL), 33);
    assert_int_equal(option_of(s, server, VITRO_OPTION_SEND_BUFFER), 7777);
    pair_teardown(&p);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket tcp;
    vitro_socket udp;
    vitro_socket ping;
    uint64_t value;
    pair_setup(&p, NULL);
    struct vitro_stack *s = p.stack[0];
    const uint64_t now_us = p.now_us;
    assert_int_equal(vitro_tcp_open(s, 0, &tcp), 0);
    assert_int_equal(vitro_udp_open(s, 0, &udp), 0);
    assert_int_equal(vitro_ping_open(s, 0, &ping), 0);
    assert_int_equal(vitro_set_option(s, tcp, VITRO_OPTION_NODELAY, 2, now_us), -EINVAL);
    assert_int_equal(vitro_set_option(s, tcp, VITRO_OPTION_KEEP_PROBES, 256, now_us), -EINVAL);
    assert_int_equal(vitro_set_option(s, tcp, VITRO_OPTION_COUNT, 0, now_us), -EINVAL);
    assert_int_equal(vitro_get_option(s, tcp, VITRO_OPTION_COUNT, &value), -EINVAL);
    assert_int_equal(vitro_set_option(s, udp, VITRO_OPTION_NODELAY, 1, now_us), -EOPNOTSUPP);
    assert_int_equal(vitro_get_option(s, ping, VITRO_OPTION_CORK, &value), -EOPNOTSUPP);
    assert_int_equal(vitro_set_option(s, 5, VITRO_OPTION_TTL, 1, now_us), -EBADF);
    assert_int_equal(vitro_set_congestion_control(s, tcp, "vegas"), -ENOENT);
    assert_int_equal(vitro_set_congestion_control(s, udp, "reno"), -EOPNOTSUPP);
    assert_int_equal(vitro_set_option(s, udp, VITRO_OPTION_RECEIVE_BUFFER, 999, now_us), 0);
    assert_int_equal(option_of(s, udp, VITRO_OPTION_RECEIVE_BUFFER), 999);
    assert_int_equal(vitro_set_option(s, ping, VITRO_OPTION_TTL, 3, now_us), 0);
    assert_int_equal(option_of(s, ping, VITRO_OPTION_TTL), 3);
    pair_teardown(&p);
}

static void v6_only_leaves_v4_alone(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket listener;
    vitro_socket client;
    const struct vitro_endpoint any = vitro_endpoint_any(80);
    const struct vitro_endpoint v4 = pair_endpoint(1, true, 80);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_tcp_open(p.stack[1], 0, &listener), 0);
    assert_int_equal(vitro_set_option(p.stack[1], listener, VITRO_OPTION_V6_ONLY, 1, p.now_us), 0);
    assert_int_equal(vitro_bind(p.stack[1], listener, &any), 0);
    assert_int_equal(vitro_tcp_listen(p.stack[1], listener, 4), 0);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &v4, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_take_error(p.stack[0], client), -ECONNREFUSED);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_of_a_connection_reads_back),
        cmocka_unit_test(options_before_connect_mark_the_syn),
        cmocka_unit_test(a_listeners_options_are_inherited),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(v6_only_leaves_v4_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
