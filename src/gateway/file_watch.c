/*
 * Watching a file by inotify.
 *
 * It may be written in place, be replaced by another file, be a link that is turned round, or a
 * link to a file that is written or replaced; in a container it is a mount of its own, whose writes
 * its directory does not tell of. So three things are watched: the directory of the path, that of
 * the file it leads to, and this file. After each event the places are found anew; to watch one
 * twice does no harm. What happens to others in these directories is told as well.
 */
#define _GNU_SOURCE /* inotify_init1, realpath */

#include "gateway/file_watch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS (IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO)

static void watch_directory_of(int fd, const char *path)
{
    char directory[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const size_t len = slash != NULL ? (size_t)(slash - path) + 1 : 0;
    if (len == 0 || len >= sizeof directory) return;
    memcpy(directory, path, len);
    directory[len] = '\0';
    (void)inotify_add_watch(fd, directory, EVENTS);
}

/* What cannot be watched is not noticed. */
static void watch_places(int fd, const char *path)
{
    char target[PATH_MAX];
    watch_directory_of(fd, path);
    if (realpath(path, target) == NULL) return;
    watch_directory_of(fd, target);
    (void)inotify_add_watch(fd, target, EVENTS);
}

int file_watch_open(const char *path)
{
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd >= 0) watch_places(fd, path);
    return fd;
}

void file_watch_take(int fd, const char *path)
{
    char events[4096];
    while (read(fd, events, sizeof events) > 0) continue; /* which it was tells nothing */
    watch_places(fd, path);
}
