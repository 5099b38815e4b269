/* gateway/sandbox_net_choose: a network that means nothing else, on hosts of all kinds. */
#define _GNU_SOURCE
#include "support.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/sandbox_net.h"
#include "gateway/sandbox_net_request.h"
#include "in_namespace.h"

#define REQUIRE IN_NAMESPACE_REQUIRE

static void set_loopback_up(void)
{
    static struct net_request request;
    REQUIRE(net_request_open(&request) == 0);
    struct ifinfomsg *info = net_request_begin(&request, RTM_NEWLINK, 0, sizeof *info);
    info->ifi_index = 1;
    info->ifi_flags = info->ifi_change = IFF_UP;
    REQUIRE(net_request_do(&request) == 0);
    net_request_close(&request);
}

static struct vitro_ip parse(const char *text, uint8_t *bits)
{
    struct vitro_ip ip;
    REQUIRE(vitro_prefix_parse(text, &ip, bits) == 0);
    return ip;
}

static void add_address(const char *text)
{
    static struct net_request request;
    uint8_t bits;
    const struct vitro_ip ip = parse(text, &bits);
    REQUIRE(net_request_open(&request) == 0);
    struct ifaddrmsg *info =
        net_request_begin(&request, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
    info->ifa_family = AF_INET;
    info->ifa_prefixlen = bits;
    info->ifa_index = 1;
    mnl_attr_put(request.message, IFA_LOCAL, 4, ip.bytes + 12);
    mnl_attr_put(request.message, IFA_ADDRESS, 4, ip.bytes + 12);
    REQUIRE(net_request_do(&request) == 0);
    net_request_close(&request);
}

static void add_route(const char *text)
{
    static struct net_request request;
    uint8_t bits;
    const struct vitro_ip ip = parse(text, &bits);
    REQUIRE(net_request_open(&request) == 0);
    struct rtmsg *info =
        net_request_begin(&request, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, sizeof *info);
    info->rtm_family = AF_INET;
    info->rtm_dst_len = bits;
    info->rtm_table = RT_TABLE_MAIN;
    info->rtm_protocol = RTPROT_BOOT;
    info->rtm_scope = RT_SCOPE_LINK;
    info->rtm_type = RTN_UNICAST;
    if (bits > 0) mnl_attr_put(request.message, RTA_DST, 4, ip.bytes + 12);
    mnl_attr_put_u32(request.message, RTA_OIF, 1);
    REQUIRE(net_request_do(&request) == 0);
    net_request_close(&request);
}

/* What is chosen where `resolver` is the name server; NULL: none of IPv4. */
static bool is_chosen(const char *resolver, const char *expected)
{
    struct vitro_endpoint resolvers[2] = {vitro_endpoint_any(53), vitro_endpoint_any(53)};
    struct vitro_ip chosen, ip;
    if (resolver != NULL) REQUIRE(vitro_ip_parse(resolver, &resolvers[1].ip) == 0);
    REQUIRE(vitro_ip_parse(expected, &ip) == 0);
    REQUIRE(sandbox_net_choose(resolvers, 2, &chosen));
    return vitro_ip_equal(&chosen, &ip);
}

static void inside(void *unused)
{
    (void)unused;
    REQUIRE(is_chosen(NULL, "10.0.2.0"));
    set_loopback_up();
    REQUIRE(is_chosen("127.0.0.53", "10.0.2.0"));
    REQUIRE(is_chosen("10.0.2.3", "10.0.3.0"));
    add_route("0.0.0.0/0");
    add_route("0.0.0.0/1"); /* a VPN's way to say "all" */
    add_route("128.0.0.0/1");
    REQUIRE(is_chosen(NULL, "10.0.2.0"));
    add_address("10.0.2.15/24");
    REQUIRE(is_chosen(NULL, "10.0.3.0"));
    add_route("10.0.3.77/32");
    REQUIRE(is_chosen(NULL, "10.0.4.0"));
    add_route("10.0.4.0/22");
    REQUIRE(is_chosen(NULL, "10.0.8.0"));
    add_address("10.0.9.1/23"); /* from 8 on */
    REQUIRE(is_chosen(NULL, "10.0.10.0"));
    REQUIRE(is_chosen("10.0.10.200", "10.0.11.0"));
    add_route("10.0.0.0/8");
    REQUIRE(is_chosen(NULL, "172.31.0.0"));
    REQUIRE(is_chosen("172.31.0.2", "172.31.1.0"));
    add_route("172.16.0.0/12");
    REQUIRE(is_chosen(NULL, "192.168.130.0"));
    add_route("192.168.128.0/17");
    struct vitro_ip chosen, first;
    REQUIRE(!sandbox_net_choose(NULL, 0, &chosen));
    REQUIRE(vitro_ip_parse("10.0.2.0", &first) == 0);
    REQUIRE(vitro_ip_equal(&chosen, &first));
}

static void test_hosts_of_all_kinds(void **state)
{
    (void)state;
    const enum in_namespace outcome = in_namespace_run(inside, NULL);
    if (outcome == IN_NAMESPACE_FORBIDDEN && geteuid() != 0) {
        print_message("this user may not make namespaces here\n");
        skip();
    }
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
}

static void test_this_host(void **state)
{
    (void)state;
    struct vitro_ip chosen;
    const bool is_free = sandbox_net_choose(NULL, 0, &chosen);
    (void)is_free; /* as it may be: no capability was needed to ask */
    assert_true(vitro_ip_is_v4(&chosen));
    assert_int_equal(chosen.bytes[15], 0);
}

static void test_ip6_of_this_host(void **state)
{
    (void)state;
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(sandbox_net_host_has_ip6(), fd >= 0);
    if (fd >= 0) close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_of_all_kinds),
        cmocka_unit_test(test_this_host),
        cmocka_unit_test(test_ip6_of_this_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
