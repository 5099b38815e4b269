/*
 * The error queue of the host's sockets.
 *
 * The kernel turns ICMP into errno values, in which "prohibited" and "no such host" are one and the
 * same; type and code stand beside them and tell them apart (RFC 792, RFC 1812 5.2.7, RFC 4443 3).
 */
#define _GNU_SOURCE /* IP_RECVERR */

#include "gateway/host_error.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/errqueue.h>

#include "gateway/host_socket.h"

/* ICMP types and codes that the errno value does not tell. */
enum {
    ICMP4_UNREACHABLE = 3,
    ICMP4_TIME_EXCEEDED = 11,
    ICMP4_CODE_NET_PROHIBITED = 9,
    ICMP4_CODE_HOST_PROHIBITED = 10,
    ICMP4_CODE_PROHIBITED = 13,
    ICMP6_TIME_EXCEEDED = 3,
};

int host_error_ask(int fd, bool is_v4)
{
    const int on = 1;
    const int result = is_v4 ? setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof on)
                             : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
    return result == 0 ? 0 : errno;
}

enum vitro_unreachable_kind host_error_kind(int error)
{
    switch (error) {
    case ECONNREFUSED: return VITRO_UNREACHABLE_PORT;
    case EMSGSIZE: return VITRO_UNREACHABLE_TOO_BIG;
    case EACCES:
    case EPERM: return VITRO_UNREACHABLE_ADMIN;
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL: return VITRO_UNREACHABLE_NET;
    default: return VITRO_UNREACHABLE_HOST;
    }
}

static enum vitro_unreachable_kind kind_of(const struct sock_extended_err *err)
{
    if (err->ee_origin == SO_EE_ORIGIN_ICMP) {
        if (err->ee_type == ICMP4_TIME_EXCEEDED) return VITRO_UNREACHABLE_TTL;
        if (err->ee_type == ICMP4_UNREACHABLE &&
            (err->ee_code == ICMP4_CODE_NET_PROHIBITED ||
             err->ee_code == ICMP4_CODE_HOST_PROHIBITED || err->ee_code == ICMP4_CODE_PROHIBITED)) {
            return VITRO_UNREACHABLE_ADMIN;
        }
    }
    if (err->ee_origin == SO_EE_ORIGIN_ICMP6 && err->ee_type == ICMP6_TIME_EXCEEDED) {
        return VITRO_UNREACHABLE_TTL;
    }
    return host_error_kind((int)err->ee_errno);
}

/* The address behind the extended error: who sent the ICMP message. */
static void read_offender(const struct cmsghdr *cmsg, struct vitro_ip *from)
{
    struct sockaddr_storage address = {0};
    struct vitro_endpoint endpoint;
    const size_t at = sizeof(struct sock_extended_err);
    const size_t len = cmsg->cmsg_len - CMSG_LEN(0);
    if (len <= at) return;
    memcpy(&address, CMSG_DATA(cmsg) + at, size_min(len - at, sizeof address));
    if (host_endpoint(&address, &endpoint)) *from = endpoint.ip;
}

static void read_cmsg(const struct cmsghdr *cmsg, struct host_error *error)
{
    const bool is_error = (cmsg->cmsg_level == IPPROTO_IP && cmsg->cmsg_type == IP_RECVERR) ||
                          (cmsg->cmsg_level == IPPROTO_IPV6 && cmsg->cmsg_type == IPV6_RECVERR);
    if (!is_error || cmsg->cmsg_len < CMSG_LEN(sizeof(struct sock_extended_err))) return;
    struct sock_extended_err err;
    memcpy(&err, CMSG_DATA(cmsg), sizeof err);
    error->error = (int)err.ee_errno;
    error->is_local = err.ee_origin == SO_EE_ORIGIN_LOCAL;
    error->why.kind = kind_of(&err);
    if (err.ee_errno == EMSGSIZE) error->why.mtu_bytes = err.ee_info;
    if (!error->is_local) read_offender(cmsg, &error->why.from);
}

bool host_error_take(int fd, struct span_mut quoted, struct host_error *error)
{
    union {
        struct cmsghdr header;
        uint8_t bytes[512];
    } control;
    struct sockaddr_storage to = {0};
    struct iovec iov = {.iov_base = quoted.data, .iov_len = quoted.len};
    struct msghdr message = {
        .msg_name = &to,
        .msg_namelen = sizeof to,
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    const ssize_t len = recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT);
    if (len < 0) return false;
    *error = (struct host_error){.len_bytes = (uint32_t)len, .error = EHOSTUNREACH};
    error->why.kind = VITRO_UNREACHABLE_HOST;
    if (!host_endpoint(&to, &error->to)) error->to = (struct vitro_endpoint){.port = 0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
        read_cmsg(c, error);
    }
    return true;
}
