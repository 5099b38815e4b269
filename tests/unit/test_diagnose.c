/*
 * Facts out of a folder that looks like a host.
 */
#define _GNU_SOURCE

#include "gateway/diagnose.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static char host[] = "/tmp/vitro-diagnose-XXXXXX";

/* Makes the folders that a path needs. */
static void make_folders(char *path)
{
    for (char *at = strchr(path + sizeof host, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(path, 0755);
        *at = '/';
    }
}

static void put(const char *name, const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s%s", host, name);
    make_folders(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    (void)memcpy(host + sizeof host - 7, "XXXXXX", 6);
    return mkdtemp(host) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", host);
    return system(command);
}

static struct diagnose_facts read_host(void)
{
    struct diagnose_facts facts;
    diagnose_read(&facts, host);
    return facts;
}

static void what_is_missing_is_told(void **state)
{
    (void)state;
    const struct diagnose_facts facts = read_host();
    assert_int_equal(facts.userns_clone, DIAGNOSE_NONE);
    assert_int_equal(facts.userns_max, DIAGNOSE_NONE);
    assert_int_equal(facts.apparmor_restrict, DIAGNOSE_NONE);
    assert_int_equal(facts.container, DIAGNOSE_NO_CONTAINER);
    assert_false(facts.has_proc || facts.has_user_namespaces || facts.has_tun_module);
    assert_false(facts.is_chroot || facts.is_unmapped || facts.is_confined || facts.has_filter);
    assert_int_equal(facts.is_root, geteuid() == 0);
    assert_true(facts.descriptors_max > 0);
}

static void settings_are_numbers(void **state)
{
    (void)state;
    put("/proc/sys/kernel/unprivileged_userns_clone", "0\n");
    put("/proc/sys/user/max_user_namespaces", "63432\n");
    put("/proc/sys/user/max_net_namespaces", "7\n");
    put("/proc/sys/user/max_mnt_namespaces", "nonsense\n");
    put("/proc/sys/net/ipv4/ping_group_range", "0\t2147483647\n");
    const struct diagnose_facts facts = read_host();
    assert_int_equal(facts.userns_clone, 0);
    assert_int_equal(facts.userns_max, 63432);
    assert_int_equal(facts.netns_max, 7);
    assert_int_equal(facts.mntns_max, DIAGNOSE_NONE);
    assert_int_equal(facts.ping_low, 0);
    assert_int_equal(facts.ping_high, 2147483647);
}

static void kernels_are_known(void **state)
{
    (void)state;
    put("/proc/sys/kernel/osrelease", "4.4.0-19041-Microsoft\n");
    assert_true(read_host().is_wsl1);
    put("/proc/sys/kernel/osrelease", "5.15.90.1-microsoft-standard-WSL2\n");
    assert_false(read_host().is_wsl1);
    put("/proc/version", "Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016\n");
    assert_true(read_host().is_gvisor);
    put("/lib/modules/5.15.90.1-microsoft-standard-WSL2/kernel/drivers/net/tun.ko.zst", "");
    struct diagnose_facts facts = read_host();
    assert_true(facts.has_tun_module && !facts.has_tun_driver);
    put("/sys/module/tun/refcnt", "0\n");
    facts = read_host();
    assert_true(facts.has_tun_module && facts.has_tun_driver);
}

static void containers_are_known(void **state)
{
    (void)state;
    put("/.dockerenv", "");
    put("/proc/self/mountinfo", "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n");
    assert_int_equal(read_host().container, DIAGNOSE_NO_CONTAINER); /* a machine of its image */
    put("/proc/self/mountinfo", "520 512 0:63 / / rw,relatime master:1 - overlay overlay rw\n");
    assert_int_equal(read_host().container, DIAGNOSE_DOCKER);
    put("/proc/self/cgroup", "0::/kubepods.slice/x\n");
    assert_int_equal(read_host().container, DIAGNOSE_KUBERNETES);
    assert_false(read_host().is_chroot);
}

static void a_chroot_has_no_mount_at_its_root(void **state)
{
    (void)state;
    put("/proc/self/mountinfo", "30 25 0:5 / /proc rw - proc proc rw\n"
                                "31 25 0:6 / /dev rw - devtmpfs devtmpfs rw\n");
    assert_true(read_host().is_chroot);
    put("/proc/self/mountinfo", "30 25 0:5 / /proc rw - proc proc rw\n"
                                "25 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_false(read_host().is_chroot);
    /* a container whose root is a folder of the host: systemd-nspawn, LXC, Docker with vfs */
    put("/proc/self/mountinfo", "25 1 8:1 /var/lib/machines/one / rw - ext4 /dev/sda1 rw\n");
    assert_false(read_host().is_chroot);
    put("/proc/self/mountinfo", "25 1 8:1 /var/lib/machines/one /srv rw - ext4 /dev/sda1 rw\n");
    assert_true(read_host().is_chroot);
}

static void filters_and_profiles_are_seen(void **state)
{
    (void)state;
    put("/proc/self/status", "Name:\tx\nNoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n");
    put("/proc/self/attr/apparmor/current", "docker-default (enforce)\n");
    put("/sys/fs/selinux/enforce", "1");
    struct diagnose_facts facts = read_host();
    assert_true(facts.has_proc && facts.has_filter && facts.is_confined && facts.is_selinux);
    assert_false(facts.is_ours || facts.has_profile);
    put("/proc/self/attr/apparmor/current", "vitro (unconfined)\n");
    put("/etc/apparmor.d/vitro", "");
    facts = read_host();
    assert_true(facts.is_ours && facts.has_profile);
    put("/proc/self/attr/apparmor/current", "unconfined\n");
    put("/proc/self/status", "Seccomp:\t0\nx\nSeccomp:\t0\n");
    facts = read_host();
    assert_false(facts.is_confined || facts.is_ours || facts.has_filter);
}

static void ids_are_looked_up_in_the_maps(void **state)
{
    (void)state;
    char own[64];
    (void)snprintf(own, sizeof own, "%10u 1000 1\n", (unsigned)geteuid());
    put("/proc/self/uid_map", own);
    put("/proc/self/gid_map", "0 0 4294967295\n");
    assert_false(read_host().is_unmapped);
    (void)snprintf(own, sizeof own, "%u 1000 5\n", (unsigned)geteuid() + 1);
    put("/proc/self/uid_map", own);
    assert_true(read_host().is_unmapped);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(what_is_missing_is_told),
        CASE(settings_are_numbers),
        CASE(kernels_are_known),
        CASE(containers_are_known),
        CASE(a_chroot_has_no_mount_at_its_root),
        CASE(filters_and_profiles_are_seen),
        CASE(ids_are_looked_up_in_the_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
