/*
 * What comes in through a host's doors: packets that are none, packets of nobody, and RSTs in
 * answer (RFC 9293 3.10.7.1).
 */
#include "tcp/tcp_host.h"

#include "base/bytes.h"
#include "tcp_states.h"
#include "wire/checksum.h"
#include "wire/ip_proto.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RST TCP_FLAG_RST
#define SYN TCP_FLAG_SYN

/* A packet whose bytes and addresses the test writes itself. */
struct raw {
    uint8_t bytes[64];
    uint32_t len;
    struct ip_addr src, dst;
    bool is_verified;
};

/* A SYN of 20 bytes from 10.0.0.1:80 to 10.0.0.2:40000, number 1000, with a right checksum. */
static struct raw raw_syn(void)
{
    struct raw raw = {
        .len = 20, .src = ip_addr_from_v4(0x0a000001), .dst = ip_addr_from_v4(0x0a000002)};
    const struct tcp_repr repr = {
        .src_port = 80, .dst_port = 40000, .seq = 1000, .flags = SYN, .window = 5000};
    assert_int_equal(tcp_emit_len(&repr), 20);
    tcp_emit(&repr, (struct span_mut){raw.bytes, 20});
    return raw;
}

static void raw_checksum(struct raw *raw)
{
    put_be16(raw->bytes + 16, 0);
    const uint32_t sum = checksum_pseudo(&raw->src, &raw->dst, IP_PROTO_TCP, raw->len);
    const uint32_t all = checksum_add(sum, (struct span){raw->bytes, raw->len});
    put_be16(raw->bytes + 16, checksum_finish(all));
}

static void raw_input(struct fixture *f, const struct raw *raw)
{
    struct gather bytes;
    gather_init(&bytes);
    assert_true(gather_add(&bytes, (struct span){raw->bytes, raw->len}));
    const struct tcp_packet packet = {
        .src = raw->src, .dst = raw->dst, .checksum_partial = raw->is_verified, .bytes = &bytes};
    tcp_host_input(&f->host, &packet, f->now_us);
}

static struct fixture *host(void)
{
    struct fixture *f = states_new();
    fixture_start(f);
    return f;
}

/* RFC 9293 MUST-3: each single bit matters. */
static void bad_checksum_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = host();
    struct raw raw = raw_syn();
    raw_checksum(&raw);
    for (uint32_t bit = 0; bit < 160; bit++) {
        if (bit / 8 == 12) continue; /* the data offset: malformed before it is summed */
        raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        raw_input(f, &raw);
        raw.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(f->drops[DROP_TCP_CHECKSUM], 152);
    assert_int_equal(f->sent_count, 0);
    raw_input(f, &raw);
    assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 1);
    assert_int_equal(f->sent_count, 1);
    fixture_free(f);
}

/* Offloaded: the field holds the pseudo-header's sum, or whatever. */
static void partial_checksum_is_not_verified(void **state)
{
    (void)state;
    struct fixture *f = host();
    struct raw raw = raw_syn();
    raw.is_verified = true;
    raw_input(f, &raw);
    assert_int_equal(f->drops[DROP_TCP_CHECKSUM], 0);
    assert_int_equal(f->sent_count, 1);
    fixture_free(f);
}

static void malformed_header_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = host();
    struct raw raw = raw_syn();
    raw.is_verified = true;
    for (raw.len = 1; raw.len < 20; raw.len++) raw_input(f, &raw);
    assert_int_equal(f->drops[DROP_TCP_MALFORMED], 19);
    raw.len = 20;
    raw.bytes[12] = 4 << 4; /* a header of 16 bytes */
    raw_input(f, &raw);
    raw.bytes[12] = 6 << 4; /* one of 24, which are not there */
    raw_input(f, &raw);
    assert_int_equal(f->drops[DROP_TCP_MALFORMED], 21);
    struct gather nothing;
    gather_init(&nothing);
    const struct tcp_packet packet = {.src = raw.src, .dst = raw.dst, .bytes = &nothing};
    tcp_host_input(&f->host, &packet, f->now_us);
    assert_int_equal(f->drops[DROP_TCP_MALFORMED], 22);
    assert_int_equal(f->sent_count, 0);
    fixture_free(f);
}

/* RFC 9293 MUST-7: options of impossible length do no harm: the rest of the header counts. */
static void impossible_options_do_no_harm(void **state)
{
    (void)state;
    static const uint8_t areas[][4] = {
        {2, 0, 0, 0}, {2, 1, 5, 180}, {2, 40, 5, 180}, {254, 0, 0, 0}};
    for (size_t i = 0; i < ARRAY_COUNT(areas); i++) {
        struct fixture *f = host();
        struct raw raw = raw_syn();
        raw.is_verified = true;
        raw.len = 24;
        raw.bytes[12] = 6 << 4;
        memcpy(raw.bytes + 20, areas[i], 4);
        raw_input(f, &raw);
        assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 1);
        fixture_free(f);
    }
}

/* RFC 9293 MUST-57, MUST-63: silence, though there is a listener for everything. */
static void group_and_invalid_addresses_are_met_with_silence(void **state)
{
    (void)state;
    static const uint32_t dst[] = {0xe0000001, 0xefffffff, 0xffffffff};
    static const uint32_t src[] = {0xe0000001, 0xefffffff, 0xffffffff, 0x00000000};
    struct fixture *f = host();
    const struct ip_addr any = {{0}};
    struct tcp_listener *listener;
    assert_int_equal(tcp_listen(&f->host, &any, 40000, 0, 10, 1, &listener), 0);
    for (size_t i = 0; i < ARRAY_COUNT(dst) + ARRAY_COUNT(src) + 2; i++) {
        struct raw raw = raw_syn();
        if (i < 3)
            raw.dst = ip_addr_from_v4(dst[i]);
        else if (i < 7)
            raw.src = ip_addr_from_v4(src[i - 3]);
        else if (i == 7)
            raw.dst = (struct ip_addr){{0xff, 2, [15] = 1}};
        else
            raw.src = any;
        raw_checksum(&raw);
        raw_input(f, &raw);
    }
    assert_int_equal(f->drops[DROP_TCP_BAD_ADDRESS], 9);
    assert_int_equal(f->sent_count, 0);
    struct raw raw = raw_syn();
    raw_checksum(&raw);
    raw_input(f, &raw);
    assert_int_equal(fixture_last(f)->repr.flags, SYN | ACK);
    tcp_listen_close(listener, f->now_us);
    fixture_free(f);
}

/* RFC 9293 3.10.7.1 without ACK: <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; SYN and FIN count. */
static void segment_of_nobody_without_ack_is_reset(void **state)
{
    (void)state;
    const struct {
        uint16_t flags;
        uint32_t len, ack;
    } rows[] = {{SYN, 0, 501},  {SYN, 10, 511},      {0, 10, 510},
                {FIN, 10, 511}, {SYN | FIN, 0, 502}, {0, 0, 500}};
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        struct fixture *f = host();
        fixture_input(f, rows[i].flags, 500, 0, rows[i].len, 1000);
        assert_int_equal(f->sent_count, 1);
        assert_int_equal(fixture_last(f)->repr.flags, RST | ACK);
        assert_int_equal(fixture_last(f)->repr.seq, 0);
        assert_int_equal(fixture_last(f)->ack, rows[i].ack);
        assert_int_equal(fixture_last(f)->repr.window, 0);
        assert_int_equal(fixture_last(f)->repr.src_port, 40000);
        assert_int_equal(fixture_last(f)->repr.dst_port, 80);
        assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 1);
        assert_int_equal(f->host.counters.reset_out, 1);
        fixture_free(f);
    }
}

/* With ACK: <SEQ=SEG.ACK><CTL=RST>. */
static void segment_of_nobody_with_ack_is_reset(void **state)
{
    (void)state;
    const uint16_t flags[] = {ACK, SYN | ACK, FIN | ACK};
    for (size_t i = 0; i < ARRAY_COUNT(flags); i++) {
        struct fixture *f = host();
        fixture_input(f, flags[i], 500, 700, 10, 1000);
        assert_int_equal(f->sent_count, 1);
        assert_int_equal(fixture_last(f)->repr.flags, RST);
        assert_int_equal(fixture_last(f)->repr.seq, 700); /* no SYN of ours: not relative */
        assert_int_equal(fixture_last(f)->repr.ack, 0);
        fixture_free(f);
    }
}

static void rst_of_nobody_is_not_answered(void **state)
{
    (void)state;
    struct fixture *f = host();
    fixture_input(f, RST, 500, 0, 0, 0);
    fixture_input(f, RST | ACK, 500, 700, 10, 0);
    fixture_input(f, RST | SYN, 500, 0, 0, 0);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 3);
    fixture_free(f);
}

/* A bucket of a second's worth, and as much every second. */
static void rsts_to_nobody_are_limited(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    f->config.rst_per_second_max = 10;
    fixture_start(f);
    for (int i = 0; i < 15; i++) fixture_input(f, SYN, 500, 0, 0, 0);
    assert_int_equal(f->sent_count, 10);
    assert_int_equal(f->drops[DROP_TCP_RST_RATE_LIMIT], 5);
    f->now_us += 99999; /* a tenth of a second each */
    fixture_input(f, SYN, 500, 0, 0, 0);
    assert_int_equal(f->sent_count, 10);
    f->now_us += 1;
    fixture_input(f, SYN, 500, 0, 0, 0);
    assert_int_equal(f->sent_count, 11);
    f->now_us += 3600ull * 1000000; /* no more is saved up than a second's worth */
    for (int i = 0; i < 15; i++) fixture_input(f, SYN, 500, 0, 0, 0);
    assert_int_equal(f->sent_count, 21);
    fixture_free(f);
}

static void super_segment_counts_as_the_segments_of_the_wire(void **state)
{
    (void)state;
    struct fixture *f = host();
    f->segment_bytes = 1000;
    fixture_input(f, ACK, 500, 700, 2001, 1000);
    assert_int_equal(f->host.counters.segments_in, 3);
    assert_int_equal(f->sent_count, 1);
    fixture_free(f);
}

/* RFC 9293 MUST-45: the connection is found by all of its tuple, and by nothing less. */
static void segment_belongs_to_the_whole_tuple(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    f->peer_port = 81;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 1);
    f->peer_port = 80;
    f->our_port++;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_NO_CONNECTION], 2);
    f->our_port--;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->conn->stats.bytes_received, 10);
    fixture_free(f);
}

/* Reset while it waits to be accepted: it can still be accepted, and says what happened. */
static void accept_queue_keeps_a_connection_that_was_reset(void **state)
{
    (void)state;
    for (int is_closed = 0; is_closed < 2; is_closed++) {
        struct fixture *f = host();
        const struct ip_addr any = {{0}};
        struct tcp_listener *listener;
        assert_int_equal(tcp_listen(&f->host, &any, 40000, 0, 10, 1, &listener), 0);
        fixture_input(f, SYN, 0, 0, 0, 65535);
        fixture_input(f, ACK, 1, 1, 10, 65535);
        assert_int_equal(f->host.conns.in_use, 1);
        fixture_input(f, RST, 11, 0, 0, 0);
        assert_int_equal(f->host.conns.in_use, 1);
        if (!is_closed) {
            struct tcp_conn *conn = tcp_listen_accept(listener);
            assert_non_null(conn);
            assert_int_equal(conn->state, TCP_CLOSED);
            assert_int_equal(tcp_take_error(conn), ECONNRESET);
            tcp_close(conn, f->now_us);
        }
        fixture_clear(f);
        tcp_listen_close(listener, f->now_us);
        assert_int_equal(f->sent_count, 0);
        assert_int_equal(f->host.conns.in_use, 0);
        assert_int_equal(f->host.rxs.in_use, 0);
        fixture_free(f);
    }
}

/* Nobody watches: no function but path and output is needed. */
static struct tcp_path bare_path(struct tcp_host *h, const struct tcp_tuple *tuple)
{
    (void)h;
    (void)tuple;
    return (struct tcp_path){.mtu_bytes = 1500};
}

static void bare_output(struct tcp_host *h, const struct tcp_outgoing *out, uint64_t now_us)
{
    (void)h;
    (void)out;
    (void)now_us;
}

static void host_without_watchers_works(void **state)
{
    (void)state;
    static const struct tcp_host_ops bare = {.path = bare_path, .output = bare_output};
    struct fixture *f = host();
    f->host.ops = &bare;
    struct raw raw = raw_syn();
    raw_input(f, &raw); /* bad checksum */
    raw.len = 10;
    raw_input(f, &raw); /* malformed */
    fixture_syn_sent(f);
    fixture_input(f, SYN, 0, 0, 0, 65535);
    fixture_input(f, RST, 1, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

static void impossible_configuration_makes_no_host(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    static const uint8_t secret[32] = {1};
    wheel_init(&f->wheel, 0);
    f->config.delayed_ack_us = 500001; /* RFC 9293 MUST-40 */
    static const struct tcp_host_ops bare = {.path = bare_path, .output = bare_output};
    assert_int_equal(tcp_host_init(&f->host, &bare, &f->config, &f->wheel, secret, 0), EINVAL);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_checksum_is_dropped),
        cmocka_unit_test(partial_checksum_is_not_verified),
        cmocka_unit_test(malformed_header_is_dropped),
        cmocka_unit_test(impossible_options_do_no_harm),
        cmocka_unit_test(group_and_invalid_addresses_are_met_with_silence),
        cmocka_unit_test(segment_of_nobody_without_ack_is_reset),
        cmocka_unit_test(segment_of_nobody_with_ack_is_reset),
        cmocka_unit_test(rst_of_nobody_is_not_answered),
        cmocka_unit_test(rsts_to_nobody_are_limited),
        cmocka_unit_test(super_segment_counts_as_the_segments_of_the_wire),
        cmocka_unit_test(segment_belongs_to_the_whole_tuple),
        cmocka_unit_test(accept_queue_keeps_a_connection_that_was_reset),
        cmocka_unit_test(host_without_watchers_works),
        cmocka_unit_test(impossible_configuration_makes_no_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
