/*
 * The program's side of `vitro doctor`: makes the sandbox, with each device, and tells of every
 * step; and lets a program (vitro itself) look around inside a whole `vitro run`.
 */
#ifndef VITRO_CLI_DOCTOR_INSIDE_H
#define VITRO_CLI_DOCTOR_INSIDE_H

#include "cli/doctor_show.h"

/* The one argument of `vitro doctor` inside: not for users, and in no list. */
#define DOCTOR_FROM_INSIDE "--from-inside"

/* What has come of it. */
struct doctor_inside {
    bool works;
    enum link_kind kind;            /* if it works */
    struct sandbox_failure failure; /* else */
};

/* Tries the sandbox with each device and prints a line for each step. */
void doctor_try_sandbox(enum lang lang, const struct diagnose_facts *facts,
                        struct doctor_inside *inside);

/* Tries a whole `vitro run`, with this device, in a process of its own; prints a line. Whether a
 * program inside reached the built-in services by name. */
bool doctor_try_whole(enum lang lang, enum link_kind kind);

/* What runs inside: looks demo.vitro up and talks to each of its addresses. Returns the exit
 * status that doctor_try_whole() understands. */
int doctor_inside_main(void);

#endif
