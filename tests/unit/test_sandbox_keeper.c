/* gateway/sandbox_keeper: what it is called, what it has open, and whom it kills. */
#define _GNU_SOURCE
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_keeper.h"
#include "sandbox_fixture.h"

static void need_pidfds(void)
{
    const int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    if (fd < 0) skip();
    (void)close(fd);
}

static size_t read_of(pid_t pid, const char *name, char *out, size_t cap)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const ssize_t got = read(fd, out, cap - 1);
    (void)close(fd);
    assert_true(got > 0);
    out[got] = '\0';
    return (size_t)got;
}

/* A child that stands for inner and waits for its end. */
static pid_t fork_inner(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        for (;;) (void)pause();
    return pid;
}

static void it_has_its_own_name_and_session_and_holds_no_pipe(void **state)
{
    (void)state;
    need_pidfds();
    char text[256], byte;
    int pair[2], status = 0;
    struct sandbox sandbox = {.inner = fork_inner()};
    sandbox.netns_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    assert_int_equal(pipe(pair), 0);
    const pid_t keeper = sandbox_keeper_start(&sandbox);
    assert_true(keeper > 0);
    (void)close(pair[1]);
    assert_int_equal(read(pair[0], &byte, 1), 0); /* the keeper has closed it: all is done */
    (void)read_of(keeper, "comm", text, sizeof text);
    assert_string_equal(text, SANDBOX_KEEPER_NAME "\n");
    (void)read_of(keeper, "cmdline", text, sizeof text);
    assert_string_equal(text, SANDBOX_KEEPER_NAME);
    assert_int_equal(getsid(keeper), keeper);
    sandbox_keeper_end(keeper);
    assert_int_equal(waitpid(keeper, NULL, WNOHANG), -1);
    sandbox_keeper_end(keeper); /* it has been ended already */
    assert_int_equal(kill(sandbox.inner, SIGKILL), 0);
    assert_int_equal(waitpid(sandbox.inner, &status, 0), sandbox.inner);
    (void)close(pair[0]);
    (void)close(sandbox.netns_fd);
}

static void without_pidfds_there_is_none(void **state)
{
    (void)state;
    const struct sandbox sandbox = {.inner = -1, .netns_fd = -1};
    assert_int_equal(sandbox_keeper_start(&sandbox), 0);
    sandbox_keeper_end(0);
}

/* The front is stopped first, so that it cannot do what it would when inner is gone. */
static void daemons_do_not_outlive_front_and_inner(void **state)
{
    FRONT_NEEDED();
    need_pidfds();
    char output[256], mark[32], script[256], line[64];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(mark, sizeof mark, "7%d.%d", i, getpid());
        (void)snprintf(script, sizeof script,
                       "(setsid sh -c 'sleep %s & sleep %s' >/dev/null &); echo up; sleep %s", mark,
                       mark, mark);
        const struct front_config config = {.script = script,
                                            .uid = i == 0 ? 0 : front_other_user()};
        struct front front = front_start(&config);
        assert_string_equal(front_line(&front, line, sizeof line), "up\n");
        assert_true(front_mark(mark, true));
        assert_int_equal(kill(front.pid, SIGSTOP), 0);
        assert_int_equal(kill(front.inner, SIGKILL), 0);
        assert_int_equal(kill(front.pid, SIGKILL), 0);
        assert_true(front_mark(mark, false));
        const int status = front_end(&front, output, sizeof output);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_has_its_own_name_and_session_and_holds_no_pipe),
        cmocka_unit_test(without_pidfds_there_is_none),
        cmocka_unit_test(daemons_do_not_outlive_front_and_inner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
