/*
 * Congestion control: a table of functions fed with what happened. It never sees a connection and
 * does no loss recovery; it decides cwnd and ssthresh, nothing else.
 *
 * Sizes are bytes. `mss_bytes` is the sender's maximum segment size (SMSS, RFC 5681 2).
 */
#ifndef VITRO_TCP_CC_H
#define VITRO_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

#define CC_SSTHRESH_INFINITE UINT32_MAX

/* New data was acknowledged, cumulatively or selectively, outside of recovery. */
struct cc_ack {
    uint32_t bytes_acked;
    uint32_t bytes_in_flight; /* before this acknowledgement */
    uint64_t srtt_us;         /* smoothed; 0: not measured yet */
    uint64_t now_us;
    bool is_cwnd_limited; /* cwnd, not the application or the peer's window, held the sender back */
};

/* Data was lost, or the network marked it. At most once a window of data. */
struct cc_loss {
    uint32_t bytes_in_flight;
    uint64_t now_us;
    bool is_timeout;
    bool is_ecn;
};

struct cc_cubic_state {
    uint64_t epoch_start_us;      /* 0: no epoch */
    uint32_t w_max_bytes;         /* RFC 9438 4.1: all these in its names */
    uint32_t cwnd_epoch_bytes;
    uint32_t w_est_bytes;
    uint32_t k_ms;
    uint32_t cwnd_prior_bytes;
    uint32_t fraction_bytes;      /* growth not yet a whole byte, scaled; see tcp_cc_cubic.c */
    uint32_t w_est_fraction;
};

struct cc_reno_state {
    uint32_t bytes_acked; /* counted towards the next increment (RFC 3465) */
};

struct cc_ops;

struct cc {
    const struct cc_ops *ops;
    uint32_t mss_bytes;
    uint32_t cwnd_bytes;
    uint32_t ssthresh_bytes;
    /* as they were before the last reduction, for on_spurious_loss */
    uint32_t prior_cwnd_bytes;
    uint32_t prior_ssthresh_bytes;
    union {
        struct cc_reno_state reno;
        struct cc_cubic_state cubic;
    };
};

struct cc_ops {
    const char *name;
    /* Sets cwnd to `initial_cwnd_bytes`, ssthresh to infinite. */
    void (*init)(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes);
    void (*on_ack)(struct cc *cc, const struct cc_ack *ack);
    /*
     * Remembers the present values, lowers ssthresh, and cwnd to it (to one segment after a
     * time-out, RFC 5681 3.1).
     */
    void (*on_loss)(struct cc *cc, const struct cc_loss *loss);
    /* The last loss was none: back to the values from before it (RFC 4015, RFC 9438 4.9). */
    void (*on_spurious_loss)(struct cc *cc);
    /* Nothing was sent for `idle_us`, longer than an RTO: cwnd decays (RFC 2861, RFC 5681 4.1). */
    void (*on_idle)(struct cc *cc, uint64_t idle_us, uint64_t rto_us, uint32_t initial_cwnd_bytes);
    /* The segment size changed (path MTU). */
    void (*on_mss)(struct cc *cc, uint32_t mss_bytes);
};

extern const struct cc_ops cc_reno;  /* RFC 5681, RFC 6582 */
extern const struct cc_ops cc_cubic; /* RFC 9438 */

/* The algorithm of this name ("reno", "cubic"), or NULL. */
const struct cc_ops *cc_find(const char *name);

#endif
