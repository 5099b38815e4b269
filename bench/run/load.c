/*
 * The load of bench/run/compare: a server, and a client that is told on its standard input what to
 * do. Both are one thread with one epoll set, so that what is measured is the path between them.
 *
 *     load serve ADDRESS PORT
 *     load client ADDRESS PORT [CONGESTION]
 *
 * The client prints `ready` and then answers each line with one:
 *
 *     up|down|request|connect COUNT WARM_MS RUN_MS
 *         -> ok TOTAL IN_WINDOW WINDOW_US CONGESTION
 *         -> error WHAT
 *
 * up, down   COUNT connections that send as much as they can; bytes are counted where they arrive
 * request    one connection, one byte there and one back, the next when it has come
 * connect    COUNT at a time: connect, one byte there, one back, the server closes, then the client
 *
 * A run lasts WARM_MS + RUN_MS; IN_WINDOW is what fell into the last RUN_MS, TOTAL is everything.
 * Nothing waits for ever: after STALL_S without an event the client says so.
 */
#define _GNU_SOURCE /* accept4, SOCK_NONBLOCK */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BLOCK_BYTES (128u * 1024u) /* as iperf3 reads and writes */
#define EVENTS_MAX  64
#define CONNS_MAX   1024
#define STALL_S     10
#define AFTER_MS    50 /* senders go on so long, lest the window end without them */

/* What a connection begins with; `op` alone where no window is counted by the server. */
struct order {
    char op; /* 'u', 'd', 'r' or 'c' */
    uint8_t none[3];
    uint32_t warm_ms, run_ms;
};

/* The server's answer to an upload. */
struct count {
    uint64_t total, in_window;
};

struct conn {
    int fd;
    struct order order;
    uint32_t order_bytes; /* of it that have come */
    uint64_t begun_us;    /* 0: not yet */
    struct count count;
};

static uint8_t block[BLOCK_BYTES];

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

static void fail(const char *what)
{
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void watch(int set, int op, struct conn *conn, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};
    if (epoll_ctl(set, op, conn->fd, &event) != 0) fail("epoll_ctl");
}

static void set_nodelay(int fd)
{
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void count_bytes(struct conn *conn, size_t bytes)
{
    const uint64_t past_us = clock_us() - conn->begun_us;
    const uint64_t warm_us = conn->order.warm_ms * 1000ull;
    conn->count.total += bytes;
    if (past_us >= warm_us && past_us < warm_us + conn->order.run_ms * 1000ull) {
        conn->count.in_window += bytes;
    }
}

static bool is_past_end(const struct conn *conn)
{
    const uint64_t run_ms = (uint64_t)conn->order.warm_ms + conn->order.run_ms + AFTER_MS;
    return clock_us() - conn->begun_us >= run_ms * 1000u;
}

/* The server. Each of these returns false when the connection is done with. */

static bool serve_echo(struct conn *conn)
{
    char byte;
    for (;;) {
        const ssize_t n = recv(conn->fd, &byte, 1, 0);
        if (n < 0) return errno == EAGAIN;
        if (n == 0 || send(conn->fd, &byte, 1, MSG_NOSIGNAL) != 1) return false;
    }
}

static bool serve_up(struct conn *conn)
{
    const ssize_t n = recv(conn->fd, block, sizeof block, 0);
    if (n > 0) {
        count_bytes(conn, (size_t)n);
        return true;
    }
    if (n < 0) return errno == EAGAIN;
    (void)send(conn->fd, &conn->count, sizeof conn->count, MSG_NOSIGNAL); /* it fits */
    return false;
}

static bool serve_down(struct conn *conn)
{
    if (is_past_end(conn)) return false;
    const ssize_t n = send(conn->fd, block, sizeof block, MSG_NOSIGNAL);
    return n >= 0 || errno == EAGAIN;
}

/* Reads what the client wants. False: done with, or gone. */
static bool serve_order(int set, struct conn *conn)
{
    uint8_t *at = (uint8_t *)&conn->order + conn->order_bytes;
    const size_t want = conn->order_bytes == 0 ? 1 : sizeof conn->order - conn->order_bytes;
    const ssize_t n = recv(conn->fd, at, want, 0);
    if (n < 0) return errno == EAGAIN;
    if (n == 0) return false;
    conn->order_bytes += (uint32_t)n;
    if (conn->order.op == 'c') {
        (void)send(conn->fd, at, 1, MSG_NOSIGNAL);
        return false;
    }
    if (conn->order.op == 'r') {
        conn->begun_us = clock_us();
        return serve_echo(conn);
    }
    if (conn->order_bytes < sizeof conn->order) return true;
    conn->begun_us = clock_us();
    if (conn->order.op == 'd') watch(set, EPOLL_CTL_MOD, conn, EPOLLOUT);
    return true;
}

static bool serve(int set, struct conn *conn)
{
    if (conn->begun_us == 0) return serve_order(set, conn);
    switch (conn->order.op) {
    case 'r': return serve_echo(conn);
    case 'u': return serve_up(conn);
    case 'd': return serve_down(conn);
    default: return false;
    }
}

static void serve_new(int set, int listener)
{
    for (;;) {
        const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) return; /* EAGAIN, or it is gone already */
        struct conn *conn = calloc(1, sizeof *conn);
        if (conn == NULL) fail("memory");
        conn->fd = fd;
        set_nodelay(fd);
        watch(set, EPOLL_CTL_ADD, conn, EPOLLIN);
        if (serve(set, conn)) continue; /* its first byte is often there already */
        close(fd);
        free(conn);
    }
}

static void run_server(const struct sockaddr_in *address)
{
    const int set = epoll_create1(0);
    struct conn listener = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)};
    const int on = 1;
    (void)setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener.fd, (const struct sockaddr *)address, sizeof *address) != 0) fail("bind");
    if (set < 0 || listen(listener.fd, 4096) != 0) fail("listen");
    watch(set, EPOLL_CTL_ADD, &listener, EPOLLIN);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(set, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            struct conn *conn = events[i].data.ptr;
            if (conn == &listener) {
                serve_new(set, listener.fd);
            } else if (!serve(set, conn)) {
                close(conn->fd);
                free(conn);
            }
        }
    }
}

/* The client. */

struct client {
    struct sockaddr_in address;
    const char *congestion; /* asked for; NULL: what the network has */
    char congestion_used[16];
    const char *error; /* what failed, and errno says how */
    int set;
    uint32_t conn_count, open_count;
    struct order order;
    struct count count;
    uint64_t begun_us;
    struct conn conn[CONNS_MAX];
};

static bool failed(struct client *client, const char *what)
{
    if (client->error == NULL) client->error = what;
    return false;
}

static bool open_one(struct client *client, struct conn *conn, bool waits)
{
    *conn = (struct conn){.order = client->order, .begun_us = client->begun_us};
    conn->fd = socket(AF_INET, SOCK_STREAM | (waits ? 0 : SOCK_NONBLOCK), 0);
    if (conn->fd < 0) return failed(client, "socket");
    client->open_count++;
    if (client->congestion != NULL) {
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_CONGESTION, client->congestion,
                         (socklen_t)strlen(client->congestion)); /* what is used is reported */
    }
    socklen_t len = sizeof client->congestion_used;
    (void)getsockopt(conn->fd, IPPROTO_TCP, TCP_CONGESTION, client->congestion_used, &len);
    set_nodelay(conn->fd);
    const struct timeval stall = {.tv_sec = STALL_S};
    (void)setsockopt(conn->fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
    (void)setsockopt(conn->fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof stall);
    const struct sockaddr *address = (const struct sockaddr *)&client->address;
    if (connect(conn->fd, address, sizeof client->address) == 0) return true;
    return errno == EINPROGRESS && !waits ? true : failed(client, "connect");
}

static void close_one(struct client *client, struct conn *conn)
{
    if (conn->fd < 0) return;
    close(conn->fd);
    conn->fd = -1;
    client->open_count--;
}

/* Opens all connections of a bulk run and gives the order; then they do not block any more. */
static bool open_bulk(struct client *client, uint32_t events)
{
    for (uint32_t i = 0; i < client->conn_count; i++) {
        struct conn *conn = &client->conn[i];
        if (!open_one(client, conn, true)) return false;
    }
    client->begun_us = clock_us();
    for (uint32_t i = 0; i < client->conn_count; i++) {
        struct conn *conn = &client->conn[i];
        conn->begun_us = client->begun_us;
        if (send(conn->fd, &conn->order, sizeof conn->order, MSG_NOSIGNAL) < 0) {
            return failed(client, "send");
        }
        (void)fcntl(conn->fd, F_SETFL, O_NONBLOCK);
        watch(client->set, EPOLL_CTL_ADD, conn, events);
    }
    return true;
}

/* Each step returns false when its connection has nothing more to do in this loop. */
typedef bool step(struct client *client, struct conn *conn);

static bool send_up(struct client *client, struct conn *conn)
{
    if (is_past_end(conn)) return false;
    const ssize_t n = send(conn->fd, block, sizeof block, MSG_NOSIGNAL);
    return n >= 0 || errno == EAGAIN ? true : failed(client, "send");
}

static bool receive_down(struct client *client, struct conn *conn)
{
    const ssize_t n = recv(conn->fd, block, sizeof block, 0);
    if (n > 0) count_bytes(conn, (size_t)n);
    if (n > 0 || (n < 0 && errno == EAGAIN)) return true;
    if (n < 0) return failed(client, "receive");
    client->count.total += conn->count.total;
    client->count.in_window += conn->count.in_window;
    return false;
}

static void loop(struct client *client, uint32_t waiting, step *take)
{
    while (waiting > 0 && client->error == NULL) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(client->set, events, EVENTS_MAX, STALL_S * 1000);
        if (count == 0) errno = ETIMEDOUT;
        if (count <= 0) failed(client, "waiting");
        for (int i = 0; i < count && client->error == NULL; i++) {
            struct conn *conn = events[i].data.ptr;
            if (take(client, conn)) continue;
            if (conn->fd >= 0) (void)epoll_ctl(client->set, EPOLL_CTL_DEL, conn->fd, NULL);
            waiting--;
        }
    }
}

static void run_up(struct client *client)
{
    if (!open_bulk(client, EPOLLOUT)) return;
    loop(client, client->conn_count, send_up);
    for (uint32_t i = 0; i < client->conn_count && client->error == NULL; i++) {
        const int fd = client->conn[i].fd;
        (void)shutdown(fd, SHUT_WR);
        (void)fcntl(fd, F_SETFL, 0); /* wait for the count, at most STALL_S */
    }
    for (uint32_t i = 0; i < client->conn_count && client->error == NULL; i++) {
        struct count count;
        if (recv(client->conn[i].fd, &count, sizeof count, MSG_WAITALL) != sizeof count) {
            failed(client, "receiving the count");
            return;
        }
        client->count.total += count.total;
        client->count.in_window += count.in_window;
    }
}

static void run_down(struct client *client)
{
    if (open_bulk(client, EPOLLIN)) loop(client, client->conn_count, receive_down);
}

static void count_one(struct client *client, struct conn *conn)
{
    conn->count = (struct count){0};
    count_bytes(conn, 1);
    client->count.total += conn->count.total;
    client->count.in_window += conn->count.in_window;
}

static bool is_running(const struct client *client)
{
    const uint64_t run_ms = (uint64_t)client->order.warm_ms + client->order.run_ms;
    return clock_us() - client->begun_us < run_ms * 1000u;
}

static void run_request(struct client *client)
{
    struct conn *conn = &client->conn[0];
    client->begun_us = clock_us();
    if (!open_one(client, conn, true)) return;
    char byte = 'r'; /* the order */
    if (send(conn->fd, &byte, 1, MSG_NOSIGNAL) != 1) failed(client, "send");
    while (client->error == NULL && is_running(client)) {
        if (send(conn->fd, &byte, 1, MSG_NOSIGNAL) != 1) failed(client, "send");
        if (recv(conn->fd, &byte, 1, 0) != 1) failed(client, "receive");
        count_one(client, conn);
    }
}

static bool begin_connect(struct client *client, struct conn *conn)
{
    if (!open_one(client, conn, false)) return false;
    watch(client->set, EPOLL_CTL_ADD, conn, EPOLLIN | EPOLLOUT | EPOLLET);
    return true;
}

/* A transaction: the request when it is connected, the answer, the server's end, the next one. */
static bool step_connect(struct client *client, struct conn *conn)
{
    if (conn->order_bytes == 0) {
        const ssize_t n = send(conn->fd, &conn->order.op, 1, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN ? true : failed(client, "connect");
        conn->order_bytes = 1;
    }
    for (;;) {
        char bytes[16];
        const ssize_t n = recv(conn->fd, bytes, sizeof bytes, 0);
        if (n < 0) return errno == EAGAIN ? true : failed(client, "receive");
        if (n == 0) break;
        conn->count.total += (uint64_t)n;
    }
    if (conn->count.total != 1) {
        errno = EPROTO;
        return failed(client, "receiving the answer");
    }
    count_one(client, conn);
    close_one(client, conn);
    return is_running(client) && begin_connect(client, conn);
}

static void run_connect(struct client *client)
{
    client->begun_us = clock_us();
    for (uint32_t i = 0; i < client->conn_count; i++) {
        if (!begin_connect(client, &client->conn[i])) return;
    }
    loop(client, client->conn_count, step_connect);
}

static void run_order(struct client *client, const char *line)
{
    char what[16] = "";
    uint32_t count = 0, warm_ms = 0, run_ms = 0;
    if (sscanf(line, "%15s %u %u %u", what, &count, &warm_ms, &run_ms) != 4 || count < 1 ||
        count > CONNS_MAX) {
        puts("error no such order");
        return;
    }
    client->error = NULL;
    client->count = (struct count){0};
    client->conn_count = count;
    client->order = (struct order){.op = what[0], .warm_ms = warm_ms, .run_ms = run_ms};
    for (uint32_t i = 0; i < count; i++) client->conn[i].fd = -1;
    errno = 0;
    switch (what[0]) {
    case 'u': run_up(client); break;
    case 'd': run_down(client); break;
    case 'r': run_request(client); break;
    case 'c': run_connect(client); break;
    default: failed(client, "no such order"); break;
    }
    const int error = errno;
    for (uint32_t i = 0; i < count; i++) close_one(client, &client->conn[i]);
    if (client->error != NULL) {
        printf("error %s: %s\n", client->error, error != 0 ? strerror(error) : "ended early");
        return;
    }
    printf("ok %llu %llu %llu %s\n", (unsigned long long)client->count.total,
           (unsigned long long)client->count.in_window, run_ms * 1000ull, client->congestion_used);
}

static int run_client(const struct sockaddr_in *address, const char *congestion)
{
    static struct client client;
    client.address = *address;
    client.congestion = congestion;
    client.set = epoll_create1(0);
    if (client.set < 0) fail("epoll_create1");
    puts("ready");
    fflush(stdout);
    for (char line[128]; fgets(line, sizeof line, stdin) != NULL;) {
        run_order(&client, line);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct addrinfo hints = {
        .ai_family = AF_INET,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
    };
    struct addrinfo *found = NULL;
    if (argc < 4 || getaddrinfo(argv[2], argv[3], &hints, &found) != 0) {
        fprintf(stderr, "usage: load serve|client ADDRESS PORT [CONGESTION]\n");
        return 2;
    }
    struct sockaddr_in address;
    memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    (void)signal(SIGPIPE, SIG_IGN);
    if (strcmp(argv[1], "serve") == 0) run_server(&address);
    return run_client(&address, argc > 4 ? argv[4] : NULL);
}
