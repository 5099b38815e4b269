/*
 * Scenes about how connections end (RFC 9293 3.6).
 */
#include "sim/lab_scenes.h"

static const struct lab_act close_now[] = {
    {.op = LAB_CONNECT}, {.op = LAB_WAIT, .amount = 100000}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
static const struct lab_act close_later[] = {{.op = LAB_RECEIVE_END},
                                             {.op = LAB_WAIT, .amount = 200000},
                                             {.op = LAB_CLOSE},
                                             {.op = LAB_DONE}};
static const struct lab_act close_at_end[] = {
    {.op = LAB_RECEIVE_END}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
/* The server's side opens one way later than the client's: both close at the same moment. */
static const struct lab_act close_together[] = {
    {.op = LAB_WAIT, .amount = 80000}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};

static const struct lab_act half_client[] = {
    {.op = LAB_CONNECT},   {.op = LAB_SEND, .text = "that is all I have\n"},
    {.op = LAB_SHUT_SEND}, {.op = LAB_RECEIVE_END},
    {.op = LAB_CLOSE},     {.op = LAB_DONE},
};
static const struct lab_act half_server[] = {{.op = LAB_RECEIVE_END},
                                             {.op = LAB_WAIT, .amount = 300000},
                                             {.op = LAB_SEND, .amount = 3000},
                                             {.op = LAB_CLOSE},
                                             {.op = LAB_DONE}};

static const struct lab_act abort_client[] = {{.op = LAB_CONNECT},
                                              {.op = LAB_SEND, .text = "hello\n"},
                                              {.op = LAB_WAIT, .amount = 200000},
                                              {.op = LAB_ABORT},
                                              {.op = LAB_DONE}};

/* No acknowledgement is hurried, so that the FIN can carry it. */
static void adjust_three(struct lab_config *config)
{
    config->net.host[SIM_B].stack.tcp.quick_acks = 0;
}

const struct lab_scene lab_scene_close = {
    .name = "close", .port = 9000, .client = close_now, .server = close_later};
const struct lab_scene lab_scene_close_three = {.name = "close-three",
                                                .port = 9000,
                                                .client = close_now,
                                                .server = close_at_end,
                                                .adjust = adjust_three};
const struct lab_scene lab_scene_close_both = {
    .name = "close-both", .port = 9000, .client = close_now, .server = close_together};
const struct lab_scene lab_scene_half_close = {
    .name = "half-close", .port = 9000, .client = half_client, .server = half_server};
const struct lab_scene lab_scene_reset = {
    .name = "reset", .port = 9000, .client = abort_client, .server = close_at_end};
