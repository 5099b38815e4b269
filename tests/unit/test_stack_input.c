/*
 * From the link header to the protocol: what is taken, and what is dropped under which name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void frame(struct pair *p, uint16_t type, size_t len)
{
    uint8_t bytes[100] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    bytes[12] = (uint8_t)(type >> 8);
    bytes[13] = (uint8_t)type;
    pair_inject(p, 1, bytes, len);
}

static void link_headers_are_judged(void **state)
{
    (void)state;
    struct pair p;
    uint8_t other[60] = {2, 0, 0, 0, 0, 3};
    pair_setup(&p, NULL);
    frame(&p, 0x0800, 13);
    frame(&p, 0x0800, 0);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_TRUNCATED), 2);
    frame(&p, 0x88cc, 60);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_UNKNOWN_PROTOCOL), 1);
    pair_inject(&p, 1, other, sizeof other);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_NOT_FOR_US), 1);
    frame(&p, 0x0800, 14);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 1);
    frame(&p, 0x86dd, 20);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 2);
    frame(&p, 0x0806, 20);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_ARP_MALFORMED), 1);
    pair_teardown(&p);
}

/* Puts a VLAN tag into each IPv4 frame. */
static bool add_tag(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    if (frame->data[12] != 0x08 || frame->data[13] != 0x00) return true;
    uint8_t *tagged = malloc(frame->len + 4);
    memcpy(tagged, frame->data, 12);
    memcpy(tagged + 12, "\x81\x00\x00\x05", 4);
    memcpy(tagged + 16, frame->data + 12, frame->len - 12);
    free(frame->data);
    frame->data = tagged;
    frame->len += 4;
    return true;
}

static void vlan_tags_are_read_and_skipped(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    pair_setup(&p, NULL);
    p.filter = add_tag;
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    frame(&p, 0x8100, 16); /* a tag and nothing behind it */
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_TRUNCATED), 1);
    pair_teardown(&p);
}

static void bare_packets_tell_their_version(void **state)
{
    (void)state;
    struct pair p;
    pair_setup(&p, &(struct pair_options){.is_bare = true});
    pair_inject(&p, 1, "", 0);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_TRUNCATED), 1);
    pair_inject(&p, 1, "\x55", 1);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_LINK_UNKNOWN_PROTOCOL), 1);
    pair_inject(&p, 1, "\x45", 1);
    pair_inject(&p, 1, "\x60", 1);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_MALFORMED), 2);
    pair_teardown(&p);
}

static void addresses_are_judged(void **state)
{
    (void)state;
    struct pair p;
    const struct vitro_ip other = vitro_ip_v4(10, 0, 0, 9);
    const struct vitro_ip group = vitro_ip_v4(224, 0, 0, 1);
    const struct vitro_ip broadcast = vitro_ip_v4(10, 0, 0, 255);
    const uint8_t syn[20] = {0x10, 0, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x02};
    pair_setup(&p, NULL);
    const uint64_t announced = pair_drops(&p, 1, VITRO_DROP_IP_NOT_FOR_US);
    const uint32_t sent = p.sent[1];
    pair_inject_ip(&p, 6, NULL, &other, syn, sizeof syn);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_NOT_FOR_US), announced + 1);
    pair_inject_ip(&p, 6, &group, NULL, syn, sizeof syn);
    pair_inject_ip(&p, 6, &broadcast, NULL, syn, sizeof syn); /* RFC 9293 MUST-63 */
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_BAD_SOURCE), 2);
    pair_inject_ip(&p, 6, NULL, &broadcast, syn, sizeof syn); /* RFC 9293 MUST-57 */
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_TCP_BAD_ADDRESS), 1);
    assert_int_equal(p.sent[1], sent); /* silently */
    pair_teardown(&p);
}

static void unknown_protocols_are_answered(void **state) /* RFC 1122 3.2.2.1, RFC 4443 3.4 */
{
    (void)state;
    struct pair p;
    const struct vitro_ip v6 = pair_endpoint(1, false, 0).ip;
    struct vitro_counters counters;
    pair_setup(&p, NULL);
    pair_inject_ip(&p, 253, NULL, NULL, "x", 1);
    pair_inject_ip(&p, 253, NULL, &v6, "x", 1);
    pair_inject_ip(&p, 58, NULL, NULL, "12345678", 8); /* ICMPv6 in IPv4 */
    pair_inject_ip(&p, 1, NULL, &v6, "12345678", 8);
    assert_int_equal(pair_drops(&p, 1, VITRO_DROP_IP_UNKNOWN_PROTOCOL), 4);
    vitro_stack_counters(p.stack[1], &counters);
    assert_true(counters.ip.icmp_out >= 4);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_headers_are_judged),
        cmocka_unit_test(vlan_tags_are_read_and_skipped),
        cmocka_unit_test(bare_packets_tell_their_version),
        cmocka_unit_test(addresses_are_judged),
        cmocka_unit_test(unknown_protocols_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
