/*
 * Messages between the front and inner. A message is one packet; an end of file (a packet of no
 * bytes, for SOCK_SEQPACKET) means that the other side has ended, however it did.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC, MSG_CMSG_CLOEXEC */

#include "gateway/sandbox_message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header; /* for its alignment */
    char bytes[CMSG_SPACE(SANDBOX_MESSAGE_FDS * sizeof(int))];
};

int sandbox_message_pair(int fds[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0 ? 0 : errno;
}

static void attach(struct msghdr *packet, union control *control, const int *fds, uint32_t fd_count)
{
    if (fd_count == 0) return;
    const size_t bytes = fd_count * sizeof(int);
    packet->msg_control = control->bytes;
    packet->msg_controllen = CMSG_SPACE(bytes);
    struct cmsghdr *header = CMSG_FIRSTHDR(packet);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(bytes);
    memcpy(CMSG_DATA(header), fds, bytes);
}

int sandbox_message_send(int socket, const struct sandbox_message *message, const int *fds,
                         uint32_t fd_count)
{
    ASSERT(fd_count <= SANDBOX_MESSAGE_FDS);
    struct sandbox_message copy = *message;
    struct iovec bytes = {.iov_base = &copy, .iov_len = sizeof copy};
    struct msghdr packet = {.msg_iov = &bytes, .msg_iovlen = 1};
    union control control = {0};
    attach(&packet, &control, fds, fd_count);
    ssize_t sent;
    do sent = sendmsg(socket, &packet, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? errno : 0;
}

/* Takes the descriptors of a packet out, or closes those that nobody wants. */
static void detach(struct msghdr *packet, int *fds)
{
    for (uint32_t i = 0; fds != NULL && i < SANDBOX_MESSAGE_FDS; i++) fds[i] = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(packet);
    if (header == NULL || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
        return;
    int came[SANDBOX_MESSAGE_FDS];
    const size_t bytes = size_min(header->cmsg_len - CMSG_LEN(0), sizeof came);
    memcpy(came, CMSG_DATA(header), bytes);
    for (size_t i = 0; i < bytes / sizeof(int); i++) {
        if (fds != NULL)
            fds[i] = came[i];
        else
            (void)close(came[i]);
    }
}

int sandbox_message_receive(int socket, bool is_waiting, struct sandbox_message *message,
                            int fds[SANDBOX_MESSAGE_FDS])
{
    struct iovec bytes = {.iov_base = message, .iov_len = sizeof *message};
    union control control;
    struct msghdr packet = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    const int flags = MSG_CMSG_CLOEXEC | (is_waiting ? 0 : MSG_DONTWAIT);
    ssize_t got;
    do got = recvmsg(socket, &packet, flags);
    while (got < 0 && errno == EINTR);
    if (got < 0) return errno == ECONNRESET ? EPIPE : errno;
    detach(&packet, fds);
    if (got == 0) return EPIPE;
    return got == (ssize_t)sizeof *message ? 0 : EPROTO;
}
