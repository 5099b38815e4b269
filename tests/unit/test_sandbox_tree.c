/* gateway/sandbox_tree: who is below a process, and the end of all of them. */
#define _GNU_SOURCE
#include "support.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/sandbox_tree.h"

static pid_t fork_sleeper(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        for (;;) (void)pause();
    return pid;
}

/* A child that has `count` sleeping children of its own. */
static pid_t fork_family(uint32_t count)
{
    const pid_t pid = fork();
    if (pid != 0) return pid;
    for (uint32_t i = 0; i < count; i++) (void)fork_sleeper();
    for (;;) (void)pause();
}

/* Waits until the tree has so many. */
static uint32_t count_all(uint32_t wanted)
{
    pid_t pids[SANDBOX_TREE_MAX];
    uint32_t count = 0;
    for (int i = 0; i < 100000; i++) {
        count = sandbox_tree_all(getpid(), pids, SANDBOX_TREE_MAX);
        if (count == wanted) break;
        (void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return count;
}

static void children_are_found(void **state)
{
    (void)state;
    pid_t pids[8];
    assert_int_equal(sandbox_tree_children(getpid(), pids, 8), 0);
    const pid_t one = fork_sleeper(), two = fork_sleeper();
    assert_int_equal(sandbox_tree_children(getpid(), pids, 8), 2);
    assert_true((pids[0] == one && pids[1] == two) || (pids[0] == two && pids[1] == one));
    assert_int_equal(sandbox_tree_children(getpid(), pids, 1), 1);
    sandbox_tree_end(NULL, 0);
    assert_int_equal(sandbox_tree_children(getpid(), pids, 8), 0);
}

static void a_process_that_is_no_more_has_none(void **state)
{
    (void)state;
    pid_t pids[8];
    const pid_t pid = fork_sleeper();
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, NULL, 0);
    assert_int_equal(sandbox_tree_children(pid, pids, 8), 0);
}

static void parents_come_before_children(void **state)
{
    (void)state;
    pid_t pids[16];
    const pid_t family = fork_family(3);
    assert_int_equal(count_all(4), 4);
    assert_int_equal(sandbox_tree_all(getpid(), pids, 16), 4);
    assert_int_equal(pids[0], family);
    assert_int_equal(sandbox_tree_all(getpid(), pids, 2), 2);
    sandbox_tree_end(NULL, 0);
}

static void orphans_are_ended_too_and_the_kept_are_not(void **state)
{
    (void)state;
    const pid_t kept = fork_sleeper();
    (void)fork_family(5);
    const pid_t other = fork();
    if (other == 0) { /* a daemon: its parent has ended */
        if (setsid() < 0 || fork_family(2) < 0) _exit(1);
        _exit(0);
    }
    assert_int_equal(waitpid(other, NULL, 0), other);
    assert_int_equal(count_all(10), 10);
    sandbox_tree_end(&kept, 1);
    assert_int_equal(count_all(1), 1);
    assert_int_equal(kill(kept, 0), 0);
    assert_int_equal(sandbox_tree_kill(&kept, 1), 0);
    assert_int_equal(sandbox_tree_kill(NULL, 0), 1);
    assert_int_equal(waitpid(kept, NULL, 0), kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_found),
        cmocka_unit_test(a_process_that_is_no_more_has_none),
        cmocka_unit_test(parents_come_before_children),
        cmocka_unit_test(orphans_are_ended_too_and_the_kept_are_not),
    };
    if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
