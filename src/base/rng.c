/*
 * xoshiro256**: 256 bits of state, 64 out per step, passes what is known of statistical tests.
 *
 * The state must not be all zero. It is filled by splitmix64, which counts in steps of an odd
 * constant and mixes each count one to one: four counts in a row are different, so at most one of
 * the four words can be zero.
 *
 * References: Blackman and Vigna, "Scrambled linear pseudorandom number generators".
 */
#include "base/rng.h"

#include "base/hash.h"

/* The step of splitmix64: 2^64 divided by the golden ratio, made odd. */
#define RNG_SEED_STEP 0x9e3779b97f4a7c15u

#define RNG_MILLION 1000000u

static inline uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

void rng_seed(struct rng *r, uint64_t seed)
{
    for (size_t i = 0; i < ARRAY_COUNT(r->state); i++) {
        seed += RNG_SEED_STEP;
        r->state[i] = hash_mix64(seed);
    }
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t *s = r->state;
    uint64_t out = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return out;
}

uint32_t rng_u32(struct rng *r) { return (uint32_t)(rng_u64(r) >> 32); }

uint64_t rng_below(struct rng *r, uint64_t n)
{
    ASSERT(n > 0);
    /* 2^64 is rarely a multiple of n. Numbers under 2^64 mod n are drawn again: those that remain
     * fall on every remainder equally often. For small n that happens practically never. */
    uint64_t lowest = (0 - n) % n;
    uint64_t x = rng_u64(r);
    while (x < lowest) x = rng_u64(r);
    return x % n;
}

uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi)
{
    ASSERT(lo <= hi);
    uint64_t n = hi - lo + 1;
    return n == 0 ? rng_u64(r) : lo + rng_below(r, n); /* 0: all 2^64 numbers */
}

bool rng_chance_ppm(struct rng *r, uint32_t ppm) { return rng_below(r, RNG_MILLION) < ppm; }
