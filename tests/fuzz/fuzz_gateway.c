/*
 * Fuzz target: a whole gateway, between a program that means harm and a host that does not care.
 *
 * The input is a first byte that chooses the configuration, then records: an operation, and what
 * it needs. They make frames of every kind (raw ones too), keep up to eight TCP connections with
 * the right numbers so that relays, the name server and the services are reached, and let the host
 * (gateway_host.h) send, reset, answer and connect. Time is real, jumps ahead where the input says
 * so, and nothing waits.
 *
 * Properties: what the gateway sends is well-formed; nothing reaches the host's loopback, which is
 * closed; the stack's invariants hold; a gateway with nothing to do waits; no descriptor is left.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, syscall */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/run_show.h"
#include "fuzz/gateway_host.h"
#include "fuzz/stack_packet.h"
#include "gateway/gateway.h"
#include "gateway/sandbox_net.h"
#include "link/link_header.h"
#include "wire/eth.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/udp.h"

#define REQUIRE(expr)    ((expr) ? (void)0 : abort())
#define EXIT_SKIPPED     77
#define RECORDS_MAX      48u
#define CONNS_MAX        8u
#define PORT_FIRST       40000u
#define DRAIN_MAX        256
#define IDLE_STEPS_MAX   400
#define IDLE_WAIT_US     2000u
#define ETHERTYPE_OFFSET 12
#define ARP_BYTES        28
#define ND_SOLICITATION  135
#define ND_ADVERTISEMENT 136
#define ND_BYTES         32

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bits of the first byte. */
enum {
    HAS_WATCHER = 1, /* lines, capture, JSON are written, to /dev/null */
    PRINTS_ALL = 2,
    IS_SILENT = 4, /* nothing is acknowledged by itself */
    HAS_PUBLISHED = 8,
    REFUSES_SYNS = 16, /* connections from published ports are reset */
    MUST_IDLE = 32,    /* in the end it must find rest */
    ENDS_BY_RUN = 64,  /* gateway_run() with a front that is gone */
};

enum operation {
    OP_RAW,
    OP_OPEN,
    OP_SEGMENT,
    OP_SUPER,
    OP_UDP,
    OP_QUESTION,
    OP_ICMP,
    OP_ICMP_ERROR,
    OP_FRAGMENT,
    OP_STEP,
    OP_HOST,
    OP_AGAIN,
    OP_LATER,
    OP_COUNT,
};

struct reader {
    const uint8_t *data;
    size_t size;
};

/* A connection as the program's kernel would know it. */
struct conn {
    struct ip_addr mine, other;
    uint16_t port, other_port;
    uint32_t seq, ack;
    bool is_open;
};

struct world {
    struct gateway *gateway;
    struct gateway_host host;
    struct gateway_publish publish[2];
    struct run_show show;
    int fd; /* the program's end of the link */
    uint8_t how;
    struct conn conns[CONNS_MAX];
    struct packet packet; /* the last one made */
    struct packet piece;
    uint8_t in[LINK_FRAME_BYTES_MAX]; /* the last one that came */
    size_t in_len;
};

static const char *const addresses[] = {
    "10.0.2.4",  "10.0.2.3",    "10.0.2.2",          "198.51.100.7", "127.0.0.1", "0.0.0.0",
    "10.0.2.77", "10.0.2.100",  "255.255.255.255",   "10.0.2.255",   "224.0.0.1", "127.0.0.53",
    "192.0.2.1", "169.254.1.1", "fd76:6974:726f::4", "2001:db8::7",  "::1",       "::",
    "fe80::1",   "ff02::1",     "fd76:6974:726f::3", "::127.0.0.1",  "::7f00:1",  "ff05::2",
};
static const uint16_t ports[] = {80, 53, 7, 9, 13, 19, 9000, 8080, 0, 65535};

/* ---- the clock ---- */

/* How far the gateway's clock is ahead; here because clock_gettime() has no other way to it. */
static uint64_t clock_ahead_ms;

/* In the place of the C library's: everything in this process is told that time by it. */
int clock_gettime(clockid_t id, struct timespec *now)
{
    const int result = (int)syscall(SYS_clock_gettime, id, now);
    if (result == 0 && id == CLOCK_MONOTONIC) {
        const uint64_t ms = clock_ahead_ms + (uint64_t)now->tv_nsec / 1000000;
        now->tv_sec += (time_t)(ms / 1000);
        now->tv_nsec = (long)(ms % 1000 * 1000000) + now->tv_nsec % 1000000;
    }
    return result;
}

/* ---- reading the input ---- */

static uint8_t take_u8(struct reader *reader)
{
    if (reader->size == 0) return 0;
    reader->size--;
    return *reader->data++;
}

static uint16_t take_u16(struct reader *reader)
{
    const uint8_t high = take_u8(reader);
    return (uint16_t)(high << 8 | take_u8(reader));
}

/* A small number, as likely below 0 as above. */
static uint32_t take_shift(struct reader *reader)
{
    const uint32_t byte = take_u8(reader);
    return byte < 128 ? byte : byte - 256;
}

static struct span take_bytes(struct reader *reader, size_t len)
{
    len = size_min(len, reader->size);
    const struct span bytes = span_of(reader->data, len);
    reader->data += len;
    reader->size -= len;
    return bytes;
}

static struct ip_addr address_at(uint8_t index)
{
    struct vitro_ip ip;
    REQUIRE(vitro_ip_parse(addresses[index % ARRAY_COUNT(addresses)], &ip) == 0);
    return ip_addr_from_v6(ip.bytes);
}

/* The program's address, of the version of `other`; or a spoofed one. */
static struct ip_addr source_for(const struct ip_addr *other, uint8_t spoof)
{
    struct vitro_ip ip;
    const bool is_v4 = ip_addr_is_v4(other);
    if (spoof != 0) {
        const struct ip_addr other_one = address_at(spoof);
        if (ip_addr_is_v4(&other_one) == is_v4) return other_one;
    }
    REQUIRE(vitro_ip_parse(is_v4 ? "10.0.2.100" : "fd76:6974:726f::100", &ip) == 0);
    return ip_addr_from_v6(ip.bytes);
}

/* ---- frames to the gateway ---- */

static void send_bytes(struct world *world, const uint8_t *header, const uint8_t *bytes, size_t len)
{
    const struct iovec parts[2] = {{(void *)(uintptr_t)header, LINK_HEADER_BYTES},
                                   {(void *)(uintptr_t)bytes, len}};
    const struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = 2};
    (void)sendmsg(world->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL); /* lost if it is full */
}

static void send_packet(struct world *world, struct packet *packet)
{
    static const uint8_t plain[LINK_HEADER_BYTES];
    memcpy(packet->bytes, sandbox_mac_gateway, 6);
    memcpy(packet->bytes + 6, sandbox_mac_program, 6);
    send_bytes(world, plain, packet->bytes, packet->len);
}

static struct packet_ip ip_head(const struct ip_addr *src, const struct ip_addr *dst,
                                uint8_t protocol, uint8_t hop_limit)
{
    return (struct packet_ip){.has_ethernet = true,
                              .src = *src,
                              .dst = *dst,
                              .protocol = protocol,
                              .hop_limit = hop_limit};
}

static void send_segment(struct world *world, const struct conn *conn, uint16_t flags,
                         uint16_t window, struct span payload)
{
    const struct packet_ip ip = ip_head(&conn->mine, &conn->other, IP_PROTO_TCP, 64);
    struct packet_tcp tcp = {.payload_bytes = (uint32_t)payload.len};
    tcp.repr = (struct tcp_repr){.src_port = conn->port,
                                 .dst_port = conn->other_port,
                                 .seq = conn->seq,
                                 .ack = conn->ack,
                                 .flags = flags,
                                 .window = window};
    static const uint8_t options[] = {2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 1, 1};
    if ((flags & TCP_FLAG_SYN) != 0) tcp.raw_options = span_of(options, sizeof options);
    packet_tcp(&world->packet, &ip, &tcp);
    if (payload.len > 0) {
        memcpy(world->packet.bytes + world->packet.len - payload.len, payload.data, payload.len);
    }
    (void)packet_fix(&world->packet);
    send_packet(world, &world->packet);
}

/* ---- frames from the gateway ---- */

static void answer_arp(struct world *world)
{
    uint8_t *arp = world->in + LINK_HEADER_BYTES + ETH_HEADER_BYTES;
    if (world->in_len < LINK_HEADER_BYTES + ETH_HEADER_BYTES + ARP_BYTES || arp[7] != 1) return;
    uint8_t frame[ETH_HEADER_BYTES + ARP_BYTES];
    memcpy(frame, sandbox_mac_gateway, 6);
    memcpy(frame + 6, sandbox_mac_program, 6);
    put_be16(frame + ETHERTYPE_OFFSET, ETH_TYPE_ARP);
    uint8_t *reply = frame + ETH_HEADER_BYTES;
    memcpy(reply, arp, ARP_BYTES);
    reply[7] = 2;
    memcpy(reply + 8, sandbox_mac_program, 6);
    memcpy(reply + 14, arp + 24, 4);
    memcpy(reply + 18, arp + 8, 10);
    static const uint8_t plain[LINK_HEADER_BYTES];
    send_bytes(world, plain, frame, sizeof frame);
}

static void answer_solicitation(struct world *world, const uint8_t *ip, const uint8_t *icmp)
{
    const struct ip_addr asker = ip6_header_src(ip);
    const struct ip_addr target = ip_addr_from_v6(icmp + 8);
    const struct packet_ip head = ip_head(&target, &asker, IP_PROTO_ICMP6, 255);
    packet_begin(&world->piece, &head);
    uint8_t *body = world->piece.bytes + world->piece.body_at;
    memset(body, 0, ND_BYTES);
    body[0] = ND_ADVERTISEMENT;
    put_be32(body + 4, 0x60000000);
    memcpy(body + 8, target.bytes, 16);
    body[24] = 2;
    body[25] = 1;
    memcpy(body + 26, sandbox_mac_program, 6);
    packet_end(&world->piece, ND_BYTES);
    send_packet(world, &world->piece);
}

static struct conn *conn_of_port(struct world *world, uint16_t port)
{
    for (uint32_t i = 0; i < CONNS_MAX; i++) {
        if (world->conns[i].is_open && world->conns[i].port == port) return &world->conns[i];
    }
    return NULL;
}

/* A SYN of a published port: the last connection is given to it. */
static struct conn *take_syn(struct world *world, const struct ip_addr *from,
                             const struct ip_addr *to, const uint8_t *tcp)
{
    struct conn *conn = &world->conns[CONNS_MAX - 1];
    *conn = (struct conn){.mine = *to,
                          .other = *from,
                          .port = tcp_header_dst_port(tcp),
                          .other_port = tcp_header_src_port(tcp),
                          .seq = 7000,
                          .is_open = true};
    return conn;
}

/* Keeps a connection's numbers and acknowledges, as the input's first byte allows. */
static void take_segment(struct world *world, const struct ip_addr *from, const struct ip_addr *to,
                         const uint8_t *tcp, uint32_t bytes)
{
    const uint16_t flags = tcp_header_flags(tcp);
    const bool is_syn = (flags & TCP_FLAG_SYN) != 0;
    struct conn *conn = conn_of_port(world, tcp_header_dst_port(tcp));
    if (conn == NULL && flags == TCP_FLAG_SYN) conn = take_syn(world, from, to, tcp);
    if (conn == NULL) return;
    uint32_t len = bytes - tcp_header_len(tcp);
    if (is_syn || (flags & TCP_FLAG_FIN) != 0) len++;
    if (is_syn || tcp_header_seq(tcp) == conn->ack) conn->ack = tcp_header_seq(tcp) + len;
    if (len == 0 || (world->how & IS_SILENT) != 0) return;
    const struct span nothing = {NULL, 0};
    if (flags == TCP_FLAG_SYN) {
        const bool refuses = (world->how & REFUSES_SYNS) != 0;
        send_segment(world, conn,
                     refuses ? TCP_FLAG_RST | TCP_FLAG_ACK : TCP_FLAG_SYN | TCP_FLAG_ACK, 4000,
                     nothing);
        conn->seq++;
        return;
    }
    send_segment(world, conn, TCP_FLAG_ACK, 4000, nothing);
}

/* What has come is one well-formed frame. */
static void take_frame(struct world *world)
{
    REQUIRE(world->in_len >= LINK_HEADER_BYTES + ETH_HEADER_BYTES);
    const uint8_t *frame = world->in + LINK_HEADER_BYTES;
    const uint32_t len = (uint32_t)(world->in_len - LINK_HEADER_BYTES);
    const struct vitro_span span = {frame, len};
    struct vitro_frame whole = {.spans = &span, .span_count = 1, .len_bytes = len};
    REQUIRE(link_header_parse(world->in, &whole));
    const uint16_t type = get_be16(frame + ETHERTYPE_OFFSET);
    const uint8_t *ip = frame + ETH_HEADER_BYTES;
    if (type == ETH_TYPE_ARP) {
        answer_arp(world);
        return;
    }
    const bool is_v4 = type == ETH_TYPE_IP4;
    const uint32_t ip_bytes = is_v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES;
    REQUIRE(is_v4 || type == ETH_TYPE_IP6);
    REQUIRE(len >= ETH_HEADER_BYTES + ip_bytes);
    const uint8_t protocol = is_v4 ? ip4_header_protocol(ip) : ip6_header_next(ip);
    const uint8_t *body = ip + ip_bytes;
    const uint32_t body_bytes = len - ETH_HEADER_BYTES - ip_bytes;
    if (!is_v4 && protocol == IP_PROTO_ICMP6 && body_bytes >= 24 && body[0] == ND_SOLICITATION) {
        answer_solicitation(world, ip, body);
    }
    if (protocol != IP_PROTO_TCP || (is_v4 && ip4_header_is_fragment(ip))) return;
    REQUIRE(body_bytes >= TCP_HEADER_BYTES && body_bytes >= tcp_header_len(body));
    const struct ip_addr from = is_v4 ? ip4_header_src(ip) : ip6_header_src(ip);
    const struct ip_addr to = is_v4 ? ip4_header_dst(ip) : ip6_header_dst(ip);
    take_segment(world, &from, &to, body, body_bytes);
}

static void drain(struct world *world)
{
    for (int i = 0; i < DRAIN_MAX; i++) {
        const ssize_t got = recv(world->fd, world->in, sizeof world->in, MSG_DONTWAIT);
        if (got <= 0) return;
        world->in_len = (size_t)got;
        take_frame(world);
    }
}

static void step(struct world *world, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        gateway_step(world->gateway, 0);
        drain(world);
        gateway_host_step(&world->host);
    }
}

/* ---- records ---- */

static struct conn *take_conn(struct world *world, struct reader *reader)
{
    return &world->conns[take_u8(reader) % CONNS_MAX];
}

static void op_raw(struct world *world, struct reader *reader)
{
    uint8_t header[LINK_HEADER_BYTES] = {0};
    const struct span given = take_bytes(reader, sizeof header);
    if (given.len > 0) memcpy(header, given.data, given.len);
    const struct span frame = take_bytes(reader, take_u16(reader) % 2048u);
    uint8_t bytes[2048 + 12];
    memcpy(bytes, sandbox_mac_gateway, 6);
    memcpy(bytes + 6, sandbox_mac_program, 6);
    if (frame.len > 0) memcpy(bytes + 12, frame.data, frame.len);
    send_bytes(world, header, bytes, 12 + frame.len);
}

static void op_open(struct world *world, struct reader *reader)
{
    const struct span nothing = {NULL, 0};
    const uint8_t slot = take_u8(reader);
    struct conn *conn = &world->conns[slot % CONNS_MAX];
    const struct ip_addr other = address_at(take_u8(reader));
    const uint8_t port = take_u8(reader);
    const uint8_t spoof = take_u8(reader);
    *conn = (struct conn){
        .mine = source_for(&other, spoof >= 128 ? spoof : 0),
        .other = other,
        .port = (uint16_t)(PORT_FIRST + slot),
        .other_port = ports[port % ARRAY_COUNT(ports)],
        .seq = 1000u * spoof,
        .is_open = true,
    };
    send_segment(world, conn, TCP_FLAG_SYN, 4000, nothing);
    conn->seq++;
    step(world, 4);
}

/* A segment whose numbers may be beside the right ones. */
static void op_segment(struct world *world, struct reader *reader)
{
    struct conn *conn = take_conn(world, reader);
    if (!conn->is_open) return;
    const uint8_t flags = take_u8(reader);
    struct conn shifted = *conn;
    shifted.seq += take_shift(reader);
    shifted.ack += take_shift(reader);
    const uint16_t window = take_u16(reader);
    const struct span payload = take_bytes(reader, take_u16(reader) % 1400u);
    const bool is_right = shifted.seq == conn->seq;
    send_segment(world, &shifted, flags, window, payload);
    if (!is_right) return;
    conn->seq += (uint32_t)payload.len;
    if ((flags & (TCP_FLAG_FIN | TCP_FLAG_SYN)) != 0) conn->seq++;
}

/* A super-segment of zeros and letters. */
static void op_super(struct world *world, struct reader *reader)
{
    static uint8_t text[60000];
    struct conn *conn = take_conn(world, reader);
    const uint32_t len = take_u16(reader) % sizeof text;
    const uint16_t segment_bytes = take_u16(reader);
    if (!conn->is_open || len == 0) return;
    memset(text, take_u8(reader), len);
    send_segment(world, conn, TCP_FLAG_ACK | TCP_FLAG_PSH, 4000, span_of(text, len));
    conn->seq += len;
    /* once more, said to be one to be cut: a retransmission of all of it */
    struct vitro_span span = {world->packet.bytes, world->packet.len};
    const struct vitro_frame frame = {.spans = &span,
                                      .span_count = 1,
                                      .len_bytes = world->packet.len,
                                      .segment_bytes = segment_bytes,
                                      .checksum_partial = true};
    uint8_t header[LINK_HEADER_BYTES];
    link_header_emit(&frame, header);
    send_bytes(world, header, world->packet.bytes, world->packet.len);
}

static void send_udp(struct world *world, const struct packet_ip *ip, uint16_t from, uint16_t to,
                     struct span payload)
{
    packet_begin(&world->packet, ip);
    uint8_t *body = world->packet.bytes + world->packet.body_at;
    const struct udp_repr repr = {from, to, (uint16_t)payload.len, true};
    udp_emit(&repr, (struct span_mut){body, UDP_HEADER_BYTES});
    if (payload.len > 0) memcpy(body + UDP_HEADER_BYTES, payload.data, payload.len);
    packet_end(&world->packet, UDP_HEADER_BYTES + (uint32_t)payload.len);
    send_packet(world, &world->packet);
}

static void op_udp(struct world *world, struct reader *reader)
{
    const struct ip_addr to = address_at(take_u8(reader));
    const uint8_t spoof = take_u8(reader);
    const struct ip_addr from = source_for(&to, spoof >= 128 ? spoof : 0);
    const struct packet_ip ip = ip_head(&from, &to, IP_PROTO_UDP, take_u8(reader));
    const uint16_t port = ports[take_u8(reader) % ARRAY_COUNT(ports)];
    const uint16_t own = (uint16_t)(PORT_FIRST + take_u8(reader));
    const struct span payload = take_bytes(reader, take_u16(reader) % 1600u);
    send_udp(world, &ip, spoof == 200 ? port : own, port, payload);
}

/* A question with the input's labels. */
static void op_question(struct world *world, struct reader *reader)
{
    uint8_t query[300] = {0};
    put_be16(query, take_u16(reader));
    put_be16(query + 2, 0x100);
    put_be16(query + 4, 1);
    const uint16_t type = take_u8(reader);
    const struct span name = take_bytes(reader, take_u8(reader));
    if (name.len > 0) memcpy(query + 12, name.data, name.len);
    put_be16(query + 12 + name.len, type);
    put_be16(query + 14 + name.len, 1);
    const struct ip_addr to = address_at(1);
    const struct ip_addr from = source_for(&to, 0);
    const struct packet_ip ip = ip_head(&from, &to, IP_PROTO_UDP, 64);
    send_udp(world, &ip, PORT_FIRST, 53, span_of(query, 16 + name.len));
}

static void op_icmp(struct world *world, struct reader *reader)
{
    const struct ip_addr to = address_at(take_u8(reader));
    const uint8_t spoof = take_u8(reader);
    const struct ip_addr from = source_for(&to, spoof >= 128 ? spoof : 0);
    const uint8_t protocol = ip_addr_is_v4(&to) ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6;
    const struct packet_ip ip = ip_head(&from, &to, protocol, take_u8(reader));
    const uint8_t type = take_u8(reader), code = take_u8(reader);
    const uint32_t rest = (uint32_t)take_u16(reader) << 16 | take_u16(reader);
    const struct span data = take_bytes(reader, take_u16(reader) % 1500u);
    packet_icmp_error(&world->packet, &ip, type, code, rest, data);
    send_packet(world, &world->packet);
}

/* An error about the last frame that came, from whomever. */
static void op_icmp_error(struct world *world, struct reader *reader)
{
    const size_t skip = LINK_HEADER_BYTES + ETH_HEADER_BYTES;
    const uint8_t type = take_u8(reader), code = take_u8(reader), whom = take_u8(reader);
    const uint32_t rest = take_u16(reader);
    if (world->in_len < skip + IP6_HEADER_BYTES) return;
    const uint8_t *quoted = world->in + skip;
    const bool is_v4 = quoted[0] >> 4 == 4;
    const struct ip_addr to = is_v4 ? ip4_header_src(quoted) : ip6_header_src(quoted);
    const struct ip_addr from = source_for(&to, whom);
    const struct packet_ip ip = ip_head(&from, &to, is_v4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6, 64);
    const struct span quote = span_of(quoted, size_min(world->in_len - skip, 500));
    packet_icmp_error(&world->packet, &ip, type, code, rest, quote);
    send_packet(world, &world->packet);
}

static void op_fragment(struct world *world, struct reader *reader)
{
    if (world->packet.len == 0) return;
    const uint32_t body_bytes = world->packet.len - world->packet.body_at;
    const uint32_t offset = u32_min(take_u8(reader) * 8u, body_bytes / 8 * 8);
    const uint32_t len = u32_min(take_u8(reader) * 8u, body_bytes - offset);
    packet_fragment(&world->packet, offset, len, take_u8(reader), &world->piece);
    send_packet(world, &world->piece);
}

/* The last packet with one byte changed, its checksum right or not. */
static void op_again(struct world *world, struct reader *reader)
{
    const uint16_t at = take_u16(reader);
    const uint8_t change = take_u8(reader);
    if (world->packet.len == 0) return;
    world->packet.bytes[at % world->packet.len] ^= change;
    if (take_u8(reader) % 2 == 0) (void)packet_fix(&world->packet);
    send_packet(world, &world->packet);
}

static void op_host(struct world *world, struct reader *reader)
{
    const uint8_t what = take_u8(reader);
    const struct span bytes = take_bytes(reader, take_u16(reader) % 1500u);
    gateway_host_act(&world->host, what, bytes.data, bytes.len);
}

/* Time passes: timers are due. */
static void op_later(struct world *world, struct reader *reader)
{
    static const uint32_t waits_ms[] = {50, 300, 1000, 2500, 6000, 11000, 70000, 310000};
    clock_ahead_ms += waits_ms[take_u8(reader) % ARRAY_COUNT(waits_ms)];
    step(world, 3);
}

static void do_record(struct world *world, struct reader *reader)
{
    switch ((enum operation)(take_u8(reader) % OP_COUNT)) {
    case OP_RAW: op_raw(world, reader); break;
    case OP_OPEN: op_open(world, reader); break;
    case OP_SEGMENT: op_segment(world, reader); break;
    case OP_SUPER: op_super(world, reader); break;
    case OP_UDP: op_udp(world, reader); break;
    case OP_QUESTION: op_question(world, reader); break;
    case OP_ICMP: op_icmp(world, reader); break;
    case OP_ICMP_ERROR: op_icmp_error(world, reader); break;
    case OP_FRAGMENT: op_fragment(world, reader); break;
    case OP_STEP: step(world, take_u8(reader) % 8u); break;
    case OP_HOST: op_host(world, reader); break;
    case OP_AGAIN: op_again(world, reader); break;
    case OP_LATER: op_later(world, reader); break;
    case OP_COUNT: break;
    }
}

/* ---- beginning and end ---- */

static void watch(struct world *world, struct gateway_config *config, int nowhere)
{
    const struct run_show_config show = {
        .print = (world->how & PRINTS_ALL) != 0 ? RUN_PRINT_ALL : RUN_PRINT_NOTABLE,
        .has_table = true,
        .text_fd = nowhere,
        .capture_fd = nowhere,
        .json_fd = nowhere,
        .command = "fuzz",
    };
    REQUIRE(run_show_init(&world->show, &show));
    config->watcher = run_show_watcher(&world->show);
}

static void start(struct world *world, int nowhere)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct gateway_config config = {.link_kind = LINK_PACKET, .mtu_bytes = 1500};
    int pair[2], error = 0;
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
    world->fd = pair[0];
    config.link_fd = pair[1];
    policy_addresses_init(&config.policy.addresses, &network, true);
    vitro_config_default(&config.stack);
    vitro_config_seed(&config.stack, 1);
    config.resolver[0] = vitro_endpoint_of(vitro_ip_v4(127, 0, 0, 1), 53);
    config.resolver_count = 1;
    gateway_host_open(&world->host);
    if ((world->how & HAS_PUBLISHED) != 0) {
        for (int i = 0; i < 2; i++) {
            world->publish[i] =
                (struct gateway_publish){.fd = gateway_host_publish(&world->host, i == 1),
                                         .is_udp = i == 1,
                                         .host = config.resolver[0],
                                         .port = 8080};
        }
        config.publish = world->publish;
        config.publish_count = 2;
    }
    if ((world->how & HAS_WATCHER) != 0) watch(world, &config, nowhere);
    world->gateway = gateway_create(&config, &error);
    REQUIRE(world->gateway != NULL);
}

/* When nothing comes, there must be rounds that wait: else it spins. */
static void find_rest(struct world *world)
{
    for (int i = 0; i < IDLE_STEPS_MAX; i++) {
        const uint64_t began_us = poll_now_us();
        gateway_step(world->gateway, began_us + IDLE_WAIT_US);
        const bool has_waited = poll_now_us() - began_us >= IDLE_WAIT_US;
        drain(world);
        gateway_host_step(&world->host);
        if (has_waited) return;
    }
    abort();
}

static void finish(struct world *world, int nowhere)
{
    struct gateway *gateway = world->gateway;
    vitro_stack_check(gateway->stack);
    if ((world->how & MUST_IDLE) != 0) find_rest(world);
    int control[2] = {-1, -1};
    if ((world->how & ENDS_BY_RUN) != 0) {
        REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, control) == 0);
        close(control[1]);
        gateway_run(gateway, control[0]);
        close(control[0]);
    }
    const struct gateway_stats stats = gateway->stats;
    gateway_destroy(gateway);
    if ((world->how & HAS_WATCHER) != 0) REQUIRE(run_show_end(&world->show, &stats));
    close(world->fd);
    gateway_host_close(&world->host);
    close(nowhere);
}

/* The lowest descriptor that is free. */
static int free_descriptor(void)
{
    const int fd = dup(2);
    REQUIRE(fd >= 0);
    close(fd);
    return fd;
}

static void enter(void)
{
    static bool is_inside;
    if (is_inside) return;
    is_inside = gateway_host_enter();
    fflush(stdout);
    if (!is_inside) _exit(EXIT_SKIPPED);
}

/* libFuzzer calls it while the process has no second thread yet: then a namespace can be made. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    enter();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct reader reader = {data, size};
    enter();
    const int free_before = free_descriptor();
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    memset(&world, 0, sizeof world);
    clock_ahead_ms = 0;
    world.how = take_u8(&reader);
    start(&world, nowhere);
    for (uint32_t i = 0; i < RECORDS_MAX && reader.size > 0; i++) {
        do_record(&world, &reader);
        step(&world, 1);
    }
    step(&world, 2);
    finish(&world, nowhere);
    REQUIRE(free_descriptor() == free_before);
    clock_ahead_ms = 0;
    return 0;
}
