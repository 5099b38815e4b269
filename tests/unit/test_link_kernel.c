/* link/link with the kernel at the other end: a stack with an echo service, and the kernel's TCP
 * and UDP as its clients, over a TAP and over a packet socket. */
#define _GNU_SOURCE
#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/sandbox_net.h"
#include "in_namespace.h"
#include "link/link.h"
#include "vitro.h"

#define REQUIRE IN_NAMESPACE_REQUIRE

#define ECHO_PORT   7
#define CHUNK_BYTES 65536u
#define CHUNKS      24u

/* What went over the link, and how it ended. */
struct seen {
    bool is_forbidden;                                  /* this user may not have the device */
    uint32_t super_in_bytes, super_out_bytes;           /* the largest */
    uint16_t segment_in_bytes[2], segment_out_bytes[2]; /* by version */
    uint32_t partial_udp_in;
    struct link_stats stats;
};

struct server {
    struct link link;
    struct vitro_stack *stack;
    vitro_socket listener, udp;
    struct seen *seen;
    uint8_t buffer[CHUNK_BYTES];
    uint32_t held; /* bytes of the buffer that wait to be sent */
};

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- the client: the kernel's sockets ---- */

static uint8_t pattern(uint32_t at) { return (uint8_t)(at * 2654435761u >> 24); }

static int client_socket(int version, int type)
{
    const struct timeval patience = {.tv_sec = 300};
    const int fd = socket(version == 0 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0);
    REQUIRE(fd >= 0);
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0);
    if (version == 0) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ECHO_PORT)};
        REQUIRE(inet_pton(AF_INET, "10.0.2.2", &to.sin_addr) == 1);
        REQUIRE(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    } else {
        struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(ECHO_PORT)};
        REQUIRE(inet_pton(AF_INET6, "2001:db8::7", &to.sin6_addr) == 1); /* by the default route */
        REQUIRE(connect(fd, (const struct sockaddr *)&to, sizeof to) == 0);
    }
    return fd;
}

static void client_tcp(int version)
{
    static uint8_t out[CHUNK_BYTES], in[CHUNK_BYTES];
    const int fd = client_socket(version, SOCK_STREAM);
    for (uint32_t i = 0; i < CHUNKS; i++) {
        for (uint32_t k = 0; k < CHUNK_BYTES; k++) out[k] = pattern(i * CHUNK_BYTES + k);
        REQUIRE(send(fd, out, sizeof out, MSG_NOSIGNAL) == (ssize_t)sizeof out);
        REQUIRE(recv(fd, in, sizeof in, MSG_WAITALL) == (ssize_t)sizeof in);
        REQUIRE(memcmp(in, out, sizeof in) == 0);
    }
    REQUIRE(shutdown(fd, SHUT_WR) == 0);
    REQUIRE(recv(fd, in, sizeof in, 0) == 0);
    close(fd);
}

static void client_udp(int version)
{
    static uint8_t out[4000], in[4000];
    const size_t sizes[] = {1, 1000, sizeof out}; /* the last one in fragments */
    const int fd = client_socket(version, SOCK_DGRAM);
    for (uint32_t k = 0; k < sizeof out; k++) out[k] = pattern(k);
    for (uint32_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        REQUIRE(send(fd, out, sizes[i], 0) == (ssize_t)sizes[i]);
        REQUIRE(recv(fd, in, sizeof in, 0) == (ssize_t)sizes[i]);
        REQUIRE(memcmp(in, out, sizes[i]) == 0);
    }
    close(fd);
}

static void client(bool has_ip6)
{
    for (int version = 0; version < (has_ip6 ? 2 : 1); version++) {
        client_tcp(version);
        client_udp(version);
    }
    _exit(0);
}

/* ---- the server: a stack ---- */

/* Notes what a frame was. */
static void note(struct seen *seen, const struct vitro_frame *frame, bool is_out)
{
    const uint8_t *bytes = frame->spans[0].data;
    const bool is_ip6 = bytes[12] == 0x86;
    const bool is_udp = (is_ip6 ? bytes[14 + 6] : bytes[14 + 9]) == IPPROTO_UDP;
    if (!is_out && is_udp && frame->checksum_partial) seen->partial_udp_in++;
    if (frame->segment_bytes == 0) return;
    uint32_t *largest = is_out ? &seen->super_out_bytes : &seen->super_in_bytes;
    *largest = u32_max(*largest, frame->len_bytes);
    (is_out ? seen->segment_out_bytes : seen->segment_in_bytes)[is_ip6] = frame->segment_bytes;
}

static void on_output(void *owner, uint32_t interface, const struct vitro_frame *frame,
                      uint64_t now_us)
{
    (void)interface;
    (void)now_us;
    struct server *server = owner;
    note(server->seen, frame, true);
    link_send(&server->link, frame);
}

static void server_listen(struct server *server, uint64_t now_us)
{
    const struct vitro_endpoint any = vitro_endpoint_any(ECHO_PORT);
    REQUIRE(vitro_tcp_open(server->stack, 1, &server->listener) == 0);
    REQUIRE(vitro_bind(server->stack, server->listener, &any) == 0);
    REQUIRE(vitro_tcp_listen(server->stack, server->listener, 8) == 0);
    REQUIRE(vitro_udp_open(server->stack, 2, &server->udp) == 0);
    REQUIRE(vitro_udp_bind_any(server->stack, server->udp) == 0);
    (void)now_us;
}

static void server_start(struct server *server, enum link_kind kind, int fd, bool has_ip6)
{
    struct vitro_config config;
    const uint64_t now_us = now();
    const struct vitro_callbacks callbacks = {.owner = server, .output = on_output};
    struct vitro_interface_config interface = vitro_interface_default(sandbox_mac_gateway);
    interface.super_bytes_max = 65435;
    interface.checksum_offload = true;
    interface.accepts_any = true;
    vitro_config_default(&config);
    config.tcp.sndbuf_bytes = config.tcp.rcvbuf_bytes = 4 * CHUNK_BYTES;
    vitro_config_seed(&config, 1);
    REQUIRE(link_init(&server->link, kind, fd) == 0);
    server->stack = vitro_stack_create(&config, &callbacks, now_us);
    REQUIRE(server->stack != NULL);
    REQUIRE(vitro_interface_add(server->stack, &interface, now_us) == 1);
    struct vitro_ip ip = vitro_ip_v4(10, 0, 2, 2);
    REQUIRE(vitro_address_add(server->stack, 1, &ip, 24, now_us) == 0);
    REQUIRE(vitro_ip_parse("fd76:6974:726f::2", &ip) == 0);
    if (has_ip6) REQUIRE(vitro_address_add(server->stack, 1, &ip, 64, now_us) == 0);
    server_listen(server, now_us);
}

static void echo_tcp(struct server *server, vitro_socket socket, uint64_t now_us)
{
    for (;;) {
        if (server->held == 0) {
            const int64_t got = vitro_tcp_receive(server->stack, socket, server->buffer,
                                                  sizeof server->buffer, now_us);
            if (got == 0) (void)vitro_close(server->stack, socket, now_us);
            if (got <= 0) return;
            server->held = (uint32_t)got;
        }
        const int64_t sent =
            vitro_tcp_send(server->stack, socket, server->buffer, server->held, now_us);
        if (sent < 0) return;
        server->held -= (uint32_t)sent;
        memmove(server->buffer, server->buffer + sent, server->held);
    }
}

static void echo_udp(struct server *server, uint64_t now_us)
{
    static uint8_t bytes[8192];
    struct vitro_datagram datagram;
    for (;;) {
        const int64_t got =
            vitro_udp_receive(server->stack, server->udp, bytes, sizeof bytes, &datagram);
        if (got < 0) return;
        REQUIRE(vitro_udp_send(server->stack, server->udp, &datagram.flow, bytes, (size_t)got,
                               now_us) == got);
    }
}

static void serve(struct server *server, uint64_t now_us)
{
    struct vitro_ready ready;
    while (vitro_ready_next(server->stack, &ready)) {
        vitro_socket socket;
        if (ready.socket == server->udp) {
            echo_udp(server, now_us);
        } else if (ready.socket != server->listener) {
            echo_tcp(server, ready.socket, now_us);
        } else if (vitro_tcp_accept(server->stack, server->listener, 3, &socket, NULL) == 0) {
            echo_tcp(server, socket, now_us);
        }
    }
}

/* One round; waits a moment at most. */
static void step(struct server *server)
{
    struct vitro_frame frames[LINK_BATCH];
    struct pollfd wait = {.fd = server->link.fd, .events = POLLIN};
    const uint64_t deadline_us = vitro_stack_deadline(server->stack);
    (void)poll(&wait, 1, deadline_us <= now() + 5000 ? 0 : 5);
    do {
        const int count = link_receive(&server->link, frames, LINK_BATCH);
        const uint64_t now_us = now();
        REQUIRE(count >= 0);
        for (int i = 0; i < count; i++) note(server->seen, &frames[i], false);
        vitro_stack_tick(server->stack, now_us);
        vitro_stack_input_many(server->stack, 1, frames, (uint32_t)count, now_us);
        serve(server, now_us);
    } while (!server->link.is_drained);
}

/* Serves a client until it has ended. */
static void exchange(enum link_kind kind, int fd, bool has_ip6, struct seen *seen)
{
    static struct server server;
    int status = 0;
    server.seen = seen;
    server_start(&server, kind, fd, has_ip6);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) client(has_ip6);
    while (waitpid(child, &status, WNOHANG) == 0) step(&server);
    seen->stats = server.link.stats;
    vitro_stack_destroy(server.stack);
    link_deinit(&server.link);
    REQUIRE(status == 0);
}

/* ---- the tests ---- */

static bool configure(void)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    struct sandbox_failure failure;
    bool has_ip6 = false;
    policy_addresses_init(&addresses, &network, true);
    REQUIRE(sandbox_net_configure(&addresses, &has_ip6, &failure) == 0);
    return has_ip6;
}

static void inside_tap(void *argument)
{
    struct seen *seen = argument;
    struct sandbox_failure failure = {.step = SANDBOX_DONE};
    const int fd = sandbox_net_tap(1500, &failure);
    seen->is_forbidden = fd < 0 && geteuid() != 0 && failure.step == SANDBOX_TUN_OPEN;
    if (seen->is_forbidden) return;
    REQUIRE(fd >= 0);
    exchange(LINK_TAP, fd, configure(), seen);
}

static void inside_packet(void *argument)
{
    struct sandbox_failure failure;
    const int fd = sandbox_net_packet(1500, &failure);
    REQUIRE(fd >= 0);
    exchange(LINK_PACKET, fd, configure(), argument);
}

/* Brings a link down under its reader. */
static void inside_end(void *unused)
{
    (void)unused;
    struct sandbox_failure failure;
    struct link link;
    struct vitro_frame frames[LINK_BATCH];
    struct ifreq ifr = {.ifr_name = "vitro1"};
    const int fd = sandbox_net_packet(1500, &failure);
    REQUIRE(fd >= 0 && link_init(&link, LINK_PACKET, fd) == 0);
    REQUIRE(link_receive(&link, frames, LINK_BATCH) == 0);
    REQUIRE(ioctl(fd, SIOCGIFFLAGS, &ifr) == 0);
    ifr.ifr_flags = (short)(ifr.ifr_flags & ~IFF_UP);
    REQUIRE(ioctl(fd, SIOCSIFFLAGS, &ifr) == 0);
    REQUIRE(link_receive(&link, frames, LINK_BATCH) == -ENETDOWN);
}

static struct seen *run(void (*body)(void *))
{
    struct seen *seen = in_namespace_shared(sizeof *seen);
    const enum in_namespace outcome = in_namespace_run(body, seen);
    if (outcome == IN_NAMESPACE_FORBIDDEN && geteuid() != 0) {
        print_message("this user may not make namespaces here\n");
        skip();
    }
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
    if (seen->is_forbidden) {
        print_message("this user may not open /dev/net/tun\n");
        skip();
    }
    return seen;
}

/* Super-segments crossed whole both ways, with the segment size of an MTU of 1500. */
static void check(const struct seen *seen)
{
    assert_true(seen->super_in_bytes > 40000);
    assert_true(seen->super_out_bytes > 40000);
    assert_int_equal(seen->segment_in_bytes[0], 1500 - 20 - 32);
    assert_int_equal(seen->segment_out_bytes[0], 1500 - 20 - 32);
    if (sandbox_net_host_has_ip6()) {
        assert_int_equal(seen->segment_in_bytes[1], 1500 - 40 - 32);
        assert_int_equal(seen->segment_out_bytes[1], 1500 - 40 - 32);
    }
    assert_true(seen->partial_udp_in >= 2);
    assert_int_equal(seen->stats.malformed_in, 0);
    assert_int_equal(seen->stats.refused_out, 0);
}

static void test_tap(void **state)
{
    (void)state;
    check(run(inside_tap));
}

static void test_packet_socket(void **state)
{
    (void)state;
    check(run(inside_packet));
}

static void test_device_goes_down(void **state)
{
    (void)state;
    (void)run(inside_end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tap),
        cmocka_unit_test(test_packet_socket),
        cmocka_unit_test(test_device_goes_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
