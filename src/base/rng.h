/*
 * Random numbers that can be had again: the same seed gives the same stream on every machine.
 *
 * For simulations, faults and tests; not for secrets. xoshiro256** with its state filled by
 * splitmix64.
 *
 * References: Blackman and Vigna, "Scrambled linear pseudorandom number generators".
 */
#ifndef VITRO_BASE_RNG_H
#define VITRO_BASE_RNG_H

#include "base/assert.h"

struct rng {
    uint64_t state[4];
};

/* Starts the stream of `seed`; any seed will do, 0 included. */
void rng_seed(struct rng *r, uint64_t seed);

/* The next 64 random bits. */
uint64_t rng_u64(struct rng *r);

/* 32 random bits. */
uint32_t rng_u32(struct rng *r);

/* A number from 0 to n - 1, each as likely as the others; n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);

/* A number from `lo` to `hi`, both included, each as likely as the others; lo <= hi. */
uint64_t rng_range(struct rng *r, uint64_t lo, uint64_t hi);

/* True `ppm` times in a million. Takes a number from the stream whatever `ppm` is, so the draws
 * that follow do not depend on it. */
bool rng_chance_ppm(struct rng *r, uint32_t ppm);

#endif
