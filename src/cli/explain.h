/*
 * Why a sandbox could not be made, in words, and what to do about it: for `vitro run` when it
 * cannot start, and for `vitro doctor`.
 *
 * A cause is found from the step that failed, its errno value, and facts of the host; every cause
 * has one line that says what it is, and one that says what to do.
 */
#ifndef VITRO_CLI_EXPLAIN_H
#define VITRO_CLI_EXPLAIN_H

#include "cli/words.h"
#include "gateway/diagnose.h"
#include "gateway/sandbox.h"

/* What the step does, in a few words: "making a user namespace". */
const char *explain_step(enum sandbox_step step, enum lang lang);

/* The causes; each has sentences cause_X and fix_X in words_doctor.h. */
#define EXPLAIN_CAUSES(C)                                                                          \
    C(UNKNOWN, unknown)                                                                            \
    C(WSL1, wsl1)                                                                                  \
    C(GVISOR, gvisor)                                                                              \
    C(PROCESSES, processes)                                                                        \
    C(MEMORY, memory)                                                                              \
    C(DESCRIPTORS, descriptors)                                                                    \
    C(USERNS_CLONE, userns_clone)                                                                  \
    C(USERNS_OFF, userns_off)                                                                      \
    C(USERNS_LIMIT, userns_limit)                                                                  \
    C(USERNS_NOT_BUILT, userns_not_built)                                                          \
    C(NETNS_OFF, netns_off)                                                                        \
    C(NETNS_LIMIT, netns_limit)                                                                    \
    C(NETNS_NOT_BUILT, netns_not_built)                                                            \
    C(MNTNS_LIMIT, mntns_limit)                                                                    \
    C(DOCKER, docker)                                                                              \
    C(KUBERNETES, kubernetes)                                                                      \
    C(FILTER, filter)                                                                              \
    C(CHROOT, chroot)                                                                              \
    C(UNMAPPED, unmapped)                                                                          \
    C(APPARMOR_NO_PROFILE, apparmor_no_profile)                                                    \
    C(APPARMOR_NOT_LOADED, apparmor_not_loaded)                                                    \
    C(APPARMOR_ELSEWHERE, apparmor_elsewhere)                                                      \
    C(CONFINED, confined)                                                                          \
    C(SELINUX, selinux)                                                                            \
    C(NO_PROC, no_proc)                                                                            \
    C(PROC_READ_ONLY, proc_read_only)                                                              \
    C(TUN_CONTAINER, tun_container)                                                                \
    C(TUN_MODULE, tun_module)                                                                      \
    C(TUN_NODE, tun_node)                                                                          \
    C(TUN_NOT_BUILT, tun_not_built)                                                                \
    C(TUN_MODE, tun_mode)                                                                          \
    C(VETH_MODULE, veth_module)                                                                    \
    C(PACKET_MODULE, packet_module)                                                                \
    C(NO_RESOLV_CONF, no_resolv_conf)                                                              \
    C(NO_SECCOMP, no_seccomp)

#define EXPLAIN_ENUM(upper, lower) CAUSE_##upper,
enum explain_cause { EXPLAIN_CAUSES(EXPLAIN_ENUM) CAUSE_COUNT };

/* The cause of a failure. */
enum explain_cause explain_find(const struct sandbox_failure *failure,
                                const struct diagnose_facts *facts);

/* What it is, in a line. */
const char *explain_cause(enum explain_cause cause, enum lang lang);

/* What to do about it, in a line. */
const char *explain_fix(enum explain_cause cause, enum lang lang);

#endif
