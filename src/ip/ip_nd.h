/*
 * IPv6 neighbour discovery of one interface: solicitations and advertisements, duplicate address
 * detection, and the little of router discovery that a host needs.
 *
 * Messages go out as `struct ip_nd_message`: everything but the bytes. The stack writes the IPv6
 * header with hop limit 255 and nd_emit()s the rest. One timer per interface covers all that falls
 * due here: probes for tentative addresses, router solicitations, lifetimes.
 *
 * References: RFC 4861 6.3, 7.2; RFC 4862 5.3 to 5.5; RFC 6980 (no fragments); RFC 4429 is not
 * used.
 */
#ifndef VITRO_IP_ND_H
#define VITRO_IP_ND_H

#include "base/base.h"
#include "base/drop.h"
#include "ip/ip_if.h"
#include "ip/ip_neighbour.h"
#include "ip/ip_route.h"
#include "ip/ip_timer.h"
#include "wire/nd.h"

struct ip_nd_config {
    uint8_t dad_probes;           /* 1 (DupAddrDetectTransmits); 0: addresses are used at once */
    uint8_t router_solicitations; /* 0: do not ask for routers; 3 is the RFC's number */
    bool accept_advertisements;   /* false: router advertisements change nothing */
    bool autoconfigure;           /* make addresses from advertised prefixes (RFC 4862) */
    uint64_t probe_interval_us;   /* 1 s (RetransTimer) */
    uint64_t solicit_interval_us; /* 4 s (RTR_SOLICITATION_INTERVAL) */
};

struct ip_nd {
    struct ip_nd_config config;
    struct ip_if *iface;
    struct ip_neighbours *cache;
    struct ip_routes *routes;
    struct wheel *wheel;
    struct ip_timer timer;
    uint8_t solicitations_left;
    uint64_t solicit_next_us;
};

/* A message to be sent with hop limit 255. */
struct ip_nd_message {
    struct ip_addr src;
    struct ip_addr dst;
    /* Where to send it; all zero on a bare IP medium, and for an answer to some one whose link
     * address is not known: resolve `dst` as for any packet then. */
    struct eth_addr link_dst;
    struct nd_repr repr;
};

/* What came of a message. */
struct ip_nd_result {
    enum drop_reason drop; /* DROP_NONE: it was worth something */
    bool has_reply;
    struct ip_nd_message reply;
    struct ip_neighbour *neighbour;  /* NULL: none touched */
    enum ip_neighbour_action action; /* for the neighbour: NOTHING or SEND */
    bool has_duplicate;              /* an address of ours turned out to be some one else's */
    struct ip_addr duplicate;
};

/* Fills in the values named above, with no solicitations, advertisements not accepted. */
void ip_nd_config_default(struct ip_nd_config *config);

/* Sets up discovery for `iface`. All that is pointed to must outlive it. Router solicitations, if
 * configured, begin at once. */
void ip_nd_init(struct ip_nd *nd, const struct ip_nd_config *config, struct ip_if *iface,
                struct ip_neighbours *cache, struct ip_routes *routes, struct wheel *wheel,
                uint64_t now_us);

/* Disarms the timer. */
void ip_nd_deinit(struct ip_nd *nd);

/*
 * Adds an IPv6 address to the interface, tentative until it has been probed for (at once usable
 * with dad_probes 0). Errors as ip_if_addr_add().
 */
WARN_UNUSED int ip_nd_addr_add(struct ip_nd *nd, const struct ip_addr *addr, uint8_t bits,
                               uint64_t now_us);

/* The solicitation for `target`: to `link_addr` alone (IP_NEIGHBOUR_ASK), or to its solicited-node
 * group when that is NULL. False when the interface has no IPv6 address to ask from. */
WARN_UNUSED bool ip_nd_solicitation(const struct ip_if *iface, const struct ip_addr *target,
                                    const struct eth_addr *link_addr,
                                    struct ip_nd_message *message);

/*
 * Takes in a message that nd_parse() read, with what the IPv6 header said. Checks hop limit and
 * addresses (nd_check). Messages that came in fragments must have been dropped before (RFC 6980 5).
 */
void ip_nd_input(struct ip_nd *nd, const struct nd_repr *repr, const struct ip_addr *src,
                 const struct ip_addr *dst, uint8_t hop_limit, struct ip_nd_result *result,
                 uint64_t now_us);

/*
 * The interface's expired timer (IP_TIMER_ND; see ip_nd_of()). Call until it returns false: each
 * true is one message to send.
 */
WARN_UNUSED bool ip_nd_timer(struct ip_nd *nd, struct ip_nd_message *message, uint64_t now_us);

/* The discovery whose timer this is. */
static inline struct ip_nd *ip_nd_of(struct ip_timer *timer)
{
    return CONTAINER_OF(timer, struct ip_nd, timer);
}

#endif
