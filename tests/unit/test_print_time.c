/*
 * Time stamps that no capture of the golden files holds; the modes are compared in test_print.c.
 */
#include "observe/print_layer.h"
#include "print_fixture.h"
#include "support.h"

static int32_t one_hour_west(void *context, uint64_t time_s)
{
    (void)context;
    (void)time_s;
    return -3600;
}

static void check(struct print_options options, const uint64_t *times, size_t count,
                  const char *expected)
{
    char buffer[128];
    struct text text;
    struct print print;
    options.flows_max = 1;
    assert_true(print_init(&print, &options));
    text_init(&text, buffer, sizeof buffer);
    print.out = &text;
    for (size_t i = 0; i < count; i++) {
        print_time(&print, times[i], 250000000);
    }
    buffer[text.len] = '\0';
    assert_string_equal(buffer, expected);
    print_deinit(&print);
}

static void dates_know_leap_years(void **state)
{
    (void)state;
    const struct print_options options = {.time = PRINT_TIME_DATE};
    check(options, (const uint64_t[]){951782400}, 1, "2000-02-29 00:00:00.250000 ");
    check(options, (const uint64_t[]){951868799}, 1, "2000-02-29 23:59:59.250000 ");
    check(options, (const uint64_t[]){951868800}, 1, "2000-03-01 00:00:00.250000 ");
    check(options, (const uint64_t[]){4102444800}, 1, "2100-01-01 00:00:00.250000 ");
    check(options, (const uint64_t[]){0}, 1, "1970-01-01 00:00:00.250000 ");
}

static void local_time_is_the_callers(void **state)
{
    (void)state;
    check((struct print_options){.time = PRINT_TIME_DATE, .utc_offset_s = one_hour_west},
          (const uint64_t[]){951782400}, 1, "2000-02-28 23:00:00.250000 ");
}

static void differences_have_a_sign(void **state)
{
    (void)state;
    check((struct print_options){.time = PRINT_TIME_SINCE_LAST}, (const uint64_t[]){100, 161, 160},
          3, " 00:00:00.000000  00:01:01.000000 -00:00:01.000000 ");
    check((struct print_options){.time = PRINT_TIME_SINCE_FIRST}, (const uint64_t[]){100, 161, 160},
          3, " 00:00:00.000000  00:01:01.000000  00:01:00.000000 ");
}

static void digits_follow_the_option(void **state)
{
    (void)state;
    check((struct print_options){.time = PRINT_TIME_EPOCH, .has_nanoseconds = true},
          (const uint64_t[]){7}, 1, "7.250000000 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_know_leap_years),
        cmocka_unit_test(local_time_is_the_callers),
        cmocka_unit_test(differences_have_a_sign),
        cmocka_unit_test(digits_follow_the_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
