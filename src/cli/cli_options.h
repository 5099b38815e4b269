/*
 * Options of a command, from a table that gives parsing and help their facts.
 *
 *     static const struct cli_option options[OPTION_COUNT] = {
 *         [O_DELAY] = {.name = "delay", .kind = CLI_TIME, .help = &word_lab_help_delay}, ...};
 *     struct cli_value values[OPTION_COUNT];
 *
 * `--name VALUE`, `--name=VALUE`, and `-c VALUE` or `-cVALUE` for those with a letter; flags with
 * letters may stand together (`-6q`). Given twice the last one counts, unless the option repeats.
 * The first mistake is told in one line on stderr, with the nearest name where a name is wrong.
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
    CLI_CHOICE, /* one of `choices`: its place there */
    CLI_LANG,   /* en, zh: is the parser's language from there on */
    CLI_KIND_COUNT,
};

struct cli_option {
    const char *name;
    char letter; /* or 0 */
    enum cli_kind kind;
    bool repeats;               /* each value counts: cli_nth() */
    uint64_t min, max;          /* of numbers; max 0: no limit */
    const char *const *choices; /* of CLI_CHOICE; NULL ends them */
    const struct words *value;  /* what --help calls the value; NULL: by its kind */
    const struct words *help;
    const struct words *group; /* a heading above this option, or NULL */
};

struct cli_value {
    bool is_set;
    uint64_t number;
    const char *text; /* as it was written */
};

/* A value of an option that repeats. */
struct cli_repeat {
    const struct cli_option *option;
    struct cli_value value;
};

struct cli_parser {
    const char *command; /* "lab", for what is said */
    const struct cli_option *options;
    size_t option_count;
    struct cli_value *values;
    struct cli_repeat *repeats; /* in the order given; NULL where no option repeats */
    size_t repeats_max, repeat_count;
    const char **operands; /* what is no option */
    size_t operands_max, operand_count;
    bool stops_at_operand; /* what begins there, or behind `--`, is `rest`, and is not read */
    char **rest;
    int rest_count;
    enum lang lang;
};

/* Reads all arguments. False: something is wrong, and has been said. */
WARN_UNUSED bool cli_parse(struct cli_parser *parser, int argc, char **argv);

/* Value number `n`, from 0, of an option that repeats; NULL: it was not given so often. */
const struct cli_value *cli_nth(const struct cli_parser *parser, size_t option, size_t n);

/* Reads a number with a unit as `kind` wants it; false also for a fraction that would become 0. */
WARN_UNUSED bool cli_number(enum cli_kind kind, const char *text, uint64_t *number);

/* The nearest of `count` names to `text`, or NULL when none is near. */
const char *cli_nearest(const char *text, const char *const *names, size_t count);

/* Prints a line for each option. */
void cli_help(const struct cli_option *options, size_t count, enum lang lang);

#endif
