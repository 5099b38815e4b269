/*
 * Checksums that were left to a device are completed for the capture, over all pieces of a frame.
 */
#include "observe/capture_checksum.h"

#include "observe/print.h"
#include "support.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/tcp.h"

#define HEADERS (ETH_HEADER_BYTES + IP4_HEADER_BYTES + TCP_HEADER_BYTES)

/* An Ethernet frame with a TCP segment of `len` bytes and no checksum. */
static void make(uint8_t bytes[HEADERS], uint16_t len)
{
    const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000264),
                                .dst = ip_addr_from_v4(0x0a000204),
                                .ttl = 64,
                                .protocol = IP_PROTO_TCP,
                                .payload_bytes = (uint16_t)(TCP_HEADER_BYTES + len)};
    const struct tcp_repr tcp = {.src_port = 1, .dst_port = 2, .seq = 3, .flags = TCP_FLAG_ACK};
    memset(bytes, 0, HEADERS);
    put_be16(bytes + 12, ETH_TYPE_IP4);
    ip4_emit(&ip, span_mut_of(bytes + ETH_HEADER_BYTES, IP4_HEADER_BYTES));
    tcp_emit(&tcp, span_mut_of(bytes + ETH_HEADER_BYTES + IP4_HEADER_BYTES, TCP_HEADER_BYTES));
    put_be16(bytes + HEADERS - 4, 0x1234); /* what a kernel leaves there: some sum */
}

static bool is_good(const uint8_t *headers, struct span payload, uint16_t len)
{
    struct gather bytes;
    const struct ip_addr src = ip_addr_from_v4(0x0a000264), dst = ip_addr_from_v4(0x0a000204);
    gather_init(&bytes);
    assert_true(gather_add(&bytes, span_of(headers, HEADERS)) && gather_add(&bytes, payload));
    return checksum_transport_is_good(&src, &dst, IP_PROTO_TCP, &bytes,
                                      ETH_HEADER_BYTES + IP4_HEADER_BYTES,
                                      (uint32_t)TCP_HEADER_BYTES + len);
}

static void pieces_are_summed_as_one(void **state)
{
    (void)state;
    static const uint8_t payload[] = "forty-two bytes, give or take some of them";
    uint8_t bytes[HEADERS], headers[CAPTURE_HEADER_BYTES_MAX];
    for (uint16_t cut = 0; cut <= sizeof payload; cut++) {
        make(bytes, sizeof payload);
        const struct span pieces[] = {span_of(bytes, HEADERS), span_of(payload, cut),
                                      span_of(payload + cut, sizeof payload - cut)};
        assert_int_equal(capture_checksum_complete(PRINT_LINK_ETHERNET, pieces, 3, headers),
                         HEADERS);
        assert_true(is_good(headers, span_of(payload, sizeof payload), sizeof payload));
        assert_int_equal(get_be16(bytes + HEADERS - 4), 0x1234); /* the frame stays as it is */
    }
}

static void raw_packets_have_no_link_header(void **state)
{
    (void)state;
    uint8_t bytes[HEADERS], headers[CAPTURE_HEADER_BYTES_MAX];
    make(bytes, 0);
    const struct span piece = span_of(bytes + ETH_HEADER_BYTES, HEADERS - ETH_HEADER_BYTES);
    assert_int_equal(capture_checksum_complete(PRINT_LINK_RAW, &piece, 1, headers),
                     HEADERS - ETH_HEADER_BYTES);
}

static void what_is_no_segment_is_left_alone(void **state)
{
    (void)state;
    uint8_t bytes[HEADERS], headers[CAPTURE_HEADER_BYTES_MAX];
    make(bytes, 0);
    const struct span piece = span_of(bytes, HEADERS);
    struct span many[64];
    for (uint32_t i = 0; i < ARRAY_COUNT(many); i++) many[i] = piece;
    assert_int_equal(capture_checksum_complete(PRINT_LINK_ETHERNET, many, 64, headers), 0);
    bytes[ETH_HEADER_BYTES + 6] = 0x20; /* a fragment */
    assert_int_equal(capture_checksum_complete(PRINT_LINK_ETHERNET, &piece, 1, headers), 0);
    bytes[12] = 0;
    assert_int_equal(capture_checksum_complete(PRINT_LINK_ETHERNET, &piece, 1, headers), 0);
    assert_int_equal(capture_checksum_complete(PRINT_LINK_ETHERNET, NULL, 0, headers), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_summed_as_one),
        cmocka_unit_test(raw_packets_have_no_link_header),
        cmocka_unit_test(what_is_no_segment_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
