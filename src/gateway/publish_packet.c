/*
 * Datagrams with the host's own address, by control messages (ip(7), RFC 3542 6).
 */
#define _GNU_SOURCE /* struct in_pktinfo, in6_pktinfo */

#include "gateway/publish_packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "gateway/host_socket.h"

/* Room for either of the two, aligned as control messages want to be. */
union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

void publish_packet_ask(int fd, bool is_v4)
{
    const int on = 1;
    (void)setsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_PKTINFO : IPV6_RECVPKTINFO,
                     &on, sizeof on);
}

/* The address in a control message, if there is one and an answer can come from it. */
static struct vitro_ip here_of(struct msghdr *message)
{
    struct vitro_ip here = {{0}};
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (header == NULL) return here;
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo info;
        uint8_t bytes[4];
        memcpy(&info, CMSG_DATA(header), sizeof info);
        memcpy(bytes, &info.ipi_spec_dst, sizeof bytes);
        here = vitro_ip_v4(bytes[0], bytes[1], bytes[2], bytes[3]);
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo info;
        memcpy(&info, CMSG_DATA(header), sizeof info);
        memcpy(here.bytes, &info.ipi6_addr, sizeof here.bytes);
        if (here.bytes[0] == 0xff) here = (struct vitro_ip){{0}}; /* a group is no sender */
    }
    return here;
}

ssize_t publish_packet_receive(int fd, void *to, size_t len, struct vitro_endpoint *client,
                               struct vitro_ip *here)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    union control control;
    struct iovec part = {to, len};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = sizeof address,
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof control};
    const ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT);
    if (got < 0) return -errno;
    *here = here_of(&message);
    return host_endpoint(&address, client) ? got : -EAFNOSUPPORT;
}

/* Writes the control message that says where to send from. */
static void say_here(struct msghdr *message, union control *control, const struct vitro_ip *here)
{
    const bool is_v4 = vitro_ip_is_v4(here);
    struct in_pktinfo info4 = {.ipi_ifindex = 0};
    struct in6_pktinfo info6 = {.ipi6_ifindex = 0};
    const size_t len = is_v4 ? sizeof info4 : sizeof info6;
    *control = (union control){.bytes = {0}};
    control->header.cmsg_level = is_v4 ? IPPROTO_IP : IPPROTO_IPV6;
    control->header.cmsg_type = is_v4 ? IP_PKTINFO : IPV6_PKTINFO;
    control->header.cmsg_len = CMSG_LEN(len);
    memcpy(&info4.ipi_spec_dst, here->bytes + 12, sizeof info4.ipi_spec_dst);
    memcpy(&info6.ipi6_addr, here->bytes, sizeof info6.ipi6_addr);
    memcpy(CMSG_DATA(&control->header), is_v4 ? (const void *)&info4 : (const void *)&info6, len);
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(len);
}

ssize_t publish_packet_send(int fd, const void *data, size_t len,
                            const struct vitro_endpoint *client, const struct vitro_ip *here)
{
    static const struct vitro_ip unknown;
    struct sockaddr_storage address;
    union control control;
    struct iovec part = {(void *)(uintptr_t)data, len};
    struct msghdr message = {.msg_name = &address, .msg_iov = &part, .msg_iovlen = 1};
    message.msg_namelen = host_address(client, &address);
    if (!vitro_ip_equal(here, &unknown)) say_here(&message, &control, here);
    const ssize_t sent = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}
