/*
 * Neighbour discovery; see ip_nd.h. Messages that arrive are in this file, what falls due by the
 * clock (duplicate address detection, router solicitation) in ip_nd_timer.c, what routers announce
 * in ip_nd_router.c.
 */
#include "ip/ip_nd.h"

#include "ip/ip_nd_parts.h"
#include "ip/ip_source.h"

void ip_nd_config_default(struct ip_nd_config *config)
{
    *config = (struct ip_nd_config){
        .dad_probes = 1,
        .probe_interval_us = 1000000,
        .solicit_interval_us = 4000000,
    };
}

struct eth_addr ip_nd_link_dst(const struct ip_if *iface, const struct ip_addr *dst)
{
    if (iface->medium == FRAME_LINK_ETHERNET && ip_addr_is_multicast(dst)) {
        return eth_addr_for_multicast(dst);
    }
    return (struct eth_addr){{0}};
}

void ip_nd_add_source_lladdr(const struct ip_if *iface, struct ip_nd_message *message)
{
    if (iface->medium != FRAME_LINK_ETHERNET) return;
    message->repr.options.has_source_lladdr = true;
    message->repr.options.source_lladdr = iface->mac;
}

bool ip_nd_solicitation(const struct ip_if *iface, const struct ip_addr *target,
                        const struct eth_addr *link_addr, struct ip_nd_message *message)
{
    struct ip_addr src;
    if (!ip_source_select(iface, target, &src)) return false;
    *message = (struct ip_nd_message){
        .src = src,
        .dst = link_addr != NULL ? *target : nd_solicited_node(target),
        .repr = {.type = ICMP6_NEIGHBOR_SOLICITATION, .target = *target},
    };
    message->link_dst = link_addr != NULL ? *link_addr : ip_nd_link_dst(iface, &message->dst);
    ip_nd_add_source_lladdr(iface, message);
    return true;
}

/* Takes down the link address a sender told us about itself. */
static void hear(struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                 struct ip_nd_result *result, uint64_t now_us)
{
    if (!repr->options.has_source_lladdr || nd->iface->medium != FRAME_LINK_ETHERNET) return;
    if (eth_addr_is_multicast(&repr->options.source_lladdr)) return;
    result->action = ip_neighbour_heard(nd->cache, nd->iface->index, src,
                                        &repr->options.source_lladdr, &result->neighbour, now_us);
}

/* An address of ours is some one else's too. */
static void found_duplicate(const struct ip_addr *addr, struct ip_nd_result *result)
{
    result->has_duplicate = true;
    result->duplicate = *addr;
}

/* Where the answer to a solicitation from `src` goes on the link: where it came from, if it said,
 * else where we know it to be, else nowhere: the stack then resolves as for any packet. */
static struct eth_addr answer_link_dst(const struct ip_nd *nd, const struct nd_repr *repr,
                                       const struct ip_addr *dst)
{
    if (repr->options.has_source_lladdr) return repr->options.source_lladdr;
    return ip_nd_link_dst(nd->iface, dst);
}

/* Builds the advertisement of `repr->target` in answer to `src`. */
static void answer(const struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                   bool is_owned, struct ip_nd_result *result)
{
    static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
    const bool is_probe = ip_addr_is_unspecified(src);
    const struct ip_addr *dst = is_probe ? &all_nodes : src;
    result->has_reply = true;
    result->reply = (struct ip_nd_message){
        .src = repr->target,
        .dst = *dst,
        .link_dst = answer_link_dst(nd, repr, dst),
        .repr =
            {
                .type = ICMP6_NEIGHBOR_ADVERTISEMENT,
                .target = repr->target,
                .is_router = nd->iface->accepts_any,
                .is_solicited = !is_probe,
                .is_override = is_owned, /* RFC 4861 7.2.8: on behalf of others, never */
            },
    };
    if (nd->iface->medium == FRAME_LINK_ETHERNET) {
        result->reply.repr.options.has_target_lladdr = true;
        result->reply.repr.options.target_lladdr = nd->iface->mac;
    }
}

/* A neighbour solicitation (RFC 4861 7.2.3; RFC 4862 5.4.3). */
static void take_solicitation(struct ip_nd *nd, const struct nd_repr *repr,
                              const struct ip_addr *src, struct ip_nd_result *result,
                              uint64_t now_us)
{
    const bool is_probe = ip_addr_is_unspecified(src);
    struct ip_if_addr *ours = ip_if_addr_find(nd->iface, &repr->target);
    if (ours != NULL && ours->state == IP_IF_ADDR_TENTATIVE) {
        if (is_probe) { /* some one else wants the same address: neither gets it */
            ours->state = IP_IF_ADDR_DUPLICATE;
            found_duplicate(&ours->addr, result);
        }
        return;
    }
    const enum ip_if_match match = ip_if_classify(nd->iface, &repr->target);
    const bool is_for_gateway = match == IP_IF_ANY && !is_probe && !ip_addr_eq(src, &repr->target);
    if (match != IP_IF_UNICAST && !is_for_gateway) {
        result->drop = DROP_IP_NOT_FOR_US;
        return;
    }
    if (!is_probe && !ip_if_source_is_acceptable(nd->iface, src)) {
        result->drop = DROP_IP_BAD_SOURCE;
        return;
    }
    if (!is_probe) hear(nd, repr, src, result, now_us);
    answer(nd, repr, src, match == IP_IF_UNICAST, result);
}

/* A neighbour advertisement (RFC 4861 7.2.5; RFC 4862 5.4.4). */
static void take_advertisement(struct ip_nd *nd, const struct nd_repr *repr,
                               struct ip_nd_result *result, uint64_t now_us)
{
    struct ip_if_addr *ours = ip_if_addr_find(nd->iface, &repr->target);
    if (ours != NULL) {
        if (ours->state == IP_IF_ADDR_TENTATIVE) ours->state = IP_IF_ADDR_DUPLICATE;
        found_duplicate(&ours->addr, result);
        return;
    }
    const struct nd_options *options = &repr->options;
    const struct ip_neighbour_advert said = {
        .link_addr = options->target_lladdr,
        .has_link_addr =
            options->has_target_lladdr && !eth_addr_is_multicast(&options->target_lladdr),
        .is_solicited = repr->is_solicited,
        .is_override = repr->is_override,
        .is_router = repr->is_router,
    };
    const struct ip_neighbour *known =
        ip_neighbour_find(nd->cache, nd->iface->index, &repr->target);
    const bool was_router = known != NULL && known->is_router;
    result->action = ip_neighbour_advertised(nd->cache, nd->iface->index, &repr->target, &said,
                                             &result->neighbour, now_us);
    if (result->neighbour == NULL) {
        result->drop = DROP_ICMP_UNSOLICITED;
    } else if (was_router && !result->neighbour->is_router) {
        ip_nd_router_gone(nd, &repr->target);
    }
}

void ip_nd_input(struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                 const struct ip_addr *dst, uint8_t hop_limit, struct ip_nd_result *result,
                 uint64_t now_us)
{
    *result = (struct ip_nd_result){.drop = DROP_NONE};
    if (!nd_check(repr, src, dst, hop_limit)) {
        result->drop = DROP_ICMP_MALFORMED;
        return;
    }
    switch (repr->type) {
    case ICMP6_NEIGHBOR_SOLICITATION: take_solicitation(nd, repr, src, result, now_us); return;
    case ICMP6_NEIGHBOR_ADVERTISEMENT: take_advertisement(nd, repr, result, now_us); return;
    case ICMP6_ROUTER_ADVERTISEMENT:
        if (!nd->config.accept_advertisements) break;
        hear(nd, repr, src, result, now_us);
        if (result->neighbour != NULL) result->neighbour->is_router = true;
        ip_nd_router_take(nd, repr, src, now_us);
        return;
    default: break; /* RFC 4861 6.2.6: hosts do not listen to router solicitations */
    }
    result->drop = DROP_IP_NOT_FOR_US;
}
