/*
 * Proportional rate reduction (RFC 9937): while the window is being reduced, how much may leave on
 * each ACK, so that the flight comes down to ssthresh evenly over one round trip, neither in one
 * silent gap nor in a burst.
 *
 * Bytes throughout. Used for fast recovery and for the reduction that ECN asks for.
 */
#ifndef VITRO_TCP_PRR_H
#define VITRO_TCP_PRR_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_prr {
    uint32_t delivered;  /* since the reduction began */
    uint32_t out;        /* sent since then, retransmissions included */
    uint32_t recover_fs; /* RecoverFS: the flight to be reduced, as it was at the beginning */
};

/* What one ACK means to the reduction. */
struct tcp_prr_ack {
    uint32_t delivered; /* newly, cumulatively or selectively */
    uint32_t in_flight; /* after the ACK was taken in and losses were marked */
    uint32_t ssthresh;  /* the flight to arrive at */
    uint32_t mss_bytes;
    bool is_safe; /* SafeACK: snd.una advanced and no further loss showed */
};

/* A reduction of `recover_fs` in flight begins. */
void tcp_prr_begin(struct tcp_prr *prr, uint32_t recover_fs);
/* Takes one ACK; returns sndcnt: cwnd is now in_flight plus this. */
uint32_t tcp_prr_on_ack(struct tcp_prr *prr, const struct tcp_prr_ack *ack);
/* Notes that `bytes` have left. */
void tcp_prr_on_sent(struct tcp_prr *prr, uint32_t bytes);

#endif
