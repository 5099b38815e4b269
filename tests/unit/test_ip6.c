/* wire/ip6: the fixed header. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/ip6.h"

static struct ip6_repr sample_repr(void)
{
    struct ip6_repr repr = {
        .flow_label = 0xabcde,
        .dscp = 46,
        .ecn = IP_ECN_ECT0,
        .hop_limit = 64,
        .next_header = IP_PROTO_TCP,
        .payload_bytes = 1440,
    };
    assert_true(ip_addr_parse("fd00::1:2", &repr.src));
    assert_true(ip_addr_parse("2001:db8::8", &repr.dst));
    return repr;
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    uint8_t bytes[IP6_HEADER_BYTES];
    const struct ip6_repr repr = sample_repr();
    struct ip6_repr back;
    ip6_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(ip6_parse(&back, span_of(bytes, sizeof bytes), 1480), WIRE_OK);
    assert_true(ip_addr_eq(&back.src, &repr.src) && ip_addr_eq(&back.dst, &repr.dst));
    assert_int_equal(back.flow_label, repr.flow_label);
    assert_int_equal(back.dscp, repr.dscp);
    assert_int_equal(back.ecn, repr.ecn);
    assert_int_equal(back.hop_limit, repr.hop_limit);
    assert_int_equal(back.next_header, repr.next_header);
    assert_int_equal(back.payload_bytes, repr.payload_bytes);
}

static void test_first_word_on_the_wire(void **state)
{
    (void)state;
    uint8_t bytes[IP6_HEADER_BYTES];
    const struct ip6_repr repr = sample_repr();
    ip6_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(get_be32(bytes), 0x6baabcde);
    assert_int_equal(ip6_header_class(bytes), 0xba);
}

static void test_lengths_and_version(void **state)
{
    (void)state;
    uint8_t bytes[IP6_HEADER_BYTES];
    const struct ip6_repr repr = sample_repr();
    struct ip6_repr back;
    ip6_emit(&repr, span_mut_of(bytes, sizeof bytes));
    for (size_t len = 0; len < IP6_HEADER_BYTES; len++) {
        assert_int_equal(ip6_parse(&back, span_of(bytes, len), 1480), WIRE_TRUNCATED);
    }
    assert_int_equal(ip6_parse(&back, span_of(bytes, 40), 1479), WIRE_TRUNCATED);
    assert_int_equal(ip6_parse(&back, span_of(bytes, 40), 39), WIRE_TRUNCATED);
    bytes[0] = 0x45;
    assert_int_equal(ip6_parse(&back, span_of(bytes, 40), 1480), WIRE_BAD_VERSION);
}

static void test_mapped_addresses_are_refused(void **state)
{
    (void)state;
    const size_t places[] = {8, 24};
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        uint8_t bytes[IP6_HEADER_BYTES];
        const struct ip6_repr repr = sample_repr();
        const struct ip_addr mapped = ip_addr_from_v4(0x0a000001);
        struct ip6_repr back;
        ip6_emit(&repr, span_mut_of(bytes, sizeof bytes));
        memcpy(bytes + places[i], mapped.bytes, 16);
        assert_int_equal(ip6_parse(&back, span_of(bytes, 40), 1480), WIRE_BAD_VALUE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_first_word_on_the_wire),
        cmocka_unit_test(test_lengths_and_version),
        cmocka_unit_test(test_mapped_addresses_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
