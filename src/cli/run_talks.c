/*
 * Keeps the conversations of a run until they are settled, and the first of them for the table.
 *
 * Rows are settled in the order in which they ended: one that waits holds up those behind it for a
 * second at most, and the lines of --json stay in order.
 */
#include "cli/run_talks.h"

#include <string.h>

#include "base/pool.h"
#include "cli/run_json.h"
#include "wire/ip_proto.h"

#define JSON_BUFFER_BYTES 65536

bool run_talks_init(struct run_talks *talks, struct track *track, int json_fd, uint64_t epoch_us)
{
    *talks = (struct run_talks){.track = track, .epoch_us = epoch_us, .began_us = poll_now_us()};
    run_json_begin();
    talks->rows = mem_get(RUN_TALKS_MAX * sizeof *talks->rows);
    return talks->rows != NULL && run_out_init(&talks->json, json_fd, JSON_BUFFER_BYTES);
}

int run_talks_deinit(struct run_talks *talks)
{
    run_out_deinit(&talks->json);
    mem_put(talks->rows);
    talks->rows = NULL;
    return talks->json.error;
}

static struct track_end end_of(const struct vitro_endpoint *endpoint)
{
    struct track_end end = {.port = endpoint->port};
    memcpy(end.addr.bytes, endpoint->ip.bytes, sizeof end.addr.bytes);
    return end;
}

/* The row of the conversation that was the n-th to end, n from 0. */
static struct run_talk *row_of(const struct run_talks *talks, uint64_t n)
{
    if (n < RUN_TABLE_ROWS) return &talks->rows[n];
    return &talks->rows[RUN_TABLE_ROWS + (n - RUN_TABLE_ROWS) % (RUN_TALKS_MAX - RUN_TABLE_ROWS)];
}

static uint64_t apart(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* What the tracker has seen of a row's conversation by now; NULL: nothing, or no more. Where ports
 * are used again at once the next conversation may have begun when this one is told of: it is the
 * one whose beginning is nearest. */
static const struct track_conversation *conversation_of(const struct run_talks *talks,
                                                        const struct run_talk *row)
{
    const struct talk *talk = &row->talk;
    const struct track_end program = end_of(&talk->program);
    const struct track_end peer = end_of(&talk->peer);
    const struct track_conversation *wire = track_find(talks->track, IP_PROTO_TCP, &program, &peer);
    if (wire == NULL) return NULL;
    while (wire->before != NULL &&
           apart(wire->before->begun_us, talk->begun_us) < apart(wire->begun_us, talk->begun_us)) {
        wire = wire->before;
    }
    return wire->begun_us > talk->ended_us ? NULL : wire;
}

/* Takes over what the wire has shown: it is what the capture shows, to the microsecond. */
static void take_wire(struct run_talk *row, const struct track_conversation *wire)
{
    const int program = row->talk.is_inbound ? 1 : 0;
    row->has_wire = true;
    track_summarize(wire, &row->wire);
    row->segments[0] = wire->way[program].segments;
    row->segments[1] = wire->way[1 - program].segments;
    row->talk.retransmits_out = row->wire.retransmissions[program];
    row->talk.retransmits_in = row->wire.retransmissions[1 - program];
    if (row->wire.has_handshake) row->talk.handshake_us = row->wire.open_us;
    if (!wire->is_closed) return;
    row->talk.begun_us = wire->begun_us;
    row->talk.ended_us = wire->last_us;
}

static void settle(struct run_talks *talks, struct run_talk *row)
{
    row->is_settled = true;
    const struct track_conversation *wire =
        row->talk.kind == TALK_TCP ? conversation_of(talks, row) : NULL;
    if (wire != NULL) {
        take_wire(row, wire);
    } else {
        row->segments[0] = row->talk.packets_out;
        row->segments[1] = row->talk.packets_in;
    }
    talks->retransmits += row->talk.retransmits_out + row->talk.retransmits_in;
    talks->segments += row->segments[0] + row->segments[1];
    run_json_talk(&talks->json, row, talks->epoch_us);
}

static bool can_settle(const struct run_talks *talks, const struct run_talk *row, uint64_t now_us)
{
    if (now_us >= row->due_us || row->talk.kind != TALK_TCP) return true;
    const struct track_conversation *wire = conversation_of(talks, row);
    return wire == NULL || wire->is_closed || wire->is_replaced;
}

/* Settles the one that has waited the longest. */
static void settle_next(struct run_talks *talks)
{
    settle(talks, row_of(talks, talks->settled));
    talks->settled++;
}

void run_talks_settle(struct run_talks *talks, uint64_t now_us)
{
    while (talks->settled < talks->count &&
           can_settle(talks, row_of(talks, talks->settled), now_us)) {
        settle_next(talks);
    }
    run_out_flush(&talks->json);
}

uint64_t run_talks_deadline(const struct run_talks *talks)
{
    if (talks->settled == talks->count) return TIME_NEVER;
    return row_of(talks, talks->settled)->due_us;
}

void run_talks_add(struct run_talks *talks, const struct talk *talk)
{
    talks->ended[talk->kind]++;
    talks->bytes_out += talk->bytes_out;
    talks->bytes_in += talk->bytes_in;
    struct run_talk *row = row_of(talks, talks->count);
    while (row->number > 0 && !row->is_settled) settle_next(talks); /* no room to wait longer */
    *row = (struct run_talk){
        .talk = *talk,
        .number = ++talks->count,
        .due_us = talk->ended_us + RUN_TALKS_SETTLE_US,
    };
    if (talks->row_count < RUN_TALKS_MAX) talks->row_count++;
}

/* Whether one of the rows before this one has named the same address. */
static bool is_named_before(const struct run_talks *talks, uint32_t row)
{
    const struct talk *talk = &talks->rows[row].talk;
    for (uint32_t i = 0; i < row; i++) {
        const struct talk *other = &talks->rows[i].talk;
        if (other->kind == TALK_DNS || other->name[0] == '\0') continue;
        if (vitro_ip_equal(&other->peer.ip, &talk->peer.ip)) return true;
    }
    return false;
}

void run_talks_names(const struct run_talks *talks, struct run_capture *capture)
{
    for (uint32_t i = 0; i < talks->row_count; i++) {
        const struct talk *talk = &talks->rows[i].talk;
        if (talk->kind == TALK_DNS || talk->name[0] == '\0' || is_named_before(talks, i)) continue;
        run_capture_name(capture, &talk->peer.ip, talk->name);
    }
}

void run_talks_summary(struct run_talks *talks, const struct gateway_stats *stats)
{
    run_json_summary(&talks->json, talks, stats);
}
