/*
 * Round-trip time and retransmission time-out.
 *
 * Samples smooth into SRTT with gain 1/8 and into the mean deviation with gain 1/4, the deviation
 * first, against the SRTT before the sample (RFC 6298 2.3). Deviations are kept times 4, which is
 * the multiple the RTO needs.
 *
 * Two things differ from the letter of RFC 6298, as Linux does them:
 *
 * - The RTO's variance term is the highest mean deviation of the last round trip, falling by a
 *   quarter of the difference in each further one, and never below rto_us_min. With many samples a
 *   round trip (one per ACK) a plain mean would forget within a fraction of the round trip what it
 *   should cover; and because the floor is on this term, RTO >= SRTT + rto_us_min holds at every
 *   SRTT, where a floor on the RTO would leave no margin at an SRTT close to it.
 * - A sample that lies below SRTT by more than the mean deviation counts an eighth of the usual:
 *   a path that got faster is no reason for a longer RTO.
 *
 * References: RFC 6298, RFC 7323 4, RFC 9293 3.8.1.
 */
#include "tcp/tcp_rtt.h"

#include "base/assert.h"

#define RTT_US_MAX            (1u << 28) /* about 268 s: 8 of it fit 32 bits */
#define RTT_BACKOFF_MAX       31         /* far beyond every ceiling */
#define RTO_US_AFTER_LOST_SYN 3000000u   /* RFC 6298 5.7 */

void tcp_rtt_init(struct tcp_rtt *rtt, uint64_t rto_us_initial)
{
    *rtt = (struct tcp_rtt){
        .rtt_us_min = UINT32_MAX,
        .rto_us = (uint32_t)u64_min(rto_us_initial, UINT32_MAX),
    };
}

/* RFC 6298 2.2: SRTT <- R, RTTVAR <- R/2. */
static void take_first(struct tcp_rtt *rtt, uint32_t rtt_us, tcp_seq nxt, uint32_t floor_us)
{
    rtt->srtt_us_x8 = rtt_us * 8;
    rtt->mdev_us_x4 = rtt_us * 2;
    rtt->rttvar_us_x4 = u32_max(rtt->mdev_us_x4, floor_us);
    rtt->mdev_us_max_x4 = rtt->rttvar_us_x4;
    rtt->round_end = nxt;
}

/* RFC 6298 2.3, for SRTT and the mean deviation. */
static void smooth(struct tcp_rtt *rtt, uint32_t rtt_us)
{
    const int64_t error = (int64_t)rtt_us - (rtt->srtt_us_x8 >> 3);
    int64_t excess = (error < 0 ? -error : error) - (rtt->mdev_us_x4 >> 2);
    if (error < 0 && excess > 0) excess /= 8;
    rtt->mdev_us_x4 = (uint32_t)((int64_t)rtt->mdev_us_x4 + excess);
    rtt->srtt_us_x8 = (uint32_t)((int64_t)rtt->srtt_us_x8 + error);
}

/* Lets the variance rise at once, and fall once a round trip. */
static void follow_variance(struct tcp_rtt *rtt, tcp_seq una, tcp_seq nxt, uint32_t floor_us)
{
    rtt->mdev_us_max_x4 = u32_max(rtt->mdev_us_max_x4, rtt->mdev_us_x4);
    rtt->rttvar_us_x4 = u32_max(rtt->rttvar_us_x4, rtt->mdev_us_max_x4);
    if (!tcp_seq_gt(una, rtt->round_end)) return;
    rtt->rttvar_us_x4 -= (rtt->rttvar_us_x4 - rtt->mdev_us_max_x4) / 4;
    rtt->mdev_us_max_x4 = floor_us;
    rtt->round_end = nxt;
}

void tcp_rtt_sample(struct tcp_rtt *rtt, uint64_t rtt_us, tcp_seq una, tcp_seq nxt,
                    uint64_t rto_us_min, uint64_t rto_us_max)
{
    const uint32_t floor_us = (uint32_t)u64_min(rto_us_min, RTT_US_MAX);
    /* Where clocks are too coarse to see it, it took a microsecond: 0 stands for no sample. */
    const uint32_t sample_us = (uint32_t)u64_min(u64_max(rtt_us, 1), RTT_US_MAX);
    rtt->rtt_us_min = u32_min(rtt->rtt_us_min, sample_us);
    if (rtt->srtt_us_x8 == 0) {
        take_first(rtt, sample_us, nxt, floor_us);
    } else {
        smooth(rtt, sample_us);
        follow_variance(rtt, una, nxt, floor_us);
    }
    const uint64_t rto_us = (uint64_t)tcp_rtt_srtt_us(rtt) + rtt->rttvar_us_x4;
    rtt->rto_us = (uint32_t)u64_min(u64_min(rto_us, rto_us_max), UINT32_MAX);
    rtt->backoff = 0;
}

uint64_t tcp_rtt_rto_us(const struct tcp_rtt *rtt, uint64_t rto_us_max)
{
    return u64_min((uint64_t)rtt->rto_us << rtt->backoff, rto_us_max);
}

void tcp_rtt_backoff(struct tcp_rtt *rtt)
{
    /* RFC 9293 MUST-19: exponential back-off (RFC 6298 5.5). */
    if (rtt->backoff < RTT_BACKOFF_MAX) rtt->backoff++;
}

void tcp_rtt_backoff_reset(struct tcp_rtt *rtt) { rtt->backoff = 0; }

void tcp_rtt_syn_timed_out(struct tcp_rtt *rtt)
{
    if (rtt->srtt_us_x8 == 0) rtt->rto_us = u32_max(rtt->rto_us, RTO_US_AFTER_LOST_SYN);
}
