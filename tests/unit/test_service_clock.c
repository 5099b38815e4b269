/*
 * Times of day in both forms, leap years, and the end of what can be written.
 */
#include "gateway/service_clock.h"
#include "support.h"

static void check(uint64_t seconds, const char *http, const char *daytime)
{
    char line[64];
    struct text text;
    text_init(&text, line, sizeof line);
    service_clock_http(&text, seconds);
    assert_string_equal(line, http);
    text_clear(&text);
    service_clock_daytime(&text, seconds);
    assert_string_equal(line, daytime);
}

static void test_known_times(void **state)
{
    (void)state;
    check(0, "Thu, 01 Jan 1970 00:00:00 GMT", "Thursday, January 1, 1970 00:00:00-UTC");
    check(784111777, "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, November 6, 1994 08:49:37-UTC");
    check(951782400, "Tue, 29 Feb 2000 00:00:00 GMT", "Tuesday, February 29, 2000 00:00:00-UTC");
    check(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT", "Monday, March 1, 2100 00:00:00-UTC");
    check(1798761599, "Thu, 31 Dec 2026 23:59:59 GMT", "Thursday, December 31, 2026 23:59:59-UTC");
    check(UINT64_MAX, "Fri, 31 Dec 9999 07:00:15 GMT", "Friday, December 31, 9999 07:00:15-UTC");
}

static void test_now_is_after_this_was_written(void **state)
{
    (void)state;
    assert_true(service_clock_now() > 1750000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_times),
        cmocka_unit_test(test_now_is_after_this_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
