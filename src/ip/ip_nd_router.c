/*
 * What routers announce: themselves as the default route, prefixes on the link, addresses we may
 * make, and a few numbers. All of it has a lifetime and a limit, for anybody on the link can
 * announce anything.
 *
 * References: RFC 4861 6.3.4 (router advertisements), RFC 4862 5.5.3 (addresses from prefixes).
 */
#include "ip/ip_dest.h"
#include "ip/ip_nd_parts.h"
#include "ip/ip_pmtu.h"

enum {
    ROUTES_LEARNED_MAX = 16,   /* of one interface */
    ADDRS_CONFIGURED_MAX = 4,  /* of one interface */
    METRIC_LEARNED = 1024,     /* what is configured by hand goes first */
    TWO_HOURS_S = 2 * 60 * 60, /* RFC 4862 5.5.3 (e) */
};

/* The end of a lifetime in seconds. */
static uint64_t end_us(uint64_t now_us, uint32_t lifetime_s)
{
    if (lifetime_s == ND_LIFETIME_FOREVER) return TIME_NEVER;
    return now_us + lifetime_s * UINT64_C(1000000);
}

/* How many routes were learned on this interface. */
static uint32_t learned_count(const struct ip_nd *nd)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < nd->routes->count; i++) {
        const struct ip_route *route = &nd->routes->route[i];
        if (route->is_learned && route->if_index == nd->iface->index) count++;
    }
    return count;
}

/* The route of this prefix and gateway, NULL when there is none. */
static const struct ip_route *find_route(const struct ip_nd *nd, const struct ip_route *like)
{
    for (uint32_t i = 0; i < nd->routes->count; i++) {
        const struct ip_route *route = &nd->routes->route[i];
        if (route->if_index == like->if_index && route->prefix.bits == like->prefix.bits &&
            ip_addr_eq(&route->prefix.addr, &like->prefix.addr) &&
            ip_addr_eq(&route->gateway, &like->gateway)) {
            return route;
        }
    }
    return NULL;
}

/* Adds, prolongs or ends a learned route. One that was configured is left alone. */
static void learn_route(struct ip_nd *nd, const struct ip_prefix *prefix,
                        const struct ip_addr *gateway, uint32_t lifetime_s, uint64_t now_us)
{
    const struct ip_route wanted = {
        .prefix = *prefix,
        .gateway = *gateway,
        .if_index = nd->iface->index,
        .metric = METRIC_LEARNED,
        .is_learned = true,
        .expires_us = end_us(now_us, lifetime_s),
    };
    const struct ip_route *known = find_route(nd, &wanted);
    if (known != NULL && !known->is_learned) return;
    if (lifetime_s == 0) {
        (void)ip_route_remove(nd->routes, prefix, gateway, nd->iface->index);
        return;
    }
    if (known == NULL && learned_count(nd) >= ROUTES_LEARNED_MAX) return;
    const int error = ip_route_add(nd->routes, &wanted);
    (void)error; /* a full table is like an advertisement that was lost: the next may do better */
}

/* Prolongs an address made before; shortening it to nothing takes two hours, so that nobody can
 * take our addresses away with one packet (RFC 4862 5.5.3 (e)). */
static void prolong_addr(struct ip_if_addr *entry, const struct nd_prefix *prefix, uint64_t now_us)
{
    const uint64_t valid_us = end_us(now_us, prefix->valid_s);
    const uint64_t guard_us = now_us + TWO_HOURS_S * UINT64_C(1000000);
    if (valid_us > u64_min(guard_us, entry->valid_until_us)) {
        entry->valid_until_us = valid_us;
    } else if (entry->valid_until_us > guard_us) {
        entry->valid_until_us = guard_us;
    }
    entry->preferred_until_us = u64_min(end_us(now_us, prefix->preferred_s), entry->valid_until_us);
    if (entry->state == IP_IF_ADDR_DEPRECATED && entry->preferred_until_us > now_us) {
        entry->state = IP_IF_ADDR_PREFERRED;
    }
}

/* How many addresses were made from advertisements. */
static uint32_t configured_count(const struct ip_if *iface)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        if (iface->addr[i].is_autoconfigured) count++;
    }
    return count;
}

/* Makes an address from an advertised prefix (RFC 4862 5.5.3). */
static void configure_addr(struct ip_nd *nd, const struct nd_prefix *prefix, uint64_t now_us)
{
    if (!prefix->is_autonomous || prefix->prefix.bits != 64 ||
        prefix->preferred_s > prefix->valid_s) {
        return;
    }
    const struct ip_addr addr = ip_if_addr_from_mac(nd->iface, &prefix->prefix.addr);
    struct ip_if_addr *known = ip_if_addr_find(nd->iface, &addr);
    if (known != NULL) {
        if (known->is_autoconfigured) prolong_addr(known, prefix, now_us);
        return;
    }
    if (prefix->valid_s == 0 || configured_count(nd->iface) >= ADDRS_CONFIGURED_MAX) return;
    if (ip_nd_addr_add(nd, &addr, prefix->prefix.bits, now_us) != 0) return;
    struct ip_if_addr *entry = ip_if_addr_find(nd->iface, &addr);
    entry->is_autoconfigured = true;
    entry->valid_until_us = end_us(now_us, prefix->valid_s);
    entry->preferred_until_us = end_us(now_us, prefix->preferred_s);
}

void ip_nd_router_take(struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                       uint64_t now_us)
{
    static const struct ip_prefix everything = {.bits = 0};
    static const struct ip_addr none = {{0}};
    struct ip_if *iface = nd->iface;
    nd->solicitations_left = 0; /* RFC 4861 6.3.7: one answer is enough */
    if (repr->hop_limit != 0) iface->hop_limit = repr->hop_limit;
    const uint32_t mtu_bytes = repr->options.mtu_bytes;
    if (mtu_bytes >= IP_PMTU_FLOOR_V6_BYTES && mtu_bytes <= iface->mtu_bytes_max &&
        mtu_bytes != iface->mtu_bytes) {
        iface->mtu_bytes = mtu_bytes;
        ip_generation_raise(nd->routes->generation);
    }
    learn_route(nd, &everything, src, repr->lifetime_s, now_us);
    for (uint32_t i = 0; i < repr->options.prefix_count; i++) {
        const struct nd_prefix *prefix = &repr->options.prefix[i];
        const struct ip_addr *addr = &prefix->prefix.addr;
        if (ip_addr_is_link_local(addr) || ip_addr_is_multicast(addr) || ip_addr_is_v4(addr)) {
            continue;
        }
        if (prefix->is_on_link) learn_route(nd, &prefix->prefix, &none, prefix->valid_s, now_us);
        if (nd->config.autoconfigure) configure_addr(nd, prefix, now_us);
    }
    ip_nd_arm(nd, now_us);
}

void ip_nd_router_gone(struct ip_nd *nd, const struct ip_addr *router)
{
    for (uint32_t i = nd->routes->count; i-- > 0;) {
        const struct ip_route route = nd->routes->route[i];
        if (route.is_learned && route.if_index == nd->iface->index &&
            ip_addr_eq(&route.gateway, router)) {
            (void)ip_route_remove(nd->routes, &route.prefix, &route.gateway, route.if_index);
        }
    }
}

uint64_t ip_nd_router_expire(struct ip_nd *nd, uint64_t now_us)
{
    uint64_t next_us = ip_routes_expire(nd->routes, now_us);
    for (uint32_t i = nd->iface->addr_count; i-- > 0;) {
        struct ip_if_addr *entry = &nd->iface->addr[i];
        if (entry->valid_until_us <= now_us) {
            const struct ip_addr addr = entry->addr;
            (void)ip_if_addr_remove(nd->iface, &addr);
            continue;
        }
        next_us = u64_min(next_us, entry->valid_until_us);
        if (entry->state != IP_IF_ADDR_PREFERRED) continue;
        if (entry->preferred_until_us <= now_us) {
            entry->state = IP_IF_ADDR_DEPRECATED;
        } else {
            next_us = u64_min(next_us, entry->preferred_until_us);
        }
    }
    return next_us;
}
