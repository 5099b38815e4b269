/*
 * Kinds of packets: what each packet counts as, on Ethernet and without.
 */
#include "support.h"

#include "sim/sim_kind.h"
#include "sim_frames.h"
#include "wire/ip4.h"
#include "wire/tcp.h"

#define BIT(kind) (1u << SIM_KIND_##kind)
#define TCP_BITS  (BIT(PACKET) | BIT(SEGMENT))

static void segments_by_flags(void **state)
{
    (void)state;
    static const struct {
        uint16_t flags;
        uint32_t payload_bytes, kinds;
    } cases[] = {
        {TCP_FLAG_SYN, 0, BIT(SYN)},
        {TCP_FLAG_SYN | TCP_FLAG_ACK, 0, BIT(SYN_ACK)},
        {TCP_FLAG_SYN | TCP_FLAG_ECE | TCP_FLAG_CWR, 5, BIT(SYN) | BIT(DATA)},
        {TCP_FLAG_ACK, 0, BIT(ACK)},
        {TCP_FLAG_ACK, 1, BIT(DATA)},
        {TCP_FLAG_ACK | TCP_FLAG_FIN, 0, BIT(FIN)},
        {TCP_FLAG_ACK | TCP_FLAG_FIN | TCP_FLAG_PSH, 100, BIT(FIN) | BIT(DATA)},
        {TCP_FLAG_RST, 0, BIT(RST)},
    };
    static uint8_t bytes[SIM_FRAME_BYTES_MAX];
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        for (int shape = 0; shape < 4; shape++) {
            const enum frame_link link = (shape & 1) ? FRAME_LINK_IP : FRAME_LINK_ETHERNET;
            const struct sim_frame_spec spec = {.is_v6 = (shape & 2) != 0,
                                                .link = link,
                                                .flags = cases[i].flags,
                                                .payload_bytes = cases[i].payload_bytes};
            const size_t len = sim_frame_tcp(&spec, bytes);
            assert_int_equal(sim_kinds_of(span_of(bytes, len), link), TCP_BITS | cases[i].kinds);
            assert_int_equal(sim_ip_offset(span_of(bytes, len), link), (shape & 1) ? 0 : 14);
        }
    }
}

static void other_packets(void **state)
{
    (void)state;
    static uint8_t bytes[SIM_FRAME_BYTES_MAX];
    const size_t arp = sim_frame_arp(bytes);
    assert_int_equal(sim_kinds_of(span_of(bytes, arp), FRAME_LINK_ETHERNET),
                     BIT(PACKET) | BIT(ARP));
    assert_int_equal(sim_ip_offset(span_of(bytes, arp), FRAME_LINK_ETHERNET), arp);
    const struct sim_frame_spec spec = {.link = FRAME_LINK_IP, .flags = TCP_FLAG_ACK};
    const size_t len = sim_frame_tcp(&spec, bytes);
    bytes[9] = IP_PROTO_ICMP4;
    assert_int_equal(sim_kinds_of(span_of(bytes, len), FRAME_LINK_IP), BIT(PACKET) | BIT(ICMP));
    bytes[6] = IP4_FLAG_MF >> 8;
    assert_int_equal(sim_kinds_of(span_of(bytes, len), FRAME_LINK_IP), BIT(PACKET) | BIT(FRAGMENT));
}

static void any_bytes_are_a_packet(void **state)
{
    (void)state;
    static uint8_t bytes[SIM_FRAME_BYTES_MAX];
    const struct sim_frame_spec spec = {.is_v6 = true, .link = FRAME_LINK_ETHERNET};
    const size_t len = sim_frame_tcp(&spec, bytes);
    for (size_t cut = 0; cut < len; cut++) {
        assert_true(sim_kinds_of(span_of(bytes, cut), FRAME_LINK_ETHERNET) & BIT(PACKET));
    }
    memset(bytes, 0xff, 100);
    assert_int_equal(sim_kinds_of(span_of(bytes, 100), FRAME_LINK_IP), BIT(PACKET));
    assert_int_equal(sim_kinds_of(span_of(bytes, 0), FRAME_LINK_IP), BIT(PACKET));
}

static void words_and_kinds(void **state)
{
    (void)state;
    for (int kind = 0; kind < SIM_KIND_COUNT; kind++) {
        const char *word = sim_kind_word((enum sim_kind)kind);
        enum sim_kind found;
        assert_true(sim_kind_find(word, strlen(word), &found));
        assert_int_equal(found, kind);
    }
    enum sim_kind found = SIM_KIND_RST;
    assert_true(sim_kind_find("SYN-ACK!", 7, &found));
    assert_int_equal(found, SIM_KIND_SYN_ACK);
    assert_false(sim_kind_find("SYN-ACK!", 8, &found));
    assert_false(sim_kind_find("", 0, &found));
    assert_string_equal(sim_kind_word(SIM_KIND_COUNT), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_by_flags),
        cmocka_unit_test(other_packets),
        cmocka_unit_test(any_bytes_are_a_packet),
        cmocka_unit_test(words_and_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
