/*
 * vitro doctor: whether `vitro run` works here.
 *
 * Everything that a run needs is tried for real and told in a line; what fails comes with its cause
 * and with what to do. The last line is the verdict, and so is the exit status: 0 if `vitro run`
 * works, else 1. Warnings are about what is reached from inside, not whether it starts.
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/cli_options.h"
#include "cli/doctor_inside.h"
#include "cli/doctor_outside.h"
#include "cli/words_doctor.h"

enum option {
    O_OFFLINE,
    O_LANG,
    O_HELP,
    OPTION_COUNT,
};

static const struct cli_option options[OPTION_COUNT] = {
    [O_OFFLINE] = {.name = "offline", .help = &word_doctor_help_offline},
    [O_LANG] = {.name = "lang", .kind = CLI_LANG, .help = &word_help_lang},
    [O_HELP] = {.name = "help", .letter = 'h', .help = &word_help_help},
};

/* The last line. Returns the exit status. */
static int verdict(enum lang lang, const struct doctor_inside *inside, const char *what)
{
    char line[DOCTOR_LINE_BYTES_MAX];
    printf("\n");
    if (what == NULL) {
        printf("%s\n", word_text(lang, inside->kind == LINK_TAP ? &word_doctor_verdict_tap
                                                                : &word_doctor_verdict_packet));
        return 0;
    }
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_verdict_no), what);
    printf("%s\n", line);
    return 1;
}

/* What the verdict says of a failure. */
static void failure_text(enum lang lang, const struct sandbox_failure *failure,
                         char out[DOCTOR_LINE_BYTES_MAX])
{
    (void)snprintf(out, DOCTOR_LINE_BYTES_MAX, word_text(lang, &word_doctor_check),
                   explain_step(failure->step, lang),
                   word_error(lang, failure->error, strerror(failure->error)));
}

static int examine(enum lang lang, bool is_offline)
{
    struct diagnose_facts facts;
    struct doctor_inside inside;
    char failure[DOCTOR_LINE_BYTES_MAX];
    const char *what = NULL;
    diagnose_read(&facts, "");
    word_print(lang, &word_doctor_group_inside);
    doctor_try_sandbox(lang, &facts, &inside);
    word_print(lang, &word_doctor_group_outside);
    const bool has_jail = doctor_try_jail(lang);
    if (!inside.works) {
        failure_text(lang, &inside.failure, failure);
        what = failure;
    } else if (!has_jail) {
        what = word_text(lang, &word_doctor_jail);
    } else if (!doctor_try_whole(lang, inside.kind)) {
        what = word_text(lang, &word_doctor_whole_failed);
    }
    doctor_try_host(lang, &facts);
    doctor_try_resolvers(lang, is_offline);
    return verdict(lang, &inside, what);
}

int cmd_doctor(int argc, char **argv, enum lang lang)
{
    struct cli_value values[OPTION_COUNT] = {{0}};
    struct cli_parser parser = {.command = "doctor",
                                .options = options,
                                .option_count = OPTION_COUNT,
                                .values = values,
                                .lang = lang};
    if (argc == 1 && strcmp(argv[0], DOCTOR_FROM_INSIDE) == 0) return doctor_inside_main();
    if (!cli_parse(&parser, argc, argv)) return CLI_USAGE;
    if (values[O_HELP].is_set) {
        word_print(parser.lang, &word_doctor_usage);
        cli_help(options, OPTION_COUNT, parser.lang);
        return 0;
    }
    return examine(parser.lang, values[O_OFFLINE].is_set);
}
