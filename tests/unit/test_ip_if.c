/* ip/ip_if: addresses, and what a destination means to an interface. */
#include "ip_text.h"

#include <errno.h>

#include "ip/ip_if.h"
#include "wire/nd.h"

static enum ip_if_match classify(const struct ip_if *iface, const char *dst)
{
    const struct ip_addr addr = addr_of(dst);
    return ip_if_classify(iface, &addr);
}

static bool source_ok(const struct ip_if *iface, const char *src)
{
    const struct ip_addr addr = addr_of(src);
    return ip_if_source_is_acceptable(iface, &addr);
}

static void init_refuses_what_cannot_work(void **state)
{
    (void)state;
    struct ip_if iface;
    const struct eth_addr mac = our_mac();
    const struct eth_addr group = eth_addr_broadcast();
    assert_int_equal(ip_if_init(&iface, "x", 0, FRAME_LINK_IP, NULL, 1500), EINVAL);
    assert_int_equal(ip_if_init(&iface, "x", 1, FRAME_LINK_IP, NULL, 67), EINVAL);
    assert_int_equal(ip_if_init(&iface, "x", 1, FRAME_LINK_ETHERNET, NULL, 1500), EINVAL);
    assert_int_equal(ip_if_init(&iface, "x", 1, FRAME_LINK_ETHERNET, &group, 1500), EINVAL);
    assert_int_equal(
        ip_if_init(&iface, "a name that is far too long", 1, FRAME_LINK_ETHERNET, &mac, 1500), 0);
    assert_string_equal(iface.name, "a name that is ");
}

static void addresses_are_checked_and_bounded(void **state)
{
    (void)state;
    struct ip_if iface;
    assert_int_equal(ip_if_init(&iface, "x", 1, FRAME_LINK_IP, NULL, 1279), 0);
    struct ip_addr addr = addr_of("fd00::1");
    assert_int_equal(ip_if_addr_add(&iface, &addr, 64), EINVAL); /* no IPv6 below 1280 */
    addr = addr_of("224.0.0.1");
    assert_int_equal(ip_if_addr_add(&iface, &addr, 120), EINVAL);
    addr = addr_of("10.0.0.1");
    assert_int_equal(ip_if_addr_add(&iface, &addr, 24), EINVAL); /* not the 128-bit form */
    for (uint32_t i = 0; i < IP_IF_ADDRS_MAX; i++) {
        addr = ip_addr_from_v4(0x0a000001 + i);
        assert_int_equal(ip_if_addr_add(&iface, &addr, 120), 0);
        assert_int_equal(ip_if_addr_add(&iface, &addr, 120), EEXIST);
    }
    addr = addr_of("10.0.1.1");
    assert_int_equal(ip_if_addr_add(&iface, &addr, 120), ENOSPC);
    addr = addr_of("10.0.0.3");
    assert_int_equal(ip_if_addr_remove(&iface, &addr), 0);
    assert_int_equal(ip_if_addr_remove(&iface, &addr), ENOENT);
    addr = addr_of("10.0.0.16");
    assert_true(ip_if_owns(&iface, &addr));
}

static void destinations_are_told_apart(void **state)
{
    (void)state;
    struct ip_if iface = ethernet_if();
    assert_int_equal(classify(&iface, "10.0.0.1"), IP_IF_UNICAST);
    assert_int_equal(classify(&iface, "10.0.0.2"), IP_IF_NOT_OURS);
    assert_int_equal(classify(&iface, "10.0.0.255"), IP_IF_BROADCAST);
    assert_int_equal(classify(&iface, "255.255.255.255"), IP_IF_BROADCAST);
    assert_int_equal(classify(&iface, "10.0.1.255"), IP_IF_NOT_OURS);
    assert_int_equal(classify(&iface, "224.0.0.1"), IP_IF_MULTICAST);
    assert_int_equal(classify(&iface, "224.0.0.9"), IP_IF_NOT_OURS);
    assert_int_equal(classify(&iface, "ff02::1"), IP_IF_MULTICAST);
    assert_int_equal(classify(&iface, "ff02::1:ff00:1"), IP_IF_MULTICAST);
    assert_int_equal(classify(&iface, "ff02::1:ff00:2"), IP_IF_NOT_OURS);
    iface.accepts_any = true;
    assert_int_equal(classify(&iface, "8.8.8.8"), IP_IF_ANY);
    assert_int_equal(classify(&iface, "2001:db8::1"), IP_IF_ANY);
    assert_int_equal(classify(&iface, "0.0.0.0"), IP_IF_NOT_OURS);
    assert_int_equal(classify(&iface, "224.0.0.9"), IP_IF_NOT_OURS);
    /* who stands in for all must hear whoever asks for one (RFC 4861 7.2.8) */
    assert_int_equal(classify(&iface, "ff02::1:ff00:2"), IP_IF_MULTICAST);
    assert_int_equal(classify(&iface, "ff02::1:fe00:2"), IP_IF_NOT_OURS);
}

static void tentative_addresses_are_not_ours_yet(void **state)
{
    (void)state;
    struct ip_if iface = ethernet_if();
    iface.accepts_any = true;
    const struct ip_addr addr = addr_of("fd00::1");
    ip_if_addr_find(&iface, &addr)->state = IP_IF_ADDR_TENTATIVE;
    assert_int_equal(classify(&iface, "fd00::1"), IP_IF_NOT_OURS);
    assert_int_equal(classify(&iface, "ff02::1:ff00:1"), IP_IF_MULTICAST);
}

static void sources_must_be_one_other_host(void **state)
{
    (void)state;
    const struct ip_if iface = ethernet_if();
    static const char *const bad[] = {"0.0.0.0", "0.1.2.3",        "127.0.0.1",  "224.0.0.1",
                                      "::",      "ff02::1",        "10.0.0.255", "10.0.0.1",
                                      "::1",     "255.255.255.255"};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) assert_false(source_ok(&iface, bad[i]));
    assert_true(source_ok(&iface, "10.0.0.2"));
    assert_true(source_ok(&iface, "fe80::2"));
}

static void prefixes_and_identifiers(void **state)
{
    (void)state;
    struct ip_if iface = ethernet_if();
    struct ip_addr addr = addr_of("10.0.0.200");
    assert_true(ip_if_is_on_link(&iface, &addr));
    addr = addr_of("10.0.1.1");
    assert_false(ip_if_is_on_link(&iface, &addr));
    assert_addr(&ip_if_addr_any(&iface, false, false)->addr, "fd00::1");
    assert_addr(&ip_if_addr_any(&iface, false, true)->addr, "fe80::1");
    const struct ip_addr link = addr_of("fe80::");
    const struct ip_addr made = ip_if_addr_from_mac(&iface, &link);
    assert_addr(&made, "fe80::ff:fe00:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(init_refuses_what_cannot_work),
        cmocka_unit_test(addresses_are_checked_and_bounded),
        cmocka_unit_test(destinations_are_told_apart),
        cmocka_unit_test(tentative_addresses_are_not_ours_yet),
        cmocka_unit_test(sources_must_be_one_other_host),
        cmocka_unit_test(prefixes_and_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
