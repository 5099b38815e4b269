/*
 * A child process unshares, maps its own ids, and works; its exit status is the answer. The errno
 * value of a failure is printed with it, since most that fails here is a system call.
 */
#define _GNU_SOURCE
#include "in_namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define STATUS_FORBIDDEN 77

void in_namespace_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: not true: %s (errno: %s)\n", file, line, what, strerror(errno));
    _exit(1);
}

void *in_namespace_shared(unsigned long bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) abort();
    return memory;
}

static bool write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    close(fd);
    return is_written;
}

static bool enter(void)
{
    char uid_map[32], gid_map[32];
    snprintf(uid_map, sizeof uid_map, "%u %u 1", geteuid(), geteuid());
    snprintf(gid_map, sizeof gid_map, "%u %u 1", getegid(), getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return false;
    return write_file("/proc/self/setgroups", "deny") &&
           write_file("/proc/self/uid_map", uid_map) && write_file("/proc/self/gid_map", gid_map);
}

enum in_namespace in_namespace_run(void (*body)(void *argument), void *argument)
{
    int status;
    fflush(NULL);
    const pid_t child = fork();
    if (child < 0) return IN_NAMESPACE_FAILED;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!enter()) _exit(STATUS_FORBIDDEN);
        body(argument);
        _exit(0);
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) return IN_NAMESPACE_FAILED;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_FORBIDDEN) return IN_NAMESPACE_FORBIDDEN;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? IN_NAMESPACE_DONE : IN_NAMESPACE_FAILED;
}
