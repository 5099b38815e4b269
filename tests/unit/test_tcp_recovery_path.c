/*
 * Loss recovery over a path that loses, reorders and duplicates, in virtual time: a sender driven
 * through the three questions of tcp_recovery.h, a bottleneck with a queue, and a receiver that
 * acknowledges as RFC 5681, RFC 2018 and RFC 2883 ask. Every transfer must complete, and neither
 * cost more retransmissions nor more time-outs than its losses explain.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "sender_fixture.h"

#define MSS         SENDER_MSS
#define SEGMENTS    3000u
#define PACKETS_MAX 4096u
#define DELAY_US    20000u /* each way */
#define SERVICE_US  100u   /* the bottleneck: 80 Mbit/s */
#define TIME_US_MAX 600000000u

struct scenario {
    uint32_t loss_ppm, ack_loss_ppm, reorder_ppm, duplicate_ppm;
    uint32_t queue; /* segments the bottleneck holds */
    bool sack, timestamps;
    const struct cc_ops *cc;
};

/* Data (a segment number) on its way there, or an ACK on its way back. */
struct packet {
    uint64_t at_us;
    bool is_ack;
    uint32_t segment, ts;
    struct sender_ack ack;
};

struct path {
    struct sender sender;
    const struct scenario *scenario;
    struct rng rng;
    struct packet packets[PACKETS_MAX];
    uint32_t packet_count;
    uint64_t link_free_us, rto_us;
    uint64_t timeouts, losses;
    /* the receiver */
    bool has[SEGMENTS];
    uint32_t next, ts_recent;
    uint32_t recent[8]; /* segments that arrived last, newest first */
};

static void put(struct path *p, struct packet packet)
{
    assert_true(p->packet_count < PACKETS_MAX);
    p->packets[p->packet_count++] = packet;
}

static void transmit(struct path *p, uint32_t segment)
{
    const uint64_t now_us = p->sender.now_us;
    const uint64_t begin_us = now_us > p->link_free_us ? now_us : p->link_free_us;
    const bool is_full = (begin_us - now_us) / SERVICE_US >= p->scenario->queue;
    if (is_full || rng_chance_ppm(&p->rng, p->scenario->loss_ppm)) {
        p->losses++;
        return;
    }
    p->link_free_us = begin_us + SERVICE_US;
    struct packet packet = {.segment = segment, .at_us = p->link_free_us + DELAY_US};
    packet.ts = sender_ts(&p->sender);
    if (rng_chance_ppm(&p->rng, p->scenario->reorder_ppm))
        packet.at_us += rng_range(&p->rng, 1, 10) * SERVICE_US;
    put(p, packet);
    if (rng_chance_ppm(&p->rng, p->scenario->duplicate_ppm)) put(p, packet);
}

/* What tcp_output does. */
static void output(struct path *p)
{
    struct sender *s = &p->sender;
    for (;;) {
        const uint32_t before = s->conn.stats.retransmits;
        const uint32_t from = sender_retransmit(s, 1);
        if (from == UINT32_MAX) break;
        for (uint32_t n = 0; n < s->conn.stats.retransmits - before; n++)
            transmit(p, from / MSS + n);
    }
    while (sender_nxt(s) < SEGMENTS * MSS && tcp_recovery_room_bytes(&s->conn) >= MSS) {
        transmit(p, sender_nxt(s) / MSS);
        sender_send(s, MSS);
    }
    s->conn.flags.cwnd_limited = sender_nxt(s) < SEGMENTS * MSS;
    if (p->rto_us == TIME_NEVER && s->tx.sent.total > 0)
        p->rto_us = s->now_us + tcp_rtt_rto_us(&s->conn.rtt, 120000000);
}

/* The block around a segment that arrived out of order. */
static bool block_around(const struct path *p, uint32_t segment, uint32_t block[2])
{
    if (segment < p->next || segment >= SEGMENTS || !p->has[segment]) return false;
    uint32_t start = segment, end = segment + 1;
    while (start > p->next && p->has[start - 1]) start--;
    while (end < SEGMENTS && p->has[end]) end++;
    block[0] = start * MSS;
    block[1] = end * MSS;
    return true;
}

static void fill_sack(const struct path *p, struct sender_ack *ack, bool is_duplicate,
                      uint32_t segment)
{
    if (is_duplicate) {
        ack->sack[0][0] = segment * MSS;
        ack->sack[0][1] = segment * MSS + MSS;
        ack->sack_count = 1;
    }
    for (uint32_t i = 0; i < 8 && ack->sack_count < 3; i++) {
        uint32_t block[2];
        if (!block_around(p, p->recent[i], block)) continue;
        bool is_known = false;
        for (uint32_t k = is_duplicate ? 1 : 0; k < ack->sack_count; k++)
            is_known = is_known || ack->sack[k][0] == block[0];
        if (is_known) continue;
        memcpy(ack->sack[ack->sack_count++], block, sizeof(block));
    }
}

/* What a receiver does: every segment is acknowledged at once. */
static void receive(struct path *p, const struct packet *packet)
{
    const bool is_duplicate = p->has[packet->segment];
    p->has[packet->segment] = true;
    if (packet->segment <= p->next) p->ts_recent = packet->ts;
    while (p->next < SEGMENTS && p->has[p->next]) p->next++;
    if (!is_duplicate) {
        memmove(&p->recent[1], &p->recent[0], sizeof(p->recent) - sizeof(p->recent[0]));
        p->recent[0] = packet->segment;
    }
    struct packet answer = {.is_ack = true, .at_us = p->sender.now_us + DELAY_US};
    answer.ack.una = p->next * MSS;
    if (p->scenario->timestamps) answer.ack.ts_ecr = p->ts_recent;
    if (p->scenario->sack) fill_sack(p, &answer.ack, is_duplicate, packet->segment);
    if (!rng_chance_ppm(&p->rng, p->scenario->ack_loss_ppm)) put(p, answer);
}

static void take_ack(struct path *p, const struct packet *packet)
{
    struct sender *s = &p->sender;
    const uint32_t before = sender_una(s);
    if (packet->ack.una < before) return;
    sender_take(s, &packet->ack);
    if (sender_una(s) > before) {
        tcp_rtt_backoff_reset(&s->conn.rtt); /* as tcp_timer_progress does */
        p->rto_us =
            s->tx.sent.total > 0 ? s->now_us + tcp_rtt_rto_us(&s->conn.rtt, 120000000) : TIME_NEVER;
    }
    output(p);
}

/* The next thing that happens: the packet that arrives first, or the timer. */
static void step(struct path *p)
{
    uint32_t first = PACKETS_MAX;
    for (uint32_t i = 0; i < p->packet_count; i++) {
        if (first == PACKETS_MAX || p->packets[i].at_us < p->packets[first].at_us) first = i;
    }
    if (first != PACKETS_MAX && p->packets[first].at_us <= p->rto_us) {
        const struct packet packet = p->packets[first];
        memmove(&p->packets[first], &p->packets[first + 1],
                (p->packet_count - first - 1) * sizeof(packet));
        p->packet_count--;
        p->sender.now_us = packet.at_us;
        if (packet.is_ack) {
            take_ack(p, &packet);
        } else {
            receive(p, &packet);
        }
        return;
    }
    assert_true(p->rto_us != TIME_NEVER); /* nothing on its way and no timer: stalled */
    p->sender.now_us = p->rto_us;
    p->timeouts++;
    sender_time_out(&p->sender);
    p->rto_us = TIME_NEVER;
    output(p);
}

/* Carries all segments over; leaves the counts in `p`. */
static void run(struct path *p, const struct scenario *scenario, uint64_t seed)
{
    memset(p, 0, sizeof(*p));
    p->scenario = scenario;
    rng_seed(&p->rng, seed);
    sender_init(&p->sender, &(struct sender_setup){.sack = scenario->sack,
                                                   .timestamps = scenario->timestamps,
                                                   .cc = scenario->cc});
    p->rto_us = TIME_NEVER;
    output(p);
    while (sender_una(&p->sender) < SEGMENTS * MSS && p->sender.now_us < TIME_US_MAX) step(p);
    if (sender_una(&p->sender) < SEGMENTS * MSS)
        print_error("stalled with seed %u\n", (unsigned)seed);
    assert_int_equal(sender_una(&p->sender), SEGMENTS * MSS);
    assert_int_equal(tcp_recovery_in_flight(&p->sender.conn), 0);
    sender_deinit(&p->sender);
}

static struct path path;

static void test_without_loss_nothing_is_retransmitted(void **state)
{
    (void)state;
    const struct scenario scenario = {.queue = PACKETS_MAX, .sack = true, .cc = &cc_cubic};
    run(&path, &scenario, 1);
    assert_int_equal(path.sender.conn.stats.retransmits, 0);
    assert_int_equal(path.timeouts, 0);
}

static void test_with_sack_losses_cost_themselves_and_few_timeouts(void **state)
{
    (void)state;
    const struct scenario scenario = {
        .queue = 400, .loss_ppm = 10000, .sack = true, .timestamps = true, .cc = &cc_cubic};
    uint64_t retransmits = 0, losses = 0, timeouts = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        run(&path, &scenario, seed);
        retransmits += path.sender.conn.stats.retransmits;
        losses += path.losses;
        timeouts += path.timeouts;
    }
    assert_true(retransmits >= losses);
    assert_true(retransmits <= losses + losses / 2);
    /* only a retransmission lost again, or a loss at the very end */
    assert_true(timeouts <= losses / 10);
}

static void test_overflowing_queue_is_repaired_by_sack_alone(void **state)
{
    (void)state;
    static const struct cc_ops *const algorithms[] = {&cc_reno, &cc_cubic};
    for (int i = 0; i < 2; i++) {
        const struct scenario scenario = {.queue = 100, .sack = true, .cc = algorithms[i]};
        run(&path, &scenario, 1);
        assert_true(path.losses > 0);
        assert_true(path.timeouts <= 2);
        assert_true(path.sender.conn.stats.retransmits <= path.losses + path.losses / 4 + 10);
        /* 3000 segments take 300 ms at full rate; slow start and one reduction come on top */
        assert_true(path.sender.now_us < 2000000);
    }
}

static void test_reordering_is_recognised_and_undone(void **state)
{
    (void)state;
    const struct scenario scenario = {.queue = PACKETS_MAX,
                                      .reorder_ppm = 50000,
                                      .sack = true,
                                      .timestamps = true,
                                      .cc = &cc_cubic};
    run(&path, &scenario, 3);
    assert_int_equal(path.timeouts, 0);
    assert_true(path.sender.host.counters.spurious > 0);
    /* the threshold rises with what is seen, so this does not go on */
    assert_true(path.sender.conn.stats.retransmits < 60);
}

static void test_every_kind_of_trouble_is_survived(void **state)
{
    (void)state;
    static const struct cc_ops *const algorithms[] = {&cc_reno, &cc_cubic};
    for (uint64_t seed = 1; seed <= 48; seed++) {
        const struct scenario scenario = {
            .queue = seed % 5 == 0 ? 20 : 400,
            .loss_ppm = seed % 3 == 0 ? 100000 : 20000,
            .ack_loss_ppm = seed % 4 == 0 ? 200000 : 10000,
            .reorder_ppm = seed % 7 < 3 ? 30000 : 0,
            .duplicate_ppm = seed % 6 < 2 ? 20000 : 0,
            .sack = (seed & 1) != 0,
            .timestamps = (seed & 2) != 0,
            .cc = algorithms[seed / 4 % 2],
        };
        run(&path, &scenario, seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_loss_nothing_is_retransmitted),
        cmocka_unit_test(test_with_sack_losses_cost_themselves_and_few_timeouts),
        cmocka_unit_test(test_overflowing_queue_is_repaired_by_sack_alone),
        cmocka_unit_test(test_reordering_is_recognised_and_undone),
        cmocka_unit_test(test_every_kind_of_trouble_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
