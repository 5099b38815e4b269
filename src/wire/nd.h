/*
 * IPv6 neighbour discovery: router and neighbour solicitations and advertisements.
 *
 *     ICMPv6 header (type 133 to 136), fixed part, then options: | type | length / 8 | data ... |
 *
 * References: RFC 4861 4 (formats), 6.1 and 7.1 (what makes a message valid).
 */
#ifndef VITRO_WIRE_ND_H
#define VITRO_WIRE_ND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"
#include "wire/eth.h"
#include "wire/icmp6.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

#define ND_PREFIXES_MAX     4 /* prefixes we act on in one advertisement; later ones are skipped */
#define ND_HOP_LIMIT        255 /* RFC 4861: proof that the sender is on this link */
#define ND_LIFETIME_FOREVER UINT32_MAX

enum nd_option_kind {
    ND_OPTION_SOURCE_LLADDR = 1,
    ND_OPTION_TARGET_LLADDR = 2,
    ND_OPTION_PREFIX = 3,
    ND_OPTION_REDIRECTED = 4,
    ND_OPTION_MTU = 5,
};

struct nd_prefix {
    struct ip_prefix prefix;
    bool is_on_link;
    bool is_autonomous;
    uint32_t valid_s;
    uint32_t preferred_s;
};

struct nd_options {
    bool has_source_lladdr;
    bool has_target_lladdr;
    struct eth_addr source_lladdr;
    struct eth_addr target_lladdr;
    uint32_t mtu_bytes; /* 0: absent */
    uint8_t prefix_count;
    struct nd_prefix prefix[ND_PREFIXES_MAX]; /* the first prefix_count are set */
};

/* A field that the type does not use is 0 after parsing and ignored when emitting. */
struct nd_repr {
    uint8_t type;          /* enum icmp6_type, one of the four */
    struct ip_addr target; /* neighbour messages; all zero otherwise */
    bool is_router;        /* neighbour advertisement */
    bool is_solicited;     /* neighbour advertisement */
    bool is_override;      /* neighbour advertisement */
    uint8_t hop_limit;     /* router advertisement; 0: unspecified */
    bool is_managed;       /* router advertisement: addresses by DHCPv6 */
    bool is_other;         /* router advertisement: other configuration by DHCPv6 */
    uint16_t lifetime_s;   /* router advertisement; 0: not a default router */
    uint32_t reachable_ms; /* router advertisement; 0: unspecified */
    uint32_t retrans_ms;   /* router advertisement; 0: unspecified */
    struct nd_options options;
};

/* One option as it stands. */
struct nd_option {
    uint8_t kind;
    struct span data; /* behind kind and length: 6, 14, 22 ... bytes */
};

/*
 * Takes the next option off the front of `*options`. False when none is left, or when the rest is
 * no option: then `*options` is not empty.
 */
WARN_UNUSED bool nd_option_next(struct span *options, struct nd_option *option);

/* The group ff02::1:ffXX:XXXX on which the owner of `target` listens (RFC 4291 2.7.1). */
struct ip_addr nd_solicited_node(const struct ip_addr *target);

/*
 * Reads a whole ICMPv6 message whose checksum icmp6_parse() has found good. Unknown options are
 * skipped. WIRE_UNSUPPORTED: another type; WIRE_TRUNCATED; WIRE_BAD_LENGTH: an option of length 0
 * or beyond the end; WIRE_BAD_VALUE: a code other than 0, or a multicast target.
 */
WARN_UNUSED enum wire_status nd_parse(struct nd_repr *repr, struct span message);

/*
 * True when the message may be believed in view of the IPv6 header it came with: hop limit 255 and
 * the address rules of RFC 4861 6.1 and 7.1.
 */
bool nd_check(const struct nd_repr *repr, const struct ip_addr *src, const struct ip_addr *dst,
              uint8_t hop_limit);

/* Bytes nd_emit() writes. */
uint32_t nd_emit_len(const struct nd_repr *repr);

/* Writes the message, checksum included, at the front of `out`, with room for nd_emit_len(). */
void nd_emit(const struct nd_repr *repr, struct span_mut out, const struct ip_addr *src,
             const struct ip_addr *dst);

#endif
