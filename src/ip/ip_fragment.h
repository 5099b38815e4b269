/*
 * Cutting: a datagram too large for the way, in pieces that fit.
 *
 * An iterator that refers to the payload where it lies; only headers are written. For what our own
 * UDP and ICMP send; TCP fits its segments to the path instead.
 *
 * References: RFC 791 2.3 and 3.2, RFC 8200 4.5 and 5.
 */
#ifndef VITRO_IP_FRAGMENT_H
#define VITRO_IP_FRAGMENT_H

#include "base/base.h"
#include "base/gather.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

/* Room for the header of one piece. */
#define IP_FRAGMENT_HEADER_BYTES (IP6_HEADER_BYTES + IP6_FRAGMENT_BYTES)

struct ip_fragment_cut {
    bool is_v4;
    struct ip4_repr ip4;
    struct ip6_repr ip6;
    uint32_t id;          /* IPv6 */
    uint8_t next_header;  /* IPv6: what the pieces make up */
    uint32_t piece_bytes; /* data bytes of every piece but the last: a multiple of 8 */
    uint32_t offset;      /* data bytes already cut */
    const struct gather *payload;
};

/*
 * Prepares to cut the payload of an IPv4 packet without options for `mtu_bytes`; `ip->id` must be
 * one that may be used for fragments, and `payload` must live while the cut is used. Returns 0;
 * EMSGSIZE: may not be fragmented, or the payload is longer than a packet can be; EINVAL: options,
 * an MTU below 28, or a payload of so many parts that none is left for the header.
 */
WARN_UNUSED int ip_fragment_init4(struct ip_fragment_cut *cut, const struct ip4_repr *ip,
                                  const struct gather *payload, uint32_t mtu_bytes);

/* The same for IPv6; `id` is the identification of the fragment headers. EINVAL: an MTU below
 * 56. */
WARN_UNUSED int ip_fragment_init6(struct ip_fragment_cut *cut, const struct ip6_repr *ip,
                                  uint32_t id, const struct gather *payload, uint32_t mtu_bytes);

/*
 * Makes the next piece: its headers in `header` (room for IP_FRAGMENT_HEADER_BYTES), and `packet`
 * as header plus spans of the payload. False when all has been cut.
 */
WARN_UNUSED bool ip_fragment_next(struct ip_fragment_cut *cut, struct span_mut header,
                                  struct gather *packet);

#endif
