/*
 * RFC 9293 3.10.7.4, step by step, in every state; RFC 5961; RFC 7323 5 (PAWS).
 *
 * Numbers are relative: the peer's SYN is 0, its text begins at 1. In tests/support/tcp_states.h
 * the window reaches up to 4097. The ACK field is 1 nearly everywhere: it acknowledges our SYN, is
 * acceptable in every state, and moves none.
 */
#include "tcp/tcp_input.h"

#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RST TCP_FLAG_RST
#define SYN TCP_FLAG_SYN

static const enum tcp_state states[] = SYNCHRONISED_STATES;

/* rcv.nxt: the FIN takes a number. */
static uint32_t next_of(enum tcp_state state) { return has_peer_fin(state) ? 2 : 1; }

/* The same connection with its window closed: 4096 bytes came and nobody read them. */
static struct fixture *zero_window(enum tcp_state state)
{
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 1448, 65535);
    fixture_input(f, ACK, 1449, 1, 1448, 65535);
    fixture_input(f, ACK, 2897, 1, 1200, 65535);
    assert_int_equal(tcp_conn_receive_window(f->conn), 0);
    states_move(f, state, STATES_EDGE);
    return f;
}

/* rcv.nxt then: 1 + 4096, and the FIN. */
static uint32_t zero_next_of(enum tcp_state state) { return has_peer_fin(state) ? 4098 : 4097; }

static uint64_t refused(const struct fixture *f)
{
    return f->drops[DROP_TCP_OUT_OF_WINDOW] + f->drops[DROP_TCP_OLD_DUPLICATE];
}

/* first: sequence number */

struct acceptance {
    uint32_t seq, len;
    bool is_acceptable;
};

/* RFC 9293 3.10.7.4, table 6, third and fourth row. The edge is 4097 with and without a FIN. */
static void acceptance_test_with_an_open_window_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t nxt = next_of(states[s]);
        const struct acceptance rows[] = {
            {nxt - 1, 0, false},
            {nxt, 0, true},
            {STATES_EDGE - 1, 0, true},
            {STATES_EDGE, 0, false},
            {nxt - 10, 10, false},
            {nxt - 10, 11, true},
            {nxt, 1, true},
            {STATES_EDGE - 1, 1, true},
            {STATES_EDGE - 1, 100, true},
            {STATES_EDGE, 1, false},
            {nxt - 10, 4200, true},
        };
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
            struct fixture *f = states_in(states[s]);
            fixture_input(f, ACK, rows[i].seq, 1, rows[i].len, 65535);
            assert_int_equal(refused(f), rows[i].is_acceptable ? 0 : 1);
            /* what is not acceptable is answered by an ACK that says what is expected */
            if (!rows[i].is_acceptable) assert_answer(f, ACK, our_next(states[s]), nxt);
            assert_int_equal(f->conn->state, states[s]);
            fixture_free(f);
        }
    }
}

/* First and second row: a closed window. The octet at rcv.nxt is a probe: refused, but by another
 * name, since its ACK is taken. */
static void acceptance_test_with_a_closed_window_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t nxt = zero_next_of(states[s]);
        const struct acceptance rows[] = {
            {nxt - 1, 0, false}, {nxt, 0, true},      {nxt + 1, 0, false},
            {nxt - 1, 1, false}, {nxt + 1, 1, false}, {nxt - 1, 2, false},
        };
        for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
            struct fixture *f = zero_window(states[s]);
            fixture_input(f, ACK, rows[i].seq, 1, rows[i].len, 65535);
            assert_int_equal(refused(f), rows[i].is_acceptable ? 0 : 1);
            assert_int_equal(f->conn->stats.bytes_received, 4096);
            fixture_free(f);
        }
        struct fixture *f = zero_window(states[s]);
        fixture_input(f, ACK, nxt, 1, 1, 65535);
        assert_int_equal(f->drops[DROP_TCP_WINDOW_FULL], 1);
        assert_int_equal(f->conn->stats.bytes_received, 4096);
        assert_answer(f, ACK, our_next(states[s]), nxt);
        assert_int_equal(fixture_last(f)->repr.window, 0);
        fixture_free(f);
    }
}

static void segment_is_trimmed_on_both_sides(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 100, 65535); /* rcv.nxt 101 */
    fixture_clear(f);
    /* 51 to 5050: 50 old bytes, 3996 up to the edge at 4097, the rest is beyond */
    fixture_input(f, ACK | FIN, 51, 1, 5000, 65535);
    assert_int_equal(f->conn->stats.bytes_received, 4096);
    assert_false(f->conn->flags.fin_seen); /* cut off with the end of the text */
    assert_answer(f, ACK, 1, STATES_EDGE);
    assert_int_equal(fixture_events(f, TCP_EVENT_DUPLICATE), 1);
    assert_int_equal(states_event(f, TCP_EVENT_DUPLICATE, 0)->range.len_bytes, 50);
    assert_sack(f, fixture_last(f), 0, 51, 101); /* D-SACK, RFC 2883 4.2 */
    assert_reads(f, 1, 4096);
    fixture_free(f);
}

/* second: RST */

/* RFC 9293 MUST-12, SHLD-2: an exact RST ends the connection, and the application learns how; text
 * in it changes nothing. */
static void rst_exact_closes_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        for (uint32_t len = 0; len < 20; len += 10) {
            struct fixture *f = states_in(states[s]);
            fixture_input(f, RST, next_of(states[s]), 0, len, 0);
            const bool is_quiet = states[s] == TCP_CLOSING || states[s] == TCP_LAST_ACK;
            assert_move(f, 0, states[s], TCP_CLOSED, TCP_CAUSE_RST);
            assert_int_equal(tcp_take_error(f->conn), is_quiet ? 0 : ECONNRESET);
            assert_int_equal(f->sent_count, 0);
            assert_int_equal(f->host.counters.reset_in, 1);
            tcp_close(f->conn, f->now_us);
            fixture_free(f);
        }
    }
}

/* RFC 5961 3.2, RFC 9293 3.10.7.4: pitfall 4. */
static void rst_in_window_is_challenged_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t nxt = next_of(states[s]);
        const uint32_t seqs[] = {nxt + 1, STATES_EDGE - 1};
        for (size_t i = 0; i < ARRAY_COUNT(seqs); i++) {
            struct fixture *f = states_in(states[s]);
            fixture_input(f, RST, seqs[i], 0, 0, 0);
            assert_int_equal(f->conn->state, states[s]);
            assert_answer(f, ACK, our_next(states[s]), nxt);
            assert_int_equal(fixture_events(f, TCP_EVENT_CHALLENGE), 1);
            assert_int_equal(f->drops[DROP_TCP_BAD_RST], 1);
            fixture_free(f);
        }
    }
}

static void rst_outside_the_window_is_met_with_silence_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t seqs[] = {next_of(states[s]) - 1, STATES_EDGE, STATES_EDGE + 100000};
        for (size_t i = 0; i < ARRAY_COUNT(seqs); i++) {
            struct fixture *f = states_in(states[s]);
            fixture_input(f, RST, seqs[i], 0, 0, 0);
            assert_int_equal(f->conn->state, states[s]);
            assert_int_equal(f->sent_count, 0);
            assert_int_equal(f->drops[DROP_TCP_OUT_OF_WINDOW], 1);
            fixture_free(f);
        }
    }
}

/* RFC 9293 MUST-66, SHLD-2: with and without text. */
static void zero_window_rst_is_obeyed_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        for (uint32_t len = 0; len < 20; len += 10) {
            struct fixture *f = zero_window(states[s]);
            fixture_input(f, RST | ACK, zero_next_of(states[s]), 1, len, 0);
            assert_int_equal(f->conn->state, TCP_CLOSED);
            tcp_close(f->conn, f->now_us);
            fixture_free(f);
        }
    }
}

/* RFC 9293 MUST-11: it was an active OPEN, so its user hears of it. */
static void syn_received_rst_refuses_an_active_open(void **state)
{
    (void)state;
    struct fixture *f = states_in_syn_received();
    fixture_input(f, RST, 1, 0, 0, 0);
    assert_move(f, 0, TCP_SYN_RECEIVED, TCP_CLOSED, TCP_CAUSE_RST);
    assert_int_equal(tcp_take_error(f->conn), ECONNREFUSED);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
    f = states_in_syn_received();
    fixture_input(f, RST, 2, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_SYN_RECEIVED);
    assert_answer(f, ACK, 1, 1);
    fixture_free(f);
}

/* fourth: SYN */

/* RFC 5961 4.2, RFC 9293 3.10.7.4: irrespective of the sequence number. */
static void syn_is_challenged_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t nxt = next_of(states[s]);
        const uint32_t seqs[] = {nxt - 1, nxt, nxt + 1, STATES_EDGE, STATES_EDGE + 100000};
        for (size_t i = 0; i < ARRAY_COUNT(seqs); i++) {
            for (uint32_t len = 0; len < 20; len += 10) {
                struct fixture *f = states_in(states[s]);
                fixture_input(f, len > 0 ? SYN | ACK : SYN, seqs[i], 1, len, 65535);
                assert_int_equal(f->conn->state, states[s]);
                assert_answer(f, ACK, our_next(states[s]), nxt);
                assert_int_equal(f->drops[DROP_TCP_BAD_SYN], 1);
                assert_int_equal(states_drops(f), 1);
                assert_int_equal(f->conn->stats.bytes_received, 0);
                /* throttled, in and outside of the window */
                fixture_input(f, SYN, seqs[i], 0, 0, 65535);
                assert_int_equal(f->sent_count, 1);
                fixture_free(f);
            }
        }
    }
}

/* RFC 9293 figure 9: the peer begins anew without knowing of us, and without time stamps. The ACK
 * makes it send a RST that is exact. */
static void established_syn_without_the_agreed_time_stamps_is_challenged(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    fixture_start(f);
    f->timestamps = true;
    fixture_established(f);
    assert_true(f->conn->flags.timestamps);
    f->timestamps = false;
    fixture_input(f, SYN, 500000, 0, 0, 65535);
    assert_answer(f, ACK, 1, 1);
    fixture_input(f, RST, 1, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* fifth: ACK */

static void segment_without_ack_is_dropped_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        struct fixture *f = states_in(states[s]);
        fixture_input(f, FIN, next_of(states[s]), 0, 10, 65535);
        assert_int_equal(f->conn->state, states[s]);
        assert_int_equal(f->drops[DROP_TCP_NO_ACK_FLAG], 1);
        assert_int_equal(f->sent_count, 0);
        fixture_free(f);
    }
}

/* Pitfall 10; RFC 9293 3.10.7.4: "send an ACK, drop the segment". */
static void ack_of_unsent_data_is_challenged_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        struct fixture *f = states_in(states[s]);
        const uint32_t nxt = next_of(states[s]);
        fixture_input(f, ACK, nxt, our_next(states[s]) + 1, 10, 65535);
        assert_int_equal(f->conn->state, states[s]);
        assert_answer(f, ACK, our_next(states[s]), nxt);
        assert_int_equal(f->drops[DROP_TCP_BAD_ACK], 1);
        assert_int_equal(f->conn->stats.bytes_received, 0);
        fixture_free(f);
    }
}

/* RFC 5961 5.2, RFC 9293 MAY-12: SND.UNA - MAX.SND.WND =< SEG.ACK. una is 1 (2 once the FIN is
 * acknowledged), the largest window was 65535. */
static void ack_too_old_is_challenged_in_every_state(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_COUNT(states); s++) {
        const uint32_t nxt = next_of(states[s]);
        const uint32_t una = states[s] == TCP_FIN_WAIT_2 ? 2 : 1;
        struct fixture *f = states_in(states[s]);
        fixture_input(f, ACK, nxt, una - 65535, 0, 65535);
        assert_int_equal(states_drops(f), 0);
        fixture_input(f, ACK, nxt, una - 65536, 10, 65535);
        assert_int_equal(f->drops[DROP_TCP_BAD_ACK], 1);
        assert_int_equal(fixture_events(f, TCP_EVENT_CHALLENGE), 1);
        assert_int_equal(f->conn->stats.bytes_received, 0);
        fixture_free(f);
    }
}

static void syn_received_bad_ack_is_answered_by_rst(void **state)
{
    (void)state;
    const uint32_t acks[] = {0, 2};
    for (size_t i = 0; i < ARRAY_COUNT(acks); i++) {
        struct fixture *f = states_in_syn_received();
        fixture_input(f, ACK, 1, acks[i], 0, 65535);
        assert_int_equal(f->sent_count, 1);
        assert_int_equal(fixture_last(f)->repr.flags, RST); /* <SEQ=SEG.ACK><CTL=RST> */
        assert_int_equal(fixture_last(f)->seq, acks[i]);
        assert_int_equal(f->conn->state, TCP_SYN_RECEIVED);
        fixture_free(f);
    }
}

/* RFC 5961 7 */

/* Pitfall 11: nothing that one connection does tells of another. */
static void challenges_are_throttled_per_connection(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    struct tcp_conn *first = f->conn;
    const uint32_t first_iss = f->our_iss;
    f->our_port++;
    fixture_established(f);
    for (int i = 0; i < 3; i++) fixture_input(f, RST, 2, 0, 0, 0);
    assert_int_equal(f->sent_count, 1);
    f->our_port--;
    f->our_iss = first_iss;
    fixture_input(f, RST, 2, 0, 0, 0);
    assert_int_equal(f->sent_count, 2);
    assert_int_equal(fixture_last(f)->repr.src_port, first->entry.tuple.local_port);
    /* config.challenge_interval_us: 500 ms */
    f->now_us += 499000;
    fixture_input(f, RST, 2, 0, 0, 0);
    assert_int_equal(f->sent_count, 2);
    f->now_us += 1000;
    fixture_input(f, RST, 2, 0, 0, 0);
    assert_int_equal(f->sent_count, 3);
    fixture_free(f);
}

/* An answer lost must not cost half a second: old text, a FIN again and text beyond the window are
 * answered each time, empty segments now and then. */
static void text_out_of_window_is_always_answered(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_CLOSE_WAIT);
    for (uint32_t i = 1; i <= 5; i++) {
        fixture_input(f, ACK, 0u - 9, 1, 10, 65535); /* old: up to 0 */
        fixture_input(f, ACK, STATES_EDGE, 1, 10, 65535);
        fixture_input(f, ACK | FIN, 1, 1, 0, 65535); /* the FIN again */
        assert_int_equal(f->sent_count, 3 * i);
    }
    fixture_clear(f);
    for (uint32_t i = 0; i < 5; i++) fixture_input(f, ACK, 0, 1, 0, 65535); /* keepalive probes */
    assert_int_equal(f->sent_count, 1);
    fixture_free(f);
}

/* RFC 7323 5: PAWS */

static struct fixture *with_time_stamps(void)
{
    struct fixture *f = states_new();
    fixture_start(f);
    f->timestamps = true;
    f->peer_ts = 5000;
    fixture_established(f);
    assert_int_equal(f->conn->ts_recent, 5000);
    return f;
}

static void paws_older_time_stamp_is_acknowledged_and_dropped(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->peer_ts = 4999;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_PAWS], 2);
    assert_int_equal(f->sent_count, 2); /* text: each time */
    assert_int_equal(f->sent[0].ack, 1);
    assert_int_equal(f->sent[0].repr.options.ts_ecr, 5000);
    f->peer_ts = 5000; /* not older */
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->conn->stats.bytes_received, 10);
    fixture_free(f);
}

/* 2^31 wraps: 0x80000000 + 5000 - 1 is newer than 5000, one more is older. */
static void paws_compares_modulo_two_to_the_32(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->peer_ts = 0x80000000u + 5000;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_PAWS], 1);
    f->peer_ts = 0x80000000u + 4999;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->conn->stats.bytes_received, 10);
    fixture_free(f);
}

/* RFC 7323 5.5: after 24 days of silence ts_recent proves nothing. */
static void paws_is_blind_after_24_days(void **state)
{
    (void)state;
    const uint64_t days_us = 24ull * 24 * 3600 * 1000000;
    for (uint64_t late = 0; late < 2; late++) {
        struct fixture *f = with_time_stamps();
        f->peer_ts = 4000;
        f->now_us += days_us + late * 1000;
        fixture_input(f, ACK, 1, 1, 10, 65535);
        assert_int_equal(f->drops[DROP_TCP_PAWS], late ? 0 : 1);
        assert_int_equal(f->conn->stats.bytes_received, late ? 10 : 0);
        assert_int_equal(f->conn->ts_recent, late ? 4000 : 5000);
        fixture_free(f);
    }
}

/* RFC 7323 3.2: dropped in silence; a RST counts without. RFC 7323 5.2 too: however old. */
static void missing_time_stamp_is_dropped_but_not_of_a_rst(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->timestamps = false;
    fixture_input(f, ACK, 1, 1, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_NO_TIMESTAMP], 1);
    assert_int_equal(f->sent_count, 0);
    fixture_input(f, RST, 1, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
    f = with_time_stamps();
    f->peer_ts = 1;
    fixture_input(f, RST, 1, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

/* RFC 7323 4.3 (2): SEG.TSval >= TS.Recent and SEG.SEQ <= Last.ACK.sent. */
static void ts_recent_follows_what_begins_at_the_last_ack(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->peer_ts = 5010;
    fixture_input(f, ACK, 101, 1, 100, 65535); /* ahead of a hole */
    assert_int_equal(f->conn->ts_recent, 5000);
    assert_int_equal(fixture_last(f)->repr.options.ts_ecr, 5000);
    f->peer_ts = 5020;
    fixture_input(f, ACK, 1, 1, 100, 65535); /* fills it */
    assert_int_equal(f->conn->ts_recent, 5020);
    assert_int_equal(fixture_last(f)->repr.options.ts_ecr, 5020);
    assert_int_equal(fixture_last(f)->ack, 201);
    fixture_free(f);
}

/* RFC 7323 4.2: of segments acknowledged together the first one's is echoed. */
static void ts_recent_of_a_delayed_ack_is_the_first_segments(void **state)
{
    (void)state;
    struct fixture *f = states_new();
    f->config.quick_acks = 0;
    fixture_start(f);
    f->timestamps = true;
    fixture_established(f);
    f->peer_ts = 5010;
    fixture_input(f, ACK, 1, 1, 100, 65535);
    assert_int_equal(f->sent_count, 0);
    f->peer_ts = 5030;
    fixture_input(f, ACK, 101, 1, 100, 65535);
    fixture_pass(f, 40000);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->ack, 201);
    assert_int_equal(fixture_last(f)->repr.options.ts_ecr, 5010);
    fixture_free(f);
}

/*
 * Our ACK of 1..100 was lost, and 120 s later the text comes again: SEG.SEQ <= Last.ACK.sent, so
 * its time stamp is what the ACK echoes. The first one's would make 120 s a round-trip time. Text
 * older than a window (it ends 4097 below rcv.nxt) proves nothing.
 */
static void ts_recent_follows_old_text_sent_again(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->peer_ts = 5010;
    fixture_input(f, ACK, 1, 1, 100, 65535);
    f->peer_ts = 125010;
    fixture_input(f, ACK, 1, 1, 100, 65535);
    assert_int_equal(f->drops[DROP_TCP_OLD_DUPLICATE], 1);
    assert_int_equal(fixture_last(f)->ack, 101);
    assert_int_equal(fixture_last(f)->repr.options.ts_ecr, 125010);
    f->peer_ts = 999999;
    fixture_input(f, ACK, 0u - 4096, 1, 100, 65535);
    assert_int_equal(f->conn->ts_recent, 125010);
    fixture_free(f);
}

/* A RST or SYN that is challenged leaves no trace: its time stamp would be a way to stop all else.
 */
static void challenged_segment_does_not_move_ts_recent(void **state)
{
    (void)state;
    struct fixture *f = with_time_stamps();
    f->peer_ts = 900000;
    fixture_input(f, SYN, 1, 0, 0, 65535);
    fixture_input(f, RST, 2, 0, 0, 65535);
    assert_int_equal(f->conn->ts_recent, 5000);
    fixture_free(f);
}

/* zero window (RFC 9293 MUST-66) */

static void zero_window_ack_is_processed(void **state)
{
    (void)state;
    const uint32_t lens[] = {0, 1};
    for (size_t i = 0; i < ARRAY_COUNT(lens); i++) {
        struct fixture *f = zero_window(TCP_ESTABLISHED);
        fixture_send(f, 100);
        fixture_input(f, ACK, STATES_EDGE, 101, lens[i], 40000);
        assert_int_equal(tcp_conn_flight_bytes(f->conn), 0);
        assert_int_equal(f->conn->snd.wnd, 40000);
        assert_int_equal(f->conn->stats.bytes_received, 4096);
        fixture_free(f);
    }
}

/* RFC 9293 MUST-66, MUST-32: the mark is at 4097 + 5. */
static void zero_window_urgent_is_processed(void **state)
{
    (void)state;
    struct fixture *f = zero_window(TCP_ESTABLISHED);
    f->urgent = 5;
    fixture_input(f, ACK | TCP_FLAG_URG, STATES_EDGE, 1, 5, 65535);
    uint32_t offset = 0;
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 4096 + 5);
    assert_true(tcp_conn_readiness(f->conn) & TCP_URGENT);
    fixture_free(f);
}

/* A peer that has nothing more to say would probe for ever. */
static void zero_window_bare_fin_is_taken(void **state)
{
    (void)state;
    struct fixture *f = zero_window(TCP_ESTABLISHED);
    fixture_input(f, ACK | FIN, STATES_EDGE, 1, 1, 65535); /* with text: not */
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    fixture_input(f, ACK | FIN, STATES_EDGE, 1, 0, 65535);
    assert_int_equal(f->conn->state, TCP_CLOSE_WAIT);
    assert_int_equal(fixture_last(f)->ack, STATES_EDGE + 1);
    assert_reads(f, 1, 4096);
    fixture_free(f);
}

/* sixth: URG */

/* RFC 9293 MUST-31, MUST-32, MUST-33; RFC 6093: the pointer counts from SEG.SEQ to the octet
 * behind. */
static void urgent_mark_survives_the_trimming_of_old_text(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, ACK, 1, 1, 100, 65535);
    f->urgent = 150; /* from 51: 201 */
    fixture_input(f, ACK | TCP_FLAG_URG, 51, 1, 100, 65535);
    uint32_t offset = 0;
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 200); /* from 1 to 201 */
    assert_reads(f, 1, 150);
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 50);
    fixture_input(f, ACK, 151, 1, 50, 65535);
    assert_reads(f, 151, 50);
    assert_false(tcp_receive_urgent(f->conn, &offset));
    fixture_free(f);
}

static void urgent_mark_never_moves_back(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    uint32_t offset = 0;
    f->urgent = 100;
    fixture_input(f, ACK | TCP_FLAG_URG, 1, 1, 10, 65535);
    f->urgent = 20;
    fixture_input(f, ACK | TCP_FLAG_URG, 11, 1, 10, 65535);
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 100);
    f->urgent = 0; /* points to what is next: nothing */
    fixture_input(f, ACK | TCP_FLAG_URG, 21, 1, 10, 65535);
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 100);
    fixture_free(f);
}

static void close_wait_urgent_is_ignored(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_CLOSE_WAIT);
    uint32_t offset = 0;
    f->urgent = 5;
    fixture_input(f, ACK | TCP_FLAG_URG, 2, 1, 0, 65535);
    assert_false(tcp_receive_urgent(f->conn, &offset));
    fixture_free(f);
}

/* In LAST-ACK nothing can be lost any more, so a RST takes nothing away: what was received is read,
 * and then comes the end, not an error (RFC 9293 3.10.7.4). */
static void rst_in_last_ack_leaves_what_was_received(void **state)
{
    (void)state;
    struct fixture *f = states_in(TCP_ESTABLISHED);
    fixture_input(f, TCP_FLAG_ACK | TCP_FLAG_FIN, 1, 1, 100, 65535);
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->conn->state, TCP_LAST_ACK);
    fixture_input(f, TCP_FLAG_RST, 102, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_reads(f, 1, 100);
    uint8_t byte;
    uint32_t got = 1;
    assert_int_equal(tcp_receive(f->conn, &byte, 1, &got, f->now_us), 0);
    assert_int_equal(got, 0);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rst_in_last_ack_leaves_what_was_received),
        cmocka_unit_test(acceptance_test_with_an_open_window_in_every_state),
        cmocka_unit_test(acceptance_test_with_a_closed_window_in_every_state),
        cmocka_unit_test(segment_is_trimmed_on_both_sides),
        cmocka_unit_test(rst_exact_closes_every_state),
        cmocka_unit_test(rst_in_window_is_challenged_in_every_state),
        cmocka_unit_test(rst_outside_the_window_is_met_with_silence_in_every_state),
        cmocka_unit_test(zero_window_rst_is_obeyed_in_every_state),
        cmocka_unit_test(syn_received_rst_refuses_an_active_open),
        cmocka_unit_test(syn_is_challenged_in_every_state),
        cmocka_unit_test(established_syn_without_the_agreed_time_stamps_is_challenged),
        cmocka_unit_test(segment_without_ack_is_dropped_in_every_state),
        cmocka_unit_test(ack_of_unsent_data_is_challenged_in_every_state),
        cmocka_unit_test(ack_too_old_is_challenged_in_every_state),
        cmocka_unit_test(syn_received_bad_ack_is_answered_by_rst),
        cmocka_unit_test(challenges_are_throttled_per_connection),
        cmocka_unit_test(text_out_of_window_is_always_answered),
        cmocka_unit_test(paws_older_time_stamp_is_acknowledged_and_dropped),
        cmocka_unit_test(paws_compares_modulo_two_to_the_32),
        cmocka_unit_test(paws_is_blind_after_24_days),
        cmocka_unit_test(missing_time_stamp_is_dropped_but_not_of_a_rst),
        cmocka_unit_test(ts_recent_follows_what_begins_at_the_last_ack),
        cmocka_unit_test(ts_recent_of_a_delayed_ack_is_the_first_segments),
        cmocka_unit_test(ts_recent_follows_old_text_sent_again),
        cmocka_unit_test(challenged_segment_does_not_move_ts_recent),
        cmocka_unit_test(zero_window_ack_is_processed),
        cmocka_unit_test(zero_window_urgent_is_processed),
        cmocka_unit_test(zero_window_bare_fin_is_taken),
        cmocka_unit_test(urgent_mark_survives_the_trimming_of_old_text),
        cmocka_unit_test(urgent_mark_never_moves_back),
        cmocka_unit_test(close_wait_urgent_is_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
