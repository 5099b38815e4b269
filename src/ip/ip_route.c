/*
 * The routing table as a sorted array; see ip_route.h.
 *
 * Sorted by prefix length, then metric, then age: the first route that matches is the best one.
 */
#include "ip/ip_route.h"

#include <errno.h>

#include "ip/ip_dest.h"

void ip_routes_init(struct ip_routes *routes, uint32_t *generation)
{
    routes->count = 0;
    routes->generation = generation;
}

/* The prefix with the bits beyond its length cleared. */
static struct ip_prefix prefix_clean(const struct ip_prefix *prefix)
{
    struct ip_prefix out = *prefix;
    for (uint32_t i = 0; i < sizeof out.addr.bytes; i++) {
        const uint32_t first = i * 8;
        const uint32_t kept = prefix->bits <= first ? 0 : u32_min(8, prefix->bits - first);
        out.addr.bytes[i] &= (uint8_t)(0xff00u >> kept);
    }
    return out;
}

/* Whether a prefix is one of IPv4. */
static bool prefix_is_v4(const struct ip_prefix *prefix)
{
    return prefix->bits >= 96 && ip_addr_is_v4(&prefix->addr);
}

/* Whether two routes are the same but for metric and lifetime. */
static bool route_is(const struct ip_route *route, const struct ip_prefix *clean,
                     const struct ip_addr *gateway, uint16_t if_index)
{
    return route->prefix.bits == clean->bits && route->if_index == if_index &&
           ip_addr_eq(&route->prefix.addr, &clean->addr) &&
           (ip_addr_eq(&route->gateway, gateway) ||
            (ip_addr_is_unspecified(&route->gateway) && ip_addr_is_unspecified(gateway)));
}

/* Takes out the route at `index`. */
static void remove_at(struct ip_routes *routes, uint32_t index)
{
    routes->count--;
    memmove(&routes->route[index], &routes->route[index + 1],
            (routes->count - index) * sizeof routes->route[0]);
    ip_generation_raise(routes->generation);
}

/* Whether a route can work. */
static bool route_is_valid(const struct ip_route *route)
{
    if (route->if_index == 0 || route->prefix.bits > 128) return false;
    const struct ip_addr *gateway = &route->gateway;
    if (ip_addr_is_unspecified(gateway)) return true;
    return ip_addr_is_v4(gateway) == prefix_is_v4(&route->prefix) &&
           !ip_addr_is_multicast(gateway) && !ip_addr_is_broadcast(gateway);
}

int ip_route_add(struct ip_routes *routes, const struct ip_route *route)
{
    if (!route_is_valid(route)) return EINVAL;
    struct ip_route added = *route;
    added.prefix = prefix_clean(&route->prefix);
    (void)ip_route_remove(routes, &added.prefix, &added.gateway, added.if_index);
    if (routes->count == IP_ROUTES_MAX) return ENOSPC;

    uint32_t at = 0;
    while (at < routes->count && (routes->route[at].prefix.bits > added.prefix.bits ||
                                  (routes->route[at].prefix.bits == added.prefix.bits &&
                                   routes->route[at].metric <= added.metric))) {
        at++;
    }
    memmove(&routes->route[at + 1], &routes->route[at],
            (routes->count - at) * sizeof routes->route[0]);
    routes->route[at] = added;
    routes->count++;
    ip_generation_raise(routes->generation);
    return 0;
}

int ip_route_remove(struct ip_routes *routes, const struct ip_prefix *prefix,
                    const struct ip_addr *gateway, uint16_t if_index)
{
    const struct ip_prefix clean = prefix_clean(prefix);
    for (uint32_t i = 0; i < routes->count; i++) {
        if (route_is(&routes->route[i], &clean, gateway, if_index)) {
            remove_at(routes, i);
            return 0;
        }
    }
    return ENOENT;
}

void ip_route_remove_if(struct ip_routes *routes, uint16_t if_index)
{
    for (uint32_t i = routes->count; i-- > 0;) {
        if (routes->route[i].if_index == if_index) remove_at(routes, i);
    }
}

uint64_t ip_routes_expire(struct ip_routes *routes, uint64_t now_us)
{
    uint64_t next_us = TIME_NEVER;
    for (uint32_t i = routes->count; i-- > 0;) {
        if (routes->route[i].expires_us <= now_us) {
            remove_at(routes, i);
        } else {
            next_us = u64_min(next_us, routes->route[i].expires_us);
        }
    }
    return next_us;
}

const struct ip_route *ip_route_find(const struct ip_routes *routes, const struct ip_addr *dst,
                                     uint16_t zone)
{
    const bool is_v4 = ip_addr_is_v4(dst);
    for (uint32_t i = 0; i < routes->count; i++) {
        const struct ip_route *route = &routes->route[i];
        if (zone != 0 && route->if_index != zone) continue;
        if (prefix_is_v4(&route->prefix) != is_v4) continue;
        if (ip_prefix_contains(&route->prefix, dst)) return route;
    }
    return NULL;
}
