/*
 * Sockets of the host.
 *
 * An IPv4 address is always used through AF_INET, never as ::ffff:a.b.c.d: such sockets obey other
 * settings (IPV6_V6ONLY, /proc/sys/net/ipv6) and do not exist where IPv6 is switched off.
 *
 * What a socket that listens is set to, those it accepts are set to as well.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, accept4 */

#include "gateway/host_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"

/* Where the IPv4 address lies in its mapped form (RFC 4291 2.5.5.2). */
#define MAPPED_OFFSET 12

static const uint8_t mapped_prefix[MAPPED_OFFSET] = {[10] = 0xff, [11] = 0xff};

socklen_t host_address(const struct vitro_endpoint *endpoint, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (vitro_ip_is_v4(&endpoint->ip)) {
        struct sockaddr_in in = {.sin_family = AF_INET};
        put_be16((uint8_t *)&in.sin_port, endpoint->port);
        memcpy(&in.sin_addr, endpoint->ip.bytes + MAPPED_OFFSET, sizeof in.sin_addr);
        memcpy(out, &in, sizeof in);
        return sizeof in;
    }
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_scope_id = endpoint->zone};
    put_be16((uint8_t *)&in6.sin6_port, endpoint->port);
    memcpy(&in6.sin6_addr, endpoint->ip.bytes, sizeof in6.sin6_addr);
    memcpy(out, &in6, sizeof in6);
    return sizeof in6;
}

bool host_endpoint(const struct sockaddr_storage *address, struct vitro_endpoint *endpoint)
{
    *endpoint = (struct vitro_endpoint){.port = 0};
    if (address->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof in);
        memcpy(endpoint->ip.bytes, mapped_prefix, sizeof mapped_prefix);
        memcpy(endpoint->ip.bytes + MAPPED_OFFSET, &in.sin_addr, sizeof in.sin_addr);
        endpoint->port = get_be16((const uint8_t *)&in.sin_port);
        return true;
    }
    if (address->ss_family != AF_INET6) return false;
    struct sockaddr_in6 in6;
    memcpy(&in6, address, sizeof in6);
    memcpy(endpoint->ip.bytes, &in6.sin6_addr, sizeof in6.sin6_addr);
    endpoint->port = get_be16((const uint8_t *)&in6.sin6_port);
    if (in6.sin6_scope_id <= UINT16_MAX) endpoint->zone = (uint16_t)in6.sin6_scope_id;
    return true;
}

int host_socket_open(const struct vitro_endpoint *endpoint, int type)
{
    const int family = vitro_ip_is_v4(&endpoint->ip) ? AF_INET : AF_INET6;
    const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -errno;
    if (type != SOCK_STREAM) return fd;
    /* When to hold small segments back was the sender's decision; it is not made a second time. And
     * bytes that are marked as urgent are bytes (RFC 6093 6): without it they would be left out. */
    const int on = 1;
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on) != 0) {
        const int error = errno;
        close(fd);
        return -error;
    }
    return fd;
}

int host_socket_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) return errno;
    return error;
}

void host_socket_keep_alive(int fd)
{
    const int on = 1;
    /* How often the program asks is not known. A minute is what most choose, and less than what
     * routers wait until they forget. */
    const int idle_s = 60, interval_s = 30;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

void host_socket_set_reset(int fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    /* Fails only for what is no socket; then there is nobody to reset. */
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}
