/*
 * vitro: a table of commands.
 */
#define _GNU_SOURCE /* O_CLOEXEC */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/cli_options.h"
#include "cli/words_doctor.h"
#include "cli/words_lab.h"
#include "cli/words_run.h"
#include "vitro/version.h"

struct command {
    const char *name;
    int (*run)(int argc, char **argv, enum lang lang);
    const struct words *about;
};

static const struct command commands[] = {
    {"run", cmd_run, &word_about_run},
    {"lab", cmd_lab, &word_about_lab},
    {"doctor", cmd_doctor, &word_about_doctor},
};

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        if (strcmp(name, commands[i].name) == 0) return &commands[i];
    }
    return NULL;
}

static int help(enum lang lang)
{
    word_print(lang, &word_usage);
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) {
        printf("  %-10s %s\n", commands[i].name, word_text(lang, commands[i].about));
    }
    word_print(lang, &word_usage_more);
    return 0;
}

static int unknown(const char *name, enum lang lang)
{
    const char *names[ARRAY_COUNT(commands)];
    for (size_t i = 0; i < ARRAY_COUNT(commands); i++) names[i] = commands[i].name;
    const char *near = cli_nearest(name, names, ARRAY_COUNT(commands));
    if (name[0] == '-')
        word_say(lang, NULL, &word_unknown_option, name);
    else if (near != NULL)
        word_say(lang, NULL, &word_unknown_command_near, name, near);
    else
        word_say(lang, NULL, &word_unknown_command, name);
    return CLI_USAGE;
}

/* Who was started without one of the three standard descriptors would open some file in its place,
 * and write into that what is meant for the user. Programs that are started do not see it. */
static void fill_standard_descriptors(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO) fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (fd >= 0) close(fd);
}

static int obey(int argc, char **argv, enum lang lang)
{
    if (argc < 2) {
        word_say(lang, NULL, &word_try_help);
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) return help(lang);
    if (strcmp(argv[1], "help") == 0) { /* of a command, as if --help had been asked of it */
        if (argc == 2) return help(lang);
        char *const option = (char[]){"--help"};
        const struct command *command = find(argv[2]);
        return command != NULL ? command->run(1, (char *[]){option, NULL}, lang)
                               : unknown(argv[2], lang);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("vitro %s\n", vitro_version());
        return 0;
    }
    const struct command *command = find(argv[1]);
    return command != NULL ? command->run(argc - 2, argv + 2, lang) : unknown(argv[1], lang);
}

/* Nobody is well served by half a text; who stopped reading wanted no more. */
static int flush_output(enum lang lang)
{
    errno = 0;
    if (fflush(stdout) == 0 && ferror(stdout) == 0) return 0;
    const int error = errno != 0 ? errno : EIO;
    if (error != EPIPE) {
        word_say(lang, NULL, &word_file_error, word_text(lang, &word_output),
                 word_error(lang, error, strerror(error)));
    }
    return 1;
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    const enum lang lang = lang_default();
    const int status = obey(argc, argv, lang);
    return status == 0 ? flush_output(lang) : status;
}
