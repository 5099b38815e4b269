/*
 * Who has which address on the link: the ARP cache and the neighbour discovery cache as one state
 * machine. Draws no packets: every call that moves an entry says what has to be done now.
 *
 *                use (solicit)          advertised          30 s
 *     (none) ------------------> INCOMPLETE ----> REACHABLE ----> STALE <---- heard, changed
 *                                    |               ^   ^           | use
 *                       3 tries, 1 s |     confirmed |   |           v
 *                                    v               |   +-------- DELAY
 *                                  FAILED <------- PROBE <-----------+ 5 s
 *                                     3 tries, 1 s
 *
 * - Only somebody who asks for us, or an answer to a question of ours, makes an entry or confirms
 *   one: what is not asked for can at most update what is there (RFC 826; RFC 4861 7.2.5).
 * - Packets that wait for an address are copied into a bounded pool, a few per entry; the oldest
 *   gives way. On failure they come back, so that the stack can report host unreachable.
 * - The table is bounded: an entry that nobody waits for gives way, the one unused longest first.
 * - Every change of what a cached destination may hold raises the destination cache's generation.
 *
 * References: RFC 826, RFC 1122 2.3.2, RFC 4861 7.2 and 7.3 and 10, RFC 5227.
 */
#ifndef VITRO_IP_NEIGHBOUR_H
#define VITRO_IP_NEIGHBOUR_H

#include "base/base.h"
#include "base/drop.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/rng.h"
#include "ip/ip_timer.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/ip_addr.h"

enum ip_neighbour_state {
    IP_NEIGHBOUR_INCOMPLETE, /* asked, no answer yet */
    IP_NEIGHBOUR_REACHABLE,  /* confirmed not long ago */
    IP_NEIGHBOUR_STALE,      /* was right once; used until proven wrong */
    IP_NEIGHBOUR_DELAY,      /* used while stale: gives upper layers time to confirm */
    IP_NEIGHBOUR_PROBE,      /* being asked directly */
    IP_NEIGHBOUR_FAILED,     /* no answer: the next use asks again */
    IP_NEIGHBOUR_PERMANENT,  /* configured; never asked for, never changed from the wire */
};

/* What the caller has to do about a neighbour, now. */
enum ip_neighbour_action {
    IP_NEIGHBOUR_NOTHING,
    IP_NEIGHBOUR_SOLICIT, /* ask all: ARP broadcast, or NS to the solicited-node group */
    IP_NEIGHBOUR_ASK,     /* ask this one: ARP or NS to its link address */
    IP_NEIGHBOUR_SEND,    /* it has an address now: send what waits (ip_neighbour_packet_next) */
    IP_NEIGHBOUR_REPORT,  /* it does not answer: report what waits as unreachable */
};

/* An IP packet that waits. */
struct ip_neighbour_packet {
    struct list link;
    uint32_t len_bytes;
    uint16_t segment_bytes; /* as in struct frame */
    bool checksum_partial;
    uint8_t data[]; /* whole, from the IP header on */
};

struct ip_neighbour {
    struct ip_neighbour *next; /* in its bucket */
    struct list order;         /* in ip_neighbours.order: least recently used first */
    struct list waiting;       /* of ip_neighbour_packet.link */
    struct ip_timer timer;
    struct ip_addr addr;
    struct eth_addr link_addr; /* meaningful when ip_neighbour_is_usable() */
    uint16_t if_index;
    uint8_t state;       /* enum ip_neighbour_state */
    uint8_t probes_sent; /* INCOMPLETE, PROBE */
    bool is_router;      /* RFC 4861 7.2.5 */
    uint32_t waiting_count;
};

struct ip_neighbours_config {
    uint32_t entries_max;       /* 512 */
    uint32_t waiting_max;       /* 8 packets of one neighbour */
    uint32_t packets_max;       /* 128 packets of all */
    uint32_t packet_bytes_max;  /* 2048: larger packets do not wait */
    uint64_t probe_interval_us; /* 1 s (RFC 4861 RetransTimer) */
    uint8_t solicit_probes_max; /* 3 (MAX_MULTICAST_SOLICIT) */
    uint8_t ask_probes_max;     /* 3 (MAX_UNICAST_SOLICIT) */
    uint64_t reachable_us;      /* 30 s, drawn from 0.5 to 1.5 times that for each entry */
    uint64_t delay_us;          /* 5 s (DELAY_FIRST_PROBE_TIME) */
};

struct ip_neighbours {
    struct ip_neighbours_config config;
    struct wheel *wheel;
    uint32_t *generation; /* of the destination cache */
    struct hash_key key;
    struct rng rng;
    uint32_t bucket_mask;
    struct ip_neighbour **buckets;
    struct list order;
    struct pool entries, packets;
};

/* What a neighbour says about itself: NA (RFC 4861 4.4), or ARP in the same words. */
struct ip_neighbour_advert {
    struct eth_addr link_addr;
    bool has_link_addr; /* an NA need not carry one */
    bool is_solicited;
    bool is_override;
    bool is_router;
    bool is_arp; /* says nothing about routers */
};

/* Fills in the values named above. */
void ip_neighbours_config_default(struct ip_neighbours_config *config);

/* Makes an empty cache. `generation`: see struct ip_dests. Returns 0, EINVAL for a limit of 0, or
 * ENOMEM. */
WARN_UNUSED int ip_neighbours_init(struct ip_neighbours *cache,
                                   const struct ip_neighbours_config *config, struct wheel *wheel,
                                   uint32_t *generation, const struct hash_key *key);

/* Frees all entries and waiting packets and disarms their timers. */
void ip_neighbours_deinit(struct ip_neighbours *cache);

/* The entry of `addr` on an interface, NULL when there is none. Good until the next call that may
 * make one (use, heard). */
struct ip_neighbour *ip_neighbour_find(const struct ip_neighbours *cache, uint16_t if_index,
                                       const struct ip_addr *addr);

/* Whether packets may be sent to the link address. */
static inline bool ip_neighbour_is_usable(const struct ip_neighbour *neighbour)
{
    return neighbour->state != IP_NEIGHBOUR_INCOMPLETE && neighbour->state != IP_NEIGHBOUR_FAILED;
}

/*
 * A packet is about to be sent to `addr`, a unicast next hop on `if_index`. Finds or makes the
 * entry; `*neighbour` is NULL only when the table is full of entries that somebody waits for (drop
 * the packet: NO_MEMORY). If the entry is usable, send to its link address; else let the packet
 * wait (ip_neighbour_wait). The action is NOTHING or SOLICIT: do it last.
 */
WARN_UNUSED enum ip_neighbour_action ip_neighbour_use(struct ip_neighbours *cache,
                                                      uint16_t if_index, const struct ip_addr *addr,
                                                      struct ip_neighbour **neighbour,
                                                      uint64_t now_us);

/*
 * Copies an IP packet (no link header) to wait for an entry that is not usable. DROP_NONE: it
 * waits. DROP_NEIGHBOUR_QUEUE_FULL: one packet has been dropped for the reason returned, the oldest
 * that waited or this one; count it.
 */
WARN_UNUSED enum drop_reason ip_neighbour_wait(struct ip_neighbours *cache,
                                               struct ip_neighbour *neighbour,
                                               const struct frame *packet);

/* Takes out the packet that has waited longest, NULL when none is left. Give it back with
 * ip_neighbour_packet_free(). */
struct ip_neighbour_packet *ip_neighbour_packet_next(struct ip_neighbour *neighbour);

/* Gives a packet back. */
void ip_neighbour_packet_free(struct ip_neighbours *cache, struct ip_neighbour_packet *packet);

/*
 * Somebody at `addr` has asked for us and told its link address: an ARP request for one of our
 * addresses, or NS, RS or RA with a source link-layer option. The entry is made if there is none.
 * `*neighbour` is NULL when there was no room. NOTHING or SEND.
 */
WARN_UNUSED enum ip_neighbour_action ip_neighbour_heard(
    struct ip_neighbours *cache, uint16_t if_index, const struct ip_addr *addr,
    const struct eth_addr *link_addr, struct ip_neighbour **neighbour, uint64_t now_us);

/*
 * An advertisement, or an ARP packet that was not for us: updates an entry by RFC 4861 7.2.5, never
 * makes one (`*neighbour` is NULL then). NOTHING or SEND.
 */
WARN_UNUSED enum ip_neighbour_action ip_neighbour_advertised(
    struct ip_neighbours *cache, uint16_t if_index, const struct ip_addr *addr,
    const struct ip_neighbour_advert *said, struct ip_neighbour **neighbour, uint64_t now_us);

/* An upper layer has made progress with the help of this neighbour (RFC 4861 7.3.1): it is
 * reachable if its address was known. */
void ip_neighbour_confirm(struct ip_neighbours *cache, struct ip_neighbour *neighbour,
                          uint64_t now_us);

/* Configures an entry that nothing on the wire changes. Returns 0 or ENOMEM; packets that waited
 * may be sent now. */
WARN_UNUSED int ip_neighbour_set_permanent(struct ip_neighbours *cache, uint16_t if_index,
                                           const struct ip_addr *addr,
                                           const struct eth_addr *link_addr);

/* Forgets an entry with all that waits for it. */
void ip_neighbour_remove(struct ip_neighbours *cache, struct ip_neighbour *neighbour);

/* An expired timer of kind IP_TIMER_NEIGHBOUR. NOTHING, SOLICIT, ASK or REPORT, about
 * `*neighbour`. */
WARN_UNUSED enum ip_neighbour_action ip_neighbour_timer(struct ip_neighbours *cache,
                                                        struct ip_timer *timer,
                                                        struct ip_neighbour **neighbour,
                                                        uint64_t now_us);

#endif
