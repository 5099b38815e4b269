/*
 * The IPv4 header.
 *
 *      0     1      2              4    6            8     9       10      12    16    20
 *     +-----+------+--------------+----+------------+-----+-------+-------+-----+-----+-----
 *     |4 IHL| DS/E | total length | id | RDM offset | TTL | proto | check | src | dst | opt
 *     +-----+------+--------------+----+------------+-----+-------+-------+-----+-----+-----
 *
 * Accessors take a pointer to IP4_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 791, RFC 1122 3.2.1, RFC 2474 (DSCP), RFC 3168 (ECN), RFC 6864 (identification).
 */
#ifndef VITRO_WIRE_IP4_H
#define VITRO_WIRE_IP4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/ip_proto.h"
#include "wire/status.h"

#define IP4_HEADER_BYTES      20
#define IP4_HEADER_BYTES_MAX  60
#define IP4_OPTIONS_BYTES_MAX 40
#define IP4_PACKET_BYTES_MAX  65535
#define IP4_MTU_BYTES_MIN     68 /* RFC 791 3.2: every link carries this much unfragmented */

#define IP4_FLAG_RESERVED 0x8000
#define IP4_FLAG_DF       0x4000
#define IP4_FLAG_MF       0x2000
#define IP4_OFFSET_MASK   0x1fff /* in units of 8 bytes */

struct ip4_repr {
    struct ip_addr src;
    struct ip_addr dst;
    uint8_t dscp; /* 6 bits */
    uint8_t ecn;  /* enum ip_ecn */
    uint8_t ttl;
    uint8_t protocol;
    uint16_t id;
    uint16_t fragment_offset_bytes; /* a multiple of 8 */
    bool has_dont_fragment;
    bool has_more_fragments;
    uint16_t payload_bytes; /* total length less header */
    struct span options;    /* in the packet that was parsed; empty in most */
};

/* The version field; 4 in an IPv4 header. */
static inline uint8_t ip4_header_version(const uint8_t *h) { return (uint8_t)(h[0] >> 4); }

/* Length of the header with its options, 0 to 60. */
static inline uint32_t ip4_header_len(const uint8_t *h) { return (uint32_t)(h[0] & 0x0f) * 4; }

/* The whole second byte: DSCP and ECN, once called type of service. */
static inline uint8_t ip4_header_tos(const uint8_t *h) { return h[1]; }

/* Differentiated services code point, 6 bits. */
static inline uint8_t ip4_header_dscp(const uint8_t *h) { return (uint8_t)(h[1] >> 2); }

/* Explicit congestion notification, enum ip_ecn. */
static inline uint8_t ip4_header_ecn(const uint8_t *h) { return h[1] & 3; }

/* Length of header and payload. */
static inline uint16_t ip4_header_total_bytes(const uint8_t *h) { return get_be16(h + 2); }

/* The identification all fragments of a packet share. */
static inline uint16_t ip4_header_id(const uint8_t *h) { return get_be16(h + 4); }

/* Flags and fragment offset as they stand; see IP4_FLAG_* and IP4_OFFSET_MASK. */
static inline uint16_t ip4_header_fragment_field(const uint8_t *h) { return get_be16(h + 6); }

/* The fragment offset in bytes. */
static inline uint32_t ip4_header_fragment_offset(const uint8_t *h)
{
    return (uint32_t)(ip4_header_fragment_field(h) & IP4_OFFSET_MASK) * 8;
}

/* True for every piece of a fragmented packet, the first one too. */
static inline bool ip4_header_is_fragment(const uint8_t *h)
{
    return (ip4_header_fragment_field(h) & (IP4_FLAG_MF | IP4_OFFSET_MASK)) != 0;
}

/* Time to live, in hops. */
static inline uint8_t ip4_header_ttl(const uint8_t *h) { return h[8]; }

/* The payload's protocol, enum ip_proto when known. */
static inline uint8_t ip4_header_protocol(const uint8_t *h) { return h[9]; }

/* The header checksum as it stands. */
static inline uint16_t ip4_header_checksum(const uint8_t *h) { return get_be16(h + 10); }

/* The source address. */
static inline struct ip_addr ip4_header_src(const uint8_t *h)
{
    return ip_addr_from_v4(get_be32(h + 12));
}

/* The destination address. */
static inline struct ip_addr ip4_header_dst(const uint8_t *h)
{
    return ip_addr_from_v4(get_be32(h + 16));
}

/* True for every piece of a fragmented packet, the first one too. */
static inline bool ip4_repr_is_fragment(const struct ip4_repr *repr)
{
    return repr->has_more_fragments || repr->fragment_offset_bytes != 0;
}

/* The checksum that belongs into the header of `len` bytes at `h`, whatever the field holds now. */
uint16_t ip4_header_checksum_compute(const uint8_t *h, uint32_t len);

/*
 * Looks at lengths and version only. `header` is the front of the packet and must hold the whole
 * header; `packet_bytes` counts the packet with what follows elsewhere, link padding included.
 * WIRE_TRUNCATED, WIRE_BAD_VERSION, or WIRE_BAD_LENGTH: a header below 20 bytes, or a total length
 * below the header.
 */
WARN_UNUSED enum wire_status ip4_header_check(struct span header, uint32_t packet_bytes);

/*
 * Reads a header: the lengths, then the header checksum. `*header_len` gets the payload's offset.
 * Arguments and errors as ip4_header_check(), and WIRE_BAD_CHECKSUM; WIRE_BAD_VALUE for a fragment
 * that would end beyond the largest packet.
 */
WARN_UNUSED enum wire_status ip4_parse(struct ip4_repr *repr, struct span header,
                                       uint32_t packet_bytes, uint32_t *header_len);

/* Bytes ip4_emit() writes: the header with its options, padded to a multiple of four. */
uint32_t ip4_emit_len(const struct ip4_repr *repr);

/*
 * Writes the header, checksum included, at the front of `out`, which must have room for
 * ip4_emit_len(). At most 40 bytes of options; header and payload at most 65535.
 */
void ip4_emit(const struct ip4_repr *repr, struct span_mut out);

/* One option of an IPv4 header. */
enum ip4_option_kind {
    IP4_OPTION_END = 0,
    IP4_OPTION_NOP = 1,
    IP4_OPTION_RECORD_ROUTE = 7,
    IP4_OPTION_TIMESTAMP = 68,
    IP4_OPTION_TRACEROUTE = 82,
    IP4_OPTION_SECURITY = 130,
    IP4_OPTION_LOOSE_ROUTE = 131,
    IP4_OPTION_STRICT_ROUTE = 137,
    IP4_OPTION_ROUTER_ALERT = 148,
};

struct ip4_option {
    uint8_t kind;
    bool is_bad;      /* its length byte is missing, below 2 or beyond the options: the last one */
    struct span data; /* behind kind and length */
};

/*
 * Takes the next option off the front of `*options`; false when none is left. END and everything
 * after a bad option count as the end: the option is given once and `*options` becomes empty.
 */
bool ip4_option_next(struct span *options, struct ip4_option *option);

#endif
