/*
 * The sockets of the fuzz target's world, and TCP connections in every state, each the way the
 * peer's segments bring it there. Which addresses a connection has depends on its place in the
 * list and on the input (config.order). Where a limit of the configuration is in the way, a
 * connection is simply not there.
 */
#include "fuzz/stack_world.h"

#include <stdlib.h>
#include <string.h>

#include "tcp/tcp_listen.h"
#include "tcp/tcp_syn_cache.h"

#define REQUIRE(expr) ((expr) ? (void)0 : abort())
#define WINDOW        2000u /* of the peer, in its scale */

enum {
    PORT_NORMAL = 80,
    PORT_HOLD = 81,
    PORT_FULL = 82,
    PORT_UDP = 53,
    PEER_PORT = 1000,
};

/* The record behind a handle that world_connect gave; entry NULL: it is in the table no more. */
static struct world_live live_socket(struct world *w, vitro_socket socket)
{
    const struct socket *s = socket_get(w->stack, socket);
    if (s == NULL || s->kind != SOCKET_TCP_CONN || !s->conn->flags.in_table)
        return (struct world_live){.entry = NULL};
    return world_live_of(w, &s->conn->entry);
}

/* An ACK of all, with what else is said. */
static void say(struct world *w, vitro_socket socket, uint16_t flags, uint32_t seq_more,
                uint32_t window, uint32_t payload_bytes)
{
    const struct world_live live = live_socket(w, socket);
    if (live.entry == NULL) return;
    world_say(w, &live, flags | TCP_FLAG_ACK, live.seq + seq_more, live.ack, window, payload_bytes);
}

/* As say, without acknowledging anything new. */
static void say_old(struct world *w, vitro_socket socket, uint16_t flags, uint32_t seq_more,
                    uint32_t payload_bytes)
{
    const struct world_live live = live_socket(w, socket);
    if (live.entry == NULL) return;
    world_say(w, &live, flags | TCP_FLAG_ACK, live.seq + seq_more, live.una, WINDOW, payload_bytes);
}

static vitro_socket established(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = world_connect(w, which, port);
    const uint16_t ece = (w->config.order & 1) != 0 ? TCP_FLAG_ECE : 0;
    say(w, socket, TCP_FLAG_SYN | ece, 0, WINDOW, 0);
    return socket;
}

static void syn_sent(struct world *w, uint32_t which, uint16_t port)
{
    world_send(w, world_connect(w, which, port), 300, false);
}

static void simultaneous(struct world *w, uint32_t which, uint16_t port)
{
    const struct world_live live = live_socket(w, world_connect(w, which, port));
    if (live.entry != NULL) world_say(w, &live, TCP_FLAG_SYN, live.seq, 0, WINDOW, 0);
}

static void quiet(struct world *w, uint32_t which, uint16_t port)
{
    (void)established(w, which, port);
}

/* Data in flight, queued, and received, not read. */
static void busy(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    world_send(w, socket, 8000, false);
    say(w, socket, 0, 0, WINDOW, 900);
    world_send(w, socket, 8000, false);
}

/* Selective acknowledgements, or without SACK duplicate ones, show a hole in a flight. */
static void recovering(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    world_send(w, socket, 8000, false);
    for (uint32_t i = 0; i < 4; i++) {
        struct world_live live = live_socket(w, socket);
        if (live.entry == NULL) return;
        live.sacked_bytes = 1000 * (i + 1);
        world_say(w, &live, TCP_FLAG_ACK, live.seq, live.una, WINDOW, 0);
    }
}

/* After a timeout. */
static void timed_out(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    world_send(w, socket, 5000, false);
    world_advance(w, 1500000);
}

/* Out of order, with holes, and urgent both ways. */
static void holes(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    say(w, socket, 0, 600, WINDOW, 100);
    say(w, socket, TCP_FLAG_URG, 300, WINDOW, 100);
    say(w, socket, TCP_FLAG_FIN, 800, WINDOW, 50);
    world_send(w, socket, 10, true);
}

static void peer_window_closed(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    say(w, socket, 0, 0, 0, 1);
    world_send(w, socket, 2000, false);
}

static void our_window_closed(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    for (int i = 0; i < 12; i++) {
        const struct world_live live = live_socket(w, socket);
        say(w, socket, 0, 0, WINDOW, u32_min(live.edge - live.seq, 1000));
    }
}

static void fin_wait_1(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    world_send(w, socket, 1500, false);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
}

static void fin_wait_2(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
    say(w, socket, 0, 0, WINDOW, 200);
}

/* The application has let go. */
static void fin_wait_2_orphan(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    struct world_live live = live_socket(w, socket);
    (void)vitro_close(w->stack, socket, w->now_us);
    live.ack++;
    if (live.entry != NULL) world_say(w, &live, TCP_FLAG_ACK, live.seq, live.ack, WINDOW, 0);
}

static void close_wait(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    say(w, socket, TCP_FLAG_FIN, 0, WINDOW, 200);
    world_send(w, socket, 300, false);
}

static void closing(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
    say_old(w, socket, TCP_FLAG_FIN, 0, 0);
}

static void last_ack(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    say(w, socket, TCP_FLAG_FIN, 0, WINDOW, 0);
    world_send(w, socket, 1200, false);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
}

/* The application has not closed, and has something to read. */
static void time_wait_held(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
    say(w, socket, TCP_FLAG_FIN, 0, WINDOW, 150);
}

static void time_wait(struct world *w, uint32_t which, uint16_t port)
{
    const vitro_socket socket = established(w, which, port);
    (void)vitro_tcp_shutdown(w->stack, socket, VITRO_SHUT_SEND, w->now_us);
    say(w, socket, TCP_FLAG_FIN, 0, WINDOW, 0);
    (void)vitro_close(w->stack, socket, w->now_us);
}

static void syn_received(struct world *w, uint32_t which, uint16_t port)
{
    world_say_syn(w, which, PORT_NORMAL, port);
}

static void held(struct world *w, uint32_t which, uint16_t port)
{
    world_say_syn(w, which, PORT_HOLD, port);
}

static struct tcp_entry *passive_entry(struct world *w, uint32_t which, uint16_t local_port,
                                       uint16_t port)
{
    const struct vitro_endpoint ours = world_ours(which, 0);
    const struct vitro_endpoint peer = world_peer(which, 0);
    const struct tcp_tuple tuple = {.local = socket_addr_in(&ours.ip),
                                    .remote = socket_addr_in(&peer.ip),
                                    .local_port = local_port,
                                    .remote_port = port,
                                    .zone = ours.zone};
    return tcp_table_find(&w->stack->stack.tcp.table, &tuple);
}

/* Held, told, and accepted. */
static void held_accepted(struct world *w, uint32_t which, uint16_t port)
{
    world_say_syn(w, which, PORT_HOLD, port);
    const struct tcp_entry *entry = passive_entry(w, which, PORT_HOLD, port);
    if (entry == NULL) return;
    const struct vitro_flow flow = socket_flow_out(&entry->tuple);
    REQUIRE(vitro_tcp_decide(w->stack, &flow, VITRO_DECIDE_ACCEPT, w->now_us) == 0);
}

static void passive_complete(struct world *w, uint32_t which, uint16_t local_port, uint16_t port)
{
    struct tcp_entry *entry = passive_entry(w, which, local_port, port);
    if (entry == NULL) return;
    const struct world_live live = world_live_of(w, entry);
    world_say(w, &live, TCP_FLAG_ACK, live.seq, live.ack, WINDOW, 100);
}

/* Half-open fills the backlog, so that what follows gets a cookie; then waits to be accepted. */
static void waiting(struct world *w, uint32_t which, uint16_t port)
{
    world_say_syn(w, which, PORT_FULL, port);
    world_say_syn(w, which, PORT_FULL, (uint16_t)(port + 100));
    passive_complete(w, which, PORT_FULL, port);
}

static void accepted(struct world *w, uint32_t which, uint16_t port)
{
    vitro_socket socket;
    world_say_syn(w, which, PORT_NORMAL, port);
    passive_complete(w, which, PORT_NORMAL, port);
    for (uint32_t i = 0; i < w->sockets; i++) {
        if (vitro_tcp_accept(w->stack, w->socket[i], port, &socket, NULL) != 0) continue;
        (void)world_keep(w, socket);
        (void)vitro_set_option(w->stack, socket, VITRO_OPTION_SINK, 1, w->now_us);
        return;
    }
}

static void add_listener(struct world *w, uint16_t port, uint32_t backlog, bool holds)
{
    vitro_socket socket;
    const struct vitro_endpoint any = vitro_endpoint_any(port);
    REQUIRE(vitro_tcp_open(w->stack, port, &socket) == 0);
    REQUIRE(vitro_bind(w->stack, socket, &any) == 0);
    REQUIRE((holds ? vitro_tcp_listen_hold(w->stack, socket, backlog)
                   : vitro_tcp_listen(w->stack, socket, backlog)) == 0);
    (void)world_keep(w, socket);
}

static void add_sockets(struct world *w)
{
    vitro_socket socket;
    const struct vitro_endpoint any = vitro_endpoint_any(PORT_UDP);
    const struct vitro_endpoint peer = world_peer(0, PORT_UDP);
    add_listener(w, PORT_NORMAL, 4, false);
    add_listener(w, PORT_HOLD, 3, true);
    add_listener(w, PORT_FULL, 1, false);
    REQUIRE(vitro_udp_open(w->stack, 1, &socket) == 0);
    REQUIRE(vitro_bind(w->stack, socket, &any) == 0);
    (void)world_keep(w, socket);
    REQUIRE(vitro_udp_open(w->stack, 2, &socket) == 0);
    (void)!vitro_udp_connect(w->stack, socket, &peer);
    (void)!vitro_udp_send(w->stack, socket, NULL, w->scratch, 50, w->now_us);
    (void)world_keep(w, socket);
    REQUIRE(vitro_ping_open(w->stack, 3, &socket) == 0);
    (void)!vitro_ping_send(w->stack, socket, &peer.ip, 1, w->scratch, 20, w->now_us);
    (void)world_keep(w, socket);
}

void world_states(struct world *w)
{
    static void (*const drive[])(struct world *, uint32_t, uint16_t) = {
        timed_out, syn_sent,           simultaneous,      quiet,          busy,         recovering,
        holes,     peer_window_closed, our_window_closed, fin_wait_1,     fin_wait_2,   close_wait,
        closing,   last_ack,           fin_wait_2_orphan, time_wait,      syn_received, held,
        accepted,  held_accepted,      waiting,           time_wait_held,
    };
    add_sockets(w);
    world_check(w);
    for (uint32_t i = 0; i < ARRAY_COUNT(drive); i++) {
        const uint32_t which = (i + (w->config.order >> 1)) % 6;
        drive[i](w, which, (uint16_t)(PEER_PORT + i));
        world_check(w);
    }
}
