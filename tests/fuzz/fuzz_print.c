/*
 * Any bytes, under any link type and any options, through the printers.
 *
 * The first four bytes choose link type, verbosity and the other options; the rest is cut into
 * packets by length bytes, so that the sequence table is met by more than one. Properties: no read
 * beyond a packet (each is an exact-size copy, the sanitizer watches), the text is bounded, ends in
 * a newline, and holds nothing but printable characters, tabs and newlines.
 */
#include <stdlib.h>
#include <string.h>

#include "observe/print.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define HEAD_BYTES    4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint16_t link_types[] = {
    PRINT_LINK_ETHERNET, PRINT_LINK_RAW,  PRINT_LINK_SLL, PRINT_LINK_SLL2,
    PRINT_LINK_NULL,     PRINT_LINK_LOOP, PRINT_LINK_IP4, PRINT_LINK_IP6,
};

static void check_text(const struct text *text)
{
    REQUIRE(text->len < text->cap && text->data[text->len] == '\0');
    REQUIRE(text->truncated || (text->len > 0 && text->data[text->len - 1] == '\n'));
    for (size_t i = 0; i < text->len; i++) {
        const char c = text->data[i];
        REQUIRE((c >= ' ' && c <= '~') || c == '\t' || c == '\n');
    }
}

static void print_one(struct print *print, uint16_t link_type, const uint8_t *bytes, size_t len,
                      uint32_t missing, struct text *text)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    REQUIRE(copy != NULL);
    if (len > 0) memcpy(copy, bytes, len);
    const struct print_packet_info info = {.link_type = link_type,
                                           .wire_bytes = (uint32_t)len + missing,
                                           .time_s = UINT64_C(0xffffffff) << (missing & 31),
                                           .time_ns = missing};
    text_clear(text);
    print_packet(print, &info, span_of(copy, len), text);
    check_text(text);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char buffer[PRINT_TEXT_BYTES];
    if (size < HEAD_BYTES) return 0;
    const struct print_options options = {
        .verbosity = data[1] & 3,
        .quiet = data[1] >> 2 & 1,
        .time = (enum print_time_mode)(data[2] % (PRINT_TIME_SINCE_FIRST + 1)),
        .dump = (enum print_dump_mode)(data[1] >> 6),
        .dumps_link = (data[1] >> 5 & 1) != 0,
        .has_link = (data[1] >> 4 & 1) != 0,
        .has_absolute_seq = (data[1] >> 3 & 1) != 0,
        .has_nanoseconds = (data[2] & 0x80) != 0,
        .flows_max = 2,
    };
    const uint16_t link_type = link_types[data[0] % ARRAY_COUNT(link_types)];
    const bool is_one = (data[0] & 0x80) == 0;
    struct print print;
    struct text text;
    REQUIRE(print_init(&print, &options));
    text_init(&text, buffer, data[0] & 0x40 ? 100 : sizeof buffer);
    size_t at = HEAD_BYTES;
    while (at < size) {
        const size_t rest = size - at;
        const size_t len = is_one ? rest : size_min(data[at], rest);
        print_one(&print, link_type, data + at, len, data[3], &text);
        at += len + (is_one ? 0 : 1);
        if (len == 0) at++;
    }
    print_deinit(&print);
    return 0;
}
