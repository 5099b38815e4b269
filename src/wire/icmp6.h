/*
 * ICMPv6. Neighbour discovery messages have their own reader in nd.h.
 *
 *      0      1      2          4                        8
 *     +------+------+----------+------------------------+---------------------------
 *     | type | code | checksum | depends on type        | echo data or quoted packet
 *     +------+------+----------+------------------------+---------------------------
 *
 * Unlike ICMPv4's, the checksum covers a pseudo header, so both addresses come with every call.
 * Accessors take a pointer to ICMP6_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 4443, RFC 4884, RFC 3810 (multicast listener types).
 */
#ifndef VITRO_WIRE_ICMP6_H
#define VITRO_WIRE_ICMP6_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

#define ICMP6_HEADER_BYTES 8

enum icmp6_type {
    ICMP6_UNREACHABLE = 1,
    ICMP6_PACKET_TOO_BIG = 2,
    ICMP6_TIME_EXCEEDED = 3,
    ICMP6_PARAMETER_PROBLEM = 4,
    ICMP6_ECHO_REQUEST = 128,
    ICMP6_ECHO_REPLY = 129,
    ICMP6_LISTENER_QUERY = 130,
    ICMP6_LISTENER_REPORT = 131,
    ICMP6_LISTENER_DONE = 132,
    ICMP6_ROUTER_SOLICITATION = 133,
    ICMP6_ROUTER_ADVERTISEMENT = 134,
    ICMP6_NEIGHBOR_SOLICITATION = 135,
    ICMP6_NEIGHBOR_ADVERTISEMENT = 136,
    ICMP6_REDIRECT = 137,
    ICMP6_LISTENER_REPORT_V2 = 143,
};

enum icmp6_unreachable_code {
    ICMP6_NO_ROUTE = 0,
    ICMP6_PROHIBITED = 1,
    ICMP6_BEYOND_SCOPE = 2,
    ICMP6_ADDRESS_UNREACHABLE = 3,
    ICMP6_PORT_UNREACHABLE = 4,
    ICMP6_SOURCE_POLICY = 5,
    ICMP6_REJECT_ROUTE = 6,
};

enum icmp6_time_exceeded_code {
    ICMP6_HOP_LIMIT_EXCEEDED = 0,
    ICMP6_REASSEMBLY_EXCEEDED = 1,
};

enum icmp6_parameter_code {
    ICMP6_BAD_FIELD = 0,
    ICMP6_BAD_NEXT_HEADER = 1,
    ICMP6_BAD_OPTION = 2,
    ICMP6_INCOMPLETE_CHAIN = 3, /* RFC 7112 5 */
};

/* A field that the type does not use is 0 after parsing and ignored when emitting. */
struct icmp6_repr {
    uint8_t type;
    uint8_t code;
    uint16_t id;        /* echo */
    uint16_t sequence;  /* echo */
    uint32_t mtu_bytes; /* packet too big */
    uint32_t pointer;   /* parameter problem: offset into the quoted packet */
    struct span data;   /* echo data; quoted packet of an error; else all behind the checksum */
};

/* The type, enum icmp6_type when known. */
static inline uint8_t icmp6_header_type(const uint8_t *h) { return h[0]; }

/* The code, whose meaning depends on the type. */
static inline uint8_t icmp6_header_code(const uint8_t *h) { return h[1]; }

/* The checksum as it stands. */
static inline uint16_t icmp6_header_checksum(const uint8_t *h) { return get_be16(h + 2); }

/* Echo: the identifier. */
static inline uint16_t icmp6_header_id(const uint8_t *h) { return get_be16(h + 4); }

/* Echo: the sequence number. */
static inline uint16_t icmp6_header_sequence(const uint8_t *h) { return get_be16(h + 6); }

/* Packet too big: MTU of the next hop. */
static inline uint32_t icmp6_header_mtu(const uint8_t *h) { return get_be32(h + 4); }

/* Parameter problem: offset of the octet at fault in the quoted packet. */
static inline uint32_t icmp6_header_pointer(const uint8_t *h) { return get_be32(h + 4); }

/* True for messages that report on another packet; never to be answered by an error. */
static inline bool icmp6_type_is_error(uint8_t type) { return type < 128; }

/* True for the neighbour discovery messages that nd_parse() reads. */
static inline bool icmp6_type_is_nd(uint8_t type)
{
    return type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_NEIGHBOR_ADVERTISEMENT;
}

/*
 * Reads a whole message, what follows the last extension header, and checks its checksum.
 * `repr->data` points into it. WIRE_TRUNCATED: shorter than 8 bytes; WIRE_BAD_CHECKSUM. Types we
 * have no field for are WIRE_OK with `data` behind the checksum.
 */
WARN_UNUSED enum wire_status icmp6_parse(struct icmp6_repr *repr, struct span message,
                                         const struct ip_addr *src, const struct ip_addr *dst);

/* Bytes icmp6_emit() writes. */
uint32_t icmp6_emit_len(const struct icmp6_repr *repr);

/* Writes the message, checksum included, at the front of `out`, with room for icmp6_emit_len(). */
void icmp6_emit(const struct icmp6_repr *repr, struct span_mut out, const struct ip_addr *src,
                const struct ip_addr *dst);

#endif
