/*
 * Whole captures against tcpdump's text: the recorded one, and the machine's own tcpdump.
 *
 * `not_ours` is the exact list of packets of cases.pcap that print differently. A test fails when a
 * packet joins it, and when one leaves it without being struck off: so it can only shrink.
 */
#define _POSIX_C_SOURCE 200809L /* popen */
#include <stdio.h>
#include <stdlib.h>

#include "pcap_read.h"
#include "print_fixture.h"
#include "support.h"

#define FOLDER        "tests/golden/tcpdump/"
#define TEXT_BYTES    (1 << 20)
#define PACKETS_MAX   512
#define COMMAND_BYTES 256

/* Spanning tree, telnet, RESP and BGP: protocols that are not printed. */
static const uint32_t not_ours[] = {117, 150, 153, 154};

static bool is_ours(uint32_t number)
{
    for (size_t i = 0; i < ARRAY_COUNT(not_ours); i++) {
        if (not_ours[i] == number) return false;
    }
    return true;
}

/* Prints a capture with numbers; the text is the caller's to free. */
static char *print_capture(const char *path, struct print_options options)
{
    size_t len;
    char *file = print_fixture_read(path, &len);
    char *data = malloc(TEXT_BYTES);
    assert_non_null(data);
    struct pcap_read reader;
    struct print_packet_info info;
    struct span bytes;
    struct print print;
    struct text text;
    text_init(&text, data, TEXT_BYTES);
    options.has_number = true;
    assert_true(print_init(&print, &options));
    assert_true(pcap_read_init(&reader, span_of(file, len)));
    while (pcap_read_next(&reader, &info, &bytes)) {
        print_packet(&print, &info, bytes, &text);
    }
    assert_false(text.truncated);
    print_deinit(&print);
    free(file);
    return data;
}

/* The text of packet `number`, from its number to the next one's. */
static struct span packet_text(const char *text, uint32_t number)
{
    char mark[16];
    char next[16];
    snprintf(mark, sizeof mark, "%5u  ", number);
    snprintf(next, sizeof next, "\n%5u  ", number + 1);
    const char *begin = strncmp(text, mark, strlen(mark)) == 0 ? text : NULL;
    if (begin == NULL) {
        char inner[20];
        snprintf(inner, sizeof inner, "\n%s", mark);
        begin = strstr(text, inner);
        if (begin == NULL) return span_of(NULL, 0);
        begin++;
    }
    const char *end = strstr(begin, next);
    return span_of(begin, end != NULL ? (size_t)(end - begin) : strlen(begin));
}

/* Compares packet by packet; `skips` applies not_ours. */
static void compare(const char *got, const char *expected, bool skips)
{
    uint32_t count = 0;
    for (uint32_t number = 1; number <= PACKETS_MAX; number++) {
        const struct span right = packet_text(expected, number);
        const struct span ours = packet_text(got, number);
        if (right.data == NULL) break;
        const bool is_same = right.len == ours.len && memcmp(right.data, ours.data, right.len) == 0;
        const bool wanted = !skips || is_ours(number);
        if (is_same != wanted) {
            print_message("expected: %.*s\ngot:      %.*s\n", (int)right.len,
                          (const char *)right.data, (int)ours.len, (const char *)ours.data);
            fail_msg("packet %u %s", number, is_same ? "matches: strike it off" : "differs");
        }
        count++;
    }
    assert_true(count > 0);
}

static void check_golden(const char *expected_path, uint8_t verbosity)
{
    size_t len;
    char *expected = print_fixture_read(expected_path, &len);
    char *got = print_capture(FOLDER "cases.pcap", print_fixture_options(verbosity));
    compare(got, expected, true);
    free(got);
    free(expected);
}

static void recorded_text_without_verbosity(void **state)
{
    (void)state;
    check_golden(FOLDER "cases.n.txt", 0);
}

static void recorded_text_with_verbosity(void **state)
{
    (void)state;
    check_golden(FOLDER "cases.nv.txt", 1);
}

/* What the machine's tcpdump prints; NULL without one of the version whose text is ours. */
static char *ask_tcpdump(const char *arguments, const char *path)
{
    char command[COMMAND_BYTES];
    char *data = malloc(TEXT_BYTES);
    assert_non_null(data);
    snprintf(command, sizeof command,
             "tcpdump --version 2>&1 | grep -q '^tcpdump version 4\\.99\\.3' && "
             "TZ=GMT0 tcpdump -# -n %s -r %s 2>/dev/null",
             arguments, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    const size_t len = fread(data, 1, TEXT_BYTES - 1, pipe);
    pclose(pipe);
    data[len] = '\0';
    if (len > 0) return data;
    free(data);
    return NULL;
}

static void check_live(const char *arguments, struct print_options options, const char *path)
{
    char *expected = ask_tcpdump(arguments, path);
    if (expected == NULL) {
        print_message("skipped: no tcpdump 4.99.3 on this machine\n");
        skip();
    }
    char *got = print_capture(path, options);
    compare(got, expected, strstr(path, "cases") != NULL);
    free(got);
    free(expected);
}

static void machines_tcpdump_agrees(void **state)
{
    (void)state;
    struct print_options options = print_fixture_options(0);
    const char *const arguments[] = {"-t", "-t -v", "-t -vv", "-t -vvv"};
    for (uint8_t verbosity = 0; verbosity < ARRAY_COUNT(arguments); verbosity++) {
        options.verbosity = verbosity;
        check_live(arguments[verbosity], options, FOLDER "cases.pcap");
    }
}

static void machines_tcpdump_agrees_on_options(void **state)
{
    (void)state;
    const char *path = FOLDER "cases.pcap";
    check_live("-S -t", (struct print_options){.has_absolute_seq = true, .time = PRINT_TIME_NONE},
               path);
    check_live("-e -t", (struct print_options){.has_link = true, .time = PRINT_TIME_NONE}, path);
    check_live(
        "-K -t -v",
        (struct print_options){.has_no_checksums = true, .verbosity = 1, .time = PRINT_TIME_NONE},
        path);
}

static void machines_tcpdump_agrees_on_times(void **state)
{
    (void)state;
    const char *const arguments[] = {"", "-t", "-tt", "-ttt", "-tttt", "-ttttt"};
    for (uint32_t mode = 0; mode < ARRAY_COUNT(arguments); mode++) {
        const struct print_options options = {.time = (enum print_time_mode)mode};
        check_live(arguments[mode], options, FOLDER "cases_nano.pcap");
        check_live(arguments[mode], options, FOLDER "cases.pcap");
    }
    check_live("--nano", (struct print_options){.has_nanoseconds = true}, FOLDER "cases_nano.pcap");
}

static void machines_tcpdump_agrees_on_links(void **state)
{
    (void)state;
    const char *const files[] = {FOLDER "v_null.pcap", FOLDER "v_raw.pcap", FOLDER "v_sll.pcap"};
    for (size_t i = 0; i < ARRAY_COUNT(files); i++) {
        check_live("-t", print_fixture_options(0), files[i]);
        check_live("-t -e", (struct print_options){.has_link = true, .time = PRINT_TIME_NONE},
                   files[i]);
    }
}

/* Capture headers whose lengths cannot be. */
static void lengths_that_cannot_be_are_refused(void **state)
{
    (void)state;
    const struct print_options options = print_fixture_options(0);
    print_check_hex("", PRINT_LINK_RAW, &options, "[Invalid header: caplen==0, len==0]");
}

static void small_buffers_cut_the_text(void **state)
{
    (void)state;
    char small[8];
    struct text text;
    struct print print;
    const struct print_options options = {0};
    const struct print_packet_info info = {.link_type = PRINT_LINK_RAW, .wire_bytes = 1};
    assert_true(print_init(&print, &options));
    text_init(&text, small, sizeof small);
    print_packet(&print, &info, span_of("\x45", 1), &text);
    assert_true(text.truncated);
    assert_string_equal(small, "00:00:0");
    print_deinit(&print);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recorded_text_without_verbosity),
        cmocka_unit_test(recorded_text_with_verbosity),
        cmocka_unit_test(machines_tcpdump_agrees),
        cmocka_unit_test(machines_tcpdump_agrees_on_options),
        cmocka_unit_test(machines_tcpdump_agrees_on_times),
        cmocka_unit_test(machines_tcpdump_agrees_on_links),
        cmocka_unit_test(lengths_that_cannot_be_are_refused),
        cmocka_unit_test(small_buffers_cut_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
