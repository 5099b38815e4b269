/*
 * Who one is in the sandbox: the maps of user and group ids of its user namespace, and the
 * capabilities over it.
 */
#ifndef VITRO_GATEWAY_SANDBOX_IDS_H
#define VITRO_GATEWAY_SANDBOX_IDS_H

#include <sys/types.h>

#include "base/assert.h"

/* Whether the calling process has a capability (CAP_...) in effect, as the kernel's security
 * modules see it too. */
bool sandbox_ids_can(int capability);

/* Gives up all capabilities but those whose bits are in `kept`, for good as far as this process
 * goes; an exec by root gets them back. */
void sandbox_ids_keep(uint64_t kept);

/*
 * Maps one user and one group to themselves in the calling process's own new user namespace: what
 * anybody may do. 0 or an errno value.
 */
WARN_UNUSED int sandbox_ids_map_self(uid_t uid, gid_t gid);

/*
 * Maps all ids that the caller's user namespace knows to themselves in the new user namespace of
 * process `pid`. Needs CAP_SETUID, CAP_SETGID, CAP_SETFCAP in the caller's. 0 or an errno value.
 */
WARN_UNUSED int sandbox_ids_map_all(pid_t pid);

/* Turns the text of a uid_map into one that maps each of its ids to itself. False: it is none, or
 * has no room in `cap` bytes. */
WARN_UNUSED bool sandbox_ids_identity(const char *map, char *out, size_t cap);

#endif
