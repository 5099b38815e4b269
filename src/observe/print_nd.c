/*
 * Neighbour discovery: addresses, and with -v flags, times and options.
 *
 * References: RFC 4861 4, RFC 8106 (DNS servers), RFC 4191 (preference).
 */
#include "observe/print_layer.h"
#include "wire/icmp6.h"
#include "wire/nd.h"

#define ROUTER_SOLICITATION_BYTES  8
#define ROUTER_ADVERTISEMENT_BYTES 16
#define NEIGHBOR_BYTES             24
#define REDIRECT_BYTES             40
#define PREFIX_BYTES               32
#define OPTION_RDNSS               25

static const struct print_word option_names[] = {
    {ND_OPTION_SOURCE_LLADDR, "source link-address"},
    {ND_OPTION_TARGET_LLADDR, "destination link-address"},
    {ND_OPTION_PREFIX, "prefix info"},
    {ND_OPTION_REDIRECTED, "redirected header"},
    {ND_OPTION_MTU, "mtu"},
    {7, "advertisement interval"},
    {8, "homeagent information"},
    {24, "route info"},
    {OPTION_RDNSS, "rdnss"},
    {31, "dnssl"},
    {0, NULL},
};

static const struct print_word router_flags[] = {{0x80, "managed"},
                                                 {0x40, "other stateful"},
                                                 {0x20, "home agent"},
                                                 {0x02, "ipv6 only"},
                                                 {0, NULL}};

static const struct print_word neighbor_flags[] = {
    {0x80, "router"}, {0x40, "solicited"}, {0x20, "override"}, {0, NULL}};

static const struct print_word prefix_flags[] = {
    {0x80, "onlink"}, {0x40, "auto"}, {0x20, "router"}, {0, NULL}};

static const char *const preferences[] = {"medium", "high", "*reserved*", "low"};

static void print_ip6_at(struct print *p, uint32_t at)
{
    const uint8_t *address = print_need(p, at, 16);
    if (address != NULL) print_ip6_addr(p, address);
}

static void print_seconds(struct print *p, uint32_t s)
{
    if (s == ND_LIFETIME_FOREVER) {
        PRINT(p, "infinity");
        return;
    }
    print_u32(p, s);
    PRINT(p, "s");
}

static void print_prefix(struct print *p, uint32_t at)
{
    print_ip6_at(p, at + 16);
    PRINT(p, "/");
    print_u32(p, print_get_u8(p, at + 2));
    PRINT(p, ", Flags [");
    print_bits(p, prefix_flags, print_get_u8(p, at + 3), ", ", "none");
    PRINT(p, "], valid time ");
    print_seconds(p, print_get_u32(p, at + 4));
    PRINT(p, ", pref. time ");
    print_seconds(p, print_get_u32(p, at + 8));
}

static void print_rdnss(struct print *p, uint32_t at, uint32_t len)
{
    PRINT(p, " lifetime ");
    print_seconds(p, print_get_u32(p, at + 4));
    PRINT(p, ",");
    for (uint32_t i = 8; i + 16 <= len && !print_is_cut(p); i += 16) {
        PRINT(p, " addr: ");
        print_ip6_at(p, at + i);
    }
}

static void print_option(struct print *p, uint8_t kind, uint32_t at, uint32_t len)
{
    switch (kind) {
    case ND_OPTION_SOURCE_LLADDR:
    case ND_OPTION_TARGET_LLADDR: {
        const uint8_t *address = print_need(p, at + 2, len - 2);
        if (address != NULL) print_colon_bytes(p, address, len - 2);
        break;
    }
    case ND_OPTION_PREFIX: print_prefix(p, at); break;
    case ND_OPTION_REDIRECTED: print_unknown_data(p, at + 8, len - 8, "\n\t    "); break;
    case ND_OPTION_MTU:
        PRINT(p, " ");
        print_u32(p, print_get_u32(p, at + 4));
        if (len == 8) break;
        PRINT(p, ", bad option length ");
        print_u32(p, len / 8);
        break;
    case OPTION_RDNSS: print_rdnss(p, at, len); break;
    default:
        if (p->options.verbosity <= 1) print_unknown_data(p, at + 2, len - 2, "\n\t  ");
        break;
    }
    if (p->options.verbosity > 1) print_unknown_data(p, at + 2, len - 2, "\n\t    ");
}

static void print_options(struct print *p, uint32_t at, uint32_t end)
{
    while (at < end && at < p->end && !print_is_cut(p)) {
        const uint8_t kind = print_get_u8(p, at);
        const uint32_t units = print_get_u8(p, at + 1);
        const uint32_t len = units * 8;
        if (print_is_cut(p)) return;
        if (units == 0 || print_need(p, at, len) == NULL) {
            print_cut(p);
            return;
        }
        PRINT(p, "\n\t  ");
        print_word(p, option_names, kind, "unknown");
        PRINT(p, " option (");
        print_u32(p, kind);
        PRINT(p, "), length ");
        print_u32(p, len);
        PRINT(p, " (");
        print_u32(p, units);
        PRINT(p, "): ");
        print_option(p, kind, at, len);
        at += len;
    }
}

/* The times and flags of a router advertisement, on a line of their own. */
static void print_router(struct print *p, uint32_t at)
{
    const uint8_t flags = print_get_u8(p, at + 5);
    PRINT(p, "\n\thop limit ");
    print_u32(p, print_get_u8(p, at + 4));
    PRINT(p, ", Flags [");
    print_bits(p, router_flags, flags, ", ", "none");
    PRINT(p, "], pref ");
    print_string(p, preferences[flags >> 3 & 3]);
    PRINT(p, ", router lifetime ");
    print_u32(p, print_get_u16(p, at + 6));
    PRINT(p, "s, reachable time ");
    print_u32(p, print_get_u32(p, at + 8));
    PRINT(p, "ms, retrans timer ");
    print_u32(p, print_get_u32(p, at + 12));
    PRINT(p, "ms");
}

void print_nd(struct print *p, uint8_t type, uint32_t at, uint32_t len)
{
    const bool is_verbose = p->options.verbosity > 0;
    uint32_t fixed = NEIGHBOR_BYTES;
    switch (type) {
    case ICMP6_ROUTER_SOLICITATION: fixed = ROUTER_SOLICITATION_BYTES; break;
    case ICMP6_ROUTER_ADVERTISEMENT:
        fixed = ROUTER_ADVERTISEMENT_BYTES;
        if (!is_verbose) break;
        if (print_need(p, at, fixed) == NULL) return;
        print_router(p, at);
        break;
    case ICMP6_NEIGHBOR_SOLICITATION:
        if (print_need(p, at + 8, 16) == NULL) return;
        PRINT(p, ", who has ");
        print_ip6_at(p, at + 8);
        break;
    case ICMP6_NEIGHBOR_ADVERTISEMENT:
        if (print_need(p, at + 8, 16) == NULL) return;
        PRINT(p, ", tgt is ");
        print_ip6_at(p, at + 8);
        if (!is_verbose) break;
        PRINT(p, ", Flags [");
        print_bits(p, neighbor_flags, print_get_u8(p, at + 4), ", ", "none");
        PRINT(p, "]");
        break;
    case ICMP6_REDIRECT:
        fixed = REDIRECT_BYTES;
        if (print_need(p, at, fixed) == NULL) return;
        PRINT(p, ", ");
        print_ip6_at(p, at + 24);
        PRINT(p, " to ");
        print_ip6_at(p, at + 8);
        break;
    default: return;
    }
    if (is_verbose) print_options(p, at + fixed, at + len);
}
