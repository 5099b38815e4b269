/*
 * The benchmarks: one figure a line, "name value unit". Every figure is the median of several
 * rounds in one run; the budgets they are held against are in the design (section 4) and in
 * docs/benchmarks.md with the figures of the day.
 *
 *   vitro_bench            all of them
 *   vitro_bench NAME...    these
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pair.h"

#define ROUNDS        5
#define ROUND_SECONDS 0.6
#define BULK_PORT     5001
#define WRITE_BYTES   65536u

static uint8_t bulk[WRITE_BYTES];

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_doubles);
    return values[count / 2];
}

/* Buffers small enough for both rings and both windows to stay in the second-level cache. */
static struct vitro_config bulk_config(void)
{
    struct vitro_config config;
    vitro_config_default(&config);
    vitro_config_seed(&config, 1);
    config.tcp.sndbuf_bytes = 128u << 10;
    config.tcp.rcvbuf_bytes = 64u << 10;
    config.tcp.rcvbuf_bytes_max = 64u << 10;
    return config;
}

/* Writes what fits and delivers it, for ROUND_SECONDS; returns bytes a second received. */
static double bulk_round(struct pair *pair, vitro_socket client, vitro_socket server, bool sinks)
{
    static uint8_t received[WRITE_BYTES];
    uint64_t got = 0, sunk = pair->b.sunk_bytes;
    double start = bench_seconds(), now = start;
    for (uint32_t i = 0; now - start < ROUND_SECONDS; i++) {
        int64_t sent;
        do {
            sent = vitro_tcp_send(pair->a.stack, client, bulk, sizeof bulk, pair->now_us);
        } while (sent > 0);
        pair_run(pair);
        for (int64_t n = 1; !sinks && n > 0; got += n > 0 ? (uint64_t)n : 0) {
            n = vitro_tcp_receive(pair->b.stack, server, received, sizeof received, pair->now_us);
        }
        if (i % 16 == 0) now = bench_seconds();
    }
    got += pair->b.sunk_bytes - sunk;
    return (double)got / (now - start);
}

/* The median rate of a bulk transfer in bytes a second, and segments of the wire that carried it.
 */
static double bulk_rate(const struct pair_options *options, bool sinks, double *segments)
{
    struct pair pair;
    struct vitro_config config = bulk_config();
    pair_init(&pair, &config, options);
    vitro_socket listener = pair_listen(&pair, BULK_PORT, 16), client, server;
    pair_connect(&pair, listener, BULK_PORT, &client, &server);
    if (sinks) {
        int set = vitro_set_option(pair.b.stack, server, VITRO_OPTION_SINK, 1, pair.now_us);
        bench_must(set == 0, "VITRO_OPTION_SINK");
    }
    (void)bulk_round(&pair, client, server, sinks); /* warm */
    double rates[ROUNDS], per_second[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        struct vitro_counters before, after;
        vitro_stack_counters(pair.b.stack, &before);
        double start = bench_seconds();
        rates[i] = bulk_round(&pair, client, server, sinks);
        double elapsed = bench_seconds() - start;
        vitro_stack_counters(pair.b.stack, &after);
        per_second[i] = (double)(after.tcp.segments_in - before.tcp.segments_in) / elapsed;
    }
    bench_must(pair.a.out.lost == 0 && pair.b.out.lost == 0, "room in the ring");
    struct vitro_counters counters;
    vitro_stack_counters(pair.a.stack, &counters);
    bench_must(counters.tcp.retransmits == 0, "transfer without retransmission");
    pair_deinit(&pair);
    *segments = median(per_second, ROUNDS);
    return median(rates, ROUNDS);
}

/* The same by lwIP, which is a program beside this one if it was there to build; 0 if not. */
static double lwip_segments(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof "peer_lwip");
    if (len <= 0) return 0;
    path[len] = '\0';
    char *name = strrchr(path, '/');
    if (name == NULL) return 0;
    memcpy(name + 1, "peer_lwip", sizeof "peer_lwip");
    if (access(path, X_OK) != 0) return 0;
    FILE *peer = popen(path, "r");
    double segments = 0;
    bench_must(peer != NULL && fscanf(peer, "%lf", &segments) == 1, "peer_lwip");
    pclose(peer);
    return segments;
}

static void bench_pair_segments(void)
{
    const struct pair_options options = {.mtu_bytes = 1500};
    double segments;
    double rate = bulk_rate(&options, false, &segments);
    const double copied = segments;
    bench_print("pair_segments", segments, "segments/s");
    bench_print("pair_segments_rate", rate * 8 / 1e9, "Gbit/s");
    rate = bulk_rate(&options, true, &segments);
    bench_print("pair_segments_sink", segments, "segments/s");
    const double lwip = lwip_segments();
    if (lwip == 0) return;
    bench_print("pair_segments_lwip", lwip, "segments/s");
    bench_print("pair_segments_to_lwip", copied / lwip, "times");
}

static void bench_pair_super(void)
{
    const struct pair_options options = {
        .mtu_bytes = 1500, .super_bytes_max = 65160, .checksum_offload = true};
    double segments;
    bench_print("pair_super", bulk_rate(&options, false, &segments) * 8 / 1e9, "Gbit/s");
    bench_print("pair_super_sink", bulk_rate(&options, true, &segments) * 8 / 1e9, "Gbit/s");
}

/* One connection: opened, accepted, closed by both. */
static void open_and_close(struct pair *pair, vitro_socket listener)
{
    vitro_socket client, server;
    pair_connect(pair, listener, BULK_PORT, &client, &server);
    bench_must(vitro_close(pair->a.stack, client, pair->now_us) == 0, "vitro_close");
    pair_run(pair);
    bench_must(vitro_close(pair->b.stack, server, pair->now_us) == 0, "vitro_close");
    pair_run(pair);
}

static void bench_handshakes(void)
{
    struct pair pair;
    struct vitro_config config = bulk_config();
    config.tcp.time_wait_us = 100000; /* of virtual time: records come and go, ports are re-used */
    const struct pair_options options = {.mtu_bytes = 1500};
    pair_init(&pair, &config, &options);
    vitro_socket listener = pair_listen(&pair, BULK_PORT, 1024);
    double rates[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t count = 0;
        double start = bench_seconds(), now = start;
        for (; now - start < ROUND_SECONDS; count++) {
            open_and_close(&pair, listener);
            pair.now_us += 10;
            if (count % 64 == 0) now = bench_seconds();
        }
        rates[i] = count / (now - start);
    }
    bench_print("handshakes", median(rates, ROUNDS), "connections/s");
    pair_deinit(&pair);
}

/* One byte there and one back. */
static void ping(struct pair *pair, vitro_socket client, vitro_socket server)
{
    uint8_t byte = 1;
    bool ok = vitro_tcp_send(pair->a.stack, client, &byte, 1, pair->now_us) == 1;
    pair_run(pair);
    ok = ok && vitro_tcp_receive(pair->b.stack, server, &byte, 1, pair->now_us) == 1;
    ok = ok && vitro_tcp_send(pair->b.stack, server, &byte, 1, pair->now_us) == 1;
    pair_run(pair);
    ok = ok && vitro_tcp_receive(pair->a.stack, client, &byte, 1, pair->now_us) == 1;
    bench_must(ok, "round trip");
}

static void bench_pingpong(void)
{
    struct pair pair;
    struct vitro_config config = bulk_config();
    config.tcp.nagle = false;
    const struct pair_options options = {.mtu_bytes = 1500};
    pair_init(&pair, &config, &options);
    vitro_socket listener = pair_listen(&pair, BULK_PORT, 16), client, server;
    pair_connect(&pair, listener, BULK_PORT, &client, &server);
    double rates[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        uint32_t count = 0;
        double start = bench_seconds(), now = start;
        for (; now - start < ROUND_SECONDS; count++) {
            ping(&pair, client, server);
            if (count % 64 == 0) now = bench_seconds();
        }
        rates[i] = count / (now - start);
    }
    bench_print("pingpong", median(rates, ROUNDS), "round_trips/s");
    pair_deinit(&pair);
}

/* The process's resident memory. */
static double resident_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *statm = fopen("/proc/self/statm", "r");
    bool ok = statm != NULL && fscanf(statm, "%lu %lu", &size, &resident) == 2;
    if (statm != NULL) fclose(statm);
    bench_must(ok, "/proc/self/statm");
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void bench_idle_bytes(void)
{
    enum { CONNECTIONS = 1000000, PORTS = 20 };
    struct pair pair;
    struct vitro_config config = bulk_config();
    config.tcp.ephemeral_port_first = 1024;
    config.sockets_max = CONNECTIONS + 100;
    config.tcp.conns_max = CONNECTIONS + 100;
    const struct pair_options options = {.mtu_bytes = 1500};
    pair_init(&pair, &config, &options);
    vitro_socket listeners[PORTS], client, server;
    for (uint16_t i = 0; i < PORTS; i++) listeners[i] = pair_listen(&pair, (uint16_t)(100 + i), 64);
    /* the rings and the first slabs are not the connections' */
    for (uint16_t i = 0; i < PORTS; i++) {
        pair_connect(&pair, listeners[i], (uint16_t)(100 + i), &client, &server);
    }
    double before = resident_bytes(), start = bench_seconds();
    for (uint32_t i = 0; i < CONNECTIONS; i++) {
        uint16_t which = (uint16_t)(i % PORTS);
        pair_connect(&pair, listeners[which], (uint16_t)(100 + which), &client, &server);
    }
    double elapsed = bench_seconds() - start, after = resident_bytes();
    struct vitro_memory memory;
    vitro_stack_memory(pair.b.stack, &memory);
    bench_must(memory.connections >= CONNECTIONS, "a million connections");
    /* both ends live in this process */
    bench_print("idle_bytes", (after - before) / (2.0 * CONNECTIONS), "bytes/connection");
    bench_print("idle_opens", CONNECTIONS / elapsed, "connections/s");
    pair_deinit(&pair);
}

struct bench {
    const char *name;
    void (*run)(void);
};

static const struct bench benches[] = {
    {"pair_segments", bench_pair_segments}, {"pair_super", bench_pair_super},
    {"handshakes", bench_handshakes},       {"pingpong", bench_pingpong},
    {"idle_bytes", bench_idle_bytes},
};

int main(int argc, char **argv)
{
    memset(bulk, 0x5a, sizeof bulk);
    size_t count = sizeof benches / sizeof benches[0];
    for (int arg = 1; arg < argc; arg++) {
        bool is_known = false;
        for (size_t i = 0; i < count; i++) is_known |= strcmp(argv[arg], benches[i].name) == 0;
        if (!is_known) {
            fprintf(stderr, "vitro_bench: no benchmark named %s; there are:", argv[arg]);
            for (size_t i = 0; i < count; i++) fprintf(stderr, " %s", benches[i].name);
            fprintf(stderr, "\n");
            return 2;
        }
    }
    for (size_t i = 0; i < count; i++) {
        bool is_wanted = argc == 1;
        for (int arg = 1; arg < argc; arg++) is_wanted |= strcmp(argv[arg], benches[i].name) == 0;
        if (is_wanted) benches[i].run();
    }
    return 0;
}
