/*
 * The sentences that several commands say, and how sentences are printed.
 */
#include "cli/words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

COMMON_WORDS(WORD_DEFINE)

const char *word_text(enum lang lang, const struct words *words) { return words->text[lang]; }

void word_say(enum lang lang, const char *command, const struct words *words, ...)
{
    va_list arguments;
    va_start(arguments, words);
    (void)fflush(stdout); /* so that what came before is above it */
    (void)fprintf(stderr, "vitro%s%s: ", command != NULL ? " " : "",
                  command != NULL ? command : "");
    (void)vfprintf(stderr, words->text[lang], arguments);
    (void)fputc('\n', stderr);
    va_end(arguments);
}

void word_print(enum lang lang, const struct words *words, ...)
{
    va_list arguments;
    va_start(arguments, words);
    (void)vprintf(words->text[lang], arguments);
    va_end(arguments);
}

/* All that we write beyond Latin begins with a byte of E2 or above and is wide. */
unsigned word_columns(const char *text)
{
    unsigned columns = 0;
    for (const char *at = text; *at != '\0'; at++) {
        const unsigned char byte = (unsigned char)*at;
        if ((byte & 0xc0) == 0x80) continue; /* the rest of a letter */
        columns += byte >= 0xe2 ? 2 : 1;
    }
    return columns;
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
