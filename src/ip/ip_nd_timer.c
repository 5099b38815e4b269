/*
 * What neighbour discovery does by the clock: probing for our own addresses before use, asking for
 * routers, and letting lifetimes end. One timer, armed for whatever is due first.
 *
 *     TENTATIVE --(probes sent, an interval of silence)--> PREFERRED --> DEPRECATED --> gone
 *         +-----(some one else has it)--> DUPLICATE
 *
 * References: RFC 4862 5.4 (duplicate address detection), RFC 4861 6.3.7 (router solicitation).
 */
#include "ip/ip_nd.h"
#include "ip/ip_nd_parts.h"

void ip_nd_init(struct ip_nd *nd, const struct ip_nd_config *config, struct ip_if *iface,
                struct ip_neighbours *cache, struct ip_routes *routes, struct wheel *wheel,
                uint64_t now_us)
{
    *nd = (struct ip_nd){
        .config = *config,
        .iface = iface,
        .cache = cache,
        .routes = routes,
        .wheel = wheel,
        .solicitations_left = config->router_solicitations,
        .solicit_next_us = now_us,
    };
    ip_timer_init(&nd->timer, IP_TIMER_ND);
    ip_nd_arm(nd, now_us);
}

void ip_nd_deinit(struct ip_nd *nd) { wheel_cancel(nd->wheel, &nd->timer.node); }

int ip_nd_addr_add(struct ip_nd *nd, const struct ip_addr *addr, uint8_t bits, uint64_t now_us)
{
    const int error = ip_if_addr_add(nd->iface, addr, bits);
    if (error != 0 || nd->config.dad_probes == 0 || ip_addr_is_v4(addr)) return error;
    struct ip_if_addr *entry = ip_if_addr_find(nd->iface, addr);
    entry->state = IP_IF_ADDR_TENTATIVE;
    entry->dad_probes_left = nd->config.dad_probes;
    entry->dad_next_us = now_us;
    ip_nd_arm(nd, now_us);
    return 0;
}

/* When the next step of router solicitation is due. */
static uint64_t solicit_due_us(const struct ip_nd *nd)
{
    return nd->solicitations_left > 0 ? nd->solicit_next_us : TIME_NEVER;
}

void ip_nd_arm(struct ip_nd *nd, uint64_t now_us)
{
    uint64_t due_us = u64_min(solicit_due_us(nd), ip_nd_router_expire(nd, now_us));
    for (uint32_t i = 0; i < nd->iface->addr_count; i++) {
        const struct ip_if_addr *entry = &nd->iface->addr[i];
        if (entry->state == IP_IF_ADDR_TENTATIVE) due_us = u64_min(due_us, entry->dad_next_us);
    }
    wheel_arm(nd->wheel, &nd->timer.node, due_us);
}

/* The probe for one of our addresses (RFC 4862 5.4.2). */
static void build_probe(const struct ip_if *iface, const struct ip_addr *addr,
                        struct ip_nd_message *message)
{
    *message = (struct ip_nd_message){
        .src = ip_addr_any_v6(),
        .dst = nd_solicited_node(addr),
        .repr = {.type = ICMP6_NEIGHBOR_SOLICITATION, .target = *addr},
    };
    message->link_dst = ip_nd_link_dst(iface, &message->dst);
}

/* The question to all routers (RFC 4861 4.1). */
static void build_router_solicitation(const struct ip_if *iface, struct ip_nd_message *message)
{
    static const struct ip_addr all_routers = {{0xff, 2, [15] = 2}};
    const struct ip_if_addr *src = ip_if_addr_any(iface, false, true);
    *message = (struct ip_nd_message){
        .src = src != NULL ? src->addr : ip_addr_any_v6(),
        .dst = all_routers,
        .link_dst = ip_nd_link_dst(iface, &all_routers),
        .repr = {.type = ICMP6_ROUTER_SOLICITATION},
    };
    if (src != NULL) ip_nd_add_source_lladdr(iface, message);
}

/* The next step for a tentative address: true when it is a probe. */
static bool step_tentative(const struct ip_nd *nd, struct ip_if_addr *entry,
                           struct ip_nd_message *message, uint64_t now_us)
{
    if (entry->dad_probes_left == 0) { /* silence: it is ours */
        entry->state =
            entry->preferred_until_us > now_us ? IP_IF_ADDR_PREFERRED : IP_IF_ADDR_DEPRECATED;
        entry->dad_next_us = TIME_NEVER;
        return false;
    }
    entry->dad_probes_left--;
    entry->dad_next_us = now_us + nd->config.probe_interval_us;
    build_probe(nd->iface, &entry->addr, message);
    return true;
}

bool ip_nd_timer(struct ip_nd *nd, struct ip_nd_message *message, uint64_t now_us)
{
    for (uint32_t i = 0; i < nd->iface->addr_count; i++) {
        struct ip_if_addr *entry = &nd->iface->addr[i];
        if (entry->state != IP_IF_ADDR_TENTATIVE || entry->dad_next_us > now_us) continue;
        if (step_tentative(nd, entry, message, now_us)) return true;
    }
    if (solicit_due_us(nd) <= now_us) {
        nd->solicitations_left--;
        nd->solicit_next_us = now_us + nd->config.solicit_interval_us;
        build_router_solicitation(nd->iface, message);
        return true;
    }
    ip_nd_arm(nd, now_us);
    return false;
}
