/*
 * The pcapng file format, as bytes. No I/O, no copy of payload: the caller writes what it gets.
 *
 *     section     once, first: who wrote the file
 *     interface   one for each, before its packets; numbered from 0 in this order
 *     packet      header | payload, from where it lies | trailer      one writev
 *     names       any time: what addresses are called
 *     statistics  at the end, one for each interface
 *
 *     block = type 4 | length 4 | body, padded to 4 | options | length 4
 *     option = code 2 | length 2 | value, padded to 4
 *
 * All numbers are little-endian; times are microseconds since 1970. Strings are UTF-8 without a
 * terminating zero. A string longer than PCAPNG_TEXT_BYTES_MAX is cut, between characters.
 *
 * Each function writes one whole block (or the part that its name says) to the front of `out` and
 * returns its length, a multiple of 4 but for the trailer; 0 and nothing usable in `out` if there
 * is no room. PCAPNG_BLOCK_BYTES_MAX is room enough for any but names.
 *
 * References: draft-ietf-opsawg-pcapng.
 */
#ifndef VITRO_OBSERVE_PCAPNG_WRITE_H
#define VITRO_OBSERVE_PCAPNG_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/span.h"
#include "wire/ip_addr.h"

#define PCAPNG_TEXT_BYTES_MAX      512
#define PCAPNG_BLOCK_BYTES_MAX     2560
#define PCAPNG_PACKET_HEADER_BYTES 28
#define PCAPNG_TRAILER_BYTES_MAX   560 /* 3 of padding, a comment and all options, a length */

/* Who wrote the file; each string may be NULL. */
struct pcapng_section {
    const char *application; /* shb_userappl */
    const char *hardware;    /* shb_hardware */
    const char *system;      /* shb_os */
    const char *comment;
};

struct pcapng_interface {
    uint16_t link_type;      /* enum print_link_type */
    uint32_t snapshot_bytes; /* packets are cut to this; 0: never */
    const char *name;        /* NULL: none, as below */
    const char *description;
};

enum pcapng_way {
    PCAPNG_WAY_UNKNOWN,
    PCAPNG_WAY_INBOUND,
    PCAPNG_WAY_OUTBOUND,
};

struct pcapng_packet {
    uint32_t interface;
    uint64_t time_us;
    uint32_t captured_bytes; /* payload that is written; at most wire_bytes */
    uint32_t wire_bytes;     /* length of the packet */
    enum pcapng_way way;
    uint64_t packet_id;  /* the same packet on several interfaces has the same; 0: none */
    uint64_t drops;      /* packets lost here between the one before and this; 0: none is written */
    const char *comment; /* NULL: none */
};

struct pcapng_name {
    struct ip_addr addr;
    const char *name; /* not empty; at most PCAPNG_TEXT_BYTES_MAX of it */
};

/* What an interface has seen from `first_us` to `last_us`. */
struct pcapng_statistics {
    uint32_t interface;
    uint64_t first_us, last_us;
    uint64_t received;  /* packets that came by */
    uint64_t dropped;   /* of them lost for want of room in the device or here */
    uint64_t delivered; /* of them written */
};

/* Begins a file. */
WARN_UNUSED size_t pcapng_write_section(struct span_mut out, const struct pcapng_section *section);

/* Announces an interface. */
WARN_UNUSED size_t pcapng_write_interface(struct span_mut out,
                                          const struct pcapng_interface *interface);

/* What precedes the captured bytes of a packet. The trailer must be written for the same packet. */
void pcapng_write_packet_header(uint8_t out[PCAPNG_PACKET_HEADER_BYTES],
                                const struct pcapng_packet *packet);

/* What follows them: padding, options, length. PCAPNG_TRAILER_BYTES_MAX is room enough. */
WARN_UNUSED size_t pcapng_write_packet_trailer(struct span_mut out,
                                               const struct pcapng_packet *packet);

/* Names addresses: those of the `count` first that fit into `out`, whose number `*taken` gets. */
WARN_UNUSED size_t pcapng_write_names(struct span_mut out, const struct pcapng_name *names,
                                      uint32_t count, uint32_t *taken);

/* Closes an interface. */
WARN_UNUSED size_t pcapng_write_statistics(struct span_mut out,
                                           const struct pcapng_statistics *statistics);

#endif
