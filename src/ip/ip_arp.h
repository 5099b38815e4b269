/*
 * ARP: what to ask, what to answer, and what an ARP packet tells about its sender.
 *
 * References: RFC 826, RFC 1122 2.3.2, RFC 5227 (probes and announcements), RFC 1027 (answering for
 * others, which a gateway that accepts any address does).
 */
#ifndef VITRO_IP_ARP_H
#define VITRO_IP_ARP_H

#include "base/base.h"
#include "base/drop.h"
#include "ip/ip_if.h"
#include "ip/ip_neighbour.h"
#include "wire/arp.h"

/* What came of an ARP packet. */
struct ip_arp_result {
    enum drop_reason drop; /* DROP_NONE: it was worth something */
    bool has_reply;        /* send `reply` to reply.target_eth */
    bool is_conflict;      /* the sender claims one of our addresses */
    struct arp_repr reply;
    struct ip_neighbour *neighbour;  /* NULL: none touched */
    enum ip_neighbour_action action; /* for the neighbour: NOTHING or SEND */
};

/*
 * The request for `target`, an IPv4 address; send it to ff:ff:ff:ff:ff:ff, or to the neighbour's
 * link address for IP_NEIGHBOUR_ASK. False when the interface has no IPv4 address to ask from.
 */
WARN_UNUSED bool ip_arp_request(const struct ip_if *iface, const struct ip_addr *target,
                                struct arp_repr *request);

/* The announcement of one of our own addresses, to be broadcast when it is put to use (RFC 5227
 * 2.3). */
void ip_arp_announcement(const struct ip_if *iface, const struct ip_addr *addr,
                         struct arp_repr *request);

/* Takes in a parsed ARP packet that came over `iface`, an Ethernet interface. */
void ip_arp_input(const struct ip_if *iface, struct ip_neighbours *cache,
                  const struct arp_repr *arp, struct ip_arp_result *result, uint64_t now_us);

#endif
