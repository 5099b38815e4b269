/*
 * Tables: scenes in the order of lab_scenes.c, notes in the order of sim/lab.h.
 */
#include "cli/words_lab.h"

#include <string.h>

LAB_WORDS(WORD_DEFINE)

static const struct scene_words {
    const char *name;
    struct words summary, look;
} scenes[] = {
    {"handshake",
     {{"a connection is opened in three segments", "三次握手：三个报文段建立一个连接"}},
     {{"SYN, SYN-ACK, ACK: each side says where its numbers begin and hears that it was understood",
       "SYN、SYN-ACK、ACK：双方各自告知初始序号，并得知对方已经收到"}}},
    {"upload",
     {{"a file is sent", "发送一个文件"}},
     {{"ten segments leave at once, then the acknowledgements set the pace",
       "起初一口气发出十个报文段，之后由确认控制节奏"}}},
    {"telnet",
     {{"a pause, a line there, a line back", "停顿片刻，发去一行，回来一行"}},
     {{"an idle connection costs no segment; each line is acknowledged on its own",
       "空闲的连接不产生报文段；每一行各自得到确认"}}},
    {"http",
     {{"a request, a response, and the server closes", "请求，响应，然后服务器关闭连接"}},
     {{"no length is announced: the FIN is the end of the response",
       "没有预告长度：FIN 就是响应的末尾"}}},
    {"close",
     {{"a connection is closed in four segments", "四次挥手：四个报文段关闭一个连接"}},
     {{"each direction ends by itself: FIN and ACK, later FIN and ACK",
       "两个方向各自结束：FIN 与 ACK，稍后又是 FIN 与 ACK"}}},
    {"close-three",
     {{"the other side closes at once", "另一方立即关闭：只需三个报文段"}},
     {{"its FIN carries the acknowledgement of ours: FIN, FIN-ACK, ACK",
       "对方的 FIN 捎带对我方 FIN 的确认：FIN、FIN-ACK、ACK"}}},
    {"close-both",
     {{"both sides close at the same moment", "同时关闭：双方在同一时刻关闭"}},
     {{"the two FINs cross on the wire; both sides go through CLOSING to TIME-WAIT (--states)",
       "两个 FIN 在途中交错；双方都经 CLOSING 进入 TIME-WAIT（加 --states 可见）"}}},
    {"open-both",
     {{"both sides open at the same moment", "同时打开：双方在同一时刻发起连接"}},
     {{"two SYNs cross, two SYN-ACKs follow, and one connection results",
       "两个 SYN 交错，接着是两个 SYN-ACK，结果只有一个连接"}}},
    {"half-close",
     {{"the client finishes sending and still receives", "半关闭：客户端发送完毕，仍继续接收"}},
     {{"data flows back after the client's FIN, and is acknowledged",
       "客户端发出 FIN 之后，数据仍然流回，并得到确认"}}},
    {"refused",
     {{"nobody listens at that port", "该端口无人监听：连接被拒绝"}},
     {{"the SYN is answered with RST, and the application is told at once",
       "对 SYN 的回答是 RST，应用程序立即得知"}}},
    {"timeout",
     {{"nobody answers the SYN", "无人回答 SYN：连接超时"}},
     {{"the waits double: 1, 2, 4, 8 s ... (--syn-retries, --syn-wait)",
       "等待时间逐次加倍：1、2、4、8 秒……（--syn-retries、--syn-wait）"}}},
    {"delayed-ack",
     {{"when an acknowledgement waits for data to ride on", "延迟确认：确认何时等待数据来捎带"}},
     {{"a quick answer or a FIN carries it; a late answer does not: it leaves alone after 40 ms",
       "及时的回答或 FIN 捎带确认；回答太迟，确认便在 40 ms 后单独发出"}}},
    {"loss",
     {{"one segment is lost", "丢失一个报文段"}},
     {{"SACK reports what comes behind the hole; the segment leaves again after a round trip",
       "缺口之后的数据由 SACK 报告，丢失的报文段在一个往返时间内快速重传"}}},
    {"rto",
     {{"the last segments are lost", "丢失末尾的报文段"}},
     {{"nothing behind them can report the hole: only the timer notices",
       "后面没有数据能暴露缺口：只有重传定时器能发现"}}},
    {"reorder",
     {{"a segment is overtaken by the next", "乱序：一个报文段被后一个超过"}},
     {{"one report of a hole, and no retransmission: three would be needed",
       "只报告一次缺口，不会重传：要有三次才会"}}},
    {"duplicate",
     {{"a segment arrives twice", "一个报文段到达两次"}},
     {{"the receiver says so: a SACK block below the acknowledgement (D-SACK)",
       "接收方如实报告：SACK 块低于确认号（D-SACK）"}}},
    {"corrupt",
     {{"a segment is damaged on the way", "一个报文段在途中损坏"}},
     {{"the checksum catches it (--at server): to TCP it is lost, and it is sent again",
       "校验和查出了它（加 --at server 可见）：对 TCP 而言等于丢失，于是重传"}}},
    {"zero-window",
     {{"the reader is slow", "零窗口：接收方的应用程序读得太慢"}},
     {{"the window closes to 0, probes ask, and it opens again",
       "窗口降为 0，窗口探测反复询问，随后窗口重新打开"}}},
    {"window-scale",
     {{"windows beyond 64 KB", "窗口扩大：超过 64 KB 的窗口"}},
     {{"wscale in the SYNs: the numbers behind `win` count units of 2^wscale bytes",
       "SYN 中有 wscale：win 后面的数以 2^wscale 字节为单位"}}},
    {"congestion",
     {{"a sender finds out what a narrow wire can take", "拥塞控制：发送方探明窄线路的容量"}},
     {{"cwnd doubles each round trip until the queue overflows, is cut, and grows slowly",
       "慢启动时 cwnd 每个往返时间加倍，直到队列溢出；随后减小，进入拥塞避免，缓慢增长"}}},
    {"syn-flood",
     {{"SYNs from addresses where nobody is", "SYN 洪泛：来自无人地址的大量 SYN"}},
     {{"when the backlog is full the answers are cookies, and a legitimate client still gets in",
       "半连接队列满后以 SYN cookie 回答，正常的客户端仍能连上"}}},
    {"mtu",
     {{"a link on the path takes only small packets", "路径 MTU 发现：途中有一段链路只容得下小包"}},
     {{"a router's ICMP error tells the size, and the data leaves again in smaller segments",
       "路由器用 ICMP 差错报文告知大小，数据改以较小的报文段重发"}}},
    {"keepalive",
     {{"an idle connection is probed, until the wire is cut",
       "保活：探测空闲的连接，直到线路中断"}},
     {{"an empty segment of an old number must be answered; when nobody does, the client gives up",
       "序号倒退 1 的空报文段必须得到回答；再无回答时，客户端放弃连接"}}},
    {"reset",
     {{"an application aborts", "复位：应用程序中止连接"}},
     {{"RST: no goodbye, no TIME-WAIT, and the other side is told of an error",
       "RST：没有告别，没有 TIME-WAIT，另一方得到错误"}}},
};

static const struct words notes[LAB_NOTE_COUNT] = {
    [LAB_NOTE_SYN] = {{"asks to open", "请求建立连接"}},
    [LAB_NOTE_SYN_ACK] = {{"agrees, and asks too", "同意，并反过来请求"}},
    [LAB_NOTE_OPEN] = {{"understood: open", "收到，连接建立"}},
    [LAB_NOTE_REFUSED] = {{"refused: nobody listens there", "拒绝：该端口无人监听"}},
    [LAB_NOTE_FIN] = {{"has finished sending", "发送完毕"}},
    [LAB_NOTE_RST] = {{"reset: the connection is gone at once", "复位：连接立即作废"}},
    [LAB_NOTE_NO_CONN] = {{"reset: there is no such connection", "复位：没有这个连接"}},
    [LAB_NOTE_RESENT_SYN] = {{"again: nobody answered", "重传：无人回答"}},
    [LAB_NOTE_RESENT_ANSWER] = {{"again: the SYN came again", "重传：对方的 SYN 又到了"}},
    [LAB_NOTE_RESENT_FAST] = {{"retransmission: acknowledgements showed the loss",
                               "快速重传：确认表明它已丢失"}},
    [LAB_NOTE_RESENT_TIMEOUT] = {{"retransmission: the timer ran out", "超时重传：定时器到期"}},
    [LAB_NOTE_RESENT_PMTU] = {{"again, in smaller segments", "以较小的报文段重发"}},
    [LAB_NOTE_RESENT_WINDOW] = {{"again: the window is open", "重发：窗口已打开"}},
    [LAB_NOTE_LOST] = {{"lost on the way", "途中丢失"}},
    [LAB_NOTE_TOO_BIG] = {{"too big for a link on the way", "对途中的一段链路来说太大"}},
    [LAB_NOTE_DUPLICATED] = {{"will arrive twice", "将到达两次"}},
    [LAB_NOTE_CORRUPTED] = {{"damaged on the way", "途中损坏"}},
    [LAB_NOTE_REORDERED] = {{"overtaken on the way", "途中被后面的超过"}},
    [LAB_NOTE_DELAYED] = {{"delayed on the way", "途中延迟"}},
    [LAB_NOTE_HOLE] = {{"something before it is missing", "它前面缺了数据"}},
    [LAB_NOTE_OLD] = {{"was here already", "早已收到"}},
    [LAB_NOTE_BAD_CHECKSUM] = {{"wrong checksum: dropped", "校验和错误：丢弃"}},
    [LAB_NOTE_DSACK] = {{"D-SACK: received twice", "D-SACK：收到两次"}},
    [LAB_NOTE_REPORTS_HOLE] = {{"reports a hole", "报告缺口"}},
    [LAB_NOTE_FIN_ACK] = {{"acknowledges the FIN", "确认对方的 FIN"}},
    [LAB_NOTE_ACK_WAITED] = {{"the acknowledgement waited, and leaves alone",
                              "延迟的确认，单独发出"}},
    [LAB_NOTE_ACK_RIDES] = {{"carries the acknowledgement", "捎带确认"}},
    [LAB_NOTE_ZERO_WINDOW] = {{"window full: send nothing", "窗口已满：请勿发送"}},
    [LAB_NOTE_WINDOW_UPDATE] = {{"the window opens", "窗口打开"}},
    [LAB_NOTE_PROBE] = {{"window probe", "窗口探测"}},
    [LAB_NOTE_FILLS] = {{"fills what is left of the window, after a wait",
                         "等待之后填满剩余的窗口"}},
    [LAB_NOTE_KEEPALIVE] = {{"keepalive probe", "保活探测"}},
    [LAB_NOTE_ROUTER] = {{"from a router on the way", "来自途中的路由器"}},
    [LAB_NOTE_PMTU] = {{"the path takes less than was thought", "路径 MTU 比预想的小"}},
    [LAB_NOTE_COOKIE] = {{"SYN cookie: nothing is remembered", "SYN cookie：不保存任何状态"}},
    [LAB_NOTE_SPOOFED] = {{"part of the flood", "洪泛的一部分"}},
    [LAB_NOTE_RECOVERY] = {{"loss noticed: fast recovery begins", "发现丢失：快速恢复开始"}},
    [LAB_NOTE_SPURIOUS] = {{"nothing was lost after all", "其实没有丢失"}},
    [LAB_NOTE_CWND] = {{"", ""}},
};

static const struct scene_words *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(scenes); i++) {
        if (strcmp(scenes[i].name, name) == 0) return &scenes[i];
    }
    return NULL;
}

const char *scene_summary(const char *name, enum lang lang)
{
    const struct scene_words *scene = find(name);
    return scene != NULL ? word_text(lang, &scene->summary) : NULL;
}

const char *scene_look(const char *name, enum lang lang)
{
    const struct scene_words *scene = find(name);
    return scene != NULL ? word_text(lang, &scene->look) : NULL;
}

const char *note_text(enum lab_note note, enum lang lang) { return word_text(lang, &notes[note]); }
