/* ip/ip_source: RFC 6724 5, rule by rule. */
#include "ip_text.h"

#include "ip/ip_source.h"

static struct ip_if if_with(const char *const *texts, size_t count)
{
    struct ip_if iface;
    assert_int_equal(ip_if_init(&iface, "x", 1, FRAME_LINK_IP, NULL, 1500), 0);
    for (size_t i = 0; i < count; i++) {
        const struct ip_prefix prefix = prefix_of(texts[i]);
        char text[IP_ADDR_TEXT_MAX];
        const size_t len = strcspn(texts[i], "/");
        memcpy(text, texts[i], len);
        text[len] = '\0';
        const struct ip_addr addr = addr_of(text);
        assert_int_equal(ip_if_addr_add(&iface, &addr, prefix.bits), 0);
    }
    return iface;
}

static void expect(const struct ip_if *iface, const char *dst, const char *src)
{
    const struct ip_addr to = addr_of(dst);
    struct ip_addr from;
    assert_true(ip_source_select(iface, &to, &from));
    assert_addr(&from, src);
}

/* RFC 9293 MUST-44: the address of an active open that names none. */
static void rules_of_rfc_6724(void **state)
{
    (void)state;
    static const char *const texts[] = {"fe80::1/64",       "fd00::1/64",  "2001:db8:1::1/64",
                                        "2001:db8:2::1/64", "10.0.0.1/24", "192.168.0.1/24"};
    struct ip_if iface = if_with(texts, ARRAY_COUNT(texts));
    expect(&iface, "fd00::1", "fd00::1");             /* rule 1 */
    expect(&iface, "fe80::9", "fe80::1");             /* rule 2 */
    expect(&iface, "ff02::1", "fe80::1");             /* rule 2, multicast scope */
    expect(&iface, "fd00:1::9", "fd00::1");           /* rule 6 */
    expect(&iface, "2001:db8:2::9", "2001:db8:2::1"); /* rule 8 */
    expect(&iface, "192.168.0.9", "192.168.0.1");     /* IPv4 likewise */
    const struct ip_addr old = addr_of("2001:db8:2::1");
    ip_if_addr_find(&iface, &old)->state = IP_IF_ADDR_DEPRECATED;
    expect(&iface, "2001:db8:2::9", "2001:db8:1::1"); /* rule 3 goes before rule 8 */
}

static void no_address_of_the_version(void **state)
{
    (void)state;
    static const char *const texts[] = {"10.0.0.1/24"};
    struct ip_if iface = if_with(texts, 1);
    struct ip_addr dst = addr_of("fd00::1");
    struct ip_addr src;
    assert_false(ip_source_select(&iface, &dst, &src));
    iface.addr[0].state = IP_IF_ADDR_TENTATIVE;
    dst = addr_of("10.0.0.2");
    assert_false(ip_source_select(&iface, &dst, &src));
}

static void scopes_and_common_bits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t scope;
    } cases[] = {{"fe80::1", 2}, {"::1", 2},      {"169.254.1.1", 2}, {"ff05::2", 5},
                 {"fec0::1", 5}, {"fd00::1", 14}, {"8.8.8.8", 14}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        const struct ip_addr addr = addr_of(cases[i].text);
        assert_int_equal(ip_addr_scope(&addr), cases[i].scope);
    }
    const struct ip_addr a = addr_of("10.0.0.1");
    const struct ip_addr b = addr_of("10.0.0.3");
    const struct ip_addr c = addr_of("8000::");
    assert_int_equal(ip_addr_common_bits(&a, &b), 126);
    assert_int_equal(ip_addr_common_bits(&a, &a), 128);
    assert_int_equal(ip_addr_common_bits(&a, &c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_rfc_6724),
        cmocka_unit_test(no_address_of_the_version),
        cmocka_unit_test(scopes_and_common_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
