/*
 * The TAP and the addresses of the program's network.
 *
 * Everything is in place before the program starts, so that its first packet can leave at once:
 * addresses skip duplicate address detection (IFA_F_NODAD), since there is nobody else on this
 * link; the link-local one is given, not generated, for the same reason; and no router is looked
 * for, because the routes are known.
 *
 * IPv6 is had or not, as the kernel is built and configured: without it the program has a network
 * of IPv4 alone. What only makes life inside easier (ping sockets, ports below 1024) is tried.
 *
 * References: RFC 4862 5.4 (duplicate addresses), RFC 4291 A (interface identifiers), virtio 1.2
 * 5.1.6 (the header before a frame).
 */
#define _GNU_SOURCE
#include "gateway/sandbox_net.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/sandbox_net_request.h"
#include "link/link_header.h"

/* Locally administered; behind the first byte it reads "vitr", and which end it is. */
const uint8_t sandbox_mac_program[6] = {0x02, 0x76, 0x69, 0x74, 0x72, 0x01};
const uint8_t sandbox_mac_gateway[6] = {0x02, 0x76, 0x69, 0x74, 0x72, 0x02};

/* The program's link-local address, which follows from its hardware address. */
static const struct vitro_ip link_local = {
    {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x00, 0x76, 0x69, 0xff, 0xfe, 0x74, 0x72, 0x01}};

/* The loopback is the first interface of every network namespace. */
#define LOOPBACK_INDEX 1

/* Frames that wait to be read: the window of a fast connection in super-segments, and plenty. */
#define DEVICE_QUEUE_FRAMES 4096

static int fail(struct sandbox_failure *failure, enum sandbox_step step, int error)
{
    *failure = (struct sandbox_failure){.step = step, .error = error};
    return -1;
}

/* ---- the TAP ---- */

/* Sets hardware address, MTU and queue length. */
static int prepare_device(uint32_t mtu_bytes)
{
    struct net_request request;
    int error = net_request_open(&request);
    if (error != 0) return error;
    net_request_begin(&request, RTM_NEWLINK, 0, sizeof(struct ifinfomsg));
    mnl_attr_put_strz(request.message, IFLA_IFNAME, SANDBOX_INTERFACE);
    mnl_attr_put(request.message, IFLA_ADDRESS, sizeof sandbox_mac_program, sandbox_mac_program);
    mnl_attr_put_u32(request.message, IFLA_MTU, mtu_bytes);
    mnl_attr_put_u32(request.message, IFLA_TXQLEN, DEVICE_QUEUE_FRAMES);
    error = net_request_do(&request);
    net_request_close(&request);
    return error;
}

/* Makes `fd` the other end of a new interface. */
static int become_device(int fd)
{
    struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
    const int header_bytes = LINK_HEADER_BYTES;
    /* no TUN_F_USO: the stack takes super-segments of TCP alone */
    const unsigned long offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
    memcpy(ifr.ifr_name, SANDBOX_INTERFACE, sizeof SANDBOX_INTERFACE);
    if (ioctl(fd, TUNSETIFF, &ifr) < 0) return errno;
    if (ioctl(fd, TUNSETVNETHDRSZ, &header_bytes) < 0) return errno;
    if (ioctl(fd, TUNSETOFFLOAD, offload) < 0) return errno;
    return 0;
}

int sandbox_net_tap(uint32_t mtu_bytes, struct sandbox_failure *failure)
{
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return fail(failure, SANDBOX_TUN_OPEN, errno);
    int error = become_device(fd);
    if (error == 0) error = prepare_device(mtu_bytes);
    if (error == 0) return fd;
    close(fd);
    return fail(failure, SANDBOX_TUN_DEVICE, error);
}

/* ---- settings that may fail ---- */

/* Writes a setting below /proc/sys/net; whether that worked matters to nobody. */
static void set(const char *name, const char *value)
{
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", name);
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ssize_t written = write(fd, value, strlen(value));
    (void)written;
    close(fd);
}

/*
 * What users may do inside that is elsewhere for root: ping, and serve ports below 1024. And what
 * suits a link that loses nothing: the host may have chosen a congestion control that measures and
 * paces (BBR), which has its place on the way to the world, where the host's own sockets go; in
 * here its timers cost five sixths of the speed.
 */
static void ease_life(void)
{
    char range[32];
    snprintf(range, sizeof range, "%u %u", (unsigned int)getegid(), (unsigned int)getegid());
    set("ipv4/ping_group_range", range);
    set("ipv4/ip_unprivileged_port_start", "0");
    set("ipv4/tcp_congestion_control", "reno"); /* every kernel has it, and allows it to all */
    set("ipv4/tcp_congestion_control", "cubic");
}

/* ---- interfaces, addresses, routes ---- */

static int set_up(struct net_request *request, int index)
{
    struct ifinfomsg *info = net_request_begin(request, RTM_NEWLINK, 0, sizeof *info);
    info->ifi_index = index;
    info->ifi_flags = info->ifi_change = IFF_UP;
    return net_request_do(request);
}

/* No addresses that the kernel makes up, no questions for routers. Before the interface is up. */
static int silence_ip6(struct net_request *request, int index)
{
    set("ipv6/conf/" SANDBOX_INTERFACE "/disable_ipv6", "0");
    set("ipv6/conf/" SANDBOX_INTERFACE "/accept_ra", "0");
    set("ipv6/conf/" SANDBOX_INTERFACE "/router_solicitations", "0");
    return net_request_silence_ip6(request, index);
}

/* Puts an address into the message: 4 bytes or 16. */
static void put_ip(struct net_request *request, uint16_t type, const struct vitro_ip *ip)
{
    const size_t skip = vitro_ip_is_v4(ip) ? 12 : 0;
    mnl_attr_put(request->message, type, sizeof ip->bytes - skip, ip->bytes + skip);
}

static int add_address(struct net_request *request, int index, const struct vitro_ip *ip,
                       uint8_t prefix_bits)
{
    struct ifaddrmsg *info =
        net_request_begin(request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
    info->ifa_family = vitro_ip_is_v4(ip) ? AF_INET : AF_INET6;
    info->ifa_prefixlen = prefix_bits;
    info->ifa_flags = IFA_F_NODAD;
    info->ifa_scope = RT_SCOPE_UNIVERSE;
    info->ifa_index = (uint32_t)index;
    put_ip(request, IFA_LOCAL, ip);
    put_ip(request, IFA_ADDRESS, ip);
    return net_request_do(request);
}

static int add_default_route(struct net_request *request, int index, const struct vitro_ip *gateway)
{
    struct rtmsg *info =
        net_request_begin(request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
    info->rtm_family = vitro_ip_is_v4(gateway) ? AF_INET : AF_INET6;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_BOOT;
    info->rtm_scope = RT_SCOPE_UNIVERSE;
    info->rtm_type = RTN_UNICAST;
    put_ip(request, RTA_GATEWAY, gateway);
    mnl_attr_put_u32(request->message, RTA_OIF, (uint32_t)index);
    return net_request_do(request);
}

/* One version's address and default route. */
static int add_version(struct net_request *request, int index,
                       const struct policy_addresses *addresses, uint32_t version)
{
    const int error =
        add_address(request, index, &addresses->program[version], addresses->prefix_bits[version]);
    if (error != 0) return error;
    return add_default_route(request, index, &addresses->gateway[version]);
}

/* Everything about IPv6, once the interface is up. */
static int add_ip6(struct net_request *request, int index, const struct policy_addresses *addresses)
{
    const int error = add_address(request, index, &link_local, 64);
    return error != 0 ? error : add_version(request, index, addresses, 1);
}

int sandbox_net_configure(const struct policy_addresses *addresses, bool *has_ip6,
                          struct sandbox_failure *failure)
{
    struct net_request request;
    *has_ip6 = false;
    const int index = (int)if_nametoindex(SANDBOX_INTERFACE);
    if (index == 0) return fail(failure, SANDBOX_ADDRESSES, errno);
    int error = net_request_open(&request);
    if (error != 0) return fail(failure, SANDBOX_ADDRESSES, error);
    const int ip6_error = silence_ip6(&request, index); /* where it is not wanted, too */
    error = set_up(&request, LOOPBACK_INDEX);
    if (error == 0) error = set_up(&request, index);
    if (error == 0) error = add_version(&request, index, addresses, 0);
    if (error == 0 && ip6_error == 0 && addresses->has_ip6)
        *has_ip6 = add_ip6(&request, index, addresses) == 0;
    net_request_close(&request);
    if (error != 0) return fail(failure, SANDBOX_ADDRESSES, error);
    ease_life();
    return 0;
}
