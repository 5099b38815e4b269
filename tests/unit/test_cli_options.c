/*
 * The option table: units, limits, mistakes, and the nearest name.
 */
#include "support.h"

#include "cli/cli_options.h"

enum { DELAY, LOSS, SIZE, FAST, COUNT };

static const struct cli_option options[COUNT] = {
    [DELAY] = {0, "delay", CLI_TIME, 0, 10000000, WORD_HELP_DELAY},
    [LOSS] = {0, "loss", CLI_PERCENT, 0, 1000000, WORD_HELP_LOSS},
    [SIZE] = {'s', "size", CLI_SIZE, 10, 0, WORD_HELP_SIZE},
    [FAST] = {0, "fast", CLI_FLAG, 0, 0, WORD_HELP_LIST},
};

static bool parse(const char **argv, int argc, struct cli_value *values, const char **operand)
{
    struct cli_parser parser = {.options = options,
                                .option_count = COUNT,
                                .values = values,
                                .operands = operand,
                                .operands_max = 1};
    for (int i = 0; i < COUNT; i++) values[i] = (struct cli_value){0};
    return cli_parse(&parser, argc, (char **)argv);
}

static void numbers_have_units(void **state)
{
    (void)state;
    uint64_t n;
    assert_true(cli_number(CLI_TIME, "50ms", &n) && n == 50000);
    assert_true(cli_number(CLI_TIME, "1.5s", &n) && n == 1500000);
    assert_true(cli_number(CLI_TIME, "300us", &n) && n == 300);
    assert_true(cli_number(CLI_PERCENT, "2%", &n) && n == 20000);
    assert_true(cli_number(CLI_PERCENT, "0.1", &n) && n == 1000);
    assert_true(cli_number(CLI_SIZE, "64k", &n) && n == 65536);
    assert_true(cli_number(CLI_RATE, "10Mbit", &n) && n == 10000000);
    assert_true(cli_number(CLI_NUMBER, "7", &n) && n == 7);
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",     "ms",    "50",  "50parsecs",
                                      "-1ms", "1e3ms", ".5s", "99999999999999999999999s"};
    uint64_t n;
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) assert_false(cli_number(CLI_TIME, bad[i], &n));
    assert_false(cli_number(CLI_NUMBER, "1.5", &n));
    assert_false(cli_number(CLI_SIZE, "10ms", &n));
}

static void options_and_operands_may_be_mixed(void **state)
{
    (void)state;
    struct cli_value v[COUNT];
    const char *operand = NULL;
    const char *argv[] = {"--delay", "5ms", "scene", "--loss=1%", "-s4k", "--fast"};
    assert_true(parse(argv, 6, v, &operand));
    assert_string_equal(operand, "scene");
    assert_int_equal(v[DELAY].number, 5000);
    assert_int_equal(v[LOSS].number, 10000);
    assert_int_equal(v[SIZE].number, 4096);
    assert_true(v[FAST].is_set);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    struct cli_value v[COUNT];
    const char *operand = NULL;
    const char *lines[][2] = {{"--dealy", "5ms"}, {"--delay", "5"},  {"--delay", "11s"},
                              {"--size", "9"},    {"--fast=1", "x"}, {"one", "two"},
                              {"x", "--delay"},   {"-q", "x"}};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) assert_false(parse(lines[i], 2, v, &operand));
}

static void the_nearest_name_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"loss", "handshake", "close"};
    assert_string_equal(cli_nearest("lss", names, 3), "loss");
    assert_string_equal(cli_nearest("hnadshake", names, 3), "handshake");
    assert_null(cli_nearest("zebra", names, 3));
    assert_null(cli_nearest("", names, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_units),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(options_and_operands_may_be_mixed),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(the_nearest_name_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
