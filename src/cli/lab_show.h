/*
 * Shows a scene while it plays: segments as tcpdump prints them, notes in the margin, states, and
 * the capture file.
 */
#ifndef VITRO_CLI_LAB_SHOW_H
#define VITRO_CLI_LAB_SHOW_H

#include <stdio.h>

#include "cli/words_lab.h"
#include "observe/print.h"

struct lab_show {
    enum lang lang;
    enum sim_end side; /* of the wire that is shown */
    bool is_both;      /* sides, each named */
    bool has_notes, has_states;
    FILE *out;
    FILE *file; /* the capture, or NULL */
    struct print print;
    char *line; /* PRINT_TEXT_BYTES */
    enum vitro_tcp_state state[SIM_ENDS];
};

/* Makes ready, with the fields up to `file` set; false without memory. */
WARN_UNUSED bool lab_show_init(struct lab_show *show);

/* Frees what that took; the files are the caller's. */
void lab_show_deinit(struct lab_show *show);

/* Shows a packet; a lab_watcher's function with a struct lab_show as its owner. */
void lab_show_seen(void *owner, const struct lab_sight *sight);

/* Shows the states of both ends if one has moved since they were last shown, and was wanted. */
void lab_show_states(struct lab_show *show, uint64_t now_us,
                     const enum vitro_tcp_state state[SIM_ENDS]);

/* Says what came of it all. */
void lab_show_report(struct lab_show *show, const struct lab_report *report);

#endif
