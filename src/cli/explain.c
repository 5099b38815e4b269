/*
 * Steps of the sandbox in words, and causes.
 *
 * Facts are asked in the order of how sure they make: an errno value that has one reason (ENOSPC,
 * EINVAL), a switch that stands at "forbidden", a filter that was seen forbidding; and what is only
 * there, such as a security module that enforces something, comes last.
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include "cli/explain.h"

#include <errno.h>

#include "cli/words_doctor.h"
#include "cli/words_run.h"

const char *explain_step(enum sandbox_step step, enum lang lang)
{
    static const struct words *const words[SANDBOX_STEP_COUNT] = {
        [SANDBOX_DONE] = &word_run_step_done,
        [SANDBOX_FORK] = &word_run_step_fork,
        [SANDBOX_USER_NAMESPACE] = &word_run_step_user_namespace,
        [SANDBOX_ID_MAP] = &word_run_step_id_map,
        [SANDBOX_NETWORK_NAMESPACE] = &word_run_step_network_namespace,
        [SANDBOX_MOUNT_NAMESPACE] = &word_run_step_mount_namespace,
        [SANDBOX_CAPABILITIES] = &word_run_step_capabilities,
        [SANDBOX_TUN_OPEN] = &word_run_step_tun_open,
        [SANDBOX_TUN_DEVICE] = &word_run_step_tun_device,
        [SANDBOX_VETH] = &word_run_step_veth,
        [SANDBOX_PACKET_SOCKET] = &word_run_step_packet_socket,
        [SANDBOX_ADDRESSES] = &word_run_step_addresses,
        [SANDBOX_RESOLV_CONF] = &word_run_step_resolv_conf,
        [SANDBOX_EXEC] = &word_run_step_exec,
    };
    return word_text(lang, words[step]);
}

const char *explain_cause(enum explain_cause cause, enum lang lang)
{
#define CAUSE_WORDS(upper, lower) [CAUSE_##upper] = &word_cause_##lower,
    static const struct words *const words[CAUSE_COUNT] = {EXPLAIN_CAUSES(CAUSE_WORDS)};
    return word_text(lang, words[cause]);
}

const char *explain_fix(enum explain_cause cause, enum lang lang)
{
#define FIX_WORDS(upper, lower) [CAUSE_##upper] = &word_fix_##lower,
    static const struct words *const words[CAUSE_COUNT] = {EXPLAIN_CAUSES(FIX_WORDS)};
    return word_text(lang, words[cause]);
}

static bool is_refusal(int error) { return error == EPERM || error == EACCES; }

/* Whose seccomp filter it is. */
static enum explain_cause whose_filter(const struct diagnose_facts *facts)
{
    if (facts->container == DIAGNOSE_DOCKER) return CAUSE_DOCKER;
    return facts->container == DIAGNOSE_KUBERNETES ? CAUSE_KUBERNETES : CAUSE_FILTER;
}

static enum explain_cause which_apparmor(const struct diagnose_facts *facts)
{
    if (!facts->is_at_home) return CAUSE_APPARMOR_ELSEWHERE;
    return facts->has_profile ? CAUSE_APPARMOR_NOT_LOADED : CAUSE_APPARMOR_NO_PROFILE;
}

/* Who says no where the kernel itself would not. */
static enum explain_cause who_refuses(const struct diagnose_facts *facts)
{
    if (facts->forbids_unshare) return whose_filter(facts);
    if (facts->apparmor_restrict > 0 && !facts->is_ours && !facts->is_confined) {
        return which_apparmor(facts);
    }
    if (facts->container == DIAGNOSE_DOCKER && (facts->has_filter || facts->is_confined)) {
        return CAUSE_DOCKER;
    }
    if (facts->is_confined && !facts->is_ours) return CAUSE_CONFINED;
    if (facts->has_filter) return whose_filter(facts);
    return facts->is_selinux ? CAUSE_SELINUX : CAUSE_UNKNOWN;
}

static enum explain_cause of_user_namespace(int error, const struct diagnose_facts *facts)
{
    if (error == ENOSPC || error == EUSERS) {
        return facts->userns_max == 0 ? CAUSE_USERNS_OFF : CAUSE_USERNS_LIMIT;
    }
    if (error == EINVAL || error == ENOSYS) return CAUSE_USERNS_NOT_BUILT;
    if (!is_refusal(error)) return CAUSE_UNKNOWN;
    if (facts->userns_clone == 0) return CAUSE_USERNS_CLONE;
    if (facts->forbids_unshare) return whose_filter(facts);
    if (facts->is_chroot || !facts->has_proc) return CAUSE_CHROOT; /* without /proc: most likely */
    if (facts->is_unmapped) return CAUSE_UNMAPPED;
    const enum explain_cause cause = who_refuses(facts);
    /* Nobody else is there to refuse; and not every chroot can be seen from inside. */
    return cause == CAUSE_UNKNOWN && error == EPERM ? CAUSE_CHROOT : cause;
}

static enum explain_cause of_network_namespace(int error, const struct diagnose_facts *facts)
{
    if (error == ENOSPC || error == EUSERS) {
        return facts->netns_max == 0 ? CAUSE_NETNS_OFF : CAUSE_NETNS_LIMIT;
    }
    if (error == EINVAL || error == ENOSYS) return CAUSE_NETNS_NOT_BUILT;
    return is_refusal(error) ? who_refuses(facts) : CAUSE_UNKNOWN;
}

static enum explain_cause of_mount_namespace(int error, const struct diagnose_facts *facts)
{
    if (error == ENOSPC || error == EUSERS) return CAUSE_MNTNS_LIMIT;
    if (error == EINVAL && facts->is_chroot) return CAUSE_CHROOT; /* "/" is no mount there */
    return is_refusal(error) ? who_refuses(facts) : CAUSE_UNKNOWN;
}

static enum explain_cause of_id_map(int error, const struct diagnose_facts *facts)
{
    if (error == ENOENT && !facts->has_proc) return CAUSE_NO_PROC;
    if (error == EROFS) return CAUSE_PROC_READ_ONLY;
    if (!is_refusal(error)) return CAUSE_UNKNOWN;
    return facts->is_unmapped ? CAUSE_UNMAPPED : who_refuses(facts);
}

static enum explain_cause of_tun(int error, const struct diagnose_facts *facts)
{
    const bool is_container = facts->container != DIAGNOSE_NO_CONTAINER;
    if (error == EACCES) return CAUSE_TUN_MODE;
    if (error == EPERM) return CAUSE_TUN_CONTAINER; /* only its list of devices says that */
    if (error != ENOENT && error != ENODEV && error != ENXIO) return CAUSE_UNKNOWN;
    if (is_container) return CAUSE_TUN_CONTAINER;
    if (!facts->has_tun_module) return CAUSE_TUN_NOT_BUILT;
    return error == ENOENT && facts->has_tun_driver ? CAUSE_TUN_NODE : CAUSE_TUN_MODULE;
}

static enum explain_cause of_device(int error, const struct diagnose_facts *facts,
                                    enum explain_cause not_built)
{
    if (error == EOPNOTSUPP || error == EAFNOSUPPORT || error == EPROTONOSUPPORT || error == ENODEV)
        return not_built;
    return is_refusal(error) ? who_refuses(facts) : CAUSE_UNKNOWN;
}

static enum explain_cause of_resolv_conf(int error, const struct diagnose_facts *facts)
{
    if (!facts->has_resolv_conf) return CAUSE_NO_RESOLV_CONF;
    if (error == ENOENT && !facts->has_proc) return CAUSE_NO_PROC;
    return is_refusal(error) ? who_refuses(facts) : CAUSE_UNKNOWN;
}

enum explain_cause explain_find(const struct sandbox_failure *failure,
                                const struct diagnose_facts *facts)
{
    const int error = failure->error;
    if (facts->is_wsl1) return CAUSE_WSL1;
    if (facts->is_gvisor) return CAUSE_GVISOR;
    if (error == ENOMEM || error == ENOBUFS) return CAUSE_MEMORY;
    if (error == EAGAIN) return CAUSE_PROCESSES;
    if (error == EMFILE || error == ENFILE) return CAUSE_DESCRIPTORS;
    switch (failure->step) {
    case SANDBOX_USER_NAMESPACE: return of_user_namespace(error, facts);
    case SANDBOX_ID_MAP: return of_id_map(error, facts);
    case SANDBOX_NETWORK_NAMESPACE: return of_network_namespace(error, facts);
    case SANDBOX_MOUNT_NAMESPACE: return of_mount_namespace(error, facts);
    case SANDBOX_TUN_OPEN: return of_tun(error, facts);
    case SANDBOX_VETH:
        if (error == ENOENT && !facts->has_proc) return CAUSE_NO_PROC;
        return of_device(error, facts, CAUSE_VETH_MODULE);
    case SANDBOX_PACKET_SOCKET: return of_device(error, facts, CAUSE_PACKET_MODULE);
    case SANDBOX_RESOLV_CONF: return of_resolv_conf(error, facts);
    case SANDBOX_CAPABILITIES:
    case SANDBOX_TUN_DEVICE:
    case SANDBOX_ADDRESSES: return is_refusal(error) ? who_refuses(facts) : CAUSE_UNKNOWN;
    case SANDBOX_DONE:
    case SANDBOX_FORK:
    case SANDBOX_EXEC:
    case SANDBOX_STEP_COUNT: break;
    }
    return CAUSE_UNKNOWN;
}
