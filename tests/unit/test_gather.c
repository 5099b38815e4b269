/*
 * Gathered bytes against the same bytes in one piece.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/gather.h"
#include "base/rng.h"

#include <string.h>

#define BYTES_MAX (GATHER_PARTS_MAX * 50u)

struct fixture {
    uint8_t storage[BYTES_MAX * 2]; /* where the parts lie, with gaps between them */
    uint8_t flat[BYTES_MAX];
    uint32_t flat_len;
    struct gather g;
};

/* A gather of random parts, and its bytes in one piece. */
static void fixture_random(struct fixture *f, struct rng *rng)
{
    uint32_t at = 0;
    f->flat_len = 0;
    gather_init(&f->g);
    for (size_t i = 0; i < sizeof(f->storage); i++) f->storage[i] = (uint8_t)rng_u32(rng);
    uint64_t parts = rng_range(rng, 0, GATHER_PARTS_MAX);
    for (uint64_t i = 0; i < parts; i++) {
        uint32_t len = (uint32_t)rng_range(rng, 0, 50);
        assert_true(gather_add(&f->g, span_of(f->storage + at, len)));
        memcpy(f->flat + f->flat_len, f->storage + at, len);
        f->flat_len += len;
        at += len + (uint32_t)rng_range(rng, 0, 50);
    }
}

/* The gather is well-formed and is the bytes [from, from + len) of the flat ones. */
static void check_bytes(const struct fixture *f, const struct gather *g, uint32_t from,
                        uint32_t len)
{
    uint32_t sum = 0;
    assert_true(g->parts <= GATHER_PARTS_MAX);
    for (uint32_t i = 0; i < g->parts; i++) {
        assert_true(g->part[i].len > 0);
        assert_memory_equal(g->part[i].data, f->flat + from + sum, g->part[i].len);
        sum += (uint32_t)g->part[i].len;
    }
    assert_int_equal(sum, len);
    assert_int_equal(g->len_bytes, len);
}

/* How many of the bytes asked for there are. */
static uint32_t clip(const struct fixture *f, uint32_t offset, uint32_t len)
{
    return offset >= f->flat_len ? 0 : u32_min(len, f->flat_len - offset);
}

static void test_random_cuts_match_flat_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct rng rng;
    rng_seed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        fixture_random(&f, &rng);
        check_bytes(&f, &f.g, 0, f.flat_len);
        uint32_t offset = (uint32_t)rng_range(&rng, 0, f.flat_len + 5);
        uint32_t len = (uint32_t)rng_range(&rng, 0, f.flat_len + 5);
        uint32_t there = clip(&f, offset, len);

        struct gather slice;
        gather_slice(&f.g, offset, len, &slice);
        check_bytes(&f, &slice, u32_min(offset, f.flat_len), there);

        uint8_t copy[BYTES_MAX + 1];
        copy[there] = 0x5a;
        assert_int_equal(gather_copy(&f.g, offset, copy, len), there);
        assert_memory_equal(copy, f.flat + u32_min(offset, f.flat_len), there);
        assert_int_equal(copy[there], 0x5a);

        struct gather kept = f.g;
        gather_keep_front(&kept, len);
        check_bytes(&f, &kept, 0, u32_min(len, f.flat_len));

        struct gather rest = f.g;
        gather_drop_front(&rest, len);
        uint32_t dropped = u32_min(len, f.flat_len);
        check_bytes(&f, &rest, dropped, f.flat_len - dropped);
    }
}

static void test_add_refuses_when_full(void **state)
{
    (void)state;
    const uint8_t byte = 1;
    struct gather g;
    gather_init(&g);
    for (int i = 0; i < GATHER_PARTS_MAX; i++) assert_true(gather_add(&g, span_of(&byte, 1)));
    assert_false(gather_add(&g, span_of(&byte, 1)));
    assert_true(gather_add(&g, span_of(NULL, 0)));
    assert_int_equal(g.parts, GATHER_PARTS_MAX);
    assert_int_equal(g.len_bytes, GATHER_PARTS_MAX);
}

static void test_add_refuses_what_cannot_be_counted(void **state)
{
    (void)state;
    const uint8_t byte = 1;
    struct gather g;
    gather_init(&g);
    assert_true(gather_add(&g, span_of(&byte, 1)));
    assert_false(gather_add(&g, span_of(&byte, UINT32_MAX))); /* never read */
    assert_int_equal(g.parts, 1);
    assert_int_equal(g.len_bytes, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_cuts_match_flat_bytes),
        cmocka_unit_test(test_add_refuses_when_full),
        cmocka_unit_test(test_add_refuses_what_cannot_be_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
