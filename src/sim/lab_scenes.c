/*
 * The list of scenes, in the order of a course, and what is ordinary in all of them.
 */
#include "sim/lab_scenes.h"

#include <string.h>

#define LAB_DELAY_US   20000
#define LAB_SIZE_BYTES 20000
#define LAB_BACKLOG    16

const struct lab_scene *const lab_scenes[] = {
    &lab_scene_handshake,
    &lab_scene_upload,
    &lab_scene_telnet,
    &lab_scene_http,
    &lab_scene_close,
    &lab_scene_close_three,
    &lab_scene_close_both,
    &lab_scene_open_both,
    &lab_scene_half_close,
    &lab_scene_refused,
    &lab_scene_timeout,
    &lab_scene_delayed_ack,
    &lab_scene_loss,
    &lab_scene_rto,
    &lab_scene_reorder,
    &lab_scene_duplicate,
    &lab_scene_corrupt,
    &lab_scene_zero_window,
    &lab_scene_window_scale,
    &lab_scene_congestion,
    &lab_scene_syn_flood,
    &lab_scene_mtu,
    &lab_scene_keepalive,
    &lab_scene_reset,
    NULL,
};

const struct lab_scene *lab_scene_find(const char *name)
{
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        if (strcmp(lab_scenes[i]->name, name) == 0) return lab_scenes[i];
    }
    return NULL;
}

static bool act_takes_size(const struct lab_act *act)
{
    for (; act->op != LAB_DONE; act++) {
        if (act->op == LAB_SEND && act->text == NULL && act->amount == LAB_SIZE) return true;
    }
    return false;
}

bool lab_scene_takes_size(const struct lab_scene *scene)
{
    return act_takes_size(scene->client) || act_takes_size(scene->server);
}

void lab_config_default(struct lab_config *config, const struct lab_scene *scene, bool is_v6,
                        uint64_t seed)
{
    *config =
        (struct lab_config){.is_v6 = is_v6, .size_bytes = LAB_SIZE_BYTES, .backlog = LAB_BACKLOG};
    sim_net_config_default(&config->net, seed);
    for (int end = 0; end < SIM_ENDS; end++) {
        config->net.wire.way[end].delay_us = LAB_DELAY_US;
        config->net.wire.way[end].too_big = SIM_TOO_BIG_ROUTER;
    }
    for (size_t i = 0; i < ARRAY_COUNT(scene->rules) && scene->rules[i] != NULL; i++) {
        const bool is_rule = sim_fault_parse(scene->rules[i], &config->rule[config->rule_count]);
        ASSERT(is_rule);
        if (is_rule) config->rule_count++;
    }
    if (scene->adjust != NULL) scene->adjust(config);
}
