/*
 * Every step of the sandbox has its words; every failure its cause.
 */
#define _GNU_SOURCE

#include "cli/explain.h"

#include <errno.h>
#include <string.h>

#include "support.h"

static void every_step_has_words_in_both_languages(void **state)
{
    (void)state;
    for (int step = 0; step < SANDBOX_STEP_COUNT; step++) {
        const char *en = explain_step((enum sandbox_step)step, LANG_EN);
        const char *zh = explain_step((enum sandbox_step)step, LANG_ZH);
        assert_true(strlen(en) > 3);
        assert_true(strlen(zh) > 2);
        assert_string_not_equal(en, zh);
    }
}

/* A host that forbids nothing. */
#define PLAIN                                                                                      \
    .userns_clone = DIAGNOSE_NONE, .userns_max = 1000, .netns_max = 1000, .mntns_max = 1000,       \
    .apparmor_restrict = DIAGNOSE_NONE, .has_proc = true, .has_user_namespaces = true,             \
    .has_net_namespaces = true, .has_tun_driver = true, .has_tun_module = true,                    \
    .has_resolv_conf = true

struct example {
    enum sandbox_step step;
    int error;
    enum explain_cause cause;
    struct diagnose_facts facts;
};

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct example *e = &examples[i];
        const struct sandbox_failure failure = {e->step, e->error};
        const enum explain_cause found = explain_find(&failure, &e->facts);
        if (found != e->cause) fail_msg("example %zu: %d, not %d", i, (int)found, (int)e->cause);
    }
}

static void a_user_namespace_is_forbidden(void **state)
{
    (void)state;
    const enum sandbox_step step = SANDBOX_USER_NAMESPACE;
    const struct example examples[] = {
        {step, ENOSPC, CAUSE_USERNS_LIMIT, {PLAIN}},
        {step, EINVAL, CAUSE_USERNS_NOT_BUILT, {PLAIN}},
        {step, ENOMEM, CAUSE_MEMORY, {PLAIN}},
        {step, EAGAIN, CAUSE_PROCESSES, {PLAIN}},
        {step, EMFILE, CAUSE_DESCRIPTORS, {PLAIN}},
        {step, EPERM, CAUSE_CHROOT, {PLAIN}}, /* nobody else is left */
        {step, EPERM, CAUSE_CHROOT, {PLAIN, .is_chroot = true}},
        {step, EPERM, CAUSE_UNMAPPED, {PLAIN, .is_unmapped = true}},
        {step, EPERM, CAUSE_FILTER, {PLAIN, .has_filter = true}},
        {step, EPERM, CAUSE_FILTER, {PLAIN, .forbids_unshare = true, .is_chroot = true}},
        {step, EPERM, CAUSE_DOCKER, {PLAIN, .forbids_unshare = true, .container = DIAGNOSE_DOCKER}},
        {step,
         EPERM,
         CAUSE_KUBERNETES,
         {PLAIN, .forbids_unshare = true, .container = DIAGNOSE_KUBERNETES}},
        {step, EACCES, CAUSE_SELINUX, {PLAIN, .is_selinux = true}},
        {step, EACCES, CAUSE_UNKNOWN, {PLAIN}},
        {step, EIO, CAUSE_UNKNOWN, {PLAIN}},
        {step, ENOSYS, CAUSE_WSL1, {PLAIN, .is_wsl1 = true}},
        {step, EPERM, CAUSE_GVISOR, {PLAIN, .is_gvisor = true}},
    };
    check(examples, ARRAY_COUNT(examples));
}

static void a_switch_is_named(void **state)
{
    (void)state;
    struct example debian = {SANDBOX_USER_NAMESPACE, EPERM, CAUSE_USERNS_CLONE, {PLAIN}};
    debian.facts.userns_clone = 0;
    struct example no_user = {SANDBOX_USER_NAMESPACE, ENOSPC, CAUSE_USERNS_OFF, {PLAIN}};
    no_user.facts.userns_max = 0;
    struct example no_net = {SANDBOX_NETWORK_NAMESPACE, ENOSPC, CAUSE_NETNS_OFF, {PLAIN}};
    no_net.facts.netns_max = 0;
    struct example no_conf = {SANDBOX_RESOLV_CONF, EINVAL, CAUSE_NO_RESOLV_CONF, {PLAIN}};
    no_conf.facts.has_resolv_conf = false;
    struct example no_proc = {SANDBOX_ID_MAP, ENOENT, CAUSE_NO_PROC, {PLAIN}};
    no_proc.facts.has_proc = false;
    check(&debian, 1);
    check(&no_user, 1);
    check(&no_net, 1);
    check(&no_conf, 1);
    check(&no_proc, 1);
}

static void apparmor_takes_the_rights_away(void **state)
{
    (void)state;
    struct example examples[] = {
        {SANDBOX_CAPABILITIES, EPERM, CAUSE_APPARMOR_ELSEWHERE, {PLAIN}},
        {SANDBOX_CAPABILITIES, EPERM, CAUSE_APPARMOR_NO_PROFILE, {PLAIN, .is_at_home = true}},
        {SANDBOX_CAPABILITIES,
         EPERM,
         CAUSE_APPARMOR_NOT_LOADED,
         {PLAIN, .is_at_home = true, .has_profile = true}},
        {SANDBOX_USER_NAMESPACE, EACCES, CAUSE_APPARMOR_ELSEWHERE, {PLAIN}}, /* 23.10 */
        {SANDBOX_CAPABILITIES,
         EPERM,
         CAUSE_UNKNOWN,
         {PLAIN, .is_confined = true, .is_ours = true, .is_at_home = true}},
        {SANDBOX_CAPABILITIES, EPERM, CAUSE_CONFINED, {PLAIN, .is_confined = true}},
        {SANDBOX_MOUNT_NAMESPACE,
         EACCES,
         CAUSE_DOCKER,
         {PLAIN, .is_confined = true, .container = DIAGNOSE_DOCKER}},
    };
    for (size_t i = 0; i < ARRAY_COUNT(examples); i++) examples[i].facts.apparmor_restrict = 1;
    check(examples, ARRAY_COUNT(examples));
}

static void other_namespaces_fail(void **state)
{
    (void)state;
    const struct example examples[] = {
        {SANDBOX_NETWORK_NAMESPACE, ENOSPC, CAUSE_NETNS_LIMIT, {PLAIN}},
        {SANDBOX_NETWORK_NAMESPACE, EINVAL, CAUSE_NETNS_NOT_BUILT, {PLAIN}},
        {SANDBOX_NETWORK_NAMESPACE, EPERM, CAUSE_FILTER, {PLAIN, .has_filter = true}},
        {SANDBOX_NETWORK_NAMESPACE, EPERM, CAUSE_UNKNOWN, {PLAIN}},
        {SANDBOX_MOUNT_NAMESPACE, ENOSPC, CAUSE_MNTNS_LIMIT, {PLAIN}},
        {SANDBOX_MOUNT_NAMESPACE, EINVAL, CAUSE_CHROOT, {PLAIN, .is_chroot = true}},
        {SANDBOX_MOUNT_NAMESPACE, EINVAL, CAUSE_UNKNOWN, {PLAIN}},
        {SANDBOX_ID_MAP, EPERM, CAUSE_UNMAPPED, {PLAIN, .is_unmapped = true}},
        {SANDBOX_ID_MAP, EROFS, CAUSE_PROC_READ_ONLY, {PLAIN}},
        {SANDBOX_ID_MAP, EIO, CAUSE_UNKNOWN, {PLAIN}},
    };
    check(examples, ARRAY_COUNT(examples));
}

static void a_device_fails(void **state)
{
    (void)state;
    struct example no_driver = {SANDBOX_TUN_OPEN, ENOENT, CAUSE_TUN_MODULE, {PLAIN}};
    no_driver.facts.has_tun_driver = false;
    check(&no_driver, 1);
    no_driver.facts.has_tun_module = false;
    no_driver.cause = CAUSE_TUN_NOT_BUILT;
    check(&no_driver, 1);
    const struct example examples[] = {
        {SANDBOX_TUN_OPEN, ENOENT, CAUSE_TUN_NODE, {PLAIN}},
        {SANDBOX_TUN_OPEN, ENODEV, CAUSE_TUN_MODULE, {PLAIN}},
        {SANDBOX_TUN_OPEN, ENOENT, CAUSE_TUN_CONTAINER, {PLAIN, .container = DIAGNOSE_DOCKER}},
        {SANDBOX_TUN_OPEN, EPERM, CAUSE_TUN_CONTAINER, {PLAIN}},
        {SANDBOX_TUN_OPEN, EACCES, CAUSE_TUN_MODE, {PLAIN}},
        {SANDBOX_TUN_OPEN, EIO, CAUSE_UNKNOWN, {PLAIN}},
        {SANDBOX_TUN_DEVICE, EBUSY, CAUSE_UNKNOWN, {PLAIN}},
        {SANDBOX_VETH, EOPNOTSUPP, CAUSE_VETH_MODULE, {PLAIN}},
        {SANDBOX_VETH, EPERM, CAUSE_FILTER, {PLAIN, .has_filter = true}},
        {SANDBOX_PACKET_SOCKET, EAFNOSUPPORT, CAUSE_PACKET_MODULE, {PLAIN}},
        {SANDBOX_ADDRESSES, EPERM, CAUSE_SELINUX, {PLAIN, .is_selinux = true}},
        {SANDBOX_RESOLV_CONF, EACCES, CAUSE_CONFINED, {PLAIN, .is_confined = true}},
        {SANDBOX_FORK, EAGAIN, CAUSE_PROCESSES, {PLAIN}},
        {SANDBOX_EXEC, EIO, CAUSE_UNKNOWN, {PLAIN}},
    };
    check(examples, ARRAY_COUNT(examples));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_has_words_in_both_languages),
        cmocka_unit_test(a_user_namespace_is_forbidden),
        cmocka_unit_test(a_switch_is_named),
        cmocka_unit_test(apparmor_takes_the_rights_away),
        cmocka_unit_test(other_namespaces_fail),
        cmocka_unit_test(a_device_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
