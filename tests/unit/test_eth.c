/* wire/eth: headers, VLAN tags, group addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/eth.h"

static const struct eth_repr sample = {
    .dst = {{2, 0, 0, 0, 0, 2}}, .src = {{2, 0, 0, 0, 0, 1}}, .ethertype = ETH_TYPE_IP6};

/* A frame of `tags` tags of the outer kind given, then `ethertype`. */
static size_t make_frame(uint8_t *out, int tags, uint16_t tag_type, uint16_t ethertype)
{
    memset(out, 0xaa, 12);
    size_t len = 12;
    for (int i = 0; i < tags; i++) {
        put_be16(out + len, i == 0 ? tag_type : ETH_TYPE_VLAN);
        put_be16(out + len + 2, (uint16_t)(0xe000 + i));
        len += 4;
    }
    put_be16(out + len, ethertype);
    return len + 2;
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    uint8_t bytes[ETH_HEADER_BYTES];
    struct eth_repr back;
    uint32_t header_len = 0;
    eth_emit(&sample, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(eth_parse(&back, span_of(bytes, sizeof bytes), &header_len), WIRE_OK);
    assert_int_equal(header_len, ETH_HEADER_BYTES);
    assert_true(eth_addr_eq(&back.dst, &sample.dst) && eth_addr_eq(&back.src, &sample.src));
    assert_int_equal(back.ethertype, sample.ethertype);
    assert_int_equal(eth_header_type(bytes), ETH_TYPE_IP6);
}

static void test_tags_are_looked_through(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct eth_repr repr;
    for (int tags = 0; tags <= ETH_TAGS_MAX; tags++) {
        const size_t len = make_frame(bytes, tags, ETH_TYPE_QINQ, ETH_TYPE_IP4);
        uint32_t header_len = 0;
        assert_int_equal(eth_parse(&repr, span_of(bytes, len), &header_len), WIRE_OK);
        assert_int_equal(header_len, 14 + 4 * tags);
        assert_int_equal(repr.ethertype, ETH_TYPE_IP4);
        if (tags > 1) assert_int_equal(eth_header_tag(bytes, 1), 0xe001);
    }
}

static void test_too_many_tags(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct eth_repr repr;
    uint32_t header_len;
    const size_t len = make_frame(bytes, ETH_TAGS_MAX + 1, ETH_TYPE_VLAN, ETH_TYPE_IP4);
    assert_int_equal(eth_parse(&repr, span_of(bytes, len), &header_len), WIRE_UNSUPPORTED);
    assert_false(eth_header_inner(span_of(bytes, len)).is_whole);
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct eth_repr repr;
    uint32_t header_len;
    const size_t len = make_frame(bytes, 2, ETH_TYPE_QINQ, ETH_TYPE_IP4);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(eth_parse(&repr, span_of(bytes, cut), &header_len), WIRE_TRUNCATED);
    }
}

static void test_length_instead_of_type(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct eth_repr repr;
    uint32_t header_len;
    const size_t len = make_frame(bytes, 0, 0, 1500);
    assert_int_equal(eth_parse(&repr, span_of(bytes, len), &header_len), WIRE_UNSUPPORTED);
}

static void test_address_kinds(void **state)
{
    (void)state;
    const struct eth_addr broadcast = eth_addr_broadcast();
    const struct eth_addr zero = {{0}};
    assert_true(eth_addr_is_multicast(&broadcast));
    assert_true(eth_addr_is_zero(&zero) && !eth_addr_is_zero(&sample.src));
    assert_false(eth_addr_is_multicast(&sample.src));
}

static void test_group_addresses(void **state)
{
    (void)state;
    struct ip_addr group = ip_addr_from_v4(0xe0801234);
    struct eth_addr addr = eth_addr_for_multicast(&group);
    assert_memory_equal(addr.bytes, "\x01\x00\x5e\x00\x12\x34", 6);
    assert_true(ip_addr_parse("ff02::1:ff28:9c5a", &group));
    addr = eth_addr_for_multicast(&group);
    assert_memory_equal(addr.bytes, "\x33\x33\xff\x28\x9c\x5a", 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_of_emit_is_the_same),
        cmocka_unit_test(test_tags_are_looked_through),
        cmocka_unit_test(test_too_many_tags),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_length_instead_of_type),
        cmocka_unit_test(test_address_kinds),
        cmocka_unit_test(test_group_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
