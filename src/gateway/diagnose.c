/*
 * Facts of the host, mostly out of /proc. A file that is missing or unreadable is a fact, too.
 *
 * A filter of a container is told by unshare(0): the kernel has nothing to do for it and nothing to
 * refuse, so a refusal comes from a filter that forbids unshare altogether (that of Docker). Those
 * that look at the argument (RestrictNamespaces= of systemd) are only suspected, by has_filter.
 *
 * A chroot is told by the mount table: it shows only what is below one's own root, so without a
 * mount at "/" the root is a directory in the middle of something. A chroot into a place where
 * something is mounted looks whole; then the first process's root, where we may see it, tells.
 */
#define _GNU_SOURCE /* unshare */

#include "gateway/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096
#define TEXT_BYTES_MAX 65536

/* The version that gVisor gives itself, whatever machine it is on. */
#define GVISOR_VERSION "#1 SMP Sun Jan 10 15:06:54 PST 2016"

static const char *at(const char *root, const char *path, char out[PATH_BYTES_MAX])
{
    (void)snprintf(out, PATH_BYTES_MAX, "%s%s", root, path);
    return out;
}

static bool exists(const char *root, const char *path)
{
    char full[PATH_BYTES_MAX];
    struct stat stat_;
    return stat(at(root, path, full), &stat_) == 0;
}

/* Reads a text, cut to `cap` - 1; false, and an empty one: it cannot be read. */
static bool read_text(const char *root, const char *path, char *out, size_t cap)
{
    char full[PATH_BYTES_MAX];
    const int fd = open(at(root, path, full), O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    bool is_good = fd >= 0;
    while (is_good && len < cap - 1) {
        const ssize_t n = read(fd, out + len, cap - 1 - len);
        if (n < 0) is_good = false;
        if (n <= 0) break;
        len += (size_t)n;
    }
    out[len] = '\0';
    if (fd >= 0) (void)close(fd);
    return is_good;
}

static int64_t read_number(const char *root, const char *path)
{
    char text[64];
    int64_t number;
    if (!read_text(root, path, text, sizeof text)) return DIAGNOSE_NONE;
    return sscanf(text, "%" SCNd64, &number) == 1 ? number : DIAGNOSE_NONE;
}

static bool contains(const char *root, const char *path, const char *what)
{
    char text[TEXT_BYTES_MAX];
    (void)read_text(root, path, text, sizeof text);
    return strstr(text, what) != NULL;
}

static void read_sysctls(struct diagnose_facts *facts, const char *root)
{
    facts->userns_clone = read_number(root, "/proc/sys/kernel/unprivileged_userns_clone");
    facts->userns_max = read_number(root, "/proc/sys/user/max_user_namespaces");
    facts->netns_max = read_number(root, "/proc/sys/user/max_net_namespaces");
    facts->mntns_max = read_number(root, "/proc/sys/user/max_mnt_namespaces");
    facts->apparmor_restrict =
        read_number(root, "/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    char range[64];
    facts->ping_low = 1;
    facts->ping_high = 0;
    if (read_text(root, "/proc/sys/net/ipv4/ping_group_range", range, sizeof range)) {
        (void)sscanf(range, "%" SCNd64 " %" SCNd64, &facts->ping_low, &facts->ping_high);
    }
}

/* What /proc/self/mountinfo says of the mount at "/". */
struct root_mount {
    bool is_known; /* the table could be read */
    bool is_there; /* and has such a mount */
    bool is_disk;  /* which is a whole file system of a disk */
};

/* A line: ID, parent, device, root, place, options, more of them, "-", type, source, ... */
static bool read_mount(const char *line, struct root_mount *mount)
{
    int root = 0; /* where it stands in the line: of any length */
    char place[8], source[8];
    if (sscanf(line, "%*s %*s %*s %n%*s %7s", &root, place) != 1) return false;
    if (strcmp(place, "/") != 0) return false;
    const char *dash = strstr(line, " - ");
    mount->is_there = true;
    mount->is_disk = strncmp(line + root, "/ ", 2) == 0 && dash != NULL &&
                     sscanf(dash, " - %*s %7s", source) == 1 && strncmp(source, "/dev/", 5) == 0;
    return true;
}

static struct root_mount read_root_mount(const char *root)
{
    char table[TEXT_BYTES_MAX];
    struct root_mount mount = {.is_known = false};
    mount.is_known = read_text(root, "/proc/self/mountinfo", table, sizeof table);
    for (const char *line = table; *line != '\0';) {
        if (read_mount(line, &mount)) break;
        line += strcspn(line, "\n");
        if (*line == '\n') line++;
    }
    return mount;
}

/* A virtual machine made of a container's image has the image's marks, but a disk of its own. */
static enum diagnose_container read_container(const char *root, bool has_disk)
{
    if (exists(root, "/var/run/secrets/kubernetes.io") ||
        contains(root, "/proc/self/cgroup", "kubepods")) {
        return DIAGNOSE_KUBERNETES;
    }
    const bool has_mark = exists(root, "/.dockerenv") || exists(root, "/run/.containerenv");
    if ((has_mark && !has_disk) || contains(root, "/proc/self/cgroup", "/docker")) {
        return DIAGNOSE_DOCKER;
    }
    const bool is_other =
        exists(root, "/run/systemd/container") || contains(root, "/proc/self/cgroup", "/lxc");
    return is_other ? DIAGNOSE_OTHER_CONTAINER : DIAGNOSE_NO_CONTAINER;
}

static bool is_chroot(const char *root, const struct root_mount *mount)
{
    if (mount->is_known && !mount->is_there) return true;
    char own[PATH_BYTES_MAX], first[PATH_BYTES_MAX];
    struct stat own_stat, first_stat;
    if (stat(at(root, "/proc/self/ns/mnt", own), &own_stat) != 0 ||
        stat(at(root, "/proc/1/ns/mnt", first), &first_stat) != 0 ||
        own_stat.st_ino != first_stat.st_ino) {
        return false; /* another mount namespace may well have another root */
    }
    if (stat(at(root, "/", own), &own_stat) != 0 ||
        stat(at(root, "/proc/1/root/", first), &first_stat) != 0) {
        return false;
    }
    return own_stat.st_dev != first_stat.st_dev || own_stat.st_ino != first_stat.st_ino;
}

static void read_apparmor(struct diagnose_facts *facts, const char *root)
{
    char label[256], path[PATH_BYTES_MAX], program[PATH_BYTES_MAX];
    bool is_read = read_text(root, "/proc/self/attr/apparmor/current", label, sizeof label);
    if (!is_read && exists(root, "/sys/module/apparmor"))
        is_read = read_text(root, "/proc/self/attr/current", label, sizeof label);
    facts->is_confined = is_read && label[0] != '\0' && strncmp(label, "unconfined", 10) != 0;
    facts->is_ours = facts->is_confined && strncmp(label, "vitro", 5) == 0 &&
                     strchr(" \n", label[5]) != NULL; /* or its end, which strchr finds as well */
    facts->has_profile = exists(root, "/etc/apparmor.d/vitro");
    const ssize_t len = readlink(at(root, "/proc/self/exe", path), program, sizeof program - 1);
    program[len > 0 ? len : 0] = '\0';
    facts->is_at_home =
        strcmp(program, "/usr/bin/vitro") == 0 || strcmp(program, "/usr/local/bin/vitro") == 0;
}

/* Whether a number is in an id map: lines of first, outside, count. */
static bool is_mapped(const char *map, uint32_t id)
{
    while (*map != '\0') {
        uint32_t first, outside, count;
        int used = 0;
        if (sscanf(map, "%" SCNu32 " %" SCNu32 " %" SCNu32 "%n", &first, &outside, &count, &used) !=
            3)
            return false;
        if (id >= first && id - first < count) return true;
        map += used;
        map += strspn(map, " \n");
    }
    return false;
}

static void read_ids(struct diagnose_facts *facts, const char *root)
{
    char users[4096], groups[4096];
    facts->is_root = geteuid() == 0;
    facts->group = (int64_t)getegid();
    if (!read_text(root, "/proc/self/uid_map", users, sizeof users)) return;
    if (!read_text(root, "/proc/self/gid_map", groups, sizeof groups)) return;
    facts->is_unmapped = !is_mapped(users, geteuid()) || !is_mapped(groups, getegid());
}

static void read_tun(struct diagnose_facts *facts, const char *root)
{
    char release[128], list[256];
    facts->has_tun_driver = exists(root, "/sys/module/tun") || exists(root, "/sys/class/misc/tun");
    facts->has_tun_module = facts->has_tun_driver;
    if (!read_text(root, "/proc/sys/kernel/osrelease", release, sizeof release)) return;
    release[strcspn(release, "\n")] = '\0';
    static const char *const names[] = {"tun.ko", "tun.ko.xz", "tun.ko.zst", "tun.ko.gz"};
    for (size_t i = 0; i < ARRAY_COUNT(names) && !facts->has_tun_module; i++) {
        (void)snprintf(list, sizeof list, "/lib/modules/%s/kernel/drivers/net/%s", release,
                       names[i]);
        facts->has_tun_module = exists(root, list);
    }
}

static void read_kernel(struct diagnose_facts *facts, const char *root)
{
    char release[256], full[PATH_BYTES_MAX];
    (void)read_text(root, "/proc/sys/kernel/osrelease", release, sizeof release);
    facts->is_wsl1 = strstr(release, "Microsoft") != NULL && strstr(release, "WSL2") == NULL;
    facts->is_gvisor = contains(root, "/proc/version", GVISOR_VERSION);
    facts->has_proc = exists(root, "/proc/self/status");
    facts->has_user_namespaces = exists(root, "/proc/self/ns/user");
    facts->has_net_namespaces = exists(root, "/proc/self/ns/net");
    facts->is_selinux = read_number(root, "/sys/fs/selinux/enforce") == 1;
    facts->has_filter = contains(root, "/proc/self/status", "\nSeccomp:\t2");
    struct statvfs proc;
    facts->is_proc_read_only =
        statvfs(at(root, "/proc/sys", full), &proc) == 0 && (proc.f_flag & ST_RDONLY) != 0;
}

void diagnose_read(struct diagnose_facts *facts, const char *root)
{
    const struct root_mount mount = read_root_mount(root);
    *facts = (struct diagnose_facts){.container = read_container(root, mount.is_disk)};
    read_sysctls(facts, root);
    read_kernel(facts, root);
    read_apparmor(facts, root);
    read_ids(facts, root);
    read_tun(facts, root);
    facts->is_chroot = is_chroot(root, &mount);
    facts->has_resolv_conf = exists(root, "/etc/resolv.conf");
    facts->forbids_unshare = unshare(0) != 0;
    struct rlimit limit;
    facts->descriptors_max = getrlimit(RLIMIT_NOFILE, &limit) != 0 ? 0
                             : limit.rlim_max > (rlim_t)INT64_MAX  ? INT64_MAX
                                                                   : (int64_t)limit.rlim_max;
}
