/* ip/ip_nd_router: default routes, prefixes and addresses from announcements, within limits. */
#include "ip_discovery.h"

#define S UINT64_C(1000000)

static struct discovery_setup s;
static struct ip_nd_message message;

static int start(void **state)
{
    (void)state;
    discovery_start(&s, 3);
    return 0;
}

static int end(void **state)
{
    (void)state;
    discovery_end(&s);
    return 0;
}

static struct nd_repr announcement(const char *prefix, uint32_t valid_s, uint32_t preferred_s)
{
    struct nd_repr repr = {.type = ICMP6_ROUTER_ADVERTISEMENT,
                           .lifetime_s = 1800,
                           .hop_limit = 33,
                           .options = {.has_source_lladdr = true, .source_lladdr = mac_of(9)}};
    repr.options.prefix_count = 1;
    repr.options.prefix[0] = (struct nd_prefix){.prefix = prefix_of(prefix),
                                                .is_on_link = true,
                                                .is_autonomous = true,
                                                .valid_s = valid_s,
                                                .preferred_s = preferred_s};
    return repr;
}

static struct ip_nd_result announce(const struct nd_repr *repr, uint64_t now_us)
{
    return discovery_input(&s, repr, "fe80::99", "ff02::1", now_us);
}

static const struct ip_route *way_to(const char *text)
{
    const struct ip_addr addr = addr_of(text);
    return ip_route_find(&s.routes, &addr, 0);
}

static struct ip_if_addr *ours(const char *text)
{
    const struct ip_addr addr = addr_of(text);
    return ip_if_addr_find(&s.base.iface, &addr);
}

static void an_announcement_gives_route_prefix_and_address(void **state)
{
    (void)state;
    const struct nd_repr ra = announcement("2001:db8::/64", 7200, 3600);
    assert_int_equal(announce(&ra, 0).drop, DROP_NONE);
    assert_int_equal(s.base.iface.hop_limit, 33);
    assert_addr(&way_to("2001:db9::1")->gateway, "fe80::99");
    assert_true(ip_addr_is_unspecified(&way_to("2001:db8::9")->gateway));
    assert_int_equal(ours("2001:db8::ff:fe00:1")->state, IP_IF_ADDR_TENTATIVE);
    assert_int_equal(cache_state(&s.base, "fe80::99"), IP_NEIGHBOUR_STALE);
    assert_int_equal(discovery_fire(&s, &message, 0), 1); /* the probe; no more solicitations */
    assert_int_equal(discovery_fire(&s, &message, S), 0);
    assert_int_equal(ours("2001:db8::ff:fe00:1")->state, IP_IF_ADDR_PREFERRED);
}

static void everything_ends_with_its_lifetime(void **state)
{
    (void)state;
    const struct nd_repr ra = announcement("2001:db8::/64", 7200, 3600);
    (void)announce(&ra, 0);
    (void)discovery_fire(&s, &message, S);
    (void)discovery_fire(&s, &message, 2 * S);
    (void)discovery_fire(&s, &message, 1800 * S);
    assert_null(way_to("2001:db9::1"));
    assert_non_null(way_to("2001:db8::9"));
    (void)discovery_fire(&s, &message, 3600 * S);
    assert_int_equal(ours("2001:db8::ff:fe00:1")->state, IP_IF_ADDR_DEPRECATED);
    (void)discovery_fire(&s, &message, 7200 * S);
    assert_null(ours("2001:db8::ff:fe00:1"));
    assert_null(way_to("2001:db8::9"));
}

static void one_packet_cannot_take_an_address_away(void **state)
{
    (void)state;
    struct nd_repr ra = announcement("2001:db8::/64", 86400, 86400);
    (void)announce(&ra, 0);
    ra = announcement("2001:db8::/64", 0, 0);
    (void)announce(&ra, 10 * S);
    const struct ip_if_addr *addr = ours("2001:db8::ff:fe00:1");
    assert_non_null(addr);
    assert_int_equal(addr->valid_until_us, 7210 * S); /* RFC 4862 5.5.3 (e) */
}

static void a_router_that_resigns_loses_its_route(void **state)
{
    (void)state;
    struct nd_repr ra = announcement("2001:db8::/64", 7200, 3600);
    (void)announce(&ra, 0);
    ra.lifetime_s = 0;
    (void)announce(&ra, 1);
    assert_null(way_to("2001:db9::1"));
    ra.lifetime_s = 1800;
    (void)announce(&ra, 2);
    assert_non_null(way_to("2001:db9::1"));
    const struct nd_repr na = {.type = ICMP6_NEIGHBOR_ADVERTISEMENT,
                               .target = addr_of("fe80::99"),
                               .is_override = true,
                               .options = {.has_target_lladdr = true, .target_lladdr = mac_of(9)}};
    (void)discovery_input(&s, &na, "fe80::99", "ff02::1", 3);
    assert_null(way_to("2001:db9::1")); /* RFC 4861 7.2.5: no longer a router */
}

static void floods_are_bounded(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        struct nd_repr ra = announcement("2001:db8::/64", 7200, 3600);
        ra.options.prefix[0].prefix.addr.bytes[5] = (uint8_t)i;
        (void)announce(&ra, i);
    }
    assert_int_equal(s.routes.count, 16);
    assert_int_equal(s.base.iface.addr_count, 3 + 4);
}

static void odd_numbers_are_ignored(void **state)
{
    (void)state;
    struct nd_repr ra = announcement("fe80::/64", 7200, 3600);
    ra.options.mtu_bytes = 1279;
    (void)announce(&ra, 0);
    ra = announcement("2001:db8::/63", 7200, 3600);
    ra.options.mtu_bytes = 9000;
    (void)announce(&ra, 0);
    ra = announcement("2001:db8::/64", 1, 2);
    (void)announce(&ra, 0);
    assert_int_equal(s.base.iface.addr_count, 3);
    assert_int_equal(s.base.iface.mtu_bytes, 1500);
    ra.options.mtu_bytes = 1280;
    (void)announce(&ra, 0);
    assert_int_equal(s.base.iface.mtu_bytes, 1280);
    s.nd.config.accept_advertisements = false;
    assert_int_equal(announce(&ra, 0).drop, DROP_IP_NOT_FOR_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_announcement_gives_route_prefix_and_address, start, end),
        cmocka_unit_test_setup_teardown(everything_ends_with_its_lifetime, start, end),
        cmocka_unit_test_setup_teardown(one_packet_cannot_take_an_address_away, start, end),
        cmocka_unit_test_setup_teardown(a_router_that_resigns_loses_its_route, start, end),
        cmocka_unit_test_setup_teardown(floods_are_bounded, start, end),
        cmocka_unit_test_setup_teardown(odd_numbers_are_ignored, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
