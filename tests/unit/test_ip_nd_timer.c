/* ip/ip_nd_timer: addresses are probed for before use, routers asked for, a limited number of
 * times. */
#include "ip_discovery.h"

#include <errno.h>

static struct discovery_setup s;

static void a_silent_link_makes_an_address_ours(void **state)
{
    (void)state;
    discovery_start(&s, 0);
    struct ip_nd_message message;
    const struct ip_addr addr = addr_of("fd00::77");
    assert_int_equal(ip_nd_addr_add(&s.nd, &addr, 64, 100), 0);
    assert_int_equal(ip_nd_addr_add(&s.nd, &addr, 64, 100), EEXIST);
    assert_false(ip_if_owns(&s.base.iface, &addr));
    assert_int_equal(discovery_fire(&s, &message, 100), 1);
    assert_true(ip_addr_is_unspecified(&message.src));
    assert_addr(&message.dst, "ff02::1:ff00:77");
    assert_false(message.repr.options.has_source_lladdr);
    assert_int_equal(wheel_next_deadline(&s.base.wheel), 1000100);
    assert_int_equal(discovery_fire(&s, &message, 1000100), 0);
    assert_true(ip_if_owns(&s.base.iface, &addr));
    discovery_end(&s);
}

static void without_probes_an_address_is_ours_at_once(void **state)
{
    (void)state;
    discovery_start(&s, 0);
    s.nd.config.dad_probes = 0;
    const struct ip_addr addr = addr_of("fd00::77");
    assert_int_equal(ip_nd_addr_add(&s.nd, &addr, 64, 0), 0);
    assert_true(ip_if_owns(&s.base.iface, &addr));
    discovery_end(&s);
}

static void a_duplicate_never_becomes_ours(void **state)
{
    (void)state;
    discovery_start(&s, 0);
    struct ip_nd_message message;
    const struct ip_addr addr = addr_of("fd00::77");
    assert_int_equal(ip_nd_addr_add(&s.nd, &addr, 64, 0), 0);
    assert_int_equal(discovery_fire(&s, &message, 0), 1);
    const struct nd_repr na = {.type = ICMP6_NEIGHBOR_ADVERTISEMENT, .target = addr};
    assert_true(discovery_input(&s, &na, "fd00::77", "ff02::1", 10).has_duplicate);
    assert_int_equal(discovery_fire(&s, &message, 10000000), 0);
    assert_false(ip_if_owns(&s.base.iface, &addr));
    discovery_end(&s);
}

static void routers_are_asked_for_three_times(void **state)
{
    (void)state;
    discovery_start(&s, 3);
    struct ip_nd_message message;
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(wheel_next_deadline(&s.base.wheel), i * 4000000);
        assert_int_equal(discovery_fire(&s, &message, i * 4000000), 1);
        assert_int_equal(message.repr.type, ICMP6_ROUTER_SOLICITATION);
        assert_addr(&message.src, "fe80::1");
        assert_addr(&message.dst, "ff02::2");
    }
    assert_true(wheel_next_deadline(&s.base.wheel) == TIME_NEVER);
    discovery_end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_link_makes_an_address_ours),
        cmocka_unit_test(without_probes_an_address_is_ours_at_once),
        cmocka_unit_test(a_duplicate_never_becomes_ours),
        cmocka_unit_test(routers_are_asked_for_three_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
