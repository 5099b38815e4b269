/*
 * What printers share: reading the packet, handing on to the next layer, and their entry points.
 *
 * Reading. A printer names bytes by their offset in the packet. A read that is not wholly inside
 * what was captured gives zeros, and the first such read marks the packet as cut: how long the text
 * was, and which protocol was reading. Printers need not look: whatever they write afterwards is
 * taken back at the end, where ` [|proto]` is put in its place. They look (print_is_cut) where they
 * would loop on or change what is remembered between packets.
 *
 * `p->end` is where reads stop. Each layer whose header has a length lowers it, so that link
 * padding and the bytes of other packets are never read.
 *
 * Nesting. A layer that contains a whole packet (a tunnel, an ICMP quotation) does not call its
 * printer, it leaves word of it (print_next) as the last thing it does: print_packet() goes on
 * there. So there is no recursion, however deep a packet is nested.
 */
#ifndef VITRO_OBSERVE_PRINT_LAYER_H
#define VITRO_OBSERVE_PRINT_LAYER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "observe/print.h"
#include "observe/print_text.h"

enum print_layer_kind {
    PRINT_LAYER_NONE,
    PRINT_LAYER_IP4,
    PRINT_LAYER_IP6,
};

/* What a transport printer is told of the IP header above it. */
struct print_ip {
    uint8_t version;    /* 4 or 6 */
    uint8_t next;       /* the IP header's own protocol field */
    uint8_t hops;       /* time to live or hop limit */
    bool is_fragment;   /* part of a fragmented packet: checksums say nothing */
    uint32_t at;        /* of the IP header, all of whose fixed part was captured */
    const uint8_t *src; /* addresses in the header: 4 or 16 bytes */
    const uint8_t *dst;
    const uint8_t *final; /* the destination behind all source routes: what checksums cover */
};

/* Marks the packet as cut here; only the first time counts. */
void print_cut(struct print *p);

/* True when something was read that was not captured. */
static inline bool print_is_cut(const struct print *p) { return p->is_cut; }

/* True when `len` bytes at `at` are there to be read. */
static inline bool print_has(const struct print *p, uint32_t at, uint32_t len)
{
    return at <= p->end && p->end - at >= len;
}

/* Bytes there are to be read at `at`. */
static inline uint32_t print_left(const struct print *p, uint32_t at)
{
    return at < p->end ? p->end - at : 0;
}

/* The `len` bytes at `at`, or NULL and the packet is cut. */
static inline const uint8_t *print_need(struct print *p, uint32_t at, uint32_t len)
{
    if (print_has(p, at, len)) return p->bytes + at;
    print_cut(p);
    return NULL;
}

/* The byte at `at`; 0 if it was not captured. */
static inline uint8_t print_get_u8(struct print *p, uint32_t at)
{
    const uint8_t *b = print_need(p, at, 1);
    return b != NULL ? b[0] : 0;
}

/* The 16-bit number at `at`; 0 if it was not captured. */
static inline uint16_t print_get_u16(struct print *p, uint32_t at)
{
    const uint8_t *b = print_need(p, at, 2);
    return b != NULL ? get_be16(b) : 0;
}

/* The 32-bit number at `at`; 0 if it was not captured. */
static inline uint32_t print_get_u32(struct print *p, uint32_t at)
{
    const uint8_t *b = print_need(p, at, 4);
    return b != NULL ? get_be32(b) : 0;
}

/* Lets reads stop at `end` at the latest. */
static inline void print_limit(struct print *p, uint32_t end) { p->end = u32_min(p->end, end); }

/* Leaves word of a packet of `len` bytes at `at`, to be printed when the printers have returned. */
void print_next(struct print *p, enum print_layer_kind kind, uint32_t at, uint32_t len);

/* Appends ` [|proto]` for a printer that ends early but lets its caller go on. */
void print_trunc(struct print *p);

/* Appends ` (invalid)`. */
static inline void print_invalid(struct print *p) { PRINT(p, " (invalid)"); }

/* Appends `[remaining caplen(N) < header length(M)]`, with a space before it, and ` [|proto]`. */
void print_header_missing(struct print *p, uint32_t captured, uint32_t header);

/* Appends the time stamp as the options ask. */
void print_time(struct print *p, uint64_t time_s, uint32_t time_ns);

/* Prints a packet from its link header on; `len` is its length on the wire. */
void print_link(struct print *p, uint16_t link_type, uint32_t len);

/* Prints what an ethertype announces; false, without a word, if the type is not known. */
bool print_ethertype(struct print *p, uint16_t type, uint32_t at, uint32_t len);

/* Prints an ARP packet in `len` bytes at `at`. */
void print_arp(struct print *p, uint32_t at, uint32_t len);

/* Prints an IPv4 packet in `len` bytes at `at`. */
void print_ip4(struct print *p, uint32_t at, uint32_t len);

/* Prints the options of an IPv4 header, `len` bytes at `at`. */
void print_ip4_options(struct print *p, uint32_t at, uint32_t len);

/* Prints an IPv6 packet in `len` bytes at `at`. */
void print_ip6(struct print *p, uint32_t at, uint32_t len);

/* Prints what an IP packet carries: `len` bytes of `protocol` at `at`. */
void print_ip_payload(struct print *p, const struct print_ip *ip, uint8_t protocol, uint32_t at,
                      uint32_t len);

/* Appends the addresses of `ip`: `SRC > DST`. */
void print_ip_addresses(struct print *p, const struct print_ip *ip);

/*
 * Appends `SRC.SPORT > DST.DPORT`, or behind IPv6 extension headers, where the addresses have been
 * printed, the ports alone. `protocol` is the transport's number.
 */
void print_ip_ports(struct print *p, const struct print_ip *ip, uint8_t protocol, uint16_t src_port,
                    uint16_t dst_port);

/* The word tcpdump has for an IP protocol, or "unknown". */
const char *print_ip_protocol_name(uint8_t protocol);

/* Appends " tcp port 80", or " protocol 132 port 80": of a packet that an ICMP error quotes. */
void print_quoted_port(struct print *p, uint8_t protocol, uint16_t port);

/*
 * The checksum that the transport message of `len` bytes at `at`, all of them captured, would need
 * to carry in place of `found`, what its checksum field holds; equal to `found` if that is right.
 */
uint16_t print_checksum_wanted(const struct print *p, const struct print_ip *ip, uint8_t protocol,
                               uint32_t at, uint32_t len, uint16_t found);

/* Says what was found of a checksum, "[udp sum ok] " or "[bad udp cksum 0x... -> 0x...!] ". */
void print_checksum_verdict(struct print *p, const char *protocol, uint16_t found, uint16_t wanted);

/* The checksum that would be right in place of `found`, where `sum` was taken over all with it. */
uint16_t print_checksum_repaired(uint16_t found, uint32_t sum);

/* Prints a TCP segment of `len` bytes at `at`. */
void print_tcp(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len);

/* How the list of TCP options ended. */
enum print_tcp_options_end {
    PRINT_TCP_OPTIONS_DONE,
    PRINT_TCP_OPTIONS_BAD, /* an option that cannot be: the line ends here */
    PRINT_TCP_OPTIONS_CUT, /* the captured bytes end inside: the line ends here */
};

/*
 * Prints `, options [...]`: `len` bytes at `at` of a segment with `flags`. `sack_base` is taken
 * from the edges of SACK blocks; `is_whole`: all of the segment was captured.
 */
enum print_tcp_options_end print_tcp_options(struct print *p, uint32_t at, uint32_t len,
                                             uint8_t flags, uint32_t sack_base, bool is_whole);

/* Prints the MPTCP option of `len` captured bytes at `at`; false if it cannot be. */
bool print_mptcp(struct print *p, uint32_t at, uint32_t len, uint8_t flags);

/* Prints the data of a TCP segment, `len` bytes at `at`, if its port tells what it is. */
void print_tcp_data(struct print *p, uint16_t src_port, uint16_t dst_port, uint32_t at,
                    uint32_t len);

/* Prints a UDP datagram of `len` bytes at `at`. */
void print_udp(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len);

/* Prints a DNS message of `len` bytes at `at`. */
void print_dns(struct print *p, uint32_t at, uint32_t len, bool is_tcp, bool is_multicast);

/* Prints the options of a DNS message's OPT record, from `at` to `end`, all of them captured; false
 * if they do not end there. */
WARN_UNUSED bool print_edns_options(struct print *p, uint32_t at, uint32_t end);

/* Prints an ICMP message of `len` bytes at `at`. */
void print_icmp4(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len);

/* Prints an ICMPv6 message of `len` bytes at `at`. */
void print_icmp6(struct print *p, const struct print_ip *ip, uint32_t at, uint32_t len);

/* Prints what follows the type of a neighbour discovery message of `len` bytes at `at`. */
void print_nd(struct print *p, uint8_t type, uint32_t at, uint32_t len);

/* Appends `\n\t0x0000:  ` lines of hexadecimal, and of characters if wanted. */
void print_dump_hex(struct print *p, const uint8_t *bytes, uint32_t len, const char *indent,
                    bool has_ascii);

/* Appends the dump that the options ask for. */
void print_dump(struct print *p);

/* Appends a dump of what a printer does not know, as far as captured. */
void print_unknown_data(struct print *p, uint32_t at, uint32_t len, const char *indent);

#endif
