/*
 * Ethernet II frames, with the VLAN tags of IEEE 802.1Q and 802.1ad read and skipped.
 *
 *      0                 6                 12   14
 *     +-----------------+-----------------+------+- - - - - - - - -+---------
 *     |   destination   |     source      | type | (tag data, type)* | payload
 *     +-----------------+-----------------+------+- - - - - - - - -+---------
 *
 * Accessors take a pointer to ETH_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: IEEE 802.3, IEEE 802.1Q, RFC 894, RFC 2464.
 */
#ifndef VITRO_WIRE_ETH_H
#define VITRO_WIRE_ETH_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

#define ETH_ADDR_BYTES   6
#define ETH_HEADER_BYTES 14
#define ETH_TAG_BYTES    4
#define ETH_TAGS_MAX     4 /* more than real networks stack; bounds the walk */

enum eth_type {
    ETH_TYPE_IP4 = 0x0800,
    ETH_TYPE_ARP = 0x0806,
    ETH_TYPE_VLAN = 0x8100,
    ETH_TYPE_IP6 = 0x86dd,
    ETH_TYPE_QINQ = 0x88a8,
};

struct eth_addr {
    uint8_t bytes[ETH_ADDR_BYTES];
};

/* What stands behind the VLAN tags. */
struct eth_inner {
    uint16_t ethertype;    /* the first that is no tag */
    uint16_t header_bytes; /* from the frame's first byte to the payload */
    bool is_whole;         /* false: the frame ends in the tags, or has more than ETH_TAGS_MAX */
};

/* A frame worth acting on. Tags are dropped on the way in and never written. */
struct eth_repr {
    struct eth_addr dst;
    struct eth_addr src;
    uint16_t ethertype;
};

/* The address that stands in the six bytes at `bytes`. */
static inline struct eth_addr eth_addr_from(const uint8_t *bytes)
{
    struct eth_addr addr;
    memcpy(addr.bytes, bytes, sizeof addr.bytes);
    return addr;
}

/* ff:ff:ff:ff:ff:ff */
static inline struct eth_addr eth_addr_broadcast(void)
{
    return (struct eth_addr){{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
}

/* True when both are the same address. */
static inline bool eth_addr_eq(const struct eth_addr *a, const struct eth_addr *b)
{
    return memcmp(a->bytes, b->bytes, ETH_ADDR_BYTES) == 0;
}

/* True for group addresses, broadcast among them: the lowest bit of the first byte. */
static inline bool eth_addr_is_multicast(const struct eth_addr *addr)
{
    return (addr->bytes[0] & 1) != 0;
}

/* True for 00:00:00:00:00:00, which no station has. */
static inline bool eth_addr_is_zero(const struct eth_addr *addr)
{
    const struct eth_addr zero = {{0}};
    return eth_addr_eq(addr, &zero);
}

/* The group address an IP multicast address is sent to (RFC 1112 6.4, RFC 2464 7). */
struct eth_addr eth_addr_for_multicast(const struct ip_addr *group);

/* The destination address. */
static inline struct eth_addr eth_header_dst(const uint8_t *h) { return eth_addr_from(h); }

/* The source address. */
static inline struct eth_addr eth_header_src(const uint8_t *h) { return eth_addr_from(h + 6); }

/* The type field, which may announce a tag; see eth_header_inner() for the payload's type. */
static inline uint16_t eth_header_type(const uint8_t *h) { return get_be16(h + 12); }

/* True for the ethertypes that open a VLAN tag. */
static inline bool eth_type_is_tag(uint16_t ethertype)
{
    return ethertype == ETH_TYPE_VLAN || ethertype == ETH_TYPE_QINQ;
}

/* The tag control information of tag number `index` (from 0): priority 3 bits, DEI 1, VLAN 12. */
static inline uint16_t eth_header_tag(const uint8_t *h, uint32_t index)
{
    return get_be16(h + ETH_HEADER_BYTES + (size_t)index * ETH_TAG_BYTES);
}

/* Looks behind the VLAN tags of a frame of at least ETH_HEADER_BYTES. */
struct eth_inner eth_header_inner(struct span frame);

/*
 * Reads the header and tags; `*header_len` gets the offset of the payload.
 * WIRE_TRUNCATED: shorter than its header. WIRE_UNSUPPORTED: an 802.3 length instead of a type, or
 * too many tags.
 */
WARN_UNUSED enum wire_status eth_parse(struct eth_repr *repr, struct span frame,
                                       uint32_t *header_len);

/* Writes ETH_HEADER_BYTES, without tags, at the front of `out`, which must have room for them. */
void eth_emit(const struct eth_repr *repr, struct span_mut out);

#endif
