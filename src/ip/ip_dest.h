/*
 * The destination cache: everything needed to send to a remote address, in 64 bytes.
 *
 * TCP asks for each segment, so a hit is a keyed hash and one or two comparisons. The table is a
 * fixed number of sets of four; a new destination takes the place of the one in its set unused for
 * longest, preferring one that has no path MTU learned. Losing an entry costs a route lookup.
 *
 * What an entry says about the way was right at its generation. Whoever changes what it was made of
 * (routes, neighbours, interfaces) raises the generation, and every entry is made anew at its next
 * use; the path MTU outlives that. The path MTU ends by itself after ten minutes.
 *
 * References: RFC 4861 5.1 (destination cache), RFC 1191, RFC 8201 (path MTU).
 */
#ifndef VITRO_IP_DEST_H
#define VITRO_IP_DEST_H

#include "base/base.h"
#include "base/hash.h"
#include "ip/ip_pmtu.h"
#include "wire/eth.h"
#include "wire/ip_addr.h"

#define IP_DEST_WAYS 4

struct ip_dest {
    struct ip_addr remote;
    struct ip_addr next_hop;
    struct eth_addr link_addr; /* of the next hop, when has_link */
    uint16_t zone;             /* part of the key: interface index of link-local remotes, else 0 */
    uint16_t if_index;
    bool is_taken;
    bool has_link;       /* link_addr may be used (zero on a medium without such addresses) */
    uint32_t generation; /* the way is right only while this is the cache's */
    uint32_t used;       /* the cache's clock at the last hit */
    uint16_t ip4_id;     /* next identification of unfragmentable packets (RFC 6864) */
    uint16_t reserved;
    uint32_t pmtu_bytes;   /* learned path MTU, 0: none */
    uint32_t pmtu_until_s; /* and the second at which it ends */
};

struct ip_dests {
    uint32_t generation; /* never 0; see ip_dests_invalidate() */
    uint32_t clock;      /* counts lookups, for age */
    uint32_t set_mask;
    struct hash_key key;
    struct ip_dest *entry; /* (set_mask + 1) * IP_DEST_WAYS */
};

/* Makes a cache for at least `entries` destinations (rounded up to a power of two, at least 4; at
 * most 2^20). Returns 0 or ENOMEM. */
WARN_UNUSED int ip_dests_init(struct ip_dests *dests, uint32_t entries, const struct hash_key *key);

/* Gives the memory back. */
void ip_dests_deinit(struct ip_dests *dests);

/* Raises a generation: 0 is skipped. For those who hold a pointer to it. */
static inline void ip_generation_raise(uint32_t *generation)
{
    if (++*generation == 0) *generation = 1;
}

/* Makes every cached way be found anew. Path MTUs stay. */
static inline void ip_dests_invalidate(struct ip_dests *dests)
{
    ip_generation_raise(&dests->generation);
}

/* The first entry of the set in which `remote` may be. Keyed, so that strangers cannot aim many
 * addresses at one set. */
static inline struct ip_dest *ip_dest_set(const struct ip_dests *dests,
                                          const struct ip_addr *remote, uint16_t zone)
{
    uint64_t half[2];
    memcpy(half, remote->bytes, sizeof half);
    uint64_t hash = hash_mix64(half[0] ^ dests->key.k0 ^ zone);
    hash = hash_mix64((hash + half[1]) ^ dests->key.k1);
    return dests->entry + ((uint32_t)hash & dests->set_mask) * IP_DEST_WAYS;
}

/*
 * The cached destination, NULL when it is not cached or no longer right: then find the way and call
 * ip_dest_put(). The pointer is good until the next ip_dest_put() or ip_dest_learn_mtu().
 */
static inline struct ip_dest *ip_dest_find(struct ip_dests *dests, const struct ip_addr *remote,
                                           uint16_t zone)
{
    struct ip_dest *dest = ip_dest_set(dests, remote, zone);
    for (uint32_t way = 0; way < IP_DEST_WAYS; way++, dest++) {
        if (dest->generation == dests->generation && ip_addr_eq(&dest->remote, remote) &&
            dest->zone == zone) {
            dest->used = ++dests->clock;
            return dest;
        }
    }
    return NULL;
}

/*
 * Remembers the way to `remote`: interface and next hop, without a link address yet (see
 * ip_dest_set_link()). A path MTU learned before is kept. Never fails.
 */
struct ip_dest *ip_dest_put(struct ip_dests *dests, const struct ip_addr *remote, uint16_t zone,
                            uint16_t if_index, const struct ip_addr *next_hop);

/* Sets the link address to send to; all zero on a medium that has none. */
static inline void ip_dest_set_link(struct ip_dest *dest, const struct eth_addr *link_addr)
{
    dest->link_addr = *link_addr;
    dest->has_link = true;
}

/* The path MTU in force at `now_us` on a link of `link_mtu_bytes`. */
static inline uint32_t ip_dest_mtu(const struct ip_dest *dest, uint32_t link_mtu_bytes,
                                   uint64_t now_us)
{
    if (dest->pmtu_bytes == 0 || now_us / 1000000 >= dest->pmtu_until_s) return link_mtu_bytes;
    return u32_min(dest->pmtu_bytes, link_mtu_bytes);
}

/*
 * Takes in a report about the path to `remote` from an ICMP error that was found to quote something
 * of ours. Arguments as ip_pmtu_from_report(). Returns the path MTU now in force; the report is
 * remembered for IP_PMTU_LIFETIME_US, even if the destination was not cached.
 */
uint32_t ip_dest_learn_mtu(struct ip_dests *dests, const struct ip_addr *remote, uint16_t zone,
                           uint32_t reported_bytes, uint32_t packet_bytes, uint32_t link_mtu_bytes,
                           uint64_t now_us);

/* Identifications for `count` IPv4 packets that are never fragmented; returns the first. */
static inline uint16_t ip_dest_take_ids(struct ip_dest *dest, uint32_t count)
{
    const uint16_t first = dest->ip4_id;
    dest->ip4_id = (uint16_t)(first + count);
    return first;
}

#endif
