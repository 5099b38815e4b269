/*
 * Every sentence that users see, in English and Chinese: tables, never words inside logic.
 *
 * A sentence is a `struct words`. A list names the sentences of one command, in its words_NAME.h:
 *
 *     #define RUN_WORDS(W) W(about_run, "run a program ...", "...") W(run_no_tun, "...", "...")
 *     RUN_WORDS(WORD_DECLARE)
 *
 * words_NAME.c has RUN_WORDS(WORD_DEFINE), and code says word_say(lang, "run", &word_run_no_tun).
 * What several commands say is in the list below. Sentences with places to fill are printf formats;
 * both languages take the same arguments in the same order, which test_words.c checks of all lists.
 */
#ifndef VITRO_CLI_WORDS_H
#define VITRO_CLI_WORDS_H

#include <stdbool.h>

enum lang {
    LANG_EN,
    LANG_ZH,
    LANG_COUNT,
};

struct words {
    const char *text[LANG_COUNT];
};

/* What is made of the entries of a list: a declaration, a definition, an element of an array. */
#define WORD_DECLARE(name, en, zh) extern const struct words word_##name;
#define WORD_DEFINE(name, en, zh)  const struct words word_##name = {{en, zh}};
#define WORD_ADDRESS(name, en, zh) &word_##name,

#define COMMON_WORDS(W)                                                                            \
    W(usage, "usage: vitro COMMAND [OPTIONS]\n\ncommands:\n",                                      \
      "用法：vitro 命令 [选项]\n\n命令：\n")                                                       \
    W(usage_more, "\n`vitro COMMAND --help` lists the options of a command.\n",                    \
      "\nvitro 命令 --help 列出该命令的选项。\n")                                                  \
    W(try_help, "no command given; try `vitro --help`", "没有给出命令；请试 vitro --help")         \
    W(unknown_command, "no command `%s`; `vitro --help` lists them",                               \
      "没有命令「%s」；vitro --help 列出全部命令")                                                 \
    W(unknown_command_near, "no command `%s`; did you mean `%s`?",                                 \
      "没有命令「%s」；是不是想用「%s」？")                                                        \
    W(unknown_option, "no option `%s`; --help lists them", "没有选项「%s」；--help 列出全部选项")  \
    W(unknown_option_near, "no option `%s`; did you mean `--%s`?",                                 \
      "没有选项「%s」；是不是想用「--%s」？")                                                      \
    W(bad_value, "--%s `%s`: write %s", "--%s「%s」：请写成%s")                                    \
    W(out_of_range, "--%s `%s`: must be from %s to %s", "--%s「%s」：必须在 %s 到 %s 之间")        \
    W(too_small, "--%s `%s`: must be at least %s", "--%s「%s」：至少为 %s")                        \
    W(bad_choice, "--%s `%s`: choose one of %s", "--%s「%s」：只能是 %s 之一")                     \
    W(value_missing, "--%s needs a value after it", "--%s 后面需要一个值")                         \
    W(no_value_wanted, "--%s takes no value", "--%s 不带值")                                       \
    W(too_often, "--%s `%s`: given too often; at most %u", "--%s「%s」：给出次数太多；最多 %u 次") \
    W(too_many, "`%s` is one argument too many", "「%s」是多余的参数")                             \
    W(file_error, "%s: %s", "%s：%s")                                                              \
    W(output, "standard output", "标准输出")                                                       \
    W(list_joint, ", ", "、")                                                                      \
    W(no_memory, "out of memory", "内存不足")                                                      \
    W(shape_number, "a whole number", "整数")                                                      \
    W(shape_time, "a time such as 50ms, 2s or 300us", "时间，例如 50ms、2s 或 300us")              \
    W(shape_percent, "a percentage such as 2% or 0.1%", "百分数，例如 2% 或 0.1%")                 \
    W(shape_size, "a size such as 1500, 64k or 2M", "字节数，例如 1500、64k 或 2M")                \
    W(shape_rate, "a rate in bits a second such as 64k or 10M", "每秒比特数，例如 64k 或 10M")     \
    W(value_number, "NUMBER", "数字")                                                              \
    W(value_time, "TIME", "时间")                                                                  \
    W(value_percent, "PERCENT", "百分数")                                                          \
    W(value_size, "BYTES", "字节数")                                                               \
    W(value_rate, "RATE", "速率")                                                                  \
    W(value_text, "TEXT", "文字")                                                                  \
    W(value_choice, "NAME", "名称")                                                                \
    W(value_file, "FILE", "文件")                                                                  \
    W(value_lang, "LANG", "语言")                                                                  \
    W(help_lang, "en or zh; else what the locale says", "en 或 zh；默认取自区域设置")              \
    W(help_help, "this list", "显示本帮助")

/* The sentence; a static string. */
const char *word_text(enum lang lang, const struct words *words);

/*
 * Says on stderr, in one line, what is wrong: "vitro COMMAND: " and the sentence, filled in.
 * `command` NULL: "vitro: ".
 */
void word_say(enum lang lang, const char *command, const struct words *words, ...);

/* Prints the sentence, filled in, to stdout. */
void word_print(enum lang lang, const struct words *words, ...);

/* What a positive errno value means; `english` in English, and where there are no words for it. */
const char *word_error(enum lang lang, int error, const char *english);

/* How many columns of a terminal a text of UTF-8 takes; Chinese letters take two each. */
unsigned word_columns(const char *text);

/* The language that a name means ("en", "zh_CN.UTF-8"); false if none of ours. */
bool lang_find(const char *name, enum lang *lang);

/* The language of the environment: LC_ALL, LC_MESSAGES, LANG; English else, and where the locale is
 * not of UTF-8. */
enum lang lang_default(void);

COMMON_WORDS(WORD_DECLARE)

#endif
