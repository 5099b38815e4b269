/*
 * ICMP of both versions in one vocabulary: errors built, errors understood, echo answered.
 *
 * Building is pure: the caller asks whether a packet may be answered with an error at all, then the
 * rate limit (ip_icmp_limit.h), then has the message written. Of an error that arrives, this module
 * says what it means and whom it quotes; whether the quoted packet was really ours is for TCP or
 * UDP to say (RFC 5927), and before they have, nothing may be believed.
 *
 * References: RFC 792, RFC 1122 3.2.2, RFC 1812 4.3, RFC 4443, RFC 5927, RFC 9293 3.9.2.2.
 */
#ifndef VITRO_IP_ICMP_H
#define VITRO_IP_ICMP_H

#include "base/base.h"
#include "base/gather.h"
#include "wire/icmp4.h"
#include "wire/icmp6.h"
#include "wire/ip_addr.h"

#define IP_ICMP_PACKET_V4_MAX   576u  /* RFC 1812 4.3.2.3: quote as much as fits */
#define IP_ICMP_PACKET_V6_MAX   1280u /* RFC 4443 2.4 (c) */
/* Room for any error message without its IP header. */
#define IP_ICMP_ERROR_BYTES_MAX (IP_ICMP_PACKET_V6_MAX - 40u)

/* What is wrong, whatever the version. */
enum ip_icmp_kind {
    IP_ICMP_NET_UNREACHABLE,      /* no route */
    IP_ICMP_NET_UNKNOWN,          /* no route, and none will come: v4's hard form; sent only */
    IP_ICMP_HOST_UNREACHABLE,     /* the last hop does not find it */
    IP_ICMP_PROTOCOL_UNREACHABLE, /* v6: parameter problem, unrecognised next header */
    IP_ICMP_PORT_UNREACHABLE,
    IP_ICMP_PROHIBITED,          /* by policy */
    IP_ICMP_SOURCE_ROUTE_FAILED, /* received only */
    IP_ICMP_PACKET_TOO_BIG,
    IP_ICMP_TTL_EXCEEDED,
    IP_ICMP_REASSEMBLY_EXCEEDED,
    IP_ICMP_PARAMETER_PROBLEM, /* a header field is bad; `code` says which way (v6) */
};

/* An error to be sent about a packet. */
struct ip_icmp_report {
    enum ip_icmp_kind kind;
    uint8_t code;       /* PARAMETER_PROBLEM: enum icmp6_parameter_code; 0 for IPv4 */
    uint32_t pointer;   /* PARAMETER_PROBLEM, and v6 PROTOCOL_UNREACHABLE: the byte at fault */
    uint32_t mtu_bytes; /* PACKET_TOO_BIG */
};

/*
 * Whether `packet` (from its IP header on; headers in the first part) may be answered with this
 * error: not if it is itself an ICMP error (or anything we cannot tell from one), a later fragment,
 * sent to or from an address that is not one host's, or came as a link-layer broadcast or multicast
 * (RFC 1122 3.2.2; RFC 4443 2.4 (e), which lets PACKET_TOO_BIG and one PARAMETER_PROBLEM through to
 * multicast). `is_broadcast_dst`: the interface says so (subnet broadcast).
 */
WARN_UNUSED bool ip_icmp_may_answer(const struct gather *packet,
                                    const struct ip_icmp_report *report, bool is_link_multicast,
                                    bool is_broadcast_dst);

/*
 * Writes the error about `packet`, which ip_icmp_may_answer() allowed, as the payload of an IP
 * packet from `src` to the packet's source, checksum included. `out` has room for
 * IP_ICMP_ERROR_BYTES_MAX. Returns the length.
 */
uint32_t ip_icmp_error_emit(const struct gather *packet, const struct ip_icmp_report *report,
                            const struct ip_addr *src, struct span_mut out);

/*
 * The header of the reply to an echo request: `message` is the request from its ICMP header on, of
 * which only the first part's 8 bytes are read. Writes 8 bytes to `header`, with the checksum over
 * the whole; the reply is these and then the request's data as it lies. `src` and `dst` are the
 * reply's (v6 checksum; which version is seen from them).
 */
void ip_icmp_echo_reply(const struct gather *message, const struct ip_addr *src,
                        const struct ip_addr *dst, struct span_mut header);

/* An error that arrived, understood. */
struct ip_icmp_error {
    enum ip_icmp_kind kind;
    bool is_hard;       /* protocol or port unreachable, prohibited: aborts what is being opened */
    int error;          /* errno for an application */
    struct ip_addr src; /* of the quoted packet: ours, if it is honest */
    struct ip_addr dst;
    uint8_t protocol;
    bool has_ports;
    bool has_seq;      /* TCP: the sequence number was quoted */
    uint16_t src_port; /* echo: the identifier stands in both */
    uint16_t dst_port;
    uint32_t seq;
    uint32_t mtu_bytes;    /* PACKET_TOO_BIG: as reported; 0 from old routers */
    uint32_t packet_bytes; /* length of the quoted packet, as it says itself */
};

/*
 * Reads an IPv4 error that icmp4_parse() read. False when it is no error, a kind of no use (source
 * quench, redirect), or its quote tells too little: drop it as ICMP_MALFORMED or silently.
 */
WARN_UNUSED bool ip_icmp_error_parse4(struct ip_icmp_error *error, const struct icmp4_repr *icmp);

/* The same for ICMPv6. */
WARN_UNUSED bool ip_icmp_error_parse6(struct ip_icmp_error *error, const struct icmp6_repr *icmp);

#endif
