/*
 * The keeper: ends what is inside when neither the front nor inner is left to do it.
 */
#ifndef VITRO_GATEWAY_SANDBOX_KEEPER_H
#define VITRO_GATEWAY_SANDBOX_KEEPER_H

#include "gateway/sandbox.h"

/* What the keeper is called in lists of processes. */
#define SANDBOX_KEEPER_NAME "netns-keeper"

/* Starts it as a child of the front, which has blocked its signals, before the program runs.
 * Returns its pid; 0: there is none (a kernel before 5.3; no process to be had). */
WARN_UNUSED pid_t sandbox_keeper_start(const struct sandbox *sandbox);

/* Ends it: inner has been waited for, and nothing is left inside. 0: there is none. */
void sandbox_keeper_end(pid_t keeper);

#endif
