/* wire/ip6_ext: chains of extension headers, honest and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/icmp6.h"
#include "wire/ip6_ext.h"

/* A packet under construction: each header is appended and linked from the one before. */
struct packet {
    uint8_t bytes[512];
    uint32_t len;
    uint32_t link; /* the byte that names what comes next */
};

static void packet_begin(struct packet *packet)
{
    memset(packet, 0, sizeof *packet);
    packet->bytes[0] = 0x60;
    packet->len = IP6_HEADER_BYTES;
    packet->link = 6;
}

/* Appends a header whose body of `len` bytes is given behind its next-header byte. */
static void packet_add(struct packet *packet, uint8_t protocol, const void *body, uint32_t len)
{
    packet->bytes[packet->link] = protocol;
    packet->link = packet->len;
    memcpy(packet->bytes + packet->len + 1, body, len);
    packet->len += 1 + len;
}

static void packet_end(struct packet *packet, uint8_t protocol, uint32_t payload_bytes)
{
    packet->bytes[packet->link] = protocol;
    packet->len += payload_bytes;
    put_be16(packet->bytes + 4, (uint16_t)(packet->len - IP6_HEADER_BYTES));
}

static struct ip6_ext walk(const struct packet *packet)
{
    struct ip6_ext ext;
    ip6_ext_walk(&ext, span_of(packet->bytes, packet->len), packet->len);
    return ext;
}

static const char pad[] = "\0\1\4\0\0\0\0"; /* length 0, PadN of 6 */

static void test_no_extension(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_end(&packet, IP_PROTO_TCP, 20);
    const struct ip6_ext ext = walk(&packet);
    assert_int_equal(ext.verdict, IP6_EXT_ACCEPT);
    assert_int_equal(ext.protocol, IP_PROTO_TCP);
    assert_int_equal(ext.offset, 40);
    assert_int_equal(ext.protocol_offset, 6);
    assert_false(ext.has_fragment);
}

static void test_full_chain(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_HOP_BY_HOP, "\0\5\2\0\0\1\0", 7);
    packet_add(&packet, IP_PROTO_DESTINATION, "\1\0\0\1\11\0\0\0\0\0\0\0\0\0\0", 15);
    packet_add(&packet, IP_PROTO_ROUTING, "\0\4\0\0\0\0\0", 7);
    packet_add(&packet, IP_PROTO_FRAGMENT, "\0\0\0\1\2\3\4", 7);
    packet_end(&packet, IP_PROTO_UDP, 11);
    const struct ip6_ext ext = walk(&packet);
    assert_int_equal(ext.verdict, IP6_EXT_ACCEPT);
    assert_int_equal(ext.protocol, IP_PROTO_UDP);
    assert_int_equal(ext.offset, 40 + 8 + 16 + 8 + 8);
    assert_int_equal(ext.protocol_offset, 40 + 8 + 16 + 8);
    assert_true(ext.has_router_alert);
    assert_true(ext.has_fragment && !ext.has_more_fragments);
    assert_int_equal(ext.fragment_id, 0x01020304);
    assert_int_equal(ext.fragment_header_offset, 72);
}

static void test_later_fragment_ends_the_walk(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_FRAGMENT, "\0\1\1\0\0\0\7", 7);
    packet_end(&packet, IP_PROTO_DESTINATION, 16);
    const struct ip6_ext ext = walk(&packet);
    assert_int_equal(ext.verdict, IP6_EXT_ACCEPT);
    assert_int_equal(ext.protocol, IP_PROTO_DESTINATION);
    assert_int_equal(ext.fragment_offset_bytes, 0x100);
    assert_true(ext.has_more_fragments);
    assert_int_equal(ext.offset, 48);
}

static void test_unknown_options_do_as_their_type_says(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum ip6_ext_verdict want;
    } rows[] = {
        {"\0\x1e\4\0\0\0\0", IP6_EXT_ACCEPT},
        {"\0\x5e\4\0\0\0\0", IP6_EXT_DISCARD},
        {"\0\x9e\4\0\0\0\0", IP6_EXT_PROBLEM},
        {"\0\xde\4\0\0\0\0", IP6_EXT_PROBLEM_UCAST},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct packet packet;
        packet_begin(&packet);
        packet_add(&packet, IP_PROTO_DESTINATION, rows[i].body, 7);
        packet_end(&packet, IP_PROTO_TCP, 20);
        const struct ip6_ext ext = walk(&packet);
        assert_int_equal(ext.verdict, rows[i].want);
        if (ext.verdict >= IP6_EXT_PROBLEM) {
            assert_int_equal(ext.problem_code, ICMP6_BAD_OPTION);
            assert_int_equal(ext.problem_pointer, 42);
        }
    }
}

static void test_problems_point_at_their_cause(void **state)
{
    (void)state;
    static const struct {
        uint8_t protocol;
        const char *body;
        uint32_t pointer;
    } rows[] = {
        {IP_PROTO_ROUTING, "\0\0\1\0\0\0\0", 42},      /* segments left */
        {IP_PROTO_DESTINATION, "\0\1\5\0\0\0\0", 43},  /* option beyond its header */
        {IP_PROTO_DESTINATION, "\0\1\3\0\0\0\36", 47}, /* a kind without length */
        {IP_PROTO_FRAGMENT, "\0\0\1\0\0\0\0", 4},      /* more to come, length not times 8 */
        {IP_PROTO_FRAGMENT, "\0\xff\xf8\0\0\0\0", 42}, /* beyond 65535 */
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct packet packet;
        packet_begin(&packet);
        packet_add(&packet, rows[i].protocol, rows[i].body, 7);
        packet_end(&packet, IP_PROTO_TCP, 21);
        const struct ip6_ext ext = walk(&packet);
        assert_int_equal(ext.verdict, IP6_EXT_PROBLEM);
        assert_int_equal(ext.problem_code, ICMP6_BAD_FIELD);
        assert_int_equal(ext.problem_pointer, rows[i].pointer);
    }
}

static void test_hop_by_hop_not_first(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_DESTINATION, pad, 7);
    packet_add(&packet, IP_PROTO_HOP_BY_HOP, pad, 7);
    packet_end(&packet, IP_PROTO_TCP, 20);
    const struct ip6_ext ext = walk(&packet);
    assert_int_equal(ext.verdict, IP6_EXT_PROBLEM);
    assert_int_equal(ext.problem_code, ICMP6_BAD_NEXT_HEADER);
    assert_int_equal(ext.problem_pointer, 40);
}

static void test_limits(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    for (int i = 0; i < IP6_EXT_HEADERS_MAX; i++) {
        packet_add(&packet, IP_PROTO_DESTINATION, pad, 7);
    }
    packet_end(&packet, IP_PROTO_TCP, 20);
    assert_int_equal(walk(&packet).verdict, IP6_EXT_ACCEPT);
    packet.len -= 20;
    packet_add(&packet, IP_PROTO_DESTINATION, pad, 7);
    packet_end(&packet, IP_PROTO_TCP, 20);
    assert_int_equal(walk(&packet).verdict, IP6_EXT_LIMIT);

    uint8_t options[47] = {5};
    for (size_t i = 1; i < sizeof options; i += 2) {
        options[i] = 0x1e;
    }
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_DESTINATION, options, sizeof options);
    packet_end(&packet, IP_PROTO_TCP, 20);
    assert_int_equal(walk(&packet).verdict, IP6_EXT_LIMIT);
}

static void test_two_fragment_headers(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_FRAGMENT, "\0\0\0\0\0\0\1", 7);
    packet_add(&packet, IP_PROTO_FRAGMENT, "\0\0\0\0\0\0\2", 7);
    packet_end(&packet, IP_PROTO_TCP, 20);
    assert_int_equal(walk(&packet).verdict, IP6_EXT_DISCARD);
}

static void test_every_truncation(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_HOP_BY_HOP, pad, 7);
    packet_add(&packet, IP_PROTO_ROUTING, "\0\4\0\0\0\0\0", 7);
    packet_end(&packet, IP_PROTO_TCP, 20);
    for (uint32_t len = IP6_HEADER_BYTES; len < 56; len++) {
        struct ip6_ext ext;
        ip6_ext_walk(&ext, span_of(packet.bytes, len), packet.len);
        assert_int_equal(ext.verdict, IP6_EXT_TRUNCATED);
        ip6_ext_walk(&ext, span_of(packet.bytes, packet.len), len);
        assert_int_equal(ext.verdict, IP6_EXT_TRUNCATED);
    }
}

static void test_chain_that_goes_on_in_the_next_fragment(void **state)
{
    (void)state;
    struct packet packet;
    packet_begin(&packet);
    packet_add(&packet, IP_PROTO_FRAGMENT, "\0\0\1\0\0\0\1", 7);
    packet_add(&packet, IP_PROTO_DESTINATION, "\3\1\4\0\0\0\0", 7);
    packet_end(&packet, IP_PROTO_TCP, 0);
    const struct ip6_ext ext = walk(&packet);
    assert_int_equal(ext.verdict, IP6_EXT_PROBLEM);
    assert_int_equal(ext.problem_code, ICMP6_INCOMPLETE_CHAIN);
}

static void test_fragment_emit(void **state)
{
    (void)state;
    uint8_t bytes[IP6_FRAGMENT_BYTES];
    ip6_fragment_emit(span_mut_of(bytes, sizeof bytes), IP_PROTO_UDP, 1448, true, 0xdeadbeef);
    assert_int_equal(ip6_fragment_next(bytes), IP_PROTO_UDP);
    assert_int_equal(ip6_fragment_offset(bytes), 1448);
    assert_true(ip6_fragment_has_more(bytes));
    assert_int_equal(ip6_fragment_id(bytes), 0xdeadbeef);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_extension),
        cmocka_unit_test(test_full_chain),
        cmocka_unit_test(test_later_fragment_ends_the_walk),
        cmocka_unit_test(test_unknown_options_do_as_their_type_says),
        cmocka_unit_test(test_problems_point_at_their_cause),
        cmocka_unit_test(test_hop_by_hop_not_first),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_two_fragment_headers),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_chain_that_goes_on_in_the_next_fragment),
        cmocka_unit_test(test_fragment_emit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
