/*
 * Every scene plays to its end, in both IP versions, the same each time.
 */
#include "support.h"

#include "lab_fixture.h"

static void every_scene_ends_and_repeats(void **state)
{
    (void)state;
    for (size_t i = 0; lab_scenes[i] != NULL; i++) {
        for (int v6 = 0; v6 < 2; v6++) {
            const struct lab_seen first = lab_play(lab_scenes[i]->name, v6 == 1);
            const struct lab_seen second = lab_play(lab_scenes[i]->name, v6 == 1);
            assert_true(first.count > 0);
            assert_true(first.hash == second.hash);
        }
    }
}

static void see_nothing(void *owner, const struct lab_sight *sight)
{
    (void)owner;
    (void)sight;
}

/* A scene that would take months is not played to its end, and says so. */
static void a_day_is_enough(void **state)
{
    (void)state;
    struct lab_report report;
    struct lab_config config;
    const struct lab_watcher watcher = {.seen = see_nothing};
    const struct lab_scene *scene = lab_scene_find("upload");
    lab_config_default(&config, scene, false, 1);
    config.size_bytes = UINT64_C(1) << 30;
    config.net.wire.way[SIM_A].rate_bits = 1000;
    struct lab *lab = lab_create(scene, &config, &watcher);
    assert_non_null(lab);
    while (lab_step(lab)) continue;
    lab_report(lab, &report);
    lab_destroy(lab);
    assert_true(report.is_stopped);
    assert_true(report.last_us <= LAB_LIMIT_US + 60000000);
    assert_false(lab_play("upload", false).report.is_stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_ends_and_repeats),
        cmocka_unit_test(a_day_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
