/*
 * Scenes about what networks do to packets, and congestion control (RFC 5681, RFC 6298, RFC 6675).
 */
#include "sim/lab_scenes.h"

static const struct lab_act upload[] = {
    {.op = LAB_CONNECT}, {.op = LAB_SEND, .amount = LAB_SIZE}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};
static const struct lab_act upload_wait[] = {{.op = LAB_CONNECT},
                                             {.op = LAB_SEND, .amount = LAB_SIZE},
                                             {.op = LAB_WAIT, .amount = 3000000},
                                             {.op = LAB_CLOSE},
                                             {.op = LAB_DONE}};
static const struct lab_act until_end[] = {
    {.op = LAB_RECEIVE_END}, {.op = LAB_CLOSE}, {.op = LAB_DONE}};

static void adjust_tail(struct lab_config *config) { config->size_bytes = 7000; }

static void adjust_congestion(struct lab_config *config)
{
    config->size_bytes = 280000;
    config->net.wire.way[SIM_A].rate_bits = 2000000;
    config->net.wire.way[SIM_A].queue_packets = 10;
}

const struct lab_scene lab_scene_loss = {.name = "loss",
                                         .port = 9000,
                                         .client = upload,
                                         .server = until_end,
                                         .rules = {"drop data 4 from a"}};
const struct lab_scene lab_scene_rto = {.name = "rto",
                                        .port = 9000,
                                        .client = upload_wait,
                                        .server = until_end,
                                        .rules = {"drop data 4-5 from a"},
                                        .adjust = adjust_tail};
const struct lab_scene lab_scene_reorder = {.name = "reorder",
                                            .port = 9000,
                                            .client = upload,
                                            .server = until_end,
                                            .rules = {"reorder data 3 from a"},
                                            .adjust = adjust_tail};
const struct lab_scene lab_scene_duplicate = {.name = "duplicate",
                                              .port = 9000,
                                              .client = upload,
                                              .server = until_end,
                                              .rules = {"duplicate data 2 from a"},
                                              .adjust = adjust_tail};
const struct lab_scene lab_scene_corrupt = {.name = "corrupt",
                                            .port = 9000,
                                            .client = upload,
                                            .server = until_end,
                                            .rules = {"corrupt data 2 from a"}};
const struct lab_scene lab_scene_congestion = {.name = "congestion",
                                               .port = 9000,
                                               .shows_cwnd = true,
                                               .client = upload_wait,
                                               .server = until_end,
                                               .adjust = adjust_congestion};
