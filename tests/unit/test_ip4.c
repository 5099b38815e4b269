/* wire/ip4: headers, their lengths and checksums, options. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/ip4.h"

/* A header known from the literature: 172.16.10.99 to 172.16.10.12, checksum b1e6. */
static const uint8_t known[20] = {0x45, 0x00, 0x00, 0x3c, 0x1c, 0x46, 0x40, 0x00, 0x40, 0x06,
                                  0xb1, 0xe6, 0xac, 0x10, 0x0a, 0x63, 0xac, 0x10, 0x0a, 0x0c};

static struct ip4_repr sample_repr(void)
{
    return (struct ip4_repr){
        .src = ip_addr_from_v4(0x0a000264),
        .dst = ip_addr_from_v4(0x08080808),
        .dscp = 46,
        .ecn = IP_ECN_CE,
        .ttl = 63,
        .protocol = IP_PROTO_TCP,
        .id = 0xbeef,
        .has_dont_fragment = true,
        .payload_bytes = 1480,
    };
}

static void assert_repr_equal(const struct ip4_repr *a, const struct ip4_repr *b)
{
    assert_true(ip_addr_eq(&a->src, &b->src) && ip_addr_eq(&a->dst, &b->dst));
    assert_int_equal(a->dscp, b->dscp);
    assert_int_equal(a->ecn, b->ecn);
    assert_int_equal(a->ttl, b->ttl);
    assert_int_equal(a->protocol, b->protocol);
    assert_int_equal(a->id, b->id);
    assert_int_equal(a->fragment_offset_bytes, b->fragment_offset_bytes);
    assert_int_equal(a->has_dont_fragment, b->has_dont_fragment);
    assert_int_equal(a->has_more_fragments, b->has_more_fragments);
    assert_int_equal(a->payload_bytes, b->payload_bytes);
    assert_int_equal(a->options.len, b->options.len);
    if (a->options.len > 0) assert_memory_equal(a->options.data, b->options.data, a->options.len);
}

static void test_known_header(void **state)
{
    (void)state;
    struct ip4_repr repr;
    uint32_t header_len = 0;
    uint8_t bytes[20];
    assert_int_equal(ip4_parse(&repr, span_of(known, 20), 60, &header_len), WIRE_OK);
    assert_int_equal(header_len, 20);
    assert_int_equal(repr.payload_bytes, 40);
    assert_int_equal(ip_addr_v4(&repr.src), 0xac100a63);
    assert_int_equal(ip4_header_checksum_compute(known, 20), 0xb1e6);
    ip4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_memory_equal(bytes, known, sizeof known);
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    static const uint8_t options[40] = {IP4_OPTION_ROUTER_ALERT, 4, 0, 0, IP4_OPTION_NOP};
    for (size_t len = 0; len <= 40; len += 4) {
        uint8_t bytes[60];
        struct ip4_repr back;
        uint32_t header_len = 0;
        struct ip4_repr repr = sample_repr();
        repr.options = span_of(options, len);
        repr.fragment_offset_bytes = (uint16_t)(len * 8);
        repr.has_more_fragments = len % 8 == 0;
        ip4_emit(&repr, span_mut_of(bytes, sizeof bytes));
        const enum wire_status status = ip4_parse(&back, span_of(bytes, 60), 1540, &header_len);
        assert_int_equal(status, WIRE_OK);
        assert_int_equal(header_len, ip4_emit_len(&repr));
        assert_repr_equal(&repr, &back);
        assert_int_equal(ip4_repr_is_fragment(&back), ip4_header_is_fragment(bytes));
    }
}

static void test_odd_options_are_padded_with_end(void **state)
{
    (void)state;
    static const uint8_t options[3] = {IP4_OPTION_NOP, IP4_OPTION_NOP, IP4_OPTION_NOP};
    uint8_t bytes[24];
    struct ip4_repr repr = sample_repr();
    repr.options = span_of(options, 3);
    assert_int_equal(ip4_emit_len(&repr), 24);
    ip4_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_memory_equal(bytes + 20, "\x01\x01\x01\x00", 4);
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t bit = 0; bit < 160; bit++) {
        uint8_t bytes[60] = {0};
        struct ip4_repr repr;
        uint32_t header_len;
        memcpy(bytes, known, sizeof known);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(ip4_parse(&repr, span_of(bytes, 60), 65535, &header_len), WIRE_OK);
    }
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    uint8_t bytes[20];
    for (size_t len = 0; len < 20; len++) {
        assert_int_equal(ip4_header_check(span_of(known, len), 60), WIRE_TRUNCATED);
    }
    assert_int_equal(ip4_header_check(span_of(known, 20), 59), WIRE_TRUNCATED);
    memcpy(bytes, known, 20);
    bytes[0] = 0x44;
    assert_int_equal(ip4_header_check(span_of(bytes, 20), 60), WIRE_BAD_LENGTH);
    bytes[0] = 0x46; /* options announced, but not there */
    assert_int_equal(ip4_header_check(span_of(bytes, 20), 60), WIRE_TRUNCATED);
    bytes[0] = 0x65;
    assert_int_equal(ip4_header_check(span_of(bytes, 20), 60), WIRE_BAD_VERSION);
    bytes[0] = 0x45;
    put_be16(bytes + 2, 19);
    assert_int_equal(ip4_header_check(span_of(bytes, 20), 60), WIRE_BAD_LENGTH);
}

static void test_bad_checksum(void **state)
{
    (void)state;
    uint8_t bytes[20];
    struct ip4_repr repr;
    uint32_t header_len;
    memcpy(bytes, known, 20);
    bytes[8]--;
    assert_int_equal(ip4_parse(&repr, span_of(bytes, 20), 60, &header_len), WIRE_BAD_CHECKSUM);
}

static void test_fragment_beyond_the_largest_packet(void **state)
{
    (void)state;
    uint8_t bytes[20];
    struct ip4_repr back;
    uint32_t header_len;
    struct ip4_repr repr = sample_repr();
    repr.fragment_offset_bytes = 0xfff8;
    repr.payload_bytes = 8; /* the ping of death ended here */
    ip4_emit(&repr, span_mut_of(bytes, 20));
    assert_int_equal(ip4_parse(&back, span_of(bytes, 20), 28, &header_len), WIRE_BAD_VALUE);
    repr.fragment_offset_bytes = 65504;
    ip4_emit(&repr, span_mut_of(bytes, 20));
    assert_int_equal(ip4_parse(&back, span_of(bytes, 20), 28, &header_len), WIRE_OK);
}

static void test_options_walk(void **state)
{
    (void)state;
    static const uint8_t area[] = {1, 7, 7, 4, 10, 0, 0, 1, 148, 4, 0, 0, 0, 9, 9};
    struct span rest = span_of(area, sizeof area);
    struct ip4_option option;
    assert_true(ip4_option_next(&rest, &option) && option.kind == IP4_OPTION_NOP);
    assert_true(ip4_option_next(&rest, &option) && option.kind == IP4_OPTION_RECORD_ROUTE);
    assert_int_equal(option.data.len, 5);
    assert_true(ip4_option_next(&rest, &option) && option.kind == IP4_OPTION_ROUTER_ALERT);
    assert_true(ip4_option_next(&rest, &option) && option.kind == IP4_OPTION_END);
    assert_false(ip4_option_next(&rest, &option));
}

static void test_bad_options_end_the_walk(void **state)
{
    (void)state;
    static const uint8_t areas[][4] = {{7, 0, 0, 0}, {7, 1, 0, 0}, {7, 5, 0, 0}};
    struct ip4_option option;
    for (size_t i = 0; i < ARRAY_COUNT(areas); i++) {
        struct span rest = span_of(areas[i], 4);
        assert_true(ip4_option_next(&rest, &option) && option.is_bad);
        assert_false(ip4_option_next(&rest, &option));
    }
    struct span rest = span_of(areas[0], 1);
    assert_true(ip4_option_next(&rest, &option) && option.is_bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_header),
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_odd_options_are_padded_with_end),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_bad_checksum),
        cmocka_unit_test(test_fragment_beyond_the_largest_packet),
        cmocka_unit_test(test_options_walk),
        cmocka_unit_test(test_bad_options_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
