/*
 * UDP flows.
 *
 *     stack -> receive everything that waits, packed into one buffer, as long as it is of one flow
 *           -> one sendmmsg() per flow, or one sendmsg() per run of equal lengths (host_udp.h)
 *     host  -> recvmmsg(), up to UDP_BATCH at a time -> the stack, from the address it came from
 *
 * A flow is what one endpoint of the program says to one destination, and what comes back. The
 * flows of an endpoint share a mapping: a socket of the host that is not connected, so all the
 * world sees one address and port (RFC 4787 REQ-1). It ends with the last of them. What is reached
 * on the host's loopback has a mapping of its own, which nobody else can reach.
 *
 * A datagram that comes from where nothing was sent is taken if something was sent to another port
 * of that address (RFC 4787 REQ-8: address-dependent filtering): TFTP answers from a new port. It
 * is a flow then. Others are nobody's and go nowhere.
 *
 * Flows are found by a hash over both ends and stand in a ring from the one that has been silent
 * longest. That one gives way when all GATEWAY_UDP_MAX are taken; where the host has no descriptors
 * left, the first that has one, and those that share it. A flow's timer is not moved with every
 * datagram: when it is due, it looks at when the last one was.
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
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/pool.h"
#include "gateway/host_error.h"
#include "gateway/host_socket.h"
#include "gateway/host_udp.h"
#include "wire/ip_addr.h"

/* Datagrams that one system call moves, and calls of one mapping before others have their turn. */
#define UDP_BATCH       32
#define UDP_ROUNDS_MAX  8
#define UDP_PAYLOAD_MAX 65527 /* over IPv6; over IPv4 it is 20 less */
#define UDP_BUCKETS     4096  /* a power of two */
#define UDP_ERRORS_MAX  64    /* read from an error queue at a time */

/* Datagrams that a run must have to be worth it. */
#define UDP_RUN_MIN 3

/* What waits to be sent: as much as fits behind a datagram of any length. */
#define UDP_OUT_BYTES (256u * 1024u)

_Static_assert(sizeof(struct vitro_flow) == 40, "a flow is hashed and has no gaps");

/* A socket of the host, and whose it is. */
struct mapping {
    struct forward_udp *udp;
    struct mapping *next; /* in its bucket */
    struct list all;      /* in forward_udp.mappings, also once it is over */
    struct vitro_endpoint program;
    bool is_loopback; /* reaches the host's loopback, and nothing else */
    struct list flows;
    struct poll_fd host;
    struct gateway_turn turn; /* waits: its socket was not empty when its last turn was over */
    uint8_t ttl;              /* the socket's; 0: not set yet */
    bool dont_fragment;       /* the socket's */
};

struct flow {
    struct forward_udp *udp;
    struct flow *next;       /* in its bucket */
    struct list age;         /* in forward_udp.flows */
    struct vitro_flow ends;  /* local: the destination, remote: the program */
    struct mapping *mapping; /* NULL: none, the destination is refused */
    struct list in_mapping;
    struct vitro_endpoint target; /* the destination as the host knows it */
    struct poll_timer timer;
    struct talk talk;
    uint64_t last_us;
    uint32_t last_len_bytes; /* of the datagram sent last */
    bool knows_no_runs;      /* the host does not cut runs for it */
    int error;               /* positive errno value said last; an answer takes it back */
    bool is_error_ours;      /* nobody outside said it */
};

struct forward_udp {
    struct gateway *gateway;
    struct gateway_socket socket;
    struct hash_key key;
    struct pool flow_pool, mapping_pool;
    uint32_t flow_count; /* GATEWAY_UDP_MAX at most */
    struct list flows;   /* the longest silent first */
    struct list mappings;
    struct flow *bucket[UDP_BUCKETS];
    struct mapping *mapping_bucket[UDP_BUCKETS];
    uint32_t out_count; /* datagrams of one flow that wait in `out_data` */
    uint32_t out_bytes;
    struct mmsghdr out[UDP_BATCH];
    struct iovec out_iov[UDP_BATCH];
    struct sockaddr_storage out_to;
    struct mmsghdr in[UDP_BATCH];
    struct iovec in_iov[UDP_BATCH];
    struct sockaddr_storage in_from[UDP_BATCH];
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

/* The end of flows and mappings. */

/* The loop has let go of it. */
static void free_mapping(struct poll_fd *host)
{
    struct mapping *mapping = CONTAINER_OF(host, struct mapping, host);
    list_remove(&mapping->all);
    pool_put(&mapping->udp->mapping_pool, mapping);
}

static struct mapping **mapping_bucket_of(struct forward_udp *udp,
                                          const struct vitro_endpoint *program)
{
    return &udp->mapping_bucket[hash_sip13(&udp->key, program, sizeof *program) % UDP_BUCKETS];
}

static void close_mapping(struct mapping *mapping)
{
    struct forward_udp *udp = mapping->udp;
    struct mapping **at = mapping_bucket_of(udp, &mapping->program);
    while (*at != mapping) at = &(*at)->next;
    *at = mapping->next;
    gateway_cancel(&mapping->turn);
    poll_close(&udp->gateway->poll, &mapping->host);
}

static void leave_mapping(struct flow *flow)
{
    struct mapping *mapping = flow->mapping;
    if (mapping == NULL) return;
    flow->mapping = NULL;
    list_remove(&flow->in_mapping);
    if (list_is_empty(&mapping->flows)) close_mapping(mapping);
}

static void end_flow(struct flow *flow, enum talk_end end, uint64_t now_us)
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
    gateway_talk_end(udp->gateway, &flow->talk, end, by, flow->error, now_us);
    leave_mapping(flow);
    list_remove(&flow->age);
    pool_put(&udp->flow_pool, flow);
}

/* Ends all flows of a mapping, and so the mapping. */
static void end_mapping(struct mapping *mapping, uint64_t now_us)
{
    for (struct list *link; (link = list_first(&mapping->flows)) != NULL;) {
        end_flow(CONTAINER_OF(link, struct flow, in_mapping), TALK_IDLE, now_us);
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

/* The peers of a mapping. */

/* Who that is to the program: the host's loopback has another name in here. False: nobody whom it
 * may hear. */
static bool name_peer(const struct mapping *mapping, struct vitro_endpoint *peer)
{
    const struct policy *policy = &mapping->udp->gateway->config.policy;
    const struct policy_addresses *ours = &policy->addresses;
    struct vitro_endpoint target;
    if (!mapping->is_loopback) return policy_place(policy, peer, &target) == POLICY_WORLD;
    struct vitro_endpoint named = *peer;
    named.ip = ours->gateway[vitro_ip_is_v4(&peer->ip) ? 0 : 1];
    if (policy_place(policy, &named, &target) != POLICY_LOOPBACK) return false;
    if (!vitro_ip_equal(&target.ip, &peer->ip)) return false;
    *peer = named;
    return true;
}

static struct flow *flow_of_peer(const struct mapping *mapping, const struct vitro_endpoint *peer)
{
    const struct vitro_flow ends = {.local = *peer, .remote = mapping->program};
    return find_flow(mapping->udp, &ends);
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

static void tell_error(struct flow *flow, struct host_error *error, uint64_t now_us)
{
    /* Who is asked says so itself, by the address that was asked: the host's loopback has
     * another name in here. A router on the way keeps its own. */
    const bool is_of_peer = error->why.kind == VITRO_UNREACHABLE_PORT;
    if (is_of_peer || flow->mapping->is_loopback) error->why.from = (struct vitro_ip){{0}};
    tell_unreachable(flow, &error->why, error->error, now_us);
    flow->is_error_ours = error->is_local;
    if (error->why.kind == VITRO_UNREACHABLE_TOO_BIG) flow->error = 0; /* it goes on, smaller */
}

/* Reads the error queue, while `sending` (NULL: nothing) is being sent; returns how many errors
 * there were. */
static uint32_t take_errors(struct mapping *mapping, struct flow *sending, uint64_t now_us)
{
    uint8_t quoted[1];
    struct host_error error;
    uint32_t count = 0;
    while (count < UDP_ERRORS_MAX &&
           host_error_take(mapping->host.fd, span_mut_of(quoted, sizeof quoted), &error)) {
        count++;
        struct flow *flow = NULL;
        if (name_peer(mapping, &error.to)) flow = flow_of_peer(mapping, &error.to);
        /* The host's own word on what is being sent does not always say to which port that was. */
        if (flow == NULL && error.is_local) flow = sending;
        if (flow != NULL) tell_error(flow, &error, now_us);
    }
    return count;
}

/* From the host. */

static struct flow *open_flow(struct forward_udp *udp, const struct vitro_flow *ends,
                              uint64_t now_us);

/* Whether something was sent to this address. */
static bool knows_address(const struct mapping *mapping, const struct vitro_ip *ip)
{
    for (struct list *l = mapping->flows.next; l != &mapping->flows; l = l->next) {
        const struct flow *flow = CONTAINER_OF(l, struct flow, in_mapping);
        if (vitro_ip_equal(&flow->ends.local.ip, ip)) return true;
    }
    return false;
}

/* The flow that a datagram from there belongs to; NULL: none, it is dropped. */
static struct flow *flow_from(struct mapping *mapping, const struct sockaddr_storage *from,
                              uint64_t now_us)
{
    struct vitro_flow ends = {.remote = mapping->program};
    if (!host_endpoint(from, &ends.local) || !name_peer(mapping, &ends.local)) return NULL;
    struct flow *flow = find_flow(mapping->udp, &ends);
    if (flow != NULL || !knows_address(mapping, &ends.local.ip)) return flow;
    return open_flow(mapping->udp, &ends, now_us);
}

/* What recvmmsg() has brought goes to the program, each from whom it came from. */
static void deliver(struct mapping *mapping, uint32_t count, uint64_t now_us)
{
    struct forward_udp *udp = mapping->udp;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t len = udp->in[i].msg_len;
        struct flow *flow = flow_from(mapping, &udp->in_from[i], now_us);
        if (flow == NULL) continue;
        touch_flow(flow, now_us);
        flow->error = 0;
        const int64_t sent = vitro_udp_send(udp->gateway->stack, udp->socket.handle, &flow->ends,
                                            udp->in_data[i], len, now_us);
        if (sent < 0) continue; /* the stack counted why */
        flow->talk.bytes_in += len;
        flow->talk.packets_in++;
    }
}

/* Moves what the host's socket has, as far as a turn goes. A flow that is new may end the oldest,
 * and so even this mapping. */
static void read_host(struct mapping *mapping, uint64_t now_us)
{
    struct forward_udp *udp = mapping->udp;
    for (uint32_t round = 0; round < UDP_ROUNDS_MAX && mapping->host.fd >= 0; round++) {
        for (uint32_t i = 0; i < UDP_BATCH; i++) {
            udp->in[i].msg_hdr.msg_namelen = sizeof udp->in_from[i];
        }
        const int count = recvmmsg(mapping->host.fd, udp->in, UDP_BATCH, MSG_DONTWAIT, NULL);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (count < 0) {
            /* An error that stands in the queue as well; said there, taken off here. */
            (void)take_errors(mapping, NULL, now_us);
            continue;
        }
        deliver(mapping, (uint32_t)count, now_us);
        if (count < UDP_BATCH) return;
    }
    if (mapping->host.fd >= 0) gateway_again(udp->gateway, &mapping->turn);
}

static void on_turn(struct gateway_turn *turn, uint64_t now_us)
{
    read_host(CONTAINER_OF(turn, struct mapping, turn), now_us);
}

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    struct mapping *mapping = CONTAINER_OF(self, struct mapping, host);
    if ((bits & POLL_HANGUP) != 0) (void)take_errors(mapping, NULL, now_us);
    if ((bits & POLL_READABLE) != 0) read_host(mapping, now_us);
}

/* To the host. */

/* What became of the first of the datagrams that wait: true, if it is done with. */
static bool is_done_with(struct flow *flow, int error, uint64_t now_us)
{
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS) return true; /* lost */
    const bool was_told = take_errors(flow->mapping, flow, now_us) > 0;
    /* The error was that of an earlier datagram: nothing has been tried with this one yet. */
    if (was_told && error != EMSGSIZE) return false;
    if (!was_told) {
        const struct vitro_unreachable why = {.kind = host_error_kind(error), .mtu_bytes = 1280};
        tell_unreachable(flow, &why, error, now_us);
    }
    return true;
}

/* Sends a run from `at` on. Returns how many datagrams that were; 0: they are to be sent one by
 * one. */
static uint32_t send_run(struct flow *flow, uint32_t at)
{
    struct forward_udp *udp = flow->udp;
    if (flow->knows_no_runs) return 0;
    const uint32_t count = host_udp_count_run(&udp->out_iov[at], udp->out_count - at);
    if (count < UDP_RUN_MIN) return 0;
    const int error = host_udp_send_run(flow->mapping->host.fd, &udp->out_to,
                                        udp->out[0].msg_hdr.msg_namelen, &udp->out_iov[at], count);
    /* Too long for the path in one piece, or for this device or kernel. */
    if (error == EINVAL || error == EIO || error == EMSGSIZE) flow->knows_no_runs = true;
    return error == 0 ? count : 0;
}

/* Sends what waits for a flow. */
static void flush(struct forward_udp *udp, struct flow *flow, uint64_t now_us)
{
    uint32_t at = 0;
    uint32_t tries = 0;
    if (udp->out_count == 0) return;
    const socklen_t to_len = host_address(&flow->target, &udp->out_to);
    for (uint32_t i = 0; i < udp->out_count; i++) udp->out[i].msg_hdr.msg_namelen = to_len;
    while (at < udp->out_count) {
        const uint32_t run = send_run(flow, at);
        at += run;
        if (run > 0) continue;
        const int sent = sendmmsg(flow->mapping->host.fd, udp->out + at, udp->out_count - at,
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

/* Gives the mapping's socket what comes with this datagram; those that wait are sent first. */
static void set_way(struct flow *flow, const struct vitro_datagram *datagram, uint64_t now_us)
{
    struct mapping *mapping = flow->mapping;
    const uint8_t ttl = (uint8_t)(datagram->ttl - 1u);
    if (mapping->ttl == ttl && mapping->dont_fragment == datagram->dont_fragment) return;
    flush(flow->udp, flow, now_us);
    mapping->ttl = ttl;
    mapping->dont_fragment = datagram->dont_fragment;
    host_udp_set_way(mapping->host.fd, vitro_ip_is_v4(&flow->ends.local.ip), ttl,
                     mapping->dont_fragment);
}

/* Opening flows. */

static struct mapping *find_mapping(struct forward_udp *udp, const struct vitro_endpoint *program,
                                    bool is_loopback)
{
    struct mapping *mapping = *mapping_bucket_of(udp, program);
    while (mapping != NULL && !(vitro_endpoint_equal(&mapping->program, program) &&
                                mapping->is_loopback == is_loopback)) {
        mapping = mapping->next;
    }
    return mapping;
}

/* Opens the socket of a mapping. 0 or a positive errno value. */
static int open_mapping(struct forward_udp *udp, const struct vitro_endpoint *program,
                        const struct vitro_ip *local, bool is_loopback, struct mapping **opened)
{
    struct mapping *mapping = pool_get(&udp->mapping_pool);
    if (mapping == NULL) return ENOBUFS;
    const int fd = host_udp_open(local);
    *mapping = (struct mapping){
        .udp = udp,
        .program = *program,
        .is_loopback = is_loopback,
        .host = {.fd = fd, .ready = on_host, .free = free_mapping},
        .turn = {.take = on_turn},
    };
    int error = fd < 0 ? -fd : poll_add(&udp->gateway->poll, &mapping->host);
    if (error != 0) {
        if (fd >= 0) close(fd);
        pool_put(&udp->mapping_pool, mapping);
        return error;
    }
    list_init(&mapping->flows);
    list_init(&mapping->all);
    list_push_back(&udp->mappings, &mapping->all);
    struct mapping **bucket = mapping_bucket_of(udp, program);
    mapping->next = *bucket;
    *bucket = mapping;
    *opened = mapping;
    return 0;
}

static void evict_oldest(struct forward_udp *udp, uint64_t now_us)
{
    struct list *oldest = list_first(&udp->flows);
    if (oldest != NULL) end_flow(CONTAINER_OF(oldest, struct flow, age), TALK_IDLE, now_us);
}

/* Ends the longest silent of those that have a descriptor, and who shares it; false: none has. */
static bool evict_oldest_open(struct forward_udp *udp, uint64_t now_us)
{
    struct list *link = list_first(&udp->flows);
    for (; link != NULL; link = list_next(&udp->flows, link)) {
        struct flow *flow = CONTAINER_OF(link, struct flow, age);
        if (flow->mapping == NULL) continue;
        end_mapping(flow->mapping, now_us);
        return true;
    }
    return false;
}

/* Gives a flow its place in the mapping of its endpoint; another gives way where the host has no
 * descriptor left. 0 or a positive errno value. */
static int enter_mapping(struct flow *flow, bool is_loopback, uint64_t now_us)
{
    struct forward_udp *udp = flow->udp;
    const struct vitro_endpoint *program = &flow->ends.remote;
    /* The loopback's is bound there, which keeps all others out. */
    const bool is_v4 = vitro_ip_is_v4(&flow->target.ip);
    struct vitro_ip local = is_v4 ? vitro_ip_v4(0, 0, 0, 0) : (struct vitro_ip){{0}};
    if (is_loopback) local = flow->target.ip;
    struct mapping *mapping = find_mapping(udp, program, is_loopback);
    int error = 0;
    if (mapping == NULL) error = open_mapping(udp, program, &local, is_loopback, &mapping);
    const bool is_limit = error == EMFILE || error == ENFILE;
    if (is_limit && evict_oldest_open(udp, now_us)) {
        error = open_mapping(udp, program, &local, is_loopback, &mapping);
    }
    if (error != 0) return error;
    flow->mapping = mapping;
    list_push_back(&mapping->flows, &flow->in_mapping);
    return 0;
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

/* Gives a flow its mapping, or the reason why it has none. Returns where its destination is. */
static enum policy_place settle_flow(struct flow *flow, uint64_t now_us)
{
    const struct policy *policy = &flow->udp->gateway->config.policy;
    const enum policy_place place = policy_place(policy, &flow->ends.local, &flow->target);
    const bool is_reached = place == POLICY_WORLD || place == POLICY_LOOPBACK;
    flow->error =
        is_reached ? enter_mapping(flow, place == POLICY_LOOPBACK, now_us) : error_of_place(place);
    return place;
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
        .timer = {.due = on_idle},
        .last_us = now_us,
    };
    list_init(&flow->in_mapping);
    list_init(&flow->age);
    if (settle_flow(flow, now_us) == POLICY_FORBIDDEN) udp->gateway->stats.refused_by_policy++;
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

/* Says why a flow has no mapping. The host may have a descriptor meanwhile; policy stays. */
static bool refuse(struct flow *flow, uint64_t now_us)
{
    (void)settle_flow(flow, now_us);
    if (flow->mapping != NULL) return false;
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
    if (flow->mapping == NULL && refuse(flow, now_us)) return;
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
        udp->out[i].msg_hdr =
            (struct msghdr){.msg_name = &udp->out_to, .msg_iov = &udp->out_iov[i], .msg_iovlen = 1};
        udp->in[i].msg_hdr = (struct msghdr){
            .msg_name = &udp->in_from[i], .msg_iov = &udp->in_iov[i], .msg_iovlen = 1};
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
    list_init(&udp->mappings);
    /* Without randomness the table still works; only somebody who knows it could make it slow. */
    (void)!getrandom(&udp->key, sizeof udp->key, GRND_NONBLOCK);
    prepare_batches(udp);
    pool_init(&udp->flow_pool, "udp flows", sizeof(struct flow), GATEWAY_UDP_MAX);
    /* Those that are closed wait for the loop to let go of them. */
    pool_init(&udp->mapping_pool, "udp mappings", sizeof(struct mapping), 2 * GATEWAY_UDP_MAX);
    if (vitro_udp_open(gateway->stack, (uintptr_t)&udp->socket, &udp->socket.handle) != 0) {
        pool_deinit(&udp->mapping_pool);
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

void forward_udp_destroy(struct forward_udp *udp)
{
    if (udp == NULL) return;
    const uint64_t now_us = poll_now_us();
    for (struct list *link; (link = list_first(&udp->flows)) != NULL;) {
        end_flow(CONTAINER_OF(link, struct flow, age), TALK_OPEN, now_us);
    }
    poll_flush(&udp->gateway->poll); /* the last mappings are freed now */
    (void)vitro_close(udp->gateway->stack, udp->socket.handle, now_us);
    pool_deinit(&udp->mapping_pool);
    pool_deinit(&udp->flow_pool);
    mem_put(udp);
}
