/*
 * Connections that wait for buffer memory: who is told, when, in which order, and how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

#include "socket/socket.h"
#include "tcp/tcp_chunk.h"
#include "tcp/tcp_starved.h"

#define CONNS_MAX 50

struct world {
    struct pair p;
    vitro_socket client[CONNS_MAX], server[CONNS_MAX];
};

static uint8_t bytes[4 * TCP_CHUNK_BYTES];

/* `conns` connections from stack 0 to stack 1, of which one has `chunks` and receive buffers of two
 * chunks. */
static struct world *world_new(int side, uint32_t chunks, int conns)
{
    struct world *w = calloc(1, sizeof *w);
    struct vitro_config config;
    vitro_config_default(&config);
    config.tcp.chunks_max = chunks;
    config.tcp.rcvbuf_bytes = config.tcp.rcvbuf_bytes_max = 2 * TCP_CHUNK_BYTES;
    struct pair_options options = {.mtu_bytes = 1500};
    options.config[side] = &config;
    pair_setup(&w->p, &options);
    const vitro_socket listener = pair_listen(&w->p, 1, 80);
    for (int i = 0; i < conns; i++)
        pair_connect(&w->p, listener, true, 80, &w->client[i], &w->server[i]);
    struct vitro_ready ready;
    for (int i = 0; i < 2; i++)
        while (vitro_ready_next(w->p.stack[i], &ready)) continue;
    return w;
}

static void world_free(struct world *w)
{
    pair_teardown(&w->p);
    free(w);
}

static int64_t sends(struct world *w, int i, size_t len)
{
    return vitro_tcp_send(w->p.stack[0], w->client[i], bytes, len, w->p.now_us);
}

/* Drives stack 0 as its owner would, if there is something to do now. */
static bool ticks(struct world *w)
{
    struct vitro_stack *stack = w->p.stack[0];
    if (vitro_stack_deadline(stack) > w->p.now_us) return false;
    vitro_stack_tick(stack, w->p.now_us);
    vitro_stack_check(stack);
    assert_true(vitro_stack_deadline(stack) > w->p.now_us);
    return true;
}

/* How many sockets of stack 0 are told that they can be written to; the last one in `*last`. */
static uint32_t told(struct world *w, vitro_socket *last)
{
    struct vitro_ready ready;
    uint32_t count = 0;
    while (vitro_ready_next(w->p.stack[0], &ready)) {
        if ((ready.bits & VITRO_WRITABLE) == 0) continue;
        *last = ready.socket;
        count++;
    }
    return count;
}

static void a_writer_is_told_when_memory_comes_back(void **state)
{
    (void)state;
    struct world *w = world_new(0, 2, 2);
    vitro_socket who = 0;
    assert_int_equal(sends(w, 0, 3 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES);
    assert_int_equal(sends(w, 1, 1), -ENOBUFS);
    assert_int_equal(vitro_readiness(w->p.stack[0], w->client[1]) & VITRO_WRITABLE, 0);
    assert_false(ticks(w));
    assert_int_equal(told(w, &who), 0);
    pair_deliver(&w->p); /* acknowledged, and released */
    assert_true(ticks(w));
    assert_true(told(w, &who) >= 1);
    assert_true((vitro_readiness(w->p.stack[0], w->client[1]) & VITRO_WRITABLE) != 0);
    assert_int_equal(sends(w, 1, 1), 1);
    assert_true(list_is_empty(&w->p.stack[0]->stack.tcp.starved));
    world_free(w);
}

static void reserve_waits_like_send(void **state)
{
    (void)state;
    struct world *w = world_new(0, 2, 2);
    struct vitro_span_mut span;
    vitro_socket who = 0;
    struct vitro_stack *stack = w->p.stack[0];
    assert_int_equal(sends(w, 0, 3 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES);
    assert_int_equal(vitro_tcp_reserve(stack, w->client[1], 5, &span, 1), -ENOBUFS);
    pair_deliver(&w->p);
    assert_true(ticks(w));
    assert_true(told(w, &who) >= 1);
    assert_int_equal(vitro_tcp_reserve(stack, w->client[1], 5, &span, 1), 1);
    assert_int_equal(vitro_tcp_commit(stack, w->client[1], 0, w->p.now_us), 0);
    world_free(w);
}

/* Who has just had memory does not get what comes back before those who wait. */
static void writers_take_turns(void **state)
{
    (void)state;
    struct world *w = world_new(0, 2, 3);
    vitro_socket who = 0;
    struct vitro_stack *stack = w->p.stack[0];
    assert_int_equal(sends(w, 0, 2 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES);
    assert_int_equal(sends(w, 1, 1), -ENOBUFS);
    pair_deliver(&w->p);
    assert_int_equal(pool_room(&stack->stack.tcp.chunks), 1); /* the last ACK is delayed */
    assert_int_equal(sends(w, 0, 2 * TCP_CHUNK_BYTES), -ENOBUFS);
    assert_int_equal(sends(w, 2, 1), -ENOBUFS);
    assert_true(ticks(w));
    assert_int_equal(told(w, &who), 1); /* the first that waited */
    assert_int_equal(who, w->client[1]);
    assert_int_equal(sends(w, 1, 1), 1);
    assert_int_equal(sends(w, 0, 1), -ENOBUFS);
    assert_int_equal(sends(w, 2, 1), -ENOBUFS);
    pair_run(&w->p, 100000);
    assert_int_equal(told(w, &who), 3);
    assert_int_equal(sends(w, 2, 1), 1);
    assert_true(list_is_empty(&stack->stack.tcp.starved));
    world_free(w);
}

static void as_many_are_told_as_there_are_chunks(void **state)
{
    (void)state;
    struct world *w = world_new(0, 2, CONNS_MAX);
    vitro_socket who = 0;
    struct vitro_stack *stack = w->p.stack[0];
    assert_int_equal(sends(w, 0, 2 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES);
    for (int i = 1; i < CONNS_MAX; i++) assert_int_equal(sends(w, i, 1), -ENOBUFS);
    /* the first one goes with a RST: both chunks are free at once */
    assert_int_equal(vitro_tcp_abort(stack, w->client[0], w->p.now_us), 0);
    assert_true(ticks(w));
    assert_int_equal(told(w, &who), 2);
    assert_int_equal(who, w->client[2]);
    /* they do not want it any more: the next two have their turn soon */
    assert_int_equal(vitro_stack_deadline(stack), w->p.now_us + TCP_STARVED_ROUND_US);
    w->p.now_us += TCP_STARVED_ROUND_US;
    assert_true(ticks(w));
    assert_int_equal(told(w, &who), 2);
    assert_int_equal(who, w->client[4]);
    assert_int_equal(sends(w, 3, TCP_CHUNK_BYTES), TCP_CHUNK_BYTES);
    assert_int_equal(sends(w, 4, TCP_CHUNK_BYTES), TCP_CHUNK_BYTES);
    assert_true(vitro_stack_deadline(stack) > w->p.now_us + TCP_STARVED_ROUND_US);
    /* one that waits can be closed */
    assert_int_equal(vitro_tcp_abort(stack, w->client[5], w->p.now_us), 0);
    vitro_stack_check(stack);
    world_free(w);
}

static uint32_t server_window(struct world *w, int i)
{
    struct vitro_tcp_info info;
    assert_int_equal(vitro_tcp_info(w->p.stack[0], w->client[i], &info), 0);
    return info.send_window_bytes;
}

static bool hold_back(struct pair *pair, struct pair_frame *frame)
{
    (void)pair;
    return frame->from == 0;
}

/* RFC 9293 3.8.6.2.2: the window was closed for want of memory, not of a reader. */
static void a_window_opens_when_memory_comes_back(void **state)
{
    (void)state;
    struct world *w = world_new(1, 3, 2);
    struct vitro_stack *stack = w->p.stack[1];
    static uint8_t to[8000];
    assert_int_equal(sends(w, 0, 2 * TCP_CHUNK_BYTES), 2 * TCP_CHUNK_BYTES);
    pair_run(&w->p, 100000);
    assert_int_equal(vitro_tcp_readable_bytes(stack, w->server[0]), 2 * TCP_CHUNK_BYTES);
    assert_int_equal(server_window(w, 0), 0);
    w->p.filter = hold_back; /* what the last chunk holds does not arrive for now */
    assert_int_equal(vitro_tcp_send(stack, w->server[1], bytes, 9, w->p.now_us), 9);
    assert_int_equal(vitro_tcp_receive(stack, w->server[0], to, sizeof to, w->p.now_us), 8000);
    pair_deliver(&w->p);
    assert_int_equal(server_window(w, 0), 0); /* there was no memory to promise */
    w->p.filter = NULL;
    assert_int_equal(vitro_tcp_abort(stack, w->server[1], w->p.now_us), 0);
    assert_true(vitro_stack_deadline(stack) <= w->p.now_us);
    vitro_stack_tick(stack, w->p.now_us);
    pair_deliver(&w->p);
    assert_true(server_window(w, 0) >= 8000 - 1460);
    assert_int_equal(sends(w, 0, 5000), 5000);
    pair_run(&w->p, 1000000);
    assert_int_equal(vitro_tcp_readable_bytes(stack, w->server[0]),
                     2 * TCP_CHUNK_BYTES - 8000 + 5000);
    world_free(w);
}

static void thirty_writers_share_three_chunks(void **state)
{
    (void)state;
    enum { WRITERS = 30, EACH = 5 * TCP_CHUNK_BYTES };
    struct world *w = world_new(0, 3, WRITERS);
    size_t sent[WRITERS] = {0};
    uint64_t done_us[WRITERS] = {0};
    uint32_t done = 0;
    for (int i = 0; i < WRITERS; i++) {
        const int64_t got = sends(w, i, 1000);
        assert_true(got == 1000 || got == -ENOBUFS);
        if (got > 0) sent[i] = (size_t)got;
    }
    for (uint32_t rounds = 0; done < WRITERS && rounds < 100000; rounds++) {
        struct vitro_ready ready;
        pair_run(&w->p, 500);
        while (vitro_ready_next(w->p.stack[0], &ready)) {
            for (int i = 0; i < WRITERS; i++) {
                if (w->client[i] != ready.socket) continue;
                int64_t got = 1;
                while (sent[i] < EACH && got > 0) {
                    got = sends(w, i, size_min(EACH - sent[i], 7000));
                    if (got > 0) sent[i] += (size_t)got;
                }
                if (sent[i] < EACH || done_us[i] != 0) continue;
                done_us[i] = w->p.now_us;
                done++;
            }
        }
        for (int i = 0; i < WRITERS; i++) {
            static uint8_t to[65536];
            (void)!vitro_tcp_receive(w->p.stack[1], w->server[i], to, sizeof to, w->p.now_us);
        }
    }
    assert_int_equal(done, WRITERS); /* none is forgotten */
    uint64_t first_us = UINT64_MAX;
    uint64_t last_us = 0;
    for (int i = 0; i < WRITERS; i++) {
        first_us = u64_min(first_us, done_us[i]);
        last_us = u64_max(last_us, done_us[i]);
    }
    /* all began together: none has all of it long before the last */
    assert_true(first_us - PAIR_START_US >= (last_us - PAIR_START_US) / 2);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writer_is_told_when_memory_comes_back),
        cmocka_unit_test(reserve_waits_like_send),
        cmocka_unit_test(writers_take_turns),
        cmocka_unit_test(as_many_are_told_as_there_are_chunks),
        cmocka_unit_test(a_window_opens_when_memory_comes_back),
        cmocka_unit_test(thirty_writers_share_three_chunks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
