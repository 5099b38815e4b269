/*
 * What will happen to each packet of one direction: chance and exact faults, decided together.
 *
 * A fate depends on the seed, the direction, the packet's index and its kinds, and on nothing that
 * happens to the packet or around it: not on queues, cuts or the time. So the same seed strikes the
 * same packets, whatever other faults are switched on.
 */
#ifndef VITRO_SIM_FATE_H
#define VITRO_SIM_FATE_H

#include "sim/sim_dice.h"
#include "sim/sim_fault.h"

/* Exact faults of one direction, at most. */
#define SIM_RULES_MAX 16

/* Random faults of one direction. Chances are in parts per million of packets. */
struct sim_chances {
    uint32_t loss_ppm;
    /* Gilbert and Elliott's bursts: into the bad state, out of it, and loss while in it. */
    uint32_t burst_enter_ppm, burst_leave_ppm, burst_loss_ppm;
    uint32_t reorder_ppm; /* arrive later by reorder_us, and are overtaken */
    uint64_t reorder_us;
    uint32_t duplicate_ppm;
    uint32_t corrupt_ppm; /* one bit, or some bits of one byte, behind the link header */
    uint32_t mark_ppm;    /* congestion experienced, on packets that can say so (RFC 3168) */
    uint64_t jitter_us;   /* 0 to this much later, in order all the same */
};

struct sim_fate {
    uint32_t faults;    /* a bit (1 << SIM_FAULT_...) for each that strikes */
    const char *rule;   /* text of the first exact fault that strikes, or NULL */
    uint64_t jitter_us; /* later, like all behind it */
    uint64_t late_us;   /* later, and overtaken: reordering and exact delays */
    bool swaps;         /* exact reordering: arrives right behind the next packet */
};

enum sim_stream {
    SIM_STREAM_LOSS,
    SIM_STREAM_BURST,
    SIM_STREAM_REORDER,
    SIM_STREAM_DUPLICATE,
    SIM_STREAM_CORRUPT,
    SIM_STREAM_MARK,
    SIM_STREAM_JITTER,
    SIM_STREAM_COUNT,
};

struct sim_fates {
    enum sim_end from;
    struct sim_chances chances;
    struct sim_dice dice[SIM_STREAM_COUNT];
    bool in_burst;
    uint64_t seen[SIM_KIND_COUNT]; /* packets of each kind so far */
    uint32_t rule_count;
    struct sim_rule rule[SIM_RULES_MAX];
};

/* Makes ready to decide on what `from` sends, with one random stream for each fault. */
void sim_fates_init(struct sim_fates *fates, uint64_t seed, enum sim_end from,
                    const struct sim_chances *chances);

/* Adds an exact fault, which counts packets from the first on; false: SIM_RULES_MAX are there. */
WARN_UNUSED bool sim_fates_add(struct sim_fates *fates, const struct sim_rule *rule);

/* Decides on packet `index`. To be asked once for each, in order. */
struct sim_fate sim_fates_decide(struct sim_fates *fates, uint64_t index, uint32_t kinds);

/*
 * Alters a packet as SIM_FAULT_CORRUPT does: some bits of one byte at or behind `from_offset`, few
 * and near enough together for any Internet checksum to notice.
 */
void sim_fates_corrupt(const struct sim_fates *fates, uint64_t index, struct span_mut packet,
                       size_t from_offset);

#endif
