/*
 * Records of what was sent against a model that knows every byte.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/rng.h"
#include "tcp/tcp_sent.h"

#define SPACE   4000u
#define BASE    0xfffff800u /* the numbers wrap in the middle */
#define SEGMENT 10u

/* What is known of one byte. */
struct byte {
    bool sacked, lost, out, ever;
    uint64_t sent_us;
};

struct fixture {
    struct pool pool;
    struct tcp_sent sent;
    struct byte bytes[SPACE];
    uint32_t una, nxt; /* offsets */
    uint64_t now_us;
    struct rng rng;
};

static tcp_seq seq_at(uint32_t offset) { return tcp_seq_of(BASE + offset); }

static uint32_t offset_of(tcp_seq seq) { return tcp_seq_diff(seq, tcp_seq_of(BASE)); }

static void fixture_init(struct fixture *f, uint64_t seed, uint32_t records_max)
{
    memset(f, 0, sizeof(*f));
    pool_init(&f->pool, "records", sizeof(struct tcp_sent_record), records_max);
    tcp_sent_init(&f->sent);
    rng_seed(&f->rng, seed);
    f->now_us = 1000;
}

static void fixture_deinit(struct fixture *f)
{
    tcp_sent_clear(&f->sent, &f->pool);
    assert_int_equal(f->pool.in_use, 0);
    pool_deinit(&f->pool);
}

/* Everything the records say is what the model says. */
static void compare(const struct fixture *f)
{
    tcp_sent_check(&f->sent, seq_at(f->una), seq_at(f->nxt));
    uint32_t sacked = 0, lost = 0, out = 0, waiting = UINT32_MAX;
    for (uint32_t i = f->una; i < f->nxt; i++) {
        sacked += f->bytes[i].sacked;
        lost += f->bytes[i].lost;
        out += f->bytes[i].out;
        if (f->bytes[i].lost && !f->bytes[i].out && waiting == UINT32_MAX) waiting = i;
    }
    assert_int_equal(f->sent.total, f->nxt - f->una);
    assert_int_equal(f->sent.sacked, sacked);
    assert_int_equal(f->sent.lost, lost);
    assert_int_equal(f->sent.retransmitted, out);
    const struct tcp_sent_record *first = tcp_sent_first_waiting(&f->sent);
    assert_int_equal(first != NULL ? offset_of(first->seq) : UINT32_MAX, waiting);
    for (const struct tcp_sent_record *r = f->sent.head; r != NULL; r = r->next) {
        for (uint32_t i = offset_of(r->seq); i < offset_of(tcp_sent_end(r)); i++) {
            assert_int_equal(f->bytes[i].sacked, (r->flags & TCP_SENT_SACKED) != 0);
            assert_int_equal(f->bytes[i].lost, (r->flags & TCP_SENT_LOST) != 0);
            assert_int_equal(f->bytes[i].out, (r->flags & TCP_SENT_REXMIT_OUT) != 0);
            if (!f->bytes[i].sacked) {
                assert_int_equal(f->bytes[i].ever, (r->flags & TCP_SENT_RETRANSMITTED) != 0);
                assert_int_equal(f->bytes[i].sent_us, r->sent_us);
            }
        }
    }
}

static void send(struct fixture *f, uint32_t len)
{
    if (len > SPACE - f->nxt) len = SPACE - f->nxt;
    if (len == 0 ||
        !tcp_sent_add(&f->sent, &f->pool, seq_at(f->nxt), len, SEGMENT, false, f->now_us))
        return;
    for (; len > 0; len--) f->bytes[f->nxt++] = (struct byte){.sent_us = f->now_us};
}

/* Counts what the model says is news in [from, to). */
static struct tcp_sent_news expected(const struct fixture *f, uint32_t from, uint32_t to)
{
    struct tcp_sent_news news = {0};
    for (uint32_t i = from; i < to; i++) {
        const struct byte *b = &f->bytes[i];
        if (b->sacked) continue;
        news.delivered++;
        news.has_retransmitted |= b->ever;
        news.has_sample |= !b->ever;
        if (!b->ever && b->sent_us > news.sample_sent_us) news.sample_sent_us = b->sent_us;
    }
    return news;
}

static void assert_news(const struct tcp_sent_news *got, const struct tcp_sent_news *want)
{
    assert_int_equal(got->delivered, want->delivered);
    assert_int_equal(got->has_retransmitted, want->has_retransmitted);
    assert_int_equal(got->has_sample, want->has_sample);
    assert_int_equal(got->sample_sent_us, want->sample_sent_us);
}

static void acknowledge(struct fixture *f, uint32_t una)
{
    const struct tcp_sent_news want = expected(f, f->una, una);
    struct tcp_sent_news got = {0};
    tcp_sent_release(&f->sent, &f->pool, seq_at(una), f->now_us, &got);
    f->una = una;
    assert_news(&got, &want);
}

/* A random record, cut at random places if `pieces`. */
static struct tcp_sent_record *pick(struct fixture *f, bool pieces)
{
    if (f->sent.records == 0) return NULL;
    struct tcp_sent_record *record = f->sent.head;
    for (uint64_t n = rng_below(&f->rng, f->sent.records); n > 0; n--) record = record->next;
    if (pieces && record->len > 1 && !(record->flags & TCP_SENT_SACKED)) {
        const uint32_t cut = (uint32_t)rng_range(&f->rng, 1, record->len - 1);
        struct tcp_sent_record *rest =
            tcp_sent_split(&f->sent, &f->pool, record, tcp_seq_add(record->seq, cut));
        if (rest != NULL && rng_below(&f->rng, 2) == 0) record = rest;
    }
    return record;
}

static void sack(struct fixture *f)
{
    struct tcp_sent_record *record = pick(f, true);
    if (record == NULL || (record->flags & TCP_SENT_SACKED)) return;
    const uint32_t from = offset_of(record->seq), to = offset_of(tcp_sent_end(record));
    const struct tcp_sent_news want = expected(f, from, to);
    struct tcp_sent_news got = {0};
    record = tcp_sent_mark_sacked(&f->sent, &f->pool, record, f->now_us, &got);
    assert_true(offset_of(record->seq) <= from && offset_of(tcp_sent_end(record)) >= to);
    assert_news(&got, &want);
    for (uint32_t i = from; i < to; i++) {
        f->bytes[i].sacked = true;
        f->bytes[i].lost = f->bytes[i].out = false;
    }
    f->sent.sack_hint = rng_below(&f->rng, 2) == 0 ? record : NULL;
}

static void lose(struct fixture *f)
{
    struct tcp_sent_record *record = pick(f, true);
    if (record == NULL || (record->flags & TCP_SENT_SACKED)) return;
    tcp_sent_mark_lost(&f->sent, record);
    for (uint32_t i = offset_of(record->seq); i < offset_of(tcp_sent_end(record)); i++) {
        f->bytes[i].lost = true;
        f->bytes[i].out = false;
    }
}

static void retransmit(struct fixture *f)
{
    struct tcp_sent_record *record = tcp_sent_first_waiting(&f->sent);
    for (int n = 0; n < 3 && rng_below(&f->rng, 4) == 0; n++) {
        struct tcp_sent_record *other = pick(f, false);
        if (other != NULL && tcp_sent_waits(other)) record = other;
    }
    if (record == NULL) return;
    tcp_sent_mark_retransmitted(&f->sent, record, SEGMENT, f->now_us);
    for (uint32_t i = offset_of(record->seq); i < offset_of(tcp_sent_end(record)); i++) {
        f->bytes[i].out = f->bytes[i].ever = true;
        f->bytes[i].sent_us = f->now_us;
    }
}

static void forget(struct fixture *f, bool losses)
{
    if (losses) {
        tcp_sent_unmark_lost(&f->sent);
    } else {
        /* joined records keep the worst of each: let the model forget with them */
        tcp_sent_unmark_sacked(&f->sent);
    }
    for (uint32_t i = f->una; i < f->nxt; i++) {
        if (losses) f->bytes[i].lost = f->bytes[i].out = false;
        if (!losses) f->bytes[i].sacked = false;
    }
    for (const struct tcp_sent_record *r = f->sent.head; r != NULL && !losses; r = r->next) {
        for (uint32_t i = offset_of(r->seq); i < offset_of(tcp_sent_end(r)); i++) {
            f->bytes[i].ever = (r->flags & TCP_SENT_RETRANSMITTED) != 0;
            f->bytes[i].sent_us = r->sent_us;
        }
    }
}

static void step(struct fixture *f)
{
    const uint64_t what = rng_below(&f->rng, 100);
    if (rng_below(&f->rng, 2) == 0) f->now_us++;
    if (what < 35) {
        send(f, (uint32_t)rng_range(&f->rng, 1, 60));
    } else if (what < 45) {
        acknowledge(f, (uint32_t)rng_range(&f->rng, f->una, f->una + (f->nxt - f->una) / 3));
    } else if (what < 65) {
        sack(f);
    } else if (what < 80) {
        lose(f);
    } else if (what < 97) {
        retransmit(f);
    } else {
        forget(f, what != 97);
    }
    compare(f);
}

static void test_random_operations_agree_with_every_byte(void **state)
{
    (void)state;
    static struct fixture f;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        /* a pool that runs dry must not break anything */
        fixture_init(&f, seed, seed % 4 == 0 ? 12 : 10000);
        for (int n = 0; n < 400; n++) step(&f);
        acknowledge(&f, f.nxt);
        compare(&f);
        assert_null(f.sent.head);
        fixture_deinit(&f);
    }
}

static void test_what_leaves_at_one_time_is_one_record(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1, 100);
    send(&f, 3 * SEGMENT);
    send(&f, 2 * SEGMENT);
    send(&f, 5); /* a short last one still belongs to it */
    assert_int_equal(f.sent.records, 1);
    send(&f, SEGMENT); /* but nothing goes behind: segments would not begin where they did */
    assert_int_equal(f.sent.records, 2);
    f.now_us++;
    send(&f, SEGMENT);
    assert_int_equal(f.sent.records, 3);
    compare(&f);
    fixture_deinit(&f);
}

static void test_a_run_of_sacked_data_is_one_record(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1, 1000);
    for (int n = 0; n < 200; n++, f.now_us++) send(&f, SEGMENT);
    struct tcp_sent_news news = {0};
    struct tcp_sent_record *record = f.sent.head->next;
    while (record != NULL) {
        record = tcp_sent_mark_sacked(&f.sent, &f.pool, record, f.now_us, &news);
        record = record->next;
    }
    assert_int_equal(f.sent.records, 2);
    assert_int_equal(f.pool.in_use, 2);
    assert_int_equal(f.sent.sacked, 199 * SEGMENT);
    assert_ptr_equal(f.sent.sack_high, f.sent.tail);
    fixture_deinit(&f);
}

static void test_fin_stays_at_the_end_of_a_split(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1, 100);
    assert_true(tcp_sent_add(&f.sent, &f.pool, seq_at(0), 2 * SEGMENT + 1, SEGMENT, true, 5));
    struct tcp_sent_record *rest = tcp_sent_split(&f.sent, &f.pool, f.sent.head, seq_at(SEGMENT));
    assert_false(f.sent.head->flags & TCP_SENT_FIN);
    assert_true(rest->flags & TCP_SENT_FIN);
    assert_int_equal(rest->len, SEGMENT + 1);
    fixture_deinit(&f);
}

static void test_records_have_a_limit(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1, 2 * TCP_SENT_RECORDS_MAX);
    tcp_seq seq = seq_at(0);
    for (uint32_t n = 0; n < TCP_SENT_RECORDS_MAX; n++, seq = tcp_seq_add(seq, 2)) {
        assert_true(tcp_sent_has_room(&f.sent));
        assert_true(tcp_sent_add(&f.sent, &f.pool, seq, 2, SEGMENT, false, n));
    }
    assert_false(tcp_sent_has_room(&f.sent));
    assert_false(tcp_sent_add(&f.sent, &f.pool, seq, 2, SEGMENT, false, f.now_us));
    assert_null(tcp_sent_split(&f.sent, &f.pool, f.sent.head, seq_at(1)));
    tcp_sent_check(&f.sent, seq_at(0), seq);
    fixture_deinit(&f);
}

static void test_probing_again_leaves_no_sample(void **state)
{
    (void)state;
    static struct fixture f;
    fixture_init(&f, 1, 100);
    tcp_sent_probe_again(&f.sent, 1);
    send(&f, 1);
    tcp_sent_probe_again(&f.sent, 7);
    assert_int_equal(f.sent.head->transmissions, 2);
    struct tcp_sent_news news = {0};
    tcp_sent_release(&f.sent, &f.pool, seq_at(1), 9, &news);
    assert_true(news.has_retransmitted && !news.has_sample);
    fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_operations_agree_with_every_byte),
        cmocka_unit_test(test_what_leaves_at_one_time_is_one_record),
        cmocka_unit_test(test_a_run_of_sacked_data_is_one_record),
        cmocka_unit_test(test_fin_stays_at_the_end_of_a_split),
        cmocka_unit_test(test_records_have_a_limit),
        cmocka_unit_test(test_probing_again_leaves_no_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
