/* A file fetcher: a server sends a file, its client receives it, and each segment is printed. */
#include "arguments.h"
#include "base/pool.h"
#include "network.h"

struct fetch {
    uint8_t *file, *copy; /* with one byte of room behind the copy, for more than should come */
    size_t size, sent, received;
    uint64_t ended_us; /* when the client's stream ended; 0: never */
};

/* The server sends the file to whoever connects, as fast as there is room for it, and closes. */
static void server_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct fetch *fetch = host->app;
    vitro_socket socket = ready->socket;
    if ((ready->bits & VITRO_ACCEPTABLE) != 0 &&
        vitro_tcp_accept(host->stack, ready->socket, 0, &socket, NULL) != 0) {
        return;
    }
    while (fetch->sent < fetch->size) {
        const int64_t sent = vitro_tcp_send(host->stack, socket, fetch->file + fetch->sent,
                                            fetch->size - fetch->sent, now_us);
        if (sent == -EAGAIN) return; /* called again when there is room */
        if (sent < 0) break;
        fetch->sent += (size_t)sent;
    }
    (void)vitro_close(host->stack, socket, now_us);
}

/* The client receives until the server has finished. */
static void client_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct fetch *fetch = host->app;
    int64_t got;
    while ((got = vitro_tcp_receive(host->stack, ready->socket, fetch->copy + fetch->received,
                                    fetch->size + 1 - fetch->received, now_us)) > 0) {
        fetch->received += (size_t)got;
    }
    if (got == -EAGAIN) return; /* called again when there is more */
    if (got < 0) fprintf(stderr, "fetch: %s\n", vitro_error_text((int)got));
    fetch->ended_us = now_us;
    (void)vitro_close(host->stack, ready->socket, now_us);
}

/* Opens the server on host B and the client on host A; the rest is up to them. */
static bool start(struct sim_net *net)
{
    const struct vitro_endpoint server = vitro_endpoint_of(vitro_ip_v4(10, 0, 0, 2), 4000);
    struct vitro_stack *a = net->host[SIM_A].stack, *b = net->host[SIM_B].stack;
    vitro_socket listener, client;
    net->host[SIM_A].on_ready = client_ready;
    net->host[SIM_B].on_ready = server_ready;
    return vitro_tcp_open(b, 0, &listener) == 0 && vitro_bind(b, listener, &server) == 0 &&
           vitro_tcp_listen(b, listener, 1) == 0 && vitro_tcp_open(a, 0, &client) == 0 &&
           vitro_tcp_connect(a, client, &server, sim_net_now(net)) == 0;
}

/* How it went, in two lines; whether it went well. */
static bool report(const struct sim_net *net, const struct fetch *fetch, uint64_t segments)
{
    const uint64_t sum = checksum(fetch->copy, fetch->received);
    const bool is_right = sum == checksum(fetch->file, fetch->size);
    struct vitro_counters a, b;
    vitro_stack_counters(net->host[SIM_A].stack, &a);
    vitro_stack_counters(net->host[SIM_B].stack, &b);
    printf("%zu of %zu bytes fetched, checksum %016" PRIx64 " is %s\n", fetch->received,
           fetch->size, sum, is_right ? "right" : "wrong");
    printf("%" PRIu64 " segments, %" PRIu64 " retransmissions, %.3f s of virtual time\n", segments,
           a.tcp.retransmits + b.tcp.retransmits, (double)fetch->ended_us / 1e6);
    return is_right;
}

int main(int argc, char **argv)
{
    enum { SIZE, LOSS, DELAY, SEED, OPTIONS };
    struct argument given[OPTIONS] = {
        [SIZE] = {"--size", "", 1, 65536, 100000000, "bytes of the file"},
        [LOSS] = {"--loss", "%", 10000, 0, 100, "of all segments are lost"},
        [DELAY] = {"--delay", "ms", 1000, 20000, 10000, "from one end to the other"},
        [SEED] = {"--seed", "", 1, 1, 1000000000, "the same seed gives the same run"},
    };
    arguments_read(argc, argv, "fetch", given, OPTIONS);
    struct sim_net *net = network_create(given[SEED].value, given[DELAY].value, given[LOSS].value);
    struct fetch fetch = {.size = (size_t)given[SIZE].value};
    struct print_wire print;
    fetch.file = mem_get(2 * fetch.size + 1);
    if (net == NULL || fetch.file == NULL || !print_wire_begin(&print, &net->wire)) return 1;
    fetch.copy = fetch.file + fetch.size;
    for (size_t i = 0; i < fetch.size; i++) fetch.file[i] = (uint8_t)(i * 2654435761u >> 16);
    net->host[SIM_A].app = net->host[SIM_B].app = &fetch;
    if (start(net)) sim_net_run(net, TIME_NEVER); /* until both sides have forgotten */
    print_wire_end(&print);
    const bool is_right = report(net, &fetch, print.packets);
    sim_net_destroy(net);
    mem_put(fetch.file);
    return is_right ? 0 : 1;
}
