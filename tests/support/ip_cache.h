/*
 * A neighbour cache with what it needs, for tests of what feeds it.
 */
#ifndef VITRO_TESTS_IP_CACHE_H
#define VITRO_TESTS_IP_CACHE_H

#include "ip/ip_neighbour.h"
#include "ip_text.h"

struct cache_setup {
    struct wheel wheel;
    uint32_t generation;
    struct ip_neighbours cache;
    struct ip_if iface;
};

/* An empty cache and the interface of ethernet_if(). */
static inline void cache_start(struct cache_setup *s)
{
    struct ip_neighbours_config config;
    const struct hash_key key = {5, 6};
    ip_neighbours_config_default(&config);
    wheel_init(&s->wheel, 0);
    s->generation = 1;
    s->iface = ethernet_if();
    assert_int_equal(ip_neighbours_init(&s->cache, &config, &s->wheel, &s->generation, &key), 0);
}

/* The state of a neighbour; -1 when it is not known. */
static inline int cache_state(const struct cache_setup *s, const char *text)
{
    const struct ip_addr addr = addr_of(text);
    const struct ip_neighbour *neighbour = ip_neighbour_find(&s->cache, s->iface.index, &addr);
    return neighbour != NULL ? neighbour->state : -1;
}

/* Begins to resolve an address. */
static inline void cache_ask(struct cache_setup *s, const char *text)
{
    const struct ip_addr addr = addr_of(text);
    struct ip_neighbour *neighbour;
    assert_int_equal(ip_neighbour_use(&s->cache, s->iface.index, &addr, &neighbour, 0),
                     IP_NEIGHBOUR_SOLICIT);
}

#endif
