/*
 * Counters of the whole stack since it was made, and the memory it uses now.
 */
#ifndef VITRO_COUNTERS_H
#define VITRO_COUNTERS_H

#include "vitro/drop.h"
#include "vitro/export.h"

VITRO_BEGIN

struct vitro_counters {
    uint64_t frames_in, frames_out; /* of all interfaces; a super-segment counts once */
    uint64_t bytes_in, bytes_out;   /* with link headers */
    uint64_t drops[VITRO_DROP_COUNT];
    struct {
        uint64_t segments_in, segments_out; /* as on the wire: a super-segment counts as many */
        uint64_t bytes_in, bytes_out;       /* payload, retransmissions included */
        uint64_t retransmits, timeouts, fast_recoveries, spurious;
        uint64_t opened_active, opened_passive, refused, resets_in, resets_out;
        uint64_t cookies_sent, cookies_taken, challenges;
    } tcp;
    struct {
        uint64_t datagrams_in, datagrams_out;
    } udp;
    struct {
        uint64_t fragments_in, reassembled, fragments_out;
        uint64_t icmp_in, icmp_out;
        uint64_t echo_replies_out;
    } ip;
};

/* What is held now. All zero but `bytes` in a stack where nothing is going on. */
struct vitro_memory {
    uint32_t sockets;
    uint32_t connections; /* open, waiting to be accepted, or closed and not done yet */
    uint32_t listeners;
    uint32_t syn_records, time_wait_records;
    uint32_t chunks; /* buffers of 16 KiB */
    uint64_t bytes;  /* taken from the system for objects and buffers, tables not counted */
};

/* Fills in the counters. */
VITRO_API void vitro_stack_counters(const struct vitro_stack *stack,
                                    struct vitro_counters *counters);

/* Fills in what is held. */
VITRO_API void vitro_stack_memory(const struct vitro_stack *stack, struct vitro_memory *memory);

VITRO_END

#endif
