/*
 * Fuzz target: what the program's kernel may write to a TAP, into a stack as the gateway has it.
 *
 * The input is a list of records: a byte that says what is done with it, the length of a frame, how
 * many zeros follow that frame (super-segments would make long inputs), a virtio-net header, and
 * the frame. The stack accepts any address, holds each SYN for a decision, and has the catch-all of
 * UDP and of pings; what comes to them is answered or refused as the input says.
 *
 * Properties: no read beyond the frame; a header that is believed describes a TCP or UDP packet
 * that is whole; the header that is written for each frame that leaves says of it what the stack
 * said; the invariants hold.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "link/link_header.h"
#include "vitro.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#define REQUIRE(expr)    ((expr) ? (void)0 : abort())
#define RECORDS_MAX      64u
#define RECORD_BYTES     (1u + 2u + 2u + LINK_HEADER_BYTES)
#define FRAME_BYTES_MAX  65590u
#define READY_MAX        200u
#define CONNECTION_BYTES 3000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bits of a record's first byte. */
enum {
    RECORD_CONTINUES = 1, /* a TCP segment gets the numbers that fit the last one that left */
    RECORD_WAITS = 2,     /* time passes before */
    RECORD_REFUSES = 4,   /* what is asked for now is refused ... */
    RECORD_REASON = 8,    /* ... in this shift of ways */
    RECORD_CLOSES = 64,   /* connections that become ready are closed */
};

struct world {
    struct vitro_stack *stack;
    vitro_socket listener, udp, ping;
    uint64_t now_us;
    uint8_t how; /* of the current record */
    uint32_t next_seq, next_ack;
    uint8_t scratch[CONNECTION_BYTES];
};

/* Where TCP is in a frame without tags and extension headers; 0: nowhere. */
static uint32_t tcp_offset(const uint8_t *bytes, size_t len)
{
    if (len < ETH_HEADER_BYTES + IP4_HEADER_BYTES + TCP_HEADER_BYTES) return 0;
    const uint8_t *ip = bytes + ETH_HEADER_BYTES;
    const bool is_v4 = ip[0] == 0x45;
    const uint32_t ip_bytes = is_v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES;
    if (len < ETH_HEADER_BYTES + ip_bytes + TCP_HEADER_BYTES) return 0;
    const uint8_t protocol = is_v4 ? ip4_header_protocol(ip) : ip6_header_next(ip);
    return protocol == IP_PROTO_TCP ? ETH_HEADER_BYTES + ip_bytes : 0;
}

/* What the other side would acknowledge of a frame that leaves. */
static void note_numbers(struct world *world, const struct vitro_frame *frame)
{
    const uint8_t *bytes = frame->spans[0].data;
    const uint32_t at = tcp_offset(bytes, frame->spans[0].len);
    if (at == 0) return;
    const uint8_t *tcp = bytes + at;
    const uint16_t flags = tcp_header_flags(tcp);
    uint32_t len = frame->len_bytes - at - tcp_header_len(tcp);
    if ((flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) != 0) len++;
    world->next_ack = tcp_header_seq(tcp) + len;
    world->next_seq = tcp_header_ack(tcp);
}

static void on_output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    (void)interface;
    (void)now_us;
    uint8_t header[LINK_HEADER_BYTES];
    static uint8_t flat[FRAME_BYTES_MAX + 200];
    REQUIRE(frame->len_bytes <= sizeof flat);
    link_header_emit(frame, header);
    const struct vitro_span span = {flat, vitro_frame_copy(frame, flat, sizeof flat)};
    struct vitro_frame back = {.spans = &span, .span_count = 1, .len_bytes = frame->len_bytes};
    REQUIRE(link_header_parse(header, &back));
    REQUIRE(back.checksum_partial == frame->checksum_partial);
    /* what would be one segment needs no cutting */
    REQUIRE(back.segment_bytes == frame->segment_bytes || back.segment_bytes == 0);
    note_numbers(owner, frame);
}

static void start(struct world *world)
{
    static const uint8_t mac[6] = {0x02, 0x76, 0x69, 0x74, 0x72, 0x02};
    struct vitro_config config;
    struct vitro_interface_config interface = vitro_interface_default(mac);
    const struct vitro_callbacks callbacks = {.owner = world, .output = on_output};
    const struct vitro_endpoint any = vitro_endpoint_any(0);
    struct vitro_ip ip = vitro_ip_v4(10, 0, 2, 2);
    world->now_us = 1000000;
    vitro_config_default(&config);
    vitro_config_seed(&config, 1);
    config.tcp.syn_cookies = false;
    interface.super_bytes_max = 65435;
    interface.checksum_offload = interface.accepts_any = true;
    world->stack = vitro_stack_create(&config, &callbacks, world->now_us);
    REQUIRE(world->stack != NULL);
    REQUIRE(vitro_interface_add(world->stack, &interface, world->now_us) == 1);
    REQUIRE(vitro_address_add(world->stack, 1, &ip, 24, world->now_us) == 0);
    REQUIRE(vitro_ip_parse("fd76:6974:726f::2", &ip) == 0);
    REQUIRE(vitro_address_add(world->stack, 1, &ip, 64, world->now_us) == 0);
    REQUIRE(vitro_tcp_open(world->stack, 1, &world->listener) == 0);
    REQUIRE(vitro_bind(world->stack, world->listener, &any) == 0);
    REQUIRE(vitro_tcp_listen_hold(world->stack, world->listener, 8) == 0);
    REQUIRE(vitro_udp_open(world->stack, 2, &world->udp) == 0);
    REQUIRE(vitro_udp_bind_any(world->stack, world->udp) == 0);
    REQUIRE(vitro_ping_open(world->stack, 3, &world->ping) == 0);
    REQUIRE(vitro_ping_bind_any(world->stack, world->ping) == 0);
}

/* ---- what the gateway does with what comes ---- */

static bool refuses(const struct world *world) { return (world->how & RECORD_REFUSES) != 0; }

static uint32_t reason(const struct world *world) { return world->how / RECORD_REASON % 8; }

static struct vitro_unreachable why_of(const struct world *world)
{
    const uint32_t kind = reason(world) % (VITRO_UNREACHABLE_TTL + 1);
    return (struct vitro_unreachable){.kind = (enum vitro_unreachable_kind)kind, .mtu_bytes = 1300};
}

static void serve_listener(struct world *world)
{
    struct vitro_flow flow;
    vitro_socket socket;
    while (vitro_tcp_next_held(world->stack, world->listener, &flow) == 1) {
        const uint32_t decision = refuses(world) ? 1 + reason(world) % VITRO_DECIDE_PROHIBITED : 0;
        (void)vitro_tcp_decide(world->stack, &flow, (enum vitro_decision)decision, world->now_us);
    }
    while (vitro_tcp_accept(world->stack, world->listener, 4, &socket, NULL) == 0) {
        const int64_t sent = vitro_tcp_send(world->stack, socket, world->scratch,
                                            sizeof world->scratch, world->now_us);
        REQUIRE(sent != 0);
    }
}

static void serve_udp(struct world *world)
{
    struct vitro_datagram datagram;
    int64_t got;
    const struct vitro_unreachable why = why_of(world);
    while ((got = vitro_udp_receive(world->stack, world->udp, world->scratch, sizeof world->scratch,
                                    &datagram)) >= 0) {
        if (refuses(world)) {
            (void)vitro_udp_unreachable(world->stack, world->udp, &datagram.flow,
                                        datagram.len_bytes, &why, world->now_us);
            continue;
        }
        got = vitro_udp_send(world->stack, world->udp, &datagram.flow, world->scratch, (size_t)got,
                             world->now_us);
    }
}

static void serve_ping(struct world *world)
{
    struct vitro_ping_request request;
    int64_t got;
    const struct vitro_unreachable why = why_of(world);
    while ((got = vitro_ping_next_request(world->stack, world->ping, world->scratch,
                                          sizeof world->scratch, &request)) >= 0) {
        if (refuses(world)) {
            (void)vitro_ping_unreachable(world->stack, world->ping, &request, &why, world->now_us);
            continue;
        }
        got = vitro_ping_answer(world->stack, world->ping, &request, world->scratch, (size_t)got,
                                world->now_us);
    }
}

static void serve_connection(struct world *world, vitro_socket socket)
{
    int64_t got;
    do {
        got = vitro_tcp_receive(world->stack, socket, world->scratch, sizeof world->scratch,
                                world->now_us);
    } while (got > 0);
    if (got == 0 || (world->how & RECORD_CLOSES) != 0)
        (void)vitro_close(world->stack, socket, world->now_us);
}

static void serve(struct world *world)
{
    struct vitro_ready ready;
    for (uint32_t i = 0; i < READY_MAX && vitro_ready_next(world->stack, &ready); i++) {
        if (ready.socket == world->listener) {
            serve_listener(world);
        } else if (ready.socket == world->udp) {
            serve_udp(world);
        } else if (ready.socket == world->ping) {
            serve_ping(world);
        } else {
            serve_connection(world, ready.socket);
        }
    }
}

/* ---- what comes ---- */

/* A header that was believed must be true. */
static void judge(const struct vitro_frame *frame)
{
    struct frame whole;
    struct frame_layout layout;
    if (!frame->checksum_partial) {
        REQUIRE(frame->segment_bytes == 0);
        return;
    }
    frame_init(&whole);
    REQUIRE(gather_add(&whole.bytes, span_of(frame->spans[0].data, frame->spans[0].len)));
    REQUIRE(frame_layout_find(&layout, &whole, FRAME_LINK_ETHERNET) == WIRE_OK);
    if (frame->segment_bytes == 0) return;
    REQUIRE(layout.protocol == IP_PROTO_TCP);
    REQUIRE(layout.end_offset - layout.payload_offset > frame->segment_bytes);
}

static void input(struct world *world, const uint8_t *header, uint8_t *bytes, uint32_t len)
{
    const uint32_t at = tcp_offset(bytes, len);
    if (at != 0 && (world->how & RECORD_CONTINUES) != 0) {
        put_be32(bytes + at + 4, world->next_seq);
        put_be32(bytes + at + 8, world->next_ack);
    }
    const struct vitro_span span = {bytes, len};
    struct vitro_frame frame = {.spans = &span, .span_count = 1, .len_bytes = len};
    if (!link_header_parse(header, &frame)) return;
    judge(&frame);
    if ((world->how & RECORD_WAITS) != 0) world->now_us += 300000;
    vitro_stack_tick(world->stack, world->now_us);
    vitro_stack_input_many(world->stack, 1, &frame, 1, world->now_us);
    serve(world);
    vitro_stack_check(world->stack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    memset(&world, 0, sizeof world);
    start(&world);
    for (uint32_t i = 0; i < RECORDS_MAX && size > RECORD_BYTES; i++) {
        const uint8_t *header = data + RECORD_BYTES - LINK_HEADER_BYTES;
        const uint32_t zeros = get_be16(data + 3);
        const uint32_t given = 1 + (uint32_t)size_min(get_be16(data + 1), size - RECORD_BYTES - 1);
        const uint32_t len = u32_min(given + zeros, FRAME_BYTES_MAX);
        uint8_t *bytes = calloc(1, len); /* of exactly this size */
        REQUIRE(bytes != NULL);
        memcpy(bytes, data + RECORD_BYTES, u32_min(given, len));
        world.how = data[0];
        input(&world, header, bytes, len);
        free(bytes);
        data += RECORD_BYTES + given;
        size -= RECORD_BYTES + given;
    }
    vitro_stack_destroy(world.stack);
    return 0;
}
