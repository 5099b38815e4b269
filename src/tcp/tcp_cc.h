/*
 * Congestion control: a table of functions fed with what happened. It never sees a connection and
 * does no loss recovery; it decides cwnd and ssthresh, nothing else. While a window is being
 * reduced, proportional rate reduction stands in for cwnd (tcp_prr.h) and on_ack is not called.
 *
 * Sizes are bytes. `mss_bytes` is the sender's maximum segment size (SMSS, RFC 5681 2), never 0.
 */
#ifndef VITRO_TCP_CC_H
#define VITRO_TCP_CC_H

#include <stdbool.h>
#include <stdint.h>

#define CC_SSTHRESH_INFINITE UINT32_MAX
/* cwnd never grows beyond the largest window there is (RFC 7323 2.3), whatever is acknowledged. */
#define CC_CWND_BYTES_MAX    (1u << 30)

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
    uint32_t bytes_in_flight; /* before the loss was noticed: FlightSize */
    uint64_t now_us;
    bool is_timeout;
    bool is_repeated; /* a time-out for a loss already answered: only cwnd falls (RFC 5681 3.1) */
    bool is_ecn;
};

/* The curve CUBIC is on: RFC 9438 4.1 has these names. Kept twice, to undo a reduction. */
struct cc_cubic_curve {
    uint32_t w_max_bytes;      /* 0: begin the next curve at its plateau */
    uint32_t k_ms;             /* time from its start to its plateau */
    uint32_t w_est_bytes;      /* what Reno would have reached */
    uint32_t cwnd_prior_bytes; /* cwnd at the last reduction */
    uint32_t start_ms;         /* when it began, moved on by the time not limited by cwnd */
    bool has_epoch;            /* a curve was begun; k, w_est and start are valid */
};

struct cc_cubic_state {
    struct cc_cubic_curve curve;
    uint32_t ack_ms;         /* the last acknowledgement, in milliseconds that wrap */
    uint32_t cwnd_fraction;  /* growth of cwnd and w_est not yet a whole byte, in 1/cwnd bytes: */
    uint32_t w_est_fraction; /* near the plateau an ACK is worth less than one */
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
    union {
        struct cc_reno_state reno;
        struct cc_cubic_state cubic;
    };
};

struct cc_ops {
    const char *name;
    /* Sets cwnd to `initial_cwnd_bytes`, ssthresh to infinite. Leaves `ops` alone. */
    void (*init)(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes);
    /* Grows cwnd, if it was what held the sender back. */
    void (*on_ack)(struct cc *cc, const struct cc_ack *ack);
    /*
     * Lowers ssthresh, and cwnd to it (to one segment after a time-out, RFC 5681 3.1). If
     * `is_repeated`: cwnd alone. Who may want to take it back keeps a copy of `*cc` from before.
     */
    void (*on_loss)(struct cc *cc, const struct cc_loss *loss);
    /* The last loss was none: back to what was `before` it (RFC 4015, RFC 9438 4.9). */
    void (*on_spurious_loss)(struct cc *cc, const struct cc *before);
    /* Nothing was sent for `idle_us`, longer than an RTO: cwnd decays (RFC 2861, RFC 5681 4.1). */
    void (*on_idle)(struct cc *cc, uint64_t idle_us, uint64_t rto_us, uint32_t initial_cwnd_bytes);
    /* The segment size changed (path MTU). */
    void (*on_mss)(struct cc *cc, uint32_t mss_bytes);
};

extern const struct cc_ops cc_reno;  /* RFC 5681, RFC 6582 */
extern const struct cc_ops cc_cubic; /* RFC 9438 */

/* The algorithm of this name ("reno", "cubic"), or NULL. */
const struct cc_ops *cc_find(const char *name);

/*
 * What the algorithms share.
 */

/* cwnd and ssthresh as a new connection has them. */
void cc_window_init(struct cc *cc, uint32_t mss_bytes, uint32_t initial_cwnd_bytes);
/* Whether cwnd is below ssthresh. */
static inline bool cc_in_slow_start(const struct cc *cc)
{
    return cc->cwnd_bytes < cc->ssthresh_bytes;
}
/* Grows cwnd by what was acknowledged, up to ssthresh; returns what is left of `bytes_acked`. */
uint32_t cc_slow_start(struct cc *cc, uint32_t bytes_acked);
/* Adds to cwnd, within its limit. */
void cc_window_grow(struct cc *cc, uint32_t bytes);
/*
 * Remembers the windows and lowers them: ssthresh to `ssthresh_bytes` but never below two segments
 * (RFC 5681 eq. 4), cwnd to that, or to the loss window after a time-out.
 */
void cc_window_reduce(struct cc *cc, uint32_t ssthresh_bytes, bool is_timeout);
/* Back to the remembered windows where those are larger. */
void cc_window_restore(struct cc *cc, const struct cc *before);
/* Halves cwnd for each whole RTO of `idle_us`, not below the initial window (RFC 2861 3). */
void cc_window_decay(struct cc *cc, uint64_t idle_us, uint64_t rto_us, uint32_t initial_cwnd_bytes);
/* Another segment size: cwnd stays, but holds one segment at least (RFC 1191 6.4). */
void cc_window_mss(struct cc *cc, uint32_t mss_bytes);

#endif
