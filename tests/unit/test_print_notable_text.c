/*
 * The line of a fold, in English and with words that are ordered another way.
 */
#include "observe/print_notable.h"

#include <stdio.h>

#include "support.h"
#include "wire/ip_proto.h"

#define INDENT "                "

static struct notable_fold fold_of(uint64_t segments, uint64_t back)
{
    return (struct notable_fold){
        .protocol = IP_PROTO_TCP,
        .from = {ip_addr_from_v4(0x0a000264), 41822},
        .to = {ip_addr_from_v4(0x0a000204), 80},
        .segments = {segments, back},
        .wire_segments = {segments, back},
        .first_us = 5000000,
        .last_us = 5310000,
    };
}

static void check(const struct notable_fold *fold, const struct notable_words *words,
                  const char *right)
{
    char line[256];
    struct text out;
    text_init(&out, line, sizeof line);
    notable_format(fold, words, &out);
    assert_string_equal(line, right);
}

static void lines_in_english(void **state)
{
    (void)state;
    struct notable_fold fold = fold_of(1204, 602);
    fold.bytes[0] = 1743392;
    check(&fold, &notable_words_english,
          INDENT
          "... 1,204 segments 10.0.2.100.41822 > 10.0.2.4.80, 1.7 MB, and 602 back (310 ms)");
    fold.bytes[1] = 999;
    fold.wire_segments[0] = 12345678;
    check(&fold, &notable_words_english,
          INDENT "... 1,204 segments (12,345,678 on the wire) 10.0.2.100.41822 > 10.0.2.4.80, "
                 "1.7 MB, and 602 back, 999 B (310 ms)");
    fold = fold_of(1, 0);
    fold.protocol = IP_PROTO_UDP;
    fold.bytes[0] = 23456;
    fold.last_us = fold.first_us;
    check(&fold, &notable_words_english,
          INDENT "... 1 datagram 10.0.2.100.41822 > 10.0.2.4.80, 23 kB (0 us)");
    fold.last_us += 3456;
    check(&fold, &notable_words_english,
          INDENT "... 1 datagram 10.0.2.100.41822 > 10.0.2.4.80, 23 kB (3.4 ms)");
    fold.protocol = IP_PROTO_ICMP4;
    fold.last_us = fold.first_us + 1256789;
    check(&fold, &notable_words_english,
          INDENT "... 1 packet 10.0.2.100 > 10.0.2.4, 23 kB (1.25 s)");
    fold.last_us = fold.first_us + 83256789;
    fold.bytes[0] = UINT64_MAX;
    fold.segments[0] = 1000000;
    check(&fold, &notable_words_english,
          INDENT "... 1,000,000 packets 10.0.2.100 > 10.0.2.4, 18 EB (83 s)");
}

/* As the table at the end has it: to the nearest. */
static void bytes_are_rounded(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},         {999, "999 B"},      {1000, "1.0 kB"},      {1949, "1.9 kB"},
                 {1950, "2.0 kB"},   {9949, "9.9 kB"},    {9951, "10 kB"},       {999499, "999 kB"},
                 {999500, "1.0 MB"}, {49743097, "50 MB"}, {1234567890, "1.2 GB"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char right[128];
        struct notable_fold fold = fold_of(2, 0);
        fold.bytes[0] = cases[i].bytes;
        (void)snprintf(right, sizeof right,
                       INDENT "... 2 segments 10.0.2.100.41822 > 10.0.2.4.80, %s (310 ms)",
                       cases[i].text);
        check(&fold, &notable_words_english, right);
    }
}

static void words_choose_the_order(void **state)
{
    (void)state;
    const struct notable_words words = {
        .line = "",
        .line_back_empty = "……{from} > {to} 共 {count} {unit}{super}，{bytes} {unknown} {",
        .super = "（线路上 {wire} 个，{super}）",
        .segments = "个报文段",
    };
    struct notable_fold fold = fold_of(20, 3);
    fold.wire_segments[0] = 200;
    check(&fold, &words,
          INDENT "……10.0.2.100.41822 > 10.0.2.4.80 共 20 个报文段（线路上 200 "
                 "个，{super}），0 B {unknown} {");
}

static void a_line_that_does_not_fit_is_cut(void **state)
{
    (void)state;
    const struct notable_fold fold = fold_of(20, 3);
    char line[24];
    struct text out;
    text_init(&out, line, sizeof line);
    notable_format(&fold, &notable_words_english, &out);
    assert_true(out.truncated);
    assert_string_equal(line, INDENT "... 20 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_in_english),
        cmocka_unit_test(bytes_are_rounded),
        cmocka_unit_test(words_choose_the_order),
        cmocka_unit_test(a_line_that_does_not_fit_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
