/*
 * The device and addresses of the program's network, made from inside its namespace (netlink).
 *
 * Every function works on the network namespace of the caller and needs CAP_NET_ADMIN in it.
 */
#ifndef VITRO_GATEWAY_SANDBOX_NET_H
#define VITRO_GATEWAY_SANDBOX_NET_H

#include "gateway/sandbox.h"

/* The program's interface, and the hardware addresses of both ends. */
#define SANDBOX_INTERFACE "vitro0"
extern const uint8_t sandbox_mac_program[6], sandbox_mac_gateway[6];

/* Makes the TAP with virtio-net headers and offloads. Returns its descriptor, which keeps the
 * namespace while it is open, or -1 with `failure`. */
int sandbox_net_tap(uint32_t mtu_bytes, struct sandbox_failure *failure);

/*
 * Makes a veth pair whose other end is in a network namespace that nobody else sees, and a packet
 * socket on that end. Needs CAP_SYS_ADMIN in the user namespace too. Returns the socket, or -1 with
 * `failure` (SANDBOX_NETWORK_NAMESPACE: the second one). The socket does not keep the caller's
 * namespace: that lasts only as long as some process or descriptor holds it.
 */
int sandbox_net_packet(uint32_t mtu_bytes, struct sandbox_failure *failure);

/*
 * Sets addresses and default routes of SANDBOX_INTERFACE, sets it and the loopback up, and opens
 * ping sockets to the caller's group where that can be done. `has_ip6` tells whether IPv6 was to be
 * had. 0, or -1 with `failure`.
 */
WARN_UNUSED int sandbox_net_configure(const struct policy_addresses *addresses, bool *has_ip6,
                                      struct sandbox_failure *failure);

/*
 * Chooses an IPv4 /24 that neither an address, a route nor a name server of the host lies in:
 * 10.0.2.0, then others. False: all are taken (then 10.0.2.0 is in `network`). Here the namespace
 * of the caller is the host's, and no capability is needed.
 */
bool sandbox_net_choose(const struct vitro_endpoint *resolvers, uint32_t resolver_count,
                        struct vitro_ip *network);

/* Whether the host's kernel has IPv6 at all. */
bool sandbox_net_host_has_ip6(void);

#endif
