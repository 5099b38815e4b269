/*
 * Where a destination is.
 *
 * An address is asked about in the order of the danger: what must never be reached comes first,
 * then what is ours, and only what is left is the world's. IPv4 and IPv4-mapped IPv6 are one and
 * the same here (vitro/address.h), so the disguises of 127.0.0.1 in IPv6 packets need no rules of
 * their own.
 */
#include "gateway/policy.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/ip_addr.h"

#define DNS_PORT 53

/* The last byte of each address of ours, in both versions: 10.0.2.100 and fd76:6974:726f::100. */
enum {
    HOST_GATEWAY = 2,
    HOST_DNS = 3,
    HOST_DEMO = 4,
    HOST_PROGRAM_V4 = 100,
    HOST_PROGRAM_V6 = 0x100,
};

/* A unique local prefix (RFC 4193); its global ID reads "vitro" in ASCII. */
static const uint8_t ula_prefix[8] = {0xfd, 0x76, 0x69, 0x74, 0x72, 0x6f, 0x00, 0x00};

static struct vitro_ip in_v4(const struct vitro_ip *network, uint8_t host)
{
    struct vitro_ip ip = *network;
    ip.bytes[15] = host;
    return ip;
}

static struct vitro_ip in_v6(bool has_ip6, uint16_t host)
{
    struct vitro_ip ip = {{0}};
    if (!has_ip6) return ip;
    memcpy(ip.bytes, ula_prefix, sizeof ula_prefix);
    put_be16(ip.bytes + 14, host);
    return ip;
}

void policy_addresses_init(struct policy_addresses *addresses, const struct vitro_ip *network,
                           bool has_ip6)
{
    *addresses = (struct policy_addresses){
        .program = {in_v4(network, HOST_PROGRAM_V4), in_v6(has_ip6, HOST_PROGRAM_V6)},
        .gateway = {in_v4(network, HOST_GATEWAY), in_v6(has_ip6, HOST_GATEWAY)},
        .dns = {in_v4(network, HOST_DNS), in_v6(has_ip6, HOST_DNS)},
        .demo = {in_v4(network, HOST_DEMO), in_v6(has_ip6, HOST_DEMO)},
        .prefix_bits = {24, 64},
        .has_ip6 = has_ip6,
    };
}

static struct ip_addr addr_of(const struct vitro_ip *ip)
{
    struct ip_addr addr;
    memcpy(addr.bytes, ip->bytes, sizeof addr.bytes);
    return addr;
}

/* 0.0.0.0/8 and ::/96 are "this host" to a kernel that connects to them (RFC 1122 3.2.1.3). */
static bool is_this_host(const struct ip_addr *addr)
{
    static const uint8_t zeros[12];
    if (ip_addr_is_v4(addr)) return addr->bytes[12] == 0;
    return memcmp(addr->bytes, zeros, sizeof zeros) == 0;
}

/* An IPv6 link-local address means another link to the host than to the program (RFC 4007). */
static bool is_of_this_link(const struct ip_addr *addr)
{
    return !ip_addr_is_v4(addr) && ip_addr_is_link_local(addr);
}

static bool is_forbidden(const struct ip_addr *addr)
{
    return is_this_host(addr) || ip_addr_is_loopback(addr) || ip_addr_is_multicast(addr) ||
           ip_addr_is_broadcast(addr) || is_of_this_link(addr);
}

static bool is_either(const struct vitro_ip *ip, const struct vitro_ip pair[2])
{
    return vitro_ip_equal(ip, &pair[0]) || vitro_ip_equal(ip, &pair[1]);
}

static bool is_in_subnet(const struct policy_addresses *ours, const struct vitro_ip *ip)
{
    if (vitro_ip_is_v4(ip)) return memcmp(ip->bytes, ours->gateway[0].bytes, 15) == 0;
    return ours->has_ip6 && memcmp(ip->bytes, ours->gateway[1].bytes, 8) == 0;
}

static struct vitro_endpoint loopback(const struct vitro_endpoint *asked)
{
    struct vitro_ip ip = vitro_ip_v4(127, 0, 0, 1);
    if (!vitro_ip_is_v4(&asked->ip)) ip = (struct vitro_ip){{[15] = 1}};
    return vitro_endpoint_of(ip, asked->port);
}

enum policy_place policy_place(const struct policy *policy, const struct vitro_endpoint *asked,
                               struct vitro_endpoint *target)
{
    const struct policy_addresses *ours = &policy->addresses;
    const struct ip_addr addr = addr_of(&asked->ip);
    if (is_forbidden(&addr)) return POLICY_FORBIDDEN;
    if (!is_in_subnet(ours, &asked->ip)) {
        *target = vitro_endpoint_of(asked->ip, asked->port);
        return POLICY_WORLD;
    }
    if (is_either(&asked->ip, ours->dns) && asked->port == DNS_PORT) return POLICY_DNS;
    if (is_either(&asked->ip, ours->gateway) && policy->opens_loopback) {
        *target = loopback(asked);
        return POLICY_LOOPBACK;
    }
    const bool is_ours = is_either(&asked->ip, ours->gateway) || is_either(&asked->ip, ours->dns) ||
                         is_either(&asked->ip, ours->demo);
    return is_ours ? POLICY_CLOSED : POLICY_NOWHERE;
}
