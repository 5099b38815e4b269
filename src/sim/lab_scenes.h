/*
 * The scenes by name, one file for each family: lab_scene_open.c, _data.c, _loss.c, _close.c.
 */
#ifndef VITRO_SIM_LAB_SCENES_H
#define VITRO_SIM_LAB_SCENES_H

#include "sim/lab.h"

extern const struct lab_scene lab_scene_handshake;
extern const struct lab_scene lab_scene_upload;
extern const struct lab_scene lab_scene_telnet;
extern const struct lab_scene lab_scene_http;
extern const struct lab_scene lab_scene_close;
extern const struct lab_scene lab_scene_close_three;
extern const struct lab_scene lab_scene_close_both;
extern const struct lab_scene lab_scene_open_both;
extern const struct lab_scene lab_scene_half_close;
extern const struct lab_scene lab_scene_refused;
extern const struct lab_scene lab_scene_timeout;
extern const struct lab_scene lab_scene_delayed_ack;
extern const struct lab_scene lab_scene_loss;
extern const struct lab_scene lab_scene_rto;
extern const struct lab_scene lab_scene_reorder;
extern const struct lab_scene lab_scene_duplicate;
extern const struct lab_scene lab_scene_corrupt;
extern const struct lab_scene lab_scene_zero_window;
extern const struct lab_scene lab_scene_window_scale;
extern const struct lab_scene lab_scene_congestion;
extern const struct lab_scene lab_scene_syn_flood;
extern const struct lab_scene lab_scene_mtu;
extern const struct lab_scene lab_scene_keepalive;
extern const struct lab_scene lab_scene_reset;

#endif
