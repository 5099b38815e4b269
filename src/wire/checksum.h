/*
 * The Internet checksum (RFC 1071).
 *
 * A running sum is a uint32_t that counts 16-bit words in network order: sums over different bytes,
 * a pseudo header and header fields add up freely, as long as each piece begins at an even position
 * of the whole. Every function returns a sum below 2^17, so any number of pieces may be added.
 * checksum_finish() gives the number to store with put_be16(); a message that carries its right
 * checksum sums up to checksum_is_good().
 *
 * References: RFC 1071, RFC 1624 (why 0xffff and 0 are both zero), RFC 8200 8.1 (pseudo header).
 */
#ifndef VITRO_WIRE_CHECKSUM_H
#define VITRO_WIRE_CHECKSUM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/gather.h"
#include "base/span.h"
#include "wire/ip_addr.h"

/* Adds `data` to `sum`. An odd last byte counts as followed by a zero byte. */
uint32_t checksum_add(uint32_t sum, struct span data);

/* The same by the path that runs on every machine; for tests and measurements of checksum_add(). */
uint32_t checksum_add_portable(uint32_t sum, struct span data);

/*
 * Adds `len` bytes of `bytes` from `offset` on, as if they stood in one place; parts of odd length
 * are handled. The range must lie inside `bytes`.
 */
uint32_t checksum_gather(uint32_t sum, const struct gather *bytes, uint32_t offset, uint32_t len);

/* The pseudo header's sum: both addresses (of one version), the protocol and the payload length. */
uint32_t checksum_pseudo(const struct ip_addr *src, const struct ip_addr *dst, uint8_t protocol,
                         uint32_t len);

/* The sum in 16 bits. */
static inline uint16_t checksum_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* The checksum to store: the complement of the folded sum. */
static inline uint16_t checksum_finish(uint32_t sum) { return (uint16_t)~checksum_fold(sum); }

/* True when `sum`, taken over a message with its checksum field in place, shows it intact. */
static inline bool checksum_is_good(uint32_t sum) { return checksum_fold(sum) == 0xffff; }

/*
 * True when the `len` bytes of `bytes` from `offset` on, a TCP, UDP or ICMPv6 message from `src` to
 * `dst`, carry the right checksum.
 */
static inline bool checksum_transport_is_good(const struct ip_addr *src, const struct ip_addr *dst,
                                              uint8_t protocol, const struct gather *bytes,
                                              uint32_t offset, uint32_t len)
{
    const uint32_t sum = checksum_pseudo(src, dst, protocol, len);
    return checksum_is_good(checksum_gather(sum, bytes, offset, len));
}

#endif
