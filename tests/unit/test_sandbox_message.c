/* gateway/sandbox_message: whole messages, their descriptors, and the other side's end. */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gateway/sandbox_message.h"

static void messages_arrive_whole_and_in_order(void **state)
{
    (void)state;
    int pair[2], fds[2];
    struct sandbox_message got;
    assert_int_equal(sandbox_message_pair(pair), 0);
    assert_int_equal(sandbox_message_receive(pair[1], false, &got, NULL), EAGAIN);
    for (int i = 0; i < 3; i++) {
        const struct sandbox_message sent = {SANDBOX_FAILED, i, -i};
        assert_int_equal(sandbox_message_send(pair[0], &sent, NULL, 0), 0);
    }
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sandbox_message_receive(pair[1], true, &got, fds), 0);
        assert_int_equal(got.kind, SANDBOX_FAILED);
        assert_int_equal(got.value, i);
        assert_int_equal(got.other, -i);
        assert_int_equal(fds[0], -1);
        assert_int_equal(fds[1], -1);
    }
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void descriptors_come_along(void **state)
{
    (void)state;
    int pair[2], ends[2], fds[2];
    char byte;
    struct sandbox_message got;
    const struct sandbox_message sent = {.kind = SANDBOX_READY};
    assert_int_equal(sandbox_message_pair(pair), 0);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(sandbox_message_send(pair[0], &sent, ends, 2), 0);
    assert_int_equal(sandbox_message_receive(pair[1], true, &got, fds), 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fcntl(fds[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        assert_int_equal(fcntl(pair[i], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        (void)close(fds[i]);
    }
    /* what nobody asked for is closed */
    assert_int_equal(sandbox_message_send(pair[0], &sent, &ends[1], 1), 0);
    assert_int_equal(sandbox_message_receive(pair[1], true, &got, NULL), 0);
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0);
    (void)close(ends[0]);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

static void the_end_of_the_other_side_is_told(void **state)
{
    (void)state;
    int pair[2];
    struct sandbox_message got;
    const struct sandbox_message sent = {.kind = SANDBOX_GO};
    assert_int_equal(sandbox_message_pair(pair), 0);
    assert_int_equal(sandbox_message_send(pair[0], &sent, NULL, 0), 0);
    (void)close(pair[0]);
    assert_int_equal(sandbox_message_receive(pair[1], true, &got, NULL), 0);
    assert_int_equal(sandbox_message_receive(pair[1], true, &got, NULL), EPIPE);
    assert_int_equal(sandbox_message_send(pair[1], &sent, NULL, 0), EPIPE);
    (void)close(pair[1]);
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    int pair[2];
    struct sandbox_message got;
    assert_int_equal(sandbox_message_pair(pair), 0);
    assert_int_equal(write(pair[0], "x", 1), 1);
    assert_int_equal(sandbox_message_receive(pair[1], true, &got, NULL), EPROTO);
    (void)close(pair[0]);
    (void)close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_arrive_whole_and_in_order),
        cmocka_unit_test(descriptors_come_along),
        cmocka_unit_test(the_end_of_the_other_side_is_told),
        cmocka_unit_test(what_is_no_message_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
