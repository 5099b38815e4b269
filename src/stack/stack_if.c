/*
 * Interfaces, addresses and routes. Whatever changes here raises the generation of the destination
 * cache, so that every way is found anew.
 */
#include "stack/stack_if.h"

#include <errno.h>
#include <string.h>

#include "stack/stack_link.h"

int stack_if_add(struct stack *stack, const struct stack_if_config *config, uint32_t *if_index,
                 uint64_t now_us)
{
    uint32_t index = 1;
    while (index <= STACK_IFS_MAX && stack->ifs[index] != NULL) index++;
    if (index > STACK_IFS_MAX) return ENOBUFS;
    struct stack_if *iface = mem_get(sizeof *iface);
    if (iface == NULL) return ENOBUFS;
    struct text name;
    char name_text[IP_IF_NAME_MAX];
    text_init(&name, name_text, sizeof name_text);
    text_addf(&name, "if%u", (unsigned)index);
    int error = ip_if_init(&iface->ip, name_text, (uint16_t)index, config->medium, &config->mac,
                           config->mtu_bytes);
    if (error != 0) {
        mem_put(iface);
        return error;
    }
    iface->ip.hop_limit = stack->config.hop_limit;
    iface->ip.accepts_any = config->accepts_any;
    iface->ip.super_bytes_max = config->super_bytes_max;
    iface->ip.checksum_offload = config->checksum_offload;
    stack->ifs[index] = iface;
    ip_nd_init(&iface->nd, &stack->config.nd, &iface->ip, &stack->neighbours, &stack->routes,
               &stack->ip_wheel, now_us);
    ip_dests_invalidate(&stack->dests);
    *if_index = index;
    return 0;
}

int stack_if_remove(struct stack *stack, uint32_t if_index)
{
    struct stack_if *iface = stack_if_get(stack, if_index);
    if (iface == NULL) return ENOENT;
    ip_route_remove_if(&stack->routes, (uint16_t)if_index);
    ip_nd_deinit(&iface->nd);
    struct list *link = list_first(&stack->neighbours.order);
    while (link != NULL) {
        struct ip_neighbour *neighbour = CONTAINER_OF(link, struct ip_neighbour, order);
        link = list_next(&stack->neighbours.order, link);
        if (neighbour->if_index == if_index) ip_neighbour_remove(&stack->neighbours, neighbour);
    }
    mem_put(iface);
    stack->ifs[if_index] = NULL;
    ip_dests_invalidate(&stack->dests);
    return 0;
}

/* The route to the network of an address of the interface's. */
static struct ip_route network_route(uint32_t if_index, const struct ip_addr *addr, uint8_t bits)
{
    struct ip_route route = {.prefix = {.addr = *addr, .bits = bits},
                             .if_index = (uint16_t)if_index,
                             .expires_us = TIME_NEVER};
    route.gateway = ip_addr_is_v4(addr) ? ip_addr_from_v4(0) : ip_addr_any_v6();
    return route;
}

int stack_addr_add(struct stack *stack, uint32_t if_index, const struct ip_addr *addr, uint8_t bits,
                   uint64_t now_us)
{
    struct stack_if *iface = stack_if_get(stack, if_index);
    if (iface == NULL) return ENOENT;
    const bool is_v4 = ip_addr_is_v4(addr);
    int error = is_v4 ? ip_if_addr_add(&iface->ip, addr, bits)
                      : ip_nd_addr_add(&iface->nd, addr, bits, now_us);
    if (error != 0) return error == ENOSPC ? ENOBUFS : error;
    const struct ip_route route = network_route(if_index, addr, bits);
    error = ip_route_add(&stack->routes, &route);
    if (error != 0) {
        ip_if_addr_remove(&iface->ip, addr);
        return error == ENOSPC ? ENOBUFS : error;
    }
    ip_dests_invalidate(&stack->dests);
    if (is_v4 && iface->ip.medium == FRAME_LINK_ETHERNET)
        stack_arp_announce(stack, iface, addr, now_us);
    return 0;
}

/* Whether another address of the interface is in the same network. */
static bool network_is_used(const struct ip_if *ip, const struct ip_addr *addr, uint8_t bits)
{
    for (uint32_t i = 0; i < ip->addr_count; i++) {
        const struct ip_prefix prefix = {.addr = ip->addr[i].addr, .bits = ip->addr[i].bits};
        if (prefix.bits == bits && ip_prefix_contains(&prefix, addr)) return true;
    }
    return false;
}

int stack_addr_remove(struct stack *stack, uint32_t if_index, const struct ip_addr *addr)
{
    struct stack_if *iface = stack_if_get(stack, if_index);
    if (iface == NULL) return ENOENT;
    const struct ip_if_addr *entry = ip_if_addr_find(&iface->ip, addr);
    if (entry == NULL) return ENOENT;
    const uint8_t bits = entry->bits;
    const struct ip_addr removed = *addr;
    ip_if_addr_remove(&iface->ip, &removed);
    if (!network_is_used(&iface->ip, &removed, bits)) {
        const struct ip_route route = network_route(if_index, &removed, bits);
        ip_route_remove(&stack->routes, &route.prefix, &route.gateway, route.if_index);
    }
    ip_dests_invalidate(&stack->dests);
    return 0;
}

static bool route_exists(const struct ip_routes *routes, const struct ip_prefix *prefix,
                         const struct ip_addr *gateway, uint32_t if_index)
{
    for (uint32_t i = 0; i < routes->count; i++) {
        const struct ip_route *route = &routes->route[i];
        if (route->if_index == if_index && route->prefix.bits == prefix->bits &&
            ip_prefix_contains(&route->prefix, &prefix->addr) &&
            ip_addr_eq(&route->gateway, gateway))
            return true;
    }
    return false;
}

int stack_route_add(struct stack *stack, const struct ip_prefix *prefix,
                    const struct ip_addr *gateway, uint32_t if_index)
{
    if (stack_if_get(stack, if_index) == NULL) return ENOENT;
    if (route_exists(&stack->routes, prefix, gateway, if_index)) return EEXIST;
    const struct ip_route route = {.prefix = *prefix,
                                   .gateway = *gateway,
                                   .if_index = (uint16_t)if_index,
                                   .expires_us = TIME_NEVER};
    const int error = ip_route_add(&stack->routes, &route);
    return error == ENOSPC ? ENOBUFS : error;
}

int stack_route_remove(struct stack *stack, const struct ip_prefix *prefix,
                       const struct ip_addr *gateway, uint32_t if_index)
{
    return ip_route_remove(&stack->routes, prefix, gateway, (uint16_t)if_index);
}

bool stack_addr_is_local(const struct stack *stack, const struct ip_addr *addr)
{
    if (ip_addr_is_unspecified(addr)) return true;
    for (uint32_t i = 1; i <= STACK_IFS_MAX; i++) {
        const struct stack_if *iface = stack->ifs[i];
        if (iface == NULL) continue;
        if (iface->ip.accepts_any || ip_if_owns(&iface->ip, addr)) return true;
    }
    return false;
}
