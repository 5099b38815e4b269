/*
 * Summing 16-bit words fast.
 *
 * How it works: the ones' complement sum does not depend on how wide the words are that get added,
 * as long as carries come back in at the low end, nor on byte order, except that the result is
 * swapped (RFC 1071 2 (B), 2 (C)). So both paths add native words as wide as they can, fold to 16
 * bits, and swap once at the end on little-endian machines.
 *
 *   sum_words  four independent chains of 64-bit adds, their carries counted; runs anywhere
 *   sum_avx2   words made signed by taking 32768 off each (a flip of the top bit), which lets one
 *              multiply-add by 1 widen and add them in pairs; what was taken off is added at the
 * end
 *
 * sum_avx2 clears the upper halves of the vector registers before it returns. Compilers do so on
 * their own, but not all of them in a function that has AVX by attribute; left dirty, each SSE
 * instruction that follows, as in any copy of a struct, waits for what came before it.
 *
 * The wide path is taken for long runs only: a header is done before its set-up pays. Whether the
 * CPU has AVX2 is a load from a table that the compiler's run-time library filled in at start.
 *
 * References: RFC 1071, RFC 8200 8.1.
 */
#include "wire/checksum.h"

#include "base/bytes.h"

/* The one place that knows about kinds of CPU. */
#if defined(__x86_64__) || defined(__i386__)
#define CHECKSUM_HAS_AVX2 1
#include <immintrin.h>
#else
#define CHECKSUM_HAS_AVX2 0
#endif

/* What 32-bit lanes take without overflow, all chains added: 2^18 bytes are 2^17 words, of at most
 * 2^15 each, in 8 lanes: 2^29. */
#define AVX2_BYTES_MAX ((size_t)1 << 18)

/* Below this many bytes sum_words is as fast. */
#define CHECKSUM_WIDE_BYTES_MIN 128

/* Adds the 16-bit pieces of `sum` until 16 bits are left. 0 stays 0; no other sum becomes 0. */
static uint32_t fold64(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* a + b, with the carry back in at the low end. */
static uint64_t add_around(uint64_t a, uint64_t b)
{
    const uint64_t sum = a + b;
    return sum + (sum < a);
}

static uint64_t load64(const uint8_t *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* The last 0 to 7 bytes: each piece begins at an even position, so any width may be added. */
static uint64_t load_rest(const uint8_t *p, size_t len)
{
    uint32_t word = 0;
    uint16_t half = 0;
    uint8_t last[2] = {0, 0};
    uint16_t last_half;
    if (len & 4) {
        memcpy(&word, p, 4);
        p += 4;
    }
    if (len & 2) {
        memcpy(&half, p, 2);
        p += 2;
    }
    if (len & 1) last[0] = *p;
    memcpy(&last_half, last, 2);
    return (uint64_t)word + half + last_half;
}

/* The sum of native words, as 64 bits. */
static uint64_t sum_words(const uint8_t *p, size_t len)
{
    uint64_t chain[4] = {0, 0, 0, 0};
    uint64_t carries = 0;
    for (; len >= 32; p += 32, len -= 32) {
        carries += __builtin_add_overflow(chain[0], load64(p), &chain[0]);
        carries += __builtin_add_overflow(chain[1], load64(p + 8), &chain[1]);
        carries += __builtin_add_overflow(chain[2], load64(p + 16), &chain[2]);
        carries += __builtin_add_overflow(chain[3], load64(p + 24), &chain[3]);
    }
    uint64_t sum = add_around(add_around(chain[0], chain[1]), add_around(chain[2], chain[3]));
    sum = add_around(sum, carries);
    for (; len >= 8; p += 8, len -= 8) {
        sum = add_around(sum, load64(p));
    }
    return len > 0 ? add_around(sum, load_rest(p, len)) : sum;
}

#if CHECKSUM_HAS_AVX2
/* The 16-bit words of one vector, each less 32768, in pairs added to the 32-bit lanes of `sum`. */
__attribute__((target("avx2"), always_inline)) static inline __m256i add_words(__m256i sum,
                                                                               const uint8_t *p)
{
    const __m256i bias = _mm256_set1_epi16(INT16_MIN);
    const __m256i words = _mm256_xor_si256(_mm256_loadu_si256((const void *)p), bias);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(words, _mm256_set1_epi16(1)));
}

/* 32 bytes from here + n on: all but the last n are 0. */
static const uint8_t last_bytes_mask[64] = {[32] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff,        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* The 32-bit lanes, added up. */
__attribute__((target("avx2"), always_inline)) static inline int64_t add_lanes(__m256i lanes)
{
    const __m256i wide =
        _mm256_add_epi64(_mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes)),
                         _mm256_cvtepi32_epi64(_mm256_extracti128_si256(lanes, 1)));
    int64_t lane[4];
    _mm256_storeu_si256((void *)lane, wide);
    return lane[0] + lane[1] + lane[2] + lane[3];
}

/* The same with four vectors a step; `len` is 32 at least and AVX2_BYTES_MAX at most. */
__attribute__((target("avx2"))) static uint64_t sum_avx2(const uint8_t *p, size_t len)
{
    const __m256i bias = _mm256_set1_epi16(INT16_MIN);
    __m256i chain[4] = {_mm256_setzero_si256(), _mm256_setzero_si256(), _mm256_setzero_si256(),
                        _mm256_setzero_si256()};
    const uint8_t *const end = p + len / 2 * 2;
    for (; end - p >= 128; p += 128) {
        chain[0] = add_words(chain[0], p);
        chain[1] = add_words(chain[1], p + 32);
        chain[2] = add_words(chain[2], p + 64);
        chain[3] = add_words(chain[3], p + 96);
    }
    for (; end - p >= 32; p += 32) chain[0] = add_words(chain[0], p);
    /* the words that are left are the last of the last 32 bytes */
    const __m256i mask = _mm256_loadu_si256((const void *)(last_bytes_mask + (end - p)));
    const __m256i words = _mm256_xor_si256(_mm256_loadu_si256((const void *)(end - 32)), bias);
    chain[1] = _mm256_add_epi32(
        chain[1], _mm256_madd_epi16(_mm256_and_si256(words, mask), _mm256_set1_epi16(1)));
    int64_t sum = add_lanes(_mm256_add_epi32(_mm256_add_epi32(chain[0], chain[1]),
                                             _mm256_add_epi32(chain[2], chain[3])));
    _mm256_zeroupper();
    sum += (int64_t)(len / 2) * 32768; /* what was taken off each word */
    if (len & 1) sum += *end;          /* x86 is little-endian: the low byte of a word */
    return (uint64_t)sum;
}

static uint64_t sum_bytes(struct span data)
{
    if (data.len < CHECKSUM_WIDE_BYTES_MIN || !__builtin_cpu_supports("avx2")) {
        return sum_words(data.data, data.len);
    }
    uint64_t sum = 0;
    for (; data.len > AVX2_BYTES_MAX; data = span_slice(data, AVX2_BYTES_MAX, SIZE_MAX)) {
        sum = add_around(sum, sum_avx2(data.data, AVX2_BYTES_MAX));
    }
    return add_around(sum, sum_avx2(data.data, data.len));
}
#else
static uint64_t sum_bytes(struct span data) { return sum_words(data.data, data.len); }
#endif

/* A folded native sum as a sum of words in network order. */
static uint32_t to_network_order(uint32_t folded)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return __builtin_bswap16((uint16_t)folded);
#else
    return folded;
#endif
}

/* `sum` in 17 bits, so that one more 16-bit piece can be added for ever. */
static uint32_t reduce(uint32_t sum) { return (sum & 0xffff) + (sum >> 16); }

uint32_t checksum_add(uint32_t sum, struct span data)
{
    return reduce(sum) + to_network_order(fold64(sum_bytes(data)));
}

uint32_t checksum_add_portable(uint32_t sum, struct span data)
{
    return reduce(sum) + to_network_order(fold64(sum_words(data.data, data.len)));
}

uint32_t checksum_gather(uint32_t sum, const struct gather *bytes, uint32_t offset, uint32_t len)
{
    ASSERT(offset <= bytes->len_bytes && len <= bytes->len_bytes - offset);
    size_t skip = offset;
    size_t left = len;
    bool at_odd = false;
    for (uint32_t i = 0; i < bytes->parts && left > 0; i++) {
        if (skip >= bytes->part[i].len) {
            skip -= bytes->part[i].len;
            continue;
        }
        const struct span piece = span_slice(bytes->part[i], skip, left);
        uint32_t piece_sum = to_network_order(fold64(sum_bytes(piece)));
        /* A piece at an odd position adds high bytes as low ones: its sum is the swapped one. */
        if (at_odd) piece_sum = __builtin_bswap16((uint16_t)piece_sum);
        sum = reduce(sum) + piece_sum;
        at_odd ^= (piece.len & 1) != 0;
        left -= piece.len;
        skip = 0;
    }
    return sum;
}

uint32_t checksum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                         uint32_t len)
{
    /* The mapped form puts 0xffff before an IPv4 address, which is another zero to this sum: both
     * versions can be added whole. Only a sum of nothing but zeros would tell, and protocol and
     * length are not zero. */
    uint64_t sum = add_around(load64(src->bytes), load64(src->bytes + 8));
    sum = add_around(sum, add_around(load64(dst->bytes), load64(dst->bytes + 8)));
    return to_network_order(fold64(sum)) + reduce(reduce((len >> 16) + (len & 0xffff) + protocol));
}
