/*
 * Errors that a gateway sends about datagrams and pings, as the host at the other end sees them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

/* An address that is neither stack's; the route back is the one of the link. */
static struct vitro_endpoint other(bool is_v4, uint16_t port)
{
    struct vitro_endpoint end = pair_endpoint(1, is_v4, port);
    end.ip.bytes[15] = 99;
    return end;
}

/* The error of a connected UDP socket whose datagram the gateway could not deliver. */
static int udp_error(bool is_v4, enum vitro_unreachable_kind kind)
{
    struct pair p;
    vitro_socket all;
    vitro_socket client;
    struct vitro_datagram got;
    const struct vitro_endpoint remote = other(is_v4, 53);
    const struct vitro_unreachable why = {.kind = kind, .mtu_bytes = 1300};
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_udp_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_udp_connect(p.stack[0], client, &remote), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], client, NULL, "hello", 5, p.now_us), 5);
    pair_deliver(&p);
    assert_int_equal(vitro_udp_receive(p.stack[1], all, NULL, 0, &got), 0);
    assert_int_equal(
        vitro_udp_unreachable(p.stack[1], all, &got.flow, got.len_bytes, &why, p.now_us), 0);
    pair_deliver(&p);
    const int error = vitro_take_error(p.stack[0], client);
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_ICMP_UNSOLICITED), 0);
    pair_teardown(&p);
    return error;
}

static void datagrams_senders_hear_why(void **state)
{
    (void)state;
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_PORT), -ECONNREFUSED);
    assert_int_equal(udp_error(false, VITRO_UNREACHABLE_PORT), -ECONNREFUSED);
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_NET), -ENETUNREACH);
    assert_int_equal(udp_error(false, VITRO_UNREACHABLE_NET), -ENETUNREACH);
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_HOST), -EHOSTUNREACH);
    assert_int_equal(udp_error(false, VITRO_UNREACHABLE_HOST), -EHOSTUNREACH);
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_ADMIN), -EHOSTUNREACH);
    assert_int_equal(udp_error(false, VITRO_UNREACHABLE_ADMIN), -EACCES);
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_TTL), -EHOSTUNREACH);
    assert_int_equal(udp_error(true, VITRO_UNREACHABLE_TOO_BIG), 0); /* the next will be cut */
}

static void wrong_flows_are_refused(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket udp;
    vitro_socket all;
    vitro_socket tcp;
    const struct vitro_endpoint local = vitro_endpoint_any(53);
    struct vitro_flow flow = {.local = other(true, 53), .remote = pair_endpoint(0, true, 5000)};
    struct vitro_unreachable why = {.kind = VITRO_UNREACHABLE_PORT};
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    struct vitro_stack *s = p.stack[1];
    assert_int_equal(vitro_udp_open(s, 0, &udp), 0);
    assert_int_equal(vitro_udp_open(s, 0, &all), 0);
    assert_int_equal(vitro_tcp_open(s, 0, &tcp), 0);
    assert_int_equal(vitro_udp_unreachable(s, tcp, &flow, 1, &why, p.now_us), -EOPNOTSUPP);
    assert_int_equal(vitro_udp_unreachable(s, 0, &flow, 1, &why, p.now_us), -EBADF);
    assert_int_equal(vitro_udp_unreachable(s, udp, &flow, 1, &why, p.now_us), -EINVAL);
    assert_int_equal(vitro_bind(s, udp, &local), 0);
    assert_int_equal(vitro_udp_bind_any(s, all), 0);
    assert_int_equal(vitro_udp_unreachable(s, udp, &flow, 1, &why, p.now_us), 0);
    flow.local.port = 54;
    assert_int_equal(vitro_udp_unreachable(s, udp, &flow, 1, &why, p.now_us), -EINVAL);
    assert_int_equal(vitro_udp_unreachable(s, all, &flow, 1, &why, p.now_us), 0);
    assert_int_equal(vitro_udp_unreachable(s, all, &flow, 65528, &why, p.now_us), -EMSGSIZE);
    flow.remote = other(false, 5000);
    assert_int_equal(vitro_udp_unreachable(s, all, &flow, 1, &why, p.now_us), -EINVAL);
    flow.remote = vitro_endpoint_of(vitro_ip_v4(192, 0, 2, 1), 5000);
    assert_int_equal(vitro_udp_unreachable(s, all, &flow, 1, &why, p.now_us), -ENETUNREACH);
    why.kind = (enum vitro_unreachable_kind)99;
    assert_int_equal(vitro_udp_unreachable(s, all, &flow, 1, &why, p.now_us), -EINVAL);
    pair_teardown(&p);
}

/* The error a ping gets whose request the gateway could not deliver, and who says so. */
static int ping_error(bool is_v4, const struct vitro_unreachable *why, struct vitro_ip *from)
{
    struct pair p;
    vitro_socket all;
    vitro_socket client;
    struct vitro_ping_request request;
    struct vitro_ping_reply reply;
    const struct vitro_ip to = other(is_v4, 0).ip;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_ping_open(p.stack[1], 0, &all), 0);
    assert_int_equal(vitro_ping_bind_any(p.stack[1], all), 0);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], client, &to, 5, "hello", 5, p.now_us), 5);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_next_request(p.stack[1], all, NULL, 0, &request), 0);
    assert_int_equal(vitro_ping_unreachable(p.stack[1], all, &request, why, p.now_us), 0);
    pair_deliver(&p);
    assert_int_equal(vitro_ping_receive(p.stack[0], client, NULL, 0, &reply), 0);
    *from = reply.from;
    pair_teardown(&p);
    return reply.error;
}

static void pingers_hear_why(void **state)
{
    (void)state;
    struct vitro_ip from;
    struct vitro_unreachable why = {.kind = VITRO_UNREACHABLE_HOST};
    const struct vitro_ip own4 = pair_endpoint(1, true, 0).ip;
    const struct vitro_ip own6 = pair_endpoint(1, false, 0).ip;
    assert_int_equal(ping_error(true, &why, &from), -EHOSTUNREACH);
    assert_true(vitro_ip_equal(&from, &own4));
    assert_int_equal(ping_error(false, &why, &from), -EHOSTUNREACH);
    assert_true(vitro_ip_equal(&from, &own6));
    why.kind = VITRO_UNREACHABLE_TTL;
    why.from = vitro_ip_v4(198, 51, 100, 1);
    assert_int_equal(ping_error(true, &why, &from), -EHOSTUNREACH);
    assert_true(vitro_ip_equal(&from, &why.from));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(datagrams_senders_hear_why),
        cmocka_unit_test(wrong_flows_are_refused),
        cmocka_unit_test(pingers_hear_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
