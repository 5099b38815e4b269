/*
 * What is said about each scene of the laboratory, and in the margin, in both languages.
 */
#ifndef VITRO_CLI_WORDS_LAB_H
#define VITRO_CLI_WORDS_LAB_H

#include "cli/words.h"
#include "sim/lab.h"

/* What the scene of that name shows, in a line; NULL if there are no words for it. */
const char *scene_summary(const char *name, enum lang lang);

/* What to look for in it, in a line; NULL as above. */
const char *scene_look(const char *name, enum lang lang);

/* The note in the margin. CWND has none here: it is numbers. */
const char *note_text(enum lab_note note, enum lang lang);

#endif
