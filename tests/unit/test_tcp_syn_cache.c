/*
 * SYN-RECEIVED as a record: each kind of segment, the SYN-ACK's timer, ICMP errors, limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "tcp/tcp_rtt.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp_passive.h"

#define STACK_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static int setup(void **state)
{
    *state = passive_new(NULL);
    return 0;
}

static int teardown(void **state)
{
    passive_free(*state);
    return 0;
}

/* A record in SYN-RECEIVED, its SYN-ACK the last that was sent. */
static struct tcp_listener *syn_received(struct passive *p)
{
    struct tcp_listener *listener = passive_listen(p, 8);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->host.syn_count, 1);
    return listener;
}

static struct tcp_syn *record(struct passive *p)
{
    const struct tcp_tuple tuple = passive_tuple(1);
    struct tcp_entry *entry = tcp_table_find(&p->host.table, &tuple);
    return entry != NULL && entry->kind == TCP_ENTRY_SYN ? tcp_syn_of(entry) : NULL;
}

static void record_in_syn_received_is_within_its_budget(void **state)
{
    (void)state;
    assert_true(sizeof(struct tcp_syn) <= 96);
}

static void syn_in_listen_makes_a_record_and_no_connection(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    assert_int_equal(p->host.conns.in_use, 0);
    assert_int_equal(passive_moves(p, TCP_CAUSE_SYN), 1);
    assert_int_equal(p->events[0].state.from, TCP_LISTEN);
    assert_int_equal(p->events[0].state.to, TCP_SYN_RECEIVED);
}

static void ack_in_syn_received_makes_the_connection_with_what_was_agreed(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = syn_received(p);
    passive_run(p, 30000);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->host.syns.in_use, 0);
    assert_int_equal(p->listener_ready, 1);
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(conn->state, TCP_ESTABLISHED);
    assert_int_equal(conn->mss_peer, 1460);
    assert_int_equal(conn->snd_shift, 7);
    assert_int_equal(conn->snd.wnd, 502u << 7);
    assert_true(conn->flags.sack && conn->flags.timestamps && conn->flags.window_scaling);
    assert_int_equal(conn->ts_recent, ack.options.ts_val);
    assert_int_equal(conn->rcv.nxt.value, 1001);
    assert_int_equal(conn->snd.una.value, ack.ack);
    assert_int_equal(tcp_rtt_srtt_us(&conn->rtt), 30000);
    tcp_conn_free(conn);
}

/* Karn (RFC 9293 MUST-18): no sample from a SYN-ACK that left twice; RFC 6298 5.7 */
static void ack_of_a_repeated_synack_gives_no_round_trip_time(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = syn_received(p);
    passive_run(p, PASSIVE_SECOND_US);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(tcp_rtt_srtt_us(&conn->rtt), 0);
    assert_true(conn->rtt.rto_us >= 3 * PASSIVE_SECOND_US);
    tcp_conn_free(conn);
}

static void data_on_the_completing_ack_reaches_the_connection(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = syn_received(p);
    struct tcp_repr ack = passive_ack(p);
    ack.flags |= TCP_FLAG_PSH;
    passive_input(p, &ack, "hello");
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(conn->rcv.nxt.value, 1006);
    assert_non_null(conn->rx);
    tcp_conn_free(conn);
}

static void fin_on_the_completing_ack_leads_to_close_wait(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = syn_received(p);
    struct tcp_repr ack = passive_ack(p);
    ack.flags |= TCP_FLAG_FIN;
    passive_input(p, &ack, "bye");
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_int_equal(conn->state, TCP_CLOSE_WAIT);
    tcp_conn_free(conn);
}

static void unanswered_synack_is_repeated_after_1_2_4_8_16_s_and_given_up_at_63_s(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const uint64_t start_us = p->now_us;
    const uint32_t iss = passive_last(p)->repr.seq;
    for (int i = 0; i < 64; i++) passive_run(p, PASSIVE_SECOND_US);
    static const uint64_t at_s[] = {0, 1, 3, 7, 15, 31};
    assert_int_equal(p->out_count, ARRAY_COUNT(at_s));
    for (uint32_t i = 0; i < ARRAY_COUNT(at_s); i++) {
        assert_int_equal(p->out[i].at_us - start_us, at_s[i] * PASSIVE_SECOND_US);
        assert_int_equal(p->out[i].repr.seq, iss);
        assert_int_equal(p->out[i].repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    }
    assert_int_equal(passive_events(p, TCP_EVENT_RETRANSMIT), 5);
    assert_int_equal(passive_moves(p, TCP_CAUSE_TIMEOUT), 1);
    assert_int_equal(p->events[p->event_count - 1].now_us - start_us, 63 * PASSIVE_SECOND_US);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->host.table.entries, 0);
}

static void synack_count_and_first_wait_are_configurable(void **state)
{
    struct passive *p = *state;
    p->host.config.synack_retries = 1;
    p->host.config.syn_first_wait_us = 100000;
    (void)syn_received(p);
    passive_run(p, 299999);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(p->host.syn_count, 1);
    passive_run(p, 1);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(p->host.syn_count, 0);
}

static void syn_again_in_syn_received_is_answered_by_the_same_synack(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const uint32_t iss = passive_last(p)->repr.seq;
    p->now_us += 400000;
    struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(passive_last(p)->repr.seq, iss);
    assert_int_equal(passive_last(p)->repr.options.ts_ecr, syn.options.ts_val);
    assert_int_equal(p->host.syn_count, 1);
    /* an older copy does not take the time stamp back */
    syn.options.ts_val -= 100;
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.options.ts_ecr, syn.options.ts_val + 100);
}

/* RFC 3168 6.1.1.1 */
static void syn_again_without_ecn_gives_ecn_up(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    struct tcp_repr syn = passive_syn(p, 1);
    syn.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.flags & TCP_FLAG_ECE, TCP_FLAG_ECE);
    syn.flags = TCP_FLAG_SYN;
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.flags & TCP_FLAG_ECE, 0);
}

/* The peer began anew: beyond the window it is challenged, and its RST clears the way. */
static void other_syn_out_of_window_in_syn_received_is_challenged_then_reset_by_the_peer(
    void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const uint32_t iss = passive_last(p)->repr.seq;
    struct tcp_repr syn = passive_syn(p, 1);
    syn.seq = 500;
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, 1001);
    assert_int_equal(passive_last(p)->repr.seq, iss + 1);
    assert_int_equal(p->drops[DROP_TCP_BAD_SYN], 1);
    const struct tcp_repr rst = {.src_port = syn.src_port,
                                 .dst_port = 80,
                                 .seq = passive_last(p)->repr.ack,
                                 .flags = TCP_FLAG_RST};
    passive_input(p, &rst, NULL);
    assert_int_equal(p->host.syn_count, 0);
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.ack, 501);
}

/* RFC 9293 MUST-11; RFC 9293 3.10.7.4, fourth: return to LISTEN */
static void other_syn_in_window_in_syn_received_begins_anew(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    struct tcp_repr syn = passive_syn(p, 1);
    syn.seq = 2000;
    passive_input(p, &syn, NULL);
    assert_int_equal(p->host.syn_count, 1);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, 2001);
    assert_int_equal(record(p)->irs.value, 2000);
}

static struct tcp_repr rst_at(uint32_t seq)
{
    return (struct tcp_repr){.src_port = 10001, .dst_port = 80, .seq = seq, .flags = TCP_FLAG_RST};
}

/* RFC 5961 3.2, RFC 9293 3.10.7.4 second; pitfall 4 */
static void rst_in_syn_received_ends_it_only_at_the_exact_number(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    struct tcp_repr rst = rst_at(1000);
    passive_input(p, &rst, NULL); /* left of the window: silence */
    assert_int_equal(p->out_count, 1);
    rst = rst_at(1002); /* inside: challenge */
    passive_input(p, &rst, NULL);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_ACK);
    passive_input(p, &rst, NULL); /* once per time-out only */
    assert_int_equal(p->out_count, 2);
    assert_int_equal(p->drops[DROP_TCP_BAD_RST], 3);
    assert_int_equal(p->host.syn_count, 1);
    rst = rst_at(1001);
    passive_input(p, &rst, NULL);
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(p->out_count, 2);
    assert_int_equal(passive_moves(p, TCP_CAUSE_RST), 1);
}

static void wrong_ack_in_syn_received_is_reset_and_the_record_stays(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const struct tcp_repr good = passive_ack(p);
    for (int i = 0; i < 2; i++) {
        struct tcp_repr ack = good;
        ack.ack = i == 0 ? good.ack - 1 : good.ack + 1;
        passive_input(p, &ack, NULL);
        assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_RST);
        assert_int_equal(passive_last(p)->repr.seq, ack.ack);
    }
    assert_int_equal(p->drops[DROP_TCP_BAD_ACK], 2);
    passive_input(p, &good, NULL);
    assert_int_equal(p->host.counters.opened_passive, 1);
}

static void segment_without_ack_in_syn_received_is_dropped(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    struct tcp_repr ack = passive_ack(p);
    ack.flags = TCP_FLAG_PSH;
    passive_input(p, &ack, "x");
    assert_int_equal(p->drops[DROP_TCP_NO_ACK_FLAG], 1);
    assert_int_equal(p->out_count, 1);
}

static void ack_out_of_window_in_syn_received_is_challenged(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    struct tcp_repr ack = passive_ack(p);
    ack.seq += 100000;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_OUT_OF_WINDOW], 1);
    assert_int_equal(p->host.counters.challenges, 1);
    assert_int_equal(p->host.syn_count, 1);
}

/* RFC 7323 5.3 R1 and 3.2 */
static void ack_with_an_old_or_no_time_stamp_in_syn_received_is_dropped(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const struct tcp_repr good = passive_ack(p);
    struct tcp_repr ack = good;
    ack.options.ts_val -= 1;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_PAWS], 1);
    ack.options.has_timestamps = false;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_NO_TIMESTAMP], 1);
    assert_int_equal(p->host.counters.opened_passive, 0);
    passive_input(p, &good, NULL);
    assert_int_equal(p->host.counters.opened_passive, 1);
}

static void icmp_in_syn_received_counts_only_with_the_quoted_number_of_the_synack(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    struct tcp_icmp icmp = {.tuple = passive_tuple(1),
                            .seq = tcp_seq_of(passive_last(p)->repr.seq + 1),
                            .kind = TCP_ICMP_HARD,
                            .error = ECONNREFUSED};
    assert_false(tcp_host_icmp(&p->host, &icmp, p->now_us));
    assert_int_equal(p->host.syn_count, 1);
    icmp.seq.value--;
    icmp.kind = TCP_ICMP_SOFT;
    assert_true(tcp_host_icmp(&p->host, &icmp, p->now_us));
    assert_int_equal(p->host.syn_count, 1);
    icmp.kind = TCP_ICMP_HARD;
    assert_true(tcp_host_icmp(&p->host, &icmp, p->now_us));
    assert_int_equal(p->host.syn_count, 0);
    assert_int_equal(passive_moves(p, TCP_CAUSE_ICMP), 1);
}

static void syn_beyond_a_limit_finds_no_record(void **state)
{
    struct passive *p = *state;
    p->host.config.syn_cookies = false;
    (void)passive_listen(p, 3);
    for (uint32_t i = 0; i < 5; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
    }
    assert_int_equal(p->host.syn_count, 3); /* the backlog's limit */
    assert_int_equal(p->drops[DROP_TCP_SYN_CACHE_FULL], 2);
    passive_run(p, 64 * PASSIVE_SECOND_US);
    p->host.config.syn_cache_max = 2;
    for (uint32_t i = 0; i < 5; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
    }
    assert_int_equal(p->host.syn_count, 2); /* the host's */
}

static void ack_in_syn_received_without_memory_keeps_the_record(void **state)
{
    struct passive *p = *state;
    (void)syn_received(p);
    const struct tcp_repr ack = passive_ack(p);
    const uint32_t conns_max = p->host.conns.objects_max;
    p->host.conns.objects_max = 0;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_NO_MEMORY], 1);
    assert_non_null(record(p));
    p->host.conns.objects_max = conns_max;
    passive_input(p, &ack, NULL);
    assert_null(record(p));
    assert_int_equal(p->host.counters.opened_passive, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(record_in_syn_received_is_within_its_budget),
        STACK_TEST(syn_in_listen_makes_a_record_and_no_connection),
        STACK_TEST(ack_in_syn_received_makes_the_connection_with_what_was_agreed),
        STACK_TEST(ack_of_a_repeated_synack_gives_no_round_trip_time),
        STACK_TEST(data_on_the_completing_ack_reaches_the_connection),
        STACK_TEST(fin_on_the_completing_ack_leads_to_close_wait),
        STACK_TEST(unanswered_synack_is_repeated_after_1_2_4_8_16_s_and_given_up_at_63_s),
        STACK_TEST(synack_count_and_first_wait_are_configurable),
        STACK_TEST(syn_again_in_syn_received_is_answered_by_the_same_synack),
        STACK_TEST(syn_again_without_ecn_gives_ecn_up),
        STACK_TEST(other_syn_out_of_window_in_syn_received_is_challenged_then_reset_by_the_peer),
        STACK_TEST(other_syn_in_window_in_syn_received_begins_anew),
        STACK_TEST(rst_in_syn_received_ends_it_only_at_the_exact_number),
        STACK_TEST(wrong_ack_in_syn_received_is_reset_and_the_record_stays),
        STACK_TEST(segment_without_ack_in_syn_received_is_dropped),
        STACK_TEST(ack_out_of_window_in_syn_received_is_challenged),
        STACK_TEST(ack_with_an_old_or_no_time_stamp_in_syn_received_is_dropped),
        STACK_TEST(icmp_in_syn_received_counts_only_with_the_quoted_number_of_the_synack),
        STACK_TEST(syn_beyond_a_limit_finds_no_record),
        STACK_TEST(ack_in_syn_received_without_memory_keeps_the_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
