/*
 * What each kind of segment is called, and what it adds to the counts.
 */
#include "observe/track_judge.h"

#include "support.h"
#include "track_fixture.h"
#include "wire/ip_proto.h"

#define C   TRACK_CLIENT
#define S   TRACK_SERVER
#define SYN TCP_FLAG_SYN
#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RTT 10000

static struct track_fixture f;

/* An open connection on which the client has sent 1000 bytes that were acknowledged. */
static int setup(void **state)
{
    (void)state;
    track_fixture_init(&f, 16);
    f.window[S] = 5000;
    track_fixture_open(&f, RTT);
    track_fixture_segment(&f, C, ACK, 1, 1, 1000);
    f.now_us += RTT;
    track_fixture_segment(&f, S, ACK, 1, 1001, 0);
    f.now_us += RTT;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    track_fixture_deinit(&f);
    return 0;
}

static const struct track_way *way(int i) { return &f.verdict.conversation->way[i]; }

/* Shows a segment and says which bits it must get. */
static void expect(int from, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len,
                   uint32_t bits)
{
    const uint32_t found = track_fixture_segment(&f, from, flags, seq, ack, len);
    if (found != bits) print_error("bits %#x, expected %#x\n", found, bits);
    assert_int_equal(found, bits);
    f.now_us += 10;
}

static void expect_sack(uint32_t seq, uint32_t ack, uint32_t start, uint32_t end, uint32_t bits)
{
    f.options.sack_count = 1;
    f.options.sack[0] = (struct tcp_sack_block){f.isn[C] + start, f.isn[C] + end};
    expect(S, ACK, seq, ack, 0, bits);
}

static void quiet_segments_say_nothing(void **state)
{
    (void)state;
    expect(C, ACK, 1001, 1, 1000, 0);
    expect(C, ACK, 2001, 1, 1000, 0);
    expect(S, ACK, 1, 3001, 0, 0);
    expect(S, ACK, 1, 3001, 500, TRACK_FIRST_DATA);
    expect(C, ACK, 3001, 501, 0, 0);
    assert_int_equal(way(C)->segments, 6);
    assert_int_equal(way(C)->bytes, 3000);
    assert_int_equal(way(C)->data_segments, 3);
    assert_int_equal(way(S)->bytes, 500);
    assert_int_equal(way(C)->retransmissions + way(S)->retransmissions, 0);
    assert_int_equal(way(C)->window, 4000);
    assert_int_equal(way(C)->mss, 1460);
}

static void super_segments_count_once(void **state)
{
    (void)state;
    f.segment_bytes = 1448;
    expect(C, ACK, 1001, 1, 14480, 0);
    assert_int_equal(f.verdict.wire_segments, 10);
    assert_int_equal(way(C)->segments, 4);
    assert_int_equal(way(C)->wire_segments, 13);
    f.segment_bytes = 1448;
    expect(C, ACK, 1001 + 1448, 1, 2896, TRACK_RETRANSMISSION);
    assert_int_equal(way(C)->retransmissions, 1);
    assert_int_equal(way(C)->bytes_again, 2896);
}

static void bytes_seen_before_are_retransmitted_however_soon(void **state)
{
    (void)state;
    expect(C, ACK, 1001, 1, 1000, 0);
    expect(C, ACK, 1001, 1, 1000, TRACK_RETRANSMISSION);
    assert_int_equal(f.verdict.bytes_again, 1000);
    expect(C, ACK, 1501, 1, 1000, TRACK_RETRANSMISSION); /* half of it is new */
    assert_int_equal(f.verdict.bytes_again, 500);
    expect(S, ACK, 1, 2501, 0, 0);
    expect(C, ACK, 1001, 1, 1000, TRACK_RETRANSMISSION | TRACK_SPURIOUS);
    assert_int_equal(way(C)->retransmissions, 3);
    assert_int_equal(way(C)->spurious_retransmissions, 1);
    assert_int_equal(track_fixture_summary(&f).bytes[C], 2500);
}

static void a_gap_filled_soon_was_out_of_order(void **state)
{
    (void)state;
    expect(C, ACK, 2001, 1, 1000, TRACK_GAP);
    expect(C, ACK, 1001, 1, 400, TRACK_OUT_OF_ORDER);
    f.now_us += RTT;
    expect(C, ACK, 1401, 1, 600, TRACK_RETRANSMISSION); /* lost before it came here */
    assert_int_equal(f.verdict.bytes_again, 0);
    expect(C, ACK, 1401, 1, 600, TRACK_RETRANSMISSION);
    assert_int_equal(f.verdict.bytes_again, 600);
    assert_int_equal(way(C)->gaps, 1);
    assert_int_equal(way(C)->out_of_order, 1);
    assert_int_equal(way(C)->hole_count, 0);
    assert_int_equal(track_fixture_summary(&f).bytes[C], 3000);
}

static void a_hole_is_filled_from_its_middle(void **state)
{
    (void)state;
    expect(C, ACK, 5001, 1, 1000, TRACK_GAP);
    expect(C, ACK, 2001, 1, 1000, TRACK_OUT_OF_ORDER);
    assert_int_equal(way(C)->hole_count, 2);
    expect(C, ACK, 1001, 1, 5000, TRACK_RETRANSMISSION); /* 2000 of it, and both holes */
    assert_int_equal(f.verdict.bytes_again, 2000);
    assert_int_equal(way(C)->hole_count, 0);
}

static void holes_are_limited(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < TRACK_HOLES_MAX + 2; i++) {
        expect(C, ACK, 1101 + i * 200, 1, 100, TRACK_GAP);
    }
    assert_int_equal(way(C)->hole_count, TRACK_HOLES_MAX);
    expect(C, ACK, 1001, 1, 100, TRACK_RETRANSMISSION); /* forgotten: taken for seen */
    expect(C, ACK, 1001 + 2 * 200, 1, 100, TRACK_OUT_OF_ORDER);
    /* Numbers that jump do not leave holes too far back to be told from those ahead. */
    for (uint32_t i = 1; i < 8; i++) {
        expect(C, ACK, i * 0x60000000u, 1, 100, TRACK_GAP);
        assert_true(way(C)->hole_count == 0);
    }
}

static void three_duplicate_acks_ask_for_a_fast_retransmission(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        expect(C, ACK, 1001 + i * 1000, 1, 1000, 0);
    }
    for (uint32_t i = 1; i <= 3; i++) {
        expect(S, ACK, 1, 1001, 0, TRACK_DUPLICATE_ACK);
        assert_int_equal(f.verdict.duplicate_acks, i);
    }
    expect(C, ACK, 1001, 1, 1000, TRACK_RETRANSMISSION | TRACK_FAST);
    assert_int_equal(way(C)->fast_retransmissions, 1);
    assert_int_equal(way(S)->duplicate_acks, 3);
    expect(S, ACK, 1, 6001, 0, 0);
    expect(S, ACK, 1, 6001, 0, 0); /* nothing is outstanding: not a duplicate by RFC 5681 2 */
    expect(C, ACK, 6001, 1, 1000, 0);
    f.now_us += 300000;
    expect(C, ACK, 6001, 1, 1000, TRACK_RETRANSMISSION); /* nobody asked: a timeout */
}

static void sack_asks_too(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++) {
        expect(C, ACK, 1001 + i * 1000, 1, 1000, 0);
    }
    expect_sack(1, 1001, 2001, 3001, TRACK_SACK | TRACK_DUPLICATE_ACK);
    f.window[S]++; /* Linux changes it in the middle of them */
    expect_sack(1, 1001, 2001, 5001, TRACK_SACK | TRACK_DUPLICATE_ACK);
    assert_int_equal(f.verdict.duplicate_acks, 2);
    expect(C, ACK, 1001, 1, 1000, TRACK_RETRANSMISSION | TRACK_FAST);
    expect(S, ACK, 1, 5001, 0, 0);
    expect_sack(1, 5001, 1001, 2001, TRACK_SACK | TRACK_DSACK);
    assert_int_equal(way(S)->sacks, 3);
}

static void the_window_shuts_and_opens(void **state)
{
    (void)state;
    f.window[S] = 1000; /* times four */
    expect(S, ACK, 1, 1001, 0, TRACK_WINDOW_UPDATE);
    expect(C, ACK, 1001, 1, 4000, TRACK_WINDOW_FULL);
    f.window[S] = 0;
    expect(S, ACK, 1, 5001, 0, TRACK_ZERO_WINDOW);
    expect(C, ACK, 5000, 1, 0, TRACK_PROBE); /* as Linux probes */
    expect(S, ACK, 1, 5001, 0, TRACK_ZERO_WINDOW | TRACK_PROBE_ACK);
    expect(C, ACK, 5001, 1, 1, TRACK_PROBE); /* as others do */
    expect(S, ACK, 1, 5001, 0, TRACK_ZERO_WINDOW | TRACK_PROBE_ACK);
    expect(C, ACK, 5001, 1, 1, TRACK_PROBE); /* the same byte: no retransmission */
    f.now_us += 1000;
    f.window[S] = 2000;
    expect(S, ACK, 1, 5002, 0, TRACK_WINDOW_OPEN); /* the byte was taken */
    expect(C, ACK, 5002, 1, 1000, 0);
    assert_int_equal(way(C)->probes, 3);
    assert_int_equal(way(C)->retransmissions, 0);
    assert_int_equal(way(S)->zero_windows, 1);
    assert_int_equal(way(S)->zero_window_us, 1060);
    assert_int_equal(track_fixture_summary(&f).bytes[C], 6001);
    expect(S, ACK, 1, 6002, 0, 0);
    f.window[S] = 2500;
    expect(S, ACK, 1, 6002, 0, TRACK_WINDOW_UPDATE);
}

/* A probe's byte that was thrown away is sent again with what follows. */
static void a_refused_probe_leaves_no_trace(void **state)
{
    (void)state;
    expect(C, ACK, 1001, 1, 100, 0);
    f.window[S] = 0;
    expect(S, ACK, 1, 1101, 0, TRACK_ZERO_WINDOW);
    expect(C, ACK, 1101, 1, 1, TRACK_PROBE);
    f.window[S] = 1000;
    expect(S, ACK, 1, 1101, 0, TRACK_WINDOW_OPEN | TRACK_PROBE_ACK);
    expect(C, ACK, 1101, 1, 1000, 0);
    assert_int_equal(track_fixture_summary(&f).bytes[C], 2100);
}

static void keepalives_are_told_from_lone_bytes(void **state)
{
    (void)state;
    expect(C, ACK, 1000, 1, 0, TRACK_KEEPALIVE);
    expect(S, ACK, 1, 1001, 0, TRACK_KEEPALIVE_ACK);
    expect(C, ACK, 1000, 1, 1, TRACK_KEEPALIVE);
    expect(S, ACK, 1, 1001, 0, TRACK_KEEPALIVE_ACK);
    expect(C, ACK, 1001, 1, 1, 0); /* a key is pressed */
    expect(C, ACK, 1001, 1, 1, TRACK_RETRANSMISSION);
    assert_int_equal(way(C)->keepalives, 2);
    assert_int_equal(track_fixture_summary(&f).bytes[C], 1001);
}

static void an_ack_for_what_was_not_seen(void **state)
{
    (void)state;
    expect(S, ACK, 1, 2001, 0, TRACK_ACKED_UNSEEN);
    expect(C, ACK, 2001, 1, 1000, 0);
    expect(C, ACK, 1001, 1, 1000, TRACK_OUT_OF_ORDER); /* the capture was late, not the network */
}

static void fins_and_syns_are_retransmitted(void **state)
{
    (void)state;
    expect(C, SYN, 0, 0, 0, TRACK_SYN | TRACK_SYN_RETRANSMITTED);
    expect(C, FIN | ACK, 1001, 1, 10, TRACK_FIN);
    expect(C, FIN | ACK, 1011, 1, 0, TRACK_FIN | TRACK_RETRANSMISSION);
    assert_int_equal(f.verdict.bytes_again, 0);
    expect(C, FIN | ACK, 1001, 1, 10, TRACK_FIN | TRACK_RETRANSMISSION);
    assert_int_equal(f.verdict.bytes_again, 10);
    expect(S, ACK, 1, 1012, 0, 0);
    assert_int_equal(way(C)->fins, 3);
    assert_int_equal(way(C)->retransmissions, 3);
}

/* A SYN-ACK with another number in the middle is no reason to believe anything. */
static void a_forged_syn_ack_changes_nothing(void **state)
{
    (void)state;
    expect(S, SYN | ACK, 0x12345678, 77, 0, TRACK_SYN);
    expect(S, ACK, 1, 1001, 10, TRACK_FIRST_DATA);
    expect(C, ACK, 1001, 11, 10, 0);
}

static void congestion_marks_count_when_they_begin(void **state)
{
    (void)state;
    f.ecn = IP_ECN_CE;
    expect(C, ACK, 1001, 1, 10, TRACK_CE);
    f.ecn = IP_ECN_CE;
    expect(C, ACK, 1011, 1, 10, 0);
    expect(S, ACK | TCP_FLAG_ECE, 1, 1011, 0, TRACK_ECE);
    expect(S, ACK | TCP_FLAG_ECE, 1, 1021, 0, 0);
    expect(C, ACK | TCP_FLAG_CWR, 1021, 1, 10, TRACK_CWR);
    expect(C, ACK | TCP_FLAG_URG, 1031, 1, 10, TRACK_URGENT);
}

static void without_a_handshake_three_milliseconds_are_late(void **state)
{
    (void)state;
    assert_int_equal(track_judge_late_us(f.verdict.conversation), RTT);
    struct track_conversation c = {0};
    assert_int_equal(track_judge_late_us(&c), 3000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quiet_segments_say_nothing),
        TEST(super_segments_count_once),
        TEST(bytes_seen_before_are_retransmitted_however_soon),
        TEST(a_gap_filled_soon_was_out_of_order),
        TEST(a_hole_is_filled_from_its_middle),
        TEST(holes_are_limited),
        TEST(three_duplicate_acks_ask_for_a_fast_retransmission),
        TEST(sack_asks_too),
        TEST(the_window_shuts_and_opens),
        TEST(a_refused_probe_leaves_no_trace),
        TEST(keepalives_are_told_from_lone_bytes),
        TEST(an_ack_for_what_was_not_seen),
        TEST(fins_and_syns_are_retransmitted),
        TEST(a_forged_syn_ack_changes_nothing),
        TEST(congestion_marks_count_when_they_begin),
        TEST(without_a_handshake_three_milliseconds_are_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
