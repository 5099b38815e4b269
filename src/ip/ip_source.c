/*
 * Source address selection: candidates are compared in pairs, rule by rule; see ip_source.h.
 */
#include "ip/ip_source.h"

/* Multicast scope values that unicast addresses map to (RFC 6724 3.1 and 3.2). */
enum { SCOPE_LINK = 2, SCOPE_SITE = 5, SCOPE_GLOBAL = 14 };

uint8_t ip_addr_scope(const struct ip_addr *addr)
{
    if (addr->bytes[0] == 0xff) return addr->bytes[1] & 0x0f;
    if (ip_addr_is_loopback(addr) || ip_addr_is_link_local(addr)) return SCOPE_LINK;
    if (addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0xc0) return SCOPE_SITE;
    return SCOPE_GLOBAL;
}

uint32_t ip_addr_common_bits(const struct ip_addr *a, const struct ip_addr *b)
{
    for (uint32_t i = 0; i < 2; i++) {
        const uint64_t differ = get_be64(a->bytes + 8 * i) ^ get_be64(b->bytes + 8 * i);
        if (differ != 0) return i * 64 + (uint32_t)__builtin_clzll(differ);
    }
    return 128;
}

/* The kinds of address that should talk among themselves (RFC 6724 2.1, the default labels). */
static uint8_t label(const struct ip_addr *addr)
{
    if ((addr->bytes[0] & 0xfe) == 0xfc) return 13;    /* fc00::/7, unique local */
    if (get_be16(addr->bytes) == 0x2002) return 2;     /* 6to4 */
    if (get_be32(addr->bytes) == 0x20010000) return 5; /* Teredo */
    return 1;
}

/* Whether candidate `a` is better than `b` (RFC 6724 5). */
static bool is_better(const struct ip_if_addr *a, const struct ip_if_addr *b,
                      const struct ip_addr *dst)
{
    /* Rule 1: the destination itself. */
    if (ip_addr_eq(&a->addr, dst)) return true;
    if (ip_addr_eq(&b->addr, dst)) return false;
    /* Rule 2: the smallest scope that reaches. */
    const uint8_t scope_a = ip_addr_scope(&a->addr);
    const uint8_t scope_b = ip_addr_scope(&b->addr);
    const uint8_t scope_dst = ip_addr_scope(dst);
    if (scope_a < scope_b) return scope_a >= scope_dst;
    if (scope_b < scope_a) return scope_b < scope_dst;
    /* Rule 3: not a deprecated one. */
    if (a->state != b->state) return a->state == IP_IF_ADDR_PREFERRED;
    /* Rule 6: the same label as the destination. */
    const bool same_a = label(&a->addr) == label(dst);
    const bool same_b = label(&b->addr) == label(dst);
    if (same_a != same_b) return same_a;
    /* Rule 8: the longest common prefix, no longer than the address's own. */
    return u32_min(ip_addr_common_bits(&a->addr, dst), a->bits) >
           u32_min(ip_addr_common_bits(&b->addr, dst), b->bits);
}

bool ip_source_select(const struct ip_if *iface, const struct ip_addr *dst, struct ip_addr *src)
{
    const struct ip_if_addr *best = NULL;
    const bool is_v4 = ip_addr_is_v4(dst);
    for (uint32_t i = 0; i < iface->addr_count; i++) {
        const struct ip_if_addr *entry = &iface->addr[i];
        if (ip_addr_is_v4(&entry->addr) != is_v4 || !ip_if_owns(iface, &entry->addr)) continue;
        if (best == NULL || is_better(entry, best, dst)) best = entry;
    }
    if (best == NULL) return false;
    *src = best->addr;
    return true;
}
