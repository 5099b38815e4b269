/*
 * Sockets of the host, and addresses between its form and ours.
 */
#ifndef VITRO_GATEWAY_HOST_SOCKET_H
#define VITRO_GATEWAY_HOST_SOCKET_H

#include <sys/socket.h>

#include "base/assert.h"
#include "vitro/address.h"

/* Our endpoint as the host's address: AF_INET or AF_INET6. Returns its length. */
socklen_t host_address(const struct vitro_endpoint *endpoint, struct sockaddr_storage *out);

/* The host's address as our endpoint; false: neither IPv4 nor IPv6. */
WARN_UNUSED bool host_endpoint(const struct sockaddr_storage *address,
                               struct vitro_endpoint *endpoint);

/* Opens a socket that does not block and is closed on exec, of the version of `endpoint`.
 * SOCK_STREAM ones have TCP_NODELAY and SO_OOBINLINE. Returns it or a negative errno value. */
int host_socket_open(const struct vitro_endpoint *endpoint, int type);

/* The pending error of a socket (SO_ERROR), a positive errno value; 0: none. */
int host_socket_error(int fd);

/* Has the kernel ask after a minute of silence whether the peer is still there (SO_KEEPALIVE). */
void host_socket_keep_alive(int fd);

/* Makes close() send a reset (SO_LINGER with 0). */
void host_socket_set_reset(int fd);

#endif
