/*
 * The sentences of `vitro run` that are not formats (test_words.c has those).
 */
#include "cli/words_run.h"

#include <string.h>

#include "support.h"

static void both_languages_have_all_places_of_a_folded_line(void **state)
{
    (void)state;
    static const char *const places[] = {"{count}", "{unit}",  "{super}", "{from}",
                                         "{to}",    "{bytes}", "{time}"};
    for (int lang = 0; lang < LANG_COUNT; lang++) {
        const struct notable_words *words = run_notable_words((enum lang)lang);
        for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
            assert_non_null(strstr(words->line, places[i]));
            assert_non_null(strstr(words->line_back_empty, places[i]));
            assert_non_null(strstr(words->line_one_way, places[i]));
        }
        assert_non_null(strstr(words->line, "{back_bytes}"));
        assert_non_null(strstr(words->line_back_empty, "{back}"));
        assert_non_null(words->segment);
        assert_non_null(words->packets);
        assert_non_null(strstr(words->super, "{wire}"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_have_all_places_of_a_folded_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
