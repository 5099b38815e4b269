/*
 * What `vitro lab` says: its sentences, what each scene shows, and the notes in the margin.
 */
#ifndef VITRO_CLI_WORDS_LAB_H
#define VITRO_CLI_WORDS_LAB_H

#include "cli/words.h"
#include "sim/lab.h"

#define LAB_WORDS(W)                                                                               \
    W(about_lab, "play a scene of TCP between two stacks and show every segment",                  \
      "在两个协议栈之间演示一个 TCP 场景，显示每个报文段")                                         \
    W(lab_usage, "usage: vitro lab SCENE [OPTIONS]\n       vitro lab --list\n",                    \
      "用法：vitro lab 场景 [选项]\n      vitro lab --list\n")                                     \
    W(lab_head, "%s: %s\n%s\n\n", "%s：%s\n%s\n\n")                                                \
    W(lab_note_joint, "; ", "；")                                                                  \
    W(lab_states, "[client %s, server %s]", "[客户端 %s，服务器 %s]")                              \
    W(lab_cwnd, "%s, cwnd %lu", "%s，cwnd %lu")                                                    \
    W(lab_ssthresh, ", ssthresh %lu", "，ssthresh %lu")                                            \
    W(lab_no_scene, "which scene? `vitro lab --list` names them",                                  \
      "要演示哪个场景？vitro lab --list 列出全部场景")                                             \
    W(lab_unknown_scene, "no scene `%s`; `vitro lab --list` names them",                           \
      "没有场景「%s」；vitro lab --list 列出全部场景")                                             \
    W(lab_unknown_scene_near, "no scene `%s`; did you mean `%s`?",                                 \
      "没有场景「%s」；是不是想看「%s」？")                                                        \
    W(lab_bad_rule, "--fault `%s`: write it like `drop data 3 from a`",                            \
      "--fault「%s」：请写成 drop data 3 from a 这样的规则")                                       \
    W(lab_small_mtu6, "--mtu `%s`: IPv6 needs at least 1280", "--mtu「%s」：IPv6 至少需要 1280")   \
    W(lab_size_or_file, "--size and --file: give one of them", "--size 与 --file：只能给出一个")   \
    W(lab_no_size, "--%s: `%s` sends no file; try it with `upload`",                               \
      "--%s：场景「%s」不发送文件；请用于 upload 等场景")                                          \
    W(lab_states_or_not, "--states: leave out --no-notes, which shows packets only",               \
      "--states：请去掉 --no-notes，后者只显示包")                                                 \
    W(lab_write_one_side,                                                                          \
      "--write: a file holds what passes one point: use --at client or server",                    \
      "--write：一个文件只能保存一处经过的包：请用 --at client 或 --at server")                    \
    W(lab_write_where, "--write `%s`: name a file", "--write「%s」：请给出文件名")                 \
    W(lab_queue_needs_rate, "--queue: give --rate too: nothing waits for a wire without one",      \
      "--queue：请同时给出 --rate：不限速的线路没有队列")                                          \
    W(lab_big_file, "%s: at most %llu bytes can be sent", "%s：最多只能发送 %llu 字节")            \
    W(lab_group_wire, "The wire, both directions:", "线路（双向）：")                              \
    W(lab_group_stacks, "The stacks, both ends:", "协议栈（两端）：")                              \
    W(lab_group_scene, "The scene and its output:", "场景与输出：")                                \
    W(lab_value_rule, "RULE", "规则")                                                              \
    W(lab_value_side, "SIDE", "位置")                                                              \
    W(lab_value_shift, "SHIFT", "位数")                                                            \
    W(lab_value_packets, "PACKETS", "包数")                                                        \
    W(lab_help_delay, "from one end to the other (20ms)", "单程时延（20ms）")                      \
    W(lab_help_jitter, "random delay besides, up to so much", "附加的随机时延，至多这么多")        \
    W(lab_help_rate, "bits a second that the wire takes", "线路速率，每秒比特数")                  \
    W(lab_help_queue, "that may wait for the wire; more are lost",                                 \
      "线路前队列的长度，超出的包被丢弃")                                                          \
    W(lab_help_mtu, "largest packet of the wire", "线路上最大的包")                                \
    W(lab_help_loss, "of the packets are lost", "丢包率")                                          \
    W(lab_help_duplicate, "of the packets arrive twice", "重复率")                                 \
    W(lab_help_reorder, "of the packets are overtaken", "乱序率")                                  \
    W(lab_help_corrupt, "of the packets are damaged", "损坏率")                                    \
    W(lab_help_fault, "exact fault: `drop data 3 from a`; may be repeated",                        \
      "精确的故障，例如 drop data 3 from a；可多次给出")                                           \
    W(lab_help_cc, "congestion control: cubic, reno", "拥塞控制算法：cubic 或 reno")               \
    W(lab_help_no_sack, "offer no selective acknowledgement", "不提供选择确认（SACK）")            \
    W(lab_help_no_ts, "offer no time stamps", "不提供时间戳")                                      \
    W(lab_help_wscale, "scale of the window, 0 to 14", "窗口扩大因子，0 到 14")                    \
    W(lab_help_syn_retries, "how often the SYN is sent again", "SYN 的重传次数")                   \
    W(lab_help_syn_wait, "until the SYN is first sent again", "SYN 首次重传之前的等待")            \
    W(lab_help_mss, "of data in a segment at most", "报文段数据的最大长度")                        \
    W(lab_help_rcvbuf, "of the receive buffer", "接收缓冲区大小")                                  \
    W(lab_help_v6, "use IPv6", "使用 IPv6")                                                        \
    W(lab_help_at, "where to look: client, server, both", "观察位置：client、server 或 both")      \
    W(lab_help_no_notes, "only what tcpdump -n would print", "只显示 tcpdump -n 会显示的内容")     \
    W(lab_help_states, "show the states of both ends", "显示两端的状态")                           \
    W(lab_help_write, "save the packets (pcap)", "把包保存为 pcap 文件")                           \
    W(lab_help_list, "list the scenes", "列出全部场景")                                            \
    W(lab_help_seed, "that all chance depends on (1)", "随机数种子（1）")                          \
    W(lab_help_size, "how much is sent", "要发送的数据量")                                         \
    W(lab_help_file, "what is sent", "要发送的文件")                                               \
    W(lab_summary,                                                                                 \
      "\n%llu segments, %llu bytes (%llu of data), %llu retransmitted, %llu.%06llu s\n",           \
      "\n%llu 个报文段，%llu 字节（其中数据 %llu），重传 %llu 次，历时 %llu.%06llu 秒\n")          \
    W(lab_stopped, "stopped here, after 24 hours\n", "已满 24 小时，演示到此为止\n")               \
    W(lab_client, "client", "客户端")                                                              \
    W(lab_server, "server", "服务器")                                                              \
    W(lab_fate, "%s: %s; sent %llu bytes, received %llu%s\n",                                      \
      "%s：%s；发送 %llu 字节，接收 %llu%s\n")                                                     \
    W(lab_fate_absent, "does not listen", "没有监听")                                              \
    W(lab_slow_start, "slow start", "慢启动")                                                      \
    W(lab_avoidance, "avoidance", "拥塞避免")                                                      \
    W(lab_recovering, "recovery", "快速恢复")                                                      \
    W(lab_fate_open, "connected", "已连接")                                                        \
    W(lab_fate_not, "never connected", "从未连接")                                                 \
    W(lab_fate_error, "told after %llu.%06llu s: %s (%s)", "%llu.%06llu 秒后得到错误：%s（%s）")   \
    W(lab_fate_end, ", and the end of the stream", "，并读到了流的末尾")

/* What the scene of that name shows, in a line; NULL if there are no words for it. */
const char *scene_summary(const char *name, enum lang lang);

/* What to look for in it, in a line; NULL as above. */
const char *scene_look(const char *name, enum lang lang);

/* The note in the margin. CWND has none here: it is numbers. */
const char *note_text(enum lab_note note, enum lang lang);

LAB_WORDS(WORD_DECLARE)

#endif
