/*
 * Numbers in IP headers that strangers must not be able to guess: fragment identifications and
 * flow labels.
 *
 * An identification is a secret offset per (source, destination, protocol) plus a counter, of which
 * there are a fixed number, shared by secret hash. So it does not repeat before the counter has
 * gone round, and tells nobody who sees one flow how busy another is.
 *
 * References: RFC 7739 5.3 (hash and counters), RFC 6864 (IPv4), RFC 6437 3 (flow label).
 */
#ifndef VITRO_IP_ID_H
#define VITRO_IP_ID_H

#include "base/base.h"
#include "base/hash.h"
#include "wire/ip_addr.h"

#define IP_ID_COUNTERS 512 /* a power of two */

struct ip_ids {
    struct hash_key key;
    uint32_t counter[IP_ID_COUNTERS];
};

/* Starts the counters at places that depend on the secret key. */
void ip_ids_init(struct ip_ids *ids, const struct hash_key *key);

/* The identification for the next packet from `src` to `dst` that may be fragmented: all 32 bits
 * for IPv6, the low 16 for IPv4. */
uint32_t ip_id_next(struct ip_ids *ids, const struct ip_addr *src, const struct ip_addr *dst,
                    uint8_t protocol);

/* The flow label of a flow: always the same for one five-tuple, 1 to 0xfffff, never 0. Cheap enough
 * for every packet. */
uint32_t ip_flow_label(const struct hash_key *key, const struct ip_addr *src,
                       const struct ip_addr *dst, uint16_t src_port, uint16_t dst_port,
                       uint8_t protocol);

#endif
