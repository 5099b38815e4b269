/*
 * Processes below a process: who they are, and their end.
 */
#ifndef VITRO_GATEWAY_SANDBOX_TREE_H
#define VITRO_GATEWAY_SANDBOX_TREE_H

#include <sys/types.h>

#include "base/assert.h"

/* Processes that one look finds, at most. Who is not found is found by the next look. */
#define SANDBOX_TREE_MAX 4096

/* The children of a process, ended ones that nobody waited for included. Returns their number, at
 * most `max`. */
uint32_t sandbox_tree_children(pid_t parent, pid_t *out, uint32_t max);

/* All processes below `root`, it not included, parents before their children. As above. */
uint32_t sandbox_tree_all(pid_t root, pid_t *out, uint32_t max);

/*
 * Sends SIGKILL to all children of the caller but those in `kept`. With a caller who is a subreaper
 * (PR_SET_CHILD_SUBREAPER) whatever they leave becomes its children: who waits for them and calls
 * this again until none are left has ended the whole tree. Returns the number of children found.
 */
uint32_t sandbox_tree_kill(const pid_t *kept, uint32_t kept_count);

/* The same, and waits for them, again and again until none are left. */
void sandbox_tree_end(const pid_t *kept, uint32_t kept_count);

#endif
