/*
 * The gateway's process: its start, its end, and what is said of both. It is locked in as in a real
 * run; its link is one end of a socket pair.
 */
#define _GNU_SOURCE

#include "cli/run_gateway.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway_fixture.h"
#include "run_fixture.h"

struct scene {
    struct run_gateway gateway;
    struct sandbox sandbox;
    struct gateway_config config;
    struct run_show_config show;
    int text_fd, program_fd;
};

static void setup(struct scene *scene)
{
    int pair[2];
    *scene = (struct scene){.gateway.fd = -1};
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    scene->sandbox =
        (struct sandbox){.control_fd = -1, .signal_fd = -1, .netns_fd = -1, .link_fd = pair[0]};
    scene->program_fd = pair[1];
    fixture_config(&scene->config);
    scene->config.link_fd = pair[0];
    scene->text_fd = run_file();
    scene->show = (struct run_show_config){.has_table = true,
                                           .text_fd = scene->text_fd,
                                           .capture_fd = -1,
                                           .json_fd = -1,
                                           .command = "vitro run -- true"};
}

static void teardown(struct scene *scene)
{
    close(scene->program_fd);
    close(scene->text_fd);
}

static int start(struct scene *scene)
{
    return run_gateway_start(&scene->gateway, &scene->sandbox, &scene->config, &scene->show);
}

static void it_starts_and_says_its_table_at_the_end(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    assert_int_equal(start(&scene), 0);
    assert_true(scene.gateway.pid > 0);
    assert_int_equal(scene.sandbox.link_fd, -1);
    run_gateway_wait(&scene.gateway, LANG_EN);
    assert_int_equal(scene.gateway.pid, 0);
    assert_int_equal(scene.gateway.fd, -1);
    assert_non_null(strstr(run_file_text(scene.text_fd), "-- 0 connections, "));
    run_gateway_wait(&scene.gateway, LANG_EN); /* nobody to wait for */
    teardown(&scene);
}

/* The program has ended, and somebody is impatient before its gateway is waited for. */
static void a_signal_ahead_of_the_wait_ends_nothing(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    assert_int_equal(start(&scene), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(raise(SIGINT), 0);
    run_gateway_wait(&scene.gateway, LANG_EN);
    assert_non_null(strstr(run_file_text(scene.text_fd), "-- 0 connections, "));
    teardown(&scene);
}

static void a_start_that_fails_says_why(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    close(scene.config.link_fd);
    scene.config.link_fd = -1;
    assert_int_equal(start(&scene), EBADF);
    assert_int_equal(scene.gateway.pid, 0);
    teardown(&scene);
}

static void one_that_is_killed_is_told_of(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    assert_int_equal(start(&scene), 0);
    const pid_t pid = scene.gateway.pid;
    int wait_status = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &wait_status, 0), pid);
    const int said = run_file();
    const int kept = dup(STDERR_FILENO);
    assert_int_equal(dup2(said, STDERR_FILENO), STDERR_FILENO);
    run_gateway_ended(&scene.gateway, pid, wait_status, LANG_EN);
    run_gateway_ended(&scene.gateway, pid, wait_status, LANG_EN); /* once */
    assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
    close(kept);
    assert_string_equal(run_file_text(said),
                        "vitro run: the gateway has ended too early (signal 9): the program has "
                        "no network now\n");
    close(said);
    assert_int_equal(scene.gateway.pid, 0);
    teardown(&scene);
}

static void killed_it_says_nothing(void **state)
{
    (void)state;
    struct scene scene;
    setup(&scene);
    assert_int_equal(start(&scene), 0);
    run_gateway_kill(&scene.gateway);
    assert_int_equal(scene.gateway.pid, 0);
    assert_string_equal(run_file_text(scene.text_fd), "");
    teardown(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_and_says_its_table_at_the_end),
        cmocka_unit_test(a_signal_ahead_of_the_wait_ends_nothing),
        cmocka_unit_test(a_start_that_fails_says_why),
        cmocka_unit_test(one_that_is_killed_is_told_of),
        cmocka_unit_test(killed_it_says_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
