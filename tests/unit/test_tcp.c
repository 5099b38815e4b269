/* wire/tcp: header fields, the fast path against the slow one, lengths that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "wire/tcp.h"

static struct tcp_repr sample_repr(void)
{
    return (struct tcp_repr){
        .src_port = 41822,
        .dst_port = 80,
        .seq = 0x89abcdef,
        .ack = 0x01234567,
        .flags = TCP_FLAG_ACK | TCP_FLAG_PSH | TCP_FLAG_AE,
        .window = 502,
        .urgent = 9,
        .options = {.has_timestamps = true, .ts_val = 0xdeadbeef, .ts_ecr = 77},
    };
}

static void assert_repr_equal(const struct tcp_repr *a, const struct tcp_repr *b)
{
    assert_int_equal(a->src_port, b->src_port);
    assert_int_equal(a->dst_port, b->dst_port);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->ack, b->ack);
    assert_int_equal(a->flags, b->flags);
    assert_int_equal(a->window, b->window);
    assert_int_equal(a->urgent, b->urgent);
    assert_int_equal(a->options.mss, b->options.mss);
    assert_int_equal(a->options.has_wscale, b->options.has_wscale);
    assert_int_equal(a->options.wscale, b->options.wscale);
    assert_int_equal(a->options.has_sack_permitted, b->options.has_sack_permitted);
    assert_int_equal(a->options.has_timestamps, b->options.has_timestamps);
    assert_int_equal(a->options.ts_val, b->options.ts_val);
    assert_int_equal(a->options.ts_ecr, b->options.ts_ecr);
    assert_int_equal(a->options.sack_count, b->options.sack_count);
}

static void test_fast_path_parses_what_emit_wrote(void **state)
{
    (void)state;
    uint8_t bytes[TCP_HEADER_BYTES_MAX];
    struct tcp_repr back;
    uint32_t header_len = 0;
    const struct tcp_repr repr = sample_repr();
    memset(&back, 0xee, sizeof back);
    assert_int_equal(tcp_emit_len(&repr), 32);
    tcp_emit(&repr, span_mut_of(bytes, sizeof bytes));
    assert_int_equal(get_be32(bytes + 20), 0x0101080a);
    assert_int_equal(tcp_header_checksum(bytes), 0);
    assert_int_equal(tcp_parse(&back, span_of(bytes, 32), &header_len), WIRE_OK);
    assert_int_equal(header_len, 32);
    assert_repr_equal(&repr, &back);
}

static void test_slow_path_agrees_with_the_fast(void **state)
{
    (void)state;
    uint8_t bytes[TCP_HEADER_BYTES_MAX] = {0};
    struct tcp_repr back;
    uint32_t header_len = 0;
    const struct tcp_repr repr = sample_repr();
    tcp_emit(&repr, span_mut_of(bytes, sizeof bytes));
    memmove(bytes + 20, bytes + 22, 10); /* TS, nop, nop */
    bytes[30] = bytes[31] = TCP_OPTION_NOP;
    assert_int_equal(tcp_parse(&back, span_of(bytes, 60), &header_len), WIRE_OK);
    assert_repr_equal(&repr, &back);
}

static void test_header_without_options(void **state)
{
    (void)state;
    uint8_t bytes[TCP_HEADER_BYTES_MAX];
    struct tcp_repr back;
    uint32_t header_len = 0;
    struct tcp_repr repr = sample_repr();
    memset(&back, 0xee, sizeof back);
    repr.options = (struct tcp_options){0};
    tcp_emit(&repr, span_mut_of(bytes, 20));
    assert_int_equal(tcp_parse(&back, span_of(bytes, 20), &header_len), WIRE_OK);
    assert_int_equal(header_len, 20);
    assert_repr_equal(&repr, &back);
}

static void test_every_flag_alone(void **state)
{
    (void)state;
    for (uint16_t flag = 1; flag <= TCP_FLAG_AE; flag = (uint16_t)(flag << 1)) {
        uint8_t bytes[TCP_HEADER_BYTES_MAX];
        struct tcp_repr repr = sample_repr();
        repr.flags = flag;
        tcp_emit(&repr, span_mut_of(bytes, sizeof bytes));
        assert_int_equal(tcp_header_flags(bytes), flag);
        assert_int_equal(tcp_header_reserved(bytes), 0);
        assert_int_equal(tcp_header_len(bytes), 32);
    }
}

static void test_reserved_bits_are_no_flags(void **state)
{
    (void)state;
    uint8_t bytes[TCP_HEADER_BYTES] = {0};
    struct tcp_repr repr;
    uint32_t header_len;
    bytes[12] = 0x5e;
    assert_int_equal(tcp_parse(&repr, span_of(bytes, 20), &header_len), WIRE_OK);
    assert_int_equal(repr.flags, 0);
    assert_int_equal(tcp_header_reserved(bytes), 7);
}

static void test_lengths_that_lie(void **state)
{
    (void)state;
    uint8_t bytes[TCP_HEADER_BYTES_MAX] = {0};
    struct tcp_repr repr;
    uint32_t header_len;
    bytes[12] = 0x50;
    for (size_t len = 0; len < TCP_HEADER_BYTES; len++) {
        assert_int_equal(tcp_parse(&repr, span_of(bytes, len), &header_len), WIRE_TRUNCATED);
    }
    for (uint8_t words = 0; words < 16; words++) {
        bytes[12] = (uint8_t)(words << 4);
        for (size_t len = TCP_HEADER_BYTES; len <= sizeof bytes; len++) {
            const enum wire_status want = words < 5          ? WIRE_BAD_LENGTH
                                          : words * 4u > len ? WIRE_TRUNCATED
                                                             : WIRE_OK;
            assert_int_equal(tcp_parse(&repr, span_of(bytes, len), &header_len), want);
        }
    }
}

static void test_any_options_parse(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 11);
    for (int round = 0; round < 50000; round++) {
        uint8_t bytes[TCP_HEADER_BYTES_MAX];
        struct tcp_repr repr;
        uint32_t header_len = 0;
        for (size_t i = 0; i < sizeof bytes; i++) {
            bytes[i] = (uint8_t)rng_below(&rng, round % 2 == 0 ? 256 : 12);
        }
        bytes[12] = 0xf0;
        assert_int_equal(tcp_parse(&repr, span_of(bytes, 60), &header_len), WIRE_OK);
        assert_int_equal(header_len, 60);
        assert_true(repr.options.sack_count <= TCP_SACK_BLOCKS_MAX);
        assert_true(repr.options.wscale <= TCP_WSCALE_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_path_parses_what_emit_wrote),
        cmocka_unit_test(test_slow_path_agrees_with_the_fast),
        cmocka_unit_test(test_header_without_options),
        cmocka_unit_test(test_every_flag_alone),
        cmocka_unit_test(test_reserved_bits_are_no_flags),
        cmocka_unit_test(test_lengths_that_lie),
        cmocka_unit_test(test_any_options_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
