/*
 * IP addresses of both versions in one shape.
 *
 * An IPv4 address is held as its IPv4-mapped IPv6 form (::ffff:a.b.c.d, RFC 4291 2.5.5.2). It is
 * converted once, where the packet is parsed, and everything above compares, hashes and stores
 * sixteen bytes without asking for the version. Nothing on the wire uses the mapped form, so no
 * real IPv6 peer can be mistaken for an IPv4 one.
 *
 * References: RFC 4291 (architecture), RFC 5952 (text form), RFC 6890 (special addresses).
 */
#ifndef VITRO_WIRE_IP_ADDR_H
#define VITRO_WIRE_IP_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"

/* Longest text of an address with its NUL: "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255". */
#define IP_ADDR_TEXT_MAX 46

struct ip_addr {
    uint8_t bytes[16]; /* network order */
};

/* An address range. `bits` counts in the 128-bit form: an IPv4 /24 has bits = 120. */
struct ip_prefix {
    struct ip_addr addr;
    uint8_t bits;
};

/* The IPv4 address whose number is `addr` in host order: 0x0a000201 is 10.0.2.1. */
static inline struct ip_addr ip_addr_from_v4(uint32_t addr)
{
    struct ip_addr out;
    put_be64(out.bytes, 0);
    put_be64(out.bytes + 8, UINT64_C(0xffff) << 32 | addr);
    return out;
}

/* The IPv6 address that stands in the 16 bytes at `bytes`. */
static inline struct ip_addr ip_addr_from_v6(const uint8_t *bytes)
{
    struct ip_addr out;
    memcpy(out.bytes, bytes, sizeof out.bytes);
    return out;
}

/* :: , the unspecified IPv6 address. */
static inline struct ip_addr ip_addr_any_v6(void) { return (struct ip_addr){{0}}; }

/* The number of an IPv4 address in host order; meaningful only when ip_addr_is_v4(). */
static inline uint32_t ip_addr_v4(const struct ip_addr *addr) { return get_be32(addr->bytes + 12); }

/* True for an IPv4 address, that is for the IPv4-mapped form. */
static inline bool ip_addr_is_v4(const struct ip_addr *addr)
{
    return get_be64(addr->bytes) == 0 && get_be32(addr->bytes + 8) == 0xffff;
}

/* True when both are the same address of the same version. */
static inline bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
    uint64_t a_half[2];
    uint64_t b_half[2];
    memcpy(a_half, a->bytes, sizeof a_half);
    memcpy(b_half, b->bytes, sizeof b_half);
    return ((a_half[0] ^ b_half[0]) | (a_half[1] ^ b_half[1])) == 0;
}

/* True for 0.0.0.0 and for :: . */
static inline bool ip_addr_is_unspecified(const struct ip_addr *addr)
{
    if (get_be64(addr->bytes) != 0) {
        return false;
    }
    const uint64_t low = get_be64(addr->bytes + 8);
    return low == 0 || low == UINT64_C(0x0000ffff00000000);
}

/* True for 224.0.0.0/4 and ff00::/8. */
static inline bool ip_addr_is_multicast(const struct ip_addr *addr)
{
    return addr->bytes[0] == 0xff || (ip_addr_is_v4(addr) && (addr->bytes[12] & 0xf0) == 0xe0);
}

/* True for 127.0.0.0/8 and ::1. */
static inline bool ip_addr_is_loopback(const struct ip_addr *addr)
{
    if (ip_addr_is_v4(addr)) {
        return addr->bytes[12] == 127;
    }
    return get_be64(addr->bytes) == 0 && get_be64(addr->bytes + 8) == 1;
}

/* True for 169.254.0.0/16 and fe80::/10. */
static inline bool ip_addr_is_link_local(const struct ip_addr *addr)
{
    if (ip_addr_is_v4(addr)) {
        return get_be16(addr->bytes + 12) == 0xa9fe;
    }
    return addr->bytes[0] == 0xfe && (addr->bytes[1] & 0xc0) == 0x80;
}

/* True for 255.255.255.255; a subnet's own broadcast address is known only to its interface. */
static inline bool ip_addr_is_broadcast(const struct ip_addr *addr)
{
    return ip_addr_is_v4(addr) && ip_addr_v4(addr) == UINT32_MAX;
}

/*
 * Reads a whole string as an address: dotted quad of four decimal numbers without leading zeros,
 * or RFC 4291 2.2 text. No zone, no port, no white space. False, with `out` untouched, otherwise.
 */
WARN_UNUSED bool ip_addr_parse(const char *text, struct ip_addr *out);

/* Writes the canonical text (RFC 5952; IPv4 dotted) and a NUL; returns the length of the text. */
size_t ip_addr_format(const struct ip_addr *addr, char out[IP_ADDR_TEXT_MAX]);

/*
 * Reads "10.0.0.0/24" or "fd00::/64"; without a slash the prefix is the one address. Bits beyond
 * the prefix length are cleared. False, with `out` untouched, on anything else.
 */
WARN_UNUSED bool ip_prefix_parse(const char *text, struct ip_prefix *out);

/* True when `addr` agrees with the prefix in its first `bits` bits. */
bool ip_prefix_contains(const struct ip_prefix *prefix, const struct ip_addr *addr);

#endif
