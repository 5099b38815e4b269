/*
 * The command line of `vitro doctor`, in this process.
 */
#define _GNU_SOURCE

#include "cli/cli.h"
#include "doctor_fixture.h"
#include "support.h"

static int doctor(char *word)
{
    char *argv[] = {word, NULL};
    return cmd_doctor(1, argv, LANG_EN);
}

static void help_lists_the_options(void **state)
{
    (void)state;
    char word[] = "--help";
    doctor_keep();
    const int status = doctor(word);
    const char *text = doctor_kept();
    assert_int_equal(status, 0);
    assert_non_null(strstr(text, "usage: vitro doctor"));
    assert_non_null(strstr(text, "--offline"));
    assert_null(strstr(text, "inside"));
}

static void a_wrong_command_line_is_refused(void **state)
{
    (void)state;
    char option[] = "--ofline", operand[] = "now";
    assert_int_equal(doctor(option), CLI_USAGE);
    assert_int_equal(doctor(operand), CLI_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_the_options),
        cmocka_unit_test(a_wrong_command_line_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
