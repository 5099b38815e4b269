/*
 * Packets for the stack's fuzz target: built whole, with the right lengths and checksums, and then
 * changed as the target likes.
 *
 *     bytes | link header (or none) | IP header | transport header and payload |
 *                                     ip_at       body_at                      len
 */
#ifndef VITRO_FUZZ_STACK_PACKET_H
#define VITRO_FUZZ_STACK_PACKET_H

#include "base/base.h"
#include "wire/ip_addr.h"
#include "wire/tcp.h"

#define PACKET_BYTES_MAX 70000u

struct packet {
    uint32_t ip_at, body_at, len;
    bool is_v4;
    uint8_t protocol;
    struct ip_addr src, dst;
    uint8_t bytes[PACKET_BYTES_MAX];
};

/* What stands in the IP header besides addresses, and before it. */
struct packet_ip {
    bool has_ethernet;
    struct ip_addr src, dst;
    uint8_t protocol;
    uint8_t ecn;
    uint8_t hop_limit;
};

/* A TCP segment in its packet's terms. */
struct packet_tcp {
    struct tcp_repr repr;
    struct span raw_options; /* stand in front of those of `repr`; a multiple of four */
    uint32_t payload_bytes;
};

/* The byte that stands at this sequence number in every stream, whoever sends it. */
static inline uint8_t packet_stream_byte(uint32_t seq)
{
    return (uint8_t)((seq * 2654435761u) >> 24);
}

/* Begins a packet: everything in front of the body, which the caller writes at body_at. */
void packet_begin(struct packet *packet, const struct packet_ip *ip);

/* Ends it after `body_bytes` of body: lengths and checksums. At most 65535 bytes of IP. */
void packet_end(struct packet *packet, uint32_t body_bytes);

/* Completes the checksums anew, after changes; false if the packet is no TCP, UDP or ICMP. */
bool packet_fix(struct packet *packet);

/* A whole segment; its payload is the stream's at its sequence number. */
void packet_tcp(struct packet *packet, const struct packet_ip *ip, const struct packet_tcp *tcp);

/* An ICMP error with this quote. `rest` is the word behind the checksum. */
void packet_icmp_error(struct packet *packet, const struct packet_ip *ip, uint8_t type,
                       uint8_t code, uint32_t rest, struct span quote);

/* One fragment of `whole`: body bytes from `offset`, a multiple of eight. `len` 0 is allowed. */
void packet_fragment(const struct packet *whole, uint32_t offset, uint32_t len, uint16_t id,
                     struct packet *out);

#endif
