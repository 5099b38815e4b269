/*
 * A front in a process of its own, as `vitro run` is one: opens a sandbox, starts a program, waits,
 * with a child beside it that stands for the gateway.
 */
#ifndef VITRO_TESTS_SANDBOX_FIXTURE_H
#define VITRO_TESTS_SANDBOX_FIXTURE_H

#include <sys/types.h>

#include "gateway/sandbox.h"

struct front_config {
    const char *script;      /* for sh -c; or NULL: */
    const char *const *argv; /* the program itself */
    uid_t uid;               /* whose the front is; 0: as the test */
    void (*prepare)(void);   /* in the front, before it opens anything; may be NULL */
    bool tells;              /* writes "ended STATUS OTHERS" when the program has ended */
    int closed_fd;           /* of the test, not for the front and its shell; 0: none */
    const char *terminal;    /* a job of a shell that has this terminal; NULL: of none */
};

struct front {
    pid_t pid; /* the child of the test: the front, or with a terminal its shell, which writes
                  "stopped" when its job is, and has its job's exit status */
    pid_t front;
    pid_t inner;
    int output_fd; /* what the program wrote to stdout */
};

/* Starts it; inner is there when this returns, unless all has ended already. Exit status of the
 * front: the program's; 125 with no sandbox, 126 and 127 as a shell's. */
struct front front_start(const struct front_config *config);

/* Reads what was written, until the next line's end; NULL at the end. */
const char *front_line(const struct front *front, char *line, size_t cap);

/* Reads all that is still written and waits; returns the wait status. */
int front_end(struct front *front, char *output, size_t cap);

/* Runs a script from start to end as `uid`; returns its exit status, 128 + n by signal n. */
int front_run(uid_t uid, const char *script, char *output, size_t cap);

/* Whether a process with this name or argument is there; waits for `is_wanted`.
 * `mark` is looked for in every /proc/PID/cmdline. */
bool front_mark(const char *mark, bool is_wanted);

/* Waits until front and inner have done all there is to do, and wait. */
bool front_settle(const struct front *front);

/* Another user than root for the test, or 0 if it is not root that runs it. */
uid_t front_other_user(void);

/* cmocka set-up: skips nothing, but fails unless a sandbox can be had or is known not to be. Use
 * FRONT_NEEDED first in each test. */
bool front_is_possible(void);

#define FRONT_NEEDED()                                                                             \
    do {                                                                                           \
        (void)state;                                                                               \
        if (!front_is_possible()) {                                                                \
            print_message("no sandbox can be made on this machine\n");                             \
            skip();                                                                                \
        }                                                                                          \
    } while (0)

#endif
