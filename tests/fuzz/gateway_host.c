/*
 * A host in a namespace, for the gateway's fuzz target.
 *
 * Sockets do not block; what they say is ignored where the input may have made it fail.
 */
#define _GNU_SOURCE /* unshare, accept4 */
#include "fuzz/gateway_host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ipv6.h>

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define WORLD_TCP     80
#define WORLD_UDP     9000
#define READS_MAX     32

/* ---- the namespace ---- */

static bool write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written;
}

/* Loopback up, with an address of the world in each version. */
static bool raise_loopback(void)
{
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_LOOPBACK | IFF_RUNNING};
    struct ifreq world = {.ifr_name = "lo:1"};
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr.s_addr = inet_addr("198.51.100.7")};
    memcpy(&world.ifr_addr, &address, sizeof address);
    const bool is_up = ioctl(fd, SIOCSIFFLAGS, &up) == 0 && ioctl(fd, SIOCSIFADDR, &world) == 0;
    close(fd);
    const int fd6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct in6_ifreq world6 = {.ifr6_prefixlen = 128, .ifr6_ifindex = 1};
    if (fd6 >= 0 && inet_pton(AF_INET6, "2001:db8::7", &world6.ifr6_addr) == 1) {
        (void)ioctl(fd6, SIOCSIFADDR, &world6); /* without IPv6 it is a host without */
    }
    if (fd6 >= 0) close(fd6);
    return is_up;
}

bool gateway_host_enter(void)
{
    char uid_map[64], gid_map[64];
    snprintf(uid_map, sizeof uid_map, "%u %u 1", geteuid(), geteuid());
    snprintf(gid_map, sizeof gid_map, "%u %u 1", getegid(), getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        printf("fuzz_gateway: not without a network of its own: unshare: %s\n", strerror(errno));
        return false;
    }
    if (write_file("/proc/self/setgroups", "deny") && write_file("/proc/self/uid_map", uid_map) &&
        write_file("/proc/self/gid_map", gid_map) && raise_loopback()) {
        return true;
    }
    printf("fuzz_gateway: not without a network of its own: %s\n", strerror(errno));
    return false;
}

/* ---- sockets ---- */

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static socklen_t address_of(union address *address, bool is_v4, uint32_t ip, uint16_t port)
{
    memset(address, 0, sizeof *address);
    if (is_v4) {
        address->in.sin_family = AF_INET;
        address->in.sin_addr.s_addr = htonl(ip);
        address->in.sin_port = htons(port);
        return sizeof address->in;
    }
    address->in6.sin6_family = AF_INET6;
    address->in6.sin6_port = htons(port);
    return sizeof address->in6;
}

/* A bound socket; -1 where this version does not exist. */
static int open_bound(bool is_v4, int type, uint32_t ip, uint16_t port)
{
    union address address;
    const int on = 1;
    const int fd = socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 && !is_v4) return -1;
    REQUIRE(fd >= 0);
    REQUIRE(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    if (!is_v4) REQUIRE(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
    if (type == SOCK_DGRAM) {
        REQUIRE(is_v4 ? setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0
                      : setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on) == 0);
    }
    const socklen_t len = address_of(&address, is_v4, ip, port);
    REQUIRE(bind(fd, &address.any, len) == 0);
    if (type == SOCK_STREAM) REQUIRE(listen(fd, 16) == 0);
    return fd;
}

static uint16_t port_of(int fd)
{
    union address address;
    socklen_t len = sizeof address;
    REQUIRE(getsockname(fd, &address.any, &len) == 0);
    return ntohs(address.in.sin_port);
}

void gateway_host_open(struct gateway_host *host)
{
    *host = (struct gateway_host){.question_len = 0};
    for (size_t i = 0; i < GATEWAY_HOST_PEERS_MAX; i++) host->peer[i] = -1;
    for (int v = 0; v < 2; v++) {
        host->listener[v] = open_bound(v == 0, SOCK_STREAM, INADDR_ANY, WORLD_TCP);
        host->datagrams[v] = open_bound(v == 0, SOCK_DGRAM, INADDR_ANY, WORLD_UDP);
    }
    host->resolver_udp = open_bound(true, SOCK_DGRAM, INADDR_LOOPBACK, 53);
    host->resolver_tcp = open_bound(true, SOCK_STREAM, INADDR_LOOPBACK, 53);
}

int gateway_host_publish(struct gateway_host *host, bool is_udp)
{
    const int fd = open_bound(true, is_udp ? SOCK_DGRAM : SOCK_STREAM, INADDR_LOOPBACK, 0);
    *(is_udp ? &host->published_udp : &host->published_tcp) = port_of(fd);
    return fd;
}

static void reset_and_close(int *fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (*fd < 0) return;
    (void)setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(*fd);
    *fd = -1;
}

/* ---- what comes ---- */

/* Whoever has come to an address of the loopback was not to. */
static void judge(const union address *local)
{
    if (local->any.sa_family == AF_INET) {
        REQUIRE(ntohl(local->in.sin_addr.s_addr) >> 24 != IN_LOOPBACKNET);
    } else {
        REQUIRE(!IN6_IS_ADDR_LOOPBACK(&local->in6.sin6_addr));
    }
}

static void add_peer(struct gateway_host *host, int fd)
{
    int *place = &host->peer[host->next_peer++ % GATEWAY_HOST_PEERS_MAX];
    reset_and_close(place);
    *place = fd;
}

static void accept_all(struct gateway_host *host, int listener, bool is_world)
{
    int fd;
    while (listener >= 0 &&
           (fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        union address local;
        socklen_t len = sizeof local;
        if (getsockname(fd, &local.any, &len) == 0 && is_world) judge(&local);
        add_peer(host, fd);
    }
}

static void judge_datagram(struct msghdr *message)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        union address local = {.any.sa_family = AF_UNSPEC};
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local.in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = info.ipi_addr};
            judge(&local);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local.in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
            judge(&local);
        }
    }
}

/* Reads what is there and sends it back. */
static void echo_datagrams(int fd)
{
    uint8_t bytes[2048], control[256];
    for (int i = 0; fd >= 0 && i < READS_MAX; i++) {
        union address from;
        struct iovec part = {bytes, sizeof bytes};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        const ssize_t len = recvmsg(fd, &message, 0);
        if (len < 0) return;
        judge_datagram(&message);
        (void)sendto(fd, bytes, (size_t)len, 0, &from.any, message.msg_namelen);
    }
}

/* The resolver keeps the last question, and whom it came from by connecting to it. */
static void take_questions(struct gateway_host *host)
{
    union address from;
    socklen_t len = sizeof from;
    for (int i = 0; i < READS_MAX; i++) {
        len = sizeof from;
        const ssize_t got =
            recvfrom(host->resolver_udp, host->question, sizeof host->question, 0, &from.any, &len);
        if (got < 0) return;
        host->question_len = (size_t)got;
        host->question_id = ntohs(from.in.sin_port);
    }
}

void gateway_host_step(struct gateway_host *host)
{
    for (int v = 0; v < 2; v++) {
        accept_all(host, host->listener[v], true);
        echo_datagrams(host->datagrams[v]);
    }
    accept_all(host, host->resolver_tcp, false);
    take_questions(host);
}

/* ---- what the input says ---- */

/* An answer to the last question: its identifier and question, then the input's bytes. */
static void answer_question(struct gateway_host *host, const uint8_t *bytes, size_t len, bool fits)
{
    uint8_t answer[4096];
    union address to;
    if (host->question_len < 12) return;
    const size_t kept = fits ? host->question_len : 2;
    const size_t more = len < sizeof answer - kept ? len : sizeof answer - kept;
    memcpy(answer, host->question, kept);
    memcpy(answer + kept, bytes, more);
    if (fits) {
        answer[2] |= 0x80;
        if (more > 0) answer[3] = bytes[0];
        if (more > 1) answer[7] = bytes[1];
    }
    const socklen_t to_len = address_of(&to, true, INADDR_LOOPBACK, host->question_id);
    (void)sendto(host->resolver_udp, answer, kept + more, 0, &to.any, to_len);
}

static void come_to_published(struct gateway_host *host, bool is_udp, const uint8_t *bytes,
                              size_t len)
{
    union address to;
    const uint16_t port = is_udp ? host->published_udp : host->published_tcp;
    const int type = (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const int fd = port == 0 ? -1 : socket(AF_INET, type, 0);
    if (fd < 0) return;
    const socklen_t to_len = address_of(&to, true, INADDR_LOOPBACK, port);
    (void)!connect(fd, &to.any, to_len);
    (void)send(fd, bytes, len, MSG_NOSIGNAL);
    add_peer(host, fd);
}

void gateway_host_act(struct gateway_host *host, uint8_t what, const uint8_t *bytes, size_t len)
{
    static uint8_t large[200000];
    int *peer = &host->peer[(what >> 4) % GATEWAY_HOST_PEERS_MAX];
    switch (what & 15) {
    case 0: (void)send(*peer, bytes, len, MSG_NOSIGNAL); break;
    case 1: (void)send(*peer, large, sizeof large, MSG_NOSIGNAL); break;
    case 2: (void)shutdown(*peer, SHUT_WR); break;
    case 3: reset_and_close(peer); break;
    case 4: (void)recv(*peer, large, sizeof large, 0); break;
    case 5: (void)shutdown(*peer, SHUT_RD); break;
    case 6: answer_question(host, bytes, len, true); break;
    case 7: answer_question(host, bytes, len, false); break;
    case 8: come_to_published(host, false, bytes, len); break;
    case 9: come_to_published(host, true, bytes, len); break;
    case 10: (void)send(*peer, bytes, len, MSG_NOSIGNAL | MSG_OOB); break;
    default: gateway_host_step(host); break;
    }
}

void gateway_host_close(struct gateway_host *host)
{
    for (size_t i = 0; i < GATEWAY_HOST_PEERS_MAX; i++) reset_and_close(&host->peer[i]);
    for (int v = 0; v < 2; v++) {
        reset_and_close(&host->listener[v]);
        reset_and_close(&host->datagrams[v]);
    }
    reset_and_close(&host->resolver_udp);
    reset_and_close(&host->resolver_tcp);
}
