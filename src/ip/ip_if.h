/*
 * What the stack knows of one of its interfaces: the medium, what it can do, and its addresses.
 *
 * Plain data, changed only by the owner of the stack and by neighbour discovery (ip_nd.h), which
 * drives the state of IPv6 addresses. It sends nothing itself.
 *
 * References: RFC 1122 3.3.6 (broadcast), RFC 4291 2.8 (addresses a node answers to), RFC 4862 5.
 */
#ifndef VITRO_IP_IF_H
#define VITRO_IP_IF_H

#include "base/base.h"
#include "wire/eth.h"
#include "wire/frame.h"
#include "wire/ip_addr.h"

#define IP_IF_NAME_MAX  16 /* with the NUL */
#define IP_IF_ADDRS_MAX 16 /* addresses of one interface, both versions */
#define IP_IF_HOP_LIMIT 64 /* default TTL and hop limit (RFC 1700, RFC 8504 5.2) */

enum ip_if_addr_state {
    IP_IF_ADDR_TENTATIVE,  /* being checked (DAD): neither sent from nor answered to */
    IP_IF_ADDR_PREFERRED,  /* in use */
    IP_IF_ADDR_DEPRECATED, /* answered to, not chosen for new communication */
    IP_IF_ADDR_DUPLICATE,  /* some one else has it: unusable */
};

struct ip_if_addr {
    struct ip_addr addr;
    uint8_t bits;                /* prefix length in the 128-bit form */
    uint8_t state;               /* enum ip_if_addr_state */
    uint8_t dad_probes_left;     /* TENTATIVE: solicitations still to be sent */
    bool is_autoconfigured;      /* from a router advertisement */
    uint64_t dad_next_us;        /* TENTATIVE: when the next step is due */
    uint64_t preferred_until_us; /* TIME_NEVER: for ever */
    uint64_t valid_until_us;     /* TIME_NEVER: for ever */
};

struct ip_if {
    char name[IP_IF_NAME_MAX];
    uint16_t index;         /* from 1, the zone of link-local addresses */
    enum frame_link medium; /* Ethernet, or bare IP packets without a link header */
    struct eth_addr mac;    /* Ethernet: ours */
    uint32_t mtu_bytes;     /* largest IP packet, in force now */
    uint32_t mtu_bytes_max; /* what the medium can do; router advertisements stay below */
    uint8_t hop_limit;      /* of packets that do not say */
    bool accepts_any; /* a gateway: takes packets to, and answers for, every unicast address */
    uint32_t super_bytes_max; /* payload of a super-segment the device takes; 0: none */
    bool checksum_offload;    /* the device completes transport checksums */
    uint32_t addr_count;
    struct ip_if_addr addr[IP_IF_ADDRS_MAX];
};

/* What a destination address means to an interface. */
enum ip_if_match {
    IP_IF_NOT_OURS,
    IP_IF_UNICAST,   /* one of our addresses */
    IP_IF_ANY,       /* not ours, but the interface accepts any */
    IP_IF_MULTICAST, /* a group that we listen to */
    IP_IF_BROADCAST, /* limited, or of one of our IPv4 subnets */
};

/*
 * Fills in an interface without addresses or abilities. `name` is copied, cut if it is too long.
 * `mac` may be NULL on a bare IP medium. Returns 0, or EINVAL: index 0, an MTU below 68 or above
 * 65535 plus the IPv6 header, or an Ethernet interface without a unicast MAC.
 */
WARN_UNUSED int ip_if_init(struct ip_if *iface, const char *name, uint16_t index,
                           enum frame_link medium, const struct eth_addr *mac, uint32_t mtu_bytes);

/*
 * Adds an address with its prefix length (128-bit form); it is PREFERRED at once and lives for
 * ever. To have it checked first, see ip_nd_addr_add(). Returns 0; EINVAL: not a unicast address,
 * or more than 128 bits (for IPv4 also fewer than 96), or IPv6 with an MTU below 1280; EEXIST;
 * ENOSPC.
 */
WARN_UNUSED int ip_if_addr_add(struct ip_if *iface, const struct ip_addr *addr, uint8_t bits);

/* Takes an address away. Returns 0 or ENOENT. */
int ip_if_addr_remove(struct ip_if *iface, const struct ip_addr *addr);

/* The entry of `addr` in whatever state, NULL when the interface has none. It stays in place until
 * an address is removed. */
struct ip_if_addr *ip_if_addr_find(struct ip_if *iface, const struct ip_addr *addr);

/* Whether `addr` is ours and usable: PREFERRED or DEPRECATED. */
bool ip_if_owns(const struct ip_if *iface, const struct ip_addr *addr);

/* What `dst` means to this interface. Tentative and duplicate addresses are not ours; the groups of
 * tentative ones are listened to, as duplicate address detection needs (RFC 4862 5.4.2). */
enum ip_if_match ip_if_classify(const struct ip_if *iface, const struct ip_addr *dst);

/* Whether `addr` is 255.255.255.255 or the broadcast address of one of our IPv4 subnets. */
bool ip_if_is_broadcast(const struct ip_if *iface, const struct ip_addr *addr);

/* Whether a packet from `src` may be believed to come from one host: not multicast, not broadcast,
 * not loopback, not one of our own. The unspecified address is refused too, except to the protocols
 * the stack handles before it asks (RFC 1122 3.2.1.3, RFC 4291 2.5.2). */
bool ip_if_source_is_acceptable(const struct ip_if *iface, const struct ip_addr *src);

/* Whether `addr` lies in the prefix of one of our addresses. */
bool ip_if_is_on_link(const struct ip_if *iface, const struct ip_addr *addr);

/* The first address usable on this interface of the version `is_v4`, IPv6 link-local ones only when
 * `link_local`; NULL when there is none. */
const struct ip_if_addr *ip_if_addr_any(const struct ip_if *iface, bool is_v4, bool link_local);

/* The address with `prefix`'s first 64 bits and an identifier made from the MAC (RFC 4291 appendix
 * A); with fe80:: it is the link-local address. On a bare IP medium the identifier is made from the
 * interface's index. */
struct ip_addr ip_if_addr_from_mac(const struct ip_if *iface, const struct ip_addr *prefix);

#endif
