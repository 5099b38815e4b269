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
    if (stat(path, &status) != 0) return errno == ENOENT;
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

int run_file_open(struct run_file *file, const char *path)
{
    file->fd = -1;
    file->temporary[0] = '\0';
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
