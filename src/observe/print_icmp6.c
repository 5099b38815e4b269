/*
 * ICMPv6: what the message says; neighbour discovery's options are in print_nd.c.
 *
 * References: RFC 4443, RFC 4861, RFC 2710 and RFC 3810 (multicast listeners).
 */
#include "observe/print_layer.h"
#include "wire/icmp6.h"
#include "wire/ip6.h"
#include "wire/ip_proto.h"

#define QUOTE_SRC_AT    16 /* of the quoted packet's addresses, from the ICMPv6 header */
#define QUOTE_DST_AT    32
#define QUOTE_DATA_AT   48
#define TYPE_MTRACE     200
#define TYPE_MTRACE_END 201
#define MLD2_BYTES      28
#define RECORD_BYTES    20 /* of a group in a report, without its sources */

static const struct print_word type_names[] = {
    {ICMP6_UNREACHABLE, "destination unreachable"},
    {ICMP6_PACKET_TOO_BIG, "packet too big"},
    {ICMP6_TIME_EXCEEDED, "time exceeded in-transit"},
    {ICMP6_PARAMETER_PROBLEM, "parameter problem"},
    {ICMP6_ECHO_REQUEST, "echo request"},
    {ICMP6_ECHO_REPLY, "echo reply"},
    {ICMP6_LISTENER_QUERY, "multicast listener query"},
    {ICMP6_LISTENER_REPORT, "multicast listener report"},
    {ICMP6_LISTENER_DONE, "multicast listener done"},
    {ICMP6_ROUTER_SOLICITATION, "router solicitation"},
    {ICMP6_ROUTER_ADVERTISEMENT, "router advertisement"},
    {ICMP6_NEIGHBOR_SOLICITATION, "neighbor solicitation"},
    {ICMP6_NEIGHBOR_ADVERTISEMENT, "neighbor advertisement"},
    {ICMP6_REDIRECT, "redirect"},
    {ICMP6_LISTENER_REPORT_V2, "multicast listener report v2"},
    {TYPE_MTRACE, "mtrace response"},
    {TYPE_MTRACE_END, "mtrace message"},
    {0, NULL},
};

static const struct print_word unreachable_names[] = {
    {ICMP6_NO_ROUTE, "unreachable route"},
    {ICMP6_PROHIBITED, " unreachable prohibited"},
    {ICMP6_BEYOND_SCOPE, "beyond scope"},
    {ICMP6_ADDRESS_UNREACHABLE, "unreachable address"},
    {ICMP6_PORT_UNREACHABLE, "unreachable port"},
    {0, NULL},
};

static const struct print_word parameter_names[] = {
    {ICMP6_BAD_FIELD, ", erroneous - octet "},
    {ICMP6_BAD_NEXT_HEADER, ", next header - octet "},
    {ICMP6_BAD_OPTION, ", option - octet "},
    {ICMP6_INCOMPLETE_CHAIN, ", incomplete header chain - octet "},
    {0, NULL},
};

static const struct print_word record_names[] = {
    {1, "is_in"}, {2, "is_ex"}, {3, "to_in"}, {4, "to_ex"}, {5, "allow"}, {6, "block"}, {0, NULL},
};

static void print_ip6_at(struct print *p, uint32_t at)
{
    const uint8_t *address = print_need(p, at, 16);
    if (address != NULL) print_ip6_addr(p, address);
}

/* The port a quoted packet was for; the quoted header's protocol is taken as the transport's. */
static void print_unreachable_port(struct print *p, uint32_t at)
{
    const uint8_t protocol = print_get_u8(p, at + ICMP6_HEADER_BYTES + 6);
    const uint16_t port = print_get_u16(p, at + QUOTE_DATA_AT + 2);
    if (print_is_cut(p)) return;
    PRINT(p, ", ");
    print_ip6_at(p, at + QUOTE_DST_AT);
    print_quoted_port(p, protocol, port);
    if (protocol != IP_PROTO_TCP && protocol != IP_PROTO_UDP) PRINT(p, " unreachable");
}

/* False when the line has ended: an unknown code gets a dump instead of a length. */
static bool print_unreachable(struct print *p, uint32_t at, uint8_t code, uint32_t len)
{
    PRINT(p, ", ");
    print_word_or_number(p, unreachable_names, code, "unknown unreach code (", ")");
    switch (code) {
    case ICMP6_NO_ROUTE:
    case ICMP6_PROHIBITED:
    case ICMP6_ADDRESS_UNREACHABLE:
        if (print_need(p, at + QUOTE_DST_AT, 16) == NULL) return false;
        PRINT(p, " ");
        print_ip6_at(p, at + QUOTE_DST_AT);
        break;
    case ICMP6_BEYOND_SCOPE:
        if (print_need(p, at + QUOTE_DST_AT, 16) == NULL) return false;
        PRINT(p, " ");
        print_ip6_at(p, at + QUOTE_DST_AT);
        PRINT(p, ", source address ");
        print_ip6_at(p, at + QUOTE_SRC_AT);
        break;
    case ICMP6_PORT_UNREACHABLE: print_unreachable_port(p, at); break;
    default:
        if (p->options.verbosity > 1) break;
        print_unknown_data(p, at, len, "\n\t");
        return false;
    }
    return true;
}

static void print_time_exceeded(struct print *p, uint32_t at, uint8_t code)
{
    if (code == ICMP6_HOP_LIMIT_EXCEEDED) {
        if (print_need(p, at + QUOTE_DST_AT, 16) == NULL) return;
        PRINT(p, " for ");
        print_ip6_at(p, at + QUOTE_DST_AT);
    } else if (code == ICMP6_REASSEMBLY_EXCEEDED) {
        PRINT(p, " (reassembly)");
    } else {
        PRINT(p, ", unknown code (");
        print_u32(p, code);
        PRINT(p, ")");
    }
}

static void print_parameter_problem(struct print *p, uint32_t at, uint8_t code)
{
    if (print_need(p, at + QUOTE_DST_AT, 16) == NULL) return;
    const char *name = print_word_find(parameter_names, code);
    if (name == NULL) {
        PRINT(p, ", code-#");
        print_u32(p, code);
        return;
    }
    print_string(p, name);
    print_u32(p, print_get_u32(p, at + 4));
}

static void print_listener(struct print *p, uint32_t at)
{
    PRINT(p, "max resp delay: ");
    print_u32(p, print_get_u16(p, at + 4));
    PRINT(p, " addr: ");
    print_ip6_at(p, at + 8);
}

/* One group of a report: with -v how many sources, with -vv which. False ends the report. */
static bool print_record(struct print *p, uint32_t at, uint32_t left, uint32_t sources)
{
    if (print_need(p, at + 4, 16) == NULL) return false;
    PRINT(p, " [gaddr ");
    print_ip6_at(p, at + 4);
    PRINT(p, " ");
    print_word_or_number(p, record_names, print_get_u8(p, at), " [v2-report-#", "]");
    if (RECORD_BYTES + sources * 16 > left) {
        PRINT(p, " [invalid number of sources ");
        print_u32(p, sources);
        PRINT(p, "]");
        return false;
    }
    if (p->options.verbosity == 1) {
        PRINT(p, ", ");
        print_u32(p, sources);
        PRINT(p, " source(s)]");
        return true;
    }
    PRINT(p, " {");
    for (uint32_t i = 0; i < sources && !print_is_cut(p); i++) {
        PRINT(p, " ");
        print_ip6_at(p, at + RECORD_BYTES + i * 16);
    }
    PRINT(p, " }]");
    return true;
}

static void print_listener_report(struct print *p, uint32_t at, uint32_t len)
{
    const uint32_t groups = print_get_u16(p, at + 6);
    PRINT(p, ", ");
    print_u32(p, groups);
    PRINT(p, " group record(s)");
    if (p->options.verbosity == 0) return;
    uint32_t used = ICMP6_HEADER_BYTES;
    for (uint32_t i = 0; i < groups && used < len && !print_is_cut(p); i++) {
        const uint32_t sources = print_get_u16(p, at + used + 2);
        if (!print_record(p, at + used, len - used, sources)) return;
        used += RECORD_BYTES + sources * 16;
    }
}

/* What follows the type's name; false when the line has ended. */
static bool print_message(struct print *p, uint32_t at, uint8_t type, uint32_t len)
{
    const uint8_t code = print_get_u8(p, at + 1);
    switch (type) {
    case ICMP6_UNREACHABLE: return print_unreachable(p, at, code, len);
    case ICMP6_PACKET_TOO_BIG:
        if (print_need(p, at + 4, 4) == NULL) return false;
        PRINT(p, ", mtu ");
        print_u32(p, print_get_u32(p, at + 4));
        return true;
    case ICMP6_TIME_EXCEEDED: print_time_exceeded(p, at, code); return true;
    case ICMP6_PARAMETER_PROBLEM: print_parameter_problem(p, at, code); return true;
    case ICMP6_ECHO_REQUEST:
    case ICMP6_ECHO_REPLY:
        if (print_need(p, at + 4, 4) == NULL) return false;
        PRINT(p, ", id ");
        print_u32(p, print_get_u16(p, at + 4));
        PRINT(p, ", seq ");
        print_u32(p, print_get_u16(p, at + 6));
        return true;
    case ICMP6_LISTENER_QUERY:
    case ICMP6_LISTENER_REPORT:
    case ICMP6_LISTENER_DONE:
        if (len >= MLD2_BYTES && type == ICMP6_LISTENER_QUERY) return true;
        print_listener(p, at);
        return true;
    case ICMP6_LISTENER_REPORT_V2: print_listener_report(p, at, len); return true;
    case ICMP6_ROUTER_SOLICITATION:
    case ICMP6_ROUTER_ADVERTISEMENT:
    case ICMP6_NEIGHBOR_SOLICITATION:
    case ICMP6_NEIGHBOR_ADVERTISEMENT:
    case ICMP6_REDIRECT: print_nd(p, type, at, len); return true;
    default:
        PRINT(p, ", length ");
        print_u32(p, len);
        if (p->options.verbosity <= 1) print_unknown_data(p, at, len, "\n\t");
        return false;
    }
}

static void print_checksum(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len)
{
    if (!print_has(p, at, len) || len < 4) return;
    const uint16_t found = icmp6_header_checksum(p->bytes + at);
    const uint16_t wanted = print_checksum_wanted(p, ip, IP_PROTO_ICMP6, at, len, found);
    print_checksum_verdict(p, "icmp6", found, wanted);
}

void print_icmp6(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len)
{
    p->proto = "icmp6";
    if (p->options.verbosity > 0 && !ip->is_fragment) print_checksum(p, ip, at, len);
    const uint8_t type = print_get_u8(p, at);
    PRINT(p, "ICMP6, ");
    print_word_or_number(p, type_names, type, "unknown icmp6 type (", ")");
    const bool is_nd = type >= ICMP6_ROUTER_SOLICITATION && type <= ICMP6_REDIRECT;
    if (p->options.verbosity > 0 && is_nd) {
        PRINT(p, ", length ");
        print_u32(p, len);
    }
    if (!print_message(p, at, type, len)) return;
    if (p->options.verbosity > 0) return;
    PRINT(p, ", length ");
    print_u32(p, len);
}
