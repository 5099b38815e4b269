/*
 * Scenes about data, its acknowledgement and its window (RFC 9293 3.8).
 */
#include "sim/lab_scenes.h"

#define ZERO_BUFFER_BYTES 4096

static const struct lab_act upload[] = {
    {.op = LAB_CONNECT}, {.op = LAB_SEND, .amount = LAB_SIZE}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
static const struct lab_act until_end[] = {
    {.op = LAB_RECEIVE_END}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};

static const struct lab_act telnet_client[] = {
    {.op = LAB_CONNECT},
    {.op = LAB_WAIT, .amount = 2000000},
    {.op = LAB_SEND, .text = "hello\r\n"},
    {.op = LAB_RECEIVE, .amount = 14},
    {.op = LAB_WAIT, .amount = 1000000},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};
static const struct lab_act telnet_server[] = {
    {.op = LAB_RECEIVE, .amount = 7},
    {.op = LAB_SEND, .text = "hello, world\r\n"},
    {.op = LAB_RECEIVE_END},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};

static const struct lab_act http_client[] = {
    {.op = LAB_CONNECT},
    {.op = LAB_SEND, .text = "GET / HTTP/1.1\r\nHost: server\r\nConnection: close\r\n\r\n"},
    {.op = LAB_RECEIVE_END},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};
static const struct lab_act http_server[] = {
    {.op = LAB_RECEIVE, .amount = 51},
    {.op = LAB_SEND,
     .text = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n"},
    {.op = LAB_SEND, .amount = LAB_SIZE},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};

/* A question that is answered at once, one that is answered late, and a goodbye. */
static const struct lab_act asker[] = {
    {.op = LAB_CONNECT},
    {.op = LAB_SEND, .text = "quick\n"},
    {.op = LAB_RECEIVE, .amount = 3},
    {.op = LAB_WAIT, .amount = 500000},
    {.op = LAB_SEND, .text = "slow\n"},
    {.op = LAB_RECEIVE, .amount = 3},
    {.op = LAB_WAIT, .amount = 10000},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};
static const struct lab_act answerer[] = {
    {.op = LAB_RECEIVE, .amount = 6},
    {.op = LAB_SEND, .text = "ok\n"},
    {.op = LAB_RECEIVE, .amount = 5},
    {.op = LAB_WAIT, .amount = 100000},
    {.op = LAB_SEND, .text = "ok\n"},
    {.op = LAB_RECEIVE_END},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};

/* The first write fills the reader's buffer exactly. */
static const struct lab_act fill_client[] = {
    {.op = LAB_CONNECT},
    {.op = LAB_SEND, .amount = ZERO_BUFFER_BYTES},
    {.op = LAB_SEND, .amount = LAB_SIZE},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};
static const struct lab_act slow_reader[] = {
    {.op = LAB_WAIT, .amount = 3000000},
    {.op = LAB_RECEIVE_END},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};
static const struct lab_act quiet_client[] = {
    {.op = LAB_CONNECT},     {.op = LAB_SEND, .text = "hi\n"},
    {.op = LAB_RECEIVE_END}, {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};

static void adjust_http(struct lab_config *config) { config->size_bytes = 5000; }

static void adjust_ack(struct lab_config *config)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        struct vitro_tcp_config *tcp = &config->net.host[end].stack.tcp;
        tcp->quick_acks = 0;
        /* What a SYN can announce: else the first ACK leaves at once, to open the window more. */
        tcp->rcvbuf_bytes = 65535;
        tcp->rcvbuf_bytes_max = 65535;
    }
}

static void adjust_zero(struct lab_config *config)
{
    config->size_bytes = 8000;
    for (int end = 0; end < SIM_ENDS; end++) {
        config->net.host[end].stack.tcp.rcvbuf_bytes = ZERO_BUFFER_BYTES;
        config->net.host[end].stack.tcp.rcvbuf_bytes_max = ZERO_BUFFER_BYTES;
    }
}

static void adjust_scale(struct lab_config *config)
{
    config->size_bytes = 400000;
    for (int end = 0; end < SIM_ENDS; end++) {
        config->net.host[end].stack.tcp.rcvbuf_bytes = 1 << 20;
        config->net.host[end].stack.tcp.rcvbuf_bytes_max = 1 << 20;
    }
}

static void adjust_mtu(struct lab_config *config)
{
    config->size_bytes = 6000;
    for (int end = 0; end < SIM_ENDS; end++) config->net.wire.way[end].mtu_bytes = 1300;
}

static void adjust_keepalive(struct lab_config *config)
{
    for (int end = 0; end < SIM_ENDS; end++) {
        struct sim_way_config *way = &config->net.wire.way[end];
        way->cut_count = 1;
        way->cut[0] =
            (struct sim_cut){.from_us = config->net.start_us + 25000000, .to_us = TIME_NEVER};
    }
    struct vitro_tcp_config *tcp = &config->net.host[SIM_A].stack.tcp;
    tcp->keepalive = true;
    tcp->keepalive_idle_us = 10000000;
    tcp->keepalive_interval_us = 5000000;
    tcp->keepalive_probes = 4;
}

const struct lab_scene lab_scene_upload = {
    .name = "upload", .port = 9000, .client = upload, .server = until_end};
const struct lab_scene lab_scene_telnet = {
    .name = "telnet", .port = 9000, .client = telnet_client, .server = telnet_server};
const struct lab_scene lab_scene_http = {.name = "http",
                                         .port = 80,
                                         .client = http_client,
                                         .server = http_server,
                                         .adjust = adjust_http};
const struct lab_scene lab_scene_delayed_ack = {
    .name = "delayed-ack", .port = 9000, .client = asker, .server = answerer, .adjust = adjust_ack};
const struct lab_scene lab_scene_zero_window = {.name = "zero-window",
                                                .port = 9000,
                                                .client = fill_client,
                                                .server = slow_reader,
                                                .adjust = adjust_zero};
const struct lab_scene lab_scene_window_scale = {.name = "window-scale",
                                                 .port = 9000,
                                                 .client = upload,
                                                 .server = until_end,
                                                 .adjust = adjust_scale};
const struct lab_scene lab_scene_mtu = {
    .name = "mtu", .port = 9000, .client = upload, .server = until_end, .adjust = adjust_mtu};
const struct lab_scene lab_scene_keepalive = {.name = "keepalive",
                                              .port = 9000,
                                              .client = quiet_client,
                                              .server = until_end,
                                              .adjust = adjust_keepalive};
