/*
 * The IPv6 header. What may stand between it and the transport header is in ip6_ext.h.
 *
 *      0                          4                6             7           8        24       40
 *     +---+-------+--------------+----------------+-------------+-----------+--------+--------+
 *     | 6 | class | flow label   | payload length | next header | hop limit | src    | dst    |
 *     +---+-------+--------------+----------------+-------------+-----------+--------+--------+
 *
 * Accessors take a pointer to IP6_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 8200, RFC 6437 (flow label), RFC 3168 (ECN).
 */
#ifndef VITRO_WIRE_IP6_H
#define VITRO_WIRE_IP6_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/ip_proto.h"
#include "wire/status.h"

#define IP6_HEADER_BYTES  40
#define IP6_MTU_BYTES_MIN 1280 /* RFC 8200 5 */

struct ip6_repr {
    struct ip_addr src;
    struct ip_addr dst;
    uint32_t flow_label; /* 20 bits */
    uint8_t dscp;        /* 6 bits */
    uint8_t ecn;         /* enum ip_ecn */
    uint8_t hop_limit;
    uint8_t next_header;
    uint16_t payload_bytes; /* extension headers included */
};

/* The version field; 6 in an IPv6 header. */
static inline uint8_t ip6_header_version(const uint8_t *h) { return (uint8_t)(h[0] >> 4); }

/* Traffic class: DSCP and ECN. */
static inline uint8_t ip6_header_class(const uint8_t *h)
{
    return (uint8_t)(h[0] << 4 | h[1] >> 4);
}

/* Differentiated services code point, 6 bits. */
static inline uint8_t ip6_header_dscp(const uint8_t *h)
{
    return (uint8_t)(ip6_header_class(h) >> 2);
}

/* Explicit congestion notification, enum ip_ecn. */
static inline uint8_t ip6_header_ecn(const uint8_t *h) { return ip6_header_class(h) & 3; }

/* The flow label, 20 bits. */
static inline uint32_t ip6_header_flow_label(const uint8_t *h) { return get_be32(h) & 0xfffff; }

/* Length of all that follows the 40 bytes; 0 also for a jumbogram, which we do not read. */
static inline uint16_t ip6_header_payload_bytes(const uint8_t *h) { return get_be16(h + 4); }

/* What follows the header: a protocol or the first extension header. */
static inline uint8_t ip6_header_next(const uint8_t *h) { return h[6]; }

/* Hop limit. */
static inline uint8_t ip6_header_hop_limit(const uint8_t *h) { return h[7]; }

/* The source address. */
static inline struct ip_addr ip6_header_src(const uint8_t *h) { return ip_addr_from_v6(h + 8); }

/* The destination address. */
static inline struct ip_addr ip6_header_dst(const uint8_t *h) { return ip_addr_from_v6(h + 24); }

/*
 * Looks at lengths and version only. `header` is the front of the packet, at least 40 bytes of it;
 * `packet_bytes` counts the packet with what follows elsewhere, link padding included.
 * WIRE_TRUNCATED or WIRE_BAD_VERSION.
 */
WARN_UNUSED enum wire_status ip6_header_check(struct span header, uint32_t packet_bytes);

/*
 * Reads a header. Arguments and errors as ip6_header_check(), and WIRE_BAD_VALUE for an address in
 * the IPv4-mapped form, which may not appear on the wire and would be taken for IPv4 above.
 */
WARN_UNUSED enum wire_status ip6_parse(struct ip6_repr *repr, struct span header,
                                       uint32_t packet_bytes);

/* Writes IP6_HEADER_BYTES at the front of `out`, which must have room for them. */
void ip6_emit(const struct ip6_repr *repr, struct span_mut out);

#endif
