/* wire/icmp6: every type with fields of its own, the pseudo header in the checksum, lengths. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/icmp6.h"

static const uint8_t data[] = "quoted or echoed, odd";
static const struct ip_addr src = {{0xfd, [15] = 1}};
static const struct ip_addr dst = {{0xfd, [15] = 2}};

static void assert_survives(struct icmp6_repr repr)
{
    uint8_t bytes[64];
    struct icmp6_repr back;
    repr.data = span_of(data, sizeof data);
    icmp6_emit(&repr, span_mut_of(bytes, sizeof bytes), &src, &dst);
    const uint32_t len = icmp6_emit_len(&repr);
    assert_int_equal(icmp6_parse(&back, span_of(bytes, len), &src, &dst), WIRE_OK);
    assert_int_equal(back.type, repr.type);
    assert_int_equal(back.code, repr.code);
    assert_int_equal(back.id, repr.id);
    assert_int_equal(back.sequence, repr.sequence);
    assert_int_equal(back.mtu_bytes, repr.mtu_bytes);
    assert_int_equal(back.pointer, repr.pointer);
    assert_int_equal(back.data.len, sizeof data);
    assert_memory_equal(back.data.data, data, sizeof data);
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    assert_survives((struct icmp6_repr){.type = ICMP6_ECHO_REQUEST, .id = 7, .sequence = 9});
    assert_survives((struct icmp6_repr){.type = ICMP6_ECHO_REPLY, .id = 7, .sequence = 9});
    assert_survives((struct icmp6_repr){.type = ICMP6_UNREACHABLE, .code = ICMP6_PORT_UNREACHABLE});
    assert_survives((struct icmp6_repr){.type = ICMP6_PACKET_TOO_BIG, .mtu_bytes = 1280});
    assert_survives((struct icmp6_repr){.type = ICMP6_TIME_EXCEEDED, .code = 1});
    assert_survives((struct icmp6_repr){.type = ICMP6_PARAMETER_PROBLEM, .code = 2, .pointer = 42});
    assert_survives((struct icmp6_repr){.type = ICMP6_LISTENER_REPORT_V2});
}

static void test_addresses_are_in_the_checksum(void **state)
{
    (void)state;
    uint8_t bytes[8];
    struct icmp6_repr back;
    struct ip_addr other = dst;
    const struct icmp6_repr repr = {.type = ICMP6_ECHO_REQUEST, .id = 0x1234, .sequence = 1};
    icmp6_emit(&repr, span_mut_of(bytes, sizeof bytes), &src, &dst);
    other.bytes[3] = 1;
    assert_int_equal(icmp6_parse(&back, span_of(bytes, 8), &src, &other), WIRE_BAD_CHECKSUM);
    assert_int_equal(icmp6_parse(&back, span_of(bytes, 8), &src, &dst), WIRE_OK);
}

static void test_short_and_damaged(void **state)
{
    (void)state;
    uint8_t bytes[32];
    struct icmp6_repr back;
    const struct icmp6_repr repr = {.type = ICMP6_ECHO_REQUEST, .data = span_of(data, 20)};
    icmp6_emit(&repr, span_mut_of(bytes, sizeof bytes), &src, &dst);
    for (size_t len = 0; len < ICMP6_HEADER_BYTES; len++) {
        assert_int_equal(icmp6_parse(&back, span_of(bytes, len), &src, &dst), WIRE_TRUNCATED);
    }
    for (size_t bit = 0; bit < 28 * 8u; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(icmp6_parse(&back, span_of(bytes, 28), &src, &dst), WIRE_BAD_CHECKSUM);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void test_kinds_of_types(void **state)
{
    (void)state;
    assert_true(icmp6_type_is_error(ICMP6_PACKET_TOO_BIG));
    assert_true(icmp6_type_is_error(100));
    assert_false(icmp6_type_is_error(ICMP6_ECHO_REQUEST));
    assert_true(icmp6_type_is_nd(ICMP6_NEIGHBOR_ADVERTISEMENT));
    assert_false(icmp6_type_is_nd(ICMP6_REDIRECT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_addresses_are_in_the_checksum),
        cmocka_unit_test(test_short_and_damaged),
        cmocka_unit_test(test_kinds_of_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
