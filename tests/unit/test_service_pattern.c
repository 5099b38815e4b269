/*
 * Endless text: the formulas that users are told, from any offset.
 */
#include "gateway/service_pattern.h"
#include "support.h"

static uint8_t byte_of(uint64_t i)
{
    const uint32_t k = (uint32_t)(i % 3904);
    return k % 64 == 63 ? 10 : (uint8_t)(33 + k * k / 7 % 94);
}

static void test_bytes_are_as_documented(void **state)
{
    (void)state;
    static struct service_pattern pattern;
    static uint8_t copy[40000];
    service_pattern_bytes(&pattern);
    static const uint64_t offsets[] = {0, 1, 3903, 3904, 16384, 99999999999};
    for (size_t i = 0; i < ARRAY_COUNT(offsets); i++) {
        service_pattern_copy(&pattern, offsets[i], copy, sizeof copy);
        for (size_t k = 0; k < sizeof copy; k++) {
            assert_int_equal(copy[k], byte_of(offsets[i] + k));
        }
    }
}

static void test_chargen_shifts_each_line(void **state)
{
    (void)state;
    static struct service_pattern pattern;
    static uint8_t copy[SERVICE_CHARGEN_PERIOD + 74];
    service_pattern_chargen(&pattern);
    service_pattern_copy(&pattern, 0, copy, sizeof copy);
    assert_memory_equal(copy, " !\"#$%&'()*+,-./0123456789", 26);
    assert_memory_equal(copy + 72, "\r\n!\"#", 5);
    assert_memory_equal(copy + SERVICE_CHARGEN_PERIOD, copy, 74);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_are_as_documented),
        cmocka_unit_test(test_chargen_shifts_each_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
