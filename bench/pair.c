/* Two stacks and two rings; see pair.h. */
#include "pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A frame with its slot never crosses the end of the ring: the space behind the last is left. */
#define FRAME_BYTES_MAX (65535u + 64u)
/* Frames taken from a ring at a time. */
#define PAIR_BATCH      64

double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_must(bool ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "vitro_bench: %s failed\n", what);
    exit(1);
}

void bench_print(const char *name, double value, const char *unit)
{
    printf("%s %.*f %s\n", name, value < 100 ? 2 : 0, value, unit);
    fflush(stdout);
}

static uint32_t slot_bytes(uint32_t frame_bytes)
{
    return (uint32_t)sizeof(struct pair_slot) + ((frame_bytes + 7u) & ~7u);
}

static struct pair_slot *ring_slot(struct pair_ring *ring, uint32_t at)
{
    return (struct pair_slot *)(void *)(ring->bytes + at);
}

static void on_output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    (void)interface;
    (void)now_us;
    struct pair_ring *ring = &((struct pair_end *)owner)->out;
    uint32_t need = slot_bytes(frame->len_bytes);
    if (ring->tail + need + FRAME_BYTES_MAX > PAIR_RING_BYTES && ring->head > need) {
        /* a zero-length slot says: go on at the start */
        *ring_slot(ring, ring->tail) = (struct pair_slot){0};
        ring->tail = 0;
    }
    bool is_behind = ring->tail < ring->head;
    uint32_t end = is_behind ? ring->head : PAIR_RING_BYTES;
    if (ring->tail + need + sizeof(struct pair_slot) >= end) {
        ring->lost++;
        return;
    }
    struct pair_slot *slot = ring_slot(ring, ring->tail);
    *slot = (struct pair_slot){.len_bytes = frame->len_bytes,
                               .segment_bytes = frame->segment_bytes,
                               .checksum_partial = frame->checksum_partial};
    vitro_frame_copy(frame, slot + 1, frame->len_bytes);
    ring->tail += need;
}

static uint32_t on_sink(void *owner, vitro_socket socket, uint64_t user,
                        const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                        uint64_t now_us)
{
    (void)socket;
    (void)user;
    (void)spans;
    (void)span_count;
    (void)now_us;
    ((struct pair_end *)owner)->sunk_bytes += len_bytes;
    return len_bytes;
}

static void end_init(struct pair *pair, struct pair_end *end, const struct vitro_config *config,
                     const struct pair_options *options, uint8_t last)
{
    *end = (struct pair_end){.pair = pair};
    end->out.bytes = aligned_alloc(64, PAIR_RING_BYTES);
    bench_must(end->out.bytes != NULL, "memory");
    const struct vitro_callbacks callbacks = {.owner = end, .output = on_output, .sink = on_sink};
    end->stack = vitro_stack_create(config, &callbacks, pair->now_us);
    bench_must(end->stack != NULL, "vitro_stack_create");
    struct vitro_interface_config interface = vitro_interface_default(NULL);
    interface.mtu_bytes = options->mtu_bytes;
    interface.super_bytes_max = options->super_bytes_max;
    interface.checksum_offload = options->checksum_offload;
    end->interface = vitro_interface_add(end->stack, &interface, pair->now_us);
    bench_must(end->interface > 0, "vitro_interface_add");
    struct vitro_ip ip = vitro_ip_v4(10, 0, 0, last);
    int result = vitro_address_add(end->stack, (uint32_t)end->interface, &ip, 24, pair->now_us);
    bench_must(result == 0, "vitro_address_add");
}

void pair_init(struct pair *pair, const struct vitro_config *config,
               const struct pair_options *options)
{
    *pair = (struct pair){.now_us = 1000000};
    end_init(pair, &pair->a, config, options, 1);
    end_init(pair, &pair->b, config, options, 2);
}

void pair_deinit(struct pair *pair)
{
    struct pair_end *const ends[] = {&pair->a, &pair->b};
    for (size_t i = 0; i < 2; i++) {
        vitro_stack_destroy(ends[i]->stack);
        free(ends[i]->out.bytes);
    }
}

/* Gives what `from` has sent to `to`, as a device's queue is read: a batch at a time. Whether there
 * was anything. */
static bool deliver(struct pair_end *from, struct pair_end *to, uint64_t now_us)
{
    struct pair_ring *ring = &from->out;
    if (ring->head == ring->tail) return false;
    while (ring->head != ring->tail) {
        struct vitro_span spans[PAIR_BATCH];
        struct vitro_frame frames[PAIR_BATCH];
        uint32_t count = 0, next = ring->head;
        while (next != ring->tail && count < PAIR_BATCH) {
            struct pair_slot *slot = ring_slot(ring, next);
            if (slot->len_bytes == 0) {
                next = 0;
                continue;
            }
            spans[count] = (struct vitro_span){(const uint8_t *)(slot + 1), slot->len_bytes};
            frames[count] = (struct vitro_frame){.spans = &spans[count],
                                                 .span_count = 1,
                                                 .len_bytes = slot->len_bytes,
                                                 .segment_bytes = slot->segment_bytes,
                                                 .checksum_partial = slot->checksum_partial};
            count++;
            next += slot_bytes(slot->len_bytes);
        }
        vitro_stack_input_many(to->stack, (uint32_t)to->interface, frames, count, now_us);
        ring->head = next;
    }
    ring->head = ring->tail = 0;
    return true;
}

void pair_run(struct pair *pair)
{
    bool moved = true;
    while (moved) {
        moved = deliver(&pair->a, &pair->b, pair->now_us);
        if (deliver(&pair->b, &pair->a, pair->now_us)) moved = true;
    }
    pair->now_us++;
    if (vitro_stack_deadline(pair->a.stack) <= pair->now_us) {
        vitro_stack_tick(pair->a.stack, pair->now_us);
    }
    if (vitro_stack_deadline(pair->b.stack) <= pair->now_us) {
        vitro_stack_tick(pair->b.stack, pair->now_us);
    }
}

void pair_run_to_deadline(struct pair *pair)
{
    pair_run(pair);
    if (pair->a.out.head != pair->a.out.tail || pair->b.out.head != pair->b.out.tail) return;
    uint64_t a_us = vitro_stack_deadline(pair->a.stack);
    uint64_t b_us = vitro_stack_deadline(pair->b.stack);
    uint64_t next_us = a_us < b_us ? a_us : b_us;
    if (next_us == VITRO_TIME_NEVER || next_us <= pair->now_us) return;
    pair->now_us = next_us;
    vitro_stack_tick(pair->a.stack, next_us);
    vitro_stack_tick(pair->b.stack, next_us);
}

vitro_socket pair_listen(struct pair *pair, uint16_t port, uint32_t backlog)
{
    vitro_socket listener;
    struct vitro_endpoint local = vitro_endpoint_any(port);
    bench_must(vitro_tcp_open(pair->b.stack, port, &listener) == 0, "vitro_tcp_open");
    bench_must(vitro_bind(pair->b.stack, listener, &local) == 0, "vitro_bind");
    bench_must(vitro_tcp_listen(pair->b.stack, listener, backlog) == 0, "vitro_tcp_listen");
    return listener;
}

void pair_connect(struct pair *pair, vitro_socket listener, uint16_t port, vitro_socket *client,
                  vitro_socket *server)
{
    struct vitro_endpoint remote = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 2), port);
    bench_must(vitro_tcp_open(pair->a.stack, 0, client) == 0, "vitro_tcp_open");
    bench_must(vitro_tcp_connect(pair->a.stack, *client, &remote, pair->now_us) == 0,
               "vitro_tcp_connect");
    pair_run(pair);
    bench_must(vitro_tcp_accept(pair->b.stack, listener, 0, server, NULL) == 0, "vitro_tcp_accept");
}
