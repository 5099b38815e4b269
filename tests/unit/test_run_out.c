/*
 * Bytes on their way to a descriptor.
 */
#define _GNU_SOURCE

#include "cli/run_out.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "support.h"

static void bytes_wait_until_they_are_flushed(void **state)
{
    (void)state;
    int ends[2];
    char got[64];
    struct run_out out;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(run_out_init(&out, ends[1], 16));
    run_out_add(&out, "abc", 3);
    run_out_add(&out, "def", 3);
    assert_int_equal(read(ends[0], got, sizeof got), -1);
    run_out_flush(&out);
    assert_int_equal(read(ends[0], got, sizeof got), 6);
    assert_memory_equal(got, "abcdef", 6);
    run_out_add(&out, "0123456789abcd", 14);
    run_out_add(&out, "efgh", 4); /* does not fit behind it: what was there goes first */
    assert_int_equal(read(ends[0], got, sizeof got), 14);
    run_out_add(&out, "a text that is longer than the room", 35); /* goes at once */
    assert_int_equal(read(ends[0], got, sizeof got), 39);
    assert_memory_equal(got, "efgha text", 10);
    run_out_add(&out, "end", 3);
    run_out_deinit(&out);
    assert_int_equal(read(ends[0], got, sizeof got), 3);
    run_out_deinit(&out); /* twice does no harm */
    close(ends[0]);
    close(ends[1]);
}

static void what_belongs_together_is_written_together(void **state)
{
    (void)state;
    int ends[2];
    char got[64];
    struct run_out out;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_true(run_out_init(&out, ends[1], 16));
    run_out_add(&out, "0123456789", 10);
    run_out_make_room(&out, 6); /* there is */
    assert_int_equal(read(ends[0], got, sizeof got), -1);
    run_out_make_room(&out, 7);
    assert_int_equal(read(ends[0], got, sizeof got), 10);
    run_out_deinit(&out);
    run_out_make_room(&out, 100); /* nowhere to write to */
    close(ends[0]);
    close(ends[1]);
}

static void an_error_ends_it_and_stays(void **state)
{
    (void)state;
    struct run_out out;
    const int fd = open("/dev/full", O_WRONLY);
    if (fd < 0) skip();
    assert_true(run_out_init(&out, fd, 16));
    run_out_add(&out, "abc", 3);
    run_out_flush(&out);
    assert_int_equal(out.error, ENOSPC);
    run_out_add(&out, "def", 3);
    assert_int_equal(out.len, 0);
    run_out_deinit(&out);
    assert_int_equal(out.error, ENOSPC);
    close(fd);
}

static void a_reader_that_is_gone_is_an_error_like_others(void **state)
{
    (void)state;
    int ends[2];
    struct run_out out;
    (void)signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_true(run_out_init(&out, ends[1], 16));
    run_out_add(&out, "abc", 3);
    run_out_deinit(&out);
    assert_int_equal(out.error, EPIPE);
    close(ends[1]);
}

static void nowhere_takes_everything(void **state)
{
    (void)state;
    struct run_out out;
    assert_true(run_out_init(&out, -1, 16));
    run_out_add(&out, "abc", 3);
    run_out_flush(&out);
    run_out_deinit(&out);
    assert_int_equal(out.error, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_wait_until_they_are_flushed),
        cmocka_unit_test(what_belongs_together_is_written_together),
        cmocka_unit_test(an_error_ends_it_and_stays),
        cmocka_unit_test(a_reader_that_is_gone_is_an_error_like_others),
        cmocka_unit_test(nowhere_takes_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
