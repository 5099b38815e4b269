/*
 * The host is a real one, from tcp_host_init; packets and timers come in through its front doors.
 */
#include "tcp_passive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base.h"

#define START_US 3600000000u

static struct passive *of(struct tcp_host *host)
{
    return CONTAINER_OF(host, struct passive, host);
}

static struct tcp_path path(struct tcp_host *host, const struct tcp_tuple *tuple)
{
    (void)tuple;
    return (struct tcp_path){.mtu_bytes = of(host)->mtu_bytes};
}

static void output(struct tcp_host *host, const struct tcp_outgoing *out, uint64_t now_us)
{
    struct passive *p = of(host);
    assert_true(p->out_count < PASSIVE_OUT_MAX);
    p->out[p->out_count++] = (struct passive_out){.tuple = *out->tuple,
                                                  .repr = out->repr,
                                                  .traffic_class = out->traffic_class,
                                                  .ttl = out->ttl,
                                                  .at_us = now_us};
}

static void listener_ready(struct tcp_host *host, struct tcp_listener *listener)
{
    (void)listener;
    of(host)->listener_ready++;
}

static void event(struct tcp_host *host, const struct tcp_event *what)
{
    struct passive *p = of(host);
    assert_true(p->event_count < PASSIVE_EVENTS_MAX);
    p->events[p->event_count++] = *what;
}

static void drop(struct tcp_host *host, enum drop_reason reason) { of(host)->drops[reason]++; }

static const struct tcp_host_ops ops = {
    .path = path,
    .output = output,
    .listener_ready = listener_ready,
    .event = event,
    .drop = drop,
};

struct tcp_config passive_config(void)
{
    struct tcp_config config;
    tcp_config_default(&config);
    config.conns_max = 1000;
    config.chunks_max = 1000;
    return config;
}

struct passive *passive_new(const struct tcp_config *config)
{
    static const uint8_t secret[32] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const struct tcp_config usual = passive_config();
    struct passive *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->now_us = START_US;
    p->mtu_bytes = 1500;
    wheel_init(&p->wheel, p->now_us);
    const int error = tcp_host_init(&p->host, &ops, config != NULL ? config : &usual, &p->wheel,
                                    secret, p->now_us);
    assert_int_equal(error, 0);
    return p;
}

void passive_free(struct passive *p)
{
    tcp_host_deinit(&p->host);
    assert_int_equal(p->wheel.armed, 0);
    free(p);
}

struct tcp_tuple passive_tuple(uint32_t peer)
{
    return (struct tcp_tuple){.local = ip_addr_from_v4(0x0a000001),
                              .remote = ip_addr_from_v4(0x0a000102),
                              .local_port = 80,
                              .remote_port = (uint16_t)(10000 + peer)};
}

struct tcp_listener *passive_listen(struct passive *p, uint32_t backlog)
{
    const struct ip_addr addr = ip_addr_from_v4(0x0a000001);
    struct tcp_listener *listener = NULL;
    assert_int_equal(tcp_listen(&p->host, &addr, 80, 0, backlog, 1, &listener), 0);
    return listener;
}

struct tcp_repr passive_syn(struct passive *p, uint32_t peer)
{
    return (struct tcp_repr){
        .src_port = (uint16_t)(10000 + peer),
        .dst_port = 80,
        .seq = 1000,
        .flags = TCP_FLAG_SYN,
        .window = 64240,
        .options = {.mss = 1460,
                    .has_wscale = true,
                    .wscale = 7,
                    .has_sack_permitted = true,
                    .has_timestamps = true,
                    .ts_val = (uint32_t)(p->now_us / 1000)},
    };
}

struct tcp_repr passive_ack(struct passive *p)
{
    const struct tcp_repr *got = &passive_last(p)->repr;
    return (struct tcp_repr){
        .src_port = got->dst_port,
        .dst_port = got->src_port,
        .seq = got->ack,
        .ack = got->seq + 1,
        .flags = TCP_FLAG_ACK,
        .window = 502,
        .options = {.has_timestamps = got->options.has_timestamps,
                    .ts_val = (uint32_t)(p->now_us / 1000),
                    .ts_ecr = got->options.ts_val},
    };
}

void passive_input(struct passive *p, const struct tcp_repr *repr, const char *payload)
{
    uint8_t header[TCP_HEADER_BYTES_MAX] = {0};
    const uint32_t header_len = tcp_emit_len(repr);
    tcp_emit(repr, (struct span_mut){header, header_len});
    struct gather bytes;
    gather_init(&bytes);
    assert_true(gather_add(&bytes, (struct span){header, header_len}));
    if (payload != NULL) {
        const struct span text = {(const uint8_t *)payload, strlen(payload)};
        assert_true(gather_add(&bytes, text));
    }
    const struct tcp_packet packet = {.src = ip_addr_from_v4(0x0a000102),
                                      .dst = ip_addr_from_v4(0x0a000001),
                                      .checksum_partial = true,
                                      .bytes = &bytes};
    tcp_host_input(&p->host, &packet, p->now_us);
}

void passive_run(struct passive *p, uint64_t for_us)
{
    p->now_us += for_us;
    for (;;) {
        const uint64_t deadline_us = wheel_next_deadline(&p->wheel);
        struct wheel_node *node = wheel_expire(&p->wheel, p->now_us);
        if (node == NULL) break;
        tcp_host_timer(&p->host, node, deadline_us);
    }
}

const struct passive_out *passive_last(const struct passive *p)
{
    assert_true(p->out_count > 0);
    return &p->out[p->out_count - 1];
}

uint32_t passive_moves(const struct passive *p, enum tcp_cause cause)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->event_count; i++) {
        const struct tcp_event *e = &p->events[i];
        if (e->kind == TCP_EVENT_STATE && e->state.cause == cause) count++;
    }
    return count;
}

uint32_t passive_events(const struct passive *p, enum tcp_event_kind kind)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->event_count; i++) count += p->events[i].kind == kind;
    return count;
}

struct tcp_conn *passive_connect(struct passive *p, struct tcp_listener *listener, uint32_t peer)
{
    const struct tcp_repr syn = passive_syn(p, peer);
    passive_input(p, &syn, NULL);
    const struct tcp_repr ack = passive_ack(p);
    passive_input(p, &ack, NULL);
    struct tcp_conn *conn = tcp_listen_accept(listener);
    assert_non_null(conn);
    return conn;
}
