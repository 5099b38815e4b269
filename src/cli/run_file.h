/*
 * A file that a run writes, which takes its place only when the program has started: until then
 * whatever stood there before still stands there.
 *
 * It is written beside its place and renamed. Devices, pipes, files in folders that cannot be
 * written to, and files that are open already (/dev/fd/3, /dev/stdout) are written where they are.
 */
#ifndef VITRO_CLI_RUN_FILE_H
#define VITRO_CLI_RUN_FILE_H

#include <limits.h>

#include "base/assert.h"

struct run_file {
    int fd;                   /* -1: none */
    char path[PATH_MAX];      /* its place, links followed */
    char temporary[PATH_MAX]; /* where it is meanwhile; "": in its place */
};

/* Opens a file to be written from its beginning. 0 or an errno value, and fd is -1. */
WARN_UNUSED int run_file_open(struct run_file *file, const char *path);

/* Puts it into its place. 0 or an errno value. With fd -1 there is nothing to do. */
WARN_UNUSED int run_file_keep(struct run_file *file);

/* Closes it; what was not kept is gone. */
void run_file_close(struct run_file *file);

#endif
