/* ip/ip_reassembly: pieces in any order, overlaps, limits, time-outs; and random cuts against the
 * packet they were cut from. */
#include "ip_text.h"

#include "base/rng.h"
#include "ip/ip_fragment.h"
#include "ip/ip_reassembly.h"
#include "wire/icmp6.h"

#define S UINT64_C(1000000)

static struct wheel wheel;
static struct ip_reassembly r;
static struct ip_reassembly_result result;
static uint8_t content[65536];
static uint8_t packet_bytes[65536 + 512];

static void start_with(const struct ip_reassembly_config *config)
{
    const struct hash_key key = {7, 8};
    wheel_init(&wheel, 0);
    assert_int_equal(ip_reassembly_init(&r, config, &wheel, &key), 0);
    for (uint32_t i = 0; i < sizeof content; i++) content[i] = (uint8_t)(i ^ (i >> 7));
}

static int start(void **state)
{
    (void)state;
    struct ip_reassembly_config config;
    ip_reassembly_config_default(&config);
    start_with(&config);
    return 0;
}

static int end(void **state)
{
    (void)state;
    ip_reassembly_deinit(&r);
    assert_true(wheel_next_deadline(&wheel) == TIME_NEVER);
    assert_int_equal(r.held_bytes, 0);
    assert_int_equal(r.range_nodes.in_use, 0);
    return 0;
}

/* Puts in the IPv4 fragment [from, to) of datagram `id`; `extra` is added to each byte. */
static enum ip_reassembly_verdict put4_ecn(uint16_t id, uint32_t from, uint32_t to, bool more,
                                           uint8_t extra, uint8_t ecn)
{
    const struct ip4_repr ip = {.src = addr_of("10.0.0.2"),
                                .dst = addr_of("10.0.0.1"),
                                .ttl = 64,
                                .ecn = ecn,
                                .protocol = IP_PROTO_UDP,
                                .id = id,
                                .fragment_offset_bytes = (uint16_t)from,
                                .has_more_fragments = more,
                                .payload_bytes = (uint16_t)(to - from)};
    ip4_emit(&ip, span_mut_of(packet_bytes, sizeof packet_bytes));
    for (uint32_t i = from; i < to; i++) {
        packet_bytes[IP4_HEADER_BYTES + i - from] = (uint8_t)(content[i] + extra);
    }
    struct gather packet;
    gather_init(&packet);
    assert_true(gather_add(&packet, span_of(packet_bytes, IP4_HEADER_BYTES + to - from)));
    ip_reassembly_input4(&r, &ip, &packet, &result, 0);
    return result.verdict;
}

static enum ip_reassembly_verdict put4(uint16_t id, uint32_t from, uint32_t to, bool more)
{
    return put4_ecn(id, from, to, more, 0, IP_ECN_NOT_ECT);
}

static void assert_whole4(uint32_t len)
{
    struct ip4_repr ip;
    uint32_t header_len;
    const struct span packet = span_from_mut(result.packet);
    assert_int_equal(ip4_parse(&ip, packet, (uint32_t)packet.len, &header_len), WIRE_OK);
    assert_false(ip4_repr_is_fragment(&ip));
    assert_int_equal(ip.payload_bytes, len);
    assert_memory_equal(packet.data + header_len, content, len);
    ip_reassembly_release(&r, result.datagram);
    assert_int_equal(r.datagrams.in_use, 0);
}

static void pieces_in_any_order(void **state)
{
    (void)state;
    assert_int_equal(put4(1, 16, 24, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 24, 29, false), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(2, 0, 8, true), IP_REASSEMBLY_HELD); /* another datagram */
    assert_int_equal(put4(1, 8, 16, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 0, 8, true), IP_REASSEMBLY_COMPLETE);
    struct ip_datagram *first = result.datagram;
    assert_int_equal(result.packet.len, 20 + 29);
    assert_int_equal(put4(2, 8, 16, false), IP_REASSEMBLY_COMPLETE);
    ip_reassembly_release(&r, first);
    assert_whole4(16);
}

static void overlaps_end_the_datagram(void **state)
{
    (void)state;
    assert_int_equal(put4(1, 0, 16, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 24, 32, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 8, 24, true), IP_REASSEMBLY_DROPPED); /* RFC 5722 */
    assert_int_equal(result.drop, DROP_FRAGMENT_OVERLAP);
    assert_int_equal(result.drop_packets, 3);
    assert_int_equal(r.datagrams.in_use, 0);
}

static void the_same_again_is_only_a_duplicate(void **state)
{
    (void)state;
    assert_int_equal(put4(1, 0, 16, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 0, 16, true), IP_REASSEMBLY_DROPPED);
    assert_int_equal(result.drop_packets, 1);
    assert_int_equal(put4(1, 16, 20, false), IP_REASSEMBLY_COMPLETE);
    assert_whole4(20);
    assert_int_equal(put4(1, 0, 16, true), IP_REASSEMBLY_HELD); /* other bytes are no duplicate */
    assert_int_equal(put4_ecn(1, 0, 16, true, 1, IP_ECN_NOT_ECT), IP_REASSEMBLY_DROPPED);
    assert_int_equal(result.drop_packets, 2);
}

static void contradictions_end_the_datagram(void **state)
{
    (void)state;
    assert_int_equal(put4(1, 8, 16, false), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 16, 24, true), IP_REASSEMBLY_DROPPED); /* beyond the end */
    assert_int_equal(result.drop_packets, 2);
    assert_int_equal(put4(2, 16, 24, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(2, 0, 8, false), IP_REASSEMBLY_DROPPED); /* an end before that */
    assert_int_equal(put4(3, 0, 7, true), IP_REASSEMBLY_DROPPED);  /* no multiple of eight */
    assert_int_equal(result.drop, DROP_FRAGMENT_MALFORMED);
    assert_int_equal(put4(3, 0, 0, true), IP_REASSEMBLY_DROPPED);
    assert_int_equal(r.datagrams.in_use, 0);
}

static void congestion_marks(void **state)
{
    (void)state;
    assert_int_equal(put4_ecn(1, 0, 8, true, 0, IP_ECN_ECT0), IP_REASSEMBLY_HELD);
    assert_int_equal(put4_ecn(1, 8, 16, false, 0, IP_ECN_CE), IP_REASSEMBLY_COMPLETE);
    assert_int_equal(ip4_header_ecn(result.packet.data), IP_ECN_CE);
    assert_whole4(16);
    assert_int_equal(put4_ecn(1, 0, 8, true, 0, IP_ECN_NOT_ECT), IP_REASSEMBLY_HELD);
    assert_int_equal(put4_ecn(1, 8, 16, false, 0, IP_ECN_CE), IP_REASSEMBLY_DROPPED);
    assert_int_equal(result.drop_packets, 2);
}

static void time_outs_quote_the_first_fragment(void **state)
{
    (void)state;
    struct span quote;
    assert_int_equal(put4(1, 0, 8, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(2, 8, 16, true), IP_REASSEMBLY_HELD);
    assert_null(wheel_expire(&wheel, 30 * S - 1));
    struct ip_datagram *d =
        ip_reassembly_timer(&r, ip_timer_of(wheel_expire(&wheel, 30 * S)), &quote);
    assert_int_equal(d->fragments, 1);
    assert_int_equal(quote.len, 28);
    assert_true((ip4_header_fragment_field(quote.data) & IP4_FLAG_MF) != 0); /* as it came */
    ip_reassembly_release(&r, d);
    d = ip_reassembly_timer(&r, ip_timer_of(wheel_expire(&wheel, 30 * S)), &quote);
    assert_int_equal(quote.len, 0); /* the first fragment never came: nothing to send */
    ip_reassembly_release(&r, d);
}

static void limits_make_the_oldest_give_way(void **state)
{
    (void)state;
    (void)end(NULL);
    struct ip_reassembly_config config;
    ip_reassembly_config_default(&config);
    config.datagrams_max = 2;
    config.bytes_max = 4096;
    config.ranges_max = 3;
    start_with(&config);
    assert_int_equal(put4(1, 0, 8, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(2, 0, 8, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(3, 0, 8, true), IP_REASSEMBLY_HELD);
    assert_int_equal(result.evicted_packets, 1);
    assert_int_equal(put4(3, 16, 24, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(3, 32, 40, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(3, 48, 56, true), IP_REASSEMBLY_DROPPED); /* a fourth run of bytes */
    assert_int_equal(result.drop, DROP_FRAGMENT_LIMIT);
    assert_int_equal(result.drop_packets, 4);
    assert_int_equal(put4(4, 0, 4096, true), IP_REASSEMBLY_HELD); /* needs the bytes of number 2 */
    assert_int_equal(result.evicted_packets, 1);
    assert_int_equal(put4(4, 4096, 4104, true), IP_REASSEMBLY_DROPPED);
    assert_int_equal(result.drop, DROP_FRAGMENT_LIMIT);
    assert_int_equal(r.datagrams.in_use, 0);
}

static void a_packet_may_not_grow_beyond_the_largest(void **state)
{
    (void)state;
    assert_int_equal(put4(1, 65512, 65520, false), IP_REASSEMBLY_HELD);
    assert_int_equal(put4(1, 0, 65512, true), IP_REASSEMBLY_DROPPED); /* 65520 + 20 > 65535 */
    assert_int_equal(result.drop_packets, 2);
}

/* Puts in an IPv6 fragment, behind `options` blocks of destination options. */
static enum ip_reassembly_verdict put6(uint32_t options, uint8_t next, uint32_t from, uint32_t to,
                                       bool more)
{
    const uint32_t before = IP6_HEADER_BYTES + options * 8;
    const struct ip6_repr ip = {
        .src = addr_of("fd00::2"),
        .dst = addr_of("fd00::1"),
        .hop_limit = 64,
        .next_header = options != 0 ? IP_PROTO_DESTINATION : IP_PROTO_FRAGMENT,
        .payload_bytes = (uint16_t)(options * 8 + IP6_FRAGMENT_BYTES + to - from)};
    ip6_emit(&ip, span_mut_of(packet_bytes, sizeof packet_bytes));
    for (uint32_t i = 0; i < options; i++) {
        static const uint8_t padding[8] = {IP_PROTO_DESTINATION, 0, 1, 4, 0, 0, 0, 0};
        memcpy(packet_bytes + IP6_HEADER_BYTES + i * 8, padding, 8);
    }
    if (options != 0) packet_bytes[before - 8] = IP_PROTO_FRAGMENT;
    ip6_fragment_emit(span_mut_of(packet_bytes + before, 8), next, from, more, 99);
    memcpy(packet_bytes + before + 8, content + from, to - from);
    const uint32_t total = before + 8 + to - from;
    struct gather packet;
    gather_init(&packet);
    assert_true(gather_add(&packet, span_of(packet_bytes, total)));
    struct ip6_ext ext;
    ip6_ext_walk(&ext, packet.part[0], total);
    assert_true(ext.has_fragment);
    ip_reassembly_input6(&r, &ip, &ext, &packet, &result, 0);
    return result.verdict;
}

static void assert_whole6(uint32_t options, uint32_t len)
{
    struct ip6_repr ip;
    struct ip6_ext ext;
    const struct span packet = span_from_mut(result.packet);
    assert_int_equal(packet.len, IP6_HEADER_BYTES + options * 8 + len);
    assert_int_equal(ip6_parse(&ip, packet, (uint32_t)packet.len), WIRE_OK);
    assert_int_equal(ip.payload_bytes, packet.len - IP6_HEADER_BYTES);
    ip6_ext_walk(&ext, packet, (uint32_t)packet.len);
    assert_false(ext.has_fragment);
    assert_int_equal(ext.protocol, IP_PROTO_UDP);
    assert_int_equal(ext.offset, IP6_HEADER_BYTES + options * 8);
    assert_memory_equal(packet.data + ext.offset, content, len);
    ip_reassembly_release(&r, result.datagram);
}

static void ipv6_with_and_without_other_headers(void **state)
{
    (void)state;
    for (uint32_t options = 0; options < 3; options++) {
        assert_int_equal(put6(options, IP_PROTO_UDP, 1024, 1500, false), IP_REASSEMBLY_HELD);
        assert_int_equal(put6(options, IP_PROTO_UDP, 0, 1024, true), IP_REASSEMBLY_COMPLETE);
        assert_whole6(options, 1500);
    }
}

static void atomic_fragments_stand_alone(void **state)
{
    (void)state;
    assert_int_equal(put6(0, IP_PROTO_UDP, 0, 16, true), IP_REASSEMBLY_HELD);
    assert_int_equal(put6(0, IP_PROTO_UDP, 0, 32, false), IP_REASSEMBLY_COMPLETE); /* RFC 6946 */
    assert_whole6(0, 32);
    assert_int_equal(put6(0, IP_PROTO_UDP, 16, 24, false), IP_REASSEMBLY_COMPLETE);
    assert_whole6(0, 24);
}

static void ipv6_senders_are_told_what_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(put6(0, IP_PROTO_UDP, 0, 20, true), IP_REASSEMBLY_PROBLEM);
    assert_int_equal(result.problem_code, ICMP6_BAD_FIELD);
    assert_int_equal(result.problem_pointer, 4);
    assert_int_equal(put6(1, IP_PROTO_UDP, 65528, 65536, false), IP_REASSEMBLY_PROBLEM);
    assert_int_equal(result.problem_pointer, 50);
    assert_int_equal(put6(0, IP_PROTO_TCP, 0, 16, true), IP_REASSEMBLY_PROBLEM); /* RFC 7112 */
    assert_int_equal(result.problem_code, ICMP6_INCOMPLETE_CHAIN);
    assert_int_equal(put6(0, IP_PROTO_DESTINATION, 0, 0, true), IP_REASSEMBLY_PROBLEM);
    assert_int_equal(result.problem_code, ICMP6_INCOMPLETE_CHAIN);
    assert_int_equal(r.datagrams.in_use, 0);
}

static void fragments_inside_fragments_are_refused(void **state)
{
    (void)state;
    ip6_fragment_emit(span_mut_of(content, 8), IP_PROTO_UDP, 0, true, 5);
    assert_int_equal(put6(0, IP_PROTO_FRAGMENT, 0, 32, true), IP_REASSEMBLY_DROPPED);
    assert_int_equal(put6(0, IP_PROTO_FRAGMENT, 0, 32, false), IP_REASSEMBLY_DROPPED);
    assert_int_equal(result.drop, DROP_FRAGMENT_MALFORMED);
    assert_int_equal(r.datagrams.in_use, 0);
}

/* One random datagram, cut at a random MTU, its pieces shuffled and some given twice. */
static void round_trip(struct rng *rng)
{
    static uint32_t starts[9000], ends[9000];
    const uint32_t len = (uint32_t)rng_range(rng, 9, rng_chance_ppm(rng, 100000) ? 65515 : 3000);
    const uint32_t piece = (uint32_t)rng_range(rng, 1, 180) * 8;
    uint32_t count = 0;
    for (uint32_t at = 0; at < len; at += piece) {
        starts[count] = at;
        ends[count++] = u32_min(len, at + piece);
    }
    if (count < 2) return;
    for (uint32_t i = count - 1; i > 0; i--) {
        const uint32_t j = (uint32_t)rng_below(rng, i + 1);
        const uint32_t from = starts[i], to = ends[i];
        starts[i] = starts[j], ends[i] = ends[j];
        starts[j] = from, ends[j] = to;
    }
    for (uint32_t i = 0; i < count; i++) {
        const bool is_last = i == count - 1;
        const enum ip_reassembly_verdict verdict = put4(7, starts[i], ends[i], ends[i] < len);
        if (verdict == IP_REASSEMBLY_DROPPED && result.drop == DROP_FRAGMENT_LIMIT) return;
        assert_int_equal(verdict, is_last ? IP_REASSEMBLY_COMPLETE : IP_REASSEMBLY_HELD);
        if (is_last || !rng_chance_ppm(rng, 200000)) continue;
        assert_int_equal(put4(7, starts[i], ends[i], ends[i] < len), IP_REASSEMBLY_DROPPED);
        assert_int_equal(result.drop_packets, 1);
    }
    assert_whole4(len);
}

static void random_cuts(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 2024);
    for (uint32_t i = 0; i < 300; i++) {
        round_trip(&rng);
        while (!list_is_empty(&r.order)) { /* one that met a limit half way */
            struct span quote;
            struct wheel_node *node = wheel_expire(&wheel, 1000 * S);
            ip_reassembly_release(&r, ip_reassembly_timer(&r, ip_timer_of(node), &quote));
        }
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(pieces_in_any_order),
        CASE(overlaps_end_the_datagram),
        CASE(the_same_again_is_only_a_duplicate),
        CASE(contradictions_end_the_datagram),
        CASE(congestion_marks),
        CASE(time_outs_quote_the_first_fragment),
        CASE(limits_make_the_oldest_give_way),
        CASE(a_packet_may_not_grow_beyond_the_largest),
        CASE(ipv6_with_and_without_other_headers),
        CASE(atomic_fragments_stand_alone),
        CASE(ipv6_senders_are_told_what_is_wrong),
        CASE(fragments_inside_fragments_are_refused),
        CASE(random_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
