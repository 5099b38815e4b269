/*
 * rtnetlink by libmnl: message out, answers in, the kernel's errno value back.
 *
 * Where the kernel's acknowledgement is malformed or not the one that was waited for, mnl says
 * EPROTO or ESRCH; so does this.
 */
#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "gateway/sandbox_net_request.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

int net_request_open(struct net_request *request)
{
    request->message = NULL;
    request->seq = 1;
    request->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
    if (request->socket == NULL) return errno;
    if (mnl_socket_bind(request->socket, 0, MNL_SOCKET_AUTOPID) == 0) return 0;
    const int error = errno;
    net_request_close(request);
    return error;
}

void net_request_close(struct net_request *request)
{
    if (request->socket != NULL) mnl_socket_close(request->socket);
    request->socket = NULL;
}

void *net_request_begin(struct net_request *request, uint16_t type, uint16_t flags, size_t bytes)
{
    request->message = mnl_nlmsg_put_header(request->buffer.bytes);
    request->message->nlmsg_type = type;
    request->message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
    request->message->nlmsg_seq = ++request->seq;
    return mnl_nlmsg_put_extra_header(request->message, bytes);
}

/* Who is called for each part of a dump. */
struct listener {
    net_request_part *part;
    void *owner;
};

static int on_part(const struct nlmsghdr *message, void *data)
{
    const struct listener *listener = data;
    if (listener->part != NULL) listener->part(listener->owner, message);
    return MNL_CB_OK;
}

/* Sends what was made and reads until the kernel says that this was all. */
static int converse(struct net_request *request, struct listener *listener)
{
    const struct mnl_socket *socket = request->socket;
    const unsigned int port = mnl_socket_get_portid(socket);
    if (mnl_socket_sendto(socket, request->message, request->message->nlmsg_len) < 0) return errno;
    for (;;) {
        const ssize_t got =
            mnl_socket_recvfrom(socket, request->buffer.bytes, sizeof request->buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno;
        const int more =
            mnl_cb_run(request->buffer.bytes, (size_t)got, request->seq, port, on_part, listener);
        if (more == MNL_CB_ERROR) return errno;
        if (more == MNL_CB_STOP) return 0;
    }
}

int net_request_do(struct net_request *request)
{
    struct listener nobody = {.part = NULL};
    request->message->nlmsg_flags |= NLM_F_ACK;
    return converse(request, &nobody);
}

int net_request_dump(struct net_request *request, net_request_part *part, void *owner)
{
    struct listener listener = {.part = part, .owner = owner};
    return converse(request, &listener);
}

int net_request_silence_ip6(struct net_request *request, int index)
{
    struct ifinfomsg *info = net_request_begin(request, RTM_NEWLINK, 0, sizeof *info);
    info->ifi_index = index;
    struct nlattr *families = mnl_attr_nest_start(request->message, IFLA_AF_SPEC);
    struct nlattr *family = mnl_attr_nest_start(request->message, AF_INET6);
    mnl_attr_put_u8(request->message, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
    mnl_attr_nest_end(request->message, family);
    mnl_attr_nest_end(request->message, families);
    return net_request_do(request);
}
