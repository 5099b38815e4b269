/*
 * The simulated wire: two ends, and in each direction delay, rate, loss and everything else that
 * networks do to packets.
 *
 *     A sends -> [cut? too big?] -> queue, rate -> faults -> delay -> [cut?] -> B receives
 *                 seen at the sender                          seen at the receiver
 *
 * The wire knows frames, not stacks: what arrives goes to a callback. Super-segments are cut to the
 * packets of the wire before anything is decided, so faults strike what a real network would carry.
 * The wire keeps copies of what is in flight; a sender's bytes may go when sim_wire_send() returns.
 *
 * The same configuration and the same frames at the same times give the same run.
 */
#ifndef VITRO_SIM_WIRE_H
#define VITRO_SIM_WIRE_H

#include "base/drop.h"
#include "base/list.h"
#include "sim/sim_clock.h"
#include "sim/sim_fate.h"
#include "sim/sim_packet.h"
#include "wire/frame.h"
#include "wire/ip_addr.h"

/* Times at which one direction is cut, at most. */
#define SIM_CUTS_MAX 8

/* No packet of this direction arrives that was sent, or would arrive, from `from_us` on and before
 * `to_us`; TIME_NEVER: for good. */
struct sim_cut {
    uint64_t from_us, to_us;
};

/* What happens to IP packets above the MTU of the wire. */
enum sim_too_big {
    SIM_TOO_BIG_VANISHES, /* a black hole */
    SIM_TOO_BIG_ROUTER,   /* an ICMP error tells the sender; IPv4 without DF is fragmented */
};

/* One direction. All zero: an ideal wire, without delay or limit. */
struct sim_way_config {
    uint64_t delay_us;      /* from one end to the other, beside the time that the rate takes */
    uint64_t rate_bits;     /* a second; 0: infinite */
    uint32_t queue_bytes;   /* what may wait to be sent, with a rate; 0: no limit */
    uint32_t queue_packets; /* the same in packets; 0: no limit */
    uint32_t mtu_bytes;     /* largest IP packet; 0: no limit */
    enum sim_too_big too_big;
    struct sim_chances chances;
    uint32_t cut_count;
    struct sim_cut cut[SIM_CUTS_MAX];
};

struct sim_wire_config {
    uint64_t seed; /* of all random streams */
    enum frame_link link;
    bool keeps_supers; /* super-segments travel whole, as one packet: memory, not a network */
    struct ip_addr router4, router6; /* who answers what is too big; unspecified: 192.0.2.254 and
                                        2001:db8::fe */
    struct sim_way_config way[SIM_ENDS]; /* by the end that sends */
};

/* Where a packet is seen. */
enum sim_point {
    SIM_AT_SENDER,   /* when it is sent, unharmed, its fate already known */
    SIM_AT_RECEIVER, /* when it arrives, as it arrives */
};

/* A packet passing a watch point. It lives until the callback returns. */
struct sim_sighting {
    uint64_t now_us;
    enum sim_end from; /* the direction: who sent it */
    enum sim_point point;
    uint64_t index; /* of this direction, from 1; the two of a duplicated packet have the same */
    struct span bytes;
    enum frame_link link;
    uint16_t segment_bytes; /* of a super-segment on a wire that keeps them, else 0 */
    enum drop_reason drop;  /* DROP_NONE: it arrives, or will (if it is not cut on the way) */
    uint32_t faults;        /* what struck it: a bit (1 << SIM_FAULT_...) each */
    const char *rule;       /* the exact fault among them as it was written, or NULL */
    bool is_copy;           /* receiver: the second one of a duplicated packet */
    bool from_router;       /* an ICMP error of the router */
};

/* Somebody who sees all packets at all points; a field of what it is for. */
struct sim_watch {
    struct list link;
    void (*seen)(struct sim_watch *watch, const struct sim_sighting *sighting);
};

/* What one direction has done. */
struct sim_way_stats {
    uint64_t packets, bytes;          /* sent, copies not counted */
    uint64_t arrived;                 /* copies counted */
    uint64_t struck[SIM_FAULT_COUNT]; /* packets by fault; one may count under several */
    uint64_t no_memory;               /* sent and lost for want of a packet */
    uint64_t malformed;               /* super-segments that could not be cut */
};

struct sim_wire;

/* One direction; fields are private but for `stats` and `fates`. */
struct sim_way {
    struct sim_wire *wire;
    enum sim_end from;
    struct sim_way_config config;
    struct sim_fates fates;
    struct sim_way_stats stats;
    bool is_cut;           /* by sim_wire_cut() */
    uint64_t busy_ns;      /* until then the sender is busy with what is queued */
    uint64_t in_order_us;  /* arrival of the last packet that keeps its order */
    uint32_t queued_bytes; /* of the packets in `queue` */
    uint32_t queued_packets;
    struct list queue;       /* packets that have not left yet */
    struct sim_packet *held; /* waits for the next one to overtake it, or NULL */
};

struct sim_wire {
    struct sim_clock *clock;
    struct sim_wire_config config;
    void *owner;
    void (*deliver)(void *owner, enum sim_end to, const struct frame *frame, uint64_t now_us);
    struct sim_store store;
    struct list watches;
    struct sim_way way[SIM_ENDS];
};

/*
 * Makes a wire that runs by `clock` and calls deliver(owner, ...) when a packet arrives, from
 * sim_clock_run_one(). The callback may send. The wire must stay where it is.
 */
void sim_wire_init(struct sim_wire *wire, struct sim_clock *clock,
                   const struct sim_wire_config *config, void *owner,
                   void (*deliver)(void *owner, enum sim_end to, const struct frame *frame,
                                   uint64_t now_us));

/* Forgets what is in flight and gives all memory back. */
void sim_wire_deinit(struct sim_wire *wire);

/* Sends a frame from one end, now. */
void sim_wire_send(struct sim_wire *wire, enum sim_end from, const struct frame *frame);

/* Adds an exact fault to the directions it names; false: one has SIM_RULES_MAX already. */
WARN_UNUSED bool sim_wire_add_rule(struct sim_wire *wire, const struct sim_rule *rule);

/* Cuts one direction now, or heals it, beside the cuts of the configuration. */
void sim_wire_cut(struct sim_wire *wire, enum sim_end from, bool is_cut);

/* Begins to watch; those who came first see each packet first. */
void sim_wire_watch(struct sim_wire *wire, struct sim_watch *watch,
                    void (*seen)(struct sim_watch *watch, const struct sim_sighting *sighting));

/* Watches no more. */
void sim_wire_unwatch(struct sim_watch *watch);

/* Packets in flight. */
uint32_t sim_wire_in_flight(const struct sim_wire *wire);

/*
 * Writes what struck a packet: the exact fault as it was written if there is one, else the faults'
 * words, "corrupted, delayed"; empty if nothing did. Returns the length.
 */
size_t sim_sighting_format(const struct sim_sighting *sighting, char *out, size_t cap);

#endif
