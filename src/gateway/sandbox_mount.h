/*
 * Files of the host that are others inside: resolv.conf, nsswitch.conf, and the sockets by which
 * the C library would ask a resolver of the host.
 */
#ifndef VITRO_GATEWAY_SANDBOX_MOUNT_H
#define VITRO_GATEWAY_SANDBOX_MOUNT_H

#include "gateway/sandbox.h"

/*
 * Lays the texts of the configuration over the host's files, in the caller's own mount namespace,
 * of which it must be master (CAP_SYS_ADMIN). Nothing is written to a file system of the host. 0 or
 * an errno value: what could be done has been.
 */
WARN_UNUSED int sandbox_mount(const struct sandbox_config *config);

/* Lays them over once more where the host has put another file in the place of one. */
void sandbox_mount_again(void);

#endif
