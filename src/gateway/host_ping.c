/*
 * Echo requests by the host's sockets.
 *
 * A datagram socket gets replies to its own identifier only, without an IP header, and the kernel
 * does checksums. A raw one gets those of all, with the IP header if it is IPv4; the identifier is
 * drawn at random, and checksums of IPv4 are ours to do.
 */
#define _GNU_SOURCE /* struct in6_pktinfo and the like */

#include "gateway/host_ping.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/icmp.h>

#include "base/bytes.h"
#include "gateway/host_socket.h"
#include "wire/checksum.h"

#define ECHO_BYTES 8 /* type, code, checksum, identifier, sequence number */

/* Types, by version. */
enum { ECHO4_REQUEST = 8, ECHO4_REPLY = 0, ECHO6_REQUEST = 128, ECHO6_REPLY = 129 };

static int open_socket(bool is_v4, int type)
{
    return socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  is_v4 ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
}

/* Lets a raw socket see echo replies only. */
static void filter_raw(const struct host_ping *ping)
{
    if (ping->is_v4) {
        const struct icmp_filter filter = {.data = ~(UINT32_C(1) << ECHO4_REPLY)};
        (void)setsockopt(ping->fd, SOL_RAW, ICMP_FILTER, &filter, sizeof filter);
    } else {
        struct icmp6_filter filter;
        ICMP6_FILTER_SETBLOCKALL(&filter);
        ICMP6_FILTER_SETPASS(ECHO6_REPLY, &filter);
        (void)setsockopt(ping->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof filter);
    }
}

/* A datagram socket has its identifier where others have a port. */
static int read_identifier(struct host_ping *ping)
{
    struct sockaddr_storage address;
    struct vitro_endpoint endpoint;
    const struct vitro_endpoint any =
        vitro_endpoint_of(ping->is_v4 ? vitro_ip_v4(0, 0, 0, 0) : (struct vitro_ip){{0}}, 0);
    socklen_t len = host_address(&any, &address);
    if (bind(ping->fd, (const struct sockaddr *)&address, len) != 0) return errno;
    len = sizeof address;
    if (getsockname(ping->fd, (struct sockaddr *)&address, &len) != 0) return errno;
    if (!host_endpoint(&address, &endpoint)) return EAFNOSUPPORT;
    ping->identifier = endpoint.port;
    return 0;
}

static int prepare(struct host_ping *ping)
{
    const int on = 1;
    /* Without it replies only come without their time to live. */
    (void)setsockopt(ping->fd, ping->is_v4 ? IPPROTO_IP : IPPROTO_IPV6,
                     ping->is_v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on, sizeof on);
    (void)!host_error_ask(ping->fd, ping->is_v4);
    if (!ping->is_raw) return read_identifier(ping);
    filter_raw(ping);
    const ssize_t drawn = getrandom(&ping->identifier, sizeof ping->identifier, 0);
    return drawn == (ssize_t)sizeof ping->identifier ? 0 : EAGAIN;
}

void host_ping_open(struct host_ping *ping, bool is_v4, bool raw_only)
{
    *ping = (struct host_ping){.fd = -1, .is_v4 = is_v4};
    if (!raw_only) ping->fd = open_socket(is_v4, SOCK_DGRAM);
    if (ping->fd < 0) {
        ping->error = raw_only ? EACCES : errno;
        ping->fd = open_socket(is_v4, SOCK_RAW);
        ping->is_raw = true;
    }
    if (ping->fd < 0) return;
    ping->error = prepare(ping);
    if (ping->error == 0) return;
    close(ping->fd);
    ping->fd = -1;
}

static void put_ttl(struct msghdr *message, bool is_v4, uint8_t ttl)
{
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(message);
    const int value = ttl;
    cmsg->cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
    cmsg->cmsg_type = is_v4 ? IP_TTL : IPV6_HOPLIMIT;
    cmsg->cmsg_len = CMSG_LEN(sizeof value);
    memcpy(CMSG_DATA(cmsg), &value, sizeof value);
}

int host_ping_send(const struct host_ping *ping, const struct vitro_ip *to, uint16_t sequence,
                   uint8_t ttl, struct span data)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control = {.bytes = {0}};
    struct sockaddr_storage address;
    const struct vitro_endpoint endpoint = vitro_endpoint_of(*to, 0);
    uint8_t echo[ECHO_BYTES] = {ping->is_v4 ? ECHO4_REQUEST : ECHO6_REQUEST};
    put_be16(echo + 4, ping->identifier);
    put_be16(echo + 6, sequence);
    if (ping->is_v4) {
        const uint32_t sum = checksum_add(checksum_add(0, span_of(echo, sizeof echo)), data);
        put_be16(echo + 2, checksum_finish(sum));
    }
    struct iovec parts[2] = {{.iov_base = echo, .iov_len = sizeof echo},
                             {.iov_base = (void *)(uintptr_t)data.data, .iov_len = data.len}};
    struct msghdr message = {
        .msg_name = &address,
        .msg_namelen = host_address(&endpoint, &address),
        .msg_iov = parts,
        .msg_iovlen = ARRAY_COUNT(parts),
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    put_ttl(&message, ping->is_v4, ttl);
    return sendmsg(ping->fd, &message, MSG_NOSIGNAL) >= 0 ? 0 : errno;
}

static uint8_t read_ttl(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        const bool is_ttl = (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
                            (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT);
        int value = 0;
        if (!is_ttl || c->cmsg_len < CMSG_LEN(sizeof value)) continue;
        memcpy(&value, CMSG_DATA(c), sizeof value);
        return value > 0 && value <= UINT8_MAX ? (uint8_t)value : 0;
    }
    return 0;
}

/* What lies behind the IP header that only raw sockets of IPv4 get. */
static struct span without_ip(const struct host_ping *ping, struct span packet)
{
    if (!ping->is_raw || !ping->is_v4) return packet;
    return packet.len > 0 ? span_from(packet, (packet.data[0] & 0xfu) * 4u) : packet;
}

int host_ping_receive(const struct host_ping *ping, struct span_mut buffer,
                      struct host_ping_reply *reply)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[256];
    } control;
    struct sockaddr_storage from = {0};
    struct iovec iov = {.iov_base = buffer.data, .iov_len = buffer.len};
    struct msghdr message = {
        .msg_name = &from,
        .msg_namelen = sizeof from,
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    const ssize_t len = recvmsg(ping->fd, &message, MSG_DONTWAIT);
    if (len < 0) return -errno;
    const struct span echo = without_ip(ping, span_of(buffer.data, (size_t)len));
    struct vitro_endpoint peer;
    if (echo.len < ECHO_BYTES || !host_endpoint(&from, &peer)) return 0;
    if (echo.data[0] != (ping->is_v4 ? ECHO4_REPLY : ECHO6_REPLY)) return 0;
    if (get_be16(echo.data + 4) != ping->identifier) return 0;
    *reply = (struct host_ping_reply){
        .from = peer.ip,
        .sequence = get_be16(echo.data + 6),
        .ttl = read_ttl(&message),
        .data = span_from(echo, ECHO_BYTES),
    };
    return 1;
}

int host_ping_error(const struct host_ping *ping, struct host_error *error, uint16_t *sequence)
{
    uint8_t quoted[ECHO_BYTES];
    if (!host_error_take(ping->fd, span_mut_of(quoted, sizeof quoted), error)) return -EAGAIN;
    if (error->is_local || error->len_bytes < sizeof quoted) return 0;
    if (quoted[0] != (ping->is_v4 ? ECHO4_REQUEST : ECHO6_REQUEST)) return 0;
    if (get_be16(quoted + 4) != ping->identifier) return 0;
    *sequence = get_be16(quoted + 6);
    return 1;
}
