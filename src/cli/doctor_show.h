/*
 * The lines of `vitro doctor`: one for each check, and below it why and what to do.
 */
#ifndef VITRO_CLI_DOCTOR_SHOW_H
#define VITRO_CLI_DOCTOR_SHOW_H

#include "base/assert.h"
#include "cli/explain.h"

enum doctor_mark {
    DOCTOR_OK,
    DOCTOR_NOTE, /* good to know, nothing to do */
    DOCTOR_WARN, /* `vitro run` works, but something in it will not */
    DOCTOR_FAIL,
};

#define DOCTOR_LINE_BYTES_MAX 512

/* A check's result. `cause` and `fix` may be NULL. */
void doctor_show(enum lang lang, enum doctor_mark mark, const char *what, const char *cause,
                 const char *fix);

/* The same with `what` filled in. */
void doctor_showf(enum lang lang, enum doctor_mark mark, const struct words *what, ...);

/* A step of the sandbox that has worked (DOCTOR_OK; `failure` is not looked at), or not. */
void doctor_show_step(enum lang lang, enum doctor_mark mark, const struct sandbox_failure *failure,
                      const struct diagnose_facts *facts);

#endif
