/*
 * The UDP header.
 *
 *      0          2          4        6          8
 *     +----------+----------+--------+----------+--------
 *     | src port | dst port | length | checksum | payload
 *     +----------+----------+--------+----------+--------
 *
 * Accessors take a pointer to UDP_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 768, RFC 1122 4.1, RFC 8200 8.1 (over IPv6 the checksum is not optional).
 */
#ifndef VITRO_WIRE_UDP_H
#define VITRO_WIRE_UDP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/status.h"

#define UDP_HEADER_BYTES 8

struct udp_repr {
    uint16_t src_port; /* 0: none */
    uint16_t dst_port;
    uint16_t payload_bytes;
    bool has_checksum; /* false: the field is 0, the sender made none */
};

/* The source port. */
static inline uint16_t udp_header_src_port(const uint8_t *h) { return get_be16(h); }

/* The destination port. */
static inline uint16_t udp_header_dst_port(const uint8_t *h) { return get_be16(h + 2); }

/* Length of header and payload. */
static inline uint16_t udp_header_len(const uint8_t *h) { return get_be16(h + 4); }

/* The checksum as it stands; 0 means none was made. */
static inline uint16_t udp_header_checksum(const uint8_t *h) { return get_be16(h + 6); }

/* The form of a finished checksum to store: 0 would mean "none", so it goes out as 0xffff. */
static inline uint16_t udp_checksum_nonzero(uint16_t checksum)
{
    return checksum == 0 ? 0xffff : checksum;
}

/*
 * Reads a header. `header` is the front of the datagram, at least 8 bytes of it; `datagram_bytes`
 * counts the IP payload with what follows elsewhere. Does not look at the checksum: see
 * checksum_transport_is_good() over 8 + payload_bytes.
 * WIRE_TRUNCATED: shorter than 8 bytes or than its length; WIRE_BAD_LENGTH: a length below 8.
 */
WARN_UNUSED enum wire_status udp_parse(struct udp_repr *repr, struct span header,
                                       uint32_t datagram_bytes);

/*
 * Writes UDP_HEADER_BYTES at the front of `out`, with the checksum field 0: to be filled in with
 * checksum_finish() and udp_checksum_nonzero(), or left to a device. `has_checksum` is not used.
 */
void udp_emit(const struct udp_repr *repr, struct span_mut out);

#endif
