/*
 * Why a sandbox could not be made, in words, and what to do about it: for `vitro run` when it cannot
 * start, and for `vitro doctor`.
 */
#ifndef VITRO_CLI_EXPLAIN_H
#define VITRO_CLI_EXPLAIN_H

#include "cli/words.h"
#include "gateway/sandbox.h"

/* What the step does, in a few words: "making a user namespace". */
const char *explain_step(enum sandbox_step step, enum lang lang);

#endif
