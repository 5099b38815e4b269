/* gateway/sandbox_signal: what is blocked, read, put back; what the gateway ignores. */
#define _GNU_SOURCE
#include "support.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_signal.h"

static bool is_blocked(int signal)
{
    sigset_t set;
    (void)sigprocmask(SIG_SETMASK, NULL, &set);
    return sigismember(&set, signal) == 1;
}

static void signals_are_read_and_not_suffered(void **state)
{
    (void)state;
    struct sandbox sandbox = {.signal_fd = -1};
    struct signalfd_siginfo info;
    sandbox_signal_save(&sandbox.before);
    sandbox_signal_block();
    sandbox.signal_fd = sandbox_signal_open();
    assert_true(sandbox.signal_fd >= 0);
    assert_false(is_blocked(SIGSEGV));
    assert_int_equal(kill(getpid(), SIGTERM), 0);
    assert_int_equal(kill(getpid(), SIGTSTP), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read(sandbox.signal_fd, &info, sizeof info), sizeof info);
        assert_true(info.ssi_signo == SIGTERM || info.ssi_signo == SIGTSTP);
        assert_true(info.ssi_code <= 0); /* from a process */
    }
    assert_int_equal(kill(getpid(), SIGUSR1), 0);
    sandbox_signal_end(&sandbox); /* forgets what is left */
    assert_int_equal(sandbox.signal_fd, -1);
    assert_false(is_blocked(SIGUSR1));
    sandbox_signal_end(&sandbox);
}

static void the_program_gets_back_what_was(void **state)
{
    (void)state;
    struct sandbox_signals before;
    struct sigaction child;
    (void)signal(SIGCHLD, SIG_IGN);
    sandbox_signal_save(&before);
    (void)sigaction(SIGCHLD, NULL, &child);
    assert_true(child.sa_handler == SIG_DFL);
    sandbox_signal_block();
    assert_true(is_blocked(SIGINT));
    sandbox_signal_restore(&before);
    (void)sigaction(SIGCHLD, NULL, &child);
    assert_true(child.sa_handler == SIG_IGN);
    assert_false(is_blocked(SIGINT));
    (void)signal(SIGCHLD, SIG_DFL);
}

static void the_gateway_outlives_what_its_group_is_sent(void **state)
{
    (void)state;
    const int signals[] = {SIGINT,    SIGQUIT, SIGHUP,   SIGTERM, SIGTSTP,   SIGPIPE,
                           SIGUSR1,   SIGXFSZ, SIGXCPU,  SIGPROF, SIGVTALRM, SIGIO,
                           SIGSTKFLT, SIGPWR,  SIGRTMIN, SIGRTMAX};
    int status = -1, pair[2];
    char byte;
    assert_int_equal(pipe(pair), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        struct sandbox sandbox = {.control_fd = pair[1], .inner = 1};
        sandbox_gateway_begin(&sandbox);
        for (size_t i = 0; i < ARRAY_COUNT(signals); i++) (void)raise(signals[i]);
        _exit(sandbox.control_fd == -1 && sandbox.inner == 0 ? 0 : 1);
    }
    (void)close(pair[1]);
    assert_int_equal(read(pair[0], &byte, 1), 0); /* it has let go of it */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_read_and_not_suffered),
        cmocka_unit_test(the_program_gets_back_what_was),
        cmocka_unit_test(the_gateway_outlives_what_its_group_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
