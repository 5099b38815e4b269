/*
 * The simulated wire: from the sender's frame to the receiver's callback.
 *
 * A frame becomes packets of the wire (send_cut), each gets its index and its fate, and is shown to
 * the watchers. What will not arrive ends there, or keeps its place in the queue until it has left:
 * a lost packet takes up the rate like any other. The rest waits in the clock for its arrival.
 *
 * With a rate, packets leave one after the other; `busy_ns` is when the last of them has left, in
 * nanoseconds so that fast wires do not round to nothing. Jitter keeps the order of packets;
 * reordering and exact delays do not, and do not hold up those behind.
 */
#include "sim/sim_wire.h"

#include <string.h>

#include "base/text.h"
#include "sim/sim_router.h"
#include "wire/frame_cut.h"
#include "wire/ip4.h"
#include "wire/ip6.h"

/* Packets of each size in flight, at most. */
#define PACKETS_MAX 1000000u

/* An exactly reordered packet waits so long for the next one, then arrives all the same. */
#define SWAP_US_MAX 1000000u

#define NS_PER_US     1000u
#define NS_PER_SECOND UINT64_C(1000000000)

static void packet_run(struct sim_event *event, uint64_t now_us);

static void way_init(struct sim_way *way, struct sim_wire *wire, enum sim_end from)
{
    const struct sim_way_config *config = &wire->config.way[from];
    *way = (struct sim_way){.wire = wire, .from = from, .config = *config};
    sim_fates_init(&way->fates, wire->config.seed, from, &config->chances);
    list_init(&way->queue);
}

void sim_wire_init(struct sim_wire *wire, struct sim_clock *clock,
                   const struct sim_wire_config *config, void *owner,
                   void (*deliver)(void *owner, enum sim_end to, const struct frame *frame,
                                   uint64_t now_us))
{
    *wire =
        (struct sim_wire){.clock = clock, .config = *config, .owner = owner, .deliver = deliver};
    if (ip_addr_is_unspecified(&config->router4)) {
        wire->config.router4 = ip_addr_from_v4(0xc00002fe);
    }
    if (ip_addr_is_unspecified(&config->router6)) {
        const uint8_t router6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0xfe};
        wire->config.router6 = ip_addr_from_v6(router6);
    }
    sim_store_init(&wire->store, PACKETS_MAX);
    list_init(&wire->watches);
    way_init(&wire->way[SIM_A], wire, SIM_A);
    way_init(&wire->way[SIM_B], wire, SIM_B);
}

void sim_wire_deinit(struct sim_wire *wire) { sim_store_deinit(&wire->store); }

bool sim_wire_add_rule(struct sim_wire *wire, const struct sim_rule *rule)
{
    bool added = true;
    for (int from = 0; from < SIM_ENDS; from++) {
        if ((rule->ends & 1u << from) == 0) continue;
        added = sim_fates_add(&wire->way[from].fates, rule) && added;
    }
    return added;
}

void sim_wire_cut(struct sim_wire *wire, enum sim_end from, bool is_cut)
{
    wire->way[from].is_cut = is_cut;
}

void sim_wire_watch(struct sim_wire *wire, struct sim_watch *watch,
                    void (*seen)(struct sim_watch *watch, const struct sim_sighting *sighting))
{
    watch->seen = seen;
    list_push_back(&wire->watches, &watch->link);
}

void sim_wire_unwatch(struct sim_watch *watch) { list_remove(&watch->link); }

uint32_t sim_wire_in_flight(const struct sim_wire *wire) { return sim_store_in_use(&wire->store); }

size_t sim_sighting_format(const struct sim_sighting *sighting, char *out, size_t cap)
{
    if (sighting->rule == NULL) return sim_faults_format(sighting->faults, out, cap);
    struct text text;
    text_init(&text, out, cap);
    text_add(&text, sighting->rule);
    return text.len;
}

/* The drop that a set of faults means; what comes first on the way is the reason. */
static enum drop_reason drop_of(uint32_t faults)
{
    if ((faults & SIM_FAULT_BIT(CUT)) != 0) return DROP_FAULT_CUT;
    if ((faults & SIM_FAULT_BIT(MTU)) != 0) return DROP_FAULT_MTU;
    if ((faults & SIM_FAULT_BIT(QUEUE)) != 0) return DROP_FAULT_QUEUE_FULL;
    const uint32_t losses = SIM_FAULT_BIT(LOSS) | SIM_FAULT_BIT(BURST) | SIM_FAULT_BIT(DROP);
    return (faults & losses) != 0 ? DROP_FAULT_LOSS : DROP_NONE;
}

static void show(const struct sim_packet *packet, enum sim_point point, uint64_t now_us)
{
    const struct sim_wire *wire = packet->way->wire;
    const struct sim_sighting sighting = {
        .now_us = now_us,
        .from = packet->way->from,
        .point = point,
        .index = packet->index,
        .bytes = sim_packet_span(packet),
        .link = wire->config.link,
        .segment_bytes = packet->segment_bytes,
        .drop = drop_of(packet->faults),
        .faults = packet->faults,
        .rule = packet->rule,
        .is_copy = packet->is_copy,
        .from_router = packet->from_router,
    };
    struct list *next;
    for (struct list *at = list_first(&wire->watches); at != NULL; at = next) {
        struct sim_watch *watch = CONTAINER_OF(at, struct sim_watch, link);
        next = list_next(&wire->watches, at);
        watch->seen(watch, &sighting);
    }
}

static bool is_cut(const struct sim_way *way, uint64_t now_us)
{
    if (way->is_cut) return true;
    for (uint32_t i = 0; i < way->config.cut_count; i++) {
        const struct sim_cut *cut = &way->config.cut[i];
        if (now_us >= cut->from_us && now_us < cut->to_us) return true;
    }
    return false;
}

static void count_faults(struct sim_way *way, uint32_t faults)
{
    for (int fault = 0; fault < SIM_FAULT_COUNT; fault++) {
        if ((faults & 1u << fault) != 0) way->stats.struck[fault]++;
    }
}

/* Forgets the packets that have left. */
static void queue_update(struct sim_way *way, uint64_t now_us)
{
    struct list *first;
    while ((first = list_first(&way->queue)) != NULL) {
        struct sim_packet *packet = CONTAINER_OF(first, struct sim_packet, queued);
        if (packet->departs_ns > now_us * NS_PER_US) return;
        list_remove(first);
        way->queued_packets--;
        way->queued_bytes -= packet->len_bytes;
    }
}

static bool queue_is_full(const struct sim_way *way, uint32_t len_bytes)
{
    const struct sim_way_config *config = &way->config;
    if (way->queued_packets == 0) return false;
    if (config->queue_packets > 0 && way->queued_packets >= config->queue_packets) return true;
    return config->queue_bytes > 0 && way->queued_bytes + len_bytes > config->queue_bytes;
}

/* Says when the packet will have left, and puts it behind those that have not. */
static void queue_add(struct sim_way *way, struct sim_packet *packet, uint64_t now_us)
{
    const uint64_t now_ns = now_us * NS_PER_US;
    packet->departs_ns = now_ns;
    if (way->config.rate_bits == 0) return;
    const uint64_t bits = (uint64_t)packet->len_bytes * 8;
    way->busy_ns = u64_max(way->busy_ns, now_ns) + bits * NS_PER_SECOND / way->config.rate_bits;
    packet->departs_ns = way->busy_ns;
    list_push_back(&way->queue, &packet->queued);
    way->queued_packets++;
    way->queued_bytes += packet->len_bytes;
}

static uint64_t departs_us(const struct sim_packet *packet)
{
    return (packet->departs_ns + NS_PER_US - 1) / NS_PER_US;
}

/* The IP header, if the packet says that both ends understand ECN; else NULL. */
static uint8_t *ecn_header(struct sim_packet *packet, enum frame_link link)
{
    const size_t offset = sim_ip_offset(sim_packet_span(packet), link);
    const struct span ip = span_from(sim_packet_span(packet), offset);
    uint8_t *const header = packet->bytes + offset;
    bool is_capable = false;
    if (ip.len >= IP4_HEADER_BYTES && ip4_header_version(header) == 4) {
        is_capable = ip4_header_len(header) <= ip.len && ip4_header_ecn(header) != IP_ECN_NOT_ECT;
    } else if (ip.len >= IP6_HEADER_BYTES && ip6_header_version(header) == 6) {
        is_capable = ip6_header_ecn(header) != IP_ECN_NOT_ECT;
    }
    return is_capable ? header : NULL;
}

/* Sets "congestion experienced". */
static void mark(uint8_t *header)
{
    if (ip4_header_version(header) == 4) {
        header[1] |= IP_ECN_CE;
        put_be16(header + 10, ip4_header_checksum_compute(header, ip4_header_len(header)));
        return;
    }
    header[1] |= IP_ECN_CE << 4;
}

/* Alters the bytes as fate wants it. A packet without a checksum is lost instead of corrupted. */
static void harm(struct sim_way *way, struct sim_packet *packet)
{
    const enum frame_link link = way->wire->config.link;
    if ((packet->faults & SIM_FAULT_BIT(MARK)) != 0) mark(ecn_header(packet, link));
    if ((packet->faults & SIM_FAULT_BIT(CORRUPT)) == 0) return;
    const struct span_mut bytes = span_mut_of(packet->bytes, packet->len_bytes);
    const size_t offset = sim_ip_offset(span_from_mut(bytes), link);
    if (packet->checksum_partial) {
        packet->is_lost = true;
        return;
    }
    sim_fates_corrupt(&way->fates, packet->index, bytes, offset);
}

/* Sets the packet's arrival, and that of one that waited to be overtaken. */
static void set_arrival(struct sim_way *way, struct sim_packet *packet, const struct sim_fate *fate)
{
    struct sim_clock *clock = way->wire->clock;
    uint64_t at_us = departs_us(packet) + way->config.delay_us + fate->jitter_us;
    if (fate->swaps && way->held == NULL) {
        way->held = packet;
        sim_clock_set(clock, &packet->event, at_us + SWAP_US_MAX);
        return;
    }
    at_us = u64_max(at_us, way->in_order_us);
    if (fate->late_us == 0) way->in_order_us = at_us;
    sim_clock_set(clock, &packet->event, at_us + fate->late_us);
    if (way->held == NULL) return;
    sim_clock_set(clock, &way->held->event, at_us);
    way->held = NULL;
}

/* Sends the packet on its way, and its copy if it has one. */
static void depart(struct sim_way *way, struct sim_packet *packet, const struct sim_fate *fate,
                   uint64_t now_us)
{
    struct sim_wire *wire = way->wire;
    queue_add(way, packet, now_us);
    packet->is_lost = drop_of(packet->faults) != DROP_NONE;
    if (!packet->is_lost) harm(way, packet);
    if (packet->is_lost) {
        sim_clock_set(wire->clock, &packet->event, departs_us(packet));
        return;
    }
    struct sim_packet *copy = NULL;
    if ((packet->faults & SIM_FAULT_BIT(DUPLICATE)) != 0) {
        copy = sim_packet_copy(&wire->store, packet);
        if (copy == NULL) way->stats.no_memory++;
    }
    set_arrival(way, packet, fate);
    if (copy == NULL) return;
    copy->is_copy = true;
    sim_clock_set(wire->clock, &copy->event, packet->event.node.deadline_us);
}

/* A packet of the wire is sent: index, fate, queue. `faults`: what it has met already. */
static void enter(struct sim_way *way, struct sim_packet *packet, uint32_t faults)
{
    struct sim_wire *wire = way->wire;
    const uint64_t now_us = wire->clock->now_us;
    const uint32_t kinds = sim_kinds_of(sim_packet_span(packet), wire->config.link);
    packet->way = way;
    packet->index = ++way->stats.packets;
    way->stats.bytes += packet->len_bytes;
    sim_event_init(&packet->event, packet_run);
    const struct sim_fate fate = sim_fates_decide(&way->fates, packet->index, kinds);
    packet->rule = fate.rule;
    packet->faults = fate.faults;
    if (sim_ip_offset(sim_packet_span(packet), wire->config.link) == packet->len_bytes) {
        packet->faults &= ~SIM_FAULT_BIT(CORRUPT); /* ARP has no checksum, and links do have one */
    }
    queue_update(way, now_us);
    if (is_cut(way, now_us)) faults |= SIM_FAULT_BIT(CUT);
    if (faults == 0 && queue_is_full(way, packet->len_bytes)) faults |= SIM_FAULT_BIT(QUEUE);
    packet->faults |= faults;
    if (ecn_header(packet, wire->config.link) == NULL) packet->faults &= ~SIM_FAULT_BIT(MARK);
    count_faults(way, packet->faults);
    show(packet, SIM_AT_SENDER, now_us);
    if (faults != 0) {
        sim_packet_put(&wire->store, packet);
        return;
    }
    depart(way, packet, &fate, now_us);
}

/* A packet's time has come: it arrives, or is forgotten. */
static void packet_run(struct sim_event *event, uint64_t now_us)
{
    struct sim_packet *packet = CONTAINER_OF(event, struct sim_packet, event);
    struct sim_way *way = packet->way;
    struct sim_wire *wire = way->wire;
    queue_update(way, now_us);
    if (way->held == packet) way->held = NULL;
    if (!packet->is_lost) {
        const bool cut = is_cut(way, now_us);
        if (cut) {
            packet->faults |= SIM_FAULT_BIT(CUT);
            way->stats.struck[SIM_FAULT_CUT]++;
        }
        show(packet, SIM_AT_RECEIVER, now_us);
        if (!cut) {
            struct frame frame;
            frame_init(&frame);
            (void)!gather_add(&frame.bytes, sim_packet_span(packet));
            frame.segment_bytes = packet->segment_bytes;
            frame.checksum_partial = packet->checksum_partial;
            way->stats.arrived++;
            wire->deliver(wire->owner, way->from == SIM_A ? SIM_B : SIM_A, &frame, now_us);
        }
    }
    sim_packet_put(&wire->store, packet);
}

static struct sim_packet *packet_of(struct sim_way *way, struct span bytes)
{
    struct sim_packet *packet = sim_packet_get(&way->wire->store, (uint32_t)bytes.len);
    if (packet == NULL) {
        way->stats.no_memory++;
        return NULL;
    }
    memcpy(packet->bytes, bytes.data, bytes.len);
    return packet;
}

static void enter_fragments(struct sim_way *way, struct span packet)
{
    const struct sim_wire *wire = way->wire;
    const uint32_t mtu_bytes = way->config.mtu_bytes;
    uint8_t out[SIM_PACKET_BYTES_MAX];
    uint32_t offset = 0;
    size_t len;
    while ((len = sim_router_fragment(packet, wire->config.link, mtu_bytes, &offset, out)) > 0) {
        struct sim_packet *fragment = packet_of(way, span_of(out, len));
        if (fragment != NULL) enter(way, fragment, 0);
    }
}

/* The router's word to the sender travels the other direction like any packet. */
static void enter_answer(struct sim_way *way, struct span packet)
{
    struct sim_wire *wire = way->wire;
    struct sim_way *back = &wire->way[way->from == SIM_A ? SIM_B : SIM_A];
    uint8_t out[SIM_ROUTER_ANSWER_MAX];
    const size_t len = sim_router_answer(packet, wire->config.link, way->config.mtu_bytes,
                                         &wire->config.router4, &wire->config.router6, out);
    struct sim_packet *answer = len > 0 ? packet_of(back, span_of(out, len)) : NULL;
    if (answer == NULL) return;
    answer->from_router = true;
    enter(back, answer, 0);
}

/* A packet above the MTU. */
static void enter_too_big(struct sim_way *way, const struct gather *bytes,
                          struct sim_packet *packet)
{
    struct sim_wire *wire = way->wire;
    uint8_t whole[SIM_PACKET_BYTES_MAX];
    const struct span span = span_of(whole, gather_copy(bytes, 0, whole, sizeof whole));
    const bool is_alive = !is_cut(way, wire->clock->now_us);
    const bool has_router = way->config.too_big == SIM_TOO_BIG_ROUTER && is_alive;
    if (has_router && sim_router_may_fragment(span, wire->config.link)) {
        sim_packet_put(&wire->store, packet);
        enter_fragments(way, span);
        return;
    }
    enter(way, packet, is_alive ? SIM_FAULT_BIT(MTU) : 0);
    if (has_router) enter_answer(way, span);
}

/* An ordinary frame, or a super-segment that travels whole, becomes a packet. */
static void send_whole(struct sim_way *way, const struct frame *frame)
{
    struct sim_wire *wire = way->wire;
    struct sim_packet *packet = sim_packet_get(&wire->store, frame->bytes.len_bytes);
    if (packet == NULL) {
        way->stats.no_memory++;
        return;
    }
    gather_copy(&frame->bytes, 0, packet->bytes, packet->len_bytes);
    packet->segment_bytes = frame->segment_bytes;
    packet->checksum_partial = frame->checksum_partial;
    const uint32_t mtu_bytes = way->config.mtu_bytes;
    const bool is_super = frame->segment_bytes != 0;
    if (mtu_bytes > 0 && !is_super &&
        sim_router_ip_bytes(sim_packet_span(packet), wire->config.link) > mtu_bytes) {
        enter_too_big(way, &frame->bytes, packet);
        return;
    }
    enter(way, packet, 0);
}

static void send_cut(struct sim_way *way, const struct frame *super)
{
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    const struct span_mut room = span_mut_of(headers, sizeof headers);
    struct frame_cut cut;
    struct frame frame;
    if (frame_cut_init(&cut, super, way->wire->config.link) != WIRE_OK) {
        way->stats.malformed++;
        return;
    }
    while (frame_cut_next(&cut, room, &frame)) send_whole(way, &frame);
}

void sim_wire_send(struct sim_wire *wire, enum sim_end from, const struct frame *frame)
{
    struct sim_way *way = &wire->way[from];
    if (wire->config.keeps_supers) {
        send_whole(way, frame);
        return;
    }
    if (frame->segment_bytes != 0) {
        send_cut(way, frame);
        return;
    }
    uint8_t headers[FRAME_HEADER_BYTES_MAX];
    struct frame whole = *frame;
    const struct span_mut room = span_mut_of(headers, sizeof headers);
    if (frame_checksum_complete(&whole, wire->config.link, room) != WIRE_OK) {
        way->stats.malformed++;
        return;
    }
    send_whole(way, &whole);
}
