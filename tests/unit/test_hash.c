/*
 * SipHash against published values and against another implementation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static void bytes_counting_up(uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)i;
}

/* The vectors that came with SipHash: key 00..0f, input 00.. of each length from 0. */
static void test_sip24_gives_the_published_values(void **state)
{
    (void)state;
    const struct hash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    const uint64_t expected[] = {
        0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au, 0x85676696d7fb7e2du,
        0xcf2794e0277187b7u, 0x18765564cd99a68du, 0xcbc9466e58fee3ceu, 0xab0200f58b01d137u,
        0x93f5f5799a932462u, 0x9e0082df0ba9e4b0u,
    };
    uint8_t input[64];
    bytes_counting_up(input, sizeof(input));
    for (size_t len = 0; len < ARRAY_COUNT(expected); len++)
        assert_int_equal(hash_sip24(&key, input, len), expected[len]);
    /* The example of the paper's appendix A. */
    assert_int_equal(hash_sip24(&key, input, 15), 0xa129ca6149be45e5u);
}

/* As Python 3.11 and later hash bytes under PYTHONHASHSEED=0, which is the key of zeros. */
static void test_sip13_agrees_with_another_implementation(void **state)
{
    (void)state;
    const struct hash_key key = {0, 0};
    const struct {
        size_t len;
        uint64_t hash;
    } expected[] = {
        {1, 0x68a914128e01e473u},  {2, 0x010bac45c41e3669u},  {7, 0x2f098ab0c751325au},
        {8, 0xead411e67ebe2eeau},  {9, 0x75927f9d95124362u},  {15, 0xf30eb725bb91c9eau},
        {16, 0x8972188433a5c5b7u}, {36, 0xac77921fcc642bd3u}, {63, 0x385d3e39e5f37359u},
    };
    uint8_t input[64];
    bytes_counting_up(input, sizeof(input));
    for (size_t i = 0; i < ARRAY_COUNT(expected); i++)
        assert_int_equal(hash_sip13(&key, input, expected[i].len), expected[i].hash);
}

static void test_alignment_does_not_matter(void **state)
{
    (void)state;
    const struct hash_key key = {1, 2};
    uint8_t input[80];
    bytes_counting_up(input, 36);
    uint64_t hash = hash_sip13(&key, input, 36);
    for (size_t shift = 1; shift < 9; shift++) {
        bytes_counting_up(input + shift, 36);
        assert_int_equal(hash_sip13(&key, input + shift, 36), hash);
    }
}

static void test_every_bit_of_key_and_input_counts(void **state)
{
    (void)state;
    const struct hash_key key = {3, 4};
    uint8_t input[36] = {0};
    uint64_t hash = hash_sip13(&key, input, sizeof(input));
    for (size_t bit = 0; bit < sizeof(input) * 8; bit++) {
        input[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(hash_sip13(&key, input, sizeof(input)), hash);
        input[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        const struct hash_key other0 = {3 ^ (uint64_t)1 << bit, 4};
        const struct hash_key other1 = {3, 4 ^ (uint64_t)1 << bit};
        assert_int_not_equal(hash_sip13(&other0, input, sizeof(input)), hash);
        assert_int_not_equal(hash_sip13(&other1, input, sizeof(input)), hash);
    }
}

/* The finisher of splitmix64: the first numbers of that generator from seed 1234567. */
static void test_mix_gives_known_values(void **state)
{
    (void)state;
    uint64_t count = 1234567;
    assert_int_equal(hash_mix64(count += 0x9e3779b97f4a7c15u), 6457827717110365317u);
    assert_int_equal(hash_mix64(count += 0x9e3779b97f4a7c15u), 3203168211198807973u);
    assert_int_equal(hash_mix64(count + 0x9e3779b97f4a7c15u), 9817491932198370423u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sip24_gives_the_published_values),
        cmocka_unit_test(test_sip13_agrees_with_another_implementation),
        cmocka_unit_test(test_alignment_does_not_matter),
        cmocka_unit_test(test_every_bit_of_key_and_input_counts),
        cmocka_unit_test(test_mix_gives_known_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
