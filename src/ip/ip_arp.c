/*
 * ARP; see ip_arp.h. What it teaches goes into the neighbour cache in the words of neighbour
 * discovery: a request for us is a solicitation, everything else an advertisement.
 */
#include "ip/ip_arp.h"

#include "ip/ip_source.h"

bool ip_arp_request(const struct ip_if *iface, const struct ip_addr *target,
                    struct arp_repr *request)
{
    struct ip_addr src;
    if (!ip_source_select(iface, target, &src)) return false;
    *request = (struct arp_repr){
        .op = ARP_REQUEST,
        .sender_eth = iface->mac,
        .sender_ip = src,
        .target_ip = *target,
    };
    return true;
}

void ip_arp_announcement(const struct ip_if *iface, const struct ip_addr *addr,
                         struct arp_repr *request)
{
    *request = (struct arp_repr){
        .op = ARP_REQUEST,
        .sender_eth = iface->mac,
        .sender_ip = *addr,
        .target_ip = *addr,
    };
}

/*
 * Whether we answer a request. A gateway answers for every host's address, but not to those who
 * only want to know whether an address is free (probes, RFC 5227 2.1) or announce their own.
 */
static bool answers(const struct ip_if *iface, const struct arp_repr *arp)
{
    switch (ip_if_classify(iface, &arp->target_ip)) {
    case IP_IF_UNICAST: return true;
    case IP_IF_ANY:
        return !ip_addr_is_unspecified(&arp->sender_ip) &&
               !ip_addr_eq(&arp->sender_ip, &arp->target_ip);
    case IP_IF_NOT_OURS:
    case IP_IF_MULTICAST:
    case IP_IF_BROADCAST: break;
    }
    return false;
}

/* Takes down what a sender with an address says about itself. */
static void learn(const struct ip_if *iface, struct ip_neighbours *cache,
                  const struct arp_repr *arp, struct ip_arp_result *result, uint64_t now_us)
{
    if (result->has_reply) {
        result->action = ip_neighbour_heard(cache, iface->index, &arp->sender_ip, &arp->sender_eth,
                                            &result->neighbour, now_us);
        return;
    }
    const struct ip_neighbour_advert said = {
        .link_addr = arp->sender_eth,
        .has_link_addr = true,
        .is_solicited = arp->op == ARP_REPLY && eth_addr_eq(&arp->target_eth, &iface->mac),
        .is_override = true, /* RFC 826: what was there is overwritten */
        .is_arp = true,
    };
    result->action = ip_neighbour_advertised(cache, iface->index, &arp->sender_ip, &said,
                                             &result->neighbour, now_us);
    if (result->neighbour == NULL) result->drop = DROP_IP_NOT_FOR_US;
}

void ip_arp_input(const struct ip_if *iface, struct ip_neighbours *cache,
                  const struct arp_repr *arp, struct ip_arp_result *result, uint64_t now_us)
{
    *result = (struct ip_arp_result){.drop = DROP_NONE};
    const bool is_probe = ip_addr_is_unspecified(&arp->sender_ip);
    if (eth_addr_eq(&arp->sender_eth, &iface->mac) || eth_addr_is_zero(&arp->sender_eth) ||
        (!is_probe && !ip_if_source_is_acceptable(iface, &arp->sender_ip))) {
        result->is_conflict =
            ip_if_owns(iface, &arp->sender_ip) && !eth_addr_eq(&arp->sender_eth, &iface->mac);
        result->drop = DROP_IP_BAD_SOURCE;
        return;
    }
    if (arp->op == ARP_REQUEST && answers(iface, arp)) {
        result->has_reply = true;
        result->reply = (struct arp_repr){
            .op = ARP_REPLY,
            .sender_eth = iface->mac,
            .target_eth = arp->sender_eth,
            .sender_ip = arp->target_ip,
            .target_ip = arp->sender_ip,
        };
    }
    if (!is_probe) {
        learn(iface, cache, arp, result, now_us);
    } else if (!result->has_reply) {
        result->drop = DROP_IP_NOT_FOR_US;
    }
}
