/*
 * Finding the way: route, next hop, and on media or for groups where no neighbour has to be asked,
 * the link address at once.
 *
 * A destination of link-local or group scope says its interface by the zone; without one, and
 * without a route, there is no way.
 */
#include "stack/stack_way.h"

#include <errno.h>

#include "ip/ip_source.h"
#include "wire/eth.h"

/* Whether everyone on the link is meant: 255.255.255.255 or a subnet's broadcast address. */
static bool is_broadcast(const struct stack_if *iface, const struct ip_addr *addr)
{
    return ip_addr_is_v4(addr) && ip_if_is_broadcast(&iface->ip, addr);
}

/* Puts the link address in, where no neighbour has to tell it. */
static void set_link(const struct stack_if *iface, struct ip_dest *dest)
{
    struct eth_addr link_addr = {{0}};
    if (iface->ip.medium == FRAME_LINK_ETHERNET) {
        if (ip_addr_is_multicast(&dest->remote)) {
            link_addr = eth_addr_for_multicast(&dest->remote);
        } else if (is_broadcast(iface, &dest->remote)) {
            link_addr = eth_addr_broadcast();
        } else {
            return;
        }
    }
    ip_dest_set_link(dest, &link_addr);
}

struct ip_dest *stack_way_find(struct stack *stack, const struct ip_addr *remote, uint16_t zone)
{
    const struct ip_addr dst = *remote;
    const struct ip_route *route = ip_route_find(&stack->routes, &dst, zone);
    struct ip_addr next_hop = dst;
    uint16_t if_index = zone;
    if (route != NULL) {
        next_hop = ip_route_next_hop(route, &dst);
        if_index = route->if_index;
    } else if (zone == 0 || !(ip_addr_is_multicast(&dst) || ip_addr_is_broadcast(&dst))) {
        return NULL;
    }
    const struct stack_if *iface = stack_if_get(stack, if_index);
    if (iface == NULL) return NULL;
    struct ip_dest *dest = ip_dest_put(&stack->dests, &dst, zone, if_index, &next_hop);
    set_link(iface, dest);
    return dest;
}

/* RFC 9293 MUST-44: IP chooses for an active open that names no local address. */
int stack_way_source(struct stack *stack, const struct ip_addr *remote, uint16_t zone,
                     struct ip_addr *src)
{
    const struct ip_dest *dest = stack_way(stack, remote, zone);
    if (dest == NULL) return ENETUNREACH;
    const struct stack_if *iface = stack_if_get(stack, dest->if_index);
    return ip_source_select(&iface->ip, remote, src) ? 0 : ENETUNREACH;
}
