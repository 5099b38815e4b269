/*
 * Numbers that IPv4 and IPv6 share: protocol (next header) numbers and the ECN field.
 *
 * References: RFC 5237, RFC 8200 4, RFC 3168 5.
 */
#ifndef VITRO_WIRE_IP_PROTO_H
#define VITRO_WIRE_IP_PROTO_H

enum ip_proto {
    IP_PROTO_HOP_BY_HOP = 0,
    IP_PROTO_ICMP4 = 1,
    IP_PROTO_TCP = 6,
    IP_PROTO_UDP = 17,
    IP_PROTO_IP6 = 41,
    IP_PROTO_ROUTING = 43,
    IP_PROTO_FRAGMENT = 44,
    IP_PROTO_ICMP6 = 58,
    IP_PROTO_NONE = 59,
    IP_PROTO_DESTINATION = 60,
};

enum ip_ecn {
    IP_ECN_NOT_ECT = 0,
    IP_ECN_ECT1 = 1,
    IP_ECN_ECT0 = 2,
    IP_ECN_CE = 3,
};

#endif
