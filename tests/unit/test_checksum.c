/*
 * wire/checksum against a sum written the slow way, on every length, alignment and split that
 * matters to the fast paths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "wire/checksum.h"

static uint8_t buffer[70000];

/* RFC 1071 4.1, word by word. */
static uint16_t slow_sum(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < len; i++) {
        sum += i % 2 == 0 ? (uint64_t)p[i] << 8 : p[i];
    }
    while (sum >> 16 != 0) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static void fill(uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    for (size_t i = 0; i < sizeof buffer; i++) {
        buffer[i] = (uint8_t)rng_u32(&rng);
    }
}

static void test_example_of_rfc_1071(void **state)
{
    (void)state;
    const uint8_t data[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    assert_int_equal(checksum_fold(checksum_add(0, span_of(data, 8))), 0xddf2);
    assert_int_equal(checksum_finish(checksum_add(0, span_of(data, 8))), 0x220d);
}

static void test_every_length_and_alignment(void **state)
{
    (void)state;
    fill(1);
    for (size_t len = 0; len < 600; len++) {
        for (size_t at = 0; at < 9; at++) {
            const struct span data = span_of(buffer + at, len);
            const uint16_t want = slow_sum(buffer + at, len);
            assert_int_equal(checksum_fold(checksum_add(0, data)), want);
            assert_int_equal(checksum_fold(checksum_add_portable(0, data)), want);
        }
    }
}

static void test_long_runs_of_ones_do_not_overflow(void **state)
{
    (void)state;
    memset(buffer, 0xff, sizeof buffer);
    const struct span all = span_of(buffer, 65536);
    assert_int_equal(checksum_fold(checksum_add(0, all)), 0xffff);
    assert_int_equal(checksum_fold(checksum_add_portable(0, all)), 0xffff);
    uint32_t sum = 0;
    for (int i = 0; i < 200000; i++) {
        sum = checksum_add(sum, span_of(buffer, 64));
        assert_true(sum < 1u << 17);
    }
    assert_int_equal(checksum_fold(sum), 0xffff);
}

static void test_zeros_sum_to_zero(void **state)
{
    (void)state;
    memset(buffer, 0, sizeof buffer);
    assert_int_equal(checksum_fold(checksum_add(0, span_of(buffer, 1500))), 0);
    assert_int_equal(checksum_finish(0), 0xffff);
}

static void test_gather_equals_one_run_however_it_is_split(void **state)
{
    (void)state;
    struct rng rng;
    fill(2);
    rng_seed(&rng, 3);
    for (int round = 0; round < 2000; round++) {
        struct gather bytes;
        size_t len = 0;
        gather_init(&bytes);
        for (int i = 0; i < GATHER_PARTS_MAX; i++) {
            const uint64_t scale = rng_below(&rng, 8) == 0 ? 20 : 1;
            const size_t part = (size_t)(rng_below(&rng, 40) * scale);
            assert_true(gather_add(&bytes, span_of(buffer + len, part)));
            len += part;
        }
        const uint32_t offset = (uint32_t)rng_below(&rng, len + 1);
        const uint32_t count = (uint32_t)rng_below(&rng, len - offset + 1);
        const uint16_t want = slow_sum(buffer + offset, count);
        assert_int_equal(checksum_fold(checksum_gather(0, &bytes, offset, count)), want);
    }
}

static void test_pseudo_header_ip4(void **state)
{
    (void)state;
    const struct ip_addr src = ip_addr_from_v4(0x0a000264);
    const struct ip_addr dst = ip_addr_from_v4(0xc0a8fffe);
    const uint8_t pseudo[12] = {10, 0, 2, 100, 192, 168, 255, 254, 0, 6, 0x05, 0xc8};
    assert_int_equal(checksum_fold(checksum_pseudo(&src, &dst, 6, 0x5c8)), slow_sum(pseudo, 12));
}

static void test_pseudo_header_ip6(void **state)
{
    (void)state;
    uint8_t pseudo[40] = {0};
    fill(4);
    memcpy(pseudo, buffer, 32);
    put_be32(pseudo + 32, 0x12345);
    pseudo[39] = 58;
    const struct ip_addr src = ip_addr_from_v6(buffer);
    const struct ip_addr dst = ip_addr_from_v6(buffer + 16);
    const uint16_t want = slow_sum(pseudo, 40);
    assert_int_equal(checksum_fold(checksum_pseudo(&src, &dst, 58, 0x12345)), want);
}

static void test_transport_good_and_every_bit_flip_bad(void **state)
{
    (void)state;
    struct gather bytes;
    const struct ip_addr src = ip_addr_from_v4(0x0a000001);
    const struct ip_addr dst = ip_addr_from_v4(0x0a000002);
    fill(5);
    put_be16(buffer + 16, 0);
    gather_init(&bytes);
    assert_true(gather_add(&bytes, span_of(buffer, 33)));
    assert_true(gather_add(&bytes, span_of(buffer + 33, 58)));
    const uint32_t sum = checksum_pseudo(&src, &dst, 6, 91);
    put_be16(buffer + 16, checksum_finish(checksum_gather(sum, &bytes, 0, 91)));
    assert_true(checksum_transport_is_good(&src, &dst, 6, &bytes, 0, 91));
    for (size_t bit = 0; bit < 91 * 8u; bit++) {
        buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(checksum_transport_is_good(&src, &dst, 6, &bytes, 0, 91));
        buffer[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_false(checksum_transport_is_good(&src, &dst, 17, &bytes, 0, 91));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_of_rfc_1071),
        cmocka_unit_test(test_every_length_and_alignment),
        cmocka_unit_test(test_long_runs_of_ones_do_not_overflow),
        cmocka_unit_test(test_zeros_sum_to_zero),
        cmocka_unit_test(test_gather_equals_one_run_however_it_is_split),
        cmocka_unit_test(test_pseudo_header_ip4),
        cmocka_unit_test(test_pseudo_header_ip6),
        cmocka_unit_test(test_transport_good_and_every_bit_flip_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
