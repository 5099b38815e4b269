/*
 * Finding, printing and comparing single packets.
 */
#include "print_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "pcap_read.h"
#include "support.h"

#define HEX_BYTES_MAX 2048
#define FOLDER        "tests/golden/tcpdump/"

struct print_options print_fixture_options(uint8_t verbosity)
{
    return (struct print_options){.verbosity = verbosity, .time = PRINT_TIME_NONE, .flows_max = 16};
}

char *print_fixture_read(const char *path, size_t *len)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) fail_msg("cannot read %s", path);
    fseek(file, 0, SEEK_END);
    const long size = ftell(file);
    rewind(file);
    char *data = malloc((size_t)size + 1);
    assert_non_null(data);
    *len = fread(data, 1, (size_t)size, file);
    data[*len] = '\0';
    fclose(file);
    return data;
}

/* Prints one packet by itself, from a copy of exactly its size. */
static void check(const struct print_packet_info *info, struct span bytes,
                  const struct print_options *options, const char *expected)
{
    static char buffer[PRINT_TEXT_BYTES];
    struct print print;
    struct text text;
    assert_true(print_init(&print, options));
    text_init(&text, buffer, sizeof buffer);
    uint8_t *copy = malloc(bytes.len + 1);
    assert_non_null(copy);
    if (bytes.len > 0) memcpy(copy, bytes.data, bytes.len);
    print_packet(&print, info, span_of(copy, bytes.len), &text);
    free(copy);
    print_deinit(&print);
    assert_false(text.truncated);
    assert_true(text.len > 0 && text.data[text.len - 1] == '\n');
    text.data[text.len - 1] = '\0';
    assert_string_equal(text.data, expected);
}

/* The line number of `name` in cases.names, from 1. */
static uint32_t case_number(const char *name)
{
    size_t len;
    char *names = print_fixture_read(FOLDER "cases.names", &len);
    uint32_t found = 0;
    for (char *line = strtok(names, "\n"); line != NULL && found == 0; line = strtok(NULL, "\n")) {
        char *word = strchr(line, ' ');
        if (word != NULL && strcmp(word + 1, name) == 0) found = (uint32_t)atoi(line);
    }
    free(names);
    if (found == 0) fail_msg("no case is called %s", name);
    return found;
}

void print_check_case_with(const char *name, const struct print_options *options,
                           const char *expected)
{
    const uint32_t number = case_number(name);
    size_t len;
    char *file = print_fixture_read(FOLDER "cases.pcap", &len);
    struct pcap_read reader;
    struct print_packet_info info;
    struct span bytes;
    assert_true(pcap_read_init(&reader, span_of(file, len)));
    for (uint32_t i = 0; i < number; i++) {
        assert_true(pcap_read_next(&reader, &info, &bytes));
    }
    check(&info, bytes, options, expected);
    free(file);
}

void print_check_case(const char *name, uint8_t verbosity, const char *expected)
{
    const struct print_options options = print_fixture_options(verbosity);
    print_check_case_with(name, &options, expected);
}

void print_check_hex(const char *hex, uint16_t link_type, const struct print_options *options,
                     const char *expected)
{
    uint8_t bytes[HEX_BYTES_MAX];
    size_t len = 0;
    for (; *hex != '\0'; hex++) {
        if (*hex == ' ') continue;
        const char pair[3] = {hex[0], hex[1], '\0'};
        assert_true(len < sizeof bytes);
        bytes[len++] = (uint8_t)strtoul(pair, NULL, 16);
        hex++;
    }
    const struct print_packet_info info = {.link_type = link_type, .wire_bytes = (uint32_t)len};
    check(&info, span_of(bytes, len), options, expected);
}
