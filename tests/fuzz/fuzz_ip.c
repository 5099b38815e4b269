/*
 * Fuzz target: what ip/ and udp/ make of packets from anyone: reassembly, ICMP errors both ways,
 * neighbour discovery, UDP sockets, and time passing in between.
 *
 * The input is a list of packets: two bytes of length, one byte of waiting time in seconds, then
 * the packet from its IP header on. Checksums of ICMP are repaired now and then by the flag in the
 * length's top bit, or the input would hardly ever get behind them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ip/ip_icmp.h"
#include "ip/ip_nd.h"
#include "ip/ip_reassembly.h"
#include "udp/udp_host.h"
#include "wire/checksum.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())

enum { PACKETS_MAX = 200, REPAIR_FLAG = 0x8000 };

struct world {
    struct wheel wheel;
    uint64_t now_us;
    uint32_t generation;
    struct ip_if iface;
    struct ip_neighbours cache;
    struct ip_routes routes;
    struct ip_nd nd;
    struct ip_reassembly reassembly;
    struct udp_host udp;
    uint8_t out[IP_ICMP_ERROR_BYTES_MAX];
};

static int no_source(struct udp_host *host, const struct ip_addr *dst, uint16_t zone,
                     struct ip_addr *src)
{
    (void)host;
    (void)zone;
    *src = *dst;
    return 0;
}

static int no_output(struct udp_host *host, const struct udp_outgoing *out, uint64_t now_us)
{
    (void)host;
    (void)out;
    (void)now_us;
    return 0;
}

static void no_drop(struct udp_host *host, enum drop_reason reason)
{
    (void)host;
    (void)reason;
}

static void world_start(struct world *w)
{
    static const struct udp_host_ops ops = {
        .source = no_source, .output = no_output, .drop = no_drop};
    static const uint8_t secret[32];
    const struct hash_key key = {1, 2};
    const struct eth_addr mac = {{2, 0, 0, 0, 0, 1}};
    struct ip_neighbours_config neighbours;
    struct ip_reassembly_config reassembly;
    struct ip_nd_config nd;
    struct udp_config udp;
    struct ip_addr addr;
    ip_neighbours_config_default(&neighbours);
    ip_reassembly_config_default(&reassembly);
    ip_nd_config_default(&nd);
    udp_config_default(&udp);
    neighbours.entries_max = 8;
    reassembly.datagrams_max = 8;
    reassembly.bytes_max = 8192;
    reassembly.ranges_max = 4;
    nd.accept_advertisements = nd.autoconfigure = true;
    udp.sockets_max = 4;
    udp.datagrams_max = 8;
    wheel_init(&w->wheel, 0);
    w->now_us = 0;
    w->generation = 1;
    REQUIRE(ip_if_init(&w->iface, "fuzz", 1, FRAME_LINK_ETHERNET, &mac, 1500) == 0);
    REQUIRE(ip_addr_parse("fe80::1", &addr) && ip_if_addr_add(&w->iface, &addr, 64) == 0);
    REQUIRE(ip_neighbours_init(&w->cache, &neighbours, &w->wheel, &w->generation, &key) == 0);
    ip_routes_init(&w->routes, &w->generation);
    ip_nd_init(&w->nd, &nd, &w->iface, &w->cache, &w->routes, &w->wheel, 0);
    REQUIRE(ip_reassembly_init(&w->reassembly, &reassembly, &w->wheel, &key) == 0);
    REQUIRE(udp_host_init(&w->udp, &ops, &udp, secret) == 0);
    struct udp_socket *socket = udp_socket_open(&w->udp);
    REQUIRE(socket != NULL && udp_socket_bind_any(&w->udp, socket) == 0);
}

static void world_end(struct world *w)
{
    udp_host_deinit(&w->udp);
    ip_reassembly_deinit(&w->reassembly);
    ip_nd_deinit(&w->nd);
    ip_neighbours_deinit(&w->cache);
    REQUIRE(wheel_next_deadline(&w->wheel) == TIME_NEVER);
}

/* Runs all timers up to now. */
static void run_timers(struct world *w)
{
    struct wheel_node *node;
    while ((node = wheel_expire(&w->wheel, w->now_us)) != NULL) {
        struct ip_timer *timer = ip_timer_of(node);
        struct ip_neighbour *neighbour;
        struct ip_nd_message message;
        struct span quote;
        switch ((enum ip_timer_kind)timer->kind) {
        case IP_TIMER_NEIGHBOUR:
            REQUIRE(ip_neighbour_timer(&w->cache, timer, &neighbour, w->now_us) <=
                    IP_NEIGHBOUR_REPORT);
            break;
        case IP_TIMER_REASSEMBLY:
            ip_reassembly_release(&w->reassembly,
                                  ip_reassembly_timer(&w->reassembly, timer, &quote));
            break;
        case IP_TIMER_ND:
            while (ip_nd_timer(ip_nd_of(timer), &message, w->now_us)) continue;
            break;
        }
    }
}

/* Answers the packet with each kind of error it may be answered with. */
static void answer(struct world *w, const struct gather *packet, const struct ip_addr *dst)
{
    for (int kind = 0; kind <= IP_ICMP_PARAMETER_PROBLEM; kind++) {
        const struct ip_icmp_report report = {.kind = (enum ip_icmp_kind)kind};
        if (!ip_icmp_may_answer(packet, &report, false, false)) continue;
        const uint32_t len =
            ip_icmp_error_emit(packet, &report, dst, span_mut_of(w->out, sizeof w->out));
        REQUIRE(len > 8 && len <= sizeof w->out);
    }
}

/* What stands behind the IP headers. */
static void take_payload(struct world *w, uint8_t protocol, uint8_t hop_limit,
                         const struct ip_addr *src, const struct ip_addr *dst, struct span payload)
{
    struct icmp4_repr icmp4;
    struct icmp6_repr icmp6;
    struct ip_icmp_error error;
    struct nd_repr nd;
    struct ip_nd_result result;
    struct gather bytes;
    gather_init(&bytes);
    REQUIRE(gather_add(&bytes, payload));
    if (protocol == IP_PROTO_UDP) {
        const struct udp_packet packet = {
            .src = *src, .dst = *dst, .checksum_partial = true, .bytes = &bytes};
        REQUIRE(udp_host_input(&w->udp, &packet, w->now_us) <= UDP_NO_PORT);
    } else if (protocol == IP_PROTO_ICMP4 && icmp4_parse(&icmp4, payload) == WIRE_OK) {
        if (ip_icmp_error_parse4(&error, &icmp4)) REQUIRE(ip_addr_is_v4(&error.src));
    } else if (protocol == IP_PROTO_ICMP6 && icmp6_parse(&icmp6, payload, src, dst) == WIRE_OK) {
        if (ip_icmp_error_parse6(&error, &icmp6)) REQUIRE(!ip_addr_is_v4(&error.src));
        if (nd_parse(&nd, payload) != WIRE_OK) return;
        ip_nd_input(&w->nd, &nd, src, dst, hop_limit, &result, w->now_us);
        REQUIRE(w->iface.addr_count <= IP_IF_ADDRS_MAX && w->routes.count <= IP_ROUTES_MAX);
    }
}

/* Puts the right checksum into an ICMP message. */
static void repair(uint8_t *payload, size_t len, uint8_t protocol, const struct ip_addr *src,
                   const struct ip_addr *dst)
{
    if (len < 4 || (protocol != IP_PROTO_ICMP4 && protocol != IP_PROTO_ICMP6)) return;
    put_be16(payload + 2, 0);
    const uint32_t sum =
        protocol == IP_PROTO_ICMP4 ? 0 : checksum_pseudo(src, dst, IP_PROTO_ICMP6, (uint32_t)len);
    put_be16(payload + 2, checksum_finish(checksum_add(sum, span_of(payload, len))));
}

static void take_packet4(struct world *w, struct span_mut packet, const struct gather *gather,
                         bool repairs, struct ip_reassembly_result *result)
{
    struct ip4_repr ip;
    uint32_t header_len;
    if (packet.len >= IP4_HEADER_BYTES && ip4_header_len(packet.data) <= packet.len) {
        put_be16(packet.data + 10,
                 ip4_header_checksum_compute(packet.data, ip4_header_len(packet.data)));
    }
    if (ip4_parse(&ip, gather->part[0], gather->len_bytes, &header_len) != WIRE_OK) return;
    answer(w, gather, &ip.dst);
    if (ip4_repr_is_fragment(&ip)) {
        ip_reassembly_input4(&w->reassembly, &ip, gather, result, w->now_us);
        return;
    }
    if (repairs) repair(packet.data + header_len, ip.payload_bytes, ip.protocol, &ip.src, &ip.dst);
    take_payload(w, ip.protocol, ip.ttl, &ip.src, &ip.dst,
                 span_of(packet.data + header_len, ip.payload_bytes));
}

/* Takes one packet; `result` tells of a packet that it completed. */
static void take_packet(struct world *w, struct span_mut packet, bool repairs, bool is_whole,
                        struct ip_reassembly_result *result)
{
    struct gather gather;
    struct ip6_repr ip;
    struct ip6_ext ext;
    *result = (struct ip_reassembly_result){.verdict = IP_REASSEMBLY_HELD};
    gather_init(&gather);
    if (packet.len == 0 || !gather_add(&gather, span_from_mut(packet))) return;
    if (packet.data[0] >> 4 == 4) {
        take_packet4(w, packet, &gather, repairs, result);
        return;
    }
    if (ip6_parse(&ip, gather.part[0], gather.len_bytes) != WIRE_OK) return;
    const uint32_t packet_bytes = IP6_HEADER_BYTES + (uint32_t)ip.payload_bytes;
    answer(w, &gather, &ip.dst);
    ip6_ext_walk(&ext, gather.part[0], packet_bytes);
    if (ext.has_fragment) {
        REQUIRE(!is_whole); /* what comes out of reassembly holds no other fragment */
        ip_reassembly_input6(&w->reassembly, &ip, &ext, &gather, result, w->now_us);
        return;
    }
    if (ext.verdict != IP6_EXT_ACCEPT) return;
    uint8_t *payload = packet.data + ext.offset;
    const size_t len = packet_bytes - ext.offset;
    if (repairs) repair(payload, len, ext.protocol, &ip.src, &ip.dst);
    take_payload(w, ext.protocol, ip.hop_limit, &ip.src, &ip.dst, span_of(payload, len));
}

/* Takes one packet, and the one that it completes if it was a fragment. */
static void take_both(struct world *w, struct span_mut packet, bool repairs)
{
    struct ip_reassembly_result result, none;
    take_packet(w, packet, repairs, false, &result);
    REQUIRE(w->reassembly.held_bytes <= 8192);
    if (result.verdict != IP_REASSEMBLY_COMPLETE) return;
    take_packet(w, result.packet, repairs, true, &none);
    ip_reassembly_release(&w->reassembly, result.datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world *w = calloc(1, sizeof *w);
    REQUIRE(w != NULL);
    world_start(w);
    struct span input = span_of(data, size);
    for (uint32_t i = 0; i < PACKETS_MAX && input.len > 3; i++) {
        const uint16_t head = get_be16(input.data);
        const size_t len = size_min((size_t)(head & ~REPAIR_FLAG), input.len - 3);
        w->now_us += input.data[2] * UINT64_C(1000000);
        run_timers(w);
        /* of its own, so that reading past its end is seen */
        uint8_t *copy = malloc(len > 0 ? len : 1);
        REQUIRE(copy != NULL);
        memcpy(copy, input.data + 3, len);
        take_both(w, span_mut_of(copy, len), (head & REPAIR_FLAG) != 0);
        free(copy);
        input = span_from(input, 3 + len);
    }
    world_end(w);
    free(w);
    return 0;
}
