/*
 * UDP sockets of the host that are not connected: one sends to everybody, and what comes tells who
 * sent it.
 */
#ifndef VITRO_GATEWAY_HOST_UDP_H
#define VITRO_GATEWAY_HOST_UDP_H

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/assert.h"
#include "vitro/address.h"

/* Bytes of a run, at most: with headers below 64 KiB. */
#define HOST_UDP_RUN_BYTES_MAX 65000u

/*
 * Opens a socket for datagrams of the version of `local`, bound to that address and a port of the
 * kernel's choice; an address of zeros is all of the host's. Errors wait in its queue
 * (host_error.h). Returns it or a negative errno value.
 */
int host_udp_open(const struct vitro_ip *local);

/* Gives what is sent from now on this time to live, and, over IPv4, says whether it may be cut. */
void host_udp_set_way(int fd, bool is_v4, uint8_t ttl, bool dont_fragment);

/* How many of `count` datagrams, at least 1, are one run of equal length, from the first on; the
 * last of them may be shorter. */
uint32_t host_udp_count_run(const struct iovec *datagrams, uint32_t count);

/* Sends a run with one walk through the host's stack (UDP_SEGMENT). 0 or a positive errno value:
 * EINVAL, EIO, EMSGSIZE where the host does not cut it. */
int host_udp_send_run(int fd, struct sockaddr_storage *to, socklen_t to_len,
                      struct iovec *datagrams, uint32_t count);

#endif
