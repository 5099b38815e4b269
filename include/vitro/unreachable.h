/*
 * Unreachable: what a gateway says to a host whose packet it could not deliver.
 *
 * It becomes an ICMP or ICMPv6 error that quotes the packet as the host sent it, so that the host's
 * kernel finds the socket it came from and reports an error there (RFC 792, RFC 4443 3). Said by
 * vitro_udp_unreachable() and vitro_ping_unreachable(); for a held SYN by vitro_tcp_decide().
 *
 * ICMP errors are rate-limited (icmp_errors_per_second and icmp_errors_per_destination in
 * config.h): a gateway that serves one host sets the second to 0, or the eleventh error in a second
 * is dropped as VITRO_DROP_ICMP_RATE_LIMIT.
 */
#ifndef VITRO_UNREACHABLE_H
#define VITRO_UNREACHABLE_H

#include "vitro/address.h"
#include "vitro/export.h"

VITRO_BEGIN

/* What a Linux host makes of each: IPv4 / IPv6. Of a connected UDP socket without IP_RECVERR only
 * those marked * are reported. */
enum vitro_unreachable_kind {
    VITRO_UNREACHABLE_NET,     /* no route: ENETUNREACH* / ENETUNREACH */
    VITRO_UNREACHABLE_HOST,    /* the last hop does not find it: EHOSTUNREACH / EHOSTUNREACH */
    VITRO_UNREACHABLE_PORT,    /* nobody listens there: ECONNREFUSED* / ECONNREFUSED* */
    VITRO_UNREACHABLE_ADMIN,   /* forbidden by policy: EHOSTUNREACH* / EACCES* */
    VITRO_UNREACHABLE_TOO_BIG, /* longer than the path's MTU: EMSGSIZE* / EMSGSIZE* */
    VITRO_UNREACHABLE_TTL,     /* lived out on the way: EHOSTUNREACH / EHOSTUNREACH */
};

struct vitro_unreachable {
    enum vitro_unreachable_kind kind;
    uint32_t mtu_bytes;   /* TOO_BIG: the longest IP packet that gets through */
    struct vitro_ip from; /* who says so; all zero: the address that was asked for PORT, else the
                             stack's own (the one that was asked if it has none) */
};

VITRO_END

#endif
