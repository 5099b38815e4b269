/*
 * The seventh step: text in order and out of it, SACK (RFC 2018) and D-SACK (RFC 2883), the direct
 * sink, memory that runs out, FINs ahead of text, and when ACKs leave (RFC 9293 3.8.6.3).
 */
#include "tcp/tcp_input.h"

#include "tcp/tcp_app.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_rx.h"
#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN

static void text(struct fixture *f, uint32_t seq, uint32_t len)
{
    fixture_input(f, ACK, seq, 1, len, 65535);
}

/* RFC 9293 SHLD-31; RFC 2018 4: the block that holds the segment which caused the ACK comes first,
 * then the most recently reported. */
static void out_of_order_text_is_kept_and_reported_most_recent_first(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 101, 100);
    text(f, 301, 100);
    text(f, 501, 100);
    assert_int_equal(fixture_last(f)->ack, 1);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 3);
    assert_sack(f, fixture_last(f), 0, 501, 601);
    assert_sack(f, fixture_last(f), 1, 301, 401);
    assert_sack(f, fixture_last(f), 2, 101, 201);
    text(f, 201, 50); /* makes the oldest range grow */
    assert_sack(f, fixture_last(f), 0, 101, 251);
    assert_sack(f, fixture_last(f), 1, 501, 601);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUT_OF_ORDER), 4);
    assert_int_equal(f->sent_count, 4); /* each at once: RFC 5681 4.2, RFC 9293 MAY-13 */
    text(f, 1, 100);
    assert_int_equal(fixture_last(f)->ack, 251);
    text(f, 251, 50);
    assert_int_equal(fixture_last(f)->ack, 401);
    text(f, 401, 100);
    assert_int_equal(fixture_last(f)->ack, 601);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 0);
    assert_reads(f, 1, 600);
    fixture_free(f);
}

/* RFC 2018 3, RFC 7323 appendix A: 40 bytes of options hold four blocks, beside time stamps three.
 */
static void sack_blocks_are_four_or_three_beside_time_stamps(void **state)
{
    (void)state;
    for (uint8_t stamps = 0; stamps < 2; stamps++) {
        struct fixture *f = states_new();
        fixture_start(f);
        f->timestamps = stamps;
        fixture_established(f);
        for (uint32_t i = 0; i < 6; i++) text(f, 101 + 200 * i, 100);
        assert_int_equal(fixture_last(f)->repr.options.sack_count, 4 - stamps);
        assert_sack(f, fixture_last(f), 0, 1101, 1201);
        fixture_free(f);
    }
}

static void without_sack_nothing_is_reported_but_all_is_kept(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    f->config.sack = false;
    fixture_start(f);
    fixture_established(f);
    text(f, 101, 100);
    text(f, 101, 100);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 0);
    text(f, 1, 100);
    assert_int_equal(fixture_last(f)->ack, 201);
    assert_reads(f, 1, 200);
    fixture_free(f);
}

/* RFC 2883 4.1.1: below the ACK, once and no more. */
static void dsack_for_old_text(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 1, 200);
    fixture_clear(f);
    text(f, 1, 100);
    assert_int_equal(fixture_last(f)->ack, 201);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 1);
    assert_sack(f, fixture_last(f), 0, 1, 101);
    assert_int_equal(states_event(f, TCP_EVENT_DUPLICATE, 0)->range.len_bytes, 100);
    assert_int_equal(f->drops[DROP_TCP_OLD_DUPLICATE], 1);
    text(f, 201, 100);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 0);
    fixture_free(f);
}

/* RFC 2883 4.1.2, 4.1.3: out of order, the block that holds the duplicate is the second. */
static void dsack_for_an_out_of_order_duplicate_is_followed_by_its_range(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 101, 300);
    text(f, 601, 100);
    text(f, 201, 100);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 3);
    assert_sack(f, fixture_last(f), 0, 201, 301);
    assert_sack(f, fixture_last(f), 1, 101, 401);
    assert_sack(f, fixture_last(f), 2, 601, 701);
    fixture_free(f);
}

/* RFC 2883 4.2: only the part that was there, and of two parts the first. */
static void dsack_for_partial_duplicates(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 201, 100);
    text(f, 251, 150); /* 251..400: 251..300 was there */
    assert_sack(f, fixture_last(f), 0, 251, 301);
    assert_sack(f, fixture_last(f), 1, 201, 401);
    text(f, 501, 100);
    text(f, 301, 250); /* 301..400 and 501..550 were */
    assert_sack(f, fixture_last(f), 0, 301, 401);
    assert_sack(f, fixture_last(f), 1, 201, 601);
    text(f, 1, 300); /* in order: 201..300 was */
    assert_int_equal(fixture_last(f)->ack, 601);
    assert_sack(f, fixture_last(f), 0, 201, 301);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 1);
    assert_reads(f, 1, 600);
    fixture_free(f);
}

/* Every way in which two segments can overlap, delivered twice over: the stream stays what it was.
 */
static void overlaps_never_change_the_stream(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    static const uint32_t pieces[][2] = {{301, 100}, {351, 100}, {251, 100}, {301, 150}, {201, 300},
                                         {601, 10},  {590, 30},  {101, 50},  {1, 120},   {51, 800}};
    for (size_t i = 0; i < ARRAY_COUNT(pieces); i++) text(f, pieces[i][0], pieces[i][1]);
    assert_int_equal(f->conn->stats.bytes_received, 850);
    assert_reads(f, 1, 850);
    assert_null(f->conn->rx);
    fixture_free(f);
}

/* TCP_REASSEMBLY_RANGES_MAX ranges; one more hole is refused by name, what fills one is taken. */
static void holes_have_a_limit(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    for (uint32_t i = 0; i < TCP_REASSEMBLY_RANGES_MAX; i++) {
        text(f, 3 + 4 * i, 2);
        fixture_clear(f);
    }
    text(f, 3 + 4 * TCP_REASSEMBLY_RANGES_MAX, 2);
    assert_int_equal(f->drops[DROP_TCP_WINDOW_FULL], 1);
    assert_int_equal(fixture_last(f)->ack, 1);
    text(f, 1, 2);
    assert_int_equal(fixture_last(f)->ack, 5);
    text(f, 3 + 4 * TCP_REASSEMBLY_RANGES_MAX, 2);
    assert_int_equal(f->drops[DROP_TCP_WINDOW_FULL], 1);
    fixture_free(f);
}

/* FINs */

static void fin_ahead_of_missing_text_waits_for_it(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK | FIN, 101, 1, 100, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(fixture_last(f)->ack, 1);
    text(f, 1, 100); /* no FIN on this one */
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    assert_int_equal(fixture_last(f)->ack, 202);
    assert_reads(f, 1, 200);
    fixture_free(f);
}

/* RFC 2018 3: a FIN has a sequence number, so a block that reaches it ends behind it. RFC 5681 4.2:
 * where something is missing before it, one that comes alone is acknowledged at once too. */
static void fin_ahead_of_missing_text_is_reported(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 101, 100);
    assert_sack(f, fixture_last(f), 0, 101, 201);
    fixture_input(f, ACK | FIN, 301, 1, 0, 65535);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_events(f, TCP_EVENT_OUT_OF_ORDER), 2);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 1);
    assert_sack(f, fixture_last(f), 0, 101, 201);
    text(f, 201, 100);
    assert_sack(f, fixture_last(f), 0, 101, 302);
    text(f, 1, 100);
    assert_int_equal(fixture_last(f)->ack, 302);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    fixture_free(f);
}

/* What a peer says that contradicts itself: text behind its FIN is not taken... */
static void text_beyond_a_remembered_fin_is_not_taken(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK | FIN, 101, 1, 0, 65535);
    text(f, 151, 50);
    text(f, 51, 100); /* 51..100 counts */
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    text(f, 1, 200);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    assert_int_equal(f->conn->stats.bytes_received, 100);
    assert_int_equal(fixture_last(f)->ack, 102);
    assert_reads(f, 1, 100);
    fixture_free(f);
}

/* ... and a FIN in front of text that has arrived is not believed. */
static void fin_in_front_of_kept_text_is_not_believed(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 151, 50);
    fixture_input(f, ACK | FIN, 1, 1, 100, 65535);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(f->conn->stats.bytes_received, 100);
    fixture_input(f, ACK | FIN, 101, 1, 100, 65535); /* at the end of the text: good */
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    assert_int_equal(fixture_last(f)->ack, 202);
    fixture_free(f);
}

/* Memory */

/* Two chunks for the whole host, a window of three: the third finds no room. */
static struct fixture *with_chunks(uint32_t chunks)
{
    struct fixture *f = fixture_new();
    f->config.rcvbuf_bytes = f->config.rcvbuf_bytes_max = 60000;
    f->config.chunks_max = chunks;
    fixture_start(f);
    fixture_established(f);
    return f;
}

/* The whole pool taken by the connection's own text out of order: it goes, so that the stream goes
 * on (RFC 2018 8). */
static void own_out_of_order_text_gives_way_to_what_is_in_order(void **state)
{
    (void)state;
    struct fixture *f = with_chunks(2);
    text(f, 1 + TCP_CHUNK_BYTES, 1000);
    text(f, 1 + 2 * TCP_CHUNK_BYTES, 1000);
    assert_int_equal(pool_room(&f->host.chunks), 0);
    fixture_clear(f);
    text(f, 1, 1000);
    assert_int_equal(f->conn->stats.bytes_received, 1000);
    assert_int_equal(fixture_last(f)->ack, 1001);
    assert_int_equal(fixture_last(f)->repr.options.sack_count, 0); /* taken back */
    assert_int_equal(f->drops[DROP_NO_MEMORY], 1);
    assert_int_equal(states_event(f, TCP_EVENT_DROP, 0)->drop.len_bytes, 2000);
    /* and all the rest, sent again, with a reader */
    for (uint32_t seq = 1001; seq < 50001; seq += 1000) {
        text(f, seq, 1000);
        assert_reads(f, seq == 1001 ? 1 : seq, seq == 1001 ? 2000 : 1000);
        fixture_clear(f);
    }
    assert_int_equal(f->conn->stats.bytes_received, 50000);
    fixture_free(f);
}

/* The segment that fills the hole begins in a chunk that is there and ends in one that is not: a
 * chunk beyond gives way in the middle of it. */
static void own_out_of_order_text_gives_way_in_the_middle_of_a_segment(void **state)
{
    (void)state;
    struct fixture *f = with_chunks(2);
    text(f, 1, 16000);                      /* chunk 0 up to 16000 of 16368 */
    text(f, 1 + 2 * TCP_CHUNK_BYTES, 1000); /* chunk 2 */
    text(f, 16001, 1000);                   /* 368 into chunk 0, the rest into chunk 1 */
    assert_int_equal(f->conn->stats.bytes_received, 17000);
    assert_int_equal(fixture_last(f)->ack, 17001);
    assert_reads(f, 1, 17000);
    fixture_free(f);
}

/* Nothing of one's own to throw away: dropped by name, the window closes, and it goes on when the
 * application has read. */
static void text_without_memory_is_dropped_and_taken_later(void **state)
{
    (void)state;
    struct fixture *f = with_chunks(1);
    text(f, 1, 16000);
    text(f, 16001, 1000); /* 368 fit */
    assert_int_equal(f->drops[DROP_NO_MEMORY], 1);
    assert_int_equal(fixture_last(f)->ack, 16369);
    text(f, 20000, 100);
    assert_int_equal(f->drops[DROP_NO_MEMORY], 2);
    assert_reads(f, 1, 16368);
    text(f, 16369, 1000);
    assert_int_equal(fixture_last(f)->ack, 17369);
    assert_reads(f, 16369, 1000);
    fixture_free(f);
}

/* The direct sink */

static struct fixture *with_sink(uint32_t take)
{
    struct fixture *f = states_in(TCP_ESTABLISHED);
    f->conn->flags.has_sink = true;
    f->sink_take = take;
    return f;
}

static void assert_sunk(const struct fixture *f, uint32_t len)
{
    assert_int_equal(f->sink_len, len);
    for (uint32_t i = 0; i < len; i++) assert_int_equal(f->sink_bytes[i], fixture_byte(1 + i));
}

static void sink_takes_all_and_no_buffer_is_needed(void **state)
{
    (void)state;
    struct fixture *f = with_sink(65535);
    text(f, 1, 1000);
    assert_sunk(f, 1000);
    assert_null(f->conn->rx);
    assert_int_equal(f->host.chunks.in_use, 0);
    assert_int_equal(fixture_last(f)->ack, 1001);
    assert_int_equal(fixture_last(f)->repr.window, 4096); /* nothing waits: the window is whole */
    fixture_free(f);
}

/* What it does not take waits, in order, and closes the window. RFC 9293 MUST-39, SHLD-14: the edge
 * moves by a segment or more, and never to the left. */
static void sink_takes_a_part_and_the_rest_is_queued(void **state)
{
    (void)state;
    struct fixture *f = with_sink(300);
    text(f, 1, 1000);
    assert_sunk(f, 300);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 700);
    f->sink_take = 0;
    text(f, 1001, 1000);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 1700);
    /* the 300 that were taken are less than a segment: no reason to move the edge */
    assert_int_equal(tcp_conn_receive_window(f->conn), STATES_EDGE - 2001);
    f->sink_take = 65535; /* with the next segment all that waited goes */
    text(f, 2001, 100);
    assert_sunk(f, 2100);
    assert_null(f->conn->rx);
    fixture_free(f);
}

static void sink_gets_what_waited_behind_a_hole(void **state)
{
    (void)state;
    struct fixture *f = with_sink(65535);
    text(f, 501, 500);
    assert_int_equal(f->sink_len, 0);
    text(f, 1, 500);
    assert_sunk(f, 1000);
    assert_null(f->conn->rx);
    assert_int_equal(fixture_last(f)->ack, 1001);
    fixture_free(f);
}

/* RFC 9293 MAY-1: acknowledged and thrown away. */
static void receive_closed_text_is_acknowledged_and_thrown_away(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    text(f, 501, 500);
    tcp_shutdown_receive(f->conn, f->now_us);
    text(f, 1, 500);
    assert_int_equal(fixture_last(f)->ack, 1001);
    for (uint32_t i = 0; i < 10; i++) text(f, 1001 + 1000 * i, 1000);
    assert_int_equal(fixture_last(f)->ack, 11001);
    assert_int_equal(tcp_receive_queued_bytes(f->conn), 0);
    assert_null(f->conn->rx);
    fixture_free(f);
}

/* When ACKs leave */

static struct fixture *without_quick_acks(void)
{
    struct fixture *f = fixture_new();
    f->config.quick_acks = 0;
    fixture_start(f);
    fixture_established(f);
    return f;
}

/* RFC 9293 MUST-58, MUST-59, SHLD-18, SHLD-19: one ACK for two full segments, and for one within
 * the delay of 40 ms (RFC 9293 MUST-40). */
static void every_second_full_segment_is_acknowledged(void **state)
{
    (void)state;
    struct fixture *f = without_quick_acks();
    text(f, 1, 1460);
    assert_int_equal(f->sent_count, 0);
    text(f, 1461, 1460);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 2921);
    text(f, 2921, 1460);
    assert_int_equal(f->sent_count, 1);
    fixture_pass(f, 39999);
    assert_int_equal(f->sent_count, 1);
    fixture_pass(f, 1);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_last(f)->ack, 4381);
    fixture_free(f);
}

/* RFC 9293 MUST-58, MUST-59: what arrived together is acknowledged together; a super-segment of ten
 * segments counts as ten, and is acknowledged once. */
static void super_segment_counts_as_its_segments_and_gets_one_ack(void **state)
{
    (void)state;
    struct fixture *f = without_quick_acks();
    const uint64_t before = f->host.counters.segments_in;
    f->segment_bytes = 1460;
    text(f, 1, 14600);
    assert_int_equal(f->host.counters.segments_in - before, 10);
    assert_int_equal(f->conn->stats.segments_in, 11); /* with the SYN-ACK */
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 14601);
    assert_int_equal(f->conn->rcv_segment_bytes, 1460);
    f->segment_bytes = 1460; /* one and a bit: two of the wire, but not two full ones */
    text(f, 14601, 1500);
    assert_int_equal(f->sent_count, 1);
    fixture_free(f);
}

/* RFC 9293 SHLD-19: "full" is what the peer's path takes, and that may become less: two segments of
 * 500 bytes in the middle of a stream are two full ones, though larger ones came before. */
static void every_second_full_segment_is_acknowledged_when_they_become_smaller(void **state)
{
    (void)state;
    struct fixture *f = without_quick_acks();
    text(f, 1, 1460);
    text(f, 1461, 1460);
    assert_int_equal(f->sent_count, 1);
    for (uint32_t i = 0; i < 4; i++) text(f, 2921 + 500 * i, 500);
    assert_int_equal(f->sent_count, 3);
    assert_int_equal(fixture_last(f)->ack, 4921);
    fixture_free(f);
}

/* A new connection's sender is finding its speed: the first 16 ACKs leave at once. */
static void quick_acks_come_first(void **state)
{
    (void)state;
    struct fixture *f = fixture_new();
    fixture_start(f);
    fixture_established(f); /* the ACK of the SYN-ACK is the first */
    for (uint32_t i = 0; i < 15; i++) text(f, 1 + i * 100, 100);
    assert_int_equal(f->sent_count, 15);
    text(f, 1501, 100);
    assert_int_equal(f->sent_count, 15);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(out_of_order_text_is_kept_and_reported_most_recent_first),
        cmocka_unit_test(sack_blocks_are_four_or_three_beside_time_stamps),
        cmocka_unit_test(without_sack_nothing_is_reported_but_all_is_kept),
        cmocka_unit_test(dsack_for_old_text),
        cmocka_unit_test(dsack_for_an_out_of_order_duplicate_is_followed_by_its_range),
        cmocka_unit_test(dsack_for_partial_duplicates),
        cmocka_unit_test(overlaps_never_change_the_stream),
        cmocka_unit_test(holes_have_a_limit),
        cmocka_unit_test(fin_ahead_of_missing_text_waits_for_it),
        cmocka_unit_test(fin_ahead_of_missing_text_is_reported),
        cmocka_unit_test(text_beyond_a_remembered_fin_is_not_taken),
        cmocka_unit_test(fin_in_front_of_kept_text_is_not_believed),
        cmocka_unit_test(own_out_of_order_text_gives_way_to_what_is_in_order),
        cmocka_unit_test(own_out_of_order_text_gives_way_in_the_middle_of_a_segment),
        cmocka_unit_test(text_without_memory_is_dropped_and_taken_later),
        cmocka_unit_test(sink_takes_all_and_no_buffer_is_needed),
        cmocka_unit_test(sink_takes_a_part_and_the_rest_is_queued),
        cmocka_unit_test(sink_gets_what_waited_behind_a_hole),
        cmocka_unit_test(receive_closed_text_is_acknowledged_and_thrown_away),
        cmocka_unit_test(every_second_full_segment_is_acknowledged),
        cmocka_unit_test(every_second_full_segment_is_acknowledged_when_they_become_smaller),
        cmocka_unit_test(super_segment_counts_as_its_segments_and_gets_one_ack),
        cmocka_unit_test(quick_acks_come_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
