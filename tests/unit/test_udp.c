/* wire/udp: header, lengths, the checksum that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/udp.h"

static void make_header(uint8_t bytes[UDP_HEADER_BYTES], uint16_t payload_bytes)
{
    const struct udp_repr repr = {
        .src_port = 53, .dst_port = 40000, .payload_bytes = payload_bytes};
    udp_emit(&repr, span_mut_of(bytes, UDP_HEADER_BYTES));
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    uint8_t bytes[UDP_HEADER_BYTES];
    struct udp_repr repr;
    make_header(bytes, 100);
    assert_int_equal(udp_parse(&repr, span_of(bytes, 8), 108), WIRE_OK);
    assert_int_equal(repr.src_port, 53);
    assert_int_equal(repr.dst_port, 40000);
    assert_int_equal(repr.payload_bytes, 100);
    assert_false(repr.has_checksum);
    put_be16(bytes + 6, 1);
    assert_int_equal(udp_parse(&repr, span_of(bytes, 8), 120), WIRE_OK);
    assert_true(repr.has_checksum);
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    uint8_t bytes[UDP_HEADER_BYTES];
    struct udp_repr repr;
    make_header(bytes, 100);
    for (size_t len = 0; len < UDP_HEADER_BYTES; len++) {
        assert_int_equal(udp_parse(&repr, span_of(bytes, len), 108), WIRE_TRUNCATED);
    }
    assert_int_equal(udp_parse(&repr, span_of(bytes, 8), 107), WIRE_TRUNCATED);
    assert_int_equal(udp_parse(&repr, span_of(bytes, 8), 7), WIRE_TRUNCATED);
    for (uint16_t len = 0; len < UDP_HEADER_BYTES; len++) {
        put_be16(bytes + 4, len);
        assert_int_equal(udp_parse(&repr, span_of(bytes, 8), 108), WIRE_BAD_LENGTH);
    }
}

static void test_checksum_zero_goes_out_as_ones(void **state)
{
    (void)state;
    assert_int_equal(udp_checksum_nonzero(0), 0xffff);
    assert_int_equal(udp_checksum_nonzero(0x1234), 0x1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_checksum_zero_goes_out_as_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
