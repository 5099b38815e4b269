/*
 * Kinds of packets, as exact faults name them: "data", "SYN-ACK", "FIN" ...
 *
 * A packet is of several kinds at once: a FIN with data is a packet, a segment, data and a FIN.
 */
#ifndef VITRO_SIM_KIND_H
#define VITRO_SIM_KIND_H

#include "base/assert.h"
#include "base/span.h"
#include "wire/frame.h"

/* name, word */
#define SIM_KINDS(X)                                                                               \
    X(PACKET, "packet")   /* each and every one */                                                 \
    X(SEGMENT, "segment") /* TCP */                                                                \
    X(DATA, "data")       /* TCP with payload */                                                   \
    X(SYN, "syn")         /* SYN without ACK */                                                    \
    X(SYN_ACK, "syn-ack")                                                                          \
    X(ACK, "ack") /* TCP with nothing but an acknowledgement */                                    \
    X(FIN, "fin")                                                                                  \
    X(RST, "rst")                                                                                  \
    X(UDP, "udp")                                                                                  \
    X(ICMP, "icmp") /* of both versions, neighbour discovery included */                           \
    X(ARP, "arp")                                                                                  \
    X(FRAGMENT, "fragment") /* of an IP packet */

enum sim_kind {
#define SIM_KIND_ENUM(name, word) SIM_KIND_##name,
    SIM_KINDS(SIM_KIND_ENUM)
#undef SIM_KIND_ENUM
        SIM_KIND_COUNT,
};

/* The kind's word, in lower case; a static string. */
const char *sim_kind_word(enum sim_kind kind);

/* The kind that a word of `len` letters means, in either case; false if there is none. */
WARN_UNUSED bool sim_kind_find(const char *word, size_t len, enum sim_kind *kind);

/* The kinds a packet on the wire is of: a bit (1 << SIM_KIND_...) each. */
uint32_t sim_kinds_of(struct span packet, enum frame_link link);

/* Where the IP header of a packet begins; packet.len when it holds no IP packet. */
size_t sim_ip_offset(struct span packet, enum frame_link link);

#endif
