/*
 * What stands in the segments that leave: numbers, flags, window, options, IP fields; resets; and
 * when an ACK needs no segment of its own.
 */
#include "support.h"

#include "base/base.h"
#include "tcp_fixture.h"
#include "tcp/tcp_conn.h"
#include "tcp/tcp_output.h"

#define MS        1000ull
#define SECOND_US 1000000ull

/* Each segment carries an ACK and the window (RFC 9293 3.10.4); our numbers follow each other. */
static void established_numbers_and_ack(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 500, 65535);
    fixture_send(f, 100);
    const struct fixture_sent *sent = fixture_last(f);
    assert_int_equal(sent->seq, 1);
    assert_int_equal(sent->ack, 501);
    assert_int_equal(sent->repr.src_port, f->our_port);
    assert_int_equal(sent->repr.dst_port, f->peer_port);
    assert_int_equal(sent->repr.window, (131072 - 500 + 127) / 128); /* rounded up to 128 */
    fixture_ack(f, 501, 101, 65535);
    fixture_send(f, 100);
    assert_int_equal(fixture_last(f)->seq, 101);
    assert_int_equal(f->conn->stats.bytes_sent, 200);
}

/* RFC 9293 MUST-48, MUST-49, SHLD-21, SHLD-22: DSCP and TTL are the connection's, at any time. */
static void established_traffic_class_and_ttl(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 10);
    assert_int_equal(fixture_last(f)->traffic_class, 0);
    fixture_ack(f, 1, 11, 65535);
    f->conn->traffic_class = 0x28;
    fixture_send(f, 10);
    assert_int_equal(fixture_last(f)->traffic_class, 0x28);
}

/* RFC 3168 6.1.2: ECT(0) on new data; none on ACKs and on what is sent again. */
static void established_ect_on_new_data_only(void **state)
{
    struct fixture *f = *state;
    f->config.ecn = TCP_ECN_ASK;
    fixture_start(f);
    fixture_syn_sent(f);
    assert_int_equal(fixture_last(f)->traffic_class, 0);
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_ECE, 0, 1, 0, 65535);
    assert_int_equal(fixture_last(f)->traffic_class, 0);
    fixture_send(f, 10);
    assert_int_equal(fixture_last(f)->traffic_class, 2);
    fixture_clear(f);
    fixture_pass(f, 2 * SECOND_US);
    assert_true(f->sent_count > 0);
    assert_int_equal(fixture_sent(f, 0)->traffic_class, 0);
}

/* RFC 9293 SHLD-8, RFC 3168 6.1.2, 6.1.3: ECE answers Congestion Experienced until CWR; CWR on the
 * first new data after a reduction. */
static void established_ece_until_cwr(void **state)
{
    struct fixture *f = *state;
    f->config.ecn = TCP_ECN_ASK;
    fixture_start(f);
    fixture_syn_sent(f);
    f->options = (struct tcp_options){.mss = 1460, .has_sack_permitted = true};
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_ECE, 0, 1, 0, 65535);
    f->segment_is_ce = true;
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 100, 65535);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_ECE) != 0);
    fixture_input(f, TCP_FLAG_ACK, 101, 1, 100, 65535);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_ECE) != 0);
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_CWR, 201, 1, 100, 65535);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_ECE) == 0);
    fixture_send(f, 2920);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_CWR) == 0);
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_ECE, 301, 1461, 0, 65535);
    fixture_clear(f);
    fixture_send(f, 1460);
    assert_true((fixture_sent(f, 0)->repr.flags & TCP_FLAG_CWR) != 0);
    fixture_ack(f, 301, 4381, 65535);
    fixture_send(f, 1460);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_CWR) == 0);
}

/* RFC 9293 MUST-30, MUST-31, MUST-62, RFC 6093: URG with the pointer behind the last urgent octet,
 * counted from the segment that bears it, until that octet has been sent and acknowledged. */
static void established_urgent_pointer(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[3000] = {0};
    uint32_t taken;
    fixture_start_established(f);
    assert_int_equal(tcp_send_urgent(f->conn, bytes, 2000, &taken, f->now_us), 0);
    assert_int_equal(taken, 2000);
    assert_int_equal(f->sent_count, 2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true((fixture_sent(f, i)->repr.flags & TCP_FLAG_URG) != 0);
        assert_int_equal(fixture_sent(f, i)->seq + fixture_sent(f, i)->repr.urgent, 2001);
    }
    fixture_ack(f, 1, 2001, 65535);
    fixture_send(f, 100);
    assert_true((fixture_last(f)->repr.flags & TCP_FLAG_URG) == 0);
    assert_int_equal(fixture_last(f)->repr.urgent, 0);
}

/* RFC 9293 MUST-31: more than 64 KiB ahead the pointer says as much as it can: urgent data follows.
 */
static void established_urgent_pointer_beyond_16_bits(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[60000] = {0};
    uint32_t taken;
    fixture_start_established(f);
    fixture_ack(f, 1, 1, 0);
    fixture_send(f, 60000);
    assert_int_equal(tcp_send_urgent(f->conn, bytes, 60000, &taken, f->now_us), 0);
    fixture_ack(f, 1, 1, 65535);
    fixture_clear(f);
    fixture_pass(f, SECOND_US);
    assert_int_equal(fixture_sent(f, 0)->seq, 1);
    assert_true((fixture_sent(f, 0)->repr.flags & TCP_FLAG_URG) != 0);
    assert_int_equal(fixture_sent(f, 0)->repr.urgent, 65535);
}

/* RFC 2018 4: at most four blocks, three with time stamps, newest first; RFC 9293 3.2: 40 bytes. */
static void established_sack_blocks(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    for (uint32_t i = 1; i <= 6; i++) {
        fixture_input(f, TCP_FLAG_ACK, 1 + 200 * i, 1, 100, 65535);
    }
    const struct tcp_options *options = &fixture_last(f)->repr.options;
    assert_int_equal(options->sack_count, 4);
    assert_int_equal(options->sack[0].start - f->peer_iss, 1201);
    assert_int_equal(options->sack[0].end - f->peer_iss, 1301);
    assert_int_equal(fixture_last(f)->ack, 1);
    assert_int_equal(tcp_emit_len(&fixture_last(f)->repr), 20 + 4 + 4 * 8);
}

/* On a path of 68 bytes a bare ACK has 28 for options: 12 of time stamps, 4 + 8 of one block. Data
 * segments, 16 bytes each, have no room to spare and carry none. */
static void established_sack_blocks_fit_the_path(void **state)
{
    struct fixture *f = *state;
    f->path.mtu_bytes = 68;
    f->timestamps = true;
    fixture_start_established(f);
    for (uint32_t i = 1; i <= 3; i++) {
        fixture_input(f, TCP_FLAG_ACK, 1 + 200 * i, 1, 100, 65535);
    }
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 1);
    assert_int_equal(fixture_last(f)->len, 0);
    fixture_send(f, 16);
    assert_int_equal(fixture_last(f)->len, 16);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 0);
    for (uint32_t i = 0; i < f->sent_count; i++) {
        const struct fixture_sent *sent = fixture_sent(f, i);
        uint32_t payload = sent->segment_bytes != 0 ? sent->segment_bytes : sent->len;
        assert_true(20 + tcp_emit_len(&sent->repr) + payload <= 68);
    }
}

/* Data with SACK blocks is cut so that every packet still fits the path. */
static void established_sack_blocks_with_data_fit_the_path(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 201, 1, 100, 65535);
    fixture_clear(f);
    fixture_send(f, 1460);
    const struct fixture_sent *sent = fixture_sent(f, 0);
    assert_int_equal(sent->repr.options.sack_count, 1);
    assert_int_equal(sent->len, 1460);
    assert_int_equal(sent->segment_bytes, 1460 - 12); /* cut in two below */
    assert_int_equal(20 + tcp_emit_len(&sent->repr) + sent->segment_bytes, 1500);
}

/* RFC 9293 MUST-58, SHLD-18: during quick start, 16 segments, each is acknowledged at once; then
 * every second (RFC 9293 SHLD-19). The handshake's ACK was the first of the 16. */
static void established_quick_start_then_every_second(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    uint32_t seq = 1;
    for (uint32_t i = 1; i <= 15; i++, seq += 1460) {
        fixture_input(f, TCP_FLAG_ACK, seq, 1, 1460, 65535);
        assert_int_equal(f->sent_count, i);
        assert_int_equal(fixture_last(f)->ack, seq + 1460);
    }
    fixture_clear(f);
    for (uint32_t i = 1; i <= 10; i++, seq += 1460) {
        fixture_input(f, TCP_FLAG_ACK, seq, 1, 1460, 65535);
        assert_int_equal(f->sent_count, i / 2);
    }
}

/* A reply ends the quick start: it is a conversation, and ACKs had better wait for replies. */
static void established_reply_ends_quick_start(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 100, 65535);
    assert_int_equal(f->sent_count, 1); /* at once */
    f->conn->quick_acks_left = 8;
    f->conn->ack_pending_bytes = 100; /* as when the application answers before the ACK leaves */
    fixture_send(f, 10);
    assert_int_equal(f->conn->quick_acks_left, 0);
    fixture_clear(f);
    fixture_input(f, TCP_FLAG_ACK, 101, 11, 100, 65535);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 40 * MS);
    assert_int_equal(f->sent_count, 1);
}

/* The event that our window is zero is told once for each time it closes, not for each segment. */
static void established_own_zero_window_is_told_once(void **state)
{
    struct fixture *f = *state;
    f->config.rcvbuf_bytes = f->config.rcvbuf_bytes_max = 4000;
    fixture_start_established(f);
    uint32_t seq = 1;
    for (int i = 0; i < 4; i++, seq += 1000) {
        fixture_input(f, TCP_FLAG_ACK, seq, 1, 1000, 65535);
    }
    assert_int_equal(fixture_last(f)->repr.window, 0);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUR_ZERO_WINDOW), 1);
    fixture_input(f, TCP_FLAG_ACK, seq, 1, 1, 65535); /* probed */
    fixture_send(f, 100);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUR_ZERO_WINDOW), 1);
    uint8_t bytes[4000];
    uint32_t got;
    assert_int_equal(tcp_receive(f->conn, bytes, 4000, &got, f->now_us), 0);
    for (int i = 0; i < 4; i++, seq += 1000) {
        fixture_input(f, TCP_FLAG_ACK, seq, 101, 1000, 65535);
    }
    assert_int_equal(fixture_events(f, TCP_EVENT_OUR_ZERO_WINDOW), 2);
}

/* RFC 5681 4.1: after a pause of more than an RTO, cwnd is no more than the initial window. */
static void established_idle_restarts_cwnd(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    f->conn->cc.cwnd_bytes = 100 * 1460;
    fixture_pass(f, 60 * SECOND_US);
    fixture_send(f, 40 * 1460);
    assert_int_equal(f->sent_count, 10);
}

/* RFC 9293 3.10.4, 3.10.5: RST of a live connection: at snd.nxt, with ACK. */
static void established_rst_is_at_snd_nxt(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_send(f, 100);
    tcp_abort(f->conn, f->now_us);
    f->conn = NULL;
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_RST | TCP_FLAG_ACK);
    assert_int_equal(fixture_last(f)->seq, 101);
    assert_int_equal(fixture_last(f)->ack, 1);
    assert_int_equal(f->host.counters.reset_out, 1);
}

/* RFC 9293 3.10.7.1: to nobody. With ACK: seq = SEG.ACK, RST alone. Without: seq 0, ack = SEG.SEQ +
 * SEG.LEN, SYN and FIN counted. A RST is never answered. */
static void closed_segment_is_reset(void **state)
{
    struct fixture *f = *state;
    fixture_start(f);
    f->our_iss = 5000; /* there was none: numbers below are 5000 + n */
    fixture_input(f, TCP_FLAG_ACK, 10, 7, 100, 1000);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_RST);
    assert_int_equal(fixture_last(f)->repr.seq, 5007);
    fixture_input(f, TCP_FLAG_SYN | TCP_FLAG_FIN, 10, 0, 100, 1000);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_last(f)->repr.flags, TCP_FLAG_RST | TCP_FLAG_ACK);
    assert_int_equal(fixture_last(f)->repr.seq, 0);
    assert_int_equal(fixture_last(f)->repr.ack, f->peer_iss + 10 + 102);
    fixture_input(f, TCP_FLAG_RST, 10, 0, 0, 1000);
    fixture_input(f, TCP_FLAG_RST | TCP_FLAG_ACK, 10, 7, 0, 1000);
    assert_int_equal(f->sent_count, 2);
}

/* Ten a second, and a burst of no more than a second's worth. */
static void closed_resets_are_limited(void **state)
{
    struct fixture *f = *state;
    f->config.rst_per_second_max = 10;
    fixture_start(f);
    for (int i = 0; i < 50; i++) fixture_input(f, TCP_FLAG_ACK, 10, 7, 0, 1000);
    assert_int_equal(f->sent_count, 10);
    assert_int_equal(f->drops[DROP_TCP_RST_RATE_LIMIT], 40);
    fixture_pass(f, 500 * MS);
    for (int i = 0; i < 50; i++) fixture_input(f, TCP_FLAG_ACK, 10, 7, 0, 1000);
    assert_int_equal(f->sent_count, 15);
    fixture_pass(f, 100 * SECOND_US);
    for (int i = 0; i < 50; i++) fixture_input(f, TCP_FLAG_ACK, 10, 7, 0, 1000);
    assert_int_equal(f->sent_count, 25);
}

/* Retransmissions bear what is right now, not what was: ack, window, time stamps (RFC 7323 3.2). */
static void established_retransmission_is_built_anew(void **state)
{
    struct fixture *f = *state;
    f->timestamps = true;
    fixture_start_established(f);
    fixture_send(f, 100);
    uint32_t ts_val = fixture_last(f)->repr.options.ts_val;
    f->peer_ts += 30;
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 50, 65535);
    fixture_clear(f);
    fixture_pass(f, 210 * MS);
    const struct fixture_sent *again = fixture_last(f);
    assert_int_equal(again->seq, 1);
    assert_int_equal(again->ack, 51);
    assert_int_equal(again->repr.options.ts_val, ts_val + 210);
    assert_int_equal(again->repr.options.ts_ecr, f->peer_ts);
    assert_int_equal(f->conn->stats.retransmits, 1);
    assert_int_equal(f->conn->stats.bytes_sent, 100);
    assert_int_equal(f->host.counters.bytes_out, 200);
}

/* RFC 9293 3.10.7.4: with its window closed the peer takes a segment without text only at exactly
 * RCV.NXT. The probe's octet, once refused, is no reason to stand one further: the peer would take
 * none of our ACKs. RTT 10 ms, RTO 210 ms: the probe leaves after that. */
static void established_bare_ack_stands_where_a_closed_window_takes_it(void **state)
{
    struct fixture *f = *state;
    fixture_start_established(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 0, 0);
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 0);
    fixture_pass(f, 210 * MS);
    assert_int_equal(fixture_last(f)->seq, 1);
    assert_int_equal(fixture_last(f)->len, 1);
    fixture_pass(f, 10 * MS);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 0, 0);
    fixture_pass(f, 250 * MS); /* the next probe leaves 420 ms after the first */
    fixture_clear(f);
    fixture_input(f, TCP_FLAG_ACK, 1, 1, 10, 0);
    assert_int_equal(fixture_last(f)->len, 0);
    assert_int_equal(fixture_last(f)->ack, 11);
    assert_int_equal(fixture_last(f)->seq, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(established_numbers_and_ack),
        FIXTURE_TEST(established_traffic_class_and_ttl),
        FIXTURE_TEST(established_ect_on_new_data_only),
        FIXTURE_TEST(established_ece_until_cwr),
        FIXTURE_TEST(established_urgent_pointer),
        FIXTURE_TEST(established_urgent_pointer_beyond_16_bits),
        FIXTURE_TEST(established_sack_blocks),
        FIXTURE_TEST(established_sack_blocks_fit_the_path),
        FIXTURE_TEST(established_sack_blocks_with_data_fit_the_path),
        FIXTURE_TEST(established_quick_start_then_every_second),
        FIXTURE_TEST(established_reply_ends_quick_start),
        FIXTURE_TEST(established_own_zero_window_is_told_once),
        FIXTURE_TEST(established_idle_restarts_cwnd),
        FIXTURE_TEST(established_rst_is_at_snd_nxt),
        FIXTURE_TEST(closed_segment_is_reset),
        FIXTURE_TEST(closed_resets_are_limited),
        FIXTURE_TEST(established_retransmission_is_built_anew),
        FIXTURE_TEST(established_bare_ack_stands_where_a_closed_window_takes_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
