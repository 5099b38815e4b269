/*
 * UDP flows.
 *
 *     stack -> receive everything that waits, packed into one buffer, as long as it is of one flow
 *           -> one sendmmsg() per flow, or one sendmsg() per run of equal lengths (UDP_SEGMENT)
 *     host  -> recvmmsg(), up to UDP_BATCH at a time -> the stack, from the address that was asked
 *
 * Flows are found by a hash over both ends and stand in a ring from the one that has been silent
 * longest. That one gives way when all GATEWAY_UDP_MAX are taken; where the host has no descriptors
 * left, the first that has one. A flow's timer is not moved with every datagram: when it is due, it
 * looks at when the last one was.
 *
 * The gateway is a router as far as a program can see: time to live goes down by one and ends here
 * or further on, and what must not be fragmented is not. So the path's MTU is found and a
 * traceroute works; what the host or a router says about either is told by ICMP.
 *
 * References: RFC 768, RFC 4787 (timeouts, REQ-5), RFC 8085.
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */

#include "gateway/forward_udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "gateway/host_error.h"
#include "gateway/host_socket.h"
#include "wire/ip_addr.h"

/* Datagrams that one system call moves, and calls of one flow before others have their turn. */
#define UDP_BATCH       32
#define UDP_ROUNDS_MAX  8
#define UDP_PAYLOAD_MAX 65527 /* over IPv6; over IPv4 it is 20 less */
#define UDP_BUCKETS     4096  /* a power of two */
#define UDP_ERRORS_MAX  64    /* read from an error queue at a time */
#define UDP_HOST_BUFFER (1024 * 1024)

/* A run that the host cuts: datagrams it must have to be worth it, and bytes, with headers below
 * 64 KiB. */
#define UDP_RUN_MIN       3
#define UDP_RUN_BYTES_MAX 65000u

/* What waits to be sent: as much as fits behind a datagram of any length. */
#define UDP_OUT_BYTES (256u * 1024u)

_Static_assert(sizeof(struct vitro_flow) == 40, "a flow is hashed and has no gaps");

struct flow {
    struct forward_udp *udp;
    struct flow *next;      /* in its bucket */
    struct list age;        /* in forward_udp.flows, or in .ending once it is over */
    struct vitro_flow ends; /* local: the destination, remote: the program */
    enum policy_place place;
    struct poll_fd host; /* fd -1: none, the destination is refused */
    struct poll_timer timer;
    struct talk talk;
    uint64_t last_us;
    uint32_t last_len_bytes;  /* of the datagram sent last */
    uint8_t ttl;              /* the socket's; 0: not set yet */
    bool dont_fragment;       /* the socket's */
    bool knows_no_runs;       /* the host does not cut runs for it */
    int error;                /* positive errno value said last; an answer takes it back */
    bool is_error_ours;       /* nobody outside said it */
    struct gateway_turn turn; /* waits: its socket was not empty when its last turn was over */
};

struct forward_udp {
    struct gateway *gateway;
    struct gateway_socket socket;
    struct hash_key key;
    struct pool flow_pool;
    uint32_t flow_count; /* in the table: GATEWAY_UDP_MAX at most */
    struct list flows;   /* the longest silent first */
    struct list ending;  /* closed, not yet let go by the loop */
    struct flow *bucket[UDP_BUCKETS];
    uint32_t out_count; /* datagrams of one flow that wait in `out_data` */
    uint32_t out_bytes;
    struct mmsghdr out[UDP_BATCH];
    struct iovec out_iov[UDP_BATCH];
    struct mmsghdr in[UDP_BATCH];
    struct iovec in_iov[UDP_BATCH];
    uint8_t out_data[UDP_OUT_BYTES];
    uint8_t in_data[UDP_BATCH][UDP_PAYLOAD_MAX + 1];
};

/* Finding flows. */

static struct flow **bucket_of(struct forward_udp *udp, const struct vitro_flow *ends)
{
    return &udp->bucket[hash_sip13(&udp->key, ends, sizeof *ends) % UDP_BUCKETS];
}

static struct flow *find_flow(struct forward_udp *udp, const struct vitro_flow *ends)
{
    struct flow *flow = *bucket_of(udp, ends);
    while (flow != NULL && !(vitro_endpoint_equal(&flow->ends.remote, &ends->remote) &&
                             vitro_endpoint_equal(&flow->ends.local, &ends->local))) {
        flow = flow->next;
    }
    return flow;
}

static uint64_t idle_us(const struct flow *flow)
{
    if (flow->ends.local.port == 53) return FORWARD_UDP_IDLE_US_DNS;
    return flow->talk.packets_in > 0 ? FORWARD_UDP_IDLE_US_ANSWERED : FORWARD_UDP_IDLE_US_NEW;
}

static void touch_flow(struct flow *flow, uint64_t now_us)
{
    flow->last_us = now_us;
    list_remove(&flow->age);
    list_push_back(&flow->udp->flows, &flow->age);
}

/* The end of flows. */

static void free_flow(struct poll_fd *host)
{
    struct flow *flow = CONTAINER_OF(host, struct flow, host);
    list_remove(&flow->age);
    pool_put(&flow->udp->flow_pool, flow);
}

/* Tells how the flow ended and takes it out of everything but the loop. */
static void conclude(struct flow *flow, enum talk_end end, uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    struct flow **at = bucket_of(udp, &flow->ends);
    while (*at != flow) at = &(*at)->next;
    *at = flow->next;
    udp->flow_count--;
    enum talk_party by = TALK_NOBODY;
    if (flow->error != 0) {
        end = talk_end_of_error(flow->error);
        by = flow->is_error_ours ? TALK_GATEWAY : TALK_PEER;
    }
    poll_timer_cancel(&udp->gateway->poll, &flow->timer);
    gateway_cancel(&flow->turn);
    gateway_talk_end(udp->gateway, &flow->talk, end, by, flow->error, now_us);
    list_remove(&flow->age);
    list_push_back(&udp->ending, &flow->age);
}

static void end_flow(struct flow *flow, enum talk_end end, uint64_t now_us)
{
    conclude(flow, end, now_us);
    if (flow->host.fd >= 0) {
        poll_close(&flow->udp->gateway->poll, &flow->host);
    } else {
        free_flow(&flow->host);
    }
}

static void on_idle(struct poll_timer *timer, uint64_t now_us)
{
    struct flow *flow = CONTAINER_OF(timer, struct flow, timer);
    const uint64_t until_us = flow->last_us + idle_us(flow);
    if (until_us > now_us) {
        poll_timer_arm(&flow->udp->gateway->poll, timer, until_us);
        return;
    }
    end_flow(flow, TALK_IDLE, now_us);
}

/* Errors. */

static void tell_unreachable(struct flow *flow, const struct vitro_unreachable *why, int error,
                             uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    flow->error = error;
    flow->is_error_ours = true;
    (void)vitro_udp_unreachable(udp->gateway->stack, udp->socket.handle, &flow->ends,
                                flow->last_len_bytes, why, now_us);
}

/* Reads the error queue; returns how many errors there were. */
static uint32_t take_errors(struct flow *flow, uint64_t now_us)
{
    uint8_t quoted[1];
    struct host_error error;
    uint32_t count = 0;
    while (count < UDP_ERRORS_MAX &&
           host_error_take(flow->host.fd, span_mut_of(quoted, sizeof quoted), &error)) {
        count++;
        /* Who is asked says so itself, by the address that was asked: the host's loopback has
         * another name in here. A router on the way keeps its own. */
        const bool is_of_peer = error.why.kind == VITRO_UNREACHABLE_PORT;
        if (is_of_peer || flow->place != POLICY_WORLD) error.why.from = (struct vitro_ip){{0}};
        tell_unreachable(flow, &error.why, error.error, now_us);
        flow->is_error_ours = error.is_local;
        if (error.why.kind == VITRO_UNREACHABLE_TOO_BIG) flow->error = 0; /* it goes on, smaller */
    }
    return count;
}

/* From the host. */

static bool deliver(struct flow *flow, uint32_t count, uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t len = udp->in[i].msg_len;
        const int64_t sent = vitro_udp_send(udp->gateway->stack, udp->socket.handle, &flow->ends,
                                            udp->in_data[i], len, now_us);
        if (sent < 0) continue; /* the stack counted why */
        flow->talk.bytes_in += len;
        flow->talk.packets_in++;
    }
    flow->error = 0;
    return count == UDP_BATCH;
}

/* Moves what the host's socket has, as far as a turn goes. */
static void read_host(struct flow *flow, uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    for (uint32_t round = 0; round < UDP_ROUNDS_MAX; round++) {
        const int count = recvmmsg(flow->host.fd, udp->in, UDP_BATCH, MSG_DONTWAIT, NULL);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count < 0) {
            /* An error that stands in the queue as well; said there, taken off here. */
            (void)take_errors(flow, now_us);
            continue;
        }
        touch_flow(flow, now_us);
        if (!deliver(flow, (uint32_t)count, now_us)) return;
    }
    gateway_again(udp->gateway, &flow->turn);
}

static void on_turn(struct gateway_turn *turn, uint64_t now_us)
{
    read_host(CONTAINER_OF(turn, struct flow, turn), now_us);
}

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    struct flow *flow = CONTAINER_OF(self, struct flow, host);
    if ((bits & POLL_HANGUP) != 0) (void)take_errors(flow, now_us);
    if ((bits & POLL_READABLE) != 0) read_host(flow, now_us);
}

/* To the host. */

/* What became of the first of the datagrams that wait: true, if it is done with. */
static bool is_done_with(struct flow *flow, int error, uint64_t now_us)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) return true; /* lost */
    const bool was_told = take_errors(flow, now_us) > 0;
    /* The error was that of an earlier datagram: nothing has been tried with this one yet. */
    if (was_told && error != EMSGSIZE) return false;
    if (!was_told) {
        const struct vitro_unreachable why = {.kind = host_error_kind(error), .mtu_bytes = 1280};
        tell_unreachable(flow, &why, error, now_us);
    }
    return true;
}

/* How many of the datagrams that wait, from `at` on, are one run of equal length; the last one may
 * be shorter. They lie one behind the other. */
static uint32_t count_run(const struct forward_udp *udp, uint32_t at)
{
    const size_t each = udp->out_iov[at].iov_len;
    uint32_t count = 1;
    size_t bytes = each;
    while (at + count < udp->out_count && each > 0) {
        const size_t len = udp->out_iov[at + count].iov_len;
        bytes += len;
        if (len == 0 || len > each || bytes > UDP_RUN_BYTES_MAX) break;
        count++;
        if (len < each) break;
    }
    return count;
}

/* Sends a run with one walk through the host's stack (UDP_SEGMENT). Returns how many datagrams
 * that were; 0: not possible, they are to be sent one by one. */
static uint32_t send_run(struct flow *flow, uint32_t at)
{
    struct forward_udp *udp = flow->udp;
    const uint32_t count = flow->knows_no_runs ? 1 : count_run(udp, at);
    if (count < UDP_RUN_MIN) return 0;
    union {
        struct cmsghdr header;
        uint8_t bytes[CMSG_SPACE(sizeof(uint16_t))];
    } control = {.bytes = {0}};
    const uint16_t each = (uint16_t)udp->out_iov[at].iov_len;
    struct msghdr message = {
        .msg_iov = &udp->out_iov[at],
        .msg_iovlen = count,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
    cmsg->cmsg_level = IPPROTO_UDP;
    cmsg->cmsg_type = UDP_SEGMENT;
    cmsg->cmsg_len = CMSG_LEN(sizeof each);
    memcpy(CMSG_DATA(cmsg), &each, sizeof each);
    if (sendmsg(flow->host.fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return count;
    /* Too long for the path in one piece, or for this device or kernel. */
    if (errno == EINVAL || errno == EIO || errno == EMSGSIZE) flow->knows_no_runs = true;
    return 0;
}

/* Sends what waits for a flow. */
static void flush(struct forward_udp *udp, struct flow *flow, uint64_t now_us)
{
    uint32_t at = 0;
    uint32_t tries = 0;
    while (at < udp->out_count) {
        const uint32_t run = send_run(flow, at);
        at += run;
        if (run > 0) continue;
        const int sent = sendmmsg(flow->host.fd, udp->out + at, udp->out_count - at,
                                  MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            at += (uint32_t)sent;
            tries = 0;
        } else if (is_done_with(flow, errno, now_us) || ++tries > 1) {
            at++;
            tries = 0;
        }
    }
    udp->out_count = 0;
    udp->out_bytes = 0;
}

/* Gives the flow's socket what comes with this datagram; those that wait are sent first. */
static void set_way(struct flow *flow, const struct vitro_datagram *datagram, uint64_t now_us)
{
    const uint8_t ttl = (uint8_t)(datagram->ttl - 1u);
    if (flow->ttl == ttl && flow->dont_fragment == datagram->dont_fragment) return;
    const int fd = flow->host.fd;
    const int hops = ttl;
    flush(flow->udp, flow, now_us);
    flow->ttl = ttl;
    flow->dont_fragment = datagram->dont_fragment;
    /* These do not fail with values a packet can have; if they did, the host's would be used. */
    if (vitro_ip_is_v4(&flow->ends.local.ip)) {
        const int discover = flow->dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT;
        (void)setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
        (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &discover, sizeof discover);
    } else {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof hops);
    }
}

/* Opening flows. */

static int open_host(struct flow *flow, const struct vitro_endpoint *target)
{
    const int fd = host_socket_open(target, SOCK_DGRAM);
    if (fd < 0) return -fd;
    const bool is_v4 = vitro_ip_is_v4(&target->ip);
    const int buffer = UDP_HOST_BUFFER;
    /* None of these is worth failing for: less comfort, the same service. */
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    (void)!host_error_ask(fd, is_v4);
    struct sockaddr_storage address;
    const socklen_t len = host_address(target, &address);
    flow->host.fd = fd;
    flow->ttl = 0;
    flow->dont_fragment = false;
    flow->knows_no_runs = false;
    int error = connect(fd, (const struct sockaddr *)&address, len) == 0 ? 0 : errno;
    if (error == 0) error = poll_add(&flow->udp->gateway->poll, &flow->host);
    if (error == 0) return 0;
    close(fd);
    flow->host.fd = -1;
    return error;
}

static void evict_oldest(struct forward_udp *udp, uint64_t now_us)
{
    struct list *oldest = list_first(&udp->flows);
    if (oldest != NULL) end_flow(CONTAINER_OF(oldest, struct flow, age), TALK_IDLE, now_us);
}

/* Ends the longest silent of those that have a descriptor; false: none has. */
static bool evict_oldest_open(struct forward_udp *udp, uint64_t now_us)
{
    struct list *link = list_first(&udp->flows);
    for (; link != NULL; link = list_next(&udp->flows, link)) {
        struct flow *flow = CONTAINER_OF(link, struct flow, age);
        if (flow->host.fd < 0) continue;
        end_flow(flow, TALK_IDLE, now_us);
        return true;
    }
    return false;
}

/* As open_host(); another flow gives way where the host has no descriptor left. */
static int open_host_or_evict(struct flow *flow, const struct vitro_endpoint *target,
                              uint64_t now_us)
{
    const int error = open_host(flow, target);
    const bool is_limit = error == EMFILE || error == ENFILE;
    return is_limit && evict_oldest_open(flow->udp, now_us) ? open_host(flow, target) : error;
}

/* What is said of a destination that is not reached by policy. */
static int error_of_place(enum policy_place place)
{
    switch (place) {
    case POLICY_NOWHERE: return EHOSTUNREACH;
    case POLICY_FORBIDDEN: return EACCES;
    default: return ECONNREFUSED;
    }
}

/* Gives a flow its socket, or the reason why it has none. */
static void settle_flow(struct flow *flow, uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    struct vitro_endpoint target;
    flow->place = policy_place(&udp->gateway->config.policy, &flow->ends.local, &target);
    if (flow->place != POLICY_WORLD && flow->place != POLICY_LOOPBACK) {
        flow->error = error_of_place(flow->place);
        if (flow->place == POLICY_FORBIDDEN) udp->gateway->stats.refused_by_policy++;
        return;
    }
    flow->error = open_host_or_evict(flow, &target, now_us);
}

static struct flow *open_flow(struct forward_udp *udp, const struct vitro_flow *ends,
                              uint64_t now_us)
{
    if (udp->flow_count == GATEWAY_UDP_MAX) evict_oldest(udp, now_us);
    struct flow *flow = pool_get(&udp->flow_pool);
    if (flow == NULL) return NULL;
    *flow = (struct flow){
        .udp = udp,
        .ends = *ends,
        .host = {.fd = -1, .ready = on_host, .free = free_flow},
        .timer = {.due = on_idle},
        .turn = {.take = on_turn},
        .last_us = now_us,
    };
    list_init(&flow->host.dead);
    list_init(&flow->age);
    settle_flow(flow, now_us);
    list_push_back(&udp->flows, &flow->age);
    struct flow **bucket = bucket_of(udp, ends);
    flow->next = *bucket;
    *bucket = flow;
    udp->flow_count++;
    gateway_talk_begin(udp->gateway, &flow->talk, TALK_UDP, &ends->remote, &ends->local, now_us);
    poll_timer_arm(&udp->gateway->poll, &flow->timer, now_us + idle_us(flow));
    return flow;
}

/* From the stack. */

static bool is_to_many(const struct forward_udp *udp, const struct vitro_ip *ip)
{
    const struct policy_addresses *ours = &udp->gateway->config.policy.addresses;
    const struct ip_addr addr = ip_addr_from_v6(ip->bytes);
    if (ip_addr_is_multicast(&addr) || ip_addr_is_broadcast(&addr)) return true;
    /* The broadcast address of our own subnet, which is a /24. */
    return ip_addr_is_v4(&addr) && memcmp(ip->bytes, ours->gateway[0].bytes, 15) == 0 &&
           ip->bytes[15] == 0xff;
}

/* Says why a flow has no socket. The host may have found a route meanwhile; policy stays. */
static bool refuse(struct flow *flow, uint64_t now_us)
{
    struct vitro_endpoint target;
    const enum policy_place place =
        policy_place(&flow->udp->gateway->config.policy, &flow->ends.local, &target);
    if (place == POLICY_WORLD || place == POLICY_LOOPBACK) {
        flow->error = open_host_or_evict(flow, &target, now_us);
        if (flow->error == 0) return false;
    }
    const struct vitro_unreachable why = {.kind = host_error_kind(flow->error)};
    tell_unreachable(flow, &why, flow->error, now_us);
    return true;
}

/* The flow of a datagram that has just come, its socket open or refused; NULL: dropped. */
static struct flow *flow_for(struct forward_udp *udp, const struct vitro_datagram *datagram,
                             uint64_t now_us)
{
    struct flow *flow = find_flow(udp, &datagram->flow);
    if (flow != NULL || is_to_many(udp, &datagram->flow.local.ip)) return flow;
    flow = open_flow(udp, &datagram->flow, now_us);
    if (flow == NULL) udp->gateway->stats.refused_by_limit++;
    return flow;
}

/* Takes a datagram whose bytes lie at `data`, in or behind what waits. */
static void queue(struct flow *flow, const struct vitro_datagram *datagram, uint8_t *data,
                  uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    const uint32_t len_bytes = datagram->len_bytes;
    touch_flow(flow, now_us);
    flow->last_len_bytes = len_bytes;
    flow->talk.bytes_out += len_bytes;
    flow->talk.packets_out++;
    if (flow->host.fd < 0 && refuse(flow, now_us)) return;
    if (datagram->ttl <= 1) {
        const struct vitro_unreachable why = {.kind = VITRO_UNREACHABLE_TTL};
        tell_unreachable(flow, &why, EHOSTUNREACH, now_us);
        return;
    }
    set_way(flow, datagram, now_us);
    udp->out_iov[udp->out_count++] = (struct iovec){.iov_base = data, .iov_len = len_bytes};
    udp->out_bytes = (uint32_t)(data - udp->out_data) + len_bytes;
}

/* Takes what waits in the stack's socket: runs of datagrams of one flow are sent together. */
static void on_stack(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct forward_udp *udp = CONTAINER_OF(self, struct forward_udp, socket);
    (void)bits;
    struct flow *current = NULL;
    for (;;) {
        struct vitro_datagram datagram;
        const bool is_full =
            udp->out_count == UDP_BATCH || UDP_OUT_BYTES - udp->out_bytes < UDP_PAYLOAD_MAX;
        if (is_full) flush(udp, current, now_us);
        uint8_t *to = udp->out_data + udp->out_bytes;
        const int64_t len =
            vitro_udp_receive(udp->gateway->stack, self->handle, to, UDP_PAYLOAD_MAX, &datagram);
        if (len == -EAGAIN) break;
        if (len < 0) continue; /* a pending error, once */
        const bool is_same = current != NULL &&
                             vitro_endpoint_equal(&current->ends.local, &datagram.flow.local) &&
                             vitro_endpoint_equal(&current->ends.remote, &datagram.flow.remote);
        if (!is_same) {
            flush(udp, current, now_us);
            current = flow_for(udp, &datagram, now_us);
        }
        if (current != NULL) queue(current, &datagram, to, now_us);
    }
    flush(udp, current, now_us);
}

/* Beginning and end. */

static void prepare_batches(struct forward_udp *udp)
{
    for (uint32_t i = 0; i < UDP_BATCH; i++) {
        udp->out[i].msg_hdr = (struct msghdr){.msg_iov = &udp->out_iov[i], .msg_iovlen = 1};
        udp->in[i].msg_hdr = (struct msghdr){.msg_iov = &udp->in_iov[i], .msg_iovlen = 1};
        udp->in_iov[i] =
            (struct iovec){.iov_base = udp->in_data[i], .iov_len = sizeof udp->in_data[i]};
    }
}

struct forward_udp *forward_udp_create(struct gateway *gateway)
{
    struct forward_udp *udp = mem_get(sizeof *udp);
    if (udp == NULL) return NULL;
    udp->gateway = gateway;
    udp->socket.ready = on_stack;
    list_init(&udp->flows);
    list_init(&udp->ending);
    /* Without randomness the table still works; only somebody who knows it could make it slow. */
    (void)!getrandom(&udp->key, sizeof udp->key, GRND_NONBLOCK);
    prepare_batches(udp);
    /* Those that are closed wait for the loop to let go of them. */
    pool_init(&udp->flow_pool, "udp flows", sizeof(struct flow), 2 * GATEWAY_UDP_MAX);
    if (vitro_udp_open(gateway->stack, (uintptr_t)&udp->socket, &udp->socket.handle) != 0) {
        pool_deinit(&udp->flow_pool);
        mem_put(udp);
        return NULL;
    }
    if (vitro_udp_bind_any(gateway->stack, udp->socket.handle) != 0) {
        forward_udp_destroy(udp);
        return NULL;
    }
    return udp;
}

/* Takes a closed flow from the loop, which is not running, and lets go of it. */
static void release(struct flow *flow)
{
    list_remove(&flow->host.dead);
    if (flow->host.fd >= 0) close(flow->host.fd);
    free_flow(&flow->host);
}

void forward_udp_destroy(struct forward_udp *udp)
{
    if (udp == NULL) return;
    struct list *link;
    const uint64_t now_us = poll_now_us();
    while ((link = list_first(&udp->flows)) != NULL) {
        conclude(CONTAINER_OF(link, struct flow, age), TALK_OPEN, now_us);
    }
    while ((link = list_first(&udp->ending)) != NULL) {
        release(CONTAINER_OF(link, struct flow, age));
    }
    (void)vitro_close(udp->gateway->stack, udp->socket.handle, now_us);
    pool_deinit(&udp->flow_pool);
    mem_put(udp);
}
