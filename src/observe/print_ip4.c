/*
 * IPv4, and what both versions of IP share: the way to the protocol inside.
 *
 * References: RFC 791, RFC 2474, RFC 3168.
 */
#include "observe/print_layer.h"
#include "wire/checksum.h"
#include "wire/ip4.h"
#include "wire/tcp.h"
#include "wire/udp.h"

#define PROTO_IP4  4
#define PROTO_DCCP 33
#define PROTO_SCTP 132

static const struct print_word flag_names[] = {
    {IP4_FLAG_MF, "+"}, {IP4_FLAG_DF, "DF"}, {IP4_FLAG_RESERVED, "rsvd"}, {0, NULL}};

static const struct print_word protocol_names[] = {{0, "Options"},
                                                   {1, "ICMP"},
                                                   {2, "IGMP"},
                                                   {4, "IPIP"},
                                                   {6, "TCP"},
                                                   {8, "EGP"},
                                                   {9, "IGRP"},
                                                   {17, "UDP"},
                                                   {33, "DCCP"},
                                                   {41, "IPv6"},
                                                   {43, "Routing"},
                                                   {44, "Fragment"},
                                                   {46, "RSVP"},
                                                   {47, "GRE"},
                                                   {50, "ESP"},
                                                   {51, "AH"},
                                                   {55, "Mobile IP"},
                                                   {58, "ICMPv6"},
                                                   {62, "Mobility (old)"},
                                                   {77, "PIM"},
                                                   {88, "EIGRP"},
                                                   {89, "OSPF"},
                                                   {103, "PIM"},
                                                   {108, "Compressed IP"},
                                                   {112, "VRRP"},
                                                   {113, "PGM"},
                                                   {132, "SCTP"},
                                                   {135, "Mobility"},
                                                   {0, NULL}};

const char *print_ip_protocol_name(uint8_t protocol)
{
    const char *name = print_word_find(protocol_names, protocol);
    return name != NULL ? name : "unknown";
}

static void print_ip_address(struct print *p, const struct print_ip *ip, const uint8_t *address)
{
    if (ip->version == 4) {
        print_ip4_addr(p, address);
    } else {
        print_ip6_addr(p, address);
    }
}

void print_ip_addresses(struct print *p, const struct print_ip *ip)
{
    print_ip_address(p, ip, ip->src);
    PRINT(p, " > ");
    print_ip_address(p, ip, ip->dst);
}

void print_ip_ports(struct print *p, const struct print_ip *ip, uint8_t protocol, uint16_t src_port,
                    uint16_t dst_port)
{
    const bool has_addresses = ip->next == protocol;
    if (has_addresses) {
        print_ip_address(p, ip, ip->src);
        PRINT(p, ".");
    }
    print_u32(p, src_port);
    PRINT(p, " > ");
    if (has_addresses) {
        print_ip_address(p, ip, ip->dst);
        PRINT(p, ".");
    }
    print_u32(p, dst_port);
}

void print_quoted_port(struct print *p, uint8_t protocol, uint16_t port)
{
    if (protocol == IP_PROTO_TCP) {
        PRINT(p, " tcp port ");
    } else if (protocol == IP_PROTO_UDP) {
        PRINT(p, " udp port ");
    } else {
        PRINT(p, " protocol ");
        print_u32(p, protocol);
        PRINT(p, " port ");
    }
    print_u32(p, port);
}

uint16_t print_checksum_wanted(const struct print *p, const struct print_ip *ip, uint8_t protocol,
                               uint32_t at, uint32_t len, uint16_t found)
{
    const bool is_v4 = ip->version == 4;
    const struct ip_addr src =
        is_v4 ? ip_addr_from_v4(get_be32(ip->src)) : ip_addr_from_v6(ip->src);
    const struct ip_addr dst =
        is_v4 ? ip_addr_from_v4(get_be32(ip->final)) : ip_addr_from_v6(ip->final);
    uint32_t sum = checksum_pseudo(&src, &dst, protocol, len);
    sum = checksum_add(sum, span_of(p->bytes + at, len));
    return checksum_is_good(sum) ? found : print_checksum_repaired(found, sum);
}

void print_checksum_verdict(struct print *p, const char *protocol, uint16_t found, uint16_t wanted)
{
    const bool is_right = wanted == found;
    print_string(p, is_right ? "[" : "[bad ");
    print_string(p, protocol);
    if (is_right) {
        PRINT(p, " sum ok] ");
        return;
    }
    PRINT(p, " cksum 0x");
    print_hex(p, found, 4);
    PRINT(p, " -> 0x");
    print_hex(p, wanted, 4);
    PRINT(p, "!] ");
}

uint16_t print_checksum_repaired(uint16_t found, uint32_t sum)
{
    return checksum_fold((uint32_t)found + checksum_finish(sum));
}

/* Prints what an IPv4 or IPv6 packet inside must not carry. */
static void print_wrong_version(struct print *p, uint8_t version)
{
    PRINT(p, "[icmp");
    print_string(p, version == 4 ? "6 requires IPv6]" : " requires IPv4]");
    print_invalid(p);
}

void print_ip_payload(struct print *p, const struct print_ip *ip, uint8_t protocol, uint32_t at,
                      uint32_t len)
{
    switch (protocol) {
    case IP_PROTO_TCP: print_tcp(p, ip, at, len); return;
    case IP_PROTO_UDP: print_udp(p, ip, at, len); return;
    case IP_PROTO_ICMP4:
        if (ip->version == 4) {
            print_icmp4(p, ip, at, len);
        } else {
            print_wrong_version(p, ip->version);
        }
        return;
    case IP_PROTO_ICMP6:
        if (ip->version == 6) {
            print_icmp6(p, ip, at, len);
        } else {
            print_wrong_version(p, ip->version);
        }
        return;
    case PROTO_IP4: print_next(p, PRINT_LAYER_IP4, at, len); return;
    case IP_PROTO_IP6: print_next(p, PRINT_LAYER_IP6, at, len); return;
    case IP_PROTO_NONE: PRINT(p, "no next header"); return;
    default:
        PRINT(p, " ip-proto-");
        print_u32(p, protocol);
        PRINT(p, " ");
        print_u32(p, len);
        return;
    }
}

static bool has_own_addresses(uint8_t protocol)
{
    return protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == PROTO_SCTP ||
           protocol == PROTO_DCCP;
}

/* `(tos 0x0, ...)`, what -v adds. */
static void print_detail(struct print *p, const uint8_t *h, uint32_t at, uint32_t hlen)
{
    static const char *const ecn_names[] = {"", ",ECT(1)", ",ECT(0)", ",CE"};
    const uint16_t field = ip4_header_fragment_field(h);
    PRINT(p, "(tos 0x");
    print_hex(p, ip4_header_tos(h), 1);
    print_string(p, ecn_names[ip4_header_ecn(h)]);
    if (ip4_header_ttl(h) > 0) {
        PRINT(p, ", ttl ");
        print_u32(p, ip4_header_ttl(h));
    }
    PRINT(p, ", id ");
    print_u32(p, ip4_header_id(h));
    PRINT(p, ", offset ");
    print_u32(p, ip4_header_fragment_offset(h));
    PRINT(p, ", flags [");
    print_bits(p, flag_names, field & (IP4_FLAG_MF | IP4_FLAG_DF | IP4_FLAG_RESERVED), ", ",
               "none");
    PRINT(p, "], proto ");
    print_string(p, print_ip_protocol_name(ip4_header_protocol(h)));
    PRINT(p, " (");
    print_u32(p, ip4_header_protocol(h));
    PRINT(p, "), length ");
    print_u32(p, ip4_header_total_bytes(h));
    if (hlen > IP4_HEADER_BYTES) {
        PRINT(p, ", options (");
        print_ip4_options(p, at + IP4_HEADER_BYTES, hlen - IP4_HEADER_BYTES);
        PRINT(p, ")");
    }
    if (!p->options.has_no_checksums && print_has(p, at, hlen)) {
        const uint32_t sum = checksum_add(0, span_of(h, hlen));
        if (!checksum_is_good(sum)) {
            PRINT(p, ", bad cksum ");
            print_hex(p, ip4_header_checksum(h), 1);
            PRINT(p, " (->");
            print_hex(p, print_checksum_repaired(ip4_header_checksum(h), sum), 1);
            PRINT(p, ")!");
        }
    }
    PRINT(p, ")\n    ");
}

/* The last hop of a source route, which the transport checksum covers; else the destination. */
static const uint8_t *final_destination(const struct print *p, uint32_t at, uint32_t hlen)
{
    struct span options = {NULL, 0};
    if (print_has(p, at, hlen)) {
        options = span_of(p->bytes + at + IP4_HEADER_BYTES, hlen - IP4_HEADER_BYTES);
    }
    struct ip4_option option;
    while (ip4_option_next(&options, &option)) {
        if (option.is_bad) break;
        if (option.kind != IP4_OPTION_LOOSE_ROUTE && option.kind != IP4_OPTION_STRICT_ROUTE)
            continue;
        if (option.data.len < 5) break;
        return option.data.data + option.data.len - 4;
    }
    return p->bytes + at + 16;
}

/* Prints the first or only fragment, or of later ones what they are part of. */
static void print_payload(struct print *p, const struct print_ip *ip, uint16_t field, uint32_t hlen,
                          uint32_t len)
{
    if (field & IP4_OFFSET_MASK) {
        if (p->options.quiet > 1) return;
        print_ip_addresses(p, ip);
        PRINT(p, ": ip-proto-");
        print_u32(p, ip->next);
        return;
    }
    if (!has_own_addresses(ip->next)) {
        print_ip_addresses(p, ip);
        PRINT(p, ": ");
    }
    if (!print_has(p, ip->at, hlen)) {
        print_header_missing(p, print_left(p, ip->at), hlen);
        return;
    }
    print_ip_payload(p, ip, ip->next, ip->at + hlen, len);
}

/* Judges the version in the first byte; false when that was all there is to print. */
static bool check_version(struct print *p, uint32_t at)
{
    const uint8_t version = print_get_u8(p, at) >> 4;
    if (print_is_cut(p)) return false;
    if (version == 4) return true;
    if (version == 6) {
        PRINT(p, "IP6, wrong link-layer encapsulation");
    } else {
        PRINT(p, "IP");
        print_u32(p, version);
    }
    print_invalid(p);
    return false;
}

void print_ip4(struct print *p, uint32_t at, uint32_t len)
{
    p->proto = "ip";
    if (!check_version(p, at)) return;
    if (!p->options.has_link) PRINT(p, "IP ");
    if (!print_has(p, at, IP4_HEADER_BYTES)) {
        print_trunc(p);
        return;
    }
    const uint8_t *h = p->bytes + at;
    if (len < IP4_HEADER_BYTES) {
        PRINT(p, "truncated-ip ");
        print_u32(p, len);
        return;
    }
    const uint32_t hlen = ip4_header_len(h);
    const uint32_t total = ip4_header_total_bytes(h);
    if (hlen < IP4_HEADER_BYTES) {
        PRINT(p, "bad-hlen ");
        print_u32(p, hlen);
        return;
    }
    if (len < total) {
        PRINT(p, "truncated-ip - ");
        print_u32(p, total - len);
        PRINT(p, " bytes missing! ");
    }
    if (total < hlen) {
        PRINT(p, "bad-len ");
        print_u32(p, total);
        return;
    }
    print_limit(p, at + total);
    struct print_ip ip = {.version = 4,
                          .next = ip4_header_protocol(h),
                          .hops = ip4_header_ttl(h),
                          .at = at,
                          .src = h + 12,
                          .dst = h + 16,
                          .final = h + 16,
                          .is_fragment = ip4_header_is_fragment(h)};
    if (hlen > IP4_HEADER_BYTES) ip.final = final_destination(p, at, hlen);
    if (p->options.verbosity > 0) print_detail(p, h, at, hlen);
    if (print_is_cut(p)) return;
    print_payload(p, &ip, ip4_header_fragment_field(h), hlen, total - hlen);
}
