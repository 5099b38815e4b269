/*
 * A scene played for a test: what was seen of it.
 */
#ifndef VITRO_TESTS_LAB_FIXTURE_H
#define VITRO_TESTS_LAB_FIXTURE_H

#include "sim/lab.h"

struct lab_seen {
    uint64_t hash, count;
    uint64_t notes[SIM_ENDS]; /* of all packets at the client's and at the server's side */
    char flags[512];          /* at the client's side: ">S <S. >." */
    struct lab_report report;
};

/* Plays the scene of that name to its end. */
struct lab_seen lab_play(const char *name, bool is_v6);

/* The same over IPv4, with an exact fault besides those of the scene. */
struct lab_seen lab_play_fault(const char *name, const char *fault);

/* Demands these notes at the client's and at the server's side, in both IP versions. */
void lab_must_note(const char *name, uint64_t client, uint64_t server);

/* Demands these segments at the client's side, in both IP versions. */
void lab_must_show(const char *name, const char *flags);

#endif
