/* wire/nd: the four messages, their options, and when they may be believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/nd.h"

#define MESSAGE_BYTES_MAX 256

static struct ip_addr addr_of(const char *text)
{
    struct ip_addr addr;
    assert_true(ip_addr_parse(text, &addr));
    return addr;
}

/* Writes a message and reads it back, through the ICMPv6 checksum. */
static struct nd_repr there_and_back(const struct nd_repr *repr)
{
    uint8_t bytes[MESSAGE_BYTES_MAX];
    struct nd_repr back;
    struct icmp6_repr icmp;
    const struct ip_addr src = addr_of("fe80::1");
    const struct ip_addr dst = addr_of("ff02::1");
    const struct span message = span_of(bytes, nd_emit_len(repr));
    memset(bytes, 0xee, sizeof bytes);
    nd_emit(repr, span_mut_of(bytes, sizeof bytes), &src, &dst);
    assert_int_equal(icmp6_parse(&icmp, message, &src, &dst), WIRE_OK);
    assert_int_equal(nd_parse(&back, message), WIRE_OK);
    return back;
}

static struct nd_repr solicitation(void)
{
    return (struct nd_repr){
        .type = ICMP6_NEIGHBOR_SOLICITATION,
        .target = addr_of("fe80::2"),
        .options = {.has_source_lladdr = true, .source_lladdr = {{2, 0, 0, 0, 0, 9}}},
    };
}

static struct nd_repr advertisement(void)
{
    return (struct nd_repr){
        .type = ICMP6_ROUTER_ADVERTISEMENT,
        .hop_limit = 64,
        .is_other = true,
        .lifetime_s = 1800,
        .reachable_ms = 30000,
        .retrans_ms = 1000,
        .options = {.has_source_lladdr = true,
                    .source_lladdr = {{2, 0, 0, 0, 0, 9}},
                    .mtu_bytes = 1500,
                    .prefix_count = 2,
                    .prefix = {{.prefix = {addr_of("fd00::"), 64},
                                .is_on_link = true,
                                .is_autonomous = true,
                                .valid_s = 86400,
                                .preferred_s = 14400},
                               {.prefix = {addr_of("fd01::"), 48},
                                .valid_s = ND_LIFETIME_FOREVER}}},
    };
}

static void test_neighbor_solicitation(void **state)
{
    (void)state;
    const struct nd_repr repr = solicitation();
    const struct nd_repr back = there_and_back(&repr);
    assert_int_equal(nd_emit_len(&repr), 32);
    assert_true(ip_addr_eq(&back.target, &repr.target));
    assert_true(back.options.has_source_lladdr && !back.options.has_target_lladdr);
    assert_true(eth_addr_eq(&back.options.source_lladdr, &repr.options.source_lladdr));
}

static void test_neighbor_advertisement_flags(void **state)
{
    (void)state;
    for (int flags = 0; flags < 8; flags++) {
        const struct nd_repr repr = {
            .type = ICMP6_NEIGHBOR_ADVERTISEMENT,
            .target = addr_of("fd00::2"),
            .is_router = (flags & 1) != 0,
            .is_solicited = (flags & 2) != 0,
            .is_override = (flags & 4) != 0,
            .options = {.has_target_lladdr = true, .target_lladdr = {{2, 1, 1, 1, 1, 1}}},
        };
        const struct nd_repr back = there_and_back(&repr);
        assert_int_equal(back.is_router, repr.is_router);
        assert_int_equal(back.is_solicited, repr.is_solicited);
        assert_int_equal(back.is_override, repr.is_override);
        assert_true(back.options.has_target_lladdr);
    }
}

static void test_router_messages(void **state)
{
    (void)state;
    const struct nd_repr solicit = {.type = ICMP6_ROUTER_SOLICITATION};
    assert_int_equal(nd_emit_len(&solicit), 8);
    assert_int_equal(there_and_back(&solicit).type, ICMP6_ROUTER_SOLICITATION);

    const struct nd_repr repr = advertisement();
    const struct nd_repr back = there_and_back(&repr);
    assert_int_equal(back.hop_limit, 64);
    assert_true(back.is_other && !back.is_managed);
    assert_int_equal(back.lifetime_s, 1800);
    assert_int_equal(back.reachable_ms, 30000);
    assert_int_equal(back.retrans_ms, 1000);
    assert_int_equal(back.options.mtu_bytes, 1500);
    assert_int_equal(back.options.prefix_count, 2);
    const struct nd_prefix *first = &back.options.prefix[0];
    assert_int_equal(first->prefix.bits, 64);
    assert_true(first->is_on_link && first->is_autonomous);
    assert_int_equal(first->valid_s, 86400);
    assert_int_equal(first->preferred_s, 14400);
    assert_int_equal(back.options.prefix[1].valid_s, ND_LIFETIME_FOREVER);
    assert_true(
        ip_addr_eq(&back.options.prefix[1].prefix.addr, &repr.options.prefix[1].prefix.addr));
}

static void test_every_truncation(void **state)
{
    (void)state;
    uint8_t bytes[MESSAGE_BYTES_MAX];
    struct nd_repr back;
    const struct nd_repr repr = advertisement();
    const struct ip_addr any = addr_of("fe80::1");
    nd_emit(&repr, span_mut_of(bytes, sizeof bytes), &any, &any);
    for (size_t len = 0; len < nd_emit_len(&repr); len++) {
        const bool is_between_options = len == 16 || len == 24 || len == 32 || len == 64;
        const enum wire_status want = len < 16             ? WIRE_TRUNCATED
                                      : is_between_options ? WIRE_OK
                                                           : WIRE_BAD_LENGTH;
        assert_int_equal(nd_parse(&back, span_of(bytes, len)), want);
    }
}

static void test_option_of_length_zero(void **state)
{
    (void)state;
    uint8_t bytes[32] = {ICMP6_NEIGHBOR_SOLICITATION};
    struct nd_repr back;
    bytes[8] = 0xfe;
    bytes[24] = ND_OPTION_SOURCE_LLADDR;
    assert_int_equal(nd_parse(&back, span_of(bytes, 32)), WIRE_BAD_LENGTH);
    bytes[25] = 1;
    assert_int_equal(nd_parse(&back, span_of(bytes, 32)), WIRE_OK);
    bytes[24] = 200; /* unknown: skipped */
    assert_int_equal(nd_parse(&back, span_of(bytes, 32)), WIRE_OK);
    assert_false(back.options.has_source_lladdr);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[24] = {ICMP6_NEIGHBOR_SOLICITATION};
    struct nd_repr back;
    bytes[8] = 0xff; /* a multicast target */
    assert_int_equal(nd_parse(&back, span_of(bytes, 24)), WIRE_BAD_VALUE);
    bytes[8] = 0xfe;
    bytes[1] = 1; /* a code */
    assert_int_equal(nd_parse(&back, span_of(bytes, 24)), WIRE_BAD_VALUE);
    bytes[0] = ICMP6_ECHO_REQUEST;
    assert_int_equal(nd_parse(&back, span_of(bytes, 24)), WIRE_UNSUPPORTED);
}

static void test_more_prefixes_than_we_keep(void **state)
{
    (void)state;
    uint8_t bytes[16 + 32 * (ND_PREFIXES_MAX + 2)] = {ICMP6_ROUTER_ADVERTISEMENT};
    struct nd_repr back;
    for (size_t at = 16; at < sizeof bytes; at += 32) {
        bytes[at] = ND_OPTION_PREFIX;
        bytes[at + 1] = 4;
        bytes[at + 2] = 64;
    }
    assert_int_equal(nd_parse(&back, span_of(bytes, sizeof bytes)), WIRE_OK);
    assert_int_equal(back.options.prefix_count, ND_PREFIXES_MAX);
}

static void test_check_wants_hop_limit_and_addresses(void **state)
{
    (void)state;
    const struct ip_addr any = addr_of("::");
    const struct ip_addr local = addr_of("fe80::1");
    const struct ip_addr global = addr_of("fd00::1");
    const struct ip_addr all = addr_of("ff02::1");
    struct nd_repr repr = solicitation();
    const struct ip_addr group = nd_solicited_node(&repr.target);
    assert_true(nd_check(&repr, &local, &group, 255));
    assert_false(nd_check(&repr, &local, &group, 254));
    assert_false(nd_check(&repr, &any, &group, 255)); /* with a link-layer address */
    repr.options.has_source_lladdr = false;
    assert_true(nd_check(&repr, &any, &group, 255));
    assert_false(nd_check(&repr, &any, &global, 255));

    repr = advertisement();
    assert_true(nd_check(&repr, &local, &all, 255));
    assert_false(nd_check(&repr, &global, &all, 255));

    repr = (struct nd_repr){.type = ICMP6_NEIGHBOR_ADVERTISEMENT, .is_solicited = true};
    assert_true(nd_check(&repr, &local, &global, 255));
    assert_false(nd_check(&repr, &local, &all, 255));

    repr = (struct nd_repr){.type = ICMP6_ROUTER_SOLICITATION};
    assert_true(nd_check(&repr, &any, &all, 255));
    repr.options.has_source_lladdr = true;
    assert_false(nd_check(&repr, &any, &all, 255));
}

static void test_solicited_node_group(void **state)
{
    (void)state;
    const struct ip_addr target = addr_of("4037::01:800:200e:8c6c");
    const struct ip_addr want = addr_of("ff02::1:ff0e:8c6c"); /* RFC 4291 2.7.1 */
    const struct ip_addr got = nd_solicited_node(&target);
    assert_true(ip_addr_eq(&got, &want));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_neighbor_solicitation),
        cmocka_unit_test(test_neighbor_advertisement_flags),
        cmocka_unit_test(test_router_messages),
        cmocka_unit_test(test_every_truncation),
        cmocka_unit_test(test_option_of_length_zero),
        cmocka_unit_test(test_what_is_refused),
        cmocka_unit_test(test_more_prefixes_than_we_keep),
        cmocka_unit_test(test_check_wants_hop_limit_and_addresses),
        cmocka_unit_test(test_solicited_node_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
