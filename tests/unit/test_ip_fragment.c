/* ip/ip_fragment: the pieces make up the payload again, fit the MTU, and say where they belong. */
#include "ip_text.h"

#include <errno.h>

#include "ip/ip_fragment.h"

static uint8_t payload_bytes[65535];
static uint8_t again[65535];
static struct gather payload;

/* A payload in three parts of odd lengths. */
static void make_payload(uint32_t len)
{
    for (uint32_t i = 0; i < len; i++) payload_bytes[i] = (uint8_t)(i * 7 + (i >> 8));
    gather_init(&payload);
    const uint32_t third = len / 3;
    assert_true(gather_add(&payload, span_of(payload_bytes, third)));
    assert_true(gather_add(&payload, span_of(payload_bytes + third, third)));
    assert_true(gather_add(&payload, span_of(payload_bytes + 2 * third, len - 2 * third)));
    memset(again, 0, sizeof again);
}

static struct ip4_repr repr4(void)
{
    return (struct ip4_repr){.src = addr_of("10.0.0.1"),
                             .dst = addr_of("10.0.0.2"),
                             .ttl = 64,
                             .protocol = IP_PROTO_UDP,
                             .id = 0x1234};
}

static struct ip6_repr repr6(void)
{
    return (struct ip6_repr){.src = addr_of("fd00::1"),
                             .dst = addr_of("fd00::2"),
                             .hop_limit = 64,
                             .next_header = IP_PROTO_UDP};
}

/* Takes one IPv4 piece apart; returns its data bytes. */
static uint32_t check4(const struct gather *packet, uint32_t mtu, uint32_t offset, uint32_t total)
{
    struct ip4_repr back;
    uint32_t header_len;
    assert_true(packet->len_bytes <= mtu);
    assert_int_equal(ip4_parse(&back, packet->part[0], packet->len_bytes, &header_len), WIRE_OK);
    assert_int_equal(back.id, 0x1234);
    assert_int_equal(back.fragment_offset_bytes, offset);
    assert_int_equal(back.payload_bytes, packet->len_bytes - header_len);
    assert_int_equal(back.has_more_fragments, offset + back.payload_bytes < total);
    gather_copy(packet, header_len, again + offset, back.payload_bytes);
    return back.payload_bytes;
}

static void cut_and_check4(uint32_t len, uint32_t mtu)
{
    struct ip_fragment_cut cut;
    uint8_t header[IP_FRAGMENT_HEADER_BYTES];
    struct gather packet;
    const struct ip4_repr ip = repr4();
    make_payload(len);
    assert_int_equal(ip_fragment_init4(&cut, &ip, &payload, mtu), 0);
    uint32_t offset = 0;
    while (ip_fragment_next(&cut, span_mut_of(header, sizeof header), &packet)) {
        offset += check4(&packet, mtu, offset, len);
    }
    assert_int_equal(offset, len);
    assert_memory_equal(again, payload_bytes, len);
}

static void ipv4_pieces_make_the_whole(void **state)
{
    (void)state;
    static const uint32_t mtus[] = {28, 68, 576, 1499, 1500, 65535, 65575};
    static const uint32_t lens[] = {1, 8, 1480, 1481, 9000, 65515};
    for (size_t m = 0; m < ARRAY_COUNT(mtus); m++) {
        for (size_t l = 0; l < ARRAY_COUNT(lens); l++) cut_and_check4(lens[l], mtus[m]);
    }
}

static void cut_and_check6(uint32_t len, uint32_t mtu)
{
    struct ip_fragment_cut cut;
    uint8_t header[IP_FRAGMENT_HEADER_BYTES];
    struct gather packet;
    const struct ip6_repr ip = repr6();
    make_payload(len);
    assert_int_equal(ip_fragment_init6(&cut, &ip, 0xabcdef01, &payload, mtu), 0);
    uint32_t offset = 0;
    while (ip_fragment_next(&cut, span_mut_of(header, sizeof header), &packet)) {
        struct ip6_repr back;
        assert_true(packet.len_bytes <= mtu);
        assert_int_equal(ip6_parse(&back, packet.part[0], packet.len_bytes), WIRE_OK);
        assert_int_equal(back.next_header, IP_PROTO_FRAGMENT);
        assert_int_equal(back.payload_bytes, packet.len_bytes - IP6_HEADER_BYTES);
        const uint8_t *f = packet.part[0].data + IP6_HEADER_BYTES;
        const uint32_t here = packet.len_bytes - IP_FRAGMENT_HEADER_BYTES;
        assert_int_equal(ip6_fragment_next(f), IP_PROTO_UDP);
        assert_true(ip6_fragment_id(f) == 0xabcdef01);
        assert_int_equal(ip6_fragment_offset(f), offset);
        assert_int_equal(ip6_fragment_has_more(f), offset + here < len);
        gather_copy(&packet, IP_FRAGMENT_HEADER_BYTES, again + offset, here);
        offset += here;
    }
    assert_int_equal(offset, len);
    assert_memory_equal(again, payload_bytes, len);
}

static void ipv6_pieces_make_the_whole(void **state)
{
    (void)state;
    static const uint32_t mtus[] = {56, 1280, 1500, 65575};
    static const uint32_t lens[] = {1, 1232, 1233, 9000, 65535};
    for (size_t m = 0; m < ARRAY_COUNT(mtus); m++) {
        for (size_t l = 0; l < ARRAY_COUNT(lens); l++) cut_and_check6(lens[l], mtus[m]);
    }
}

static void what_cannot_be_cut_is_refused(void **state)
{
    (void)state;
    struct ip_fragment_cut cut;
    struct ip4_repr ip4 = repr4();
    const struct ip6_repr ip6 = repr6();
    static const uint8_t option[4] = {1, 1, 1, 0};
    make_payload(65516);
    assert_int_equal(ip_fragment_init4(&cut, &ip4, &payload, 1500), EMSGSIZE);
    make_payload(100);
    assert_int_equal(ip_fragment_init4(&cut, &ip4, &payload, 27), EINVAL);
    assert_int_equal(ip_fragment_init6(&cut, &ip6, 1, &payload, 55), EINVAL);
    ip4.has_dont_fragment = true;
    assert_int_equal(ip_fragment_init4(&cut, &ip4, &payload, 1500), EMSGSIZE);
    ip4 = repr4();
    ip4.options = span_of(option, sizeof option);
    assert_int_equal(ip_fragment_init4(&cut, &ip4, &payload, 1500), EINVAL);
    gather_init(&payload);
    for (uint32_t i = 0; i < GATHER_PARTS_MAX; i++) {
        assert_true(gather_add(&payload, span_of(payload_bytes, 1)));
    }
    assert_int_equal(ip_fragment_init6(&cut, &ip6, 1, &payload, 1500), EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ipv4_pieces_make_the_whole),
        cmocka_unit_test(ipv6_pieces_make_the_whole),
        cmocka_unit_test(what_cannot_be_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
