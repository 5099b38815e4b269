/*
 * The sentences of `vitro run`.
 */
#include "cli/words_run.h"

#include <string.h>

RUN_WORDS(WORD_DEFINE)

static const struct notable_words chinese = {
    .line =
        "…… {from} > {to}：{count} {unit}{super}，{bytes}；反向 {back} 个，{back_bytes}（{time}）",
    .line_back_empty = "…… {from} > {to}：{count} {unit}{super}，{bytes}；反向 {back} 个（{time}）",
    .line_one_way = "…… {from} > {to}：{count} {unit}{super}，{bytes}（{time}）",
    .super = "（线路上 {wire} 个）",
    .segment = "个报文段",
    .segments = "个报文段",
    .datagram = "个数据报",
    .datagrams = "个数据报",
    .packet = "个包",
    .packets = "个包",
};

const struct notable_words *run_notable_words(enum lang lang)
{
    return lang == LANG_ZH ? &chinese : &notable_words_english;
}

void run_say_write_error(enum lang lang, const char *what, int error)
{
    word_say(lang, "run", &word_run_write_error, what, word_error(lang, error, strerror(error)));
}
