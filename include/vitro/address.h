/*
 * Addresses: IPv4 and IPv6 in one shape, and the two ends of a conversation.
 *
 * An IPv4 address is held as its IPv4-mapped IPv6 form, ::ffff:a.b.c.d (RFC 4291 2.5.5.2). Ports
 * are in host byte order. Prefix lengths are the address's own version's: 24 in 10.0.0.0/24.
 */
#ifndef VITRO_ADDRESS_H
#define VITRO_ADDRESS_H

#include "vitro/export.h"

/* Longest text of an address, and of an endpoint ("[address]:port"), with the final NUL. */
#define VITRO_IP_TEXT_MAX       46
#define VITRO_ENDPOINT_TEXT_MAX 56

VITRO_BEGIN

/* An IP address; all zero is :: and, as a wildcard, stands for every address of both versions. */
struct vitro_ip {
    uint8_t bytes[16]; /* network order */
};

/* One end of a conversation. */
struct vitro_endpoint {
    struct vitro_ip ip;
    uint16_t port; /* 0: none, or any */
    uint16_t zone; /* interface of a link-local address (RFC 4007); 0: not said */
};

/* Both ends, seen from here. */
struct vitro_flow {
    struct vitro_endpoint local;
    struct vitro_endpoint remote;
};

/* The IPv4 address a.b.c.d. */
VITRO_API struct vitro_ip vitro_ip_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);

/* The IPv6 address that stands in the 16 bytes at `bytes`. */
VITRO_API struct vitro_ip vitro_ip_v6(const uint8_t *bytes);

/* Whether this is an IPv4 address. */
VITRO_API bool vitro_ip_is_v4(const struct vitro_ip *ip);

/* Whether both are the same address. */
VITRO_API bool vitro_ip_equal(const struct vitro_ip *a, const struct vitro_ip *b);

/*
 * Reads all of `text` as an address, dotted or RFC 4291 2.2. 0, or -EINVAL and `ip` untouched.
 */
VITRO_API VITRO_MUST_USE int vitro_ip_parse(const char *text, struct vitro_ip *ip);

/* Reads "10.0.0.0/24" or "fd00::/64"; without a slash the whole length. 0, or -EINVAL. */
VITRO_API VITRO_MUST_USE int vitro_prefix_parse(const char *text, struct vitro_ip *ip,
                                                uint8_t *bits);

/* Writes the canonical text (RFC 5952; IPv4 dotted) and a NUL; returns the length. */
VITRO_API size_t vitro_ip_format(const struct vitro_ip *ip, char out[VITRO_IP_TEXT_MAX]);

/* Whether both are the same address, port and zone. */
VITRO_API bool vitro_endpoint_equal(const struct vitro_endpoint *a, const struct vitro_endpoint *b);

/* The endpoint of this address and port, without a zone. */
VITRO_API struct vitro_endpoint vitro_endpoint_of(struct vitro_ip ip, uint16_t port);

/* Every local address of both versions, and this port: for binding. */
VITRO_API struct vitro_endpoint vitro_endpoint_any(uint16_t port);

/* Reads "10.0.2.2:80" or "[fd00::2]:80". 0, or -EINVAL and `endpoint` untouched. */
VITRO_API VITRO_MUST_USE int vitro_endpoint_parse(const char *text,
                                                  struct vitro_endpoint *endpoint);

/* Writes "10.0.2.2:80" or "[fd00::2]:80" and a NUL; returns the length. */
VITRO_API size_t vitro_endpoint_format(const struct vitro_endpoint *endpoint,
                                       char out[VITRO_ENDPOINT_TEXT_MAX]);

VITRO_END

#endif
