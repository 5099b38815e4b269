/*
 * The send buffer against a byte array: random writes, reservations, gathers and releases, with a
 * pool that runs out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_sendbuf.h"

#define MODEL_BYTES (1u << 20)
#define CHUNKS      12u
#define PARTS       6u

struct fixture {
    struct tcp_sendbuf buf;
    struct pool chunks;
    struct rng rng;
    uint8_t *model; /* what is queued */
    uint32_t len;
    uint8_t *bytes;               /* room for one write */
    struct span_mut parts[PARTS]; /* of the open reservation */
    uint32_t parts_count;
    uint32_t reserved;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->model = malloc(MODEL_BYTES);
    f->bytes = malloc(MODEL_BYTES);
    pool_init(&f->chunks, "chunks", sizeof(struct tcp_chunk), CHUNKS);
    tcp_sendbuf_init(&f->buf);
    rng_seed(&f->rng, 20250717);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tcp_sendbuf_clear(&f->buf, &f->chunks);
    assert_int_equal(f->chunks.in_use, 0);
    pool_deinit(&f->chunks);
    free(f->model);
    free(f->bytes);
    free(f);
    return 0;
}

static void fill(struct fixture *f, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++) to[i] = (uint8_t)rng_u32(&f->rng);
}

/* A length of one of the sizes that matter: a few bytes, a segment, about a chunk, several. */
static uint32_t some_len(struct fixture *f)
{
    static const uint32_t limits[] = {4, 1500, TCP_CHUNK_BYTES + 2, 5 * TCP_CHUNK_BYTES};
    return (uint32_t)rng_below(&f->rng, limits[rng_below(&f->rng, ARRAY_COUNT(limits))]);
}

static void model_append(struct fixture *f, const uint8_t *data, uint32_t len)
{
    assert_true(len <= MODEL_BYTES - f->len);
    memcpy(f->model + f->len, data, len);
    f->len += len;
}

static uint32_t write_some(struct fixture *f, uint32_t len)
{
    fill(f, f->bytes, len);
    const uint32_t taken = tcp_sendbuf_write(&f->buf, &f->chunks, f->bytes, len);
    model_append(f, f->bytes, taken);
    f->reserved = 0;
    f->parts_count = 0;
    if (taken < len) assert_int_equal(f->chunks.in_use, CHUNKS);
    return taken;
}

static void reserve_some(struct fixture *f, uint32_t len)
{
    const uint32_t parts_max = 1 + (uint32_t)rng_below(&f->rng, PARTS);
    f->parts_count = tcp_sendbuf_reserve(&f->buf, &f->chunks, len, f->parts, parts_max);
    assert_true(f->parts_count <= parts_max);
    f->reserved = 0;
    for (uint32_t i = 0; i < f->parts_count; i++) {
        assert_true(f->parts[i].len > 0);
        f->reserved += (uint32_t)f->parts[i].len;
    }
    assert_true(f->reserved <= len);
    if (f->reserved < len) {
        assert_true(f->parts_count == parts_max || f->chunks.in_use == CHUNKS);
    }
}

/* Writes all of the reserved room, as readv would, and commits a part of it. */
static void commit_some(struct fixture *f)
{
    const uint32_t len = (uint32_t)rng_below(&f->rng, f->reserved + 1);
    uint32_t left = len;
    for (uint32_t i = 0; i < f->parts_count; i++) {
        fill(f, f->parts[i].data, f->parts[i].len);
        const uint32_t n = u32_min(left, (uint32_t)f->parts[i].len);
        model_append(f, f->parts[i].data, n);
        left -= n;
    }
    tcp_sendbuf_commit(&f->buf, &f->chunks, len);
    f->reserved = 0;
    f->parts_count = 0;
}

static void gather_and_compare(struct fixture *f, uint32_t offset, uint32_t len)
{
    struct gather out;
    tcp_sendbuf_gather(&f->buf, offset, len, &out);
    const uint32_t expected = u32_min(len, f->len - offset);
    assert_true(out.len_bytes == expected || out.parts == GATHER_PARTS_MAX);
    assert_int_equal(gather_copy(&out, 0, f->bytes, out.len_bytes), out.len_bytes);
    assert_memory_equal(f->bytes, f->model + offset, out.len_bytes);
}

static void release_some(struct fixture *f, uint32_t len)
{
    tcp_sendbuf_release(&f->buf, &f->chunks, len);
    memmove(f->model, f->model + len, f->len - len);
    f->len -= len;
}

static void check(const struct fixture *f)
{
    assert_int_equal(f->buf.len_bytes, f->len);
    /* No more memory than the bytes ask for: a partly used chunk at each end. */
    assert_true(f->chunks.in_use <= (f->len + f->reserved) / TCP_CHUNK_BYTES + 2);
    assert_int_equal(tcp_sendbuf_is_empty(&f->buf), f->len == 0 && f->reserved == 0);
    if (f->len == 0 && f->reserved == 0) assert_int_equal(f->chunks.in_use, 0);
}

static void test_random_operations_match_a_byte_array(void **state)
{
    struct fixture *f = *state;
    for (uint32_t step = 0; step < 60000; step++) {
        switch (rng_below(&f->rng, 6)) {
        case 0: (void)write_some(f, some_len(f)); break;
        case 1: reserve_some(f, some_len(f)); break;
        case 2: commit_some(f); break;
        case 3:
        case 4: gather_and_compare(f, (uint32_t)rng_below(&f->rng, f->len + 1), some_len(f)); break;
        case 5: release_some(f, u32_min(some_len(f), f->len)); break;
        }
        if (rng_chance_ppm(&f->rng, 2000)) release_some(f, f->len);
        if (rng_chance_ppm(&f->rng, 500)) {
            tcp_sendbuf_clear(&f->buf, &f->chunks);
            f->len = f->reserved = f->parts_count = 0;
            assert_int_equal(f->chunks.in_use, 0);
        }
        check(f);
    }
    assert_true(f->chunks.failures > 0); /* the pool did run out */
}

static void test_bytes_do_not_move_while_others_come_and_go(void **state)
{
    struct fixture *f = *state;
    (void)write_some(f, 3 * TCP_CHUNK_BYTES / 2);
    struct gather before, after;
    tcp_sendbuf_gather(&f->buf, 1000, 20000, &before);
    (void)write_some(f, 2 * TCP_CHUNK_BYTES);
    release_some(f, 1000);
    tcp_sendbuf_gather(&f->buf, 0, 20000, &after);
    assert_int_equal(before.parts, 2);
    assert_int_equal(after.parts, 2);
    for (uint32_t i = 0; i < before.parts; i++) {
        assert_ptr_equal(before.part[i].data, after.part[i].data);
        assert_int_equal(before.part[i].len, after.part[i].len);
    }
}

static void test_sequential_gather_stays_on_its_hint(void **state)
{
    struct fixture *f = *state;
    (void)write_some(f, 8 * TCP_CHUNK_BYTES);
    uint32_t sent = 0;
    while (sent < 6 * TCP_CHUNK_BYTES) {
        gather_and_compare(f, sent, 1460);
        sent += 1460;
        assert_true(tcp_chunk_covers(f->buf.hint_new, f->buf.front + sent - 1));
    }
    /* Retransmission has a place of its own; releasing the front takes neither away. */
    const struct tcp_chunk *hint_new = f->buf.hint_new;
    gather_and_compare(f, 3 * TCP_CHUNK_BYTES, 1460);
    assert_ptr_equal(f->buf.hint_new, hint_new);
    release_some(f, 2 * TCP_CHUNK_BYTES);
    assert_ptr_equal(f->buf.hint_new, hint_new);
    assert_true(tcp_chunk_covers(f->buf.hint_again, f->buf.front + TCP_CHUNK_BYTES));
    gather_and_compare(f, TCP_CHUNK_BYTES + 1460, 1460);
    release_some(f, 3 * TCP_CHUNK_BYTES);
    assert_null(f->buf.hint_again);
    gather_and_compare(f, 0, f->len);
}

static void test_gather_is_cut_where_the_parts_end(void **state)
{
    struct fixture *f = *state;
    f->chunks.objects_max = GATHER_PARTS_MAX + 5;
    assert_int_equal(write_some(f, (GATHER_PARTS_MAX + 5) * TCP_CHUNK_BYTES),
                     (GATHER_PARTS_MAX + 5) * TCP_CHUNK_BYTES);
    struct gather out;
    tcp_sendbuf_gather(&f->buf, 10, UINT32_MAX, &out);
    assert_int_equal(out.parts, GATHER_PARTS_MAX);
    assert_int_equal(out.len_bytes, GATHER_PARTS_MAX * TCP_CHUNK_BYTES - 10);
    gather_and_compare(f, out.len_bytes + 10, 1460);
    tcp_sendbuf_gather(&f->buf, f->len, 1, &out);
    assert_int_equal(out.len_bytes, 0);
}

static void test_reserved_room_outlives_the_release_of_everything(void **state)
{
    struct fixture *f = *state;
    (void)write_some(f, 100);
    f->parts_count = tcp_sendbuf_reserve(&f->buf, &f->chunks, 50, f->parts, PARTS);
    f->reserved = 50;
    assert_int_equal(f->parts_count, 1);
    release_some(f, 100);
    assert_int_equal(f->chunks.in_use, 1);
    fill(f, f->parts[0].data, 50);
    model_append(f, f->parts[0].data, 50);
    tcp_sendbuf_commit(&f->buf, &f->chunks, 50);
    f->reserved = 0;
    gather_and_compare(f, 0, 50);
    release_some(f, 50);
    assert_int_equal(f->chunks.in_use, 0);
    /* Who reserves in vain commits nothing and owns nothing. */
    assert_int_equal(tcp_sendbuf_reserve(&f->buf, &f->chunks, 40000, f->parts, PARTS), 3);
    assert_int_equal(f->chunks.in_use, 3);
    tcp_sendbuf_commit(&f->buf, &f->chunks, 0);
    assert_int_equal(f->chunks.in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_operations_match_a_byte_array, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_do_not_move_while_others_come_and_go, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_sequential_gather_stays_on_its_hint, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gather_is_cut_where_the_parts_end, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reserved_room_outlives_the_release_of_everything,
                                        setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
