/*
 * The IPv6 extension headers: a walk from the IPv6 header to the transport header.
 *
 * The walk reads hop-by-hop options, destination options, routing headers and one fragment header,
 * and stops at the first thing that is none of these, at a fragment that is not the first, or at
 * trouble. It allots a fixed number of headers and options to every packet, so a hostile chain
 * costs no more than a long honest one.
 *
 * References: RFC 8200 4, RFC 7112 (the first fragment holds the whole chain), RFC 8504 5.3
 * (limits), RFC 4443 3.4 (parameter problem).
 */
#ifndef VITRO_WIRE_IP6_EXT_H
#define VITRO_WIRE_IP6_EXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip6.h"

#define IP6_EXT_HEADERS_MAX 8  /* RFC 8504 5.3 allows a limit; honest chains have at most 6 */
#define IP6_EXT_OPTIONS_MAX 16 /* non-padding options in all headers together */
#define IP6_FRAGMENT_BYTES  8

/* What is to be done with the packet after the walk. */
enum ip6_ext_verdict {
    IP6_EXT_ACCEPT,        /* all headers understood */
    IP6_EXT_DISCARD,       /* drop without a word */
    IP6_EXT_TRUNCATED,     /* the chain runs past the bytes at hand: drop */
    IP6_EXT_LIMIT,         /* more headers or options than we follow: drop */
    IP6_EXT_PROBLEM,       /* drop, send a parameter problem, to multicast packets too */
    IP6_EXT_PROBLEM_UCAST, /* drop, send one unless the destination was multicast */
};

/* Offsets count from the first byte of the IPv6 header. */
struct ip6_ext {
    enum ip6_ext_verdict verdict;
    uint8_t protocol;         /* what the chain ends in; IP_PROTO_NONE is a possible answer */
    uint32_t offset;          /* where it begins; for later fragments, where their data begins */
    uint32_t protocol_offset; /* the byte that named it: pointer for an unknown next header */
    uint8_t problem_code;     /* for ICMPv6 parameter problem: code, pointer */
    uint32_t problem_pointer;
    bool has_fragment; /* the fields below are set; an atomic fragment has offset 0, no more */
    bool has_more_fragments;
    uint32_t fragment_id;
    uint32_t fragment_offset_bytes;
    uint32_t fragment_header_offset; /* the fragment header; what precedes is in every fragment */
    bool has_router_alert;           /* RFC 2711: a router alert option was seen */
};

/* Accessors of a fragment header, eight bytes at `h`. */

/* What the fragmented part begins with. */
static inline uint8_t ip6_fragment_next(const uint8_t *h) { return h[0]; }

/* Offset of this fragment in the fragmented part, in bytes. */
static inline uint32_t ip6_fragment_offset(const uint8_t *h) { return get_be16(h + 2) & 0xfff8u; }

/* True when further fragments follow. */
static inline bool ip6_fragment_has_more(const uint8_t *h) { return (h[3] & 1) != 0; }

/* The identification all fragments share. */
static inline uint32_t ip6_fragment_id(const uint8_t *h) { return get_be32(h + 4); }

/*
 * Walks the chain. `packet` begins with an IPv6 header that ip6_header_check() accepted and need
 * only hold the headers; `packet_bytes` is 40 plus the payload length, the packet's true end.
 * Fills all of `ext` that its verdict gives a meaning.
 */
void ip6_ext_walk(struct ip6_ext *ext, struct span packet, uint32_t packet_bytes);

/* Writes a fragment header of IP6_FRAGMENT_BYTES at the front of `out`. */
void ip6_fragment_emit(struct span_mut out, uint8_t next_header, uint32_t offset_bytes,
                       bool has_more, uint32_t id);

#endif
