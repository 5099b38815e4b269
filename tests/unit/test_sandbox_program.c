/* gateway/sandbox_program: that a program cannot start is told, and every process inside is reached
 * by what is meant for all. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "sandbox_fixture.h"

static void open_sandbox(struct sandbox *sandbox, const char *const *argv)
{
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    struct sandbox_failure failure;
    policy_addresses_init(&addresses, &network, true);
    const struct sandbox_config config = {
        .argv = (char *const *)argv, .addresses = &addresses, .mtu_bytes = 1500, .resolv_conf = ""};
    assert_int_equal(sandbox_open(sandbox, &config, &failure), 0);
}

static int error_of(const char *path)
{
    const char *argv[] = {path, NULL};
    struct sandbox sandbox;
    struct sandbox_failure failure;
    open_sandbox(&sandbox, argv);
    assert_int_equal(sandbox_start(&sandbox, &failure), -1);
    assert_int_equal(failure.step, SANDBOX_EXEC);
    return failure.error;
}

static void why_a_program_does_not_start_is_told(void **state)
{
    FRONT_NEEDED();
    assert_int_equal(error_of("/no/such/program"), ENOENT);
    assert_int_equal(error_of("vitro-no-such-program"), ENOENT);
    assert_int_equal(error_of("/etc/passwd"), EACCES);
    assert_int_equal(error_of("/etc"), EACCES);
}

static void all_are_reached(void **state)
{
    FRONT_NEEDED();
    char mark[32], script[256];
    (void)snprintf(mark, sizeof mark, "7000.%d", getpid());
    (void)snprintf(script, sizeof script, "(setsid sleep %s &) ; sleep %s & wait", mark, mark);
    const char *argv[] = {"sh", "-c", script, NULL};
    struct sandbox sandbox;
    struct sandbox_failure failure;
    open_sandbox(&sandbox, argv);
    assert_int_equal(sandbox_start(&sandbox, &failure), 0);
    assert_true(front_mark(mark, true));
    (void)usleep(100000);
    sandbox_signal_all(&sandbox, SIGKILL);
    assert_int_equal(sandbox_wait(&sandbox, NULL), 128 + SIGKILL);
    assert_int_equal(sandbox.ended_by_signal, SIGKILL);
    assert_true(front_mark(mark, false));
    sandbox_close(&sandbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(why_a_program_does_not_start_is_told),
        cmocka_unit_test(all_are_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
