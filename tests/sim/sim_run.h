/*
 * Runs one random network from its plan and judges how it went.
 */
#ifndef VITRO_TESTS_SIM_RUN_H
#define VITRO_TESTS_SIM_RUN_H

#include "sim_plan.h"

#define FAILURE_TEXT_MAX 256

enum run_log {
    RUN_LOG_NONE,
    RUN_LOG_LAST,
    RUN_LOG_ALL,
};

struct run_result {
    bool passed;
    char failure[FAILURE_TEXT_MAX]; /* what is wrong, if it has not passed */
    uint64_t digest;                /* of every packet seen at either end, with its fate and time */
    uint64_t steps;
    uint64_t virtual_us;
    uint64_t payload_bytes; /* that arrived at an application */
    uint64_t packets, lost;
    uint64_t segments, retransmits;
    uint32_t talks, complete;
};

/*
 * Runs a network, silently or with a line on stderr for each packet and event; or for the last of
 * them, when it is over.
 */
void run_network(const struct plan *plan, enum run_log log, struct run_result *result);

#endif
