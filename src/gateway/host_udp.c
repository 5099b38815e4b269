/*
 * UDP sockets of the host: options, and runs of datagrams.
 *
 * Reference: udp(7) on UDP_SEGMENT.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */

#include "gateway/host_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "gateway/host_error.h"
#include "gateway/host_socket.h"

#define BUFFER_BYTES (1024 * 1024)

int host_udp_open(const struct vitro_ip *local)
{
    const struct vitro_endpoint endpoint = vitro_endpoint_of(*local, 0);
    const bool is_v4 = vitro_ip_is_v4(local);
    const int fd = host_socket_open(&endpoint, SOCK_DGRAM);
    if (fd < 0) return fd;
    const int buffer = BUFFER_BYTES, on = 1;
    /* None of these is worth failing for: less comfort, the same service. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    (void)!host_error_ask(fd, is_v4);
    /* A port of IPv6 is not that of IPv4 as well. */
    if (!is_v4) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    struct sockaddr_storage address;
    const socklen_t len = host_address(&endpoint, &address);
    if (bind(fd, (const struct sockaddr *)&address, len) == 0) return fd;
    const int error = errno;
    close(fd);
    return -error;
}

void host_udp_set_way(int fd, bool is_v4, uint8_t ttl, bool dont_fragment)
{
    const int hops = ttl;
    /* These do not fail with values a packet can have; if they did, the host's would be used. */
    if (is_v4) {
        const int discover = dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
        (void)setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
        (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
    } else {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops);
    }
}

uint32_t host_udp_count_run(const struct iovec *datagrams, uint32_t count)
{
    const size_t each = datagrams[0].iov_len;
    size_t bytes = each;
    uint32_t run = 1;
    while (run < count && each > 0) {
        const size_t len = datagrams[run].iov_len;
        bytes += len;
        if (len == 0 || len > each || bytes > HOST_UDP_RUN_BYTES_MAX) break;
        run++;
        if (len < each) break;
    }
    return run;
}

int host_udp_send_run(int fd, struct sockaddr_storage *to, socklen_t to_len,
                      struct iovec *datagrams, uint32_t count)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control = {.bytes = {0}};
    const uint16_t each = (uint16_t)datagrams[0].iov_len;
    struct msghdr message = {
        .msg_name = to,
        .msg_namelen = to_len,
        .msg_iov = datagrams,
        .msg_iovlen = count,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    cmsg->cmsg_level = IPPROTO_UDP;
    cmsg->cmsg_type = UDP_SEGMENT;
    cmsg->cmsg_len = CMSG_LEN(sizeof each);
    memcpy(CMSG_DATA(cmsg), &each, sizeof each);
    return sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ? 0 : errno;
}
