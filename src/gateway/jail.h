/*
 * What the gateway gives up once it is set up: capabilities, new privileges, most system calls, and
 * resources without limit. A program inside that finds a mistake in the gateway gets a process that
 * can talk to the network as it could itself, and nothing else.
 */
#ifndef VITRO_GATEWAY_JAIL_H
#define VITRO_GATEWAY_JAIL_H

#include "base/assert.h"

/* Raises the limit of open descriptors as far as it goes; returns it. Before jail_enter(). */
uint32_t jail_raise_descriptors(void);

/*
 * Drops all capabilities (root's too), sets no_new_privs, not dumpable, limits, and the seccomp
 * filter. 0 or an errno value: ENOSYS without seccomp. No way back.
 */
WARN_UNUSED int jail_enter(void);

#endif
