/*
 * What is shown and what is folded, in virtual time.
 */
#include "observe/print_notable.h"

#include "support.h"
#include "track_fixture.h"
#include "wire/ip_proto.h"

#define C   TRACK_CLIENT
#define S   TRACK_SERVER
#define SYN TCP_FLAG_SYN
#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN

static struct track_fixture f;
static struct notable n;
static struct notable_fold fold;
static uint32_t next_byte;

static int setup(void **state)
{
    (void)state;
    track_fixture_init(&f, 4);
    f.track.options.evict = notable_forget;
    f.track.options.context = &n;
    notable_init(&n, 4);
    next_byte = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    notable_deinit(&n);
    track_fixture_deinit(&f);
    return 0;
}

/* Whether the packet that the fixture has just shown is to be printed. */
static bool decide(void) { return notable_decide(&n, &f.packet, &f.verdict, f.now_us); }

static bool segment(int from, uint16_t flags, uint32_t seq, uint32_t ack, uint32_t len)
{
    track_fixture_segment(&f, from, flags, seq, ack, len);
    return decide();
}

static void open(void)
{
    assert_true(segment(C, SYN, 0, 0, 0));
    assert_true(segment(S, SYN | ACK, 0, 1, 0));
    assert_true(segment(C, ACK, 1, 1, 0));
}

/* The client sends 1000 bytes, and every second time the server acknowledges, until one segment
 * is not shown; returns how many were. */
static uint32_t shown_of_bulk(uint32_t count)
{
    uint32_t shown = 0;
    for (uint32_t i = 0; i < count; i++) {
        shown += segment(C, ACK, next_byte, 1, 1000);
        next_byte += 1000;
        f.now_us += 100;
        if (i % 2 == 1) shown += segment(S, ACK, 1, next_byte, 0);
    }
    return shown;
}

static void the_first_segments_are_shown_and_bulk_is_folded(void **state)
{
    (void)state;
    open();
    assert_int_equal(shown_of_bulk(100), 8 + 3); /* the eighth with data ends the credit */
    assert_false(notable_take(&n, &fold));
    assert_true(segment(C, FIN | ACK, next_byte, 1, 0));
    assert_true(notable_take(&n, &fold));
    assert_int_equal(fold.conversation, 1);
    assert_int_equal(fold.protocol, IP_PROTO_TCP);
    assert_int_equal(fold.from.port, 41822);
    assert_int_equal(fold.to.port, 80);
    assert_int_equal(fold.segments[0], 92);
    assert_int_equal(fold.segments[1], 47);
    assert_int_equal(fold.bytes[0], 92000);
    assert_int_equal(fold.bytes[1], 0);
    assert_int_equal(fold.last_us - fold.first_us, 9200);
    assert_false(notable_take(&n, &fold));
}

static void what_the_caller_marks_is_shown(void **state)
{
    (void)state;
    open();
    shown_of_bulk(20);
    track_fixture_segment(&f, C, ACK, next_byte, 1, 1000);
    f.verdict.is_marked = true;
    assert_true(decide());
    assert_true(notable_take(&n, &fold));
}

static void who_sends_more_comes_first(void **state)
{
    (void)state;
    open();
    uint32_t shown = 0;
    for (uint32_t i = 0; i < 50; i++) {
        f.segment_bytes = 1448;
        shown += segment(S, ACK, 1 + i * 14480, 1, 14480);
    }
    assert_int_equal(shown, 8);
    notable_flush(&n);
    assert_true(notable_take(&n, &fold));
    assert_int_equal(fold.from.port, 80);
    assert_int_equal(fold.segments[0], 42);
    assert_int_equal(fold.wire_segments[0], 420);
    assert_int_equal(fold.bytes[0], 42 * 14480);
}

static void a_retransmission_comes_behind_its_fold(void **state)
{
    (void)state;
    open();
    shown_of_bulk(20);
    const uint32_t lost = next_byte;
    next_byte += 1000;
    track_fixture_segment(&f, C, ACK, lost, 1, 1000);
    assert_false(decide());
    for (uint32_t i = 1; i <= 5; i++) {
        assert_false(segment(C, ACK, next_byte, 1, 1000));
        next_byte += 1000;
        assert_int_equal(segment(S, ACK, 1, lost, 0), i <= 3);
    }
    assert_true(segment(C, ACK, lost, 1, 1000));
    uint64_t segments = 0;
    while (notable_take(&n, &fold)) segments += fold.segments[0] + fold.segments[1];
    assert_int_equal(segments, 12 + 7 + 1 + 5 + 2);
}

static void quiet_ends_a_fold(void **state)
{
    (void)state;
    assert_int_equal(notable_next_deadline(&n), TIME_NEVER);
    open();
    assert_int_equal(notable_next_deadline(&n), TIME_NEVER);
    shown_of_bulk(20);
    const uint64_t last_us = f.now_us;
    assert_int_equal(notable_next_deadline(&n), last_us + NOTABLE_QUIET_US);
    notable_due(&n, last_us + NOTABLE_QUIET_US - 1);
    assert_false(notable_take(&n, &fold));
    notable_due(&n, last_us + NOTABLE_QUIET_US);
    assert_int_equal(notable_next_deadline(&n), 0);
    assert_true(notable_take(&n, &fold));
    assert_int_equal(notable_next_deadline(&n), TIME_NEVER);
    f.now_us += 2 * NOTABLE_QUIET_US; /* what follows a pause is shown for a while */
    assert_int_equal(shown_of_bulk(20), 3 + 1);
}

static void a_long_transfer_shows_that_it_lives(void **state)
{
    (void)state;
    open();
    shown_of_bulk(8);
    const uint64_t begun_us = f.now_us;
    uint64_t segments = 0;
    uint32_t folds = 0;
    while (f.now_us < begun_us + 3 * NOTABLE_FOLD_US) {
        f.now_us += NOTABLE_QUIET_US / 2;
        assert_int_equal(shown_of_bulk(2), 0);
        while (notable_take(&n, &fold)) {
            folds++;
            segments += fold.segments[0];
        }
    }
    assert_in_range(folds, 2, 3);
    assert_in_range(segments, 80, 120);
}

/* A fold that nobody has taken is gone on with, so that the counts are right in any case. */
static void a_fold_that_was_not_taken_grows_on(void **state)
{
    (void)state;
    open();
    shown_of_bulk(20);
    assert_true(segment(C, ACK, 1, 1, 1000)); /* again */
    shown_of_bulk(10);
    notable_flush(&n);
    assert_true(notable_take(&n, &fold));
    assert_int_equal(fold.segments[0], 22);
    assert_false(notable_take(&n, &fold));
}

static void bulk_datagrams_fold_and_errors_do_not(void **state)
{
    (void)state;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < 50; i++) {
        track_fixture_ip(&f, C, IP_PROTO_UDP, 512);
        shown += decide();
    }
    assert_int_equal(shown, NOTABLE_FIRST_DATA);
    for (uint32_t i = 0; i < 20; i++) {
        track_fixture_ip(&f, S, IP_PROTO_ICMP4, 64);
        f.packet.icmp_type = 3;
        assert_true(decide());
    }
    f.packet.kind = TRACK_KIND_OTHER;
    f.verdict = track_input(&f.track, &f.packet, f.now_us);
    assert_true(decide());
    notable_flush(&n);
    assert_true(notable_take(&n, &fold));
    assert_int_equal(fold.protocol, IP_PROTO_UDP);
    assert_int_equal(fold.segments[0], 42);
}

static void a_new_incarnation_ends_the_fold_of_the_old(void **state)
{
    (void)state;
    open();
    shown_of_bulk(20);
    f.isn[C] += 1u << 24;
    f.isn[S] += 1u << 24;
    open();
    assert_true(notable_take(&n, &fold));
    assert_int_equal(fold.conversation, 1);
    assert_int_equal(fold.segments[0], 12);
}

static void evicted_conversations_leave_their_folds(void **state)
{
    (void)state;
    for (uint16_t port = 1; port <= 6; port++) {
        f.port[C] = port;
        next_byte = 1;
        open();
        shown_of_bulk(20);
    }
    assert_int_equal(f.track.evicted, 2);
    uint32_t folds = 0;
    for (; notable_take(&n, &fold); folds++) assert_int_equal(fold.from.port, folds + 1);
    assert_int_equal(folds, 2);
    notable_flush(&n);
    while (notable_take(&n, &fold)) folds++;
    assert_int_equal(folds, 6);
}

/* Nobody takes, everybody is evicted: memory stays bounded, and what cannot be folded is shown. */
static void memory_is_bounded(void **state)
{
    (void)state;
    uint32_t shown = 0;
    for (uint16_t port = 1; port <= 1000; port++) {
        f.port[C] = port;
        next_byte = 1;
        open();
        shown += shown_of_bulk(12);
    }
    assert_true(n.pool.peak <= 4 + 64);
    assert_in_range(shown, 900 * 18, 1000 * 18);
    while (notable_take(&n, &fold)) continue;
    assert_true(n.pool.in_use <= 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_segments_are_shown_and_bulk_is_folded),
        TEST(what_the_caller_marks_is_shown),
        TEST(who_sends_more_comes_first),
        TEST(a_retransmission_comes_behind_its_fold),
        TEST(quiet_ends_a_fold),
        TEST(a_long_transfer_shows_that_it_lives),
        TEST(a_fold_that_was_not_taken_grows_on),
        TEST(bulk_datagrams_fold_and_errors_do_not),
        TEST(a_new_incarnation_ends_the_fold_of_the_old),
        TEST(evicted_conversations_leave_their_folds),
        TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
