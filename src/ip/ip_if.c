/*
 * Addresses of an interface and what a destination means to it; see ip_if.h.
 *
 * The few addresses stand in an array that every question walks: at sixteen entries nothing beats
 * it, and a gateway's packets are decided by the first lines of ip_if_classify().
 */
#include "ip/ip_if.h"

#include <errno.h>

#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define IP_IF_MTU_BYTES_MAX (IP4_PACKET_BYTES_MAX + IP6_HEADER_BYTES)

int ip_if_init(struct ip_if *iface, const char *name, uint16_t index, enum frame_link medium,
               const struct eth_addr *mac, uint32_t mtu_bytes)
{
    if (index == 0 || mtu_bytes < IP4_MTU_BYTES_MIN || mtu_bytes > IP_IF_MTU_BYTES_MAX) {
        return EINVAL;
    }
    if (medium == FRAME_LINK_ETHERNET &&
        (mac == NULL || eth_addr_is_multicast(mac) || eth_addr_is_zero(mac))) {
        return EINVAL;
    }
    *iface = (struct ip_if){
        .index = index,
        .medium = medium,
        .mtu_bytes = mtu_bytes,
        .mtu_bytes_max = mtu_bytes,
        .hop_limit = IP_IF_HOP_LIMIT,
    };
    if (mac != NULL) iface->mac = *mac;
    const size_t len = size_min(strlen(name), IP_IF_NAME_MAX - 1);
    memcpy(iface->name, name, len);
    return 0;
}

/* Whether an address may belong to one host. */
static bool is_unicast(const struct ip_addr *addr)
{
    return !ip_addr_is_unspecified(addr) && !ip_addr_is_multicast(addr) &&
           !ip_addr_is_broadcast(addr);
}

int ip_if_addr_add(struct ip_if *iface, const struct ip_addr *addr, uint8_t bits)
{
    const bool is_v4 = ip_addr_is_v4(addr);
    if (!is_unicast(addr) || bits > 128 || (is_v4 && bits < 96)) return EINVAL;
    if (!is_v4 && iface->mtu_bytes < IP6_MTU_BYTES_MIN) return EINVAL;
    if (ip_if_addr_find(iface, addr) != NULL) return EEXIST;
    if (iface->addr_count == IP_IF_ADDRS_MAX) return ENOSPC;
    iface->addr[iface->addr_count++] = (struct ip_if_addr){
        .addr = *addr,
        .bits = bits,
        .state = IP_IF_ADDR_PREFERRED,
        .dad_next_us = TIME_NEVER,
        .preferred_until_us = TIME_NEVER,
        .valid_until_us = TIME_NEVER,
    };
    return 0;
}

int ip_if_addr_remove(struct ip_if *iface, const struct ip_addr *addr)
{
    struct ip_if_addr *entry = ip_if_addr_find(iface, addr);
    if (entry == NULL) return ENOENT;
    const struct ip_if_addr *end = iface->addr + iface->addr_count;
    memmove(entry, entry + 1, (size_t)((const char *)end - (const char *)(entry + 1)));
    iface->addr_count--;
    return 0;
}

struct ip_if_addr *ip_if_addr_find(struct ip_if *iface, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        if (ip_addr_eq(&iface->addr[i].addr, addr)) return &iface->addr[i];
    }
    return NULL;
}

/* Whether an address of ours may be used. */
static bool is_usable(const struct ip_if_addr *entry)
{
    return entry->state == IP_IF_ADDR_PREFERRED || entry->state == IP_IF_ADDR_DEPRECATED;
}

bool ip_if_owns(const struct ip_if *iface, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        if (ip_addr_eq(&iface->addr[i].addr, addr)) return is_usable(&iface->addr[i]);
    }
    return false;
}

/* Whether `addr` is of the same version as, and in the prefix of, an address of ours. */
static bool is_in_prefix_of(const struct ip_if_addr *entry, const struct ip_addr *addr)
{
    const struct ip_prefix prefix = {.addr = entry->addr, .bits = entry->bits};
    return ip_addr_is_v4(&entry->addr) == ip_addr_is_v4(addr) && ip_prefix_contains(&prefix, addr);
}

bool ip_if_is_broadcast(const struct ip_if *iface, const struct ip_addr *addr)
{
    if (!ip_addr_is_v4(addr)) return false;
    if (ip_addr_is_broadcast(addr)) return true;
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        const struct ip_if_addr *entry = &iface->addr[i];
        if (!ip_addr_is_v4(&entry->addr) || entry->bits >= 127)
            continue; /* RFC 3021: /31 has none */
        const uint32_t host_mask = UINT32_MAX >> (entry->bits - 96);
        const bool is_last = (ip_addr_v4(addr) & host_mask) == host_mask;
        if (is_last && is_in_prefix_of(entry, addr)) return true;
    }
    return false;
}

/* Whether the owners of some addresses listen to a group to be asked for them (RFC 4291 2.7.1). */
static bool is_solicited_node(const struct ip_addr *group)
{
    const struct ip_addr same = nd_solicited_node(group);
    return ip_addr_eq(group, &same);
}

/* Whether a group is one that every node, or the owner of one of our addresses, listens to; who
 * answers for every address must hear whoever asks for one. */
static bool listens_to(const struct ip_if *iface, const struct ip_addr *group)
{
    if (ip_addr_is_v4(group)) return ip_addr_v4(group) == 0xe0000001; /* 224.0.0.1, RFC 1112 */
    static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
    if (ip_addr_eq(group, &all_nodes)) return true;
    if (iface->accepts_any && is_solicited_node(group)) return true;
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        const struct ip_if_addr *entry = &iface->addr[i];
        if (ip_addr_is_v4(&entry->addr) || entry->state == IP_IF_ADDR_DUPLICATE) continue;
        const struct ip_addr solicited = nd_solicited_node(&entry->addr);
        if (ip_addr_eq(group, &solicited)) return true;
    }
    return false;
}

enum ip_if_match ip_if_classify(const struct ip_if *iface, const struct ip_addr *dst)
{
    if (ip_if_owns(iface, dst)) return IP_IF_UNICAST;
    if (ip_addr_is_multicast(dst)) {
        return listens_to(iface, dst) ? IP_IF_MULTICAST : IP_IF_NOT_OURS;
    }
    if (ip_if_is_broadcast(iface, dst)) return IP_IF_BROADCAST;
    if (!iface->accepts_any || ip_addr_is_unspecified(dst)) return IP_IF_NOT_OURS;
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        if (ip_addr_eq(&iface->addr[i].addr, dst)) return IP_IF_NOT_OURS; /* ours, not usable */
    }
    return IP_IF_ANY;
}

bool ip_if_source_is_acceptable(const struct ip_if *iface, const struct ip_addr *src)
{
    if (!is_unicast(src) || ip_addr_is_loopback(src)) return false;
    if (ip_addr_is_v4(src) && ip_addr_v4(src) >> 24 == 0) return false; /* RFC 1122 3.2.1.3 (b) */
    return !ip_if_is_broadcast(iface, src) && !ip_if_owns(iface, src);
}

bool ip_if_is_on_link(const struct ip_if *iface, const struct ip_addr *addr)
{
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        if (is_in_prefix_of(&iface->addr[i], addr)) return true;
    }
    return false;
}

const struct ip_if_addr *ip_if_addr_any(const struct ip_if *iface, bool is_v4, bool link_local)
{
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        const struct ip_if_addr *entry = &iface->addr[i];
        if (!is_usable(entry) || ip_addr_is_v4(&entry->addr) != is_v4) continue;
        if (is_v4 || ip_addr_is_link_local(&entry->addr) == link_local) return entry;
    }
    return NULL;
}

struct ip_addr ip_if_addr_from_mac(const struct ip_if *iface, const struct ip_addr *prefix)
{
    struct ip_addr out = *prefix;
    memset(out.bytes + 8, 0, 8);
    if (iface->medium != FRAME_LINK_ETHERNET) {
        put_be16(out.bytes + 14, iface->index);
        return out;
    }
    memcpy(out.bytes + 8, iface->mac.bytes, 3);
    out.bytes[8] ^= 2; /* the universal/local bit is kept inverted */
    put_be16(out.bytes + 11, 0xfffe);
    memcpy(out.bytes + 13, iface->mac.bytes + 3, 3);
    return out;
}
