/*
 * ICMP for IPv4.
 *
 *      0      1      2          4                        8
 *     +------+------+----------+------------------------+---------------------------
 *     | type | code | checksum | depends on type        | echo data or quoted packet
 *     +------+------+----------+------------------------+---------------------------
 *
 * Accessors take a pointer to ICMP4_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 792, RFC 1122 3.2.2, RFC 1191 (the next-hop MTU), RFC 1812 4.3, RFC 4884.
 */
#ifndef VITRO_WIRE_ICMP4_H
#define VITRO_WIRE_ICMP4_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

#define ICMP4_HEADER_BYTES 8

enum icmp4_type {
    ICMP4_ECHO_REPLY = 0,
    ICMP4_UNREACHABLE = 3,
    ICMP4_SOURCE_QUENCH = 4, /* deprecated by RFC 6633 */
    ICMP4_REDIRECT = 5,
    ICMP4_ECHO_REQUEST = 8,
    ICMP4_ROUTER_ADVERTISEMENT = 9,
    ICMP4_ROUTER_SOLICITATION = 10,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_PARAMETER_PROBLEM = 12,
    ICMP4_TIMESTAMP = 13,
    ICMP4_TIMESTAMP_REPLY = 14,
    ICMP4_MASK_REQUEST = 17,
    ICMP4_MASK_REPLY = 18,
};

enum icmp4_unreachable_code {
    ICMP4_NET_UNREACHABLE = 0,
    ICMP4_HOST_UNREACHABLE = 1,
    ICMP4_PROTOCOL_UNREACHABLE = 2,
    ICMP4_PORT_UNREACHABLE = 3,
    ICMP4_FRAGMENTATION_NEEDED = 4,
    ICMP4_SOURCE_ROUTE_FAILED = 5,
    ICMP4_NET_UNKNOWN = 6,
    ICMP4_HOST_UNKNOWN = 7,
    ICMP4_SOURCE_ISOLATED = 8,
    ICMP4_NET_PROHIBITED = 9,
    ICMP4_HOST_PROHIBITED = 10,
    ICMP4_NET_TOS = 11,
    ICMP4_HOST_TOS = 12,
    ICMP4_FILTER_PROHIBITED = 13,
    ICMP4_PRECEDENCE_VIOLATION = 14,
    ICMP4_PRECEDENCE_CUTOFF = 15,
};

enum icmp4_time_exceeded_code {
    ICMP4_TTL_EXCEEDED = 0,
    ICMP4_REASSEMBLY_EXCEEDED = 1,
};

/* A field that the type does not use is 0 after parsing and ignored when emitting. */
struct icmp4_repr {
    uint8_t type;
    uint8_t code;
    uint16_t id;            /* echo */
    uint16_t sequence;      /* echo */
    uint16_t mtu_bytes;     /* unreachable, fragmentation needed; 0 from old routers */
    uint8_t pointer;        /* parameter problem: the octet at fault */
    struct ip_addr gateway; /* redirect; all zero otherwise */
    struct span data;       /* echo data; quoted packet of an error; else all behind the checksum */
};

/* The type, enum icmp4_type when known. */
static inline uint8_t icmp4_header_type(const uint8_t *h) { return h[0]; }

/* The code, whose meaning depends on the type. */
static inline uint8_t icmp4_header_code(const uint8_t *h) { return h[1]; }

/* The checksum as it stands. */
static inline uint16_t icmp4_header_checksum(const uint8_t *h) { return get_be16(h + 2); }

/* Echo: the identifier. */
static inline uint16_t icmp4_header_id(const uint8_t *h) { return get_be16(h + 4); }

/* Echo: the sequence number. */
static inline uint16_t icmp4_header_sequence(const uint8_t *h) { return get_be16(h + 6); }

/* Unreachable, fragmentation needed: MTU of the next hop. */
static inline uint16_t icmp4_header_mtu(const uint8_t *h) { return get_be16(h + 6); }

/* Parameter problem: offset of the octet at fault. */
static inline uint8_t icmp4_header_pointer(const uint8_t *h) { return h[4]; }

/* Redirect: the better gateway. */
static inline struct ip_addr icmp4_header_gateway(const uint8_t *h)
{
    return ip_addr_from_v4(get_be32(h + 4));
}

/* Errors: length of the quoted packet if an RFC 4884 extension follows it; else 0. */
static inline uint32_t icmp4_header_quote_bytes(const uint8_t *h) { return (uint32_t)h[5] * 4; }

/* True for messages that report on another packet; never to be answered by an error. */
static inline bool icmp4_type_is_error(uint8_t type)
{
    return type == ICMP4_UNREACHABLE || type == ICMP4_SOURCE_QUENCH || type == ICMP4_REDIRECT ||
           type == ICMP4_TIME_EXCEEDED || type == ICMP4_PARAMETER_PROBLEM;
}

/*
 * Reads a whole message, the IP payload, and checks its checksum. `repr->data` points into it.
 * WIRE_TRUNCATED: shorter than 8 bytes; WIRE_BAD_CHECKSUM. Types we have no field for are WIRE_OK
 * with `data` behind the checksum.
 */
WARN_UNUSED enum wire_status icmp4_parse(struct icmp4_repr *repr, struct span message);

/* Bytes icmp4_emit() writes. */
uint32_t icmp4_emit_len(const struct icmp4_repr *repr);

/* Writes the message, checksum included, at the front of `out`, with room for icmp4_emit_len(). */
void icmp4_emit(const struct icmp4_repr *repr, struct span_mut out);

#endif
