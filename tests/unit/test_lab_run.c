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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_scene_ends_and_repeats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
