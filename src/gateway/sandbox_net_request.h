/*
 * Requests to the kernel's routing tables (rtnetlink), one at a time, each answered before the
 * next.
 *
 *     struct net_request request;
 *     if (net_request_open(&request) == 0) {
 *         struct ifinfomsg *info = net_request_begin(&request, RTM_NEWLINK, 0, sizeof *info);
 *         info->ifi_index = 1;
 *         mnl_attr_put_u32(request.message, IFLA_MTU, 65535);
 *         error = net_request_do(&request);
 *         net_request_close(&request);
 *     }
 *
 * A request is about the network namespace in which it was opened, wherever its owner is later.
 *
 * References: RFC 3549 (netlink).
 */
#ifndef VITRO_GATEWAY_SANDBOX_NET_REQUEST_H
#define VITRO_GATEWAY_SANDBOX_NET_REQUEST_H

#include <libmnl/libmnl.h>

#include "base/assert.h"

/* Room for a request, and for what one read of an answer may hold: the kernel fills 32 KiB. */
#define NET_REQUEST_BYTES 32768

struct net_request {
    struct mnl_socket *socket;
    struct nlmsghdr *message; /* the one that is being made: attributes are put into it */
    uint32_t seq;
    union {
        struct nlmsghdr align;
        uint8_t bytes[NET_REQUEST_BYTES];
    } buffer;
};

/* Opens the socket. 0 or an errno value. */
WARN_UNUSED int net_request_open(struct net_request *request);

/* Closes it. All zero, or one that could not be opened, is left alone. */
void net_request_close(struct net_request *request);

/*
 * Begins a message of this type with a fixed part of `bytes`, which is zeroed and returned; `flags`
 * beside NLM_F_REQUEST. The last message is forgotten.
 */
void *net_request_begin(struct net_request *request, uint16_t type, uint16_t flags, size_t bytes);

/* Sends the message and waits for the kernel's word. 0 or its errno value. */
WARN_UNUSED int net_request_do(struct net_request *request);

/* What net_request_dump() calls for each part of the answer. */
typedef void net_request_part(void *owner, const struct nlmsghdr *part);

/* Sends the message, which must be a dump, and calls for each part. 0 or an errno value. */
WARN_UNUSED int net_request_dump(struct net_request *request, net_request_part *part, void *owner);

/*
 * Asks that an interface get no IPv6 address of the kernel's own making (IN6_ADDR_GEN_MODE_NONE). 0
 * or an errno value: EAFNOSUPPORT and others where there is no IPv6.
 */
WARN_UNUSED int net_request_silence_ip6(struct net_request *request, int index);

#endif
