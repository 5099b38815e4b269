/* gateway/sandbox_mount: the new files are seen inside, and nothing of them outside. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/sandbox_mount.h"
#include "in_namespace.h"

#define REQUIRE IN_NAMESPACE_REQUIRE

static const struct sandbox_config config = {.resolv_conf = "nameserver 10.0.2.3\n",
                                             .nsswitch = "hosts: files dns\n"};

static const char *read_file(const char *path, char *text, size_t cap)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t len = fd < 0 ? 0 : read(fd, text, cap - 1);
    if (fd >= 0) (void)close(fd);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void enter_mounts(void)
{
    REQUIRE(unshare(CLONE_NEWNS) == 0);
    REQUIRE(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
    (void)umask(077);
}

/* An /etc of the test's own, with these two and nothing else. */
static void replace_etc(const char *link)
{
    REQUIRE(mount("test", "/etc", "tmpfs", 0, "mode=0755") == 0);
    if (link != NULL) REQUIRE(symlink(link, "/etc/resolv.conf") == 0);
    const int fd = open("/etc/passwd", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    REQUIRE(fd >= 0);
    (void)close(fd);
}

static void require_ours(void)
{
    char text[4096];
    struct stat stat_buffer;
    REQUIRE(strcmp(read_file("/etc/resolv.conf", text, sizeof text), config.resolv_conf) == 0);
    REQUIRE(stat("/etc/resolv.conf", &stat_buffer) == 0);
    REQUIRE((stat_buffer.st_mode & 0777) == 0644);
    REQUIRE(access("/etc/passwd", F_OK) == 0);
}

static void lay_over(void *argument)
{
    (void)argument;
    char text[4096];
    enter_mounts();
    const bool has_resolv_conf = access("/etc/resolv.conf", F_OK) == 0;
    const bool has_nsswitch = access("/etc/nsswitch.conf", F_OK) == 0;
    const int error = sandbox_mount(&config);
    if (!has_resolv_conf && error != 0) return; /* needs an overlay, not to be had everywhere */
    REQUIRE(error == 0);
    require_ours();
    if (has_nsswitch)
        REQUIRE(strcmp(read_file("/etc/nsswitch.conf", text, sizeof text), config.nsswitch) == 0);
    REQUIRE(access("/tmp/files", F_OK) != 0); /* where the files were made */
    REQUIRE(access("/tmp/none", F_OK) != 0);
}

static void lay_over_link(void *argument)
{
    (void)argument;
    enter_mounts();
    replace_etc("resolv.real");
    const int fd = open("/etc/resolv.real", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    REQUIRE(fd >= 0);
    (void)close(fd);
    REQUIRE(sandbox_mount(&config) == 0);
    require_ours();
}

static void lay_over_nothing(void *argument)
{
    enter_mounts();
    replace_etc(argument);
    const int error = sandbox_mount(&config);
    if (error == EPERM || error == ENODEV) return; /* no overlay for us in this kernel */
    REQUIRE(error == 0);
    require_ours();
}

static void read_only(void *argument)
{
    (void)argument;
    enter_mounts();
    /* As much as can be had: every mount that may be made so. */
    (void)mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
    (void)mount("/tmp", "/tmp", NULL, MS_BIND, NULL);
    (void)mount(NULL, "/tmp", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL);
    if (access("/etc/resolv.conf", F_OK) != 0) return;
    REQUIRE(sandbox_mount(&config) == 0);
    require_ours();
}

static void hide_sockets(void *argument)
{
    (void)argument;
    enter_mounts();
    REQUIRE(mount("test", "/run", "tmpfs", 0, "mode=0755") == 0);
    REQUIRE(mkdir("/run/nscd", 0755) == 0 && mkdir("/run/nscd/x", 0755) == 0);
    REQUIRE(mkdir("/run/systemd", 0755) == 0 && mkdir("/run/systemd/resolve", 0755) == 0);
    REQUIRE(mknod("/run/systemd/resolve/io.systemd.Resolve", S_IFSOCK | 0666, 0) == 0);
    struct sandbox_config nothing = config;
    nothing.resolv_conf = NULL;
    nothing.nsswitch = NULL;
    REQUIRE(sandbox_mount(&nothing) == 0);
    struct stat stat_buffer;
    REQUIRE(access("/run/nscd", F_OK) == 0 && access("/run/nscd/x", F_OK) != 0);
    REQUIRE(stat("/run/systemd/resolve/io.systemd.Resolve", &stat_buffer) == 0);
    REQUIRE(!S_ISSOCK(stat_buffer.st_mode));
}

static void without_privilege(void *argument)
{
    (void)argument;
    REQUIRE(sandbox_mount(&config) != 0); /* the mounts are another namespace's */
}

static void run_inside(void (*body)(void *), const void *argument)
{
    char before[4096], after[4096];
    (void)read_file("/etc/resolv.conf", before, sizeof before);
    const enum in_namespace outcome = in_namespace_run(body, (void *)(uintptr_t)argument);
    if (outcome == IN_NAMESPACE_FORBIDDEN) skip();
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
    assert_string_equal(read_file("/etc/resolv.conf", after, sizeof after), before);
}

static void files_are_laid_over(void **state)
{
    (void)state;
    run_inside(lay_over, NULL);
}

static void a_link_is_followed(void **state)
{
    (void)state;
    run_inside(lay_over_link, NULL);
}

static void a_missing_file_is_provided(void **state)
{
    (void)state;
    run_inside(lay_over_nothing, NULL);
}

static void a_link_to_nowhere_is_replaced(void **state)
{
    (void)state;
    run_inside(lay_over_nothing, "../run/no/such/resolv.conf");
}

static void nothing_needs_to_be_writable(void **state)
{
    (void)state;
    run_inside(read_only, NULL);
}

static void what_would_ask_the_host_is_hidden(void **state)
{
    (void)state;
    run_inside(hide_sockets, NULL);
}

static void mounts_of_others_are_left_alone(void **state)
{
    (void)state;
    run_inside(without_privilege, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_laid_over),
        cmocka_unit_test(a_link_is_followed),
        cmocka_unit_test(a_missing_file_is_provided),
        cmocka_unit_test(a_link_to_nowhere_is_replaced),
        cmocka_unit_test(nothing_needs_to_be_writable),
        cmocka_unit_test(what_would_ask_the_host_is_hidden),
        cmocka_unit_test(mounts_of_others_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
