/*
 * Id maps and capabilities.
 *
 * A user namespace that is made without privilege may know one user and one group: its maker's. It
 * must give up setgroups() first, else a process could leave a group that is denied something.
 * Root's namespace knows all ids, so that chown, setuid and what package managers do work inside;
 * only a process outside may write that map, so the front does it for inner.
 *
 * Capabilities are read with capget() and not from /proc: a security module may hold back some
 * (AppArmor on Ubuntu 23.10 and later), and only capget() tells.
 */
#define _GNU_SOURCE /* syscall */

#include "gateway/sandbox_ids.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"

/* The kernel takes maps of less than a page. */
#define MAP_BYTES_MAX 4096

bool sandbox_ids_can(int capability)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return false;
    const unsigned bit = (unsigned)capability;
    return (data[bit / 32].effective >> (bit % 32) & 1) != 0;
}

void sandbox_ids_keep(uint64_t kept)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capget, &header, data) != 0) return;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        data[i].permitted &= (uint32_t)(kept >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    (void)syscall(SYS_capset, &header, data); /* less is always allowed */
}

/* Writes a file of /proc in one call, as maps must be. 0 or an errno value. */
static int write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const size_t len = strlen(text);
    const ssize_t written = write(fd, text, len);
    const int error = written == (ssize_t)len ? 0 : written < 0 ? errno : EIO;
    (void)close(fd);
    return error;
}

static int write_one(const char *path, unsigned id)
{
    char text[64];
    (void)snprintf(text, sizeof text, "%u %u 1\n", id, id);
    return write_file(path, text);
}

int sandbox_ids_map_self(uid_t uid, gid_t gid)
{
    const int error = write_file("/proc/self/setgroups", "deny");
    if (error != 0 && error != ENOENT) return error; /* before Linux 3.19 there was none */
    const int uid_error = write_one("/proc/self/uid_map", uid);
    return uid_error != 0 ? uid_error : write_one("/proc/self/gid_map", gid);
}

bool sandbox_ids_identity(const char *map, char *out, size_t cap)
{
    struct text text;
    text_init(&text, out, cap);
    while (*map != '\0') {
        uint32_t inside, outside, count;
        int used = 0;
        if (sscanf(map, "%" SCNu32 " %" SCNu32 " %" SCNu32 "%n", &inside, &outside, &count,
                   &used) != 3)
            return false;
        text_addf(&text, "%" PRIu32 " %" PRIu32 " %" PRIu32 "\n", inside, inside, count);
        map += used;
        while (*map == '\n' || *map == ' ') map++;
    }
    return text.len > 0 && !text.truncated;
}

/* Copies the map `name` of the caller's namespace to that of `pid`, as identity. */
static int copy_map(pid_t pid, const char *name)
{
    char path[64], map[MAP_BYTES_MAX], identity[MAP_BYTES_MAX];
    (void)snprintf(path, sizeof path, "/proc/self/%s", name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno;
    const ssize_t len = read(fd, map, sizeof map - 1);
    (void)close(fd);
    if (len < 0) return errno;
    map[len] = '\0';
    if (!sandbox_ids_identity(map, identity, sizeof identity)) return EINVAL;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return write_file(path, identity);
}

int sandbox_ids_map_all(pid_t pid)
{
    const int error = copy_map(pid, "uid_map");
    return error != 0 ? error : copy_map(pid, "gid_map");
}
