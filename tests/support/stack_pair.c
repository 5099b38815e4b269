/*
 * The queue between two stacks. Frames are copied when they are sent, into blocks of exactly their
 * length, so that the sanitizer sees every read beyond one.
 */
#include "stack_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* Frames one call delivers, at most: a storm is a bug. */
#define DELIVER_MAX 200000u

static void on_output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    struct pair_end *end = owner;
    struct pair *pair = end->pair;
    (void)now_us;
    assert_int_equal(interface, pair->interface[end->side]);
    struct pair_frame *queued = calloc(1, sizeof *queued);
    assert_non_null(queued);
    queued->from = end->side;
    queued->segment_bytes = frame->segment_bytes;
    queued->checksum_partial = frame->checksum_partial;
    queued->len = frame->len_bytes;
    queued->data = malloc(frame->len_bytes);
    assert_non_null(queued->data);
    assert_int_equal(vitro_frame_copy(frame, queued->data, queued->len), queued->len);
    pair->sent[end->side]++;
    if (frame->segment_bytes != 0) pair->super_sent++;
    if (frame->checksum_partial) pair->partial_sent++;
    if (frame->len_bytes > pair->len_max) pair->len_max = frame->len_bytes;
    if (pair->filter != NULL && !pair->filter(pair, queued)) {
        free(queued->data);
        free(queued);
        return;
    }
    list_push_back(&pair->queue, &queued->link);
}

static void on_event(void *owner, const struct vitro_event *event)
{
    struct pair_end *end = owner;
    end->pair->events[event->kind]++;
    end->pair->last_event = *event;
}

static uint32_t on_sink(void *owner, vitro_socket socket, uint64_t user,
                        const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                        uint64_t now_us)
{
    struct pair *pair = ((struct pair_end *)owner)->pair;
    (void)socket;
    (void)user;
    (void)now_us;
    uint32_t room = pair->sink_max - pair->sink_len;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < span_count && room > 0; i++) {
        const uint32_t part = u32_min((uint32_t)spans[i].len, room);
        memcpy(pair->sink + pair->sink_len, spans[i].data, part);
        pair->sink_len += part;
        taken += part;
        room -= part;
    }
    assert_true(taken <= len_bytes);
    return taken;
}

struct vitro_endpoint pair_endpoint(int side, bool is_v4, uint16_t port)
{
    struct vitro_ip ip = vitro_ip_v4(10, 0, 0, (uint8_t)(side + 1));
    if (!is_v4) {
        memset(&ip, 0, sizeof ip);
        ip.bytes[0] = 0xfd;
        ip.bytes[15] = (uint8_t)(side + 1);
    }
    return vitro_endpoint_of(ip, port);
}

static void setup_side(struct pair *pair, int side, const struct pair_options *options)
{
    const uint8_t mac[6] = {2, 0, 0, 0, 0, (uint8_t)(side + 1)};
    struct vitro_config config;
    vitro_config_default(&config);
    vitro_config_seed(&config, (uint64_t)side + 1);
    pair->end[side] = (struct pair_end){.pair = pair, .side = side};
    const struct vitro_callbacks callbacks = {
        .owner = &pair->end[side], .output = on_output, .event = on_event, .sink = on_sink};
    pair->stack[side] = vitro_stack_create(
        options->config[side] != NULL ? options->config[side] : &config, &callbacks, pair->now_us);
    assert_non_null(pair->stack[side]);
    struct vitro_interface_config link = vitro_interface_default(options->is_bare ? NULL : mac);
    if (options->mtu_bytes != 0) link.mtu_bytes = options->mtu_bytes;
    link.super_bytes_max = options->super_bytes_max;
    link.checksum_offload = options->checksum_offload;
    link.accepts_any = options->accepts_any && side == 1;
    pair->interface[side] = vitro_interface_add(pair->stack[side], &link, pair->now_us);
    assert_true(pair->interface[side] > 0);
    const uint32_t interface = (uint32_t)pair->interface[side];
    const struct vitro_ip v4 = pair_endpoint(side, true, 0).ip;
    const struct vitro_ip v6 = pair_endpoint(side, false, 0).ip;
    assert_int_equal(vitro_address_add(pair->stack[side], interface, &v4, 24, pair->now_us), 0);
    if (link.mtu_bytes < 1280) return;
    assert_int_equal(vitro_address_add(pair->stack[side], interface, &v6, 64, pair->now_us), 0);
}

void pair_setup(struct pair *pair, const struct pair_options *options)
{
    static const struct pair_options plain = {.mtu_bytes = 1500};
    memset(pair, 0, sizeof *pair);
    pair->now_us = PAIR_START_US;
    pair->sink_max = sizeof pair->sink;
    list_init(&pair->queue);
    for (int side = 0; side < 2; side++) setup_side(pair, side, options != NULL ? options : &plain);
    pair_deliver(pair);
}

static void frame_free(struct pair_frame *frame)
{
    free(frame->data);
    free(frame);
}

void pair_teardown(struct pair *pair)
{
    struct list *link;
    while ((link = list_pop_front(&pair->queue)) != NULL)
        frame_free(CONTAINER_OF(link, struct pair_frame, link));
    for (int side = 0; side < 2; side++) vitro_stack_destroy(pair->stack[side]);
}

void pair_inject(struct pair *pair, int to, const void *data, size_t len)
{
    const struct vitro_span span = {data, len};
    const struct vitro_frame frame = {.spans = &span, .span_count = 1, .len_bytes = (uint32_t)len};
    vitro_stack_input(pair->stack[to], (uint32_t)pair->interface[to], &frame, pair->now_us);
}

void pair_inject_ip(struct pair *pair, uint8_t protocol, const struct vitro_ip *src,
                    const struct vitro_ip *dst, const void *payload, size_t len)
{
    uint8_t bytes[2048];
    const struct vitro_ip to = dst != NULL ? *dst : pair_endpoint(1, true, 0).ip;
    const bool is_v4 = vitro_ip_is_v4(&to);
    const struct vitro_ip from = src != NULL ? *src : pair_endpoint(0, is_v4, 0).ip;
    const struct eth_repr eth = {.dst = {{2, 0, 0, 0, 0, 2}},
                                 .src = {{2, 0, 0, 0, 0, 1}},
                                 .ethertype = is_v4 ? ETH_TYPE_IP4 : ETH_TYPE_IP6};
    const size_t ip_bytes = is_v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES;
    assert_true(ETH_HEADER_BYTES + ip_bytes + len <= sizeof bytes);
    eth_emit(&eth, span_mut_of(bytes, ETH_HEADER_BYTES));
    const struct span_mut room = span_mut_of(bytes + ETH_HEADER_BYTES, ip_bytes);
    if (is_v4) {
        const struct ip4_repr ip = {.src = ip_addr_from_v6(from.bytes),
                                    .dst = ip_addr_from_v6(to.bytes),
                                    .ttl = 64,
                                    .protocol = protocol,
                                    .payload_bytes = (uint16_t)len};
        ip4_emit(&ip, room);
    } else {
        const struct ip6_repr ip = {.src = ip_addr_from_v6(from.bytes),
                                    .dst = ip_addr_from_v6(to.bytes),
                                    .hop_limit = 64,
                                    .next_header = protocol,
                                    .payload_bytes = (uint16_t)len};
        ip6_emit(&ip, room);
    }
    if (len > 0) memcpy(bytes + ETH_HEADER_BYTES + ip_bytes, payload, len);
    pair_inject(pair, 1, bytes, ETH_HEADER_BYTES + ip_bytes + len);
}

uint64_t pair_drops(const struct pair *pair, int side, enum vitro_drop reason)
{
    struct vitro_counters counters;
    vitro_stack_counters(pair->stack[side], &counters);
    return counters.drops[reason];
}

void pair_deliver(struct pair *pair)
{
    uint32_t delivered = 0;
    struct list *link;
    while ((link = list_pop_front(&pair->queue)) != NULL) {
        struct pair_frame *queued = CONTAINER_OF(link, struct pair_frame, link);
        const int to = 1 - queued->from;
        const struct vitro_span span = {queued->data, queued->len};
        const struct vitro_frame frame = {.spans = &span,
                                          .span_count = 1,
                                          .len_bytes = queued->len,
                                          .segment_bytes = queued->segment_bytes,
                                          .checksum_partial = queued->checksum_partial};
        vitro_stack_input(pair->stack[to], (uint32_t)pair->interface[to], &frame, pair->now_us);
        vitro_stack_check(pair->stack[to]);
        frame_free(queued);
        assert_true(++delivered < DELIVER_MAX);
    }
}

void pair_run(struct pair *pair, uint64_t us)
{
    const uint64_t end_us = pair->now_us + us;
    for (;;) {
        pair_deliver(pair);
        const uint64_t next_us =
            u64_min(vitro_stack_deadline(pair->stack[0]), vitro_stack_deadline(pair->stack[1]));
        if (next_us > end_us) break;
        pair->now_us = u64_max(pair->now_us, next_us);
        for (int side = 0; side < 2; side++) {
            vitro_stack_tick(pair->stack[side], pair->now_us);
            vitro_stack_check(pair->stack[side]);
        }
    }
    pair->now_us = end_us;
}

vitro_socket pair_listen(struct pair *pair, int side, uint16_t port)
{
    vitro_socket listener;
    const struct vitro_endpoint any = vitro_endpoint_any(port);
    assert_int_equal(vitro_tcp_open(pair->stack[side], 0, &listener), 0);
    assert_int_equal(vitro_bind(pair->stack[side], listener, &any), 0);
    assert_int_equal(vitro_tcp_listen(pair->stack[side], listener, 16), 0);
    return listener;
}

void pair_connect(struct pair *pair, vitro_socket listener, bool is_v4, uint16_t port,
                  vitro_socket *client, vitro_socket *server)
{
    const struct vitro_endpoint remote = pair_endpoint(1, is_v4, port);
    assert_int_equal(vitro_tcp_open(pair->stack[0], 7, client), 0);
    assert_int_equal(vitro_tcp_connect(pair->stack[0], *client, &remote, pair->now_us), 0);
    pair_deliver(pair);
    assert_true((vitro_readiness(pair->stack[0], *client) & VITRO_CONNECTED) != 0);
    assert_int_equal(vitro_tcp_accept(pair->stack[1], listener, 8, server, NULL), 0);
}
