/*
 * Every step of the sandbox has its words.
 */
#define _GNU_SOURCE

#include "cli/explain.h"

#include <string.h>

#include "support.h"

static void every_step_has_words_in_both_languages(void **state)
{
    (void)state;
    for (int step = 0; step < SANDBOX_STEP_COUNT; step++) {
        const char *en = explain_step((enum sandbox_step)step, LANG_EN);
        const char *zh = explain_step((enum sandbox_step)step, LANG_ZH);
        assert_true(strlen(en) > 3);
        assert_true(strlen(zh) > 2);
        assert_string_not_equal(en, zh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_step_has_words_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
