/*
 * The commands, one in each cmd_*.c, and how a command ends.
 */
#ifndef VITRO_CLI_CLI_H
#define VITRO_CLI_CLI_H

#include "cli/words.h"

/* Exit status of a command line that is wrong. */
#define CLI_USAGE 2

/* vitro lab: returns the exit status. `argv` begins behind the command's name. */
int cmd_lab(int argc, char **argv, enum lang lang);

/* vitro doctor: returns the exit status, 0 if `vitro run` works here. */
int cmd_doctor(int argc, char **argv, enum lang lang);

/* vitro run: returns the exit status, that of the program if it ran. */
int cmd_run(int argc, char **argv, enum lang lang);

#endif
