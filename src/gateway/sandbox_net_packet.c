/*
 * Where there is no TAP to be had: a veth pair and a packet socket.
 *
 *     program's namespace        a namespace of nobody
 *     vitro0 ------------------- vitro1 <- packet socket
 *
 * The other end lies in a namespace in which no process lives: only the socket keeps it. So the
 * program neither sees it nor can it change it, and no address or rule there takes part. Frames are
 * read by the socket; the kernel's own IP drops them at once, since they are addressed to the
 * gateway's hardware address, which is not vitro1's.
 *
 * Super-segments of TCP cross the pair whole. Those of other protocols would, too, but a
 * virtio-net header cannot describe them, or the stack cannot take them: they are switched off by
 * name, and the kernel cuts them itself.
 *
 * References: virtio 1.2 5.1.6 (the header before a frame).
 */
#define _GNU_SOURCE /* unshare, setns */
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "gateway/sandbox_net.h"
#include "gateway/sandbox_net_request.h"

#define FAR_INTERFACE "vitro1"

/* Every protocol (ETH_P_ALL), in network order as a packet socket wants it. */
#define EVERY_PROTOCOL_BE BYTES_SWAP_BE(16, 3)

/* What the socket may hold: some 250 super-segments where one is allowed to ask for that. */
#define SOCKET_ROOM_BYTES (16 << 20)

/* Features of a device that one may have names for. */
#define FEATURES_MAX 256

/* All that is needed only while the pair is made; -1 where nothing is open. */
struct making {
    int home, far; /* namespaces */
    struct net_request home_request, far_request;
    int socket;
};

static int fail(struct sandbox_failure *failure, enum sandbox_step step, int error)
{
    *failure = (struct sandbox_failure){.step = step, .error = error};
    return -1;
}

static void close_if_open(int fd)
{
    if (fd >= 0) close(fd);
}

/* Closes everything but the socket. */
static void making_end(struct making *making)
{
    net_request_close(&making->home_request);
    net_request_close(&making->far_request);
    close_if_open(making->home);
    close_if_open(making->far);
}

/* Opens what belongs to the current namespace. */
static int open_namespace(int *fd, struct net_request *request)
{
    *fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    return *fd < 0 ? errno : net_request_open(request);
}

/* ---- the namespace of nobody ---- */

/* Makes the socket ready to be bound. */
static int open_socket(struct making *making)
{
    const int yes = 1;
    const int room_bytes = SOCKET_ROOM_BYTES;
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return errno;
    making->socket = fd;
    if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof yes) < 0) return errno;
    if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof yes) < 0) return errno;
    /* who may not exceed the system's limit gets as much as that allows */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room_bytes, sizeof room_bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room_bytes, sizeof room_bytes);
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room_bytes, sizeof room_bytes) < 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room_bytes, sizeof room_bytes);
    return 0;
}

/* Goes into a new namespace, opens what is needed there, and comes back. */
static int visit(struct making *making, struct sandbox_failure *failure)
{
    if (unshare(CLONE_NEWNET) < 0) return fail(failure, SANDBOX_NETWORK_NAMESPACE, errno);
    const int error = open_namespace(&making->far, &making->far_request);
    const int socket_error = error == 0 ? open_socket(making) : 0;
    if (setns(making->home, CLONE_NEWNET) < 0) return fail(failure, SANDBOX_VETH, errno);
    if (error != 0) return fail(failure, SANDBOX_VETH, error);
    return socket_error == 0 ? 0 : fail(failure, SANDBOX_PACKET_SOCKET, socket_error);
}

/* ---- the pair ---- */

static int make_pair(struct making *making, uint32_t mtu_bytes)
{
    struct net_request *request = &making->home_request;
    net_request_begin(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, sizeof(struct ifinfomsg));
    struct nlmsghdr *message = request->message;
    mnl_attr_put_strz(message, IFLA_IFNAME, SANDBOX_INTERFACE);
    mnl_attr_put(message, IFLA_ADDRESS, sizeof sandbox_mac_program, sandbox_mac_program);
    mnl_attr_put_u32(message, IFLA_MTU, mtu_bytes);
    struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
    mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
    struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
    struct nlattr *far = mnl_attr_nest_start(message, VETH_INFO_PEER);
    mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(message, IFLA_IFNAME, FAR_INTERFACE);
    mnl_attr_put_u32(message, IFLA_MTU, mtu_bytes);
    mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)making->far);
    mnl_attr_nest_end(message, far);
    mnl_attr_nest_end(message, data);
    mnl_attr_nest_end(message, info);
    return net_request_do(request);
}

/* Sets the far end up, and keeps the kernel from speaking IPv6 there. */
static int raise_far_end(struct making *making, int index)
{
    struct net_request *request = &making->far_request;
    const int no_ip6 = net_request_silence_ip6(request, index);
    (void)no_ip6; /* then there is nothing to be kept from */
    struct ifinfomsg *info = net_request_begin(request, RTM_NEWLINK, 0, sizeof *info);
    info->ifi_index = index;
    info->ifi_flags = info->ifi_change = IFF_UP;
    return net_request_do(request);
}

/* Binds the socket to the far end; the ioctl() looks into the socket's namespace. */
static int bind_socket(struct making *making)
{
    struct ifreq ifr = {.ifr_name = FAR_INTERFACE};
    if (ioctl(making->socket, SIOCGIFINDEX, &ifr) < 0) return errno;
    const struct sockaddr_ll address = {
        .sll_family = AF_PACKET, .sll_protocol = EVERY_PROTOCOL_BE, .sll_ifindex = ifr.ifr_ifindex};
    const int error = raise_far_end(making, ifr.ifr_ifindex);
    if (error != 0) return error;
    if (bind(making->socket, (const struct sockaddr *)&address, sizeof address) < 0) return errno;
    return 0;
}

/* ---- features ---- */

/* Questions to the kernel, each with room for the answer behind its head. */
union feature_count {
    struct ethtool_sset_info head;
    uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
};

union feature_names {
    struct ethtool_gstrings head;
    uint8_t room[sizeof(struct ethtool_gstrings) + FEATURES_MAX * ETH_GSTRING_LEN];
};

union feature_request {
    struct ethtool_sfeatures head;
    uint8_t room[sizeof(struct ethtool_sfeatures) +
                 FEATURES_MAX / 32 * sizeof(struct ethtool_set_features_block)];
};

static int ethtool(int fd, void *request)
{
    struct ifreq ifr = {.ifr_name = SANDBOX_INTERFACE};
    ifr.ifr_data = request;
    return ioctl(fd, SIOCETHTOOL, &ifr) < 0 ? errno : 0;
}

/* Whether packets may come by this feature that the link cannot describe. */
static bool is_unwanted(const char *name)
{
    static const char *const wanted[] = {"tx-tcp-segmentation", "tx-tcp6-segmentation",
                                         "tx-tcp-ecn-segmentation"};
    for (uint32_t i = 0; i < ARRAY_COUNT(wanted); i++) {
        if (strcmp(name, wanted[i]) == 0) return false;
    }
    if (strcmp(name, "tx-checksum-sctp") == 0 || strcmp(name, "tx-gso-list") == 0) return true;
    return strncmp(name, "tx-", 3) == 0 && strstr(name, "-segmentation") != NULL;
}

/* How many features devices have; 0: more than there is room for, or the kernel does not tell. */
static uint32_t count_features(int fd)
{
    union feature_count answer;
    memset(&answer, 0, sizeof answer);
    answer.head.cmd = ETHTOOL_GSSET_INFO;
    answer.head.sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
    if (ethtool(fd, &answer) != 0 || answer.head.sset_mask == 0) return 0;
    const uint32_t count = answer.head.data[0];
    return count <= FEATURES_MAX ? count : 0;
}

/* Switches unwanted features of the program's end off. */
static int restrict_features(int fd)
{
    union feature_names names;
    union feature_request off;
    const uint32_t count = count_features(fd);
    if (count == 0) return EOPNOTSUPP;
    memset(&names, 0, sizeof names);
    names.head.cmd = ETHTOOL_GSTRINGS;
    names.head.string_set = ETH_SS_FEATURES;
    names.head.len = count;
    const int error = ethtool(fd, &names);
    if (error != 0) return error;
    memset(&off, 0, sizeof off);
    off.head.cmd = ETHTOOL_SFEATURES;
    off.head.size = (count + 31) / 32;
    for (uint32_t i = 0; i < count; i++) {
        char name[ETH_GSTRING_LEN + 1] = {0};
        memcpy(name, names.head.data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
        if (is_unwanted(name)) off.head.features[i / 32].valid |= 1u << i % 32;
    }
    return ethtool(fd, &off);
}

/* Does it in the current namespace. */
static int restrict_device(void)
{
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
    if (fd < 0) return errno;
    const int error = restrict_features(fd);
    close(fd);
    return error;
}

/* ---- all of it ---- */

static int make(struct making *making, uint32_t mtu_bytes, struct sandbox_failure *failure)
{
    int error = open_namespace(&making->home, &making->home_request);
    if (error != 0) return fail(failure, SANDBOX_VETH, error);
    if (visit(making, failure) != 0) return -1;
    error = make_pair(making, mtu_bytes);
    if (error == 0) error = restrict_device();
    if (error != 0) return fail(failure, SANDBOX_VETH, error);
    error = bind_socket(making);
    return error == 0 ? 0 : fail(failure, SANDBOX_PACKET_SOCKET, error);
}

int sandbox_net_packet(uint32_t mtu_bytes, struct sandbox_failure *failure)
{
    struct making making = {.home = -1, .far = -1, .socket = -1};
    const int result = make(&making, mtu_bytes, failure);
    making_end(&making);
    if (result == 0) return making.socket;
    close_if_open(making.socket);
    return -1;
}
