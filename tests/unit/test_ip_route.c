/* ip/ip_route: the longest prefix wins, versions do not mix, and every change raises the
 * generation. */
#include "ip_text.h"

#include <errno.h>

#include "ip/ip_route.h"

static uint32_t generation;

static struct ip_route route_to(const char *prefix, const char *gateway, uint16_t if_index)
{
    return (struct ip_route){
        .prefix = prefix_of(prefix),
        .gateway = gateway != NULL ? addr_of(gateway) : ip_addr_any_v6(),
        .if_index = if_index,
        .expires_us = TIME_NEVER,
    };
}

static void add(struct ip_routes *routes, struct ip_route route)
{
    const uint32_t before = generation;
    assert_int_equal(ip_route_add(routes, &route), 0);
    assert_int_not_equal(generation, before);
}

static uint16_t find(const struct ip_routes *routes, const char *dst, uint16_t zone)
{
    const struct ip_addr addr = addr_of(dst);
    const struct ip_route *route = ip_route_find(routes, &addr, zone);
    return route != NULL ? route->if_index : 0;
}

static void longest_prefix_wins(void **state)
{
    (void)state;
    struct ip_routes routes;
    ip_routes_init(&routes, &generation);
    add(&routes, route_to("0.0.0.0/0", "10.0.0.254", 1));
    add(&routes, route_to("10.1.2.3/16", NULL, 2)); /* cleaned to 10.1.0.0 */
    add(&routes, route_to("10.1.2.0/24", NULL, 3));
    add(&routes, route_to("::/0", "fe80::1", 4));
    assert_int_equal(find(&routes, "8.8.8.8", 0), 1);
    assert_int_equal(find(&routes, "10.1.9.9", 0), 2);
    assert_int_equal(find(&routes, "10.1.2.9", 0), 3);
    assert_int_equal(find(&routes, "2001:db8::1", 0), 4);
    assert_int_equal(find(&routes, "10.1.2.9", 1), 1); /* only through interface 1 */
    assert_int_equal(find(&routes, "10.1.2.9", 4), 0);
}

static void an_ipv6_default_is_none_for_ipv4(void **state)
{
    (void)state;
    struct ip_routes routes;
    ip_routes_init(&routes, &generation);
    add(&routes, route_to("::/0", "fe80::1", 4));
    assert_int_equal(find(&routes, "8.8.8.8", 0), 0);
}

static void lowest_metric_wins_and_same_route_is_replaced(void **state)
{
    (void)state;
    struct ip_routes routes;
    ip_routes_init(&routes, &generation);
    struct ip_route route = route_to("0.0.0.0/0", "10.0.0.1", 1);
    route.metric = 20;
    add(&routes, route);
    route = route_to("0.0.0.0/0", "10.0.0.2", 2);
    route.metric = 10;
    add(&routes, route);
    assert_int_equal(find(&routes, "8.8.8.8", 0), 2);
    route = route_to("0.0.0.0/0", "10.0.0.1", 1);
    route.metric = 5;
    add(&routes, route);
    assert_int_equal(routes.count, 2);
    assert_int_equal(find(&routes, "8.8.8.8", 0), 1);
    assert_int_equal(ip_route_remove(&routes, &route.prefix, &route.gateway, 1), 0);
    assert_int_equal(ip_route_remove(&routes, &route.prefix, &route.gateway, 1), ENOENT);
    ip_route_remove_if(&routes, 2);
    assert_int_equal(routes.count, 0);
}

static void bad_routes_and_too_many_are_refused(void **state)
{
    (void)state;
    struct ip_routes routes;
    ip_routes_init(&routes, &generation);
    struct ip_route route = route_to("0.0.0.0/0", "fe80::1", 1);
    assert_int_equal(ip_route_add(&routes, &route), EINVAL);
    route = route_to("0.0.0.0/0", "224.0.0.1", 1);
    assert_int_equal(ip_route_add(&routes, &route), EINVAL);
    route = route_to("0.0.0.0/0", NULL, 0);
    assert_int_equal(ip_route_add(&routes, &route), EINVAL);
    route = route_to("10.0.0.0/24", NULL, 1);
    for (uint32_t i = 0; i < IP_ROUTES_MAX; i++) {
        route.prefix.addr = ip_addr_from_v4(0x0a000000 + (i << 8));
        add(&routes, route);
    }
    route.prefix.addr = addr_of("11.0.0.0");
    assert_int_equal(ip_route_add(&routes, &route), ENOSPC);
}

static void routes_expire(void **state)
{
    (void)state;
    struct ip_routes routes;
    ip_routes_init(&routes, &generation);
    struct ip_route route = route_to("10.0.0.0/8", NULL, 1);
    route.expires_us = 100;
    add(&routes, route);
    add(&routes, route_to("0.0.0.0/0", "10.0.0.1", 2));
    assert_int_equal(ip_routes_expire(&routes, 99), 100);
    assert_int_equal(find(&routes, "10.0.0.9", 0), 1);
    assert_true(ip_routes_expire(&routes, 100) == TIME_NEVER);
    assert_int_equal(find(&routes, "10.0.0.9", 0), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_prefix_wins),
        cmocka_unit_test(an_ipv6_default_is_none_for_ipv4),
        cmocka_unit_test(lowest_metric_wins_and_same_route_is_replaced),
        cmocka_unit_test(bad_routes_and_too_many_are_refused),
        cmocka_unit_test(routes_expire),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
