/*
 * Every scene and every note has words in both languages.
 */
#include "support.h"

#include "cli/words_lab.h"

static void nothing_is_without_words(void **state)
{
    (void)state;
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        for (size_t i = 0; lab_scenes[i] != NULL; i++) {
            assert_non_null(scene_summary(lab_scenes[i]->name, (enum lang)lang));
            assert_non_null(scene_look(lab_scenes[i]->name, (enum lang)lang));
        }
        for (int i = 0; i < LAB_NOTE_COUNT; i++) {
            assert_non_null(note_text((enum lab_note)i, (enum lang)lang));
        }
    }
    assert_null(scene_summary("no such scene", LANG_EN));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_without_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
