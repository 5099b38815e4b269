/*
 * Options of an example: numbers with a name, read from the command line by a table.
 *
 *     example --size 1000 --loss 0.5 --delay 20ms
 */
#ifndef VITRO_EXAMPLES_ARGUMENTS_H
#define VITRO_EXAMPLES_ARGUMENTS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct argument {
    const char *name;   /* "--delay" */
    const char *unit;   /* "ms", which may stand behind the number */
    uint64_t per_unit;  /* values are kept in fractions of the unit: 1, 10, 100 ... to 1,000,000 */
    uint64_t value;     /* the default, then what was given */
    uint64_t max_units; /* at most 1,000,000,000 */
    const char *help;
};

/* Reads "12" or "0.5", with or without the unit; false: it is no such number, or too large. */
static inline bool argument_parse(const struct argument *argument, const char *text,
                                  uint64_t *value)
{
    uint64_t whole = 0, fraction = 0, place = argument->per_unit;
    if (*text < '0' || *text > '9') return false;
    for (; *text >= '0' && *text <= '9'; text++) {
        whole = whole * 10 + (uint64_t)(*text - '0');
        if (whole > argument->max_units) return false;
    }
    if (*text == '.' && place > 1) {
        for (text++; *text >= '0' && *text <= '9' && place > 1; text++) {
            place /= 10;
            fraction += place * (uint64_t)(*text - '0');
        }
    }
    *value = whole * argument->per_unit + fraction;
    return *value <= argument->max_units * argument->per_unit &&
           (*text == '\0' || strcmp(text, argument->unit) == 0);
}

/* Prints the options of a program, with their defaults. */
static inline void arguments_help(const char *program, const struct argument *arguments,
                                  size_t count)
{
    printf("usage: %s [OPTION NUMBER]...\n\n", program);
    for (size_t i = 0; i < count; i++) {
        const struct argument *argument = &arguments[i];
        printf("  %-8s %s (%" PRIu64 "%s)\n", argument->name, argument->help,
               argument->value / argument->per_unit, argument->unit);
    }
}

/*
 * Reads the command line into the table. Ends the program where there is nothing to go on with:
 * with status 0 after --help, with 2 after a line that says what is wrong.
 */
static inline void arguments_read(int argc, char **argv, const char *program,
                                  struct argument *arguments, size_t count)
{
    for (int at = 1; at < argc; at += 2) {
        if (strcmp(argv[at], "--help") == 0) {
            arguments_help(program, arguments, count);
            exit(0);
        }
        size_t i = 0;
        while (i < count && strcmp(argv[at], arguments[i].name) != 0) i++;
        if (i == count) {
            fprintf(stderr, "%s: unknown option '%s' (see --help)\n", program, argv[at]);
            exit(2);
        }
        const char *text = at + 1 < argc ? argv[at + 1] : "";
        if (!argument_parse(&arguments[i], text, &arguments[i].value)) {
            fprintf(stderr, "%s: %s takes a number from 0 to %" PRIu64 "%s, not '%s'\n", program,
                    arguments[i].name, arguments[i].max_units, arguments[i].unit, text);
            exit(2);
        }
    }
}

#endif
