/*
 * wire/tcp_options: the iterator on good, bad and cut areas; the lenient reader; the layouts Linux
 * uses, byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bytes.h"
#include "base/rng.h"
#include "wire/tcp_options.h"

#define AREA(text) span_of(text, sizeof(text) - 1)

static struct tcp_options parse(struct span area)
{
    struct tcp_options options;
    memset(&options, 0xee, sizeof options);
    tcp_options_parse(&options, area);
    return options;
}

/* The last option of a walk, which is the one with the error if there is any. */
static struct tcp_option walk_to_end(struct span area, uint32_t area_bytes, uint32_t *count)
{
    struct tcp_option_iter iter;
    struct tcp_option option = {0};
    *count = 0;
    tcp_option_iter_init(&iter, area, area_bytes);
    while (tcp_option_iter_next(&iter, &option)) {
        assert_true(++*count <= area_bytes);
    }
    return option;
}

static void assert_emits(const struct tcp_options *options, struct span want)
{
    uint8_t bytes[TCP_OPTIONS_BYTES_MAX];
    assert_int_equal(tcp_options_emit_len(options), want.len);
    tcp_options_emit(options, span_mut_of(bytes, sizeof bytes));
    assert_memory_equal(bytes, want.data, want.len);
}

static void test_iterator_reaches_every_kind(void **state)
{
    (void)state;
    static const uint8_t kinds[] = {2,  3,  4,  5,  6,  7,  8,  11,  12,
                                    13, 19, 20, 28, 29, 30, 34, 253, 254};
    for (size_t i = 0; i < sizeof kinds; i++) {
        uint8_t area[TCP_OPTIONS_BYTES_MAX] = {0};
        const uint8_t expected = tcp_option_len_expected(kinds[i]);
        const uint8_t len = expected != 0 ? expected : 10;
        struct tcp_option_iter iter;
        struct tcp_option option;
        area[0] = TCP_OPTION_NOP;
        area[1] = kinds[i];
        area[2] = len;
        tcp_option_iter_init(&iter, span_of(area, sizeof area), sizeof area);
        assert_true(tcp_option_iter_next(&iter, &option));
        assert_int_equal(option.kind, TCP_OPTION_NOP);
        assert_int_equal(option.len, 1);
        assert_true(tcp_option_iter_next(&iter, &option));
        assert_int_equal(option.kind, kinds[i]);
        assert_int_equal(option.len, len);
        assert_int_equal(option.offset, 1);
        assert_int_equal(option.data.len, len - 2);
        assert_int_equal(option.error, TCP_OPTION_ERROR_NONE);
        assert_true(tcp_option_iter_next(&iter, &option));
        assert_int_equal(option.kind, TCP_OPTION_END);
        assert_false(tcp_option_iter_next(&iter, &option));
    }
}

static void test_iterator_names_each_error(void **state)
{
    (void)state;
    static const struct {
        struct span area;
        enum tcp_option_error want;
    } rows[] = {
        {{(const uint8_t *)"\1\1\1\2", 4}, TCP_OPTION_ERROR_NO_LENGTH},
        {{(const uint8_t *)"\2\0\1\1", 4}, TCP_OPTION_ERROR_TOO_SHORT},
        {{(const uint8_t *)"\2\1\1\1", 4}, TCP_OPTION_ERROR_TOO_SHORT},
        {{(const uint8_t *)"\2\5\1\1", 4}, TCP_OPTION_ERROR_TOO_LONG},
        {{(const uint8_t *)"\2\3\1\0", 4}, TCP_OPTION_ERROR_NONE}, /* goes on to END */
        {{(const uint8_t *)"\1\2\3\1", 4}, TCP_OPTION_ERROR_UNEXPECTED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        uint32_t count;
        assert_int_equal(walk_to_end(rows[i].area, 4, &count).error, rows[i].want);
    }
}

static void test_iterator_tells_a_cut_capture(void **state)
{
    (void)state;
    static const uint8_t area[12] = {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2};
    uint32_t count;
    for (size_t len = 0; len < sizeof area; len++) {
        const struct tcp_option last = walk_to_end(span_of(area, len), sizeof area, &count);
        assert_int_equal(last.error, TCP_OPTION_ERROR_CUT);
        assert_int_equal(last.offset, len < 2 ? len : 2);
        assert_int_equal(last.data.len, len > 4 ? len - 4 : 0);
    }
    assert_int_equal(walk_to_end(span_of(area, 12), 12, &count).error, TCP_OPTION_ERROR_NONE);
    assert_int_equal(count, 3);
}

static void test_iterator_seek(void **state)
{
    (void)state;
    struct tcp_option_iter iter;
    struct tcp_option option;
    tcp_option_iter_init(&iter, AREA("\2\5\5\264\1\1\1\1"), 8);
    assert_true(tcp_option_iter_next(&iter, &option));
    assert_int_equal(option.error, TCP_OPTION_ERROR_UNEXPECTED);
    tcp_option_iter_seek(&iter, option.offset + 4);
    assert_true(tcp_option_iter_next(&iter, &option));
    assert_int_equal(option.offset, 4);
    tcp_option_iter_seek(&iter, UINT32_MAX);
    assert_false(tcp_option_iter_next(&iter, &option));
}

static void test_parse_takes_what_the_stack_acts_on(void **state)
{
    (void)state;
    /* RFC 9293 MUST-4, RFC 9293 MUST-64: nothing here stands on a word boundary. */
    const struct tcp_options options =
        parse(AREA("\1\2\4\5\264\3\3\7\4\2\10\12\0\0\0\1\0\0\0\2\5\12\0\0\0\12\0\0\0\24"));
    assert_int_equal(options.mss, 1460);
    assert_true(options.has_wscale && options.wscale == 7);
    assert_true(options.has_sack_permitted);
    assert_true(options.has_timestamps && options.ts_val == 1 && options.ts_ecr == 2);
    assert_int_equal(options.sack_count, 1);
    assert_int_equal(options.sack[0].start, 10);
    assert_int_equal(options.sack[0].end, 20);
}

static void test_parse_ignores_the_unknown(void **state)
{
    (void)state;
    /* RFC 9293 MUST-6: an option with a length is skipped, whatever it is. */
    const struct tcp_options options = parse(AREA("\375\6\1\2\3\4\42\2\2\4\5\264"));
    assert_int_equal(options.mss, 1460);
}

static void test_parse_survives_illegal_lengths(void **state)
{
    (void)state;
    /* RFC 9293 MUST-7: before the illegal length all counts, behind it nothing. */
    static const char areas[][9] = {"\2\4\5\264\3\0\3\7", "\2\4\5\264\3\1\3\7",
                                    "\2\4\5\264\10\12\3\7"};
    for (size_t i = 0; i < ARRAY_COUNT(areas); i++) {
        const struct tcp_options options = parse(span_of(areas[i], 8));
        assert_int_equal(options.mss, 1460);
        assert_false(options.has_wscale || options.has_timestamps);
    }
    /* A wrong length that can be believed voids its option only. */
    const struct tcp_options options = parse(AREA("\2\3\5\3\3\7\5\4\1\1\4\2"));
    assert_int_equal(options.mss, 0);
    assert_int_equal(options.sack_count, 0);
    assert_true(options.has_wscale && options.has_sack_permitted);
}

static void test_parse_of_nothing(void **state)
{
    (void)state;
    const struct tcp_options options = parse(span_of(NULL, 0));
    assert_int_equal(options.mss, 0);
    assert_false(options.has_wscale || options.has_sack_permitted || options.has_timestamps);
    assert_int_equal(options.sack_count, 0);
    assert_int_equal(parse(AREA("\0\2\4\5\264")).mss, 0);
}

static void test_window_scale_above_14_is_14(void **state)
{
    (void)state;
    assert_int_equal(parse(AREA("\3\3\17\1")).wscale, 14);
    assert_int_equal(parse(AREA("\3\3\377\1")).wscale, 14);
}

/* RFC 9293 MUST-68, MUST-69: lengths, and whole words without padding. */
static void test_emit_layouts_of_linux(void **state)
{
    (void)state;
    struct tcp_options options = {.mss = 1460, .has_wscale = true, .wscale = 7};
    assert_emits(&options, AREA("\2\4\5\264\1\3\3\7"));
    options.has_sack_permitted = true;
    assert_emits(&options, AREA("\2\4\5\264\1\1\4\2\1\3\3\7"));
    options.has_timestamps = true;
    options.ts_val = 0x01020304;
    assert_emits(&options, AREA("\2\4\5\264\4\2\10\12\1\2\3\4\0\0\0\0\1\3\3\7"));
    options = (struct tcp_options){.has_timestamps = true, .ts_val = 5, .ts_ecr = 6};
    assert_emits(&options, AREA("\1\1\10\12\0\0\0\5\0\0\0\6"));
    options.has_timestamps = false;
    assert_emits(&options, AREA(""));
    options.sack_count = 1;
    options.sack[0] = (struct tcp_sack_block){1, 2};
    assert_emits(&options, AREA("\1\1\5\12\0\0\0\1\0\0\0\2"));
}

static void test_sack_blocks_that_do_not_fit_are_left_out(void **state)
{
    (void)state;
    struct tcp_options options = {.has_timestamps = true, .sack_count = 4};
    assert_int_equal(tcp_options_sack_room(&options), 3);
    assert_int_equal(tcp_options_emit_len(&options), 40);
    options.has_timestamps = false;
    assert_int_equal(tcp_options_sack_room(&options), 4);
    assert_int_equal(tcp_options_emit_len(&options), 36);
    options =
        (struct tcp_options){.mss = 1, .has_wscale = true, .has_timestamps = true, .sack_count = 4};
    assert_int_equal(tcp_options_sack_room(&options), 2);
    assert_true(tcp_options_emit_len(&options) <= TCP_OPTIONS_BYTES_MAX);
}

static void test_parse_of_emit_is_the_same(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[TCP_OPTIONS_BYTES_MAX];
        struct tcp_options options = {0};
        const uint32_t bits = rng_u32(&rng);
        if ((bits & 1) != 0) options.mss = (uint16_t)(1 + rng_below(&rng, 65535));
        options.has_wscale = (bits & 2) != 0;
        if (options.has_wscale) options.wscale = (uint8_t)rng_below(&rng, 15);
        options.has_sack_permitted = (bits & 4) != 0;
        options.has_timestamps = (bits & 8) != 0;
        if (options.has_timestamps) {
            options.ts_val = rng_u32(&rng);
            options.ts_ecr = rng_u32(&rng);
        }
        options.sack_count = (uint8_t)rng_below(&rng, tcp_options_sack_room(&options) + 1);
        for (uint32_t i = 0; i < options.sack_count; i++) {
            options.sack[i] = (struct tcp_sack_block){rng_u32(&rng), rng_u32(&rng)};
        }
        const uint32_t len = tcp_options_emit_len(&options);
        assert_int_equal(len % 4, 0);
        tcp_options_emit(&options, span_mut_of(bytes, len));
        struct tcp_options back = {0};
        tcp_options_parse(&back, span_of(bytes, len));
        assert_memory_equal(&back, &options, sizeof back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iterator_reaches_every_kind),
        cmocka_unit_test(test_iterator_names_each_error),
        cmocka_unit_test(test_iterator_tells_a_cut_capture),
        cmocka_unit_test(test_iterator_seek),
        cmocka_unit_test(test_parse_takes_what_the_stack_acts_on),
        cmocka_unit_test(test_parse_ignores_the_unknown),
        cmocka_unit_test(test_parse_survives_illegal_lengths),
        cmocka_unit_test(test_parse_of_nothing),
        cmocka_unit_test(test_window_scale_above_14_is_14),
        cmocka_unit_test(test_emit_layouts_of_linux),
        cmocka_unit_test(test_sack_blocks_that_do_not_fit_are_left_out),
        cmocka_unit_test(test_parse_of_emit_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
