/*
 * UDP's floor and ceiling: port unreachable, checksums, errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_udp.h"

/* A datagram to port 9 of stack 1 without a checksum; IPv6 refuses that. */
static const uint8_t datagram[9] = {4, 0, 0, 9, 0, 9, 0, 0, 'x'};

static void port_unreachable_is_for_unicast_only(void **state) /* RFC 1122 3.2.2, 4.1.3.1 */
{
    (void)state;
    struct pair p;
    const struct vitro_ip broadcast = vitro_ip_v4(10, 0, 0, 255);
    pair_setup(&p, NULL);
    pair_inject_ip(&p, 17, NULL, NULL, datagram, sizeof datagram);
    assert_int_equal(p.stack[1]->stack.counters.icmp_out, 1);
    pair_inject_ip(&p, 17, NULL, &broadcast, datagram, sizeof datagram);
    assert_int_equal(p.stack[1]->stack.counters.icmp_out, 1);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 2);
    pair_teardown(&p);
}

static void bad_datagrams_are_named(void **state)
{
    (void)state;
    struct pair p;
    const struct vitro_ip v6 = pair_endpoint(1, false, 0).ip;
    uint8_t bytes[9];
    pair_setup(&p, NULL);
    pair_inject_ip(&p, 17, NULL, NULL, datagram, 7);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_MALFORMED), 1);
    memcpy(bytes, datagram, sizeof bytes);
    bytes[7] = 1;
    pair_inject_ip(&p, 17, NULL, NULL, bytes, sizeof bytes);
    pair_inject_ip(&p, 17, NULL, &v6, datagram, sizeof datagram); /* RFC 8200 8.1 */
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_CHECKSUM), 2);
    pair_teardown(&p);
}

static void errors_without_ports_are_nobodys(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct ip_icmp_error error = {.kind = IP_ICMP_PORT_UNREACHABLE, .error = ECONNREFUSED};
    assert_false(stack_udp_icmp(&p.stack[0]->stack, &error, 0));
    error.has_ports = true;
    error.src_port = 5;
    assert_false(stack_udp_icmp(&p.stack[0]->stack, &error, 0));
    pair_teardown(&p);
}

static void the_source_follows_the_way(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    struct stack *stack = &p.stack[0]->stack;
    struct ip_addr src;
    const struct ip_addr near = {{0xfd, [15] = 2}};
    const struct ip_addr far = ip_addr_from_v4(0xc0000201);
    assert_int_equal(stack_udp_ops.source(&stack->udp, &near, 0, &src), 0);
    const struct vitro_endpoint ours = pair_endpoint(0, false, 0);
    assert_memory_equal(src.bytes, ours.ip.bytes, 16);
    assert_int_equal(stack_udp_ops.source(&stack->udp, &far, 0, &src), ENETUNREACH);
    pair_teardown(&p);
}

static void ttl_and_df_are_told(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    struct vitro_datagram got;
    uint8_t data[4];
    const struct vitro_endpoint any = vitro_endpoint_any(9);
    const struct vitro_flow to = {.remote = pair_endpoint(1, true, 9)};
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_udp_open(p.stack[1], 0, &server), 0);
    assert_int_equal(vitro_bind(p.stack[1], server, &any), 0);
    assert_int_equal(vitro_set_option(p.stack[0], client, VITRO_OPTION_TTL, 33, p.now_us), 0);
    struct udp_socket *sender =
        CONTAINER_OF(list_first(&p.stack[0]->stack.udp.sockets), struct udp_socket, link);
    for (int i = 0; i < 2; i++) {
        sender->may_fragment = i == 0;
        assert_int_equal(vitro_udp_send(p.stack[0], client, &to, "x", 1, p.now_us), 1);
        pair_deliver(&p);
        assert_int_equal(vitro_udp_receive(p.stack[1], server, data, sizeof data, &got), 1);
        assert_int_equal(got.ttl, 33);
        assert_int_equal(got.dont_fragment, i == 1);
    }
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(port_unreachable_is_for_unicast_only),
        cmocka_unit_test(bad_datagrams_are_named),
        cmocka_unit_test(errors_without_ports_are_nobodys),
        cmocka_unit_test(the_source_follows_the_way),
        cmocka_unit_test(ttl_and_df_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
