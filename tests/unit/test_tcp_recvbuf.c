/*
 * The receive buffer against a byte map: random overlapping writes anywhere in the window, reading
 * in order, chunks given back on the way, a pool that runs out in the middle of a write.
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
#include "tcp/tcp_recvbuf.h"

#define WINDOW (12u * TCP_CHUNK_BYTES + 77u)
#define SPANS  4u

struct fixture {
    struct tcp_recvbuf buf;
    struct pool chunks;
    struct rng rng;
    uint8_t *model; /* the byte at offset read + i */
    bool *there;    /* whether it has been written */
    uint8_t *bytes;
    uint8_t *copy;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    f->model = calloc(WINDOW, 1);
    f->there = calloc(WINDOW, sizeof(bool));
    f->bytes = malloc(WINDOW);
    f->copy = malloc(WINDOW);
    pool_init(&f->chunks, "chunks", sizeof(struct tcp_chunk), 64);
    tcp_recvbuf_init(&f->buf);
    rng_seed(&f->rng, 7);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tcp_recvbuf_clear(&f->buf, &f->chunks);
    assert_int_equal(f->chunks.in_use, 0);
    pool_deinit(&f->chunks);
    free(f->model);
    free(f->there);
    free(f->bytes);
    free(f->copy);
    free(f);
    return 0;
}

/* `len` random bytes in f->bytes, cut into a few parts of a gather. */
static void make_segment(struct fixture *f, uint32_t len, struct gather *out)
{
    for (uint32_t i = 0; i < len; i++) f->bytes[i] = (uint8_t)rng_u32(&f->rng);
    gather_init(out);
    uint32_t at = 0;
    while (at < len) {
        uint32_t n = len - at;
        if (out->parts < 4) n = 1 + (uint32_t)rng_below(&f->rng, n);
        assert_true(gather_add(out, span_of(f->bytes + at, n)));
        at += n;
    }
}

/* Writes at `place` bytes beyond `read`, without the first `from` bytes of the segment. */
static uint32_t write_at(struct fixture *f, uint32_t place, uint32_t from, uint32_t len)
{
    struct gather data;
    make_segment(f, from + len, &data);
    const uint32_t done = tcp_recvbuf_write(&f->buf, &f->chunks, f->buf.read + place, &data, from);
    assert_true(done <= len);
    if (done < len) assert_int_equal(f->chunks.in_use, f->chunks.objects_max);
    memcpy(f->model + place, f->bytes + from, done);
    for (uint32_t i = 0; i < done; i++) f->there[place + i] = true;
    return done;
}

/* Moves `ready` as far as the map says. */
static void advance(struct fixture *f)
{
    uint32_t ready = 0;
    while (ready < WINDOW && f->there[ready]) ready++;
    f->buf.ready = f->buf.read + ready;
}

static void model_drop(struct fixture *f, uint32_t len)
{
    memmove(f->model, f->model + len, WINDOW - len);
    memmove(f->there, f->there + len, (WINDOW - len) * sizeof(bool));
    memset(f->there + WINDOW - len, 0, len * sizeof(bool));
}

static void compare(struct fixture *f)
{
    const uint32_t ready = tcp_recvbuf_ready_bytes(&f->buf);
    const uint32_t len = (uint32_t)rng_below(&f->rng, ready + 1000);
    const uint32_t got = tcp_recvbuf_copy(&f->buf, f->copy, u32_min(len, WINDOW));
    assert_int_equal(got, u32_min(len, ready));
    assert_memory_equal(f->copy, f->model, got);
    struct span parts[SPANS];
    const uint32_t count = tcp_recvbuf_peek(&f->buf, parts, SPANS);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        assert_true(parts[i].len > 0 && parts[i].len <= ready - at);
        assert_memory_equal(parts[i].data, f->model + at, parts[i].len);
        at += (uint32_t)parts[i].len;
    }
    assert_true(at == ready || count == SPANS);
}

/* Chunks with a byte in them, and nothing else: the bound that the head comment promises. */
static void check_memory(const struct fixture *f)
{
    uint32_t chunks = 0;
    uint64_t last = UINT64_MAX;
    for (uint32_t i = 0; i < WINDOW; i++) {
        if (!f->there[i]) continue;
        const uint64_t chunk = (f->buf.read + i) / TCP_CHUNK_BYTES;
        if (chunk != last) chunks++;
        last = chunk;
    }
    /* The chunk at `read` may stay for the bytes it held. */
    assert_true(f->chunks.in_use == chunks || f->chunks.in_use == chunks + 1);
    if (chunks == 0) assert_int_equal(f->chunks.in_use, 0);
    assert_true(f->chunks.in_use <= WINDOW / TCP_CHUNK_BYTES + 2);
}

static uint32_t some_place(struct fixture *f)
{
    const uint32_t ready = tcp_recvbuf_ready_bytes(&f->buf);
    switch (rng_below(&f->rng, 4)) {
    case 0: return (uint32_t)rng_below(&f->rng, WINDOW);
    case 1: return u32_min(ready + (uint32_t)rng_below(&f->rng, 5000), WINDOW - 1);
    default: return u32_min(ready, WINDOW - 1);
    }
}

static void step(struct fixture *f)
{
    const uint32_t place = some_place(f);
    const uint32_t limit = rng_chance_ppm(&f->rng, 100000) ? WINDOW : 3000;
    const uint32_t len = (uint32_t)rng_below(&f->rng, u32_min(limit, WINDOW - place) + 1);
    const uint32_t from = (uint32_t)rng_below(&f->rng, u32_min(20, WINDOW - len) + 1);
    (void)write_at(f, place, from, len);
    advance(f);
    compare(f);
    if (rng_chance_ppm(&f->rng, 300000)) {
        uint32_t n = tcp_recvbuf_ready_bytes(&f->buf);
        if (rng_chance_ppm(&f->rng, 500000)) n = (uint32_t)rng_below(&f->rng, n + 1);
        tcp_recvbuf_consume(&f->buf, &f->chunks, n);
        model_drop(f, n);
    }
}

static void test_random_writes_match_a_byte_map(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 6000; i++) {
        step(f);
        if (i % 8 == 0) check_memory(f);
    }
    assert_int_equal(f->chunks.failures, 0);
    assert_true(f->buf.read > 20 * (uint64_t)WINDOW);
}

static void test_random_writes_survive_an_exhausted_pool(void **state)
{
    struct fixture *f = *state;
    f->chunks.objects_max = 5;
    for (uint32_t i = 0; i < 4000; i++) {
        step(f);
        check_memory(f);
        /* What fills the first hole may have no chunk: then the far data goes (reneging). */
        if (tcp_recvbuf_ready_bytes(&f->buf) == 0 && f->chunks.in_use == 5) {
            tcp_recvbuf_clear(&f->buf, &f->chunks);
            memset(f->there, 0, WINDOW * sizeof(bool));
        }
    }
    assert_true(f->chunks.failures > 100);
}

static void test_a_write_stops_where_the_pool_ends(void **state)
{
    struct fixture *f = *state;
    f->chunks.objects_max = 2;
    assert_int_equal(write_at(f, 100, 0, 3 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES - 100);
    assert_int_equal(f->buf.end, 2 * TCP_CHUNK_BYTES);
    assert_int_equal(write_at(f, 2 * TCP_CHUNK_BYTES, 0, 1), 0);
    assert_int_equal(write_at(f, 0, 0, 100), 100);
    advance(f);
    compare(f);
    assert_int_equal(tcp_recvbuf_ready_bytes(&f->buf), 2 * TCP_CHUNK_BYTES);
}

static void test_a_hole_is_filled_without_moving_what_is_behind_it(void **state)
{
    struct fixture *f = *state;
    (void)write_at(f, 1460, 0, 1460);
    assert_int_equal(tcp_recvbuf_ready_bytes(&f->buf), 0);
    assert_int_equal(f->chunks.in_use, 1);
    (void)write_at(f, 0, 0, 1460);
    advance(f);
    struct span part;
    assert_int_equal(tcp_recvbuf_peek(&f->buf, &part, 1), 1);
    assert_int_equal(part.len, 2920);
    assert_memory_equal(part.data, f->model, 2920);
}

static void test_reading_everything_gives_all_memory_back(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 100; i++) {
        (void)write_at(f, 0, 0, 1460);
        advance(f);
        tcp_recvbuf_consume(&f->buf, &f->chunks, 1460);
        model_drop(f, 1460);
        assert_int_equal(f->chunks.in_use, 0);
    }
    assert_int_equal(f->chunks.peak, 2); /* a write across a boundary */
}

static void test_single_bytes(void **state)
{
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(write_at(f, i, 0, 1), 1);
        assert_int_equal(f->buf.end, i + 1);
        tcp_recvbuf_consume(&f->buf, &f->chunks, 0); /* takes nothing away */
    }
    assert_int_equal(write_at(f, 3, 5, 0), 0);
    advance(f);
    assert_int_equal(tcp_recvbuf_ready_bytes(&f->buf), 3);
    compare(f);
}

static void test_bytes_that_bypass_the_buffer_are_skipped(void **state)
{
    struct fixture *f = *state;
    (void)write_at(f, TCP_CHUNK_BYTES + 500, 0, 100);
    tcp_recvbuf_skip(&f->buf, &f->chunks, TCP_CHUNK_BYTES + 500);
    model_drop(f, TCP_CHUNK_BYTES + 500);
    advance(f);
    assert_int_equal(tcp_recvbuf_ready_bytes(&f->buf), 100);
    compare(f);
    tcp_recvbuf_consume(&f->buf, &f->chunks, 100);
    model_drop(f, 100);
    assert_int_equal(f->chunks.in_use, 0);
    tcp_recvbuf_skip(&f->buf, &f->chunks, 1000000);
    assert_int_equal(f->buf.read, TCP_CHUNK_BYTES + 1000600);
    (void)write_at(f, 0, 3, 10);
    advance(f);
    compare(f);
    /* Data once written out of order may be passed by what goes around the buffer. */
    f->buf.ready = f->buf.read;
    tcp_recvbuf_skip(&f->buf, &f->chunks, 10);
    model_drop(f, 10);
    assert_int_equal(f->chunks.in_use, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_writes_match_a_byte_map, setup, teardown),
        cmocka_unit_test_setup_teardown(test_random_writes_survive_an_exhausted_pool, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_write_stops_where_the_pool_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hole_is_filled_without_moving_what_is_behind_it,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_reading_everything_gives_all_memory_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_single_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bytes_that_bypass_the_buffer_are_skipped, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
