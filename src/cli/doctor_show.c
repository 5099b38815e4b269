/*
 * Lines of the doctor: a mark in its column, what it is about, and below it the lines that help.
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include "cli/doctor_show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/words_doctor.h"

#define MARK_COLUMNS 6u

static const char *mark_text(enum lang lang, enum doctor_mark mark)
{
    static const struct words *const words[] = {
        [DOCTOR_OK] = &word_doctor_ok,
        [DOCTOR_NOTE] = &word_doctor_note,
        [DOCTOR_WARN] = &word_doctor_warn,
        [DOCTOR_FAIL] = &word_doctor_fail,
    };
    return word_text(lang, words[mark]);
}

static void show_below(enum lang lang, const struct words *words, const char *text)
{
    if (text == NULL) return;
    printf("  %*s", (int)MARK_COLUMNS, "");
    word_print(lang, words, text);
    printf("\n");
}

void doctor_show(enum lang lang, enum doctor_mark mark, const char *what, const char *cause,
                 const char *fix)
{
    const char *text = mark_text(lang, mark);
    printf("  %s%*s%s\n", text, (int)(MARK_COLUMNS - word_columns(text)), "", what);
    show_below(lang, &word_why, cause);
    show_below(lang, &word_fix, fix);
    (void)fflush(stdout); /* the next check may take a while */
}

void doctor_showf(enum lang lang, enum doctor_mark mark, const struct words *what, ...)
{
    char line[DOCTOR_LINE_BYTES_MAX];
    va_list arguments;
    va_start(arguments, what);
    (void)vsnprintf(line, sizeof line, word_text(lang, what), arguments);
    va_end(arguments);
    doctor_show(lang, mark, line, NULL, NULL);
}

void doctor_show_step(enum lang lang, enum doctor_mark mark, const struct sandbox_failure *failure,
                      const struct diagnose_facts *facts)
{
    const char *step = explain_step(failure->step, lang);
    if (mark == DOCTOR_OK) {
        doctor_show(lang, mark, step, NULL, NULL);
        return;
    }
    char line[DOCTOR_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof line, word_text(lang, &word_doctor_check), step,
                   word_error(lang, failure->error, strerror(failure->error)));
    const enum explain_cause cause = explain_find(failure, facts);
    doctor_show(lang, mark, line, explain_cause(cause, lang), explain_fix(cause, lang));
}
