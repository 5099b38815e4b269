/*
 * The TCP header.
 *
 *      0          2          4     8     12        14       16         18       20
 *     +----------+----------+-----+-----+----+----+--------+----------+--------+---------+------
 *     | src port | dst port | seq | ack | DO flags| window | checksum | urgent | options | data
 *     +----------+----------+-----+-----+----+----+--------+----------+--------+---------+------
 *
 * DO, four bits, is the header length in words; three reserved bits follow, then nine flags.
 * Accessors take a pointer to TCP_HEADER_BYTES valid bytes and judge nothing.
 *
 * References: RFC 9293 3.1, RFC 9768 (the AE flag).
 */
#ifndef VITRO_WIRE_TCP_H
#define VITRO_WIRE_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/span.h"
#include "wire/status.h"
#include "wire/tcp_options.h"

#define TCP_HEADER_BYTES     20
#define TCP_HEADER_BYTES_MAX 60
#define TCP_CHECKSUM_OFFSET  16

#define TCP_FLAG_FIN 0x01
#define TCP_FLAG_SYN 0x02
#define TCP_FLAG_RST 0x04
#define TCP_FLAG_PSH 0x08
#define TCP_FLAG_ACK 0x10
#define TCP_FLAG_URG 0x20
#define TCP_FLAG_ECE 0x40
#define TCP_FLAG_CWR 0x80
#define TCP_FLAG_AE  0x100

struct tcp_repr {
    uint16_t src_port;
    uint16_t dst_port;
    uint32_t seq;
    uint32_t ack;    /* as it stands, also without TCP_FLAG_ACK */
    uint16_t flags;  /* TCP_FLAG_* */
    uint16_t window; /* as it stands, not scaled */
    uint16_t urgent; /* as it stands, also without TCP_FLAG_URG */
    struct tcp_options options;
};

/* The source port. */
static inline uint16_t tcp_header_src_port(const uint8_t *h) { return get_be16(h); }

/* The destination port. */
static inline uint16_t tcp_header_dst_port(const uint8_t *h) { return get_be16(h + 2); }

/* The sequence number. */
static inline uint32_t tcp_header_seq(const uint8_t *h) { return get_be32(h + 4); }

/* The acknowledgment number, meaningful with TCP_FLAG_ACK. */
static inline uint32_t tcp_header_ack(const uint8_t *h) { return get_be32(h + 8); }

/* Length of the header with its options, 0 to 60. */
static inline uint32_t tcp_header_len(const uint8_t *h) { return (uint32_t)(h[12] >> 4) * 4; }

/* The three reserved bits, as a number. */
static inline uint8_t tcp_header_reserved(const uint8_t *h) { return (uint8_t)(h[12] >> 1 & 7); }

/* The nine flags, TCP_FLAG_*. */
static inline uint16_t tcp_header_flags(const uint8_t *h) { return get_be16(h + 12) & 0x1ff; }

/* The window, not scaled. */
static inline uint16_t tcp_header_window(const uint8_t *h) { return get_be16(h + 14); }

/* The checksum as it stands. */
static inline uint16_t tcp_header_checksum(const uint8_t *h)
{
    return get_be16(h + TCP_CHECKSUM_OFFSET);
}

/* The urgent pointer, meaningful with TCP_FLAG_URG. */
static inline uint16_t tcp_header_urgent(const uint8_t *h) { return get_be16(h + 18); }

/*
 * Looks at lengths only. WIRE_TRUNCATED: the bytes do not hold the header that the data offset
 * announces; WIRE_BAD_LENGTH: a data offset below 5.
 */
WARN_UNUSED enum wire_status tcp_header_check(struct span header_and_more);

/*
 * Reads a header and its options; `*header_len` gets the offset of the data. The checksum is not
 * looked at: see checksum_transport_is_good(). Malformed options are ignored, never an error.
 * Errors as tcp_header_check().
 */
WARN_UNUSED enum wire_status tcp_parse(struct tcp_repr *repr, struct span header_and_more,
                                       uint32_t *header_len);

/* Bytes tcp_emit() writes, 20 to 60. */
uint32_t tcp_emit_len(const struct tcp_repr *repr);

/*
 * Writes the header with its options at the front of `out`, with room for tcp_emit_len(). The
 * checksum field is left 0.
 */
void tcp_emit(const struct tcp_repr *repr, struct span_mut out);

#endif
