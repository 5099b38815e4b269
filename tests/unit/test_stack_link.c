/*
 * Ethernet, ARP and neighbour discovery below two whole stacks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "wire/checksum.h"
#include "wire/ip6.h"
#include "wire/nd.h"

static void send_to(struct pair *p, vitro_socket s, const char *address)
{
    struct vitro_flow to;
    memset(&to, 0, sizeof to);
    assert_int_equal(vitro_ip_parse(address, &to.remote.ip), 0);
    to.remote.port = 9;
    assert_int_equal(vitro_udp_send(p->stack[0], s, &to, "x", 1, p->now_us), 1);
}

static void packets_wait_for_the_neighbour_and_leave_in_order(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    const uint32_t before = p.sent[0];
    for (int i = 0; i < 3; i++) send_to(&p, s, "10.0.0.2");
    assert_int_equal(p.sent[0], before + 1); /* one question, RFC 1122 2.3.2.1 */
    pair_deliver(&p);
    assert_int_equal(p.sent[0], before + 4);
    send_to(&p, s, "10.0.0.2");
    assert_int_equal(p.sent[0], before + 5);
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 4);
    pair_teardown(&p);
}

static void ipv6_neighbours_are_found(void **state) /* RFC 4861 7.2 */
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    send_to(&p, s, "fd00::2");
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 1);
    pair_teardown(&p);
}

static void silence_is_reported_after_three_questions(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    vitro_socket tcp;
    struct vitro_endpoint nobody = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 50), 9);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    assert_int_equal(vitro_udp_connect(p.stack[0], s, &nobody), 0);
    assert_int_equal(vitro_udp_send(p.stack[0], s, NULL, "x", 1, p.now_us), 1);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &tcp), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], tcp, &nobody, p.now_us), 0);
    const uint32_t before = p.sent[0];
    pair_run(&p, 3500000);
    assert_true(p.sent[0] >= before + 2);
    assert_int_equal(vitro_take_error(p.stack[0], s), -EHOSTUNREACH);
    assert_true(pair_drops(&p, 0, VITRO_DROP_NEIGHBOUR_UNREACHABLE) >= 2);
    assert_true(p.events[VITRO_EVENT_SOFT_ERROR] >= 1); /* RFC 9293 MUST-56 */
    pair_teardown(&p);
}

static void the_queue_of_a_neighbour_is_bounded(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    for (int i = 0; i < 20; i++) send_to(&p, s, "10.0.0.60");
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_NEIGHBOUR_QUEUE_FULL), 12);
    pair_teardown(&p);
}

static void multicast_and_broadcast_ask_nobody(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, NULL);
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    const uint32_t before = p.sent[0];
    send_to(&p, s, "10.0.0.255");
    assert_int_equal(p.sent[0], before + 1);
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 1);
    assert_int_equal(p.stack[1]->stack.counters.icmp_out, 0); /* RFC 1122 3.2.2 */
    pair_teardown(&p);
}

static void a_gateway_answers_for_everyone(void **state) /* RFC 1027 */
{
    (void)state;
    struct pair p;
    vitro_socket s;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    assert_int_equal(vitro_udp_open(p.stack[0], 0, &s), 0);
    send_to(&p, s, "10.0.0.123");
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 1);
    send_to(&p, s, "fd00::123");
    pair_deliver(&p);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_UDP_NO_SOCKET), 2);
    pair_teardown(&p);
}

/* An ARP request from stack 0's station: who has `target`, tell `sender`. */
static void inject_arp(struct pair *p, uint32_t sender, uint32_t target)
{
    uint8_t bytes[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 8, 6,
                         0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0, 0, 0, 1};
    put_be32(bytes + 28, sender);
    put_be32(bytes + 38, target);
    pair_inject(p, 1, bytes, sizeof bytes);
}

/* A neighbour solicitation that asks whether `target` is free (RFC 4862 5.4.2). */
static void inject_dad(struct pair *p, const struct ip_addr *target)
{
    uint8_t bytes[14 + 40 + 24] = {0x33, 0x33, 0xff, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};
    const struct ip_addr any = ip_addr_any_v6();
    const struct ip_addr group = nd_solicited_node(target);
    memcpy(bytes + 2, group.bytes + 12, 4);
    const struct ip6_repr ip = {
        .dst = group, .hop_limit = 255, .next_header = 58, .payload_bytes = 24};
    ip6_emit(&ip, span_mut_of(bytes + 14, 40));
    bytes[54] = ICMP6_NEIGHBOR_SOLICITATION;
    memcpy(bytes + 62, target->bytes, 16);
    const uint32_t sum = checksum_pseudo(&any, &group, 58, 24);
    put_be16(bytes + 56, checksum_finish(checksum_add(sum, span_of(bytes + 54, 24))));
    pair_inject(p, 1, bytes, sizeof bytes);
}

static void a_gateway_leaves_everyone_their_own_address(void **state) /* RFC 5227 2.1.1 */
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.accepts_any = true});
    const uint32_t before = p.sent[1];
    const struct ip_addr theirs = {{0xfd, [14] = 1, [15] = 0x44}};
    const struct ip_addr ours = {{0xfd, [15] = 2}};
    inject_arp(&p, 0, 0x0a000064);          /* a probe: is it free? */
    inject_arp(&p, 0x0a000064, 0x0a000064); /* an announcement */
    inject_dad(&p, &theirs);
    assert_int_equal(p.sent[1], before);
    inject_arp(&p, 0, 0x0a000002); /* our own is defended */
    assert_int_equal(p.sent[1], before + 1);
    inject_dad(&p, &ours);
    assert_int_equal(p.sent[1], before + 2);
    inject_arp(&p, 0x0a000064, 0x0a000077); /* and a question for another is answered */
    assert_int_equal(p.sent[1], before + 3);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_wait_for_the_neighbour_and_leave_in_order),
        cmocka_unit_test(ipv6_neighbours_are_found),
        cmocka_unit_test(silence_is_reported_after_three_questions),
        cmocka_unit_test(the_queue_of_a_neighbour_is_bounded),
        cmocka_unit_test(multicast_and_broadcast_ask_nobody),
        cmocka_unit_test(a_gateway_answers_for_everyone),
        cmocka_unit_test(a_gateway_leaves_everyone_their_own_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
