/*
 * Sequence numbers: 32 bits that wrap. The one-field struct makes `a < b` a compile error, so that
 * every comparison goes through the modular ones below.
 *
 * Two numbers compare rightly while they are less than 2^31 apart, which windows of at most 2^30
 * bytes guarantee (RFC 7323 2.2, RFC 9293 3.4).
 */
#ifndef VITRO_TCP_SEQ_H
#define VITRO_TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    uint32_t value;
} tcp_seq;

/* The sequence number whose wire value is `value`. */
static inline tcp_seq tcp_seq_of(uint32_t value) { return (tcp_seq){value}; }

/* `seq` moved forward by `n` (backward: pass the two's complement). */
static inline tcp_seq tcp_seq_add(tcp_seq seq, uint32_t n) { return (tcp_seq){seq.value + n}; }

/* How many bytes lie from `from` up to `to`; `to` must not come before `from`. */
static inline uint32_t tcp_seq_diff(tcp_seq to, tcp_seq from) { return to.value - from.value; }

/* Whether both are the same number. */
static inline bool tcp_seq_eq(tcp_seq a, tcp_seq b) { return a.value == b.value; }

/* Whether `a` comes before `b`. */
static inline bool tcp_seq_lt(tcp_seq a, tcp_seq b) { return (int32_t)(a.value - b.value) < 0; }

/* Whether `a` comes before `b` or is it. */
static inline bool tcp_seq_le(tcp_seq a, tcp_seq b) { return (int32_t)(a.value - b.value) <= 0; }

/* Whether `a` comes after `b`. */
static inline bool tcp_seq_gt(tcp_seq a, tcp_seq b) { return tcp_seq_lt(b, a); }

/* Whether `a` comes after `b` or is it. */
static inline bool tcp_seq_ge(tcp_seq a, tcp_seq b) { return tcp_seq_le(b, a); }

/* Whether `seq` lies in the half-open range from `from` to `to`. */
static inline bool tcp_seq_in(tcp_seq seq, tcp_seq from, tcp_seq to)
{
    return seq.value - from.value < to.value - from.value;
}

/* The later of the two. */
static inline tcp_seq tcp_seq_max(tcp_seq a, tcp_seq b) { return tcp_seq_lt(a, b) ? b : a; }

#endif
