/*
 * What vitro was started with is told from its own by FD_CLOEXEC: no descriptor that has it is
 * inherited, and all of ours have it.
 */
#define _GNU_SOURCE /* O_CLOEXEC */

#include "cli/run_descriptors.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

void run_descriptors_drop(void)
{
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = STDIN_FILENO; nothing >= 0 && fd <= STDOUT_FILENO; fd++) (void)dup2(nothing, fd);
    if (nothing >= 0) (void)close(nothing);
    DIR *all = opendir("/proc/self/fd");
    if (all == NULL) return;
    for (const struct dirent *entry; (entry = readdir(all)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        const int fd = (int)strtol(entry->d_name, NULL, 10);
        const int flags = fcntl(fd, F_GETFD);
        if (fd > STDERR_FILENO && flags >= 0 && (flags & FD_CLOEXEC) == 0) (void)close(fd);
    }
    (void)closedir(all);
}
