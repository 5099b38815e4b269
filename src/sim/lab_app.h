/*
 * An application of a scene: a script followed act by act, as far as its socket allows.
 */
#ifndef VITRO_SIM_LAB_APP_H
#define VITRO_SIM_LAB_APP_H

#include "sim/lab.h"

/* What is sent in one piece at most, and a whole alphabet, so that it can begin at any letter. */
#define LAB_SEND_BYTES    65536
#define LAB_PATTERN_BYTES (LAB_SEND_BYTES + 26)

struct lab_app {
    struct sim_host *host;
    const struct lab_config *config;
    struct vitro_endpoint local, remote;
    bool connects; /* otherwise it listens on `local` */
    const struct lab_act *act;
    const uint8_t *pattern; /* LAB_PATTERN_BYTES: the alphabet over and over */
    bool has_begun;         /* the act */
    uint64_t begun_bytes;   /* sent or received when the act began */
    vitro_socket listener, socket;
    struct sim_event wake;
    struct lab_fate fate;
};

/* Begins the script at once; `app` must stay where it is. False: the stack refuses. */
WARN_UNUSED bool lab_app_begin(struct lab_app *app, uint64_t now_us);

/* A socket of the application's host became ready. */
void lab_app_ready(struct lab_app *app, const struct vitro_ready *ready, uint64_t now_us);

#endif
