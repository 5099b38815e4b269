/*
 * What the doctor says is a line of one screen's width or not much more (formats: test_words.c).
 */
#define _GNU_SOURCE /* what sandbox.h needs */

#include "cli/words_doctor.h"

#include <string.h>

#include "cli/explain.h"
#include "support.h"

#define COLUMNS_MAX 120

static void causes_and_remedies_are_lines(void **state)
{
    (void)state;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        for (int i = 0; i < CAUSE_COUNT; i++) {
            const char *cause = explain_cause((enum explain_cause)i, (enum lang)lang);
            const char *fix = explain_fix((enum explain_cause)i, (enum lang)lang);
            assert_null(strchr(cause, '\n'));
            assert_null(strchr(fix, '\n'));
            assert_true(word_columns(cause) > 8 && word_columns(cause) <= COLUMNS_MAX);
            assert_true(word_columns(fix) > 8 && word_columns(fix) <= COLUMNS_MAX);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(causes_and_remedies_are_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
