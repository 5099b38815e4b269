/*
 * Inner, first half: makes namespaces, device, addresses and mounts, step by step, and reports.
 *
 *     unshare user  ->  look at the capabilities  ->  map ids  ->  unshare net, mount
 *                   ->  device  ->  addresses  ->  files  ->  READY with the descriptors
 *
 * Capabilities are looked at right after the first step: on Ubuntu 23.10 and later AppArmor lets
 * anybody make a user namespace, takes the capabilities over it away, and every later step would
 * fail for a reason that its errno does not tell.
 *
 * Where user namespaces are not to be had, whoever has CAP_SYS_ADMIN anyway (root in many
 * containers) goes on without.
 */
#define _GNU_SOURCE /* unshare */

#include "gateway/sandbox_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "gateway/sandbox_ids.h"
#include "gateway/sandbox_mount.h"
#include "gateway/sandbox_net.h"

void sandbox_inner_tell(const struct inner *inner, enum sandbox_message_kind kind, int value,
                        int other)
{
    const struct sandbox_message message = {.kind = kind, .value = value, .other = other};
    (void)sandbox_message_send(inner->control_fd, &message, NULL, 0);
}

__attribute__((noreturn)) static void fail(const struct inner *inner, enum sandbox_step step,
                                           int error)
{
    sandbox_inner_tell(inner, SANDBOX_FAILED, (int)step, error);
    _exit(1);
}

/* Has the front write a map of all ids; what it could not do is done for one's own. */
static int map_ids(const struct inner *inner)
{
    struct sandbox_message answer = {.value = EPERM};
    if (inner->uid == 0) {
        sandbox_inner_tell(inner, SANDBOX_NEEDS_MAP, 0, 0);
        if (sandbox_message_receive(inner->control_fd, true, &answer, NULL) != 0) _exit(1);
        if (answer.value == 0) return 0;
    }
    return sandbox_ids_map_self(inner->uid, inner->gid);
}

static bool is_master(void)
{
    return sandbox_ids_can(CAP_SYS_ADMIN) && sandbox_ids_can(CAP_NET_ADMIN);
}

static void enter_user_namespace(struct inner *inner)
{
    if (unshare(CLONE_NEWUSER) != 0) {
        if (!is_master()) fail(inner, SANDBOX_USER_NAMESPACE, errno);
        return;
    }
    inner->has_user_namespace = true;
    if (!is_master()) fail(inner, SANDBOX_CAPABILITIES, EPERM);
    const int error = map_ids(inner);
    if (error != 0) fail(inner, SANDBOX_ID_MAP, error);
}

static void enter_other_namespaces(const struct inner *inner)
{
    if (unshare(CLONE_NEWNET) != 0) fail(inner, SANDBOX_NETWORK_NAMESPACE, errno);
    if (unshare(CLONE_NEWNS) != 0) fail(inner, SANDBOX_MOUNT_NAMESPACE, errno);
    /* No mount of ours gets out; what the host mounts (a disk, an automounted home) gets in. */
    if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
        fail(inner, SANDBOX_MOUNT_NAMESPACE, errno);
}

static int make_device(const struct inner *inner, enum link_kind *kind)
{
    const struct sandbox_config *config = inner->config;
    struct sandbox_failure failure = {.step = SANDBOX_TUN_OPEN, .error = ENODEV};
    int fd = -1;
    if (config->device != SANDBOX_DEVICE_PACKET) {
        *kind = LINK_TAP;
        fd = sandbox_net_tap(config->mtu_bytes, &failure);
    }
    if (fd < 0 && config->device != SANDBOX_DEVICE_TAP) {
        *kind = LINK_PACKET;
        fd = sandbox_net_packet(config->mtu_bytes, &failure);
    }
    if (fd < 0) fail(inner, failure.step, failure.error);
    return fd;
}

static void report_ready(const struct inner *inner, enum link_kind kind, int link_fd, bool has_ip6)
{
    const int namespace_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    if (namespace_fd < 0) fail(inner, SANDBOX_NETWORK_NAMESPACE, errno);
    const struct sandbox_message ready = {
        .kind = SANDBOX_READY, .value = (int)kind, .other = has_ip6};
    const int fds[SANDBOX_MESSAGE_FDS] = {link_fd, namespace_fd};
    if (sandbox_message_send(inner->control_fd, &ready, fds, SANDBOX_MESSAGE_FDS) != 0) _exit(1);
    (void)close(link_fd);
    (void)close(namespace_fd);
}

void sandbox_inner_run(struct inner *inner)
{
    enum link_kind kind = LINK_TAP;
    bool has_ip6 = false;
    struct sandbox_failure failure = {.step = SANDBOX_ADDRESSES, .error = EIO};
    inner->uid = geteuid();
    inner->gid = getegid();
    /* Else /proc/self is not ours, if vitro's file is unreadable or has capabilities. */
    (void)prctl(PR_SET_DUMPABLE, 1);
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) fail(inner, SANDBOX_FORK, errno);
    enter_user_namespace(inner);
    enter_other_namespaces(inner);
    const int link_fd = make_device(inner, &kind);
    if (sandbox_net_configure(inner->config->addresses, &has_ip6, &failure) != 0)
        fail(inner, failure.step, failure.error);
    const int error = sandbox_mount(inner->config);
    if (error != 0) sandbox_inner_tell(inner, SANDBOX_WARNED, SANDBOX_RESOLV_CONF, error);
    report_ready(inner, kind, link_fd, has_ip6);

    struct sandbox_message word;
    if (sandbox_message_receive(inner->control_fd, true, &word, NULL) != 0) _exit(0);
    if (word.kind != SANDBOX_GO) _exit(0);
    sandbox_program_run(inner);
}
