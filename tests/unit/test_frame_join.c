/* wire/frame_join: what is joined can be cut again, and what would lose something is not joined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame_cut.h"
#include "wire/frame_join.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#define FRAMES_MAX      80
#define FRAME_BYTES_MAX 2048
#define PAYLOAD_BYTES   60000

/* A bulk transfer as it comes from the wire: whole frames, one behind the other. */
struct burst {
    enum frame_link link;
    bool is_ip6;
    uint32_t count;
    uint32_t ip_offset, tcp_offset, payload_offset;
    uint8_t bytes[FRAMES_MAX][FRAME_BYTES_MAX];
    uint32_t len[FRAMES_MAX];
};

static struct burst burst;
static uint8_t payload[PAYLOAD_BYTES];
static struct frame_join join;

struct shape {
    bool is_ip6, has_ethernet, has_no_timestamps;
    uint32_t payload_bytes, segment_bytes;
    uint16_t flags; /* besides ACK */
};

static uint32_t emit_ip(const struct shape *shape, uint8_t *at, uint32_t transport_bytes)
{
    if (shape->is_ip6) {
        struct ip6_repr ip = {.next_header = IP_PROTO_TCP,
                              .hop_limit = 64,
                              .flow_label = 0x12345,
                              .payload_bytes = (uint16_t)transport_bytes};
        assert_true(ip_addr_parse("fd00::1", &ip.src) && ip_addr_parse("fd00::2", &ip.dst));
        ip6_emit(&ip, span_mut_of(at, 40));
        return 40;
    }
    const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000001),
                                .dst = ip_addr_from_v4(0x0a000002),
                                .id = 0xfffe,
                                .has_dont_fragment = true,
                                .ttl = 64,
                                .protocol = IP_PROTO_TCP,
                                .payload_bytes = (uint16_t)transport_bytes};
    ip4_emit(&ip, span_mut_of(at, 20));
    return 20;
}

/* The headers of a super-segment at `at`; returns their length. */
static uint32_t emit_headers(const struct shape *shape, uint8_t *at)
{
    const struct tcp_repr tcp = {
        .src_port = 41822,
        .dst_port = 80,
        .seq = 0xffffff00, /* wraps on the way */
        .ack = 77,
        .flags = (uint16_t)(TCP_FLAG_ACK | shape->flags),
        .window = 502,
        .options = {.has_timestamps = !shape->has_no_timestamps, .ts_val = 1, .ts_ecr = 2}};
    uint32_t len = 0;
    if (shape->has_ethernet) {
        const struct eth_repr eth = {.ethertype = shape->is_ip6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4};
        eth_emit(&eth, span_mut_of(at, 14));
        len = 14;
    }
    burst.ip_offset = len;
    len += emit_ip(shape, at + len, tcp_emit_len(&tcp) + shape->payload_bytes);
    burst.tcp_offset = len;
    tcp_emit(&tcp, span_mut_of(at + len, 60));
    burst.payload_offset = len + tcp_emit_len(&tcp);
    return burst.payload_offset;
}

/* Cuts a super-segment of this shape into the frames of `burst`. */
static void make_burst(const struct shape *shape)
{
    uint8_t headers[128], cut_headers[FRAME_HEADER_BYTES_MAX];
    struct frame super, piece;
    struct frame_cut cut;
    for (uint32_t i = 0; i < PAYLOAD_BYTES; i++) payload[i] = (uint8_t)(i * 7 + i / 251);
    burst.link = shape->has_ethernet ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
    burst.is_ip6 = shape->is_ip6;
    burst.count = 0;
    frame_init(&super);
    super.segment_bytes = (uint16_t)shape->segment_bytes;
    super.checksum_partial = true;
    assert_true(gather_add(&super.bytes, span_of(headers, emit_headers(shape, headers))));
    assert_true(gather_add(&super.bytes, span_of(payload, shape->payload_bytes)));
    assert_int_equal(frame_cut_init(&cut, &super, burst.link), WIRE_OK);
    while (frame_cut_next(&cut, span_mut_of(cut_headers, sizeof cut_headers), &piece)) {
        assert_true(burst.count < FRAMES_MAX && piece.bytes.len_bytes <= FRAME_BYTES_MAX);
        burst.len[burst.count] =
            gather_copy(&piece.bytes, 0, burst.bytes[burst.count], FRAME_BYTES_MAX);
        burst.count++;
    }
}

static struct frame frame_at(uint32_t i)
{
    struct frame frame;
    frame_init(&frame);
    assert_true(gather_add(&frame.bytes, span_of(burst.bytes[i], burst.len[i])));
    return frame;
}

/* Makes the checksums of frame `i` right again after a change. */
static void repair(uint32_t i)
{
    struct frame frame = frame_at(i), done;
    struct frame_cut cut;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    assert_int_equal(frame_cut_init(&cut, &frame, burst.link), WIRE_OK);
    assert_true(frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &done));
    memcpy(burst.bytes[i], headers, burst.payload_offset);
}

/* Begins with frame 0 and adds what follows; returns how many frames are held. */
static uint32_t join_burst(void)
{
    frame_join_init(&join, burst.link);
    struct frame frame = frame_at(0);
    assert_true(frame_join_begin(&join, &frame));
    uint32_t i = 1;
    for (; i < burst.count; i++) {
        frame = frame_at(i);
        if (!frame_join_add(&join, &frame)) break;
    }
    return i;
}

/* Whether frame 1, changed by the caller, is joined to frame 0. */
static bool is_joined(void)
{
    frame_join_init(&join, burst.link);
    struct frame frame = frame_at(0);
    assert_true(frame_join_begin(&join, &frame));
    frame = frame_at(1);
    const bool was_added = frame_join_add(&join, &frame);
    const struct frame *held = frame_join_take(&join);
    assert_non_null(held);
    if (!was_added) { /* the first comes back as it was */
        assert_int_equal(held->segment_bytes, 0);
        assert_int_equal(held->bytes.len_bytes, burst.len[0]);
        assert_ptr_equal(held->bytes.part[0].data, burst.bytes[0]);
    }
    return was_added;
}

/* Cuts what was joined, and finds the frames it was made of, byte by byte. */
static void assert_cut_gives_back(const struct frame *joined, uint32_t from, uint32_t count)
{
    struct frame_cut cut;
    struct frame piece;
    uint8_t headers[FRAME_HEADER_BYTES_MAX], bytes[FRAME_BYTES_MAX];
    assert_int_equal(frame_cut_init(&cut, joined, burst.link), WIRE_OK);
    assert_int_equal(frame_cut_count(&cut), count);
    for (uint32_t i = from; i < from + count; i++) {
        assert_true(frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &piece));
        assert_int_equal(piece.bytes.len_bytes, burst.len[i]);
        gather_copy(&piece.bytes, 0, bytes, sizeof bytes);
        assert_memory_equal(bytes, burst.bytes[i], burst.len[i]);
    }
}

static const struct shape usual = {.payload_bytes = 14480, .segment_bytes = 1448};

static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 16; kind++) {
        const struct shape shape = {.is_ip6 = (kind & 1) != 0,
                                    .has_ethernet = (kind & 2) != 0,
                                    .has_no_timestamps = (kind & 4) != 0,
                                    .payload_bytes = (kind & 8) != 0 ? 14480 : 13001,
                                    .segment_bytes = 1448,
                                    .flags = (kind & 8) != 0 ? TCP_FLAG_PSH : 0};
        make_burst(&shape);
        assert_int_equal(join_burst(), burst.count);
        const struct frame *joined = frame_join_take(&join);
        assert_int_equal(joined->segment_bytes, 1448);
        assert_true(joined->checksum_partial);
        assert_cut_gives_back(joined, 0, burst.count);
        assert_null(frame_join_take(&join));
    }
}

static void test_one_alone_comes_back_untouched(void **state)
{
    (void)state;
    make_burst(&usual);
    frame_join_init(&join, burst.link);
    assert_null(frame_join_take(&join));
    struct frame frame = frame_at(0);
    assert_false(frame_join_add(&join, &frame)); /* nothing to add to */
    frame.checksum_partial = true;
    assert_true(frame_join_begin(&join, &frame));
    const struct frame *held = frame_join_take(&join);
    assert_ptr_equal(held->bytes.part[0].data, burst.bytes[0]);
    assert_int_equal(held->segment_bytes, 0);
    assert_true(held->checksum_partial);
}

/* Every bit of the headers but those of the named fields keeps frames apart. */
static void test_each_bit_that_differs_keeps_apart(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 4; kind++) {
        const struct shape shape = {.is_ip6 = (kind & 1) != 0,
                                    .has_ethernet = (kind & 2) != 0,
                                    .payload_bytes = 2896,
                                    .segment_bytes = 1448};
        make_burst(&shape);
        assert_true(is_joined());
        const uint32_t ip = burst.ip_offset, tcp = burst.tcp_offset;
        for (uint32_t bit = 0; bit < burst.payload_offset * 8; bit++) {
            const uint32_t at = bit / 8;
            const bool is_id = !shape.is_ip6 && (at == ip + 4 || at == ip + 5);
            const bool is_psh = at == tcp + 13 && bit % 8 == 3;
            make_burst(&shape);
            burst.bytes[1][at] ^= (uint8_t)(1u << bit % 8);
            struct frame frame = frame_at(1);
            struct frame_layout layout;
            const bool is_whole = frame_layout_find(&layout, &frame, burst.link) == WIRE_OK &&
                                  layout.payload_offset == burst.payload_offset &&
                                  layout.protocol == IP_PROTO_TCP;
            assert_false(is_joined()); /* one of the checksums is wrong at least */
            if (!is_whole) continue;
            repair(1);
            const bool is_sum = (!shape.is_ip6 && (at == ip + 10 || at == ip + 11)) ||
                                at == tcp + 16 || at == tcp + 17;
            if (shape.has_ethernet && at < 12) {
                assert_false(is_joined());
            } else {
                assert_int_equal(is_joined(), is_id || is_psh || is_sum);
            }
        }
    }
}

/* RFC 9293 MUST-3: nothing is joined unverified, the first frame no more than the others. */
static void test_bad_checksums_keep_apart(void **state)
{
    (void)state;
    for (uint32_t victim = 0; victim < 4; victim++) {
        for (uint32_t where = 0; where < 2; where++) {
            make_burst(&usual);
            const uint32_t at = where == 0 ? burst.ip_offset + 10 : burst.len[victim] - 1;
            burst.bytes[victim][at] ^= 0x40;
            assert_int_equal(join_burst(), victim < 2 ? 1 : victim);
            const struct frame *held = frame_join_take(&join);
            if (victim > 1) assert_cut_gives_back(held, 0, victim);
        }
    }
}

static void test_partial_checksums_need_no_look(void **state)
{
    (void)state;
    make_burst(&usual);
    burst.bytes[1][burst.len[1] - 1] ^= 1;
    frame_join_init(&join, burst.link);
    struct frame frame = frame_at(0);
    assert_true(frame_join_begin(&join, &frame));
    frame = frame_at(1);
    frame.checksum_partial = true;
    assert_true(frame_join_add(&join, &frame));
}

static void test_what_cannot_begin(void **state)
{
    (void)state;
    static const uint16_t flags[] = {TCP_FLAG_SYN, TCP_FLAG_FIN, TCP_FLAG_RST, TCP_FLAG_URG,
                                     TCP_FLAG_ECE, TCP_FLAG_CWR, TCP_FLAG_AE};
    struct shape shape = {.payload_bytes = 100, .segment_bytes = 100};
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        shape.flags = flags[i];
        make_burst(&shape);
        const struct frame frame = frame_at(0);
        frame_join_init(&join, burst.link);
        assert_false(frame_join_begin(&join, &frame));
    }
    shape.flags = 0;
    make_burst(&shape);
    frame_join_init(&join, burst.link);
    struct frame frame = frame_at(0);
    frame.segment_bytes = 50; /* joined below already */
    assert_false(frame_join_begin(&join, &frame));
    burst.len[0] += 4; /* link padding */
    frame = frame_at(0);
    assert_false(frame_join_begin(&join, &frame));
    shape.payload_bytes = 0; /* an ACK */
    make_burst(&shape);
    frame = frame_at(0);
    assert_false(frame_join_begin(&join, &frame));
    shape.payload_bytes = 100;
    make_burst(&shape);
    frame_init(&frame); /* in two parts */
    assert_true(gather_add(&frame.bytes, span_of(burst.bytes[0], burst.payload_offset)));
    assert_true(gather_add(&frame.bytes, span_of(burst.bytes[0] + burst.payload_offset, 100)));
    assert_false(frame_join_begin(&join, &frame));
}

/* PSH, or less payload than the first had, ends a run; more than the first had begins another. */
static void test_what_ends_a_run(void **state)
{
    (void)state;
    make_burst(&usual);
    burst.bytes[2][burst.tcp_offset + 13] |= TCP_FLAG_PSH;
    repair(2);
    assert_int_equal(join_burst(), 3);
    const struct frame *held = frame_join_take(&join);
    assert_true(tcp_header_flags(held->bytes.part[0].data + burst.tcp_offset) & TCP_FLAG_PSH);

    const struct shape odd = {.payload_bytes = 2000, .segment_bytes = 1448};
    make_burst(&odd);
    assert_int_equal(join_burst(), 2);
    struct frame frame = frame_at(0);
    assert_false(frame_join_add(&join, &frame));
    assert_cut_gives_back(frame_join_take(&join), 0, 2);

    memcpy(burst.bytes[2], burst.bytes[0], burst.len[0]); /* goes on where the short one ended */
    burst.len[2] = burst.len[0];
    put_be32(burst.bytes[2] + burst.tcp_offset + 4, 0xffffff00u + 2000);
    repair(2);
    put_be16(burst.bytes[2] + 2, 552 + 52); /* as short as the one before */
    burst.len[2] = 552 + 52;
    repair(2);
    burst.count = 3;
    assert_int_equal(join_burst(), 2);
    (void)frame_join_take(&join);

    const struct shape small = {.payload_bytes = 100, .segment_bytes = 100};
    make_burst(&usual);
    static uint8_t larger[FRAME_BYTES_MAX];
    const uint32_t larger_bytes = burst.len[1];
    memcpy(larger, burst.bytes[1], larger_bytes);
    make_burst(&small);
    put_be32(larger + burst.tcp_offset + 4, 0xffffff00u + 100); /* would follow, but is longer */
    memcpy(burst.bytes[1], larger, larger_bytes);
    burst.len[1] = larger_bytes;
    repair(1);
    assert_false(is_joined());
}

static void test_limits(void **state)
{
    (void)state;
    const struct shape many = {.payload_bytes = 60, .segment_bytes = 1};
    make_burst(&many);
    assert_int_equal(join_burst(), GATHER_PARTS_MAX - 1);
    assert_cut_gives_back(frame_join_take(&join), 0, GATHER_PARTS_MAX - 1);
    /* no packet is longer than its length field says */
    const struct shape large = {.payload_bytes = 60000, .segment_bytes = 1900};
    make_burst(&large);
    for (uint32_t i = 1; i <= 4; i++) { /* more of the same: numbers that go on */
        memcpy(burst.bytes[31 + i - 1], burst.bytes[1], burst.len[1]);
        burst.len[31 + i - 1] = burst.len[1];
        put_be32(burst.bytes[31 + i - 1] + burst.tcp_offset + 4, 0xffffff00u + 1900 * (31 + i - 1));
        repair(31 + i - 1);
    }
    burst.count = 35;
    assert_int_equal(join_burst(), 34); /* 34 * 1900 + 52 <= 65535 */
    const struct frame *held = frame_join_take(&join);
    assert_int_equal(held->bytes.len_bytes, 34 * 1900 + 52);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_one_alone_comes_back_untouched),
        cmocka_unit_test(test_each_bit_that_differs_keeps_apart),
        cmocka_unit_test(test_bad_checksums_keep_apart),
        cmocka_unit_test(test_partial_checksums_need_no_look),
        cmocka_unit_test(test_what_cannot_begin),
        cmocka_unit_test(test_what_ends_a_run),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
