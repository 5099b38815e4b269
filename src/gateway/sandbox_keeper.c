/*
 * The keeper waits for the ends of the front and of inner, whatever ends them. If it is still there
 * when both are gone, it kills whatever is inside, again and again until nothing is.
 *
 * Who is inside is told by the user namespace: what was started in one can make others below it,
 * but never leave it. (Without one, as root, by the network namespace.) The user who made a
 * namespace has every right over it, so no capability is needed. A process is held by its
 * directory of /proc while it is looked at and killed: no stranger can have its pid by then.
 *
 * Both are killed at once by who kills a process group (kill -9 %1, timeout -s KILL) or all of a
 * name (killall, pkill, with -f too). So the keeper is in a session of its own and has another
 * name. Nothing helps against who looks for it.
 *
 * References: pidfd_open(2), pidfd_send_signal(2), ioctl_ns(2).
 */
#define _GNU_SOURCE /* syscall */

#include "gateway/sandbox_keeper.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A user namespace lies in so many others, at most. */
#define DEPTH_MAX 33

#define NAP_NS 2000000

/* Which word behind the name in /proc/self/stat says where the command line is. */
#define STAT_ARGUMENTS 46

enum { FRONT, INNER, NAMESPACE, FD_COUNT };

struct keeper {
    int fds[FD_COUNT]; /* pidfds of both, and the sandbox's namespace */
    const char *kind;  /* that of the namespace: its file in a directory of /proc */
};

/* Opens the namespace that tells who is inside. */
static void open_namespace(struct keeper *keeper, const struct sandbox *sandbox)
{
    char path[64];
    struct stat own, other;
    (void)snprintf(path, sizeof path, "/proc/%d/ns/user", (int)sandbox->inner);
    keeper->kind = "ns/user";
    keeper->fds[NAMESPACE] = open(path, O_RDONLY | O_CLOEXEC);
    if (keeper->fds[NAMESPACE] >= 0 && fstat(keeper->fds[NAMESPACE], &other) == 0 &&
        stat("/proc/self/ns/user", &own) == 0 && own.st_ino != other.st_ino)
        return;
    if (keeper->fds[NAMESPACE] >= 0) (void)close(keeper->fds[NAMESPACE]);
    keeper->kind = "ns/net";
    keeper->fds[NAMESPACE] = fcntl(sandbox->netns_fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* Whether the process of this directory is in the namespace, or in one below it. */
static bool is_inside(const struct keeper *keeper, int process)
{
    struct stat ours, its;
    bool is_found = false;
    int fd = openat(process, keeper->kind, O_RDONLY | O_CLOEXEC);
    if (fstat(keeper->fds[NAMESPACE], &ours) != 0) ours.st_ino = 0;
    for (int depth = 0; depth < DEPTH_MAX && fd >= 0 && !is_found; depth++) {
        is_found = fstat(fd, &its) == 0 && its.st_dev == ours.st_dev && its.st_ino == ours.st_ino;
        const int parent = is_found ? -1 : ioctl(fd, NS_GET_PARENT);
        (void)close(fd);
        fd = parent;
    }
    if (fd >= 0) (void)close(fd);
    return is_found;
}

/* Kills all who are inside now; returns how many there were. */
static uint32_t kill_inside(const struct keeper *keeper)
{
    uint32_t count = 0;
    DIR *all = opendir("/proc");
    if (all == NULL) return 0;
    for (const struct dirent *entry; (entry = readdir(all)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        const int process = openat(dirfd(all), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (process < 0) continue;
        if (is_inside(keeper, process)) {
            (void)syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0);
            count++;
        }
        (void)close(process);
    }
    (void)closedir(all);
    return count;
}

/* Puts another name in the place of the command line. */
static void change_name(void)
{
    static const char name[] = SANDBOX_KEEPER_NAME;
    char text[1024] = "";
    (void)prctl(PR_SET_NAME, name);
    const int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    const ssize_t got = read(fd, text, sizeof text - 1);
    (void)close(fd);
    const char *at = got > 0 ? strrchr(text, ')') : NULL;
    for (int word = 0; at != NULL && word < STAT_ARGUMENTS; word++) at = strchr(at + 1, ' ');
    if (at == NULL) return;
    char *end;
    const uintptr_t first = (uintptr_t)strtoull(at, &end, 10);
    const uintptr_t last = (uintptr_t)strtoull(end, NULL, 10);
    if (first == 0 || last <= first) return; /* a user whom it is not told */
    memset((void *)first, 0, last - first);
    memcpy((void *)first, name, size_min(sizeof name, last - first) - 1);
}

__attribute__((noreturn)) static void keep(struct keeper *keeper)
{
    (void)setsid();
    change_name();
    (void)!chdir("/");
    /* Nothing else that is open is its business: the ends of pipes must be noticed. */
    for (int i = 0; i < FD_COUNT; i++) {
        if (dup2(keeper->fds[i], i) != i) _exit(1);
        keeper->fds[i] = i;
    }
    if (syscall(SYS_close_range, FD_COUNT, ~0u, 0) != 0) /* before Linux 5.9 */
        for (int fd = getdtablesize() - 1; fd >= FD_COUNT; fd--) (void)close(fd);
    for (int i = FRONT; i <= INNER; i++) {
        struct pollfd end = {.fd = keeper->fds[i], .events = POLLIN};
        while (poll(&end, 1, -1) != 1)
            if (errno != EINTR) _exit(1);
    }
    const struct timespec nap = {.tv_nsec = NAP_NS};
    while (kill_inside(keeper) > 0) (void)nanosleep(&nap, NULL);
    _exit(0);
}

pid_t sandbox_keeper_start(const struct sandbox *sandbox)
{
    struct keeper keeper;
    keeper.fds[FRONT] = (int)syscall(SYS_pidfd_open, getpid(), 0);
    keeper.fds[INNER] = (int)syscall(SYS_pidfd_open, sandbox->inner, 0);
    open_namespace(&keeper, sandbox);
    bool has_all = true;
    for (int i = 0; i < FD_COUNT; i++) has_all = has_all && keeper.fds[i] >= 0;
    const pid_t pid = has_all ? fork() : -1;
    if (pid == 0) keep(&keeper);
    for (int i = 0; i < FD_COUNT; i++)
        if (keeper.fds[i] >= 0) (void)close(keeper.fds[i]);
    return pid > 0 ? pid : 0;
}

void sandbox_keeper_end(pid_t keeper)
{
    if (keeper == 0 || waitpid(keeper, NULL, WNOHANG) != 0) return; /* somebody ended it */
    (void)kill(keeper, SIGKILL);
    while (waitpid(keeper, NULL, 0) < 0 && errno == EINTR) continue;
}
