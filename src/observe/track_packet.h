/*
 * What the observer wants to know of one packet, read from its headers once.
 *
 *     link header | IP header, extensions | TCP or UDP header | payload
 *                                                             ^ never looked at
 *
 * Any bytes give an answer: what cannot be read as TCP or UDP is an IP packet of its protocol, and
 * what cannot be read as IP is TRACK_KIND_OTHER. Checksums are not looked at: this is about what
 * was sent, and offloads leave them undone.
 *
 * References: RFC 791, RFC 8200, RFC 9293 3.1, RFC 7323, RFC 2018.
 */
#ifndef VITRO_OBSERVE_TRACK_PACKET_H
#define VITRO_OBSERVE_TRACK_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/tcp_options.h"

enum track_kind {
    TRACK_KIND_OTHER, /* no IP, or no IP header that can be read: ARP, a cut packet */
    TRACK_KIND_IP,    /* another protocol, a fragment, or a transport header that is broken */
    TRACK_KIND_UDP,
    TRACK_KIND_TCP,
};

/* Fields behind `kind` are set as far as the kind has them; the rest are zero. */
struct track_packet {
    enum track_kind kind;
    bool is_ip6;
    bool is_fragment;
    bool is_broken;    /* TRACK_KIND_IP because its TCP or UDP header cannot be read */
    uint8_t protocol;  /* IP and above: what IP says it carries */
    uint8_t ecn;       /* IP and above: enum ip_ecn */
    uint8_t icmp_type; /* ICMP and ICMPv6: the message's type; else 0 */
    struct ip_addr src, dst;
    uint16_t src_port, dst_port; /* UDP, TCP */
    uint32_t ip_offset;          /* of the IP header in the packet */
    uint32_t transport_offset;
    uint32_t payload_offset; /* UDP, TCP */
    uint32_t
        payload_bytes; /* as IP's (UDP's) length says; for TRACK_KIND_IP behind the IP header */
    uint32_t wire_segments; /* 1, or what a super-segment becomes on the wire */

    /* TCP */
    uint16_t flags;  /* TCP_FLAG_* */
    uint16_t window; /* as it stands, not scaled */
    uint32_t seq;
    uint32_t ack; /* as it stands, also without TCP_FLAG_ACK */
    struct tcp_options options;
};

/*
 * Reads the packet whose first bytes are `headers`; all its headers must lie there (a capture or
 * the first span of a frame), the payload need not. `link_type` is one of enum print_link_type,
 * `wire_bytes` the packet's length with what follows elsewhere or was not captured, and
 * `segment_bytes` the payload a wire segment gets of a super-segment, 0 for an ordinary packet.
 */
void track_packet_read(struct track_packet *packet, uint16_t link_type, struct span headers,
                       uint32_t wire_bytes, uint16_t segment_bytes);

#endif
