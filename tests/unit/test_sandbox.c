/*
 * gateway/sandbox: the program is what it would be without, but for its network; and nothing of it
 * is left, whatever killed what.
 */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox_fixture.h"

static void the_exit_status_is_the_programs(void **state)
{
    FRONT_NEEDED();
    char output[256];
    const uid_t users[] = {0, front_other_user()};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(front_run(users[i], "exit 0", output, sizeof output), 0);
        assert_int_equal(front_run(users[i], "exit 7", output, sizeof output), 7);
        assert_int_equal(front_run(users[i], "kill -TERM $$", output, sizeof output), 128 + 15);
        assert_int_equal(front_run(users[i], "kill -KILL $$", output, sizeof output), 128 + 9);
    }
}

static int run_program(const char *const *argv, char *output, size_t cap)
{
    struct front front = front_start(&(struct front_config){.argv = argv});
    const int status = front_end(&front, output, cap);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void programs_are_found_as_by_a_shell(void **state)
{
    FRONT_NEEDED();
    char output[256], path[] = "/tmp/vitro-sandbox-XXXXXX";
    assert_int_equal(run_program((const char *[]){"true", NULL}, output, sizeof output), 0);
    assert_int_equal(run_program((const char *[]){"vitro-no-such", NULL}, output, sizeof output),
                     127);
    assert_int_equal(run_program((const char *[]){"/etc/passwd", NULL}, output, sizeof output),
                     126);
    const int fd = mkstemp(path); /* a script that says not what it is for */
    assert_int_equal(write(fd, "echo $1; exit 5\n", 16), 16);
    (void)fchmod(fd, 0755);
    (void)close(fd);
    assert_int_equal(run_program((const char *[]){path, "hello", NULL}, output, sizeof output), 5);
    assert_string_equal(output, "hello\n");
    (void)unlink(path);
}

static void be_odd(void)
{
    (void)umask(0137);
    if (chdir("/usr/lib") != 0) _exit(124);
    (void)setenv("VITRO_TEST", "a b", 1);
    (void)signal(SIGUSR1, SIG_IGN);
    (void)signal(SIGCHLD, SIG_IGN);
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGUSR2);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
}

static void the_program_keeps_what_it_was_started_with(void **state)
{
    FRONT_NEEDED();
    char output[1024], expected[1024];
    const char *script = "umask; pwd; echo $VITRO_TEST; id -u; id -g";
    for (int i = 0; i < 2; i++) {
        const uid_t uid = i == 0 ? 0 : front_other_user();
        const struct front_config config = {.script = script, .uid = uid, .prepare = be_odd};
        struct front front = front_start(&config);
        assert_int_equal(front_end(&front, output, sizeof output), 0);
        (void)snprintf(expected, sizeof expected, "0137\n/usr/lib\na b\n%u\n%u\n",
                       uid == 0 ? geteuid() : uid, uid == 0 ? getegid() : uid);
        assert_string_equal(output, expected);
    }
}

/* A signal in the masks of /proc/PID/status. */
#define BIT_OF(signal) (1ull << ((signal)-1))

/* What this process was started with, by a shell in the background perhaps, is passed on too. */
static unsigned long long ignored_here(void)
{
    char line[256];
    unsigned long long mask = 0;
    FILE *status = fopen("/proc/self/status", "r");
    assert_non_null(status);
    while (fgets(line, sizeof line, status) != NULL) {
        if (strncmp(line, "SigIgn:", 7) == 0) mask = strtoull(line + 7, NULL, 16);
    }
    assert_int_equal(fclose(status), 0);
    return mask;
}

static void the_program_gets_signals_as_they_were(void **state)
{
    FRONT_NEEDED();
    char output[1024];
    char expected[128];
    const char *argv[] = {"grep", "-E", "SigBlk|SigIgn", "/proc/self/status", NULL};
    struct front front = front_start(&(struct front_config){.argv = argv, .prepare = be_odd});
    assert_int_equal(front_end(&front, output, sizeof output), 0);
    (void)snprintf(expected, sizeof expected, "SigBlk:\t%016llx\nSigIgn:\t%016llx\n",
                   BIT_OF(SIGUSR2), ignored_here() | BIT_OF(SIGUSR1) | BIT_OF(SIGCHLD));
    assert_string_equal(output, expected);
}

static void mark_descriptors(void)
{
    for (int fd = 3; fd < 256; fd++) (void)close(fd);
    if (dup2(STDIN_FILENO, 7) != 7) _exit(124); /* given to the program on purpose */
}

static void the_program_gets_no_descriptor_of_ours(void **state)
{
    FRONT_NEEDED();
    char output[256];
    const char *argv[] = {"ls", "/proc/self/fd", NULL}; /* 3 is its own, on the directory */
    struct front front =
        front_start(&(struct front_config){.argv = argv, .prepare = mark_descriptors});
    assert_int_equal(front_end(&front, output, sizeof output), 0);
    assert_string_equal(output, "0\n1\n2\n3\n7\n");
}

static void an_ordinary_user_has_no_capabilities(void **state)
{
    FRONT_NEEDED();
    char output[1024];
    if (geteuid() == 0) {
        const char *script = "grep -c -E 'Cap(Inh|Prm|Eff|Amb):.0000000000000000' "
                             "/proc/self/status; cat /proc/self/uid_map | tr -s ' '";
        assert_int_equal(front_run(front_other_user(), script, output, sizeof output), 0);
        assert_string_equal(output, "4\n 65534 65534 1\n");
    }
}

static void root_may_give_files_away(void **state)
{
    FRONT_NEEDED();
    char output[1024];
    if (geteuid() != 0) skip();
    const char *script = "f=$(mktemp) && chown 65534:65534 \"$f\" && stat -c %u:%g \"$f\";"
                         "rm \"$f\"";
    assert_int_equal(front_run(0, script, output, sizeof output), 0);
    assert_string_equal(output, "65534:65534\n");
}

static void the_network_is_its_own(void **state)
{
    FRONT_NEEDED();
    char here[64] = "", output[1024];
    assert_true(readlink("/proc/self/ns/net", here, sizeof here - 1) > 0);
    const char *script = "readlink /proc/self/ns/net; cat /etc/resolv.conf; cut -d: -s -f1 "
                         "/proc/net/dev | grep -c .";
    for (int i = 0; i < 2; i++) {
        const uid_t uid = i == 0 ? 0 : front_other_user();
        assert_int_equal(front_run(uid, script, output, sizeof output), 0);
        assert_null(strstr(output, here));
        assert_non_null(strstr(output, "nameserver 10.0.2.3\n"));
    }
}

/* Daemons of all sorts, and a program that listens to nobody. */
static const char stubborn[] = "trap '' HUP INT QUIT TERM USR1;"
                               "(setsid sh -c '(setsid sleep %s &) ; exec sleep %s' &) ;"
                               "(sleep %s & sleep %s) & echo up; sleep %s; sleep %s; sleep %s";

static struct front start_stubborn(uid_t uid, const char *mark)
{
    char script[1024], line[64];
    (void)snprintf(script, sizeof script, stubborn, mark, mark, mark, mark, mark, mark, mark);
    const struct front_config config = {.script = script, .uid = uid};
    struct front front = front_start(&config);
    assert_string_equal(front_line(&front, line, sizeof line), "up\n");
    assert_true(front_mark(mark, true));
    return front;
}

static void nothing_is_left_when_the_front_is_killed(void **state)
{
    FRONT_NEEDED();
    char output[256], mark[32];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(mark, sizeof mark, "100%d.%d", i, getpid());
        struct front front = start_stubborn(i == 0 ? 0 : front_other_user(), mark);
        assert_int_equal(kill(front.pid, SIGKILL), 0);
        const int status = front_end(&front, output, sizeof output);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        assert_true(front_mark(mark, false));
    }
}

static void nothing_is_left_when_inner_is_killed(void **state)
{
    FRONT_NEEDED();
    char output[256], mark[32];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(mark, sizeof mark, "200%d.%d", i, getpid());
        struct front front = start_stubborn(i == 0 ? 0 : front_other_user(), mark);
        assert_int_equal(kill(front.inner, SIGKILL), 0);
        const int status = front_end(&front, output, sizeof output);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + SIGKILL);
        assert_true(front_mark(mark, false));
    }
}

/* The front is stopped first, so that it cannot do what it would when inner is gone. */
static void the_program_does_not_outlive_both_of_them(void **state)
{
    FRONT_NEEDED();
    char output[256], mark[32];
    for (int i = 0; i < 2; i++) {
        (void)snprintf(mark, sizeof mark, "6%d.%d", i, getpid());
        const char *argv[] = {"sleep", mark, NULL};
        const struct front_config config = {.argv = argv, .uid = i == 0 ? 0 : front_other_user()};
        struct front front = front_start(&config);
        assert_true(front_mark(mark, true));
        assert_int_equal(kill(front.pid, SIGSTOP), 0);
        assert_int_equal(kill(front.inner, SIGKILL), 0);
        assert_int_equal(kill(front.pid, SIGKILL), 0);
        assert_true(front_mark(mark, false));
        const int status = front_end(&front, output, sizeof output);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
}

static void a_closed_sandbox_leaves_nothing(void **state)
{
    FRONT_NEEDED();
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    char mark[32];
    const char *argv[] = {"sleep", mark, NULL};
    policy_addresses_init(&addresses, &network, false);
    (void)snprintf(mark, sizeof mark, "3000.%d", getpid());
    const struct sandbox_config config = {
        .argv = (char *const *)argv, .addresses = &addresses, .mtu_bytes = 1500, .resolv_conf = ""};
    struct sandbox sandbox;
    struct sandbox_failure failure;
    sigset_t before, after;
    (void)sigprocmask(SIG_SETMASK, NULL, &before);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sandbox_open(&sandbox, &config, &failure), 0);
        assert_true(sandbox.link_fd >= 0 && sandbox.netns_fd >= 0 && sandbox.control_fd >= 0);
        if (i == 1) {
            assert_int_equal(sandbox_start(&sandbox, &failure), 0);
            assert_true(sandbox.program > 0);
            assert_int_equal(kill(sandbox.program, 0), 0);
        }
        sandbox_close(&sandbox);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
        assert_int_equal(errno, ECHILD);
    }
    (void)sigprocmask(SIG_SETMASK, NULL, &after);
    assert_memory_equal(&before, &after, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_is_the_programs),
        cmocka_unit_test(programs_are_found_as_by_a_shell),
        cmocka_unit_test(the_program_keeps_what_it_was_started_with),
        cmocka_unit_test(the_program_gets_signals_as_they_were),
        cmocka_unit_test(the_program_gets_no_descriptor_of_ours),
        cmocka_unit_test(an_ordinary_user_has_no_capabilities),
        cmocka_unit_test(root_may_give_files_away),
        cmocka_unit_test(the_network_is_its_own),
        cmocka_unit_test(nothing_is_left_when_the_front_is_killed),
        cmocka_unit_test(nothing_is_left_when_inner_is_killed),
        cmocka_unit_test(the_program_does_not_outlive_both_of_them),
        cmocka_unit_test(a_closed_sandbox_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
