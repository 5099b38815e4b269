/*
 * How TCP fares on bad paths, as a snapshot: loss_matrix compares with tests/sim/loss_matrix.txt,
 * loss_matrix --update writes it anew.
 *
 * One connection sends 2 MiB over 100 Mbit/s with a queue of 256 packets, for each loss rate, round
 * trip, congestion control, with SACK and without; five times, with seeds 1 to 5, which lose the
 * same packets everywhere. Everything is virtual time, so any difference is a change of behaviour:
 * look at it, and if it is meant, update the file and say so in the commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/sim_net.h"

#define SNAPSHOT    "tests/sim/loss_matrix.txt"
#define FLOW_BYTES  (2u << 20)
#define SEEDS       5u
#define CELLS       (5u * 3u * 2u * 2u)
#define TABLE_BYTES 16384
#define PORT        80
#define CLIENT_USER 1
#define SERVER_USER 2
#define CHUNK_BYTES 65536u
#define HEADS_LINES "# loss %  rtt ms  cc     sack   Mbit/s  retransmits  timeouts\n"

struct cell {
    uint32_t loss_ppm, rtt_ms;
    const char *cc;
    bool sack;
};

struct flow {
    uint32_t sent, received;
    uint64_t start_us, end_us; /* first SYN, last byte read */
    int error;
    uint64_t retransmits, timeouts;
};

static void client_ready(struct flow *flow, struct vitro_stack *stack,
                         const struct vitro_ready *ready, uint64_t now_us)
{
    static const uint8_t zeros[CHUNK_BYTES];
    if ((ready->bits & VITRO_ERROR) != 0) {
        flow->error = vitro_take_error(stack, ready->socket);
        (void)vitro_close(stack, ready->socket, now_us);
        return;
    }
    while (flow->sent < FLOW_BYTES) {
        const uint32_t len = u32_min(FLOW_BYTES - flow->sent, CHUNK_BYTES);
        const int64_t n = vitro_tcp_send(stack, ready->socket, zeros, len, now_us);
        if (n < 0) return;
        flow->sent += (uint32_t)n;
    }
    (void)vitro_close(stack, ready->socket, now_us);
}

static void server_ready(struct flow *flow, struct vitro_stack *stack,
                         const struct vitro_ready *ready, uint64_t now_us)
{
    static uint8_t buffer[CHUNK_BYTES];
    vitro_socket socket = ready->socket;
    if ((ready->bits & VITRO_ACCEPTABLE) != 0 &&
        vitro_tcp_accept(stack, ready->socket, SERVER_USER, &socket, NULL) != 0) {
        return;
    }
    int64_t n;
    while ((n = vitro_tcp_receive(stack, socket, buffer, sizeof buffer, now_us)) > 0) {
        flow->received += (uint32_t)n;
        flow->end_us = now_us;
    }
    if (n == 0) (void)vitro_close(stack, socket, now_us);
}

static void on_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    if (ready->user == CLIENT_USER) {
        client_ready(host->app, host->stack, ready, now_us);
    } else {
        server_ready(host->app, host->stack, ready, now_us);
    }
}

static void configure(struct sim_net_config *config, const struct cell *cell, uint64_t seed)
{
    sim_net_config_default(config, seed);
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_way_config *way = &config->wire.way[end];
        struct vitro_tcp_config *tcp = &config->host[end].stack.tcp;
        way->delay_us = (uint64_t)cell->rtt_ms * 500;
        way->rate_bits = 100000000;
        way->queue_packets = 256;
        tcp->sack = cell->sack;
        tcp->congestion_control = cell->cc;
    }
    /* Data is lost, and its acknowledgements half as often: they repeat each other. */
    config->wire.way[SIM_A].chances.loss_ppm = cell->loss_ppm;
    config->wire.way[SIM_B].chances.loss_ppm = cell->loss_ppm / 2;
}

static bool start(struct sim_net *net, const struct sim_net_config *config)
{
    struct vitro_stack *server = net->host[SIM_B].stack;
    struct vitro_stack *client = net->host[SIM_A].stack;
    const struct vitro_endpoint any = vitro_endpoint_any(PORT);
    const struct vitro_endpoint to = vitro_endpoint_of(sim_host_ip(config, SIM_B, true), PORT);
    vitro_socket socket;
    return vitro_tcp_open(server, SERVER_USER, &socket) == 0 &&
           vitro_bind(server, socket, &any) == 0 && vitro_tcp_listen(server, socket, 5) == 0 &&
           vitro_tcp_open(client, CLIENT_USER, &socket) == 0 &&
           vitro_tcp_connect(client, socket, &to, sim_net_now(net)) == 0;
}

/* Runs one flow to its end; false if something went wrong. */
static bool run_flow(const struct cell *cell, uint64_t seed, struct flow *flow)
{
    struct sim_net_config config;
    configure(&config, cell, seed);
    struct sim_net *net = sim_net_create(&config);
    if (net == NULL) return false;
    *flow = (struct flow){.start_us = sim_net_now(net)};
    for (int end = 0; end < SIM_ENDS; end++) {
        net->host[end].app = flow;
        net->host[end].on_ready = on_ready;
    }
    const bool has_started = start(net, &config);
    if (has_started) sim_net_run(net, TIME_NEVER);
    struct vitro_counters counters;
    vitro_stack_counters(net->host[SIM_A].stack, &counters);
    flow->retransmits = counters.tcp.retransmits;
    flow->timeouts = counters.tcp.timeouts;
    sim_net_destroy(net);
    return has_started && flow->error == 0 && flow->received == FLOW_BYTES;
}

/* Adds the line of one cell to the table. */
static bool run_cell(const struct cell *cell, uint32_t number, struct text *table)
{
    uint64_t us = 0;
    uint64_t retransmits = 0;
    uint64_t timeouts = 0;
    for (uint32_t i = 0; i < SEEDS; i++) {
        struct flow flow;
        if (!run_flow(cell, i + 1, &flow)) {
            fprintf(stderr, "cell %u, seed %u: incomplete, %u of %u bytes (%s)\n", number, i,
                    flow.received, FLOW_BYTES, vitro_error_name(flow.error));
            return false;
        }
        us += flow.end_us - flow.start_us;
        retransmits += flow.retransmits;
        timeouts += flow.timeouts;
    }
    const uint64_t kbits = (uint64_t)FLOW_BYTES * SEEDS * 8 * 1000 / us;
    text_addf(table, "    %4u.%u  %6u  %-6s %4s  %4llu.%03llu  %11llu  %8llu\n",
              cell->loss_ppm / 10000, cell->loss_ppm / 1000 % 10, cell->rtt_ms, cell->cc,
              cell->sack ? "on" : "off", (unsigned long long)(kbits / 1000),
              (unsigned long long)(kbits % 1000), (unsigned long long)retransmits,
              (unsigned long long)timeouts);
    return true;
}

static bool make_table(struct text *table)
{
    static const uint32_t losses_ppm[] = {0, 1000, 10000, 30000, 100000};
    static const uint32_t rtts_ms[] = {1, 20, 100};
    static const char *const ccs[] = {"reno", "cubic"};
    text_add(table, HEADS_LINES);
    for (uint32_t number = 0; number < CELLS; number++) {
        const struct cell cell = {
            .loss_ppm = losses_ppm[number / 12],
            .rtt_ms = rtts_ms[number / 4 % 3],
            .cc = ccs[number / 2 % 2],
            .sack = number % 2 == 1,
        };
        if (!run_cell(&cell, number, table)) return false;
    }
    return !table->truncated;
}

static bool write_table(const struct text *table)
{
    FILE *file = fopen(SNAPSHOT, "w");
    if (file == NULL) {
        perror(SNAPSHOT);
        return false;
    }
    const bool is_written = fputs(table->data, file) >= 0;
    return fclose(file) == 0 && is_written;
}

/* Prints each line that differs; true if none does. */
static bool compare_table(const struct text *table)
{
    static char line[256];
    FILE *file = fopen(SNAPSHOT, "r");
    const char *at = table->data;
    uint32_t differences = 0;
    if (file == NULL) {
        perror(SNAPSHOT);
        return false;
    }
    while (*at != '\0') {
        const size_t len = strcspn(at, "\n") + 1;
        if (fgets(line, sizeof line, file) == NULL) line[0] = '\0';
        if (strncmp(line, at, len) != 0 || strlen(line) != len) {
            if (differences++ == 0) printf("%s", HEADS_LINES);
            printf("-%s+%.*s", line[0] == '\0' ? "\n" : line, (int)len, at);
        }
        at += len;
    }
    if (fgets(line, sizeof line, file) != NULL) differences++;
    (void)fclose(file);
    if (differences == 0) return true;
    printf("%u lines differ from %s; if that is meant: loss_matrix --update\n", differences,
           SNAPSHOT);
    return false;
}

int main(int argc, char **argv)
{
    static char data[TABLE_BYTES];
    struct text table;
    text_init(&table, data, sizeof data);
    if (!make_table(&table)) return 1;
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        fputs(data, stdout);
        return 0;
    }
    if (argc > 1 && strcmp(argv[1], "--update") == 0) return write_table(&table) ? 0 : 1;
    return compare_table(&table) ? 0 : 1;
}
