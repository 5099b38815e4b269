/*
 * Hashes: SipHash under a secret key for tables whose keys come from the network, and a mixer for
 * numbers that nobody hostile chooses.
 *
 * References: Aumasson and Bernstein, "SipHash: a fast short-input PRF".
 */
#ifndef VITRO_BASE_HASH_H
#define VITRO_BASE_HASH_H

#include "base/assert.h"

/* 128 secret bits, drawn once at start. */
struct hash_key {
    uint64_t k0, k1;
};

/* SipHash-1-3 of `len` bytes: for hash tables. The same on every machine. */
uint64_t hash_sip13(const struct hash_key *key, const void *data, size_t len);

/* SipHash-2-4 of `len` bytes: for values a peer sees, such as initial sequence numbers and SYN
 * cookies. The same on every machine. */
uint64_t hash_sip24(const struct hash_key *key, const void *data, size_t len);

/* Spreads `x` over 64 bits, one to one; not secret. */
static inline uint64_t hash_mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
