/*
 * Time stamps: of the day, of the epoch, as differences, with dates.
 *
 * The calendar is computed here (days since 1970 to year, month and day), so that printing needs
 * neither the C library's time zone nor its locks; the caller says how far local time is from UTC.
 * Captures have many packets a second: the time of day is written once for each second.
 */
#include "observe/print_layer.h"

#define SECOND_NS         UINT32_C(1000000000)
#define MICROSECOND_NS    1000
#define DAY_S             86400
#define HOUR_S            3600
#define MINUTE_S          60
#define EPOCH_DAYS        719468 /* from 0000-03-01 to 1970-01-01 */
#define DAYS_IN_400_YEARS 146097

/* Seconds and a fraction counted in the digits that are shown. */
struct moment {
    uint64_t s;
    uint32_t frac;
};

static uint32_t frac_digits(const struct print *p) { return p->options.has_nanoseconds ? 9 : 6; }

static uint32_t frac_unit(const struct print *p)
{
    return p->options.has_nanoseconds ? SECOND_NS : SECOND_NS / MICROSECOND_NS;
}

/* Writes two digits. */
static void put_pair(char *at, uint32_t value)
{
    at[0] = (char)('0' + value / 10 % 10);
    at[1] = (char)('0' + value % 10);
}

/* Writes HH:MM:SS. */
static void put_clock(char at[8], uint32_t second_of_day)
{
    put_pair(at, second_of_day / HOUR_S);
    at[2] = ':';
    put_pair(at + 3, second_of_day / MINUTE_S % 60);
    at[5] = ':';
    put_pair(at + 6, second_of_day % MINUTE_S);
}

static uint64_t local_second(const struct print *p, uint64_t time_s)
{
    if (p->options.utc_offset_s == NULL) return time_s;
    const int64_t offset = p->options.utc_offset_s(p->options.context, time_s);
    return offset < 0 && (uint64_t)-offset > time_s ? 0 : time_s + (uint64_t)offset;
}

static void print_frac(struct print *p, uint32_t frac)
{
    PRINT(p, ".");
    print_digits(p, frac, frac_digits(p));
    PRINT(p, " ");
}

static void print_clock(struct print *p, struct moment now)
{
    if (!p->has_clock || p->clock_s != now.s) {
        put_clock(p->clock_text, (uint32_t)(local_second(p, now.s) % DAY_S));
        p->clock_s = now.s;
        p->has_clock = true;
    }
    print_bytes(p, p->clock_text, sizeof p->clock_text);
    print_frac(p, now.frac);
}

/* Appends YYYY-MM-DD; a year begins in March, so that the leap day comes last. */
static void print_date(struct print *p, struct moment now)
{
    const uint64_t days = local_second(p, now.s) / DAY_S + EPOCH_DAYS;
    const uint64_t era = days / DAYS_IN_400_YEARS;
    const uint64_t day = days % DAYS_IN_400_YEARS;
    const uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    const uint64_t of_year = day - (365 * year + year / 4 - year / 100);
    const uint64_t march_month = (5 * of_year + 2) / 153;
    const uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    print_digits(p, year + era * 400 + (month <= 2 ? 1 : 0), 4);
    PRINT(p, "-");
    print_digits(p, month, 2);
    PRINT(p, "-");
    print_digits(p, of_year - (153 * march_month + 2) / 5 + 1, 2);
    PRINT(p, " ");
}

static bool is_before(struct moment a, struct moment b)
{
    return a.s < b.s || (a.s == b.s && a.frac < b.frac);
}

/* Appends what lies between, with a column for the sign; days are not shown. */
static void print_difference(struct print *p, struct moment from, struct moment to)
{
    const bool is_negative = is_before(to, from);
    const struct moment early = is_negative ? to : from;
    const struct moment late = is_negative ? from : to;
    uint64_t s = late.s - early.s;
    uint32_t frac = late.frac - early.frac;
    if (late.frac < early.frac) {
        s--;
        frac += frac_unit(p);
    }
    char text[8];
    put_clock(text, (uint32_t)(s % DAY_S));
    print_string(p, is_negative ? "-" : " ");
    print_bytes(p, text, sizeof text);
    print_frac(p, frac);
}

/* The moment differences are counted from. A time of zero counts as "not set yet". */
static struct moment reference(struct print *p, struct moment now)
{
    if (p->reference_s == 0 && p->reference_frac == 0) {
        p->reference_s = now.s;
        p->reference_frac = now.frac;
    }
    const struct moment from = {p->reference_s, p->reference_frac};
    if (p->options.time == PRINT_TIME_SINCE_LAST) {
        p->reference_s = now.s;
        p->reference_frac = now.frac;
    }
    return from;
}

void print_time(struct print *p, uint64_t time_s, uint32_t time_ns)
{
    const struct moment now = {
        .s = time_s, .frac = p->options.has_nanoseconds ? time_ns : time_ns / MICROSECOND_NS};
    switch (p->options.time) {
    case PRINT_TIME_OF_DAY: print_clock(p, now); break;
    case PRINT_TIME_NONE: break;
    case PRINT_TIME_EPOCH:
        print_u64(p, now.s);
        print_frac(p, now.frac);
        break;
    case PRINT_TIME_DATE:
        print_date(p, now);
        print_clock(p, now);
        break;
    case PRINT_TIME_SINCE_LAST:
    case PRINT_TIME_SINCE_FIRST: print_difference(p, reference(p, now), now); break;
    }
}
