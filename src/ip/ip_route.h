/*
 * Where packets go: a short sorted table, the longest prefix first.
 *
 * A host or a small gateway has a handful of routes and asks only once per destination (ip_dest.h
 * remembers the answer), so a walk over an array is the right size. IPv4 and IPv6 share the table;
 * an IPv6 prefix never matches an IPv4 address, though one is written inside the other.
 *
 * References: RFC 1122 3.3.1, RFC 4861 5.2 (next-hop determination), RFC 4861 6.3.4.
 */
#ifndef VITRO_IP_ROUTE_H
#define VITRO_IP_ROUTE_H

#include "base/base.h"
#include "wire/ip_addr.h"

#define IP_ROUTES_MAX 64

struct ip_route {
    struct ip_prefix prefix; /* bits in the 128-bit form: 0.0.0.0/0 has 96 */
    struct ip_addr gateway;  /* unspecified: the destination itself is the next hop */
    uint16_t if_index;
    uint16_t metric;     /* among equal prefixes the lowest wins */
    bool is_learned;     /* from a router advertisement */
    uint64_t expires_us; /* TIME_NEVER: for ever */
};

struct ip_routes {
    uint32_t count;
    uint32_t *generation;                 /* of the destination cache: raised by every change */
    struct ip_route route[IP_ROUTES_MAX]; /* most bits first, then lowest metric */
};

/* Makes an empty table. `generation` is raised by every change; see struct ip_dests. */
void ip_routes_init(struct ip_routes *routes, uint32_t *generation);

/*
 * Adds a route; bits of the prefix beyond its length are cleared. One of the same prefix, gateway
 * and interface is replaced. Returns 0; EINVAL: interface 0, more than 128 bits, a gateway of the
 * other version or not unicast; ENOSPC.
 */
WARN_UNUSED int ip_route_add(struct ip_routes *routes, const struct ip_route *route);

/* Takes the route of this prefix, gateway and interface away. Returns 0 or ENOENT. */
int ip_route_remove(struct ip_routes *routes, const struct ip_prefix *prefix,
                    const struct ip_addr *gateway, uint16_t if_index);

/* Takes all routes through an interface away. */
void ip_route_remove_if(struct ip_routes *routes, uint16_t if_index);

/* Takes away the routes that have expired at `now_us`. Returns when the next one will, or
 * TIME_NEVER. */
uint64_t ip_routes_expire(struct ip_routes *routes, uint64_t now_us);

/*
 * The best route to `dst`, NULL when there is none. With a `zone` (an interface index, for
 * link-local and multicast destinations; 0: any) only routes through that interface count. The
 * pointer is good until the table changes.
 */
const struct ip_route *ip_route_find(const struct ip_routes *routes, const struct ip_addr *dst,
                                     uint16_t zone);

/* The next hop of a packet to `dst` along `route`: the gateway, or `dst` itself. */
static inline struct ip_addr ip_route_next_hop(const struct ip_route *route,
                                               const struct ip_addr *dst)
{
    return ip_addr_is_unspecified(&route->gateway) ? *dst : route->gateway;
}

#endif
