/*
 * The options of vitro lab, and what they make of a scene's settings.
 */
#ifndef VITRO_CLI_LAB_OPTIONS_H
#define VITRO_CLI_LAB_OPTIONS_H

#include "cli/cli_options.h"
#include "sim/lab.h"

enum lab_option {
    LAB_OPT_DELAY,
    LAB_OPT_JITTER,
    LAB_OPT_RATE,
    LAB_OPT_QUEUE,
    LAB_OPT_MTU,
    LAB_OPT_LOSS,
    LAB_OPT_DUPLICATE,
    LAB_OPT_REORDER,
    LAB_OPT_CORRUPT,
    LAB_OPT_FAULT,
    LAB_OPT_CC,
    LAB_OPT_NO_SACK,
    LAB_OPT_NO_TS,
    LAB_OPT_WSCALE,
    LAB_OPT_SYN_RETRIES,
    LAB_OPT_SYN_WAIT,
    LAB_OPT_MSS,
    LAB_OPT_RCVBUF,
    LAB_OPT_V6,
    LAB_OPT_SIZE,
    LAB_OPT_FILE,
    LAB_OPT_SEED,
    LAB_OPT_AT,
    LAB_OPT_NO_NOTES,
    LAB_OPT_STATES,
    LAB_OPT_WRITE,
    LAB_OPT_LANG,
    LAB_OPT_LIST,
    LAB_OPT_HELP,
    LAB_OPTION_COUNT,
};

/* What --at chooses, in the order of its choices. */
enum lab_at {
    LAB_AT_CLIENT,
    LAB_AT_SERVER,
    LAB_AT_BOTH,
};

/* The most --fault rules of a command line; a scene has at most LAB_RULES_MAX less these. */
#define LAB_FAULTS_MAX 12

/* The most bytes a scene sends from --size or --file. */
#define LAB_SIZE_BYTES_MAX (UINT64_C(1) << 30)

extern const struct cli_option lab_options[LAB_OPTION_COUNT];

/* Whether the options fit each other and the scene; if not, says which and what to do. */
WARN_UNUSED bool lab_options_check(const struct cli_parser *parser, const struct lab_scene *scene);

/*
 * Puts what was given into `config`, which holds the scene's settings; the file of --file is left
 * to the caller. False: a rule of --fault is none, which has been said.
 */
WARN_UNUSED bool lab_options_apply(const struct cli_parser *parser, struct lab_config *config);

#endif
