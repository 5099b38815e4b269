/*
 * Events as the owner sees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket_event.h"

static void a_connection_reports_its_states(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    const uint32_t before = p.events[VITRO_EVENT_STATE];
    assert_true(before >= 4);
    assert_int_equal(vitro_tcp_shutdown(p.stack[0], client, VITRO_SHUT_SEND, p.now_us), 0);
    assert_int_equal(p.events[VITRO_EVENT_STATE], before + 1);
    assert_int_equal(p.last_event.kind, VITRO_EVENT_STATE);
    assert_int_equal(p.last_event.as.state.from, VITRO_TCP_ESTABLISHED);
    assert_int_equal(p.last_event.as.state.to, VITRO_TCP_FIN_WAIT_1);
    assert_int_equal(p.last_event.as.state.cause, VITRO_CAUSE_CLOSE);
    assert_true(p.last_event.socket == client);
    assert_int_equal(p.last_event.user, 7);
    assert_int_equal(p.last_event.flow.remote.port, 80);
    assert_true(p.last_event.now_us == p.now_us);
    pair_teardown(&p);
}

static void a_drop_says_what_was_dropped(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    pair_inject_ip(&p, 253, NULL, NULL, "nothing", 7);
    assert_int_equal(p.last_event.kind, VITRO_EVENT_DROP);
    assert_int_equal(p.last_event.as.drop.reason, VITRO_DROP_IP_UNKNOWN_PROTOCOL);
    assert_int_equal(p.last_event.as.drop.len_bytes, 27);
    assert_int_equal(p.last_event.interface, p.interface[1]);
    const struct vitro_endpoint from = pair_endpoint(0, true, 0);
    assert_true(vitro_ip_equal(&p.last_event.flow.remote.ip, &from.ip));
    pair_teardown(&p);
}

static void details_are_carried_over(void **state)
{
    (void)state;
    const struct tcp_tuple tuple = {.local_port = 1, .remote_port = 2};
    struct tcp_event from = {.kind = TCP_EVENT_RETRANSMIT, .now_us = 5, .tuple = &tuple};
    struct vitro_event to;
    from.retransmit.cause = TCP_RETRANSMIT_SACK;
    from.retransmit.seq = tcp_seq_of(77);
    from.retransmit.len_bytes = 88;
    from.retransmit.count = 2;
    socket_event_out(&from, 3, &to);
    assert_int_equal(to.kind, VITRO_EVENT_RETRANSMIT);
    assert_int_equal(to.as.retransmit.cause, VITRO_RETRANSMIT_SACK);
    assert_int_equal(to.as.retransmit.seq, 77);
    assert_int_equal(to.as.retransmit.len_bytes, 88);
    assert_int_equal(to.as.retransmit.count, 2);
    assert_int_equal(to.interface, 3);
    assert_true(to.socket == VITRO_SOCKET_NONE);
    from = (struct tcp_event){.kind = TCP_EVENT_CWND, .tuple = &tuple, .cwnd = {1, 2, 3}};
    socket_event_out(&from, 0, &to);
    assert_int_equal(to.as.cwnd.in_flight_bytes, 3);
    from = (struct tcp_event){.kind = TCP_EVENT_TIMEOUT, .tuple = &tuple, .timeout = {9, 4}};
    socket_event_out(&from, 0, &to);
    assert_int_equal(to.as.timeout.count, 4);
    from = (struct tcp_event){.kind = TCP_EVENT_SOFT_ERROR, .tuple = &tuple, .error = EHOSTUNREACH};
    socket_event_out(&from, 0, &to);
    assert_int_equal(to.as.error, -EHOSTUNREACH);
    from = (struct tcp_event){.kind = TCP_EVENT_PMTU, .tuple = &tuple, .mtu_bytes = 1400};
    socket_event_out(&from, 0, &to);
    assert_int_equal(to.as.mtu_bytes, 1400);
    from = (struct tcp_event){.kind = TCP_EVENT_DUPLICATE, .tuple = &tuple};
    from.range.len_bytes = 6;
    socket_event_out(&from, 0, &to);
    assert_int_equal(to.as.range.len_bytes, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_reports_its_states),
        cmocka_unit_test(a_drop_says_what_was_dropped),
        cmocka_unit_test(details_are_carried_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
