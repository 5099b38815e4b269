/*
 * What SYNs offer and what comes of it: segment sizes, window scale, time stamps, SACK, ECN.
 */
#include "support.h"

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_negotiate.h"

#define MS        1000ull
#define SECOND_US 1000000ull
#define SYN_ACK   (TCP_FLAG_SYN | TCP_FLAG_ACK)

/* A tuple between two addresses of IPv4, or of IPv6. */
static struct tcp_tuple tuple_of(bool is_v6)
{
    struct tcp_tuple tuple = {.local = ip_addr_from_v4(0x0a000002),
                              .remote = ip_addr_from_v4(0x0a000001),
                              .local_port = 40001,
                              .remote_port = 80};
    if (is_v6) {
        tuple.local = (struct ip_addr){{0xfd, [15] = 2}};
        tuple.remote = (struct ip_addr){{0xfd, [15] = 1}};
    }
    return tuple;
}

/* Opens actively; the peer's SYN-ACK carries `options`. Time stamps: see f->timestamps. */
static void open_with(struct fixture *f, struct tcp_options options)
{
    fixture_syn_sent(f);
    fixture_pass(f, 10 * MS);
    f->options = options;
    fixture_input(f, SYN_ACK, 0, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_clear(f);
}

/* 6 MiB need a shift of 7: 6291456 / 128 = 49152 fits 16 bits, 6291456 / 64 = 98304 does not.
 * 65535 needs none, one byte more needs 1; 2^30 - 1 needs 14, and more there is not. */
static void shift_is_the_smallest_that_fits(void **state)
{
    (void)state;
    struct tcp_config config;
    tcp_config_default(&config);
    assert_int_equal(tcp_negotiate_shift(&config, 6u << 20), 7);
    assert_int_equal(tcp_negotiate_shift(&config, 65535), 0);
    assert_int_equal(tcp_negotiate_shift(&config, 65536), 1);
    assert_int_equal(tcp_negotiate_shift(&config, (1u << 30) - 1), 14);
    config.window_shift = 3;
    assert_int_equal(tcp_negotiate_shift(&config, 6u << 20), 3);
}

/* RFC 9293 MUST-67, SHLD-6, RFC 6691: MTU less 40 for IPv4 and 60 for IPv6, options not subtracted;
 * never below what IPv4's smallest MTU, 68, leaves. */
static void path_mss_is_mtu_less_headers(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    static const struct {
        uint32_t mtu;
        bool is_v6;
        uint16_t mss;
    } cases[] = {{1500, false, 1460}, {1500, true, 1440}, {576, false, 536}, {1280, true, 1220},
                 {68, false, 28},     {67, false, 28},    {0, false, 28},    {65535, false, 65495}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        struct tcp_tuple tuple = tuple_of(cases[i].is_v6);
        struct tcp_path path = {.mtu_bytes = cases[i].mtu};
        assert_int_equal(tcp_negotiate_path_mss(&f->host, &tuple, path), cases[i].mss);
    }
    f->host.config.mss_bytes_max = 1000;
    struct tcp_tuple tuple = tuple_of(false);
    struct tcp_path path = {.mtu_bytes = 1500};
    assert_int_equal(tcp_negotiate_path_mss(&f->host, &tuple, path), 1000);
}

/* RFC 9293 MUST-14, SHLD-5, MAY-3, REC-1: every SYN carries the MSS that fits the interface. */
static void syn_sent_offers_everything(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    const struct tcp_options *options = &fixture_sent(f, 0)->repr.options;
    assert_int_equal(options->mss, 1460);
    assert_true(options->has_sack_permitted && options->has_timestamps && options->has_wscale);
    assert_int_equal(options->wscale, 7);
    assert_int_equal(options->ts_ecr, 0);
    /* RFC 7323 2.2: never scaled: 128 KiB are more than the field holds */
    assert_int_equal(fixture_sent(f, 0)->repr.window, 65535);
}

static void syn_sent_offers_mss_of_ip6(void **state)
{
    struct fixture *f = *state;
    f->path.mtu_bytes = 1280;
    fixture_start(f);
    struct tcp_tuple tuple = tuple_of(true);
    assert_int_equal(tcp_connect(&f->host, &tuple, 1, &f->conn, f->now_us), 0);
    assert_int_equal(fixture_sent(f, 0)->repr.options.mss, 1220);
    assert_int_equal(f->conn->mss_peer, 1220); /* until the peer says more */
}

/* RFC 9293 MUST-65: no MSS option but with a SYN. */
static void established_segments_carry_no_mss(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 100);
    const struct tcp_options *options = &fixture_last(f)->repr.options;
    assert_int_equal(options->mss, 0);
    assert_false(options->has_wscale || options->has_sack_permitted);
}

/* RFC 9293 MUST-15: 536 for IPv4, 1220 for IPv6 without an MSS option. */
static void established_without_mss_option(void **state)
{
    struct fixture *f = *state;
    struct tcp_tuple v4 = tuple_of(false), v6 = tuple_of(true);
    assert_int_equal(tcp_negotiate_mss_default(&v4), 536);
    assert_int_equal(tcp_negotiate_mss_default(&v6), 1220);
    fixture_start(f);
    open_with(f, (struct tcp_options){0});
    fixture_send(f, 2000);
    assert_int_equal(fixture_sent(f, 0)->len, 536);
}

/* RFC 9293 MUST-16: of the peer's 1400 time stamps take 12: segments of 1388. */
static void established_mss_less_time_stamps(void **state)
{
    struct fixture *f = *state;
    f->timestamps = true;
    fixture_start(f);
    open_with(f, (struct tcp_options){.mss = 1400});
    fixture_send(f, 5000);
    assert_int_equal(fixture_sent(f, 0)->len, 1388);
    assert_true(fixture_sent(f, 0)->repr.options.has_timestamps);
}

/* RFC 9293 MUST-16: the peer takes 1460, our path does not. */
static void established_mss_of_the_path(void **state)
{
    struct fixture *f = *state;
    f->path.mtu_bytes = 1000;
    fixture_start(f);
    open_with(f, (struct tcp_options){.mss = 1460});
    fixture_send(f, 5000);
    assert_int_equal(fixture_sent(f, 0)->len, 960);
}

/* The path's MTU falls to IPv4's smallest: 68 - 40 - 12 = 16 bytes a segment, not 0, not 1. What
 * was in flight is sent again in such segments. */
static void established_path_mtu_falls_to_68(void **state)
{
    struct fixture *f = *state;
    f->timestamps = true;
    fixture_start(f);
    open_with(f, (struct tcp_options){.mss = 1460});
    fixture_send(f, 100);
    fixture_clear(f);
    f->path.mtu_bytes = 68;
    tcp_host_path_changed(&f->host, &f->conn->entry.tuple, f->now_us);
    assert_int_equal(f->sent_count, 7); /* 100 / 16, rounded up */
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(fixture_sent(f, i)->seq, 1 + 16 * i);
        assert_int_equal(fixture_sent(f, i)->len, i < 6 ? 16 : 4);
    }
    assert_int_equal(fixture_events(f, TCP_EVENT_PMTU), 1);
    fixture_check_plan(f);
}

/* CVE-2019-11479: a peer that announces an absurd MSS gets segments of 28 bytes at least. */
static void established_absurd_mss(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    open_with(f, (struct tcp_options){.mss = 1});
    fixture_send(f, 100);
    assert_int_equal(fixture_sent(f, 0)->len, 28);
}

/* Each option is in force if both have offered it, in all 64 combinations, and then our ACK shows
 * it: time stamps by the option, scaling by the window field. */
static void established_options_in_all_combinations(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    for (unsigned i = 0; i < 64; i++) {
        bool ours_sack = i & 1, ours_ts = i & 2, ours_scale = i & 4;
        bool their_sack = i & 8, their_ts = i & 16, their_scale = i & 32;
        f->host.config.sack = ours_sack;
        f->host.config.timestamps = ours_ts;
        f->host.config.window_scaling = ours_scale;
        f->timestamps = their_ts;
        f->our_port++;
        fixture_syn_sent(f);
        const struct tcp_options *offer = &fixture_last(f)->repr.options;
        assert_int_equal(offer->has_sack_permitted, ours_sack);
        assert_int_equal(offer->has_timestamps, ours_ts);
        assert_int_equal(offer->has_wscale, ours_scale);
        f->options = (struct tcp_options){
            .mss = 1460, .has_sack_permitted = their_sack, .has_wscale = their_scale, .wscale = 5};
        fixture_input(f, SYN_ACK, 0, 1, 0, 30000);
        assert_int_equal(f->conn->flags.sack, ours_sack && their_sack);
        assert_int_equal(f->conn->flags.timestamps, ours_ts && their_ts);
        assert_int_equal(f->conn->flags.window_scaling, ours_scale && their_scale);
        assert_int_equal(f->conn->snd_shift, ours_scale && their_scale ? 5 : 0);
        assert_int_equal(f->conn->rcv_shift, ours_scale && their_scale ? 7 : 0);
        assert_int_equal(f->conn->mss_bytes, ours_ts && their_ts ? 1448 : 1460);
        assert_int_equal(f->conn->snd.wnd, 30000); /* a SYN's window is not scaled */
        const struct fixture_sent *ack = fixture_last(f);
        assert_int_equal(ack->repr.options.has_timestamps, ours_ts && their_ts);
        /* 128 KiB: 131072 / 128 = 1024 scaled, else as much as the field holds */
        assert_int_equal(ack->repr.window, ours_scale && their_scale ? 1024 : 65535);
        tcp_abort(f->conn, f->now_us);
        fixture_clear(f);
    }
    f->conn = NULL;
}

/* RFC 7323 2.3: the largest shift. The SYN's window is not scaled, all later ones are. */
static void established_shift_of_14(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    open_with(f, (struct tcp_options){.mss = 1460, .has_wscale = true, .wscale = 14});
    assert_int_equal(f->conn->snd_shift, 14);
    fixture_ack(f, 1, 1, 1000);
    assert_int_equal(f->conn->snd.wnd, 1000u << 14);
}

/* RFC 7323 3.2: our ACK echoes the time stamp of their SYN. */
static void established_echoes_time_stamp(void **state)
{
    struct fixture *f = *state;
    f->timestamps = true;
    f->peer_ts = 777777;
    fixture_start(f);
    fixture_syn_sent(f);
    uint32_t syn_ts = fixture_sent(f, 0)->repr.options.ts_val;
    fixture_pass(f, 10 * MS);
    fixture_input(f, SYN_ACK, 0, 1, 0, 65535);
    assert_int_equal(fixture_last(f)->repr.options.ts_ecr, 777777);
    assert_int_equal(fixture_last(f)->repr.options.ts_val - syn_ts, 10); /* milliseconds */
}

/* RFC 9293 SHLD-8, RFC 3168 6.1.1: asked with ECE and CWR, granted with ECE alone. */
static void syn_sent_ecn_in_all_combinations(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    static const uint16_t answers[] = {0, TCP_FLAG_ECE, TCP_FLAG_CWR, TCP_FLAG_ECE | TCP_FLAG_CWR};
    for (unsigned i = 0; i < 12; i++) {
        uint8_t mode = (uint8_t)(i % 3);
        uint16_t answer = answers[i / 3];
        f->host.config.ecn = mode;
        f->our_port++;
        fixture_syn_sent(f);
        uint16_t asked = fixture_last(f)->repr.flags & (TCP_FLAG_ECE | TCP_FLAG_CWR);
        assert_int_equal(asked, mode == TCP_ECN_ASK ? TCP_FLAG_ECE | TCP_FLAG_CWR : 0);
        fixture_input(f, SYN_ACK | answer, 0, 1, 0, 65535);
        assert_int_equal(f->conn->flags.ecn, mode == TCP_ECN_ASK && answer == TCP_FLAG_ECE);
        tcp_abort(f->conn, f->now_us);
        fixture_clear(f);
    }
    f->conn = NULL;
}

/* RFC 3168 6.1.1.1: a SYN that was lost may have been lost for its ECN bits. */
static void syn_sent_retransmission_does_not_ask_for_ecn(void **state)
{
    struct fixture *f = *state;
    f->config.ecn = TCP_ECN_ASK;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_pass(f, SECOND_US);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_sent(f, 1)->repr.flags, TCP_FLAG_SYN);
}

/* RFC 9293 MUST-10, MUST-11: the SYN-ACK of a simultaneous open carries what both have offered. */
static void syn_received_answers_with_the_agreed(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    f->options = (struct tcp_options){.mss = 1400, .has_sack_permitted = true};
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535);
    assert_int_equal(f->conn->state, TCP_SYN_RECEIVED);
    assert_int_equal(f->sent_count, 1);
    const struct fixture_sent *sent = fixture_sent(f, 0);
    assert_int_equal(sent->repr.flags, SYN_ACK);
    assert_int_equal(sent->seq, 0);
    assert_int_equal(sent->ack, 1);
    assert_int_equal(sent->repr.options.mss, 1460);
    assert_true(sent->repr.options.has_sack_permitted);
    assert_false(sent->repr.options.has_timestamps || sent->repr.options.has_wscale);
    fixture_ack(f, 1, 1, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
}

/* Both have asked for ECN: the SYN-ACK says that it is granted (RFC 3168 6.1.1). */
static void syn_received_grants_ecn(void **state)
{
    struct fixture *f = *state;
    f->config.ecn = TCP_ECN_ASK;
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ECE | TCP_FLAG_CWR, 0, 0, 0, 65535);
    assert_true(f->conn->flags.ecn);
    assert_int_equal(fixture_sent(f, 0)->repr.flags, SYN_ACK | TCP_FLAG_ECE);
}

/* RFC 6928 2: ten segments; RFC 5681 3.1: one if the SYN had to be retransmitted. */
static void established_initial_window(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    fixture_established(f);
    fixture_send(f, 20000);
    assert_int_equal(f->sent_count, 10);
    tcp_abort(f->conn, f->now_us);
    f->our_port++;
    fixture_syn_sent(f);
    fixture_pass(f, SECOND_US);
    fixture_input(f, SYN_ACK, 0, 1, 0, 65535);
    fixture_clear(f);
    fixture_send(f, 20000);
    assert_int_equal(f->sent_count, 1);
}

/* The listener's options become the connection's; the handshake's outcome too. */
static void listen_handshake_makes_connection(void **state)
{
    struct fixture *f = *state;
    f->timestamps = true;
    fixture_start(f);
    struct tcp_listener *listener;
    struct ip_addr any = ip_addr_from_v4(0);
    assert_int_equal(tcp_listen(&f->host, &any, f->our_port, 0, 8, 0, &listener), 0);
    listener->nodelay = true;
    listener->keepalive = true;
    listener->user_timeout_ms = 4000;
    listener->ttl = 33;
    listener->traffic_class = 0x28;
    listener->rcvbuf_bytes = 20000;
    listener->sndbuf_bytes_max = 10000;
    f->options = (struct tcp_options){
        .mss = 1000, .has_sack_permitted = true, .has_wscale = true, .wscale = 3};
    fixture_input(f, TCP_FLAG_SYN, 0, 0, 0, 65535);
    f->peer_ts_ecr = fixture_last(f)->repr.options.ts_val;
    fixture_pass(f, 20 * MS);
    fixture_ack(f, 1, 1, 5000);
    f->conn = tcp_listen_accept(listener);
    assert_non_null(f->conn);
    const struct tcp_conn *conn = f->conn;
    assert_int_equal(conn->state, TCP_ESTABLISHED);
    assert_int_equal(conn->snd.wnd, 40000); /* 5000 << 3 */
    assert_int_equal(conn->mss_bytes, 988);
    assert_true(conn->flags.sack && conn->flags.timestamps && conn->flags.window_scaling);
    assert_true(conn->flags.nodelay && conn->flags.keepalive);
    assert_int_equal(conn->user_timeout_ms, 4000);
    assert_int_equal(conn->rcvbuf_bytes, 20000);
    assert_int_equal(tcp_send_room_bytes(conn), 10000);
    assert_int_equal(tcp_rtt_srtt_us(&conn->rtt), 20000);
    assert_int_equal(conn->ttl, 33);
    assert_int_equal(conn->traffic_class, 0x28);
    fixture_check_plan(f);
    fixture_pass(f, 7200 * SECOND_US); /* a peer that is silent from here on is noticed */
    assert_int_equal(fixture_events(f, TCP_EVENT_KEEPALIVE), 1);
    tcp_listen_close(listener, f->now_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shift_is_the_smallest_that_fits),
        FIXTURE_TEST(path_mss_is_mtu_less_headers),
        FIXTURE_TEST(syn_sent_offers_everything),
        FIXTURE_TEST(syn_sent_offers_mss_of_ip6),
        FIXTURE_TEST(established_segments_carry_no_mss),
        FIXTURE_TEST(established_without_mss_option),
        FIXTURE_TEST(established_mss_less_time_stamps),
        FIXTURE_TEST(established_mss_of_the_path),
        FIXTURE_TEST(established_path_mtu_falls_to_68),
        FIXTURE_TEST(established_absurd_mss),
        FIXTURE_TEST(established_options_in_all_combinations),
        FIXTURE_TEST(established_shift_of_14),
        FIXTURE_TEST(established_echoes_time_stamp),
        FIXTURE_TEST(syn_sent_ecn_in_all_combinations),
        FIXTURE_TEST(syn_sent_retransmission_does_not_ask_for_ecn),
        FIXTURE_TEST(syn_received_answers_with_the_agreed),
        FIXTURE_TEST(syn_received_grants_ecn),
        FIXTURE_TEST(established_initial_window),
        FIXTURE_TEST(listen_handshake_makes_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
