/*
 * CRC-32: the standard's check value, and the same by every way and in every division.
 */
#include "gateway/service_crc.h"
#include "support.h"

#define BYTES 1000u

/* A bit at a time, as the standard describes it. */
static uint32_t by_bits(uint32_t before, const uint8_t *data, size_t len)
{
    uint32_t rest = ~before;
    for (size_t i = 0; i < len; i++) {
        rest ^= data[i];
        for (int bit = 0; bit < 8; bit++) rest = rest & 1 ? rest >> 1 ^ 0xedb88320u : rest >> 1;
    }
    return ~rest;
}

static void fill(uint8_t *data)
{
    for (uint32_t i = 0; i < BYTES; i++) data[i] = (uint8_t)(i * 2654435761u >> 13);
}

static void test_check_value(void **state)
{
    (void)state;
    static struct service_crc crc;
    service_crc_init(&crc);
    assert_int_equal(service_crc_add(&crc, 0, (const uint8_t *)"123456789", 9), 0xcbf43926);
    assert_int_equal(service_crc_add(&crc, 0, NULL, 0), 0);
}

static void test_every_length_by_every_way(void **state)
{
    (void)state;
    static struct service_crc fast, tables;
    uint8_t data[BYTES];
    fill(data);
    service_crc_init(&fast);
    service_crc_init(&tables);
    tables.has_clmul = false;
    for (size_t len = 0; len < 400; len++) {
        const uint32_t right = by_bits(0x12345678, data + len % 17, len);
        assert_int_equal(service_crc_add(&fast, 0x12345678, data + len % 17, len), right);
        assert_int_equal(service_crc_add(&tables, 0x12345678, data + len % 17, len), right);
    }
}

static void test_parts_are_as_the_whole(void **state)
{
    (void)state;
    static struct service_crc crc;
    uint8_t data[BYTES];
    fill(data);
    service_crc_init(&crc);
    const uint32_t whole = by_bits(0, data, BYTES);
    for (size_t cut = 0; cut <= BYTES; cut += 37) {
        const uint32_t first = service_crc_add(&crc, 0, data, cut);
        assert_int_equal(service_crc_add(&crc, first, data + cut, BYTES - cut), whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check_value),
        cmocka_unit_test(test_every_length_by_every_way),
        cmocka_unit_test(test_parts_are_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
