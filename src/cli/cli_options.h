/*
 * Options of a command, from a table that gives parsing and help their facts.
 *
 *     static const struct cli_option options[] = {{0, "delay", CLI_TIME, WORD_HELP_DELAY}, ...};
 *     struct cli_value values[ARRAY_COUNT(options)];
 *
 * `--name VALUE`, `--name=VALUE`, and `-c VALUE` for those with a letter. The first mistake is told
 * in one line on stderr, with the nearest name where a name is wrong.
 */
#ifndef VITRO_CLI_OPTIONS_H
#define VITRO_CLI_OPTIONS_H

#include "base/assert.h"
#include "cli/words.h"

enum cli_kind {
    CLI_FLAG,
    CLI_NUMBER,
    CLI_TIME,    /* 50ms, 2s, 300us: microseconds */
    CLI_PERCENT, /* 2%, 0.1: parts per million */
    CLI_SIZE,    /* 1500, 64k, 2M: bytes, k is 1024 */
    CLI_RATE,    /* 10M, 64k: bits a second, k is 1000 */
    CLI_TEXT,
};

struct cli_option {
    char letter; /* or 0 */
    const char *name;
    enum cli_kind kind;
    uint64_t min, max; /* of numbers; max 0: no limit */
    enum word help;
};

struct cli_value {
    bool is_set;
    uint64_t number;
    const char *text; /* as it was written */
};

struct cli_parser {
    const struct cli_option *options;
    size_t option_count;
    struct cli_value *values;
    const char **operands; /* what is no option */
    size_t operands_max, operand_count;
    enum lang lang;
};

/* Reads all arguments. False: something is wrong, and has been said. */
WARN_UNUSED bool cli_parse(struct cli_parser *parser, int argc, char **argv);

/* Reads a number with a unit as `kind` wants it. */
WARN_UNUSED bool cli_number(enum cli_kind kind, const char *text, uint64_t *number);

/* The nearest of `count` names to `text`, or NULL when none is near. */
const char *cli_nearest(const char *text, const char *const *names, size_t count);

/* Prints a line for each option. */
void cli_help(const struct cli_option *options, size_t count, enum lang lang);

#endif
