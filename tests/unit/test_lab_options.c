/*
 * The options of vitro lab: what fits, what does not, and what becomes of the settings.
 */
#include "support.h"

#include "cli/lab_options.h"

struct parsed {
    struct cli_parser parser;
    struct cli_value v[LAB_OPTION_COUNT];
    struct cli_repeat faults[LAB_FAULTS_MAX];
    const char *operand[1];
};

/* Reads one or two options; NULL: one. */
static void parse(struct parsed *p, const char *first, const char *second)
{
    const char *argv[] = {first, second};
    *p = (struct parsed){0};
    p->parser = (struct cli_parser){.command = "lab",
                                    .options = lab_options,
                                    .option_count = LAB_OPTION_COUNT,
                                    .values = p->v,
                                    .repeats = p->faults,
                                    .repeats_max = LAB_FAULTS_MAX,
                                    .operands = p->operand,
                                    .operands_max = 1};
    assert_true(cli_parse(&p->parser, second != NULL ? 2 : 1, (char **)argv));
}

static bool fits(const char *scene, const char *first, const char *second)
{
    struct parsed p;
    parse(&p, first, second);
    return lab_options_check(&p.parser, lab_scene_find(scene));
}

static void what_cannot_work_is_refused(void **state)
{
    (void)state;
    assert_false(fits("upload", "--size=1", "--file=x"));
    assert_false(fits("handshake", "--size=1", NULL));
    assert_false(fits("refused", "--file=x", NULL));
    assert_false(fits("loss", "--states", "--no-notes"));
    assert_false(fits("loss", "--at=both", "--write=x"));
    assert_false(fits("loss", "--queue=3", NULL));
    assert_false(fits("loss", "-6", "--mtu=1279"));
}

static void what_can_work_is_taken(void **state)
{
    (void)state;
    assert_true(fits("upload", "--size=1", "--states"));
    assert_true(fits("http", "--size=1", NULL));
    assert_true(fits("congestion", "--queue=3", NULL)); /* its wire has a rate */
    assert_true(fits("loss", "--queue=3", "--rate=1M"));
    assert_true(fits("loss", "--at=server", "--write=x"));
    assert_true(fits("loss", "-6", "--mtu=1280"));
    assert_true(fits("loss", "--mtu=552", NULL));
}

static void settings_are_made(void **state)
{
    (void)state;
    struct parsed p;
    struct lab_config config;
    lab_config_default(&config, lab_scene_find("upload"), false, 1);
    parse(&p, "--mss=9000", "--delay=3ms");
    assert_true(lab_options_apply(&p.parser, &config));
    for (int end = 0; end < SIM_ENDS; end++) {
        assert_int_equal(config.net.wire.way[end].delay_us, 3000);
        assert_int_equal(config.net.host[end].stack.tcp.mss_bytes_max, 9000);
        assert_true(config.net.host[end].interface.mtu_bytes >= 9040);
    }
}

static void faults_come_to_those_of_the_scene(void **state)
{
    (void)state;
    struct parsed p;
    struct lab_config config;
    lab_config_default(&config, lab_scene_find("loss"), false, 1);
    assert_int_equal(config.rule_count, 1);
    parse(&p, "--fault=drop data 6 from a", "--fault=delay 30ms fin from b");
    assert_true(lab_options_apply(&p.parser, &config));
    assert_int_equal(config.rule_count, 3);
    assert_int_equal(config.rule[1].first, 6);
    assert_int_equal(config.rule[2].delay_us, 30000);
    parse(&p, "--fault=drop it", NULL);
    assert_false(lab_options_apply(&p.parser, &config));
}

static void each_scene_has_room_for_all_faults(void **state)
{
    (void)state;
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        struct lab_config config;
        lab_config_default(&config, lab_scenes[i], false, 1);
        assert_true(config.rule_count + LAB_FAULTS_MAX <= LAB_RULES_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(what_can_work_is_taken),
        cmocka_unit_test(settings_are_made),
        cmocka_unit_test(faults_come_to_those_of_the_scene),
        cmocka_unit_test(each_scene_has_room_for_all_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
