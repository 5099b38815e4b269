/*
 * Round-trip time and retransmission time-out (RFC 6298), with Linux's floor on the variance rather
 * than on the RTO, so that RTO >= SRTT + rto_us_min at every SRTT.
 */
#ifndef VITRO_TCP_RTT_H
#define VITRO_TCP_RTT_H

#include <stdint.h>

#include "tcp/tcp_seq.h"

struct tcp_rtt {
    uint32_t srtt_us_x8;     /* smoothed RTT times 8; 0: no sample yet */
    uint32_t mdev_us_x4;     /* smoothed mean deviation times 4 */
    uint32_t mdev_us_max_x4; /* its highest value in this round, not below rto_us_min */
    uint32_t rttvar_us_x4;   /* variation times 4: what the RTO adds to the smoothed RTT */
    uint32_t rtt_us_min;     /* since the connection began; UINT32_MAX: none */
    uint32_t rto_us;         /* without back-off */
    tcp_seq round_end;       /* the variance decays once a round trip */
    uint8_t backoff;         /* time-outs in a row: the RTO in force is rto << backoff, clamped */
};

/* No sample yet: the RTO is `rto_us_initial` (RFC 6298 2.1). */
void tcp_rtt_init(struct tcp_rtt *rtt, uint64_t rto_us_initial);
/*
 * Takes a sample (RFC 6298 2.2, 2.3). Never call it for a segment that was retransmitted, unless a
 * time stamp proves which copy was acknowledged (Karn, RFC 9293 MUST-18). `una` and `nxt` bound
 * the rounds in which the variance decays. Ends the back-off: it lasts until there is a sample.
 */
void tcp_rtt_sample(struct tcp_rtt *rtt, uint64_t rtt_us, tcp_seq una, tcp_seq nxt,
                    uint64_t rto_us_min, uint64_t rto_us_max);
/* The RTO in force, back-off included, at most `rto_us_max`. */
uint64_t tcp_rtt_rto_us(const struct tcp_rtt *rtt, uint64_t rto_us_max);
/* One time-out more (RFC 6298 5.5). */
void tcp_rtt_backoff(struct tcp_rtt *rtt);
/* The back-off ends without a sample (a time-out that proved spurious). */
void tcp_rtt_backoff_reset(struct tcp_rtt *rtt);
/* Smoothed RTT in microseconds, 0 if there was no sample. */
static inline uint32_t tcp_rtt_srtt_us(const struct tcp_rtt *rtt) { return rtt->srtt_us_x8 >> 3; }
/* The SYN timed out before it was answered: RTO is at least 3 s until a sample (RFC 6298 5.7). */
void tcp_rtt_syn_timed_out(struct tcp_rtt *rtt);

#endif
