/*
 * Which IPv4 network the program gets: one that means nothing else on the host.
 *
 * The candidates are a bit each. Whatever the host has (an address with its network, a route, a
 * name server) takes the bits of those that it overlaps; nothing of it is kept, so a host with very
 * many routes costs no more than their reading.
 *
 * Not counted is the default route in its forms: some VPN bring it as 0.0.0.0/1 and 128.0.0.0/1, or
 * in more parts. Nobody owns a network larger than a /8.
 *
 * References: RFC 1918 (private networks).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "gateway/sandbox_net.h"
#include "gateway/sandbox_net_request.h"

/* Shorter prefixes are a part of the default route. */
#define PREFIX_BITS_MIN 8

/* The networks x.y.z.0/24 of a /16, from z = `first` on. */
struct range {
    uint32_t base;
    uint32_t first;
};

/* Tried in this order. 10.0.0.0 and 10.0.1.0 are what people give their own networks. */
static const struct range ranges[] = {
    {0x0a000000, 2},   /* 10.0.2.0 ... 10.0.255.0 */
    {0xac1f0000, 0},   /* 172.31.0.0 ... */
    {0xc0a80000, 130}, /* 192.168.130.0 ... */
};

#define NETWORKS_PER_RANGE 256u

struct taken {
    bool is_taken[ARRAY_COUNT(ranges)][NETWORKS_PER_RANGE];
};

/* Takes every candidate that overlaps with a prefix. */
static void take(struct taken *taken, uint32_t address, uint32_t bits)
{
    if (bits < PREFIX_BITS_MIN || bits > 32) return;
    const uint32_t mask = bits <= 16 ? UINT32_MAX << (32 - bits) : 0xffff0000;
    const uint32_t count = bits <= 16 ? 256 : bits >= 24 ? 1 : 1u << (24 - bits);
    const uint32_t from = bits <= 16 ? 0 : (address >> 8 & 0xff) & ~(count - 1);
    for (uint32_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        if ((ranges[i].base & mask) != (address & mask)) continue;
        memset(&taken->is_taken[i][from], true, count);
    }
}

/* The IPv4 address in an attribute; false: it holds something else. */
static bool read_ip4(const struct nlattr *attr, uint32_t *address)
{
    if (mnl_attr_get_payload_len(attr) != 4) return false;
    *address = get_be32(mnl_attr_get_payload(attr));
    return true;
}

/* A message that is being read: which prefix length belongs to which of its attributes. */
struct reading {
    struct taken *taken;
    uint16_t host_attr;   /* the attribute with one address; 0: none has it */
    uint16_t prefix_attr; /* the attribute with an address of prefix_bits */
    uint8_t prefix_bits;
};

static int on_attr(const struct nlattr *attr, void *owner)
{
    const struct reading *reading = owner;
    const uint16_t type = mnl_attr_get_type(attr);
    uint32_t address;
    if (type == 0 || !read_ip4(attr, &address)) return MNL_CB_OK;
    if (type == reading->host_attr) take(reading->taken, address, 32);
    if (type == reading->prefix_attr) take(reading->taken, address, reading->prefix_bits);
    return MNL_CB_OK;
}

static void on_address(void *owner, const struct nlmsghdr *part)
{
    const struct ifaddrmsg *info = mnl_nlmsg_get_payload(part);
    if (part->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(part) < sizeof *info) return;
    struct reading reading = {.taken = owner,
                              .host_attr = IFA_LOCAL,
                              .prefix_attr = IFA_ADDRESS,
                              .prefix_bits = info->ifa_prefixlen};
    if (info->ifa_family == AF_INET) mnl_attr_parse(part, sizeof *info, on_attr, &reading);
}

static void on_route(void *owner, const struct nlmsghdr *part)
{
    const struct rtmsg *info = mnl_nlmsg_get_payload(part);
    if (part->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(part) < sizeof *info) return;
    struct reading reading = {
        .taken = owner, .prefix_attr = RTA_DST, .prefix_bits = info->rtm_dst_len};
    if (info->rtm_family == AF_INET) mnl_attr_parse(part, sizeof *info, on_attr, &reading);
}

/* Takes what the host uses. Where it does not tell, that is as if it used nothing. */
static void take_host(struct taken *taken)
{
    struct net_request request;
    if (net_request_open(&request) != 0) return;
    struct ifaddrmsg *address =
        net_request_begin(&request, RTM_GETADDR, NLM_F_DUMP, sizeof *address);
    address->ifa_family = AF_INET;
    int error = net_request_dump(&request, on_address, taken);
    struct rtmsg *route = net_request_begin(&request, RTM_GETROUTE, NLM_F_DUMP, sizeof *route);
    route->rtm_family = AF_INET;
    if (error == 0) error = net_request_dump(&request, on_route, taken);
    net_request_close(&request);
}

/* The first network that nobody has taken; false: there is none. */
static bool find_free(const struct taken *taken, struct vitro_ip *network)
{
    for (uint32_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        for (uint32_t third = ranges[i].first; third < NETWORKS_PER_RANGE; third++) {
            if (taken->is_taken[i][third]) continue;
            const uint32_t base = ranges[i].base;
            *network = vitro_ip_v4((uint8_t)(base >> 24), (uint8_t)(base >> 16), (uint8_t)third, 0);
            return true;
        }
    }
    return false;
}

bool sandbox_net_choose(const struct vitro_endpoint *resolvers, uint32_t resolver_count,
                        struct vitro_ip *network)
{
    struct taken taken = {0};
    take_host(&taken);
    for (uint32_t i = 0; i < resolver_count; i++) {
        const struct vitro_ip *ip = &resolvers[i].ip;
        if (vitro_ip_is_v4(ip)) take(&taken, get_be32(ip->bytes + 12), 32);
    }
    *network = vitro_ip_v4(10, 0, 2, 0);
    return find_free(&taken, network);
}

bool sandbox_net_host_has_ip6(void)
{
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    close(fd);
    return true;
}
