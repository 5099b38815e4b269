/* gateway/sandbox_net_packet: what comes out of the socket, and what does not. */
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/udp.h>
#include <net/if.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/sandbox_net.h"
#include "gateway/sandbox_net_request.h"
#include "in_namespace.h"

#define REQUIRE IN_NAMESPACE_REQUIRE

static void run_inside(void (*body)(void *))
{
    const enum in_namespace outcome = in_namespace_run(body, NULL);
    if (outcome == IN_NAMESPACE_FORBIDDEN && geteuid() != 0) {
        print_message("this user may not make namespaces here\n");
        skip();
    }
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
}

/* A link to a configured network. */
static void open_link(struct link *link)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    struct sandbox_failure failure;
    bool has_ip6;
    policy_addresses_init(&addresses, &network, true);
    const int fd = sandbox_net_packet(1500, &failure);
    REQUIRE(fd >= 0);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    REQUIRE(link_init(link, LINK_PACKET, fd) == 0);
}

/* Tells the kernel the gateway's hardware address: nobody answers here. */
static void know_gateway(void)
{
    static struct net_request request;
    const uint8_t ip[4] = {10, 0, 2, 2};
    REQUIRE(net_request_open(&request) == 0);
    struct ndmsg *info =
        net_request_begin(&request, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, sizeof *info);
    info->ndm_family = AF_INET;
    info->ndm_ifindex = (int)if_nametoindex(SANDBOX_INTERFACE);
    info->ndm_state = NUD_PERMANENT;
    mnl_attr_put(request.message, NDA_DST, sizeof ip, ip);
    mnl_attr_put(request.message, NDA_LLADDR, 6, sandbox_mac_gateway);
    REQUIRE(net_request_do(&request) == 0);
    net_request_close(&request);
}

/* Frames with UDP to port 9 that wait, each of `payload_bytes`. */
static uint32_t count_datagrams(struct link *link, uint32_t payload_bytes)
{
    struct vitro_frame frames[LINK_BATCH];
    uint32_t count = 0;
    do {
        const int got = link_receive(link, frames, LINK_BATCH);
        REQUIRE(got >= 0);
        for (int i = 0; i < got; i++) {
            const uint8_t *bytes = frames[i].spans[0].data;
            if (bytes[12] != 0x08 || bytes[13] != 0 || bytes[23] != IPPROTO_UDP) continue;
            REQUIRE(memcmp(bytes, sandbox_mac_gateway, 6) == 0);
            REQUIRE(memcmp(bytes + 6, sandbox_mac_program, 6) == 0);
            REQUIRE(frames[i].len_bytes == 14 + 20 + 8 + payload_bytes);
            REQUIRE(frames[i].segment_bytes == 0);
            count++;
        }
    } while (!link->is_drained);
    return count;
}

/* A program may ask the kernel to cut its datagrams; whole, no link could carry them. */
static void inside_udp_segmentation(void *unused)
{
    (void)unused;
    static const uint8_t bytes[5000];
    struct link link;
    const int segment_bytes = 1000;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
    open_link(&link);
    know_gateway();
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(inet_pton(AF_INET, "10.0.2.2", &to.sin_addr) == 1);
    REQUIRE(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment_bytes, sizeof segment_bytes) == 0);
    REQUIRE(sendto(fd, bytes, sizeof bytes, 0, (const struct sockaddr *)&to, sizeof to) ==
            (ssize_t)sizeof bytes);
    REQUIRE(count_datagrams(&link, 1000) == 5);
    REQUIRE(link.stats.malformed_in == 0);
}

/* What we send is not read again. */
static void inside_own_frames(void *unused)
{
    (void)unused;
    uint8_t bytes[60] = {0x02, 0x76, 0x69, 0x74, 0x72, 0x01, 0, 0, 0, 0, 0, 1, 0x12, 0x34};
    const struct vitro_span span = {bytes, sizeof bytes};
    const struct vitro_frame frame = {.spans = &span, .span_count = 1, .len_bytes = sizeof bytes};
    struct vitro_frame frames[LINK_BATCH];
    struct link link;
    open_link(&link);
    for (int i = 0; i < 5; i++) link_send(&link, &frame);
    REQUIRE(link.stats.frames_out == 5 && link.stats.refused_out == 0);
    const int got = link_receive(&link, frames, LINK_BATCH);
    for (int i = 0; i < got; i++) REQUIRE(frames[i].spans[0].data[12] != 0x12);
}

/* The caller's namespace is what it was before, and no descriptor is lost. */
static void inside_no_traces(void *unused)
{
    (void)unused;
    struct stat before, after;
    struct sandbox_failure failure;
    REQUIRE(stat("/proc/thread-self/ns/net", &before) == 0);
    const int lowest = dup(0);
    close(lowest);
    const int fd = sandbox_net_packet(1500, &failure);
    REQUIRE(fd >= 0);
    REQUIRE(stat("/proc/thread-self/ns/net", &after) == 0);
    REQUIRE(before.st_ino == after.st_ino);
    REQUIRE(sandbox_net_packet(1500, &failure) == -1); /* there is a vitro0 already */
    REQUIRE(failure.step == SANDBOX_VETH && failure.error == EEXIST);
    close(fd);
    const int now_lowest = dup(0);
    REQUIRE(now_lowest == lowest);
}

/* Too few descriptors: said where it failed, and the caller is at home again. */
static void inside_no_descriptors(void *unused)
{
    (void)unused;
    struct stat before, after;
    struct rlimit limit;
    const int lowest = dup(0);
    close(lowest);
    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    REQUIRE(stat("/proc/thread-self/ns/net", &before) == 0);
    for (int room = 0; room < 5; room++) {
        struct sandbox_failure failure = {.step = SANDBOX_DONE};
        limit.rlim_cur = (rlim_t)(lowest + room);
        REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        REQUIRE(sandbox_net_packet(1500, &failure) == -1);
        REQUIRE(failure.error == EMFILE);
        REQUIRE(failure.step == (room < 4 ? SANDBOX_VETH : SANDBOX_PACKET_SOCKET));
        REQUIRE(stat("/proc/thread-self/ns/net", &after) == 0);
        REQUIRE(before.st_ino == after.st_ino);
    }
}

static void test_udp_segmentation_is_done_by_the_kernel(void **state)
{
    (void)state;
    run_inside(inside_udp_segmentation);
}

static void test_own_frames_do_not_come_back(void **state)
{
    (void)state;
    run_inside(inside_own_frames);
}

static void test_no_traces(void **state)
{
    (void)state;
    run_inside(inside_no_traces);
}

static void test_no_descriptors(void **state)
{
    (void)state;
    run_inside(inside_no_descriptors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_udp_segmentation_is_done_by_the_kernel),
        cmocka_unit_test(test_own_frames_do_not_come_back),
        cmocka_unit_test(test_no_traces),
        cmocka_unit_test(test_no_descriptors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
