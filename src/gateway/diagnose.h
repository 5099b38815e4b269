/*
 * Facts of the host that decide whether a sandbox can be made: settings, limits, modules, who
 * watches over us. Nothing is judged here; cli/explain.h does that.
 *
 * References: user_namespaces(7), network_namespaces(7), proc_sys_user(5), seccomp(2); Linux
 * Documentation/admin-guide/LSM/apparmor.
 */
#ifndef VITRO_GATEWAY_DIAGNOSE_H
#define VITRO_GATEWAY_DIAGNOSE_H

#include "base/assert.h"

/* A number of /proc that this kernel does not have. */
#define DIAGNOSE_NONE (-1)

/* In what kind of container we are. */
enum diagnose_container {
    DIAGNOSE_NO_CONTAINER,
    DIAGNOSE_DOCKER, /* or what looks like it: podman, which has the same options */
    DIAGNOSE_KUBERNETES,
    DIAGNOSE_OTHER_CONTAINER, /* LXC, systemd-nspawn, ... */
};

struct diagnose_facts {
    /* sysctls; DIAGNOSE_NONE: no such thing here */
    int64_t userns_clone;      /* kernel.unprivileged_userns_clone: 0 forbids (Debian) */
    int64_t userns_max;        /* user.max_user_namespaces */
    int64_t netns_max;         /* user.max_net_namespaces */
    int64_t mntns_max;         /* user.max_mnt_namespaces */
    int64_t apparmor_restrict; /* kernel.apparmor_restrict_unprivileged_userns (Ubuntu) */

    enum diagnose_container container;
    bool has_filter;      /* a seccomp filter watches this process */
    bool forbids_unshare; /* unshare(0), which does nothing, is refused: only a filter does that */
    bool is_chroot;       /* the root directory is not that of the mount namespace */
    bool is_unmapped;     /* the user or group has no number in this user namespace */
    bool is_selinux;      /* enforcing */
    bool is_confined;     /* AppArmor has a profile for this process, which confines it */
    bool is_ours;         /* and that is the profile "vitro" */
    bool has_profile;     /* /etc/apparmor.d/vitro is there */
    bool is_at_home;      /* the program is where that profile says */
    bool is_wsl1, is_gvisor;
    bool has_proc;               /* /proc is mounted */
    bool is_proc_read_only;      /* /proc/sys at least */
    bool has_user_namespaces;    /* the kernel was built with them */
    bool has_net_namespaces;     /* likewise */
    bool has_tun_driver;         /* tun: loaded or built in */
    bool has_tun_module;         /* or on the disk, to be loaded */
    bool has_resolv_conf;        /* /etc/resolv.conf leads to a file */
    bool is_root;                /* effective user 0 */
    int64_t descriptors_max;     /* hard limit of open descriptors */
    int64_t ping_low, ping_high; /* groups that may ping: net.ipv4.ping_group_range */
    int64_t group;               /* ours */
};

/* Reads the facts. Files are looked up below `root`: "" for the host, else a folder (for tests);
 * what has no file (limits, ids, unshare) is always the process's own. */
void diagnose_read(struct diagnose_facts *facts, const char *root);

#endif
