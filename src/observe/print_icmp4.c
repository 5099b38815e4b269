/*
 * ICMP: what the message says and, with -v, the packet it speaks of.
 *
 * tcpdump puts the message together before it prints a word of it; so if the capture ends inside,
 * nothing of it appears. Extensions behind a quoted packet (RFC 4884) are not printed.
 *
 * References: RFC 792, RFC 950, RFC 1191, RFC 1256, RFC 1812.
 */
#include "observe/print_layer.h"
#include "wire/checksum.h"
#include "wire/icmp4.h"
#include "wire/ip4.h"

#define QUOTE_AT     8
#define QUOTE_DST_AT 24 /* of the quoted packet's destination */
#define HOUR_S       3600
#define MINUTE_S     60

/* Words around the quoted packet's destination. */
static const struct {
    const char *before;
    const char *behind;
} unreachable_words[] = {
    [ICMP4_NET_UNREACHABLE] = {"net ", " unreachable"},
    [ICMP4_HOST_UNREACHABLE] = {"host ", " unreachable"},
    [ICMP4_SOURCE_ROUTE_FAILED] = {"", " unreachable - source route failed"},
    [ICMP4_NET_UNKNOWN] = {"net ", " unreachable - unknown"},
    [ICMP4_HOST_UNKNOWN] = {"host ", " unreachable - unknown"},
    [ICMP4_SOURCE_ISOLATED] = {"", " unreachable - source host isolated"},
    [ICMP4_NET_PROHIBITED] = {"net ", " unreachable - admin prohibited"},
    [ICMP4_HOST_PROHIBITED] = {"host ", " unreachable - admin prohibited"},
    [ICMP4_NET_TOS] = {"net ", " unreachable - tos prohibited"},
    [ICMP4_HOST_TOS] = {"host ", " unreachable - tos prohibited"},
    [ICMP4_FILTER_PROHIBITED] = {"host ", " unreachable - admin prohibited filter"},
    [ICMP4_PRECEDENCE_VIOLATION] = {"host ", " unreachable - host precedence violation"},
    [ICMP4_PRECEDENCE_CUTOFF] = {"host ", " unreachable - precedence cutoff"},
};

static const struct print_word other_types[] = {
    {ICMP4_SOURCE_QUENCH, "source quench"},
    {ICMP4_ROUTER_SOLICITATION, "router solicitation"},
    {15, "information request"},
    {16, "information reply"},
    {ICMP4_MASK_REQUEST, "address mask request"},
    {0, NULL},
};

static void print_ip4_at(struct print *p, uint32_t at)
{
    const uint8_t *address = print_need(p, at, 4);
    if (address != NULL) print_ip4_addr(p, address);
}

static void print_port_unreachable(struct print *p, uint32_t at)
{
    const uint32_t quote = at + QUOTE_AT;
    const uint32_t hlen = (uint32_t)(print_get_u8(p, quote) & 0xf) * 4;
    const uint8_t protocol = print_get_u8(p, quote + 9);
    const uint16_t port = print_get_u16(p, quote + hlen + 2);
    print_ip4_at(p, at + QUOTE_DST_AT);
    print_quoted_port(p, protocol, port);
    PRINT(p, " unreachable");
}

static void print_unreachable(struct print *p, uint32_t at, uint8_t code)
{
    if (code == ICMP4_PORT_UNREACHABLE) {
        print_port_unreachable(p, at);
        return;
    }
    const bool has_words =
        code < ARRAY_COUNT(unreachable_words) && unreachable_words[code].before != NULL;
    if (has_words) print_string(p, unreachable_words[code].before);
    print_ip4_at(p, at + QUOTE_DST_AT);
    if (has_words) {
        print_string(p, unreachable_words[code].behind);
    } else if (code == ICMP4_PROTOCOL_UNREACHABLE) {
        PRINT(p, " protocol ");
        print_u32(p, print_get_u8(p, at + QUOTE_AT + 9));
        PRINT(p, " unreachable");
    } else if (code == ICMP4_FRAGMENTATION_NEEDED) {
        const uint16_t mtu = print_get_u16(p, at + 6);
        PRINT(p, " unreachable - need to frag");
        if (mtu == 0) return;
        PRINT(p, " (mtu ");
        print_u32(p, mtu);
        PRINT(p, ")");
    } else {
        PRINT(p, " unreachable - #");
        print_u32(p, code);
    }
}

static void print_redirect(struct print *p, uint32_t at, uint8_t code)
{
    print_string(p, code == 2 || code == 3 ? "redirect-tos "
                    : code > 3             ? "redirect-#"
                                           : "redirect ");
    if (code > 3) {
        print_u32(p, code);
        PRINT(p, " ");
    }
    print_ip4_at(p, at + QUOTE_DST_AT);
    print_string(p, code > 3 ? " to " : code == 1 || code == 3 ? " to host " : " to net ");
    print_ip4_at(p, at + 4);
}

/* A lifetime as seconds, minutes or hours. */
static void print_lifetime(struct print *p, uint32_t s)
{
    if (s >= HOUR_S) {
        print_u32(p, s / HOUR_S);
        PRINT(p, ":");
        print_digits(p, s % HOUR_S / MINUTE_S, 2);
    } else if (s >= MINUTE_S) {
        print_u32(p, s / MINUTE_S);
    }
    if (s >= MINUTE_S) {
        PRINT(p, ":");
        print_digits(p, s % MINUTE_S, 2);
    } else {
        print_u32(p, s);
    }
}

static void print_router_advertisement(struct print *p, uint32_t at)
{
    const uint32_t count = print_get_u8(p, at + 4);
    const uint32_t words = print_get_u8(p, at + 5);
    PRINT(p, "router advertisement lifetime ");
    print_lifetime(p, print_get_u16(p, at + 6));
    PRINT(p, " ");
    print_u32(p, count);
    PRINT(p, ":");
    if (words != 2) {
        PRINT(p, " [size ");
        print_u32(p, words);
        PRINT(p, "]");
        return;
    }
    for (uint32_t i = 0; i < count && !print_is_cut(p); i++) {
        const uint32_t router = at + ICMP4_HEADER_BYTES + i * 8;
        PRINT(p, " {");
        print_ip4_at(p, router);
        PRINT(p, " ");
        print_u32(p, print_get_u32(p, router + 4));
        PRINT(p, "}");
    }
}

/* Milliseconds since midnight. */
static void print_day_time(struct print *p, uint32_t at)
{
    const uint32_t ms = print_get_u32(p, at);
    const uint32_t s = ms / 1000;
    print_digits(p, s / HOUR_S, 2);
    PRINT(p, ":");
    print_digits(p, s / MINUTE_S % 60, 2);
    PRINT(p, ":");
    print_digits(p, s % MINUTE_S, 2);
    PRINT(p, ".");
    print_digits(p, ms % 1000, 3);
}

static void print_timestamp(struct print *p, uint32_t at, bool is_reply)
{
    print_string(p, is_reply ? "time stamp reply id " : "time stamp query id ");
    print_u32(p, print_get_u16(p, at + 4));
    PRINT(p, " seq ");
    print_u32(p, print_get_u16(p, at + 6));
    if (!is_reply) return;
    PRINT(p, ": org ");
    print_day_time(p, at + 8);
    PRINT(p, ", recv ");
    print_day_time(p, at + 12);
    PRINT(p, ", xmit ");
    print_day_time(p, at + 16);
}

static void print_time_exceeded(struct print *p, uint32_t at, uint8_t code)
{
    if (print_need(p, at + QUOTE_DST_AT, 4) == NULL) return;
    if (code == ICMP4_TTL_EXCEEDED) {
        PRINT(p, "time exceeded in-transit");
    } else if (code == ICMP4_REASSEMBLY_EXCEEDED) {
        PRINT(p, "ip reassembly time exceeded");
    } else {
        PRINT(p, "time exceeded-#");
        print_u32(p, code);
    }
}

static void print_echo(struct print *p, uint32_t at, uint8_t type)
{
    print_string(p, type == ICMP4_ECHO_REQUEST ? "echo request, id " : "echo reply, id ");
    print_u32(p, print_get_u16(p, at + 4));
    PRINT(p, ", seq ");
    print_u32(p, print_get_u16(p, at + 6));
}

static void print_message(struct print *p, uint32_t at, uint8_t type, uint8_t code)
{
    switch (type) {
    case ICMP4_ECHO_REPLY:
    case ICMP4_ECHO_REQUEST: print_echo(p, at, type); break;
    case ICMP4_UNREACHABLE: print_unreachable(p, at, code); break;
    case ICMP4_REDIRECT: print_redirect(p, at, code); break;
    case ICMP4_ROUTER_ADVERTISEMENT: print_router_advertisement(p, at); break;
    case ICMP4_TIME_EXCEEDED: print_time_exceeded(p, at, code); break;
    case ICMP4_PARAMETER_PROBLEM:
        print_string(p, code != 0 ? "parameter problem - code " : "parameter problem - octet ");
        print_u32(p, code != 0 ? code : print_get_u8(p, at + 4));
        break;
    case ICMP4_TIMESTAMP: print_timestamp(p, at, false); break;
    case ICMP4_TIMESTAMP_REPLY: print_timestamp(p, at, true); break;
    case ICMP4_MASK_REPLY:
        PRINT(p, "address mask is 0x");
        print_hex(p, print_get_u32(p, at + 8), 8);
        break;
    default: print_word_or_number(p, other_types, type, "type-#", ""); break;
    }
}

static void print_checksum(struct print *p, uint32_t at, uint32_t len)
{
    if (!print_has(p, at, len) || len < 4) return;
    const uint32_t sum = checksum_add(0, span_of(p->bytes + at, len));
    if (checksum_is_good(sum)) return;
    const uint16_t found = icmp4_header_checksum(p->bytes + at);
    PRINT(p, " (wrong icmp cksum ");
    print_hex(p, found, 1);
    PRINT(p, " (->");
    print_hex(p, print_checksum_repaired(found, sum), 1);
    PRINT(p, ")!)");
}

void print_icmp4(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len)
{
    p->proto = "icmp";
    const size_t before = p->out->len;
    const uint8_t type = print_get_u8(p, at);
    const uint8_t code = print_get_u8(p, at + 1);
    PRINT(p, "ICMP ");
    print_message(p, at, type, code);
    if (print_is_cut(p)) {
        p->cut_len = before;
        return;
    }
    PRINT(p, ", length ");
    print_u32(p, len);
    if (p->options.verbosity == 0) return;
    if (!ip->is_fragment) print_checksum(p, at, len);
    if (!icmp4_type_is_error(type)) return;
    PRINT(p, "\n\t");
    const uint32_t quote = at + QUOTE_AT;
    const uint32_t quote_bytes = print_get_u16(p, quote + 2);
    print_limit(p, quote + quote_bytes);
    if (print_need(p, quote, 1) == NULL) return;
    print_next(p, PRINT_LAYER_IP4, quote, quote_bytes);
}
