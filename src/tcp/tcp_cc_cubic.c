/*
 * CUBIC: after a loss the window grows along a cubic curve of time whose plateau is the window at
 * which the loss came, so that it returns there fast, lingers, and only then probes further:
 *
 *     W_cubic(t) = C (t - K)^3 + W_max        K = cbrt((W_max - cwnd at t = 0) / C)
 *
 * with windows in segments, t in seconds, C = 0.4, and a reduction to 0.7 of the flight. Where
 * Reno would have grown further by now (W_est: short round trips, small windows), W_est is followed
 * instead.
 *
 * All arithmetic is in integers: bytes and milliseconds. The curve is a function of time, so
 * rounding in it does not add up; increments do add up, and near the plateau one ACK is worth less
 * than a byte. What is left of each division is therefore carried to the next ACK.
 *
 * Time counts only while cwnd is what holds the sender back: otherwise the curve would run ahead of
 * a window that was never tried (RFC 9438 5.8). What is not limited by cwnd moves the start of the
 * curve instead.
 *
 * Ranges: windows are at most 2^30 bytes, segments below 2^16, times on the curve cut at 2^18 ms,
 * by when the curve has left every window behind. So each product below fits 64 bits.
 *
 * References: RFC 9438.
 */
#include "base/assert.h"
#include "tcp/tcp_cc.h"

/* RFC 9438 4.1: C = 0.4 segments / s^3, beta = 0.7, alpha = 3 (1 - beta) / (1 + beta) = 9/17. */
#define CUBIC_BETA_TENTHS     7u
#define CUBIC_ALPHA_NUM       9u
#define CUBIC_ALPHA_DEN       17u
#define CUBIC_CONVERGENCE_PCT 85u /* (1 + beta) / 2 (RFC 9438 4.7) */
#define CUBIC_CURVE_MS_MAX    (1u << 18)

/* The largest number whose cube is at most `x`, for x < 2^63. */
static uint32_t cube_root(uint64_t x)
{
    uint64_t root = 0;
    for (uint64_t bit = 1u << 20; bit != 0; bit >>= 1) {
        const uint64_t tried = root | bit;
        if (tried * tried * tried <= x) root = tried;
    }
    return (uint32_t)root;
}

/* K: C K^3 segments are `rise_bytes`; C is 2/5 s^-3, hence 2 / (5 * 10^9) ms^-3. */
static uint32_t curve_k_ms(uint32_t rise_bytes, uint32_t mss_bytes)
{
    return cube_root((uint64_t)rise_bytes * 5000000000u / (2 * (uint64_t)mss_bytes));
}

/* W_cubic, in bytes, `t_ms` after the start of the curve. */
static uint32_t curve_window(const struct cc_cubic_curve *curve, uint32_t mss_bytes, uint64_t t_ms)
{
    const uint64_t distance = t_ms < curve->k_ms ? curve->k_ms - t_ms : t_ms - curve->k_ms;
    const uint64_t d_ms = u64_min(distance, CUBIC_CURVE_MS_MAX);
    const uint64_t offset = d_ms * d_ms * d_ms / 1000 * 2 * mss_bytes / 5000000;
    if (t_ms < curve->k_ms)
        return curve->w_max_bytes - (uint32_t)u64_min(offset, curve->w_max_bytes);
    return (uint32_t)u64_min(curve->w_max_bytes + offset, CC_CWND_BYTES_MAX);
}

/* A stage of congestion avoidance begins; also the first one ever, or after a time-out. */
static void curve_begin(struct cc *cc, uint32_t now_ms)
{
    struct cc_cubic_curve *curve = &cc->cubic.curve;
    curve->has_epoch = true;
    curve->start_ms = now_ms;
    curve->w_est_bytes = cc->cwnd_bytes;
    cc->cubic.cwnd_fraction = 0;
    cc->cubic.w_est_fraction = 0;
    if (cc->cwnd_bytes < curve->w_max_bytes) {
        curve->k_ms = curve_k_ms(curve->w_max_bytes - cc->cwnd_bytes, cc->mss_bytes);
    } else {
        curve->k_ms = 0;
        curve->w_max_bytes = cc->cwnd_bytes;
    }
}

/* `gain` / cwnd whole bytes, and what that leaves for the next time. */
static uint32_t divide_by_cwnd(const struct cc *cc, uint64_t gain, uint32_t *fraction)
{
    const uint64_t sum = gain + *fraction;
    *fraction = (uint32_t)(sum % cc->cwnd_bytes);
    return (uint32_t)u64_min(sum / cc->cwnd_bytes, CC_CWND_BYTES_MAX);
}

/* RFC 9438 4.3: Reno with CUBIC's beta, made as aggressive as Reno's own by alpha. */
static void follow_reno(struct cc *cc, uint32_t bytes_acked)
{
    struct cc_cubic_curve *curve = &cc->cubic.curve;
    uint64_t gain = (uint64_t)bytes_acked * cc->mss_bytes;
    if (curve->w_est_bytes < curve->cwnd_prior_bytes)
        gain = gain * CUBIC_ALPHA_NUM / CUBIC_ALPHA_DEN;
    const uint32_t growth = divide_by_cwnd(cc, gain, &cc->cubic.w_est_fraction);
    curve->w_est_bytes += u32_min(growth, CC_CWND_BYTES_MAX - curve->w_est_bytes);
}

/* RFC 9438 4.2 to 4.5: one ACK's worth of growth. */
static void avoid_congestion(struct cc *cc, uint32_t bytes_acked, uint32_t now_ms, uint64_t srtt_us)
{
    struct cc_cubic_curve *curve = &cc->cubic.curve;
    if (!curve->has_epoch) curve_begin(cc, now_ms);
    follow_reno(cc, bytes_acked);
    const int32_t since = (int32_t)(now_ms - curve->start_ms);
    const uint64_t t_ms = since > 0 ? (uint32_t)since : 0;
    const uint32_t cwnd = cc->cwnd_bytes;
    if (curve_window(curve, cc->mss_bytes, t_ms) < curve->w_est_bytes) {
        if (curve->w_est_bytes > cwnd) cc_window_grow(cc, curve->w_est_bytes - cwnd);
        return;
    }
    /* Aim at where the curve will be a round trip from now, at most half as much again. */
    uint32_t target = curve_window(curve, cc->mss_bytes, t_ms + srtt_us / 1000);
    target = u32_min(u32_max(target, cwnd), cwnd + cwnd / 2);
    const uint64_t gain = (uint64_t)(target - cwnd) * bytes_acked;
    cc_window_grow(cc, divide_by_cwnd(cc, gain, &cc->cubic.cwnd_fraction));
}

static void cubic_init(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes)
{
    cc_window_init(cc, mss_bytes, initial_cwnd_bytes);
    cc->cubic = (struct cc_cubic_state){0};
}

static void cubic_on_ack(struct cc *cc, const struct cc_ack *ack)
{
    struct cc_cubic_state *cubic = &cc->cubic;
    const uint32_t now_ms = (uint32_t)(ack->now_us / 1000);
    const int32_t since = (int32_t)(now_ms - cubic->ack_ms);
    cubic->ack_ms = now_ms;
    if (!ack->is_cwnd_limited) {
        if (since > 0) cubic->curve.start_ms += (uint32_t)since;
        return;
    }
    uint32_t acked = ack->bytes_acked;
    if (cc_in_slow_start(cc)) acked = cc_slow_start(cc, acked);
    if (acked > 0) avoid_congestion(cc, acked, now_ms, ack->srtt_us);
}

static void cubic_on_loss(struct cc *cc, const struct cc_loss *loss)
{
    struct cc_cubic_curve *curve = &cc->cubic.curve;
    if (!loss->is_repeated) {
        /* A window smaller than last time: leave room for whoever came (RFC 9438 4.7). */
        const bool is_shrinking = cc->cwnd_bytes < curve->w_max_bytes;
        const uint64_t share = (uint64_t)cc->cwnd_bytes * CUBIC_CONVERGENCE_PCT / 100;
        curve->w_max_bytes = is_shrinking ? (uint32_t)share : cc->cwnd_bytes;
        curve->cwnd_prior_bytes = cc->cwnd_bytes;
        const uint64_t flight = u32_min(loss->bytes_in_flight, cc->cwnd_bytes);
        cc_window_reduce(cc, (uint32_t)(flight * CUBIC_BETA_TENTHS / 10), loss->is_timeout);
    } else {
        cc->cwnd_bytes = cc->mss_bytes;
    }
    curve->has_epoch = false;
    /* After a time-out the next curve starts on its plateau (RFC 9438 4.8). */
    if (loss->is_timeout) curve->w_max_bytes = 0;
}

static void cubic_on_spurious_loss(struct cc *cc, const struct cc *before)
{
    cc_window_restore(cc, before);
    cc->cubic.curve = before->cubic.curve; /* RFC 9438 4.9 */
}

static void cubic_on_idle(struct cc *cc, uint64_t idle_us, uint64_t rto_us,
                          uint32_t initial_cwnd_bytes)
{
    cc_window_decay(cc, idle_us, rto_us, initial_cwnd_bytes);
    cc->cubic.curve.start_ms += (uint32_t)(idle_us / 1000);
    cc->cubic.ack_ms += (uint32_t)(idle_us / 1000);
}

static void cubic_on_mss(struct cc *cc, uint32_t mss_bytes)
{
    cc_window_mss(cc, mss_bytes);
    cc->cubic.curve.has_epoch = false;
}

const struct cc_ops cc_cubic = {
    .name = "cubic",
    .init = cubic_init,
    .on_ack = cubic_on_ack,
    .on_loss = cubic_on_loss,
    .on_spurious_loss = cubic_on_spurious_loss,
    .on_idle = cubic_on_idle,
    .on_mss = cubic_on_mss,
};
