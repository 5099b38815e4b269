/*
 * The neighbour cache; the states and moves are drawn in ip_neighbour.h.
 *
 * become() is the only writer of an entry's state: it arms the timer the state needs. Raising the
 * generation is tied to the three things a cached destination could miss: a link address that
 * changed, one that may no longer be used, and REACHABLE running out, after which the next packet
 * must pass here so that DELAY can begin.
 */
#include "ip/ip_neighbour.h"

#include <errno.h>

#include "ip/ip_dest.h"

enum {
    BUCKETS_MAX = 1 << 16,
    EVICT_LOOK_MAX = 64, /* entries looked at to find one that nobody waits for */
};

void ip_neighbours_config_default(struct ip_neighbours_config *config)
{
    *config = (struct ip_neighbours_config){
        .entries_max = 512,
        .waiting_max = 8,
        .packets_max = 128,
        .packet_bytes_max = 2048,
        .probe_interval_us = 1000000,
        .solicit_probes_max = 3,
        .ask_probes_max = 3,
        .reachable_us = 30000000,
        .delay_us = 5000000,
    };
}

int ip_neighbours_init(struct ip_neighbours *cache, const struct ip_neighbours_config *config,
                       struct wheel *wheel, uint32_t *generation, const struct hash_key *key)
{
    if (config->entries_max == 0 || config->waiting_max == 0 || config->packets_max == 0 ||
        config->packet_bytes_max == 0 || config->probe_interval_us == 0 ||
        config->reachable_us == 0) {
        return EINVAL;
    }
    uint32_t buckets = 16;
    while (buckets < config->entries_max && buckets < BUCKETS_MAX) buckets *= 2;
    *cache = (struct ip_neighbours){
        .config = *config,
        .wheel = wheel,
        .generation = generation,
        .key = *key,
        .bucket_mask = buckets - 1,
    };
    cache->buckets = mem_get(buckets * sizeof(struct ip_neighbour *));
    if (cache->buckets == NULL) return ENOMEM;
    rng_seed(&cache->rng, hash_sip13(key, "neighbour", 9));
    list_init(&cache->order);
    pool_init(&cache->entries, "neighbours", sizeof(struct ip_neighbour), config->entries_max);
    pool_init(&cache->packets, "neighbour packets",
              (uint32_t)sizeof(struct ip_neighbour_packet) + config->packet_bytes_max,
              config->packets_max);
    return 0;
}

/* The entry whose `order` this is. */
static struct ip_neighbour *in_order(struct list *order)
{
    return CONTAINER_OF(order, struct ip_neighbour, order);
}

void ip_neighbours_deinit(struct ip_neighbours *cache)
{
    struct list *order;
    while ((order = list_first(&cache->order)) != NULL) {
        ip_neighbour_remove(cache, in_order(order));
    }
    pool_deinit(&cache->entries);
    pool_deinit(&cache->packets);
    mem_put(cache->buckets);
    cache->buckets = NULL;
}

/* The bucket an address is in. */
static struct ip_neighbour **bucket_of(const struct ip_neighbours *cache, uint16_t if_index,
                                       const struct ip_addr *addr)
{
    uint8_t name[18];
    memcpy(name, addr->bytes, 16);
    put_be16(name + 16, if_index);
    return &cache->buckets[hash_sip13(&cache->key, name, sizeof name) & cache->bucket_mask];
}

struct ip_neighbour *ip_neighbour_find(const struct ip_neighbours *cache, uint16_t if_index,
                                       const struct ip_addr *addr)
{
    struct ip_neighbour *neighbour = *bucket_of(cache, if_index, addr);
    while (neighbour != NULL &&
           (neighbour->if_index != if_index || !ip_addr_eq(&neighbour->addr, addr))) {
        neighbour = neighbour->next;
    }
    return neighbour;
}

/* Moves an entry to a state and arms the timer that goes with it. */
static void become(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                   enum ip_neighbour_state state, uint64_t now_us)
{
    const struct ip_neighbours_config *config = &cache->config;
    uint64_t deadline_us = TIME_NEVER;
    switch (state) {
    case IP_NEIGHBOUR_INCOMPLETE:
    case IP_NEIGHBOUR_PROBE:
        neighbour->probes_sent = 1;
        deadline_us = now_us + config->probe_interval_us;
        break;
    case IP_NEIGHBOUR_REACHABLE: /* RFC 4861 6.3.2: spread, so that hosts do not probe in step */
        deadline_us = now_us + rng_range(&cache->rng, config->reachable_us / 2,
                                         config->reachable_us / 2 + config->reachable_us);
        break;
    case IP_NEIGHBOUR_DELAY: deadline_us = now_us + config->delay_us; break;
    case IP_NEIGHBOUR_STALE:
    case IP_NEIGHBOUR_FAILED:
    case IP_NEIGHBOUR_PERMANENT: break;
    }
    neighbour->state = (uint8_t)state;
    wheel_arm(cache->wheel, &neighbour->timer.node, deadline_us);
}

/* Finds an entry that may be forgotten, unused for long; NULL when somebody waits for them all. */
static struct ip_neighbour *find_victim(struct ip_neighbours *cache)
{
    struct list *order = list_first(&cache->order);
    for (uint32_t looked = 0; order != NULL && looked < EVICT_LOOK_MAX; looked++) {
        struct ip_neighbour *neighbour = in_order(order);
        if (neighbour->waiting_count == 0 && neighbour->state != IP_NEIGHBOUR_PERMANENT) {
            return neighbour;
        }
        order = list_next(&cache->order, order);
    }
    return NULL;
}

/* Makes an entry of no state yet; NULL when there is no room. */
static struct ip_neighbour *make(struct ip_neighbours *cache, uint16_t if_index,
                                 const struct ip_addr *addr)
{
    if (pool_room(&cache->entries) == 0) {
        struct ip_neighbour *victim = find_victim(cache);
        if (victim == NULL) return NULL;
        ip_neighbour_remove(cache, victim);
    }
    struct ip_neighbour *neighbour = pool_get(&cache->entries);
    if (neighbour == NULL) return NULL;
    struct ip_neighbour **bucket = bucket_of(cache, if_index, addr);
    *neighbour = (struct ip_neighbour){
        .next = *bucket,
        .addr = *addr,
        .if_index = if_index,
        .state = IP_NEIGHBOUR_FAILED,
    };
    *bucket = neighbour;
    ip_timer_init(&neighbour->timer, IP_TIMER_NEIGHBOUR);
    list_init(&neighbour->waiting);
    list_push_back(&cache->order, &neighbour->order);
    return neighbour;
}

enum ip_neighbour_action ip_neighbour_use(struct ip_neighbours *cache, uint16_t if_index,
                                          const struct ip_addr *addr,
                                          struct ip_neighbour **neighbour, uint64_t now_us)
{
    struct ip_neighbour *found = ip_neighbour_find(cache, if_index, addr);
    if (found == NULL) found = make(cache, if_index, addr);
    *neighbour = found;
    if (found == NULL) return IP_NEIGHBOUR_NOTHING;

    list_remove(&found->order);
    list_push_back(&cache->order, &found->order);
    if (found->state == IP_NEIGHBOUR_STALE) become(cache, found, IP_NEIGHBOUR_DELAY, now_us);
    if (found->state != IP_NEIGHBOUR_FAILED) return IP_NEIGHBOUR_NOTHING;
    become(cache, found, IP_NEIGHBOUR_INCOMPLETE, now_us);
    return IP_NEIGHBOUR_SOLICIT;
}

/* Takes out the packet that has waited longest, which must exist, and frees it. */
static void drop_oldest(struct ip_neighbours *cache, struct ip_neighbour *neighbour)
{
    ip_neighbour_packet_free(cache, ip_neighbour_packet_next(neighbour));
}

enum drop_reason ip_neighbour_wait(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                                   const struct frame *packet)
{
    if (packet->bytes.len_bytes > cache->config.packet_bytes_max) return DROP_NEIGHBOUR_QUEUE_FULL;
    enum drop_reason drop = DROP_NONE;
    /* RFC 4861 7.2.2: the newest is worth most; but no neighbour takes another's room. */
    if (neighbour->waiting_count >= cache->config.waiting_max ||
        (neighbour->waiting_count > 0 && pool_room(&cache->packets) == 0)) {
        drop_oldest(cache, neighbour);
        drop = DROP_NEIGHBOUR_QUEUE_FULL;
    }
    struct ip_neighbour_packet *kept = pool_get(&cache->packets);
    if (kept == NULL) return DROP_NEIGHBOUR_QUEUE_FULL;
    kept->segment_bytes = packet->segment_bytes;
    kept->checksum_partial = packet->checksum_partial;
    kept->len_bytes = gather_copy(&packet->bytes, 0, kept->data, packet->bytes.len_bytes);
    list_push_back(&neighbour->waiting, &kept->link);
    neighbour->waiting_count++;
    return drop;
}

struct ip_neighbour_packet *ip_neighbour_packet_next(struct ip_neighbour *neighbour)
{
    struct list *link = list_pop_front(&neighbour->waiting);
    if (link == NULL) return NULL;
    neighbour->waiting_count--;
    return CONTAINER_OF(link, struct ip_neighbour_packet, link);
}

void ip_neighbour_packet_free(struct ip_neighbours *cache, struct ip_neighbour_packet *packet)
{
    pool_put(&cache->packets, packet);
}

/* Stores a link address; what was cached of another one is no longer right. */
static void set_link_addr(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                          const struct eth_addr *link_addr)
{
    const bool was_usable = ip_neighbour_is_usable(neighbour);
    if (was_usable && !eth_addr_eq(&neighbour->link_addr, link_addr)) {
        ip_generation_raise(cache->generation);
    }
    neighbour->link_addr = *link_addr;
}

enum ip_neighbour_action ip_neighbour_heard(struct ip_neighbours *cache, uint16_t if_index,
                                            const struct ip_addr *addr,
                                            const struct eth_addr *link_addr,
                                            struct ip_neighbour **neighbour, uint64_t now_us)
{
    struct ip_neighbour *found = ip_neighbour_find(cache, if_index, addr);
    if (found == NULL) found = make(cache, if_index, addr);
    *neighbour = found;
    if (found == NULL || found->state == IP_NEIGHBOUR_PERMANENT) return IP_NEIGHBOUR_NOTHING;

    const bool was_usable = ip_neighbour_is_usable(found);
    if (was_usable && eth_addr_eq(&found->link_addr, link_addr)) return IP_NEIGHBOUR_NOTHING;
    set_link_addr(cache, found, link_addr);
    become(cache, found, IP_NEIGHBOUR_STALE, now_us);
    return was_usable ? IP_NEIGHBOUR_NOTHING : IP_NEIGHBOUR_SEND;
}

/* The first answer to a question (RFC 4861 7.2.5, entry INCOMPLETE). */
static enum ip_neighbour_action complete(struct ip_neighbours *cache,
                                         struct ip_neighbour *neighbour,
                                         const struct ip_neighbour_advert *said, uint64_t now_us)
{
    if (!said->has_link_addr) return IP_NEIGHBOUR_NOTHING;
    set_link_addr(cache, neighbour, &said->link_addr);
    if (!said->is_arp) neighbour->is_router = said->is_router;
    become(cache, neighbour, said->is_solicited ? IP_NEIGHBOUR_REACHABLE : IP_NEIGHBOUR_STALE,
           now_us);
    return IP_NEIGHBOUR_SEND;
}

/* What an advertisement does to an entry that has an address (RFC 4861 7.2.5). */
static void update(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                   const struct ip_neighbour_advert *said, uint64_t now_us)
{
    const bool differs =
        said->has_link_addr && !eth_addr_eq(&neighbour->link_addr, &said->link_addr);
    if (differs && !said->is_override) { /* not to be believed, but doubt is in order */
        if (neighbour->state == IP_NEIGHBOUR_REACHABLE) {
            become(cache, neighbour, IP_NEIGHBOUR_STALE, now_us);
            ip_generation_raise(cache->generation);
        }
        return;
    }
    if (differs) set_link_addr(cache, neighbour, &said->link_addr);
    /* ARP answers carry no proof that we asked: believe it only of those that we did ask. */
    const bool is_confirmed =
        said->is_solicited && (!said->is_arp || neighbour->state == IP_NEIGHBOUR_PROBE);
    if (is_confirmed) {
        become(cache, neighbour, IP_NEIGHBOUR_REACHABLE, now_us);
    } else if (differs) {
        become(cache, neighbour, IP_NEIGHBOUR_STALE, now_us);
    }
    if (!said->is_arp) neighbour->is_router = said->is_router;
}

enum ip_neighbour_action ip_neighbour_advertised(struct ip_neighbours *cache, uint16_t if_index,
                                                 const struct ip_addr *addr,
                                                 const struct ip_neighbour_advert *said,
                                                 struct ip_neighbour **neighbour, uint64_t now_us)
{
    struct ip_neighbour *found = ip_neighbour_find(cache, if_index, addr);
    *neighbour = found;
    if (found == NULL) return IP_NEIGHBOUR_NOTHING;
    switch ((enum ip_neighbour_state)found->state) {
    case IP_NEIGHBOUR_PERMANENT: return IP_NEIGHBOUR_NOTHING;
    case IP_NEIGHBOUR_INCOMPLETE: return complete(cache, found, said, now_us);
    case IP_NEIGHBOUR_FAILED: /* a late answer, over a link slower than our patience */
        return said->is_solicited ? complete(cache, found, said, now_us) : IP_NEIGHBOUR_NOTHING;
    case IP_NEIGHBOUR_REACHABLE:
    case IP_NEIGHBOUR_STALE:
    case IP_NEIGHBOUR_DELAY:
    case IP_NEIGHBOUR_PROBE: update(cache, found, said, now_us); break;
    }
    return IP_NEIGHBOUR_NOTHING;
}

void ip_neighbour_confirm(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                          uint64_t now_us)
{
    if (!ip_neighbour_is_usable(neighbour) || neighbour->state == IP_NEIGHBOUR_PERMANENT) return;
    become(cache, neighbour, IP_NEIGHBOUR_REACHABLE, now_us);
}

int ip_neighbour_set_permanent(struct ip_neighbours *cache, uint16_t if_index,
                               const struct ip_addr *addr, const struct eth_addr *link_addr)
{
    struct ip_neighbour *neighbour = ip_neighbour_find(cache, if_index, addr);
    if (neighbour == NULL) neighbour = make(cache, if_index, addr);
    if (neighbour == NULL) return ENOMEM;
    set_link_addr(cache, neighbour, link_addr);
    become(cache, neighbour, IP_NEIGHBOUR_PERMANENT, 0);
    return 0;
}

void ip_neighbour_remove(struct ip_neighbours *cache, struct ip_neighbour *neighbour)
{
    if (ip_neighbour_is_usable(neighbour)) ip_generation_raise(cache->generation);
    while (neighbour->waiting_count > 0) drop_oldest(cache, neighbour);
    wheel_cancel(cache->wheel, &neighbour->timer.node);
    list_remove(&neighbour->order);
    struct ip_neighbour **at = bucket_of(cache, neighbour->if_index, &neighbour->addr);
    while (*at != neighbour) at = &(*at)->next;
    *at = neighbour->next;
    pool_put(&cache->entries, neighbour);
}

/* A question has gone unanswered: asks once more by `action`, or gives up. */
static enum ip_neighbour_action ask_again(struct ip_neighbours *cache,
                                          struct ip_neighbour *neighbour, uint8_t probes_max,
                                          enum ip_neighbour_action action, uint64_t now_us)
{
    if (neighbour->probes_sent < probes_max) {
        neighbour->probes_sent++;
        wheel_arm(cache->wheel, &neighbour->timer.node, now_us + cache->config.probe_interval_us);
        return action;
    }
    become(cache, neighbour, IP_NEIGHBOUR_FAILED, now_us);
    ip_generation_raise(cache->generation);
    return IP_NEIGHBOUR_REPORT;
}

enum ip_neighbour_action ip_neighbour_timer(struct ip_neighbours *cache, struct ip_timer *timer,
                                            struct ip_neighbour **neighbour, uint64_t now_us)
{
    struct ip_neighbour *due = CONTAINER_OF(timer, struct ip_neighbour, timer);
    *neighbour = due;
    switch ((enum ip_neighbour_state)due->state) {
    case IP_NEIGHBOUR_INCOMPLETE:
        return ask_again(cache, due, cache->config.solicit_probes_max, IP_NEIGHBOUR_SOLICIT,
                         now_us);
    case IP_NEIGHBOUR_PROBE:
        return ask_again(cache, due, cache->config.ask_probes_max, IP_NEIGHBOUR_ASK, now_us);
    case IP_NEIGHBOUR_DELAY:
        become(cache, due, IP_NEIGHBOUR_PROBE, now_us);
        return IP_NEIGHBOUR_ASK;
    case IP_NEIGHBOUR_REACHABLE:
        become(cache, due, IP_NEIGHBOUR_STALE, now_us);
        ip_generation_raise(cache->generation);
        return IP_NEIGHBOUR_NOTHING;
    case IP_NEIGHBOUR_STALE:
    case IP_NEIGHBOUR_FAILED:
    case IP_NEIGHBOUR_PERMANENT: break; /* no timer is armed in these */
    }
    return IP_NEIGHBOUR_NOTHING;
}
