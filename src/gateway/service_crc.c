/*
 * CRC-32, least significant bit first, polynomial 0xedb88320.
 *
 * By tables, sixteen bytes a step: table[n][b] is what byte b does to the checksum with n zero
 * bytes behind it. Where the processor multiplies without carry (PCLMULQDQ), four accumulators of
 * 16 bytes are moved on by 64 bytes a step: moving a remainder on by a distance is multiplying it
 * with x to the power of that distance. What is left in them at the end has the same remainder as
 * all that went in, so it goes through the tables as 64 ordinary bytes: no reduction is needed.
 *
 * References: ISO 3309; V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using
 * PCLMULQDQ".
 */
#include "gateway/service_crc.h"

#include "base/bytes.h"

#define POLYNOMIAL 0xedb88320u

#if defined(__x86_64__) && defined(__GNUC__)
#define HAS_CLMUL 1
#include <immintrin.h>
#endif

void service_crc_init(struct service_crc *crc)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (POLYNOMIAL & (0u - (rest & 1)));
        crc->table[0][byte] = rest;
    }
    for (uint32_t zeros = 1; zeros < 16; zeros++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            const uint32_t rest = crc->table[zeros - 1][byte];
            crc->table[zeros][byte] = rest >> 8 ^ crc->table[0][rest & 0xff];
        }
    }
#ifdef HAS_CLMUL
    crc->has_clmul = __builtin_cpu_supports("pclmul") != 0;
#else
    crc->has_clmul = false;
#endif
}

/* Four bytes of a step, `zeros` bytes before its end. */
static inline uint32_t four(const struct service_crc *crc, uint32_t word, uint32_t zeros)
{
    return crc->table[zeros + 3][word & 0xff] ^ crc->table[zeros + 2][word >> 8 & 0xff] ^
           crc->table[zeros + 1][word >> 16 & 0xff] ^ crc->table[zeros][word >> 24];
}

/* `rest` is the inverted checksum, as everywhere below. */
static uint32_t by_tables(const struct service_crc *crc, uint32_t rest, const uint8_t *data,
                          size_t len)
{
    for (; len >= 16; data += 16, len -= 16) {
        rest = four(crc, get_le32(data) ^ rest, 12) ^ four(crc, get_le32(data + 4), 8) ^
               four(crc, get_le32(data + 8), 4) ^ four(crc, get_le32(data + 12), 0);
    }
    for (; len > 0; data++, len--) rest = rest >> 8 ^ crc->table[0][(rest ^ *data) & 0xff];
    return rest;
}

#ifdef HAS_CLMUL
/* x^(64 * 8 + 32) and x^(64 * 8 - 32) modulo the polynomial, bits reversed, for the two halves. */
#define FOLD_LOW  0x0154442bd4
#define FOLD_HIGH 0x01c6e41596

/* Moves an accumulator on by 64 bytes and adds what lies there. */
__attribute__((target("pclmul,sse2"))) static inline __m128i fold(__m128i sum, __m128i next)
{
    const __m128i by = _mm_set_epi64x(FOLD_HIGH, FOLD_LOW);
    const __m128i low = _mm_clmulepi64_si128(sum, by, 0x00);
    const __m128i high = _mm_clmulepi64_si128(sum, by, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse2"))) static inline __m128i load(const uint8_t *data)
{
    return _mm_loadu_si128((const __m128i *)(const void *)data);
}

/* `len` is a multiple of 64, and at least that. */
__attribute__((target("pclmul,sse2"))) static uint32_t by_clmul(const struct service_crc *crc,
                                                                uint32_t rest, const uint8_t *data,
                                                                size_t len)
{
    __m128i a = _mm_xor_si128(load(data), _mm_cvtsi32_si128((int)rest));
    __m128i b = load(data + 16), c = load(data + 32), d = load(data + 48);
    while ((len -= 64) > 0) {
        data += 64;
        a = fold(a, load(data));
        b = fold(b, load(data + 16));
        c = fold(c, load(data + 32));
        d = fold(d, load(data + 48));
    }
    uint8_t left[64];
    _mm_storeu_si128((__m128i *)(void *)left, a);
    _mm_storeu_si128((__m128i *)(void *)(left + 16), b);
    _mm_storeu_si128((__m128i *)(void *)(left + 32), c);
    _mm_storeu_si128((__m128i *)(void *)(left + 48), d);
    return by_tables(crc, 0, left, sizeof left);
}
#endif

uint32_t service_crc_add(const struct service_crc *crc, uint32_t before, const uint8_t *data,
                         size_t len)
{
    uint32_t rest = ~before;
#ifdef HAS_CLMUL
    const size_t bulk = len & ~(size_t)63;
    if (crc->has_clmul && bulk > 0) {
        rest = by_clmul(crc, rest, data, bulk);
        data += bulk;
        len -= bulk;
    }
#endif
    return ~by_tables(crc, rest, data, len);
}
