/*
 * SipHash: a keyed hash whose values an attacker who does not know the key cannot steer, so no
 * chosen set of addresses can pile up in one bucket of a table.
 *
 * Four words are stirred by additions, rotations and exclusive ors: c rounds for each 8 bytes of
 * input (read little-endian; the last word carries what remains and the length), d at the end.
 *
 * References: Aumasson and Bernstein, "SipHash: a fast short-input PRF", sections 2.1 to 2.4.
 */
#include "base/hash.h"

#include "base/bytes.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t x, unsigned bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(struct sip *s, unsigned rounds)
{
    for (unsigned i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v2 += s->v3;
        s->v1 = rotate_left(s->v1, 13) ^ s->v0;
        s->v3 = rotate_left(s->v3, 16) ^ s->v2;
        s->v0 = rotate_left(s->v0, 32);
        s->v2 += s->v1;
        s->v0 += s->v3;
        s->v1 = rotate_left(s->v1, 17) ^ s->v2;
        s->v3 = rotate_left(s->v3, 21) ^ s->v0;
        s->v2 = rotate_left(s->v2, 32);
    }
}

static inline void sip_word(struct sip *s, uint64_t word, unsigned rounds)
{
    s->v3 ^= word;
    sip_rounds(s, rounds);
    s->v0 ^= word;
}

/* The last 0 to 7 bytes, with the length in the highest byte. */
static inline uint64_t sip_last_word(const uint8_t *tail, size_t len)
{
    uint64_t word = (uint64_t)(len & 0xff) << 56;
    for (size_t i = 0; i < len % 8; i++) word |= (uint64_t)tail[i] << (8 * i);
    return word;
}

/* Always inlined, so that each caller gets loops of a known number of rounds. */
__attribute__((always_inline)) static inline uint64_t sip_hash(const struct hash_key *key,
                                                               const uint8_t *data, size_t len,
                                                               unsigned c, unsigned d)
{
    struct sip s = {
        .v0 = key->k0 ^ 0x736f6d6570736575u,
        .v1 = key->k1 ^ 0x646f72616e646f6du,
        .v2 = key->k0 ^ 0x6c7967656e657261u,
        .v3 = key->k1 ^ 0x7465646279746573u,
    };
    size_t whole = len - len % 8;
    for (size_t i = 0; i < whole; i += 8) sip_word(&s, get_le64(data + i), c);
    sip_word(&s, sip_last_word(data + whole, len), c);
    s.v2 ^= 0xff;
    sip_rounds(&s, d);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_sip13(const struct hash_key *key, const void *data, size_t len)
{
    return sip_hash(key, data, len, 1, 3);
}

uint64_t hash_sip24(const struct hash_key *key, const void *data, size_t len)
{
    return sip_hash(key, data, len, 2, 4);
}
