/*
 * Errors about packets that have gone: the bytes of the message, its source, what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "stack/stack_unreachable.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/icmp_quote.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

static uint8_t caught[2048];
static uint32_t caught_len;

static bool catch_ip(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    if (frame->from != 1) return true;
    caught_len = frame->len - 14;
    assert_true(caught_len <= sizeof caught);
    memcpy(caught, frame->data + 14, caught_len);
    return true;
}

/* Makes both stacks know each other, then catches what stack 1 sends. */
static void setup(struct pair *p, const struct pair_options *options)
{
    pair_setup(p, options);
    const struct vitro_ip v4 = pair_endpoint(1, true, 0).ip;
    const struct vitro_ip v6 = pair_endpoint(1, false, 0).ip;
    vitro_socket ping;
    assert_int_equal(vitro_ping_open(p->stack[0], 0, &ping), 0);
    assert_int_equal(vitro_ping_send(p->stack[0], ping, &v4, 0, NULL, 0, p->now_us), 0);
    assert_int_equal(vitro_ping_send(p->stack[0], ping, &v6, 0, NULL, 0, p->now_us), 0);
    pair_run(p, 1000000);
    p->filter = catch_ip;
    caught_len = 0;
}

static struct ip_addr addr(const char *text)
{
    struct ip_addr ip;
    assert_true(ip_addr_parse(text, &ip));
    return ip;
}

static const uint8_t ports[8] = {0x13, 0x88, 0, 53, 0, 108, 0, 0};

/* A datagram of 100 bytes from stack 0 to an address that is not stack 1's. */
static struct stack_undelivered undelivered(bool is_v4, enum ip_icmp_kind kind)
{
    return (struct stack_undelivered){.src = addr(is_v4 ? "10.0.0.1" : "fd00::1"),
                                      .dst = addr(is_v4 ? "192.0.2.7" : "2001:db8::7"),
                                      .protocol = IP_PROTO_UDP,
                                      .payload_bytes = 108,
                                      .transport = span_of(ports, sizeof ports),
                                      .report = {.kind = kind, .mtu_bytes = 1400}};
}

/* Sends it and looks at what left: from whom, type, code, and the quote. */
static void said4(enum ip_icmp_kind kind, const char *from, uint8_t code)
{
    struct pair p;
    struct icmp4_repr icmp;
    struct icmp_quote quote;
    setup(&p, &(struct pair_options){.accepts_any = true});
    const struct stack_undelivered packet = undelivered(true, kind);
    assert_int_equal(stack_unreachable_send(&p.stack[1]->stack, &packet, p.now_us), 0);
    assert_int_equal(caught_len, 20 + 8 + 28);
    const struct ip_addr source = ip4_header_src(caught);
    const struct ip_addr expected = addr(from);
    assert_true(ip_addr_eq(&source, &expected));
    assert_int_equal(icmp4_parse(&icmp, span_of(caught + 20, caught_len - 20)), WIRE_OK);
    assert_int_equal(icmp.type, kind == IP_ICMP_TTL_EXCEEDED ? 11 : 3);
    assert_int_equal(icmp.code, code);
    if (kind == IP_ICMP_PACKET_TOO_BIG) assert_int_equal(icmp.mtu_bytes, 1400);
    assert_int_equal(icmp_quote_parse(&quote, icmp.data), WIRE_OK);
    assert_true(ip_addr_eq(&quote.src, &packet.src));
    assert_true(ip_addr_eq(&quote.dst, &packet.dst));
    assert_int_equal(quote.protocol, IP_PROTO_UDP);
    assert_int_equal(ip4_header_total_bytes(icmp.data.data), 128);
    assert_memory_equal(quote.transport.data, ports, 8);
    pair_teardown(&p);
}

static void said6(enum ip_icmp_kind kind, const char *from, uint8_t type, uint8_t code)
{
    struct pair p;
    struct icmp6_repr icmp;
    struct icmp_quote quote;
    setup(&p, &(struct pair_options){.accepts_any = true});
    const struct stack_undelivered packet = undelivered(false, kind);
    assert_int_equal(stack_unreachable_send(&p.stack[1]->stack, &packet, p.now_us), 0);
    assert_int_equal(caught_len, 40 + 8 + 48);
    const struct ip_addr source = ip6_header_src(caught);
    const struct ip_addr expected = addr(from);
    assert_true(ip_addr_eq(&source, &expected));
    assert_int_equal(
        icmp6_parse(&icmp, span_of(caught + 40, caught_len - 40), &source, &packet.src), WIRE_OK);
    assert_int_equal(icmp.type, type);
    assert_int_equal(icmp.code, code);
    if (kind == IP_ICMP_PACKET_TOO_BIG) assert_int_equal(icmp.mtu_bytes, 1400);
    assert_int_equal(icmp_quote_parse(&quote, icmp.data), WIRE_OK);
    assert_true(ip_addr_eq(&quote.dst, &packet.dst));
    assert_int_equal(ip6_header_payload_bytes(icmp.data.data), 108);
    assert_memory_equal(quote.transport.data, ports, 8);
    pair_teardown(&p);
}

static void each_kind_has_its_code_and_source(void **state)
{
    (void)state;
    said4(IP_ICMP_NET_UNREACHABLE, "10.0.0.2", 0);
    said4(IP_ICMP_NET_UNKNOWN, "10.0.0.2", 6);
    said4(IP_ICMP_HOST_UNREACHABLE, "10.0.0.2", 1);
    said4(IP_ICMP_PORT_UNREACHABLE, "192.0.2.7", 3);
    said4(IP_ICMP_PROHIBITED, "10.0.0.2", 13);
    said4(IP_ICMP_PACKET_TOO_BIG, "10.0.0.2", 4);
    said4(IP_ICMP_TTL_EXCEEDED, "10.0.0.2", 0);
    said6(IP_ICMP_NET_UNKNOWN, "fd00::2", 1, 0);
    said6(IP_ICMP_HOST_UNREACHABLE, "fd00::2", 1, 3);
    said6(IP_ICMP_PORT_UNREACHABLE, "2001:db8::7", 1, 4);
    said6(IP_ICMP_PROHIBITED, "fd00::2", 1, 1);
    said6(IP_ICMP_PACKET_TOO_BIG, "fd00::2", 2, 0);
    said6(IP_ICMP_TTL_EXCEEDED, "fd00::2", 3, 0);
}

static void another_may_be_named_as_the_source(void **state)
{
    (void)state;
    struct pair p;
    setup(&p, &(struct pair_options){.accepts_any = true});
    struct stack_undelivered packet = undelivered(true, IP_ICMP_TTL_EXCEEDED);
    packet.from = addr("198.51.100.1");
    assert_int_equal(stack_unreachable_send(&p.stack[1]->stack, &packet, p.now_us), 0);
    assert_int_equal(get_be32(caught + 12), 0xc6336401);
    packet.from = addr("fd00::2");
    assert_int_equal(stack_unreachable_send(&p.stack[1]->stack, &packet, p.now_us), EINVAL);
    pair_teardown(&p);
}

static void impossible_packets_are_refused(void **state)
{
    (void)state;
    struct pair p;
    setup(&p, &(struct pair_options){.accepts_any = true});
    struct stack *stack = &p.stack[1]->stack;
    struct stack_undelivered packet = undelivered(true, IP_ICMP_PORT_UNREACHABLE);
    packet.src = addr("224.0.0.1");
    assert_int_equal(stack_unreachable_send(stack, &packet, p.now_us), EINVAL);
    packet.src = addr("fd00::1");
    assert_int_equal(stack_unreachable_send(stack, &packet, p.now_us), EINVAL);
    packet.src = addr("::");
    assert_int_equal(stack_unreachable_send(stack, &packet, p.now_us), EINVAL);
    packet.src = addr("203.0.113.9");
    assert_int_equal(stack_unreachable_send(stack, &packet, p.now_us), ENETUNREACH);
    packet = undelivered(true, IP_ICMP_PORT_UNREACHABLE);
    packet.payload_bytes = 65516;
    assert_int_equal(stack_unreachable_send(stack, &packet, p.now_us), EMSGSIZE);
    assert_int_equal(caught_len, 0);
    pair_teardown(&p);
}

static void the_rate_limit_holds(void **state)
{
    (void)state;
    struct pair p;
    setup(&p, &(struct pair_options){.accepts_any = true});
    const struct stack_undelivered packet = undelivered(true, IP_ICMP_HOST_UNREACHABLE);
    for (int i = 0; i < 12; i++)
        assert_int_equal(stack_unreachable_send(&p.stack[1]->stack, &packet, p.now_us), 0);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ICMP_RATE_LIMIT), 2);
    pair_teardown(&p);
}

static void a_syn_must_be_held(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, NULL);
    const struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000001),
                                    .remote = ip_addr_from_v4(0x0a000002),
                                    .local_port = 1,
                                    .remote_port = 2};
    assert_false(stack_unreachable_syn(&p.stack[0]->stack, &tuple, IP_ICMP_PROHIBITED, p.now_us));
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_its_code_and_source),
        cmocka_unit_test(another_may_be_named_as_the_source),
        cmocka_unit_test(impossible_packets_are_refused),
        cmocka_unit_test(the_rate_limit_holds),
        cmocka_unit_test(a_syn_must_be_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
