/*
 * gateway/sandbox_wait: signals, stopping, and what happens when the program has ended and others
 * have not; with and without a terminal.
 */
#define _GNU_SOURCE
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_fixture.h"

static struct front start_script(const char *script)
{
    return front_start(&(struct front_config){.script = script, .tells = true});
}

static void assert_line(const struct front *front, const char *expected)
{
    char line[256];
    const char *got = front_line(front, line, sizeof line);
    assert_string_equal(got == NULL ? "(end)" : got, expected);
}

static void signals_of_processes_are_passed_on(void **state)
{
    FRONT_NEEDED();
    static const int signals[] = {SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH};
    char script[512], output[256], expected[64];
    for (size_t i = 0; i < ARRAY_COUNT(signals); i++) {
        (void)snprintf(script, sizeof script,
                       "trap 'echo caught; exit 3' %d; echo up; while :; do sleep 0.02; done",
                       signals[i]);
        struct front front = start_script(script);
        assert_line(&front, "up\n");
        assert_int_equal(kill(front.pid, signals[i]), 0);
        assert_int_equal(front_end(&front, output, sizeof output), 3 << 8);
        (void)snprintf(expected, sizeof expected, "caught\nended 3 ");
        assert_memory_equal(output, expected, strlen(expected));
    }
}

static void a_signal_that_ends_the_program_is_its_status(void **state)
{
    FRONT_NEEDED();
    char output[256];
    struct front front = start_script("echo up; exec sleep 60");
    assert_line(&front, "up\n");
    assert_int_equal(kill(front.pid, SIGTERM), 0);
    assert_int_equal(front_end(&front, output, sizeof output), (128 + SIGTERM) << 8);
    assert_string_equal(output, "ended 143 0\n");
}

static void the_front_stops_with_the_program(void **state)
{
    FRONT_NEEDED();
    char output[256];
    int status = 0;
    struct front front = start_script("kill -STOP $$; exit 4");
    assert_int_equal(waitpid(front.pid, &status, WUNTRACED), front.pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(kill(front.pid, SIGCONT), 0);
    assert_int_equal(front_end(&front, output, sizeof output), 4 << 8);
}

static void who_continues_the_program_continues_the_front(void **state)
{
    FRONT_NEEDED();
    char output[256], line[64];
    int status = 0;
    struct front front = start_script("echo $$; kill -STOP $$; exit 4");
    const long program = strtol(front_line(&front, line, sizeof line), NULL, 10);
    assert_int_equal(waitpid(front.pid, &status, WUNTRACED), front.pid);
    assert_int_equal(kill((pid_t)program, SIGCONT), 0);
    assert_int_equal(waitpid(front.pid, &status, WCONTINUED), front.pid);
    assert_true(WIFCONTINUED(status));
    assert_int_equal(front_end(&front, output, sizeof output), 4 << 8);
}

static void the_network_lasts_as_long_as_the_last_process(void **state)
{
    FRONT_NEEDED();
    char output[256];
    struct front front =
        start_script("(setsid sh -c 'sleep 0.3; cat /etc/resolv.conf; echo late' &) ; exit 6");
    assert_int_equal(front_end(&front, output, sizeof output), 6 << 8);
    assert_non_null(strstr(output, "ended 6 "));
    assert_non_null(strstr(output, "nameserver 10.0.2.3\nlate\n"));
}

/* One that ends when asked, one that does not. The program ends when both are there. Only the first
 * has "500.%d" on its command line. */
static const char two_others[] =
    "sleep 50$((0)).%d & mkfifo %s;"
    "(trap '' TERM; echo up >%s; while :; do sleep 0.05; done) & read x <%s";

static void others_are_terminated_then_killed(void **state)
{
    FRONT_NEEDED();
    char output[256], line[64], mark[32], script[512], path[] = "/tmp/vitro-wait-XXXXXX";
    char pipe[64];
    assert_non_null(mkdtemp(path));
    (void)snprintf(pipe, sizeof pipe, "%s/pipe", path);
    (void)snprintf(mark, sizeof mark, "500.%d", getpid());
    (void)snprintf(script, sizeof script, two_others, getpid(), pipe, pipe, pipe);
    struct front front = start_script(script);
    const char *ended = front_line(&front, line, sizeof line);
    assert_non_null(ended);
    assert_memory_equal(ended, "ended 0 ", 8);
    assert_true(strtol(ended + 8, NULL, 10) >= 2);
    assert_int_equal(kill(front.pid, SIGTERM), 0);
    assert_true(front_mark(mark, false)); /* so the first one has been read */
    assert_int_equal(waitpid(front.pid, NULL, WNOHANG), 0);
    assert_int_equal(kill(front.pid, SIGTERM), 0);
    assert_int_equal(front_end(&front, output, sizeof output), 0);
    assert_int_equal(unlink(pipe), 0);
    assert_int_equal(rmdir(path), 0);
}

/* A terminal: its master, the name of its slave. */
static int open_terminal(char *name, size_t cap)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    assert_int_equal(ptsname_r(master, name, cap), 0);
    return master;
}

static void type(int terminal, char key) { assert_int_equal(write(terminal, &key, 1), 1); }

enum { CTRL_C = 3, CTRL_Z = 26, CTRL_BACKSLASH = 28 };

static void keys_reach_the_program_once(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256];
    const int terminal = open_terminal(name, sizeof name);
    struct front front = front_start(&(struct front_config){
        .script = "trap 'echo int' INT; trap 'echo quit; exit 5' QUIT; echo up;"
                  "while :; do sleep 0.02; done",
        .closed_fd = terminal,
        .terminal = name});
    assert_line(&front, "up\n");
    type(terminal, CTRL_C);
    assert_line(&front, "int\n");
    type(terminal, CTRL_C);
    assert_line(&front, "int\n");
    (void)usleep(50000);
    type(terminal, CTRL_BACKSLASH);
    assert_line(&front, "quit\n");
    assert_int_equal(front_end(&front, output, sizeof output), 5 << 8);
    (void)close(terminal);
}

static void ctrl_c_ends_the_program_and_not_the_front(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256];
    const int terminal = open_terminal(name, sizeof name);
    struct front front = front_start(&(struct front_config){.script = "echo up; exec sleep 60",
                                                            .tells = true,
                                                            .closed_fd = terminal,
                                                            .terminal = name});
    assert_line(&front, "up\n");
    type(terminal, CTRL_C);
    assert_int_equal(front_end(&front, output, sizeof output), 130 << 8);
    assert_string_equal(output, "ended 130 0\n");
    (void)close(terminal);
}

/* Not with a shell that is just starting a command: one in vfork() does not stop. */
static void ctrl_z_gives_the_shell_its_prompt_back(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256];
    const int terminal = open_terminal(name, sizeof name);
    struct front front = front_start(&(struct front_config){
        .script = "echo up; exec sleep 60", .closed_fd = terminal, .terminal = name});
    assert_line(&front, "up\n");
    for (int i = 0; i < 3; i++) {
        type(terminal, CTRL_Z);
        assert_line(&front, "stopped\n");
        assert_int_equal(kill(-front.front, SIGCONT), 0);
        assert_true(front_settle(&front));
    }
    assert_int_equal(kill(front.front, SIGUSR1), 0);
    assert_int_equal(front_end(&front, output, sizeof output), (128 + SIGUSR1) << 8);
    (void)close(terminal);
}

static void a_program_out_of_the_group_is_passed_keys(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256];
    const int terminal = open_terminal(name, sizeof name);
    const char *argv[] = {"setsid", "sh", "-c", "echo up; exec sleep 60", NULL};
    struct front front =
        front_start(&(struct front_config){.argv = argv, .closed_fd = terminal, .terminal = name});
    assert_line(&front, "up\n");
    type(terminal, CTRL_C);
    assert_int_equal(front_end(&front, output, sizeof output), 130 << 8);
    (void)close(terminal);
}

static void ctrl_c_ends_what_the_program_left(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256], line[64];
    const int terminal = open_terminal(name, sizeof name);
    struct front front = front_start(&(struct front_config){
        .script = "trap '' INT; sleep 61 & setsid sleep 62 & echo up; exit 2",
        .tells = true,
        .closed_fd = terminal,
        .terminal = name});
    assert_line(&front, "up\n");
    assert_non_null(front_line(&front, line, sizeof line));
    type(terminal, CTRL_C);
    assert_int_equal(front_end(&front, output, sizeof output), 2 << 8);
    (void)close(terminal);
}

static void a_hangup_leaves_nothing(void **state)
{
    FRONT_NEEDED();
    char name[64], output[256], mark[32], script[128];
    const int terminal = open_terminal(name, sizeof name);
    (void)snprintf(mark, sizeof mark, "6300.%d", getpid());
    (void)snprintf(script, sizeof script, "echo up; exec sleep %s", mark);
    struct front front = front_start(
        &(struct front_config){.script = script, .closed_fd = terminal, .terminal = name});
    assert_line(&front, "up\n");
    assert_true(front_mark(mark, true));
    (void)close(terminal);
    (void)front_end(&front, output, sizeof output); /* the shell died of it */
    assert_true(front_mark(mark, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_of_processes_are_passed_on),
        cmocka_unit_test(a_signal_that_ends_the_program_is_its_status),
        cmocka_unit_test(the_front_stops_with_the_program),
        cmocka_unit_test(who_continues_the_program_continues_the_front),
        cmocka_unit_test(the_network_lasts_as_long_as_the_last_process),
        cmocka_unit_test(others_are_terminated_then_killed),
        cmocka_unit_test(keys_reach_the_program_once),
        cmocka_unit_test(ctrl_c_ends_the_program_and_not_the_front),
        cmocka_unit_test(ctrl_z_gives_the_shell_its_prompt_back),
        cmocka_unit_test(a_program_out_of_the_group_is_passed_keys),
        cmocka_unit_test(ctrl_c_ends_what_the_program_left),
        cmocka_unit_test(a_hangup_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
