/*
 * TIME-WAIT as a record: each kind of segment, its end, its limit, and how it gives its tuple away.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_timewait.h"
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

static struct tcp_timewait *record(struct passive *p, uint32_t peer)
{
    const struct tcp_tuple tuple = passive_tuple(peer);
    struct tcp_entry *entry = tcp_table_find(&p->host.table, &tuple);
    return entry != NULL && entry->kind == TCP_ENTRY_TIME_WAIT ? tcp_timewait_of(entry) : NULL;
}

/* The connection of `peer` has come to TIME-WAIT: the peer's FIN was at 1001, ours is acknowledged.
 */
static struct tcp_timewait *enter(struct passive *p, struct tcp_listener *listener, uint32_t peer)
{
    struct tcp_conn *conn = passive_connect(p, listener, peer);
    conn->snd.nxt = conn->snd.una = tcp_seq_add(conn->snd.nxt, 1);
    conn->rcv.nxt = conn->rcv.acked = tcp_seq_add(conn->rcv.nxt, 1);
    tcp_timewait_enter(conn, p->now_us);
    assert_false(conn->flags.in_table);
    tcp_conn_free(conn);
    return record(p, peer);
}

/* The peer's FIN, as it came first; the ACK in it covers ours. */
static struct tcp_repr fin(struct passive *p, const struct tcp_timewait *tw)
{
    return (struct tcp_repr){
        .src_port = tw->entry.tuple.remote_port,
        .dst_port = tw->entry.tuple.local_port,
        .seq = 1001,
        .ack = tw->snd_nxt.value,
        .flags = TCP_FLAG_FIN | TCP_FLAG_ACK,
        .window = 500,
        .options = {.has_timestamps = tw->timestamps, .ts_val = (uint32_t)(p->now_us / 1000)},
    };
}

static void record_in_time_wait_is_within_its_budget(void **state)
{
    (void)state;
    assert_true(sizeof(struct tcp_timewait) <= 96);
}

/* RFC 9293 MUST-13 */
static void record_ends_when_2msl_have_passed(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    (void)enter(p, listener, 1);
    passive_run(p, 30 * PASSIVE_SECOND_US);
    (void)enter(p, listener, 2);
    assert_int_equal(p->wheel.armed, 1); /* one clock for all */
    passive_run(p, 30 * PASSIVE_SECOND_US - 1);
    assert_non_null(record(p, 1));
    passive_run(p, 1);
    assert_null(record(p, 1));
    assert_non_null(record(p, 2));
    assert_int_equal(passive_moves(p, TCP_CAUSE_TIME_WAIT_OVER), 1);
    passive_run(p, 30 * PASSIVE_SECOND_US);
    assert_null(record(p, 2));
    assert_int_equal(p->host.time_waits.in_use, 0);
    assert_int_equal(p->wheel.armed, 0);
}

static void fin_again_in_time_wait_is_acknowledged_and_2msl_begin_again(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    const struct tcp_timewait *tw = enter(p, listener, 1);
    (void)enter(p, listener, 2);
    const uint32_t before = p->out_count;
    passive_run(p, 50 * PASSIVE_SECOND_US);
    const struct tcp_repr again = fin(p, tw);
    passive_input(p, &again, NULL);
    assert_int_equal(p->out_count, before + 1);
    const struct tcp_repr *got = &passive_last(p)->repr;
    assert_int_equal(got->flags, TCP_FLAG_ACK);
    assert_int_equal(got->seq, tw->snd_nxt.value);
    assert_int_equal(got->ack, 1002);
    assert_int_equal(got->options.ts_ecr, again.options.ts_val);
    passive_run(p, 10 * PASSIVE_SECOND_US);
    assert_null(record(p, 2)); /* entered later, but was not touched */
    assert_non_null(record(p, 1));
    passive_run(p, 50 * PASSIVE_SECOND_US);
    assert_null(record(p, 1));
}

/* RFC 1337 */
static void rst_in_time_wait_is_ignored(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    const uint32_t before = p->out_count;
    struct tcp_repr rst = fin(p, tw);
    rst.flags = TCP_FLAG_RST | TCP_FLAG_ACK;
    rst.seq = tw->rcv_nxt.value;
    passive_input(p, &rst, NULL);
    assert_non_null(record(p, 1));
    assert_int_equal(p->out_count, before);
    assert_int_equal(p->drops[DROP_TCP_TIME_WAIT], 1);
}

static void old_data_in_time_wait_is_answered_once_per_interval(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    const uint32_t before = p->out_count;
    struct tcp_repr old = fin(p, tw);
    old.flags = TCP_FLAG_ACK;
    old.seq = 900;
    for (int i = 0; i < 10; i++) passive_input(p, &old, "old");
    assert_int_equal(p->out_count, before + 1);
    passive_run(p, 500000);
    passive_input(p, &old, "old");
    assert_int_equal(p->out_count, before + 2);
    assert_int_equal(p->host.counters.challenges, 2);
}

/* or two hosts in TIME-WAIT would talk for ever */
static void ack_in_its_place_in_time_wait_is_not_answered(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    const uint32_t before = p->out_count;
    struct tcp_repr ack = fin(p, tw);
    ack.flags = TCP_FLAG_ACK;
    ack.seq = tw->rcv_nxt.value;
    passive_input(p, &ack, NULL);
    passive_input(p, &ack, "text beyond the FIN");
    assert_int_equal(p->out_count, before);
    assert_int_equal(p->drops[DROP_TCP_TIME_WAIT], 2);
}

static void segment_without_ack_or_with_a_wrong_one_in_time_wait_is_dropped(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    const uint64_t end_us = tw->entry.timer.deadline_us;
    passive_run(p, PASSIVE_SECOND_US);
    struct tcp_repr bad = fin(p, tw);
    bad.flags = TCP_FLAG_FIN;
    passive_input(p, &bad, NULL);
    assert_int_equal(p->drops[DROP_TCP_NO_ACK_FLAG], 1);
    bad = fin(p, tw);
    bad.ack += 1;
    passive_input(p, &bad, NULL);
    assert_int_equal(p->drops[DROP_TCP_BAD_ACK], 1);
    assert_int_equal(tw->entry.timer.deadline_us, end_us);
}

/* RFC 7323 5.3: not even a FIN */
static void fin_with_an_old_or_no_time_stamp_in_time_wait_does_not_prolong_it(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    const uint64_t end_us = tw->entry.timer.deadline_us;
    struct tcp_repr old = fin(p, tw);
    old.options.ts_val -= 10;
    passive_run(p, PASSIVE_SECOND_US);
    passive_input(p, &old, NULL);
    assert_int_equal(p->drops[DROP_TCP_PAWS], 1);
    old.options.has_timestamps = false;
    passive_input(p, &old, NULL);
    assert_int_equal(p->drops[DROP_TCP_NO_TIMESTAMP], 1);
    assert_int_equal(tw->entry.timer.deadline_us, end_us);
}

/* RFC 6191 2, RFC 9293 MAY-2, SHLD-4; pitfall 7 */
static void syn_with_a_newer_time_stamp_in_time_wait_opens_anew_beyond_the_last(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_timewait *tw = enter(p, listener, 1);
    tw->snd_nxt.value += 50000000; /* it was faster than the ISN clock */
    const uint32_t last = tw->snd_nxt.value;
    p->now_us += 5000;
    struct tcp_repr syn = passive_syn(p, 1);
    syn.seq = 10; /* behind the last: the time stamp alone speaks for it */
    passive_input(p, &syn, NULL);
    assert_null(record(p, 1));
    assert_int_equal(p->host.syn_count, 1);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, 11);
    assert_int_equal(passive_last(p)->repr.seq, last + 65537);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    tcp_conn_free(tcp_listen_accept(listener));
    assert_int_equal(p->wheel.armed, 0);
}

static void syn_in_time_wait_for_a_holding_listener_opens_beyond_the_last_too(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_timewait *tw = enter(p, listener, 1);
    tw->snd_nxt.value += 50000000;
    const uint32_t last = tw->snd_nxt.value;
    listener->holds_syns = true;
    p->now_us += 5000;
    const struct tcp_repr syn = passive_syn(p, 1);
    const uint32_t before = p->out_count;
    passive_input(p, &syn, NULL);
    assert_int_equal(p->out_count, before);
    const struct tcp_tuple tuple = passive_tuple(1);
    assert_true(tcp_listen_decide(&p->host, &tuple, TCP_DECIDE_ACCEPT, p->now_us));
    assert_int_equal(passive_last(p)->repr.seq, last + 65537);
}

static void syn_that_may_be_old_in_time_wait_is_challenged(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    struct tcp_repr syn = passive_syn(p, 1);
    syn.options.ts_val -= 1; /* older stamp, though beyond by number */
    syn.seq = 999999;
    passive_input(p, &syn, NULL);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, tw->rcv_nxt.value);
    syn.options.ts_val += 1; /* same stamp, same number as the last */
    syn.seq = tw->rcv_nxt.value;
    passive_input(p, &syn, NULL);
    assert_int_equal(p->drops[DROP_TCP_BAD_SYN], 2);
    assert_non_null(record(p, 1));
    syn.seq++; /* same stamp, beyond */
    passive_input(p, &syn, NULL);
    assert_null(record(p, 1));
}

static void syn_without_time_stamps_in_time_wait_is_judged_by_its_number(void **state)
{
    struct passive *p = *state;
    const struct tcp_timewait *tw = enter(p, passive_listen(p, 8), 1);
    struct tcp_repr syn = passive_syn(p, 1);
    syn.options.has_timestamps = false;
    syn.seq = tw->rcv_nxt.value - 1;
    passive_input(p, &syn, NULL);
    assert_non_null(record(p, 1));
    syn.seq = tw->rcv_nxt.value + 1;
    passive_input(p, &syn, NULL);
    assert_null(record(p, 1));
}

static void syn_in_time_wait_without_a_listener_or_reuse_is_challenged(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    (void)enter(p, listener, 1);
    p->now_us += 5000;
    const struct tcp_repr syn = passive_syn(p, 1);
    p->host.config.time_wait_reuse = false;
    passive_input(p, &syn, NULL);
    p->host.config.time_wait_reuse = true;
    tcp_listen_close(listener, p->now_us);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->drops[DROP_TCP_BAD_SYN], 2);
    assert_non_null(record(p, 1));
}

static void oldest_record_gives_way_at_the_limit(void **state)
{
    struct tcp_config config = passive_config();
    config.time_wait_max = 3;
    struct passive *p = passive_new(&config);
    struct tcp_listener *listener = passive_listen(p, 8);
    for (uint32_t i = 0; i < 3; i++) (void)enter(p, listener, i);
    const struct tcp_repr again = fin(p, record(p, 0));
    passive_input(p, &again, NULL); /* now 1 is the oldest */
    (void)enter(p, listener, 3);
    assert_null(record(p, 1));
    assert_true(record(p, 0) != NULL && record(p, 2) != NULL && record(p, 3) != NULL);
    assert_int_equal(passive_moves(p, TCP_CAUSE_NO_MEMORY), 1);
    passive_free(p);
    (void)state;
}

static void connection_without_a_record_to_be_had_just_ends(void **state)
{
    struct tcp_config config = passive_config();
    config.time_wait_max = 0;
    struct passive *p = passive_new(&config);
    assert_null(enter(p, passive_listen(p, 8), 1));
    assert_int_equal(p->host.table.entries, 0);
    assert_true(p->host.time_waits.failures > 0);
    passive_free(p);
    (void)state;
}

static void active_open_may_take_the_tuple_after_a_second_of_time_wait(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_timewait *tw = enter(p, listener, 1);
    const uint32_t snd_nxt = tw->snd_nxt.value;
    tcp_seq last;
    assert_false(tcp_timewait_yield(&p->host, tw, &last, p->now_us + PASSIVE_SECOND_US - 1));
    assert_true(tcp_timewait_yield(&p->host, tw, &last, p->now_us + PASSIVE_SECOND_US));
    assert_int_equal(last.value, snd_nxt);
    assert_null(record(p, 1));
    tw = enter(p, listener, 2);
    tw->timestamps = 0;
    assert_false(tcp_timewait_yield(&p->host, tw, &last, p->now_us + 9 * PASSIVE_SECOND_US));
}

/* the order and the clock, with thousands coming, restarting and going */
static void records_end_in_order_however_they_come_and_restart(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct rng rng;
    rng_seed(&rng, 5);
    uint64_t end_us[64] = {0};
    p->host.config.time_wait_us = PASSIVE_SECOND_US;
    for (int step = 0; step < 20000; step++) {
        const uint32_t peer = (uint32_t)rng_below(&rng, ARRAY_COUNT(end_us));
        p->out_count = p->event_count = 0;
        passive_run(p, rng_below(&rng, 20000));
        struct tcp_timewait *tw = record(p, peer);
        assert_int_equal(tw != NULL, end_us[peer] > p->now_us);
        if (tw == NULL) {
            (void)enter(p, listener, peer);
        } else {
            const struct tcp_repr again = fin(p, tw);
            passive_input(p, &again, NULL);
        }
        end_us[peer] = p->now_us + PASSIVE_SECOND_US;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(record_in_time_wait_is_within_its_budget),
        STACK_TEST(record_ends_when_2msl_have_passed),
        STACK_TEST(fin_again_in_time_wait_is_acknowledged_and_2msl_begin_again),
        STACK_TEST(rst_in_time_wait_is_ignored),
        STACK_TEST(old_data_in_time_wait_is_answered_once_per_interval),
        STACK_TEST(ack_in_its_place_in_time_wait_is_not_answered),
        STACK_TEST(segment_without_ack_or_with_a_wrong_one_in_time_wait_is_dropped),
        STACK_TEST(fin_with_an_old_or_no_time_stamp_in_time_wait_does_not_prolong_it),
        STACK_TEST(syn_with_a_newer_time_stamp_in_time_wait_opens_anew_beyond_the_last),
        STACK_TEST(syn_in_time_wait_for_a_holding_listener_opens_beyond_the_last_too),
        STACK_TEST(syn_that_may_be_old_in_time_wait_is_challenged),
        STACK_TEST(syn_without_time_stamps_in_time_wait_is_judged_by_its_number),
        STACK_TEST(syn_in_time_wait_without_a_listener_or_reuse_is_challenged),
        STACK_TEST(oldest_record_gives_way_at_the_limit),
        STACK_TEST(connection_without_a_record_to_be_had_just_ends),
        STACK_TEST(active_open_may_take_the_tuple_after_a_second_of_time_wait),
        STACK_TEST(records_end_in_order_however_they_come_and_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
