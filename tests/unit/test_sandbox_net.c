/* gateway/sandbox_net: what is configured is read back from the kernel. */
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/sandbox_net.h"
#include "in_namespace.h"

#define REQUIRE IN_NAMESPACE_REQUIRE

static struct policy_addresses our_addresses(bool has_ip6)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    policy_addresses_init(&addresses, &network, has_ip6);
    return addresses;
}

/* Runs it in namespaces; skips where a user may not have them. */
static void run_inside(void (*body)(void *), void *argument)
{
    const enum in_namespace outcome = in_namespace_run(body, argument);
    if (outcome == IN_NAMESPACE_FORBIDDEN && geteuid() != 0) {
        print_message("this user may not make namespaces here\n");
        skip();
    }
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
}

/* The first line of a file below /proc; "" if there is none. */
static const char *line_of(const char *path, char *line, size_t cap)
{
    FILE *file = fopen(path, "re");
    line[0] = '\0';
    if (file == NULL) return line;
    if (fgets(line, (int)cap, file) == NULL) line[0] = '\0';
    fclose(file);
    line[strcspn(line, "\n")] = '\0';
    return line;
}

/* Whether a line of a file holds all of these words. */
static bool file_has(const char *path, const char *one, const char *two)
{
    char line[256];
    bool is_found = false;
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    while (!is_found && fgets(line, sizeof line, file) != NULL)
        is_found = strstr(line, one) != NULL && strstr(line, two) != NULL;
    fclose(file);
    return is_found;
}

static int ask(unsigned long what, struct ifreq *ifr, const char *interface)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    memset(ifr, 0, sizeof *ifr);
    memcpy(ifr->ifr_name, interface, strlen(interface) + 1);
    const int result = ioctl(fd, what, ifr);
    close(fd);
    return result;
}

static uint32_t address_in(const struct ifreq *ifr)
{
    struct sockaddr_in in;
    memcpy(&in, &ifr->ifr_addr, sizeof in);
    return ntohl(in.sin_addr.s_addr);
}

static void check_ip4(void)
{
    struct ifreq ifr;
    REQUIRE(ask(SIOCGIFADDR, &ifr, SANDBOX_INTERFACE) == 0);
    REQUIRE(address_in(&ifr) == 0x0a000264);
    REQUIRE(ask(SIOCGIFNETMASK, &ifr, SANDBOX_INTERFACE) == 0);
    REQUIRE(address_in(&ifr) == 0xffffff00);
    REQUIRE(ask(SIOCGIFADDR, &ifr, "lo") == 0);
    REQUIRE(address_in(&ifr) == 0x7f000001);
    REQUIRE(ask(SIOCGIFFLAGS, &ifr, "lo") == 0 && (ifr.ifr_flags & IFF_UP) != 0);
    REQUIRE(ask(SIOCGIFFLAGS, &ifr, SANDBOX_INTERFACE) == 0 && (ifr.ifr_flags & IFF_UP) != 0);
    REQUIRE(file_has("/proc/thread-self/net/route", "vitro0\t00000000\t0202000A", "0003"));
}

static void check_ip6(void)
{
    static const char path[] = "/proc/thread-self/net/if_inet6";
    /* address, index, prefix, scope, flags (02: no duplicate address detection; 80: permanent) */
    REQUIRE(file_has(path, "fd766974726f00000000000000000100", "40 00 82"));
    REQUIRE(file_has(path, "fe80000000000000007669fffe747201", "40 20 82"));
    REQUIRE(file_has("/proc/thread-self/net/ipv6_route",
                     "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
                     "fd766974726f00000000000000000002",
                     SANDBOX_INTERFACE));
}

/* Nothing has to be waited for: an address can be bound at once. */
static void check_bind(const char *text)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
    REQUIRE(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    close(fd);
}

static void check_freedom(void)
{
    char line[64], range[64];
    snprintf(range, sizeof range, "%u\t%u", (unsigned)getegid(), (unsigned)getegid());
    line_of("/proc/sys/net/ipv4/ping_group_range", line, sizeof line);
    REQUIRE(strcmp(line, range) == 0);
    line_of("/proc/sys/net/ipv4/ip_unprivileged_port_start", line, sizeof line);
    REQUIRE(strcmp(line, "0") == 0);
    line_of("/proc/sys/net/ipv4/tcp_congestion_control", line, sizeof line);
    REQUIRE(strcmp(line, "reno") == 0 || strcmp(line, "cubic") == 0);
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
    REQUIRE(fd >= 0);
    close(fd);
}

static void check_device(uint32_t mtu_bytes)
{
    struct ifreq ifr;
    REQUIRE(ask(SIOCGIFMTU, &ifr, SANDBOX_INTERFACE) == 0);
    REQUIRE((uint32_t)ifr.ifr_mtu == mtu_bytes);
    REQUIRE(ask(SIOCGIFHWADDR, &ifr, SANDBOX_INTERFACE) == 0);
    REQUIRE(memcmp(ifr.ifr_hwaddr.sa_data, sandbox_mac_program, 6) == 0);
}

/* A TAP where this user may open one; the test's shared flag says so if not. */
static int open_tap(uint32_t mtu_bytes, bool *is_forbidden)
{
    struct sandbox_failure failure = {.step = SANDBOX_DONE};
    const int fd = sandbox_net_tap(mtu_bytes, &failure);
    *is_forbidden = fd < 0 && geteuid() != 0 && failure.step == SANDBOX_TUN_OPEN;
    if (*is_forbidden) return -1;
    REQUIRE(fd >= 0);
    return fd;
}

static void inside_tap(void *is_forbidden)
{
    struct sandbox_failure failure;
    bool has_ip6 = false;
    const int fd = open_tap(1500, is_forbidden);
    if (fd < 0) return;
    unsigned int flags = 0;
    int header_bytes = 0;
    struct ifreq ifr;
    REQUIRE(ioctl(fd, TUNGETIFF, &ifr) == 0);
    flags = (unsigned int)(unsigned short)ifr.ifr_flags;
    REQUIRE((flags & (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)) == (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
    REQUIRE(ioctl(fd, TUNGETVNETHDRSZ, &header_bytes) == 0 && header_bytes == 10);
    check_device(1500);
    const struct policy_addresses addresses = our_addresses(true);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    REQUIRE(has_ip6 == sandbox_net_host_has_ip6());
    check_ip4();
    check_freedom();
    if (!has_ip6) return;
    check_ip6();
    check_bind("fd76:6974:726f::100");
}

static void inside_packet(void *unused)
{
    (void)unused;
    struct sandbox_failure failure = {.step = SANDBOX_DONE};
    bool has_ip6 = false;
    const int fd = sandbox_net_packet(1400, &failure);
    REQUIRE(fd >= 0);
    check_device(1400);
    const struct policy_addresses addresses = our_addresses(true);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    check_ip4();
    REQUIRE(if_nametoindex("vitro1") == 0); /* the other end is elsewhere */
    if (has_ip6) check_ip6();
}

static void inside_ip4_alone(void *unused)
{
    (void)unused;
    struct sandbox_failure failure;
    bool has_ip6 = true;
    REQUIRE(sandbox_net_packet(1500, &failure) >= 0);
    const struct policy_addresses addresses = our_addresses(false);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    REQUIRE(!has_ip6);
    check_ip4();
    REQUIRE(!file_has("/proc/thread-self/net/if_inet6", SANDBOX_INTERFACE, ""));
}

/* IPv6 does not exist on links of less than 1280 bytes (RFC 8200 5). */
static void inside_small_mtu(void *unused)
{
    (void)unused;
    struct sandbox_failure failure;
    bool has_ip6 = true;
    REQUIRE(sandbox_net_packet(576, &failure) >= 0);
    const struct policy_addresses addresses = our_addresses(true);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    REQUIRE(!has_ip6);
    check_ip4();
}

static void inside_without_device(void *unused)
{
    (void)unused;
    struct sandbox_failure failure = {.step = SANDBOX_DONE};
    bool has_ip6 = true;
    const struct policy_addresses addresses = our_addresses(true);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == -1);
    REQUIRE(failure.step == SANDBOX_ADDRESSES && failure.error == ENODEV);
}

static void inside_impossible_mtu(void *is_forbidden)
{
    struct sandbox_failure failure = {.step = SANDBOX_DONE};
    const int fd = open_tap(1500, is_forbidden);
    if (fd < 0) return;
    close(fd);
    REQUIRE(sandbox_net_tap(70000, &failure) == -1);
    REQUIRE(failure.step == SANDBOX_TUN_DEVICE && failure.error == EINVAL);
    REQUIRE(if_nametoindex(SANDBOX_INTERFACE) == 0); /* nothing is left behind */
    REQUIRE(sandbox_net_packet(70000, &failure) == -1);
    REQUIRE(failure.step == SANDBOX_VETH && failure.error == EINVAL);
    REQUIRE(if_nametoindex(SANDBOX_INTERFACE) == 0);
}

static void with_tap(void (*body)(void *))
{
    bool *is_forbidden = in_namespace_shared(sizeof *is_forbidden);
    run_inside(body, is_forbidden);
    if (*is_forbidden) {
        print_message("this user may not open /dev/net/tun\n");
        skip();
    }
}

static void test_tap(void **state)
{
    (void)state;
    with_tap(inside_tap);
}

static void test_packet_socket(void **state)
{
    (void)state;
    run_inside(inside_packet, NULL);
}

static void test_ip4_alone(void **state)
{
    (void)state;
    run_inside(inside_ip4_alone, NULL);
}

static void test_mtu_too_small_for_ip6(void **state)
{
    (void)state;
    run_inside(inside_small_mtu, NULL);
}

static void test_there_is_no_device(void **state)
{
    (void)state;
    run_inside(inside_without_device, NULL);
}

static void test_mtu_that_cannot_be(void **state)
{
    (void)state;
    with_tap(inside_impossible_mtu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_packet_socket),
        cmocka_unit_test(test_ip4_alone),
        cmocka_unit_test(test_mtu_too_small_for_ip6),
        cmocka_unit_test(test_there_is_no_device),
        cmocka_unit_test(test_mtu_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
