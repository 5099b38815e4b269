/*
 * A connection in ESTABLISHED whose sending half is driven by hand, in virtual time: what tcp_plan
 * and tcp_output do is done here in a few lines, what the peer says is what the test says.
 *
 * Offsets count sequence numbers from the first byte of data.
 */
#ifndef VITRO_TEST_SENDER_FIXTURE_H
#define VITRO_TEST_SENDER_FIXTURE_H

#include "tcp/tcp_conn.h"
#include "tcp/tcp_tx.h"

#define SENDER_MSS     1000u
#define SENDER_BASE    0xffff0000u /* the numbers wrap after 64 KiB */
#define SENDER_LOG_MAX 64u
#define SENDER_KINDS   32u

struct sender_setup {
    bool sack, timestamps, ecn;
    const struct cc_ops *cc; /* NULL: reno */
    uint32_t cwnd_segments;  /* 0: 10 */
};

struct sender {
    struct tcp_host host;
    struct tcp_tx tx;
    struct tcp_conn conn;
    uint64_t now_us;
    uint32_t events[SENDER_KINDS];   /* how often each kind was reported */
    enum tcp_retransmit_cause cause; /* of the last retransmission */
    uint32_t cause_count;            /* how often that data has been retransmitted */
};

/* An ACK as the test writes it. */
struct sender_ack {
    uint32_t una;    /* offset acknowledged */
    uint32_t ts_ecr; /* 0: without time stamps */
    uint8_t sack_count;
    uint32_t sack[4][2]; /* offsets */
};

void sender_init(struct sender *s, const struct sender_setup *setup);
void sender_deinit(struct sender *s);
/* Sends `len` of new data whatever the window. */
void sender_send(struct sender *s, uint32_t len);
/* Sends as many full segments of new data as the window lets; returns how many. */
uint32_t sender_fill(struct sender *s);
/* Retransmits what waits and the window lets, at most `max` pieces; returns the first's offset, or
 * UINT32_MAX if there was none. */
uint32_t sender_retransmit(struct sender *s, uint32_t max);
/* Takes an ACK at s->now_us. */
void sender_take(struct sender *s, const struct sender_ack *ack);
/* One without options. */
void sender_ack(struct sender *s, uint32_t una);
/* One with a single SACK block. */
void sender_sack(struct sender *s, uint32_t una, uint32_t start, uint32_t end);
/* The retransmission timer expires. */
void sender_time_out(struct sender *s);
/* Offset of snd.una and of snd.nxt. */
uint32_t sender_una(const struct sender *s);
uint32_t sender_nxt(const struct sender *s);
/* Our time stamp as a segment sent now carries it. */
uint32_t sender_ts(const struct sender *s);

#endif
