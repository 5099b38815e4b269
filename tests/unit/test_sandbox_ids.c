/* gateway/sandbox_ids: maps that change nobody, and capabilities given up. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_ids.h"
#include "in_namespace.h"

static void a_map_becomes_identity(void **state)
{
    (void)state;
    char out[256], small[16];
    assert_true(sandbox_ids_identity("         0          0 4294967295\n", out, sizeof out));
    assert_string_equal(out, "0 0 4294967295\n");
    assert_true(sandbox_ids_identity("0 1000 1\n1 100000 65536\n", out, sizeof out));
    assert_string_equal(out, "0 0 1\n1 1 65536\n");
    assert_false(sandbox_ids_identity("", out, sizeof out));
    assert_false(sandbox_ids_identity("0 1000\n", out, sizeof out));
    assert_false(sandbox_ids_identity("zero 0 1\n", out, sizeof out));
    assert_false(sandbox_ids_identity("0 1000 1\n1 100000 65536\n", small, sizeof small));
}

static void lose_most(void *argument)
{
    (void)argument;
    IN_NAMESPACE_REQUIRE(sandbox_ids_can(CAP_SYS_ADMIN));
    IN_NAMESPACE_REQUIRE(sandbox_ids_can(CAP_KILL));
    sandbox_ids_keep(UINT64_C(1) << CAP_KILL);
    IN_NAMESPACE_REQUIRE(!sandbox_ids_can(CAP_SYS_ADMIN));
    IN_NAMESPACE_REQUIRE(sandbox_ids_can(CAP_KILL));
    sandbox_ids_keep(0);
    IN_NAMESPACE_REQUIRE(!sandbox_ids_can(CAP_KILL));
    sandbox_ids_keep(UINT64_MAX);
    IN_NAMESPACE_REQUIRE(!sandbox_ids_can(CAP_KILL));
}

static void capabilities_are_given_up_for_good(void **state)
{
    (void)state;
    const enum in_namespace outcome = in_namespace_run(lose_most, NULL);
    if (outcome == IN_NAMESPACE_FORBIDDEN) skip();
    assert_int_equal(outcome, IN_NAMESPACE_DONE);
}

static int status_of(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) skip();
    return WEXITSTATUS(status);
}

static void one_maps_oneself(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0) {
        const uid_t uid = geteuid();
        const gid_t gid = getegid();
        if (unshare(CLONE_NEWUSER) != 0) _exit(77);
        if (sandbox_ids_map_self(uid, gid) != 0) _exit(1);
        _exit(geteuid() == uid && getegid() == gid ? 0 : 2);
    }
    assert_int_equal(status_of(pid), 0);
}

static void root_maps_all(void **state)
{
    (void)state;
    int ready[2], go[2], error = 0;
    if (geteuid() != 0) skip();
    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(go), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        if (unshare(CLONE_NEWUSER) != 0) _exit(77);
        if (write(ready[1], "x", 1) != 1 || read(go[0], &error, sizeof error) <= 0) _exit(1);
        if (error != 0) _exit(error);
        _exit(setgid(65534) == 0 && setuid(65534) == 0 && geteuid() == 65534 ? 0 : 2);
    }
    (void)close(ready[1]);
    char byte;
    if (read(ready[0], &byte, 1) == 1) {
        error = sandbox_ids_map_all(pid);
        assert_int_equal(write(go[1], &error, sizeof error), sizeof error);
    }
    assert_int_equal(status_of(pid), 0);
    (void)close(ready[0]);
    (void)close(go[0]);
    (void)close(go[1]);
    assert_int_not_equal(sandbox_ids_map_all(getpid()), 0); /* has one already */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_becomes_identity),
        cmocka_unit_test(capabilities_are_given_up_for_good),
        cmocka_unit_test(one_maps_oneself),
        cmocka_unit_test(root_maps_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
