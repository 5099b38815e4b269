/*
 * Filling the destination cache; see ip_dest.h for how it is asked.
 *
 * An entry with generation 0 is right about nothing but its path MTU.
 */
#include "ip/ip_dest.h"

#include <errno.h>

enum { IP_DESTS_MAX = 1 << 20 };

_Static_assert(sizeof(struct ip_dest) == 64, "a destination fills one line of cache");

int ip_dests_init(struct ip_dests *dests, uint32_t entries, const struct hash_key *key)
{
    uint32_t sets = 1;
    while (sets * IP_DEST_WAYS < entries && sets * IP_DEST_WAYS < IP_DESTS_MAX) sets *= 2;
    *dests = (struct ip_dests){.generation = 1, .set_mask = sets - 1, .key = *key};
    dests->entry = mem_get((size_t)sets * IP_DEST_WAYS * sizeof dests->entry[0]);
    return dests->entry != NULL ? 0 : ENOMEM;
}

void ip_dests_deinit(struct ip_dests *dests)
{
    mem_put(dests->entry);
    dests->entry = NULL;
}

/* The entry of `remote` whether it is right or not, NULL when there is none. */
static struct ip_dest *find_any(const struct ip_dests *dests, const struct ip_addr *remote,
                                uint16_t zone)
{
    struct ip_dest *set = ip_dest_set(dests, remote, zone);
    for (uint32_t way = 0; way < IP_DEST_WAYS; way++) {
        if (set[way].is_taken && set[way].zone == zone && ip_addr_eq(&set[way].remote, remote)) {
            return &set[way];
        }
    }
    return NULL;
}

/* Whether `a` should give way rather than `b`. */
static bool gives_way(const struct ip_dests *dests, const struct ip_dest *a,
                      const struct ip_dest *b)
{
    if (a->is_taken != b->is_taken) return !a->is_taken;
    if ((a->pmtu_bytes == 0) != (b->pmtu_bytes == 0)) return a->pmtu_bytes == 0;
    return dests->clock - a->used > dests->clock - b->used;
}

/* A fresh entry for `remote`, right about nothing yet. */
static struct ip_dest *make(struct ip_dests *dests, const struct ip_addr *remote, uint16_t zone)
{
    struct ip_dest *set = ip_dest_set(dests, remote, zone);
    struct ip_dest *victim = set;
    for (uint32_t way = 1; way < IP_DEST_WAYS; way++) {
        if (gives_way(dests, &set[way], victim)) victim = &set[way];
    }
    const uint64_t start = hash_sip24(&dests->key, remote->bytes, sizeof remote->bytes);
    *victim = (struct ip_dest){
        .remote = *remote,
        .zone = zone,
        .is_taken = true,
        .used = ++dests->clock,
        .ip4_id = (uint16_t)(start + dests->clock),
    };
    return victim;
}

struct ip_dest *ip_dest_put(struct ip_dests *dests, const struct ip_addr *remote, uint16_t zone,
                            uint16_t if_index, const struct ip_addr *next_hop)
{
    struct ip_dest *dest = find_any(dests, remote, zone);
    if (dest == NULL) dest = make(dests, remote, zone);
    dest->next_hop = *next_hop;
    dest->if_index = if_index;
    dest->has_link = false;
    dest->generation = dests->generation;
    dest->used = ++dests->clock;
    return dest;
}

uint32_t ip_dest_learn_mtu(struct ip_dests *dests, const struct ip_addr *remote, uint16_t zone,
                           uint32_t reported_bytes, uint32_t packet_bytes, uint32_t link_mtu_bytes,
                           uint64_t now_us)
{
    struct ip_dest *dest = find_any(dests, remote, zone);
    const uint32_t current =
        dest != NULL ? ip_dest_mtu(dest, link_mtu_bytes, now_us) : link_mtu_bytes;
    const uint32_t learned =
        ip_pmtu_from_report(ip_addr_is_v4(remote), reported_bytes, packet_bytes, current);
    if (learned == current) return current; /* nothing new; what is in force keeps its end */
    if (dest == NULL) dest = make(dests, remote, zone);
    dest->pmtu_bytes = learned;
    dest->pmtu_until_s = (uint32_t)((now_us + IP_PMTU_LIFETIME_US) / 1000000);
    return learned;
}
