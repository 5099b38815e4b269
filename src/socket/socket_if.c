/*
 * Interfaces, addresses and routes of the public interface. Prefix lengths are the version's own
 * out there, and count in the 128-bit form in here.
 */
#include "stack/stack_if.h"

#include "socket/socket.h"

_Static_assert(VITRO_INTERFACES_MAX == STACK_IFS_MAX, "one limit");
_Static_assert(VITRO_ADDRESSES_MAX == IP_IF_ADDRS_MAX, "one limit");
_Static_assert(VITRO_ROUTES_MAX == IP_ROUTES_MAX, "one limit");

/* The prefix length in the 128-bit form; false if there is no such length. */
static bool bits_in(const struct ip_addr *addr, uint8_t bits, uint8_t *out)
{
    const bool is_v4 = ip_addr_is_v4(addr);
    if (bits > (is_v4 ? 32 : 128)) return false;
    *out = is_v4 ? (uint8_t)(bits + 96) : bits;
    return true;
}

struct vitro_interface_config vitro_interface_default(const uint8_t mac[6])
{
    struct vitro_interface_config config = {.link = VITRO_LINK_IP, .mtu_bytes = 1500};
    if (mac != NULL) {
        config.link = VITRO_LINK_ETHERNET;
        memcpy(config.mac, mac, sizeof config.mac);
    }
    return config;
}

int vitro_interface_add(struct vitro_stack *stack, const struct vitro_interface_config *config,
                        uint64_t now_us)
{
    const bool is_ethernet = config->link == VITRO_LINK_ETHERNET;
    struct stack_if_config inner = {
        .medium = is_ethernet ? FRAME_LINK_ETHERNET : FRAME_LINK_IP,
        .mac = eth_addr_from(config->mac),
        .mtu_bytes = config->mtu_bytes,
        .super_bytes_max = config->super_bytes_max,
        .checksum_offload = config->checksum_offload,
        .accepts_any = config->accepts_any,
    };
    if (!is_ethernet && config->link != VITRO_LINK_IP) return -EINVAL;
    if (config->mtu_bytes < VITRO_MTU_BYTES_MIN || config->mtu_bytes > VITRO_MTU_BYTES_MAX)
        return -EINVAL;
    stack_at(&stack->stack, now_us);
    uint32_t index = 0;
    const int error = stack_if_add(&stack->stack, &inner, &index, now_us);
    return error == 0 ? (int)index : -error;
}

int vitro_interface_remove(struct vitro_stack *stack, uint32_t interface, uint64_t now_us)
{
    stack_at(&stack->stack, now_us);
    return -stack_if_remove(&stack->stack, interface);
}

int vitro_interface_get(const struct vitro_stack *stack, uint32_t interface,
                        struct vitro_interface_info *info)
{
    const struct stack_if *iface = stack_if_get(&stack->stack, interface);
    if (iface == NULL) return -ENOENT;
    const struct ip_if *ip = &iface->ip;
    memset(info, 0, sizeof *info);
    info->config.link = ip->medium == FRAME_LINK_ETHERNET ? VITRO_LINK_ETHERNET : VITRO_LINK_IP;
    memcpy(info->config.mac, ip->mac.bytes, sizeof info->config.mac);
    info->config.mtu_bytes = ip->mtu_bytes;
    info->config.super_bytes_max = ip->super_bytes_max;
    info->config.checksum_offload = ip->checksum_offload;
    info->config.accepts_any = ip->accepts_any;
    info->frames_in = iface->frames_in;
    info->frames_out = iface->frames_out;
    info->bytes_in = iface->bytes_in;
    info->bytes_out = iface->bytes_out;
    info->drops = iface->drops;
    info->address_count = ip->addr_count;
    for (uint32_t i = 0; i < ip->addr_count; i++) {
        const struct ip_if_addr *entry = &ip->addr[i];
        const bool is_v4 = ip_addr_is_v4(&entry->addr);
        info->address[i].ip = socket_addr_out(&entry->addr);
        info->address[i].prefix_bits = is_v4 ? (uint8_t)(entry->bits - 96) : entry->bits;
        info->address[i].is_tentative = entry->state == IP_IF_ADDR_TENTATIVE;
    }
    return 0;
}

int vitro_address_add(struct vitro_stack *stack, uint32_t interface, const struct vitro_ip *ip,
                      uint8_t prefix_bits, uint64_t now_us)
{
    const struct ip_addr addr = socket_addr_in(ip);
    uint8_t bits;
    if (!bits_in(&addr, prefix_bits, &bits)) return -EINVAL;
    stack_at(&stack->stack, now_us);
    return -stack_addr_add(&stack->stack, interface, &addr, bits, now_us);
}

int vitro_address_remove(struct vitro_stack *stack, uint32_t interface, const struct vitro_ip *ip,
                         uint64_t now_us)
{
    const struct ip_addr addr = socket_addr_in(ip);
    stack_at(&stack->stack, now_us);
    return -stack_addr_remove(&stack->stack, interface, &addr);
}

/* The inner form of a route: prefix and gateway. */
static int route_in(const struct vitro_route *route, struct ip_prefix *prefix,
                    struct ip_addr *gateway)
{
    prefix->addr = socket_addr_in(&route->ip);
    if (!bits_in(&prefix->addr, route->prefix_bits, &prefix->bits)) return -EINVAL;
    *gateway = socket_addr_in(&route->gateway);
    const bool is_v4 = ip_addr_is_v4(&prefix->addr);
    if (ip_addr_is_unspecified(gateway)) *gateway = is_v4 ? ip_addr_from_v4(0) : ip_addr_any_v6();
    return ip_addr_is_v4(gateway) == is_v4 ? 0 : -EINVAL;
}

int vitro_route_add(struct vitro_stack *stack, const struct vitro_route *route)
{
    struct ip_prefix prefix;
    struct ip_addr gateway;
    const int error = route_in(route, &prefix, &gateway);
    if (error != 0) return error;
    return -stack_route_add(&stack->stack, &prefix, &gateway, route->interface);
}

int vitro_route_remove(struct vitro_stack *stack, const struct vitro_route *route)
{
    struct ip_prefix prefix;
    struct ip_addr gateway;
    const int error = route_in(route, &prefix, &gateway);
    if (error != 0) return error;
    return -stack_route_remove(&stack->stack, &prefix, &gateway, route->interface);
}
