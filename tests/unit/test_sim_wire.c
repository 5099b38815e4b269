/*
 * The wire by itself, with raw frames: time, rate, queue, order, every fault, the MTU, cuts, and
 * what the watchers see.
 */
#include "support.h"

#include "base/pool.h"
#include "sim/sim_wire.h"
#include "sim_frames.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/tcp.h"

#define ARRIVALS_MAX 4096u

struct arrival {
    uint64_t at_us;
    uint32_t seq;
    uint32_t len_bytes;
    uint16_t segment_bytes;
    bool is_intact;
    enum sim_end to;
    uint8_t ecn;
};

struct fixture {
    struct sim_clock clock;
    struct sim_wire wire;
    struct sim_watch watch;
    struct sim_wire_config config;
    uint32_t arrivals;
    struct arrival arrival[ARRIVALS_MAX];
    uint32_t seen_sent, seen_arrived, seen_dropped;
    struct sim_sighting last; /* at the sender; its bytes are gone */
    char last_text[SIM_RULE_TEXT_MAX];
    uint8_t bytes[SIM_FRAME_BYTES_MAX];
};

static void on_arrival(void *owner, enum sim_end to, const struct frame *frame, uint64_t now_us)
{
    struct fixture *f = owner;
    const struct span bytes = frame->bytes.part[0];
    struct frame_layout layout;
    assert_true(f->arrivals < ARRIVALS_MAX);
    struct arrival *arrival = &f->arrival[f->arrivals++];
    *arrival = (struct arrival){.at_us = now_us,
                                .len_bytes = frame->bytes.len_bytes,
                                .segment_bytes = frame->segment_bytes,
                                .to = to};
    arrival->is_intact = sim_frame_is_intact(bytes, f->config.link);
    if (frame_layout_find(&layout, frame, f->config.link) != WIRE_OK) return;
    arrival->seq = tcp_header_seq(bytes.data + layout.transport_offset);
    arrival->ecn = layout.is_ip6 ? ip6_header_ecn(bytes.data + layout.ip_offset)
                                 : ip4_header_ecn(bytes.data + layout.ip_offset);
}

static void on_sighting(struct sim_watch *watch, const struct sim_sighting *sighting)
{
    struct fixture *f = CONTAINER_OF(watch, struct fixture, watch);
    if (sighting->drop != DROP_NONE) f->seen_dropped++;
    if (sighting->point == SIM_AT_RECEIVER) {
        f->seen_arrived++;
        return;
    }
    f->seen_sent++;
    f->last = *sighting;
    (void)sim_sighting_format(sighting, f->last_text, sizeof f->last_text);
}

static struct fixture *wire_new(const struct sim_wire_config *config)
{
    struct fixture *f = mem_get(sizeof *f);
    assert_non_null(f);
    f->config = *config;
    sim_clock_init(&f->clock, 1000);
    sim_wire_init(&f->wire, &f->clock, config, f, on_arrival);
    sim_wire_watch(&f->wire, &f->watch, on_sighting);
    return f;
}

static void wire_end(struct fixture *f)
{
    assert_int_equal(sim_wire_in_flight(&f->wire), 0);
    sim_wire_deinit(&f->wire);
    mem_put(f);
}

static void run_until(struct fixture *f, uint64_t until_us)
{
    while (sim_clock_next(&f->clock) <= until_us && sim_clock_next(&f->clock) != TIME_NEVER) {
        sim_clock_advance(&f->clock, until_us);
        (void)sim_clock_run_one(&f->clock);
    }
    if (until_us != TIME_NEVER) sim_clock_advance(&f->clock, until_us);
}

static void run_all(struct fixture *f) { run_until(f, TIME_NEVER); }

static void send_spec(struct fixture *f, enum sim_end from, const struct sim_frame_spec *spec,
                      uint16_t segment_bytes)
{
    const size_t len = sim_frame_tcp(spec, f->bytes);
    struct frame frame = sim_frame_of(f->bytes, len);
    frame.segment_bytes = segment_bytes;
    frame.checksum_partial = spec->checksum_partial;
    sim_wire_send(&f->wire, from, &frame);
    memset(f->bytes, 0xee, len); /* the wire keeps copies */
}

/* Sends a data segment whose sequence number is its number. */
static void send_data(struct fixture *f, uint32_t number, uint32_t payload_bytes)
{
    const struct sim_frame_spec spec = {.link = f->config.link,
                                        .flags = TCP_FLAG_ACK,
                                        .seq = number,
                                        .payload_bytes = payload_bytes};
    send_spec(f, SIM_A, &spec, 0);
}

static void send_many(struct fixture *f, uint32_t count, uint32_t payload_bytes)
{
    for (uint32_t i = 1; i <= count; i++) send_data(f, i, payload_bytes);
}

static void add_rule(struct fixture *f, const char *text)
{
    struct sim_rule rule;
    assert_true(sim_fault_parse(text, &rule));
    assert_true(sim_wire_add_rule(&f->wire, &rule));
}

static void assert_order(const struct fixture *f, const char *digits)
{
    char got[32] = "";
    for (uint32_t i = 0; i < f->arrivals && i < 31; i++) {
        got[i] = (char)('0' + (int)f->arrival[i].seq);
    }
    assert_string_equal(got, digits);
}

static void an_ideal_wire_delivers_at_once(void **state)
{
    (void)state;
    const struct sim_wire_config config = {.link = FRAME_LINK_ETHERNET};
    struct fixture *f = wire_new(&config);
    send_many(f, 3, 100);
    assert_int_equal(f->arrivals, 0); /* never from inside a send */
    run_all(f);
    assert_order(f, "123");
    assert_true(f->arrival[0].is_intact && f->arrival[0].to == SIM_B);
    assert_int_equal(f->arrival[2].at_us, 1000);
    assert_int_equal(f->arrival[0].len_bytes, 154);
    assert_int_equal(f->seen_sent, 3);
    assert_int_equal(f->seen_arrived, 3);
    wire_end(f);
}

static void delay_and_direction(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].delay_us = 50;
    config.way[SIM_B].delay_us = 7;
    struct fixture *f = wire_new(&config);
    const struct sim_frame_spec back = {.is_v6 = true, .link = FRAME_LINK_IP, .seq = 2};
    send_data(f, 1, 10);
    send_spec(f, SIM_B, &back, 0);
    run_all(f);
    assert_order(f, "21");
    assert_int_equal(f->arrival[0].at_us, 1007);
    assert_int_equal(f->arrival[0].to, SIM_A);
    assert_int_equal(f->arrival[1].at_us, 1050);
    wire_end(f);
}

static void a_rate_takes_time_and_a_queue_is_finite(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].rate_bits = 8000000; /* a byte a microsecond */
    config.way[SIM_A].queue_packets = 3;
    struct fixture *f = wire_new(&config);
    send_many(f, 5, 60); /* 100 bytes each */
    assert_int_equal(f->last.drop, DROP_FAULT_QUEUE_FULL);
    assert_string_equal(f->last_text, "queue full");
    run_until(f, 1150); /* one has left, two wait */
    send_data(f, 6, 60);
    run_all(f);
    assert_order(f, "1236");
    assert_int_equal(f->arrival[0].at_us, 1100);
    assert_int_equal(f->arrival[2].at_us, 1300);
    assert_int_equal(f->arrival[3].at_us, 1400);
    assert_int_equal(f->wire.way[SIM_A].stats.struck[SIM_FAULT_QUEUE], 2);
    wire_end(f);
}

static void a_queue_of_bytes_takes_one_packet_of_any_size(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].rate_bits = 8000000;
    config.way[SIM_A].queue_bytes = 250;
    struct fixture *f = wire_new(&config);
    send_data(f, 1, 1000);
    send_data(f, 2, 60);
    run_until(f, 5000);
    for (uint32_t i = 3; i <= 5; i++) send_data(f, i, 60);
    run_all(f);
    assert_order(f, "134");
    wire_end(f);
}

static void lost_packets_take_up_the_rate(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].rate_bits = 8000000;
    struct fixture *f = wire_new(&config);
    add_rule(f, "drop data 2");
    send_many(f, 3, 60);
    run_all(f);
    assert_order(f, "13");
    assert_int_equal(f->arrival[1].at_us, 1300);
    assert_int_equal(f->seen_dropped, 1);
    wire_end(f);
}

static void fast_rates_do_not_round_to_nothing(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].rate_bits = UINT64_C(100000000000);
    struct fixture *f = wire_new(&config);
    for (uint32_t i = 0; i < 1000; i++) send_data(f, i, 1460);
    run_all(f);
    assert_int_equal(f->arrivals, 1000);
    assert_int_equal(f->arrival[999].at_us, 1120); /* 1.5 MB at 12.5 GB/s */
    wire_end(f);
}

static void jitter_keeps_the_order_and_reordering_does_not(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP, .seed = 1};
    config.way[SIM_A].chances.jitter_us = 1000;
    struct fixture *f = wire_new(&config);
    for (uint32_t i = 0; i < 1000; i++) {
        send_data(f, i, 1);
        run_until(f, 1000 + (i + 1) * 10);
    }
    run_all(f);
    uint32_t delayed = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(f->arrival[i].seq, i);
        delayed += f->arrival[i].at_us > 1000 + i * 10 ? 1 : 0;
    }
    assert_true(delayed > 900);
    wire_end(f);
    config.way[SIM_A].chances = (struct sim_chances){.reorder_ppm = 100000, .reorder_us = 25};
    f = wire_new(&config);
    for (uint32_t i = 0; i < 1000; i++) {
        send_data(f, i, 1);
        run_until(f, 1000 + (i + 1) * 10);
    }
    run_all(f);
    uint32_t overtaken = 0;
    for (uint32_t i = 1; i < 1000; i++) {
        overtaken += f->arrival[i].seq < f->arrival[i - 1].seq ? 1 : 0;
    }
    assert_in_range(overtaken, 60, 120);
    wire_end(f);
}

static void exact_faults_strike_exactly(void **state)
{
    (void)state;
    const struct sim_wire_config config = {.link = FRAME_LINK_IP};
    struct fixture *f = wire_new(&config);
    add_rule(f, "drop data 2 from a");
    add_rule(f, "duplicate data 3");
    add_rule(f, "delay 5ms data 4");
    add_rule(f, "reorder data 5");
    add_rule(f, "corrupt data 7");
    send_many(f, 7, 50);
    assert_string_equal(f->last_text, "corrupt data 7");
    assert_int_equal(f->last.faults, SIM_FAULT_BIT(CORRUPT));
    assert_int_equal(f->last.drop, DROP_NONE);
    run_all(f);
    assert_order(f, "1336574");
    assert_int_equal(f->arrival[6].at_us, 6000);
    for (uint32_t i = 0; i < f->arrivals; i++) {
        assert_int_equal(f->arrival[i].is_intact, f->arrival[i].seq != 7);
    }
    assert_int_equal(f->wire.way[SIM_A].stats.struck[SIM_FAULT_DROP], 1);
    assert_int_equal(f->wire.way[SIM_A].stats.packets, 7);
    assert_int_equal(f->wire.way[SIM_A].stats.arrived, 7);
    wire_end(f);
}

static void a_swapped_packet_waits_only_so_long(void **state)
{
    (void)state;
    const struct sim_wire_config config = {.link = FRAME_LINK_IP};
    struct fixture *f = wire_new(&config);
    add_rule(f, "reorder data 1");
    send_data(f, 1, 10);
    run_all(f);
    assert_order(f, "1");
    assert_int_equal(f->arrival[0].at_us, 1001000);
    wire_end(f);
}

static void chances_strike_as_often_as_asked(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_ETHERNET, .seed = 9};
    config.way[SIM_A].chances =
        (struct sim_chances){.loss_ppm = 100000, .duplicate_ppm = 100000, .corrupt_ppm = 100000};
    struct fixture *f = wire_new(&config);
    for (uint32_t i = 0; i < 2000; i++) send_data(f, i, 100);
    run_all(f);
    uint32_t corrupted = 0;
    for (uint32_t i = 0; i < f->arrivals; i++) corrupted += f->arrival[i].is_intact ? 0 : 1;
    const struct sim_way_stats *stats = &f->wire.way[SIM_A].stats;
    assert_in_range(stats->struck[SIM_FAULT_LOSS], 150, 250);
    assert_in_range(stats->struck[SIM_FAULT_DUPLICATE], 150, 250);
    assert_in_range(corrupted, 150, 250);
    assert_int_equal(f->seen_dropped, stats->struck[SIM_FAULT_LOSS]);
    wire_end(f);
}

/* ARP carries no checksum, and what its link's would catch is not simulated. */
static void arp_is_not_corrupted(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_ETHERNET};
    config.way[SIM_A].chances.corrupt_ppm = 1000000;
    struct fixture *f = wire_new(&config);
    const size_t len = sim_frame_arp(f->bytes);
    const struct frame frame = sim_frame_of(f->bytes, len);
    sim_wire_send(&f->wire, SIM_A, &frame);
    assert_int_equal(f->last.faults, 0);
    run_all(f);
    assert_int_equal(f->arrivals, 1);
    wire_end(f);
}

static void super_segments_are_cut_before_faults(void **state)
{
    (void)state;
    const struct sim_wire_config config = {.link = FRAME_LINK_IP};
    struct fixture *f = wire_new(&config);
    add_rule(f, "drop data 2");
    const struct sim_frame_spec spec = {.link = FRAME_LINK_IP,
                                        .flags = TCP_FLAG_ACK,
                                        .payload_bytes = 3500,
                                        .checksum_partial = true};
    send_spec(f, SIM_A, &spec, 1000);
    run_all(f);
    assert_int_equal(f->seen_sent, 4);
    assert_int_equal(f->arrivals, 3);
    assert_int_equal(f->arrival[1].seq, 2000);
    assert_int_equal(f->arrival[2].len_bytes, 540);
    for (uint32_t i = 0; i < 3; i++) {
        assert_true(f->arrival[i].is_intact && f->arrival[i].segment_bytes == 0);
    }
    wire_end(f);
}

static void partial_checksums_are_completed(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_ETHERNET};
    struct fixture *f = wire_new(&config);
    const struct sim_frame_spec spec = {
        .is_v6 = true, .link = FRAME_LINK_ETHERNET, .payload_bytes = 77, .checksum_partial = true};
    send_spec(f, SIM_A, &spec, 0);
    run_all(f);
    assert_true(f->arrival[0].is_intact);
    wire_end(f);
    config.keeps_supers = true;
    f = wire_new(&config);
    send_spec(f, SIM_A, &spec, 30);
    run_all(f);
    assert_int_equal(f->arrivals, 1);
    assert_int_equal(f->arrival[0].segment_bytes, 30);
    assert_false(f->arrival[0].is_intact);
    wire_end(f);
}

static void an_mtu_drops_answers_or_fragments(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].mtu_bytes = 600;
    struct fixture *f = wire_new(&config);
    send_data(f, 1, 561);
    assert_int_equal(f->last.drop, DROP_FAULT_MTU);
    send_data(f, 2, 560);
    run_all(f);
    assert_order(f, "2");
    wire_end(f);
    config.way[SIM_A].too_big = SIM_TOO_BIG_ROUTER;
    f = wire_new(&config);
    send_data(f, 1, 1000);
    assert_true(f->last.from_router && f->last.from == SIM_B);
    run_all(f);
    assert_int_equal(f->arrivals, 1);
    assert_int_equal(f->arrival[0].to, SIM_A);
    const struct sim_frame_spec spec = {
        .link = FRAME_LINK_IP, .payload_bytes = 1000, .may_fragment = true};
    send_spec(f, SIM_A, &spec, 0);
    run_all(f);
    assert_int_equal(f->arrivals, 3);
    assert_int_equal(f->arrival[1].len_bytes, 20 + 576);
    assert_int_equal(f->arrival[2].len_bytes, 20 + 1020 - 576);
    wire_end(f);
}

static void cuts_lose_what_is_sent_or_arrives_meanwhile(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_IP};
    config.way[SIM_A].delay_us = 100;
    config.way[SIM_A].cut_count = 1;
    config.way[SIM_A].cut[0] = (struct sim_cut){.from_us = 2000, .to_us = 3000};
    struct fixture *f = wire_new(&config);
    send_data(f, 1, 10);
    run_until(f, 1950);
    send_data(f, 2, 10); /* arrives in the cut */
    run_until(f, 2000);
    send_data(f, 3, 10);
    assert_int_equal(f->last.drop, DROP_FAULT_CUT);
    run_until(f, 3000);
    send_data(f, 4, 10);
    run_until(f, 4000);
    sim_wire_cut(&f->wire, SIM_A, true);
    send_data(f, 5, 10);
    sim_wire_cut(&f->wire, SIM_A, false);
    send_data(f, 6, 10);
    run_all(f);
    assert_order(f, "146");
    assert_int_equal(f->wire.way[SIM_A].stats.struck[SIM_FAULT_CUT], 3);
    assert_int_equal(f->seen_dropped, 3);
    wire_end(f);
}

static void congestion_is_marked_where_it_is_understood(void **state)
{
    (void)state;
    struct sim_wire_config config = {.link = FRAME_LINK_ETHERNET};
    config.way[SIM_A].chances.mark_ppm = 1000000;
    struct fixture *f = wire_new(&config);
    for (int i = 0; i < 4; i++) {
        const struct sim_frame_spec spec = {.is_v6 = (i & 1) != 0,
                                            .link = FRAME_LINK_ETHERNET,
                                            .payload_bytes = 10,
                                            .ecn = (i & 2) != 0 ? 2 : 0};
        send_spec(f, SIM_A, &spec, 0);
        assert_int_equal(f->last.faults, (i & 2) != 0 ? SIM_FAULT_BIT(MARK) : 0);
    }
    run_all(f);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(f->arrival[i].ecn, (i & 2) != 0 ? 3 : 0);
        assert_true(f->arrival[i].is_intact);
    }
    wire_end(f);
}

/* Adding a fault must not move another's decisions, on the wire as in sim_fate. */
static void the_same_packets_are_lost_whatever_else_happens(void **state)
{
    (void)state;
    static bool lost[1000];
    struct sim_wire_config config = {.link = FRAME_LINK_IP, .seed = 77};
    config.way[SIM_A].chances.loss_ppm = 50000;
    struct fixture *f = wire_new(&config);
    for (uint32_t i = 0; i < 1000; i++) {
        send_data(f, i, 10);
        lost[i] = (f->last.faults & SIM_FAULT_BIT(LOSS)) != 0;
    }
    run_all(f);
    wire_end(f);
    config.way[SIM_A].chances.duplicate_ppm = 200000;
    config.way[SIM_A].chances.corrupt_ppm = 200000;
    config.way[SIM_A].chances.jitter_us = 500;
    config.way[SIM_A].rate_bits = 1000000;
    config.way[SIM_A].queue_packets = 20;
    config.way[SIM_B].chances.loss_ppm = 300000;
    f = wire_new(&config);
    for (uint32_t i = 0; i < 1000; i++) {
        const struct sim_frame_spec back = {.link = FRAME_LINK_IP};
        send_spec(f, SIM_B, &back, 0);
        send_data(f, i, 10);
        assert_int_equal((f->last.faults & SIM_FAULT_BIT(LOSS)) != 0, lost[i]);
    }
    run_all(f);
    wire_end(f);
}

static void malformed_super_segments_are_counted(void **state)
{
    (void)state;
    const struct sim_wire_config config = {.link = FRAME_LINK_IP};
    struct fixture *f = wire_new(&config);
    memset(f->bytes, 0, 100);
    struct frame frame = sim_frame_of(f->bytes, 100);
    frame.segment_bytes = 10;
    sim_wire_send(&f->wire, SIM_A, &frame);
    frame.segment_bytes = 0;
    frame.checksum_partial = true;
    sim_wire_send(&f->wire, SIM_A, &frame);
    assert_int_equal(f->wire.way[SIM_A].stats.malformed, 2);
    sim_wire_unwatch(&f->watch);
    frame.checksum_partial = false;
    sim_wire_send(&f->wire, SIM_A, &frame);
    assert_int_equal(f->seen_sent, 0);
    run_all(f);
    assert_int_equal(f->arrivals, 1);
    wire_end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ideal_wire_delivers_at_once),
        cmocka_unit_test(delay_and_direction),
        cmocka_unit_test(a_rate_takes_time_and_a_queue_is_finite),
        cmocka_unit_test(a_queue_of_bytes_takes_one_packet_of_any_size),
        cmocka_unit_test(lost_packets_take_up_the_rate),
        cmocka_unit_test(fast_rates_do_not_round_to_nothing),
        cmocka_unit_test(jitter_keeps_the_order_and_reordering_does_not),
        cmocka_unit_test(exact_faults_strike_exactly),
        cmocka_unit_test(a_swapped_packet_waits_only_so_long),
        cmocka_unit_test(chances_strike_as_often_as_asked),
        cmocka_unit_test(arp_is_not_corrupted),
        cmocka_unit_test(super_segments_are_cut_before_faults),
        cmocka_unit_test(partial_checksums_are_completed),
        cmocka_unit_test(an_mtu_drops_answers_or_fragments),
        cmocka_unit_test(cuts_lose_what_is_sent_or_arrives_meanwhile),
        cmocka_unit_test(congestion_is_marked_where_it_is_understood),
        cmocka_unit_test(the_same_packets_are_lost_whatever_else_happens),
        cmocka_unit_test(malformed_super_segments_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
