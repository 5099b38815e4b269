/*
 * Watching a file: it tells of everything that can make it another, and stays silent else.
 */
#define _GNU_SOURCE /* mkdtemp */

#include "support.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/file_watch.h"

static bool has_events(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};
    return poll(&one, 1, 0) == 1;
}

static void write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void test_file_comes_is_written_and_replaced(void **state)
{
    (void)state;
    char folder[] = "/tmp/test_file_watch.XXXXXX";
    char path[64], other[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/file", folder);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    const int fd = file_watch_open(path);
    assert_true(fd >= 0);
    assert_false(has_events(fd));
    for (int i = 0; i < 3; i++) {
        write_file(path);
        assert_true(has_events(fd));
        file_watch_take(fd, path);
        assert_false(has_events(fd));
        write_file(other);
        file_watch_take(fd, path);
        assert_int_equal(rename(other, path), 0);
        assert_true(has_events(fd));
        file_watch_take(fd, path);
        assert_false(has_events(fd));
    }
    close(fd);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void test_nothing_there_to_watch(void **state)
{
    (void)state;
    const int fd = file_watch_open("/nowhere/at/all");
    assert_true(fd >= 0);
    file_watch_take(fd, "/nowhere/at/all");
    assert_false(has_events(fd));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_comes_is_written_and_replaced),
        cmocka_unit_test(test_nothing_there_to_watch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
