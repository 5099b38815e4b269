/*
 * Random networks. Small and quick ones are likely, monsters are rare: what a network costs is
 * bounded by its count of segments, whatever the MTU.
 */
#include "sim_plan.h"

#include "base/rng.h"

#define MS UINT64_C(1000)
#define S  UINT64_C(1000000)

/* True `percent` times in a hundred. */
static bool often(struct rng *rng, uint32_t percent) { return rng_below(rng, 100) < percent; }

/* Up to `hi`, with all magnitudes alike. */
static uint64_t magnitude(struct rng *rng, uint64_t lo, uint64_t hi)
{
    if (lo >= hi) return hi;
    uint32_t doublings = 0;
    for (uint64_t v = lo + 1; v < hi; v *= 2) doublings++;
    uint64_t top = lo + 1;
    for (uint64_t n = rng_below(rng, (uint64_t)doublings + 1); n > 0; n--) top *= 2;
    return rng_range(rng, lo, u64_min(u64_max(top, lo), hi));
}

static uint32_t pick_mtu(struct rng *rng, bool is_v4)
{
    const uint32_t least = is_v4 ? VITRO_MTU_BYTES_MIN : 1280;
    switch (rng_below(rng, 8)) {
    case 0: return least;
    case 1: return VITRO_MTU_BYTES_MAX;
    case 2: return (uint32_t)magnitude(rng, least, VITRO_MTU_BYTES_MAX);
    case 3: return (uint32_t)rng_range(rng, least, least + 600);
    case 4: return 9000;
    default: return 1500;
    }
}

static void pick_way(struct rng *rng, struct sim_way_config *way, uint32_t mtu_bytes)
{
    way->delay_us = often(rng, 15) ? 0 : magnitude(rng, 10, 400 * MS);
    if (!often(rng, 35)) return;
    const uint64_t least = u64_max(64000, (uint64_t)mtu_bytes * 8);
    way->rate_bits = magnitude(rng, least, UINT64_C(10000000000));
    if (often(rng, 50)) {
        way->queue_packets = (uint32_t)magnitude(rng, 4, 1000);
    } else {
        way->queue_bytes = (uint32_t)magnitude(rng, 4 * mtu_bytes, 1000 * (uint64_t)mtu_bytes);
    }
}

static void pick_chances(struct rng *rng, struct sim_chances *c, uint32_t loss_ppm_max)
{
    if (often(rng, 60)) c->loss_ppm = (uint32_t)magnitude(rng, 0, loss_ppm_max);
    if (often(rng, 15)) c->loss_ppm = (uint32_t)rng_range(rng, loss_ppm_max / 3, loss_ppm_max);
    if (often(rng, 15)) {
        c->burst_enter_ppm = (uint32_t)magnitude(rng, 100, loss_ppm_max / 10);
        c->burst_leave_ppm = (uint32_t)rng_range(rng, 100000, 800000);
        c->burst_loss_ppm = (uint32_t)rng_range(rng, 300000, 1000000);
    }
    if (often(rng, 30)) {
        c->reorder_ppm = (uint32_t)magnitude(rng, 1000, 300000);
        c->reorder_us = magnitude(rng, 10, 300 * MS);
    }
    if (often(rng, 25)) c->duplicate_ppm = (uint32_t)magnitude(rng, 1000, 300000);
    if (often(rng, 20)) c->corrupt_ppm = (uint32_t)magnitude(rng, 100, loss_ppm_max / 3);
    if (often(rng, 20)) c->mark_ppm = (uint32_t)magnitude(rng, 100, 100000);
    if (often(rng, 30)) c->jitter_us = magnitude(rng, 1, 50 * MS);
}

/* How hostile: nothing at all, some, or much with cuts. */
static void pick_faults(struct rng *rng, struct plan *plan)
{
    const uint64_t mood = rng_below(rng, 100);
    plan->is_strict = mood < 60;
    if (mood < 20) return;
    const uint32_t loss_ppm_max = plan->is_strict ? 30000 : 300000;
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_way_config *way = &plan->net.wire.way[end];
        pick_chances(rng, &way->chances, loss_ppm_max);
        if (plan->is_strict) way->chances.burst_enter_ppm = 0;
    }
    if (plan->is_strict || !often(rng, 40)) return;
    const bool both = often(rng, 70);
    const bool is_for_good = often(rng, 25);
    const uint64_t from_us = plan->net.start_us + magnitude(rng, 0, 60 * S);
    const uint64_t to_us = is_for_good ? TIME_NEVER : from_us + magnitude(rng, 10 * MS, 300 * S);
    const enum sim_end one = (enum sim_end)rng_below(rng, 2);
    for (int end = 0; end < SIM_ENDS; end++) {
        if (!both && end != (int)one) continue;
        struct sim_way_config *way = &plan->net.wire.way[end];
        way->cut[way->cut_count++] = (struct sim_cut){.from_us = from_us, .to_us = to_us};
    }
}

static void pick_buffers(struct rng *rng, struct vitro_tcp_config *tcp)
{
    if (often(rng, 40)) tcp->sndbuf_bytes = (uint32_t)magnitude(rng, 300, 1 << 20);
    if (!often(rng, 50)) return;
    tcp->rcvbuf_bytes = (uint32_t)magnitude(rng, 300, 1 << 20);
    tcp->rcvbuf_bytes_max = tcp->rcvbuf_bytes;
    if (often(rng, 50))
        tcp->rcvbuf_bytes_max = (uint32_t)magnitude(rng, tcp->rcvbuf_bytes, 4 << 20);
}

static void pick_tcp(struct rng *rng, struct vitro_tcp_config *tcp)
{
    tcp->sack = often(rng, 75);
    tcp->timestamps = often(rng, 60);
    tcp->window_scaling = often(rng, 75);
    tcp->nagle = often(rng, 75);
    tcp->ecn = (enum vitro_ecn)rng_below(rng, 3);
    tcp->congestion_control = often(rng, 50) ? "cubic" : "reno";
    tcp->delayed_ack_us = often(rng, 70) ? 40 * MS : magnitude(rng, 0, 500 * MS);
    if (often(rng, 40)) tcp->quick_acks = (uint32_t)rng_below(rng, 20);
    if (often(rng, 20)) tcp->mss_bytes_max = (uint16_t)magnitude(rng, 64, 65495);
    if (often(rng, 25)) tcp->initial_cwnd_segments = (uint32_t)rng_range(rng, 1, 40);
    tcp->time_wait_us = magnitude(rng, 1 * S, 60 * S);
    if (often(rng, 20)) tcp->keepalive = true;
    if (tcp->keepalive) {
        tcp->keepalive_idle_us = magnitude(rng, 5 * S, 600 * S);
        tcp->keepalive_interval_us = magnitude(rng, 1 * S, 75 * S);
    }
    tcp->orphan_retries = tcp->r2_retries; /* or a slow wire may be too slow for a closed end */
    pick_buffers(rng, tcp);
    /* A shift that cannot express the window could never open it. */
    if (often(rng, 15)) tcp->window_shift = (uint8_t)rng_below(rng, 15);
    while (tcp->window_shift <= 14 && tcp->window_shift > 0 &&
           tcp->rcvbuf_bytes >> tcp->window_shift < 16) {
        tcp->window_shift--;
    }
}

static void pick_hosts(struct rng *rng, struct plan *plan)
{
    const bool is_ethernet = often(rng, 40);
    const bool has_one_mtu = often(rng, 75);
    const uint32_t mtu_bytes = pick_mtu(rng, plan->is_v4);
    if (is_ethernet) sim_net_config_ethernet(&plan->net);
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_host_config *host = &plan->net.host[end];
        host->interface.mtu_bytes = has_one_mtu ? mtu_bytes : pick_mtu(rng, plan->is_v4);
        host->interface.super_bytes_max =
            often(rng, 50) ? 0 : (uint32_t)magnitude(rng, 1000, 65535);
        host->interface.checksum_offload = often(rng, 40);
        if (plan->is_v4) {
            host->ip6 = (struct vitro_ip){{0}};
        } else {
            host->ip4 = (struct vitro_ip){{0}};
        }
        pick_tcp(rng, &host->stack.tcp);
    }
}

/* A smaller MTU in the middle, whose router tells: path MTU discovery. */
static void pick_path(struct rng *rng, struct plan *plan)
{
    const uint32_t ends = u32_max(plan->net.host[SIM_A].interface.mtu_bytes,
                                  plan->net.host[SIM_B].interface.mtu_bytes);
    for (int end = 0; end < SIM_ENDS; end++) {
        pick_way(rng, &plan->net.wire.way[end], ends);
    }
    const uint32_t least = plan->is_v4 ? 576 : 1280;
    if (ends <= least || !often(rng, 20)) {
        plan->net.wire.keeps_supers = often(rng, 10);
        return;
    }
    const uint32_t mtu_bytes = (uint32_t)rng_range(rng, least, ends);
    for (int end = 0; end < SIM_ENDS; end++) {
        plan->net.wire.way[end].mtu_bytes = mtu_bytes;
        plan->net.wire.way[end].too_big = SIM_TOO_BIG_ROUTER;
    }
}

/* Payload of a segment from this end, about; never more than the receiver's buffer makes of it. */
static uint64_t segment_of(const struct plan *plan, enum sim_end from)
{
    const struct sim_host_config *a = &plan->net.host[SIM_A];
    const struct sim_host_config *b = &plan->net.host[SIM_B];
    const struct sim_host_config *to = from == SIM_A ? b : a;
    const struct sim_host_config *own = from == SIM_A ? a : b;
    const uint32_t headers = plan->is_v4 ? 52 : 72;
    const uint32_t mtu_bytes = u32_min(a->interface.mtu_bytes, b->interface.mtu_bytes);
    uint64_t bytes = mtu_bytes - headers;
    const uint16_t limits[] = {a->stack.tcp.mss_bytes_max, b->stack.tcp.mss_bytes_max};
    for (int i = 0; i < 2; i++) {
        if (limits[i] != 0) bytes = u64_min(bytes, limits[i]);
    }
    if (plan->net.wire.way[from].mtu_bytes != 0) {
        bytes = u64_min(bytes, plan->net.wire.way[from].mtu_bytes - headers);
    }
    const uint64_t buffers = u64_min(to->stack.tcp.rcvbuf_bytes, own->stack.tcp.sndbuf_bytes) / 2;
    return u64_max(u64_min(bytes, buffers), 16);
}

static void pick_side(struct rng *rng, const struct plan *plan, enum sim_end end,
                      struct side_plan *side)
{
    const uint64_t segment_bytes = segment_of(plan, end);
    const uint64_t segments = magnitude(rng, 0, 4000) / plan->talk_count;
    *side = (struct side_plan){.abort_at = NEVER_BYTES};
    if (!often(rng, 15)) side->bytes = rng_below(rng, segments * segment_bytes + 2);
    if (often(rng, 15)) side->bytes = rng_below(rng, 10);
    side->bytes = u64_min(side->bytes, 3 << 20);
    side->write_bytes = (uint32_t)magnitude(rng, 1 + segment_bytes / 4, 100000);
    side->read_bytes = (uint32_t)magnitude(rng, 1 + segment_bytes / 4, 100000);
    if (often(rng, 15)) side->read_pause_us = magnitude(rng, 100, 300 * MS);
    if (often(rng, 10)) side->read_from_us = magnitude(rng, 1 * MS, 100 * S);
    if (often(rng, 10)) {
        side->write_bytes = (uint32_t)magnitude(rng, 1 + side->bytes / 100, 5000);
        side->write_pause_us = magnitude(rng, 100, 3 * S);
    }
    side->in_place = often(rng, 30);
    side->sinks = often(rng, 15);
    side->nodelay = often(rng, 20);
}

static void pick_talk(struct rng *rng, const struct plan *plan, struct talk_plan *talk)
{
    talk->client = (enum sim_end)rng_below(rng, 2);
    const enum sim_end server = talk->client == SIM_A ? SIM_B : SIM_A;
    talk->start_us = plan->net.start_us + (often(rng, 50) ? 0 : magnitude(rng, 0, 10 * S));
    talk->kind = TALK_NORMAL;
    if (often(rng, 12)) talk->kind = TALK_BOTH_OPEN;
    if (often(rng, 5)) talk->kind = TALK_REFUSED;
    if (often(rng, 3)) talk->kind = TALK_NOBODY;
    pick_side(rng, plan, talk->client, &talk->side[0]);
    pick_side(rng, plan, server, &talk->side[1]);
    if (often(rng, 25)) talk->side[rng_below(rng, 2)].answers = true;
    if (often(rng, 8)) {
        const uint64_t all = talk->side[0].bytes + talk->side[1].bytes;
        talk->side[rng_below(rng, 2)].abort_at = rng_below(rng, all + 1);
    }
    /* Who closes at once must have nothing coming, and somebody who reads while it is believed. */
    const uint64_t who = rng_below(rng, 2);
    struct side_plan *other = &talk->side[1 - who];
    if (often(rng, 15) && other->read_pause_us == 0 && other->read_from_us == 0) {
        other->bytes = 0;
        talk->side[who].closes_early = !talk->side[who].answers;
    }
}

/* Whether nothing can happen to a packet but a delay that is always the same. */
static bool is_perfect(const struct plan *plan)
{
    bool is_perfect = plan->is_strict;
    for (int end = 0; end < SIM_ENDS; end++) {
        const struct sim_way_config *way = &plan->net.wire.way[end];
        const struct sim_chances *c = &way->chances;
        if (c->loss_ppm + c->burst_enter_ppm + c->reorder_ppm + c->corrupt_ppm > 0) {
            is_perfect = false;
        }
        if (c->duplicate_ppm + c->mark_ppm + c->jitter_us > 0) is_perfect = false;
        if (way->rate_bits > 0 || way->mtu_bytes > 0) is_perfect = false;
        const struct vitro_tcp_config *tcp = &plan->net.host[end].stack.tcp;
        if (way->delay_us > 200 * MS || tcp->delayed_ack_us > 150 * MS) is_perfect = false;
        if (tcp->keepalive) is_perfect = false;
    }
    return is_perfect;
}

/* Where everything has to work, a queue may yet lose the last ACK, and what is sent again then has
 * to find its TIME-WAIT (RFC 9293 3.6.1). */
static void outlast_retransmissions(struct plan *plan)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_tcp_config *tcp = &plan->net.host[end].stack.tcp;
        if (tcp->time_wait_us < 30 * S) tcp->time_wait_us = 30 * S;
    }
}

void plan_make(struct plan *plan, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    *plan = (struct plan){.seed = seed, .is_v4 = often(&rng, 55), .patience_us = 4000 * S};
    sim_net_config_default(&plan->net, seed);
    pick_hosts(&rng, plan);
    pick_path(&rng, plan);
    pick_faults(&rng, plan);
    plan->talk_count = often(&rng, 70) ? 1 : (uint32_t)rng_range(&rng, 2, TALKS_MAX);
    plan->backlog = 16;
    if (often(&rng, 12)) {
        plan->has_cookies = true;
        plan->is_strict = false;
        plan->backlog = (uint32_t)rng_range(&rng, 1, 3);
        for (int end = 0; end < SIM_ENDS; end++) {
            plan->net.host[end].stack.tcp.syn_cache_max = (uint32_t)rng_range(&rng, 1, 3);
            plan->net.host[end].stack.tcp.syn_cookies = often(&rng, 80);
        }
    }
    plan->is_perfect = is_perfect(plan);
    if (plan->is_strict && !plan->is_perfect) outlast_retransmissions(plan);
    for (uint32_t i = 0; i < plan->talk_count; i++) {
        pick_talk(&rng, plan, &plan->talk[i]);
        if (plan->talk[i].kind == TALK_NOBODY) plan->is_perfect = false;
    }
}

static void format_way(const struct sim_way_config *way, struct text *text)
{
    const struct sim_chances *c = &way->chances;
    text_addf(text, "delay %llu us, jitter %llu us, rate %llu bit/s, queue %u B %u packets",
              (unsigned long long)way->delay_us, (unsigned long long)c->jitter_us,
              (unsigned long long)way->rate_bits, way->queue_bytes, way->queue_packets);
    text_addf(text, ", mtu %u\n      loss %u ppm, burst %u/%u/%u ppm, reorder %u ppm by %llu us",
              way->mtu_bytes, c->loss_ppm, c->burst_enter_ppm, c->burst_leave_ppm,
              c->burst_loss_ppm, c->reorder_ppm, (unsigned long long)c->reorder_us);
    text_addf(text, ", duplicate %u ppm, corrupt %u ppm, mark %u ppm", c->duplicate_ppm,
              c->corrupt_ppm, c->mark_ppm);
    for (uint32_t i = 0; i < way->cut_count; i++) {
        text_addf(text, ", cut %llu to %llu us", (unsigned long long)way->cut[i].from_us,
                  (unsigned long long)way->cut[i].to_us);
    }
    text_add_char(text, '\n');
}

static void format_host(const struct sim_host_config *host, struct text *text)
{
    const struct vitro_tcp_config *tcp = &host->stack.tcp;
    text_addf(text, "mtu %u, super %u, offload %d, sndbuf %u, rcvbuf %u to %u, mss %u",
              host->interface.mtu_bytes, host->interface.super_bytes_max,
              host->interface.checksum_offload, tcp->sndbuf_bytes, tcp->rcvbuf_bytes,
              tcp->rcvbuf_bytes_max, tcp->mss_bytes_max);
    text_addf(text, "\n      %s, sack %d, ts %d, wscale %d (%u), nagle %d, ecn %d, delack %llu us",
              tcp->congestion_control, tcp->sack, tcp->timestamps, tcp->window_scaling,
              tcp->window_shift, tcp->nagle, (int)tcp->ecn,
              (unsigned long long)tcp->delayed_ack_us);
    text_addf(text, ", quickacks %u, iw %u, time-wait %llu us, keepalive %d, syn cache %u\n",
              tcp->quick_acks, tcp->initial_cwnd_segments, (unsigned long long)tcp->time_wait_us,
              tcp->keepalive, tcp->syn_cache_max);
}

static void format_side(const struct side_plan *side, struct text *text)
{
    text_addf(text, "sends %llu", (unsigned long long)side->bytes);
    if (side->write_pause_us > 0) {
        text_addf(text, " (%u every %llu us)", side->write_bytes,
                  (unsigned long long)side->write_pause_us);
    }
    if (side->read_pause_us > 0) {
        text_addf(text, ", reads %u every %llu us", side->read_bytes,
                  (unsigned long long)side->read_pause_us);
    }
    if (side->read_from_us > 0) {
        text_addf(text, ", reads after %llu us", (unsigned long long)side->read_from_us);
    }
    if (side->abort_at != NEVER_BYTES) {
        text_addf(text, ", aborts at %llu", (unsigned long long)side->abort_at);
    }
    if (side->answers) text_add(text, ", answers");
    if (side->closes_early) text_add(text, ", closes early");
    if (side->sinks) text_add(text, ", sink");
    if (side->in_place) text_add(text, ", in place");
    if (side->nodelay) text_add(text, ", nodelay");
}

void plan_format(const struct plan *plan, struct text *text)
{
    static const char *const kinds[] = {"talk", "both open", "refused", "nobody"};
    text_addf(text, "  seed %llu: IPv%d, %s%s%s%s\n", (unsigned long long)plan->seed,
              plan->is_v4 ? 4 : 6,
              plan->net.wire.link == FRAME_LINK_ETHERNET ? "Ethernet" : "bare IP",
              plan->net.wire.keeps_supers ? ", super-segments on the wire" : "",
              plan->is_strict ? ", everything has to work" : "",
              plan->has_cookies ? ", small SYN cache" : "");
    for (int end = 0; end < SIM_ENDS; end++) {
        text_addf(text, "    %c ", 'A' + end);
        format_host(&plan->net.host[end], text);
        text_addf(text, "    %c> ", 'A' + end);
        format_way(&plan->net.wire.way[end], text);
    }
    for (uint32_t i = 0; i < plan->talk_count; i++) {
        const struct talk_plan *talk = &plan->talk[i];
        text_addf(text, "    %s %u by %c at %llu us: ", kinds[talk->kind], i,
                  'A' + (int)talk->client, (unsigned long long)talk->start_us);
        format_side(&talk->side[0], text);
        text_add(text, " | ");
        format_side(&talk->side[1], text);
        text_add_char(text, '\n');
    }
}
