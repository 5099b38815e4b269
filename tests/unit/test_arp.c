/* wire/arp: the one kind we speak, and the ways not to be it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/arp.h"

static void make_request(uint8_t bytes[ARP_BYTES], struct arp_repr *repr)
{
    *repr = (struct arp_repr){
        .op = ARP_REQUEST,
        .sender_eth = {{2, 0, 0, 0, 0, 1}},
        .sender_ip = ip_addr_from_v4(0x0a000264),
        .target_ip = ip_addr_from_v4(0x0a000202),
    };
    arp_emit(repr, span_mut_of(bytes, ARP_BYTES));
}

static void test_emit_is_the_wire_form(void **state)
{
    (void)state;
    static const uint8_t want[ARP_BYTES] = {0,  1, 8, 0,   6, 4, 0, 1, 2, 0, 0,  0, 0, 1,
                                            10, 0, 2, 100, 0, 0, 0, 0, 0, 0, 10, 0, 2, 2};
    uint8_t bytes[ARP_BYTES];
    struct arp_repr repr;
    make_request(bytes, &repr);
    assert_memory_equal(bytes, want, sizeof want);
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    uint8_t bytes[ARP_BYTES + 18] = {0};
    struct arp_repr repr;
    struct arp_repr back;
    make_request(bytes, &repr);
    assert_int_equal(arp_parse(&back, span_of(bytes, sizeof bytes)), WIRE_OK);
    assert_int_equal(back.op, repr.op);
    assert_true(eth_addr_eq(&back.sender_eth, &repr.sender_eth));
    assert_true(eth_addr_eq(&back.target_eth, &repr.target_eth));
    assert_true(ip_addr_eq(&back.sender_ip, &repr.sender_ip));
    assert_true(ip_addr_eq(&back.target_ip, &repr.target_ip));
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t bytes[ARP_BYTES];
    struct arp_repr repr;
    make_request(bytes, &repr);
    for (size_t len = 0; len < ARP_BYTES; len++) {
        assert_int_equal(arp_parse(&repr, span_of(bytes, len)), WIRE_TRUNCATED);
    }
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        enum wire_status want;
    } rows[] = {
        {1, 6, WIRE_UNSUPPORTED}, {3, 1, WIRE_UNSUPPORTED}, {4, 8, WIRE_BAD_LENGTH},
        {5, 16, WIRE_BAD_LENGTH}, {7, 3, WIRE_UNSUPPORTED}, {7, 0, WIRE_UNSUPPORTED},
        {8, 3, WIRE_BAD_VALUE},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint8_t bytes[ARP_BYTES];
        struct arp_repr repr;
        make_request(bytes, &repr);
        bytes[rows[i].at] = rows[i].value;
        assert_int_equal(arp_parse(&repr, span_of(bytes, sizeof bytes)), rows[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emit_is_the_wire_form),
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
