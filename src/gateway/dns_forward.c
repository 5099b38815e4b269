/*
 * Questions under way.
 *
 *     ask -> resolver 0 -- answer -> verified -> to the program
 *                |  2 s, or refused, or "I fail"
 *            resolver 1 ...  (0 may still answer: the first good answer counts)
 *                |  10 s, or all have failed
 *            SERVFAIL
 *
 * With one resolver the question is repeated every 2 s. A question has up to three sockets; its
 * object lives until the loop has let go of the last.
 *
 * References: RFC 1035 4.2.1, RFC 5452 (forged answers), RFC 5625 (proxies).
 */
#include "gateway/dns_forward.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/pool.h"
#include "gateway/dns_talk.h"
#include "gateway/host_socket.h"

/* Datagrams read from one socket at a time: more than one is somebody guessing. */
#define READS_MAX 16

/* Our own answers: header and question. */
#define REPLY_BYTES 512

/* A resolver that is asked. */
struct
try {
    struct poll_fd host; /* fd -1: not asked yet, or failed */
    struct ask *ask;
    uint16_t id;
    bool has_failed;
};

struct ask {
    struct dns_forward *forward;
    struct list age;     /* in dns_forward.asks, or in .ending once it is over */
    vitro_socket socket; /* whom the answer goes by */
    struct vitro_flow flow;
    struct poll_timer timer;
    struct talk talk;
    struct try try[GATEWAY_RESOLVERS_MAX];
    uint32_t next; /* resolver to be asked next */
    uint32_t fds;  /* sockets that the loop knows of */
    int error;     /* why a resolver failed; ETIMEDOUT if none did */
    bool is_over;
    uint32_t query_len;
    uint8_t query[DNS_QUERY_BYTES_MAX]; /* as the program sent it */
};

struct dns_forward {
    struct gateway *gateway;
    struct pool ask_pool;
    uint32_t ask_count;
    struct list asks; /* oldest first */
    struct list ending;
    uint8_t buffer[DNS_MESSAGE_BYTES_MAX + 1];
};

/* The end of questions. */

static void free_ask(struct ask *ask)
{
    list_remove(&ask->age);
    pool_put(&ask->forward->ask_pool, ask);
}

static void on_closed(struct poll_fd *host)
{
    struct ask *ask = CONTAINER_OF(host, struct try, host)->ask;
    ask->fds--;
    if (ask->is_over && ask->fds == 0) free_ask(ask);
}

/* Takes a question out of everything but the loop. Its record has been ended. */
static void end_ask(struct ask *ask)
{
    struct dns_forward *forward = ask->forward;
    struct poll *poll = &forward->gateway->poll;
    ask->is_over = true;
    poll_timer_cancel(poll, &ask->timer);
    list_remove(&ask->age);
    list_push_back(&forward->ending, &ask->age);
    forward->ask_count--;
    for (uint32_t i = 0; i < GATEWAY_RESOLVERS_MAX; i++) poll_close(poll, &ask->try[i].host);
    if (ask->fds == 0) free_ask(ask);
}

static void send_to_program(const struct ask *ask, struct span answer, uint64_t now_us)
{
    /* What the stack does not take is lost, as any datagram; it counts why. */
    (void)!vitro_udp_send(ask->forward->gateway->stack, ask->socket, &ask->flow, answer.data,
                          answer.len, now_us);
}

static struct span query_of(const struct ask *ask) { return span_of(ask->query, ask->query_len); }

/* Nobody answers: says so. */
static void give_up(struct ask *ask, int error, uint64_t now_us)
{
    uint8_t out[REPLY_BYTES];
    struct dns_question question;
    struct dns_reply reply;
    const bool is_readable = dns_question_parse(query_of(ask), &question);
    dns_reply_init(&reply, out, sizeof out, query_of(ask), is_readable ? &question : NULL,
                   DNS_SERVFAIL);
    const struct span answer = span_of(out, reply.len);
    send_to_program(ask, answer, now_us);
    dns_talk_failed(ask->forward->gateway, &ask->talk, answer, error, now_us);
    end_ask(ask);
}

/* Asking. */

static int send_query(struct ask *ask, struct try *try)
{
    uint8_t id[2];
    put_be16(id, try->id);
    struct iovec parts[2] = {
        {.iov_base = id, .iov_len = sizeof id},
        {.iov_base = ask->query + sizeof id, .iov_len = ask->query_len - sizeof id}};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = ARRAY_COUNT(parts)};
    return sendmsg(try->host.fd, &message, MSG_NOSIGNAL) >= 0 ? 0 : errno;
}

static void fail_try(struct try *try, int error)
{
    try->has_failed = true;
    try->ask->error = error;
    poll_close(&try->ask->forward->gateway->poll, &try->host);
}

static int open_try(struct ask *ask, struct try *try, const struct vitro_endpoint *resolver)
{
    struct sockaddr_storage address;
    const socklen_t len = host_address(resolver, &address);
    if (getrandom(&try->id, sizeof try->id, 0) != (ssize_t)sizeof try->id) return EAGAIN;
    const int fd = host_socket_open(resolver, SOCK_DGRAM);
    if (fd < 0) return -fd;
    int error = connect(fd, (const struct sockaddr *)&address, len) == 0 ? 0 : errno;
    try->host.fd = fd;
    if (error == 0) error = poll_add(&ask->forward->gateway->poll, &try->host);
    if (error == 0) {
        ask->fds++;
        return 0;
    }
    close(fd);
    try->host.fd = -1;
    return error;
}

/* Asks this resolver, or once more. False: it cannot be asked. */
static bool ask_one(struct ask *ask, uint32_t which)
{
    struct try *try = &ask->try[which];
    int error = 0;
    if (try->host.fd < 0) {
        error = open_try(ask, try, &ask->forward->gateway->config.resolver[which]);
    }
    if (error == 0) error = send_query(ask, try);
    if (error == 0) return true;
    fail_try(try, error);
    return false;
}

/* Asks the next resolver that has not failed; gives up if there is none. */
static void ask_next(struct ask *ask, uint64_t now_us)
{
    const uint32_t count = ask->forward->gateway->config.resolver_count;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t which = ask->next % count; /* there may be fewer than there were */
        ask->next = (which + 1) % count;
        if (ask->try[which].has_failed || !ask_one(ask, which)) continue;
        const uint64_t until_us = ask->talk.begun_us + DNS_GIVE_UP_US;
        poll_timer_arm(&ask->forward->gateway->poll, &ask->timer,
                       u64_min(now_us + DNS_PATIENCE_US, until_us));
        return;
    }
    give_up(ask, ask->error, now_us);
}

static void on_due(struct poll_timer *timer, uint64_t now_us)
{
    struct ask *ask = CONTAINER_OF(timer, struct ask, timer);
    if (now_us >= ask->talk.begun_us + DNS_GIVE_UP_US) {
        give_up(ask, ETIMEDOUT, now_us);
    } else {
        ask_next(ask, now_us);
    }
}

/* Answers. */

/* Whether another resolver has not failed yet: asked and still silent, or not asked at all. */
static bool has_others(const struct ask *ask, const struct try *than)
{
    for (uint32_t i = 0; i < ask->forward->gateway->config.resolver_count; i++) {
        if (&ask->try[i] != than && !ask->try[i].has_failed) return true;
    }
    return false;
}

/* Takes a datagram of a resolver; true: the question has its answer, or this resolver is out. */
static bool take_answer(struct ask *ask, struct try *try, struct span_mut answer, uint64_t now_us)
{
    const struct span bytes = span_from_mut(answer);
    if (dns_id_of(bytes) != try->id || !dns_is_answer(bytes, query_of(ask))) return false;
    if (dns_is_excuse(dns_code_of(bytes)) && has_others(ask, try)) {
        fail_try(try, EHOSTUNREACH);
        ask_next(ask, now_us);
        return true;
    }
    dns_id_set(answer, dns_id_of(query_of(ask)));
    send_to_program(ask, bytes, now_us);
    dns_talk_answered(ask->forward->gateway, &ask->talk, bytes, now_us);
    end_ask(ask);
    return true;
}

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    struct try *try = CONTAINER_OF(self, struct try, host);
    struct ask *ask = try->ask;
    uint8_t *buffer = ask->forward->buffer;
    (void)bits;
    for (uint32_t i = 0; i < READS_MAX; i++) {
        const ssize_t len = recv(self->fd, buffer, sizeof ask->forward->buffer, 0);
        if (len >= 0) {
            if (take_answer(ask, try, span_mut_of(buffer, (size_t)len), now_us)) return;
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        fail_try(try, errno);
        ask_next(ask, now_us);
        return;
    }
    fail_try(try, EAGAIN); /* who sends so much that is no answer is not to be trusted */
    ask_next(ask, now_us);
}

void dns_forward_ask(struct dns_forward *forward, vitro_socket socket,
                     const struct vitro_flow *flow, struct span query,
                     const struct dns_question *question, uint64_t now_us)
{
    ASSERT(query.len >= DNS_HEADER_BYTES && query.len <= DNS_QUERY_BYTES_MAX);
    if (forward->ask_count == DNS_ASKS_MAX) {
        struct ask *oldest = CONTAINER_OF(list_first(&forward->asks), struct ask, age);
        forward->gateway->stats.refused_by_limit++;
        give_up(oldest, ENOBUFS, now_us);
    }
    struct ask *ask = pool_get(&forward->ask_pool);
    if (ask == NULL) return; /* lost; the program will ask again */
    memset(ask, 0, offsetof(struct ask, query));
    ask->forward = forward;
    ask->socket = socket;
    ask->flow = *flow;
    ask->timer.due = on_due;
    ask->error = ENETUNREACH;
    for (uint32_t i = 0; i < GATEWAY_RESOLVERS_MAX; i++) {
        ask->try[i].ask = ask;
        ask->try[i].host = (struct poll_fd){.fd = -1, .ready = on_host, .free = on_closed};
        list_init(&ask->try[i].host.dead);
    }
    ask->query_len = (uint32_t)query.len;
    memcpy(ask->query, query.data, query.len);
    list_init(&ask->age);
    list_push_back(&forward->asks, &ask->age);
    forward->ask_count++;
    dns_talk_begin(forward->gateway, &ask->talk, flow, question, (uint32_t)query.len, now_us);
    ask_next(ask, now_us);
}

/* Beginning and end. */

struct dns_forward *dns_forward_create(struct gateway *gateway)
{
    struct dns_forward *forward = mem_get(sizeof *forward);
    if (forward == NULL) return NULL;
    forward->gateway = gateway;
    list_init(&forward->asks);
    list_init(&forward->ending);
    /* Those that are over wait for the loop to let go of their sockets. */
    pool_init(&forward->ask_pool, "dns questions", sizeof(struct ask), 2 * DNS_ASKS_MAX);
    return forward;
}

/* Takes the sockets of a question from the loop, which is not running. */
static void release(struct ask *ask)
{
    for (uint32_t i = 0; i < GATEWAY_RESOLVERS_MAX; i++) {
        list_remove(&ask->try[i].host.dead);
        if (ask->try[i].host.fd >= 0) close(ask->try[i].host.fd);
    }
    poll_timer_cancel(&ask->forward->gateway->poll, &ask->timer);
    free_ask(ask);
}

void dns_forward_destroy(struct dns_forward *forward)
{
    if (forward == NULL) return;
    struct gateway *gateway = forward->gateway;
    struct list *link;
    while ((link = list_first(&forward->asks)) != NULL) {
        struct ask *ask = CONTAINER_OF(link, struct ask, age);
        gateway_talk_end(gateway, &ask->talk, TALK_OPEN, TALK_NOBODY, 0, poll_now_us());
        release(ask);
    }
    while ((link = list_first(&forward->ending)) != NULL) {
        release(CONTAINER_OF(link, struct ask, age));
    }
    pool_deinit(&forward->ask_pool);
    mem_put(forward);
}
