/*
 * gateway/jail: inside it, sockets work and nothing else does. Each case is a process of its own.
 */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gateway/jail.h"

#if defined(__SANITIZE_ADDRESS__)
#define IS_LOOSE 1 /* the sanitizer's list is longer */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_LOOSE 1
#endif
#endif
#ifndef IS_LOOSE
#define IS_LOOSE 0
#endif

/* Its wait status after entering the jail and doing that; exit status 0 is well. */
static int in_jail(int (*body)(void))
{
    int status = -1;
    (void)fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        if (jail_enter() != 0) _exit(99);
        _exit(body());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 99) {
        print_message("no seccomp filter can be had on this machine\n");
        skip();
    }
    return status;
}

static void assert_killed(int (*body)(void))
{
    const int status = in_jail(body);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int use_sockets(void)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    struct sockaddr_in bound;
    socklen_t len = sizeof bound;
    char byte = 'x';
    const int a = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int b = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    if (a < 0 || b < 0) return 1;
    if (bind(a, (const struct sockaddr *)&address, sizeof address) != 0) return 2;
    if (getsockname(a, (struct sockaddr *)&bound, &len) != 0) return 3;
    if (connect(b, (const struct sockaddr *)&bound, len) != 0 || send(b, &byte, 1, 0) != 1)
        return 4;
    if (recv(a, &byte, 1, 0) != 1) return 5;
    if (fcntl(b, F_SETFL, fcntl(b, F_GETFL) | O_NONBLOCK) != 0) return 6;
    const int stream = socket(AF_INET, SOCK_STREAM, 0);
    if (stream < 0 || close(stream) != 0) return 7;
    const int stream6 = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP);
    if (stream6 < 0 && errno != EAFNOSUPPORT) return 8;
    if (socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) < 0 && errno != EACCES) return 9;
    return 0;
}

static int use_the_rest(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0) return 1;
    void *memory = malloc(1 << 22);
    memory = realloc(memory, 1 << 23);
    if (memory == NULL) return 2;
    memset(memory, 1, 1 << 23);
    free(memory);
    struct stat stat;
    if (fstat(STDERR_FILENO, &stat) != 0) return 3;
    (void)printf("%s", ""); /* stdio looks at what it writes to */
    (void)fflush(stdout);
    return 0;
}

static int abort_quietly(void) { abort(); }
static int open_file(void) { return open("/etc/passwd", O_RDONLY) < 0; }

static int execute(void) { return execl("/bin/true", "true", (char *)NULL); }

static int map_executable(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == NULL;
}

static int make_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int fork_child(void) { return fork() < 0; }
static int signal_another(void) { return kill(1, 0); }
static int open_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) < 0; }
static int open_raw(void) { return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0; }
static int open_packet(void) { return socket(AF_PACKET, SOCK_DGRAM, 0) < 0; }
static int open_sctp(void) { return socket(AF_INET, SOCK_STREAM, 132) < 0; }
static int remove_file(void) { return unlink("/tmp/vitro-no-such"); }

static int move_in_file(void) { return lseek(STDERR_FILENO, 0, SEEK_SET) < 0; }
static int wait_for_disk(void) { return fsync(STDERR_FILENO) < 0; }

static void what_the_gateway_does_works(void **state)
{
    (void)state;
    assert_int_equal(in_jail(use_sockets), 0);
    assert_int_equal(in_jail(use_the_rest), 0);
}

static void nothing_else_does(void **state)
{
    (void)state;
    assert_killed(execute);
    assert_killed(open_unix);
    assert_killed(open_raw);
    assert_killed(open_packet);
    assert_killed(open_sctp);
    assert_killed(remove_file);
    assert_killed(move_in_file);
    assert_killed(wait_for_disk);
    if (IS_LOOSE) return;
    assert_killed(open_file);
    assert_killed(fork_child);
    assert_killed(signal_another);
    assert_killed(map_executable);
    assert_killed(make_executable);
}

static void an_assertion_still_aborts(void **state)
{
    (void)state;
    const int status = in_jail(abort_quietly);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void no_capability_is_left(void **state)
{
    (void)state;
    int status = -1, fds[2];
    char text[4096] = "";
    assert_int_equal(pipe(fds), 0);
    const pid_t child = fork();
    if (child == 0) {
        const int own = open("/proc/self/status", O_RDONLY); /* opened now, read later */
        if (jail_enter() != 0) _exit(99);
        const ssize_t len = read(own, text, sizeof text);
        _exit(len > 0 && write(fds[1], text, (size_t)len) == len ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 99) skip();
    assert_int_equal(status, 0);
    assert_true(read(fds[0], text, sizeof text - 1) > 0);
    static const char *const lines[] = {"CapInh:\t0000000000000000",
                                        "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000",
                                        "CapAmb:\t0000000000000000",
                                        "NoNewPrivs:\t1",
                                        "Seccomp:\t2"};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) assert_non_null(strstr(text, lines[i]));
    if (geteuid() == 0) assert_non_null(strstr(text, "CapBnd:\t0000000000000000"));
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void the_limit_of_descriptors_is_raised(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const uint32_t raised = jail_raise_descriptors();
    assert_true(raised >= limit.rlim_cur);
    assert_true(raised == limit.rlim_max || limit.rlim_max > UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_gateway_does_works),
        cmocka_unit_test(nothing_else_does),
        cmocka_unit_test(an_assertion_still_aborts),
        cmocka_unit_test(no_capability_is_left),
        cmocka_unit_test(the_limit_of_descriptors_is_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
