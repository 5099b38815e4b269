/*
 * CUBIC against a model of RFC 9438 in double precision, and what integers tend to get wrong.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tcp/tcp_cc.h"

/* RFC 9438 4, in segments and seconds. */
struct model {
    double w_max, cwnd_prior, cwnd, w_est, k, start;
    bool has_epoch;
};

static double cube_root(double x)
{
    double root = x > 1 ? x : 1;
    for (int n = 0; n < 200; n++) root = (2 * root + x / (root * root)) / 3;
    return x <= 0 ? 0 : root;
}

static double model_w_cubic(const struct model *m, double t)
{
    const double d = t - m->k;
    return 0.4 * d * d * d + m->w_max;
}

static void model_loss(struct model *m)
{
    m->w_max = m->cwnd < m->w_max ? m->cwnd * 0.85 : m->cwnd;
    m->cwnd_prior = m->cwnd;
    m->cwnd *= 0.7;
    m->has_epoch = false;
}

static void model_ack(struct model *m, double acked, double now, double rtt)
{
    if (!m->has_epoch) {
        m->has_epoch = true;
        m->start = now;
        m->w_est = m->cwnd;
        m->k = m->cwnd < m->w_max ? cube_root((m->w_max - m->cwnd) / 0.4) : 0;
        if (m->cwnd >= m->w_max) m->w_max = m->cwnd;
    }
    const double alpha = m->w_est < m->cwnd_prior ? 9.0 / 17 : 1;
    m->w_est += alpha * acked / m->cwnd;
    const double t = now - m->start;
    if (model_w_cubic(m, t) < m->w_est) {
        if (m->w_est > m->cwnd) m->cwnd = m->w_est;
        return;
    }
    double target = model_w_cubic(m, t + rtt);
    if (target < m->cwnd) target = m->cwnd;
    if (target > 1.5 * m->cwnd) target = 1.5 * m->cwnd;
    m->cwnd += (target - m->cwnd) / m->cwnd * acked;
}

static void cubic(struct cc *cc, uint32_t mss, uint32_t cwnd)
{
    *cc = (struct cc){.ops = &cc_cubic};
    cc->ops->init(cc, mss, cwnd);
}

static void ack(struct cc *cc, uint32_t bytes, uint64_t now_us, uint64_t rtt_us, bool is_limited)
{
    const struct cc_ack a = {
        .bytes_acked = bytes, .now_us = now_us, .srtt_us = rtt_us, .is_cwnd_limited = is_limited};
    cc->ops->on_ack(cc, &a);
}

static void lose(struct cc *cc, bool is_timeout, bool is_repeated)
{
    const struct cc_loss loss = {
        .bytes_in_flight = cc->cwnd_bytes, .is_timeout = is_timeout, .is_repeated = is_repeated};
    cc->ops->on_loss(cc, &loss);
}

static void assert_near(double got, double want, double share)
{
    const double error = got > want ? got - want : want - got;
    if (error > want * share) print_error("got %f, want %f\n", got, want);
    assert_true(error <= want * share);
}

/* One ACK per two segments, for `seconds`; both must stay within two percent of each other. */
static void play(struct cc *cc, struct model *m, uint32_t mss, uint64_t *now_us, uint64_t rtt_us,
                 double seconds)
{
    const uint64_t end_us = *now_us + (uint64_t)(seconds * 1e6);
    while (*now_us < end_us) {
        const uint32_t acks = cc->cwnd_bytes / (2 * mss) + 1;
        for (uint32_t n = 0; n < acks && *now_us < end_us; n++) {
            ack(cc, 2 * mss, *now_us, rtt_us, true);
            model_ack(m, 2, (double)*now_us / 1e6, (double)rtt_us / 1e6);
            assert_near((double)cc->cwnd_bytes / mss, m->cwnd, 0.02);
            *now_us += rtt_us / acks + 1;
        }
    }
}

static void play_losses(uint32_t mss, uint32_t segments, uint64_t rtt_us, double seconds)
{
    struct cc cc;
    cubic(&cc, mss, segments * mss);
    struct model m = {.cwnd = segments};
    uint64_t now_us = 5000000000u; /* the millisecond count wraps 32 bits on the way in one case */
    lose(&cc, false, false);
    model_loss(&m);
    play(&cc, &m, mss, &now_us, rtt_us, seconds);
    lose(&cc, false, false);
    model_loss(&m);
    play(&cc, &m, mss, &now_us, rtt_us, seconds / 3); /* lost before it is back: fast convergence */
    lose(&cc, false, false);
    model_loss(&m);
    play(&cc, &m, mss, &now_us, rtt_us, seconds);
}

static void test_follows_the_model_within_two_percent(void **state)
{
    (void)state;
    play_losses(1460, 10, 50000, 10);   /* small: Reno-friendly */
    play_losses(1460, 100, 100000, 20); /* concave, plateau, convex */
    play_losses(1460, 1000, 40000, 20); /* larger */
    play_losses(1460, 10000, 200000, 40);
    play_losses(536, 300, 500, 2);       /* a LAN: thousands of round trips */
    play_losses(8960, 2000, 100000, 20); /* jumbo frames */
}

/*
 * Pitfall 6: near the plateau an ACK is worth less than a byte; all of them together are not. With
 * 20,000 segments and one ACK per segment, growth in whole bytes per ACK would be none.
 */
static void test_increment_does_not_truncate_to_nothing_near_the_plateau(void **state)
{
    (void)state;
    const uint32_t mss = 1000;
    struct cc cc;
    cubic(&cc, mss, 20000 * mss);
    lose(&cc, false, false);
    struct cc_cubic_curve *curve = &cc.cubic.curve;
    ack(&cc, mss, 1000000, 100000, true);
    /* a plateau with just one segment of rise in the next round trip */
    curve->k_ms = 0;
    curve->w_max_bytes = cc.cwnd_bytes;
    curve->start_ms = 1000;
    const uint32_t before = cc.cwnd_bytes;
    curve->w_est_bytes = 0;                  /* only the cubic part */
    const uint64_t t_us = 1000000 + 1258000; /* 0.4 * (1.258 + 0.1)^3 = one segment */
    for (uint32_t n = 0; n < 20000; n++) ack(&cc, mss, t_us, 100000, true);
    assert_true(cc.cwnd_bytes >= before + mss / 2);
    assert_true(cc.cwnd_bytes <= before + mss);
}

/* The same for W_est: Reno's part, one byte at a time. */
static void test_reno_estimate_does_not_truncate(void **state)
{
    (void)state;
    const uint32_t mss = 1000, cwnd = 700 * mss;
    struct cc cc;
    cubic(&cc, mss, 1000 * mss);
    lose(&cc, false, false);
    assert_int_equal(cc.cwnd_bytes, cwnd);
    for (uint32_t n = 0; n < cwnd; n++) ack(&cc, 1, 1000000, 1000, true);
    /* a window acknowledged: 9/17 of a segment */
    assert_in_range(cc.cubic.curve.w_est_bytes, cwnd + 526, cwnd + 532);
}

static void test_no_growth_when_not_cwnd_limited_nor_time_on_the_curve(void **state)
{
    (void)state;
    const uint32_t mss = 1460;
    struct cc cc;
    cubic(&cc, mss, 100 * mss);
    lose(&cc, false, false);
    uint64_t now_us = 1000000;
    ack(&cc, mss, now_us, 100000, true);
    const uint32_t before = cc.cwnd_bytes;
    for (int n = 0; n < 1000; n++) ack(&cc, mss, now_us += 100000, 100000, false);
    assert_int_equal(cc.cwnd_bytes, before);
    /* a hundred seconds later the curve is where it was: no jump */
    ack(&cc, mss, now_us += 1000, 100000, true);
    assert_true(cc.cwnd_bytes <= before + mss);
    /* nor after idling */
    cc.ssthresh_bytes = mss;
    cc.ops->on_idle(&cc, 100000000, 200000, 200 * mss);
    ack(&cc, mss, now_us += 100000000, 100000, true);
    assert_true(cc.cwnd_bytes <= before + 2 * mss);
}

static void test_timeout_starts_the_next_curve_on_its_plateau(void **state)
{
    (void)state;
    const uint32_t mss = 1000;
    struct cc cc;
    cubic(&cc, mss, 100 * mss);
    lose(&cc, true, false);
    assert_int_equal(cc.cwnd_bytes, mss);
    assert_int_equal(cc.ssthresh_bytes, 70 * mss);
    lose(&cc, true, true);
    assert_int_equal(cc.ssthresh_bytes, 70 * mss);
    uint64_t now_us = 1000000;
    while (cc_in_slow_start(&cc)) ack(&cc, mss, now_us, 10000, true);
    ack(&cc, mss, now_us, 10000, true);
    assert_int_equal(cc.cubic.curve.k_ms, 0);
    assert_in_range(cc.cubic.curve.w_max_bytes, 70 * mss, 71 * mss);
}

static void test_spurious_loss_restores_window_and_curve(void **state)
{
    (void)state;
    const uint32_t mss = 1000;
    struct cc cc;
    cubic(&cc, mss, 100 * mss);
    lose(&cc, false, false);
    ack(&cc, mss, 1000000, 10000, true);
    const struct cc before = cc;
    lose(&cc, true, false);
    lose(&cc, true, true);
    ack(&cc, mss, 2000000, 10000, true);
    cc.ops->on_spurious_loss(&cc, &before);
    assert_int_equal(cc.cwnd_bytes, before.cwnd_bytes);
    assert_int_equal(cc.ssthresh_bytes, before.ssthresh_bytes);
    assert_memory_equal(&cc.cubic.curve, &before.cubic.curve, sizeof(before.cubic.curve));
}

static void test_extremes_do_not_overflow(void **state)
{
    (void)state;
    struct cc cc;
    cubic(&cc, 40, CC_CWND_BYTES_MAX);
    lose(&cc, false, false);
    uint64_t now_us = 1;
    for (int n = 0; n < 100; n++) {
        ack(&cc, UINT32_MAX, now_us, UINT32_MAX, true);
        assert_true(cc.cwnd_bytes <= CC_CWND_BYTES_MAX);
        now_us += 10000000;
    }
    assert_int_equal(cc.cwnd_bytes, CC_CWND_BYTES_MAX);
    cubic(&cc, UINT16_MAX, UINT16_MAX);
    lose(&cc, false, false);
    for (int n = 0; n < 100; n++) ack(&cc, UINT32_MAX, now_us += 100000000, 1, true);
    assert_true(cc.cwnd_bytes <= CC_CWND_BYTES_MAX);
    cc.ops->on_mss(&cc, 100);
    assert_int_equal(cc.mss_bytes, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_follows_the_model_within_two_percent),
        cmocka_unit_test(test_increment_does_not_truncate_to_nothing_near_the_plateau),
        cmocka_unit_test(test_reno_estimate_does_not_truncate),
        cmocka_unit_test(test_no_growth_when_not_cwnd_limited_nor_time_on_the_curve),
        cmocka_unit_test(test_timeout_starts_the_next_curve_on_its_plateau),
        cmocka_unit_test(test_spurious_loss_restores_window_and_curve),
        cmocka_unit_test(test_extremes_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
