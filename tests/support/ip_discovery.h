/*
 * Neighbour discovery on the interface of ethernet_if(), for tests of its three files.
 */
#ifndef VITRO_TESTS_IP_DISCOVERY_H
#define VITRO_TESTS_IP_DISCOVERY_H

#include "ip/ip_nd.h"
#include "ip_cache.h"

struct discovery_setup {
    struct cache_setup base;
    struct ip_routes routes;
    struct ip_nd_config config;
    struct ip_nd nd;
};

/* Everything empty, discovery with the default configuration but `solicitations`, routers heard. */
static inline void discovery_start(struct discovery_setup *s, uint8_t solicitations)
{
    cache_start(&s->base);
    ip_routes_init(&s->routes, &s->base.generation);
    ip_nd_config_default(&s->config);
    s->config.router_solicitations = solicitations;
    s->config.accept_advertisements = true;
    s->config.autoconfigure = true;
    ip_nd_init(&s->nd, &s->config, &s->base.iface, &s->base.cache, &s->routes, &s->base.wheel, 0);
}

/* Disarms and frees. */
static inline void discovery_end(struct discovery_setup *s)
{
    ip_nd_deinit(&s->nd);
    ip_neighbours_deinit(&s->base.cache);
    assert_true(wheel_next_deadline(&s->base.wheel) == TIME_NEVER);
}

/* Puts a message in. */
static inline struct ip_nd_result discovery_input(struct discovery_setup *s,
                                                  const struct nd_repr *repr, const char *src,
                                                  const char *dst, uint64_t now_us)
{
    const struct ip_addr from = addr_of(src);
    const struct ip_addr to = addr_of(dst);
    struct ip_nd_result result;
    ip_nd_input(&s->nd, repr, &from, &to, 255, &result, now_us);
    return result;
}

/* Runs the timer due by `now_us`; returns how many messages left, the last in `*message`. */
static inline uint32_t discovery_fire(struct discovery_setup *s, struct ip_nd_message *message,
                                      uint64_t now_us)
{
    uint32_t sent = 0;
    struct wheel_node *node;
    while ((node = wheel_expire(&s->base.wheel, now_us)) != NULL) {
        assert_int_equal(ip_timer_of(node)->kind, IP_TIMER_ND);
        struct ip_nd *nd = ip_nd_of(ip_timer_of(node));
        while (ip_nd_timer(nd, message, now_us)) sent++;
    }
    return sent;
}

#endif
