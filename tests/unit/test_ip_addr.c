/*
 * wire/ip_addr: text in and out against the C library's inet_pton and inet_ntop, classes of
 * addresses, prefixes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "base/rng.h"
#include "wire/ip_addr.h"

static struct ip_addr addr_of(const char *text)
{
    struct ip_addr addr;
    assert_true(ip_addr_parse(text, &addr));
    return addr;
}

/* What the C library makes of a text. */
static bool libc_parse(const char *text, struct ip_addr *out)
{
    struct in_addr v4;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        *out = ip_addr_from_v4(ntohl(v4.s_addr));
        return true;
    }
    return inet_pton(AF_INET6, text, out->bytes) == 1;
}

static void test_parse_agrees_with_libc(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.0.0.0",
        "255.255.255.255",
        "10.0.2.100",
        "256.1.1.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.4 ",
        " 1.2.3.4",
        "1..2.3",
        "",
        ".",
        ":",
        "::",
        ":::",
        "::1",
        "1::",
        "1::1",
        "1::2::3",
        "1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8::",
        "::1:2:3:4:5:6:7:8",
        "1:2:3:4::5:6:7:8",
        "fe80::1%eth0",
        "12345::",
        "g::",
        "::ffff:1.2.3.4",
        "::1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1.2.3.4::",
        "::1.2.3.4:5",
        "::1.2.3",
        "::1.2.3.256",
        "1:",
        ":1",
        "1:2:",
        "::1:",
        "2001:DB8::A",
        "2001:db8:0:0:1:0:0:1",
        "1.2.3.-4",
        "1e1.2.3.4",
        "::ffff:01.2.3.4",
        "4294967297.0.0.1",
        "1:::2",
        "::.1.2.3",
        "1.2.3.4/8",
        "0:0:0:0:0:0:0:0",
    };
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct ip_addr ours = {{0}};
        struct ip_addr theirs = {{0}};
        const bool is_ours = ip_addr_parse(texts[i], &ours);
        const bool is_theirs = libc_parse(texts[i], &theirs);
        if (is_ours != is_theirs) fail_msg("%s: we say %d", texts[i], is_ours);
        if (is_ours) assert_memory_equal(&ours, &theirs, sizeof ours);
    }
}

static void test_parse_leaves_out_untouched_on_failure(void **state)
{
    (void)state;
    struct ip_addr addr = addr_of("1.2.3.4");
    assert_false(ip_addr_parse("1.2.3.", &addr));
    assert_int_equal(ip_addr_v4(&addr), 0x01020304);
}

static void test_format_agrees_with_libc_and_parses_back(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        struct ip_addr addr = {{0}};
        const uint32_t zeros = rng_u32(&rng);
        for (int i = 0; i < 16; i++) {
            if ((zeros >> (i / 2) & 1) != 0) continue;
            addr.bytes[i] = (uint8_t)(rng_u32(&rng) >> rng_below(&rng, 32));
        }
        if (round % 4 == 0) addr = ip_addr_from_v4(rng_u32(&rng));
        char ours[IP_ADDR_TEXT_MAX];
        char theirs[INET6_ADDRSTRLEN];
        const size_t len = ip_addr_format(&addr, ours);
        assert_int_equal(len, strlen(ours));
        if (ip_addr_is_v4(&addr)) {
            assert_non_null(inet_ntop(AF_INET, addr.bytes + 12, theirs, sizeof theirs));
        } else {
            assert_non_null(inet_ntop(AF_INET6, addr.bytes, theirs, sizeof theirs));
        }
        assert_string_equal(ours, theirs);
        const struct ip_addr back = addr_of(ours);
        assert_true(ip_addr_eq(&addr, &back));
    }
}

static void test_format_longest_text_fits(void **state)
{
    (void)state;
    struct ip_addr addr;
    char text[IP_ADDR_TEXT_MAX];
    memset(&addr, 0xff, sizeof addr);
    assert_int_equal(ip_addr_format(&addr, text), 39);
}

static void test_versions_never_equal(void **state)
{
    (void)state;
    const struct ip_addr any4 = addr_of("0.0.0.0");
    const struct ip_addr any6 = addr_of("::");
    assert_false(ip_addr_eq(&any4, &any6));
    assert_true(ip_addr_is_v4(&any4));
    assert_false(ip_addr_is_v4(&any6));
    assert_true(ip_addr_is_unspecified(&any4));
    assert_true(ip_addr_is_unspecified(&any6));
}

static void test_classes(void **state)
{
    (void)state;
    enum { MULTICAST = 1, LOOPBACK = 2, LINK_LOCAL = 4, BROADCAST = 8, UNSPECIFIED = 16 };
    static const struct {
        const char *text;
        int classes;
    } rows[] = {
        {"0.0.0.0", UNSPECIFIED},
        {"::", UNSPECIFIED},
        {"0.0.0.1", 0},
        {"127.0.0.1", LOOPBACK},
        {"127.255.0.1", LOOPBACK},
        {"::1", LOOPBACK},
        {"::2", 0},
        {"223.255.255.255", 0},
        {"224.0.0.1", MULTICAST},
        {"239.255.255.255", MULTICAST},
        {"240.0.0.0", 0},
        {"ff02::1", MULTICAST},
        {"fe00::1", 0},
        {"169.254.1.1", LINK_LOCAL},
        {"fe80::1", LINK_LOCAL},
        {"febf::1", LINK_LOCAL},
        {"fec0::1", 0},
        {"255.255.255.255", BROADCAST},
        {"255.255.255.254", 0},
        {"::e000:1", 0},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        const struct ip_addr addr = addr_of(rows[i].text);
        const int got = (ip_addr_is_multicast(&addr) ? MULTICAST : 0) |
                        (ip_addr_is_loopback(&addr) ? LOOPBACK : 0) |
                        (ip_addr_is_link_local(&addr) ? LINK_LOCAL : 0) |
                        (ip_addr_is_broadcast(&addr) ? BROADCAST : 0) |
                        (ip_addr_is_unspecified(&addr) ? UNSPECIFIED : 0);
        if (got != rows[i].classes) fail_msg("%s: classes %d", rows[i].text, got);
    }
}

static void test_prefix_parse_and_contains(void **state)
{
    (void)state;
    static const struct {
        const char *prefix, *addr;
        bool is_inside;
    } rows[] = {
        {"10.0.2.0/24", "10.0.2.255", true},
        {"10.0.2.0/24", "10.0.3.0", false},
        {"10.0.2.77/24", "10.0.2.1", true},
        {"0.0.0.0/0", "255.1.2.3", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "1.2.3.4", true},
        {"10.0.0.1", "10.0.0.1", true},
        {"10.0.0.1", "10.0.0.2", false},
        {"fd00::/63", "fd00:0:0:1::", true},
        {"fd00::/63", "fd00:0:0:2::", false},
        {"128.0.0.0/1", "200.0.0.0", true},
        {"128.0.0.0/1", "100.0.0.0", false},
        {"2001:db8::1/128", "2001:db8::1", true},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct ip_prefix prefix;
        const struct ip_addr addr = addr_of(rows[i].addr);
        assert_true(ip_prefix_parse(rows[i].prefix, &prefix));
        assert_int_equal(ip_prefix_contains(&prefix, &addr), rows[i].is_inside);
    }
}

static void test_prefix_parse_refuses(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "10.0.0.0/33", "::/129",      "10.0.0.0/", "10.0.0.0/08",   "/8", "",
        "10.0.0.0/-1", "10.0.0.0/8 ", "10/8",      "::1/4294967297"};
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        struct ip_prefix prefix;
        if (ip_prefix_parse(texts[i], &prefix)) fail_msg("took %s", texts[i]);
    }
    struct ip_prefix prefix;
    assert_true(ip_prefix_parse("10.0.2.77/24", &prefix));
    assert_int_equal(prefix.bits, 120);
    assert_int_equal(ip_addr_v4(&prefix.addr), 0x0a000200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_agrees_with_libc),
        cmocka_unit_test(test_parse_leaves_out_untouched_on_failure),
        cmocka_unit_test(test_format_agrees_with_libc_and_parses_back),
        cmocka_unit_test(test_format_longest_text_fits),
        cmocka_unit_test(test_versions_never_equal),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_prefix_parse_and_contains),
        cmocka_unit_test(test_prefix_parse_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
