/*
 * The front while the program runs: a shell's view of it.
 *
 *     the terminal's signals    come to the program by themselves, being in the same group; one
 *                               that has a group of its own is passed them
 *     signals of processes      are passed on
 *     the program is stopped    the front stops too, so that the shell has its prompt back
 *     the front is continued    so is the program, if it is stopped
 *     the program has ended,    the front waits for them; ctrl-C or SIGTERM has them terminated,
 *     others are left           the second one killed
 *
 * The kernel says by si_code who sent a signal: its own are SI_KERNEL, those of processes not
 * above 0.
 */
#define _GNU_SOURCE /* getpgid, signalfd */

#include "gateway/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_inner.h"
#include "gateway/sandbox_message.h"
#include "gateway/sandbox_signal.h"

struct waiting {
    struct sandbox *sandbox;
    const struct sandbox_hooks *hooks;
    int exit_status;
    bool program_has_ended;
    bool program_is_stopped;
    bool is_over; /* inner has ended */
    bool is_terminated;
};

static void tell(const struct waiting *waiting, enum sandbox_message_kind kind, int value)
{
    const struct sandbox_message message = {.kind = kind, .value = value};
    (void)sandbox_message_send(waiting->sandbox->control_fd, &message, NULL, 0);
}

static void program_ended(struct waiting *waiting, int wait_status, int others)
{
    struct sandbox *sandbox = waiting->sandbox;
    waiting->program_has_ended = true;
    waiting->program_is_stopped = false;
    if (WIFSIGNALED(wait_status)) sandbox->ended_by_signal = WTERMSIG(wait_status);
    waiting->exit_status =
        WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
    const struct sandbox_hooks *hooks = waiting->hooks;
    if (hooks != NULL && hooks->program_ended != NULL)
        hooks->program_ended(hooks->owner, waiting->exit_status, (uint32_t)others);
}

static void take_message(struct waiting *waiting, const struct sandbox_message *message)
{
    switch (message->kind) {
    case SANDBOX_STOPPED: waiting->program_is_stopped = true; break;
    case SANDBOX_CONTINUED: waiting->program_is_stopped = false; break;
    case SANDBOX_PROGRAM_ENDED: program_ended(waiting, message->value, message->other); break;
    case SANDBOX_ALL_ENDED: waiting->is_over = true; break;
    default: break;
    }
}

static void take_messages(struct waiting *waiting)
{
    struct sandbox_message message;
    while (!waiting->is_over) {
        const int fd = waiting->sandbox->control_fd;
        const int error = sandbox_message_receive(fd, false, &message, NULL);
        if (error == EAGAIN) return;
        if (error != 0)
            waiting->is_over = true; /* inner was killed */
        else
            take_message(waiting, &message);
    }
}

/* Stops this process. Whoever continues it means the program too: inner is told when SIGCONT is
 * read. */
static void stop_here(void) { (void)kill(getpid(), SIGSTOP); }

/* Nobody stops inner but a program that means harm, or by mistake: without it nothing goes on. */
static void continue_inner(const struct sandbox *sandbox)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)sandbox->inner, &info, WSTOPPED | WNOHANG) == 0 && info.si_pid != 0)
        (void)kill(sandbox->inner, SIGCONT);
}

static void take_child(struct waiting *waiting)
{
    continue_inner(waiting->sandbox);
    const struct sandbox_hooks *hooks = waiting->hooks;
    pid_t *kept = waiting->sandbox->kept;
    for (uint32_t i = 0; i < SANDBOX_KEPT_MAX; i++) {
        int status = 0;
        if (kept[i] == 0 || waitpid(kept[i], &status, WNOHANG) != kept[i]) continue;
        const pid_t pid = kept[i];
        kept[i] = 0;
        if (hooks != NULL && hooks->child_ended != NULL)
            hooks->child_ended(hooks->owner, pid, status);
    }
}

/* The terminal's signals go to a group: is the program in it? */
static bool program_has_own_group(const struct waiting *waiting)
{
    const pid_t group = getpgid(waiting->sandbox->program);
    return group > 0 && group != getpgrp();
}

/* A signal when only others are left inside. */
static void take_signal_alone(struct waiting *waiting, int signal)
{
    switch (signal) {
    case SIGTSTP: stop_here(); break;
    case SIGINT:
    case SIGQUIT:
    case SIGTERM:
    case SIGHUP:
        sandbox_signal_all(waiting->sandbox, waiting->is_terminated ? SIGKILL : SIGTERM);
        waiting->is_terminated = true;
        break;
    default: break;
    }
}

static void take_signal(struct waiting *waiting, const struct signalfd_siginfo *info)
{
    const int signal = (int)info->ssi_signo;
    const bool is_from_kernel = info->ssi_code > 0;
    if (signal == SIGCHLD) {
        take_child(waiting);
        return;
    }
    if (info->ssi_pid == (uint32_t)getpid() && !is_from_kernel) return; /* SIGPIPE */
    if (signal == SIGCONT) {
        tell(waiting, SANDBOX_CONTINUE, 0);
    } else if (waiting->program_has_ended) {
        take_signal_alone(waiting, signal);
    } else if (!is_from_kernel) {
        tell(waiting, SANDBOX_SIGNAL, signal);
    } else if (signal != SIGTTIN && signal != SIGTTOU && program_has_own_group(waiting)) {
        tell(waiting, SANDBOX_SIGNAL, signal);
    }
}

static void take_signals(struct waiting *waiting)
{
    struct signalfd_siginfo info;
    while (read(waiting->sandbox->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(waiting, &info);
}

/* If the terminal belongs to a group that is no more (a shell inside was killed), takes it back. */
static void take_terminal_back(void)
{
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0) return;
    const pid_t group = tcgetpgrp(terminal);
    if (group > 0 && group != getpgrp() && kill(-group, 0) != 0 && errno == ESRCH)
        (void)tcsetpgrp(terminal, getpgrp());
    (void)close(terminal);
}

int sandbox_wait(struct sandbox *sandbox, const struct sandbox_hooks *hooks)
{
    struct waiting waiting = {.sandbox = sandbox, .hooks = hooks};
    const bool is_watching = hooks != NULL && hooks->watched != NULL;
    take_child(&waiting); /* it may have ended before anybody looked */
    while (!waiting.is_over) {
        struct pollfd fds[] = {{.fd = sandbox->control_fd, .events = POLLIN},
                               {.fd = sandbox->signal_fd, .events = POLLIN},
                               {.fd = is_watching ? hooks->watch_fd : -1, .events = POLLIN}};
        const int ready = poll(fds, ARRAY_COUNT(fds), -1);
        if (ready > 0 && fds[2].revents != 0) hooks->watched(hooks->owner);
        take_messages(&waiting);
        take_signals(&waiting);
        take_messages(&waiting);
        if (waiting.program_is_stopped) {
            waiting.program_is_stopped = false; /* else inner says so again */
            stop_here();
        }
    }
    sandbox_inner_end(sandbox);
    if (!waiting.program_has_ended) program_ended(&waiting, SIGKILL, 0);
    take_terminal_back();
    sandbox_signal_end(sandbox);
    return waiting.exit_status;
}
