/*
 * Interfaces, their addresses, and routes.
 *
 * An interface is a number from 1 on, the owner's name for one of its links. Frames come and go by
 * it (stack.h). It is Ethernet, with ARP and neighbour discovery, or bare IP without a link header.
 */
#ifndef VITRO_INTERFACE_H
#define VITRO_INTERFACE_H

#include "vitro/address.h"
#include "vitro/export.h"

/* Interfaces, addresses of one interface, and routes of one stack, at most. */
#define VITRO_INTERFACES_MAX 16
#define VITRO_ADDRESSES_MAX  16
#define VITRO_ROUTES_MAX     64

/* IP packet sizes an interface may have. Below 1280 there is no IPv6 on it (RFC 8200 5). */
#define VITRO_MTU_BYTES_MIN 68
#define VITRO_MTU_BYTES_MAX 65535

VITRO_BEGIN

/* What a frame begins with. */
enum vitro_link {
    VITRO_LINK_ETHERNET, /* Ethernet II; VLAN tags are read and skipped */
    VITRO_LINK_IP,       /* the IP header */
};

struct vitro_interface_config {
    enum vitro_link link;
    uint8_t mac[6];           /* Ethernet: our station address */
    uint32_t mtu_bytes;       /* largest IP packet, without the link header */
    uint32_t super_bytes_max; /* payload of a super-segment that may be sent; 0: none, all frames
                                 fit the MTU */
    bool checksum_offload;    /* TCP and UDP frames may leave with `checksum_partial` */
    bool accepts_any; /* every unicast destination is ours, and every address is answered for
                                 by ARP and ND: a gateway's interface */
};

struct vitro_interface_info {
    struct vitro_interface_config config;
    uint64_t frames_in, frames_out; /* super-segments count once */
    uint64_t bytes_in, bytes_out;   /* with link headers */
    uint64_t drops;
    uint32_t address_count;
    struct {
        struct vitro_ip ip;
        uint8_t prefix_bits;
        bool is_tentative; /* duplicate address detection is under way */
    } address[VITRO_ADDRESSES_MAX];
};

struct vitro_route {
    struct vitro_ip ip;  /* of the prefix; 0.0.0.0 or :: with prefix_bits 0: the default route */
    uint8_t prefix_bits; /* of the address's own version */
    struct vitro_ip gateway; /* 0.0.0.0 or ::, the destination is on the link */
    uint32_t interface;
};

/* An Ethernet interface of MTU 1500 with this address, or a bare IP one if `mac` is NULL. */
VITRO_API struct vitro_interface_config vitro_interface_default(const uint8_t mac[6]);

/* Adds an interface and returns its number. -EINVAL: MTU, MAC or sizes; -ENOBUFS: too many. */
VITRO_API VITRO_MUST_USE int vitro_interface_add(struct vitro_stack *stack,
                                                 const struct vitro_interface_config *config,
                                                 uint64_t now_us);

/*
 * Takes an interface away with its addresses, neighbours and routes. Connections stay and find no
 * route until there is one again. 0 or -ENOENT.
 */
VITRO_API int vitro_interface_remove(struct vitro_stack *stack, uint32_t interface,
                                     uint64_t now_us);

/* Says what an interface is and has done. 0 or -ENOENT. */
VITRO_API int vitro_interface_get(const struct vitro_stack *stack, uint32_t interface,
                                  struct vitro_interface_info *info);

/*
 * Gives an interface an address and the route to its network. 0, -ENOENT: no such interface,
 * -EEXIST, -EINVAL: not a unicast address, a prefix too long, or IPv6 on an MTU below 1280;
 * -ENOBUFS.
 */
VITRO_API VITRO_MUST_USE int vitro_address_add(struct vitro_stack *stack, uint32_t interface,
                                               const struct vitro_ip *ip, uint8_t prefix_bits,
                                               uint64_t now_us);

/* Takes an address away, and the route to its network. 0 or -ENOENT. */
VITRO_API int vitro_address_remove(struct vitro_stack *stack, uint32_t interface,
                                   const struct vitro_ip *ip, uint64_t now_us);

/*
 * Adds a route; the longest prefix wins. 0, -EEXIST, -EINVAL, -ENOBUFS, -ENOENT: no such interface.
 */
VITRO_API VITRO_MUST_USE int vitro_route_add(struct vitro_stack *stack,
                                             const struct vitro_route *route);

/* Takes away the route to exactly this prefix by this interface. 0 or -ENOENT. */
VITRO_API int vitro_route_remove(struct vitro_stack *stack, const struct vitro_route *route);

VITRO_END

#endif
