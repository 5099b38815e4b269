/*
 * Files take their place when they are kept, and not before.
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

#include "support.h"

struct scene {
    char dir[32];
    char path[64];
};

static void setup(struct scene *scene, const char *content)
{
    (void)snprintf(scene->dir, sizeof scene->dir, "/tmp/vitro-file-XXXXXX");
    assert_non_null(mkdtemp(scene->dir));
    (void)snprintf(scene->path, sizeof scene->path, "%s/file", scene->dir);
    if (content == NULL) return;
    FILE *file = fopen(scene->path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void teardown(struct scene *scene)
{
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", scene->dir);
    assert_int_equal(system(command), 0);
}

static void expect(const struct scene *scene, const char *content)
{
    char text[64] = "";
    FILE *file = fopen(scene->path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    assert_string_equal(text, content);
    assert_int_equal(fclose(file), 0);
}

static void expect_entries(const struct scene *scene, int count)
{
    char command[96];
    (void)snprintf(command, sizeof command, "test $(ls -A %s | wc -l) = %d", scene->dir, count);
    assert_int_equal(system(command), 0);
}

static void what_was_there_stays_until_it_is_kept(void **state)
{
    (void)state;
    struct scene scene;
    struct run_file file;
    setup(&scene, "old");
    assert_int_equal(run_file_open(&file, scene.path), 0);
    assert_int_equal(write(file.fd, "new", 3), 3);
    expect(&scene, "old");
    assert_int_equal(run_file_keep(&file), 0);
    assert_int_equal(write(file.fd, "er", 2), 2); /* it goes on being written */
    expect(&scene, "newer");
    run_file_close(&file);
    run_file_close(&file); /* twice does no harm */
    expect(&scene, "newer");
    expect_entries(&scene, 1);
    teardown(&scene);
}

static void what_is_not_kept_is_gone(void **state)
{
    (void)state;
    struct scene scene;
    struct run_file file;
    setup(&scene, NULL);
    assert_int_equal(run_file_open(&file, scene.path), 0);
    expect_entries(&scene, 1);
    run_file_close(&file);
    expect_entries(&scene, 0);
    teardown(&scene);
}

static void a_link_is_followed(void **state)
{
    (void)state;
    struct scene scene;
    struct run_file file;
    char link[64];
    struct stat status;
    setup(&scene, "old");
    (void)snprintf(link, sizeof link, "%s/link", scene.dir);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(run_file_open(&file, link), 0);
    assert_int_equal(write(file.fd, "new", 3), 3);
    assert_int_equal(run_file_keep(&file), 0);
    run_file_close(&file);
    expect(&scene, "new");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    teardown(&scene);
}

static void a_link_that_leads_nowhere_is_left_alone(void **state)
{
    (void)state;
    struct scene scene;
    struct run_file file;
    setup(&scene, NULL);
    assert_int_equal(symlink("nowhere", scene.path), 0);
    assert_int_equal(run_file_open(&file, scene.path), ENOENT);
    run_file_close(&file);
    expect_entries(&scene, 1);
    teardown(&scene);
}

static void devices_are_written_in_place(void **state)
{
    (void)state;
    struct run_file file;
    assert_int_equal(run_file_open(&file, "/dev/null"), 0);
    assert_int_equal(run_file_keep(&file), 0);
    run_file_close(&file);
    assert_int_equal(access("/dev/null", W_OK), 0);
}

/* A program's own output, say: what is there stays, and both write on. */
static void what_is_open_already_is_shared(void **state)
{
    (void)state;
    struct scene scene;
    struct run_file file;
    char path[32];
    setup(&scene, NULL);
    const int fd = open(scene.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "one ", 4), 4);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_int_equal(run_file_open(&file, path), 0);
    assert_int_equal(run_file_keep(&file), 0);
    assert_int_equal(write(file.fd, "two ", 4), 4);
    assert_int_equal(write(fd, "three", 5), 5);
    run_file_close(&file);
    expect(&scene, "one two three");
    expect_entries(&scene, 1);
    close(fd);
    assert_int_not_equal(run_file_open(&file, "/dev/fd/none"), 0);
    teardown(&scene);
}

static void errors_name_themselves(void **state)
{
    (void)state;
    struct run_file file;
    static char endless[PATH_MAX + 16];
    memset(endless, 'x', sizeof endless - 1);
    assert_int_equal(run_file_open(&file, "/no/such/folder/file"), ENOENT);
    assert_int_equal(file.fd, -1);
    assert_int_equal(run_file_open(&file, "/tmp"), EISDIR);
    assert_int_equal(run_file_open(&file, endless), ENAMETOOLONG);
    run_file_close(&file);
    assert_int_equal(run_file_keep(&file), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_there_stays_until_it_is_kept),
        cmocka_unit_test(what_is_not_kept_is_gone),
        cmocka_unit_test(a_link_is_followed),
        cmocka_unit_test(a_link_that_leads_nowhere_is_left_alone),
        cmocka_unit_test(devices_are_written_in_place),
        cmocka_unit_test(what_is_open_already_is_shared),
        cmocka_unit_test(errors_name_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
