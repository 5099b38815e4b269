/*
 * SACK blocks: what they mark, what is not believed, D-SACK, and what one ACK can cost.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/rng.h"
#include "tcp/tcp_sack.h"

#define MSS  100u
#define BASE 0xffffe000u /* the numbers wrap on the way */

struct fixture {
    struct pool pool;
    struct tcp_sent sent;
    uint32_t una, nxt; /* offsets from BASE */
    struct tcp_sent_news news;
    struct tcp_sack_result result;
};

/* Sends `count` segments, each at its own time. */
static void fixture_init(struct fixture *f, uint32_t count)
{
    *f = (struct fixture){0};
    pool_init(&f->pool, "records", sizeof(struct tcp_sent_record), 2 * TCP_SENT_RECORDS_MAX);
    tcp_sent_init(&f->sent);
    for (; count > 0; count--, f->nxt += MSS)
        assert_true(
            tcp_sent_add(&f->sent, &f->pool, tcp_seq_of(BASE + f->nxt), MSS, MSS, false, f->nxt));
}

static void fixture_deinit(struct fixture *f)
{
    tcp_sent_clear(&f->sent, &f->pool);
    assert_int_equal(f->pool.in_use, 0);
    pool_deinit(&f->pool);
}

/* An ACK of `ack` with `count` blocks of offsets. */
static uint32_t apply(struct fixture *f, uint32_t ack, uint8_t count, const uint32_t (*blocks)[2])
{
    struct tcp_options options = {.sack_count = count};
    for (uint8_t i = 0; i < count; i++)
        options.sack[i] = (struct tcp_sack_block){BASE + blocks[i][0], BASE + blocks[i][1]};
    const struct tcp_sack_input input = {
        .options = &options,
        .ack = tcp_seq_of(BASE + ack),
        .una = tcp_seq_of(BASE + f->una),
        .nxt = tcp_seq_of(BASE + f->nxt),
        .wnd_max = 50 * MSS,
        .now_us = 1000000,
    };
    f->news = (struct tcp_sent_news){0};
    f->result = tcp_sack_apply(&f->sent, &f->pool, &input, &f->news);
    tcp_sent_check(&f->sent, input.una, input.nxt);
    return f->news.delivered;
}

static uint32_t apply_one(struct fixture *f, uint32_t start, uint32_t end)
{
    const uint32_t blocks[1][2] = {{start, end}};
    return apply(f, f->una, 1, blocks);
}

static bool is_sacked(const struct fixture *f, uint32_t offset)
{
    for (const struct tcp_sent_record *r = f->sent.head; r != NULL; r = r->next) {
        if (tcp_seq_in(tcp_seq_of(BASE + offset), r->seq, tcp_sent_end(r)))
            return (r->flags & TCP_SENT_SACKED) != 0;
    }
    return false;
}

static void test_blocks_mark_once(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 200);
    assert_int_equal(apply_one(&f, 3 * MSS, 5 * MSS), 2 * MSS);
    assert_int_equal(f.news.sample_sent_us, 4 * MSS);
    assert_int_equal(apply_one(&f, 3 * MSS, 6 * MSS), MSS);
    assert_int_equal(apply_one(&f, 3 * MSS, 6 * MSS), 0);
    const uint32_t blocks[3][2] = {{190 * MSS, 200 * MSS}, {3 * MSS, 7 * MSS}, {MSS, 2 * MSS}};
    assert_int_equal(apply(&f, 0, 3, blocks), 12 * MSS);
    assert_int_equal(f.sent.sacked, 15 * MSS);
    const tcp_seq high = tcp_sent_end(f.sent.sack_high);
    assert_int_equal(tcp_seq_diff(high, tcp_seq_of(BASE)), 200 * MSS);
    assert_false(is_sacked(&f, 2 * MSS));
    assert_false(f.result.has_dsack);
    fixture_deinit(&f);
}

static void test_part_of_a_super_segment_splits_it(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0);
    f.nxt = 44 * MSS;
    assert_true(tcp_sent_add(&f.sent, &f.pool, tcp_seq_of(BASE), f.nxt, MSS, false, 5));
    assert_int_equal(apply_one(&f, 2 * MSS, 44 * MSS), 42 * MSS);
    assert_int_equal(f.sent.records, 2);
    assert_false(is_sacked(&f, MSS));
    fixture_deinit(&f);
}

static void test_only_whole_segments_as_they_left_are_believed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0);
    f.nxt = 10 * MSS + 30;
    assert_true(tcp_sent_add(&f.sent, &f.pool, tcp_seq_of(BASE), f.nxt, MSS, false, 5));
    assert_int_equal(apply_one(&f, 2 * MSS + 1, 3 * MSS + 1), 0);
    assert_int_equal(apply_one(&f, 2 * MSS + 1, 5 * MSS - 1), MSS);
    assert_true(is_sacked(&f, 3 * MSS) && !is_sacked(&f, 3 * MSS - 1) && !is_sacked(&f, 4 * MSS));
    assert_int_equal(apply_one(&f, 10 * MSS, 10 * MSS + 30), 30); /* the short last one is whole */
    fixture_deinit(&f);
}

/* Some receivers' blocks end in front of a FIN: what remains in doubt then is the FIN. */
static void test_text_before_a_fin_is_whole_without_it(void **state)
{
    (void)state;
    for (uint32_t covered = 0; covered < 2; covered++) {
        struct fixture f;
        fixture_init(&f, 0);
        f.nxt = 2 * MSS + 31;
        assert_true(tcp_sent_add(&f.sent, &f.pool, tcp_seq_of(BASE), f.nxt, MSS, true, 5));
        assert_int_equal(apply_one(&f, MSS, f.nxt - 1 + covered), MSS + 30 + covered);
        assert_int_equal(is_sacked(&f, f.nxt - 1), covered);
        assert_true(f.sent.tail->flags & TCP_SENT_FIN);
        fixture_deinit(&f);
    }
}

static void test_blocks_that_cannot_be_true_are_ignored(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 20);
    assert_int_equal(apply_one(&f, 5 * MSS, 5 * MSS), 0);             /* empty */
    assert_int_equal(apply_one(&f, 6 * MSS, 5 * MSS), 0);             /* backwards */
    assert_int_equal(apply_one(&f, 5 * MSS, 21 * MSS), 0);            /* beyond nxt */
    assert_int_equal(apply_one(&f, 20 * MSS, 20 * MSS + 1), 0);       /* at nxt */
    assert_int_equal(apply_one(&f, 0, 5 * MSS), 0);                   /* at una */
    assert_int_equal(apply_one(&f, 0u - 5 * MSS, 5 * MSS), 0);        /* across una */
    assert_int_equal(apply_one(&f, 0x80000000u, 0x80000000u + 1), 0); /* half the space away */
    assert_int_equal(f.sent.sacked, 0);
    assert_int_equal(f.sent.records, 20);
    fixture_deinit(&f);
}

static void test_dsack_below_the_ack_and_inside_the_second_block(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 20);
    f.una = 5 * MSS;
    tcp_sent_release(&f.sent, &f.pool, tcp_seq_of(BASE + f.una), 1, &f.news);
    const uint32_t below[1][2] = {{3 * MSS, 4 * MSS}};
    assert_int_equal(apply(&f, f.una, 1, below), 0);
    assert_true(f.result.has_dsack);
    assert_int_equal(f.result.dsack_start.value, BASE + 3 * MSS);
    assert_int_equal(f.result.dsack_end.value, BASE + 4 * MSS);
    const uint32_t inside[2][2] = {{8 * MSS, 9 * MSS}, {7 * MSS, 12 * MSS}};
    assert_int_equal(apply(&f, f.una, 2, inside), 5 * MSS);
    assert_true(f.result.has_dsack);
    const uint32_t beside[2][2] = {{14 * MSS, 15 * MSS}, {7 * MSS, 12 * MSS}};
    assert_int_equal(apply(&f, f.una, 2, beside), MSS);
    assert_false(f.result.has_dsack);
    /* more than a window ago, or never sent */
    assert_int_equal(apply_one(&f, 0u - 60 * MSS, 0u - 59 * MSS), 0);
    assert_false(f.result.has_dsack);
    const uint32_t unsent[1][2] = {{4 * MSS, 30 * MSS}};
    assert_int_equal(apply(&f, f.una, 1, unsent), 0);
    assert_false(f.result.has_dsack);
    fixture_deinit(&f);
}

static void test_one_ack_cannot_make_us_walk_far(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, TCP_SENT_RECORDS_MAX - 100);
    /* every other segment is SACKed, so that nothing joins; always found near the last block */
    for (uint32_t n = 1; n + 1 < TCP_SENT_RECORDS_MAX - 100; n += 2)
        assert_int_equal(apply_one(&f, n * MSS, (n + 1) * MSS), MSS);
    /* a block in the far middle is beyond what one ACK may cost; the next ones go on from there */
    assert_int_equal(apply_one(&f, 2 * MSS, 3 * MSS), MSS);
    assert_int_equal(apply_one(&f, 4000 * MSS, 4001 * MSS), 0);
    uint32_t acks = 1;
    while (apply_one(&f, 4000 * MSS, 4001 * MSS) == 0) assert_true(++acks < 10);
    /* nor does a block that covers much already known cost more */
    apply_one(&f, MSS, f.nxt);
    fixture_deinit(&f);
}

static void test_records_running_out_loses_nothing_but_the_mark(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 0);
    pool_deinit(&f.pool);
    pool_init(&f.pool, "records", sizeof(struct tcp_sent_record), 2);
    f.nxt = 10 * MSS;
    assert_true(tcp_sent_add(&f.sent, &f.pool, tcp_seq_of(BASE), f.nxt, MSS, false, 5));
    assert_int_equal(apply_one(&f, 2 * MSS, 5 * MSS), 0);
    assert_int_equal(f.sent.sacked, 0);
    assert_int_equal(f.sent.total, 10 * MSS);
    fixture_deinit(&f);
}

static void test_reneging_shows_in_a_sacked_head(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 5);
    assert_false(tcp_sack_is_reneging(&f.sent));
    apply_one(&f, MSS, 3 * MSS);
    assert_false(tcp_sack_is_reneging(&f.sent));
    f.una = MSS;
    tcp_sent_release(&f.sent, &f.pool, tcp_seq_of(BASE + f.una), 1, &f.news);
    assert_true(tcp_sack_is_reneging(&f.sent));
    tcp_sent_clear(&f.sent, &f.pool);
    assert_false(tcp_sack_is_reneging(&f.sent));
    fixture_deinit(&f);
}

static void test_random_blocks_agree_with_every_segment(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 50; round++) {
        struct fixture f;
        fixture_init(&f, 100);
        bool want[100] = {false};
        for (int n = 0; n < 60; n++) {
            const uint32_t a = (uint32_t)rng_range(&rng, 1, 99);
            const uint32_t b = (uint32_t)rng_range(&rng, a + 1, 100);
            uint32_t news = 0;
            for (uint32_t i = a; i < b; i++) {
                news += want[i] ? 0 : MSS;
                want[i] = true;
            }
            assert_int_equal(apply_one(&f, a * MSS, b * MSS), news);
            for (uint32_t i = 0; i < 100; i++) assert_int_equal(is_sacked(&f, i * MSS), want[i]);
            if (rng_below(&rng, 3) == 0) break;
        }
        fixture_deinit(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_mark_once),
        cmocka_unit_test(test_part_of_a_super_segment_splits_it),
        cmocka_unit_test(test_only_whole_segments_as_they_left_are_believed),
        cmocka_unit_test(test_text_before_a_fin_is_whole_without_it),
        cmocka_unit_test(test_blocks_that_cannot_be_true_are_ignored),
        cmocka_unit_test(test_dsack_below_the_ack_and_inside_the_second_block),
        cmocka_unit_test(test_one_ack_cannot_make_us_walk_far),
        cmocka_unit_test(test_records_running_out_loses_nothing_but_the_mark),
        cmocka_unit_test(test_reneging_shows_in_a_sacked_head),
        cmocka_unit_test(test_random_blocks_agree_with_every_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
