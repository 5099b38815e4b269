/*
 * The table of sentences.
 */
#include "cli/words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[WORD_COUNT][LANG_COUNT] = {
#define WORD_ROW(name, en, zh) [WORD_##name] = {en, zh},
    WORDS(WORD_ROW)
#undef WORD_ROW
};

const char *word_text(enum lang lang, enum word word) { return words[word][lang]; }

void word_say(enum lang lang, enum word word, ...)
{
    va_list arguments;
    va_start(arguments, word);
    (void)vfprintf(stderr, words[word][lang], arguments);
    va_end(arguments);
}

void word_print(enum lang lang, enum word word, ...)
{
    va_list arguments;
    va_start(arguments, word);
    (void)vprintf(words[word][lang], arguments);
    va_end(arguments);
}

bool lang_find(const char *name, enum lang *lang)
{
    static const char *const names[LANG_COUNT] = {"en", "zh"};
    for (int i = 0; i < LANG_COUNT; i++) {
        if (strncmp(name, names[i], 2) != 0) continue;
        if (name[2] != '\0' && strchr("_.@-", name[2]) == NULL) continue;
        *lang = (enum lang)i;
        return true;
    }
    return false;
}

enum lang lang_default(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    enum lang lang = LANG_EN;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value == NULL || value[0] == '\0') continue;
        (void)lang_find(value, &lang);
        break;
    }
    return lang;
}
