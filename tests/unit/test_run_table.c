/*
 * The table at the end of a run, and how numbers look in it.
 */
#include "cli/run_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "run_fixture.h"

static void bytes_have_few_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {{0, "0 B"},
                 {78, "78 B"},
                 {999, "999 B"},
                 {1000, "1.0 kB"},
                 {2700, "2.7 kB"},
                 {9949, "9.9 kB"},
                 {9951, "10 kB"},
                 {999499, "999 kB"},
                 {999500, "1.0 MB"},
                 {100000000, "100 MB"},
                 {1234567890, "1.2 GB"},
                 {UINT64_MAX, "18447 PB"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[16];
        run_format_bytes(cases[i].bytes, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void times_have_few_digits(void **state)
{
    (void)state;
    static const struct {
        uint64_t us;
        const char *text;
    } cases[] = {{0, "-"},           {4, "<0.01 ms"},     {70, "0.07 ms"},
                 {100, "0.1 ms"},    {9900, "9.9 ms"},    {12345, "12 ms"},
                 {999499, "999 ms"}, {1000000, "1.00 s"}, {75250000, "75.25 s"}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        char text[16];
        run_format_time(cases[i].us, text);
        assert_string_equal(text, cases[i].text);
    }
}

/* The table of these conversations, with nothing seen on the wire, for a terminal of so many
 * columns; 0: for none. */
static const char *narrow_table_of(const struct talk *list, size_t count, enum lang lang,
                                   unsigned columns)
{
    struct track track;
    static struct run_talks talks;
    struct run_out out;
    const struct track_options options = {.conversations_max = 16};
    const int fd = run_file();
    assert_true(track_init(&track, &options));
    assert_true(run_talks_init(&talks, &track, -1, 0));
    for (size_t i = 0; i < count; i++) run_talks_add(&talks, &list[i]);
    run_talks_settle(&talks, TIME_NEVER);
    assert_true(run_out_init(&out, fd, 4096));
    run_table(&talks, lang, columns, &out);
    run_out_deinit(&out);
    assert_int_equal(run_talks_deinit(&talks), 0);
    track_deinit(&track);
    const char *text = run_file_text(fd);
    close(fd);
    return text;
}

static const char *table_of(const struct talk *list, size_t count, enum lang lang)
{
    return narrow_table_of(list, count, lang, 0);
}

static void columns_are_as_wide_as_they_must_be(void **state)
{
    (void)state;
    struct talk list[] = {run_talk_closed(1000, 4200), run_talk_closed(2000, 3002000)};
    list[1].name[0] = '\0';
    list[1].has_path = true;
    list[1].path_rtt_us = 12300;
    list[1].path_retransmits = 2;
    list[1].end = TALK_RESET;
    list[1].ended_by = TALK_PEER;
    const char *text = table_of(list, 2, LANG_EN);
    assert_non_null(strstr(text, "-- 2 connections, "));
    assert_non_null(strstr(
        text,
        "\n  #  PROTO  PEER           STATE    OUT      IN     RTT  RETR    TIME  PATH           "
        "ENDED BY\n"
        "  1  tcp    demo.vitro:80  closed  78 B  2.7 kB  0.1 ms     0  3.2 ms  -              "
        "program (FIN)\n"
        "  2  tcp    10.0.2.4:80    reset   78 B  2.7 kB  0.1 ms     0  3.00 s  12 ms, 2 retr  "
        "server (RST)\n"));
}

static void each_kind_has_its_form(void **state)
{
    (void)state;
    struct talk list[4];
    for (size_t i = 0; i < ARRAY_COUNT(list); i++) list[i] = run_talk_closed(1, 2);
    list[0].end = TALK_REFUSED;
    list[0].error = ECONNREFUSED;
    list[0].ended_by = TALK_PEER;
    list[1].kind = TALK_DNS;
    list[1].end = TALK_ANSWERED;
    (void)snprintf(list[1].detail, sizeof list[1].detail, "A 10.0.2.4");
    list[2].kind = TALK_PING;
    list[2].name[0] = '\0';
    list[2].end = TALK_TIMED_OUT;
    list[2].ended_by = TALK_NOBODY;
    list[3].is_inbound = true;
    list[3].ended_by = TALK_PEER;
    const char *text = table_of(list, ARRAY_COUNT(list), LANG_EN);
    assert_non_null(strstr(text, "server (Connection refused)\n"));
    assert_non_null(strstr(text, "dns    demo.vitro"));
    assert_non_null(strstr(text, "A 10.0.2.4\n"));
    assert_non_null(strstr(text, "ping   10.0.2.4"));
    assert_non_null(strstr(text, "  no answer\n"));
    assert_non_null(strstr(text, "< demo.vitro:80"));
    assert_non_null(strstr(text, "client (FIN)\n"));
}

/* In its middle: the port at its end says more. */
static void a_long_name_is_cut(void **state)
{
    (void)state;
    struct talk talk = run_talk_closed(1, 2);
    memset(talk.name, 'x', sizeof talk.name - 1);
    const char *text = table_of(&talk, 1, LANG_EN);
    assert_non_null(strstr(text, "  xxxxxxxxxxxxxxxxxxxxxxxxxxxxx...xxxxx:80  closed"));
}

/* The columns that the widest line takes. */
static unsigned width_of(const char *text)
{
    char lines[8192];
    unsigned width = 0;
    (void)snprintf(lines, sizeof lines, "%s", text);
    for (char *line = strtok(lines, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        width = u32_max(width, word_columns(line));
    }
    return width;
}

static void a_narrow_terminal_gets_what_matters_most(void **state)
{
    (void)state;
    struct talk list[] = {run_talk_closed(1000, 4200), run_talk_closed(2000, 3002000),
                          run_talk_closed(1, 2)};
    list[0].end = TALK_REFUSED;
    list[0].error = ECONNREFUSED;
    list[0].ended_by = TALK_PEER;
    list[1].has_path = true;
    list[1].path_rtt_us = 12300;
    memset(list[2].name, 'x', sizeof list[2].name - 1);
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        const char *text = table_of(list, ARRAY_COUNT(list), (enum lang)lang);
        assert_in_range(width_of(text), 100, 160);
        text = narrow_table_of(list, ARRAY_COUNT(list), (enum lang)lang, width_of(text));
        assert_non_null(strstr(text, lang == LANG_ZH ? "外部路径" : "PATH"));
        assert_non_null(strstr(text, lang == LANG_ZH ? "（连接被拒绝）" : "(Connection refused)"));
        for (unsigned columns = 70; columns < 160; columns++) {
            text = narrow_table_of(list, ARRAY_COUNT(list), (enum lang)lang, columns);
            assert_in_range(width_of(text), 1, columns);
            assert_non_null(strstr(text, "demo.vitro:80"));
            assert_non_null(strstr(text, lang == LANG_ZH ? "由谁结束" : "ENDED BY"));
        }
    }
}

static void there_is_a_last_row(void **state)
{
    (void)state;
    static struct talk list[RUN_TABLE_ROWS + 5];
    for (size_t i = 0; i < ARRAY_COUNT(list); i++) list[i] = run_talk_closed(1, 2);
    const char *text = table_of(list, ARRAY_COUNT(list), LANG_EN);
    assert_non_null(strstr(text, "... and 5 more; --json FILE has them all\n"));
    text = table_of(list, 1, LANG_EN);
    assert_non_null(strstr(text, "-- 1 connection, "));
    text = table_of(list, 0, LANG_EN);
    assert_non_null(strstr(text, "-- 0 connections, 0 packets"));
    assert_null(strstr(text, "PEER"));
}

static void chinese_columns_are_even(void **state)
{
    (void)state;
    const struct talk talk = run_talk_closed(1000, 4200);
    const char *text = table_of(&talk, 1, LANG_ZH);
    assert_non_null(strstr(text, "程序（FIN）\n"));
    /* The column behind the state begins in the same place of both lines. */
    char lines[4096];
    (void)snprintf(lines, sizeof lines, "%s", text);
    char *head = strchr(lines, '\n') + 1;
    char *row = strchr(head, '\n') + 1;
    *strstr(head, "发出") = '\0';
    *strstr(row, "78 B") = '\0';
    assert_int_equal(word_columns(head), word_columns(row));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_have_few_digits),
        cmocka_unit_test(times_have_few_digits),
        cmocka_unit_test(columns_are_as_wide_as_they_must_be),
        cmocka_unit_test(each_kind_has_its_form),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(a_narrow_terminal_gets_what_matters_most),
        cmocka_unit_test(there_is_a_last_row),
        cmocka_unit_test(chinese_columns_are_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
