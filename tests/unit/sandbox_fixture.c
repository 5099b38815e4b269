/*
 * The front of the tests. The device is whatever the machine allows; nobody reads from it.
 */
#define _GNU_SOURCE

#include "sandbox_fixture.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OTHER_USER 65534
#define PATIENCE   40000 /* brief pauses: a net, for a machine however busy */

static void tell_end(void *owner, int exit_status, uint32_t others)
{
    (void)owner;
    char line[64];
    const int len = snprintf(line, sizeof line, "ended %d %u\n", exit_status, others);
    if (write(STDOUT_FILENO, line, (size_t)len) != len) _exit(124);
}

static void become(uid_t uid)
{
    if (uid == 0) return;
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        _exit(124);
}

/* A shell with one job: waits for it and says when it stops. */
__attribute__((noreturn)) static void be_shell(pid_t job)
{
    for (;;) {
        int status = 0;
        if (waitpid(job, &status, WUNTRACED) != job) _exit(124);
        if (WIFEXITED(status)) _exit(WEXITSTATUS(status));
        if (!WIFSTOPPED(status)) _exit(124);
        if (write(STDOUT_FILENO, "stopped\n", 8) != 8) _exit(124);
    }
}

/* Makes `path` the controlling terminal and standard input of a session of our own, whose leader is
 * a shell; returns in its job, which is in the foreground. */
static void take_terminal(const char *path)
{
    if (setsid() < 0) _exit(124);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0 || dup2(fd, STDIN_FILENO) < 0) _exit(124);
    (void)close(fd);
    const pid_t job = fork();
    if (job > 0) be_shell(job);
    (void)signal(SIGTTOU, SIG_IGN);
    if (setpgid(0, 0) != 0 || tcsetpgrp(STDIN_FILENO, getpid()) != 0) _exit(124);
    (void)signal(SIGTTOU, SIG_DFL);
}

/* A gateway that has begun, so that no signal ends it any more; it lasts as long as `front_fd`. */
static pid_t fork_gateway(struct sandbox *sandbox, int gateway_fd, int front_fd)
{
    char byte = '.';
    const pid_t gateway = fork();
    if (gateway != 0) {
        if (read(front_fd, &byte, 1) != 1) _exit(124);
        return gateway;
    }
    sandbox_gateway_begin(sandbox);
    (void)close(front_fd);
    (void)close(STDOUT_FILENO);
    if (write(gateway_fd, &byte, 1) != 1 || read(gateway_fd, &byte, 1) < 0) _exit(1);
    _exit(0);
}

__attribute__((noreturn)) static void live(const struct front_config *config)
{
    const char *shell[] = {"sh", "-c", NULL, NULL};
    char script[4096];
    struct policy_addresses addresses;
    const struct vitro_ip network = vitro_ip_v4(10, 0, 2, 0);
    policy_addresses_init(&addresses, &network, true);
    if (config->script != NULL) (void)snprintf(script, sizeof script, "%s", config->script);
    shell[2] = script;
    const struct sandbox_config sandbox_config = {
        .argv = (char *const *)(config->script != NULL ? shell : config->argv),
        .addresses = &addresses,
        .mtu_bytes = 1500,
        .resolv_conf = "nameserver 10.0.2.3\n",
    };
    const struct sandbox_hooks hooks = {.program_ended = config->tells ? tell_end : NULL};
    struct sandbox sandbox;
    struct sandbox_failure failure;
    int control[2];
    if (config->prepare != NULL) config->prepare();
    if (sandbox_open(&sandbox, &sandbox_config, &failure) != 0) {
        fprintf(stderr, "step %d: %s\n", (int)failure.step, strerror(failure.error));
        _exit(125);
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0) _exit(124);
    const pid_t gateway = fork_gateway(&sandbox, control[1], control[0]);
    if (sandbox_start(&sandbox, &failure) != 0) _exit(failure.error == ENOENT ? 127 : 126);
    const int status = sandbox_wait(&sandbox, &hooks);
    sandbox_close(&sandbox);
    (void)close(control[0]);
    (void)close(control[1]);
    if (waitpid(gateway, NULL, 0) != gateway) _exit(124); /* it was not killed with the others */
    _exit(status);
}

/* The child of a process that is its first; 0: none yet. */
static pid_t first_child(pid_t pid)
{
    char path[64];
    int child = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    if (fscanf(file, "%d", &child) != 1) child = 0;
    (void)fclose(file);
    return child;
}

static void pause_briefly(void)
{
    const struct timespec time = {.tv_nsec = 5000000};
    (void)nanosleep(&time, NULL);
}

/* Whether a child of ours has ended; it is still to be waited for. */
static bool has_ended(pid_t child)
{
    siginfo_t info = {.si_pid = 0};
    return waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != 0;
}

struct front front_start(const struct front_config *config)
{
    static const int keys[] = {SIGINT, SIGQUIT, SIGHUP, SIGTSTP};
    int output[2];
    if (pipe2(output, O_CLOEXEC) != 0) abort();
    (void)fflush(NULL);
    const pid_t pid = fork();
    if (pid < 0) abort();
    if (pid == 0) {
        if (dup2(output[1], STDOUT_FILENO) < 0) _exit(124);
        /* A test in the background of a script has them ignored, and a shell keeps that. */
        for (size_t i = 0; i < ARRAY_COUNT(keys); i++) (void)signal(keys[i], SIG_DFL);
        if (config->closed_fd > 0) (void)close(config->closed_fd);
        if (config->terminal != NULL) take_terminal(config->terminal);
        become(config->uid);
        live(config);
    }
    (void)close(output[1]);
    struct front front = {.pid = pid, .front = pid, .output_fd = output[0]};
    while (front.inner == 0 && !has_ended(pid)) {
        if (config->terminal != NULL) front.front = first_child(pid);
        front.inner = first_child(front.front);
        if (front.inner == 0) pause_briefly();
    }
    return front;
}

const char *front_line(const struct front *front, char *line, size_t cap)
{
    size_t len = 0;
    while (len + 1 < cap && read(front->output_fd, line + len, 1) == 1)
        if (line[len++] == '\n') break;
    line[len] = '\0';
    return len > 0 ? line : NULL;
}

int front_end(struct front *front, char *output, size_t cap)
{
    size_t len = 0;
    int status = -1;
    while (len + 1 < cap) {
        const ssize_t got = read(front->output_fd, output + len, cap - 1 - len);
        if (got <= 0) break;
        len += (size_t)got;
    }
    output[len] = '\0';
    (void)close(front->output_fd);
    while (waitpid(front->pid, &status, 0) < 0 && errno == EINTR) continue;
    return status;
}

int front_run(uid_t uid, const char *script, char *output, size_t cap)
{
    const struct front_config config = {.script = script, .uid = uid};
    struct front front = front_start(&config);
    const int status = front_end(&front, output, cap);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static bool has_mark(const char *pid, const char *mark)
{
    char path[64], line[1024];
    (void)snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const ssize_t got = read(fd, line, sizeof line);
    (void)close(fd);
    return got > 0 && memmem(line, (size_t)got, mark, strlen(mark)) != NULL;
}

static bool is_there(const char *mark)
{
    DIR *all = opendir("/proc");
    bool is_found = false;
    for (const struct dirent *entry; all != NULL && (entry = readdir(all)) != NULL;)
        if (isdigit((unsigned char)entry->d_name[0]) && has_mark(entry->d_name, mark))
            is_found = true;
    if (all != NULL) (void)closedir(all);
    return is_found;
}

bool front_mark(const char *mark, bool is_wanted)
{
    for (int i = 0; i < PATIENCE; i++) {
        if (is_there(mark) == is_wanted) return true;
        pause_briefly();
    }
    return false;
}

/* Whether it sleeps, and no signal waits for it to be read. */
static bool is_idle(pid_t pid)
{
    char path[64], line[128];
    bool is_asleep = false;
    uint32_t quiet = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) return false;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "State:\tS", 8) == 0) is_asleep = true;
        if (strcmp(line, "SigPnd:\t0000000000000000\n") == 0) quiet++;
        if (strcmp(line, "ShdPnd:\t0000000000000000\n") == 0) quiet++;
    }
    (void)fclose(file);
    return is_asleep && quiet == 2;
}

bool front_settle(const struct front *front)
{
    for (int i = 0; i < PATIENCE; i++) {
        /* Who is sent a message is awake at once; so nothing is under way between them. */
        if (is_idle(front->front) && is_idle(front->inner) && is_idle(front->front) &&
            is_idle(front->inner))
            return true;
        pause_briefly();
    }
    return false;
}

uid_t front_other_user(void) { return geteuid() == 0 ? OTHER_USER : 0; }

bool front_is_possible(void)
{
    char output[64];
    return front_run(0, "exit 0", output, sizeof output) == 0;
}
