/*
 * Fuzz target: a whole stack with live connections in every state (stack_states.c), fed with what
 * networks, routers, time and applications may do to it in any order.
 *
 * The input is four bytes of configuration and then operations, each a byte that chooses it and
 * the bytes it reads; zeros are what a well-behaved peer would do. After each operation the
 * invariants are walked, and all that leaves is judged (stack_world.c). At the end the stack is
 * destroyed; before, if the input asks, everything is closed and must be gone after some hours.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/stack_world.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define REQUIRE(expr)  ((expr) ? (void)0 : abort())
#define OPERATIONS_MAX 400u
#define BATCH_MAX      16u
#define READY_MAX      100u

/* A world and what is left of the input; reading beyond it gives zeros. */
struct run {
    struct world world; /* first member */
    const uint8_t *data;
    size_t left;
};

static uint8_t take_u8(struct run *run)
{
    if (run->left == 0) return 0;
    run->left--;
    return *run->data++;
}

static uint16_t take_u16(struct run *run)
{
    const uint16_t high = take_u8(run);
    return (uint16_t)(high << 8 | take_u8(run));
}

static uint32_t take_u32(struct run *run)
{
    const uint32_t high = take_u16(run);
    return high << 16 | take_u16(run);
}

static struct span take_span(struct run *run, size_t len)
{
    const struct span span = {run->data, size_min(len, run->left)};
    run->data += span.len;
    run->left -= span.len;
    return span;
}

/* A signed difference of 16 bits, as unsigned numbers add it. */
static uint32_t take_near(struct run *run) { return (uint32_t)(int32_t)(int16_t)take_u16(run); }

static vitro_socket take_socket(struct run *run)
{
    const struct world *w = &run->world;
    return w->socket[take_u8(run) % w->sockets];
}

/* ---- packets ---- */

static uint32_t take_seq(struct run *run, const struct world_live *live)
{
    switch (take_u8(run) % 8) {
    case 1: return live->seq + take_near(run);
    case 2: return live->edge + take_near(run);
    case 3: return live->edge;
    case 4: return live->seq - 1;
    case 5: return live->irs + take_near(run);
    case 6: return take_u32(run);
    default: return live->seq;
    }
}

static uint32_t take_ack(struct run *run, const struct world_live *live)
{
    const uint32_t flight = live->ack - live->una;
    switch (take_u8(run) % 8) {
    case 1: return live->una;
    case 2: return live->una + (flight == 0 ? 0 : take_u16(run) % flight);
    case 3: return live->una + take_near(run);
    case 4: return live->ack + take_near(run);
    case 5: return live->iss + take_near(run);
    case 6: return take_u32(run);
    default: return live->ack;
    }
}

static uint16_t take_flags(struct run *run)
{
    static const uint16_t usual[8] = {TCP_FLAG_ACK,
                                      TCP_FLAG_ACK | TCP_FLAG_PSH,
                                      TCP_FLAG_ACK | TCP_FLAG_FIN,
                                      TCP_FLAG_SYN,
                                      TCP_FLAG_SYN | TCP_FLAG_ACK,
                                      TCP_FLAG_RST,
                                      TCP_FLAG_RST | TCP_FLAG_ACK,
                                      TCP_FLAG_ACK | TCP_FLAG_ECE};
    const uint8_t choice = take_u8(run);
    return (choice & 0x80) == 0 ? usual[choice & 7] : take_u16(run) & 0x1ff;
}

static void take_options(struct run *run, const struct world_live *live, struct packet_tcp *tcp)
{
    struct tcp_options *options = &tcp->repr.options;
    const uint8_t choice = take_u8(run);
    options->has_timestamps = live->has_timestamps != ((choice & 1) != 0);
    options->ts_val = live->ts_val + ((choice & 2) != 0 ? take_near(run) : 0);
    options->ts_ecr = live->ts_ecr + ((choice & 4) != 0 ? take_near(run) : 0);
    if ((choice & 8) != 0) {
        options->mss = take_u16(run);
        options->has_wscale = options->has_sack_permitted = true;
        options->wscale = take_u8(run) % 15;
    }
    if ((choice & 0xf0) == 0x70) tcp->raw_options = take_span(run, (take_u8(run) % 10) * 4u);
    tcp->raw_options.len &= ~(size_t)3;
    if ((choice & 16) == 0) return;
    options->sack_count = (uint8_t)(1 + (choice >> 5 & 3) % 4);
    for (uint8_t i = 0; i < options->sack_count; i++) {
        options->sack[i].start = live->una + take_near(run);
        options->sack[i].end = options->sack[i].start + take_near(run);
    }
}

static uint32_t take_payload_bytes(struct run *run)
{
    switch (take_u8(run) % 8) {
    case 1: return 1;
    case 2: return take_u8(run);
    case 3: return 1000;
    case 4: return take_u16(run) % 1600;
    case 5: return take_u16(run);
    default: return 0;
    }
}

static void take_segment(struct run *run, const struct world_live *live, struct packet_tcp *tcp)
{
    *tcp = (struct packet_tcp){
        .repr = {.src_port = live->tuple.remote_port, .dst_port = live->tuple.local_port}};
    tcp->repr.flags = take_flags(run);
    tcp->repr.seq = take_seq(run, live);
    tcp->repr.ack = take_ack(run, live);
    tcp->payload_bytes = take_payload_bytes(run);
    const uint8_t window = take_u8(run);
    tcp->repr.window = (window & 1) != 0 ? take_u16(run) : (uint16_t)(4000 + window);
    if (window == 2) tcp->repr.window = 0;
    if ((tcp->repr.flags & TCP_FLAG_URG) != 0) tcp->repr.urgent = take_u16(run);
    take_options(run, live, tcp);
}

/* Changes bytes of a packet; what streams hold is not known any more. */
static void mangle(struct run *run, struct packet *packet)
{
    const uint8_t choice = take_u8(run);
    if (run->world.is_clean) return;
    run->world.is_tainted = true;
    for (uint8_t i = 0; i <= (choice & 3); i++) {
        const uint32_t at = packet->ip_at + take_u8(run);
        const uint8_t value = take_u8(run);
        if (at < packet->len) packet->bytes[at] ^= value;
    }
    if ((choice & 4) != 0) (void)packet_fix(packet);
    if ((choice & 8) != 0) packet->len -= u32_min(take_u8(run), packet->len - packet->ip_at - 1);
    if ((choice & 16) != 0 && packet->len + 256 < PACKET_BYTES_MAX) {
        const uint32_t more = take_u8(run);
        memset(packet->bytes + packet->len, 0, more);
        packet->len += more;
    }
}

/* In fragments, forwards or backwards, perhaps not all. */
static void deliver_fragments(struct run *run, uint32_t interface)
{
    struct world *w = &run->world;
    const uint8_t choice = take_u8(run);
    const uint32_t body_bytes = w->packet.len - w->packet.body_at;
    const uint32_t size = 8 + (choice & 0x3f) * 24u;
    const uint32_t count = u32_min((body_bytes + size - 1) / size, 64);
    const uint16_t id = take_u8(run);
    const uint8_t missing = take_u8(run);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t place = (choice & 0x40) != 0 ? count - 1 - i : i;
        if (missing != 0 && place == missing % 16u) continue;
        const uint32_t offset = place * size;
        packet_fragment(&w->packet, offset, u32_min(size, body_bytes - offset), id, &w->piece);
        world_deliver(w, &w->piece, &(struct world_delivery){.interface = interface});
        if ((choice & 0x80) != 0 && place == 0) {
            world_deliver(w, &w->piece, &(struct world_delivery){.interface = interface});
        }
    }
}

static void deliver(struct run *run, uint32_t interface)
{
    struct world *w = &run->world;
    struct world_delivery delivery = {.interface = interface};
    const uint8_t how = take_u8(run);
    if ((how & 0x0f) == 1) mangle(run, &w->packet);
    if ((how & 0x0f) == 2) {
        deliver_fragments(run, interface);
        return;
    }
    if ((how & 0x0f) == 3) delivery.segment_bytes = take_u16(run);
    if ((how & 0x0f) == 4) delivery.checksum_partial = true;
    if ((how & 0x0f) == 5) delivery.split_bytes = 1 + take_u8(run) * 16u;
    if ((how & 0x0f) == 6) delivery.interface = take_u8(run) % 4;
    if ((how & 0x10) != 0) delivery.split_bytes = 700;
    world_deliver(w, &w->packet, &delivery);
}

/* A segment for a connection, from its peer. */
static void op_segment(struct run *run)
{
    struct packet_tcp tcp;
    uint32_t interface;
    const struct world_live live = world_live(&run->world, take_u8(run));
    if (live.entry == NULL) return;
    struct packet_ip ip = world_ip(&live.tuple, &interface);
    take_segment(run, &live, &tcp);
    ip.ecn = take_u8(run);
    packet_tcp(&run->world.packet, &ip, &tcp);
    deliver(run, interface);
}

/* A super-segment. */
static void op_super(struct run *run)
{
    struct world *w = &run->world;
    struct packet_tcp tcp;
    uint32_t interface;
    const struct world_live live = world_live(w, take_u8(run));
    if (live.entry == NULL) return;
    const struct packet_ip ip = world_ip(&live.tuple, &interface);
    take_segment(run, &live, &tcp);
    tcp.payload_bytes = take_u16(run);
    packet_tcp(&w->packet, &ip, &tcp);
    const uint8_t how = take_u8(run);
    world_deliver(w, &w->packet,
                  &(struct world_delivery){.interface = interface,
                                           .segment_bytes = (uint16_t)(1 + take_u16(run) % 1500),
                                           .checksum_partial = (how & 1) != 0,
                                           .split_bytes = (how & 2) != 0 ? 4000 : 0});
}

/* Segments that follow each other, and now and then do not, in one batch. */
static void op_batch(struct run *run)
{
    struct world *w = &run->world;
    struct packet_tcp tcp;
    uint32_t interface;
    struct vitro_span spans[BATCH_MAX];
    struct vitro_frame frames[BATCH_MAX];
    const struct world_live live = world_live(w, take_u8(run));
    if (live.entry == NULL) return;
    const struct packet_ip ip = world_ip(&live.tuple, &interface);
    take_segment(run, &live, &tcp);
    const uint32_t count = 1 + take_u8(run) % BATCH_MAX;
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t twist = take_u8(run);
        if ((twist & 0xe0) == 0x20) tcp.payload_bytes = twist & 0x1f;
        if ((twist & 0xe0) == 0x40) tcp.repr.seq += twist & 0x1f;
        if ((twist & 0xe0) == 0x60) tcp.repr.flags ^= (uint16_t)(1u << (twist & 7));
        if ((twist & 0xe0) == 0x80) tcp.repr.ack += twist & 0x1f;
        packet_tcp(&w->packet, &ip, &tcp);
        if ((twist & 0xe0) == 0xa0) mangle(run, &w->packet);
        uint8_t *block = malloc(w->packet.len);
        REQUIRE(block != NULL);
        memcpy(block, w->packet.bytes, w->packet.len);
        spans[i] = (struct vitro_span){block, w->packet.len};
        frames[i] =
            (struct vitro_frame){.spans = &spans[i], .span_count = 1, .len_bytes = w->packet.len};
        tcp.repr.seq += tcp.payload_bytes;
    }
    vitro_stack_input_many(w->stack, interface, frames, count, w->now_us);
    for (uint32_t i = 0; i < count; i++) free((void *)(uintptr_t)spans[i].data);
}

/* What the peer answers to something that left: cookies are completed this way. */
static void op_answer(struct run *run)
{
    struct world *w = &run->world;
    const struct world_recent *recent = &w->recent[(w->recent_next - 1 - take_u8(run) % 8u) % 8];
    if (!recent->is_tcp) return;
    struct packet_tcp tcp = {
        .repr = {.src_port = recent->repr.dst_port, .dst_port = recent->repr.src_port}};
    const uint8_t choice = take_u8(run);
    tcp.repr.flags = take_flags(run);
    tcp.repr.seq = recent->repr.ack + ((choice & 1) != 0 ? take_near(run) : 0);
    tcp.repr.ack = recent->repr.seq + recent->seq_len + ((choice & 2) != 0 ? take_near(run) : 0);
    tcp.repr.window = (choice & 4) != 0 ? take_u16(run) : 5000;
    tcp.payload_bytes = (choice & 8) != 0 ? take_u8(run) * 8u : 0;
    tcp.repr.options.has_timestamps = recent->repr.options.has_timestamps != ((choice & 16) != 0);
    tcp.repr.options.ts_ecr = recent->repr.options.ts_val;
    tcp.repr.options.ts_val = recent->repr.options.ts_ecr + choice;
    uint32_t interface;
    const struct packet_ip ip = world_ip(&recent->tuple, &interface);
    packet_tcp(&w->packet, &ip, &tcp);
    deliver(run, interface);
}

/* A SYN to a listener, or to where none is. */
static void op_syn(struct run *run)
{
    const uint8_t which = take_u8(run);
    const uint16_t local_port = (uint16_t)(79 + which / 8 % 4);
    world_say_syn(&run->world, which & 7, local_port, (uint16_t)(2000 + take_u8(run)));
}

/* Raw bytes, with an IP header of their own or behind one. */
static void op_raw(struct run *run)
{
    struct world *w = &run->world;
    const uint8_t how = take_u8(run);
    const uint32_t interface = 1 + (how & 1u);
    const struct span bytes = take_span(run, take_u8(run));
    struct packet *packet = &w->packet;
    if (w->is_clean) return;
    w->is_tainted = true;
    if ((how & 2) != 0) {
        if (bytes.len == 0) return;
        packet->ip_at = packet->body_at = 0;
        memcpy(packet->bytes, bytes.data, bytes.len);
        packet->len = (uint32_t)bytes.len;
    } else {
        const struct vitro_endpoint from = world_peer(how >> 2 & 7, 0);
        const struct vitro_endpoint to = world_ours(how >> 2 & 7, 0);
        const struct packet_ip ip = {.has_ethernet = interface == 1,
                                     .src = socket_addr_in(&from.ip),
                                     .dst = socket_addr_in(&to.ip),
                                     .protocol = take_u8(run),
                                     .hop_limit = (how & 0x80) != 0 ? 255 : 64};
        packet_begin(packet, &ip);
        if (bytes.len > 0) memcpy(packet->bytes + packet->body_at, bytes.data, bytes.len);
        packet_end(packet, (uint32_t)bytes.len);
    }
    deliver(run, interface);
}

/* UDP to a socket, or the echo of a ping. */
static void op_datagram(struct run *run)
{
    struct world *w = &run->world;
    const uint8_t how = take_u8(run);
    const struct vitro_endpoint from = world_peer(how & 7, 0);
    const struct vitro_endpoint to = world_ours(how & 7, 0);
    struct packet_ip ip = {.has_ethernet = (how & 2) == 0,
                           .src = socket_addr_in(&from.ip),
                           .dst = socket_addr_in(&to.ip),
                           .protocol = IP_PROTO_UDP,
                           .hop_limit = 64};
    const uint16_t len = take_u16(run) % 9000;
    if ((how & 8) != 0) {
        ip.protocol = ip_addr_is_v4(&ip.dst) ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6;
    }
    packet_begin(&w->packet, &ip);
    uint8_t *body = w->packet.bytes + w->packet.body_at;
    memset(body, 0, 8u + len);
    if ((how & 8) != 0) {
        static const uint8_t types[8] = {0, 129, 8, 128, 17, 13, 137, 130};
        const uint8_t choice = take_u8(run);
        body[0] = types[choice & 7];
        put_be16(body + 4, (uint16_t)(w->stack->stack.ping_id - (choice >> 3 & 3)));
    } else {
        put_be16(body, take_u8(run));
        put_be16(body + 2, 53);
        put_be16(body + 4, (uint16_t)(8 + len));
    }
    packet_end(&w->packet, 8u + len);
    deliver(run, (how & 2) == 0 ? 1 : 2);
}

/* Something that left comes back, from the other side. */
static void op_reflect(struct run *run)
{
    struct world *w = &run->world;
    const struct world_recent *recent = &w->recent[take_u8(run) % WORLD_RECENT];
    struct packet *packet = &w->packet;
    if (recent->len <= recent->ip_at + IP6_HEADER_BYTES) return;
    memcpy(packet->bytes, recent->bytes, recent->len);
    packet->len = recent->len;
    packet->ip_at = recent->ip_at;
    uint8_t *ip = packet->bytes + packet->ip_at;
    const bool is_v4 = ip[0] >> 4 == 4;
    const uint32_t size = is_v4 ? 4 : 16;
    uint8_t *src = ip + (is_v4 ? 12 : 8);
    packet->body_at = packet->ip_at + (is_v4 ? IP4_HEADER_BYTES : IP6_HEADER_BYTES);
    memcpy(w->scratch, src, size);
    memmove(src, src + size, size);
    memcpy(src + size, w->scratch, size);
    if (packet->ip_at > 0) {
        memcpy(packet->bytes, (uint8_t[]){2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}, 12);
    }
    packet->is_v4 = is_v4;
    packet->protocol = is_v4 ? ip[9] : ip[6];
    if (packet->protocol == IP_PROTO_TCP || packet->protocol == IP_PROTO_UDP) {
        uint8_t *ports = packet->bytes + packet->body_at;
        const uint16_t port = get_be16(ports);
        put_be16(ports, get_be16(ports + 2));
        put_be16(ports + 2, port);
    }
    deliver(run, recent->interface);
}

/* Neighbour discovery: who is where, and what routers say. */
static void op_discovery(struct run *run)
{
    struct world *w = &run->world;
    const uint8_t how = take_u8(run);
    const struct vitro_endpoint from = world_peer((how & 1) != 0 ? 5 : 1, 0);
    const struct vitro_endpoint to = world_ours((how & 1) != 0 ? 5 : 1, 0);
    const struct packet_ip ip = {.has_ethernet = true,
                                 .src = socket_addr_in(&from.ip),
                                 .dst = socket_addr_in(&to.ip),
                                 .protocol = IP_PROTO_ICMP6,
                                 .hop_limit = 255};
    struct nd_repr nd = {.type = (uint8_t)(133 + (how >> 1 & 3)),
                         .target = (how & 8) != 0 ? ip.dst : ip.src,
                         .is_router = (how & 16) != 0,
                         .is_solicited = (how & 32) != 0,
                         .is_override = (how & 64) != 0};
    const uint8_t what = take_u8(run);
    nd.options.has_source_lladdr = (what & 1) != 0;
    nd.options.has_target_lladdr = (what & 2) != 0;
    nd.options.source_lladdr.bytes[5] = nd.options.target_lladdr.bytes[5] = what & 12;
    nd.options.source_lladdr.bytes[0] = nd.options.target_lladdr.bytes[0] = 2;
    if (nd.type == ICMP6_ROUTER_ADVERTISEMENT) {
        nd.hop_limit = what;
        nd.lifetime_s = take_u16(run);
        nd.reachable_ms = take_u16(run);
        nd.retrans_ms = take_u16(run);
        nd.options.mtu_bytes = (what & 16) != 0 ? take_u16(run) : 0;
        nd.options.prefix_count = what >> 5 & 1;
        nd.options.prefix[0] = (struct nd_prefix){.prefix = {.addr = ip.src, .bits = 64},
                                                  .is_on_link = (what & 64) != 0,
                                                  .is_autonomous = (what & 128) != 0,
                                                  .valid_s = take_u16(run),
                                                  .preferred_s = take_u8(run)};
        nd.options.prefix[0].prefix.addr.bytes[3] = what & 3;
    }
    packet_begin(&w->packet, &ip);
    const uint32_t len = nd_emit_len(&nd);
    nd_emit(&nd, span_mut_of(w->packet.bytes + w->packet.body_at, len), &ip.src, &ip.dst);
    packet_end(&w->packet, len);
    deliver(run, 1);
}

/* ---- ICMP errors ---- */

static void send_icmp(struct run *run, bool is_v4, struct packet_ip ip, uint32_t interface,
                      struct span quote)
{
    static const uint8_t kinds4[8][2] = {{3, 1},  {3, 3}, {3, 4},  {11, 0},
                                         {12, 0}, {3, 0}, {3, 13}, {4, 0}};
    static const uint8_t kinds6[8][2] = {{1, 0}, {1, 4}, {2, 0}, {3, 0},
                                         {4, 1}, {1, 3}, {1, 1}, {3, 1}};
    const uint8_t choice = take_u8(run);
    const uint8_t *kind = is_v4 ? kinds4[choice & 7] : kinds6[choice & 7];
    const uint32_t rest = (choice & 8) != 0 ? take_u16(run) : 1300;
    quote.len = size_min(quote.len, (choice & 16) != 0 ? take_u8(run) : 500);
    ip.protocol = is_v4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6;
    packet_icmp_error(&run->world.packet, &ip, kind[0], kind[1], rest, quote);
    deliver(run, interface);
}

/* Quotes something that left. */
static void op_icmp_recent(struct run *run)
{
    struct world *w = &run->world;
    const struct world_recent *recent = &w->recent[take_u8(run) % WORLD_RECENT];
    if (recent->len <= recent->ip_at + IP6_HEADER_BYTES) return;
    const uint8_t *bytes = recent->bytes + recent->ip_at;
    const bool is_v4 = bytes[0] >> 4 == 4;
    if (!is_v4 && bytes[0] >> 4 != 6) return;
    const struct packet_ip ip = {.has_ethernet = recent->interface == 1,
                                 .src = is_v4 ? ip4_header_dst(bytes) : ip6_header_dst(bytes),
                                 .dst = is_v4 ? ip4_header_src(bytes) : ip6_header_src(bytes),
                                 .hop_limit = 64};
    send_icmp(run, is_v4, ip, recent->interface, (struct span){bytes, recent->len - recent->ip_at});
}

/* Quotes a segment that a connection may have sent. */
static void op_icmp_live(struct run *run)
{
    struct world *w = &run->world;
    uint32_t interface;
    const struct world_live live = world_live(w, take_u8(run));
    if (live.entry == NULL) return;
    const struct packet_ip ip = world_ip(&live.tuple, &interface);
    struct packet_ip back = ip;
    back.has_ethernet = false;
    back.src = ip.dst;
    back.dst = ip.src;
    const struct packet_tcp tcp = {.repr = {.src_port = live.tuple.local_port,
                                            .dst_port = live.tuple.remote_port,
                                            .seq = take_ack(run, &live),
                                            .ack = live.seq,
                                            .flags = TCP_FLAG_ACK},
                                   .payload_bytes = 40};
    packet_tcp(&w->piece, &back, &tcp);
    send_icmp(run, ip_addr_is_v4(&ip.src), ip, interface,
              (struct span){w->piece.bytes, w->piece.len});
}

/* ---- time ---- */

static void op_time(struct run *run)
{
    struct world *w = &run->world;
    const uint8_t how = take_u8(run);
    const uint64_t deadline_us = vitro_stack_deadline(w->stack);
    uint64_t us = 0;
    switch (how & 3) {
    case 0:
        if (deadline_us != VITRO_TIME_NEVER) us = deadline_us - w->now_us;
        break;
    case 1: us = take_u16(run); break;
    case 2: us = take_u16(run) * 1000ull; break;
    default: us = take_u8(run) * 1000000ull; break;
    }
    world_advance(w, us);
}

/* ---- the application ---- */

static void op_send(struct run *run)
{
    const vitro_socket socket = take_socket(run);
    const uint8_t how = take_u8(run);
    const uint16_t len = take_u16(run);
    if ((how & 3) == 3) {
        world_reserve(&run->world, socket, len % 40000u, (how & 4) != 0 ? take_u16(run) : 0);
    } else {
        world_send(&run->world, socket, len % 8193u, (how & 3) == 2);
    }
}

static void op_receive(struct run *run)
{
    const vitro_socket socket = take_socket(run);
    const uint16_t len = take_u16(run);
    if ((len & 0x8000) != 0) {
        world_peek(&run->world, socket, len & 0x7fff);
    } else {
        world_receive(&run->world, socket, len == 0 ? WORLD_SCRATCH : len);
    }
}

static void op_shutdown(struct run *run)
{
    struct world *w = &run->world;
    const vitro_socket socket = take_socket(run);
    (void)vitro_tcp_shutdown(w->stack, socket, take_u8(run) % 4, w->now_us);
}

static void op_close(struct run *run)
{
    struct world *w = &run->world;
    const vitro_socket socket = take_socket(run);
    if ((take_u8(run) & 1) != 0) {
        (void)vitro_tcp_abort(w->stack, socket, w->now_us);
    } else {
        (void)vitro_close(w->stack, socket, w->now_us);
    }
}

static void op_option(struct run *run)
{
    struct world *w = &run->world;
    const vitro_socket socket = take_socket(run);
    const enum vitro_option option = (enum vitro_option)(take_u8(run) % (VITRO_OPTION_COUNT + 1));
    const uint8_t how = take_u8(run);
    uint64_t value = how & 1;
    if ((how & 2) != 0) value = take_u16(run);
    if ((how & 4) != 0) value = take_u32(run);
    if ((how & 8) != 0) value <<= 20;
    if (option == VITRO_OPTION_COUNT) {
        (void)vitro_set_congestion_control(w->stack, socket, (how & 1) != 0 ? "reno" : "cubic");
    } else if (vitro_set_option(w->stack, socket, option, value, w->now_us) == 0) {
        REQUIRE(vitro_get_option(w->stack, socket, option, &value) == 0);
    }
}

static void op_accept(struct run *run)
{
    struct world *w = &run->world;
    struct vitro_endpoint remote;
    vitro_socket socket;
    const vitro_socket listener = take_socket(run);
    if (vitro_tcp_accept(w->stack, listener, 7, &socket, &remote) == 0) {
        (void)world_keep(w, socket);
    }
}

static void op_decide(struct run *run)
{
    struct world *w = &run->world;
    struct vitro_flow flow;
    const uint8_t how = take_u8(run);
    const enum vitro_decision decision = (enum vitro_decision)((how & 3) | (how >> 2 & 4));
    if ((how & 4) != 0) {
        const struct world_live live = world_live(w, take_u8(run));
        if (live.entry == NULL) return;
        flow = socket_flow_out(&live.tuple);
    } else if (vitro_tcp_next_held(w->stack, take_socket(run), &flow) != 1) {
        return;
    }
    if ((how & 8) == 0) (void)vitro_tcp_decide(w->stack, &flow, decision, w->now_us);
}

static void op_open(struct run *run)
{
    struct world *w = &run->world;
    vitro_socket socket;
    const uint8_t how = take_u8(run);
    const uint8_t which = take_u8(run);
    const struct vitro_endpoint local = vitro_endpoint_any((uint16_t)(79 + which / 8 % 8));
    switch (how % 5) {
    case 0: (void)world_connect(w, which & 7, (uint16_t)(1000 + which)); return;
    case 1:
        if (vitro_tcp_open(w->stack, which, &socket) != 0) return;
        break;
    case 2:
        if (vitro_udp_open(w->stack, which, &socket) != 0) return;
        break;
    case 3:
        if (vitro_ping_open(w->stack, which, &socket) != 0) return;
        break;
    default:
        if (vitro_tcp_open(w->stack, which, &socket) != 0) return;
        (void)!vitro_bind(w->stack, socket, &local);
        (void)!vitro_tcp_listen(w->stack, socket, how / 5 % 4);
        break;
    }
    (void)world_keep(w, socket);
}

/* Bind, connect and listen on whatever there is. */
static void op_join(struct run *run)
{
    struct world *w = &run->world;
    const vitro_socket socket = take_socket(run);
    const uint8_t how = take_u8(run);
    const uint8_t which = take_u8(run);
    struct vitro_endpoint local = world_ours(which & 7, (uint16_t)(how >> 3));
    if ((which & 0x80) != 0) local = vitro_endpoint_any((uint16_t)(which & 0x7f));
    const struct vitro_endpoint remote = world_peer(which & 7, (uint16_t)(1000 + (which >> 3)));
    switch (how & 7) {
    case 0: (void)!vitro_bind(w->stack, socket, &local); break;
    case 1: (void)!vitro_tcp_connect(w->stack, socket, &remote, w->now_us); break;
    case 2: (void)!vitro_tcp_listen(w->stack, socket, which & 3); break;
    case 3: (void)!vitro_tcp_listen_hold(w->stack, socket, which & 3); break;
    case 4: (void)!vitro_udp_connect(w->stack, socket, &remote); break;
    case 5: (void)!vitro_udp_bind_any(w->stack, socket); break;
    case 6: (void)!vitro_ping_bind_any(w->stack, socket); break;
    default: (void)vitro_take_error(w->stack, socket); break;
    }
}

/* What a gateway answers to pings for others, or says of what it could not deliver. */
static void answer_for_others(struct world *w, vitro_socket socket, uint8_t how, size_t len)
{
    const struct vitro_unreachable why = {.kind = (enum vitro_unreachable_kind)(how >> 3 & 7),
                                          .mtu_bytes = (uint32_t)len,
                                          .from = (how & 0x80) != 0 ? world_ours(how >> 3, 0).ip
                                                                    : (struct vitro_ip){{0}}};
    const struct vitro_flow flow = {.local = world_ours(how >> 3 & 7, 53),
                                    .remote = world_peer(how >> 3, 53)};
    struct vitro_ping_request request;
    if (vitro_ping_next_request(w->stack, socket, w->scratch, len, &request) < 0) {
        (void)vitro_udp_unreachable(w->stack, socket, &flow, len, &why, w->now_us);
    } else if ((how & 0x40) != 0) {
        (void)!vitro_ping_answer(w->stack, socket, &request, w->scratch, len, w->now_us);
    } else {
        (void)vitro_ping_unreachable(w->stack, socket, &request, &why, w->now_us);
    }
}

static void op_message(struct run *run)
{
    struct world *w = &run->world;
    const vitro_socket socket = take_socket(run);
    const uint8_t how = take_u8(run);
    const uint16_t len = take_u16(run) % WORLD_SCRATCH;
    const struct vitro_flow flow = {.remote = world_peer(how >> 3, 53)};
    struct vitro_datagram datagram;
    struct vitro_ping_reply reply;
    switch (how & 7) {
    case 0: (void)!vitro_udp_send(w->stack, socket, NULL, w->scratch, len, w->now_us); break;
    case 1:
    case 2: (void)!vitro_udp_send(w->stack, socket, &flow, w->scratch, len, w->now_us); break;
    case 3: (void)!vitro_udp_receive(w->stack, socket, w->scratch, len, &datagram); break;
    case 4:
        (void)!vitro_ping_send(w->stack, socket, &flow.remote.ip, how, w->scratch, len, w->now_us);
        break;
    case 5: answer_for_others(w, socket, how, len); break;
    default: (void)!vitro_ping_receive(w->stack, socket, w->scratch, len, &reply); break;
    }
}

/* All that only looks. */
static void op_look(struct run *run)
{
    struct world *w = &run->world;
    struct vitro_ready ready;
    struct vitro_tcp_info info;
    struct vitro_cursor cursor = {0};
    struct vitro_counters counters;
    struct vitro_endpoint end;
    const vitro_socket socket = take_socket(run);
    for (uint32_t i = 0; i < READY_MAX && vitro_ready_next(w->stack, &ready); i++) {
        REQUIRE(vitro_user(w->stack, ready.socket) == ready.user);
        REQUIRE(vitro_readiness(w->stack, ready.socket) == (int)ready.bits);
    }
    REQUIRE(!vitro_ready_pending(w->stack));
    while (vitro_stack_conns_next(w->stack, &cursor, &info)) {
        REQUIRE(vitro_tcp_state_text(info.state) != NULL);
    }
    vitro_stack_counters(w->stack, &counters);
    (void)vitro_tcp_info(w->stack, socket, &info);
    (void)vitro_local_endpoint(w->stack, socket, &end);
    (void)vitro_remote_endpoint(w->stack, socket, &end);
    (void)vitro_tcp_urgent_offset(w->stack, socket);
    (void)vitro_tcp_writable_bytes(w->stack, socket);
    (void)vitro_tcp_unacked_bytes(w->stack, socket);
}

/* Addresses and routes come and go. */
static void op_network(struct run *run)
{
    struct world *w = &run->world;
    const uint8_t how = take_u8(run);
    const uint32_t interface = 1 + (how >> 3 & 1u);
    const struct vitro_ip ip = world_ours(how >> 4 & 7, 0).ip;
    struct vitro_route route = {.ip = world_peer(how >> 4 & 7, 0).ip,
                                .gateway = world_peer(how >> 4 & 1, 0).ip,
                                .interface = interface};
    route.prefix_bits = (how & 0x80) != 0 ? 0 : 32;
    if (route.prefix_bits == 0) memset(route.ip.bytes + (vitro_ip_is_v4(&ip) ? 12 : 0), 0, 4);
    switch (how & 7) {
    case 0: (void)!vitro_address_add(w->stack, interface, &ip, 24, w->now_us); break;
    case 1: (void)vitro_address_remove(w->stack, interface, &ip, w->now_us); break;
    case 2:
    case 3: (void)!vitro_route_add(w->stack, &route); break;
    case 4: (void)vitro_route_remove(w->stack, &route); break;
    case 5: (void)vitro_interface_remove(w->stack, interface, w->now_us); break;
    default: w->answers_neighbours = (how & 8) != 0; break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const operations[])(struct run *) = {
        op_segment, op_segment, op_time,    op_answer,      op_send,      op_receive,
        op_batch,   op_super,   op_syn,     op_icmp_recent, op_icmp_live, op_shutdown,
        op_close,   op_option,  op_accept,  op_decide,      op_open,      op_join,
        op_message, op_look,    op_network, op_raw,         op_datagram,  op_reflect,
        op_segment, op_time,    op_answer,  op_send,        op_receive,   op_discovery,
    };
    if (size < 4) return 0;
    struct run *run = calloc(1, sizeof *run);
    REQUIRE(run != NULL);
    run->data = data;
    run->left = size;
    struct world_config config = {take_u8(run), take_u8(run), take_u8(run), take_u8(run)};
    run->world.is_clean = (config.order & 128) != 0;
    world_start(&run->world, config);
    for (uint32_t i = 0; i < OPERATIONS_MAX && run->left > 0; i++) {
        operations[take_u8(run) % ARRAY_COUNT(operations)](run);
        world_check(&run->world);
    }
    world_end(&run->world);
    free(run);
    return 0;
}
