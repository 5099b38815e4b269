/* gateway/sandbox_inner: what it tells while it sets up, and that it ends with the front's end. */
#define _GNU_SOURCE
#include "support.h"

#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_ids.h"
#include "gateway/sandbox_signal.h"
#include "sandbox_fixture.h"

#include "gateway/sandbox_inner.h"

/* Forks inner for that program; returns our end of its socket. */
static int fork_inner(const char *const *argv, pid_t *pid)
{
    int pair[2];
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    struct policy_addresses addresses;
    struct sandbox_signals before;
    policy_addresses_init(&addresses, &network, true);
    const struct sandbox_config config = {.argv = (char *const *)argv,
                                          .addresses = &addresses,
                                          .mtu_bytes = 1500,
                                          .resolv_conf = "nameserver 10.0.2.3\n"};
    assert_int_equal(sandbox_message_pair(pair), 0);
    const pid_t front = getpid();
    *pid = fork();
    if (*pid == 0) {
        (void)close(pair[0]);
        sandbox_signal_save(&before);
        sandbox_signal_block();
        struct inner inner = {.config = &config,
                              .before = &before,
                              .control_fd = pair[1],
                              .signal_fd = -1,
                              .front = front};
        sandbox_inner_run(&inner);
    }
    (void)close(pair[1]);
    return pair[0];
}

/* Follows it until it is ready; its descriptors are closed. */
static void follow(int socket, pid_t pid)
{
    struct sandbox_message message;
    int fds[SANDBOX_MESSAGE_FDS];
    for (;;) {
        assert_int_equal(sandbox_message_receive(socket, true, &message, fds), 0);
        if (message.kind == SANDBOX_READY) break;
        assert_int_not_equal(message.kind, SANDBOX_FAILED);
        if (message.kind != SANDBOX_NEEDS_MAP) continue;
        const struct sandbox_message answer = {SANDBOX_MAPPED, sandbox_ids_map_all(pid), 0};
        assert_int_equal(sandbox_message_send(socket, &answer, NULL, 0), 0);
    }
    assert_true(message.value == LINK_TAP || message.value == LINK_PACKET);
    for (int i = 0; i < SANDBOX_MESSAGE_FDS; i++) {
        assert_true(fds[i] >= 0);
        (void)close(fds[i]);
    }
}

static void inner_ends_when_it_is_not_wanted(void **state)
{
    FRONT_NEEDED();
    const char *argv[] = {"true", NULL};
    pid_t pid;
    int status = -1;
    const int socket = fork_inner(argv, &pid);
    follow(socket, pid);
    (void)close(socket);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void inner_tells_how_the_program_fares(void **state)
{
    FRONT_NEEDED();
    const char *argv[] = {"sh", "-c", "exit 3", NULL};
    const enum sandbox_message_kind kinds[] = {SANDBOX_STARTED, SANDBOX_PROGRAM_ENDED,
                                               SANDBOX_ALL_ENDED};
    const struct sandbox_message go = {.kind = SANDBOX_GO};
    struct sandbox_message message;
    pid_t pid;
    int status = -1;
    const int socket = fork_inner(argv, &pid);
    follow(socket, pid);
    assert_int_equal(sandbox_message_send(socket, &go, NULL, 0), 0);
    for (size_t i = 0; i < ARRAY_COUNT(kinds); i++) {
        assert_int_equal(sandbox_message_receive(socket, true, &message, NULL), 0);
        assert_int_equal(message.kind, kinds[i]);
        if (i == 1) assert_int_equal(message.value, 3 << 8);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)close(socket);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_ends_when_it_is_not_wanted),
        cmocka_unit_test(inner_tells_how_the_program_fares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
