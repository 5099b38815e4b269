/*
 * The stack of the public interface: life, time, frames in pieces.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "stack_pair.h"

static void a_stack_without_anything_has_no_deadline(void **state)
{
    (void)state;
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 5);
    assert_non_null(s);
    assert_true(vitro_stack_deadline(s) == VITRO_TIME_NEVER);
    vitro_stack_tick(s, 1000000);
    vitro_stack_check(s);
    vitro_stack_destroy(s);
    vitro_stack_destroy(NULL);
}

static void a_frame_for_no_interface_is_counted(void **state)
{
    (void)state;
    struct vitro_stack *s = vitro_stack_create(NULL, NULL, 0);
    struct vitro_counters counters;
    const struct vitro_span span = {(const uint8_t *)"E", 1};
    const struct vitro_frame frame = {.spans = &span, .span_count = 1, .len_bytes = 1};
    vitro_stack_input(s, 1, &frame, 0);
    vitro_stack_input(s, UINT32_MAX, &frame, 0);
    vitro_stack_counters(s, &counters);
    assert_int_equal(counters.drops[VITRO_DROP_LINK_NOT_FOR_US], 2);
    vitro_stack_destroy(s);
}

/* Delivers what has been queued with the payload cut off the headers, and into pieces. */
static void deliver_in_pieces(struct pair *p, uint32_t headers, uint32_t piece)
{
    struct list *link;
    while ((link = list_pop_front(&p->queue)) != NULL) {
        struct pair_frame *queued = CONTAINER_OF(link, struct pair_frame, link);
        struct vitro_span spans[VITRO_FRAME_SPANS_MAX];
        uint32_t count = 0;
        uint32_t at = 0;
        while (at < queued->len) {
            const uint32_t len = u32_min(at == 0 ? headers : piece, queued->len - at);
            spans[count++] = (struct vitro_span){queued->data + at, len};
            at += len;
        }
        const struct vitro_frame frame = {
            .spans = spans, .span_count = count, .len_bytes = queued->len};
        const int to = 1 - queued->from;
        vitro_stack_input(p->stack[to], (uint32_t)p->interface[to], &frame, p->now_us);
        free(queued->data);
        free(queued);
    }
}

static void a_frame_in_pieces_is_one(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    vitro_socket ping;
    struct vitro_ping_reply reply;
    char text[64];
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    const struct vitro_ip to = pair_endpoint(1, true, 0).ip;
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, "in some odd pieces", 18, p.now_us), 18);
    deliver_in_pieces(&p, 66, 3);
    assert_int_equal(vitro_tcp_receive(p.stack[1], server, text, sizeof text, p.now_us), 18);
    assert_memory_equal(text, "in some odd pieces", 18);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &ping), 0);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 1, "odd pieces", 10, p.now_us), 10);
    deliver_in_pieces(&p, 42, 3);
    deliver_in_pieces(&p, 42, 5);
    assert_int_equal(vitro_ping_receive(p.stack[0], ping, text, sizeof text, &reply), 10);
    assert_memory_equal(text, "odd pieces", 10);
    pair_teardown(&p);
}

/* Delivers all frames that wait, those of each direction as one batch. */
static void deliver_in_batches(struct pair *p)
{
    while (!list_is_empty(&p->queue)) {
        struct pair_frame *queued[256];
        struct vitro_span spans[256];
        struct vitro_frame frames[256];
        uint32_t count = 0;
        const int from = CONTAINER_OF(p->queue.next, struct pair_frame, link)->from;
        while (!list_is_empty(&p->queue) && count < 256) {
            struct pair_frame *frame = CONTAINER_OF(p->queue.next, struct pair_frame, link);
            if (frame->from != from) break;
            list_remove(&frame->link);
            queued[count] = frame;
            spans[count] = (struct vitro_span){frame->data, frame->len};
            frames[count] = (struct vitro_frame){
                .spans = &spans[count], .span_count = 1, .len_bytes = frame->len};
            count++;
        }
        vitro_stack_input_many(p->stack[1 - from], (uint32_t)p->interface[1 - from], frames, count,
                               p->now_us);
        vitro_stack_check(p->stack[1 - from]);
        for (uint32_t i = 0; i < count; i++) {
            free(queued[i]->data);
            free(queued[i]);
        }
    }
}

static void a_batch_is_what_its_frames_are(void **state)
{
    (void)state;
    enum { BYTES = 60000 };
    struct pair p;
    vitro_socket client;
    vitro_socket server;
    vitro_socket ping;
    static uint8_t data[BYTES];
    static uint8_t got[BYTES];
    const struct vitro_ip to = pair_endpoint(1, true, 0).ip;
    for (uint32_t i = 0; i < BYTES; i++) data[i] = (uint8_t)(i * 13 + i / 777);
    pair_setup(&p, NULL);
    const vitro_socket listener = pair_listen(&p, 1, 80);
    pair_connect(&p, listener, true, 80, &client, &server);
    assert_int_equal(vitro_ping_open(p.stack[0], 0, &ping), 0);
    assert_int_equal(vitro_tcp_send(p.stack[0], client, data, BYTES, p.now_us), BYTES);
    assert_int_equal(vitro_ping_send(p.stack[0], ping, &to, 1, "between", 7, p.now_us), 7);
    uint32_t len = 0;
    for (int round = 0; round < 1000 && len < BYTES; round++) {
        deliver_in_batches(&p);
        const int64_t n = vitro_tcp_receive(p.stack[1], server, got + len, BYTES - len, p.now_us);
        if (n > 0) len += (uint32_t)n;
        p.now_us += 1000;
        vitro_stack_tick(p.stack[0], p.now_us);
        vitro_stack_tick(p.stack[1], p.now_us);
    }
    assert_int_equal(len, BYTES);
    assert_memory_equal(data, got, BYTES);
    assert_true((vitro_readiness(p.stack[0], ping) & VITRO_READABLE) != 0);
    struct vitro_counters counters;
    vitro_stack_counters(p.stack[1], &counters);
    assert_true(counters.tcp.segments_in > BYTES / 1460); /* joined ones count as many */
    assert_int_equal(counters.drops[VITRO_DROP_TCP_CHECKSUM], 0);
    pair_teardown(&p);
}

static void too_many_pieces_are_dropped_by_name(void **state)
{
    (void)state;
    struct pair p;
    struct vitro_span spans[VITRO_FRAME_SPANS_MAX + 1];
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
        spans[i] = (struct vitro_span){(const uint8_t *)"x", 1};
    const struct vitro_frame frame = {.spans = spans,
                                      .span_count = VITRO_FRAME_SPANS_MAX + 1,
                                      .len_bytes = VITRO_FRAME_SPANS_MAX + 1};
    pair_setup(&p, NULL);
    vitro_stack_input(p.stack[0], 1, &frame, p.now_us);
    assert_int_equal(pair_drops(&p, 0, VITRO_DROP_IP_TOO_BIG), 1);
    pair_teardown(&p);
}

static void timers_run_at_their_deadline(void **state)
{
    (void)state;
    struct pair p;
    vitro_socket client;
    const struct vitro_endpoint nobody = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 77), 80);
    pair_setup(&p, NULL);
    assert_int_equal(vitro_tcp_open(p.stack[0], 0, &client), 0);
    assert_int_equal(vitro_tcp_connect(p.stack[0], client, &nobody, p.now_us), 0);
    const uint64_t first_us = vitro_stack_deadline(p.stack[0]);
    assert_true(first_us == p.now_us + 1000000);
    vitro_stack_tick(p.stack[0], first_us - 1);
    assert_true(vitro_stack_deadline(p.stack[0]) == first_us);
    /* three seconds late, and still one after the other */
    vitro_stack_tick(p.stack[0], first_us + 3000000);
    assert_true(p.events[VITRO_EVENT_RETRANSMIT] >= 2);
    assert_true(vitro_stack_deadline(p.stack[0]) > first_us + 3000000);
    pair_teardown(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_without_anything_has_no_deadline),
        cmocka_unit_test(a_frame_for_no_interface_is_counted),
        cmocka_unit_test(a_frame_in_pieces_is_one),
        cmocka_unit_test(a_batch_is_what_its_frames_are),
        cmocka_unit_test(too_many_pieces_are_dropped_by_name),
        cmocka_unit_test(timers_run_at_their_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
