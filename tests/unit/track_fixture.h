/*
 * A tracker and two ends whose packets it is shown: a segment a call, by flags, numbers and length.
 *
 * Numbers are relative: the client's SYN is 0, its first byte 1; so is the server's. Times are the
 * test's own.
 */
#ifndef VITRO_TESTS_TRACK_FIXTURE_H
#define VITRO_TESTS_TRACK_FIXTURE_H

#include "observe/track.h"
#include "observe/track_summary.h"
#include "wire/tcp.h"

#define TRACK_CLIENT 0
#define TRACK_SERVER 1

struct track_fixture {
    struct track track;
    struct track_packet packet;
    struct track_verdict verdict; /* of the last packet */
    uint64_t now_us;
    struct ip_addr addr[2];
    uint16_t port[2];
    uint32_t isn[2];
    uint32_t window[2];         /* raw; what is announced from now on */
    struct tcp_options options; /* of the next packet only */
    uint16_t segment_bytes;     /* of the next packet only */
    uint8_t ecn;                /* of the next packet only */
};

/* Makes a tracker of `conversations_max` and ends 10.0.2.100.41822 and 10.0.2.4.80. */
void track_fixture_init(struct track_fixture *f, uint32_t conversations_max);

void track_fixture_deinit(struct track_fixture *f);

/* Shows a segment from `from` and returns the verdict's bits. `ack` counts with TCP_FLAG_ACK. */
uint32_t track_fixture_segment(struct track_fixture *f, int from, uint16_t flags, uint32_t seq,
                               uint32_t ack, uint32_t len);

/* Shows a UDP datagram (or with another protocol than 17 some IP packet). */
uint32_t track_fixture_ip(struct track_fixture *f, int from, uint8_t protocol, uint32_t len);

/* A handshake with window scaling by 2^2 and SACK: `rtt_us` from SYN to ACK. */
void track_fixture_open(struct track_fixture *f, uint64_t rtt_us);

/* What there is to say about the conversation of the last packet. */
struct track_summary track_fixture_summary(const struct track_fixture *f);

#endif
