/* cli/run_descriptors: what is let go of, and what is not. */
#define _GNU_SOURCE
#include "support.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/run_descriptors.h"

/* 0: all is as it should be. */
static int drop(int inherited, int own, int at_end)
{
    char byte;
    if (dup2(inherited, STDOUT_FILENO) < 0) return 1;
    run_descriptors_drop();
    if (read(at_end, &byte, 1) != 0) return 2; /* nobody has the other end any more */
    if (fcntl(inherited, F_GETFD) >= 0) return 3;
    if (fcntl(own, F_GETFD) < 0 || fcntl(STDERR_FILENO, F_GETFD) < 0) return 4;
    return read(STDIN_FILENO, &byte, 1) == 0 && write(STDOUT_FILENO, "x", 1) == 1 ? 0 : 5;
}

static void pipes_end_and_what_is_ours_stays(void **state)
{
    (void)state;
    int pair[2], status = -1;
    assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
    assert_int_equal(fcntl(pair[1], F_SETFD, 0), 0); /* as if it had been there from the start */
    const int own = open("/dev/null", O_RDWR | O_CLOEXEC);
    const pid_t pid = fork();
    if (pid == 0) {
        const int at_end = fcntl(pair[0], F_DUPFD_CLOEXEC, 200);
        _exit(drop(pair[1], own, at_end));
    }
    (void)close(pair[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)close(pair[0]);
    (void)close(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pipes_end_and_what_is_ours_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
