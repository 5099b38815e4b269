/* wire/frame: finding the layers, completing partial checksums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

/* A frame and the bytes it refers to. */
struct made {
    uint8_t bytes[256];
    uint32_t header_bytes;
    uint32_t transport_offset;
    struct frame frame;
};

static void add_transport(struct made *made, uint8_t protocol, uint32_t payload_bytes)
{
    uint8_t *at = made->bytes + made->transport_offset;
    if (protocol == IP_PROTO_TCP) {
        const struct tcp_repr tcp = {.src_port = 1, .options.has_timestamps = true};
        tcp_emit(&tcp, span_mut_of(at, 60));
        made->header_bytes = made->transport_offset + tcp_emit_len(&tcp);
    } else {
        const struct udp_repr udp = {.src_port = 1, .payload_bytes = (uint16_t)payload_bytes};
        udp_emit(&udp, span_mut_of(at, 8));
        made->header_bytes = made->transport_offset + 8;
    }
}

/* Ethernet, IP, transport, then payload in two more parts, the first odd; partial checksum. */
static void make_frame(struct made *made, bool is_ip6, uint8_t protocol)
{
    const uint32_t payload_bytes = 101;
    const uint32_t transport_bytes = (protocol == IP_PROTO_TCP ? 32 : 8) + payload_bytes;
    const struct eth_repr eth = {.ethertype = is_ip6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4};
    memset(made->bytes, 0x5a, sizeof made->bytes);
    eth_emit(&eth, span_mut_of(made->bytes, 14));
    if (is_ip6) {
        struct ip6_repr ip = {.next_header = protocol, .payload_bytes = (uint16_t)transport_bytes};
        assert_true(ip_addr_parse("fd00::1", &ip.src) && ip_addr_parse("fd00::2", &ip.dst));
        ip6_emit(&ip, span_mut_of(made->bytes + 14, 40));
        made->transport_offset = 54;
    } else {
        const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000001),
                                    .dst = ip_addr_from_v4(0x0a000002),
                                    .protocol = protocol,
                                    .payload_bytes = (uint16_t)transport_bytes};
        ip4_emit(&ip, span_mut_of(made->bytes + 14, 20));
        made->transport_offset = 34;
    }
    add_transport(made, protocol, payload_bytes);
    frame_init(&made->frame);
    made->frame.checksum_partial = true;
    const uint8_t *payload = made->bytes + made->header_bytes;
    assert_true(gather_add(&made->frame.bytes, span_of(made->bytes, made->header_bytes + 3)));
    assert_true(gather_add(&made->frame.bytes, span_of(payload + 3, 50)));
    assert_true(gather_add(&made->frame.bytes, span_of(payload + 53, 48)));
}

static void test_layout_of_each_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct made made;
        struct frame_layout layout;
        const uint8_t protocol = (kind & 2) != 0 ? IP_PROTO_UDP : IP_PROTO_TCP;
        make_frame(&made, (kind & 1) != 0, protocol);
        assert_int_equal(frame_layout_find(&layout, &made.frame, FRAME_LINK_ETHERNET), WIRE_OK);
        assert_int_equal(layout.ip_offset, 14);
        assert_int_equal(layout.transport_offset, made.transport_offset);
        assert_int_equal(layout.payload_offset, made.header_bytes);
        assert_int_equal(layout.end_offset, made.header_bytes + 101);
        assert_int_equal(layout.protocol, protocol);
        assert_int_equal(layout.is_ip6, kind & 1);
    }
}

static void test_layout_of_bare_ip_and_padding(void **state)
{
    (void)state;
    struct made made;
    struct frame_layout layout;
    make_frame(&made, false, IP_PROTO_TCP);
    struct frame bare;
    frame_init(&bare);
    assert_true(gather_add(&bare.bytes, span_of(made.bytes + 14, 52 + 101 + 7)));
    assert_int_equal(frame_layout_find(&layout, &bare, FRAME_LINK_IP), WIRE_OK);
    assert_int_equal(layout.ip_offset, 0);
    assert_int_equal(layout.end_offset, 153);
}

static void test_layout_refuses(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        enum wire_status want;
    } rows[] = {
        {13, 0x06, WIRE_UNSUPPORTED}, {14, 0x55, WIRE_BAD_VERSION}, {14, 0x44, WIRE_BAD_LENGTH},
        {16, 0x7f, WIRE_TRUNCATED},   {20, 0x20, WIRE_UNSUPPORTED}, {21, 0x01, WIRE_UNSUPPORTED},
        {23, 0x01, WIRE_UNSUPPORTED}, {46, 0x40, WIRE_BAD_LENGTH},  {46, 0xf0, WIRE_TRUNCATED},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct made made;
        struct frame_layout layout;
        make_frame(&made, false, IP_PROTO_TCP);
        made.bytes[rows[i].at] = rows[i].value;
        const enum wire_status got = frame_layout_find(&layout, &made.frame, FRAME_LINK_ETHERNET);
        if (got != rows[i].want) fail_msg("row %zu: %d", i, got);
    }
}

static void test_layout_of_every_truncation(void **state)
{
    (void)state;
    struct made made;
    struct frame_layout layout;
    for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
        make_frame(&made, is_ip6 != 0, IP_PROTO_TCP);
        for (uint32_t len = 0; len < made.header_bytes + 101; len++) {
            struct frame frame;
            frame_init(&frame);
            assert_true(gather_add(&frame.bytes, span_of(made.bytes, len)));
            assert_int_equal(frame_layout_find(&layout, &frame, FRAME_LINK_ETHERNET),
                             WIRE_TRUNCATED);
        }
    }
}

static void test_complete_makes_a_good_checksum(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        struct made made;
        struct frame_layout layout;
        uint8_t headers[FRAME_HEADER_BYTES_MAX];
        uint8_t before[sizeof made.bytes];
        make_frame(&made, (kind & 1) != 0, (kind & 2) != 0 ? IP_PROTO_UDP : IP_PROTO_TCP);
        memcpy(before, made.bytes, sizeof before);
        const struct span_mut room = span_mut_of(headers, sizeof headers);
        assert_int_equal(frame_checksum_complete(&made.frame, FRAME_LINK_ETHERNET, room), WIRE_OK);
        assert_false(made.frame.checksum_partial);
        assert_memory_equal(before, made.bytes, sizeof before);
        assert_int_equal(frame_layout_find(&layout, &made.frame, FRAME_LINK_ETHERNET), WIRE_OK);
        assert_true(checksum_transport_is_good(&layout.src, &layout.dst, layout.protocol,
                                               &made.frame.bytes, layout.transport_offset,
                                               layout.end_offset - layout.transport_offset));
    }
}

static void test_complete_leaves_others_alone(void **state)
{
    (void)state;
    struct made made;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    const struct span_mut room = span_mut_of(headers, sizeof headers);
    make_frame(&made, false, IP_PROTO_TCP);
    made.frame.checksum_partial = false;
    const uint8_t *first = made.frame.bytes.part[0].data;
    assert_int_equal(frame_checksum_complete(&made.frame, FRAME_LINK_ETHERNET, room), WIRE_OK);
    assert_ptr_equal(made.frame.bytes.part[0].data, first);
    made.frame.checksum_partial = true;
    made.frame.segment_bytes = 50;
    assert_int_equal(frame_checksum_complete(&made.frame, FRAME_LINK_ETHERNET, room),
                     WIRE_UNSUPPORTED);
    made.frame.segment_bytes = 0;
    const struct span_mut small = span_mut_of(headers, made.header_bytes - 1);
    assert_int_equal(frame_checksum_complete(&made.frame, FRAME_LINK_ETHERNET, small),
                     WIRE_UNSUPPORTED);
    assert_true(made.frame.checksum_partial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_of_each_kind),
        cmocka_unit_test(test_layout_of_bare_ip_and_padding),
        cmocka_unit_test(test_layout_refuses),
        cmocka_unit_test(test_layout_of_every_truncation),
        cmocka_unit_test(test_complete_makes_a_good_checksum),
        cmocka_unit_test(test_complete_leaves_others_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
