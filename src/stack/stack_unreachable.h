/*
 * ICMP errors of a gateway about packets that it took, and could not deliver afterwards: nothing is
 * kept of them but what their headers said.
 */
#ifndef VITRO_STACK_UNREACHABLE_H
#define VITRO_STACK_UNREACHABLE_H

#include "stack/stack.h"
#include "wire/tcp.h"

/* A packet that was not delivered, as its sender sent it, and what is to be said about it. */
struct stack_undelivered {
    struct ip_addr src, dst; /* who sent it, and whom to */
    uint16_t zone;
    uint8_t protocol;
    uint32_t payload_bytes; /* of the IP packet: with the transport header */
    struct span transport;  /* the beginning of that, at most TCP_HEADER_BYTES */
    struct ip_icmp_report report;
    struct ip_addr from; /* who says it; unspecified: `dst` of a port, else an address of ours */
};

/*
 * Says it, within the limits of ICMP errors. Returns 0; EINVAL: addresses that no packet from one
 * host to another has, or are not of one version; EMSGSIZE: no packet is so long; ENETUNREACH: no
 * route back.
 */
WARN_UNUSED int stack_unreachable_send(struct stack *stack, const struct stack_undelivered *packet,
                                       uint64_t now_us);

/*
 * Answers a SYN that is held with an error of this kind, and forgets it. False: it is not held any
 * more.
 */
bool stack_unreachable_syn(struct stack *stack, const struct tcp_tuple *tuple,
                           enum ip_icmp_kind kind, uint64_t now_us);

#endif
