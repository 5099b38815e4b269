/*
 * Reading packets for the tracker: every link type, what IP may carry, and packets cut anywhere.
 */
#include "observe/track_packet.h"

#include "observe/print.h"
#include "support.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define FRONT_BYTES 32 /* room for the longest link header */

struct made {
    uint8_t bytes[256];
    uint32_t len;
};

static const uint8_t addr6[16] = {0xfd, 0x76, [15] = 1};

static uint32_t put_tcp(uint8_t *at, bool has_options)
{
    struct tcp_repr tcp = {.src_port = 41822,
                           .dst_port = 80,
                           .seq = 0x11223344,
                           .ack = 0x55667788,
                           .flags = TCP_FLAG_ACK | TCP_FLAG_PSH,
                           .window = 502};
    if (has_options) {
        tcp.options.has_timestamps = true;
        tcp.options.sack_count = 1;
        tcp.options.sack[0] = (struct tcp_sack_block){5, 9};
    }
    tcp_emit(&tcp, span_mut_of(at, TCP_HEADER_BYTES_MAX));
    return tcp_emit_len(&tcp);
}

/* An IP packet with TCP and ten bytes behind a link header of `front` bytes. */
static void make(struct made *made, uint32_t front, bool is_ip6, bool has_options)
{
    memset(made, 0, sizeof *made);
    uint8_t *ip = made->bytes + front;
    const uint32_t header = is_ip6 ? IP6_HEADER_BYTES : IP4_HEADER_BYTES;
    const uint16_t payload = (uint16_t)(put_tcp(ip + header, has_options) + 10);
    if (is_ip6) {
        const struct ip6_repr repr = {.src = ip_addr_from_v6(addr6),
                                      .dst = ip_addr_from_v6(addr6),
                                      .ecn = IP_ECN_CE,
                                      .hop_limit = 64,
                                      .next_header = IP_PROTO_TCP,
                                      .payload_bytes = payload};
        ip6_emit(&repr, span_mut_of(ip, IP6_HEADER_BYTES));
    } else {
        const struct ip4_repr repr = {.src = ip_addr_from_v4(0x0a000264),
                                      .dst = ip_addr_from_v4(0x0a000204),
                                      .ecn = IP_ECN_CE,
                                      .ttl = 64,
                                      .protocol = IP_PROTO_TCP,
                                      .payload_bytes = payload};
        ip4_emit(&repr, span_mut_of(ip, IP4_HEADER_BYTES));
    }
    made->len = front + header + payload;
}

static void check_tcp(const struct track_packet *p, uint32_t front, bool is_ip6)
{
    assert_int_equal(p->kind, TRACK_KIND_TCP);
    assert_int_equal(p->is_ip6, is_ip6);
    assert_int_equal(p->ip_offset, front);
    assert_int_equal(p->transport_offset, front + (is_ip6 ? 40 : 20));
    assert_int_equal(p->payload_bytes, 10);
    assert_int_equal(p->wire_segments, 1);
    assert_int_equal(p->src_port, 41822);
    assert_int_equal(p->dst_port, 80);
    assert_int_equal(p->seq, 0x11223344);
    assert_int_equal(p->ack, 0x55667788);
    assert_int_equal(p->flags, TCP_FLAG_ACK | TCP_FLAG_PSH);
    assert_int_equal(p->window, 502);
    assert_int_equal(p->ecn, IP_ECN_CE);
}

static void every_link_type_leads_to_the_segment(void **state)
{
    (void)state;
    static const struct {
        uint16_t link_type;
        uint32_t front;
        uint32_t type_at; /* of the ethertype, if there is one */
    } rows[] = {
        {PRINT_LINK_ETHERNET, 14, 12}, {PRINT_LINK_ETHERNET, 18, 16}, {PRINT_LINK_RAW, 0, 0},
        {PRINT_LINK_RAW_OLD, 0, 0},    {PRINT_LINK_IP4, 0, 0},        {PRINT_LINK_SLL, 16, 14},
        {PRINT_LINK_SLL2, 20, 0},      {PRINT_LINK_NULL, 4, 0},       {PRINT_LINK_LOOP, 4, 0},
    };
    for (uint32_t i = 0; i < 2 * ARRAY_COUNT(rows); i++) {
        const bool is_ip6 = i % 2 == 1;
        const uint32_t front = rows[i / 2].front;
        struct made made;
        make(&made, front, is_ip6, false);
        if (front > 4) {
            put_be16(made.bytes + rows[i / 2].type_at, is_ip6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
        }
        if (front == 18) put_be16(made.bytes + 12, ETH_TYPE_VLAN);
        struct track_packet p;
        track_packet_read(&p, rows[i / 2].link_type, span_of(made.bytes, made.len), made.len, 0);
        check_tcp(&p, front, is_ip6);
    }
}

static void options_are_read(void **state)
{
    (void)state;
    struct made made;
    struct track_packet p;
    make(&made, 0, false, true);
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, made.len), made.len, 0);
    check_tcp(&p, 0, false);
    assert_int_equal(p.options.sack_count, 1);
    assert_int_equal(p.options.sack[0].end, 9);
}

/* A super-segment: its payload lies elsewhere, and IP may not know its length. */
static void a_super_segment_counts_its_wire_segments(void **state)
{
    (void)state;
    struct made made;
    struct track_packet p;
    make(&made, 0, false, false);
    put_be16(made.bytes + 2, 0);
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, 40), 40 + 10 * 1448 + 1, 1448);
    assert_int_equal(p.payload_bytes, 14481);
    assert_int_equal(p.wire_segments, 11);
    make(&made, 0, true, false);
    put_be16(made.bytes + 4, 20 + 2896);
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, 60), 60 + 2896, 1448);
    assert_int_equal(p.wire_segments, 2);
}

static void what_is_no_tcp_says_what_it_is(void **state)
{
    (void)state;
    struct made made;
    struct track_packet p;
    make(&made, 0, false, false);
    made.bytes[9] = IP_PROTO_ICMP4;
    made.bytes[20] = 3;
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, made.len), made.len, 0);
    assert_int_equal(p.kind, TRACK_KIND_IP);
    assert_int_equal(p.icmp_type, 3);
    assert_int_equal(p.payload_bytes, 30);

    made.bytes[9] = IP_PROTO_UDP;
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, made.len), made.len, 0);
    assert_int_equal(p.kind, TRACK_KIND_UDP);
    assert_int_equal(p.payload_bytes, 22);

    made.bytes[6] = 0x20; /* more fragments */
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, made.len), made.len, 0);
    assert_int_equal(p.kind, TRACK_KIND_IP);
    assert_true(p.is_fragment);
    assert_int_equal(p.src_port, 0);

    memset(made.bytes + 12, 0, 2);
    put_be16(made.bytes + 12, ETH_TYPE_ARP);
    track_packet_read(&p, PRINT_LINK_ETHERNET, span_of(made.bytes, made.len), made.len, 0);
    assert_int_equal(p.kind, TRACK_KIND_OTHER);
}

static void a_bad_data_offset_is_broken(void **state)
{
    (void)state;
    struct made made;
    struct track_packet p;
    make(&made, 0, false, false);
    made.bytes[32] = 0x40;
    track_packet_read(&p, PRINT_LINK_RAW, span_of(made.bytes, made.len), made.len, 0);
    assert_int_equal(p.kind, TRACK_KIND_IP);
    assert_true(p.is_broken);
}

/* Cut at every place, each time in memory of exactly that size. */
static void a_cut_packet_is_never_read_beyond(void **state)
{
    (void)state;
    for (int is_ip6 = 0; is_ip6 < 2; is_ip6++) {
        struct made made;
        make(&made, ETH_HEADER_BYTES, is_ip6 != 0, true);
        put_be16(made.bytes + 12, is_ip6 ? ETH_TYPE_IP6 : ETH_TYPE_IP4);
        for (uint32_t len = 0; len <= made.len; len++) {
            uint8_t *copy = malloc(len == 0 ? 1 : len);
            assert_non_null(copy);
            memcpy(copy, made.bytes, len);
            struct track_packet p;
            track_packet_read(&p, PRINT_LINK_ETHERNET, span_of(copy, len), made.len, 0);
            const uint32_t headers = made.len - 10;
            assert_int_equal(p.kind == TRACK_KIND_TCP, len >= headers);
            if (p.kind == TRACK_KIND_TCP) assert_int_equal(p.payload_bytes, 10);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_link_type_leads_to_the_segment),
        cmocka_unit_test(options_are_read),
        cmocka_unit_test(a_super_segment_counts_its_wire_segments),
        cmocka_unit_test(what_is_no_tcp_says_what_it_is),
        cmocka_unit_test(a_bad_data_offset_is_broken),
        cmocka_unit_test(a_cut_packet_is_never_read_beyond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
