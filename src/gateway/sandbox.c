/*
 * The front's side of the sandbox: forks inner, follows its setting up, starts the program, and
 * sees to it that nothing is left.
 *
 * The front is a subreaper as inner is: should inner be killed, what was inside becomes the
 * front's, to be killed by it. If the front is killed, inner sees the end of its socket and kills.
 * If both are killed at once the keeper does (sandbox_keeper.c).
 */
#define _GNU_SOURCE /* prctl */

#include "gateway/sandbox.h"

#include <errno.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/sandbox_ids.h"
#include "gateway/sandbox_inner.h"
#include "gateway/sandbox_keeper.h"
#include "gateway/sandbox_message.h"
#include "gateway/sandbox_signal.h"
#include "gateway/sandbox_tree.h"

/* How long a program may take to start before inner is thought to be stopped. */
#define START_MS 50

static void close_fd(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
    *fd = -1;
}

static int tell(const struct sandbox *sandbox, enum sandbox_message_kind kind, int value)
{
    const struct sandbox_message message = {.kind = kind, .value = value};
    return sandbox_message_send(sandbox->control_fd, &message, NULL, 0);
}

/* Forks inner, which has every signal blocked from its first moment. */
static int fork_inner(struct sandbox *sandbox, const struct sandbox_config *config)
{
    int pair[2];
    const int error = sandbox_message_pair(pair);
    if (error != 0) return error;
    struct inner inner = {.config = config,
                          .before = &sandbox->before,
                          .control_fd = pair[1],
                          .signal_fd = -1,
                          .front = getpid()};
    sandbox_signal_block();
    sandbox->inner = fork();
    if (sandbox->inner == 0) {
        (void)close(pair[0]);
        sandbox_inner_run(&inner);
    }
    const int fork_error = sandbox->inner < 0 ? errno : 0;
    (void)sigprocmask(SIG_SETMASK, &sandbox->before.mask, NULL);
    (void)close(pair[1]);
    sandbox->control_fd = pair[0];
    if (fork_error != 0) sandbox->inner = 0;
    return fork_error;
}

/* What inner tells while it sets up. 1: go on listening, 0: it is ready, -1: `failure`. */
static int follow(struct sandbox *sandbox, struct sandbox_failure *failure)
{
    struct sandbox_message message;
    int fds[SANDBOX_MESSAGE_FDS];
    const int error = sandbox_message_receive(sandbox->control_fd, true, &message, fds);
    if (error != 0) {
        *failure = (struct sandbox_failure){.step = SANDBOX_FORK, .error = error};
        return -1;
    }
    const struct sandbox_failure told = {.step = (enum sandbox_step)message.value,
                                         .error = message.other};
    switch (message.kind) {
    case SANDBOX_NEEDS_MAP:
        (void)tell(sandbox, SANDBOX_MAPPED, sandbox_ids_map_all(sandbox->inner));
        return 1;
    case SANDBOX_WARNED: sandbox->warning = told; return 1;
    case SANDBOX_FAILED: *failure = told; return -1;
    case SANDBOX_READY:
        sandbox->link_kind = (enum link_kind)message.value;
        sandbox->has_ip6 = message.other != 0;
        sandbox->link_fd = fds[0];
        sandbox->netns_fd = fds[1];
        return 0;
    default: *failure = (struct sandbox_failure){SANDBOX_FORK, EPROTO}; return -1;
    }
}

int sandbox_open(struct sandbox *sandbox, const struct sandbox_config *config,
                 struct sandbox_failure *failure)
{
    *sandbox = (struct sandbox){.control_fd = -1, .signal_fd = -1, .netns_fd = -1, .link_fd = -1};
    sandbox_signal_save(&sandbox->before);
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1);
    const int error = fork_inner(sandbox, config);
    if (error != 0) {
        *failure = (struct sandbox_failure){.step = SANDBOX_FORK, .error = error};
        sandbox_close(sandbox);
        return -1;
    }
    int state;
    do state = follow(sandbox, failure);
    while (state > 0);
    if (state < 0) sandbox_close(sandbox);
    return state;
}

static void note_children(struct sandbox *sandbox)
{
    pid_t children[SANDBOX_KEPT_MAX + 1];
    const uint32_t count = sandbox_tree_children(getpid(), children, ARRAY_COUNT(children));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count && kept < SANDBOX_KEPT_MAX; i++)
        if (children[i] != sandbox->inner) sandbox->kept[kept++] = children[i];
    sandbox->has_begun = true;
}

/* Waits until inner has something to say; its program may have stopped it by then. */
static void await_inner(const struct sandbox *sandbox)
{
    struct pollfd fd = {.fd = sandbox->control_fd, .events = POLLIN};
    while (poll(&fd, 1, START_MS) == 0) (void)kill(sandbox->inner, SIGCONT);
}

int sandbox_start(struct sandbox *sandbox, struct sandbox_failure *failure)
{
    sandbox_signal_block();
    sandbox->keeper = sandbox_keeper_start(sandbox);
    note_children(sandbox);
    sandbox->signal_fd = sandbox_signal_open();
    int error = sandbox->signal_fd < 0 ? errno : tell(sandbox, SANDBOX_GO, 0);
    struct sandbox_message message = {.kind = SANDBOX_FAILED, .other = EIO};
    if (error == 0) await_inner(sandbox);
    if (error == 0) error = sandbox_message_receive(sandbox->control_fd, true, &message, NULL);
    if (error == 0 && message.kind == SANDBOX_STARTED) {
        sandbox->program = message.value;
        return 0;
    }
    *failure = (struct sandbox_failure){SANDBOX_EXEC, error != 0 ? error : message.other};
    sandbox_close(sandbox);
    return -1;
}

void sandbox_signal_all(struct sandbox *sandbox, int signal)
{
    if (sandbox->control_fd >= 0) (void)tell(sandbox, SANDBOX_SIGNAL_ALL, signal);
}

void sandbox_inner_end(struct sandbox *sandbox)
{
    if (sandbox->inner == 0) return;
    int status = 0;
    (void)kill(sandbox->inner, SIGCONT);
    while (waitpid(sandbox->inner, &status, 0) < 0 && errno == EINTR) continue;
    sandbox->inner = 0;
    const bool is_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!is_well && sandbox->has_begun) sandbox_tree_end(sandbox->kept, SANDBOX_KEPT_MAX);
    sandbox_keeper_end(sandbox->keeper);
    sandbox->keeper = 0;
}

void sandbox_close(struct sandbox *sandbox)
{
    close_fd(&sandbox->control_fd); /* inner kills whatever is left */
    sandbox_inner_end(sandbox);
    close_fd(&sandbox->link_fd);
    close_fd(&sandbox->netns_fd);
    sandbox_signal_end(sandbox);
}
