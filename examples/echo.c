/*
 * An echo server and its client: two whole TCP/IP stacks and a simulated wire between them.
 *
 * Nothing blocks and nothing runs by itself. The simulation goes from one event to the next and
 * hands each socket that became ready to server_ready() or client_ready().
 */
#include <stdio.h>
#include <string.h>

#include "sim/sim_net.h"

#define ECHO_PORT 7

struct client {
    const char *unsaid, *unheard; /* what is left of the text to say, and to hear */
    bool is_right;                /* all came back, and nothing else */
};

/* Sends back what was received, from where it lies; peeked bytes stay until they are consumed. */
static void server_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    vitro_socket socket = ready->socket;
    if ((ready->bits & VITRO_ACCEPTABLE) != 0) { /* a listener: its connections get ready later */
        while (vitro_tcp_accept(host->stack, ready->socket, 0, &socket, NULL) == 0) continue;
        return;
    }
    struct vitro_span span;
    int spans;
    while ((spans = vitro_tcp_peek(host->stack, socket, &span, 1)) > 0) {
        const int64_t sent = vitro_tcp_send(host->stack, socket, span.data, span.len, now_us);
        if (sent == -EAGAIN) return; /* the send buffer is full; VITRO_WRITABLE will come */
        if (sent < 0) break;
        (void)vitro_tcp_consume(host->stack, socket, (size_t)sent, now_us);
    }
    if (spans == -EAGAIN) return;                   /* all is read; VITRO_READABLE will come */
    (void)vitro_close(host->stack, socket, now_us); /* the client has finished, or an error */
}

/* Says what is left to say, then finishes; compares what comes back. */
static void client_ready(struct sim_host *host, const struct vitro_ready *ready, uint64_t now_us)
{
    struct client *client = host->app;
    const size_t left = strlen(client->unsaid);
    if (left > 0) {
        const int64_t sent =
            vitro_tcp_send(host->stack, ready->socket, client->unsaid, left, now_us);
        if (sent > 0) client->unsaid += sent;
        if (*client->unsaid == '\0') {
            (void)vitro_tcp_shutdown(host->stack, ready->socket, VITRO_SHUT_SEND, now_us);
        }
    }
    char heard[256];
    int64_t got;
    while ((got = vitro_tcp_receive(host->stack, ready->socket, heard, sizeof heard, now_us)) > 0) {
        printf("heard: %.*s\n", (int)got, heard);
        if (strncmp(heard, client->unheard, (size_t)got) != 0) break;
        client->unheard += got;
    }
    if (got == -EAGAIN) return; /* there may be more to come */
    if (got < 0) printf("error: %s\n", vitro_error_text((int)got));
    client->is_right = got == 0 && *client->unheard == '\0';
    (void)vitro_close(host->stack, ready->socket, now_us);
}

/* Opens the server's listener on host B and the client's connection on host A. */
static bool start(struct sim_net *net, const struct vitro_endpoint *server)
{
    struct vitro_stack *a = net->host[SIM_A].stack, *b = net->host[SIM_B].stack;
    vitro_socket listener, client;
    return vitro_tcp_open(b, 0, &listener) == 0 && vitro_bind(b, listener, server) == 0 &&
           vitro_tcp_listen(b, listener, 8) == 0 && vitro_tcp_open(a, 0, &client) == 0 &&
           vitro_tcp_connect(a, client, server, sim_net_now(net)) == 0;
}

int main(int argc, char **argv)
{
    const char *text = argc > 1 ? argv[1] : "What is said here comes back.";
    if (strcmp(text, "--help") == 0) return puts("usage: echo [TEXT]") < 0;
    if (argc > 2 || text[0] == '-' || text[0] == '\0') {
        fprintf(stderr, "echo: one TEXT, please, that does not begin with '-'\n");
        return 2;
    }
    struct client client = {.unsaid = text, .unheard = text};
    struct sim_net_config config;
    sim_net_config_default(&config, 1);
    config.wire.way[SIM_A].delay_us = config.wire.way[SIM_B].delay_us = 10000;
    struct sim_net *net = sim_net_create(&config);
    if (net == NULL) return 1;
    net->host[SIM_A].app = &client;
    net->host[SIM_A].on_ready = client_ready;
    net->host[SIM_B].on_ready = server_ready;
    const struct vitro_endpoint server = vitro_endpoint_of(config.host[SIM_B].ip4, ECHO_PORT);
    if (start(net, &server)) sim_net_run(net, TIME_NEVER); /* until both sides have forgotten */
    sim_net_destroy(net);
    return client.is_right ? 0 : 1;
}
