/*
 * DNS over TCP.
 *
 *     program -> up, one question -> local answer                       -> down -> program
 *                                 -> a resolver, over TCP -> one answer -> down
 *
 * One question of a connection is under way at a time; what a program sends ahead waits in the
 * stack, whose window then closes. So the question is at hand when a resolver fails and the next
 * must be asked. A resolver's connection is kept for the next question, and may send more than one
 * message for the last one (a zone transfer).
 *
 * The connection to a resolver is an object of its own: it outlives the question, and the loop lets
 * go of it later than we do.
 */
#include "gateway/dns_tcp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/pool.h"
#include "gateway/dns_local.h"
#include "gateway/dns_talk.h"
#include "gateway/host_socket.h"

#define LENGTH_BYTES 2
#define BACKLOG      16
#define LOCAL_BYTES  1232

/* A message and how far it has come, in the form it has on the wire. */
struct message {
    uint32_t len;   /* bytes that are here */
    uint32_t moved; /* of those, passed on */
};

/* A connection to a resolver. */
struct upstream {
    struct poll_fd host;
    struct list link; /* in dns_tcp.upstreams, until the loop lets go of it */
    struct dns_tcp *tcp;
    struct conn *conn; /* NULL: closed */
    bool has_answered;
};

struct conn {
    struct dns_tcp *tcp;
    struct gateway_socket socket;
    struct list link; /* in dns_tcp.conns */
    struct vitro_flow flow;
    struct poll_timer timer;
    struct upstream *upstream; /* NULL: none */
    uint32_t resolver;         /* which one it is, or was */
    uint32_t failures;         /* resolvers that failed the question under way */
    bool is_asking;            /* `up` is a question under way, `talk` its record */
    bool is_program_done;      /* sent its FIN */
    bool is_over;
    uint16_t last_id; /* of the question asked last */
    struct talk talk;
    struct message up, down;
    uint8_t up_data[LENGTH_BYTES + DNS_TCP_QUERY_BYTES_MAX];
    uint8_t down_data[LENGTH_BYTES + DNS_MESSAGE_BYTES_MAX];
};

struct listener {
    struct dns_tcp *tcp;
    struct gateway_socket socket;
    bool is_open;
};

struct dns_tcp {
    struct gateway *gateway;
    struct listener listener[2];
    struct pool conn_pool, upstream_pool;
    struct list conns, upstreams;
};

static struct vitro_stack *stack_of(const struct conn *conn) { return conn->tcp->gateway->stack; }

/* How long the message will be, as far as is known: its length, then all of it. */
static uint32_t message_bytes(const struct message *message, const uint8_t *data)
{
    return message->len < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + (uint32_t)get_be16(data);
}

static bool is_whole(const struct message *message, const uint8_t *data)
{
    return message->len >= LENGTH_BYTES && message->len == message_bytes(message, data);
}

static struct span query_of(const struct conn *conn)
{
    return span_of(conn->up_data + LENGTH_BYTES, conn->up.len - LENGTH_BYTES);
}

static void arm(struct conn *conn, uint64_t wait_us, uint64_t now_us)
{
    poll_timer_arm(&conn->tcp->gateway->poll, &conn->timer, now_us + wait_us);
}

/* The end of connections. */

static void free_upstream(struct poll_fd *host)
{
    struct upstream *upstream = CONTAINER_OF(host, struct upstream, host);
    list_remove(&upstream->link);
    pool_put(&upstream->tcp->upstream_pool, upstream);
}

static void close_upstream(struct conn *conn)
{
    if (conn->upstream == NULL) return;
    conn->upstream->conn = NULL;
    poll_close(&conn->tcp->gateway->poll, &conn->upstream->host);
    conn->upstream = NULL;
}

/* Takes a connection out of everything; the stack finishes what it has, or resets it. Its memory
 * goes when serve() is done with it. */
static void end_conn(struct conn *conn, bool is_orderly, enum talk_end end, uint64_t now_us)
{
    struct gateway *gateway = conn->tcp->gateway;
    if (conn->is_over) return;
    conn->is_over = true;
    if (conn->is_asking) gateway_talk_end(gateway, &conn->talk, end, TALK_PROGRAM, 0, now_us);
    poll_timer_cancel(&gateway->poll, &conn->timer);
    close_upstream(conn);
    if (is_orderly) {
        (void)vitro_close(gateway->stack, conn->socket.handle, now_us);
    } else {
        (void)vitro_tcp_abort(gateway->stack, conn->socket.handle, now_us);
    }
}

static void free_conn(struct conn *conn)
{
    list_remove(&conn->link);
    pool_put(&conn->tcp->conn_pool, conn);
}

/* Answers. */

/* `len` bytes of answer lie in `down`: they go to the program now. */
static void set_down(struct conn *conn, size_t len)
{
    put_be16(conn->down_data, (uint16_t)len);
    conn->down = (struct message){.len = LENGTH_BYTES + (uint32_t)len};
}

static void end_question(struct conn *conn, uint64_t now_us)
{
    conn->is_asking = false;
    conn->up = (struct message){.len = 0};
    arm(conn, DNS_TCP_IDLE_US, now_us);
}

/* Answers with an error of our own. */
static size_t complain(struct conn *conn, enum dns_code code)
{
    struct dns_question question;
    struct dns_reply reply;
    const bool is_readable = dns_question_parse(query_of(conn), &question);
    dns_reply_init(&reply, conn->down_data + LENGTH_BYTES, DNS_MESSAGE_BYTES_MAX, query_of(conn),
                   is_readable ? &question : NULL, code);
    set_down(conn, reply.len);
    return reply.len;
}

/* Resolvers. */

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us);

/* Begins to connect to the resolver whose turn it is. 0 or a positive errno value. */
static int open_upstream(struct conn *conn)
{
    struct dns_tcp *tcp = conn->tcp;
    const struct gateway_config *config = &tcp->gateway->config;
    conn->resolver %= config->resolver_count; /* there may be fewer than there were */
    const struct vitro_endpoint *resolver = &config->resolver[conn->resolver];
    struct sockaddr_storage address;
    const socklen_t len = host_address(resolver, &address);
    struct upstream *upstream = pool_get(&tcp->upstream_pool);
    if (upstream == NULL) return ENOBUFS;
    const int fd = host_socket_open(resolver, SOCK_STREAM);
    *upstream = (struct upstream){
        .host = {.fd = fd, .ready = on_host, .free = free_upstream}, .tcp = tcp, .conn = conn};
    list_init(&upstream->host.dead);
    int error = fd < 0 ? -fd : 0;
    if (error == 0 && connect(fd, (const struct sockaddr *)&address, len) != 0) error = errno;
    if (error == 0 || error == EINPROGRESS) error = poll_add(&tcp->gateway->poll, &upstream->host);
    if (error != 0) {
        if (fd >= 0) close(fd);
        pool_put(&tcp->upstream_pool, upstream);
        return error;
    }
    list_init(&upstream->link);
    list_push_back(&tcp->upstreams, &upstream->link);
    conn->upstream = upstream;
    return 0;
}

/* Begins to ask; goes on to the next resolver as long as connecting fails at once. */
static void ask(struct conn *conn, int error, uint64_t now_us)
{
    const uint32_t count = conn->tcp->gateway->config.resolver_count;
    conn->up.moved = 0;
    arm(conn, DNS_TCP_PATIENCE_US, now_us);
    while (conn->upstream == NULL && conn->failures < count) {
        const int failed = open_upstream(conn);
        if (failed == 0) return;
        error = failed;
        conn->failures++;
        conn->resolver = (conn->resolver + 1) % count;
    }
    if (conn->upstream != NULL) return;
    const size_t len = complain(conn, DNS_SERVFAIL);
    dns_talk_failed(conn->tcp->gateway, &conn->talk, span_of(conn->down_data + LENGTH_BYTES, len),
                    error, now_us);
    end_question(conn, now_us);
}

/* The connection is of no use any more. One that was kept may just have been closed or forgotten,
 * and is made again; any other failure means the next resolver. */
static void lose_upstream(struct conn *conn, int error, uint64_t now_us)
{
    const bool was_kept = conn->upstream->has_answered;
    const uint32_t count = conn->tcp->gateway->config.resolver_count;
    close_upstream(conn);
    conn->down = (struct message){.len = 0};
    if (!conn->is_asking) return;
    if (!was_kept) {
        conn->failures++;
        conn->resolver = (conn->resolver + 1) % count;
    }
    ask(conn, error, now_us);
}

/* A whole message of the resolver lies in `down`: to the program with it, if it belongs there. */
static void take_answer(struct conn *conn, uint64_t now_us)
{
    const struct span answer =
        span_of(conn->down_data + LENGTH_BYTES, conn->down.len - LENGTH_BYTES);
    if (!conn->is_asking) {
        /* More of the last answer: a zone transfer. */
        if (answer.len < DNS_HEADER_BYTES || dns_id_of(answer) != conn->last_id) {
            conn->down = (struct message){.len = 0};
        }
        arm(conn, DNS_TCP_IDLE_US, now_us);
        return;
    }
    if (dns_id_of(answer) != conn->last_id || !dns_is_answer(answer, query_of(conn))) {
        conn->down = (struct message){.len = 0};
        return;
    }
    const uint32_t others = conn->tcp->gateway->config.resolver_count - conn->failures;
    if (dns_is_excuse(dns_code_of(answer)) && others > 1) {
        conn->upstream->has_answered = false;
        lose_upstream(conn, EHOSTUNREACH, now_us);
        return;
    }
    conn->upstream->has_answered = true;
    dns_talk_answered(conn->tcp->gateway, &conn->talk, answer, now_us);
    end_question(conn, now_us);
}

/* Each of the following moves bytes one step and says whether it could. */

static bool read_upstream(struct conn *conn, uint64_t now_us)
{
    if (conn->upstream == NULL || is_whole(&conn->down, conn->down_data)) return false;
    const uint32_t want = message_bytes(&conn->down, conn->down_data) - conn->down.len;
    const ssize_t n =
        recv(conn->upstream->host.fd, conn->down_data + conn->down.len, want, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (n <= 0) {
        lose_upstream(conn, n == 0 ? ECONNRESET : errno, now_us);
        return true;
    }
    conn->down.len += (uint32_t)n;
    if (is_whole(&conn->down, conn->down_data)) take_answer(conn, now_us);
    return true;
}

static bool write_upstream(struct conn *conn, uint64_t now_us)
{
    if (!conn->is_asking || conn->upstream == NULL || conn->up.moved == conn->up.len) return false;
    const ssize_t n = send(conn->upstream->host.fd, conn->up_data + conn->up.moved,
                           conn->up.len - conn->up.moved, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
    if (n < 0) {
        lose_upstream(conn, errno, now_us);
    } else {
        conn->up.moved += (uint32_t)n;
    }
    return true;
}

static bool write_program(struct conn *conn, uint64_t now_us)
{
    if (!is_whole(&conn->down, conn->down_data)) return false;
    const int64_t n =
        vitro_tcp_send(stack_of(conn), conn->socket.handle, conn->down_data + conn->down.moved,
                       conn->down.len - conn->down.moved, now_us);
    if (n == -EAGAIN || n == -ENOBUFS) return false;
    if (n < 0) {
        end_conn(conn, false, TALK_CLOSED, now_us);
        return false;
    }
    conn->down.moved += (uint32_t)n;
    if (conn->down.moved == conn->down.len) conn->down = (struct message){.len = 0};
    return true;
}

/* A whole question lies in `up`. */
static void take_query(struct conn *conn, uint64_t now_us)
{
    struct gateway *gateway = conn->tcp->gateway;
    const struct span query = query_of(conn);
    struct dns_question question;
    const bool is_readable = dns_question_parse(query, &question);
    if (query.len < DNS_HEADER_BYTES || question.is_response) {
        end_conn(conn, false, TALK_CLOSED, now_us);
        return;
    }
    if (!is_readable) {
        (void)complain(conn, DNS_FORMERR);
        end_question(conn, now_us);
        return;
    }
    conn->last_id = question.id;
    dns_talk_begin(gateway, &conn->talk, &conn->flow, &question, (uint32_t)query.len, now_us);
    const size_t len = dns_local_answer(&gateway->config.policy.addresses, query, &question,
                                        conn->down_data + LENGTH_BYTES, LOCAL_BYTES);
    if (len > 0) {
        set_down(conn, len);
        dns_talk_answered(gateway, &conn->talk, span_of(conn->down_data + LENGTH_BYTES, len),
                          now_us);
        end_question(conn, now_us);
        return;
    }
    conn->is_asking = true;
    conn->failures = 0;
    ask(conn, ENETUNREACH, now_us);
}

static bool read_program(struct conn *conn, uint64_t now_us)
{
    /* Only when the last answer has gone: there is one place for answers. */
    if (conn->is_asking || conn->is_program_done || conn->down.len > 0) return false;
    const uint32_t bytes = message_bytes(&conn->up, conn->up_data);
    if (bytes > sizeof conn->up_data) {
        end_conn(conn, false, TALK_CLOSED, now_us);
        return false;
    }
    const int64_t n = vitro_tcp_receive(stack_of(conn), conn->socket.handle,
                                        conn->up_data + conn->up.len, bytes - conn->up.len, now_us);
    if (n == -EAGAIN) return false;
    if (n < 0) {
        end_conn(conn, false, TALK_CLOSED, now_us);
        return false;
    }
    conn->is_program_done = n == 0;
    conn->up.len += (uint32_t)n;
    if (is_whole(&conn->up, conn->up_data)) take_query(conn, now_us);
    return true;
}

/* Moves what can be moved; afterwards the connection may be gone. */
static void serve(struct conn *conn, uint64_t now_us)
{
    bool has_moved = true;
    while (has_moved && !conn->is_over) {
        has_moved = write_program(conn, now_us);
        if (!conn->is_over) has_moved |= read_upstream(conn, now_us);
        if (!conn->is_over) has_moved |= write_upstream(conn, now_us);
        if (!conn->is_over) has_moved |= read_program(conn, now_us);
    }
    if (conn->is_program_done && !conn->is_asking && conn->down.len == 0) {
        end_conn(conn, true, TALK_CLOSED, now_us);
    }
    if (conn->is_over) free_conn(conn);
}

static void on_host(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    struct conn *conn = CONTAINER_OF(self, struct upstream, host)->conn;
    (void)bits;
    if (conn != NULL) serve(conn, now_us);
}

static void on_stack(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct conn *conn = CONTAINER_OF(self, struct conn, socket);
    /* A program that is gone does not wait for an answer. */
    if ((bits & VITRO_ERROR) != 0) end_conn(conn, false, TALK_CLOSED, now_us);
    serve(conn, now_us);
}

/* Nobody did anything for too long: the resolver, if it was asked, else the program. */
static void on_due(struct poll_timer *timer, uint64_t now_us)
{
    struct conn *conn = CONTAINER_OF(timer, struct conn, timer);
    if (conn->is_asking && conn->upstream != NULL) {
        lose_upstream(conn, ETIMEDOUT, now_us);
    } else {
        end_conn(conn, conn->down.len == 0, TALK_CLOSED, now_us);
    }
    serve(conn, now_us);
}

/* Beginning and end. */

static bool accept_one(struct listener *listener, uint64_t now_us)
{
    struct dns_tcp *tcp = listener->tcp;
    struct vitro_stack *stack = tcp->gateway->stack;
    struct conn *conn = pool_get(&tcp->conn_pool);
    vitro_socket handle;
    struct vitro_endpoint remote;
    const uint64_t user = conn != NULL ? (uintptr_t)&conn->socket : 0;
    const int status = vitro_tcp_accept(stack, listener->socket.handle, user, &handle, &remote);
    if (status != 0 || conn == NULL) {
        if (status == 0) {
            tcp->gateway->stats.refused_by_limit++;
            (void)vitro_tcp_abort(stack, handle, now_us);
        }
        pool_put(&tcp->conn_pool, conn);
        return status == 0;
    }
    memset(conn, 0, offsetof(struct conn, up_data));
    conn->tcp = tcp;
    conn->socket = (struct gateway_socket){.handle = handle, .ready = on_stack};
    conn->timer.due = on_due;
    conn->flow.remote = remote;
    (void)vitro_local_endpoint(stack, handle, &conn->flow.local);
    list_init(&conn->link);
    list_push_back(&tcp->conns, &conn->link);
    arm(conn, DNS_TCP_IDLE_US, now_us);
    serve(conn, now_us); /* its question may be here already */
    return true;
}

static void on_listener(struct gateway_socket *self, uint32_t bits, uint64_t now_us)
{
    struct listener *listener = CONTAINER_OF(self, struct listener, socket);
    (void)bits;
    while (accept_one(listener, now_us)) continue;
}

static bool open_listener(struct dns_tcp *tcp, struct listener *listener, const struct vitro_ip *ip)
{
    struct vitro_stack *stack = tcp->gateway->stack;
    const struct vitro_endpoint local = vitro_endpoint_of(*ip, DNS_PORT);
    listener->tcp = tcp;
    listener->socket.ready = on_listener;
    const uint64_t user = (uintptr_t)&listener->socket;
    if (vitro_tcp_open(stack, user, &listener->socket.handle) != 0) return false;
    listener->is_open = true;
    if (vitro_bind(stack, listener->socket.handle, &local) != 0) return false;
    /* One answer does not wait until the one before it has been acknowledged. */
    (void)vitro_set_option(stack, listener->socket.handle, VITRO_OPTION_NODELAY, 1, 0);
    return vitro_tcp_listen(stack, listener->socket.handle, BACKLOG) == 0;
}

struct dns_tcp *dns_tcp_create(struct gateway *gateway)
{
    struct dns_tcp *tcp = mem_get(sizeof *tcp);
    if (tcp == NULL) return NULL;
    tcp->gateway = gateway;
    list_init(&tcp->conns);
    list_init(&tcp->upstreams);
    pool_init(&tcp->conn_pool, "dns connections", sizeof(struct conn), DNS_TCP_MAX);
    /* Those that are closed wait for the loop to let go of them. */
    pool_init(&tcp->upstream_pool, "dns resolvers", sizeof(struct upstream), 4 * DNS_TCP_MAX);
    const struct policy_addresses *ours = &gateway->config.policy.addresses;
    bool is_good = open_listener(tcp, &tcp->listener[0], &ours->dns[0]);
    if (is_good && ours->has_ip6) is_good = open_listener(tcp, &tcp->listener[1], &ours->dns[1]);
    if (is_good) return tcp;
    dns_tcp_destroy(tcp);
    return NULL;
}

void dns_tcp_destroy(struct dns_tcp *tcp)
{
    if (tcp == NULL) return;
    const uint64_t now_us = poll_now_us();
    struct list *link;
    while ((link = list_first(&tcp->conns)) != NULL) {
        struct conn *conn = CONTAINER_OF(link, struct conn, link);
        end_conn(conn, true, TALK_OPEN, now_us);
        free_conn(conn);
    }
    while ((link = list_first(&tcp->upstreams)) != NULL) {
        struct upstream *upstream = CONTAINER_OF(link, struct upstream, link);
        list_remove(&upstream->host.dead); /* the loop is not running */
        free_upstream(&upstream->host);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(tcp->listener); i++) {
        if (!tcp->listener[i].is_open) continue;
        (void)vitro_close(tcp->gateway->stack, tcp->listener[i].socket.handle, now_us);
    }
    pool_deinit(&tcp->upstream_pool);
    pool_deinit(&tcp->conn_pool);
    mem_put(tcp);
}
