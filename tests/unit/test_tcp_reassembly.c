/*
 * Reassembly against a bitmap: random additions, advances and queries; SACK blocks in the order of
 * RFC 2018 4; the limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "tcp/tcp_reassembly.h"

#define BYTES      4000u
#define BLOCKS_MAX 16u

struct fixture {
    struct tcp_reassembly reassembly;
    struct pool ranges;
    struct rng rng;
    bool there[BYTES + 1];
    uint32_t ready;
    uint32_t recent[TCP_REASSEMBLY_RECENT + 1]; /* newest first */
    uint32_t recent_count;
    uint64_t base; /* stream offset of there[0] */
};

static int setup(void **state)
{
    static struct fixture fixture;
    memset(&fixture, 0, sizeof(fixture));
    pool_init(&fixture.ranges, "ranges", sizeof(struct range), 10000);
    tcp_reassembly_init(&fixture.reassembly, &fixture.ranges);
    rng_seed(&fixture.rng, 2018);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tcp_reassembly_clear(&f->reassembly);
    assert_true(tcp_reassembly_is_empty(&f->reassembly));
    assert_int_equal(f->ranges.in_use, 0);
    pool_deinit(&f->ranges);
    return 0;
}

/* The ends of the run of bytes that are there, around `at`. */
static void run_around(const struct fixture *f, uint32_t at, uint32_t *start, uint32_t *end)
{
    *start = *end = at;
    while (*start > f->ready && f->there[*start - 1]) (*start)--;
    while (f->there[*end]) (*end)++;
}

static uint32_t runs_count(const struct fixture *f)
{
    uint32_t count = 0;
    for (uint32_t i = f->ready; i < BYTES; i++)
        if (f->there[i] && (i == f->ready || !f->there[i - 1])) count++;
    return count;
}

static void recent_forget(struct fixture *f, uint32_t start, uint32_t end)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < f->recent_count; i++)
        if (f->recent[i] < start || f->recent[i] >= end) f->recent[kept++] = f->recent[i];
    f->recent_count = kept;
}

static void model_add(struct fixture *f, uint32_t start, uint32_t end)
{
    for (uint32_t i = start; i < end; i++) f->there[i] = true;
    uint32_t run_start, run_end;
    run_around(f, start, &run_start, &run_end);
    recent_forget(f, run_start, run_end);
    memmove(f->recent + 1, f->recent, f->recent_count * sizeof(f->recent[0]));
    f->recent[0] = start;
    f->recent_count = u32_min(f->recent_count + 1, TCP_REASSEMBLY_RECENT);
}

static void add(struct fixture *f, uint32_t start, uint32_t end)
{
    if (tcp_reassembly_add(&f->reassembly, f->base + start, f->base + end)) {
        model_add(f, start, end);
        return;
    }
    /* Refused: only what would have been a range of its own, when there are too many. */
    uint32_t i = start > f->ready ? start - 1 : start;
    for (; i <= end; i++) assert_false(f->there[i]);
    assert_true(runs_count(f) == TCP_REASSEMBLY_RANGES_MAX ||
                f->ranges.in_use == f->ranges.objects_max);
}

static void advance(struct fixture *f, uint32_t ready)
{
    while (ready < BYTES && f->there[ready]) ready++;
    f->ready = ready;
    recent_forget(f, 0, ready);
}

/* The blocks that are due, by the model. */
static uint32_t blocks_expected(const struct fixture *f, uint32_t starts[], uint32_t max)
{
    uint32_t count = 0, end;
    for (uint32_t i = 0; i < f->recent_count && count < max; i++)
        run_around(f, f->recent[i], &starts[count++], &end);
    for (uint32_t i = f->ready; i < BYTES && count < max; i++) {
        if (!f->there[i] || (i > f->ready && f->there[i - 1])) continue;
        bool listed = false;
        for (uint32_t j = 0; j < count; j++) listed = listed || starts[j] == i;
        if (!listed) starts[count++] = i;
    }
    return count;
}

static void check_blocks(struct fixture *f)
{
    const uint8_t max = (uint8_t)rng_below(&f->rng, BLOCKS_MAX + 1);
    const tcp_seq nxt = tcp_seq_of(rng_u32(&f->rng));
    struct tcp_sack_block blocks[BLOCKS_MAX];
    const uint8_t count =
        tcp_reassembly_blocks(&f->reassembly, nxt, f->base + f->ready, blocks, max);
    uint32_t starts[BLOCKS_MAX];
    assert_int_equal(count, blocks_expected(f, starts, max));
    for (uint8_t i = 0; i < count; i++) {
        uint32_t start, end;
        run_around(f, starts[i], &start, &end);
        assert_int_equal(blocks[i].start, (uint32_t)(nxt.value + (start - f->ready)));
        assert_int_equal(blocks[i].end, (uint32_t)(nxt.value + (end - f->ready)));
    }
}

static void check_overlap(struct fixture *f)
{
    if (f->ready == BYTES) return;
    const uint32_t start = f->ready + (uint32_t)rng_below(&f->rng, BYTES - f->ready);
    const uint32_t end = start + 1 + (uint32_t)rng_below(&f->rng, u32_min(BYTES - start, 60));
    uint32_t from = start, to;
    while (from < end && !f->there[from]) from++;
    for (to = from; to < end && f->there[to];) to++;
    uint64_t got_from = 1, got_to = 2;
    assert_int_equal(
        tcp_reassembly_overlap(&f->reassembly, f->base + start, f->base + end, &got_from, &got_to),
        from < end);
    assert_true(got_from == (from < end ? f->base + from : 1));
    assert_true(got_to == (from < end ? f->base + to : 2));
}

static void one_round(struct fixture *f, uint32_t len_max)
{
    memset(f->there, 0, sizeof(f->there));
    f->ready = 0;
    f->recent_count = 0;
    f->base = rng_u64(&f->rng) >> (rng_u32(&f->rng) % 2 ? 8 : 33); /* around 2^32 and far beyond */
    while (f->ready < BYTES - 1) {
        const uint32_t start = f->ready + 1 + (uint32_t)rng_below(&f->rng, BYTES - f->ready - 1);
        const uint32_t len = 1 + (uint32_t)rng_below(&f->rng, len_max);
        add(f, start, u32_min(start + len, BYTES));
        if (rng_chance_ppm(&f->rng, 20000)) {
            const uint32_t ready =
                f->ready + 1 + (uint32_t)rng_below(&f->rng, u32_min(BYTES - f->ready - 1, 200));
            const uint64_t reached = tcp_reassembly_advance(&f->reassembly, f->base + ready);
            advance(f, ready);
            assert_true(reached == f->base + f->ready);
        }
        check_overlap(f);
        check_blocks(f);
        assert_int_equal(f->reassembly.ranges.count, runs_count(f));
    }
    tcp_reassembly_clear(&f->reassembly);
}

/* RFC 9293 SHLD-31 */
static void test_random_ranges_match_a_bitmap(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 3; i++) {
        one_round(f, 2);
        one_round(f, 10);
        one_round(f, 200);
    }
}

static void test_random_ranges_with_few_nodes(void **state)
{
    struct fixture *f = *state;
    f->ranges.objects_max = 9;
    one_round(f, 20);
    assert_true(f->ranges.failures > 0);
}

static void expect_blocks(struct fixture *f, uint64_t ready, const uint32_t (*expected)[2],
                          uint8_t count)
{
    struct tcp_sack_block blocks[4];
    assert_int_equal(
        tcp_reassembly_blocks(&f->reassembly, tcp_seq_of((uint32_t)ready + 5000), ready, blocks, 4),
        count);
    for (uint8_t i = 0; i < count; i++) {
        assert_int_equal(blocks[i].start, expected[i][0]);
        assert_int_equal(blocks[i].end, expected[i][1]);
    }
}

/* RFC 2018 4, its third example: of eight segments every other one is lost at first. */
static void test_example_of_rfc_2018(void **state)
{
    struct fixture *f = *state;
    struct tcp_reassembly *r = &f->reassembly;
    expect_blocks(f, 500, NULL, 0);
    assert_true(tcp_reassembly_add(r, 1000, 1500));
    expect_blocks(f, 500, (const uint32_t[][2]){{6000, 6500}}, 1);
    assert_true(tcp_reassembly_add(r, 2000, 2500));
    expect_blocks(f, 500, (const uint32_t[][2]){{7000, 7500}, {6000, 6500}}, 2);
    assert_true(tcp_reassembly_add(r, 3000, 3500));
    expect_blocks(f, 500, (const uint32_t[][2]){{8000, 8500}, {7000, 7500}, {6000, 6500}}, 3);
    assert_true(tcp_reassembly_add(r, 1500, 2000)); /* the fourth arrives late */
    expect_blocks(f, 500, (const uint32_t[][2]){{6000, 7500}, {8000, 8500}}, 2);
    assert_true(tcp_reassembly_advance(r, 1000) == 2500); /* then the second */
    expect_blocks(f, 2500, (const uint32_t[][2]){{8000, 8500}}, 1);
}

static void test_a_duplicate_is_reported_first(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 1; i <= 3; i++)
        assert_true(tcp_reassembly_add(&f->reassembly, 1000 * i, 1000 * i + 500));
    uint64_t from, to;
    assert_true(tcp_reassembly_overlap(&f->reassembly, 1100, 1200, &from, &to));
    assert_true(from == 1100 && to == 1200);
    assert_true(tcp_reassembly_add(&f->reassembly, 1100, 1200));
    expect_blocks(f, 0, (const uint32_t[][2]){{6000, 6500}, {8000, 8500}, {7000, 7500}}, 3);
    assert_true(tcp_reassembly_overlap(&f->reassembly, 1400, 1501, &from, &to));
    assert_true(from == 1400 && to == 1500);
    assert_true(tcp_reassembly_overlap(&f->reassembly, 999, 1001, &from, &to));
    assert_true(from == 1000 && to == 1001);
    assert_false(tcp_reassembly_overlap(&f->reassembly, 1500, 2000, &from, &to));
}

static void test_one_range_too_many_is_refused(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < TCP_REASSEMBLY_RANGES_MAX; i++)
        assert_true(tcp_reassembly_add(&f->reassembly, 10 + 10 * i, 15 + 10 * i));
    const uint64_t behind = 10 + 10 * TCP_REASSEMBLY_RANGES_MAX;
    assert_false(tcp_reassembly_add(&f->reassembly, behind, behind + 5));
    assert_false(tcp_reassembly_add(&f->reassembly, 16, 19));
    /* What grows a range or closes a hole is still welcome, and makes room. */
    assert_true(tcp_reassembly_add(&f->reassembly, 15, 20));
    assert_true(tcp_reassembly_add(&f->reassembly, behind, behind + 5));
    /* The lowest ranges are reported once those that are remembered have gone together. */
    assert_true(tcp_reassembly_add(&f->reassembly, 10 * 200, behind));
    struct tcp_sack_block blocks[4];
    assert_int_equal(tcp_reassembly_blocks(&f->reassembly, tcp_seq_of(0), 0, blocks, 4), 4);
    assert_int_equal(blocks[0].start, 2000);
    assert_int_equal(blocks[0].end, behind + 5);
    assert_int_equal(blocks[1].start, 10);
    assert_int_equal(blocks[1].end, 25);
    assert_int_equal(blocks[2].start, 30);
    assert_int_equal(blocks[3].start, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_ranges_match_a_bitmap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_ranges_with_few_nodes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_example_of_rfc_2018, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_duplicate_is_reported_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_range_too_many_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
