/*
 * IPv6: the header, then extension headers one after another up to the transport.
 *
 * References: RFC 8200.
 */
#include "observe/print_layer.h"
#include "wire/ip6.h"
#include "wire/ip6_ext.h"

#define PROTO_DCCP 33
#define PROTO_SCTP 132

/* A walk along the chain of headers. */
struct ip6_chain {
    uint32_t at;  /* the next header */
    uint32_t len; /* what the IPv6 header claims from there on */
    uint8_t next; /* what it is */
    bool has_hop_by_hop;
    bool has_jumbo;
    bool is_done;
};

static bool has_own_addresses(uint8_t protocol)
{
    return protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == PROTO_SCTP ||
           protocol == PROTO_DCCP;
}

/* `(hlim 64, next-header TCP (6) payload length: 20) `, what -v adds. */
static void print_detail(struct print *p, const uint8_t *h)
{
    PRINT(p, "(");
    if (ip6_header_class(h) != 0) {
        PRINT(p, "class 0x");
        print_hex(p, ip6_header_class(h), 2);
        PRINT(p, ", ");
    }
    if (ip6_header_flow_label(h) != 0) {
        PRINT(p, "flowlabel 0x");
        print_hex(p, ip6_header_flow_label(h), 5);
        PRINT(p, ", ");
    }
    PRINT(p, "hlim ");
    print_u32(p, ip6_header_hop_limit(h));
    PRINT(p, ", next-header ");
    print_string(p, print_ip_protocol_name(ip6_header_next(h)));
    PRINT(p, " (");
    print_u32(p, ip6_header_next(h));
    PRINT(p, ") payload length: ");
    print_u32(p, ip6_header_payload_bytes(h));
    PRINT(p, ") ");
}

/* One option of a hop-by-hop or destination header, of `len` bytes with its head. */
static void print_option(struct print *p, uint32_t at, uint32_t len, struct ip6_chain *chain)
{
    const bool is_shown = p->options.verbosity > 0;
    const uint8_t kind = print_get_u8(p, at);
    if (kind == 1) {
        if (is_shown) PRINT(p, "(padn)");
    } else if (kind == 5 && len == 4) {
        if (!is_shown) return;
        PRINT(p, "(rtalert: 0x");
        print_hex(p, print_get_u16(p, at + 2), 4);
        PRINT(p, ") ");
    } else if (kind == 0xc2 && len == 6) {
        chain->has_jumbo = true;
        if (!is_shown) return;
        PRINT(p, "(jumbo: ");
        print_u32(p, print_get_u32(p, at + 2));
        PRINT(p, ") ");
    } else if (is_shown) {
        PRINT(p, "(opt_type 0x");
        print_hex(p, kind, 2);
        PRINT(p, ": len=");
        print_u32(p, len - 2);
        PRINT(p, ") ");
    }
}

/* The options up to `end`: shown with -v, looked through always. False when they end badly. */
static bool print_options(struct print *p, uint32_t at, uint32_t end, struct ip6_chain *chain)
{
    while (at < end && !print_is_cut(p)) {
        if (print_get_u8(p, at) == 0) {
            if (p->options.verbosity > 0) PRINT(p, "(pad1)");
            at++;
            continue;
        }
        const uint32_t len = end - at < 2 ? UINT32_MAX : print_get_u8(p, at + 1) + 2u;
        if (len > end - at) {
            print_trunc(p);
            return false;
        }
        print_option(p, at, len, chain);
        at += len;
    }
    if (p->options.verbosity > 0) PRINT(p, " ");
    return true;
}

/* A header of options: returns its length. */
static uint32_t print_options_header(struct print *p, struct ip6_chain *chain, const char *name,
                                     const char *proto)
{
    p->proto = proto;
    const uint32_t len = (print_get_u8(p, chain->at + 1) + 1u) * 8;
    if (print_need(p, chain->at, len) == NULL) return len;
    print_string(p, name);
    if (!print_options(p, chain->at + 2, chain->at + len, chain)) chain->is_done = true;
    return len;
}

/* A fragment header: returns its length; ends the chain behind a later fragment. */
static uint32_t print_fragment(struct print *p, struct ip6_chain *chain)
{
    p->proto = "frag6";
    const bool has_id = p->options.verbosity > 0;
    const uint8_t *h = print_need(p, chain->at, has_id ? IP6_FRAGMENT_BYTES : 4);
    if (h == NULL) return IP6_FRAGMENT_BYTES;
    PRINT(p, "frag (");
    if (has_id) {
        PRINT(p, "0x");
        print_hex(p, ip6_fragment_id(h), 8);
        PRINT(p, ":");
    }
    print_u32(p, ip6_fragment_offset(h));
    PRINT(p, "|");
    print_u32(p, chain->len - IP6_FRAGMENT_BYTES);
    PRINT(p, ")");
    if (ip6_fragment_offset(h) != 0) {
        chain->is_done = true;
    } else {
        PRINT(p, " ");
    }
    return IP6_FRAGMENT_BYTES;
}

/* A routing header: returns its length. */
static uint32_t print_routing(struct print *p, struct ip6_chain *chain, struct print_ip *ip)
{
    p->proto = "rt6";
    const uint32_t units = print_get_u8(p, chain->at + 1);
    const uint8_t kind = print_get_u8(p, chain->at + 2);
    PRINT(p, "RT6 (len=");
    print_u32(p, units);
    PRINT(p, ", type=");
    print_u32(p, kind);
    if (kind == 0) PRINT(p, " [Deprecated]");
    if (print_need(p, chain->at + 3, 1) == NULL) return 8;
    PRINT(p, ", segleft=");
    print_u32(p, print_get_u8(p, chain->at + 3));
    if (kind != 0 && kind != 2 && kind != 4) {
        PRINT(p, " (unknown type)");
        print_invalid(p);
        chain->is_done = true;
        return 8;
    }
    const uint32_t fixed = print_get_u32(p, chain->at + 4);
    if (kind == 4) {
        PRINT(p, ", last-entry=");
        print_u32(p, fixed >> 24);
        if ((fixed >> 16 & 0xff) != 0) {
            PRINT(p, ", flags=0x");
            print_hex(p, fixed >> 16 & 0xff, 1);
        }
        PRINT(p, ", tag=");
        print_hex(p, fixed & 0xffff, 1);
    } else if (fixed != 0 || p->options.verbosity > 0) {
        PRINT(p, ", rsv=0x");
        print_hex(p, fixed, 1);
    }
    for (uint32_t i = 0; i < units / 2 && !print_is_cut(p); i++) {
        const uint8_t *hop = print_need(p, chain->at + 8 + i * 16, 16);
        if (hop == NULL) break;
        print_string(p, ", [");
        print_u32(p, i);
        PRINT(p, "]");
        print_ip6_addr(p, hop);
        ip->final = hop;
    }
    PRINT(p, ") ");
    return (units + 1) * 8;
}

/* Prints one extension header and returns its length; 0 when the chain has ended. */
static uint32_t print_extension(struct print *p, struct ip6_chain *chain, struct print_ip *ip)
{
    switch (chain->next) {
    case IP_PROTO_HOP_BY_HOP:
        if (chain->has_hop_by_hop) {
            PRINT(p, "[The Hop-by-Hop Options header was already found]");
            print_invalid(p);
            return 0;
        }
        if (chain->at != ip->at + IP6_HEADER_BYTES) {
            PRINT(p, "[The Hop-by-Hop Options header don't follow the IPv6 header]");
            print_invalid(p);
            return 0;
        }
        chain->has_hop_by_hop = true;
        return print_options_header(p, chain, "HBH ", "hbhopt");
    case IP_PROTO_DESTINATION: return print_options_header(p, chain, "DSTOPT ", "dstopt");
    case IP_PROTO_FRAGMENT: ip->is_fragment = true; return print_fragment(p, chain);
    case IP_PROTO_ROUTING: return print_routing(p, chain, ip);
    default: print_ip_payload(p, ip, chain->next, chain->at, chain->len); return 0;
    }
}

static void print_chain(struct print *p, struct print_ip *ip, uint32_t len)
{
    struct ip6_chain chain = {.at = ip->at + IP6_HEADER_BYTES, .len = len, .next = ip->next};
    if (!has_own_addresses(chain.next)) {
        print_ip_addresses(p, ip);
        PRINT(p, ": ");
    }
    while (!chain.is_done && !print_is_cut(p)) {
        const uint32_t advance = print_extension(p, &chain, ip);
        if (advance == 0 || chain.is_done || print_is_cut(p)) return;
        p->proto = "ip6";
        chain.next = print_get_u8(p, chain.at);
        if (chain.len < advance) {
            print_trunc(p);
            return;
        }
        chain.at += advance;
        chain.len -= advance;
        if (chain.at >= p->end) return;
    }
}

void print_ip6(struct print *p, uint32_t at, uint32_t len)
{
    p->proto = "ip6";
    if (!print_has(p, at, IP6_HEADER_BYTES)) {
        print_trunc(p);
        return;
    }
    const uint8_t *h = p->bytes + at;
    if (len < IP6_HEADER_BYTES) {
        PRINT(p, "truncated-ip6 ");
        print_u32(p, len);
        return;
    }
    if (!p->options.has_link) PRINT(p, "IP6 ");
    if (ip6_header_version(h) != 6) {
        PRINT(p, "version error: ");
        print_u32(p, ip6_header_version(h));
        PRINT(p, " != 6");
        return;
    }
    const uint32_t claimed = ip6_header_payload_bytes(h) + (uint32_t)IP6_HEADER_BYTES;
    if (len < claimed) {
        PRINT(p, "truncated-ip6 - ");
        print_u32(p, claimed - len);
        PRINT(p, " bytes missing!");
    }
    if (p->options.verbosity > 0) print_detail(p, h);
    print_limit(p, at + claimed);
    struct print_ip ip = {.version = 6,
                          .next = ip6_header_next(h),
                          .hops = ip6_header_hop_limit(h),
                          .at = at,
                          .src = h + 8,
                          .dst = h + 24,
                          .final = h + 24};
    print_chain(p, &ip, claimed - IP6_HEADER_BYTES);
}
