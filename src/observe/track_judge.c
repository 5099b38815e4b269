/*
 * The judgement of one TCP segment.
 *
 * What one end has sent is known as a number line: everything from `isn` to `next` has passed by,
 * but for a few holes.
 *
 *     isn             hole 0          hole 1           next
 *      |##############|      |########|      |########|
 *
 *   - a segment at `next` is new, one behind it leaves a hole (a gap);
 *   - bytes that are on the line already are a retransmission, however soon they come;
 *   - bytes that fill a hole were overtaken on their way if they come within a round trip of those
 *     behind them (out of order); later they are a retransmission of what was lost before it got
 *     here.
 *
 * Keep-alives and window probes are told first, for their numbers mean nothing: they do not move
 * `next`. A probe's byte that gets acknowledged is taken over then.
 *
 * What holds: holes are ascending, do not touch, and lie before `next`.
 */
#include "observe/track_judge.h"

#include <string.h>

#include "wire/ip_proto.h"
#include "wire/tcp.h"

#define LATE_UNKNOWN_US 3000  /* with no round trip known; Wireshark's figure */
#define ANSWER_US       20000 /* a fast retransmission follows the ACK that asks for it this soon */
#define FAST_RUN        3     /* duplicate ACKs (RFC 5681 3.2) */
#define HOLE_BYTES_MAX  (UINT32_C(1) << 30) /* behind `next`: further back numbers turn ambiguous */
#define SYN_FIN_RST     (TCP_FLAG_SYN | TCP_FLAG_FIN | TCP_FLAG_RST)

/* The segment and whose it is. */
struct judged {
    struct track_conversation *c;
    struct track_way *way;  /* who sent it */
    struct track_way *peer; /* who gets it */
    const struct track_packet *packet;
    uint32_t start; /* its first byte, behind a SYN */
    uint32_t end;   /* behind its last byte, FIN included */
    uint64_t now_us;
    struct track_verdict *verdict;
};

static bool before(uint32_t a, uint32_t b) { return (int32_t)(a - b) < 0; }

static uint64_t since(uint64_t now_us, uint64_t then_us)
{
    return now_us > then_us ? now_us - then_us : 0;
}

static bool has(const struct judged *j, uint16_t flags) { return (j->packet->flags & flags) != 0; }

static void mark(struct judged *j, uint32_t bits) { j->verdict->bits |= bits; }

uint64_t track_judge_late_us(const struct track_conversation *c)
{
    return c->is_handshake_done ? since(c->handshake_us, c->syn_us) : LATE_UNKNOWN_US;
}

/* Enters a hole at the end of the line; with no room the lowest is taken for seen. */
static void hole_add(struct track_way *way, uint32_t start, uint32_t end, uint64_t now_us)
{
    if (way->hole_count == TRACK_HOLES_MAX) {
        memmove(way->hole, way->hole + 1, (TRACK_HOLES_MAX - 1) * sizeof *way->hole);
        way->hole_count--;
    }
    way->hole[way->hole_count++] = (struct track_hole){start, end, now_us};
}

/* Takes hole `i` away. */
static void hole_remove(struct track_way *way, uint32_t i)
{
    way->hole_count--;
    memmove(way->hole + i, way->hole + i + 1, (way->hole_count - i) * sizeof *way->hole);
}

/* Takes start to end out of hole `i`, which they meet; returns how much that was. */
static uint32_t hole_cut(struct track_way *way, uint32_t i, uint32_t start, uint32_t end)
{
    struct track_hole *hole = &way->hole[i];
    const uint32_t from = before(hole->start, start) ? start : hole->start;
    const uint32_t to = before(end, hole->end) ? end : hole->end;
    if (from == hole->start && to == hole->end) {
        hole_remove(way, i);
    } else if (from == hole->start) {
        hole->start = to;
    } else if (to == hole->end || way->hole_count == TRACK_HOLES_MAX) {
        hole->end = from; /* with no room for two, what lies behind is taken for seen */
    } else {
        const struct track_hole rest = {to, hole->end, hole->since_us};
        hole->end = from;
        memmove(hole + 2, hole + 1, (size_t)(way->hole_count - i - 1) * sizeof *hole);
        hole[1] = rest;
        way->hole_count++;
    }
    return to - from;
}

/* Fills holes with start to end; returns how much of it was missing, and since when. */
static uint32_t holes_fill(struct track_way *way, uint32_t start, uint32_t end, uint64_t *since_us)
{
    uint32_t filled = 0;
    for (uint32_t i = way->hole_count; i-- > 0;) {
        const struct track_hole hole = way->hole[i];
        if (!before(start, hole.end) || !before(hole.start, end)) continue;
        *since_us = hole.since_us;
        filled += hole_cut(way, i, start, end);
    }
    return filled;
}

/* Lets the line of `way` begin before `next`. */
static void line_begin(struct track_way *way, uint32_t next)
{
    way->isn = next - 1;
    way->next = next;
    way->probe_end = next;
    way->hole_count = 0;
    way->has_seq = true;
}

/* Moves the end of the line. */
static void line_extend(struct track_way *way, uint32_t next, uint64_t now_us)
{
    way->next = next;
    way->next_us = now_us;
    while (way->hole_count > 0 && next - way->hole[0].start > HOLE_BYTES_MAX) {
        hole_remove(way, 0);
    }
}

/* A SYN: its number begins the line and its options say what is offered. False: it is nonsense, or
 * an attack, inside a connection that stands, and nothing of it is to be believed. */
static bool take_syn(struct judged *j)
{
    struct track_way *way = j->way;
    const struct tcp_options *options = &j->packet->options;
    mark(j, TRACK_SYN);
    way->syns++;
    const bool is_first_end = way == &j->c->way[0];
    if (is_first_end && !j->c->way[1].has_syn) j->c->syn_us = j->now_us;
    if (way->has_syn && way->isn == j->packet->seq) {
        const bool is_first_answer = has(j, TCP_FLAG_ACK) && !way->has_ack; /* to a SYN it met */
        if (is_first_answer) return true;
        mark(j, TRACK_SYN_RETRANSMITTED);
        way->retransmissions++;
        return true;
    }
    if (j->c->is_handshake_done) return false;
    if (!is_first_end) j->c->syn_ack_us = j->now_us;
    if (!is_first_end && !has(j, TCP_FLAG_ACK)) j->c->is_crossed_open = true;
    line_begin(way, j->packet->seq + 1);
    way->has_syn = true;
    way->has_wscale = options->has_wscale;
    way->wscale = options->wscale;
    way->has_sack_permitted = options->has_sack_permitted;
    way->mss = options->mss;
    return true;
}

/* The window in bytes. A SYN's is never scaled, and scaling wants the offer of both. */
static uint32_t window_of(const struct judged *j)
{
    const bool is_scaled = j->way->has_wscale && j->peer->has_wscale && !has(j, TCP_FLAG_SYN);
    return (uint32_t)j->packet->window << (is_scaled ? j->way->wscale : 0);
}

/* Whether it is sent into a window of zero, to hear of its opening. */
static bool is_probe(const struct judged *j)
{
    if (!j->peer->is_window_shut || !j->peer->has_ack || has(j, SYN_FIN_RST)) return false;
    const uint32_t len = j->packet->payload_bytes;
    if (len > 0 && j->start == j->peer->ack) return true;
    return len <= 1 && j->start == j->peer->ack - 1;
}

/* Whether it only asks if the peer is still there. */
static bool is_keepalive(const struct judged *j)
{
    if (has(j, SYN_FIN_RST) || !j->peer->has_ack) return false;
    if (j->packet->payload_bytes > 1 || j->start != j->way->next - 1) return false;
    return !before(j->peer->ack, j->way->next);
}

/* A probe's or keep-alive's bytes are no new ones, unless they get acknowledged (take_ack). */
static void take_probe(struct judged *j, bool is_real_probe)
{
    mark(j, is_real_probe ? TRACK_PROBE : TRACK_KEEPALIVE);
    if (is_real_probe) {
        j->way->probes++;
    } else {
        j->way->keepalives++;
    }
    j->way->bytes_again += j->packet->payload_bytes;
    if (is_real_probe && before(j->way->probe_end, j->end)) j->way->probe_end = j->end;
}

/* Whether the peer has asked for these bytes, just now. */
static bool is_asked_for(const struct judged *j)
{
    const struct track_way *peer = j->peer;
    const uint64_t soon_us = u64_max(ANSWER_US, track_judge_late_us(j->c));
    if (!peer->has_ack || since(j->now_us, peer->last_us) >= soon_us) return false;
    if (peer->duplicate_run >= FAST_RUN && j->start == peer->ack) return true;
    return before(j->start, peer->sack_end) && before(peer->ack, peer->sack_end);
}

/* A segment with bytes (or a FIN) that were sent before; `again` of them were seen. */
static void take_again(struct judged *j, uint32_t again)
{
    struct track_way *way = j->way;
    const bool is_counted = (j->verdict->bits & TRACK_SYN_RETRANSMITTED) != 0;
    mark(j, TRACK_RETRANSMISSION);
    if (!is_counted) way->retransmissions++;
    j->verdict->bytes_again = u32_min(again, j->packet->payload_bytes);
    way->bytes_again += j->verdict->bytes_again;
    if (j->peer->has_ack && !before(j->peer->ack, j->end)) {
        mark(j, TRACK_SPURIOUS);
        way->spurious_retransmissions++;
    } else if (is_asked_for(j)) {
        mark(j, TRACK_FAST);
        way->fast_retransmissions++;
    }
}

/* A segment that begins before the end of the line. */
static void take_old(struct judged *j)
{
    struct track_way *way = j->way;
    const uint32_t seen_end = before(j->end, way->next) ? j->end : way->next;
    uint64_t since_us = 0;
    const uint32_t filled =
        way->hole_count > 0 ? holes_fill(way, j->start, seen_end, &since_us) : 0;
    const uint32_t again = seen_end - j->start - filled;
    if (again > 0 || since(j->now_us, since_us) >= track_judge_late_us(j->c)) {
        take_again(j, again);
    } else {
        mark(j, TRACK_OUT_OF_ORDER);
        way->out_of_order++;
    }
    if (before(way->next, j->end)) line_extend(way, j->end, j->now_us);
}

/* The segment's place on the line. */
static void take_sequence(struct judged *j)
{
    struct track_way *way = j->way;
    if (has(j, TCP_FLAG_RST)) return;
    if (before(way->next, j->start)) {
        mark(j, TRACK_GAP);
        way->gaps++;
        hole_add(way, way->next, j->start, j->now_us);
        line_extend(way, j->start, j->now_us);
    }
    if (j->start == j->end) return;
    if (j->start != way->next) {
        take_old(j);
    } else {
        line_extend(way, j->end, j->now_us);
    }
}

/* Data up to the last byte of the peer's window. */
static void judge_window_full(struct judged *j)
{
    const struct track_way *peer = j->peer;
    if (has(j, SYN_FIN_RST) || !peer->has_window || !peer->has_ack || peer->window == 0) return;
    if (!peer->has_syn || !j->way->has_syn) return; /* scaling is not known */
    if (j->end == peer->ack + peer->window) mark(j, TRACK_WINDOW_FULL);
}

/* Where the segment's bytes belong, and counting them. */
static void take_bytes(struct judged *j)
{
    struct track_way *way = j->way;
    const uint32_t len = j->packet->payload_bytes;
    const bool is_real_probe = is_probe(j);
    const bool is_alive = !is_real_probe && is_keepalive(j);
    if (is_real_probe || is_alive) {
        take_probe(j, is_real_probe);
    } else {
        take_sequence(j);
    }
    way->was_probe = is_real_probe;
    way->was_keepalive = is_alive;
    way->bytes += len;
    if (len == 0) return;
    if (!is_real_probe && !is_alive) {
        if (way->data_segments == 0) {
            mark(j, TRACK_FIRST_DATA);
            way->first_data_us = j->now_us;
        }
        judge_window_full(j);
    }
    way->data_segments++;
    way->last_data_us = j->now_us;
}

/* Marks SACK blocks; true if they tell of bytes that are missing. */
static bool take_sack(struct judged *j)
{
    const struct tcp_options *options = &j->packet->options;
    if (options->sack_count == 0) return false;
    mark(j, TRACK_SACK);
    j->way->sacks++;
    const struct tcp_sack_block *first = &options->sack[0];
    const struct tcp_sack_block *second = &options->sack[1];
    const bool is_inside = options->sack_count > 1 && !before(first->start, second->start) &&
                           !before(second->end, first->end);
    const bool is_dsack = before(first->start, j->packet->ack) || is_inside;
    if (is_dsack) mark(j, TRACK_DSACK);
    for (uint32_t i = is_dsack ? 1 : 0; i < options->sack_count; i++) {
        if (before(j->way->sack_end, options->sack[i].end)) j->way->sack_end = options->sack[i].end;
    }
    return !is_dsack || options->sack_count > 1;
}

/* An ACK without data that acknowledges nothing new. */
static void judge_same_ack(struct judged *j, uint32_t window, bool has_missing)
{
    struct track_way *way = j->way;
    if (j->peer->was_keepalive) {
        mark(j, TRACK_KEEPALIVE_ACK);
    } else if (j->peer->was_probe) {
        mark(j, TRACK_PROBE_ACK);
    } else if (window != way->window && !has_missing) {
        mark(j, TRACK_WINDOW_UPDATE);
    } else if (window != 0 && before(way->ack, j->peer->next) &&
               (has_missing || j->packet->options.sack_count == 0)) {
        mark(j, TRACK_DUPLICATE_ACK);
        way->duplicate_acks++;
        j->verdict->duplicate_acks = ++way->duplicate_run;
    }
}

/* The bytes of the peer up to `ack` have arrived: those that were not seen are a hole. */
static void take_peer_end(struct judged *j, uint32_t ack)
{
    struct track_way *peer = j->peer;
    if (!peer->has_seq) {
        line_begin(peer, ack);
        return;
    }
    if (!before(peer->next, ack)) return;
    if (!before(peer->probe_end, ack)) { /* the probe's bytes were taken */
        peer->bytes_again -= u64_min(peer->bytes_again, ack - peer->next);
    } else {
        mark(j, TRACK_ACKED_UNSEEN);
        hole_add(peer, peer->next, ack, j->now_us);
    }
    line_extend(peer, ack, j->now_us);
}

/* The acknowledgment number, and SACK. */
static void take_ack(struct judged *j, uint32_t window)
{
    struct track_way *way = j->way;
    const uint32_t ack = j->packet->ack;
    if (!has(j, TCP_FLAG_ACK) || has(j, TCP_FLAG_RST)) return;
    const bool is_new = !way->has_ack || before(way->ack, ack);
    if (is_new) {
        way->ack = ack;
        way->has_ack = true;
        way->duplicate_run = 0;
        way->sack_end = ack;
        take_peer_end(j, ack);
    }
    const bool is_same = !is_new && way->has_window && ack == way->ack;
    const bool has_missing = take_sack(j);
    const bool is_pure = j->packet->payload_bytes == 0 && !has(j, SYN_FIN_RST);
    const uint32_t quiet = TRACK_KEEPALIVE | TRACK_PROBE | TRACK_GAP;
    if (!is_same || !is_pure || (j->verdict->bits & quiet) != 0) return;
    if (j->start == way->next) judge_same_ack(j, window, has_missing);
}

/* The announced window. */
static void take_window(struct judged *j, uint32_t window)
{
    struct track_way *way = j->way;
    if (has(j, TCP_FLAG_RST)) return;
    const bool is_shut = window == 0 && !has(j, SYN_FIN_RST);
    if (is_shut) {
        mark(j, TRACK_ZERO_WINDOW);
        if (!way->is_window_shut) {
            way->zero_windows++;
            way->zero_since_us = j->now_us;
        }
        way->is_window_shut = true;
    } else if (way->is_window_shut && window > 0) {
        mark(j, TRACK_WINDOW_OPEN);
        way->zero_window_us += since(j->now_us, way->zero_since_us);
        way->is_window_shut = false;
    }
    way->window = window;
    way->window_max = u32_max(way->window_max, window);
    way->has_window = true;
}

/* Congestion marks, both kinds, when a run of them begins; and urgent data. */
static void take_marks(struct judged *j)
{
    struct track_way *way = j->way;
    const bool is_ece = has(j, TCP_FLAG_ECE) && !has(j, TCP_FLAG_SYN);
    const bool is_ce = j->packet->ecn == IP_ECN_CE;
    if (is_ece && !way->is_ece) mark(j, TRACK_ECE);
    if (is_ce && !way->is_ce) mark(j, TRACK_CE);
    way->is_ece = is_ece;
    way->is_ce = is_ce;
    if (has(j, TCP_FLAG_CWR) && !has(j, TCP_FLAG_SYN)) mark(j, TRACK_CWR);
    if (has(j, TCP_FLAG_URG)) mark(j, TRACK_URGENT);
}

/* Whether an acknowledgment covers the SYN of who gets it. */
static bool covers_syn(const struct track_way *acker, const struct track_way *peer)
{
    return peer->has_syn && acker->has_ack && before(peer->isn, acker->ack);
}

/* The end of the handshake: both SYNs are acknowledged. */
static void judge_handshake(struct judged *j)
{
    struct track_conversation *c = j->c;
    if (c->is_handshake_done || !has(j, TCP_FLAG_ACK) || has(j, TCP_FLAG_RST)) return;
    if (!covers_syn(j->way, j->peer) || !covers_syn(j->peer, j->way)) return;
    mark(j, TRACK_HANDSHAKE_DONE);
    c->is_handshake_done = true;
    c->handshake_us = j->now_us;
}

/* Notes that the conversation is over. */
static void close_now(struct judged *j)
{
    if (j->c->is_closed) return;
    mark(j, TRACK_CLOSE_DONE);
    j->c->is_closed = true;
    j->c->closed_us = j->now_us;
}

static void take_fin(struct judged *j)
{
    struct track_way *way = j->way;
    mark(j, TRACK_FIN);
    way->fins++;
    if (way->has_fin) return;
    way->has_fin = true;
    way->fin_us = j->now_us;
    way->fin_seq = j->end - 1;
    if (!j->peer->has_fin) j->c->fin_first = j->verdict->from;
    way->has_fin_after_peer =
        j->peer->has_fin && way->has_ack && before(j->peer->fin_seq, way->ack);
}

/* FIN, RST, and the acknowledgment of the peer's FIN. */
static void take_close(struct judged *j)
{
    struct track_way *way = j->way;
    if (has(j, TCP_FLAG_RST)) {
        mark(j, TRACK_RST);
        way->rsts++;
        if (!j->peer->has_rst && !way->has_rst) j->c->rst_first = j->verdict->from;
        way->has_rst = true;
        close_now(j);
        return;
    }
    const bool acks_fin = j->peer->has_fin && way->has_ack && before(j->peer->fin_seq, way->ack);
    if (acks_fin && !way->has_acked_fin) {
        way->has_acked_fin = true;
        way->has_acked_fin_alone = !way->has_fin && !has(j, TCP_FLAG_FIN);
    }
    if (has(j, TCP_FLAG_FIN)) take_fin(j);
    if (way->has_acked_fin && j->peer->has_acked_fin) close_now(j);
}

void track_judge(struct track_conversation *c, const struct track_packet *packet, uint64_t now_us,
                 struct track_verdict *verdict)
{
    struct judged j = {.c = c,
                       .way = &c->way[verdict->from],
                       .peer = &c->way[verdict->from ^ 1],
                       .packet = packet,
                       .now_us = now_us,
                       .verdict = verdict};
    const uint32_t syn = has(&j, TCP_FLAG_SYN) ? 1 : 0;
    j.start = packet->seq + syn;
    j.end = j.start + packet->payload_bytes + (has(&j, TCP_FLAG_FIN) ? 1 : 0);
    if (syn != 0 && !take_syn(&j)) return;
    if (!j.way->has_seq && !has(&j, TCP_FLAG_RST)) line_begin(j.way, j.start);
    take_bytes(&j);
    const uint32_t window = window_of(&j);
    take_ack(&j, window);
    take_window(&j, window);
    take_marks(&j);
    judge_handshake(&j);
    take_close(&j);
}
