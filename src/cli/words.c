/*
 * The sentences that several commands say, and how sentences are printed.
 */
#include "cli/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

const char *word_error(enum lang lang, int error, const char *english)
{
    static const struct {
        int error;
        const char *text;
    } zh[] = {
        {EACCES, "权限不够"},           {EPERM, "不允许的操作"},
        {ENOENT, "没有那个文件或目录"}, {EEXIST, "文件已存在"},
        {EISDIR, "是一个目录"},         {ENOTDIR, "不是目录"},
        {ENAMETOOLONG, "文件名过长"},   {ENOSPC, "设备上没有空间"},
        {EROFS, "只读文件系统"},        {EIO, "输入/输出错误"},
        {EMFILE, "打开的文件过多"},     {ENOMEM, "内存不足"},
        {EINVAL, "无效的参数"},         {ECONNREFUSED, "连接被拒绝"},
        {ECONNRESET, "连接被对方复位"}, {ECONNABORTED, "连接中止"},
        {ETIMEDOUT, "连接超时"},        {EPIPE, "对方不再接收"},
        {EHOSTUNREACH, "无法到达主机"}, {ENETUNREACH, "无法到达网络"},
        {EADDRINUSE, "地址已被占用"},   {EMSGSIZE, "消息过长"},
    };
    for (size_t i = 0; lang == LANG_ZH && i < sizeof zh / sizeof zh[0]; i++) {
        if (zh[i].error == error) return zh[i].text;
    }
    return english;
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

/* Whether a locale such as zh_CN.GB18030 names an encoding other than ours. */
static bool has_other_encoding(const char *locale)
{
    const char *dot = strchr(locale, '.');
    return dot != NULL && strncasecmp(dot, ".utf8", 5) != 0 && strncasecmp(dot, ".utf-8", 6) != 0;
}

enum lang lang_default(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    enum lang lang = LANG_EN;
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *value = getenv(variables[i]);
        if (value == NULL || value[0] == '\0') continue;
        if (!has_other_encoding(value)) (void)lang_find(value, &lang);
        break;
    }
    return lang;
}
