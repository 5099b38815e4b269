/*
 * lwIP, as Debian builds it (liblwip-dev), with itself: two interfaces of one stack, 10.0.0.1 and
 * 10.0.1.2, joined by rings, one connection between them by its raw calls.
 *
 * Each control block is bound to its interface, so that lwIP routes nothing to itself. Everything
 * runs in this thread under lwIP's core lock; its timer thread waits for that lock meanwhile. A
 * frame is copied into a ring when it is sent and out of it, into a pbuf, when it arrives, as every
 * driver of lwIP does. Checksums are on, MSS is 1460, windows are what the library was built with.
 *
 * A program of its own, since both stacks have a tcp_output(): vitro_bench runs it and reads the
 * one number that it prints, the data segments a second.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lwip/ip.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>

#define PEER_PORT        5001
#define PEER_FRAMES_MAX  512u
#define PEER_FRAME_BYTES 1536u
#define PEER_WRITE_BYTES 16384u
#define PEER_SECONDS     3.0

/* One end: its interface, and the frames that it has sent. */
struct peer_end {
    struct netif netif;
    struct tcp_pcb *pcb;
    uint32_t count;
    uint16_t len[PEER_FRAMES_MAX];
    uint8_t frames[PEER_FRAMES_MAX][PEER_FRAME_BYTES];
    uint64_t data_segments; /* sent with payload */
    uint64_t got_bytes;
};

static struct peer_end ends[2];

static double bench_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void bench_must(bool ok, const char *what)
{
    if (ok) return;
    fprintf(stderr, "peer_lwip: %s failed\n", what);
    exit(1);
}

static err_t peer_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
    (void)to;
    struct peer_end *end = netif->state;
    if (end->count == PEER_FRAMES_MAX || p->tot_len > PEER_FRAME_BYTES) return ERR_MEM;
    pbuf_copy_partial(p, end->frames[end->count], p->tot_len, 0);
    end->len[end->count++] = p->tot_len;
    if (p->tot_len > 60) end->data_segments++;
    return ERR_OK;
}

static err_t peer_netif_init(struct netif *netif)
{
    netif->mtu = 1500;
    netif->output = peer_output;
    netif->flags |= NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    static uint8_t to[65536];
    struct peer_end *end = arg;
    if (p == NULL || error != ERR_OK) return ERR_OK;
    pbuf_copy_partial(p, to, p->tot_len, 0);
    end->got_bytes += p->tot_len;
    tcp_recved(pcb, p->tot_len);
    pbuf_free(p);
    return ERR_OK;
}

static err_t on_accepted(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)error;
    ((struct peer_end *)arg)->pcb = pcb;
    tcp_arg(pcb, arg);
    tcp_recv(pcb, on_received);
    return ERR_OK;
}

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t error)
{
    (void)arg;
    (void)pcb;
    return error;
}

/* Gives what `from` has sent to `to`; whether there was anything. */
static bool deliver(struct peer_end *from, struct peer_end *to)
{
    if (from->count == 0) return false;
    for (uint32_t i = 0; i < from->count; i++) {
        struct pbuf *p = pbuf_alloc(PBUF_RAW, from->len[i], PBUF_RAM);
        bench_must(p != NULL, "pbuf_alloc");
        pbuf_take(p, from->frames[i], from->len[i]);
        if (ip_input(p, &to->netif) != ERR_OK) pbuf_free(p);
    }
    from->count = 0;
    return true;
}

static void peer_run(void)
{
    while (deliver(&ends[0], &ends[1]) | deliver(&ends[1], &ends[0])) {}
}

static void peer_connect(void)
{
    ip4_addr_t address[2], mask;
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&address[0], 10, 0, 0, 1);
    IP4_ADDR(&address[1], 10, 0, 1, 2);
    for (int i = 0; i < 2; i++) {
        struct netif *netif = &ends[i].netif;
        bench_must(netif_add(netif, &address[i], &mask, NULL, &ends[i], peer_netif_init, ip_input),
                   "netif_add");
        netif_set_up(netif);
    }
    struct tcp_pcb *listener = tcp_new();
    tcp_bind_netif(listener, &ends[1].netif);
    bench_must(tcp_bind(listener, IP_ANY_TYPE, PEER_PORT) == ERR_OK, "tcp_bind");
    listener = tcp_listen(listener);
    tcp_arg(listener, &ends[1]);
    tcp_accept(listener, on_accepted);
    struct tcp_pcb *client = tcp_new();
    tcp_bind_netif(client, &ends[0].netif);
    ends[0].pcb = client;
    ip_addr_t remote = IPADDR4_INIT(address[1].addr);
    bench_must(tcp_connect(client, &remote, PEER_PORT, on_connected) == ERR_OK, "tcp_connect");
    peer_run();
    bench_must(ends[1].pcb != NULL, "connection of lwIP");
}

static void on_started(void *arg) { sys_sem_signal(arg); }

/* Writes what fits and delivers it; returns data segments a second. */
static double bulk(void)
{
    static uint8_t data[PEER_WRITE_BYTES];
    ends[0].data_segments = 0;
    double start = bench_seconds(), now = start;
    for (uint32_t i = 0; now - start < PEER_SECONDS; i++) {
        uint32_t room = tcp_sndbuf(ends[0].pcb);
        while (room > 0) {
            uint16_t len = (uint16_t)(room < sizeof data ? room : sizeof data);
            if (tcp_write(ends[0].pcb, data, len, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
            room -= len;
        }
        tcp_output(ends[0].pcb);
        peer_run();
        if (i % 16 == 0) now = bench_seconds();
    }
    bench_must(ends[1].got_bytes > 0, "transfer");
    return (double)ends[0].data_segments / (now - start);
}

int main(void)
{
    sys_sem_t started;
    bench_must(sys_sem_new(&started, 0) == ERR_OK, "sys_sem_new");
    tcpip_init(on_started, &started);
    sys_sem_wait(&started);
    LOCK_TCPIP_CORE();
    peer_connect();
    printf("%.0f\n", bulk());
    UNLOCK_TCPIP_CORE();
    return 0;
}
