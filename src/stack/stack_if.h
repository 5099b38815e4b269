/*
 * Interfaces, their addresses, and the routes that follow from them. Errors are errno values.
 */
#ifndef VITRO_STACK_IF_H
#define VITRO_STACK_IF_H

#include "stack/stack.h"

struct stack_if_config {
    enum frame_link medium;
    struct eth_addr mac;
    uint32_t mtu_bytes;
    uint32_t super_bytes_max;
    bool checksum_offload;
    bool accepts_any;
};

/* Adds an interface, whose index goes to `*if_index`. Returns 0, EINVAL, or ENOBUFS when there are
 * STACK_IFS_MAX or memory is out. */
WARN_UNUSED int stack_if_add(struct stack *stack, const struct stack_if_config *config,
                             uint32_t *if_index, uint64_t now_us);

/* Takes an interface away, with its addresses, neighbours and routes. Returns 0 or ENOENT. */
int stack_if_remove(struct stack *stack, uint32_t if_index);

/*
 * Gives an interface an address, and the route to its network; `bits` in the 128-bit form. An IPv6
 * address is tentative first if the configuration says so, an IPv4 address is announced (RFC 5227
 * 2.3). Returns 0, ENOENT, EEXIST, EINVAL, ENOBUFS.
 */
WARN_UNUSED int stack_addr_add(struct stack *stack, uint32_t if_index, const struct ip_addr *addr,
                               uint8_t bits, uint64_t now_us);

/* Takes an address away, and its route. Returns 0 or ENOENT. */
int stack_addr_remove(struct stack *stack, uint32_t if_index, const struct ip_addr *addr);

/* Adds a route of the owner's. Returns 0, EEXIST, EINVAL, ENOBUFS, or ENOENT: no such interface. */
WARN_UNUSED int stack_route_add(struct stack *stack, const struct ip_prefix *prefix,
                                const struct ip_addr *gateway, uint32_t if_index);

/* Takes a route away. Returns 0 or ENOENT. */
int stack_route_remove(struct stack *stack, const struct ip_prefix *prefix,
                       const struct ip_addr *gateway, uint32_t if_index);

/* Whether a socket may be bound to `addr`: it is unspecified, ours, or an interface accepts any. */
bool stack_addr_is_local(const struct stack *stack, const struct ip_addr *addr);

#endif
