/*
 * Short lines about packets and events, all of them or the last few: for failures.
 */
#ifndef VITRO_TESTS_SIM_LOG_H
#define VITRO_TESTS_SIM_LOG_H

#include "base/text.h"
#include "sim/sim_net.h"

#define LOG_LINES      60
#define LOG_LINE_BYTES 200

struct sim_log {
    bool is_on;     /* else nothing is formatted */
    bool is_direct; /* every line to stderr at once; else the last ones are kept */
    uint64_t start_us;
    uint64_t count;
    char line[LOG_LINES][LOG_LINE_BYTES];
};

/* Logs a packet at its sender, and at its receiver if something happened to it on the way. */
void log_sighting(struct sim_log *log, const struct sim_sighting *sighting);

/* Logs what a stack tells; drops and state moves most of all. */
void log_event(struct sim_log *log, enum sim_end end, const struct vitro_event *event);

/* Writes the lines that were kept to stderr. */
void log_print(const struct sim_log *log);

#endif
