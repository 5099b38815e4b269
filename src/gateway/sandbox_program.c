/*
 * Inner, second half: starts the program, adopts whatever it leaves behind, and ends with the last
 * of them.
 *
 * The program is a child of inner with nothing changed but its namespaces: same group, session,
 * terminal, mask. Whether exec worked is told by a pipe that exec closes. Nobody but inner waits
 * for the program, so only inner can send it a signal without ever hitting a stranger with the same
 * pid.
 *
 * When the front is gone (end of file, or the kernel's word for it), everything is killed.
 */
#define _GNU_SOURCE /* pipe2, close_range */

#include "gateway/sandbox_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/file_watch.h"
#include "gateway/sandbox_ids.h"
#include "gateway/sandbox_mount.h"
#include "gateway/sandbox_signal.h"
#include "gateway/sandbox_tree.h"

/* How long the front has to answer before it is called again. */
#define CALL_MS 20

#define RESOLV_CONF "/etc/resolv.conf"

/* Whether a directory of PATH that may be searched has a file of this name. */
static bool is_in_path(const char *name)
{
    const char *path = getenv("PATH");
    while (path != NULL) {
        char file[4096];
        const int len = (int)strcspn(path, ":");
        (void)snprintf(file, sizeof file, "%.*s/%s", len, path, name);
        if (access(file, F_OK) == 0) return true;
        path = path[len] == ':' ? path + len + 1 : NULL;
    }
    return false;
}

/* execvp() says EACCES if only one directory of PATH could not be searched; a shell says that
 * there is no such program. */
static int exec_error(const char *name, int error)
{
    const bool is_searched = strchr(name, '/') == NULL;
    return error == EACCES && is_searched && !is_in_path(name) ? ENOENT : error;
}

__attribute__((noreturn)) static void exec_program(const struct inner *inner, int result_fd)
{
    /* Else an ordinary user's program could be found by capabilities that it will not have. */
    if (inner->uid != 0 && inner->has_user_namespace) sandbox_ids_keep(0);
    /* If inner and the front are killed at once, nobody is left who could end the program. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    sandbox_signal_restore(inner->before);
    (void)execvp(inner->config->argv[0], inner->config->argv);
    const int error = exec_error(inner->config->argv[0], errno);
    (void)!write(result_fd, &error, sizeof error);
    _exit(127);
}

/* Forks the program. 0, or the errno value why it does not run; then it is gone already. */
static int start(struct inner *inner)
{
    int result[2];
    if (pipe2(result, O_CLOEXEC) != 0) return errno;
    const pid_t pid = fork();
    if (pid == 0) exec_program(inner, result[1]);
    int error = pid < 0 ? errno : 0;
    (void)close(result[1]);
    ssize_t got;
    do got = read(result[0], &error, sizeof error);
    while (got < 0 && errno == EINTR);
    (void)close(result[0]);
    if (error != 0 && pid > 0) (void)waitpid(pid, NULL, 0);
    inner->program = error == 0 ? pid : 0;
    return error;
}

static void close_between(unsigned first, unsigned last)
{
    if (first <= last) (void)syscall(SYS_close_range, first, last, 0);
}

/* Lets go of what is the program's: ends of pipes, so that their other ends notice. */
static void close_the_rest(const struct inner *inner)
{
    const unsigned a = (unsigned)inner->control_fd, b = (unsigned)inner->signal_fd;
    const unsigned low = u32_min(a, b), high = u32_max(a, b);
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int fd = 0; nothing >= 0 && fd <= 2; fd++)
        if (fd != inner->control_fd && fd != inner->signal_fd) (void)dup2(nothing, fd);
    close_between(u32_max(low, 2) + 1, high - 1);
    close_between(u32_max(high, 2) + 1, ~0u);
    if (low > 3) close_between(3, low - 1);
}

static void kill_everything(struct inner *inner)
{
    inner->is_killing = true;
    (void)sandbox_tree_kill(NULL, 0);
}

static void signal_everything(struct inner *inner, int signal)
{
    if (signal == SIGKILL) {
        kill_everything(inner);
        return;
    }
    pid_t pids[SANDBOX_TREE_MAX];
    const uint32_t count = sandbox_tree_all(getpid(), pids, SANDBOX_TREE_MAX);
    for (uint32_t i = 0; i < count; i++) {
        (void)kill(pids[i], signal);
        (void)kill(pids[i], SIGCONT); /* what is stopped would not hear it */
    }
}

static void report_end(const struct inner *inner, int wait_status)
{
    pid_t pids[SANDBOX_TREE_MAX];
    const uint32_t others = sandbox_tree_all(getpid(), pids, SANDBOX_TREE_MAX);
    sandbox_inner_tell(inner, SANDBOX_PROGRAM_ENDED, wait_status, (int)others);
}

/*
 * The program was stopped and is not any more: continued or killed by somebody who means the whole
 * run, or by the front itself. The front may be stopped, or just about to stop, so it is called
 * until it answers.
 */
static void call_front(struct inner *inner)
{
    inner->front_is_called = inner->control_fd >= 0 && getppid() == inner->front;
    if (inner->front_is_called) (void)kill(inner->front, SIGCONT);
}

static void program_stopped_or_not(struct inner *inner, bool is_stopped)
{
    const bool was_stopped = inner->program_is_stopped;
    inner->program_is_stopped = is_stopped;
    if (is_stopped) {
        sandbox_inner_tell(inner, SANDBOX_STOPPED, 0, 0);
    } else if (was_stopped) {
        sandbox_inner_tell(inner, SANDBOX_CONTINUED, 0, 0);
        call_front(inner);
    }
}

/* Waits for what has changed, and ends inner when nothing is left. */
static void reap(struct inner *inner)
{
    int ended_status = 0;
    bool program_has_ended = false;
    pid_t pid;
    for (;;) {
        int status = 0;
        pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED);
        if (pid <= 0) break;
        if (pid != inner->program) continue;
        if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
            program_stopped_or_not(inner, WIFSTOPPED(status));
            continue;
        }
        program_stopped_or_not(inner, false);
        inner->program = 0;
        ended_status = status;
        program_has_ended = true;
    }
    if (program_has_ended) report_end(inner, ended_status);
    if (pid == 0) {
        if (inner->is_killing) kill_everything(inner);
        return;
    }
    if (inner->front_is_called) return; /* else nobody would call it again */
    sandbox_inner_tell(inner, SANDBOX_ALL_ENDED, 0, 0);
    _exit(0);
}

static void take_signals(struct inner *inner)
{
    struct signalfd_siginfo info;
    while (read(inner->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) continue;
    if (getppid() != inner->front) kill_everything(inner);
}

static void obey(struct inner *inner, const struct sandbox_message *message)
{
    reap(inner); /* so that the program is still what it is thought to be */
    switch (message->kind) {
    case SANDBOX_SIGNAL:
        if (inner->program != 0) (void)kill(inner->program, message->value);
        break;
    case SANDBOX_CONTINUE:
        inner->front_is_called = false;
        if (inner->program != 0 && inner->program_is_stopped) (void)kill(inner->program, SIGCONT);
        break;
    case SANDBOX_SIGNAL_ALL: signal_everything(inner, message->value); break;
    default: break;
    }
}

static void take_messages(struct inner *inner)
{
    struct sandbox_message message;
    for (;;) {
        const int error = sandbox_message_receive(inner->control_fd, false, &message, NULL);
        if (error == EAGAIN) return;
        if (error != 0) {
            kill_everything(inner);
            (void)close(inner->control_fd);
            inner->control_fd = -1; /* poll() passes over it */
            inner->front_is_called = false;
            return;
        }
        obey(inner, &message);
    }
}

static void take_other_files(struct inner *inner)
{
    file_watch_take(inner->watch_fd, RESOLV_CONF);
    sandbox_mount_again();
}

__attribute__((noreturn)) static void serve(struct inner *inner)
{
    if (getppid() != inner->front) kill_everything(inner);
    for (;;) {
        reap(inner);
        struct pollfd fds[] = {{.fd = inner->control_fd, .events = POLLIN},
                               {.fd = inner->signal_fd, .events = POLLIN},
                               {.fd = inner->watch_fd, .events = POLLIN}};
        const int changed = poll(fds, ARRAY_COUNT(fds), inner->front_is_called ? CALL_MS : -1);
        if (changed == 0) call_front(inner);
        if (fds[1].revents != 0) take_signals(inner);
        if (fds[0].revents != 0) take_messages(inner);
        if (fds[2].revents != 0) take_other_files(inner);
    }
}

void sandbox_program_run(struct inner *inner)
{
    /* Read as any other, and heard when it is stopped, which the program may do at once. */
    (void)prctl(PR_SET_PDEATHSIG, SIGCONT);
    inner->signal_fd = sandbox_signal_open();
    const int error = inner->signal_fd < 0 ? errno : start(inner);
    if (error != 0) {
        sandbox_inner_tell(inner, SANDBOX_FAILED, SANDBOX_EXEC, error);
        _exit(1);
    }
    /* Root's programs may become others, which only CAP_KILL reaches; and mounts fall off, which
     * CAP_SYS_ADMIN renews: in the namespaces of inner, where nothing but that is to be had by it.
     */
    const uint64_t of_root = inner->uid == 0 ? UINT64_C(1) << CAP_KILL : 0;
    sandbox_ids_keep(of_root | UINT64_C(1) << CAP_SYS_ADMIN);
    sandbox_inner_tell(inner, SANDBOX_STARTED, inner->program, 0);
    close_the_rest(inner);
    inner->watch_fd = file_watch_open(RESOLV_CONF);
    sandbox_mount_again(); /* what has happened before is not told */
    serve(inner);
}
