/*
 * One received datagram as it waits for the application: who sent it where, and its bytes.
 *
 * Small ones lie whole in the record; the rest of a large one lies in chunks. Both come from pools
 * of the host, so what strangers send us has a limit.
 */
#ifndef VITRO_UDP_DATAGRAM_H
#define VITRO_UDP_DATAGRAM_H

#include "base/base.h"
#include "base/gather.h"
#include "base/list.h"
#include "base/pool.h"
#include "wire/ip_addr.h"

/* The longest payload: 65535 less the UDP header (RFC 768; over IPv4 the IP header takes 20
 * more). */
#define UDP_PAYLOAD_BYTES_MAX 65527u

#define UDP_CHUNK_BYTES 4088u /* payload bytes in a chunk: 4 KiB with its link */
#define UDP_DATAGRAM_INLINE_BYTES                                                                  \
    1952u /* payload bytes in the record itself: 2 KiB with its fields */

struct udp_chunk {
    struct udp_chunk *next;
    uint8_t data[UDP_CHUNK_BYTES];
};

struct udp_datagram {
    struct list link;         /* in the socket's queue */
    struct udp_chunk *chunks; /* what follows the inline bytes, in order */
    uint64_t received_us;
    struct ip_addr src, dst; /* dst: where it was sent, which a gateway's socket wants to know */
    uint16_t src_port, dst_port;
    uint16_t zone;      /* interface it came over when an address is link-local, else 0 */
    uint8_t hop_limit;  /* as it arrived */
    bool dont_fragment; /* IPv4: it arrived whole, with DF */
    uint32_t len_bytes; /* of the payload */
    uint8_t data[UDP_DATAGRAM_INLINE_BYTES];
};

/* Copies `payload` into a new datagram with no other field set; NULL when a pool is exhausted. At
 * most UDP_PAYLOAD_BYTES_MAX bytes. */
WARN_UNUSED struct udp_datagram *udp_datagram_make(struct pool *datagrams, struct pool *chunks,
                                                   const struct gather *payload);

/* Gives a datagram that is in no queue back to its pools. */
void udp_datagram_free(struct pool *datagrams, struct pool *chunks, struct udp_datagram *datagram);

/* Sets `bytes` to where the payload lies; good as long as the datagram. */
void udp_datagram_bytes(const struct udp_datagram *datagram, struct gather *bytes);

#endif
