/*
 * ICMP errors and echo; see ip_icmp.h. What a kind is called in each version stands in tables here;
 * what is quoted is read by wire/icmp_quote.h.
 */
#include "ip/ip_icmp.h"

#include <errno.h>

#include "wire/checksum.h"
#include "wire/icmp_quote.h"
#include "wire/ip4.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

enum { ERROR_HEADER_BYTES = 8 };

/* Whether an address names one host that could be sent an error (RFC 1122 3.2.2, RFC 4443 2.4). */
static bool is_one_host(const struct ip_addr *addr)
{
    if (ip_addr_is_unspecified(addr) || ip_addr_is_multicast(addr) || ip_addr_is_loopback(addr)) {
        return false;
    }
    /* 0.0.0.0/8 is no host, and 240.0.0.0/4 with the broadcast address is none yet. */
    return !ip_addr_is_v4(addr) || (ip_addr_v4(addr) >> 24 != 0 && ip_addr_v4(addr) >> 28 != 0xf);
}

/* Whether the IPv4 packet at `h` may be answered. */
static bool may_answer4(struct span headers, bool is_broadcast)
{
    const uint8_t *h = headers.data;
    const struct ip_addr src = ip4_header_src(h);
    const struct ip_addr dst = ip4_header_dst(h);
    if (is_broadcast || ip_addr_is_multicast(&dst) || ip_addr_is_broadcast(&dst)) return false;
    if (!is_one_host(&src) || ip4_header_fragment_offset(h) != 0) return false;
    if (ip4_header_protocol(h) != IP_PROTO_ICMP4) return true;
    const uint32_t header_len = ip4_header_len(h);
    return headers.len > header_len && !icmp4_type_is_error(h[header_len]);
}

/* Whether an error goes out even about a packet to many (RFC 4443 2.4 (e.3)). */
static bool is_for_multicast_too(const struct ip_icmp_report *report)
{
    return report->kind == IP_ICMP_PACKET_TOO_BIG ||
           (report->kind == IP_ICMP_PARAMETER_PROBLEM && report->code == ICMP6_BAD_OPTION);
}

/* The same for IPv6. */
static bool may_answer6(struct span headers, uint32_t packet_bytes,
                        const struct ip_icmp_report *report, bool is_link_multicast)
{
    const uint8_t *h = headers.data;
    const struct ip_addr src = ip6_header_src(h);
    const struct ip_addr dst = ip6_header_dst(h);
    const bool is_to_many = is_link_multicast || ip_addr_is_multicast(&dst);
    if ((is_to_many && !is_for_multicast_too(report)) || !is_one_host(&src)) return false;

    struct ip6_ext ext;
    ip6_ext_walk(&ext, headers, packet_bytes);
    const bool is_about_headers = report->kind == IP_ICMP_PARAMETER_PROBLEM;
    if (ext.has_fragment && ext.fragment_offset_bytes != 0) return is_about_headers;
    if (ext.verdict != IP6_EXT_ACCEPT) return is_about_headers;
    if (ext.protocol != IP_PROTO_ICMP6) return true;
    if (headers.len <= ext.offset) return false;
    const uint8_t type = h[ext.offset];
    return !icmp6_type_is_error(type) && type != ICMP6_REDIRECT;
}

bool ip_icmp_may_answer(const struct gather *packet, const struct ip_icmp_report *report,
                        bool is_link_multicast, bool is_broadcast_dst)
{
    if (packet->parts == 0) return false;
    const struct span headers = packet->part[0];
    if (ip4_header_check(headers, packet->len_bytes) == WIRE_OK) {
        return may_answer4(headers, is_link_multicast || is_broadcast_dst);
    }
    if (ip6_header_check(headers, packet->len_bytes) != WIRE_OK) return false;
    const uint32_t packet_bytes =
        IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(headers.data);
    return may_answer6(headers, packet_bytes, report, is_link_multicast);
}

struct type_code {
    uint8_t type, code;
};

/* How each kind is said over IPv4. */
static const struct type_code kinds4[] = {
    [IP_ICMP_NET_UNREACHABLE] = {ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE},
    [IP_ICMP_NET_UNKNOWN] = {ICMP4_UNREACHABLE, ICMP4_NET_UNKNOWN},
    [IP_ICMP_HOST_UNREACHABLE] = {ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE},
    [IP_ICMP_PROTOCOL_UNREACHABLE] = {ICMP4_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE},
    [IP_ICMP_PORT_UNREACHABLE] = {ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE},
    [IP_ICMP_PROHIBITED] = {ICMP4_UNREACHABLE, ICMP4_FILTER_PROHIBITED},
    [IP_ICMP_SOURCE_ROUTE_FAILED] = {ICMP4_UNREACHABLE, ICMP4_SOURCE_ROUTE_FAILED},
    [IP_ICMP_PACKET_TOO_BIG] = {ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED},
    [IP_ICMP_TTL_EXCEEDED] = {ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED},
    [IP_ICMP_REASSEMBLY_EXCEEDED] = {ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_EXCEEDED},
    [IP_ICMP_PARAMETER_PROBLEM] = {ICMP4_PARAMETER_PROBLEM, 0},
};

/* And over IPv6. */
static const struct type_code kinds6[] = {
    [IP_ICMP_NET_UNREACHABLE] = {ICMP6_UNREACHABLE, ICMP6_NO_ROUTE},
    [IP_ICMP_NET_UNKNOWN] = {ICMP6_UNREACHABLE, ICMP6_NO_ROUTE},
    [IP_ICMP_HOST_UNREACHABLE] = {ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE},
    [IP_ICMP_PROTOCOL_UNREACHABLE] = {ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_NEXT_HEADER},
    [IP_ICMP_PORT_UNREACHABLE] = {ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE},
    [IP_ICMP_PROHIBITED] = {ICMP6_UNREACHABLE, ICMP6_PROHIBITED},
    [IP_ICMP_SOURCE_ROUTE_FAILED] = {ICMP6_UNREACHABLE, ICMP6_NO_ROUTE},
    [IP_ICMP_PACKET_TOO_BIG] = {ICMP6_PACKET_TOO_BIG, 0},
    [IP_ICMP_TTL_EXCEEDED] = {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT_EXCEEDED},
    [IP_ICMP_REASSEMBLY_EXCEEDED] = {ICMP6_TIME_EXCEEDED, ICMP6_REASSEMBLY_EXCEEDED},
    [IP_ICMP_PARAMETER_PROBLEM] = {ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_FIELD},
};

/* Writes the eight bytes before the quote, checksum 0. */
static void emit_error_header(const struct ip_icmp_report *report, bool is_v4, uint8_t *h)
{
    const struct type_code said = is_v4 ? kinds4[report->kind] : kinds6[report->kind];
    memset(h, 0, ERROR_HEADER_BYTES);
    h[0] = said.type;
    h[1] = said.code;
    switch (report->kind) {
    case IP_ICMP_PACKET_TOO_BIG:
        if (is_v4) {
            put_be16(h + 6, (uint16_t)u32_min(report->mtu_bytes, UINT16_MAX));
        } else {
            put_be32(h + 4, report->mtu_bytes);
        }
        break;
    case IP_ICMP_PARAMETER_PROBLEM:
        h[1] = report->code;
        if (is_v4) {
            h[4] = (uint8_t)report->pointer;
        } else {
            put_be32(h + 4, report->pointer);
        }
        break;
    case IP_ICMP_PROTOCOL_UNREACHABLE:
        if (!is_v4) put_be32(h + 4, report->pointer);
        break;
    default: break;
    }
}

uint32_t ip_icmp_error_emit(const struct gather *packet, const struct ip_icmp_report *report,
                            const struct ip_addr *src, struct span_mut out)
{
    const uint8_t *quoted = packet->part[0].data;
    const bool is_v4 = ip4_header_version(quoted) == 4;
    uint32_t quote_bytes;
    struct ip_addr dst;
    if (is_v4) {
        const uint32_t room = IP_ICMP_PACKET_V4_MAX - IP4_HEADER_BYTES - ERROR_HEADER_BYTES;
        quote_bytes = u32_min(ip4_header_total_bytes(quoted), room);
        dst = ip4_header_src(quoted);
    } else {
        const uint32_t room = IP_ICMP_ERROR_BYTES_MAX - ERROR_HEADER_BYTES;
        quote_bytes = u32_min(IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(quoted), room);
        dst = ip6_header_src(quoted);
    }
    emit_error_header(report, is_v4, out.data);
    const uint32_t len =
        ERROR_HEADER_BYTES + gather_copy(packet, 0, out.data + ERROR_HEADER_BYTES, quote_bytes);
    const uint32_t sum = is_v4 ? 0 : checksum_pseudo(src, &dst, IP_PROTO_ICMP6, len);
    put_be16(out.data + 2, checksum_finish(checksum_add(sum, span_of(out.data, len))));
    return len;
}

void ip_icmp_echo_reply(const struct gather *message, const struct ip_addr *src,
                        const struct ip_addr *dst, struct span_mut header)
{
    const bool is_v4 = ip_addr_is_v4(src);
    uint8_t *h = header.data;
    memset(h, 0, 4);
    h[0] = is_v4 ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
    memcpy(h + 4, message->part[0].data + 4, 4); /* identifier and sequence number */
    uint32_t sum = is_v4 ? 0 : checksum_pseudo(src, dst, IP_PROTO_ICMP6, message->len_bytes);
    sum = checksum_add(sum, span_of(h, ICMP4_HEADER_BYTES));
    sum =
        checksum_gather(sum, message, ICMP4_HEADER_BYTES, message->len_bytes - ICMP4_HEADER_BYTES);
    put_be16(h + 2, checksum_finish(sum));
}

struct meaning {
    uint8_t type, code;
    enum ip_icmp_kind kind;
    bool is_hard;
    int error;
};

/* What IPv4's errors mean; a source quench means nothing (RFC 9293 MUST-55, RFC 6633), and codes
 * that are not listed mean what code 1 does (host unreachable). */
static const struct meaning meanings4[] = {
    {ICMP4_UNREACHABLE, ICMP4_NET_UNREACHABLE, IP_ICMP_NET_UNREACHABLE, false, ENETUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_HOST_UNREACHABLE, IP_ICMP_HOST_UNREACHABLE, false, EHOSTUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_PROTOCOL_UNREACHABLE, IP_ICMP_PROTOCOL_UNREACHABLE, true,
     ENOPROTOOPT},
    {ICMP4_UNREACHABLE, ICMP4_PORT_UNREACHABLE, IP_ICMP_PORT_UNREACHABLE, true, ECONNREFUSED},
    {ICMP4_UNREACHABLE, ICMP4_FRAGMENTATION_NEEDED, IP_ICMP_PACKET_TOO_BIG, false, EMSGSIZE},
    {ICMP4_UNREACHABLE, ICMP4_SOURCE_ROUTE_FAILED, IP_ICMP_SOURCE_ROUTE_FAILED, false,
     EHOSTUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_NET_UNKNOWN, IP_ICMP_NET_UNREACHABLE, false, ENETUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_NET_PROHIBITED, IP_ICMP_PROHIBITED, true, ENETUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_HOST_PROHIBITED, IP_ICMP_PROHIBITED, true, EHOSTUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_NET_TOS, IP_ICMP_NET_UNREACHABLE, false, ENETUNREACH},
    {ICMP4_UNREACHABLE, ICMP4_FILTER_PROHIBITED, IP_ICMP_PROHIBITED, true, EHOSTUNREACH},
    {ICMP4_TIME_EXCEEDED, ICMP4_TTL_EXCEEDED, IP_ICMP_TTL_EXCEEDED, false, EHOSTUNREACH},
    {ICMP4_TIME_EXCEEDED, ICMP4_REASSEMBLY_EXCEEDED, IP_ICMP_REASSEMBLY_EXCEEDED, false,
     EHOSTUNREACH},
    {ICMP4_PARAMETER_PROBLEM, 0, IP_ICMP_PARAMETER_PROBLEM, false, EPROTO},
};

/* And IPv6's; codes that are not listed mean what code 0 of the type does. */
static const struct meaning meanings6[] = {
    {ICMP6_UNREACHABLE, ICMP6_NO_ROUTE, IP_ICMP_NET_UNREACHABLE, false, ENETUNREACH},
    {ICMP6_UNREACHABLE, ICMP6_PROHIBITED, IP_ICMP_PROHIBITED, true, EACCES},
    {ICMP6_UNREACHABLE, ICMP6_BEYOND_SCOPE, IP_ICMP_HOST_UNREACHABLE, false, EHOSTUNREACH},
    {ICMP6_UNREACHABLE, ICMP6_ADDRESS_UNREACHABLE, IP_ICMP_HOST_UNREACHABLE, false, EHOSTUNREACH},
    {ICMP6_UNREACHABLE, ICMP6_PORT_UNREACHABLE, IP_ICMP_PORT_UNREACHABLE, true, ECONNREFUSED},
    {ICMP6_UNREACHABLE, ICMP6_SOURCE_POLICY, IP_ICMP_PROHIBITED, true, EACCES},
    {ICMP6_UNREACHABLE, ICMP6_REJECT_ROUTE, IP_ICMP_PROHIBITED, true, EACCES},
    {ICMP6_PACKET_TOO_BIG, 0, IP_ICMP_PACKET_TOO_BIG, false, EMSGSIZE},
    {ICMP6_TIME_EXCEEDED, ICMP6_HOP_LIMIT_EXCEEDED, IP_ICMP_TTL_EXCEEDED, false, EHOSTUNREACH},
    {ICMP6_TIME_EXCEEDED, ICMP6_REASSEMBLY_EXCEEDED, IP_ICMP_REASSEMBLY_EXCEEDED, false,
     EHOSTUNREACH},
    {ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_FIELD, IP_ICMP_PARAMETER_PROBLEM, false, EPROTO},
    {ICMP6_PARAMETER_PROBLEM, ICMP6_BAD_NEXT_HEADER, IP_ICMP_PROTOCOL_UNREACHABLE, true,
     ENOPROTOOPT},
};

/* The row of a type and code, or the type's row for codes that are not listed; NULL: no row. */
static const struct meaning *find_meaning(const struct meaning *rows, size_t count, uint8_t type,
                                          uint8_t code, uint8_t code_otherwise)
{
    const struct meaning *otherwise = NULL;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].type != type) continue;
        if (rows[i].code == code) return &rows[i];
        if (rows[i].code == code_otherwise || otherwise == NULL) otherwise = &rows[i];
    }
    return otherwise;
}

/* Fills in what the quote tells. False when it is not a packet of this version, or too short. */
static bool read_quote(struct ip_icmp_error *error, struct span quoted, bool is_v4)
{
    struct icmp_quote quote;
    if (icmp_quote_parse(&quote, quoted) != WIRE_OK) return false;
    if (ip_addr_is_v4(&quote.src) != is_v4) return false;
    error->src = quote.src;
    error->dst = quote.dst;
    error->protocol = quote.protocol;
    error->packet_bytes = is_v4
                              ? ip4_header_total_bytes(quoted.data)
                              : IP6_HEADER_BYTES + (uint32_t)ip6_header_payload_bytes(quoted.data);
    error->has_ports = icmp_quote_ports(&quote, &error->src_port, &error->dst_port);
    error->has_seq = icmp_quote_tcp_seq(&quote, &error->seq);
    const uint8_t icmp = is_v4 ? IP_PROTO_ICMP4 : IP_PROTO_ICMP6;
    if (quote.protocol == icmp && quote.transport.len >= ICMP4_HEADER_BYTES) {
        error->has_ports = true;
        error->src_port = error->dst_port = icmp4_header_id(quote.transport.data);
    }
    return true;
}

/* Reads an error by its row of a table. */
static bool read_error(struct ip_icmp_error *error, const struct meaning *meaning,
                       struct span quoted, uint32_t mtu_bytes, bool is_v4)
{
    if (meaning == NULL) return false;
    *error = (struct ip_icmp_error){
        .kind = meaning->kind,
        .is_hard = meaning->is_hard,
        .error = meaning->error,
        .mtu_bytes = meaning->kind == IP_ICMP_PACKET_TOO_BIG ? mtu_bytes : 0,
    };
    return read_quote(error, quoted, is_v4);
}

bool ip_icmp_error_parse4(struct ip_icmp_error *error, const struct icmp4_repr *icmp)
{
    const struct meaning *meaning = find_meaning(meanings4, ARRAY_COUNT(meanings4), icmp->type,
                                                 icmp->code, ICMP4_HOST_UNREACHABLE);
    return read_error(error, meaning, icmp->data, icmp->mtu_bytes, true);
}

bool ip_icmp_error_parse6(struct ip_icmp_error *error, const struct icmp6_repr *icmp)
{
    const struct meaning *meaning =
        find_meaning(meanings6, ARRAY_COUNT(meanings6), icmp->type, icmp->code, 0);
    return read_error(error, meaning, icmp->data, icmp->mtu_bytes, false);
}
