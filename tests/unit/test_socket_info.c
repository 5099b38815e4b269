/*
 * What connections say about themselves, and the walk over all of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void a_connection_tells_what_it_does(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    vitro_socket udp;
    struct vitro_tcp_info info;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "0123456789", 10, p.now_us), 10);
    assert_int_equal(vitro_tcp_info(p.stack[0], client, &info), 0);
    assert_int_equal(info.state, VITRO_TCP_ESTABLISHED);
    assert_true(info.socket == client && info.user == 7);
    assert_true(info.has_sack && info.has_timestamps && info.has_window_scaling);
    assert_int_equal(info.mss_bytes, 1448);
    assert_int_equal(info.mss_peer_bytes, 1460);
    assert_int_equal(info.in_flight_bytes, 10);
    assert_int_equal(info.send_queued_bytes, 10);
    assert_int_equal(info.bytes_sent, 10);
    assert_string_equal(info.congestion_control, "cubic");
    assert_true(info.cwnd_bytes >= 10 * 1448);
    assert_true(info.deadline_us > p.now_us && info.deadline_us < p.now_us + 2000000);
    assert_int_equal(info.send_next - info.send_unacked, 10);
    assert_int_equal(info.send_unacked, info.send_initial + 1);
    pair_run(&p, 1000000);
    assert_int_equal(vitro_tcp_info(p.stack[1], server, &info), 0);
    assert_int_equal(info.receive_queued_bytes, 10);
    assert_int_equal(info.bytes_received, 10);
    assert_int_equal(info.receive_next, info.receive_initial + 11);
    assert_true(info.deadline_us == VITRO_TIME_NEVER);
    assert_int_equal(vitro_tcp_info(p.stack[1], listener, &info), 0);
    assert_int_equal(info.state, VITRO_TCP_LISTEN);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &udp), 0);
    assert_int_equal(vitro_tcp_info(p.stack[0], udp, &info), -EOPNOTSUPP);
    assert_int_equal(vitro_tcp_info(p.stack[0], 99, &info), -EBADF);
    pair_teardown(&p);
}

static void the_walk_sees_everything_once(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_tcp_info info;
    uint32_t seen[VITRO_TCP_STATE_COUNT] = {0};
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    (void)pair_listen(&p, 1, 81);
    for (int i = 0; i < 5; i++) pair_connect(&p, listener, i % 2 == 0, 80, &client, &server);
    assert_int_equal(vitro_close(p.stack[1], server, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_close(p.stack[0], client, p.now_us), 0);
    pair_deliver(&p);
    struct vitro_cursor cursor = {0, NULL};
    while (vitro_stack_conns_next(p.stack[1], &cursor, &info)) seen[info.state]++;
    assert_false(vitro_stack_conns_next(p.stack[1], &cursor, &info));
    assert_int_equal(seen[VITRO_TCP_LISTEN], 2);
    assert_int_equal(seen[VITRO_TCP_ESTABLISHED], 4);
    assert_int_equal(seen[VITRO_TCP_TIME_WAIT], 1);
    pair_teardown(&p);
}

static void the_walk_over_nothing_ends(void **state)
{
    (void)state;
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 0);
    struct vitro_cursor cursor = {0, NULL};
    struct vitro_tcp_info info;
    assert_false(vitro_stack_conns_next(s, &cursor, &info));
    vitro_stack_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_tells_what_it_does),
        cmocka_unit_test(the_walk_sees_everything_once),
        cmocka_unit_test(the_walk_over_nothing_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
