/*
 * Text in a fixed buffer: what fits is there, what does not is cut and noted, nothing is overrun.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"

#include <string.h>

static void test_pieces_follow_each_other(void **state)
{
    (void)state;
    char buffer[64];
    struct text t;
    text_init(&t, buffer, sizeof(buffer));
    assert_string_equal(buffer, "");
    text_add(&t, "IP ");
    text_addf(&t, "%s.%u", "10.0.2.2", 80u);
    text_add_char(&t, ':');
    text_add_char(&t, ' ');
    text_add_u64(&t, 0);
    text_add_bytes(&t, "xyz", 2);
    text_addf(&t, "%s", "");
    assert_string_equal(buffer, "IP 10.0.2.2.80: 0xy");
    assert_int_equal(t.len, strlen(buffer));
    assert_false(t.truncated);
}

static void test_numbers_in_decimal(void **state)
{
    (void)state;
    const struct {
        uint64_t value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {9, "9"},
        {10, "10"},
        {4294967296u, "4294967296"},
        {UINT64_MAX, "18446744073709551615"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        char buffer[21];
        struct text t;
        text_init(&t, buffer, sizeof(buffer));
        text_add_u64(&t, rows[i].value);
        assert_string_equal(buffer, rows[i].text);
        assert_false(t.truncated);
    }
}

/* Each way to add, into each size of buffer: the beginning is there, the byte behind is not hit. */
static void test_what_does_not_fit_is_cut(void **state)
{
    (void)state;
    const char *whole = "1234567890";
    for (size_t cap = 1; cap <= 12; cap++) {
        for (int way = 0; way < 5; way++) {
            char buffer[13];
            struct text t;
            memset(buffer, '#', sizeof(buffer));
            text_init(&t, buffer, cap);
            if (way == 0) text_add(&t, whole);
            if (way == 1) text_addf(&t, "%s", whole);
            if (way == 2) text_add_bytes(&t, whole, 10);
            if (way == 3) text_add_u64(&t, 1234567890);
            for (int i = 0; way == 4 && i < 10; i++) text_add_char(&t, whole[i]);
            assert_int_equal(t.len, size_min(cap - 1, 10));
            assert_memory_equal(buffer, whole, t.len);
            assert_int_equal(buffer[t.len], '\0');
            assert_int_equal(buffer[cap], '#');
            assert_int_equal(t.truncated, cap < 11);
        }
    }
}

static void test_truncated_stays_until_cleared(void **state)
{
    (void)state;
    char buffer[4];
    struct text t;
    text_init(&t, buffer, sizeof(buffer));
    text_add(&t, "abcd");
    assert_true(t.truncated);
    text_add(&t, "");
    text_addf(&t, "%d", 5);
    text_add_char(&t, 'x');
    assert_true(t.truncated);
    assert_string_equal(buffer, "abc");
    text_clear(&t);
    assert_false(t.truncated);
    assert_string_equal(buffer, "");
    text_add(&t, "xyz");
    assert_string_equal(buffer, "xyz");
    assert_false(t.truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_follow_each_other),
        cmocka_unit_test(test_numbers_in_decimal),
        cmocka_unit_test(test_what_does_not_fit_is_cut),
        cmocka_unit_test(test_truncated_stays_until_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
