/*
 * IPv6 on its way up: header, extension headers, fragments.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static vitro_socket receiver(struct pair *p)
{
    vitro_socket s;
    const struct vitro_endpoint any = vitro_endpoint_any(9);
    assert_int_equal(vitro_udp_open(p->stack[1], 0, &s), 0);
    assert_int_equal(vitro_bind(p->stack[1], s, &any), 0);
    return s;
}

/* The last UDP frame that stack 0 sent, with an extension header of 8 bytes put before it. */
static uint8_t extension[8];
static uint8_t extension_kind;

static bool insert_extension(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    if (frame->data[12] != 0x86 || frame->data[20] != 17) return true;
    uint8_t *longer = malloc(frame->len + 8);
    memcpy(longer, frame->data, 54);
    memcpy(longer + 54, extension, 8);
    longer[54] = 17;
    memcpy(longer + 62, frame->data + 54, frame->len - 54);
    longer[20] = extension_kind;
    longer[19] = (uint8_t)(longer[19] + 8);
    free(frame->data);
    frame->data = longer;
    frame->len += 8;
    return true;
}

/* Sends a datagram from stack 0 to stack 1 with the extension; what arrives, or -EAGAIN. */
static int64_t arrives(struct pair *p, uint8_t kind, const char *header)
{
    vitro_socket from;
    const struct vitro_flow to = {.remote = pair_endpoint(1, false, 9)};
    char text[32];
    extension_kind = kind;
    memcpy(extension, header, 8);
    pair_setup(p, NULL);
    const vitro_socket s = receiver(p);
    assert_int_equal(vitro_udp_open(p->stack[0], 0, &from), 0);
    p->filter = insert_extension;
    assert_int_equal(vitro_udp_send(p->stack[0], from, &to, "hello", 5, p->now_us), 5);
    pair_deliver(p);
    return vitro_udp_receive(p->stack[1], s, text, sizeof text, NULL);
}

static void extension_headers_are_walked(void **state)
{
    (void)state;
    struct pair p;
    assert_int_equal(arrives(&p, 0, "\0\0\1\4\0\0\0\0"), 5); /* hop by hop: padding */
    pair_teardown(&p);
    assert_int_equal(arrives(&p, 60, "\0\0\1\4\0\0\0\0"), 5); /* destination options */
    pair_teardown(&p);
    assert_int_equal(arrives(&p, 43, "\0\0\0\0\0\0\0\0"), 5); /* routing, no segments left */
    pair_teardown(&p);
    assert_int_equal(arrives(&p, 44, "\0\0\0\0\0\0\0\7"), 5); /* an atomic fragment: RFC 6946 */
    pair_teardown(&p);
}

static void options_that_demand_it_end_the_packet(void **state) /* RFC 8200 4.2 */
{
    (void)state;
    struct pair p;
    struct vitro_counters counters;
    assert_int_equal(arrives(&p, 0, "\0\0\x5e\4\0\0\0\0"), -EAGAIN); /* 01: discard */
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 1);
    vitro_stack_counters(p.stack[1], &counters);
    const uint64_t icmp = counters.ip.icmp_out;
    pair_teardown(&p);
    assert_int_equal(arrives(&p, 0, "\0\0\x9e\4\0\0\0\0"), -EAGAIN); /* 10: and tell the sender */
    vitro_stack_counters(p.stack[1], &counters);
    assert_int_equal(counters.ip.icmp_out, icmp + 1);
    pair_teardown(&p);
}

static void mapped_addresses_on_the_wire_are_refused(void **state)
{
    (void)state;
    struct pair p;
    const struct vitro_ip v6 = pair_endpoint(1, false, 0).ip;
    uint8_t bytes[14 + 40 + 8] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd, 0x60};
    bytes[19] = 8;
    bytes[20] = 17;
    bytes[21] = 64;
    bytes[14 + 8 + 10] = bytes[14 + 8 + 11] = 0xff; /* ::ffff:10.0.0.1 */
    bytes[14 + 8 + 12] = 10;
    bytes[14 + 8 + 15] = 1;
    memcpy(bytes + 14 + 24, v6.bytes, 16);
    pair_setup(&p, NULL);
    pair_inject(&p, 1, bytes, sizeof bytes);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 1);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(extension_headers_are_walked),
        cmocka_unit_test(options_that_demand_it_end_the_packet),
        cmocka_unit_test(mapped_addresses_on_the_wire_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
