/* link/link_header: what is written is what is read back, and lies are not believed. */
#include "support.h"

#include <linux/virtio_net.h>

#include "link/link_header.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PAYLOAD_BYTES 5000

struct packet {
    uint8_t bytes[ETH_HEADER_BYTES + 200 + PAYLOAD_BYTES];
    struct vitro_span span;
    struct vitro_frame frame;
    uint32_t transport_offset;
};

static uint32_t emit_ip(bool is_v4, uint8_t protocol, uint32_t payload_bytes, uint8_t *at)
{
    if (is_v4) {
        const struct ip4_repr ip = {.src = ip_addr_from_v4(0x0a000264),
                                    .dst = ip_addr_from_v4(0xc0000207),
                                    .ttl = 64,
                                    .protocol = protocol,
                                    .payload_bytes = (uint16_t)payload_bytes};
        ip4_emit(&ip, span_mut_of(at, IP4_HEADER_BYTES));
        return IP4_HEADER_BYTES;
    }
    const struct ip6_repr ip = {.src = {{0xfd, 0, 1}},
                                .dst = {{0xfd, 0, 2}},
                                .hop_limit = 64,
                                .next_header = protocol,
                                .payload_bytes = (uint16_t)payload_bytes};
    ip6_emit(&ip, span_mut_of(at, IP6_HEADER_BYTES));
    return IP6_HEADER_BYTES;
}

/* A frame with a checksum that is left open; TCP with `flags`, else UDP or whatever it is. */
static void make(struct packet *p, bool is_v4, uint8_t protocol, uint16_t flags)
{
    const struct tcp_repr tcp = {
        .src_port = 40000, .dst_port = 80, .flags = flags, .options = {.has_timestamps = true}};
    const uint32_t header_bytes =
        protocol == IP_PROTO_TCP ? tcp_emit_len(&tcp) : (uint32_t)UDP_HEADER_BYTES;
    const struct eth_repr eth = {.ethertype = is_v4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6};
    memset(p, 0, sizeof *p);
    eth_emit(&eth, span_mut_of(p->bytes, ETH_HEADER_BYTES));
    uint32_t len = ETH_HEADER_BYTES;
    len += emit_ip(is_v4, protocol, header_bytes + PAYLOAD_BYTES, p->bytes + len);
    p->transport_offset = len;
    if (protocol == IP_PROTO_TCP) tcp_emit(&tcp, span_mut_of(p->bytes + len, header_bytes));
    if (protocol == IP_PROTO_UDP) put_be16(p->bytes + len + 4, UDP_HEADER_BYTES + PAYLOAD_BYTES);
    len += header_bytes + PAYLOAD_BYTES;
    p->span = (struct vitro_span){p->bytes, len};
    p->frame = (struct vitro_frame){
        .spans = &p->span, .span_count = 1, .len_bytes = len, .checksum_partial = true};
}

static struct virtio_net_hdr emitted(const struct vitro_frame *frame)
{
    struct virtio_net_hdr header;
    uint8_t bytes[LINK_HEADER_BYTES];
    memset(bytes, 0xa5, sizeof bytes);
    link_header_emit(frame, bytes);
    memcpy(&header, bytes, sizeof header);
    return header;
}

static bool parsed(const struct virtio_net_hdr *header, struct packet *p)
{
    uint8_t bytes[LINK_HEADER_BYTES];
    memcpy(bytes, header, sizeof bytes);
    p->frame.segment_bytes = 0xffff;
    p->frame.checksum_partial = true;
    return link_header_parse(bytes, &p->frame);
}

static void test_whole_frames_have_a_header_of_zeros(void **state)
{
    (void)state;
    const uint8_t zeros[LINK_HEADER_BYTES] = {0};
    struct packet p;
    make(&p, true, IP_PROTO_TCP, TCP_FLAG_ACK);
    p.frame.checksum_partial = false;
    const struct virtio_net_hdr header = emitted(&p.frame);
    assert_memory_equal(&header, zeros, sizeof zeros);
    assert_true(parsed(&header, &p));
    assert_false(p.frame.checksum_partial);
    assert_int_equal(p.frame.segment_bytes, 0);
}

static void test_super_segments_of_both_versions(void **state)
{
    (void)state;
    struct packet p;
    for (int is_v4 = 0; is_v4 < 2; is_v4++) {
        for (int has_cwr = 0; has_cwr < 2; has_cwr++) {
            make(&p, is_v4 != 0, IP_PROTO_TCP, has_cwr != 0 ? TCP_FLAG_CWR : TCP_FLAG_ACK);
            p.frame.segment_bytes = 1448;
            const struct virtio_net_hdr header = emitted(&p.frame);
            const int type = is_v4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
            assert_int_equal(header.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
            assert_int_equal(header.gso_type, has_cwr ? type | VIRTIO_NET_HDR_GSO_ECN : type);
            assert_int_equal(header.gso_size, 1448);
            assert_int_equal(header.csum_start, p.transport_offset);
            assert_int_equal(header.csum_offset, 16);
            assert_int_equal(header.hdr_len, p.transport_offset + 32);
            assert_true(parsed(&header, &p));
            assert_true(p.frame.checksum_partial);
            assert_int_equal(p.frame.segment_bytes, 1448);
        }
    }
}

static void test_one_segment_is_no_super_segment(void **state)
{
    (void)state;
    struct packet p;
    make(&p, true, IP_PROTO_TCP, TCP_FLAG_ACK);
    p.frame.segment_bytes = PAYLOAD_BYTES;
    const struct virtio_net_hdr header = emitted(&p.frame);
    assert_true(parsed(&header, &p));
    assert_int_equal(p.frame.segment_bytes, 0);
    assert_true(p.frame.checksum_partial);
}

static void test_partial_checksum_of_udp(void **state)
{
    (void)state;
    struct packet p;
    make(&p, false, IP_PROTO_UDP, 0);
    const struct virtio_net_hdr header = emitted(&p.frame);
    assert_int_equal(header.csum_offset, 6);
    assert_int_equal(header.hdr_len, p.transport_offset + 8);
    assert_true(parsed(&header, &p));
    assert_true(p.frame.checksum_partial);
}

static void test_headers_that_lie(void **state)
{
    (void)state;
    struct packet p;
    make(&p, true, IP_PROTO_TCP, TCP_FLAG_ACK);
    p.frame.segment_bytes = 1000;
    const struct virtio_net_hdr good = emitted(&p.frame);
    struct virtio_net_hdr bad = good;
    bad.gso_size = 0;
    assert_false(parsed(&bad, &p));
    bad = good;
    bad.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
    assert_false(parsed(&bad, &p));
    bad.gso_type = VIRTIO_NET_HDR_GSO_ECN;
    assert_false(parsed(&bad, &p));
    bad.gso_type = VIRTIO_NET_HDR_GSO_UDP;
    assert_false(parsed(&bad, &p));
    bad.gso_type = 5; /* UDP_L4: not asked for */
    assert_false(parsed(&bad, &p));
    bad = good;
    bad.flags = 0; /* to be cut, but summed already? */
    assert_false(parsed(&bad, &p));
    bad = good;
    bad.csum_start++;
    assert_false(parsed(&bad, &p));
    bad.csum_start = 0xffff;
    assert_false(parsed(&bad, &p));
    bad = good;
    bad.csum_offset = 6;
    assert_false(parsed(&bad, &p));
    assert_true(parsed(&good, &p));
}

static void test_super_segments_of_what_is_not_tcp(void **state)
{
    (void)state;
    struct packet p;
    make(&p, true, IP_PROTO_UDP, 0);
    struct virtio_net_hdr header = emitted(&p.frame);
    header.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
    header.gso_size = 1000;
    assert_false(parsed(&header, &p));
    put_be16(p.bytes + 12, ETH_TYPE_ARP);
    assert_false(parsed(&header, &p));
}

static void test_open_checksum_of_another_protocol_is_let_be(void **state)
{
    (void)state;
    struct packet p;
    make(&p, true, 132, 0); /* SCTP */
    const struct virtio_net_hdr header = {
        .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 8};
    assert_true(parsed(&header, &p));
    assert_false(p.frame.checksum_partial);
}

static void test_headers_that_are_not_whole(void **state)
{
    (void)state;
    struct packet p;
    make(&p, true, IP_PROTO_TCP, TCP_FLAG_ACK);
    const struct virtio_net_hdr header = emitted(&p.frame);
    for (size_t len = ETH_HEADER_BYTES; len < p.transport_offset + 32; len++) {
        p.span.len = len;
        p.frame.len_bytes = (uint32_t)len;
        assert_false(parsed(&header, &p));
    }
}

static void test_nothing_is_read_beyond_a_short_frame_of_ours(void **state)
{
    (void)state;
    struct packet p;
    make(&p, false, IP_PROTO_TCP, TCP_FLAG_ACK);
    for (size_t len = 1; len < p.transport_offset + 20; len++) {
        p.span.len = len;
        assert_int_equal(emitted(&p.frame).flags, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_frames_have_a_header_of_zeros),
        cmocka_unit_test(test_super_segments_of_both_versions),
        cmocka_unit_test(test_one_segment_is_no_super_segment),
        cmocka_unit_test(test_partial_checksum_of_udp),
        cmocka_unit_test(test_headers_that_lie),
        cmocka_unit_test(test_super_segments_of_what_is_not_tcp),
        cmocka_unit_test(test_open_checksum_of_another_protocol_is_let_be),
        cmocka_unit_test(test_headers_that_are_not_whole),
        cmocka_unit_test(test_nothing_is_read_beyond_a_short_frame_of_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
