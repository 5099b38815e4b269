/*
 * Signals of the processes of a run.
 *
 * The front and inner are in the program's process group, so the terminal's signals come to them
 * as well. They block everything and read it from a signalfd, which also says who sent it. Blocked
 * signals do not stop or end a process, whatever is to be done with them.
 */
#define _GNU_SOURCE /* signalfd, prctl */

#include "gateway/sandbox_signal.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

void sandbox_signal_save(struct sandbox_signals *before)
{
    (void)sigprocmask(SIG_SETMASK, NULL, &before->mask);
    const struct sigaction child = {.sa_handler = SIG_DFL};
    (void)sigaction(SIGCHLD, &child, &before->child);
}

void sandbox_signal_restore(const struct sandbox_signals *before)
{
    (void)sigaction(SIGCHLD, &before->child, NULL);
    (void)sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

static void fill(sigset_t *set)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS};
    (void)sigfillset(set);
    for (size_t i = 0; i < ARRAY_COUNT(faults); i++) (void)sigdelset(set, faults[i]);
}

void sandbox_signal_block(void)
{
    sigset_t set;
    fill(&set);
    (void)sigprocmask(SIG_SETMASK, &set, NULL);
}

int sandbox_signal_open(void)
{
    sigset_t set;
    fill(&set);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void sandbox_signal_end(struct sandbox *sandbox)
{
    if (sandbox->signal_fd < 0) return;
    struct signalfd_siginfo info;
    while (read(sandbox->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) continue;
    (void)close(sandbox->signal_fd);
    sandbox->signal_fd = -1;
    (void)sigprocmask(SIG_SETMASK, &sandbox->before.mask, NULL);
}

void sandbox_gateway_begin(struct sandbox *sandbox)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t ignored;
    fill(&ignored);
    (void)sigdelset(&ignored, SIGCHLD); /* else nobody can be waited for: a sanitizer does that */
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (sigismember(&ignored, signal) == 1) (void)sigaction(signal, &ignore, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGCONT); /* it may have been stopped: it must see the end */
    if (sandbox->control_fd >= 0) (void)close(sandbox->control_fd);
    sandbox->control_fd = -1;
    sandbox->inner = 0; /* not this process's child */
}
