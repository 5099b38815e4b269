/*
 * The stack under test, what goes in, and what is asked of what comes out.
 */
#include "fuzz/stack_world.h"

#include <stdlib.h>
#include <string.h>

#include "tcp/tcp_app.h"
#include "tcp/tcp_isn.h"
#include "tcp/tcp_syn_cache.h"
#include "tcp/tcp_timewait.h"
#include "wire/arp.h"
#include "wire/checksum.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/frame_cut.h"
#include "wire/icmp6.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/nd.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define START_US      5000000u
#define LIVE_MAX      128u
#define SECONDS_US    1000000u
#define PEER_ISS      0xfffffc00u /* wraps after a kilobyte */
#define SPANS_MAX     18u
#define END_HOURS     8u
#define TICK_ROUNDS   64u

static const uint8_t our_mac[6] = {2, 0, 0, 0, 0, 1};
static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 2};

static struct vitro_endpoint endpoint(uint32_t which, uint8_t host, uint16_t port)
{
    const bool is_bare = (which & 2) != 0;
    struct vitro_ip ip = vitro_ip_v4(10, is_bare, 0, host);
    if ((which & 1) != 0) {
        memset(&ip, 0, sizeof ip);
        ip.bytes[0] = 0xfd;
        ip.bytes[1] = is_bare;
        ip.bytes[15] = host;
    }
    if ((which & 7) == 5) {
        ip.bytes[0] = 0xfe;
        ip.bytes[1] = 0x80;
    }
    struct vitro_endpoint end = vitro_endpoint_of(ip, port);
    if ((which & 7) == 5) end.zone = 1;
    return end;
}

struct vitro_endpoint world_peer(uint32_t which, uint16_t port) { return endpoint(which, 2, port); }

struct vitro_endpoint world_ours(uint32_t which, uint16_t port) { return endpoint(which, 1, port); }

uint32_t world_keep(struct world *w, vitro_socket socket)
{
    if (w->sockets == WORLD_SOCKETS_MAX) {
        (void)vitro_close(w->stack, socket, w->now_us);
        return WORLD_SOCKETS_MAX - 1;
    }
    w->socket[w->sockets] = socket;
    return w->sockets++;
}

/* ---- what leaves ---- */

/* The stack asks who has an address: noted, and answered after the call. */
static void note_question(struct world *w, const uint8_t *bytes, uint32_t len)
{
    if (len < ETH_HEADER_BYTES + ARP_BYTES) return;
    const uint16_t type = get_be16(bytes + 12);
    const uint8_t *ip = bytes + ETH_HEADER_BYTES;
    if (type == ETH_TYPE_ARP && get_be16(ip + 6) == ARP_REQUEST) {
        w->neighbour.is_asked = w->neighbour.is_v4 = true;
        w->neighbour.target = ip_addr_from_v4(get_be32(ip + 24));
    } else if (type == ETH_TYPE_IP6 && ip[6] == IP_PROTO_ICMP6 && len >= 14 + 40 + 24 &&
               ip[40] == ICMP6_NEIGHBOR_SOLICITATION) {
        w->neighbour.is_asked = true;
        w->neighbour.is_v4 = false;
        w->neighbour.target = ip_addr_from_v6(ip + 48);
    }
}

/* A frame as it goes on the wire: it fits, its checksum is right, its bytes are the stream's. */
static void check_wire_frame(struct world *w, uint32_t interface, const struct frame *frame)
{
    const bool has_ethernet = interface == 1;
    const enum frame_link link = has_ethernet ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
    const uint32_t link_bytes = has_ethernet ? ETH_HEADER_BYTES : 0;
    REQUIRE(frame->bytes.len_bytes <= w->mtu_bytes[interface] + link_bytes);
    struct frame_layout layout;
    if (frame_layout_find(&layout, frame, link) != WIRE_OK) return;
    REQUIRE(layout.end_offset == frame->bytes.len_bytes);
    const uint32_t body_bytes = layout.end_offset - layout.transport_offset;
    REQUIRE(frame->checksum_partial ||
            checksum_transport_is_good(&layout.src, &layout.dst, layout.protocol, &frame->bytes,
                                       layout.transport_offset, body_bytes));
    if (layout.protocol != IP_PROTO_TCP) return;
    const uint8_t *tcp = frame->bytes.part[0].data + layout.transport_offset;
    const uint16_t flags = tcp_header_flags(tcp);
    const uint32_t seq = tcp_header_seq(tcp) + ((flags & TCP_FLAG_SYN) != 0 ? 1 : 0);
    const uint32_t len =
        gather_copy(&frame->bytes, layout.payload_offset, w->out, frame->bytes.len_bytes);
    for (uint32_t i = 0; i < len; i++) REQUIRE(w->out[i] == packet_stream_byte(seq + i));
}

static void note_recent(struct world *w, uint32_t interface, const struct frame *frame)
{
    struct world_recent *recent = &w->recent[w->recent_next++ % WORLD_RECENT];
    struct frame_layout layout;
    uint32_t header_bytes;
    const bool has_ethernet = interface == 1;
    memset(recent, 0, offsetof(struct world_recent, bytes));
    recent->interface = interface;
    recent->len = gather_copy(&frame->bytes, 0, recent->bytes, sizeof recent->bytes);
    recent->ip_at = has_ethernet ? ETH_HEADER_BYTES : 0;
    if (frame_layout_find(&layout, frame, has_ethernet ? FRAME_LINK_ETHERNET : FRAME_LINK_IP) !=
            WIRE_OK ||
        layout.protocol != IP_PROTO_TCP)
        return;
    const struct span tcp = span_from(frame->bytes.part[0], layout.transport_offset);
    recent->is_tcp = tcp_parse(&recent->repr, tcp, &header_bytes) == WIRE_OK;
    recent->tuple = (struct tcp_tuple){.local = layout.src,
                                       .remote = layout.dst,
                                       .local_port = recent->repr.src_port,
                                       .remote_port = recent->repr.dst_port,
                                       .zone = ip_addr_is_link_local(&layout.src) ? 1 : 0};
    recent->seq_len = layout.end_offset - layout.payload_offset;
    if ((recent->repr.flags & TCP_FLAG_SYN) != 0) recent->seq_len++;
    if ((recent->repr.flags & TCP_FLAG_FIN) != 0) recent->seq_len++;
}

static void on_output(void *owner, uint32_t interface, const struct vitro_frame *out,
                      uint64_t now_us)
{
    struct world *w = owner;
    struct frame frame;
    REQUIRE(interface == 1 || interface == 2);
    REQUIRE(now_us <= w->now_us && out->span_count > 0);
    frame_init(&frame);
    frame.segment_bytes = out->segment_bytes;
    frame.checksum_partial = out->checksum_partial;
    for (uint32_t i = 0; i < out->span_count; i++) {
        REQUIRE(out->spans[i].len > 0);
        REQUIRE(gather_add(&frame.bytes, span_of(out->spans[i].data, out->spans[i].len)));
    }
    REQUIRE(frame.bytes.len_bytes == out->len_bytes);
    note_recent(w, interface, &frame);
    if (interface == 1) note_question(w, frame.bytes.part[0].data, out->len_bytes);
    if (frame.segment_bytes == 0) {
        check_wire_frame(w, interface, &frame);
        return;
    }
    struct frame_cut cut;
    struct frame piece;
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    const enum frame_link link = interface == 1 ? FRAME_LINK_ETHERNET : FRAME_LINK_IP;
    REQUIRE(frame_cut_init(&cut, &frame, link) == WIRE_OK);
    while (frame_cut_next(&cut, span_mut_of(headers, sizeof headers), &piece)) {
        check_wire_frame(w, interface, &piece);
    }
}

static void on_event(void *owner, const struct vitro_event *event)
{
    struct world *w = owner;
    REQUIRE(event->kind < VITRO_EVENT_KIND_COUNT && event->now_us <= w->now_us);
    REQUIRE(vitro_event_kind_text(event->kind) != NULL);
}

/* Takes what the stream holds, all but the last quarter of it. */
static uint32_t on_sink(void *owner, vitro_socket socket, uint64_t user,
                        const struct vitro_span *spans, uint32_t span_count, uint32_t len_bytes,
                        uint64_t now_us)
{
    struct world *w = owner;
    uint32_t len = 0;
    (void)user;
    REQUIRE(now_us <= w->now_us && socket_get(w->stack, socket) != NULL);
    for (uint32_t i = 0; i < span_count; i++) {
        const size_t part = size_min(spans[i].len, sizeof w->out);
        memcpy(w->out, spans[i].data, part);
        len += (uint32_t)spans[i].len;
    }
    REQUIRE(len == len_bytes);
    return len_bytes - len_bytes / 4;
}

/* ---- what goes in ---- */

/* Gives the stack the packet in blocks of exactly its pieces' sizes, for ASan to watch. */
void world_deliver(struct world *w, const struct packet *packet,
                   const struct world_delivery *delivery)
{
    struct vitro_span spans[SPANS_MAX];
    uint32_t count = 0;
    uint32_t done = 0;
    while (done < packet->len) {
        uint32_t len = packet->len - done;
        if (delivery->split_bytes != 0 && count + 1 < SPANS_MAX) {
            const uint32_t front = packet->body_at + TCP_HEADER_BYTES_MAX;
            len = u32_min(len, done == 0 ? front : delivery->split_bytes);
        }
        uint8_t *block = malloc(len);
        REQUIRE(block != NULL);
        memcpy(block, packet->bytes + done, len);
        spans[count++] = (struct vitro_span){block, len};
        done += len;
    }
    const struct vitro_frame frame = {.spans = spans,
                                      .span_count = count,
                                      .len_bytes = packet->len,
                                      .segment_bytes = delivery->segment_bytes,
                                      .checksum_partial = delivery->checksum_partial};
    if (count > 0) vitro_stack_input(w->stack, delivery->interface, &frame, w->now_us);
    for (uint32_t i = 0; i < count; i++) free((void *)(uintptr_t)spans[i].data);
}

struct packet_ip world_ip(const struct tcp_tuple *tuple, uint32_t *interface)
{
    const bool is_v4 = ip_addr_is_v4(&tuple->local);
    const uint8_t network = tuple->local.bytes[is_v4 ? 13 : 1];
    *interface = network == 1 ? 2 : 1;
    return (struct packet_ip){.has_ethernet = *interface == 1,
                              .src = tuple->remote,
                              .dst = tuple->local,
                              .protocol = IP_PROTO_TCP,
                              .hop_limit = 64};
}

static void answer_arp(struct world *w)
{
    struct packet *packet = &w->piece;
    const struct eth_repr eth = {
        .dst = eth_addr_from(our_mac), .src = eth_addr_from(peer_mac), .ethertype = ETH_TYPE_ARP};
    const struct arp_repr arp = {.op = ARP_REPLY,
                                 .sender_eth = eth.src,
                                 .target_eth = eth.dst,
                                 .sender_ip = w->neighbour.target,
                                 .target_ip = ip_addr_from_v4(0x0a000001)};
    eth_emit(&eth, span_mut_of(packet->bytes, ETH_HEADER_BYTES));
    arp_emit(&arp, span_mut_of(packet->bytes + ETH_HEADER_BYTES, ARP_BYTES));
    packet->len = ETH_HEADER_BYTES + ARP_BYTES;
    world_deliver(w, packet, &(struct world_delivery){.interface = 1});
}

static void answer_nd(struct world *w)
{
    struct packet *packet = &w->piece;
    const struct packet_ip ip = {
        .has_ethernet = true,
        .src = w->neighbour.target,
        .dst = ip_addr_is_link_local(&w->neighbour.target)
                   ? socket_addr_in(&(struct vitro_ip){{0xfe, 0x80, [15] = 1}})
                   : socket_addr_in(&(struct vitro_ip){{0xfd, [15] = 1}}),
        .protocol = IP_PROTO_ICMP6,
        .hop_limit = 255};
    struct nd_repr nd = {.type = ICMP6_NEIGHBOR_ADVERTISEMENT,
                         .target = w->neighbour.target,
                         .is_solicited = true,
                         .is_override = true};
    nd.options.has_target_lladdr = true;
    nd.options.target_lladdr = eth_addr_from(peer_mac);
    packet_begin(packet, &ip);
    const uint32_t len = nd_emit_len(&nd);
    nd_emit(&nd, span_mut_of(packet->bytes + packet->body_at, len), &ip.src, &ip.dst);
    packet_end(packet, len);
    world_deliver(w, packet, &(struct world_delivery){.interface = 1});
}

static void answer_neighbour(struct world *w)
{
    if (!w->neighbour.is_asked || !w->answers_neighbours) return;
    w->neighbour.is_asked = false;
    if (w->neighbour.is_v4) {
        if (ip_addr_v4(&w->neighbour.target) != 0x0a000001) answer_arp(w);
    } else if (w->neighbour.target.bytes[15] != 1) {
        answer_nd(w);
    }
}

/* ---- who is there ---- */

static void live_of_conn(struct world *w, const struct tcp_conn *conn, struct world_live *live)
{
    live->seq = conn->rcv.nxt.value;
    live->edge = conn->rcv.edge.value;
    live->irs = conn->rcv.irs.value;
    live->ack = conn->snd.nxt.value;
    live->una = conn->snd.una.value;
    live->iss = conn->snd.iss.value;
    live->has_timestamps = conn->flags.timestamps;
    live->ts_val = conn->ts_recent;
    live->ts_ecr = tcp_conn_ts_now(conn, w->now_us);
    if (conn->state == TCP_SYN_SENT) live->seq = live->irs = PEER_ISS;
}

struct world_live world_live_of(struct world *w, struct tcp_entry *entry)
{
    struct world_live live = {.entry = entry, .tuple = entry->tuple};
    if (entry->kind == TCP_ENTRY_CONN) {
        live_of_conn(w, tcp_conn_of(entry), &live);
    } else if (entry->kind == TCP_ENTRY_SYN) {
        const struct tcp_syn *syn = tcp_syn_of(entry);
        live.irs = syn->irs.value;
        live.seq = syn->irs.value + 1;
        live.edge = live.seq + 4096;
        live.iss = live.una = syn->iss.value;
        live.ack = syn->iss.value + 1;
        live.has_timestamps = syn->timestamps;
        live.ts_val = syn->ts_recent;
    } else {
        const struct tcp_timewait *tw = tcp_timewait_of(entry);
        live.seq = live.edge = tw->rcv_nxt.value;
        live.ack = live.una = tw->snd_nxt.value;
        live.has_timestamps = tw->timestamps;
        live.ts_val = tw->ts_recent;
    }
    if (entry->kind != TCP_ENTRY_CONN) {
        live.ts_ecr =
            (uint32_t)(w->now_us / 1000) + tcp_isn_ts_offset(&w->stack->stack.tcp, &entry->tuple);
    }
    return live;
}

struct world_live world_live(struct world *w, uint32_t which)
{
    const struct tcp_table *table = &w->stack->stack.tcp.table;
    if (table->entries == 0) return (struct world_live){.entry = NULL};
    uint32_t i = which % table->entries;
    struct tcp_entry *entry = tcp_table_first(table);
    while (i-- > 0) entry = tcp_table_next(table, entry);
    return world_live_of(w, entry);
}

/* ---- streams ---- */

/* The connection behind a handle, or NULL. */
static struct tcp_conn *conn_of(struct world *w, vitro_socket socket)
{
    const struct socket *s = socket_get(w->stack, socket);
    return s != NULL && s->kind == SOCKET_TCP_CONN ? s->conn : NULL;
}

/* The sequence number of the next byte the application sends. */
static uint32_t next_to_send(const struct tcp_conn *conn)
{
    const bool is_syn_unacked = conn->snd.una.value == conn->snd.iss.value;
    return conn->snd.una.value + (is_syn_unacked ? 1 : 0) + tcp_send_queued_bytes(conn);
}

/* And of the next byte it reads. */
static uint32_t next_to_receive(const struct tcp_conn *conn)
{
    const uint32_t fin = conn->flags.fin_received ? 1 : 0;
    return conn->rcv.nxt.value - fin - tcp_receive_queued_bytes(conn);
}

static void fill(uint8_t *bytes, uint32_t len, uint32_t seq)
{
    for (uint32_t i = 0; i < len; i++) bytes[i] = packet_stream_byte(seq + i);
}

static void judge(const struct world *w, const uint8_t *bytes, size_t len, uint32_t seq)
{
    for (uint32_t i = 0; i < len; i++) {
        REQUIRE(w->is_tainted || bytes[i] == packet_stream_byte(seq + i));
    }
}

void world_send(struct world *w, vitro_socket socket, uint32_t len, bool is_urgent)
{
    const struct tcp_conn *conn = conn_of(w, socket);
    len = u32_min(len, WORLD_SCRATCH);
    fill(w->scratch, len, conn != NULL ? next_to_send(conn) : 0);
    const int64_t taken = is_urgent
                              ? vitro_tcp_send_urgent(w->stack, socket, w->scratch, len, w->now_us)
                              : vitro_tcp_send(w->stack, socket, w->scratch, len, w->now_us);
    REQUIRE(taken <= (int64_t)len && (taken != 0 || len == 0));
}

void world_reserve(struct world *w, vitro_socket socket, uint32_t len, uint32_t unused)
{
    struct vitro_span_mut spans[4];
    const struct tcp_conn *conn = conn_of(w, socket);
    const uint32_t seq = conn != NULL ? next_to_send(conn) : 0;
    const int count = vitro_tcp_reserve(w->stack, socket, len, spans, ARRAY_COUNT(spans));
    REQUIRE(count <= (int)ARRAY_COUNT(spans));
    if (count <= 0) return;
    uint32_t room = 0;
    for (int i = 0; i < count; i++) {
        fill(spans[i].data, (uint32_t)spans[i].len, seq + room);
        room += (uint32_t)spans[i].len;
    }
    REQUIRE(room <= len);
    (void)vitro_tcp_commit(w->stack, socket, room - u32_min(room, unused), w->now_us);
}

void world_receive(struct world *w, vitro_socket socket, uint32_t len)
{
    const struct tcp_conn *conn = conn_of(w, socket);
    const uint32_t seq = conn != NULL ? next_to_receive(conn) : 0;
    len = u32_min(len, WORLD_SCRATCH);
    const int64_t got = vitro_tcp_receive(w->stack, socket, w->scratch, len, w->now_us);
    REQUIRE(got <= (int64_t)len);
    if (got > 0) judge(w, w->scratch, (size_t)got, seq);
}

void world_peek(struct world *w, vitro_socket socket, uint32_t len)
{
    struct vitro_span spans[3];
    const struct tcp_conn *conn = conn_of(w, socket);
    uint32_t seq = conn != NULL ? next_to_receive(conn) : 0;
    const int count = vitro_tcp_peek(w->stack, socket, spans, ARRAY_COUNT(spans));
    REQUIRE(count <= (int)ARRAY_COUNT(spans));
    size_t there = 0;
    for (int i = 0; i < count; i++) {
        judge(w, spans[i].data, spans[i].len, seq);
        seq += (uint32_t)spans[i].len;
        there += spans[i].len;
    }
    const int64_t readable = vitro_tcp_readable_bytes(w->stack, socket);
    REQUIRE(count <= 0 || (int64_t)there <= readable);
    (void)vitro_tcp_consume(w->stack, socket, len, w->now_us);
}

vitro_socket world_connect(struct world *w, uint32_t which, uint16_t port)
{
    vitro_socket socket;
    const struct vitro_endpoint remote = world_peer(which, port);
    if (vitro_tcp_open(w->stack, port, &socket) != 0) return VITRO_SOCKET_NONE;
    if (vitro_tcp_connect(w->stack, socket, &remote, w->now_us) != 0) {
        (void)vitro_close(w->stack, socket, w->now_us);
        return VITRO_SOCKET_NONE;
    }
    return w->socket[world_keep(w, socket)];
}

void world_say(struct world *w, const struct world_live *live, uint16_t flags, uint32_t seq,
               uint32_t ack, uint32_t window, uint32_t payload_bytes)
{
    struct packet_tcp tcp = {.repr = {.src_port = live->tuple.remote_port,
                                      .dst_port = live->tuple.local_port,
                                      .seq = seq,
                                      .ack = ack,
                                      .flags = flags,
                                      .window = (uint16_t)window},
                             .payload_bytes = payload_bytes};
    uint32_t interface;
    const struct packet_ip ip = world_ip(&live->tuple, &interface);
    const bool is_syn = (flags & TCP_FLAG_SYN) != 0;
    if (is_syn) {
        tcp.repr.options.mss = 1000;
        tcp.repr.options.has_wscale = tcp.repr.options.has_sack_permitted = true;
        tcp.repr.options.wscale = 2;
    }
    tcp.repr.options.has_timestamps = is_syn || live->has_timestamps;
    tcp.repr.options.ts_val = live->ts_val + (is_syn ? 1000 : 0);
    tcp.repr.options.ts_ecr = live->ts_ecr;
    if (live->sacked_bytes > 0) {
        const uint32_t start = live->una + 1000;
        tcp.repr.options.sack_count = 1;
        tcp.repr.options.sack[0] = (struct tcp_sack_block){start, start + live->sacked_bytes};
    }
    packet_tcp(&w->packet, &ip, &tcp);
    world_deliver(w, &w->packet, &(struct world_delivery){.interface = interface});
    world_check(w);
}

void world_say_syn(struct world *w, uint32_t which, uint16_t local_port, uint16_t remote_port)
{
    const struct vitro_endpoint ours = world_ours(which, local_port);
    const struct vitro_endpoint peer = world_peer(which, remote_port);
    const struct world_live live = {.tuple = {.local = socket_addr_in(&ours.ip),
                                              .remote = socket_addr_in(&peer.ip),
                                              .local_port = local_port,
                                              .remote_port = remote_port}};
    world_say(w, &live, TCP_FLAG_SYN, PEER_ISS, 0, 30000, 0);
}

/* ---- life ---- */

void world_check(struct world *w)
{
    for (uint32_t i = 0; i < 4; i++) answer_neighbour(w);
    vitro_stack_check(w->stack);
    struct vitro_memory memory;
    vitro_stack_memory(w->stack, &memory);
    const struct stack_config *config = &w->stack->stack.config;
    REQUIRE(memory.connections <= config->tcp.conns_max);
    REQUIRE(memory.chunks <= config->tcp.chunks_max);
    REQUIRE(memory.syn_records <= config->tcp.syn_cache_max);
    REQUIRE(memory.time_wait_records <= config->tcp.time_wait_max);
}

void world_advance(struct world *w, uint64_t us)
{
    w->now_us += us;
    vitro_stack_tick(w->stack, w->now_us);
    REQUIRE(vitro_stack_deadline(w->stack) > w->now_us);
}

static void configure(struct world *w, struct vitro_config *config)
{
    const uint8_t tcp = w->config.tcp, limits = w->config.limits;
    vitro_config_default(config);
    vitro_config_seed(config, 1);
    config->tcp.sack = (tcp & 1) == 0;
    config->tcp.timestamps = (tcp & 2) == 0;
    config->tcp.window_scaling = (tcp & 4) == 0;
    config->tcp.ecn = (tcp & 8) == 0 ? VITRO_ECN_ASK : VITRO_ECN_ACCEPT;
    if ((tcp & 16) != 0) config->tcp.congestion_control = "reno";
    config->tcp.nagle = (tcp & 32) == 0;
    config->tcp.syn_cookies = (limits & 1) == 0;
    config->tcp.chunks_max = (limits & 2) == 0 ? 64 : 6;
    config->tcp.conns_max = (limits & 4) == 0 ? 64 : 32;
    config->tcp.keepalive = (limits & 8) != 0;
    config->tcp.rcvbuf_bytes = (limits & 16) == 0 ? (limits & 128) == 0 ? 8192 : 50000 : 1000;
    config->tcp.rcvbuf_bytes_max = (limits & 16) == 0 ? 262144 : 1000;
    config->tcp.sndbuf_bytes = (limits & 128) == 0 ? 20000 : 100000;
    if ((limits & 32) != 0) config->tcp.mss_bytes_max = 536;
    config->tcp.syn_cache_max = 12;
    config->tcp.backlog_max = 8;
    config->tcp.time_wait_max = 4;
    config->ip.neighbours_max = 8;
    config->ip.destinations_max = 8;
    config->ip.reassembly_max = 4;
    config->ip.reassembly_bytes_max = 200000;
    config->ip.dad = config->ip.accept_router_advertisements = (w->config.links & 128) != 0;
    config->udp.sockets_max = 8;
    config->udp.rcvbuf_bytes = 8192;
    config->udp.datagrams_max = 16;
    config->sockets_max = WORLD_SOCKETS_MAX;
}

static void add_interfaces(struct world *w)
{
    static const uint32_t mtu_ethernet[4] = {1500, 1280, 9000, 65535};
    static const uint32_t mtu_bare[4] = {1400, 576, 68, 65535};
    const uint8_t links = w->config.links;
    struct vitro_interface_config ethernet = vitro_interface_default(our_mac);
    struct vitro_interface_config bare = vitro_interface_default(NULL);
    ethernet.mtu_bytes = w->mtu_bytes[1] = mtu_ethernet[links & 3];
    bare.mtu_bytes = w->mtu_bytes[2] = mtu_bare[links >> 2 & 3];
    if ((links & 16) != 0) ethernet.super_bytes_max = bare.super_bytes_max = 60000;
    ethernet.checksum_offload = bare.checksum_offload = (links & 32) != 0;
    bare.accepts_any = (links & 64) != 0;
    REQUIRE(vitro_interface_add(w->stack, &ethernet, w->now_us) == 1);
    REQUIRE(vitro_interface_add(w->stack, &bare, w->now_us) == 2);
    for (uint32_t which = 0; which < 4; which++) {
        const struct vitro_ip ip = world_ours(which, 0).ip;
        const uint8_t bits = vitro_ip_is_v4(&ip) ? 24 : 64;
        const int error = vitro_address_add(w->stack, which < 2 ? 1 : 2, &ip, bits, w->now_us);
        REQUIRE(error == 0 || (which == 3 && bare.mtu_bytes < 1280));
    }
    const struct vitro_ip local = world_ours(5, 0).ip;
    (void)!vitro_address_add(w->stack, 1, &local, 64, w->now_us);
}

void world_start(struct world *w, struct world_config config)
{
    struct vitro_config stack_config;
    w->config = config;
    w->now_us = START_US;
    w->answers_neighbours = true;
    configure(w, &stack_config);
    const bool is_watched = (config.limits & 64) == 0;
    const struct vitro_callbacks callbacks = {
        .owner = w, .output = on_output, .event = is_watched ? on_event : NULL, .sink = on_sink};
    w->stack = vitro_stack_create(&stack_config, &callbacks, w->now_us);
    REQUIRE(w->stack != NULL);
    add_interfaces(w);
    if ((config.links & 128) != 0) world_advance(w, 3 * SECONDS_US);
    world_states(w);
    w->answers_neighbours = (config.tcp & 64) == 0;
    world_check(w);
}

void world_end(struct world *w)
{
    for (uint32_t i = 0; i < w->sockets; i++) world_receive(w, w->socket[i], WORLD_SCRATCH);
    world_check(w);
    if ((w->config.tcp & 128) != 0) {
        for (uint32_t i = 0; i < w->sockets; i++) {
            (void)vitro_close(w->stack, w->socket[i], w->now_us);
        }
        world_check(w);
        for (uint32_t i = 0; i < END_HOURS * 4; i++) world_advance(w, 900ull * SECONDS_US);
        struct vitro_memory memory;
        vitro_stack_memory(w->stack, &memory);
        REQUIRE(memory.sockets == 0 && memory.listeners == 0 && memory.connections == 0);
        REQUIRE(memory.syn_records == 0 && memory.time_wait_records == 0 && memory.chunks == 0);
    }
    vitro_stack_destroy(w->stack);
}
