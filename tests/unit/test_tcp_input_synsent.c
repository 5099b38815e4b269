/*
 * RFC 9293 3.10.7.3: what may arrive in SYN-SENT, and simultaneous opens (3.5, figure 7).
 *
 * Relative numbers: our SYN is 0, so SND.NXT is 1 and only 1 acknowledges it.
 */
#include "tcp/tcp_input.h"

#include "tcp_states.h"

#define ACK TCP_FLAG_ACK
#define FIN TCP_FLAG_FIN
#define RST TCP_FLAG_RST
#define SYN TCP_FLAG_SYN

static struct fixture *syn_sent(void)
{
    struct fixture *f = states_new();
    fixture_start(f);
    fixture_syn_sent(f);
    fixture_clear(f);
    return f;
}

/* What a peer's SYN offers, but time stamps. */
static void offer(struct fixture *f)
{
    f->options = (struct tcp_options){
        .mss = 1460, .has_wscale = true, .wscale = 7, .has_sack_permitted = true};
}

/* RFC 9293 3.10.7.3: <SEQ=SEG.ACK><CTL=RST>, unless it is a RST itself. */
static void syn_sent_bad_ack_is_answered_by_rst(void **state)
{
    (void)state;
    const uint32_t acks[] = {0, 2, 0u - 1000, 100000};
    const uint16_t flags[] = {ACK, SYN | ACK, ACK | FIN};
    for (size_t i = 0; i < ARRAY_COUNT(acks); i++) {
        for (size_t k = 0; k < ARRAY_COUNT(flags); k++) {
            struct fixture *f = syn_sent();
            fixture_input(f, flags[k], 0, acks[i], 0, 65535);
            assert_int_equal(f->sent_count, 1);
            assert_int_equal(fixture_last(f)->repr.flags, RST);
            assert_int_equal(fixture_last(f)->seq, acks[i]);
            assert_int_equal(f->conn->state, TCP_SYN_SENT);
            assert_int_equal(f->drops[DROP_TCP_BAD_ACK], 1);
            fixture_free(f);
        }
        struct fixture *f = syn_sent();
        fixture_input(f, ACK | RST, 0, acks[i], 0, 65535);
        assert_int_equal(f->sent_count, 0);
        assert_int_equal(f->conn->state, TCP_SYN_SENT);
        fixture_free(f);
    }
}

/* RFC 5961 3.2: a RST must acknowledge our SYN. */
static void syn_sent_rst_without_ack_is_ignored(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_input(f, RST, 0, 0, 0, 0);
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->drops[DROP_TCP_BAD_RST], 1);
    fixture_free(f);
}

/* RFC 9293 3.10.7.3, second: "connection reset"; sockets call it refused. */
static void syn_sent_rst_with_ack_refuses(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_input(f, RST | ACK, 12345, 1, 0, 0);
    assert_move(f, 0, TCP_SYN_SENT, TCP_CLOSED, TCP_CAUSE_RST);
    assert_int_equal(tcp_take_error(f->conn), ECONNREFUSED);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->host.counters.refused, 1);
    assert_true(f->ready_count > 0);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

static void syn_sent_ack_or_nothing_is_dropped(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_input(f, ACK, 0, 1, 0, 65535);
    assert_int_equal(f->drops[DROP_TCP_BAD_ACK], 1);
    fixture_input(f, FIN, 0, 0, 10, 65535);
    assert_int_equal(f->drops[DROP_TCP_NO_ACK_FLAG], 1);
    assert_int_equal(f->sent_count, 0);
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    fixture_free(f);
}

/* RFC 9293 3.5, figure 6; RFC 9293 MUST-14; RFC 7323 2.2: the SYN-ACK's window is not scaled, the
 * next is.
 */
static void syn_sent_syn_ack_establishes(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    f->now_us += 30000;
    offer(f);
    fixture_input(f, SYN | ACK, 0, 1, 0, 5000);
    assert_move(f, 0, TCP_SYN_SENT, TCP_ESTABLISHED, TCP_CAUSE_SYN_ACK);
    assert_answer(f, ACK, 1, 1);
    assert_int_equal(f->conn->snd.wnd, 5000);
    assert_int_equal(f->conn->mss_peer, 1460);
    /* RFC 6298 2.2: first R = 30 ms: SRTT 30 ms */
    assert_int_equal(tcp_rtt_srtt_us(&f->conn->rtt), 30000);
    fixture_input(f, ACK, 1, 1, 0, 100);
    assert_int_equal(f->conn->snd.wnd, 100 << 7);
    fixture_free(f);
}

/* RFC 9293 MUST-15: no MSS option, 536. RFC 9293 MUST-5, MUST-64: options may come later, or not.
 */
static void syn_sent_syn_ack_without_options_agrees_on_none(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_input(f, SYN | ACK, 0, 1, 0, 5000);
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(f->conn->mss_bytes, 536);
    assert_false(f->conn->flags.sack);
    assert_false(f->conn->flags.timestamps);
    assert_false(f->conn->flags.window_scaling);
    fixture_input(f, ACK, 1, 1, 0, 100);
    assert_int_equal(f->conn->snd.wnd, 100);
    fixture_free(f);
}

/* RFC 6298 5.7: the answer to which SYN is unknown, so no sample, and an RTO of 3 s. */
static void syn_sent_answer_to_a_second_syn_gives_no_sample(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_pass(f, 1000000); /* config.syn_first_wait_us: 1 s */
    assert_int_equal(f->sent_count, 1);
    fixture_clear(f);
    offer(f);
    fixture_input(f, SYN | ACK, 0, 1, 0, 65535);
    assert_int_equal(tcp_rtt_srtt_us(&f->conn->rtt), 0);
    assert_int_equal(f->conn->rtt.rto_us, 3000000);
    assert_int_equal(f->conn->cc.cwnd_bytes, 1460); /* RFC 5681 3.1: one segment */
    fixture_free(f);
}

/* Third: "If there are other controls or text in the segment, then continue processing". */
static void syn_sent_text_and_fin_on_the_syn_ack_are_taken(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    offer(f);
    f->urgent = 11; /* counts from the SYN: behind the 10th byte */
    /* fixture_byte counts from the SYN here, the stream from the byte behind it */
    fixture_input(f, SYN | ACK | FIN | TCP_FLAG_URG, 0, 1, 20, 65535);
    assert_move(f, 0, TCP_SYN_SENT, TCP_ESTABLISHED, TCP_CAUSE_SYN_ACK);
    assert_move(f, 1, TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_CAUSE_FIN);
    assert_answer(f, ACK, 1, 22); /* SYN, 20 bytes, FIN */
    uint32_t offset = 0;
    assert_true(tcp_receive_urgent(f->conn, &offset));
    assert_int_equal(offset, 10);
    assert_reads(f, 0, 20);
    fixture_free(f);
}

static void syn_sent_text_on_the_syn_ack_is_cut_to_the_window(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    offer(f);
    fixture_input(f, SYN | ACK | FIN, 0, 1, 5000, 65535); /* the SYN offered 4096 */
    assert_int_equal(f->conn->state, TCP_ESTABLISHED);
    assert_int_equal(f->conn->stats.bytes_received, 4096);
    assert_answer(f, ACK, 1, STATES_EDGE);
    assert_int_equal(fixture_last(f)->repr.window, 0);
    fixture_free(f);
}

static void syn_sent_data_queued_leaves_with_the_ack(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    fixture_send(f, 100);
    assert_int_equal(f->sent_count, 0);
    offer(f);
    fixture_input(f, SYN | ACK, 0, 1, 0, 65535);
    assert_int_equal(f->sent_count, 1);
    assert_int_equal(fixture_last(f)->len, 100);
    assert_int_equal(fixture_last(f)->seq, 1);
    assert_int_equal(fixture_last(f)->ack, 1);
    fixture_free(f);
}

static void syn_sent_shutdown_leads_to_fin_wait_1(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    assert_int_equal(tcp_shutdown_send(f->conn, f->now_us), 0);
    assert_int_equal(f->conn->state, TCP_SYN_SENT);
    offer(f);
    fixture_input(f, SYN | ACK, 0, 1, 0, 65535);
    assert_move(f, 1, TCP_ESTABLISHED, TCP_FIN_WAIT_1, TCP_CAUSE_CLOSE);
    assert_answer(f, ACK | FIN, 1, 1);
    fixture_free(f);
}

/*
 * RFC 9293 3.5, figure 7; RFC 9293 MUST-10:
 *   A: SYN ->      <- SYN :B      A: SYN-ACK ->      <- SYN-ACK :B      ESTABLISHED
 */
static void simultaneous_open_with_crossing_syn_acks(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    offer(f);
    fixture_input(f, SYN, 0, 0, 0, 5000);
    assert_move(f, 0, TCP_SYN_SENT, TCP_SYN_RECEIVED, TCP_CAUSE_SYN);
    assert_answer(f, SYN | ACK, 0, 1);
    assert_int_equal(fixture_last(f)->repr.options.mss, 1460);
    fixture_clear(f);
    f->now_us += 10000;
    offer(f);
    fixture_input(f, SYN | ACK, 0, 1, 0, 5000);
    assert_move(f, 0, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_CAUSE_ACK_OF_SYN);
    assert_int_equal(states_drops(f), 0);
    assert_int_equal(f->conn->snd.wnd, 5000); /* of a SYN: unscaled */
    assert_int_equal(f->conn->snd.wnd_max, 5000);
    /* RFC 9293 MUST-18: the SYN left twice */
    assert_int_equal(tcp_rtt_srtt_us(&f->conn->rtt), 0);
    fixture_input(f, ACK, 1, 1, 10, 100);
    assert_int_equal(f->conn->snd.wnd, 100 << 7);
    assert_reads(f, 1, 10);
    fixture_free(f);
}

/* RFC 9293 MUST-10: the other's SYN-ACK was lost, its ACK or its text says the same. */
static void simultaneous_open_completed_by_an_ack_with_text(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    offer(f);
    fixture_input(f, SYN, 0, 0, 0, 5000);
    fixture_clear(f);
    fixture_input(f, ACK | FIN, 1, 1, 10, 100);
    assert_move(f, 0, TCP_SYN_RECEIVED, TCP_ESTABLISHED, TCP_CAUSE_ACK_OF_SYN);
    assert_move(f, 1, TCP_ESTABLISHED, TCP_CLOSE_WAIT, TCP_CAUSE_FIN);
    assert_int_equal(f->conn->snd.wnd, 100 << 7); /* no SYN: scaled */
    assert_answer(f, ACK, 1, 12);
    fixture_free(f);
}

/* The SYN again: our SYN-ACK was lost. It is challenged like any other, and our timer repeats the
 * SYN-ACK: 1 s, 2 s, ... 5 times, then ETIMEDOUT. */
static void simultaneous_open_repeats_the_syn_ack_and_gives_up(void **state)
{
    (void)state;
    struct fixture *f = syn_sent();
    offer(f);
    fixture_input(f, SYN, 0, 0, 0, 5000);
    fixture_clear(f);
    fixture_input(f, SYN, 0, 0, 0, 5000);
    assert_answer(f, ACK, 1, 1);
    fixture_clear(f);
    fixture_pass(f, 1000000);
    assert_answer(f, SYN | ACK, 0, 1);
    fixture_pass(f, 62000000 - 1); /* 1 + 2 + 4 + 8 + 16 + 32 = 63 s */
    assert_int_equal(f->sent_count, 5);
    assert_int_equal(f->conn->state, TCP_SYN_RECEIVED);
    fixture_pass(f, 1);
    assert_int_equal(f->conn->state, TCP_CLOSED);
    assert_int_equal(tcp_take_error(f->conn), ETIMEDOUT);
    tcp_close(f->conn, f->now_us);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(syn_sent_bad_ack_is_answered_by_rst),
        cmocka_unit_test(syn_sent_rst_without_ack_is_ignored),
        cmocka_unit_test(syn_sent_rst_with_ack_refuses),
        cmocka_unit_test(syn_sent_ack_or_nothing_is_dropped),
        cmocka_unit_test(syn_sent_syn_ack_establishes),
        cmocka_unit_test(syn_sent_syn_ack_without_options_agrees_on_none),
        cmocka_unit_test(syn_sent_answer_to_a_second_syn_gives_no_sample),
        cmocka_unit_test(syn_sent_text_and_fin_on_the_syn_ack_are_taken),
        cmocka_unit_test(syn_sent_text_on_the_syn_ack_is_cut_to_the_window),
        cmocka_unit_test(syn_sent_data_queued_leaves_with_the_ack),
        cmocka_unit_test(syn_sent_shutdown_leads_to_fin_wait_1),
        cmocka_unit_test(simultaneous_open_with_crossing_syn_acks),
        cmocka_unit_test(simultaneous_open_completed_by_an_ack_with_text),
        cmocka_unit_test(simultaneous_open_repeats_the_syn_ack_and_gives_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
