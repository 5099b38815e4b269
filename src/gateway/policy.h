/*
 * Where a destination is: with the gateway itself, on the host, out in the world, or nowhere.
 *
 * The program's network is a subnet of its own; every other address is the world's, and the host
 * connects to it by whatever routes it has (a VPN's too). The host's own loopback is reached only
 * where the user has opened it, and only by the gateway's address: 127.0.0.1 and its disguises
 * (0.0.0.0, ::, ::1, IPv4-mapped forms that come in IPv6 packets) are refused.
 */
#ifndef VITRO_GATEWAY_POLICY_H
#define VITRO_GATEWAY_POLICY_H

#include "base/assert.h"
#include "vitro/address.h"

/* The addresses of a run, one of each version; IPv6 ones are :: where there is no IPv6. */
struct policy_addresses {
    struct vitro_ip program[2]; /* [0] IPv4, [1] IPv6: 10.0.2.100, fd76:6974:726f::100 */
    struct vitro_ip gateway[2]; /* .2: the default route; with --host-loopback, the host */
    struct vitro_ip dns[2];     /* .3: the name server */
    struct vitro_ip demo[2];    /* .4: the built-in services */
    uint8_t prefix_bits[2];     /* 24, 64 */
    bool has_ip6;
};

/* The addresses of a run whose IPv4 network is the /24 at `network` (10.0.2.0). */
void policy_addresses_init(struct policy_addresses *addresses, const struct vitro_ip *network,
                           bool has_ip6);

struct policy {
    struct policy_addresses addresses;
    bool opens_loopback; /* --host-loopback */
};

enum policy_place {
    POLICY_WORLD,     /* connect to the same address */
    POLICY_LOOPBACK,  /* the gateway's address, and the host's loopback is open: connect there */
    POLICY_DNS,       /* port 53 of the name server */
    POLICY_CLOSED,    /* an address of ours where nothing listens: refuse */
    POLICY_NOWHERE,   /* our subnet, but nobody's: host unreachable */
    POLICY_FORBIDDEN, /* loopback and its disguises, multicast, broadcast: prohibited */
};

/*
 * Where the program means with `asked`. `target` gets the endpoint for the host to connect to, with
 * WORLD and LOOPBACK.
 */
enum policy_place policy_place(const struct policy *policy, const struct vitro_endpoint *asked,
                               struct vitro_endpoint *target);

#endif
