/*
 * Reno: one segment more per round trip, half of the flight after a loss.
 *
 * Congestion avoidance counts acknowledged bytes until they make a whole window, which is then
 * worth a segment (RFC 5681 3.1, RFC 3465 2.1).
 *
 * References: RFC 5681, RFC 6582, RFC 3465.
 */
#include "base/assert.h"
#include "tcp/tcp_cc.h"

static void reno_init(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes)
{
    cc_window_init(cc, mss_bytes, initial_cwnd_bytes);
    cc->reno = (struct cc_reno_state){0};
}

static void reno_on_ack(struct cc *cc, const struct cc_ack *ack)
{
    if (!ack->is_cwnd_limited) return;
    uint32_t acked = ack->bytes_acked;
    if (cc_in_slow_start(cc)) acked = cc_slow_start(cc, acked);
    if (acked == 0) return;
    cc->reno.bytes_acked += u32_min(acked, UINT32_MAX - cc->reno.bytes_acked);
    if (cc->reno.bytes_acked < cc->cwnd_bytes) return;
    cc->reno.bytes_acked = u32_min(cc->reno.bytes_acked - cc->cwnd_bytes, cc->cwnd_bytes);
    cc_window_grow(cc, cc->mss_bytes);
}

static void reno_on_loss(struct cc *cc, const struct cc_loss *loss)
{
    cc->reno.bytes_acked = 0;
    if (loss->is_repeated) {
        cc->cwnd_bytes = cc->mss_bytes;
        return;
    }
    cc_window_reduce(cc, u32_min(loss->bytes_in_flight, cc->cwnd_bytes) / 2, loss->is_timeout);
}

static void reno_on_spurious_loss(struct cc *cc, const struct cc *before)
{
    cc_window_restore(cc, before);
}

static void reno_on_idle(struct cc *cc, uint64_t idle_us, uint64_t rto_us,
                         uint32_t initial_cwnd_bytes)
{
    cc_window_decay(cc, idle_us, rto_us, initial_cwnd_bytes);
    cc->reno.bytes_acked = 0;
}

static void reno_on_mss(struct cc *cc, uint32_t mss_bytes) { cc_window_mss(cc, mss_bytes); }

const struct cc_ops cc_reno = {
    .name = "reno",
    .init = reno_init,
    .on_ack = reno_on_ack,
    .on_loss = reno_on_loss,
    .on_spurious_loss = reno_on_spurious_loss,
    .on_idle = reno_on_idle,
    .on_mss = reno_on_mss,
};
