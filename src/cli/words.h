/*
 * Every sentence that users see, in English and Chinese: tables, never words inside logic.
 *
 * Sentences with places to fill are printf formats; both languages take the same arguments in the
 * same order.
 */
#ifndef VITRO_CLI_WORDS_H
#define VITRO_CLI_WORDS_H

#include <stdbool.h>

enum lang {
    LANG_EN,
    LANG_ZH,
    LANG_COUNT,
};

#define WORDS(W)                                                                                   \
    W(USAGE, "usage: vitro COMMAND [OPTIONS]\n\ncommands:\n",                                      \
      "用法: vitro 命令 [选项]\n\n命令:\n")                                                        \
    W(USAGE_LAB, "usage: vitro lab SCENE [OPTIONS]\n       vitro lab --list\n\n",                  \
      "用法: vitro lab 场景 [选项]\n       vitro lab --list\n\n")                                  \
    W(ABOUT_LAB, "play a scene of TCP between two stacks and show every segment",                  \
      "在两个协议栈之间演示一个 TCP 场景, 显示每个报文段")                                         \
    W(TRY_HELP, "vitro: no command given; try `vitro --help`\n",                                   \
      "vitro: 没有给出命令; 请试 `vitro --help`\n")                                                \
    W(UNKNOWN_COMMAND, "vitro: no command `%s`; `vitro --help` lists them\n",                      \
      "vitro: 没有命令 `%s`; `vitro --help` 列出全部命令\n")                                       \
    W(UNKNOWN_COMMAND_NEAR, "vitro: no command `%s`; did you mean `%s`?\n",                        \
      "vitro: 没有命令 `%s`; 是不是 `%s`?\n")                                                      \
    W(UNKNOWN_OPTION, "vitro: no option `%s`; --help lists them\n",                                \
      "vitro: 没有选项 `%s`; --help 列出全部选项\n")                                               \
    W(UNKNOWN_OPTION_NEAR, "vitro: no option `%s`; did you mean `--%s`?\n",                        \
      "vitro: 没有选项 `%s`; 是不是 `--%s`?\n")                                                    \
    W(BAD_VALUE, "vitro: --%s `%s`: write %s\n", "vitro: --%s `%s`: 请写%s\n")                     \
    W(OUT_OF_RANGE, "vitro: --%s `%s`: must be from %llu to %llu\n",                               \
      "vitro: --%s `%s`: 必须在 %llu 到 %llu 之间\n")                                              \
    W(VALUE_MISSING, "vitro: --%s needs a value after it\n", "vitro: --%s 后面需要一个值\n")       \
    W(NO_VALUE_WANTED, "vitro: --%s takes no value\n", "vitro: --%s 不带值\n")                     \
    W(TOO_MANY, "vitro: `%s` is one argument too many\n", "vitro: 多余的参数 `%s`\n")              \
    W(SHAPE_NUMBER, "a whole number", "一个整数")                                                  \
    W(SHAPE_TIME, "a time such as 50ms, 2s or 300us", "时间, 例如 50ms, 2s 或 300us")              \
    W(SHAPE_PERCENT, "a percentage such as 2% or 0.1%", "百分数, 例如 2% 或 0.1%")                 \
    W(SHAPE_SIZE, "a size such as 1500, 64k or 2M", "大小, 例如 1500, 64k 或 2M")                  \
    W(SHAPE_RATE, "a rate in bits a second such as 64k or 10M", "每秒比特数, 例如 64k 或 10M")     \
    W(NO_SCENE, "vitro lab: which scene? `vitro lab --list` names them\n",                         \
      "vitro lab: 哪个场景? `vitro lab --list` 列出全部场景\n")                                    \
    W(UNKNOWN_SCENE, "vitro lab: no scene `%s`; `vitro lab --list` names them\n",                  \
      "vitro lab: 没有场景 `%s`; `vitro lab --list` 列出全部场景\n")                               \
    W(UNKNOWN_SCENE_NEAR, "vitro lab: no scene `%s`; did you mean `%s`?\n",                        \
      "vitro lab: 没有场景 `%s`; 是不是 `%s`?\n")                                                  \
    W(BAD_CHOICE, "vitro lab: --%s `%s`: choose one of %s\n",                                      \
      "vitro lab: --%s `%s`: 请从 %s 中选择\n")                                                    \
    W(BAD_RULE, "vitro lab: --fault `%s`: write it like `drop data 3 from a`\n",                   \
      "vitro lab: --fault `%s`: 请写成 `drop data 3 from a` 这样\n")                               \
    W(SMALL_MTU6, "vitro lab: --mtu `%s`: IPv6 needs at least 1280\n",                             \
      "vitro lab: --mtu `%s`: IPv6 至少需要 1280\n")                                               \
    W(FILE_ERROR, "vitro lab: %s: %s\n", "vitro lab: %s: %s\n")                                    \
    W(REFUSED_CONFIG, "vitro lab: these options do not go together\n",                             \
      "vitro lab: 这些选项不能同时使用\n")                                                         \
    W(HELP_DELAY, "TIME from one end to the other (20ms)", "时间: 单程延迟 (20ms)")                \
    W(HELP_JITTER, "TIME of random delay besides", "时间: 附加的随机延迟")                         \
    W(HELP_RATE, "RATE of the wire", "速率: 线路速率")                                             \
    W(HELP_QUEUE, "PACKETS that may wait for the wire", "包数: 线路前队列的长度")                  \
    W(HELP_MTU, "BYTES of the wire's largest packet", "字节: 线路上最大的包")                      \
    W(HELP_LOSS, "PERCENT of packets are lost", "百分数: 丢包率")                                  \
    W(HELP_DUPLICATE, "PERCENT arrive twice", "百分数: 重复到达率")                                \
    W(HELP_REORDER, "PERCENT are overtaken", "百分数: 乱序率")                                     \
    W(HELP_CORRUPT, "PERCENT are damaged", "百分数: 损坏率")                                       \
    W(HELP_FAULT, "RULE, as `drop data 3 from a` (in place of the scene's)",                       \
      "规则: 例如 `drop data 3 from a` (取代场景自己的)")                                          \
    W(HELP_CC, "NAME of the congestion control: cubic, reno", "名称: 拥塞控制, cubic 或 reno")     \
    W(HELP_NO_SACK, "offer no selective acknowledgement", "不提供选择确认 (SACK)")                 \
    W(HELP_NO_TS, "offer no time stamps", "不提供时间戳")                                          \
    W(HELP_WSCALE, "SHIFT of the window, 0 to 14", "位数: 窗口扩大因子, 0 到 14")                  \
    W(HELP_SYN_RETRIES, "NUMBER of times the SYN is sent again", "次数: SYN 重传次数")             \
    W(HELP_SYN_WAIT, "TIME until the SYN is first sent again", "时间: SYN 首次重传前的等待")       \
    W(HELP_MSS, "BYTES of a segment's data at most, up to 65495", "字节: 最大报文段, 至多 65495")  \
    W(HELP_RCVBUF, "BYTES of the receive buffer", "字节: 接收缓冲区")                              \
    W(HELP_V6, "use IPv6", "使用 IPv6")                                                            \
    W(HELP_AT, "SIDE of the wire to look at: client, server", "一侧: 观察点, client 或 server")    \
    W(HELP_NO_NOTES, "only what tcpdump -n would print", "只显示 tcpdump -n 的输出")               \
    W(HELP_STATES, "show the states of both ends", "显示两端的状态")                               \
    W(HELP_WRITE, "FILE to save the packets in (pcap)", "文件: 保存报文 (pcap)")                   \
    W(HELP_LIST, "list the scenes", "列出全部场景")                                                \
    W(HELP_SEED, "NUMBER that all chance depends on", "数字: 一切随机由它决定")                    \
    W(HELP_LANG, "en or zh", "en 或 zh")                                                           \
    W(HELP_SIZE, "BYTES to be sent", "字节: 要发送的数据量")                                       \
    W(HELP_FILE, "FILE to be sent", "文件: 要发送的文件")                                          \
    W(HELP_HELP, "this list", "显示本帮助")                                                        \
    W(SUMMARY, "\n%llu segments, %llu bytes (%llu of data), %llu retransmitted, %llu.%06llu s\n",  \
      "\n%llu 个报文段, %llu 字节 (其中数据 %llu), 重传 %llu 次, 历时 %llu.%06llu 秒\n")           \
    W(CLIENT, "client", "客户端")                                                                  \
    W(SERVER, "server", "服务器")                                                                  \
    W(FATE, "%s: %s; sent %llu bytes, received %llu%s\n", "%s: %s; 发送 %llu 字节, 接收 %llu%s\n") \
    W(FATE_OPEN, "connected", "已连接")                                                            \
    W(FATE_NOT, "never connected", "从未连接")                                                     \
    W(FATE_ERROR, "was told: %s (%s)", "得到错误: %s (%s)")                                        \
    W(FATE_END, ", and the end of the stream", ", 并读到流的结束")

enum word {
#define WORD_ENUM(name, en, zh) WORD_##name,
    WORDS(WORD_ENUM)
#undef WORD_ENUM
        WORD_COUNT,
};

/* The sentence; a static string. */
const char *word_text(enum lang lang, enum word word);

/* Prints the sentence, filled in, to stderr: for what is wrong. */
void word_say(enum lang lang, enum word word, ...);

/* Prints the sentence, filled in, to stdout. */
void word_print(enum lang lang, enum word word, ...);

/* The language that a name means ("en", "zh_CN.UTF-8"); false if none of ours. */
bool lang_find(const char *name, enum lang *lang);

/* The language of the environment: LC_ALL, LC_MESSAGES, LANG; English else. */
enum lang lang_default(void);

#endif
