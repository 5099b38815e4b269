/*
 * Packets in flight: whole copies of what went onto a wire, from pools of four sizes.
 */
#ifndef VITRO_SIM_PACKET_H
#define VITRO_SIM_PACKET_H

#include "base/list.h"
#include "base/pool.h"
#include "sim/sim_clock.h"
#include "sim/sim_fault.h"
#include "wire/frame.h"

#define SIM_STORE_SIZES 4

/* The largest packet: 65535 bytes of IP behind a link header with tags. */
#define SIM_PACKET_BYTES_MAX 65600

struct sim_way;

struct sim_packet {
    struct sim_event event; /* the next thing that happens to it: departure or arrival */
    struct list queued;     /* in the sender's queue until it has left */
    struct sim_way *way;
    uint64_t index;      /* of this direction, from 1; a copy has its original's */
    uint64_t departs_ns; /* when its last bit leaves the sender */
    const char *rule;    /* text of the exact fault that struck it, or NULL */
    uint32_t faults;     /* a bit (1 << SIM_FAULT_...) each */
    uint32_t len_bytes;
    uint16_t segment_bytes; /* of a super-segment that is not cut, else 0 */
    bool checksum_partial;
    bool is_copy;     /* the second one of a duplicated packet */
    bool from_router; /* an ICMP error of the router, not sent by the end */
    bool is_lost;     /* takes its place in the queue and never arrives */
    uint8_t size;     /* which pool it came from */
    uint8_t bytes[];
};

struct sim_store {
    struct pool pool[SIM_STORE_SIZES];
};

/* Makes an empty store for up to `packets_max` packets of each size. */
void sim_store_init(struct sim_store *store, uint32_t packets_max);

/* Gives all memory back, packets still in use too. */
void sim_store_deinit(struct sim_store *store);

/* A packet with room for `len_bytes`, its fields but `len_bytes` zero; NULL: none left, or above
 * SIM_PACKET_BYTES_MAX. */
WARN_UNUSED struct sim_packet *sim_packet_get(struct sim_store *store, uint32_t len_bytes);

/* A second packet like `packet`, its links not set; NULL as sim_packet_get(). */
WARN_UNUSED struct sim_packet *sim_packet_copy(struct sim_store *store,
                                               const struct sim_packet *packet);

/* Gives a packet back; it must be in no queue and its event not set. */
void sim_packet_put(struct sim_store *store, struct sim_packet *packet);

/* Packets in use. */
uint32_t sim_store_in_use(const struct sim_store *store);

/* The packet's bytes. */
static inline struct span sim_packet_span(const struct sim_packet *packet)
{
    return span_of(packet->bytes, packet->len_bytes);
}

#endif
