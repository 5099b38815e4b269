/*
 * Congestion control: the list of algorithms, and what they share: slow start, the arithmetic of a
 * reduction and of taking it back, decay while idle.
 *
 * Slow start counts bytes (RFC 3465), so that neither delayed nor divided ACKs change its pace; it
 * has no limit per ACK beyond what was acknowledged, since one ACK often answers a super-segment of
 * dozens of segments. After a time-out tcp_recovery limits what an ACK may count (RFC 3465 2.3).
 *
 * References: RFC 5681 3.1 and 4.1, RFC 2861, RFC 3465, RFC 9293 3.8.2.
 */
#include "tcp/tcp_cc.h"

#include <string.h>

#include "base/assert.h"

const struct cc_ops *cc_find(const char *name)
{
    static const struct cc_ops *const known[] = {&cc_cubic, &cc_reno};
    for (size_t i = 0; i < ARRAY_COUNT(known); i++) {
        if (strcmp(known[i]->name, name) == 0) return known[i];
    }
    return NULL;
}

void cc_window_init(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes)
{
    cc->mss_bytes = mss_bytes;
    cc->cwnd_bytes = u32_min(initial_cwnd_bytes, CC_CWND_BYTES_MAX);
    cc->ssthresh_bytes = CC_SSTHRESH_INFINITE;
}

void cc_window_grow(struct cc *cc, uint32_t bytes)
{
    cc->cwnd_bytes += u32_min(bytes, CC_CWND_BYTES_MAX - cc->cwnd_bytes);
}

/* RFC 9293 MUST-19: slow start; congestion avoidance is the algorithm's. */
uint32_t cc_slow_start(struct cc *cc, uint32_t bytes_acked)
{
    ASSERT(cc_in_slow_start(cc));
    const uint32_t taken = u32_min(bytes_acked, cc->ssthresh_bytes - cc->cwnd_bytes);
    cc_window_grow(cc, taken);
    return bytes_acked - taken;
}

void cc_window_reduce(struct cc *cc, uint32_t ssthresh_bytes, bool is_timeout)
{
    cc->ssthresh_bytes = u32_max(ssthresh_bytes, 2 * cc->mss_bytes);
    cc->cwnd_bytes = is_timeout ? cc->mss_bytes : u32_min(cc->cwnd_bytes, cc->ssthresh_bytes);
}

void cc_window_restore(struct cc *cc, const struct cc *before)
{
    cc->cwnd_bytes = u32_max(cc->cwnd_bytes, before->cwnd_bytes);
    cc->ssthresh_bytes = u32_max(cc->ssthresh_bytes, before->ssthresh_bytes);
}

void cc_window_decay(struct cc *cc, uint64_t idle_us, uint64_t rto_us, uint32_t initial_cwnd_bytes)
{
    const uint32_t restart = u32_min(cc->cwnd_bytes, initial_cwnd_bytes);
    /* The way back to three quarters of what was known to fit is slow start (RFC 2861 3.1). */
    if (cc->ssthresh_bytes != CC_SSTHRESH_INFINITE)
        cc->ssthresh_bytes = u32_max(cc->ssthresh_bytes, cc->cwnd_bytes / 4 * 3);
    for (uint64_t left = idle_us; left > rto_us && cc->cwnd_bytes > restart; left -= rto_us)
        cc->cwnd_bytes = u32_max(cc->cwnd_bytes / 2, restart);
}

void cc_window_mss(struct cc *cc, uint32_t mss_bytes)
{
    cc->mss_bytes = mss_bytes;
    cc->cwnd_bytes = u32_max(cc->cwnd_bytes, mss_bytes);
    cc->ssthresh_bytes = u32_max(cc->ssthresh_bytes, 2 * mss_bytes);
}
