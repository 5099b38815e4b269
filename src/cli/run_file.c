/*
 * Files that take their place late.
 */
#define _GNU_SOURCE

#include "cli/run_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is appended cannot overwrite what another process has written meanwhile. */
#define FLAGS (O_WRONLY | O_CLOEXEC | O_APPEND)

/* Whether the file may be written beside its place: it is a plain file, or none yet. */
static bool is_plain(const char *path)
{
    struct stat status;
    /* What is still a link leads nowhere (/dev/stdout when it is closed), and is never replaced. */
    if (lstat(path, &status) != 0) return errno == ENOENT;
    return S_ISREG(status.st_mode);
}

static int open_beside(struct run_file *file)
{
    const int len =
        snprintf(file->temporary, sizeof file->temporary, "%s.part%ld", file->path, (long)getpid());
    if (len >= (int)sizeof file->temporary) return ENAMETOOLONG;
    file->fd = open(file->temporary, FLAGS | O_CREAT | O_EXCL, 0666);
    if (file->fd >= 0) return 0;
    file->temporary[0] = '\0';
    return errno;
}

static int open_in_place(struct run_file *file)
{
    file->fd = open(file->path, FLAGS | O_TRUNC);
    return file->fd >= 0 ? 0 : errno;
}

/* The descriptor of this process that a path such as /dev/fd/3 means; -1: none. */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};
    if (strcmp(path, "/dev/stdout") == 0) return STDOUT_FILENO;
    if (strcmp(path, "/dev/stderr") == 0) return STDERR_FILENO;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const size_t len = strlen(folders[i]);
        if (strncmp(path, folders[i], len) != 0) continue;
        char *end;
        const long fd = strtol(path + len, &end, 10);
        return end != path + len && *end == '\0' && fd >= 0 && fd <= INT_MAX ? (int)fd : -1;
    }
    return -1;
}

/* Whether the path means a plain file that is open already, which others may be writing to: it is
 * neither emptied nor replaced, and all writers share one place in it. */
static bool is_open_already(int fd)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

int run_file_open(struct run_file *file, const char *path)
{
    file->fd = -1;
    file->temporary[0] = '\0';
    const int descriptor = descriptor_of(path);
    if (is_open_already(descriptor)) {
        file->fd = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return file->fd >= 0 ? 0 : errno;
    }
    if (strlen(path) >= sizeof file->path) return ENAMETOOLONG;
    if (realpath(path, file->path) == NULL) {
        (void)snprintf(file->path, sizeof file->path, "%s", path); /* it is not there yet */
    }
    if (!is_plain(file->path)) return open_in_place(file);
    const int error = open_beside(file);
    if (error == 0 || access(file->path, W_OK) != 0) return error;
    return open_in_place(file);
}

int run_file_keep(struct run_file *file)
{
    if (file->fd < 0 || file->temporary[0] == '\0') return 0;
    if (rename(file->temporary, file->path) != 0) return errno;
    file->temporary[0] = '\0';
    return 0;
}

void run_file_close(struct run_file *file)
{
    if (file->fd < 0) return;
    close(file->fd);
    file->fd = -1;
    if (file->temporary[0] != '\0') (void)unlink(file->temporary);
}
