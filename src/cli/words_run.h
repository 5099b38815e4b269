/*
 * What `vitro run` says.
 */
#ifndef VITRO_CLI_WORDS_RUN_H
#define VITRO_CLI_WORDS_RUN_H

#include "cli/words.h"
#include "observe/print_notable.h"

#define RUN_WORDS(W)                                                                               \
    W(about_run, "run a program on a network of its own and show every segment",                   \
      "在独立的网络中运行程序，显示每个报文段")                                                    \
    W(run_usage, "usage: vitro run [OPTIONS] [--] COMMAND [ARGUMENTS]\n",                          \
      "用法：vitro run [选项] [--] 命令 [参数]\n")                                                 \
    W(run_no_command,                                                                              \
      "which program? write it at the end: `vitro run -- curl http://demo.vitro/`",                \
      "要运行哪个程序？请写在最后：vitro run -- curl http://demo.vitro/")                          \
    W(run_group_show, "What is shown:", "显示：")                                                  \
    W(run_group_save, "What is saved:", "保存：")                                                  \
    W(run_group_net, "The network:", "网络：")                                                     \
    W(run_group_other, "Besides:", "其他：")                                                       \
    W(run_value_rule, "PORT", "端口")                                                              \
    W(run_help_print, "all, notable or none of the segments (notable)",                            \
      "显示报文段：all（全部）、notable（值得注意的，默认）或 none（不显示）")                     \
    W(run_help_out, "lines and table go there, not to stderr",                                     \
      "报文与统计表写入该文件，而非 stderr")                                                       \
    W(run_help_quiet, "neither segments nor the table", "既不显示报文段，也不显示统计表")          \
    W(run_help_verbose, "as tcpdump's -v; twice for more", "同 tcpdump 的 -v；可重复")             \
    W(run_help_write, "save every packet there (pcapng)", "把每个报文保存到该文件（pcapng）")      \
    W(run_help_json, "an object a line as conversations end, then a summary",                      \
      "每个会话结束时写一行 JSON 对象，最后写汇总")                                                \
    W(run_help_publish, "from the host to a server inside: [ADDR:]PORT[:PORT][/udp]",              \
      "从主机到内部的服务器：[地址:]端口[:端口][/udp]")                                            \
    W(run_help_loopback, "the gateway's address is the host's loopback",                           \
      "网关地址即主机的回环地址")                                                                  \
    W(run_help_mtu, "of the program's interface (1500)", "程序接口的 MTU（1500）")                 \
    W(run_help_device, "tap, packet, or auto: tap where it can be had (auto)",                     \
      "tap、packet 或 auto：能用 tap 就用 tap（auto）")                                            \
    W(run_help_v4, "no IPv6 inside", "内部不使用 IPv6")                                            \
    W(run_bad_publish,                                                                             \
      "--publish `%s`: write [ADDR:]PORT[:PORT][/udp], such as 8080:80 or [::1]:5353:53/udp",      \
      "--publish「%s」：请写成 [地址:]端口[:端口][/udp]，例如 8080:80 或 [::1]:5353:53/udp")       \
    W(run_cannot_publish, "--publish `%s`: %s", "--publish「%s」：%s")                             \
    W(run_cannot_publish_low,                                                                      \
      "--publish `%s`: ports below 1024 need root; choose a port above, such as 8080:%u",          \
      "--publish「%s」：1024 以下的端口需要 root；请选更大的端口，例如 8080:%u")                   \
    W(run_no_dash, "--%s -: stdout is the program's; name a file, or /dev/fd/N for a pipe",        \
      "--%s -：stdout 属于程序；请写文件名，管道请用 /dev/fd/N")                                   \
    W(run_same_file, "%s: two outputs cannot go to one file", "%s：两种输出不能写入同一个文件")    \
    W(run_subnet_taken,                                                                            \
      "every private network that could be used is in use by this host; going on with "            \
      "10.0.2.0/24",                                                                               \
      "可用的私有网段都已被主机占用；仍使用 10.0.2.0/24")                                          \
    W(run_cannot_start, "cannot start: %s: %s", "无法启动：%s：%s")                                \
    W(run_no_program, "%s: no such program", "%s：没有这个程序")                                   \
    W(run_no_interpreter, "%s: the interpreter or loader that it names is not there",              \
      "%s：它指定的解释器或加载器不存在")                                                          \
    W(run_cannot_exec, "%s: %s", "%s：%s")                                                         \
    W(run_gateway_failed, "the gateway could not start: %s", "网关无法启动：%s")                   \
    W(run_gateway_died, "the gateway has ended too early (%s %d): the program has no network now", \
      "网关意外结束（%s %d）：程序已没有网络")                                                     \
    W(run_others, "the program has ended; processes still inside: %u; ctrl-C ends them",           \
      "程序已结束；内部还有 %u 个进程，按 ctrl-C 结束它们")                                        \
    W(run_warning_resolv,                                                                          \
      "names will not resolve inside: nothing could be laid over /etc/resolv.conf (%s)",           \
      "内部无法解析域名：无法覆盖 /etc/resolv.conf（%s）")                                         \
    W(run_signal, "signal", "信号")                                                                \
    W(run_status, "status", "状态")                                                                \
    W(run_write_error, "%s: %s; what is there is good up to its last entry",                       \
      "%s：%s；已写入的部分到最后一项为止是完整的")                                                \
    W(run_connections, "%llu connections, ", "%llu 个连接，")                                      \
    W(run_connection, "%llu connection, ", "%llu 个连接，")                                        \
    W(run_packets, "%llu packets, ", "%llu 个包，")                                                \
    W(run_packet, "%llu packet, ", "%llu 个包，")                                                  \
    W(run_sum, "%llu retransmitted, %s", "重传 %llu 个，%s")                                       \
    W(run_by_what, " (%s)", "（%s）")                                                              \
    W(run_closed_host,                                                                             \
      "    gateway.vitro reaches this host's own servers only with --host-loopback\n",             \
      "    只有加上 --host-loopback，才能经 gateway.vitro 访问本主机的服务\n")                     \
    W(run_more, "    ... and %llu more; --json FILE has them all\n",                               \
      "    …… 还有 %llu 个；--json 文件中有全部\n")                                                \
    W(run_head_number, " #", " #")                                                                 \
    W(run_head_proto, "PROTO", "协议")                                                             \
    W(run_head_peer, "PEER", "对端")                                                               \
    W(run_head_state, "STATE", "状态")                                                             \
    W(run_head_out, "OUT", "发出")                                                                 \
    W(run_head_in, "IN", "收到")                                                                   \
    W(run_head_rtt, "RTT", "往返")                                                                 \
    W(run_head_retr, "RETR", "重传")                                                               \
    W(run_head_time, "TIME", "时长")                                                               \
    W(run_head_path, "PATH", "外部路径")                                                           \
    W(run_head_ended, "ENDED BY", "由谁结束")                                                      \
    W(run_end_open, "open", "未结束")                                                              \
    W(run_end_closed, "closed", "已关闭")                                                          \
    W(run_end_reset, "reset", "被复位")                                                            \
    W(run_end_refused, "refused", "被拒绝")                                                        \
    W(run_end_unreachable, "unreachable", "不可达")                                                \
    W(run_end_timed_out, "timed out", "超时")                                                      \
    W(run_end_idle, "idle", "空闲")                                                                \
    W(run_end_answered, "answered", "已应答")                                                      \
    W(run_end_failed, "failed", "失败")                                                            \
    W(run_party_nobody, "nobody", "无")                                                            \
    W(run_party_program, "program", "程序")                                                        \
    W(run_party_server, "server", "服务器")                                                        \
    W(run_party_client, "client", "客户端")                                                        \
    W(run_party_vitro, "vitro", "vitro")                                                           \
    W(run_close_three, "3-segment close", "三次挥手")                                              \
    W(run_close_four, "4-segment close", "四次挥手")                                               \
    W(run_close_both, "simultaneous close", "同时关闭")                                            \
    W(run_no_answer, "no answer", "没有应答")                                                      \
    W(run_path_retr, "%s, %u retr", "%s，重传 %u")                                                 \
    W(run_step_done, "nothing", "无")                                                              \
    W(run_step_fork, "starting a process", "创建进程")                                             \
    W(run_step_user_namespace, "making a user namespace", "创建用户命名空间")                      \
    W(run_step_id_map, "mapping the user into it", "在其中映射用户")                               \
    W(run_step_network_namespace, "making a network namespace", "创建网络命名空间")                \
    W(run_step_mount_namespace, "making a mount namespace", "创建挂载命名空间")                    \
    W(run_step_capabilities, "having rights inside the user namespace",                            \
      "取得用户命名空间内的权限")                                                                  \
    W(run_step_tun_open, "opening /dev/net/tun", "打开 /dev/net/tun")                              \
    W(run_step_tun_device, "making a TAP device", "创建 TAP 设备")                                 \
    W(run_step_veth, "making a veth pair", "创建 veth 设备对")                                     \
    W(run_step_packet_socket, "opening a packet socket", "打开 packet 套接字")                     \
    W(run_step_addresses, "setting addresses and routes", "设置地址和路由")                        \
    W(run_step_resolv_conf, "laying over /etc/resolv.conf", "覆盖 /etc/resolv.conf")               \
    W(run_step_exec, "starting the program", "启动程序")

/* The words of a folded line, a static object. */
const struct notable_words *run_notable_words(enum lang lang);

/* Says that an output has failed: its option's name and why. */
void run_say_write_error(enum lang lang, const char *what, int error);

RUN_WORDS(WORD_DECLARE)

#endif
