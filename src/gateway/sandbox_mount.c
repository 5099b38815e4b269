/*
 * Mounts inside: a tmpfs holds the new files; each is bound over the place that the host's name
 * leads to (a resolv.conf is often a link into /run). The tmpfs itself stands on some directory
 * only meanwhile: bound files keep it alive.
 *
 * Where there is no resolv.conf to bind over, or a link to nowhere, an overlay on /etc provides
 * one: of the host's /etc, with the tmpfs above it.
 *
 * The places are opened before the tmpfs is mounted, which may cover them, and mounted on by
 * descriptor.
 *
 * What covers a file falls off when the host puts another file in its place (rename(2) unmounts
 * whatever stands on what it replaces, in every namespace), and a host does so whenever its network
 * changes. So the new files are kept where nobody looks for others, to be laid over once more.
 */
#define _GNU_SOURCE /* O_PATH, mount, umount2 */

#include "gateway/sandbox_mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RESOLV_CONF, NSSWITCH, FILE_COUNT };

static const char *const names[FILE_COUNT] = {"resolv.conf", "nsswitch.conf"};

/* What answers for the host: directories, and sockets. */
static const char *const hidden[] = {
    "/run/nscd",
    "/var/run/nscd",
    "/run/systemd/resolve/io.systemd.Resolve",
    "/run/avahi-daemon/socket",
};

/* Where the new files are kept: a directory that nearly every kernel has, and nobody a use for. */
#define STORE "/proc/tty/driver"

/* Directories that are there on nearly every machine. */
static const char *const places[] = {"/tmp", "/mnt", "/run", "/var", "/usr", "/dev"};

struct mounts {
    const char *base; /* where the tmpfs is meanwhile */
    const char *text[FILE_COUNT];
    int target[FILE_COUNT]; /* what is to be covered; -1: nothing there */
    int hidden[ARRAY_COUNT(hidden)];
    bool is_overlay;
};

static void path_join(char *out, size_t cap, const char *base, const char *name)
{
    (void)snprintf(out, cap, "%s/%s", base, name);
}

static void open_targets(struct mounts *mounts)
{
    char path[64];
    for (int i = 0; i < FILE_COUNT; i++) {
        path_join(path, sizeof path, "/etc", names[i]);
        mounts->target[i] = open(path, O_PATH | O_CLOEXEC);
    }
    for (size_t i = 0; i < ARRAY_COUNT(hidden); i++)
        mounts->hidden[i] = open(hidden[i], O_PATH | O_CLOEXEC);
    mounts->is_overlay = mounts->text[RESOLV_CONF] != NULL && mounts->target[RESOLV_CONF] < 0;
}

static void close_targets(struct mounts *mounts)
{
    for (int i = 0; i < FILE_COUNT; i++)
        if (mounts->target[i] >= 0) (void)close(mounts->target[i]);
    for (size_t i = 0; i < ARRAY_COUNT(hidden); i++)
        if (mounts->hidden[i] >= 0) (void)close(mounts->hidden[i]);
}

static int mount_base(struct mounts *mounts)
{
    int error = ENOENT;
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        if (mount("vitro", places[i], "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") == 0) {
            mounts->base = places[i];
            return 0;
        }
        if (errno != ENOENT) error = errno;
    }
    return error;
}

static int make_directory(const struct mounts *mounts, const char *name)
{
    char path[64];
    path_join(path, sizeof path, mounts->base, name);
    if (mkdir(path, 0755) != 0) return errno;
    return chmod(path, 0755) == 0 ? 0 : errno; /* whatever the umask is */
}

static int make_file(const struct mounts *mounts, const char *directory, const char *name,
                     const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s/%s", mounts->base, directory, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) return errno;
    const size_t len = strlen(text);
    const ssize_t written = write(fd, text, len);
    int error = written == (ssize_t)len ? 0 : written < 0 ? errno : ENOSPC;
    if (fchmod(fd, 0644) != 0 && error == 0) error = errno;
    (void)close(fd);
    return error;
}

/* The new files; `empty` is a directory, `none` a file, to hide others with. */
static int make_files(const struct mounts *mounts)
{
    static const char *const directories[] = {"files", "work", "empty"};
    for (size_t i = 0; i < ARRAY_COUNT(directories); i++) {
        const int error = make_directory(mounts, directories[i]);
        if (error != 0) return error;
    }
    for (int i = 0; i < FILE_COUNT; i++) {
        if (mounts->text[i] == NULL) continue;
        const int error = make_file(mounts, "files", names[i], mounts->text[i]);
        if (error != 0) return error;
    }
    return make_file(mounts, ".", "none", "");
}

/* Binds a file or directory of the tmpfs over what `fd` is. */
static int cover(const struct mounts *mounts, const char *name, int fd)
{
    char source[64], target[64];
    path_join(source, sizeof source, mounts->base, name);
    (void)snprintf(target, sizeof target, "/proc/self/fd/%d", fd);
    return mount(source, target, NULL, MS_BIND, NULL) == 0 ? 0 : errno;
}

static int cover_etc(const struct mounts *mounts)
{
    char options[256];
    (void)snprintf(options, sizeof options,
                   "lowerdir=/etc,upperdir=%s/files,workdir=%s/work,userxattr", mounts->base,
                   mounts->base);
    if (mount("vitro", "/etc", "overlay", MS_NOSUID | MS_NODEV, options) == 0) return 0;
    if (errno != EINVAL) return errno;
    *strrchr(options, ',') = '\0'; /* before Linux 5.11, where it is allowed at all */
    return mount("vitro", "/etc", "overlay", MS_NOSUID | MS_NODEV, options) == 0 ? 0 : errno;
}

static int cover_files(const struct mounts *mounts)
{
    if (mounts->is_overlay) return cover_etc(mounts);
    int error = 0;
    for (int i = 0; i < FILE_COUNT; i++) {
        if (mounts->text[i] == NULL || mounts->target[i] < 0) continue;
        char name[64];
        path_join(name, sizeof name, "files", names[i]);
        const int failed = cover(mounts, name, mounts->target[i]);
        if (error == 0) error = failed;
    }
    return error;
}

/* Where it cannot be, the files are laid over this once. */
static void keep_files(const struct mounts *mounts)
{
    char source[64];
    path_join(source, sizeof source, mounts->base, "files");
    (void)mount(source, STORE, NULL, MS_BIND, NULL);
}

static int hide(const struct mounts *mounts)
{
    int error = 0;
    for (size_t i = 0; i < ARRAY_COUNT(hidden); i++) {
        struct stat stat;
        if (mounts->hidden[i] < 0 || fstat(mounts->hidden[i], &stat) != 0) continue;
        const int failed =
            cover(mounts, S_ISDIR(stat.st_mode) ? "empty" : "none", mounts->hidden[i]);
        if (error == 0) error = failed;
    }
    return error;
}

int sandbox_mount(const struct sandbox_config *config)
{
    struct mounts mounts = {.text = {config->resolv_conf, config->nsswitch}};
    open_targets(&mounts);
    int error = mount_base(&mounts);
    if (error == 0) {
        error = make_files(&mounts);
        if (error == 0) error = cover_files(&mounts);
        if (error == 0 && !mounts.is_overlay) keep_files(&mounts);
        const int unhidden = hide(&mounts);
        if (error == 0) error = unhidden;
        (void)umount2(mounts.base, MNT_DETACH);
    }
    close_targets(&mounts);
    return error;
}

void sandbox_mount_again(void)
{
    const struct mounts mounts = {.base = STORE};
    for (int i = 0; i < FILE_COUNT; i++) {
        char path[64];
        struct stat kept, there;
        path_join(path, sizeof path, STORE, names[i]);
        if (stat(path, &kept) != 0) continue;
        path_join(path, sizeof path, "/etc", names[i]);
        const int fd = open(path, O_PATH | O_CLOEXEC);
        if (fd < 0) continue; /* it is about to come */
        const bool is_ours =
            fstat(fd, &there) == 0 && there.st_dev == kept.st_dev && there.st_ino == kept.st_ino;
        if (!is_ours) (void)cover(&mounts, names[i], fd);
        (void)close(fd);
    }
}
