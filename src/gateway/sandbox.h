/*
 * The sandbox: a process tree in user, network and mount namespaces of its own.
 *
 *     front     the process that was started: waits, passes signals on, has the exit status
 *     inner     first process inside: makes the namespaces, the device and its addresses, starts
 *               the program, adopts its orphans (PR_SET_CHILD_SUBREAPER), ends with the last one
 *     gateway   beside them, in the host's namespaces (jail.h)
 *     keeper    waits for the ends of front and inner (sandbox_keeper.h)
 *
 * The program is a child of inner, in the process group and session of the front: the terminal is
 * its terminal, ctrl-C and ctrl-Z reach it directly. If the front is killed, inner kills all that
 * is inside; if inner is killed, the front does; if both are, the keeper.
 */
#ifndef VITRO_GATEWAY_SANDBOX_H
#define VITRO_GATEWAY_SANDBOX_H

#include <signal.h>
#include <sys/types.h>

#include "base/assert.h"
#include "gateway/policy.h"
#include "link/link.h"

/* Which device to use. */
enum sandbox_device {
    SANDBOX_DEVICE_AUTO,   /* a TAP; without a usable /dev/net/tun a packet socket */
    SANDBOX_DEVICE_TAP,    /* or fail */
    SANDBOX_DEVICE_PACKET, /* a veth pair and a packet socket, or fail */
};

/* The steps of setting up, in order: what failed, for messages and for vitro doctor. */
enum sandbox_step {
    SANDBOX_DONE,
    SANDBOX_FORK,
    SANDBOX_USER_NAMESPACE,    /* unshare(CLONE_NEWUSER) */
    SANDBOX_ID_MAP,            /* setgroups, uid_map, gid_map */
    SANDBOX_NETWORK_NAMESPACE, /* unshare(CLONE_NEWNET) */
    SANDBOX_MOUNT_NAMESPACE,   /* unshare(CLONE_NEWNS), so that no mount gets out */
    SANDBOX_CAPABILITIES,      /* those over the user namespace (AppArmor on Ubuntu takes them) */
    SANDBOX_TUN_OPEN,          /* open("/dev/net/tun") */
    SANDBOX_TUN_DEVICE,        /* TUNSETIFF and what follows */
    SANDBOX_VETH,              /* making the pair */
    SANDBOX_PACKET_SOCKET,
    SANDBOX_ADDRESSES,   /* addresses, routes, up */
    SANDBOX_RESOLV_CONF, /* mounts; only a warning */
    SANDBOX_EXEC,
    SANDBOX_STEP_COUNT,
};

/* What went wrong: the step and its errno value. */
struct sandbox_failure {
    enum sandbox_step step;
    int error;
};

struct sandbox_config {
    char *const *argv; /* the program and its arguments, NULL at the end */
    const struct policy_addresses *addresses;
    uint32_t mtu_bytes;
    enum sandbox_device device;
    const char *resolv_conf; /* the text to lay over /etc/resolv.conf */
    const char *nsswitch;    /* the same for /etc/nsswitch.conf; NULL: leave it */
};

/* How signals were before the front changed anything: the program gets them so. */
struct sandbox_signals {
    sigset_t mask;
    struct sigaction child; /* of SIGCHLD */
};

/* Children of the front that are not of the sandbox (the gateway), at most. */
#define SANDBOX_KEPT_MAX 16

struct sandbox {
    pid_t inner;    /* 0: has been waited for */
    pid_t program;  /* 0 before sandbox_start() */
    pid_t keeper;   /* 0: none */
    int control_fd; /* to inner; -1: closed */
    int signal_fd;  /* of the front, while it waits; -1: none */
    int netns_fd;   /* keeps the network when all inside have ended, for what is still to be sent */
    int link_fd;    /* the device, for the gateway: who takes it over sets this to -1 */
    enum link_kind link_kind;
    bool has_ip6;                   /* the namespace got its IPv6 address */
    struct sandbox_failure warning; /* something that can be lived without; SANDBOX_DONE: nothing */
    int ended_by_signal;            /* after sandbox_wait(): which ended the program; 0: none */
    struct sandbox_signals before;
    bool has_begun;               /* sandbox_start() was called: `kept` is known */
    pid_t kept[SANDBOX_KEPT_MAX]; /* children of the front then, but inner; 0: has ended */
};

/*
 * Makes the namespaces and the device, with everything ready for the program but not started.
 * 0, or -1 with `failure` filled in and nothing left behind. The program gets the signal mask, the
 * ignored signals, the umask, the limits and the working directory that the caller has now.
 */
WARN_UNUSED int sandbox_open(struct sandbox *sandbox, const struct sandbox_config *config,
                             struct sandbox_failure *failure);

/*
 * What the gateway's process does first, forked from the front after sandbox_open(): it ignores
 * every signal that can be, whatever the front's group is sent, so that a file that may not grow
 * (SIGXFSZ) is an error as others are, and lets go of the way to inner. It keeps
 * netns_fd, and link_fd for gateway_config.link_fd.
 */
void sandbox_gateway_begin(struct sandbox *sandbox);

/* Starts the program. Children of the front must have been forked before. 0, or -1: `failure` has
 * SANDBOX_EXEC and why (ENOENT, EACCES, ...), and all that was inside is gone. */
WARN_UNUSED int sandbox_start(struct sandbox *sandbox, struct sandbox_failure *failure);

/* What the front is told while it waits. */
struct sandbox_hooks {
    void *owner;
    /* The program has ended with this status, `others` processes are still inside; may be NULL. */
    void (*program_ended)(void *owner, int exit_status, uint32_t others);
    /* Another child of the front ended (the gateway); may be NULL. */
    void (*child_ended)(void *owner, pid_t pid, int wait_status);
    int watch_fd; /* waited for as well: when it is readable, `watched` is called; may be NULL */
    void (*watched)(void *owner);
};

/*
 * Waits until the last process inside has ended; passes signals on, stops when the program is
 * stopped. Returns the program's exit status, 128 + n if signal n ended it.
 */
int sandbox_wait(struct sandbox *sandbox, const struct sandbox_hooks *hooks);

/* Sends a signal to every process that is still inside; SIGKILL leaves none. */
void sandbox_signal_all(struct sandbox *sandbox, int signal);

/* Kills everything inside that is left, waits for it, and closes the descriptors. */
void sandbox_close(struct sandbox *sandbox);

#endif
