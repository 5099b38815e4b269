/*
 * The event loop, with pipes and short times.
 */
#define _GNU_SOURCE

#include "gateway/poll.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

/* A watched pipe end that counts what it is told. */
struct seen {
    struct poll_fd fd;
    struct poll *poll;
    uint32_t bits;
    int calls, frees;
    struct seen *closes; /* when it is told, it closes this one */
};

static void ready(struct poll_fd *self, uint32_t bits, uint64_t now_us)
{
    (void)now_us;
    struct seen *seen = CONTAINER_OF(self, struct seen, fd);
    seen->bits |= bits;
    seen->calls++;
    if (seen->closes != NULL) poll_close(seen->poll, &seen->closes->fd);
}

static void is_freed(struct poll_fd *self) { CONTAINER_OF(self, struct seen, fd)->frees++; }

static void watch(struct poll *poll, struct seen *seen, int fd)
{
    *seen = (struct seen){.fd = {.fd = fd, .ready = ready, .free = is_freed}, .poll = poll};
    assert_int_equal(poll_add(poll, &seen->fd), 0);
}

static void make(struct poll *poll) { assert_int_equal(poll_init(poll, poll_now_us()), 0); }

static void tells_once_for_each_change(void **state)
{
    (void)state;
    struct poll poll;
    struct seen seen;
    int ends[2];
    make(&poll);
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    watch(&poll, &seen, ends[0]);
    (void)poll_run(&poll, 0);
    assert_int_equal(seen.calls, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    (void)poll_run(&poll, 0);
    assert_int_equal(seen.calls, 1);
    assert_int_equal(seen.bits, POLL_READABLE);
    (void)poll_run(&poll, 0); /* edge-triggered: nothing new */
    assert_int_equal(seen.calls, 1);
    close(ends[1]);
    (void)poll_run(&poll, 0);
    assert_int_equal(seen.calls, 2);
    assert_true((seen.bits & POLL_HANGUP) != 0);
    poll_close(&poll, &seen.fd);
    poll_deinit(&poll);
    assert_int_equal(seen.frees, 1);
}

/* What a read that leaves room does not show: here the end of the stream, behind a byte. */
static void tells_that_a_stream_is_ending(void **state)
{
    (void)state;
    struct poll poll;
    struct seen seen;
    int ends[2];
    make(&poll);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    watch(&poll, &seen, ends[0]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    (void)poll_run(&poll, 0);
    assert_int_equal(seen.bits & (POLL_READABLE | POLL_ENDING), POLL_READABLE);
    assert_int_equal(shutdown(ends[1], SHUT_WR), 0);
    (void)poll_run(&poll, 0);
    assert_int_equal(seen.bits & (POLL_ENDING | POLL_HANGUP), POLL_ENDING);
    poll_close(&poll, &seen.fd);
    poll_deinit(&poll);
    close(ends[1]);
}

/* Two are ready in one round, and the first that is told closes the other. */
static void one_closed_in_a_round_is_not_told_and_freed_after_it(void **state)
{
    (void)state;
    struct poll poll;
    struct seen a, b;
    int first[2], second[2];
    make(&poll);
    assert_int_equal(pipe2(first, O_NONBLOCK), 0);
    assert_int_equal(pipe2(second, O_NONBLOCK), 0);
    watch(&poll, &a, first[0]);
    watch(&poll, &b, second[0]);
    a.closes = &b;
    b.closes = &a;
    assert_int_equal(write(first[1], "x", 1), 1);
    assert_int_equal(write(second[1], "x", 1), 1);
    (void)poll_run(&poll, 0);
    assert_int_equal(a.calls + b.calls, 1);
    assert_int_equal(a.frees + b.frees, 1);
    assert_int_equal(a.calls, b.frees);
    poll_close(&poll, &a.fd);
    poll_close(&poll, &a.fd); /* twice does no harm */
    poll_close(&poll, &b.fd);
    poll_flush(&poll);
    assert_int_equal(a.frees, 1);
    assert_int_equal(b.frees, 1);
    poll_deinit(&poll);
    close(first[1]);
    close(second[1]);
}

struct alarm {
    struct poll_timer timer;
    uint64_t rang_us;
};

static void rings(struct poll_timer *self, uint64_t now_us)
{
    CONTAINER_OF(self, struct alarm, timer)->rang_us = now_us;
}

static void a_timer_ends_the_wait_and_not_before_its_time(void **state)
{
    (void)state;
    struct poll poll;
    make(&poll);
    struct alarm alarm = {.timer = {.due = rings}};
    struct alarm never = {.timer = {.due = rings}};
    const uint64_t due_us = poll_now_us() + 5000;
    poll_timer_arm(&poll, &alarm.timer, due_us);
    poll_timer_arm(&poll, &never.timer, due_us + 1000);
    poll_timer_cancel(&poll, &never.timer);
    while (alarm.rang_us == 0) (void)poll_run(&poll, TIME_NEVER);
    assert_true(alarm.rang_us >= due_us);
    assert_int_equal(never.rang_us, 0);
    poll_deinit(&poll);
}

static void waits_no_longer_than_it_is_told(void **state)
{
    (void)state;
    struct poll poll;
    make(&poll);
    const uint64_t until_us = poll_now_us() + 2000;
    uint64_t now_us = 0;
    while (now_us < until_us) now_us = poll_run(&poll, until_us);
    poll_deinit(&poll);
}

/* In a process whose filter answers epoll_pwait2() with `error`: how often the loop wakes up in 20
 * ms; -1: no filter can be had here. */
static int wakes_without_epoll_pwait2(uint32_t error)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct poll poll;
        scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
        if (poll_init(&poll, poll_now_us()) != 0 || filter == NULL ||
            seccomp_rule_add(filter, SCMP_ACT_ERRNO(error), SCMP_SYS(epoll_pwait2), 0) != 0 ||
            seccomp_load(filter) != 0) {
            _exit(255);
        }
        const uint64_t until_us = poll_now_us() + 20000;
        int rounds = 0;
        while (rounds < 100 && poll_run(&poll, until_us) < until_us) rounds++;
        _exit(rounds);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 255 ? -1 : WEXITSTATUS(status);
}

/* Old kernels say ENOSYS, filters of containers that do not know the call EPERM. */
static void waits_where_there_are_only_milliseconds(void **state)
{
    (void)state;
    assert_true(wakes_without_epoll_pwait2(ENOSYS) <= 2);
    assert_true(wakes_without_epoll_pwait2(EPERM) <= 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_once_for_each_change),
        cmocka_unit_test(tells_that_a_stream_is_ending),
        cmocka_unit_test(one_closed_in_a_round_is_not_told_and_freed_after_it),
        cmocka_unit_test(a_timer_ends_the_wait_and_not_before_its_time),
        cmocka_unit_test(waits_no_longer_than_it_is_told),
        cmocka_unit_test(waits_where_there_are_only_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
