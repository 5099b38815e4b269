/*
 * An arriving segment as the core works on it, and a departing one as the core hands it down.
 */
#ifndef VITRO_TCP_SEGMENT_H
#define VITRO_TCP_SEGMENT_H

#include "base/gather.h"
#include "tcp/tcp_seq.h"
#include "tcp/tcp_tuple.h"
#include "wire/tcp.h"

/*
 * `payload` refers into the frame and lives as long as it. The acceptance test trims what lies
 * outside the window off `seq`, `payload` and `flags` (RFC 9293 3.10.7.4).
 */
struct tcp_segment {
    struct tcp_tuple tuple;
    tcp_seq seq;
    tcp_seq ack;
    uint16_t flags;  /* TCP_FLAG_* */
    uint16_t window; /* as on the wire, unscaled */
    uint16_t urgent;
    uint16_t segment_bytes; /* payload of each wire segment when this is a super-segment, else 0 */
    bool is_ce;             /* IP says Congestion Experienced (RFC 3168) */
    bool is_cut;            /* the acceptance test cut off text beyond the window */
    /* What it was on arrival, whatever the steps have taken off it since: */
    bool had_syn;  /* so `window` is not scaled (RFC 7323 2.2) */
    bool had_text; /* so it is no duplicate ACK (RFC 5681 2) */
    struct tcp_options options;
    struct gather payload;
};

/* Payload length in bytes. */
static inline uint32_t tcp_segment_payload_bytes(const struct tcp_segment *seg)
{
    return seg->payload.len_bytes;
}

/* SEG.LEN: payload, SYN and FIN counted (RFC 9293 3.4). */
static inline uint32_t tcp_segment_len(const struct tcp_segment *seg)
{
    return seg->payload.len_bytes + ((seg->flags & TCP_FLAG_SYN) ? 1 : 0) +
           ((seg->flags & TCP_FLAG_FIN) ? 1 : 0);
}

/* How many segments of the wire this one stands for: at least 1. */
static inline uint32_t tcp_segment_count(const struct tcp_segment *seg)
{
    if (seg->segment_bytes == 0 || seg->payload.len_bytes <= seg->segment_bytes) return 1;
    return (seg->payload.len_bytes + seg->segment_bytes - 1) / seg->segment_bytes;
}

/* A segment on its way down. Everything is read before the call it is passed to returns. */
struct tcp_outgoing {
    const struct tcp_tuple *tuple;
    struct tcp_repr repr;
    const struct gather *payload; /* NULL: none */
    uint16_t segment_bytes;       /* cut to this payload size on the way, 0: fits as it is */
    uint8_t traffic_class;        /* DSCP and ECN bits (RFC 2474, RFC 3168) */
    uint8_t ttl;                  /* 0: the interface's default */
};

#endif
