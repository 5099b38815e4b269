/*
 * Scenes about how connections begin, or do not (RFC 9293 3.5).
 */
#include "sim/lab_scenes.h"

static const struct lab_act connect_close[] = {
    {.op = LAB_CONNECT}, {.op = LAB_WAIT, .amount = 100000}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
static const struct lab_act connect_only[] = {{.op = LAB_CONNECT}, {.op = LAB_DONE}};
static const struct lab_act until_end[] = {
    {.op = LAB_RECEIVE_END}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
static const struct lab_act nobody[] = {{.op = LAB_LISTEN_OFF}, {.op = LAB_DONE}};
static const struct lab_act late_client[] = {
    {.op = LAB_WAIT, .amount = 40000}, {.op = LAB_CONNECT}, {.op = LAB_SEND, .text = "hello\n"},
    {.op = LAB_RECEIVE_END},           {.op = LAB_CLOSE},   {.op = LAB_DONE},
};
static const struct lab_act greeter[] = {
    {.op = LAB_RECEIVE, .amount = 6},
    {.op = LAB_SEND, .text = "welcome\n"},
    {.op = LAB_CLOSE},
    {.op = LAB_DONE},
};

static void adjust_flood(struct lab_config *config)
{
    config->backlog = 4;
    config->flood_syns = 8;
    config->flood_every_us = 2000;
    config->net.host[SIM_B].stack.tcp.synack_retries = 1;
}

const struct lab_scene lab_scene_handshake = {
    .name = "handshake", .port = 9000, .client = connect_only, .server = connect_only + 1};

const struct lab_scene lab_scene_open_both = {.name = "open-both",
                                              .port = 9000,
                                              .client_port = 9001,
                                              .client = connect_close,
                                              .server = connect_close};

const struct lab_scene lab_scene_refused = {
    .name = "refused", .port = 9000, .client = connect_only, .server = nobody};

const struct lab_scene lab_scene_timeout = {.name = "timeout",
                                            .port = 9000,
                                            .client = connect_only,
                                            .server = until_end,
                                            .rules = {"drop every syn from a"}};

const struct lab_scene lab_scene_syn_flood = {.name = "syn-flood",
                                              .port = 9000,
                                              .client = late_client,
                                              .server = greeter,
                                              .adjust = adjust_flood};
