/*
 * Raw packets for tests of the simulated wire.
 */
#ifndef VITRO_TESTS_SIM_FRAMES_H
#define VITRO_TESTS_SIM_FRAMES_H

#include "base/span.h"
#include "wire/frame.h"

#define SIM_FRAME_BYTES_MAX 70000

/* What a test wants of a TCP packet. */
struct sim_frame_spec {
    bool is_v6;
    enum frame_link link;
    uint16_t flags; /* TCP_FLAG_* */
    uint32_t seq;
    uint32_t payload_bytes; /* of a counting pattern */
    bool may_fragment;      /* IPv4 without DF */
    uint8_t ecn;
    bool checksum_partial;
};

/* Writes a packet from 10.0.0.1 to 10.0.0.2 (or fd00::1 to fd00::2) to `out`, which has room for
 * SIM_FRAME_BYTES_MAX; returns its length. Checksums are right, or partial if so wanted. */
size_t sim_frame_tcp(const struct sim_frame_spec *spec, uint8_t *out);

/* Writes an ARP request to `out`; returns its length. */
size_t sim_frame_arp(uint8_t *out);

/* The frame that is these bytes. */
struct frame sim_frame_of(const uint8_t *bytes, size_t len);

/* Whether both the IP and the TCP checksum of a packet are right; false if it is no TCP packet. */
bool sim_frame_is_intact(struct span packet, enum frame_link link);

#endif
