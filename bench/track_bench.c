/*
 * What watching costs: a bulk transfer's packets through the reader, the tracker and the folding,
 * in nanoseconds of the processor's time a packet; two segments with data, then an ACK, from one
 * conversation after the other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/bytes.h"
#include "observe/print.h"
#include "observe/print_notable.h"
#include "wire/ip4.h"
#include "wire/tcp.h"

#define FLOWS_MAX    4096u
#define PACKETS      3000000u
#define ROUNDS       5
#define HEADER_BYTES 52u /* IP, TCP, time stamps */
#define DATA_BYTES   1448u

struct flow {
    uint8_t headers[2][HEADER_BYTES];
    uint32_t seq;
};

static struct flow flows[FLOWS_MAX];

static double cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void make_headers(uint32_t index, uint32_t from)
{
    const struct ip_addr addr[2] = {ip_addr_from_v4(0x0a000264), ip_addr_from_v4(0x0a000204)};
    const uint16_t port[2] = {(uint16_t)(10000 + index), 80};
    const struct ip4_repr ip = {.src = addr[from],
                                .dst = addr[from ^ 1],
                                .ttl = 64,
                                .protocol = IP_PROTO_TCP,
                                .payload_bytes = (uint16_t)(from == 0 ? 32 + DATA_BYTES : 32)};
    const struct tcp_repr tcp = {.src_port = port[from],
                                 .dst_port = port[from ^ 1],
                                 .flags = TCP_FLAG_ACK,
                                 .window = 50000,
                                 .options = {.has_timestamps = true}};
    uint8_t *bytes = flows[index].headers[from];
    ip4_emit(&ip, span_mut_of(bytes, IP4_HEADER_BYTES));
    tcp_emit(&tcp, span_mut_of(bytes + IP4_HEADER_BYTES, HEADER_BYTES - IP4_HEADER_BYTES));
}

/* The next packet: its sender, with its numbers in place. */
static uint32_t next_packet(struct flow *flow, uint32_t i)
{
    const uint32_t from = i % 3 == 2 ? 1 : 0;
    uint8_t *tcp = flow->headers[from] + IP4_HEADER_BYTES;
    put_be32(tcp + (from == 0 ? 4 : 8), flow->seq);
    if (from == 0) flow->seq += DATA_BYTES;
    return from;
}

/* Nanoseconds a packet with `count` conversations. */
static double measure(uint32_t count)
{
    const struct track_options options = {.key = {1, 2}};
    struct track track;
    struct notable notable;
    struct notable_fold fold;
    if (!track_init(&track, &options)) exit(1);
    notable_init(&notable, TRACK_CONVERSATIONS_MAX);
    const double begun_ns = cpu_ns();
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct flow *flow = &flows[i / 3 % count];
        const uint32_t from = next_packet(flow, i);
        struct track_packet packet;
        track_packet_read(&packet, PRINT_LINK_RAW, span_of(flow->headers[from], HEADER_BYTES),
                          HEADER_BYTES + (from == 0 ? DATA_BYTES : 0), 0);
        const struct track_verdict verdict = track_input(&track, &packet, i / 10);
        notable_decide(&notable, &packet, &verdict, i / 10);
        while (notable_take(&notable, &fold)) continue;
    }
    const double ns = (cpu_ns() - begun_ns) / PACKETS;
    notable_deinit(&notable);
    track_deinit(&track);
    return ns;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static const uint32_t counts[] = {1, 4, FLOWS_MAX};
    for (uint32_t i = 0; i < FLOWS_MAX; i++) {
        make_headers(i, 0);
        make_headers(i, 1);
    }
    for (uint32_t i = 0; i < ARRAY_COUNT(counts); i++) {
        double ns[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) ns[round] = measure(counts[i]);
        qsort(ns, ROUNDS, sizeof *ns, compare);
        printf("watch_%u_conversations %.1f ns/packet\n", counts[i], ns[ROUNDS / 2]);
    }
    printf("watch_conversation %zu bytes\n", sizeof(struct track_conversation));
    return 0;
}
