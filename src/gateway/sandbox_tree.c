/*
 * The process tree, read from /proc/PID/task/TID/children, or where the kernel has no such file
 * (CONFIG_PROC_CHILDREN) from the parent that every /proc/PID/stat names.
 *
 * A pid is only certain while nobody can have waited for it, which holds for one's own children. So
 * only those are killed, generation by generation: the last of a dead parent come up as orphans.
 */
#define _GNU_SOURCE /* openat, O_CLOEXEC */

#include "gateway/sandbox_tree.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct found {
    pid_t *pids;
    uint32_t count, max;
};

static void add(struct found *found, pid_t pid)
{
    if (found->count < found->max) found->pids[found->count++] = pid;
}

/* Adds the pids of a children file: decimal numbers with a space behind each. False: no such
 * file. */
static bool add_children_of_thread(struct found *found, pid_t pid, const char *thread)
{
    char path[64], block[512];
    (void)snprintf(path, sizeof path, "/proc/%d/task/%.16s/children", (int)pid, thread);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    pid_t number = 0;
    for (;;) {
        const ssize_t got = read(fd, block, sizeof block);
        if (got <= 0) break;
        for (ssize_t i = 0; i < got; i++) {
            if (isdigit((unsigned char)block[i])) {
                number = number * 10 + (block[i] - '0');
            } else if (number > 0) {
                add(found, number);
                number = 0;
            }
        }
    }
    (void)close(fd);
    return true;
}

/* False: this kernel has no children files. */
static bool add_children(struct found *found, pid_t pid)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (threads == NULL) return true; /* it has ended */
    bool is_known = false, is_empty = true;
    for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        is_empty = false;
        if (add_children_of_thread(found, pid, entry->d_name)) is_known = true;
    }
    (void)closedir(threads);
    if (is_known || is_empty) return true;
    return access("/proc/thread-self/children", F_OK) == 0; /* else this one has just ended */
}

/* The parent of a process from its stat: `pid (name) state parent`, where a name may hold anything.
 * 0: it has ended. */
static pid_t parent_of(const char *pid)
{
    char path[64], stat[512];
    (void)snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    const ssize_t got = read(fd, stat, sizeof stat - 1);
    (void)close(fd);
    if (got <= 0) return 0;
    stat[got] = '\0';
    const char *end = strrchr(stat, ')');
    if (end == NULL || strlen(end) < 5) return 0;
    return (pid_t)strtol(end + 4, NULL, 10);
}

static void add_children_slowly(struct found *found, pid_t pid)
{
    DIR *all = opendir("/proc");
    if (all == NULL) return;
    for (const struct dirent *entry; (entry = readdir(all)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        if (parent_of(entry->d_name) == pid) add(found, (pid_t)strtol(entry->d_name, NULL, 10));
    }
    (void)closedir(all);
}

uint32_t sandbox_tree_children(pid_t parent, pid_t *out, uint32_t max)
{
    struct found found = {.pids = out, .max = max};
    if (!add_children(&found, parent)) add_children_slowly(&found, parent);
    return found.count;
}

uint32_t sandbox_tree_all(pid_t root, pid_t *out, uint32_t max)
{
    uint32_t count = sandbox_tree_children(root, out, max);
    for (uint32_t i = 0; i < count; i++)
        count += sandbox_tree_children(out[i], out + count, max - count);
    return count;
}

/* The caller's children but those in `kept`. */
static uint32_t children_but(const pid_t *kept, uint32_t kept_count, pid_t *out)
{
    uint32_t count = sandbox_tree_children(getpid(), out, SANDBOX_TREE_MAX);
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool is_kept = false;
        for (uint32_t k = 0; k < kept_count; k++) is_kept = is_kept || kept[k] == out[i];
        if (!is_kept) out[left++] = out[i];
    }
    return left;
}

uint32_t sandbox_tree_kill(const pid_t *kept, uint32_t kept_count)
{
    pid_t children[SANDBOX_TREE_MAX];
    const uint32_t count = children_but(kept, kept_count, children);
    for (uint32_t i = 0; i < count; i++) (void)kill(children[i], SIGKILL);
    return count;
}

void sandbox_tree_end(const pid_t *kept, uint32_t kept_count)
{
    pid_t children[SANDBOX_TREE_MAX];
    for (;;) {
        const uint32_t count = children_but(kept, kept_count, children);
        if (count == 0) return;
        for (uint32_t i = 0; i < count; i++) (void)kill(children[i], SIGKILL);
        for (uint32_t i = 0; i < count; i++)
            while (waitpid(children[i], NULL, 0) < 0 && errno == EINTR) continue;
    }
}
