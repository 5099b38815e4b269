/*
 * The list of scenes.
 */
#include "support.h"

#include "lab_fixture.h"

static void scenes_are_found_by_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (; lab_scenes[count] != NULL; count++) {
        assert_ptr_equal(lab_scene_find(lab_scenes[count]->name), lab_scenes[count]);
    }
    assert_int_equal(count, 24);
    assert_null(lab_scene_find("nosuch"));
}

static void rules_of_scenes_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        struct lab_config config;
        lab_config_default(&config, lab_scenes[i], false, 1);
        assert_int_equal(config.rule_count, lab_scenes[i]->rules[0] != NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenes_are_found_by_name),
        cmocka_unit_test(rules_of_scenes_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
