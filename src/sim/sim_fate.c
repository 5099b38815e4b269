/*
 * Fates: every fault asks its own dice at the packet's index, whether or not another has struck.
 *
 * The state of the burst model moves with every packet, also with those that were lost otherwise.
 */
#include "sim/sim_fate.h"

#include "base/text.h"

static const char *stream_name(enum sim_stream stream)
{
    static const char *const names[SIM_STREAM_COUNT] = {
        [SIM_STREAM_LOSS] = "loss",       [SIM_STREAM_BURST] = "burst",
        [SIM_STREAM_REORDER] = "reorder", [SIM_STREAM_DUPLICATE] = "duplicate",
        [SIM_STREAM_CORRUPT] = "corrupt", [SIM_STREAM_MARK] = "mark",
        [SIM_STREAM_JITTER] = "jitter",
    };
    return names[stream];
}

void sim_fates_init(struct sim_fates *fates, uint64_t seed, enum sim_end from,
                    const struct sim_chances *chances)
{
    *fates = (struct sim_fates){.from = from, .chances = *chances};
    for (int stream = 0; stream < SIM_STREAM_COUNT; stream++) {
        char name[32];
        struct text text;
        text_init(&text, name, sizeof name);
        text_add(&text, from == SIM_A ? "a." : "b.");
        text_add(&text, stream_name((enum sim_stream)stream));
        fates->dice[stream] = sim_dice_make(seed, name);
    }
}

bool sim_fates_add(struct sim_fates *fates, const struct sim_rule *rule)
{
    if (fates->rule_count == SIM_RULES_MAX) return false;
    fates->rule[fates->rule_count++] = *rule;
    return true;
}

static bool strikes(const struct sim_fates *fates, enum sim_stream stream, uint64_t index,
                    uint32_t ppm)
{
    return ppm > 0 && sim_dice_chance(fates->dice[stream], index, 0, ppm);
}

/* Whether the burst model loses this packet; moves to its next state. */
static bool burst_strikes(struct sim_fates *fates, uint64_t index)
{
    const struct sim_chances *chances = &fates->chances;
    if (chances->burst_enter_ppm == 0 && !fates->in_burst) return false;
    const struct sim_dice dice = fates->dice[SIM_STREAM_BURST];
    const uint32_t ppm = fates->in_burst ? chances->burst_leave_ppm : chances->burst_enter_ppm;
    if (sim_dice_chance(dice, index, 0, ppm)) fates->in_burst = !fates->in_burst;
    return fates->in_burst && sim_dice_chance(dice, index, 1, chances->burst_loss_ppm);
}

static void decide_by_chance(struct sim_fates *fates, uint64_t index, struct sim_fate *fate)
{
    const struct sim_chances *chances = &fates->chances;
    if (strikes(fates, SIM_STREAM_LOSS, index, chances->loss_ppm)) {
        fate->faults |= SIM_FAULT_BIT(LOSS);
    }
    if (burst_strikes(fates, index)) fate->faults |= SIM_FAULT_BIT(BURST);
    if (strikes(fates, SIM_STREAM_REORDER, index, chances->reorder_ppm)) {
        fate->faults |= SIM_FAULT_BIT(REORDER);
        fate->late_us += chances->reorder_us;
    }
    if (strikes(fates, SIM_STREAM_DUPLICATE, index, chances->duplicate_ppm)) {
        fate->faults |= SIM_FAULT_BIT(DUPLICATE);
    }
    if (strikes(fates, SIM_STREAM_CORRUPT, index, chances->corrupt_ppm)) {
        fate->faults |= SIM_FAULT_BIT(CORRUPT);
    }
    if (strikes(fates, SIM_STREAM_MARK, index, chances->mark_ppm)) {
        fate->faults |= SIM_FAULT_BIT(MARK);
    }
    if (chances->jitter_us > 0) {
        const struct sim_dice dice = fates->dice[SIM_STREAM_JITTER];
        fate->jitter_us = sim_dice_below(dice, index, 0, chances->jitter_us + 1);
    }
}

static void decide_by_rules(const struct sim_fates *fates, uint32_t kinds, struct sim_fate *fate)
{
    for (uint32_t i = 0; i < fates->rule_count; i++) {
        const struct sim_rule *rule = &fates->rule[i];
        if ((kinds & 1u << rule->kind) == 0) continue;
        if (!sim_rule_strikes(rule, fates->from, fates->seen[rule->kind])) continue;
        fate->faults |= 1u << rule->fault;
        if (fate->rule == NULL) fate->rule = rule->text;
        if (rule->fault == SIM_FAULT_DELAY) fate->late_us += rule->delay_us;
        if (rule->fault == SIM_FAULT_REORDER) fate->swaps = true;
    }
}

struct sim_fate sim_fates_decide(struct sim_fates *fates, uint64_t index, uint32_t kinds)
{
    struct sim_fate fate = {0};
    for (int kind = 0; kind < SIM_KIND_COUNT; kind++) {
        if ((kinds & 1u << kind) != 0) fates->seen[kind]++;
    }
    decide_by_chance(fates, index, &fate);
    decide_by_rules(fates, kinds, &fate);
    return fate;
}

void sim_fates_corrupt(const struct sim_fates *fates, uint64_t index, struct span_mut packet,
                       size_t from_offset)
{
    if (from_offset >= packet.len) return;
    const struct sim_dice dice = fates->dice[SIM_STREAM_CORRUPT];
    const uint64_t at = sim_dice_below(dice, index, 1, packet.len - from_offset);
    const bool is_one_bit = sim_dice_below(dice, index, 2, 2) == 0;
    const uint64_t choice = sim_dice_u64(dice, index, 3);
    const uint8_t bits = (uint8_t)(is_one_bit ? 1u << choice % 8 : 1 + choice % 255);
    packet.data[from_offset + at] ^= bits;
}
