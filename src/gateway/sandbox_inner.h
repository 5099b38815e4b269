/*
 * Inner: the first process of the sandbox, seen from its two halves.
 */
#ifndef VITRO_GATEWAY_SANDBOX_INNER_H
#define VITRO_GATEWAY_SANDBOX_INNER_H

#include "gateway/sandbox.h"
#include "gateway/sandbox_message.h"

struct inner {
    const struct sandbox_config *config;
    const struct sandbox_signals *before; /* for the program */
    int control_fd;                       /* to the front */
    int signal_fd;
    int watch_fd; /* tells when the host's resolv.conf may be another; -1: none */
    pid_t front;
    uid_t uid; /* before there was a namespace to map it in */
    gid_t gid;
    bool has_user_namespace;
    pid_t program; /* 0: has been waited for */
    bool program_is_stopped;
    bool front_is_called; /* was sent SIGCONT, has not answered yet */
    bool is_killing;      /* everything that is still there or comes up */
};

/* The forked process's life: sets up, waits for the word, runs the program. All signals are
 * blocked. */
__attribute__((noreturn)) void sandbox_inner_run(struct inner *inner);

/* The second half: starts the program and waits for all there is. */
__attribute__((noreturn)) void sandbox_program_run(struct inner *inner);

/* The front's: waits for inner to end, and ends what it had not ended itself. */
void sandbox_inner_end(struct sandbox *sandbox);

/* Tells the front something; if it is gone there is nobody to be told. */
void sandbox_inner_tell(const struct inner *inner, enum sandbox_message_kind kind, int value,
                        int other);

#endif
