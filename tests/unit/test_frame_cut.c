/* wire/frame_cut: what leaves the cutter is what a sender without offload would have sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame_cut.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#define PAYLOAD_BYTES_MAX 65000
#define ALL_FLAGS                                                                                  \
    (TCP_FLAG_FIN | TCP_FLAG_PSH | TCP_FLAG_ACK | TCP_FLAG_ECE | TCP_FLAG_CWR | TCP_FLAG_AE)

/* A super-segment and the bytes it refers to. */
struct super {
    uint8_t headers[128];
    uint8_t payload[PAYLOAD_BYTES_MAX];
    uint32_t header_bytes;
    struct frame frame;
};

static struct super super;
static uint8_t joined[PAYLOAD_BYTES_MAX];

struct shape {
    bool is_ip6;
    bool has_ethernet;
    uint32_t payload_bytes;
    uint16_t segment_bytes;
    uint32_t part_bytes; /* the payload comes in parts of this size */
    uint16_t flags;
    uint16_t urgent;
};

static uint32_t emit_ip(const struct shape *shape, uint8_t *at, uint32_t transport_bytes)
{
    if (shape->is_ip6) {
        struct ip6_repr ip = {
            .next_header = IP_PROTO_TCP, .payload_bytes = (uint16_t)transport_bytes, .ecn = 2};
        assert_true(ip_addr_parse("fd00::1", &ip.src) && ip_addr_parse("fd00::2", &ip.dst));
        ip6_emit(&ip, span_mut_of(at, 40));
        return 40;
    }
    const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000001),
                                .dst = ip_addr_from_v4(0x0a000002),
                                .id = 0xfffe, /* wraps on the third */
                                .has_dont_fragment = true,
                                .ttl = 64,
                                .protocol = IP_PROTO_TCP,
                                .payload_bytes = (uint16_t)transport_bytes};
    ip4_emit(&ip, span_mut_of(at, 20));
    return 20;
}

static void make_super(const struct shape *shape)
{
    const struct tcp_repr tcp = {
        .src_port = 41822,
        .dst_port = 80,
        .seq = 0xfffffe00, /* wraps on the way */
        .ack = 77,
        .flags = shape->flags,
        .window = 502,
        .urgent = shape->urgent,
        .options = {.has_timestamps = true, .ts_val = 1, .ts_ecr = 2},
    };
    uint32_t len = 0;
    if (shape->has_ethernet) {
        const struct eth_repr eth = {.ethertype = shape->is_ip6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4};
        eth_emit(&eth, span_mut_of(super.headers, 14));
        len = 14;
    }
    len += emit_ip(shape, super.headers + len, tcp_emit_len(&tcp) + shape->payload_bytes);
    tcp_emit(&tcp, span_mut_of(super.headers + len, 60));
    super.header_bytes = len + tcp_emit_len(&tcp);
    for (uint32_t i = 0; i < shape->payload_bytes; i++) {
        super.payload[i] = (uint8_t)(i * 7 + i / 251);
    }
    frame_init(&super.frame);
    super.frame.segment_bytes = shape->segment_bytes;
    super.frame.checksum_partial = true;
    assert_true(gather_add(&super.frame.bytes, span_of(super.headers, super.header_bytes)));
    for (uint32_t at = 0; at < shape->payload_bytes; at += shape->part_bytes) {
        const uint32_t part = u32_min(shape->part_bytes, shape->payload_bytes - at);
        assert_true(gather_add(&super.frame.bytes, span_of(super.payload + at, part)));
    }
}

static enum frame_link link_of(const struct shape *shape)
{
    return shape->has_ethernet ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
}

static void assert_ip_is_right(const struct frame *frame, const struct frame_layout *layout,
                               uint32_t index)
{
    const struct span packet = span_from(frame_headers(frame), layout->ip_offset);
    const uint32_t packet_bytes = frame->bytes.len_bytes - layout->ip_offset;
    uint32_t header_len;
    assert_int_equal(layout->end_offset, frame->bytes.len_bytes);
    if (layout->is_ip6) {
        struct ip6_repr ip;
        assert_int_equal(ip6_parse(&ip, packet, packet_bytes), WIRE_OK);
        assert_int_equal(ip.ecn, 2);
        return;
    }
    struct ip4_repr ip;
    assert_int_equal(ip4_parse(&ip, packet, packet_bytes, &header_len), WIRE_OK);
    assert_int_equal(ip.id, (uint16_t)(0xfffe + index));
    assert_true(ip.has_dont_fragment);
}

/* Cuts, checks every frame, and leaves the payload in `joined`; returns the number of frames. */
static uint32_t cut_and_check(const struct shape *shape)
{
    struct frame_cut cut;
    struct frame frame;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    uint32_t index = 0;
    uint32_t done = 0;
    assert_int_equal(frame_cut_init(&cut, &super.frame, link_of(shape)), WIRE_OK);
    const uint32_t count = frame_cut_count(&cut);
    while (frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &frame)) {
        struct frame_layout layout;
        struct tcp_repr tcp;
        uint32_t len;
        assert_int_equal(frame.segment_bytes, 0);
        assert_false(frame.checksum_partial);
        assert_int_equal(frame_layout_find(&layout, &frame, link_of(shape)), WIRE_OK);
        assert_ip_is_right(&frame, &layout, index);
        const struct span transport = span_from(frame_headers(&frame), layout.transport_offset);
        assert_int_equal(tcp_parse(&tcp, transport, &len), WIRE_OK);
        assert_true(checksum_transport_is_good(&layout.src, &layout.dst, IP_PROTO_TCP, &frame.bytes,
                                               layout.transport_offset,
                                               layout.end_offset - layout.transport_offset));
        const uint32_t payload_bytes = layout.end_offset - layout.payload_offset;
        const uint16_t only_last = index + 1 < count ? TCP_FLAG_FIN | TCP_FLAG_PSH : 0;
        const uint16_t only_first = index > 0 ? TCP_FLAG_CWR : 0;
        assert_int_equal(tcp.seq, 0xfffffe00u + done);
        assert_int_equal(tcp.ack, 77);
        assert_int_equal(tcp.flags & ~TCP_FLAG_URG,
                         shape->flags & ~TCP_FLAG_URG & ~only_last & ~only_first);
        assert_true(tcp.options.has_timestamps && tcp.options.ts_ecr == 2);
        if (index + 1 < count) assert_int_equal(payload_bytes, shape->segment_bytes);
        gather_copy(&frame.bytes, layout.payload_offset, joined + done, payload_bytes);
        done += payload_bytes;
        index++;
    }
    assert_int_equal(index, count);
    assert_int_equal(done, shape->payload_bytes);
    assert_memory_equal(joined, super.payload, done);
    return count;
}

static void test_cut_of_every_kind_and_size(void **state)
{
    (void)state;
    static const struct {
        uint32_t payload_bytes;
        uint16_t segment_bytes;
        uint32_t part_bytes, want;
    } rows[] = {
        {65000, 1448, 4096, 45}, {2896, 1448, 4096, 2}, {1448, 1448, 1448, 1},
        {1449, 1448, 101, 2},    {1, 1448, 1, 1},       {0, 1448, 1, 1},
        {30, 1, 2, 30},          {999, 333, 77, 3},     {500, 0, 77, 1},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        for (int kind = 0; kind < 4; kind++) {
            const struct shape shape = {.is_ip6 = (kind & 1) != 0,
                                        .has_ethernet = (kind & 2) != 0,
                                        .payload_bytes = rows[i].payload_bytes,
                                        .segment_bytes = rows[i].segment_bytes,
                                        .part_bytes = rows[i].part_bytes,
                                        .flags = ALL_FLAGS};
            make_super(&shape);
            assert_int_equal(cut_and_check(&shape), rows[i].want);
        }
    }
}

static void test_headers_of_the_super_segment_stay(void **state)
{
    (void)state;
    uint8_t before[sizeof super.headers];
    const struct shape shape = {
        .payload_bytes = 5000, .segment_bytes = 1000, .part_bytes = 5000, .flags = ALL_FLAGS};
    make_super(&shape);
    memcpy(before, super.headers, sizeof before);
    cut_and_check(&shape);
    assert_memory_equal(before, super.headers, sizeof before);
}

static void test_urgent_pointer_moves_and_ends(void **state)
{
    (void)state;
    static const uint16_t want[] = {150, 50, 0, 0};
    struct frame_cut cut;
    struct frame frame;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    const struct shape shape = {.payload_bytes = 400,
                                .segment_bytes = 100,
                                .part_bytes = 400,
                                .flags = TCP_FLAG_ACK | TCP_FLAG_URG,
                                .urgent = 150};
    make_super(&shape);
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_OK);
    for (size_t i = 0; i < ARRAY_COUNT(want); i++) {
        assert_true(frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &frame));
        assert_int_equal(tcp_header_urgent(headers + 20), want[i]);
        assert_int_equal((tcp_header_flags(headers + 20) & TCP_FLAG_URG) != 0, want[i] != 0);
    }
    assert_false(frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &frame));
}

static void test_link_padding_is_not_payload(void **state)
{
    (void)state;
    const struct shape shape = {
        .has_ethernet = true, .payload_bytes = 10, .segment_bytes = 4, .part_bytes = 10};
    make_super(&shape);
    assert_true(gather_add(&super.frame.bytes, span_of(super.headers, 36)));
    assert_int_equal(cut_and_check(&shape), 3);
}

static void test_what_cannot_be_cut(void **state)
{
    (void)state;
    struct frame_cut cut;
    struct shape shape = {
        .payload_bytes = 400, .segment_bytes = 100, .part_bytes = 400, .flags = TCP_FLAG_SYN};
    make_super(&shape);
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_BAD_VALUE);
    super.frame.segment_bytes = 400;
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_OK);
    shape.flags = TCP_FLAG_ACK;
    make_super(&shape);
    super.headers[9] = IP_PROTO_ICMP4;
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_UNSUPPORTED);
    make_super(&shape);
    super.headers[6] = 0x20;
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_UNSUPPORTED);
    make_super(&shape);
    gather_keep_front(&super.frame.bytes, super.header_bytes + 399);
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_TRUNCATED);
}

static void test_all_parts_taken(void **state)
{
    (void)state;
    struct frame_cut cut;
    const uint16_t bytes = GATHER_PARTS_MAX - 1;
    struct shape shape = {.payload_bytes = bytes, .segment_bytes = bytes, .part_bytes = 1};
    make_super(&shape);
    assert_int_equal(super.frame.bytes.parts, GATHER_PARTS_MAX);
    cut_and_check(&shape);
    /* Payload behind the headers in the first part would need a part more. */
    memcpy(super.headers + super.header_bytes, super.payload, 1);
    super.frame.bytes.part[0].len++;
    super.frame.bytes.len_bytes++;
    assert_int_equal(frame_cut_init(&cut, &super.frame, FRAME_LINK_IP), WIRE_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_of_every_kind_and_size),
        cmocka_unit_test(test_headers_of_the_super_segment_stay),
        cmocka_unit_test(test_urgent_pointer_moves_and_ends),
        cmocka_unit_test(test_link_padding_is_not_payload),
        cmocka_unit_test(test_what_cannot_be_cut),
        cmocka_unit_test(test_all_parts_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
