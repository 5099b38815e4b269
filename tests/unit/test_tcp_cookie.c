/*
 * SYN cookies: what they bring back, what is not one, when they are sent and believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_cookie.h"
#include "tcp/tcp_isn.h"
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

/* A listener whose SYN cache is full: each SYN from now on gets a cookie. */
static struct tcp_listener *overflowing(struct passive *p)
{
    struct tcp_listener *listener = passive_listen(p, 8);
    p->host.config.syn_cache_max = 0;
    return listener;
}

static struct tcp_segment ack_segment(const struct passive_out *synack)
{
    return (struct tcp_segment){
        .tuple = synack->tuple,
        .seq = tcp_seq_of(synack->repr.ack),
        .ack = tcp_seq_of(synack->repr.seq + 1),
        .flags = TCP_FLAG_ACK,
        .window = 1000,
        .options = {.has_timestamps = synack->repr.options.has_timestamps,
                    .ts_val = 5,
                    .ts_ecr = synack->repr.options.ts_val},
    };
}

static bool comes_back(struct passive *p, struct tcp_listener *listener,
                       struct tcp_handshake *agreed)
{
    const struct tcp_segment ack = ack_segment(passive_last(p));
    return tcp_cookie_check(listener, &ack, agreed, p->now_us);
}

static void cookie_is_sent_on_overflow_only_and_leaves_no_record(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->host.counters.cookies_sent, 0);
    assert_false(tcp_cookie_expected(&p->host, p->now_us));
    listener->backlog = 1;
    syn = passive_syn(p, 2);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->host.counters.cookies_sent, 1);
    assert_int_equal(p->host.syn_count, 1);
    assert_int_equal(passive_events(p, TCP_EVENT_COOKIE), 1);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    assert_int_equal(passive_last(p)->repr.ack, syn.seq + 1);
}

static void ack_of_a_cookie_makes_the_connection(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, "hi");
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_non_null(conn);
    assert_int_equal(conn->state, TCP_ESTABLISHED);
    assert_true(conn->flags.sack && conn->flags.timestamps);
    assert_int_equal(conn->snd_shift, 7);
    assert_int_equal(conn->rcv_shift, 7);
    assert_int_equal(conn->mss_peer, 1460);
    assert_int_equal(conn->rcv.nxt.value, 1003); /* the data came too */
    assert_int_equal(p->host.counters.cookies_taken, 1);
    /* our TSvals go on from the one in the cookie, never backwards */
    const uint32_t sent = p->out[0].repr.options.ts_val;
    assert_in_range(tcp_conn_ts_now(conn, p->now_us) - sent, 0, 63);
    tcp_conn_free(conn);
}

static void cookie_without_time_stamps_keeps_sack_and_rounds_scale_and_mss_down(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    static const struct {
        uint16_t mss, mss_back;
        uint8_t scale, scale_back;
    } cases[] = {
        {1460, 1460, 7, 7},    {1461, 1460, 8, 8},       {1459, 1440, 9, 8},
        {65535, 8940, 14, 10}, {536, 536, 0, 0},         {537, 536, 1, 0},
        {1220, 1220, 2, 2},    {100, TCP_MSS_MIN, 5, 4}, {0 /* none */, 536, 6, 6},
    };
    for (uint32_t i = 0; i < ARRAY_COUNT(cases) * 4; i++) {
        struct tcp_repr syn = passive_syn(p, i);
        syn.options.has_timestamps = false;
        syn.options.mss = cases[i / 4].mss;
        syn.options.wscale = cases[i / 4].scale;
        syn.options.has_sack_permitted = (i & 1) != 0;
        syn.options.has_wscale = (i & 2) != 0;
        syn.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
        passive_input(p, &syn, NULL);
        /* ECN cannot be remembered, so it is not agreed to */
        assert_int_equal(passive_last(p)->repr.flags & TCP_FLAG_ECE, 0);
        struct tcp_handshake agreed;
        assert_true(comes_back(p, listener, &agreed));
        assert_int_equal(agreed.mss_peer, cases[i / 4].mss_back);
        assert_int_equal(agreed.sack, i & 1);
        assert_int_equal(agreed.window_scaling, (i & 2) != 0);
        assert_int_equal(agreed.snd_shift, (i & 2) != 0 ? cases[i / 4].scale_back : 0);
        assert_int_equal(agreed.irs.value, 1000);
        assert_false(agreed.ecn || agreed.timestamps);
    }
}

static void cookie_with_time_stamps_keeps_scale_sack_and_ecn_exactly(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    for (uint32_t i = 0; i < 16 * 4; i++) {
        p->now_us += 7000; /* other low bits of the clock */
        struct tcp_repr syn = passive_syn(p, i);
        const uint8_t scale = (uint8_t)(i / 4);
        syn.options.has_wscale = scale < 15;
        syn.options.wscale = scale < 15 ? scale : 0;
        syn.options.has_sack_permitted = (i & 1) != 0;
        if ((i & 2) != 0) syn.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
        passive_input(p, &syn, NULL);
        assert_int_equal((passive_last(p)->repr.flags & TCP_FLAG_ECE) != 0, (i & 2) != 0);
        const uint32_t offset = tcp_isn_ts_offset(&p->host, &passive_last(p)->tuple);
        const uint32_t ts_now = (uint32_t)(p->now_us / 1000) + offset;
        assert_in_range(ts_now - passive_last(p)->repr.options.ts_val, 0, 63);
        struct tcp_handshake agreed;
        assert_true(comes_back(p, listener, &agreed));
        assert_int_equal(agreed.window_scaling, scale < 15);
        assert_int_equal(agreed.snd_shift, scale < 15 ? scale : 0);
        assert_int_equal(agreed.sack, i & 1);
        assert_int_equal(agreed.ecn, (i & 2) != 0);
        assert_true(agreed.timestamps);
        assert_int_equal(agreed.ts_recent, 5);
        assert_int_equal(agreed.ts_offset, offset);
    }
}

static void cookie_with_any_bit_or_address_changed_is_refused(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    struct tcp_repr syn = passive_syn(p, 1);
    syn.options.has_timestamps = false;
    passive_input(p, &syn, NULL);
    const struct tcp_segment good = ack_segment(passive_last(p));
    struct tcp_handshake agreed;
    uint32_t believed = 0;
    for (uint32_t bit = 0; bit < 32; bit++) {
        struct tcp_segment bad = good;
        bad.ack.value = ((good.ack.value - 1) ^ 1u << bit) + 1;
        believed += tcp_cookie_check(listener, &bad, &agreed, p->now_us);
        bad = good;
        bad.seq.value ^= 1u << bit;
        believed += tcp_cookie_check(listener, &bad, &agreed, p->now_us);
    }
    struct tcp_segment bad = good;
    bad.tuple.remote_port ^= 1;
    believed += tcp_cookie_check(listener, &bad, &agreed, p->now_us);
    bad = good;
    bad.tuple.remote.bytes[15] ^= 1;
    believed += tcp_cookie_check(listener, &bad, &agreed, p->now_us);
    assert_int_equal(believed, 0);
    assert_true(tcp_cookie_check(listener, &good, &agreed, p->now_us));
}

/* 24 bits: of half a million guesses not even one is likely to be right */
static void guessed_cookies_are_refused(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    struct tcp_segment guess = ack_segment(passive_last(p));
    guess.options.has_timestamps = false;
    struct rng rng;
    rng_seed(&rng, 11);
    struct tcp_handshake agreed;
    uint32_t hits = 0;
    for (int i = 0; i < 500000; i++) {
        guess.ack.value = rng_u32(&rng);
        hits += tcp_cookie_check(listener, &guess, &agreed, p->now_us);
    }
    assert_true(hits <= 1);
}

static void time_stamp_that_contradicts_the_cookie_is_refused(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    struct tcp_segment ack = ack_segment(passive_last(p));
    struct tcp_handshake agreed;
    ack.options.ts_ecr ^= 0x10; /* SACK */
    assert_false(tcp_cookie_check(listener, &ack, &agreed, p->now_us));
    ack.options.ts_ecr ^= 0x10 | 0x0f; /* scale 7 to 8 */
    assert_false(tcp_cookie_check(listener, &ack, &agreed, p->now_us));
}

static void cookie_lives_through_one_change_of_keys_and_not_through_two(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    for (uint32_t i = 0; i < 4; i++) {
        const struct tcp_repr syn = passive_syn(p, i);
        passive_input(p, &syn, NULL);
        const struct tcp_segment ack = ack_segment(passive_last(p));
        struct tcp_handshake agreed;
        const uint64_t next_us = (p->now_us / TCP_COOKIE_KEY_US + 1) * (uint64_t)TCP_COOKIE_KEY_US;
        assert_true(tcp_cookie_check(listener, &ack, &agreed, next_us - 1));
        assert_true(tcp_cookie_check(listener, &ack, &agreed, next_us));
        assert_true(tcp_cookie_check(listener, &ack, &agreed, next_us + TCP_COOKIE_KEY_US - 1));
        assert_false(tcp_cookie_check(listener, &ack, &agreed, next_us + TCP_COOKIE_KEY_US));
        assert_false(tcp_cookie_check(listener, &ack, &agreed, next_us + 2 * TCP_COOKIE_KEY_US));
        p->now_us += 11 * PASSIVE_SECOND_US;
    }
}

static void ack_is_not_looked_at_for_cookies_two_minutes_after_the_last(void **state)
{
    struct passive *p = *state;
    (void)overflowing(p);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    assert_true(tcp_cookie_expected(&p->host, p->now_us + 120 * PASSIVE_SECOND_US - 1));
    assert_false(tcp_cookie_expected(&p->host, p->now_us + 120 * PASSIVE_SECOND_US));
    passive_run(p, 119 * PASSIVE_SECOND_US);
    passive_input(p, &ack, NULL); /* too old by its key */
    assert_int_equal(p->drops[DROP_TCP_BAD_COOKIE], 1);
    assert_int_equal(passive_last(p)->repr.flags, TCP_FLAG_RST);
    passive_run(p, PASSIVE_SECOND_US);
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_NO_CONNECTION], 1);
}

static void syn_on_overflow_is_dropped_when_cookies_are_off(void **state)
{
    struct passive *p = *state;
    (void)overflowing(p);
    p->host.config.syn_cookies = false;
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    assert_int_equal(p->out_count, 0);
    assert_int_equal(p->drops[DROP_TCP_SYN_CACHE_FULL], 1);
}

static void cookie_ack_with_a_full_accept_queue_is_dropped_without_a_rst(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = overflowing(p);
    const struct tcp_repr syn = passive_syn(p, 1);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    listener->backlog = 0;
    passive_input(p, &ack, NULL);
    assert_int_equal(p->drops[DROP_TCP_ACCEPT_QUEUE_FULL], 1);
    assert_int_equal(p->out_count, 1);
    listener->backlog = 1;
    passive_input(p, &ack, "again, with data");
    tcp_conn_free(tcp_listen_accept(listener));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(cookie_is_sent_on_overflow_only_and_leaves_no_record),
        STACK_TEST(ack_of_a_cookie_makes_the_connection),
        STACK_TEST(cookie_without_time_stamps_keeps_sack_and_rounds_scale_and_mss_down),
        STACK_TEST(cookie_with_time_stamps_keeps_scale_sack_and_ecn_exactly),
        STACK_TEST(cookie_with_any_bit_or_address_changed_is_refused),
        STACK_TEST(guessed_cookies_are_refused),
        STACK_TEST(time_stamp_that_contradicts_the_cookie_is_refused),
        STACK_TEST(cookie_lives_through_one_change_of_keys_and_not_through_two),
        STACK_TEST(ack_is_not_looked_at_for_cookies_two_minutes_after_the_last),
        STACK_TEST(syn_on_overflow_is_dropped_when_cookies_are_off),
        STACK_TEST(cookie_ack_with_a_full_accept_queue_is_dropped_without_a_rst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
