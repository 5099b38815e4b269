/*
 * How a check is printed.
 */
#define _GNU_SOURCE

#include "cli/doctor_show.h"

#include <errno.h>
#include <string.h>

#include "cli/words_doctor.h"
#include "doctor_fixture.h"
#include "support.h"

static void what_helps_stands_below(void **state)
{
    (void)state;
    doctor_keep();
    doctor_show(LANG_EN, DOCTOR_WARN, "what", "cause", "remedy");
    doctor_show(LANG_EN, DOCTOR_OK, "good", NULL, NULL);
    assert_string_equal(doctor_kept(), "  warn  what\n"
                                       "        why: cause\n"
                                       "        fix: remedy\n"
                                       "  ok    good\n");
}

static void columns_are_the_same_in_chinese(void **state)
{
    (void)state;
    doctor_keep();
    doctor_show(LANG_ZH, DOCTOR_FAIL, "what", NULL, NULL);
    doctor_showf(LANG_ZH, DOCTOR_NOTE, &word_doctor_address, "a", "b");
    assert_string_equal(doctor_kept(), "  失败  what\n"
                                       "  说明  a：b\n");
}

static void a_step_comes_with_its_cause(void **state)
{
    (void)state;
    const struct diagnose_facts facts = {.userns_max = 0, .has_proc = true};
    const struct sandbox_failure failure = {SANDBOX_USER_NAMESPACE, ENOSPC};
    doctor_keep();
    doctor_show_step(LANG_EN, DOCTOR_OK, &failure, &facts);
    doctor_show_step(LANG_EN, DOCTOR_FAIL, &failure, &facts);
    const char *text = doctor_kept();
    assert_non_null(strstr(text, "  ok    making a user namespace\n  FAIL  making a user names"));
    assert_non_null(strstr(text, "No space left on device\n"));
    assert_non_null(strstr(text, "\n        why: user namespaces are switched off"));
    assert_non_null(strstr(text, "\n        fix: sudo sysctl user.max_user_namespaces="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_helps_stands_below),
        cmocka_unit_test(columns_are_the_same_in_chinese),
        cmocka_unit_test(a_step_comes_with_its_cause),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
