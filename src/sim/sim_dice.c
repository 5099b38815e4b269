/*
 * Chance by index: a counter-based generator, the mixing of base/hash over stream and index.
 */
#include "sim/sim_dice.h"

#include <string.h>

#include "base/hash.h"

#define PPM_ALL  1000000u
#define GOLDEN   UINT64_C(0x9e3779b97f4a7c15)
#define NAME_KEY UINT64_C(0x766974726f2d7369)

struct sim_dice sim_dice_make(uint64_t seed, const char *name)
{
    const struct hash_key key = {.k0 = seed, .k1 = NAME_KEY};
    return (struct sim_dice){.stream = hash_sip13(&key, name, strlen(name))};
}

uint64_t sim_dice_u64(struct sim_dice dice, uint64_t index, uint32_t draw)
{
    const uint64_t packet = hash_mix64(dice.stream + index * GOLDEN);
    return hash_mix64(packet + ((uint64_t)draw + 1) * GOLDEN);
}

uint64_t sim_dice_below(struct sim_dice dice, uint64_t index, uint32_t draw, uint64_t n)
{
    return n == 0 ? 0 : sim_dice_u64(dice, index, draw) % n;
}

bool sim_dice_chance(struct sim_dice dice, uint64_t index, uint32_t draw, uint32_t ppm)
{
    return sim_dice_below(dice, index, draw, PPM_ALL) < ppm;
}
