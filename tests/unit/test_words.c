/*
 * Both languages take the same arguments in the same order, and the language is found.
 */
#define _POSIX_C_SOURCE 200809L /* setenv */

#include "support.h"

#include <errno.h>

#include "cli/words_doctor.h"
#include "cli/words_lab.h"
#include "cli/words_run.h"

/* The letters of the conversions in a format, in order. */
static void conversions(const char *format, char *out, size_t cap)
{
    size_t len = 0;
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at + 1, '%')) {
        const size_t skip = strspn(at + 1, "0123456789l");
        if (len + 1 < cap) out[len++] = at[1 + skip];
    }
    out[len] = '\0';
}

static void both_languages_take_the_same_arguments(void **state)
{
    (void)state;
    static const struct words *const all[] = {COMMON_WORDS(WORD_ADDRESS) LAB_WORDS(
        WORD_ADDRESS) RUN_WORDS(WORD_ADDRESS) DOCTOR_WORDS(WORD_ADDRESS)};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        char en[32], zh[32];
        assert_non_null(word_text(LANG_ZH, all[i]));
        if (all[i] == &word_shape_percent) continue; /* no format: 2% */
        conversions(word_text(LANG_EN, all[i]), en, sizeof en);
        conversions(word_text(LANG_ZH, all[i]), zh, sizeof zh);
        assert_string_equal(en, zh);
    }
}

static void errors_have_words(void **state)
{
    (void)state;
    assert_string_equal(word_error(LANG_EN, ENOENT, "missing"), "missing");
    assert_string_equal(word_error(LANG_ZH, ENOENT, "missing"), "没有那个文件或目录");
    assert_string_equal(word_error(LANG_ZH, 9999, "odd"), "odd");
}

static void wide_letters_take_two_columns(void **state)
{
    (void)state;
    assert_int_equal(word_columns("TIME"), 4);
    assert_int_equal(word_columns("时间 2"), 6);
    assert_int_equal(word_columns("，"), 2);
    assert_int_equal(word_columns("é"), 1);
}

static void languages_are_found_by_name(void **state)
{
    (void)state;
    enum lang lang = LANG_EN;
    assert_true(lang_find("zh_CN.UTF-8", &lang));
    assert_int_equal(lang, LANG_ZH);
    assert_true(lang_find("en", &lang));
    assert_int_equal(lang, LANG_EN);
    assert_false(lang_find("C", &lang));
    assert_false(lang_find("zhx", &lang));
}

static void the_environment_is_asked_in_order(void **state)
{
    (void)state;
    setenv("LC_ALL", "", 1);
    setenv("LC_MESSAGES", "zh_CN", 1);
    setenv("LANG", "en_US", 1);
    assert_int_equal(lang_default(), LANG_ZH);
    setenv("LC_ALL", "C", 1);
    assert_int_equal(lang_default(), LANG_EN);
}

/* What we write is UTF-8: on a terminal of another encoding it could not be read. */
static void chinese_wants_utf8(void **state)
{
    (void)state;
    static const struct {
        const char *locale;
        enum lang lang;
    } cases[] = {{"zh_CN.UTF-8", LANG_ZH},   {"zh_TW.utf8", LANG_ZH}, {"zh_CN.UTF-8@x", LANG_ZH},
                 {"zh_CN.GB18030", LANG_EN}, {"zh_CN.gbk", LANG_EN},  {"zh_TW.Big5", LANG_EN}};
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        setenv("LC_ALL", cases[i].locale, 1);
        assert_int_equal(lang_default(), cases[i].lang);
    }
    enum lang lang = LANG_EN;
    assert_true(lang_find("zh_CN.GBK", &lang)); /* who asks for it gets it */
    assert_int_equal(lang, LANG_ZH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_languages_take_the_same_arguments),
        cmocka_unit_test(errors_have_words),
        cmocka_unit_test(wide_letters_take_two_columns),
        cmocka_unit_test(languages_are_found_by_name),
        cmocka_unit_test(the_environment_is_asked_in_order),
        cmocka_unit_test(chinese_wants_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
