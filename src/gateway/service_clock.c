/*
 * The time of day.
 *
 * The calendar is worked out here: the C library's functions read the host's time zone from files,
 * which the gateway must not open any more.
 */
#define _GNU_SOURCE /* clock_gettime */

#include "gateway/service_clock.h"

#include <time.h>

#define SECONDS_PER_DAY 86400u

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

struct moment {
    uint32_t year, month, day; /* month and day from 0 */
    uint32_t weekday;          /* 0: Sunday */
    uint32_t hour, minute, second;
};

uint64_t service_clock_now(void)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec > 0 ? (uint64_t)now.tv_sec : 0;
}

static bool is_leap(uint32_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static uint32_t days_of(uint32_t month, uint32_t year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month] + (month == 1 && is_leap(year) ? 1u : 0u);
}

static struct moment moment_of(uint64_t seconds)
{
    uint32_t days = (uint32_t)u64_min(seconds / SECONDS_PER_DAY, 2932896); /* year 9999 */
    const uint32_t rest = (uint32_t)(seconds % SECONDS_PER_DAY);
    struct moment m = {
        .year = 1970,
        .weekday = (days + 4) % 7, /* 1970 began on a Thursday */
        .hour = rest / 3600,
        .minute = rest / 60 % 60,
        .second = rest % 60,
    };
    for (; days >= (is_leap(m.year) ? 366u : 365u); m.year++) days -= is_leap(m.year) ? 366 : 365;
    for (; days >= days_of(m.month, m.year); m.month++) days -= days_of(m.month, m.year);
    m.day = days;
    return m;
}

void service_clock_http(struct text *out, uint64_t seconds)
{
    const struct moment m = moment_of(seconds);
    text_addf(out, "%.3s, %02u %.3s %u %02u:%02u:%02u GMT", weekdays[m.weekday], m.day + 1,
              months[m.month], m.year, m.hour, m.minute, m.second);
}

void service_clock_daytime(struct text *out, uint64_t seconds)
{
    const struct moment m = moment_of(seconds);
    text_addf(out, "%s, %s %u, %u %02u:%02u:%02u-UTC", weekdays[m.weekday], months[m.month],
              m.day + 1, m.year, m.hour, m.minute, m.second);
}
