/*
 * ARP for IPv4 over Ethernet.
 *
 *      0        2        4    5    6        8          14      18         24      28
 *     +--------+--------+----+----+--------+----------+-------+----------+-------+
 *     | hw = 1 | 0x0800 | 6  | 4  |   op   | sender hw| sender| target hw| target|
 *     +--------+--------+----+----+--------+----------+-------+----------+-------+
 *
 * References: RFC 826, RFC 5227 (probes have sender 0.0.0.0).
 */
#ifndef VITRO_WIRE_ARP_H
#define VITRO_WIRE_ARP_H

#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/eth.h"
#include "wire/ip_addr.h"
#include "wire/status.h"

#define ARP_BYTES 28 /* with Ethernet and IPv4 addresses */

enum arp_op {
    ARP_REQUEST = 1,
    ARP_REPLY = 2,
    ARP_REVERSE_REQUEST = 3,
    ARP_REVERSE_REPLY = 4,
    ARP_INVERSE_REQUEST = 8,
    ARP_INVERSE_REPLY = 9,
};

struct arp_repr {
    uint16_t op; /* ARP_REQUEST or ARP_REPLY */
    struct eth_addr sender_eth;
    struct eth_addr target_eth; /* of no meaning in a request */
    struct ip_addr sender_ip;   /* 0.0.0.0 in a probe */
    struct ip_addr target_ip;
};

/* The accessors below need 8 valid bytes at `h`; those for addresses ARP_BYTES. */

/* Kind of hardware; 1 is Ethernet. */
static inline uint16_t arp_header_hardware(const uint8_t *h) { return get_be16(h); }

/* Kind of protocol, an ethertype. */
static inline uint16_t arp_header_protocol(const uint8_t *h) { return get_be16(h + 2); }

/* Length of a hardware address in bytes. */
static inline uint8_t arp_header_hardware_bytes(const uint8_t *h) { return h[4]; }

/* Length of a protocol address in bytes. */
static inline uint8_t arp_header_protocol_bytes(const uint8_t *h) { return h[5]; }

/* The operation, an enum arp_op when known. */
static inline uint16_t arp_header_op(const uint8_t *h) { return get_be16(h + 6); }

/* The sender's Ethernet address. */
static inline struct eth_addr arp_header_sender_eth(const uint8_t *h)
{
    return eth_addr_from(h + 8);
}

/* The sender's IPv4 address. */
static inline struct ip_addr arp_header_sender_ip(const uint8_t *h)
{
    return ip_addr_from_v4(get_be32(h + 14));
}

/* The target's Ethernet address. */
static inline struct eth_addr arp_header_target_eth(const uint8_t *h)
{
    return eth_addr_from(h + 18);
}

/* The target's IPv4 address. */
static inline struct ip_addr arp_header_target_ip(const uint8_t *h)
{
    return ip_addr_from_v4(get_be32(h + 24));
}

/*
 * Reads an ARP packet; bytes after it are padding.
 * WIRE_TRUNCATED; WIRE_UNSUPPORTED: other hardware, protocol or operation; WIRE_BAD_LENGTH: address
 * lengths that do not fit Ethernet and IPv4; WIRE_BAD_VALUE: a sender with a group address.
 */
WARN_UNUSED enum wire_status arp_parse(struct arp_repr *repr, struct span packet);

/* Writes ARP_BYTES at the front of `out`, which must have room for them. */
void arp_emit(const struct arp_repr *repr, struct span_mut out);

#endif
