/*
 * Proportional rate reduction.
 *
 * While more is in flight than ssthresh, what has been sent is kept at the share ssthresh/RecoverFS
 * of what has been delivered. Below ssthresh (the losses themselves took the flight down that far)
 * as much leaves as was delivered, and a segment more per ACK as long as ACKs show progress and no
 * further loss; never beyond ssthresh.
 *
 * All products fit 64 bits: delivered and ssthresh are below 2^32.
 *
 * References: RFC 9937 6.
 */
#include "tcp/tcp_prr.h"

#include "base/assert.h"

void tcp_prr_begin(struct tcp_prr *prr, uint32_t recover_fs)
{
    *prr = (struct tcp_prr){.recover_fs = u32_max(recover_fs, 1)};
}

/* How much more may have been sent by now than was; 0 if that is nothing. */
static uint32_t prr_owed(uint64_t allowed, uint32_t out)
{
    return allowed > out ? (uint32_t)u64_min(allowed - out, UINT32_MAX) : 0;
}

uint32_t tcp_prr_on_ack(struct tcp_prr *prr, const struct tcp_prr_ack *ack)
{
    prr->delivered += u32_min(ack->delivered, UINT32_MAX - prr->delivered);
    uint32_t sndcnt;
    if (ack->in_flight > ack->ssthresh) {
        const uint64_t share =
            ((uint64_t)prr->delivered * ack->ssthresh + prr->recover_fs - 1) / prr->recover_fs;
        sndcnt = prr_owed(share, prr->out);
    } else {
        sndcnt = u32_max(prr_owed(prr->delivered, prr->out), ack->delivered);
        if (ack->is_safe) sndcnt += ack->mss_bytes;
        sndcnt = u32_min(sndcnt, ack->ssthresh - ack->in_flight);
    }
    /* The fast retransmit itself goes out at once, however little has been delivered. */
    if (prr->out == 0) sndcnt = u32_max(sndcnt, ack->mss_bytes);
    /* Nor may the window ever be less than a segment: nothing in flight would bring the next ACK.
     */
    if (ack->in_flight < ack->mss_bytes) sndcnt = u32_max(sndcnt, ack->mss_bytes - ack->in_flight);
    return sndcnt;
}

void tcp_prr_on_sent(struct tcp_prr *prr, uint32_t bytes)
{
    prr->out += u32_min(bytes, UINT32_MAX - prr->out);
}
