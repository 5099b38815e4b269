/*
 * The packet an ICMP error quotes: whose it was, as far as the quote tells.
 *
 * An error carries the front of the packet that caused it, often no more than the IP header and
 * eight bytes, its lengths larger than what is there and its checksum perhaps already altered on
 * the way. So this reader is lenient: it wants a whole IP header and nothing else.
 *
 * References: RFC 792, RFC 1122 3.2.2, RFC 4443 2.4 (c), RFC 5927 (what to check before belief).
 */
#ifndef VITRO_WIRE_ICMP_QUOTE_H
#define VITRO_WIRE_ICMP_QUOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

struct icmp_quote {
    struct ip_addr src; /* of the quoted packet: one of ours, if the error is honest */
    struct ip_addr dst;
    uint8_t protocol;
    struct span transport; /* what was quoted behind the IP header(s); may be of any length */
};

/*
 * Reads a quoted IPv4 or IPv6 packet. WIRE_TRUNCATED: not even the IP header is whole;
 * WIRE_BAD_VERSION; WIRE_BAD_LENGTH: an impossible IPv4 header length; WIRE_UNSUPPORTED: a later
 * fragment, or an extension chain we cannot follow, so that the ports are not to be had.
 */
WARN_UNUSED enum wire_status icmp_quote_parse(struct icmp_quote *quote, struct span quoted);

/* True when the quote holds source and destination port of TCP or UDP; then gives them. */
WARN_UNUSED bool icmp_quote_ports(const struct icmp_quote *quote, uint16_t *src_port,
                                  uint16_t *dst_port);

/* True when the quote holds a TCP sequence number; then gives it. */
WARN_UNUSED bool icmp_quote_tcp_seq(const struct icmp_quote *quote, uint32_t *seq);

#endif
