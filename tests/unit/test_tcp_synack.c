/*
 * SYN-ACKs: what is agreed on with each SYN, and how the segment says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tcp/tcp_isn.h"
#include "tcp/tcp_synack.h"
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

static const struct tcp_repr *answer_to(struct passive *p, const struct tcp_repr *syn)
{
    passive_input(p, syn, NULL);
    return &passive_last(p)->repr;
}

/* RFC 9293 MUST-14 (MSS), RFC 7323, RFC 2018: what both want is agreed on */
static void synack_agrees_to_all_that_a_full_syn_offers(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    listener->ttl = 7;
    listener->traffic_class = 0x20;
    const struct tcp_repr syn = passive_syn(p, 1);
    const struct tcp_repr *got = answer_to(p, &syn);
    assert_int_equal(got->flags, TCP_FLAG_SYN | TCP_FLAG_ACK);
    assert_int_equal(got->ack, syn.seq + 1);
    assert_int_equal(got->options.mss, 1460);
    assert_true(got->options.has_sack_permitted && got->options.has_wscale);
    assert_int_equal(got->options.wscale, 7); /* 6 MiB in 16 bits */
    assert_true(got->options.has_timestamps);
    assert_int_equal(got->options.ts_ecr, syn.options.ts_val);
    const struct tcp_tuple tuple = passive_tuple(1);
    assert_int_equal(got->options.ts_val,
                     (uint32_t)(p->now_us / 1000) + tcp_isn_ts_offset(&p->host, &tuple));
    assert_int_equal(passive_last(p)->ttl, 7);
    assert_int_equal(passive_last(p)->traffic_class, 0x20);
    assert_int_equal(got->src_port, 80);
    assert_int_equal(got->dst_port, syn.src_port);
}

static void synack_to_a_bare_syn_offers_the_mss_alone(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    struct tcp_repr syn = passive_syn(p, 1);
    memset(&syn.options, 0, sizeof syn.options);
    const struct tcp_repr *got = answer_to(p, &syn);
    assert_int_equal(got->options.mss, 1460);
    assert_false(got->options.has_sack_permitted);
    assert_false(got->options.has_wscale);
    assert_false(got->options.has_timestamps);
}

static void synack_leaves_out_what_the_configuration_does_not_want(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 8);
    p->host.config.sack = p->host.config.timestamps = p->host.config.window_scaling = false;
    const struct tcp_repr syn = passive_syn(p, 1);
    const struct tcp_repr *got = answer_to(p, &syn);
    assert_false(got->options.has_sack_permitted);
    assert_false(got->options.has_wscale);
    assert_false(got->options.has_timestamps);
}

/* RFC 9293 MUST-15 */
static void syn_without_mss_counts_as_536_or_1220(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    struct tcp_segment seg = {.tuple = passive_tuple(1), .flags = TCP_FLAG_SYN};
    struct tcp_handshake agreed;
    tcp_synack_agree(listener, &seg, &agreed);
    assert_int_equal(agreed.mss_peer, 536);
    seg.tuple.local = seg.tuple.remote = (struct ip_addr){{0xfd, [15] = 1}};
    tcp_synack_agree(listener, &seg, &agreed);
    assert_int_equal(agreed.mss_peer, 1220);
    seg.options.mss = 1400;
    tcp_synack_agree(listener, &seg, &agreed);
    assert_int_equal(agreed.mss_peer, 1400);
}

/* RFC 7323 2.2: never scaled in a SYN; the listener's own buffer counts */
static void synack_window_is_the_listeners_buffer_unscaled(void **state)
{
    struct passive *p = *state;
    struct tcp_listener *listener = passive_listen(p, 8);
    assert_int_equal(tcp_synack_window(listener), 65535);
    listener->rcvbuf_bytes = 5000;
    const struct tcp_repr syn = passive_syn(p, 1);
    assert_int_equal(answer_to(p, &syn)->window, 5000);
}

/* RFC 3168 6.1.1 */
static void synack_takes_ecn_only_from_a_syn_with_both_flags(void **state)
{
    struct passive *p = *state;
    (void)passive_listen(p, 64);
    static const uint16_t asks[] = {0, TCP_FLAG_ECE, TCP_FLAG_CWR, TCP_FLAG_ECE | TCP_FLAG_CWR};
    for (uint32_t i = 0; i < 8; i++) {
        p->host.config.ecn = i < 4 ? TCP_ECN_ACCEPT : TCP_ECN_OFF;
        struct tcp_repr syn = passive_syn(p, i);
        syn.flags |= asks[i % 4];
        const uint16_t flags = answer_to(p, &syn)->flags;
        assert_int_equal((flags & TCP_FLAG_ECE) != 0, i == 3);
        assert_int_equal(flags & TCP_FLAG_CWR, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STACK_TEST(synack_agrees_to_all_that_a_full_syn_offers),
        STACK_TEST(synack_to_a_bare_syn_offers_the_mss_alone),
        STACK_TEST(synack_leaves_out_what_the_configuration_does_not_want),
        STACK_TEST(syn_without_mss_counts_as_536_or_1220),
        STACK_TEST(synack_window_is_the_listeners_buffer_unscaled),
        STACK_TEST(synack_takes_ecn_only_from_a_syn_with_both_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
