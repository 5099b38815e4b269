/*
 * Runs a scene and notes what is notable.
 *
 * A packet that leaves is told at once: the events that explain it (it is sent again, it probes)
 * came just before. A packet that arrives is held until the stack has done with it, that is until
 * the next packet at that side or the end of the step, for what it causes (a hole, a duplicate, a
 * wrong checksum) becomes known only then. What was noted of a packet when it left is kept by its
 * number for the other side of the wire.
 */
#include "sim/lab_app.h"

#include <string.h>

#include "base/pool.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip_proto.h"
#include "wire/tcp.h"

#define LAB_KEPT_NOTES   4096
#define LAB_HELD_BYTES   SIM_PACKET_BYTES_MAX
#define LAB_FLOOD_HOST   100 /* the last byte of the first address that floods */
#define LAB_NET_START_US 1000000

struct lab_host {
    struct lab_app app;
    enum vitro_tcp_state state;
    uint64_t next_notes; /* of the next packet it sends */
    struct {
        uint64_t note, now_us;
        uint32_t seq, len_bytes;
    } resent;            /* last, maybe in several packets */
    uint64_t arrived_us; /* when a packet last arrived */
    uint32_t acked;      /* the last acknowledgement it sent */
    bool has_acked;
    uint32_t window;
    bool fin_arrived;
    uint32_t fin_ack;   /* what acknowledges it */
    bool is_recovering; /* in fast recovery; a time-out ends that, in slow start (RFC 5681 3.1) */
    bool has_held;
    struct lab_sight held; /* arrived, to be told */
    uint8_t *held_bytes;
    uint64_t *kept; /* notes of sent packets by number */
};

struct lab {
    const struct lab_scene *scene;
    struct lab_config config;
    struct lab_watcher watcher;
    struct sim_net *net;
    struct sim_watch watch;
    struct sim_event flood;
    uint8_t *pattern; /* of the applications */
    uint32_t flooded;
    uint32_t cwnd_bytes, ssthresh_bytes;
    bool is_recovering;
    bool cwnd_moved; /* and has not been told */
    bool is_stopped;
    uint64_t last_us;
    struct lab_host host[SIM_ENDS];
};

/* The sender's congestion window, if it or its phase has changed, is told with what changed it. */
static void look_at_cwnd(struct lab *lab)
{
    struct vitro_tcp_info info;
    const struct lab_host *host = &lab->host[SIM_A];
    if (!lab->scene->shows_cwnd || host->app.socket == VITRO_SOCKET_NONE) return;
    if (host->state < VITRO_TCP_ESTABLISHED) return; /* the peer's MSS is not known yet */
    if (vitro_tcp_info(host->app.host->stack, host->app.socket, &info) != 0) return;
    lab->cwnd_moved |= info.cwnd_bytes != lab->cwnd_bytes;
    lab->cwnd_moved |= host->is_recovering != lab->is_recovering;
    lab->cwnd_bytes = info.cwnd_bytes;
    lab->ssthresh_bytes = info.ssthresh_bytes;
    lab->is_recovering = host->is_recovering;
}

static void tell(struct lab *lab, struct lab_sight *sight)
{
    if (sight->side == SIM_A) look_at_cwnd(lab);
    sight->state[SIM_A] = lab->host[SIM_A].state;
    sight->state[SIM_B] = lab->host[SIM_B].state;
    lab->last_us = u64_max(lab->last_us, sight->now_us);
    if (lab->cwnd_moved && sight->side == SIM_A) {
        lab->cwnd_moved = false;
        sight->notes |= LAB_NOTE_BIT(CWND);
        sight->cwnd_bytes = lab->cwnd_bytes;
        sight->ssthresh_bytes = lab->ssthresh_bytes;
        sight->is_recovering = lab->is_recovering;
    }
    lab->watcher.seen(lab->watcher.owner, sight);
}

static void release(struct lab *lab, enum sim_end side)
{
    struct lab_host *host = &lab->host[side];
    if (!host->has_held) return;
    host->has_held = false;
    tell(lab, &host->held);
}

static bool read_segment(struct span bytes, struct tcp_repr *tcp, uint32_t *payload)
{
    uint32_t at, end, header;
    if (bytes.len < IP4_HEADER_BYTES) return false;
    if (bytes.data[0] >> 4 == 4) {
        at = ip4_header_len(bytes.data);
        end = ip4_header_total_bytes(bytes.data);
        if (bytes.data[9] != IP_PROTO_TCP) return false;
    } else {
        at = IP6_HEADER_BYTES;
        end = (uint32_t)bytes.len;
        if (bytes.len < at || bytes.data[6] != IP_PROTO_TCP) return false;
    }
    if (end > bytes.len || at > end) return false;
    if (tcp_parse(tcp, span_of(bytes.data + at, end - at), &header) != WIRE_OK) return false;
    *payload = end - at - header;
    return true;
}

/* Whether the first block tells of what came twice: it is below the acknowledgement, or inside the
 * second block (RFC 2883 4). */
static bool is_dsack(const struct tcp_repr *tcp)
{
    const struct tcp_sack_block *block = tcp->options.sack;
    if (tcp->options.sack_count == 0) return false;
    if ((int32_t)(block[0].start - tcp->ack) < 0) return true;
    return tcp->options.sack_count > 1 && (int32_t)(block[0].start - block[1].start) >= 0 &&
           (int32_t)(block[1].end - block[0].end) >= 0;
}

static uint64_t notes_of_flags(const struct tcp_repr *tcp)
{
    uint64_t notes = 0;
    if ((tcp->flags & TCP_FLAG_RST) != 0) {
        /* RFC 9293 3.5.2: group 1, the answer to what finds no connection. */
        if ((tcp->flags & TCP_FLAG_ACK) == 0) return LAB_NOTE_BIT(NO_CONN);
        return tcp->seq == 0 ? LAB_NOTE_BIT(REFUSED) : LAB_NOTE_BIT(RST);
    }
    if ((tcp->flags & TCP_FLAG_FIN) != 0) notes |= LAB_NOTE_BIT(FIN);
    if ((tcp->flags & TCP_FLAG_SYN) != 0) {
        const bool is_answer = (tcp->flags & TCP_FLAG_ACK) != 0;
        notes |= is_answer ? LAB_NOTE_BIT(SYN_ACK) : LAB_NOTE_BIT(SYN);
    }
    if (is_dsack(tcp)) notes |= LAB_NOTE_BIT(DSACK);
    return notes;
}

/* What a new acknowledgement is: the end of the handshake, of a FIN, one that waited or rides. */
static uint64_t note_of_new_ack(const struct lab_host *host, const struct tcp_repr *tcp,
                                bool is_bare, uint64_t now_us)
{
    if (!host->has_acked) return is_bare ? LAB_NOTE_BIT(OPEN) : 0;
    if (tcp->ack == host->acked) return 0;
    const uint64_t fin = host->fin_arrived && tcp->ack == host->fin_ack ? LAB_NOTE_BIT(FIN_ACK) : 0;
    if (!is_bare) return fin != 0 ? fin : LAB_NOTE_BIT(ACK_RIDES);
    return fin | (now_us > host->arrived_us ? LAB_NOTE_BIT(ACK_WAITED) : 0);
}

/* What an acknowledgement that leaves says by itself, and about the window. */
static uint64_t notes_of_ack(struct lab_host *host, const struct tcp_repr *tcp, uint32_t payload,
                             uint64_t now_us)
{
    const bool is_open = (tcp->flags & TCP_FLAG_SYN) == 0;
    uint64_t notes = 0;
    if ((tcp->flags & TCP_FLAG_ACK) == 0 || (tcp->flags & TCP_FLAG_RST) != 0) return 0;
    const bool is_new = host->has_acked && tcp->ack != host->acked;
    const bool is_bare = payload == 0 && (tcp->flags & TCP_FLAG_FIN) == 0;
    if (is_open) notes |= note_of_new_ack(host, tcp, is_bare, now_us);
    if (is_open && host->has_acked) {
        if (tcp->window == 0) notes |= LAB_NOTE_BIT(ZERO_WINDOW);
        const bool reports = tcp->options.sack_count > 0; /* why it was sent */
        if (is_bare && !is_new && !reports && tcp->window > host->window) {
            notes |= LAB_NOTE_BIT(WINDOW_UPDATE);
        }
    }
    host->has_acked = true;
    host->acked = tcp->ack;
    host->window = tcp->window;
    return notes;
}

/* Whether it was sent before: all pieces of what the last event said, in the same moment. */
static uint64_t note_of_resent(const struct lab_host *host, const struct tcp_repr *tcp,
                               uint32_t payload, uint64_t now_us)
{
    const bool takes_room = payload > 0 || (tcp->flags & (TCP_FLAG_SYN | TCP_FLAG_FIN)) != 0;
    if (!takes_room || now_us != host->resent.now_us) return 0;
    const bool is_piece = tcp->seq - host->resent.seq < u32_max(host->resent.len_bytes, 1);
    return is_piece ? host->resent.note : 0;
}

static uint64_t notes_of_faults(uint32_t faults)
{
    static const struct {
        uint32_t faults;
        uint64_t note;
    } table[] = {
        {SIM_FAULT_BIT(LOSS) | SIM_FAULT_BIT(BURST) | SIM_FAULT_BIT(QUEUE) | SIM_FAULT_BIT(CUT) |
             SIM_FAULT_BIT(DROP),
         LAB_NOTE_BIT(LOST)},
        {SIM_FAULT_BIT(MTU), LAB_NOTE_BIT(TOO_BIG)},
        {SIM_FAULT_BIT(DUPLICATE), LAB_NOTE_BIT(DUPLICATED)},
        {SIM_FAULT_BIT(CORRUPT), LAB_NOTE_BIT(CORRUPTED)},
        {SIM_FAULT_BIT(REORDER), LAB_NOTE_BIT(REORDERED)},
        {SIM_FAULT_BIT(DELAY), LAB_NOTE_BIT(DELAYED)},
    };
    uint64_t notes = 0;
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        if ((faults & table[i].faults) != 0) notes |= table[i].note;
    }
    return notes;
}

static bool is_from_flood(const struct lab *lab, struct span bytes)
{
    const bool is_v4 = bytes.data[0] >> 4 == 4;
    return lab->config.flood_syns > 0 && bytes.data[is_v4 ? 15 : 23] >= LAB_FLOOD_HOST;
}

static void left(struct lab *lab, const struct sim_sighting *s)
{
    struct lab_host *host = &lab->host[s->from];
    struct lab_sight sight = {
        .now_us = s->now_us - LAB_NET_START_US,
        .side = s->from,
        .from = s->from,
        .bytes = s->bytes,
        .notes = notes_of_faults(s->faults),
    };
    struct tcp_repr tcp;
    uint32_t payload;
    release(lab, s->from);
    if (s->from_router) {
        sight.notes |= LAB_NOTE_BIT(ROUTER);
    } else if (is_from_flood(lab, s->bytes)) {
        sight.notes |= LAB_NOTE_BIT(SPOOFED);
    } else if (read_segment(s->bytes, &tcp, &payload)) {
        sight.notes |= notes_of_flags(&tcp) | notes_of_ack(host, &tcp, payload, s->now_us) |
                       note_of_resent(host, &tcp, payload, s->now_us) | host->next_notes;
        host->next_notes = 0;
        /* The timer that probes also ends the wait for a better window. */
        if ((sight.notes & LAB_NOTE_BIT(PROBE)) != 0 && payload > 1) {
            sight.notes ^= LAB_NOTE_BIT(PROBE) | LAB_NOTE_BIT(FILLS); /* RFC 9293 3.8.6.2.1 */
        }
    }
    if ((sight.notes & (LAB_NOTE_BIT(RESENT_SYN) | LAB_NOTE_BIT(RESENT_ANSWER))) != 0) {
        sight.notes &= ~(LAB_NOTE_BIT(SYN) | LAB_NOTE_BIT(SYN_ACK));
    }
    host->kept[s->index % LAB_KEPT_NOTES] = sight.notes;
    tell(lab, &sight);
}

static void note_fin(struct lab_host *host, struct span bytes)
{
    struct tcp_repr tcp;
    uint32_t payload;
    if (!read_segment(bytes, &tcp, &payload) || (tcp.flags & TCP_FLAG_FIN) == 0) return;
    host->fin_arrived = true;
    host->fin_ack = tcp.seq + payload + 1;
}

static void arrived(struct lab *lab, const struct sim_sighting *s)
{
    const enum sim_end side = s->from == SIM_A ? SIM_B : SIM_A;
    struct lab_host *host = &lab->host[side];
    release(lab, side);
    host->arrived_us = s->now_us;
    if (!s->from_router) note_fin(host, s->bytes);
    host->held = (struct lab_sight){
        .now_us = s->now_us - LAB_NET_START_US,
        .side = side,
        .from = s->from,
        .bytes = span_of(host->held_bytes, s->bytes.len),
        .notes = s->from_router ? LAB_NOTE_BIT(ROUTER)
                                : lab->host[s->from].kept[s->index % LAB_KEPT_NOTES],
    };
    host->held.notes &= ~LAB_NOTE_BIT(DUPLICATED); /* it will no more: here it is */
    memcpy(host->held_bytes, s->bytes.data, s->bytes.len);
    host->has_held = true;
}

static void on_seen(struct sim_watch *watch, const struct sim_sighting *s)
{
    struct lab *lab = CONTAINER_OF(watch, struct lab, watch);
    if (s->point == SIM_AT_SENDER)
        left(lab, s);
    else if (s->drop == DROP_NONE)
        arrived(lab, s);
}

static uint64_t note_of_retransmit(enum vitro_retransmit_cause cause)
{
    switch (cause) {
    case VITRO_RETRANSMIT_SYN:
    case VITRO_RETRANSMIT_SYN_ACK: return LAB_NOTE_BIT(RESENT_SYN);
    case VITRO_RETRANSMIT_TIMEOUT: return LAB_NOTE_BIT(RESENT_TIMEOUT);
    case VITRO_RETRANSMIT_PMTU: return LAB_NOTE_BIT(RESENT_PMTU);
    case VITRO_RETRANSMIT_WINDOW: return LAB_NOTE_BIT(RESENT_WINDOW);
    case VITRO_RETRANSMIT_FAST:
    case VITRO_RETRANSMIT_SACK:
    case VITRO_RETRANSMIT_PARTIAL_ACK: break;
    }
    return LAB_NOTE_BIT(RESENT_FAST);
}

static void on_event(struct sim_host *sim_host, const struct vitro_event *event)
{
    struct lab *lab = sim_host->app;
    struct lab_host *host = &lab->host[sim_host->end];
    uint64_t note = 0; /* of what arrived */
    switch (event->kind) {
    case VITRO_EVENT_STATE:
        if (lab->config.flood_syns == 0 || event->as.state.to != VITRO_TCP_SYN_RECEIVED) {
            host->state = event->as.state.to;
        }
        break;
    case VITRO_EVENT_RETRANSMIT:
        host->resent.note = note_of_retransmit(event->as.retransmit.cause);
        /* Not the timer: what is being dealt with asked for it. */
        if (host->has_held && event->as.retransmit.cause == VITRO_RETRANSMIT_SYN_ACK) {
            host->resent.note = LAB_NOTE_BIT(RESENT_ANSWER);
        }
        host->resent.now_us = event->now_us;
        host->resent.seq = event->as.retransmit.seq;
        host->resent.len_bytes = event->as.retransmit.len_bytes;
        break;
    case VITRO_EVENT_PROBE: host->next_notes |= LAB_NOTE_BIT(PROBE); break;
    case VITRO_EVENT_KEEPALIVE: host->next_notes |= LAB_NOTE_BIT(KEEPALIVE); break;
    case VITRO_EVENT_COOKIE: host->next_notes |= LAB_NOTE_BIT(COOKIE); break;
    case VITRO_EVENT_OUT_OF_ORDER:
        note = LAB_NOTE_BIT(HOLE);
        host->next_notes |= LAB_NOTE_BIT(REPORTS_HOLE); /* at once, RFC 5681 4.2 */
        break;
    case VITRO_EVENT_DUPLICATE: note = LAB_NOTE_BIT(OLD); break;
    case VITRO_EVENT_RECOVERY_BEGIN:
        note = LAB_NOTE_BIT(RECOVERY);
        host->is_recovering = true;
        break;
    case VITRO_EVENT_SPURIOUS:
        note = LAB_NOTE_BIT(SPURIOUS);
        host->is_recovering = false;
        break;
    case VITRO_EVENT_TIMEOUT:
    case VITRO_EVENT_RECOVERY_END: host->is_recovering = false; break;
    case VITRO_EVENT_WINDOW_OPEN: note = LAB_NOTE_BIT(WINDOW_UPDATE); break;
    case VITRO_EVENT_PMTU: note = LAB_NOTE_BIT(PMTU); break;
    case VITRO_EVENT_DROP:
        if (event->as.drop.reason == VITRO_DROP_TCP_CHECKSUM) note = LAB_NOTE_BIT(BAD_CHECKSUM);
        break;
    default: break;
    }
    if (host->has_held) host->held.notes |= note;
}

static void on_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct lab *lab = host->app;
    lab_app_ready(&lab->host[host->end].app, ready, now_us);
}

/* An address at the client's side where nobody is. */
static struct ip_addr flood_source(const struct lab *lab)
{
    const uint8_t last = (uint8_t)(LAB_FLOOD_HOST + lab->flooded % 100);
    struct ip_addr addr = ip_addr_from_v4(0x0a000000u | last);
    if (lab->config.is_v6) {
        addr = (struct ip_addr){.bytes = {0xfd}};
        addr.bytes[15] = last;
    }
    return addr;
}

static uint32_t flood_emit(const struct lab *lab, uint8_t packet[120])
{
    struct ip_addr dst;
    const struct ip_addr src = flood_source(lab);
    const struct vitro_ip server = sim_host_ip(&lab->config.net, SIM_B, !lab->config.is_v6);
    memcpy(dst.bytes, server.bytes, sizeof dst.bytes);
    const struct tcp_repr tcp = {
        .src_port = (uint16_t)(20000 + lab->flooded),
        .dst_port = lab->scene->port,
        .seq = 1000 + lab->flooded * 77777,
        .flags = TCP_FLAG_SYN,
        .window = 1024,
        .options = {.mss = 1460},
    };
    const uint32_t tcp_bytes = tcp_emit_len(&tcp);
    const uint32_t at = lab->config.is_v6 ? IP6_HEADER_BYTES : IP4_HEADER_BYTES;
    if (lab->config.is_v6) {
        const struct ip6_repr ip = {.src = src,
                                    .dst = dst,
                                    .hop_limit = 64,
                                    .next_header = IP_PROTO_TCP,
                                    .payload_bytes = (uint16_t)tcp_bytes};
        ip6_emit(&ip, (struct span_mut){packet, IP6_HEADER_BYTES});
    } else {
        const struct ip4_repr ip = {.src = src,
                                    .dst = dst,
                                    .ttl = 64,
                                    .protocol = IP_PROTO_TCP,
                                    .id = (uint16_t)(lab->flooded + 1),
                                    .payload_bytes = (uint16_t)tcp_bytes};
        ip4_emit(&ip, (struct span_mut){packet, IP4_HEADER_BYTES});
    }
    tcp_emit(&tcp, (struct span_mut){packet + at, tcp_bytes});
    const uint32_t sum = checksum_pseudo(&src, &dst, IP_PROTO_TCP, tcp_bytes);
    put_be16(packet + at + TCP_CHECKSUM_OFFSET,
             checksum_finish(checksum_add(sum, span_of(packet + at, tcp_bytes))));
    return at + tcp_bytes;
}

static void flood(struct sim_event *event, uint64_t now_us)
{
    struct lab *lab = CONTAINER_OF(event, struct lab, flood);
    uint8_t packet[120];
    struct frame frame;
    frame_init(&frame);
    (void)!gather_add(&frame.bytes, span_of(packet, flood_emit(lab, packet)));
    sim_wire_send(&lab->net->wire, SIM_A, &frame);
    lab->flooded++;
    if (lab->flooded < lab->config.flood_syns) {
        sim_clock_set(&lab->net->clock, &lab->flood, now_us + lab->config.flood_every_us);
    }
}

static bool host_begin(struct lab *lab, enum sim_end end)
{
    struct lab_host *host = &lab->host[end];
    struct sim_host *sim_host = &lab->net->host[end];
    const enum sim_end peer = end == SIM_A ? SIM_B : SIM_A;
    const bool is_v4 = !lab->config.is_v6;
    const bool is_mutual = lab->scene->client_port != 0;
    const uint16_t port[SIM_ENDS] = {lab->scene->client_port, lab->scene->port};
    sim_host->app = lab;
    sim_host->on_ready = on_ready;
    sim_host->on_event = on_event;
    host->held_bytes = mem_get(LAB_HELD_BYTES);
    host->kept = mem_get(LAB_KEPT_NOTES * sizeof *host->kept);
    if (host->held_bytes == NULL || host->kept == NULL) return false;
    host->app = (struct lab_app){
        .host = sim_host,
        .config = &lab->config,
        .local = vitro_endpoint_of(sim_host_ip(&lab->config.net, end, is_v4), port[end]),
        .remote = vitro_endpoint_of(sim_host_ip(&lab->config.net, peer, is_v4), port[peer]),
        .pattern = lab->pattern,
        .connects = end == SIM_A || is_mutual,
        .act = end == SIM_A ? lab->scene->client : lab->scene->server,
    };
    const bool listens = !host->app.connects && host->app.act->op != LAB_LISTEN_OFF;
    host->state = listens ? VITRO_TCP_LISTEN : VITRO_TCP_CLOSED;
    return true;
}

struct lab *lab_create(const struct lab_scene *scene, const struct lab_config *config,
                       const struct lab_watcher *watcher)
{
    struct lab *lab = mem_get(sizeof *lab);
    if (lab == NULL) return NULL;
    lab->scene = scene;
    lab->config = *config;
    lab->watcher = *watcher;
    lab->pattern = mem_get(LAB_PATTERN_BYTES);
    for (size_t i = 0; lab->pattern != NULL && i < LAB_PATTERN_BYTES; i++) {
        lab->pattern[i] = (uint8_t)('a' + i % 26);
    }
    lab->net = sim_net_create(&lab->config.net);
    bool is_good = lab->net != NULL && lab->pattern != NULL && host_begin(lab, SIM_A) &&
                   host_begin(lab, SIM_B);
    for (uint32_t i = 0; is_good && i < config->rule_count; i++) {
        is_good = sim_wire_add_rule(&lab->net->wire, &config->rule[i]);
    }
    if (is_good) {
        const uint64_t now_us = sim_net_now(lab->net);
        sim_wire_watch(&lab->net->wire, &lab->watch, on_seen);
        sim_event_init(&lab->flood, flood);
        if (config->flood_syns > 0) sim_clock_set(&lab->net->clock, &lab->flood, now_us);
        is_good = lab_app_begin(&lab->host[SIM_B].app, now_us) &&
                  lab_app_begin(&lab->host[SIM_A].app, now_us);
    }
    if (is_good) return lab;
    lab_destroy(lab);
    return NULL;
}

bool lab_step(struct lab *lab)
{
    lab->is_stopped = sim_net_now(lab->net) > LAB_LIMIT_US;
    if (lab->is_stopped || !sim_net_step(lab->net)) return false;
    release(lab, SIM_A);
    release(lab, SIM_B);
    return true;
}

void lab_states(const struct lab *lab, uint64_t *now_us, enum vitro_tcp_state state[SIM_ENDS])
{
    *now_us = sim_net_now(lab->net) - LAB_NET_START_US;
    for (int end = 0; end < SIM_ENDS; end++) state[end] = lab->host[end].state;
}

void lab_report(const struct lab *lab, struct lab_report *report)
{
    *report = (struct lab_report){.last_us = lab->last_us, .is_stopped = lab->is_stopped};
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_counters counters;
        vitro_stack_counters(lab->net->host[end].stack, &counters);
        report->segments += counters.tcp.segments_out;
        report->payload_bytes += counters.tcp.bytes_out;
        report->wire_bytes += counters.bytes_out;
        report->retransmits += counters.tcp.retransmits;
        report->fate[end] = lab->host[end].app.fate;
        report->state[end] = lab->host[end].state;
        if (report->fate[end].error == 0) continue;
        report->fate[end].told_us -= LAB_NET_START_US;
        report->last_us = u64_max(report->last_us, report->fate[end].told_us);
    }
}

void lab_destroy(struct lab *lab)
{
    if (lab == NULL) return;
    sim_net_destroy(lab->net);
    for (int end = 0; end < SIM_ENDS; end++) {
        mem_put(lab->host[end].held_bytes);
        mem_put(lab->host[end].kept);
    }
    mem_put(lab->pattern);
    mem_put(lab);
}
