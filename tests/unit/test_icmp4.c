/* wire/icmp4: every type with fields of its own, checksums, lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/icmp4.h"

static const uint8_t data[] = "quoted or echoed, odd";

static void assert_survives(struct icmp4_repr repr)
{
    uint8_t bytes[64];
    struct icmp4_repr back;
    repr.data = span_of(data, sizeof data);
    icmp4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    const uint32_t len = icmp4_emit_len(&repr);
    assert_int_equal(icmp4_parse(&back, span_of(bytes, len)), WIRE_OK);
    assert_int_equal(back.type, repr.type);
    assert_int_equal(back.code, repr.code);
    assert_int_equal(back.id, repr.id);
    assert_int_equal(back.sequence, repr.sequence);
    assert_int_equal(back.mtu_bytes, repr.mtu_bytes);
    assert_int_equal(back.pointer, repr.pointer);
    assert_true(ip_addr_eq(&back.gateway, &repr.gateway));
    assert_int_equal(back.data.len, sizeof data);
    assert_memory_equal(back.data.data, data, sizeof data);
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    assert_survives((struct icmp4_repr){.type = ICMP4_ECHO_REQUEST, .id = 7, .sequence = 9});
    assert_survives((struct icmp4_repr){.type = ICMP4_ECHO_REPLY, .id = 7, .sequence = 9});
    assert_survives((struct icmp4_repr){.type = ICMP4_UNREACHABLE, .code = ICMP4_PORT_UNREACHABLE});
    assert_survives((struct icmp4_repr){
        .type = ICMP4_UNREACHABLE, .code = ICMP4_FRAGMENTATION_NEEDED, .mtu_bytes = 1400});
    assert_survives((struct icmp4_repr){.type = ICMP4_TIME_EXCEEDED, .code = 1});
    assert_survives((struct icmp4_repr){.type = ICMP4_PARAMETER_PROBLEM, .pointer = 20});
    assert_survives((struct icmp4_repr){
        .type = ICMP4_REDIRECT, .code = 1, .gateway = ip_addr_from_v4(0x0a000203)});
    assert_survives((struct icmp4_repr){.type = ICMP4_TIMESTAMP});
}

static void test_echo_on_the_wire(void **state)
{
    (void)state;
    static const uint8_t want[] = {8, 0, 0xe5, 0xca, 0x12, 0x34, 0, 1};
    uint8_t bytes[8];
    const struct icmp4_repr repr = {.type = ICMP4_ECHO_REQUEST, .id = 0x1234, .sequence = 1};
    icmp4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_memory_equal(bytes, want, sizeof want);
    assert_int_equal(icmp4_header_id(bytes), 0x1234);
    assert_int_equal(icmp4_header_sequence(bytes), 1);
}

static void test_mtu_belongs_to_fragmentation_needed_only(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct icmp4_repr back;
    const struct icmp4_repr repr = {.type = ICMP4_UNREACHABLE, .code = 3, .mtu_bytes = 1400};
    icmp4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(icmp4_parse(&back, span_of(bytes, 8)), WIRE_OK);
    assert_int_equal(back.mtu_bytes, 0);
}

static void test_short_and_damaged(void **state)
{
    (void)state;
    uint8_t bytes[32];
    struct icmp4_repr back;
    const struct icmp4_repr repr = {.type = ICMP4_ECHO_REQUEST, .data = span_of(data, 20)};
    icmp4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    for (size_t len = 0; len < ICMP4_HEADER_BYTES; len++) {
        assert_int_equal(icmp4_parse(&back, span_of(bytes, len)), WIRE_TRUNCATED);
    }
    for (size_t bit = 0; bit < 28 * 8u; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(icmp4_parse(&back, span_of(bytes, 28)), WIRE_BAD_CHECKSUM);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_which_types_are_errors(void **state)
{
    (void)state;
    int errors = 0;
    for (unsigned type = 0; type < 256; type++) {
        errors += icmp4_type_is_error((uint8_t)type);
    }
    assert_int_equal(errors, 5);
    assert_false(icmp4_type_is_error(ICMP4_ECHO_REQUEST));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_echo_on_the_wire),
        cmocka_unit_test(test_mtu_belongs_to_fragmentation_needed_only),
        cmocka_unit_test(test_short_and_damaged),
        cmocka_unit_test(test_which_types_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
