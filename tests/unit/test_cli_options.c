/*
 * The option table: units, limits, mistakes, and the nearest name.
 */
#include "support.h"

#include "cli/cli_options.h"

enum { DELAY, LOSS, SIZE, FAST, QUIET, RULE, SIDE, LANGUAGE, COUNT };

static const char *const sides[] = {"left", "right", NULL};

static const struct cli_option options[COUNT] = {
    [DELAY] = {.name = "delay",
               .kind = CLI_TIME,
               .max = 10000000,
               .help = &word_help_help,
               .group = &word_try_help},
    [LOSS] = {.name = "loss", .kind = CLI_PERCENT, .max = 1000000, .help = &word_help_help},
    [SIZE] = {.name = "size", .letter = 's', .kind = CLI_SIZE, .min = 10, .help = &word_help_help},
    [FAST] = {.name = "fast", .letter = 'f', .help = &word_help_help},
    [QUIET] = {.name = "quiet", .letter = 'q', .help = &word_help_help},
    [RULE] = {.name = "rule", .kind = CLI_TEXT, .repeats = true, .help = &word_help_help},
    [SIDE] = {.name = "side", .kind = CLI_CHOICE, .choices = sides, .help = &word_help_help},
    [LANGUAGE] = {.name = "lang", .kind = CLI_LANG, .help = &word_help_lang},
};

struct parsed {
    struct cli_parser parser;
    struct cli_value v[COUNT];
    struct cli_repeat repeats[2];
    const char *operand[1];
};

static bool parse_with(struct parsed *p, const char **argv, int argc, bool stops_at_operand)
{
    *p = (struct parsed){0};
    p->parser = (struct cli_parser){.command = "test",
                                    .options = options,
                                    .option_count = COUNT,
                                    .values = p->v,
                                    .repeats = p->repeats,
                                    .repeats_max = ARRAY_COUNT(p->repeats),
                                    .operands = p->operand,
                                    .operands_max = 1,
                                    .stops_at_operand = stops_at_operand};
    return cli_parse(&p->parser, argc, (char **)argv);
}

static bool parse(struct parsed *p, const char **argv, int argc)
{
    return parse_with(p, argv, argc, false);
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
    assert_true(cli_number(CLI_PERCENT, "0.0001%", &n) && n == 1);
    assert_true(cli_number(CLI_PERCENT, "0.000%", &n) && n == 0);
    assert_false(cli_number(CLI_PERCENT, "0.00001%", &n));
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
    struct parsed p;
    const char *argv[] = {"--delay", "5ms", "scene", "--loss=1%", "-s4k", "--fast", "--side=right"};
    assert_true(parse(&p, argv, 7));
    assert_string_equal(p.operand[0], "scene");
    assert_int_equal(p.v[DELAY].number, 5000);
    assert_int_equal(p.v[LOSS].number, 10000);
    assert_int_equal(p.v[SIZE].number, 4096);
    assert_int_equal(p.v[SIDE].number, 1);
    assert_true(p.v[FAST].is_set);
    assert_false(p.v[QUIET].is_set);
}

static void letters_may_stand_together(void **state)
{
    (void)state;
    struct parsed p;
    const char *argv[] = {"-fqs", "11"};
    const char *bad[] = {"-fx", "-qs"};
    assert_true(parse(&p, argv, 2));
    assert_true(p.v[FAST].is_set && p.v[QUIET].is_set);
    assert_int_equal(p.v[SIZE].number, 11);
    assert_false(parse(&p, bad, 1));
    assert_false(parse(&p, bad + 1, 1));
}

static void an_option_may_repeat(void **state)
{
    (void)state;
    struct parsed p;
    const char *argv[] = {"--rule", "one", "--delay=1s", "--rule=two", "--delay=2s", "--rule=3"};
    assert_true(parse(&p, argv, 5));
    assert_string_equal(cli_nth(&p.parser, RULE, 0)->text, "one");
    assert_string_equal(cli_nth(&p.parser, RULE, 1)->text, "two");
    assert_null(cli_nth(&p.parser, RULE, 2));
    assert_null(cli_nth(&p.parser, SIZE, 0));
    assert_int_equal(p.v[DELAY].number, 2000000); /* the last one */
    assert_false(parse(&p, argv, 6));
}

static void what_follows_an_operand_may_be_a_command_line_of_its_own(void **state)
{
    (void)state;
    struct parsed p;
    const char *plain[] = {"-f", "curl", "--fast=1", "--", "-x"};
    const char *dashed[] = {"-q", "--", "-odd", "--delay"};
    const char *none[] = {"-q", "--"};
    assert_true(parse_with(&p, plain, 5, true));
    assert_int_equal(p.parser.rest_count, 4);
    assert_string_equal(p.parser.rest[0], "curl");
    assert_true(parse_with(&p, dashed, 4, true));
    assert_int_equal(p.parser.rest_count, 2);
    assert_string_equal(p.parser.rest[0], "-odd");
    assert_true(parse_with(&p, none, 2, true));
    assert_int_equal(p.parser.rest_count, 0);
    assert_false(parse_with(&p, plain + 2, 1, true));
}

static void the_language_holds_from_there_on(void **state)
{
    (void)state;
    struct parsed p;
    const char *argv[] = {"--lang", "zh_CN.UTF-8"};
    const char *bad[] = {"--lang=fr"};
    assert_true(parse(&p, argv, 2));
    assert_int_equal(p.parser.lang, LANG_ZH);
    assert_false(parse(&p, bad, 1));
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    struct parsed p;
    const char *lines[][2] = {{"--dealy", "5ms"}, {"--delay", "5"},  {"--delay", "11s"},
                              {"--size", "9"},    {"--fast=1", "x"}, {"one", "two"},
                              {"x", "--delay"},   {"-q", "-x"},      {"--side", "middle"}};
    for (size_t i = 0; i < ARRAY_COUNT(lines); i++) assert_false(parse(&p, lines[i], 2));
}

static void the_nearest_name_is_near(void **state)
{
    (void)state;
    static const char *const names[] = {"loss", "handshake", "close"};
    assert_string_equal(cli_nearest("lss", names, 3), "loss");
    assert_string_equal(cli_nearest("hnadshake", names, 3), "handshake");
    assert_null(cli_nearest("zebra", names, 3));
    assert_null(cli_nearest("foo", (const char *const[]){"rto"}, 1));
    assert_null(cli_nearest("", names, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_units),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(options_and_operands_may_be_mixed),
        cmocka_unit_test(letters_may_stand_together),
        cmocka_unit_test(an_option_may_repeat),
        cmocka_unit_test(what_follows_an_operand_may_be_a_command_line_of_its_own),
        cmocka_unit_test(the_language_holds_from_there_on),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(the_nearest_name_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
