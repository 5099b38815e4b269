/*
 * One UDP host under test: what it sends and drops is caught, its route leads from 10.0.0.1 or
 * fd00::1.
 */
#ifndef VITRO_TESTS_UDP_FIXTURE_H
#define VITRO_TESTS_UDP_FIXTURE_H

#include <errno.h>

#include "ip_text.h"
#include "udp/udp_host.h"
#include "wire/checksum.h"
#include "wire/ip_proto.h"
#include "wire/udp.h"

struct udp_fixture {
    struct udp_host host; /* first member: ops find the fixture through it */
    struct udp_config config;
    struct udp_outgoing sent;
    uint8_t sent_bytes[65536];
    uint32_t sent_len, sent_count, ready_count;
    int output_error, source_error;
    enum drop_reason dropped;
    uint32_t drop_count;
};

static inline struct udp_fixture *udp_fixture_of(struct udp_host *host)
{
    return CONTAINER_OF(host, struct udp_fixture, host);
}

static inline int udp_fixture_source(struct udp_host *host, const struct ip_addr *dst,
                                     uint16_t zone, struct ip_addr *src)
{
    (void)zone;
    if (udp_fixture_of(host)->source_error != 0) return udp_fixture_of(host)->source_error;
    *src = addr_of(ip_addr_is_v4(dst) ? "10.0.0.1" : "fd00::1");
    return 0;
}

static inline int udp_fixture_output(struct udp_host *host, const struct udp_outgoing *out,
                                     uint64_t now_us)
{
    (void)now_us;
    struct udp_fixture *f = udp_fixture_of(host);
    f->sent = *out;
    f->sent_len = gather_copy(out->bytes, 0, f->sent_bytes, sizeof f->sent_bytes);
    assert_true(checksum_transport_is_good(&out->src, &out->dst, IP_PROTO_UDP, out->bytes, 0,
                                           out->bytes->len_bytes));
    f->sent.bytes = NULL;
    if (f->output_error == 0) f->sent_count++;
    return f->output_error;
}

static inline void udp_fixture_ready(struct udp_host *host, struct udp_socket *socket)
{
    (void)socket;
    udp_fixture_of(host)->ready_count++;
}

static inline void udp_fixture_drop(struct udp_host *host, enum drop_reason reason)
{
    udp_fixture_of(host)->dropped = reason;
    udp_fixture_of(host)->drop_count++;
}

/* Starts a host from f->config; a NULL configuration of all zero is replaced by the default. */
static inline void udp_fixture_start(struct udp_fixture *f)
{
    static const struct udp_host_ops ops = {
        .source = udp_fixture_source,
        .output = udp_fixture_output,
        .ready = udp_fixture_ready,
        .drop = udp_fixture_drop,
    };
    static const uint8_t secret[32] = {1, 2, 3, 4, [31] = 5};
    const struct udp_config config = f->config;
    memset(f, 0, sizeof *f);
    f->config = config;
    if (config.sockets_max == 0) udp_config_default(&f->config);
    assert_int_equal(udp_host_init(&f->host, &ops, &f->config, secret), 0);
}

/* Ends it; all sockets must be closed, and then nothing may be left. */
static inline void udp_fixture_end(struct udp_fixture *f)
{
    assert_true(list_is_empty(&f->host.sockets));
    assert_int_equal(f->host.datagrams.in_use, 0);
    assert_int_equal(f->host.chunks.in_use, 0);
    udp_host_deinit(&f->host);
}

/* An open socket. */
static inline struct udp_socket *udp_fixture_open(struct udp_fixture *f)
{
    struct udp_socket *socket = udp_socket_open(&f->host);
    assert_non_null(socket);
    return socket;
}

/* A socket bound to an address and port; fails the test when it cannot be. */
static inline struct udp_socket *udp_fixture_bound(struct udp_fixture *f, const char *local,
                                                   uint16_t port)
{
    struct udp_socket *socket = udp_fixture_open(f);
    const struct ip_addr addr = addr_of(local);
    assert_int_equal(udp_socket_bind(&f->host, socket, &addr, port, 0), 0);
    return socket;
}

/* Puts in a datagram of `len` bytes that count up from 0, with a right checksum. */
static inline enum udp_verdict udp_fixture_put(struct udp_fixture *f, const char *src,
                                               uint16_t src_port, const char *dst,
                                               uint16_t dst_port, uint32_t len)
{
    static uint8_t bytes[65536];
    const struct udp_repr udp = {
        .src_port = src_port, .dst_port = dst_port, .payload_bytes = (uint16_t)len};
    struct udp_packet packet = {.src = addr_of(src), .dst = addr_of(dst)};
    udp_emit(&udp, span_mut_of(bytes, sizeof bytes));
    for (uint32_t i = 0; i < len; i++) bytes[UDP_HEADER_BYTES + i] = (uint8_t)(i + (i >> 8));
    const uint32_t total = UDP_HEADER_BYTES + len;
    uint32_t sum = checksum_pseudo(&packet.src, &packet.dst, IP_PROTO_UDP, total);
    sum = checksum_add(sum, span_of(bytes, total));
    put_be16(bytes + 6, udp_checksum_nonzero(checksum_finish(sum)));
    struct gather gather;
    gather_init(&gather);
    assert_true(gather_add(&gather, span_of(bytes, u32_min(total, 1000))));
    assert_true(gather_add(&gather, span_of(bytes + 1000, total > 1000 ? total - 1000 : 0)));
    packet.bytes = &gather;
    return udp_host_input(&f->host, &packet, 77);
}

#endif
