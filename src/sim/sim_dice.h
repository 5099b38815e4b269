/*
 * Chance that depends on nothing but the seed, the name of what is decided, and the packet's index.
 *
 * A stream is a number made from the seed and a name ("a.loss": loss of what end A sends). The dice
 * for packet n of a stream are a pure function of both, so they fall the same whatever else is
 * switched on: adding a fault never moves the decisions of another, and packet n can be asked about
 * alone.
 */
#ifndef VITRO_SIM_DICE_H
#define VITRO_SIM_DICE_H

#include "base/assert.h"

struct sim_dice {
    uint64_t stream;
};

/* The stream of this seed and name. */
struct sim_dice sim_dice_make(uint64_t seed, const char *name);

/* 64 random bits: throw number `draw` (from 0) for packet `index`. */
uint64_t sim_dice_u64(struct sim_dice dice, uint64_t index, uint32_t draw);

/* A number from 0 to n - 1; 0 for n = 0. */
uint64_t sim_dice_below(struct sim_dice dice, uint64_t index, uint32_t draw, uint64_t n);

/* True `ppm` times in a million. What falls for a small `ppm` falls for a larger one too. */
bool sim_dice_chance(struct sim_dice dice, uint64_t index, uint32_t draw, uint32_t ppm);

#endif
